"""Network decoupling: the standard convolutions of a trained model, each split into a depthwise and a pointwise one.

Source: Guo, Li, Lin, Chen and Li, Network Decoupling: From Regular to Depthwise Separable Convolutions, BMVC 2018,
arXiv 1808.05517. The decomposition is that of notebook 03.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_leaves

from ..plans import check_int, separable_specs
from .standard import check_module, left_because, max_multiplier
from .tally import deep_copy


def decouple(model: nn.Module, depth_multiplier: int = 1) -> nn.Module:
    """A copy of ``model`` in which each standard 2-D convolution larger than 1x1 is split into depthwise and pointwise.

    Each replacement is an ``nn.Sequential`` with the layers ``depthwise`` and ``pointwise``. Its merged kernel is as
    close to the trained one as depth multiplier M allows: for each input channel, the kernel is a matrix
    (C_out, k_h * k_w), and the M largest terms of its singular value decomposition are kept. With
    M = min(k_h * k_w, C_out) the output is the same up to rounding, and no layer gets a larger M than that.

    Stride, padding, padding mode, dilation, bias, dtype, device, training mode and requires_grad are kept. A module
    that is used in several places is still shared, and your model is left as it was. A forward method that reads an
    attribute of a replaced convolution, such as its ``weight``, no longer finds it. ``not_decoupled(model)`` says which
    convolutions are left as they are, and why.

    Raises TypeError if ``model`` is not a module or cannot be copied, or if the multiplier is not a whole number, and
    ValueError for a multiplier below 1 and for weights that are infinite or NaN.

    >>> trained = nn.Sequential(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU())
    >>> decouple(trained)
    Sequential(
      (0): Sequential(
        (depthwise): Conv2d(16, 16, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), groups=16, bias=False)
        (pointwise): Conv2d(16, 32, kernel_size=(1, 1), stride=(1, 1))
      )
      (1): ReLU()
    )
    >>> image = torch.rand(1, 16, 8, 8)
    >>> torch.allclose(decouple(trained, depth_multiplier=9)(image), trained(image), atol=1e-5)
    True
    """
    multiplier = check_int(depth_multiplier, "depth_multiplier")
    reasons = left_because(check_module(model))
    convolutions = {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, nn.Conv2d) and id(module) not in reasons
    }
    for name, conv in convolutions.items():
        if not conv.weight.is_meta and not conv.weight.isfinite().all():
            raise ValueError(f"weights must be finite, got inf or nan in the convolution {name!r}")
    # Where copy.deepcopy meets an object whose id is in memo, it takes that entry, so what is shared stays shared.
    memo: dict[int, Any] = {}
    for tensor in tree_leaves([vars(module) for module in model.modules()]):
        if isinstance(tensor, torch.Tensor) and not tensor.is_leaf:  # torch refuses to copy a computed tensor
            memo[id(tensor)] = tensor.detach().clone()
    for conv in convolutions.values():
        memo[id(conv)] = _separable(conv, multiplier, copy.deepcopy(conv.bias, memo))
    return deep_copy(model, model, memo, "decouple returns a copy of the model")


def not_decoupled(model: nn.Module) -> dict[str, str]:
    """The convolutions that ``decouple`` leaves as they are, by name, and why.

    >>> not_decoupled(nn.Sequential(nn.Conv2d(16, 32, 3), nn.Conv2d(32, 8, 1), nn.Conv2d(8, 8, 3, groups=8)))
    {'1': '1×1', '2': 'depthwise'}
    """
    reasons = left_because(check_module(model))
    return {name: reasons[id(module)] for name, module in model.named_modules() if id(module) in reasons}


@torch.no_grad()
def _separable(conv: nn.Conv2d, multiplier: int, bias: nn.Parameter | None) -> nn.Sequential:
    weight = conv.weight
    multiplier = min(multiplier, max_multiplier(weight.shape))
    matrices = weight.transpose(0, 1).flatten(start_dim=2)  # (C_in, C_out, k_h * k_w)
    if matrices.dtype.itemsize < 4:
        matrices = matrices.float()  # there is no SVD in half precision
    u, s, vh = torch.linalg.svd(matrices, full_matrices=False)
    patterns, factors = vh[:, :multiplier], u[:, :, :multiplier] * s[:, None, :multiplier]
    depthwise, pointwise = separable_specs(
        conv.in_channels, conv.out_channels, conv.kernel_size, 1, 0, 1, multiplier, bias=False
    )
    # On the meta device they draw no random numbers, so those that the caller draws next do not change.
    layers = nn.Sequential()
    layers.depthwise = nn.Conv2d(
        depthwise.in_channels,
        depthwise.out_channels,
        conv.kernel_size,
        conv.stride,
        conv.padding,
        conv.dilation,
        depthwise.groups,
        bias=False,
        padding_mode=conv.padding_mode,
        device="meta",
    )
    layers.pointwise = nn.Conv2d(pointwise.in_channels, pointwise.out_channels, 1, bias=False, device="meta")
    layers.pointwise.bias = bias
    for layer, values in ((layers.depthwise, patterns), (layers.pointwise, factors.transpose(0, 1))):
        values = values.reshape(layer.weight.shape).to(weight.dtype).clone(memory_format=torch.contiguous_format)
        layer.weight = nn.Parameter(values, weight.requires_grad)
    return layers.train(conv.training)
