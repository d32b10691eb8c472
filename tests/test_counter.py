"""The second opinion: right on convolutional models that are not ours, in total and by layer."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import mbv2_lesson as mbv2
from mbv2_lesson import Conv2dSpec, Cost

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
        (108 + 4, 4, 0, 108 * 9, 36),  # a length per output channel, besides the direction
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


# --- Cost by layer. ---


@pytest.mark.parametrize(("make", "shape", "expected"), MODELS)
def test_the_layers_add_up(make, shape, expected):
    counted = mbv2.count(make(), shape)
    assert sum(layer.cost for layer in counted.layers) == counted.cost
    assert sum(layer.cost.macs for layer in counted.layers if layer.name == "(outside of these)") == 0


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


def test_a_module_with_macs_or_parameters_of_its_own_has_a_row():
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mix = nn.Parameter(torch.ones(4, 4))
            self.more = nn.ParameterList([torch.ones(2), torch.ones(3)])
            self.last = nn.Linear(4, 2)
            self.unused = nn.Linear(4, 5)

        def forward(self, x):
            return self.last(x @ self.mix)

    counted = mbv2.count(nn.Sequential(Block(), nn.ReLU()), (4,))
    assert [(layer.name, layer.type, layer.cost) for layer in counted.layers] == [
        ("0.last", "Linear", Cost(weights=8, biases=2, macs=8, activations=2)),
        ("0", "Block", Cost(weights=16 + 2 + 3, macs=16)),
        ("1", "ReLU", Cost()),
        ("(outside of these)", "", Cost(weights=20, biases=5)),
    ]
    assert [row["name"] for row in counted.rows()] == ["0.last", "0", "1", "(outside of these)"]
    (row,) = mbv2.count(nn.Linear(4, 2), (4,)).rows()
    assert row == {
        "name": "(model)",
        "kind": "Linear",
        "input_shape": (1, 4),
        "output_shape": (1, 2),
        "weights": 8,
        "biases": 2,
        "norm": 0,
        "params": 10,
        "macs": 8,
        "flops": 16,
        "activations": 2,
    }


def test_a_layer_that_raises_does_not_upset_the_others():
    class Tries(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.wrong, self.right = nn.Sequential(nn.Linear(4, 5), nn.Linear(4, 2)), nn.Linear(4, 3)

        def forward(self, x):
            try:
                return self.wrong(x)
            except RuntimeError:
                return self.right(x) @ x.new_ones(3, 3)

    layers = mbv2.count(Tries(), (4,)).layers
    assert [(layer.name, layer.output_shape, layer.cost.macs) for layer in layers] == [
        ("wrong.0", (1, 5), 20),
        ("wrong.1", (), 0),
        ("right", (1, 3), 12),
        ("", (1, 3), 9),
    ]


class Several(nn.Module):
    """Layers that take or give something other than one tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(10, 6)
        self.lstm = nn.LSTM(6, 4, batch_first=True)
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.both = nn.Bilinear(4, 4, 3)
        self.pool = nn.MaxPool1d(2, return_indices=True)

    def forward(self, ids):
        features, (hidden, _) = self.lstm(input=self.embed(ids))
        attended, _ = self.attention(features, features, features)
        return self.pool(self.both(attended, features)), hidden


def test_layers_with_several_tensors_have_rows():
    layers = mbv2.count(Several(), (5,), dtype=torch.long).layers
    assert [(layer.name, layer.input_shape, layer.output_shape) for layer in layers] == [
        ("embed", (1, 5), (1, 5, 6)),
        ("lstm", (1, 5, 6), (1, 5, 4)),
        ("attention", (1, 5, 4), (1, 5, 4)),
        ("both", (1, 5, 4), (1, 5, 3)),
        ("pool", (1, 5, 3), (1, 5, 1)),
    ]
    assert [layer.cost.params for layer in layers] == [60, 16 * (6 + 4 + 2), 4 * 4 * 4 + 4 * 4, 3 * 16 + 3, 0]
    assert [layer.cost.macs for layer in layers] == [0, 5 * 16 * (6 + 4), 4 * 5 * 16 + 2 * 25 * 4, 5 * 3 * 16, 0]


# --- Convolutions as specs. ---


@pytest.mark.parametrize(
    ("layer", "spec"),
    [
        (nn.Conv2d(4, 8, (3, 5), 2, (1, 2), (2, 1), groups=2), Conv2dSpec(4, 8, (3, 5), groups=2)),
        (nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect", groups=4), Conv2dSpec(4, 4, 3, groups=4)),
        (nn.LazyConv2d(8, 1), Conv2dSpec(4, 8, 1)),
        (nn.utils.parametrizations.weight_norm(nn.Conv2d(4, 8, 1)), Conv2dSpec(4, 8, 1)),
        (nn.ConvTranspose2d(4, 8, 3), None),
        (nn.Conv1d(4, 8, 9), None),
    ],
    ids=str,
)
def test_a_two_dimensional_convolution_has_its_spec(layer, spec):
    shape = (4, 9) if isinstance(layer, nn.Conv1d) else (4, 9, 9)
    (counted,) = (row for row in mbv2.count(layer, shape).layers if row.cost.macs)
    assert counted.spec == spec


# --- Folded to few rows. ---


def test_folding_adds_up_each_block():
    counted = mbv2.count(mbv2.MobileNetV2(0.35), (3, 64, 64))
    folded = counted.fold(1)
    assert [(layer.name, layer.type, layer.output_shape) for layer in folded.layers] == [
        ("features", "Sequential", (1, 1280, 2, 2)),
        ("classifier", "Sequential", (1, 1000)),
    ]
    assert folded.cost == counted.cost and folded.layers[1].cost == Cost(1280000, 1000, 0, 1280000, 1000)
    blocks = counted.fold(2).layers
    plan = mbv2.mobilenet_v2(0.35, 64)
    assert [layer.cost for layer in blocks[1:18]] == [block.cost for block in plan.blocks]
    assert {layer.type for layer in blocks[1:18]} == {"InvertedResidual"}
    assert [layer.input_shape for layer in blocks[1:18]] == [block.input_shape for block in plan.blocks]
    assert counted.fold(9) == counted


def test_folding_keeps_what_a_block_does_itself_and_each_call_of_a_layer():
    (norm_and_conv,) = mbv2.count(nn.Sequential(Fused()), (3, 6, 6)).fold(1).layers
    assert norm_and_conv.cost == Cost(weights=108, norm=8, macs=108 * 16, activations=64)
    assert [layer.name for layer in mbv2.count(Shared(), (3, 5, 5)).fold(1).layers] == ["conv", "conv"]
    with pytest.raises(ValueError, match="depth must be a whole number of at least 1, got 0"):
        mbv2.count(Shared(), (3, 5, 5)).fold(0)
