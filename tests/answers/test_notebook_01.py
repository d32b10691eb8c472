"""Answers to notebook 01: right ones in many forms, wrong ones and the words they get, every option's feedback."""

import math

import numpy as np
import torch
from common import (  # noqa: F401
    test_a_right_answer_is_right_in_any_form,
    test_a_wrong_answer_is_told_what_is_wrong_with_it,
    test_no_question_and_no_exercise_is_left_out,
    test_the_feedback_speaks_of_its_option,
)

from mbv2_lesson import questions


def by_torch(length, kernel, stride, padding):
    return torch.nn.Conv1d(1, 1, kernel, stride, padding)(torch.zeros(1, 1, length)).shape[-1]


def conv_macs(c_in, c_out, kernel, stride, size):
    side = (size + 2 * (kernel // 2) - kernel) // stride + 1
    return c_in * c_out * kernel**2 * side**2


def macs_of_a_layer(c_in, c_out, kernel, stride, size):
    layer = torch.nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, bias=False)
    return layer.weight.numel() * layer(torch.zeros(1, c_in, size, size))[0, 0].numel()


RIGHT = {
    "01-output-length": [
        lambda n, k, s, p: (n + 2 * p - k) // s + 1,
        lambda n, k, s, p: (n + 2 * p - k + s) // s,
        lambda n, k, s, p: math.floor((n + 2 * p - k) / s + 1),
        lambda n, k, s, p: np.floor((n + 2 * p - k) / s) + 1,
        lambda n, k, s, p: torch.tensor((n + 2 * p - k) // s + 1),
        lambda n, k, s, p: len(range(-p, n + p - k + 1, s)),
        by_torch,
    ],
    "01-params": [
        lambda i, o, k, bias: o * i * k * k + (o if bias else 0),
        lambda i, o, k, bias: o * (i * k**2 + bias),
        lambda i, o, k, bias: float(o * i * k * k) + o * bias,
        lambda i, o, k, bias: np.prod([o, i, k, k]) + np.int64(o) * bias,
        lambda i, o, k, bias: sum(p.numel() for p in torch.nn.Conv2d(i, o, k, bias=bias).parameters()),
    ],
    "01-macs": [
        conv_macs,
        lambda *case: float(conv_macs(*case)),
        lambda *case: torch.tensor(conv_macs(*case)),
        lambda *case: conv_macs(*case) * (1 - 1e-13),
        lambda i, o, k, s, n: i * o * k * k * math.ceil(n / s) ** 2,  # the same for odd kernels
        macs_of_a_layer,
    ],
}
WRONG = [
    ("01-output-length", lambda n, k, s, p: (n + 2 * p - k) // s, "The first position counts too"),
    ("01-output-length", lambda n, k, s, p: (n + 2 * p) // s, "room does the kernel itself take"),
    ("01-output-length", lambda n, k, s, p: (n + 2 * p) // s + 1, "room does the kernel itself take"),
    ("01-output-length", lambda n, k, s, p: (n + 2 * p - k) / s + 1, "round down with //"),
    ("01-output-length", lambda n, k, s, p: math.ceil((n + 2 * p - k) / s) + 1, "not up"),
    ("01-output-length", lambda n, k, s, p: (n + 2 * p - k + 1) // s, "after the division"),
    ("01-output-length", lambda n, k, s, p: (n + p - k) // s + 1, "Padding is added at both ends"),
    ("01-output-length", lambda n, k, s, p: (n - k) // s + 1, "Where is the padding"),
    ("01-output-length", lambda n, k, s, p: n + 2 * p - k + 1, "Where is the stride"),
    ("01-output-length", lambda n, k, s, p: n, "length 7, kernel 1, stride 1, padding 1 it gives 7, not 9."),
    ("01-params", lambda i, o, k, bias: o * k * k + bias * o, "where is c_in"),
    ("01-params", lambda i, o, k, bias: o * k * k, "where is c_in"),
    ("01-params", lambda i, o, k, bias: o * i * k * k, "adds one number per output channel"),
    ("01-params", lambda i, o, k, bias: o * i * k * k + bias, "is one number per output channel"),
    ("01-params", lambda i, o, k, bias: o * i * k * k + bias * i, "belongs to an output channel"),
    ("01-params", lambda i, o, k, bias: o * i * k * k + o, "only when bias is True"),
    ("01-params", lambda i, o, k, bias: o * i * k + bias * o, "k rows of k"),
    ("01-params", lambda i, o, k, bias: (o + i) * k * k, "1 -> 1 channels, kernel 1, bias False it gives 2, not 1."),
    ("01-macs", lambda *case: 2 * conv_macs(*case), "FLOPs"),
    ("01-macs", lambda i, o, k, s, n: i * o * k * k, "Those are the weights"),
    ("01-macs", lambda i, o, k, s, n: i * o * k * k * n * n, "*output* positions"),
    ("01-macs", lambda i, o, k, s, n: i * o * k * k * n * n // s, "in both directions"),
    ("01-macs", lambda i, o, k, s, n: i * o * k * k * n * n / s, "in both directions"),
    ("01-macs", lambda i, o, k, s, n: i * o * k * k * by_torch(n, k, s, k // 2), "one row of outputs"),
    ("01-macs", lambda i, o, k, s, n: i * o * k * k * (n // s) ** 2, "formula of exercise 1"),
    ("01-macs", lambda i, o, k, s, n: i * o * k * k * (n / s) ** 2, "formula of exercise 1"),
    ("01-macs", lambda i, o, k, s, n: i * o * k * k * ((n - k) // s + 1) ** 2, "Where is the padding"),
    ("01-macs", lambda i, o, k, s, n: conv_macs(1, o, k, s, n), "where is c_in"),
]
FEEDBACK = {
    "01-products": ["one per channel", "for one channel", "3 channels × 3 × 3"],
    "01-weights": ["32 kernels of 3×3", "(16 + 32)", "MACs", "each 16 × 3 × 3"],
    "01-stride": ["4,608 weights before", "4x fewer, not 2x", "become 3,612,672"],
}


def test_padding_at_one_end_is_not_taken_for_a_missing_first_position():
    """With kernel 1, stride 1 and padding 1 both are one too few."""
    assert "+ 1" not in questions.check("01-output-length", lambda n, k, s, p: (n + p - k) // s + 1).message
