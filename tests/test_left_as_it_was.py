"""A count leaves the reader's model, inputs and random state as they were, whatever the forward does or raises."""

import copy
import random
import threading

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.modules import module as torch_module

import mbv2_lesson as mbv2

torch.set_num_threads(1)


class Meddler(nn.Module):
    """Changes all that it can reach, in evaluation mode too, and may raise after that."""

    def __init__(self, needs_numbers: bool = False, raises: bool = False) -> None:
        super().__init__()
        self.needs_numbers, self.raises = needs_numbers, raises
        self.weight = nn.Parameter(torch.ones(3))
        self.replaced = nn.Parameter(torch.ones(2, 2))
        self.register_buffer("calls", torch.zeros(1))
        self.register_buffer("last", torch.zeros(1), persistent=False)
        self.register_buffer("absent", None)
        self.history = [torch.zeros(1)]

    def forward(self, x):
        if self.needs_numbers and x.isnan().any():  # on the meta device that is neither true nor false
            return x
        x.add_(1)
        self.calls += 1
        self.last = x.sum().reshape(1) + 5
        self.history[0].add_(1)
        self.history.append(x)
        self.weight.add_(1)
        self.weight.requires_grad_(False)
        self.replaced = nn.Parameter(torch.zeros(1))
        self.register_buffer("added", torch.zeros(1))
        self.register_forward_hook(lambda *_: None)
        self.train()
        torch.rand(3), torch.rand(3, device="cpu"), random.random(), np.random.rand()
        if self.raises:
            raise ArithmeticError("planted")
        return x


def snapshot(model: nn.Module) -> dict:
    hooks = [name for name in vars(nn.Module()) if name.endswith(("_hooks", "_hooks_always_called"))]
    global_hooks = [name for name in vars(torch_module) if name.startswith("_global") and "hooks" in name]
    assert len(hooks) >= 6 and len(global_hooks) >= 6
    tensors = [*model.named_parameters(), *model.named_buffers()]
    return {
        "modes": [module.training for module in model.modules()],
        "hooks": [{name: list(getattr(module, name)) for name in hooks} for module in model.modules()],
        "global hooks": {name: list(getattr(torch_module, name)) for name in global_hooks},
        "attributes": [list(vars(module)) for module in model.modules()],
        "tensors": [(name, id(t), t._version, t.requires_grad, t.grad, t.tolist()) for name, t in tensors],
        "gradients": (torch.is_grad_enabled(), torch.is_inference_mode_enabled()),
        "fast path": torch.backends.mha.get_fastpath_enabled(),
        "torch's random state": torch.random.get_rng_state().tolist(),
        "Python's": random.getstate(),
        "numpy's": str(np.random.get_state()),
    }


def residual() -> nn.Module:
    body = [nn.Conv2d(4, 8, 1), nn.BatchNorm2d(8), nn.Dropout(), mbv2.InvertedResidual(8, 8), nn.MaxPool2d(2)]
    return nn.Sequential(*body)


@pytest.mark.parametrize("raises", [False, True])
@pytest.mark.parametrize("needs_numbers", [False, True])
def test_modes_hooks_tensors_and_random_states(needs_numbers, raises):
    model = nn.Sequential(residual(), Meddler(needs_numbers, raises))
    model.train()
    model[0][1].eval()  # a frozen layer amid others, as in fine-tuning
    model[0][0].weight.requires_grad_(False)
    model[0].register_forward_hook(lambda module, inputs, output: None)
    before = snapshot(model)
    if raises:
        with pytest.raises(ArithmeticError, match="planted"):
            mbv2.count(model, (4, 8, 8))
    else:
        mbv2.count(model, (4, 8, 8))
    assert snapshot(model) == before
    assert len(model[1].history) == 1 and float(model[1].history[0]) == 0


def test_a_model_that_does_not_take_the_shape():
    model = residual()
    before = snapshot(model)
    with pytest.raises(RuntimeError, match="channels"):
        mbv2.count(model, (5, 8, 8))
    assert snapshot(model) == before


@pytest.mark.parametrize("needs_numbers", [False, True])
def test_inputs_that_the_forward_changes(needs_numbers):
    given = torch.zeros(2, 3)
    mbv2.count(Meddler(needs_numbers), inputs=given)
    assert (given._version, given.tolist()) == (0, [[0, 0, 0], [0, 0, 0]])
    by_name = {"x": given}
    mbv2.count(Meddler(needs_numbers), inputs=by_name)
    assert given._version == 0 and by_name["x"] is given


def test_a_backward_pass_that_has_begun():
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
    loss = model(torch.rand(3, 4)).sum()
    mbv2.count(model, (4,))
    loss.backward()
    assert model[0].weight.grad is not None


@pytest.mark.parametrize("needs_numbers", [False, True])
def test_a_buffer_that_cannot_be_written_to(needs_numbers):
    model = nn.Sequential(nn.Linear(4, 4), Meddler(needs_numbers))
    model.register_buffer("expanded", torch.eye(2).expand(3, 2, 2))
    assert mbv2.count(model, (4,)).cost.macs == 16
    assert model.training and model.expanded.stride() == (0, 2, 1)


@pytest.mark.parametrize("needs_numbers", [False, True])
def test_an_embedding_that_normalizes_its_rows(needs_numbers):
    model = nn.Sequential(nn.Embedding(2, 8, max_norm=1), Meddler(needs_numbers))
    nn.init.ones_(model[0].weight)
    mbv2.count(model, inputs=torch.zeros(1, 3, dtype=torch.long))
    assert model[0].weight.norm(dim=1).tolist() == pytest.approx([8**0.5, 8**0.5])


class Compiled:
    """A backend of torch.compile that counts how often compiled code runs."""

    def __init__(self) -> None:
        self.runs = 0

    def __call__(self, graph, example_inputs):
        def run(*args):
            self.runs += 1
            return graph.forward(*args)

        return run


def test_a_compiled_model_stays_compiled():
    compiled = Compiled()
    model = torch.compile(residual().eval(), backend=compiled)
    example = torch.zeros(1, 4, 8, 8)
    model(example)
    once = compiled.runs
    assert once
    counted, expected = mbv2.count(model, (4, 8, 8)), mbv2.count(residual(), (4, 8, 8))
    assert (counted.layers, counted.cost) == (expected.layers, expected.cost) and compiled.runs == once
    model(example)
    assert compiled.runs == 2 * once


def test_a_compiled_function_in_the_forward_is_counted_and_stays_compiled():
    compiled = Compiled()
    product = torch.compile(lambda x, weight: x @ weight, fullgraph=True, backend=compiled)

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(4, 2))

        def forward(self, x):
            return product(x, self.weight)

    assert mbv2.count(Model(), (4,)).cost.macs == 8 and compiled.runs == 0
    Model()(torch.zeros(1, 4))
    assert compiled.runs == 1


def test_weights_are_not_copied_where_numbers_are_not_needed():
    devices = []

    class Huge(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(4, 4)
            self.register_buffer("table", torch.zeros(1).expand(2**50))  # 4 PiB if it were copied

        def forward(self, x):
            devices.append((x.device.type, torch.arange(3).device.type))
            return self.layer(x)

    assert mbv2.count(Huge(), (4,)).cost.macs == 16
    assert devices == [("meta", "meta")]


# --- Models that torch itself cannot copy. ---


def test_a_weight_that_is_computed():
    with pytest.warns(FutureWarning, match="weight_norm"):
        layer = nn.utils.weight_norm(nn.Linear(4, 2))  # its weight has a history of gradients
    with pytest.raises(RuntimeError, match="deepcopy"):
        copy.deepcopy(layer)
    assert mbv2.count(layer, (4,)).cost.macs == 8
    assert mbv2.count(nn.Sequential(layer, Meddler(needs_numbers=True)), (4,)).cost.macs == 8


@pytest.mark.parametrize("thing", [threading.Lock(), (n for n in [1])], ids=["lock", "generator"])
def test_what_cannot_be_copied_is_refused_by_name(thing):
    model = nn.Sequential(nn.Linear(4, 2), nn.Linear(2, 2))
    model[1].thing = thing
    with pytest.raises(TypeError, match="count runs a copy of the model; take out what cannot be copied, '1.thing': "):
        mbv2.count(model, (4,))
    with pytest.raises(TypeError, match="what cannot be copied, in the inputs: "):
        mbv2.count(nn.Linear(4, 2), inputs=(torch.zeros(1, 4), thing))
