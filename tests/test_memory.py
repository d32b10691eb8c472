"""Live activations, checked against tensors that are really made."""

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

import mbv2_lesson as mbv2
from mbv2_lesson.plans import GlobalAveragePool, LinearSpec, Plan, Step
from mbv2_lesson.plans.memory import live_activations, peak_activations

torch.set_num_threads(1)


def test_the_largest_of_mobilenet_v2():
    network = mbv2.mobilenet_v2()
    live = live_activations(network)
    # 96 maps of 112x112 in, 96 of 56x56 out
    assert live["block 2 depthwise"] == peak_activations(network) == 1_505_280
    assert live["stem"] == 3 * 224**2 + 32 * 112**2
    assert live["classifier"] == 1280 + 1000
    # a shortcut keeps the block's input in addition to its own input and output
    assert live["block 3 depthwise"] == (24 + 144 + 144) * 56**2
    assert live["block 3 expand"] == (24 + 144) * 56**2
    assert live["block 2 project"] == (96 + 24) * 56**2


def test_more_groups_never_take_more_memory():
    network = mbv2.mobilenet_v2()
    peaks = [peak_activations(network, splits) for splits in (2, 3, 5, 10, 96, 10_000)]
    assert peaks == sorted(peaks, reverse=True)
    assert peaks[0] < peak_activations(network)
    # one channel at a time: what is left is block 1's input, its output and one of its filtered maps
    assert peaks[-1] == (32 + 16 + 1) * 112**2


@given(
    st.integers(1, 5),
    st.none() | st.integers(1, 5),
    st.sampled_from([1, 2]),
    st.integers(1, 4),
    st.integers(2, 7),
    st.tuples(st.integers(1, 8), st.integers(1, 8)),
)
def test_a_block_in_groups_gives_the_same_and_holds_what_is_said(c_in, c_out, stride, ratio, splits, size):
    plan = mbv2.inverted_residual(c_in, c_out or c_in, stride, ratio, size=size)
    torch.manual_seed(0)
    block = mbv2.InvertedResidual(c_in, c_out or c_in, stride, ratio).eval().double()
    x = torch.randn(1, c_in, *size, dtype=torch.float64)
    with torch.no_grad():
        whole = block(x)
        output, held = torch.zeros_like(whole), []
        *expand, depthwise, project, norm = block.conv
        for group in torch.arange(depthwise[0].in_channels).tensor_split(splits):
            if not len(group):  # more groups than channels
                continue
            if not expand:
                wide = x[:, group]
            else:
                conv, its_norm, _ = expand[0]
                wide = part_of(its_norm, group, functional.conv2d(x, conv.weight[group])).clamp(0, 6)
            conv, its_norm, _ = depthwise
            filtered = functional.conv2d(wide, conv.weight[group], None, conv.stride, conv.padding, 1, len(group))
            filtered = part_of(its_norm, group, filtered).clamp(0, 6)
            output += functional.conv2d(filtered, project.weight[:, group])
            held.append(x.numel() + (wide.numel() if expand else 0) + filtered.numel() + output.numel())
        output = norm(output) + (x if block.has_shortcut else 0)
    torch.testing.assert_close(output, whole)
    assert live_activations(plan, splits) == {plan.name: max(held)}


def part_of(norm, group, x):
    values = (norm.running_mean[group], norm.running_var[group], norm.weight[group], norm.bias[group])
    return functional.batch_norm(x, *values, eps=norm.eps)


def test_plans_without_such_a_block_are_not_split():
    plan = mbv2.resnet_bottleneck(8, 2, size=(4, 4))
    assert live_activations(plan, 3) == live_activations(plan)
    assert live_activations(plan) == {"reduce": 160, "conv": 64 + 128, "restore": 160 + 128}


def test_pool_and_linear_layers_are_not_split_either():
    pool = Step("pool", GlobalAveragePool(4), (1, 4, 3, 5))
    linear = Step("classifier", LinearSpec(4, 2), (1, 4))
    ending = Plan("ending", [*mbv2.depthwise_separable(4, 4, size=(3, 5)), pool, linear])
    live = {"depthwise": 120, "pointwise": 120, "pool": 64, "classifier": 6}
    assert live_activations(ending) == live_activations(ending, 2) == live
