"""The second opinion: what torch itself says of a model's cost and shapes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode, flop_registry

from ..plans import Cost, check_int, tables

COUNTED = (nn.modules.conv._ConvNd, nn.Linear)


# These make or copy tensors and compute nothing.
_NO_ARITHMETIC = {"clone", "copy_", "detach", "empty", "empty_like", "zeros", "_to_copy"}


@dataclass(frozen=True)
class Layer:
    """One call, as torch ran it, of a convolution, a linear layer or any other module without children.

    Shapes are (N, C, H, W), or whatever the module takes and gives. ``cost`` has the MACs of this call, and the
    parameters of the module if this is the first call to use them.
    """

    name: str
    type: str
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    cost: Cost


@dataclass(frozen=True)
class Count:
    """The whole model's cost for one input, and its layers in the order in which they ran.

    outside: cost of what ran, or is learned, outside of these layers: ``cost`` is the layers' and this together
    not_counted: operations in which torch's counter sees no MACs, and how often each ran
    """

    cost: Cost
    layers: tuple[Layer, ...]
    outside: Cost
    not_counted: Mapping[str, int]

    def rows(self) -> list[dict]:
        """A dict per call of a layer, in the order in which they ran, then what is outside of them."""
        rows = [
            tables.layer_row(layer.name or "(model)", layer.type, layer.input_shape, layer.output_shape, layer.cost)
            for layer in self.layers
        ]
        if self.outside != Cost():
            rows.append(tables.layer_row("(outside of these)", "", (), (), self.outside))
        return rows

    @property
    def note(self) -> str:
        """What was counted and what was not, in words."""
        others = ", ".join(f"{name} (\u00d7{times})" for name, times in self.not_counted.items())
        return (
            f"FLOPs = 2 \u00d7 MACs = {self.cost.flops:,}. One image; convolutions, matrix products and attention are "
            f"counted, by torch's FlopCounterMode. Ran, but not counted: {others or 'nothing'}."
        )

    def __str__(self) -> str:
        return tables.text(self)

    def _repr_html_(self) -> str:
        return tables.html(self)


def count(model: nn.Module, input_shape: tuple[int, ...]) -> Count:
    """Runs ``model`` once on zeros of (1, *input_shape) and counts, MACs by torch's FlopCounterMode.

    ``input_shape`` is one input without the batch dimension, such as (3, 224, 224). FlopCounterMode sees
    convolutions, matrix products and attention; FLOPs / 2 are the MACs. What else ran is listed in ``not_counted``.
    Parameters are counted once even when shared; those of batch norm go to ``norm``, biases of convolutions and
    linear layers to ``biases``, all others to ``weights``. Printed, or as the last line of a cell, the result is a
    table. The model is left as it was: mode, hooks, parameters and buffers.

    >>> count(nn.Conv2d(16, 32, 3, padding=1, bias=False), input_shape=(16, 56, 56)).cost
    Cost(weights=4608, biases=0, norm=0, macs=14450688, activations=100352)
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, got {model!r}")
    if not isinstance(input_shape, (tuple, list)) or not input_shape:
        raise TypeError(f"input_shape must be a tuple such as (3, 224, 224), got {input_shape!r}")
    shape = [check_int(length, "each length in input_shape") for length in input_shape]
    example = next(model.parameters(), torch.empty(0))
    zeros = torch.zeros(1, *shape, dtype=example.dtype, device=example.device)

    layers: list[Layer] = []
    running: list[list[int]] = []  # of each layer now running: FLOPs when it began, and FLOPs of layers inside it
    parameters = _parameters(model)

    def begin(module: nn.Module, inputs: tuple) -> None:
        running.append([counter.get_total_flops(), 0])

    def end(name: str, module: nn.Module, inputs: tuple, output: object) -> None:
        before, inside = running.pop()
        flops = counter.get_total_flops() - before
        if running:
            running[-1][1] += flops
        if not isinstance(output, torch.Tensor) or not inputs or not isinstance(inputs[0], torch.Tensor):
            return  # a layer of something else than tensors has no shape to report; its cost is "outside"
        learned = sum((parameters.pop(id(p), Cost()) for p in module.parameters()), Cost())
        worked = Cost(macs=(flops - inside) // 2, activations=output.numel() if isinstance(module, COUNTED) else 0)
        kind = type(module).__name__
        layers.append(Layer(name, kind, tuple(inputs[0].shape), tuple(output.shape), learned + worked))

    with ExitStack() as stack:
        stack.enter_context(_eval_mode(model))
        for name, module in model.named_modules():
            # A convolution may have children of its own, such as the parametrization that torch's weight_norm adds.
            if isinstance(module, COUNTED) or not any(True for _ in module.children()):
                stack.callback(module.register_forward_pre_hook(begin).remove)
                stack.callback(module.register_forward_hook(partial(end, name)).remove)
        counter = stack.enter_context(FlopCounterMode(display=False))
        others = stack.enter_context(_NotCounted())
        model(zeros)
    in_layers = sum((layer.cost for layer in layers), Cost())
    rest = sum(parameters.values(), Cost())
    outside = rest + Cost(macs=counter.get_total_flops() // 2 - in_layers.macs)
    return Count(in_layers + outside, tuple(layers), outside, dict(others.times))


class _NotCounted(TorchDispatchMode):
    """Lists the operations that FlopCounterMode has no formula for."""

    def __init__(self) -> None:
        super().__init__()
        self.times: Counter[str] = Counter()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        operation = func.overloadpacket
        name = operation.__name__
        if operation not in flop_registry and not func.is_view and name not in _NO_ARITHMETIC:
            self.times[name] += 1
        return func(*args, **(kwargs or {}))


def _parameters(model: nn.Module) -> dict[int, Cost]:
    """What each parameter adds to the cost, by its id, so that a shared one is there once."""
    norm = {id(p) for m in model.modules() if isinstance(m, _BatchNorm) for p in m.parameters(recurse=False)}
    biases = {id(m.bias) for m in model.modules() if isinstance(m, COUNTED) and m.bias is not None}
    costs = {}
    for parameter in model.parameters():
        key = "norm" if id(parameter) in norm else "biases" if id(parameter) in biases else "weights"
        costs[id(parameter)] = Cost(**{key: parameter.numel()})
    return costs


@contextmanager
def _eval_mode(model: nn.Module):
    """Evaluation mode without gradients: in training mode batch norm would change its running statistics."""
    modes = [(module, module.training) for module in model.modules()]
    buffers = [
        (module, name, buffer, buffer.clone())
        for module in model.modules()
        for name, buffer in module.named_buffers(recurse=False)
    ]
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        # A module may change its buffers in evaluation mode as well, or put a new tensor in the place of one.
        with torch.inference_mode():  # which may write to any tensor, also to one made in this mode
            for module, name, buffer, before in buffers:
                setattr(module, name, buffer.copy_(before))
        for module, training in modes:
            module.training = training
