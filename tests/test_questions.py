"""Every question and exercise."""

import html
import re
from fractions import Fraction

import numpy as np
import pytest
import torch

import mbv2_lesson as mbv2
from mbv2_lesson import questions
from mbv2_lesson.questions import kinds

QUESTIONS, EXERCISES = list(questions.QUESTIONS), list(questions.EXERCISES)
NUMBERS = sorted({name[:2] for name in QUESTIONS})


def test_each_notebook_asks_enough():
    assert NUMBERS == sorted({name[:2] for name in EXERCISES}) == [f"{number:02}" for number in range(9)]
    for number in NUMBERS:
        asked, set_ = (sum(name.startswith(f"{number}-") for name in names) for names in (QUESTIONS, EXERCISES))
        assert 2 <= asked <= 4 and 2 <= set_ <= 3


def click(question, index):
    """What the page sends when Commit is clicked while that radio button is chosen, -1 for none."""
    data = {"method": "custom", "content": {"commit": index}}
    question.choice.comm.handle_msg({"content": {"data": data}, "buffers": []})


@pytest.mark.parametrize("name", QUESTIONS)
def test_each_answer_has_words_of_its_own(name):
    question = questions.ask(name)
    click(question, -1)
    assert "Choose an answer first" in question.feedback.sentence
    right = [option.right for option in question.options]
    assert sum(right) == 1
    texts, words = ({getattr(option, part) for option in question.options} for part in ("text", "feedback"))
    assert len(texts) == len(words) == len(right) and all(words)
    for index, option in enumerate(question.options):  # a committed answer may be changed
        click(question, index)
        assert option.feedback in question.feedback.sentence
        assert ("Right." in question.feedback.sentence) == option.right
        assert question.commit(index) == question.feedback.sentence
    for bad, error in [(-1, ValueError), (len(right), ValueError), ("0", TypeError), (True, TypeError)]:
        with pytest.raises(error, match=re.escape(repr(bad))):
            question.commit(bad)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_saved_page_asks_but_does_not_tell(name):
    question = questions.ask(name)
    bundle = question._repr_mimebundle_()
    for option in question.options:
        assert option.text in bundle["text/html"]
        assert option.feedback not in bundle["text/html"] + bundle["text/plain"]


@pytest.mark.parametrize("name", EXERCISES)
def test_a_blank_answer_is_no_error(name):
    for blank in (None, ..., lambda *arguments: None, lambda *arguments: ...):
        verdict = questions.check(name, blank)
        if not callable(blank) or "Not answered yet" in verdict.message:
            assert verdict.message == f"Not answered yet. Need a nudge? Run hint({name!r})."
        assert not verdict.passed


@pytest.mark.parametrize("name", EXERCISES)
def test_nonsense_neither_passes_nor_raises(name):
    def broken(*arguments):
        raise ZeroDivisionError("oops")

    for nonsense in ("text", 3.7, -1, [], True, broken, lambda: 1, lambda *arguments: "text", lambda *arguments: -1.5):
        verdict = questions.check(name, nonsense)
        assert not verdict.passed and verdict.message.startswith("Not yet: ") and repr(verdict) == verdict.message


@pytest.mark.parametrize("name", EXERCISES)
def test_hints_say_more_and_more(name):
    first = questions.hint(name)
    assert f"hint({name!r}, 2)" in first.message and not questions.hint(name, 2).passed
    for bad in (0, 9, True, "1"):
        with pytest.raises((ValueError, TypeError), match=re.escape(repr(bad))):
            questions.hint(name, bad)


@pytest.mark.parametrize("call", [questions.ask, questions.hint, lambda name: questions.check(name, 1)])
def test_an_unknown_name_is_told_with_those_that_there_are(call):
    with pytest.raises(ValueError, match="'09-nothing'.*there are 0"):
        call("09-nothing")


def test_a_question_needs_exactly_one_right_option():
    options = [kinds.Option("a", "x", right=True), kinds.Option("b", "y", right=True)]
    for bad in (options, options[:1], []):
        with pytest.raises(ValueError, match="exactly one right"):
            kinds.Question("?", bad)


NUMBERS_OF_ANY_TYPE = [float, np.float32, np.int64, torch.tensor, Fraction, lambda number: number * (1 + 1e-13)]


@pytest.mark.parametrize("form", NUMBERS_OF_ANY_TYPE)
def test_a_right_number_is_right_in_any_type_and_within_rounding(form):
    assert questions.check("00-flops", lambda macs: form(2 * macs)).passed
    assert questions.check("06-receptive-field", form(491)).passed
    for wrong in (form(491) + 1, True):
        assert not questions.check("06-receptive-field", wrong).passed


def test_the_package_itself_passes_where_a_module_is_asked_for():
    assert questions.check("05-first-block", lambda: mbv2.InvertedResidual(32, 16, 1, 1)).passed
    block = mbv2.DepthwiseSeparableConv(24, 64, 5, stride=2)
    assert questions.check("02-build", lambda: block).passed
    assert block.training and torch.is_grad_enabled()  # the check counts it and leaves it as it was


def test_feedback_is_html_that_closes_its_tags():
    for name in QUESTIONS:
        for option in questions.ask(name).options:
            for text in (option.text, option.feedback):
                opened, closed = re.findall(r"<([a-z]+)", text), re.findall(r"</([a-z]+)", text)
                assert sorted(opened) == sorted(closed), html.escape(text)
