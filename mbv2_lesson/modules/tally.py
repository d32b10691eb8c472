"""Runs a copy of a model once and tallies what each module in it did."""

from __future__ import annotations

import copy
import random
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.parameter import is_lazy
from torch.overrides import BaseTorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

from .formulas import MORE, MOVES
from .standard import left_because


@dataclass(frozen=True)
class Part:
    """A module that is called on its own: its name in the model, the parameters that it uses itself and, if it is a
    convolution that ``decouple`` leaves as it is, why."""

    name: str
    module: nn.Module
    parameters: list[nn.Parameter]
    left: str


@dataclass
class Call:
    """One call of a part, with its FLOPs, less those of calls inside it. Shapes are of the first tensor in and out."""

    part: Part
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...] = ()
    flops: int = 0


class Tally(TorchDispatchMode):
    """While it is active, torch hands it each operation, which it adds to the call in which that operation runs.

    calls: in the order in which they ended
    not_counted: operations without a formula, and how often each ran
    """

    supports_higher_order_operators = True

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Call] = []
        self.not_counted: Counter[str] = Counter()
        self._running: list[Call] = []
        self._formulas = MORE | flop_registry  # with those that a reader has registered
        self._in_branch = False

    def begin(self, part: Part, inputs: object) -> None:
        self._running.append(Call(part, _first_shape(inputs)))

    def end(self, output: object) -> None:
        call = self._running.pop()
        call.output_shape = _first_shape(output)
        self.calls.append(call)

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func is torch.ops.higher_order.cond:
            return self._branch(*args)
        if (torch.is_inference_mode_enabled() or self._in_branch) and isinstance(func, torch._ops.OpOverload):
            with self:  # here torch hands over composite operations, such as conv2d, as a whole
                output = func.decompose(*args, **kwargs)
            if output is not NotImplemented:
                return output
        output = func(*args, **kwargs)
        operation = getattr(func, "overloadpacket", func)
        if operation in self._formulas:
            self._running[-1].flops += self._formulas[operation](*args, **kwargs, out_val=output)
        elif not getattr(func, "is_view", False) and operation.__name__.rstrip("_") not in MOVES:
            self.not_counted[operation.__name__] += 1
        return output

    def _branch(self, condition, if_true, if_false, operands):
        """torch.cond; without numbers the condition is neither true nor false, which is an error."""
        before, self._in_branch = self._in_branch, True
        try:
            with self:
                return (if_true if condition else if_false)(*operands)
        finally:
            self._in_branch = before


def run_a_copy(model: nn.Module, args: tuple, kwargs: dict[str, Any]) -> tuple[nn.Module, list[Part], Tally]:
    """A copy of ``model`` after ``copy(*args, **kwargs)`` in evaluation mode, its parts, and what ran.

    The copy is on the meta device, where tensors have shapes but no numbers: that takes next to no memory, and no more
    time for large tensors than for small ones. If it fails, a copy with all its numbers runs on the model's own
    device.
    """
    with _random_state_kept(model):
        try:
            return _run(model, args, kwargs, with_numbers=False)
        except Exception:
            pass  # the forward pass may need numbers; any other error occurs again, and is raised, below
        return _run(model, args, kwargs, with_numbers=True)


@torch.inference_mode(False)  # in a reader's inference mode torch would not take operations apart
@torch.no_grad()
def _run(model: nn.Module, args: tuple, kwargs: dict, with_numbers: bool) -> tuple[nn.Module, list[Part], Tally]:
    tally = Tally()
    model, args, kwargs = _copy(model, args, kwargs, with_numbers)
    with suppress(NotImplementedError):  # an exported graph has only the mode in which it was exported
        model.eval()
    parts = _parts(model)
    for part in parts[1:]:
        _report(part, tally)
    # New tensors are created on the meta device too, unless the forward pass says where. Under either mode
    # nn.MultiheadAttention and the like skip their fast path, a single operation that hides matrix products.
    mode = BaseTorchFunctionMode() if with_numbers else torch.device("meta")
    # Compiled code would not show its operations.
    with torch.compiler.set_stance("force_eager"), mode, tally:
        tally.begin(parts[0], (args, kwargs))
        tally.end(model(*args, **kwargs))
    return model, parts, tally


def _report(part: Part, tally: Tally) -> None:
    """Makes the part's module report to the tally when it begins and ends, even if it raises."""
    part.module.register_forward_pre_hook(
        lambda module, args, kwargs: tally.begin(part, (args, kwargs)), prepend=True, with_kwargs=True
    )
    part.module.register_forward_hook(lambda module, args, output: tally.end(output), always_call=True)


def _copy(model: nn.Module, args: tuple, kwargs: dict, with_numbers: bool) -> tuple[nn.Module, tuple, dict]:
    """A deep copy, whose tensors have no gradient history, and no numbers unless ``with_numbers``."""
    memo: dict[int, torch.Tensor] = {}  # copies by id, where copy.deepcopy looks first
    for tensor in tree_leaves((args, kwargs, [vars(module) for module in model.modules()])):
        if isinstance(tensor, torch.Tensor) and id(tensor) not in memo:
            memo[id(tensor)] = _copy_tensor(tensor, with_numbers)
    return deep_copy((model, args, kwargs), model, memo, "count runs a copy of the model")


def deep_copy(things: Any, model: nn.Module, memo: dict[int, Any], why: str) -> Any:
    """copy.deepcopy, with a TypeError that names what cannot be copied, in ``model`` or else in the inputs."""
    try:
        return copy.deepcopy(things, dict(memo))
    except Exception as error:
        what = _not_copied(model, memo) or "in the inputs"
        raise TypeError(f"{why}; take out what cannot be copied, {what}: {error}") from error


def _not_copied(model: nn.Module, memo: dict[int, Any]) -> str | None:
    """The attribute that cannot be copied."""
    for name, module in model.named_modules():
        for key, value in vars(module).items():
            try:
                copy.deepcopy(value if key != "_modules" else None, dict(memo))
            except Exception:
                return repr(f"{name}.{key}" if name else key)
    return None


def _copy_tensor(tensor: torch.Tensor, with_numbers: bool) -> torch.Tensor:
    if is_lazy(tensor):
        device = tensor.device if with_numbers else "meta"
        return type(tensor)(requires_grad=tensor.requires_grad, device=device, dtype=tensor.dtype)
    plain = tensor.detach()
    plain = plain.clone() if with_numbers else torch.empty_like(plain, device="meta")
    return nn.Parameter(plain, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else plain


def _parts(model: nn.Module) -> list[Part]:
    """All parts, the model itself first."""
    parts: dict[nn.Module, Part] = {}
    reasons = left_because(model)

    def add(module: nn.Module, name: str) -> None:
        if module in parts:
            return
        own = list(module.parameters(recurse=False))
        parts[module] = Part(name, module, own, reasons.get(id(module), ""))
        for key, child in module.named_children():
            if _is_called(child, key, module):
                add(child, ".".join(filter(None, (name, key if key != "_orig_mod" else ""))))  # of torch.compile
            else:
                own.extend(child.parameters())

    add(model, "")
    return list(parts.values())


def _is_called(child: nn.Module, key: str, parent: nn.Module) -> bool:
    """Whether Python calls ``child`` as a layer, so that hooks see it run."""
    return not (
        key == "parametrizations"  # of torch.nn.utils.parametrize: how a weight of the parent is made
        or isinstance(parent, nn.MultiheadAttention)  # uses the weights of its child directly
        or isinstance(child, (nn.ParameterList, nn.ParameterDict))
        or type(child) is nn.Module  # holds the weights of an exported graph
        or isinstance(child, torch.jit.ScriptModule)
        or isinstance(parent, torch.jit.ScriptModule)
    )


def _first_shape(values: object) -> tuple[int, ...]:
    return next((tuple(leaf.shape) for leaf in tree_leaves(values) if isinstance(leaf, torch.Tensor)), ())


@contextmanager
def _random_state_kept(model: nn.Module):
    python, legacy_numpy = random.getstate(), np.random.get_state()
    devices = {tensor.device.index for tensor in model.parameters() if tensor.device.type == "cuda"}
    try:
        with torch.random.fork_rng(devices):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(legacy_numpy)
