"""A second opinion: what torch itself says about the cost and the shapes of any model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd
from torch.nn.parameter import is_lazy

from ..plans import Conv2dSpec, Cost, check_int, separable_specs, tables
from .formulas import ADDS
from .standard import check_module, max_multiplier
from .tally import run_a_copy

CONVOLUTION_OR_LINEAR = (_ConvNd, nn.Linear)


@dataclass(frozen=True)
class Layer:
    """One call of a module, as torch ran it.

    Shapes are those of the first tensor passed in and the first one returned, or () if there was none. ``cost`` holds
    the MACs of this call, without those of modules inside it, and the module's own parameters if this is the first
    call to use them. ``spec`` has the channels, kernel size and groups of a 2-D convolution; it is None for all other
    layers. ``left`` says why a convolution cannot be made separable.
    """

    name: str
    type: str
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    cost: Cost
    spec: Conv2dSpec | None = None
    left: str = ""

    @property
    def kernel(self) -> tuple[int, ...]:
        """(C_out, C_in, k_h, k_w) of a convolution that can be made separable; () for all other layers."""
        return self.spec.weight_shape if self.spec and not self.left else ()

    def separable(self, depth_multiplier: int = 1) -> Cost:
        """The cost of this call if ``decouple`` replaced its convolution; for any other layer, the cost as it is."""
        if not self.kernel:
            return self.cost
        specs = separable_specs(self.spec, min(depth_multiplier, max_multiplier(self.kernel)))
        # A layer's cost depends only on how many output positions it has, so several images can count as one tall one.
        positions = prod(self.output_shape) // self.spec.out_channels
        after = sum((spec.cost_of((1, spec.out_channels, positions, 1)) for spec in specs), Cost())
        weights = after.weights if self.cost.weights else 0  # those of a shared module are counted at its first call
        return replace(self.cost, weights=weights, macs=after.macs, activations=after.activations)


@dataclass(frozen=True)
class Count(tables.Printed):
    """The whole model's cost for its inputs, and its layers, in the order in which their calls ended.

    layers: the calls of modules that contain no others, or that have MACs or parameters of their own; if parameters
        belong to none of these, the last one is "(outside of these)". ``cost`` is the sum of the layers' costs.
    not_counted: operations without a formula, and how often each ran; those that may multiply come first
    blocks: the modules that contain others, by name, without a cost
    one_input: whether this is the cost of one input, rather than of a call with the inputs given
    """

    cost: Cost
    layers: tuple[Layer, ...]
    not_counted: Mapping[str, int]
    blocks: Mapping[str, Layer] = field(repr=False)
    one_input: bool
    folded: bool = field(default=False, repr=False)

    def rows(self) -> list[dict[str, Any]]:
        """A dict per layer; ``pandas.DataFrame(counted.rows())`` makes a table."""
        return [
            tables.layer_row(layer.name or "(model)", layer.type, layer.input_shape, layer.output_shape, layer.cost)
            for layer in self.layers
        ]

    @property
    def note(self) -> str:
        """What was counted and what was not, in words."""
        others = ", ".join(f"{name} (\u00d7{times})" for name, times in self.not_counted.items())
        return (
            f"FLOPs = 2 \u00d7 MACs = {self.cost.flops:,} for {'one input' if self.one_input else 'the inputs given'}. "
            "Counted as torch ran them: convolutions and matrix products, also inside attention and recurrent layers. "
            f"Ran, but not counted: {others or 'nothing'}."
        )

    def fold(self, depth: int) -> Count:
        """The same cost in fewer rows: at depth 1, "features.0" and "features.1" are added up as "features"."""
        depth = check_int(depth, "depth")
        folded: dict[object, Layer] = {}
        for number, layer in enumerate(self.layers):
            block = ".".join(layer.name.split(".")[:depth])
            if block == layer.name and block not in folded:
                folded[number] = layer  # each call keeps a row of its own
            else:
                into = folded.setdefault(block, self.blocks[block])
                folded[block] = replace(into, cost=into.cost + layer.cost)
        layers = tuple(folded.values())
        return replace(self, layers=layers, folded=self.folded or layers != self.layers)

    def separable(self, depth_multiplier: int = 1) -> Separable:
        """What the model would cost with every standard convolution larger than 1x1 made separable, as by ``decouple``.

        Each becomes a depthwise convolution with ``depth_multiplier`` maps per input channel, at most
        min(k_h * k_w, C_out), and then a pointwise one. The result is a table; ``cost`` is the total, and ``rows()``
        say where this does not pay and why some convolutions are left as they are. Raises TypeError or ValueError
        unless ``depth_multiplier`` is a whole number of at least 1, and ValueError for a count that was folded.

        >>> counted = count(nn.Sequential(nn.Conv2d(16, 32, 3), nn.Conv2d(32, 2, 3)), (16, 8, 8))
        >>> counted.cost.weights, counted.separable().cost.weights
        (5184, 1008)
        >>> [(row["separable_macs"], row["remark"]) for row in counted.separable(depth_multiplier=2).rows()]
        [(47232, ''), (11264, 'does not pay')]
        """
        if self.folded:
            raise ValueError("separable works layer by layer; call it on the count itself, not on the result of fold")
        return Separable(self, check_int(depth_multiplier, "depth_multiplier"))


@dataclass(frozen=True)
class Separable(tables.Printed):
    """What ``Count.separable`` returns: the cost before, the cost after, and both in each row."""

    counted: Count
    depth_multiplier: int

    @property
    def cost(self) -> Cost:
        """The cost of the whole model with these convolutions made separable."""
        return sum((layer.separable(self.depth_multiplier) for layer in self.counted.layers), Cost())

    def rows(self) -> list[dict[str, Any]]:
        """The rows of the count with four more columns; ``depth_multiplier`` is None where a layer stays as it is."""
        rows = self.counted.rows()
        for row, layer in zip(rows, self.counted.layers, strict=True):
            after = layer.separable(self.depth_multiplier)
            row |= dict(depth_multiplier=None, separable_params=after.params, separable_macs=after.macs)
            row["remark"] = f"left: {layer.left}" if layer.left else ""
            if layer.kernel:
                most = max_multiplier(layer.kernel)
                row["depth_multiplier"] = min(self.depth_multiplier, most)
                exact = f"M = {most} is exact" if most < self.depth_multiplier else ""
                row["remark"] = "; ".join(filter(None, [exact, "does not pay" if after.macs >= row["macs"] else ""]))
        return rows

    @property
    def note(self) -> str:
        replaced = {layer.name for layer in self.counted.layers if layer.kernel}
        return (
            f"{self.counted.note} With {len(replaced)} convolution{'' if len(replaced) == 1 else 's'} made separable, "
            f"depth multiplier M = {self.depth_multiplier}: FLOPs = 2 \u00d7 MACs = {self.cost.flops:,}."
        )


def count(
    model: nn.Module,
    input_shape: tuple[int, ...] | None = None,
    *,
    inputs: torch.Tensor | tuple | dict[str, Any] | None = None,
    dtype: torch.dtype | None = None,
) -> Count:
    """Runs a copy of ``model`` once, in evaluation mode, and counts parameters and, operation by operation, MACs.

    input_shape: that of one input without the batch dimension, such as (3, 224, 224); the model gets zeros of
        (1, *input_shape)
    dtype: that of the zeros, such as torch.long for ids; by default that of the model's weights
    inputs: what to call the model with instead: a tensor, a tuple of arguments or a dict of keyword arguments, all
        with their batch dimension. Costs are then those of the whole call, not per input.

    Convolutions and matrix products are counted by the formulas of torch's FlopCounterMode and a few that it lacks,
    attention as two matrix products; whatever else ran is in ``not_counted``. Parameters are counted once even when
    shared; those of batch norm go to ``norm``, biases of convolutions and linear layers to ``biases``, all others to
    ``weights``. Printed, or as the last line of a cell, the result is a table.

    The copy is on torch's meta device, where tensors have shapes but no numbers. If the forward pass fails there, for
    example because it branches on a number, another copy runs on the model's own device, and the MACs are those of the
    branch taken. Your model and inputs are left as they were, and so is the random state of torch (CPU, CUDA), numpy
    and Python. Hooks run, too. What the forward pass uses outside the model, such as a global variable, is not copied.

    Raises TypeError or ValueError for arguments other than these, and whatever the forward pass raises.

    >>> count(nn.Conv2d(16, 32, 3, padding=1, bias=False), input_shape=(16, 56, 56)).cost
    Cost(weights=4608, biases=0, norm=0, macs=14450688, activations=100352)
    >>> pair = torch.zeros(2, 16), torch.zeros(2, 24)
    >>> count(nn.Bilinear(16, 24, 4), inputs=pair).cost.macs  # 2 * 4 * 16 * 24
    3072
    """
    if isinstance(model, torch.export.ExportedProgram):
        raise TypeError("model must be a torch.nn.Module, got an ExportedProgram; pass its .module()")
    model = check_module(model)
    if isinstance(model, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
        model = model.module  # these would run it in threads, out of sight
    if inputs is not None and input_shape is None:
        if dtype is not None:
            raise TypeError(f"dtype goes with input_shape; inputs have their own, got {dtype!r}")
        return _count(model, *_arguments(inputs), one_input=False)
    if inputs is not None or input_shape is None:
        raise TypeError("give either input_shape, such as (3, 224, 224), or inputs")
    zeros = example_input(model, input_shape, dtype)
    try:
        return _count(model, (zeros,), {}, one_input=True)
    except Exception as error:
        hint = _hint(model, tuple(zeros.shape[1:]), dtype)
        if hint is None:
            raise
        raise ValueError(f"{hint}; for an input of {tuple(input_shape)} torch says: {error}") from error


def example_input(model: nn.Module, input_shape: tuple[int, ...], dtype: torch.dtype | None = None) -> torch.Tensor:
    """Zeros of (1, *input_shape), with the dtype of the model's weights unless another is given, on their device."""
    if isinstance(input_shape, torch.Tensor):
        raise TypeError("input_shape must be a tuple such as (3, 224, 224); give a tensor as inputs=...")
    if not isinstance(input_shape, (tuple, list)) or not input_shape:
        raise TypeError(f"input_shape must be a tuple such as (3, 224, 224), got {input_shape!r}")
    shape = [check_int(length, "each length in input_shape") for length in input_shape]
    if dtype is not None and not isinstance(dtype, torch.dtype):
        raise TypeError(f"dtype must be one of torch's, such as torch.long, got {dtype!r}")
    tensors = [*model.parameters(), *model.buffers()]
    # Integers are ids or quantized weights; a model may have some complex weights and yet take real numbers.
    kinds = [tensor.dtype for tensor in tensors]
    kinds = [kind for kind in kinds if kind.is_floating_point] or [kind for kind in kinds if kind.is_complex]
    device = tensors[0].device if tensors else None
    return torch.zeros(1, *shape, dtype=dtype or next(iter(kinds), None), device=device)


def _hint(model: nn.Module, shape: tuple[int, ...], dtype: torch.dtype | None) -> str | None:
    """What to pass instead, if one of two common mistakes explains the failure."""
    attempts = {"the model takes whole numbers, such as ids; give dtype long": (shape, torch.long)}
    if shape[0] == 1 and len(shape) > 1:
        attempts[f"give one input without the batch dimension, {shape[1:]}"] = (shape[1:], dtype)
    for words, instead in attempts.items():
        try:
            _count(model, (example_input(model, *instead),), {}, one_input=True)
        except Exception:
            continue  # so this is not why
        return words
    return None


def _arguments(inputs: object) -> tuple[tuple, dict[str, Any]]:
    if isinstance(inputs, torch.Tensor):
        return (inputs,), {}
    if isinstance(inputs, tuple):
        return inputs, {}
    if isinstance(inputs, dict) and all(isinstance(name, str) for name in inputs):
        return (), inputs
    raise TypeError(
        "inputs must be a tensor, a tuple of arguments or a dict of keyword arguments; put a list or dict that is a "
        f"single argument in a tuple, (argument,); got {type(inputs).__name__}"
    )


def _count(model: nn.Module, args: tuple, kwargs: dict[str, Any], one_input: bool) -> Count:
    model, parts, tally = run_a_copy(model, args, kwargs)
    costs = _parameter_costs(model)
    blocks = {p.name: Layer(p.name, type(p.module).__name__, (), (), Cost()) for p in parts if _has_children(p.module)}
    layers = []
    for call in tally.calls:
        name, module = call.part.name, call.part.module
        cost = sum((costs.pop(id(parameter), Cost()) for parameter in call.part.parameters), Cost())
        cost += Cost(macs=call.flops // 2)
        if isinstance(module, CONVOLUTION_OR_LINEAR) and call.output_shape:
            cost += Cost(activations=prod(call.output_shape))
        kind, shapes = type(module).__name__, (call.input_shape, call.output_shape)
        layer = Layer(name, kind, *shapes, cost, _spec(module), call.part.left)
        if _has_children(module):
            first = blocks[name].input_shape or layer.input_shape
            blocks[name] = replace(layer, input_shape=first, cost=Cost())
        if not _has_children(module) or cost != Cost():
            layers.append(layer)
    if (outside := sum(costs.values(), Cost())) != Cost():
        layers.append(Layer("(outside of these)", "", (), (), outside))
    cost = sum((layer.cost for layer in layers), Cost())
    not_counted = dict(sorted(tally.not_counted.items(), key=lambda item: item[0].rstrip("_") in ADDS))
    return Count(cost, tuple(layers), not_counted, blocks, one_input)


def _has_children(module: nn.Module) -> bool:
    return any(True for _ in module.children())


def _parameter_costs(model: nn.Module) -> dict[int, Cost]:
    """What each parameter adds to the cost, by its id, so that a shared one counts once."""
    kinds = {}
    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            if isinstance(module, _BatchNorm):
                kinds[id(parameter)] = "norm"
            elif isinstance(module, CONVOLUTION_OR_LINEAR) and name == "bias":
                kinds[id(parameter)] = "biases"
    costs = {}
    for name, parameter in model.named_parameters():
        if is_lazy(parameter):
            raise ValueError(
                f"{name!r} is lazy, and its layer did not run, so its size is not known; initialize it first"
            )
        costs[id(parameter)] = Cost(**{kinds.get(id(parameter), "weights"): parameter.numel()})
    return costs


def _spec(module: nn.Module) -> Conv2dSpec | None:
    if not isinstance(module, nn.Conv2d) or 0 in (module.in_channels, module.out_channels):
        return None
    return Conv2dSpec(module.in_channels, module.out_channels, module.kernel_size, groups=module.groups)
