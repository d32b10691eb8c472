"""The second opinion: what torch itself says of a model's cost and shapes."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.flop_counter import FlopCounterMode

from .costs import Cost, whole_number

COUNTED = (nn.modules.conv._ConvNd, nn.Linear)


@dataclass(frozen=True)
class Layer:
    """One call, as torch ran it, of a convolution, a linear layer or any other module without children.

    Shapes are (N, C, H, W), or whatever the module takes and gives.
    """

    name: str
    type: str
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]


@dataclass(frozen=True)
class Count:
    """The whole model's cost for one input, and its layers in the order in which they ran."""

    cost: Cost
    layers: tuple[Layer, ...]


def count(model: nn.Module, input_shape: tuple[int, ...]) -> Count:
    """Runs ``model`` once on zeros of (1, *input_shape) and counts, MACs by torch's FlopCounterMode.

    ``input_shape`` is one input without the batch dimension, such as (3, 224, 224). FlopCounterMode sees
    convolutions, matrix products and attention; FLOPs / 2 are the MACs. Parameters are counted once even when
    shared; those of batch norm go to ``norm``, biases of convolutions and linear layers to ``biases``, all others
    to ``weights``. The model is left as it was: mode, hooks, parameters and buffers.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, got {model!r}")
    if not isinstance(input_shape, (tuple, list)) or not input_shape:
        raise TypeError(f"input_shape must be a tuple such as (3, 224, 224), got {input_shape!r}")
    shape = [whole_number(length, "each length in input_shape") for length in input_shape]
    example = next(model.parameters(), torch.empty(0))
    zeros = torch.zeros(1, *shape, dtype=example.dtype, device=example.device)

    layers: list[Layer] = []
    activations = 0

    def record(name: str, module: nn.Module, inputs: tuple, output: object) -> None:
        nonlocal activations
        if not isinstance(output, torch.Tensor) or not inputs or not isinstance(inputs[0], torch.Tensor):
            return  # a layer of something else than tensors has no shape to report
        layers.append(Layer(name, type(module).__name__, tuple(inputs[0].shape), tuple(output.shape)))
        if isinstance(module, COUNTED):
            activations += output.numel()

    with ExitStack() as stack:
        stack.enter_context(_as_in_use(model))
        for name, module in model.named_modules():
            # A convolution may have children of its own, such as the parametrization that torch's weight_norm adds.
            if isinstance(module, COUNTED) or not any(True for _ in module.children()):
                handle = module.register_forward_hook(
                    lambda module, inputs, output, name=name: record(name, module, inputs, output)
                )
                stack.callback(handle.remove)
        counter = stack.enter_context(FlopCounterMode(display=False))
        model(zeros)
    weights, biases, norm = _parameters(model)
    macs = counter.get_total_flops() // 2
    return Count(Cost(weights, biases, norm, macs, activations), tuple(layers))


def _parameters(model: nn.Module) -> tuple[int, int, int]:
    norm = {id(p) for m in model.modules() if isinstance(m, _BatchNorm) for p in m.parameters(recurse=False)}
    biases = {id(m.bias) for m in model.modules() if isinstance(m, COUNTED) and m.bias is not None}
    sizes = {"weights": 0, "biases": 0, "norm": 0}
    for parameter in model.parameters():  # each shared parameter once
        key = "norm" if id(parameter) in norm else "biases" if id(parameter) in biases else "weights"
        sizes[key] += parameter.numel()
    return sizes["weights"], sizes["biases"], sizes["norm"]


@contextmanager
def _as_in_use(model: nn.Module):
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
