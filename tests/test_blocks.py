"""The modules: equal to their plans in every count and shape, and to torchvision's block in names, order and shapes."""

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from test_plans import conv_arguments
from torch import nn

import mbv2_lesson as mbv2

torch.set_num_threads(1)

# (t, c, n, s) of MobileNetV2, arXiv 1801.04381, Table 2; the first block reads 32 channels.
TABLE_2 = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]


def assert_counts_equal(module: nn.Module, plan: mbv2.Plan) -> None:
    counted = mbv2.count(module, plan.input_shape[1:])
    convs = [layer for layer in counted.layers if layer.type == "Conv2d"]
    assert plan.cost == counted.cost
    assert [(s.input_shape, s.output_shape) for s in plan] == [(c.input_shape, c.output_shape) for c in convs]
    assert [s.spec.weight_shape for s in plan] == [tuple(p.shape) for p in module.parameters() if p.ndim == 4]
    # what follows each convolution, as the plan says and as it ran
    kinds = [layer.type for layer in counted.layers]
    for number, step in enumerate(plan):
        at = [i for i, kind in enumerate(kinds) if kind == "Conv2d"][number]
        expected = ["BatchNorm2d"] * step.batch_norm + [step.activation] * (step.activation is not None)
        following = kinds[at + 1 :]
        upto = following.index("Conv2d") if "Conv2d" in following else len(following)
        assert following[:upto] == expected


@given(conv_arguments(separable=True), st.booleans())
def test_a_separable_convolution_equals_its_plan(case, batch_norm):
    arguments, size = case
    module = mbv2.DepthwiseSeparableConv(**arguments, batch_norm=batch_norm)
    assert_counts_equal(module, mbv2.depthwise_separable(**arguments, size=size, batch_norm=batch_norm))


@given(
    st.integers(1, 6),
    st.none() | st.integers(1, 6),  # None: as many out as in, or a shortcut would be rare
    st.sampled_from([1, 2]),
    st.integers(1, 5),
    st.sampled_from([1, 3, 5]),
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.booleans(),
    st.booleans(),
)
def test_an_inverted_residual_equals_its_plan(c_in, c_out, stride, ratio, kernel_size, size, always_expand, linear):
    arguments = {"in_channels": c_in, "out_channels": c_out or c_in, "stride": stride, "expand_ratio": ratio}
    arguments["kernel_size"] = kernel_size
    options = {"always_expand": always_expand, "linear": linear}
    module = mbv2.InvertedResidual(**arguments, **options)
    plan = mbv2.inverted_residual(**arguments, **options, size=size)
    assert_counts_equal(module, plan)
    assert module.has_shortcut == plan.has_shortcut == (stride == 1 and c_in == (c_out or c_in))
    with torch.no_grad():
        output = module.eval()(torch.zeros(2, c_in, *size))
    assert output.shape[1:] == plan.output_shape[1:]
    assert output.shape[2:] == (-(-size[0] // stride), -(-size[1] // stride))  # rounded up


def published_state() -> dict[str, tuple[int, ...]]:
    lines = (Path(__file__).parent / "data" / "torchvision_mobilenet_v2_state_dict.tsv").read_text().splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")][1:]
    return {name: () if shape == "scalar" else tuple(map(int, shape.split("x"))) for name, shape in rows}


def published_blocks() -> list[tuple[int, int, int, int]]:
    """(in, out, stride, ratio) for each of the 17 blocks."""
    blocks, c_in = [], 32
    for t, c, n, s in TABLE_2:
        for number in range(n):
            blocks.append((c_in, c, s if number == 0 else 1, t))
            c_in = c
    return blocks


def test_the_published_network_has_17_blocks_and_10_shortcuts():
    plans = [mbv2.inverted_residual(*block, size=(14, 14)) for block in published_blocks()]
    assert len(plans) == 17
    assert sum(plan.has_shortcut for plan in plans) == 10


@pytest.mark.parametrize(("number", "arguments"), list(enumerate(published_blocks(), start=1)))
def test_torchvisions_weights_fit(number, arguments):
    prefix = f"features.{number}."
    published = {n.removeprefix(prefix): shape for n, shape in published_state().items() if n.startswith(prefix)}
    block = mbv2.InvertedResidual(*arguments)
    own = {name: tuple(value.shape) for name, value in block.state_dict().items()}
    assert list(own.items()) == list(published.items())  # in the same order too
    state = {name: torch.full(shape, 0.25) if shape else torch.tensor(3) for name, shape in published.items()}
    block.load_state_dict(state, strict=True)
    assert all(torch.equal(value, state[name]) for name, value in block.state_dict().items())


def test_the_whole_networks_names_shapes_and_order_are_torchvisions():
    own = {name: tuple(value.shape) for name, value in mbv2.MobileNetV2().state_dict().items()}
    assert list(own.items()) == list(published_state().items())
    assert len(own) == 314


def test_torchvisions_state_dict_of_the_whole_network_loads():
    state = {name: torch.full(shape, 0.25) if shape else torch.tensor(3) for name, shape in published_state().items()}
    network = mbv2.MobileNetV2()
    network.load_state_dict(state, strict=True)
    assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())


# Each published width and each published resolution; any two of them are tried below.
@pytest.mark.parametrize("width_mult", [0.35, 0.5, 0.75, 1.0, 1.3, 1.4])
def test_the_network_equals_its_plan_at_each_width_and_resolution(width_mult):
    network = mbv2.MobileNetV2(width_mult)
    for resolution in (96, 128, 160, 192, 224) if width_mult == 1 else (224,):
        plan = mbv2.mobilenet_v2(width_mult, resolution)
        counted = mbv2.count(network, (3, resolution, resolution))
        assert plan.cost == counted.cost
        ran = [layer for layer in counted.layers if layer.type in ("Conv2d", "Linear")]
        planned = [step for step in plan if step.kind != "pool"]
        assert [(s.input_shape, s.output_shape) for s in planned] == [(c.input_shape, c.output_shape) for c in ran]


@given(st.floats(0.05, 1.5), st.integers(1, 70), st.integers(1, 20))
@settings(max_examples=20)  # a network each time
def test_the_network_equals_its_plan_at_any_width_and_resolution(width_mult, resolution, num_classes):
    plan = mbv2.mobilenet_v2(width_mult, resolution, num_classes)
    network = mbv2.MobileNetV2(width_mult, num_classes)
    assert plan.cost == mbv2.count(network, (3, resolution, resolution)).cost


def test_the_network_gives_a_score_for_each_class():
    network = mbv2.MobileNetV2(0.35, num_classes=7).eval()
    images = torch.randn(2, 3, 40, 56)
    with torch.no_grad():
        scores = network(images)
    assert scores.shape == (2, 7)
    assert images.std() > 0.5  # ReLU6 in place did not touch the reader's images


@pytest.mark.parametrize("ratio", [1, 6])
def test_the_shortcut_adds_the_input(ratio):
    torch.manual_seed(0)
    block = mbv2.InvertedResidual(8, 8, 1, ratio).eval()
    x = torch.randn(2, 8, 6, 7)
    before = x.clone()
    assert not torch.equal(block(x), x)
    nn.init.zeros_(block.conv[-1].weight)  # the last batch norm now gives 0: what is left is the input
    assert torch.equal(block(x), x)
    assert torch.equal(x, before)  # ReLU6 works in place, but not on the reader's tensor
    without = mbv2.InvertedResidual(8, 8, 2, ratio).eval()
    nn.init.zeros_(without.conv[-1].weight)
    assert without(x).abs().max() == 0


def test_the_end_is_linear_unless_asked_otherwise():
    x = torch.randn(4, 8, 9, 9, generator=torch.Generator().manual_seed(0))
    # other channels out, so that no shortcut brings negative numbers in
    assert (mbv2.InvertedResidual(8, 6)(x) < 0).any()
    assert (mbv2.InvertedResidual(8, 6, linear=False)(x) >= 0).all()


def test_gradients_reach_every_parameter():
    for module in (mbv2.InvertedResidual(4, 4), mbv2.DepthwiseSeparableConv(4, 4, bias=True, batch_norm=True)):
        module(torch.randn(2, 4, 8, 8)).square().sum().backward()
        assert all(parameter.grad is not None for parameter in module.parameters())
