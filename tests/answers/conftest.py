"""Gives the tests of common.py the tables of the module that imports them: RIGHT, WRONG and FEEDBACK."""

import pytest

pytest.register_assert_rewrite("common")


def pytest_generate_tests(metafunc):
    module = metafunc.module
    if "right" in metafunc.fixturenames:
        pairs = [(name, answer) for name, answers in module.RIGHT.items() for answer in answers]
        metafunc.parametrize("right", pairs, ids=[name for name, _ in pairs])
    if "wrong" in metafunc.fixturenames:
        metafunc.parametrize("wrong", module.WRONG, ids=[f"{name}: {words}" for name, _, words in module.WRONG])
    if "feedback" in metafunc.fixturenames:
        metafunc.parametrize("feedback", module.FEEDBACK.items(), ids=list(module.FEEDBACK))
