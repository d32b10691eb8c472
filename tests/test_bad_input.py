"""What plans, layers and modules refuse, and in which words: what was given, and what is allowed."""

import re
from fractions import Fraction

import numpy as np
import pytest
from torch import nn

import mbv2_lesson as mbv2
from mbv2_lesson import Conv2dSpec, Cost, Network, Plan, Step
from mbv2_lesson.plans import GlobalAveragePool, LinearSpec
from mbv2_lesson.plans.memory import live_activations
from mbv2_lesson.plans.published import count_under

SIZE = {"size": (8, 8)}
CONV, BLOCK = mbv2.standard_conv(3, 4, **SIZE), mbv2.inverted_residual(4, 4, **SIZE)
EMPTY = "a plan is made of one or more steps, got "
WIDTH = "width_mult must be above 0 and at most 1000, such as 1.0 or 0.35, got "
NETWORK = "a network is made of plans; rows (t, c, n, s) go to mobilenet_v2(table=...), got "
HUGE = 10**400
COUNT = mbv2.count(nn.Sequential(nn.Sequential(nn.Conv2d(3, 4, 3))), (3, 8, 8))
DIVERGED = nn.Conv2d(3, 4, 3)
nn.init.constant_(DIVERGED.weight, float("nan"))

# a call, the error, and how its message ends (or all of it)
VALUE = [
    # counts
    (lambda: Conv2dSpec(0, 4), "in_channels must be a whole number of at least 1, got 0"),
    (lambda: Conv2dSpec(3, -4), "out_channels must be a whole number of at least 1, got -4"),
    (lambda: Conv2dSpec(3, 4, groups=0), "groups must be a whole number of at least 1, got 0"),
    (lambda: Conv2dSpec(3, 4, padding=-1), "padding must be a whole number of at least 0, got -1"),
    (lambda: Conv2dSpec(3, 4, stride=(1, 0)), "stride must be a whole number of at least 1, got 0"),
    (lambda: LinearSpec(0, 3), "in_features must be a whole number of at least 1, got 0"),
    (lambda: GlobalAveragePool(0), "channels must be a whole number of at least 1, got 0"),
    (lambda: mbv2.separable_ratio(0, 3), "out_channels must be a whole number of at least 1, got 0"),
    (lambda: mbv2.depthwise_separable(3, 4, depth_multiplier=0, **SIZE), "at least 1, got 0"),
    (lambda: mbv2.mobilenet_v2(resolution=0), "resolution must be a whole number of at least 1, got 0"),
    (lambda: mbv2.mobilenet_v1(num_classes=0), "num_classes must be a whole number of at least 1, got 0"),
    (lambda: live_activations(BLOCK, 0), "splits must be a whole number of at least 1, got 0"),
    # pairs and sizes
    (
        lambda: Conv2dSpec(3, 4, (3, 3, 3)),
        "kernel_size must be one whole number or a pair (height, width), got (3, 3, 3)",
    ),
    (lambda: Conv2dSpec(3, 4, padding=()), "padding must be one whole number or a pair (height, width), got ()"),
    (
        lambda: Conv2dSpec(3, 4).macs((64, 28, 28)),
        "size must be (H, W), two whole numbers without batch or channels, got (64, 28, 28)",
    ),
    (lambda: Conv2dSpec(3, 4).output_size((0, 5)), "H in size must be a whole number of at least 1, got 0"),
    (lambda: mbv2.inverted_residual(3, 4, size=(8, 0)), "W in size must be a whole number of at least 1, got 0"),
    # kernels
    (
        lambda: Conv2dSpec(3, 4, 7, padding=1).output_size((4, 9)),
        "size (4, 9) is too small: the kernel (7, 7) with dilation (1, 1) covers 7 pixels, so H and W plus twice the "
        "padding (1, 1) must reach that",
    ),
    (
        lambda: mbv2.standard_conv(3, 4, 3, padding=0, dilation=4, **SIZE),
        "covers 9 pixels, so H and W plus twice the padding (0, 0) must reach that",
    ),
    (
        lambda: mbv2.inverted_residual(3, 4, 1, 6, 2, **SIZE),
        "kernel_size must be odd, or the shortcut would not fit, got 2",
    ),
    (
        lambda: mbv2.resnet_bottleneck(16, 4, 2, size=(7, 7)),
        "kernel_size must be odd, or the shortcut would not fit, got 2",
    ),
    (lambda: mbv2.InvertedResidual(3, 4, 1, 6, 4), "kernel_size must be odd, or the shortcut would not fit, got 4"),
    # strides, ratios, groups
    (lambda: mbv2.inverted_residual(3, 4, 3, **SIZE), "stride must be 1 or 2, got 3"),
    (lambda: mbv2.InvertedResidual(3, 4, 3), "stride must be 1 or 2, got 3"),
    (
        lambda: mbv2.inverted_residual(3, 4, expand_ratio=0, **SIZE),
        "expand_ratio must be a whole number of at least 1, got 0",
    ),
    (lambda: Conv2dSpec(4, 6, groups=3), "groups must divide in_channels (4), got 3"),
    (lambda: Conv2dSpec(6, 4, groups=3), "groups must divide out_channels (4), got 3"),
    (lambda: mbv2.DepthwiseSeparableConv(3, 4, dilation=0), "dilation must be a whole number of at least 1, got 0"),
    # a model to decouple
    (lambda: mbv2.decouple(nn.Conv2d(3, 4, 3), 0), "depth_multiplier must be a whole number of at least 1, got 0"),
    (
        lambda: mbv2.decouple(nn.Sequential(nn.Conv2d(3, 4, 1), DIVERGED)),
        "weights must be finite, got inf or nan in the convolution '1'",
    ),
    (lambda: COUNT.separable(0), "depth_multiplier must be a whole number of at least 1, got 0"),
    (
        lambda: COUNT.fold(1).separable(),
        "separable works layer by layer; call it on the count itself, not on the result of fold",
    ),
    # widths
    *[
        (lambda make=make, width=width: make(width), f"{WIDTH}{width!r}")
        for make in (mbv2.mobilenet_v2, lambda width: mbv2.mobilenet_v1(width_mult=width), mbv2.MobileNetV2)
        for width in (0, -0.5, float("nan"), float("inf"), HUGE, 1e308, Fraction(0))
    ],
    # tables
    (
        lambda: mbv2.mobilenet_v2(table=[(6, 24, 2)]),
        "table must have rows (t, c, n, s), such as (6, 24, 2, 2), got (6, 24, 2)",
    ),
    (lambda: mbv2.mobilenet_v2(table=(6, 24, 2, 2)), "table must have rows (t, c, n, s), such as (6, 24, 2, 2), got 6"),
    (lambda: mbv2.mobilenet_v2(table="V2"), "table must have rows (t, c, n, s), such as (6, 24, 2, 2), got 'V2'"),
    (lambda: mbv2.mobilenet_v2(table=[(6, 24, 2, 3)]), "s in the table is a stride, 1 or 2, got 3 in (6, 24, 2, 3)"),
    (lambda: mbv2.mobilenet_v2(table=[(6, 24, 0, 2)]), "n in the table must be a whole number of at least 1, got 0"),
    # plans that do not fit together
    (
        lambda: Plan("mine", mbv2.standard_conv(3, 4, **SIZE).steps, has_shortcut=True),
        "a shortcut adds the input to the output, so their shapes must be the same, got (1, 3, 8, 8) and (1, 4, 8, 8)",
    ),
    (
        lambda: Plan("mine", mbv2.standard_conv(4, 4, 2, size=(7, 7)).steps, has_shortcut=True),
        "a shortcut adds the input to the output, so their shapes must be the same, got (1, 4, 7, 7) and (1, 4, 8, 8)",
    ),
    (lambda: Step("fc", LinearSpec(3, 3), (1, 3, 7, 7)), "a linear layer takes (1, 3), got the shape (1, 3, 7, 7)"),
    (lambda: Step("pool", GlobalAveragePool(3), (1, 3)), "a pool layer takes (1, 3, H, W), got the shape (1, 3)"),
    (
        lambda: Step("conv", Conv2dSpec(3, 4), (1, 5, 8, 8)),
        "a standard layer takes (1, 3, H, W), got the shape (1, 5, 8, 8)",
    ),
    (
        lambda: Step("conv", Conv2dSpec(3, 4), (2, 3, 8, 8)),
        "a standard layer takes (1, 3, H, W), got the shape (2, 3, 8, 8)",
    ),
]
TYPE = [
    # counts are not floats, bools or strings
    (lambda: Conv2dSpec(16.0, 32), "in_channels must be a whole number of at least 1, got 16.0"),
    (lambda: Conv2dSpec(True, 32), "in_channels must be a whole number of at least 1, got True"),
    (lambda: Conv2dSpec(3, "4"), "out_channels must be a whole number of at least 1, got '4'"),
    (lambda: Conv2dSpec(3, 4, (3, 2.5)), "kernel_size must be a whole number of at least 1, got 2.5"),
    (lambda: Conv2dSpec(3, 4, padding="same"), "padding must be a whole number of at least 0, got 'same'"),
    (lambda: Conv2dSpec(3, 4, stride=None), "stride must be a whole number of at least 1, got None"),
    (lambda: mbv2.inverted_residual(3, 4, True, **SIZE), "stride must be a whole number of at least 1, got True"),
    (
        lambda: mbv2.inverted_residual(3, 4, 1, 1.5, **SIZE),
        "expand_ratio must be a whole number of at least 1, got 1.5",
    ),
    (
        lambda: mbv2.inverted_residual(3, 4, kernel_size=(3, 3), **SIZE),
        "kernel_size must be a whole number of at least 1, got (3, 3)",
    ),
    (
        lambda: mbv2.mobilenet_v2(resolution=(224, 224)),
        "resolution must be a whole number of at least 1, got (224, 224)",
    ),
    (lambda: mbv2.mobilenet_v1(2.5), "resolution must be a whole number of at least 1, got 2.5"),
    (lambda: live_activations(BLOCK, 2.0), "splits must be a whole number of at least 1, got 2.0"),
    (lambda: live_activations(BLOCK, True), "splits must be a whole number of at least 1, got True"),
    (lambda: mbv2.separable_ratio(32, 3.0), "kernel_size must be a whole number of at least 1, got 3.0"),
    (
        lambda: Step("conv", Conv2dSpec(3, 4), (1, 3, 8.0, 8)),
        "each length in input_shape must be a whole number of at least 1, got 8.0",
    ),
    # sizes
    (
        lambda: mbv2.standard_conv(3, 4, size=28),
        "size must be (H, W), two whole numbers without batch or channels, got 28",
    ),
    (lambda: Conv2dSpec(3, 4).macs("88"), "size must be (H, W), two whole numbers without batch or channels, got '88'"),
    (lambda: Conv2dSpec(3, 4).macs((8, 8.5)), "W in size must be a whole number of at least 1, got 8.5"),
    # switches are not numbers
    (lambda: Conv2dSpec(3, 4, bias=1), "bias must be True or False, got 1"),
    (lambda: LinearSpec(3, 3, bias=0), "bias must be True or False, got 0"),
    (lambda: mbv2.standard_conv(3, 4, batch_norm="yes", **SIZE), "batch_norm must be True or False, got 'yes'"),
    (lambda: mbv2.DepthwiseSeparableConv(3, 4, batch_norm=1), "batch_norm must be True or False, got 1"),
    (lambda: mbv2.inverted_residual(3, 4, linear=None, **SIZE), "linear must be True or False, got None"),
    (lambda: mbv2.inverted_residual(3, 4, always_expand=1, **SIZE), "always_expand must be True or False, got 1"),
    (lambda: mbv2.mobilenet_v1(separable=1), "separable must be True or False, got 1"),
    (lambda: count_under(CONV, flops=1), "flops must be True or False, got 1"),
    # a model to decouple
    (lambda: mbv2.decouple(nn.Conv2d), "model must be a torch.nn.Module, got the class Conv2d"),
    (lambda: mbv2.not_decoupled(CONV), "model must be a torch.nn.Module, got Plan"),
    (lambda: mbv2.decouple(nn.ReLU(), 1.5), "depth_multiplier must be a whole number of at least 1, got 1.5"),
    (lambda: COUNT.separable(True), "depth_multiplier must be a whole number of at least 1, got True"),
    # widths
    (lambda: mbv2.mobilenet_v2("1.0"), "width_mult must be a number such as 1.0 or 0.35, got '1.0'"),
    (lambda: mbv2.mobilenet_v2(True), "width_mult must be a number such as 1.0 or 0.35, got True"),
    (lambda: mbv2.mobilenet_v1(width_mult=1j), "width_mult must be a number such as 1.0 or 0.35, got 1j"),
    (lambda: mbv2.MobileNetV2(np.ones(2)), "width_mult must be a number such as 1.0 or 0.35, got array([1., 1.])"),
    # plans and networks
    (lambda: Plan("mine", []), f"{EMPTY}()"),
    (lambda: Plan("mine", [CONV]), f"{EMPTY}(Plan(name='st...ut_because=''),)"),
    (lambda: Plan(3, CONV.steps), "name must be a string, got 3"),
    (lambda: mbv2.standard_conv(3, 4, name=None, **SIZE), "name must be a string, got None"),
    (lambda: Network("mine", []), f"{EMPTY}()"),
    (
        lambda: Network("mine", [(6, 24, 2, 2)]),
        f"{NETWORK}(6, 24, 2, 2)",
    ),
    (
        lambda: Network("mine", CONV),
        f"{NETWORK}Step(name='co...tivation=None)",
    ),
    (lambda: Cost(1) - 1, "unsupported operand type(s) for -: 'Cost' and 'int'"),
]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [(call, error, words) for error, rows in ((ValueError, VALUE), (TypeError, TYPE)) for call, words in rows],
)
def test_it_is_refused_in_these_words(call, error, words):
    with pytest.raises(error, match=f"{re.escape(words)}$"):
        call()
