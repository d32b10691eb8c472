"""Answers to notebook 00: right ones in many forms, wrong ones and the words they get, every option's feedback."""

import numpy as np
import torch
from common import (  # noqa: F401
    test_a_right_answer_is_right_in_any_form,
    test_a_wrong_answer_is_told_what_is_wrong_with_it,
    test_no_question_and_no_exercise_is_left_out,
    test_the_feedback_speaks_of_its_option,
)

from mbv2_lesson import questions

RIGHT = {
    "00-flops": [
        lambda macs: 2 * macs,
        lambda macs: macs + macs,
        lambda macs: 2.0 * macs,
        lambda macs: np.float32(2) * macs,
        lambda macs: torch.tensor(2 * macs),
        lambda macs: macs * (2 + 1e-13),
    ],
    "00-linear-macs": [
        lambda n_in, n_out: n_in * n_out,
        lambda n_in, n_out: sum(n_in for _ in range(n_out)),
        lambda n_in, n_out: np.prod([n_in, n_out]),
        lambda n_in, n_out: torch.nn.Linear(n_in, n_out).weight.numel(),
        lambda n_in, n_out: float(n_in) * n_out,
    ],
}
WRONG = [
    ("00-flops", lambda macs: macs / 2, "other way around"),
    ("00-flops", lambda macs: macs // 2, "other way around"),
    ("00-flops", lambda macs: macs, "a multiplication and an addition"),
    ("00-flops", lambda macs: 3 * macs, "for macs = 1 it gives 3, not 2."),
    ("00-linear-macs", lambda i, o: 2 * i * o, "FLOPs"),
    ("00-linear-macs", lambda i, o: i + o, "multiply the two"),
    ("00-linear-macs", lambda i, o: i * o + o, "no bias"),
    ("00-linear-macs", lambda i, o: (i + 1) * o, "no bias"),
    ("00-linear-macs", lambda i, o: i, "How many outputs"),
    ("00-linear-macs", lambda i, o: o, "dot product of n_in pairs"),
    ("00-linear-macs", lambda i, o: i * o - 1, "n_in = 3, n_out = 1 it gives 2, not 3."),
]
FEEDBACK = {
    "00-mac-or-flop": ["FLOPs = 2 × MACs", "the other way around", "report MACs as FLOPs"],
    "00-params-or-macs": ["4,608 params at 28×28 and at 56×56", "3,612,672 to 14,450,688", "nothing more to store"],
}


def test_a_bias_is_not_taken_for_a_sum():
    """With 3 inputs and 1 output both are 4."""
    assert "multiply" not in questions.check("00-linear-macs", lambda i, o: i * o + o).message
