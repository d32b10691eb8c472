"""The second opinion: right on models that are not ours, and it leaves every model as it found it."""

import copy

import pytest
import torch
from torch import nn
from torch.nn.modules import module as torch_module
from torch.utils.flop_counter import FlopCounterMode

import mbv2_lesson as mbv2
from mbv2_lesson import Cost

torch.set_num_threads(1)


class Residual(nn.Module):
    """ResNeXt's kind of block: grouped, with a shortcut through a 1x1 convolution that has a bias."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(4, 8, 1, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Conv2d(8, 8, 3, 2, 1, groups=4, bias=False),
            nn.BatchNorm2d(8, affine=False),
        )
        self.shortcut = nn.Conv2d(4, 8, 1, 2)

    def forward(self, x):
        return torch.relu(self.body(x) + self.shortcut(x))


class Shared(nn.Module):
    """One convolution used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x):
        return self.conv(self.conv(x))


class Fused(nn.Conv2d):
    """A convolution that holds its own batch norm, as detectron2's does."""

    def __init__(self) -> None:
        super().__init__(3, 4, 3, bias=False)
        self.norm = nn.BatchNorm2d(4)

    def forward(self, x):
        return self.norm(super().forward(x))


def vgg() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(8 * 4 * 4, 10),
        nn.Dropout(),
        nn.Linear(10, 5, bias=False),
    )


# model, input shape, (weights, biases, norm, MACs, activations) worked out by hand
MODELS = [
    pytest.param(Residual, (4, 8, 8), (32 + 144 + 32, 8, 16, 32 * 64 + 176 * 16, 8 * 64 + 16 * 16), id="grouped"),
    pytest.param(vgg, (3, 8, 8), (216 + 1280 + 50, 18, 0, 216 * 64 + 1330, 8 * 64 + 15), id="VGG-like"),
    pytest.param(
        lambda: nn.ConvTranspose2d(4, 6, 3, 2, 1, groups=2),
        (4, 5, 7),
        # transposed: every input position sends a kernel to each output channel of its group
        (4 * 3 * 9, 6, 0, 4 * 3 * 9 * 5 * 7, 6 * 9 * 13),
        id="transposed",
    ),
    pytest.param(Shared, (3, 5, 5), (81, 3, 0, 2 * 81 * 25, 2 * 75), id="used twice, counted once"),
    pytest.param(lambda: nn.Conv1d(2, 3, 3), (2, 9), (18, 3, 0, 18 * 7, 21), id="1-D"),
    pytest.param(lambda: nn.ReLU(), (2, 9), (0, 0, 0, 0, 0), id="no parameters"),
    pytest.param(lambda: nn.Linear(7, 2, dtype=torch.float64), (7,), (14, 2, 0, 14, 2), id="float64"),
    pytest.param(lambda: Residual().half(), (4, 8, 8), (208, 8, 16, 4864, 768), id="half"),
    pytest.param(lambda: Residual().to("meta"), (4, 8, 8), (208, 8, 16, 4864, 768), id="meta"),
    pytest.param(Fused, (3, 6, 6), (108, 0, 8, 108 * 16, 64), id="a convolution with a child"),
    pytest.param(
        lambda: nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3)),
        (3, 5, 5),
        (108 + 4, 4, 0, 108 * 9, 36),  # a length for each output channel beside the direction
        id="weight norm",
    ),
]


@pytest.mark.parametrize(("make", "shape", "expected"), MODELS)
def test_counts_models_that_are_not_ours(make, shape, expected):
    model = make()
    cost = mbv2.count(model, shape).cost
    assert cost == Cost(*expected)
    assert cost.params == sum(parameter.numel() for parameter in model.parameters())
    example = next(model.parameters(), torch.empty(0))
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.eval()(torch.zeros(1, *shape, dtype=example.dtype, device=example.device))
    assert cost.flops == counter.get_total_flops()


def test_layers_are_listed_as_they_ran():
    layers = mbv2.count(Residual(), (4, 8, 8)).layers
    assert [(layer.name, layer.type) for layer in layers] == [
        ("body.0", "Conv2d"),
        ("body.1", "BatchNorm2d"),
        ("body.2", "ReLU"),
        ("body.3", "Conv2d"),
        ("body.4", "BatchNorm2d"),
        ("shortcut", "Conv2d"),
    ]
    assert (layers[3].input_shape, layers[3].output_shape) == ((1, 8, 8, 8), (1, 8, 4, 4))
    assert [layer.name for layer in mbv2.count(Shared(), (3, 5, 5)).layers] == ["conv", "conv"]


# --- As it was before: mode, hooks, parameters, buffers. ---


class Meddler(nn.Module):
    """Changes its buffers even in evaluation mode, in place and by a new tensor; may raise after that."""

    def __init__(self, raises: bool) -> None:
        super().__init__()
        self.raises = raises
        self.register_buffer("calls", torch.zeros(1))
        self.register_buffer("last", torch.zeros(1), persistent=False)
        self.register_buffer("absent", None)

    def forward(self, x):
        self.calls += 1
        self.last = x.sum().reshape(1) + 5
        if self.raises:
            raise ArithmeticError("planted")
        return x


def snapshot(model: nn.Module) -> dict:
    hooks = [name for name in vars(nn.Module()) if name.endswith(("_hooks", "_hooks_always_called"))]
    global_hooks = [name for name in vars(torch_module) if name.startswith("_global") and "hooks" in name]
    assert len(hooks) >= 6 and len(global_hooks) >= 6
    return {
        "modes": [module.training for module in model.modules()],
        "hooks": [{name: list(getattr(module, name)) for name in hooks} for module in model.modules()],
        "global hooks": {name: list(getattr(torch_module, name)) for name in global_hooks},
        "requires_grad": [parameter.requires_grad for parameter in model.parameters()],
        "grads": [parameter.grad is None for parameter in model.parameters()],
        "tensors": [id(tensor) for tensor in (*model.parameters(), *model.buffers())],
        "grad mode": torch.is_grad_enabled(),
        "random state": torch.random.get_rng_state().tolist(),
    }


@pytest.mark.parametrize("raises", [False, True])
def test_the_model_is_left_as_it_was(raises):
    model = nn.Sequential(Residual(), nn.BatchNorm2d(8), nn.Dropout(), mbv2.InvertedResidual(8, 8), Meddler(raises))
    model.train()
    model[0].body[1].eval()  # a frozen layer amid others, as in fine-tuning
    model[3].eval()
    model[0].shortcut.weight.requires_grad_(False)
    model[0].register_forward_hook(lambda module, inputs, output: None)
    before, state = snapshot(model), copy.deepcopy(model.state_dict())
    last = model[4].last.clone()
    if raises:
        with pytest.raises(ArithmeticError, match="planted"):
            mbv2.count(model, (4, 8, 8))
    else:
        mbv2.count(model, (4, 8, 8))
    assert snapshot(model) == before
    assert list(model.state_dict()) == list(state)  # num_batches_tracked among them
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert torch.equal(model[4].last, last)


def test_a_model_that_does_not_take_the_shape_says_so_in_torchs_words_and_stays_as_it_was():
    model = Residual()
    before = snapshot(model)
    with pytest.raises(RuntimeError, match="channels"):
        mbv2.count(model, (5, 8, 8))
    assert snapshot(model) == before


def test_counting_works_under_the_readers_own_no_grad_and_inference_mode():
    expected = mbv2.count(Residual(), (4, 8, 8))
    with torch.no_grad():
        assert mbv2.count(Residual(), (4, 8, 8)) == expected
    with torch.inference_mode():
        model = Residual()
    assert mbv2.count(model, (4, 8, 8)) == expected


# --- Cost by layer. ---


@pytest.mark.parametrize(("make", "shape", "expected"), MODELS)
def test_the_layers_and_the_rest_add_up(make, shape, expected):
    counted = mbv2.count(make(), shape)
    assert sum((layer.cost for layer in counted.layers), counted.outside) == counted.cost
    assert counted.outside.macs == 0


def test_each_call_has_its_own_macs_and_a_weight_is_counted_once():
    first, second = mbv2.count(Shared(), (3, 5, 5)).layers
    assert first.cost == Cost(weights=81, biases=3, macs=81 * 25, activations=75)
    assert second.cost == Cost(macs=81 * 25, activations=75)


def test_a_convolution_with_a_child_keeps_its_own_macs():
    norm, conv = mbv2.count(Fused(), (3, 6, 6)).layers
    assert (norm.cost, conv.cost) == (Cost(norm=8), Cost(weights=108, macs=108 * 16, activations=64))

    class Nested(nn.Conv2d):
        def __init__(self) -> None:
            super().__init__(2, 2, 1, bias=False)
            self.inner = nn.Conv2d(2, 2, 3, padding=1, bias=False)

        def forward(self, x):
            return super().forward(self.inner(x))

    inner, outer = mbv2.count(Nested(), (2, 4, 4)).layers
    assert (inner.cost.macs, outer.cost.macs) == (36 * 16, 4 * 16)
