"""Answers to notebook 02: right ones in many forms, wrong ones and the words they get, every option's feedback."""

import numpy as np
import torch
from common import (  # noqa: F401
    test_a_right_answer_is_right_in_any_form,
    test_a_wrong_answer_is_told_what_is_wrong_with_it,
    test_no_question_and_no_exercise_is_left_out,
    test_the_feedback_speaks_of_its_option,
)
from torch import nn

import mbv2_lesson as mbv2


def conv(*arguments, **settings):
    return nn.Conv2d(*arguments, bias=False, **settings)


def depthwise(stride=2, padding=2):
    return conv(24, 24, 5, stride=stride, padding=padding, groups=24)


class Separable(nn.Module):
    def __init__(self):
        super().__init__()
        self.pointwise, self.depthwise = conv(24, 64, 1), depthwise()

    def forward(self, x):
        return self.pointwise(self.depthwise(x))


RIGHT = {
    "02-separable-params": [
        lambda i, o, k: i * k * k + i * o,
        lambda i, o, k: i * (k**2 + o),
        lambda i, o, k: (1 / o + 1 / k**2) * i * o * k**2,  # the law; not always whole to the last digit
        lambda i, o, k: np.float64(i * k * k) + i * o,
        lambda i, o, k: torch.tensor(i * k * k + i * o),
        lambda i, o, k: sum(p.numel() for p in (*conv(i, i, k, groups=i).parameters(), *conv(i, o, 1).parameters())),
    ],
    "02-which-groups": [8, 8.0, np.int64(8), torch.tensor(8), 10368 / 1296],
    "02-build": [
        lambda: nn.Sequential(depthwise(), conv(24, 64, 1)),
        lambda: nn.Sequential(depthwise(), nn.ReLU(), conv(24, 64, 1)),
        Separable,
        Separable(),
        lambda: mbv2.DepthwiseSeparableConv(24, 64, 5, stride=2),
    ],
}
WRONG = [
    ("02-separable-params", lambda i, o, k: i * o * k * k, "the standard convolution"),
    ("02-separable-params", lambda i, o, k: i * k * k, "the pointwise half is missing"),
    ("02-separable-params", lambda i, o, k: i * o, "the depthwise half is missing"),
    ("02-separable-params", lambda i, o, k: k * k + i * o, "a kernel per input channel"),
    ("02-separable-params", lambda i, o, k: o * k * k + i * o, "run over the input"),
    ("02-separable-params", lambda i, o, k: i * k * k * i * o, "so add their weights"),
    ("02-separable-params", lambda i, o, k: i * k * k + o, "as deep as its input"),
    ("02-separable-params", lambda i, o, k: 656, "3 -> 8 channels, kernel 3 it gives 656, not 51."),
    ("02-which-groups", 7, "groups must divide in_channels"),
    ("02-which-groups", 2, "5,184 weights, more than"),
    ("02-which-groups", 12, "864 weights, fewer than"),
    ("02-which-groups", 2.5, "a whole number"),
    ("02-build", lambda: conv(24, 64, 5, padding=2), "Which half has the stride"),
    ("02-build", lambda: nn.Sequential(depthwise(padding=0), conv(24, 64, 1)), "what is its padding"),
    ("02-build", depthwise, "the pointwise half has to produce 64"),
    ("02-build", lambda: nn.Sequential(depthwise(), conv(24, 64, 1), nn.Flatten()), "gives (1, 16384), not (1, 64,"),
    ("02-build", lambda: nn.Sequential(depthwise(), nn.Conv2d(24, 64, 1)), "64 biases"),
    ("02-build", lambda: nn.Sequential(depthwise(), nn.BatchNorm2d(24), conv(24, 64, 1)), "48 params of batch norm"),
    ("02-build", lambda: conv(24, 64, 5, stride=2, padding=2), "groups equal to its input channels"),
    (
        "02-build",
        lambda: nn.Sequential(conv(24, 64, 1), conv(64, 64, 5, stride=2, padding=2, groups=64)),
        "mixes first",
    ),
    (
        "02-build",
        lambda: nn.Sequential(conv(24, 24, 5, stride=2, padding=2), conv(24, 64, 1)),
        "15,936 weights, not 2,136",
    ),
    ("02-build", lambda: nn.Sequential(depthwise(stride=1), conv(24, 64, 1, stride=2)), "Give the stride to"),
    ("02-build", lambda: 656, "must be a torch.nn.Module"),
]
FEEDBACK = {
    "02-depthwise-weights": ["shared by all channels", "from 16 to 16", "16 kernels"],
    "02-groups": ["neither sees all 16", "Connections are removed", "8 instead of 16", "a quarter of the weights"],
    "02-halves": ["One half finds", "made from the red input alone", "one pixel at a time", "Both together can"],
    "02-saving": ["0.1267", "The depthwise part doubles", "cancels"],
}
