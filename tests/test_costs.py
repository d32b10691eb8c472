"""The counting rules: what a Cost is, the law 1/C_out + 1/k^2, the block's formula, the lesson's own numbers."""

import dataclasses
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mbv2_lesson as mbv2
from mbv2_lesson import Cost

channels = st.integers(1, 4096)
lengths = st.integers(1, 2048)
costs = st.builds(Cost, *[st.integers(0, 10**12)] * 5)


@given(costs, costs, costs)
def test_costs_add_up_and_subtract_field_by_field(a, b, c):
    for field in (*(f.name for f in dataclasses.fields(Cost)), "params", "flops"):
        assert getattr(a + b, field) == getattr(a, field) + getattr(b, field)
        assert getattr(sum([a, b, c]), field) == sum(getattr(cost, field) for cost in (a, b, c))
        assert getattr(a - b, field) == getattr(a, field) - getattr(b, field)
        assert a.as_dict()[field] == getattr(a, field)
    assert (a + b) - b == a
    assert a + b == b + a and sum([]) == 0 and Cost() + a == a
    assert a.params == a.weights + a.biases + a.norm
    assert a.flops == 2 * a.macs


@pytest.mark.parametrize("other", [1, 0.5, "1", None, (1, 2)])
def test_a_cost_and_something_else_do_not_add_up(other):
    with pytest.raises(TypeError):
        Cost(1) + other
    with pytest.raises(TypeError):
        other + Cost(1)
    with pytest.raises(TypeError):
        Cost(1) - other
    with pytest.raises(TypeError):
        Cost(1) + 0  # only sum() starts from 0, and it puts it on the left


def test_a_cost_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Cost(1).weights = 2
    assert len({Cost(1), Cost(1), Cost(2)}) == 2


def test_the_articles_numbers():
    assert mbv2.Conv2dSpec(16, 32, 3).params == 4608
    separable = mbv2.depthwise_separable(16, 32, size=(56, 56))
    assert [step.cost.params for step in separable] == [144, 512]
    assert separable.cost.params == 656
    assert round(mbv2.separable_ratio(32, 3), 4) == 0.1424


@given(channels, channels, st.integers(1, 9), st.integers(1, 4), lengths, lengths)
def test_the_saving_is_exactly_the_law_and_does_not_depend_on_c_in(c_in, c_out, k, stride, height, width):
    size = (height + k, width + k)
    standard = mbv2.standard_conv(c_in, c_out, k, stride, size=size).cost
    separable = mbv2.depthwise_separable(c_in, c_out, k, stride, size=size).cost
    law = Fraction(1, c_out) + Fraction(1, k * k)
    assert Fraction(separable.weights, standard.weights) == law
    assert Fraction(separable.macs, standard.macs) == law
    assert mbv2.separable_ratio(c_out, k) == pytest.approx(float(law))


@given(channels, channels, st.integers(2, 10), st.sampled_from([1, 3, 5, 7]), lengths, lengths, st.booleans())
def test_the_papers_formula_for_the_block_holds_at_stride_1_only(c_in, c_out, t, k, h, w, linear):
    def macs(stride: int) -> int:
        return mbv2.inverted_residual(c_in, c_out, stride, t, k, size=(h, w), linear=linear).cost.macs

    assert macs(1) == h * w * c_in * t * (c_in + k**2 + c_out)
    # At stride 2 the expansion still runs at full resolution, so the formula at the output's size is too low
    # (except for one pixel, which has no smaller size).
    h_out, w_out = -(-h // 2), -(-w // 2)
    shortfall = macs(2) - h_out * w_out * c_in * t * (c_in + k**2 + c_out)
    assert shortfall == (h * w - h_out * w_out) * c_in * c_in * t
    assert (shortfall > 0) == (h * w > 1)
