"""Answers to what notebook 04 asks: right ones in several forms, and wrong ones with the words that they must get."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from mbv2_lesson import questions

RIGHT = {
    "04-smallest-n": [11, 11.0, np.int64(11), np.float32(11), torch.tensor(11), torch.tensor(11.0), Fraction(11)],
    "04-step": [
        lambda largest, bits: largest / (2**bits - 1),
        lambda largest, bits: torch.tensor(float(largest)) / (2**bits - 1),
        lambda largest, bits: np.float32(largest) / np.float32(2**bits - 1),
        lambda largest, bits: np.linspace(0, largest, 2**bits)[1],
        lambda largest, bits: Fraction(largest) / (2**bits - 1),
    ],
}

WRONG = [
    ("04-smallest-n", 10, "at n = 10 the chance is still 1.07%: 0.10% for no active unit and 0.98% for exactly one"),
    ("04-smallest-n", 7, "0.78% for no active unit and 5.47%"),
    ("04-smallest-n", 12, "it already is at n = 11: 0.59%"),
    ("04-smallest-n", 0, "a whole number, 1 or more, got 0"),
    ("04-smallest-n", 10.6, "a whole number, 1 or more, got 10.6"),
    ("04-smallest-n", "eleven", "a whole number, 1 or more, got 'eleven'"),
    ("04-smallest-n", True, "a whole number, 1 or more, got True"),
    ("04-step", lambda largest, bits: largest / 2**bits, "256 values have 255 steps between them"),
    ("04-step", lambda largest, bits: largest / bits, "8 bits have 256 different values"),
    ("04-step", lambda largest, bits: (2**bits - 1) / largest, "upside down"),
    ("04-step", lambda largest, bits: largest / 255, "255 steps are those of 8 bits"),
    ("04-step", lambda largest, bits: 6 / (2**bits - 1), "for largest = 60 and bits = 8 it gives 0.0235, not 0.235"),
    ("04-step", lambda largest, bits: "small", "returns 'small', which is not a number"),
    ("04-step", 6 / 255, "hand over the function itself"),
]

OPTIONS = {
    "04-collapse": {"n = 30": "About half of the 30", "n = 2": "not the ReLU in between", "the same": "for any n"},
    "04-law": {"12.5%": "none is active", "50%": "one has no active unit and three", "37.5%": "exactly one"},
    "04-end": {
        "As well": "before the expansion",
        "Worse": "made of the 16 clipped numbers",
        "Not at all": "about half",
        "Better": "can only remove",
    },
}


@pytest.mark.parametrize(("name", "answer"), [(name, answer) for name, answers in RIGHT.items() for answer in answers])
def test_a_right_answer_is_right_in_any_form(name, answer):
    verdict = questions.check(name, answer)
    assert verdict.passed, verdict.message


@pytest.mark.parametrize(("name", "answer", "words"), WRONG)
def test_a_wrong_answer_gets_the_words_that_fit_it(name, answer, words):
    verdict = questions.check(name, answer)
    assert words in verdict.message and not verdict.passed


@pytest.mark.parametrize("name", OPTIONS)
def test_the_feedback_speaks_of_the_option(name):
    options = questions.ask(name).options
    assert len(options) == len(OPTIONS[name])
    for start, words in OPTIONS[name].items():
        (option,) = (option for option in options if option.text.lower().startswith(start.lower()))
        assert words in option.feedback


def test_everything_that_the_notebook_asks_is_here():
    assert {*RIGHT, *OPTIONS} == {name for name in [*questions.QUESTIONS, *questions.EXERCISES] if name[:2] == "04"}
