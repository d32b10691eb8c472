"""Answers to notebook 05: right ones in many forms, wrong ones and the words they get, every option's feedback."""

import copy
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from common import (  # noqa: F401
    test_a_right_answer_is_right_in_any_form,
    test_a_wrong_answer_is_told_what_is_wrong_with_it,
    test_no_question_and_no_exercise_is_left_out,
    test_the_feedback_speaks_of_its_option,
)
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_conv_bn_weights

import mbv2_lesson as mbv2
from mbv2_lesson import questions
from mbv2_lesson.explorers import BlockExplorer

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "05_inverted_residual.ipynb"


def block_macs(c_in, c_out, stride, t, size):
    hidden, before, after = c_in * t, size**2, (size // stride) ** 2
    return c_in * hidden * before + 9 * hidden * after + hidden * c_out * after


def conv(*arguments, **settings):
    return nn.Conv2d(*arguments, bias=False, **settings)


def depthwise(channels=32, **settings):
    return conv(channels, channels, 3, padding=1, groups=channels, **settings)


def first_block(*, activation=nn.ReLU6, end=()):
    layers = [depthwise(), nn.BatchNorm2d(32), activation(), conv(32, 16, 1), nn.BatchNorm2d(16), *end]
    return nn.Sequential(*layers)


class FirstBlock(nn.Module):
    """Layers in no order, the activation as a function."""

    def __init__(self):
        super().__init__()
        self.norms = nn.ModuleList([nn.BatchNorm2d(16), nn.BatchNorm2d(32)])
        self.project, self.depthwise = conv(32, 16, 1), depthwise()

    def forward(self, x):
        return self.norms[0](self.project(F.relu6(self.norms[1](self.depthwise(x)))))


class NonlinearEnd(FirstBlock):
    def forward(self, x):
        return F.relu6(super().forward(x))


def scale_of(norm):
    return norm.weight / torch.sqrt(norm.running_var + norm.eps)


def fold(conv, norm):
    scale = scale_of(norm)
    return conv.weight * scale[:, None, None, None], norm.bias - norm.running_mean * scale


def fold_channel_by_channel(conv, norm):
    weight, bias = conv.weight.detach().clone(), torch.zeros(conv.out_channels)
    for o in range(conv.out_channels):
        scale = norm.weight[o] / (norm.running_var[o] + norm.eps) ** 0.5
        weight[o] *= scale
        bias[o] = norm.bias[o] - scale * norm.running_mean[o]
    return [weight, bias]


def fold_in_numpy(conv, norm):
    gamma, beta, mean, var = (
        t.detach().double().numpy() for t in (norm.weight, norm.bias, norm.running_mean, norm.running_var)
    )
    scale = gamma / np.sqrt(var + norm.eps)
    return np.einsum("oikl,o->oikl", conv.weight.detach().numpy(), scale), beta - mean * scale


def fold_by_trying(conv, norm):
    """What a zero input gives is the bias, and what one weight more adds is the scale."""
    bias = norm(torch.zeros(1, conv.out_channels, 1, 1)).flatten()
    scale = norm(torch.ones(1, conv.out_channels, 1, 1)).flatten() - bias
    return torch.einsum("oikl,o->oikl", conv.weight, scale), bias


def fold_in_place(conv, norm):
    weight, bias = fold(conv, norm)
    conv.weight, conv.bias = nn.Parameter(weight), nn.Parameter(bias)
    return conv


def with_scale(scale):
    """A fold whose scale is wrong, in the weight and in the bias."""

    def answer(conv, norm):
        factor = scale(norm.weight, norm.running_var, norm.eps)
        return conv.weight * factor[:, None, None, None], norm.bias - norm.running_mean * factor

    return answer


def with_bias(bias):
    def answer(conv, norm):
        return fold(conv, norm)[0], bias(norm.bias, norm.running_mean, scale_of(norm))

    return answer


def without_stride(conv, norm):
    new = nn.Conv2d(conv.in_channels, conv.out_channels, 3, padding=conv.padding, groups=conv.groups)
    new.weight, new.bias = map(nn.Parameter, fold(conv, norm))
    return new


RIGHT = {
    "05-block-macs": [
        block_macs,
        lambda *case: float(block_macs(*case)),
        lambda *case: np.int64(block_macs(*case)),
        lambda *case: torch.tensor(block_macs(*case)),
        lambda *case: block_macs(*case) * (1 - 1e-13),
        lambda i, o, s, t, n: i * t * n * n * (i + (9 + o) / s**2),
        lambda i, o, s, t, n: mbv2.inverted_residual(i, o, s, t, size=(n, n)).cost.macs,
        lambda i, o, s, t, n: mbv2.count(mbv2.InvertedResidual(i, o, s, t), (i, n, n)).cost.macs,
    ],
    "05-first-block": [
        first_block,
        FirstBlock,
        FirstBlock(),
        lambda: nn.Sequential(nn.Sequential(*first_block()[:3]), first_block()[3:]),
        lambda: first_block(activation=lambda: nn.Hardtanh(0, 6)),
        lambda: mbv2.InvertedResidual(32, 16, 1, 1),
        lambda: first_block().double().float().eval(),
    ],
    "05-fold": [
        fold,
        fold_channel_by_channel,
        fold_in_numpy,
        fold_by_trying,
        fold_in_place,
        fuse_conv_bn_eval,
        lambda conv, norm: fuse_conv_bn_weights(
            conv.weight, None, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
        ),
        lambda conv, norm: tuple(part.detach().double() for part in fold(conv, norm)),
    ],
}
WRONG = [
    ("05-block-macs", lambda *case: 2 * block_macs(*case), "FLOPs, two per MAC"),
    ("05-block-macs", lambda i, o, s, t, n: n * n * i * t * (i + 9 + o), "The stride is missing"),
    ("05-block-macs", lambda i, o, s, t, n: (n // s) ** 2 * i * t * (i + 9 + o), "before the stride and runs on all"),
    ("05-block-macs", lambda i, o, s, t, n: n * n * i * t * (i + 9) + (n // s) ** 2 * i * t * o, "count its output"),
    ("05-block-macs", lambda i, o, s, t, n: n * n * i * t * (i + o) + (n // s) ** 2 * i * t * 9, "after the stride"),
    ("05-block-macs", lambda i, o, s, t, n: n * n * i * t * i + n * n * i * t * (9 + o) // s, "both height and width"),
    ("05-block-macs", lambda i, o, s, t, n: n * n * i * t * i + (n // s) ** 2 * i * t * o, "depthwise step is missing"),
    ("05-block-macs", lambda i, o, s, t, n: n * n * i * t * i + (n // s) ** 2 * i * t * 9, "projection is missing"),
    ("05-block-macs", lambda i, o, s, t, n: (n // s) ** 2 * i * t * (9 + o), "The expansion is missing"),
    ("05-block-macs", lambda i, o, s, t, n: 5, "16 -> 24 channels, stride 1, t = 2, size 8 it gives 5, not 100352."),
    ("05-first-block", lambda: mbv2.InvertedResidual(32, 16, 1, 1, always_expand=True), "has no 1×1 expansion"),
    ("05-first-block", lambda: mbv2.InvertedResidual(32, 16, 1, 1, linear=False), "the bottleneck is linear"),
    ("05-first-block", NonlinearEnd, "the bottleneck is linear"),
    ("05-first-block", lambda: first_block(end=[nn.ReLU()]), "the bottleneck is linear"),
    ("05-first-block", lambda: first_block(activation=nn.ReLU), "is ReLU, not ReLU6"),
    ("05-first-block", lambda: first_block(activation=nn.Identity), "it has no activation"),
    ("05-first-block", lambda: conv(32, 16, 1), "have 512 weights, not 800"),
    ("05-first-block", lambda: nn.Sequential(depthwise(), conv(32, 16, 1)), "have 0 params, not 96"),
    (
        "05-first-block",
        lambda: nn.Sequential(conv(32, 32, 3, padding=1), *first_block()[1:]),
        "needs groups=32",
    ),
    (
        "05-first-block",
        lambda: nn.Sequential(nn.Conv2d(32, 32, 3, padding=1, groups=32), *first_block()[1:]),
        "it has 32 biases",
    ),
    (
        "05-first-block",
        lambda: nn.Sequential(conv(32, 32, 3, groups=32), *first_block()[1:]),
        "gives (1, 16, 110, 110), not (1, 16, 112, 112)",
    ),
    (
        "05-first-block",
        lambda: nn.Sequential(*first_block()[:2], conv(32, 16, 1), nn.ReLU6(), nn.BatchNorm2d(16)),
        "it runs Conv2d, BatchNorm2d, Conv2d, ReLU6, BatchNorm2d, but not in the order",
    ),
    (
        "05-first-block",
        lambda: nn.Sequential(depthwise(), nn.ReLU6(), nn.BatchNorm2d(32), conv(32, 16, 1), nn.BatchNorm2d(16)),
        "after batch norm, not before it",
    ),
    (
        "05-first-block",
        lambda: nn.Sequential(nn.BatchNorm2d(32), depthwise(), nn.ReLU6(), conv(32, 16, 1), nn.BatchNorm2d(16)),
        "but not in the order",
    ),
    (
        "05-first-block",
        lambda: nn.Sequential(conv(32, 32, 3, padding=2, dilation=2, groups=32), *first_block()[1:]),
        "but not in the order",
    ),
    (
        "05-fold",
        lambda conv, norm: conv.weight,
        "it must return two things, weight and bias; it returned a single Parameter",
    ),
    ("05-fold", with_scale(lambda gamma, var, eps: gamma / var.sqrt()), "eps is missing"),
    ("05-fold", with_scale(lambda gamma, var, eps: gamma / (var + 1e-5).sqrt()), "here norm.eps is 0.001"),
    ("05-fold", with_scale(lambda gamma, var, eps: gamma / (var.sqrt() + eps)), "before the square root"),
    ("05-fold", with_scale(lambda gamma, var, eps: gamma / (var + eps)), "root of the variance"),
    ("05-fold", with_scale(lambda gamma, var, eps: gamma / var), "root of the variance"),
    ("05-fold", with_scale(lambda gamma, var, eps: 1 / (var + eps).sqrt()), "multiplied by gamma"),
    ("05-fold", with_scale(lambda gamma, var, eps: gamma), "divided by the standard deviation"),
    ("05-fold", with_scale(lambda gamma, var, eps: gamma * (var + eps).sqrt()), "instead of multiplying"),
    ("05-fold", lambda conv, norm: (conv.weight, fold(conv, norm)[1]), "The weight is unchanged"),
    ("05-fold", lambda conv, norm: (2 * fold(conv, norm)[0], fold(conv, norm)[1]), "The weight is not right"),
    ("05-fold", lambda conv, norm: (fold(conv, norm)[0], None), "but the bias is missing"),
    ("05-fold", with_bias(lambda beta, mean, scale: torch.zeros(6)), "but the bias is missing"),
    ("05-fold", with_bias(lambda beta, mean, scale: beta), "the running mean is missing"),
    ("05-fold", with_bias(lambda beta, mean, scale: -mean * scale), "beta, norm.bias, is missing"),
    ("05-fold", with_bias(lambda beta, mean, scale: beta - mean), "the running mean must also be scaled"),
    ("05-fold", with_bias(lambda beta, mean, scale: beta + mean * scale), "subtracted, not added"),
    ("05-fold", with_bias(lambda beta, mean, scale: (beta - mean) * scale), "it is not scaled"),
    ("05-fold", with_bias(lambda beta, mean, scale: 2 * beta - mean * scale), "right, but the bias is not"),
    ("05-fold", with_bias(lambda beta, mean, scale: (beta - mean * scale)[:, None, None]), "and (6, 1, 1), not (6,"),
    ("05-fold", lambda conv, norm: fold(conv, norm)[::-1], "of shapes (6,) and (6, 4, 3, 3), not (6, 4, 3, 3) and"),
    ("05-fold", lambda conv, norm: fold(conv, norm)[0], "it must return two things"),
    ("05-fold", lambda conv, norm: nn.Sequential(conv, norm), "it returned a single Sequential"),
    ("05-fold", without_stride, "keep stride, padding and groups"),
    ("05-fold", lambda conv, norm: (conv.weight * scale_of(norm), norm.bias), "your answer raised RuntimeError"),
]
FEEDBACK = {
    "05-where-macs": ["32 outputs per pixel", "twice as many", "only 9 products"],
    "05-rank": ["single 3×3 kernel", "has six to itself", "Only nine of these", "There are 32 rows"],
    "05-stride-2": ["are not enough", "It has none", "ResNet does that"],
    "05-inverted": ["says input + output", "1×1, 3×3, 1×1", "joins narrow ends"],
}


def test_the_checks_leave_the_readers_model_and_random_numbers_as_they_were():
    block = FirstBlock().train()
    before, state = copy.deepcopy(block.state_dict()), torch.get_rng_state()
    assert questions.check("05-first-block", lambda: block).passed
    assert questions.check("05-fold", fold).passed
    assert block.training and all(torch.equal(before[key], value) for key, value in block.state_dict().items())
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "shortcut; the shapes are equal"),
        ({"stride": 2}, "no shortcut; stride 2 makes the output smaller"),
        ({"out_channels": 32, "expand_ratio": 1}, "no shortcut; 16 channels cannot be added to 32"),
        ({"expand_ratio": 1, "always_expand": True, "linear": False}, "shortcut; the shapes are equal"),
    ],
)
def test_the_cell_after_the_explorer_speaks_of_the_setting(settings, words, capsys):
    cells = [cell for cell in nbformat.read(NOTEBOOK, 4).cells if cell.cell_type == "code"]
    (made,) = [number for number, cell in enumerate(cells) if "explorer = BlockExplorer(" in cell.source]
    explorer = BlockExplorer(in_channels=16, out_channels=16)
    explorer.set(**settings)
    exec(cells[made + 1].source, {"explorer": explorer})
    printed = capsys.readouterr().out
    assert printed.startswith(words) and f"{explorer.plan.cost.macs:,}" in printed
