"""Network decoupling: the replaced convolutions equal the trained ones where they can, and nothing else changes."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import mbv2_lesson as mbv2

torch.set_num_threads(1)
PAIR = st.tuples(st.integers(1, 3), st.integers(1, 3))
# relative to the largest output; half precision keeps 11 bits of a weight, bfloat16 8
TOLERANCES = {torch.float64: 1e-12, torch.float32: 1e-4, torch.float16: 2e-2, torch.bfloat16: 1e-1}


@st.composite
def convolutions(draw) -> nn.Conv2d:
    kernel_size = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)).filter(lambda size: size != (1, 1)))
    padding = draw(st.sampled_from(["same", "valid"]) | st.tuples(st.integers(0, 2), st.integers(0, 2)))
    torch.manual_seed(draw(st.integers(0, 99)))
    conv = nn.Conv2d(
        draw(st.integers(1, 5)),
        draw(st.integers(1, 20)),
        kernel_size,
        stride=1 if padding == "same" else draw(PAIR),
        padding=padding,
        dilation=draw(PAIR),
        bias=draw(st.booleans()),
        padding_mode=draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"])),
        dtype=draw(st.sampled_from(list(TOLERANCES))),
    )
    return conv.train(draw(st.booleans())).requires_grad_(draw(st.booleans()))


def merged_kernel(separable: nn.Sequential) -> torch.Tensor:
    """(C_out, C_in, k_h, k_w), what the pointwise layer makes of the depthwise patterns."""
    c_in = separable.depthwise.in_channels
    patterns = separable.depthwise.weight.detach().squeeze(1).unflatten(0, (c_in, -1))
    factors = separable.pointwise.weight.detach().flatten(1).unflatten(1, (c_in, -1))
    return torch.einsum("oim,imhw->oihw", factors, patterns)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths:UserWarning")  # torch may copy
@given(convolutions(), st.integers(0, 2))
def test_the_output_is_the_same_from_the_full_rank_on(conv, more):
    k_h, k_w = conv.kernel_size
    full = min(k_h * k_w, conv.out_channels)
    separable = mbv2.decouple(conv, full + more)
    depthwise, pointwise = separable
    x = torch.randn(2, conv.in_channels, 14, 15, dtype=conv.weight.dtype)
    with torch.no_grad():
        expected, found = conv(x), separable(x)
    assert found.dtype == expected.dtype and found.shape == expected.shape
    assert (found - expected).abs().max() <= TOLERANCES[found.dtype] * expected.abs().max()
    assert (depthwise.out_channels, depthwise.groups) == (conv.in_channels * full, conv.in_channels)
    kept = ("kernel_size", "stride", "padding", "dilation", "padding_mode", "training")
    assert [getattr(depthwise, name) for name in kept] == [getattr(conv, name) for name in kept]
    assert pointwise.kernel_size == (1, 1) and pointwise.training == separable.training == conv.training
    assert {p.requires_grad for p in separable.parameters()} == {conv.weight.requires_grad}
    assert depthwise.bias is None and (pointwise.bias is None) == (conv.bias is None)
    assert conv.bias is None or (pointwise.bias is not conv.bias and pointwise.bias.equal(conv.bias))


@given(convolutions(), st.integers(1, 4))
def test_the_kernel_is_the_closest_of_its_rank(conv, multiplier):
    conv = conv.double()
    kernel = conv.weight.detach()
    merged = merged_kernel(mbv2.decouple(conv, multiplier))
    matrices = kernel.transpose(0, 1).flatten(2)
    rest = torch.linalg.svdvals(matrices)[:, multiplier:]  # Eckart and Young: no matrix of this rank comes closer
    assert torch.linalg.matrix_rank(merged.transpose(0, 1).flatten(2)).max() <= multiplier
    assert (merged - kernel).square().sum().item() == pytest.approx(rest.square().sum().item(), abs=1e-12)
