"""Whole networks as plans: the published counts, the structure, and your own networks."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mbv2_lesson as mbv2
from mbv2_lesson.plans import MOBILENET_V2, GlobalAveragePool, LinearSpec, Network, Plan, Step
from mbv2_lesson.plans.networks import make_divisible


def test_the_count_of_mobilenet_v2_is_exact():
    network = mbv2.mobilenet_v2()
    assert mbv2.mobilenet_v2(width_mult=1.0, resolution=224).cost.params == 3_504_872
    assert (network.cost.macs, network.cost.flops) == (300_774_272, 601_548_544)
    assert network.cost.params - network.cost.norm == 3_470_760
    assert network.cost.activations == 6_679_112
    wide = mbv2.mobilenet_v2(1.4).cost
    assert (wide.params, wide.params - wide.norm, wide.macs) == (6_108_776, 6_060_840, 582_195_824)


# TensorFlow-Slim's table: width, resolution, MACs in millions, parameters in millions (without batch norm)
@pytest.mark.parametrize(
    ("width_mult", "resolution", "macs", "params"),
    [
        (1.4, 224, 582, 6.06),
        (1.3, 224, 509, 5.34),
        (1.0, 224, 300, 3.47),
        (0.75, 224, 209, 2.61),
        (0.5, 224, 97, 1.95),
        (0.35, 224, 59, 1.66),
        (1.0, 192, 221, 3.47),
        (1.0, 160, 154, 3.47),
        (1.0, 128, 99, 3.47),
        (1.0, 96, 56, 3.47),
    ],
)
def test_the_counts_are_those_of_the_published_table(width_mult, resolution, macs, params):
    cost = mbv2.mobilenet_v2(width_mult, resolution).cost
    assert abs(cost.macs / 1e6 - macs) < 1
    assert abs((cost.params - cost.norm) / 1e6 - params) < 0.006


def test_where_the_cost_sits():
    network = mbv2.mobilenet_v2()
    kinds = network.cost_by_kind
    assert list(kinds) == ["standard", "depthwise", "pointwise", "linear"]
    assert sum(kinds.values()) == network.cost
    assert round(kinds["linear"].params / network.cost.params, 3) == 0.365
    assert round(kinds["depthwise"].macs / network.cost.macs, 3) == 0.069
    assert sum(step.kind == "pointwise" for step in network) == 34


def test_the_parts_of_mobilenet_v2():
    network = mbv2.mobilenet_v2()
    assert [part.name for part in network.parts] == [
        "stem",
        *(f"block {number}" for number in range(1, 18)),
        "head",
        "pool",
        "classifier",
    ]
    assert len(network.blocks) == 17 and sum(block.has_shortcut for block in network.blocks) == 10
    assert network.input_shape == (1, 3, 224, 224) and network.output_shape == (1, 1000)
    assert network["pool"].input_shape == (1, 1280, 7, 7) and network["pool"].output_shape == (1, 1280)
    names = [step.name for step in network]
    assert names[:5] == ["stem", "block 1 depthwise", "block 1 project", "block 2 expand", "block 2 depthwise"]
    assert len(set(names)) == len(names)
    assert sum((part.cost for part in network.parts), mbv2.Cost()) == network.cost


def test_mobilenet_v1_and_the_same_shapes_in_standard_convolutions():
    v1, plain = mbv2.mobilenet_v1(), mbv2.mobilenet_v1(separable=False)
    assert v1.cost.macs == 568_740_352
    assert [block.output_shape for block in v1.blocks] == [block.output_shape for block in plain.blocks]
    # Conv MobileNet in arXiv 1704.04861, Table 4: 4,866 million MACs, 29.3 million parameters
    assert abs(plain.cost.macs / 1e6 - 4866) < 2 and round(plain.cost.params / 1e6, 1) == 29.3
    assert len(v1.blocks) == 13


@given(st.floats(0.01, 10_000))
def test_rounding_gives_a_near_multiple_of_8(channels):
    rounded = make_divisible(channels)
    assert rounded % 8 == 0 and rounded >= 8
    assert rounded >= 0.9 * channels
    assert rounded - channels < 8


@pytest.mark.parametrize(("channels", "rounded"), [(16 * 0.35, 8), (24 * 0.75, 24), (32 * 1.4, 48), (3, 8), (17, 16)])
def test_rounding_as_published(channels, rounded):
    assert make_divisible(channels) == rounded


def test_mobilenet_v1_by_width():
    # arXiv 1704.04861, Table 6: million MACs and million parameters
    for width_mult, macs, params in ((0.75, 325, 2.6), (0.5, 149, 1.3), (0.25, 41, 0.5)):
        cost = mbv2.mobilenet_v1(width_mult=width_mult).cost
        assert int(cost.macs / 1e6) == macs and round(cost.params / 1e6, 1) == params
    assert mbv2.mobilenet_v1(width_mult=1).cost == mbv2.mobilenet_v1().cost


def test_a_table_of_ones_own():
    rows = [[1, 8, 2, 1], (3, np.int64(24), 1, 2)]
    network = mbv2.mobilenet_v2(0.5, 64, 10, table=rows)
    shapes = [(block.input_shape[1], block.output_shape[1:]) for block in network.blocks]
    assert shapes == [(16, (8, 32, 32)), (8, (8, 32, 32)), (8, (16, 16, 16))]
    assert [block.has_shortcut for block in network.blocks] == [False, True, False]
    module = mbv2.MobileNetV2(0.5, 10, table=rows)
    assert mbv2.count(module, (3, 64, 64)).cost == network.cost
    assert mbv2.mobilenet_v2(table=list(MOBILENET_V2)) == mbv2.mobilenet_v2()
    assert mbv2.mobilenet_v2(table=[]).blocks == ()


@pytest.mark.parametrize("width_mult", [1, np.float32(1), np.float64(1), np.int64(1), Fraction(1)])
def test_a_width_is_any_real_number(width_mult):
    assert mbv2.mobilenet_v2(width_mult) == mbv2.mobilenet_v2(1.0)
    assert mbv2.mobilenet_v1(width_mult=width_mult) == mbv2.mobilenet_v1()
    assert mbv2.MobileNetV2(width_mult, 10).features[0][0].out_channels == 32


def test_parts_and_steps_by_name():
    network = mbv2.mobilenet_v2()
    assert network["block 3"] is network.parts[3]
    assert network["block 3 expand"] == network.steps[6] and network[6] == network.steps[6]
    assert network["block 3 expand"].cost == network["block 3"]["expand"].cost
    with pytest.raises(KeyError, match="no part or step named 'block 18'; the parts are 'stem', 'block 1', .*'head'"):
        network["block 18"]


def test_a_network_of_ones_own():
    pool = Step("pool", GlobalAveragePool(4), (1, 4, 3, 5))
    linear = Step("classifier", LinearSpec(4, 2, bias=False), (1, 4))
    network = Network("mine", [Plan("block", (pool, linear))])
    assert [step.name for step in network] == ["block pool", "block classifier"]
    assert network.output_shape == (1, 2)
    assert network.cost == mbv2.Cost(weights=8, macs=8, activations=2)
    assert list(network.cost_by_kind) == ["linear"]
    with pytest.raises(ValueError, match=r"'b' takes \(1, 5\), but 'a' gives \(1, 4\)"):
        Network("torn", [Plan("a", (pool,)), Plan("b", (Step("classifier", LinearSpec(5, 2), (1, 5)),))])
