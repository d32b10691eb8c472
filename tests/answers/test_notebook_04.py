"""Answers to what notebook 04 asks: right ones in several forms, and wrong ones with the words that they must get."""

from fractions import Fraction

import numpy as np
import torch
from common import (  # noqa: F401
    test_a_right_answer_is_right_in_any_form,
    test_a_wrong_answer_is_told_what_is_wrong_with_it,
    test_no_question_and_no_exercise_is_left_out,
    test_the_feedback_speaks_of_its_option,
)

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
    ("04-smallest-n", 0, "a whole number, 1 or more, not 0"),
    ("04-smallest-n", 10.6, "a whole number, 1 or more, not 10.6"),
    ("04-smallest-n", "eleven", "a whole number, 1 or more, not 'eleven'"),
    ("04-smallest-n", True, "a whole number, 1 or more, not True"),
    ("04-step", lambda largest, bits: largest / 2**bits, "256 values have 255 steps between them"),
    ("04-step", lambda largest, bits: largest / bits, "8 bits have 256 different values"),
    ("04-step", lambda largest, bits: (2**bits - 1) / largest, "upside down"),
    ("04-step", lambda largest, bits: largest / 255, "With 8 bits there are 255 steps"),
    (
        "04-step",
        lambda largest, bits: 6 / (2**bits - 1),
        "for largest = 60 and bits = 8 it gives 0.023529, not 0.235294",
    ),
    ("04-step", lambda largest, bits: "small", "gives 'small', which is not a number"),
    ("04-step", 6 / 255, "pass the function itself"),
]

FEEDBACK = {
    "04-collapse": ["About half of the 30", "not the ReLU in between", "for any n"],
    "04-law": ["that none is active", "one has no active unit and three", "probability of exactly one"],
    "04-end": ["before the expansion", "about half", "computed from the 16 clipped numbers", "can only remove"],
}
