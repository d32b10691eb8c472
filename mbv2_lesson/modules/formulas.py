"""FLOPs of individual operations: formulas that torch's own registry lacks, and which operations need none.

A formula takes the arguments of the operation, and its result as ``out_val``. Two FLOPs are one MAC.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

aten = torch.ops.aten


def _times_vector(matrix, *args, **kwargs) -> int:
    """A matrix or a vector times a vector: each of its numbers is used once."""
    return 2 * matrix.numel()


def _addbmm(bias, first, second, **kwargs) -> int:
    """A sum of products of (M, K) and (K, N)."""
    return 2 * first.numel() * second.shape[-1]


def _bilinear(first, weight, *args, **kwargs) -> int:
    """nn.Bilinear: each of C_out x C_in1 x C_in2 weights is used once per sample."""
    return 2 * len(first) * weight.numel()


def _attention(query, key, value, *args, out_val, **kwargs) -> int:
    """Two matrix products, query x key and scores x value; the exponentials between them are not counted."""
    scores = query.shape[:-1].numel() * key.shape[-2]
    return 2 * scores * (query.shape[-1] + value.shape[-1])


def _lstm(sequence, weight_input, weight_hidden, *args, out_val, **kwargs) -> int:
    """One layer in one direction: at each position both matrices are used once."""
    positions = sequence.shape[:-1].numel()
    return 2 * positions * (weight_input.numel() + weight_hidden.numel())


# Torch runs these as single operations, and its own registry lacks them (2.13). Tests compare them with the same layers
# on the meta device, where torch takes them apart.
MORE: dict[object, Callable[..., int]] = {
    aten.mv: _times_vector,
    aten.addmv: lambda bias, *args, **kwargs: _times_vector(*args),
    aten.dot: _times_vector,
    aten.vdot: _times_vector,
    aten.addbmm: _addbmm,
    aten._trilinear: _bilinear,
    aten._scaled_dot_product_flash_attention_for_cpu: _attention,
    aten.mkldnn_rnn_layer: _lstm,
}

# Names without the "_" that marks an in-place operation. These create, move or select numbers but compute none.
MOVES = frozenset(
    "_local_scalar_dense _to_copy _unsafe_view arange as_strided_copy cat clone constant_pad_nd copy detach "
    "embedding empty empty_like empty_strided eye fill flip full full_like gather im2col index index_put "
    "index_select lift_fresh masked_fill new_empty new_full new_ones new_zeros ones ones_like repeat roll "
    "scalar_tensor scatter select_scatter slice_scatter split_with_sizes stack transpose tril triu unsafe_split "
    "where zero zeros zeros_like".split()
)
# These add or compare.
ADDS = frozenset(
    "abs add all amax amin any argmax argmin bitwise_and bitwise_not bitwise_or ceil clamp clamp_max clamp_min cummax "
    "cummin cumsum eq floor ge gt hardtanh le logical_and logical_not logical_or lt max max_pool2d_with_indices "
    "maximum min minimum ne neg relu round rsub sign sort sub sum threshold topk".split()
)
