"""The examples in docstrings: what people call first has one, and each prints what it says."""

import doctest
import importlib
import inspect
import pkgutil

import pytest

import mbv2_lesson as mbv2
from mbv2_lesson import figures

MODULES = [
    module.name
    for module in pkgutil.walk_packages(mbv2.__path__, "mbv2_lesson.")
    if not module.name.endswith("__main__")
]
FIRST = [
    mbv2.Plan,
    mbv2.Conv2dSpec,
    mbv2.depthwise_separable,
    mbv2.inverted_residual,
    mbv2.mobilenet_v2,
    mbv2.Cost,
    mbv2.count,
    mbv2.decouple,
    figures.plan_diagram,
]


@pytest.mark.parametrize("thing", FIRST, ids=lambda thing: thing.__name__)
def test_what_people_call_first_has_an_example(thing):
    assert doctest.DocTestParser().get_examples(inspect.getdoc(thing))


@pytest.mark.parametrize("name", MODULES)
def test_examples_print_what_they_say(name):
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module, extraglobs={"mbv2": mbv2})
    assert not failed
