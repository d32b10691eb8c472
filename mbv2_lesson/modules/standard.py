"""Which convolutions of a model can be made separable, and why the others are left as they are."""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch
from torch import nn
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd
from torch.nn.parameter import is_lazy

from ..plans import tables

DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.complex128)
_PLAIN = nn.Conv2d(1, 1, 1, device="meta")


def check_module(model: Any) -> nn.Module:
    """``model`` itself. Raises TypeError unless it is a module."""
    if not isinstance(model, nn.Module):
        kind = f"the class {model.__name__}" if isinstance(model, type) else type(model).__name__
        raise TypeError(f"model must be a torch.nn.Module, got {kind}")
    return model


def max_multiplier(weight_shape: tuple[int, ...]) -> int:
    """min(k_h * k_w, C_out): the largest rank of an input channel's matrix, where a separable form is exact."""
    c_out, _, k_h, k_w = weight_shape
    return min(k_h * k_w, c_out)


def left_because(model: nn.Module) -> dict[int, str]:
    """Why convolutions of ``model`` are left as they are, by id; those that can be made separable do not appear."""
    users = Counter(id(parameter) for module in model.modules() for parameter in module.parameters(recurse=False))
    return {id(module): reason for module in model.modules() if (reason := _reason(module, users))}


def _reason(module: nn.Module, users: dict[int, int]) -> str:
    """Why this convolution is left as it is; "" for one that can be made separable and for all other modules."""
    kind = getattr(module, "original_name", type(module).__name__)  # of torch.jit
    if not isinstance(module, _ConvNd):
        foreign = isinstance(module, torch.jit.ScriptModule) or type(module).__module__.startswith("torch.ao.nn.")
        words = "scripted" if isinstance(module, torch.jit.ScriptModule) else "quantized"
        return words if foreign and kind.startswith("Conv") and not any(True for _ in module.children()) else ""
    if isinstance(module, _ConvTransposeNd):
        return "transposed"
    if not isinstance(module, nn.Conv2d):
        return f"{len(module.kernel_size)}-D"
    if is_lazy(getattr(module, "weight", None)):
        return "lazy, not yet initialized"
    if nn.utils.parametrize.is_parametrized(module):
        return "parametrized"
    if type(module) is not nn.Conv2d:
        return f"a subclass of Conv2d, {kind}"
    if module.groups > 1:
        return "depthwise" if module.groups == module.in_channels else "grouped"
    if module.kernel_size == (1, 1):
        return tables.times(module.kernel_size)
    attributes = vars(module)
    if any(attributes[name] for name in attributes if name.endswith("_hooks")):
        return "has hooks"
    added = attributes.keys() - vars(_PLAIN).keys()
    for held in ("_parameters", "_buffers", "_modules"):
        added |= attributes[held].keys() - {"weight", "bias"}
    if added:
        return f"has more than a Conv2d: {', '.join(sorted(added))}"
    if not isinstance(module._parameters.get("weight"), nn.Parameter) or not module.weight.numel():
        return "has no weights"
    if users[id(module.weight)] > 1:
        return "shares its weight with another module"
    return "" if module.weight.dtype in DTYPES else f"weights of {module.weight.dtype}"
