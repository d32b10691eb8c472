"""Descriptions of layers and blocks: shapes and costs equal to torch's, the public face, what cannot be changed.

What is refused is in test_bad_input.py; blocks against their modules are in test_blocks.py.
"""

import dataclasses
from math import prod

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

import mbv2_lesson as mbv2
from mbv2_lesson import Conv2dSpec, Cost, Plan, Step

torch.set_num_threads(1)  # the tensors are tiny: threads would only get in each other's way


def pairs(strategy):
    """One whole number or a pair of them, as nn.Conv2d takes them."""
    return strategy | st.tuples(strategy, strategy)


@st.composite
def conv_arguments(draw, separable: bool = False):
    """(arguments of Conv2dSpec, size) that fit each other. For the separable plan: a depth multiplier, no groups."""
    groups = 1 if separable else draw(st.integers(1, 4))
    arguments = {
        "in_channels": groups * draw(st.integers(1, 4)),
        "out_channels": groups * draw(st.integers(1, 4)),
        "kernel_size": draw(pairs(st.integers(1, 5))),
        "stride": draw(pairs(st.integers(1, 3))),
        "padding": draw(st.none() | pairs(st.integers(0, 3))),
        "dilation": draw(pairs(st.integers(1, 3))),
        "bias": draw(st.booleans()),
    }
    arguments |= {"depth_multiplier": draw(st.integers(1, 3))} if separable else {"groups": groups}
    kernel, padding, dilation = (
        value if isinstance(value, tuple) else (value, value)
        for value in (arguments["kernel_size"], arguments["padding"], arguments["dilation"])
    )
    least = [
        max(1, d * (k - 1) + 1 - 2 * (k // 2 if p is None else p))
        for k, p, d in zip(kernel, padding, dilation, strict=True)
    ]
    return arguments, tuple(n + draw(st.integers(0, 6)) for n in least)


def torch_conv(arguments: dict) -> nn.Conv2d:
    """nn.Conv2d made by hand from what a reader would write; our own default padding is spelt out."""
    kernel = arguments["kernel_size"]
    kernel = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    padding = arguments["padding"]
    return nn.Conv2d(**{**arguments, "padding": tuple(k // 2 for k in kernel) if padding is None else padding})


@given(conv_arguments())
def test_a_spec_equals_torchs_convolution(case):
    arguments, size = case
    spec, conv = Conv2dSpec(**arguments), torch_conv(arguments)
    counted = mbv2.count(conv, (spec.in_channels, *size))
    with torch.no_grad():
        output = conv(torch.zeros(1, spec.in_channels, *size))
    assert spec.weight_shape == tuple(conv.weight.shape)
    assert spec.params == sum(p.numel() for p in conv.parameters()) == counted.cost.params
    assert spec.output_size(size) == tuple(output.shape[2:])
    assert spec.macs(size) == counted.cost.macs
    assert spec.cost_of(tuple(output.shape)) == counted.cost


@given(conv_arguments())
def test_macs_are_what_a_convolution_of_ones_adds_up(case):
    # A third opinion that counts nothing: with weights and (padded) input of ones each product is 1.
    arguments, size = case
    spec = Conv2dSpec(**arguments)
    (p_h, p_w), options = spec.padding, {"dtype": torch.float64}
    ones = torch.ones(1, spec.in_channels, size[0] + 2 * p_h, size[1] + 2 * p_w, **options)
    weight = torch.ones(spec.weight_shape, **options)
    output = functional.conv2d(ones, weight, None, spec.stride, 0, spec.dilation, spec.groups)
    assert spec.macs(size) == output.sum().item()
    assert spec.cost_of((1, *output.shape[1:])).activations == output.numel()


@given(conv_arguments(), st.booleans())
def test_a_standard_plan_is_one_step_with_the_specs_cost(case, batch_norm):
    arguments, size = case
    plan = mbv2.standard_conv(**arguments, size=size, batch_norm=batch_norm)
    conv = torch_conv(arguments)
    layers = [conv, nn.BatchNorm2d(conv.out_channels), nn.ReLU6()] if batch_norm else [conv]
    counted = mbv2.count(nn.Sequential(*layers), (conv.in_channels, *size))
    assert [step.name for step in plan] == ["conv"]
    assert plan.cost == counted.cost
    assert plan.cost_by_kind == {plan["conv"].kind: plan.cost}
    assert (plan.input_shape, plan.output_shape) == (counted.layers[0].input_shape, counted.layers[0].output_shape)
    assert not plan.has_shortcut


@given(
    st.integers(1, 8),
    st.integers(1, 8),
    st.sampled_from([1, 3, 5]),
    st.integers(1, 9),
    st.integers(1, 9),
    st.booleans(),
)
def test_resnets_bottleneck_equals_a_plain_sequential(wide, narrow, k, h, w, batch_norm):
    def layer(c_in: int, c_out: int, kernel: int) -> list[nn.Module]:
        conv = nn.Conv2d(c_in, c_out, kernel, padding=kernel // 2, bias=False)
        return [conv, nn.BatchNorm2d(c_out), nn.ReLU()] if batch_norm else [conv]

    model = nn.Sequential(*layer(wide, narrow, 1), *layer(narrow, narrow, k), *layer(narrow, wide, 1))
    counted = mbv2.count(model, (wide, h, w))
    plan = mbv2.resnet_bottleneck(wide, narrow, k, size=(h, w), batch_norm=batch_norm)
    convs = [layer for layer in counted.layers if layer.type == "Conv2d"]
    assert plan.cost == counted.cost
    assert [(step.input_shape, step.output_shape) for step in plan] == [(c.input_shape, c.output_shape) for c in convs]
    assert plan.has_shortcut and plan.input_shape == plan.output_shape


# --- The face, as DESIGN promises it: these names and numbers are fixed. ---


def test_the_face():
    spec = Conv2dSpec(16, 32, kernel_size=3)
    assert (spec.params, spec.output_size((56, 56)), spec.macs((56, 56))) == (4608, (56, 56), 14450688)
    plan = mbv2.depthwise_separable(16, 32, size=(56, 56))
    assert (plan.cost.params, plan.cost.macs, plan.cost.flops) == (656, 2057216, 4114432)
    assert [(step.name, step.kind, step.input_shape, step.output_shape, step.cost.params) for step in plan] == [
        ("depthwise", "depthwise", (1, 16, 56, 56), (1, 16, 56, 56), 144),
        ("pointwise", "pointwise", (1, 16, 56, 56), (1, 32, 56, 56), 512),
    ]
    assert mbv2.inverted_residual(16, 16, stride=1, expand_ratio=6, size=(56, 56)).has_shortcut
    block = mbv2.InvertedResidual(16, 32, stride=1, expand_ratio=6)
    expected = mbv2.inverted_residual(16, 32, stride=1, expand_ratio=6, size=(56, 56)).cost
    assert mbv2.count(block, input_shape=(16, 56, 56)).cost == expected


def test_every_public_name_resolves_and_an_unknown_one_says_what_there_is():
    # experiments is a module of a later notebook; its own tests speak for it.
    assert {name for name in mbv2.__all__ if name != "experiments" and getattr(mbv2, name) is None} == set()
    assert set(dir(mbv2)) == set(mbv2.__all__)
    with pytest.raises(AttributeError, match=r"'conv2dspec'.*Conv2dSpec"):
        _ = mbv2.conv2dspec


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ((16, 32, 3), "standard"),
        ((16, 32, 1), "pointwise"),
        ((16, 16, 3, 1, 1, 1, 16), "depthwise"),
        ((16, 32, 3, 1, 1, 1, 16), "depthwise"),  # with a depth multiplier of 2
        ((16, 32, 1, 1, 0, 1, 16), "depthwise"),
        ((16, 32, 3, 1, 1, 1, 4), "grouped"),
        ((16, 32, 1, 1, 0, 1, 4), "grouped"),
        ((16, 32, (1, 3)), "standard"),
        ((1, 32, 3), "standard"),  # one channel: depthwise and standard are the same
    ],
)
def test_kinds(arguments, kind):
    assert Conv2dSpec(*arguments).kind == kind


# --- Inverted residual: which steps, which shortcut, and why not. ---


@pytest.mark.parametrize(
    ("arguments", "options", "steps", "shortcut", "because"),
    [
        ((16, 16, 1, 6), {}, ["expand", "depthwise", "project"], True, []),
        ((16, 16, 1, 1), {}, ["depthwise", "project"], True, []),
        ((16, 16, 1, 1), {"always_expand": True}, ["expand", "depthwise", "project"], True, []),
        ((16, 16, 2, 6), {}, ["expand", "depthwise", "project"], False, ["stride 2"]),
        ((16, 32, 1, 6), {}, ["expand", "depthwise", "project"], False, ["16", "32"]),
        ((16, 32, 2, 6), {}, ["expand", "depthwise", "project"], False, ["stride 2", "16", "32"]),
    ],
)
def test_which_steps_a_block_has_and_why_no_shortcut(arguments, options, steps, shortcut, because):
    plan = mbv2.inverted_residual(*arguments, size=(7, 8), **options)
    assert [step.name for step in plan] == steps
    assert plan.has_shortcut == shortcut == (plan.no_shortcut_because == "")
    assert all(word in plan.no_shortcut_because for word in because)
    assert [step.activation for step in plan] == ["ReLU6"] * (len(steps) - 1) + [None]


def test_the_ablation_ends_in_relu6():
    assert mbv2.inverted_residual(16, 16, size=(7, 7), linear=False)["project"].activation == "ReLU6"


def test_what_the_articles_expansion_at_ratio_1_costs():
    published, article = (
        mbv2.inverted_residual(32, 16, 1, 1, size=(112, 112), always_expand=always) for always in (False, True)
    )
    difference = Cost(weights=32 * 32, norm=2 * 32, macs=32 * 32 * 112 * 112, activations=32 * 112 * 112)
    assert published.cost + difference == article.cost


# --- Plan and Step as objects. ---

PLANS = [
    mbv2.standard_conv(3, 8, (3, 2), (2, 1), size=(9, 8), batch_norm=True),
    mbv2.depthwise_separable(4, 6, 5, depth_multiplier=2, bias=True, size=(7, 9)),
    mbv2.inverted_residual(4, 6, 2, size=(7, 9)),
    mbv2.resnet_bottleneck(8, 2, size=(7, 9)),
]


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_a_plan_is_a_frozen_tuple_of_named_steps(plan):
    steps = list(plan)
    assert len(plan) == len(steps)
    assert [plan[i] for i in range(-len(steps), len(steps))] == steps * 2
    assert [plan[step.name] for step in steps] == steps
    assert plan.cost == sum(step.cost for step in steps) == sum(plan.cost_by_kind.values())
    assert list(plan.cost_by_kind) == list(dict.fromkeys(step.kind for step in steps))
    assert len({plan, dataclasses.replace(plan), dataclasses.replace(plan, name="another")}) == 2
    for thing in (plan, steps[0], steps[0].spec):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(thing, dataclasses.fields(thing)[0].name, 1)
    with pytest.raises(IndexError):
        plan[len(steps)]
    with pytest.raises(KeyError) as refusal:
        plan["conv9"]
    assert all(repr(name) in str(refusal.value) for name in ("conv9", *(step.name for step in steps)))


def test_plans_made_from_lists_are_frozen_too():
    spec = Conv2dSpec(3, 4, [3, 2], [1, 1])
    step = Step("conv", spec, [1, 3, 8, np.int64(9)])
    plan = Plan("mine", [step])
    assert isinstance(hash(plan), int)
    assert plan == Plan("mine", (Step("conv", Conv2dSpec(3, 4, (3, 2)), (1, 3, 8, 9)),))
    assert plan.input_shape == (1, 3, 8, 9) and type(plan.input_shape[3]) is int


def test_steps_that_do_not_fit_are_refused():
    first, second = mbv2.depthwise_separable(4, 6, size=(8, 8))
    smaller = dataclasses.replace(second, input_shape=(1, 4, 4, 4))
    with pytest.raises(ValueError, match=r"'pointwise' takes \(1, 4, 4, 4\).*'depthwise' gives \(1, 4, 8, 8\)"):
        Plan("torn", (first, smaller))
    with pytest.raises(ValueError, match="'depthwise' takes"):
        Plan("wrong way round", (second, first))


def test_numpy_numbers_are_whole_numbers_and_end_as_plain_ints():
    spec = Conv2dSpec(np.int64(16), np.uint8(32), np.array([3, 3]).tolist(), np.int32(1), groups=np.int16(2))
    assert spec == Conv2dSpec(16, 32, 3, groups=2)
    # numpy's ints would overflow where Python's do not
    macs = Conv2dSpec(np.uint8(255), np.uint8(255), 3).macs((np.int32(60000), np.int32(60000)))
    assert macs == 255 * 255 * 9 * 60000**2 and type(macs) is int
    for make in (mbv2.standard_conv, mbv2.depthwise_separable, mbv2.inverted_residual, mbv2.resnet_bottleneck):
        plan = make(np.int64(8), np.int64(4), size=(np.int64(5), 6))
        assert plan == make(8, 4, size=(5, 6))
        numbers = (*plan.input_shape, *plan.output_shape, *dataclasses.astuple(plan.cost))
        assert {type(number) for number in numbers} == {int}


def test_counts_stay_exact_where_floats_would_not():
    plan = mbv2.standard_conv(65_536, 65_537, 7, size=(100_003, 100_003))
    assert plan.cost.macs == 65_536 * 65_537 * 49 * 100_003**2 > 2**53
    assert prod(plan.output_shape) == plan.cost.activations
