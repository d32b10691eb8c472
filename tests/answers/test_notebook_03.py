"""Answers to notebook 03: right ones in many forms, wrong ones and the words they get, every option's feedback."""

import numpy as np
import torch
from common import (  # noqa: F401
    test_a_right_answer_is_right_in_any_form,
    test_a_wrong_answer_is_told_what_is_wrong_with_it,
    test_no_question_and_no_exercise_is_left_out,
    test_the_feedback_speaks_of_its_option,
)


def merge(depthwise, pointwise):
    return pointwise * depthwise.transpose(0, 1)


def merge_in_loops(depthwise, pointwise):
    c_out, c_in, k = len(pointwise), len(depthwise), depthwise.shape[-1]
    kernel = torch.zeros(c_out, c_in, k, k, dtype=torch.float64)
    for o in range(c_out):
        for i in range(c_in):
            kernel[o, i] = pointwise[o, i, 0, 0] * depthwise[i, 0]
    return kernel


def merge_many(depthwise, pointwise, m):
    return merge(depthwise, pointwise).unflatten(1, (-1, m)).sum(dim=2)


def merge_many_in_loops(depthwise, pointwise, m):
    paths = merge_in_loops(depthwise, pointwise)
    return torch.stack([paths[:, i : i + m].sum(dim=1) for i in range(0, len(depthwise), m)], dim=1)


RIGHT = {
    "03-break-even": [17, 17.0, np.float32(17), torch.tensor(17), 38399 // 2136, 17 * (1 + 1e-13)],
    "03-merge-many": [
        merge_many,
        merge_many_in_loops,
        lambda d, p, m: torch.nn.Parameter(merge_many(d, p, m)),
        lambda d, p, m: torch.einsum(
            "oim,imkl->oikl", p[:, :, 0, 0].unflatten(1, (-1, m)), d[:, 0].unflatten(0, (-1, m))
        ),
    ],
}
WRONG = [
    ("03-break-even", 16, "so is M = 17"),
    ("03-break-even", 18, "Round down"),
    ("03-break-even", 24, "Did you count the depthwise kernels too"),
    ("03-break-even", 25, "any kernel exactly"),
    ("03-break-even", 30, "needs 64,080 weights, the standard convolution 38,400."),
    ("03-break-even", 17.98, "the multiplier must be a whole number of at least 1, got 17.98"),
    ("03-break-even", 0, "the multiplier must be a whole number of at least 1, got 0"),
    ("03-merge-many", lambda d, p, m: 3.0, "of type int, not a tensor"),
    ("03-merge-many", lambda d, p, m: merge_many(d, p, m).transpose(0, 1), "Output channels come first"),
    ("03-merge-many", lambda d, p, m: merge_many(d, p, m).flatten(1), "(4, 27), not (4, 3, 3, 3)"),
    ("03-merge-many", lambda d, p, m: merge_many(d, p, m).flip(2, 3), "with M = 1 the shape is right"),
    ("03-merge-many", lambda d, p, m: merge(d, p), "Add up the 2 maps"),
    ("03-merge-many", lambda d, p, m: merge(d, p)[:, ::m], "Which maps does channel 0 make"),
    ("03-merge-many", lambda d, p, m: merge(d, p).unflatten(1, (m, -1)).sum(dim=1), "are neighbors"),
    ("03-merge-many", lambda d, p, m: merge_many(d, p, m) / m, "the mean of the 2 maps"),
    ("03-merge-many", lambda d, p, m: merge_many(d, p, m)[:, :1], "(4, 1, 3, 3), not (4, 3, 3, 3)."),
]
FEEDBACK = {
    "03-same-function": ["a product of two", "such as an activation", "not work the other way around"],
    "03-rank": ["a plane of kernels", "would be enough", "span a space", "M = 9 is enough"],
    "03-price": ["adds weights to both steps", "the same functions", "16 × 9 × 32"],
}
