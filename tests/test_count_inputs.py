"""What ``count`` takes: any module and any inputs, or a sentence that says what is wrong and what would work."""

import warnings

import pytest
import torch
from torch import nn

import mbv2_lesson as mbv2

torch.set_num_threads(1)


class Pair(nn.Module):
    """Ids and a picture in, as two arguments."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.conv = nn.Embedding(10, 6), nn.Conv2d(3, 6, 3, bias=False)

    def forward(self, ids, picture, scale=1):
        return self.embed(ids).mean(1) * scale + self.conv(picture).mean((2, 3))


class FromDict(nn.Module):
    """One argument that is a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.pair = Pair()

    def forward(self, batch):
        return self.pair(batch["ids"], *batch["pictures"])


IDS, PICTURE = torch.zeros(2, 7, dtype=torch.long), torch.zeros(2, 3, 5, 5)
PAIR_MACS = 2 * 9 * 3 * 3**2 * 6  # two samples of 9 pixels


@pytest.mark.parametrize(
    ("model", "inputs"),
    [
        (Pair(), (IDS, PICTURE)),
        (Pair(), (IDS, PICTURE, 2.5)),
        (Pair(), {"picture": PICTURE, "ids": IDS, "scale": 2}),
        (FromDict(), ({"ids": IDS, "pictures": [PICTURE]},)),
        (FromDict(), {"batch": {"ids": IDS, "pictures": (PICTURE,)}}),
        (Pair().to("meta"), (IDS, PICTURE)),
        (Pair().double(), (IDS, PICTURE.double())),
    ],
    ids=["tuple", "with a number", "by name", "a dict", "a dict by name", "meta", "float64"],
)
def test_inputs_are_counted_as_given(model, inputs):
    counted = mbv2.count(model, inputs=inputs)
    assert counted.cost.macs == PAIR_MACS and not counted.one_input
    assert counted.layers[0].input_shape == (2, 7) and counted.layers[1].output_shape == (2, 6, 3, 3)


def test_one_tensor_and_its_shape_give_the_same():
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(36, 2))
    by_shape = mbv2.count(net, (3, 5, 5))
    assert mbv2.count(net, input_shape=[3, 5, 5]) == by_shape
    given = mbv2.count(net, inputs=torch.zeros(1, 3, 5, 5))
    assert (given.cost, given.layers) == (by_shape.cost, by_shape.layers)
    assert mbv2.count(net, inputs=torch.zeros(4, 3, 5, 5)).cost.macs == 4 * by_shape.cost.macs


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({}, TypeError, "either input_shape, such as (3, 224, 224), or inputs"),
        ({"input_shape": (3, 5, 5), "inputs": PICTURE}, TypeError, "either input_shape"),
        ({"inputs": PICTURE, "dtype": torch.float64}, TypeError, "dtype goes with input_shape"),
        (
            {"inputs": [PICTURE]},
            TypeError,
            "put a list or dict that is a single argument in a tuple, (argument,); got list",
        ),
        ({"inputs": {1: PICTURE}}, TypeError, "got dict"),
        ({"inputs": 3}, TypeError, "got int"),
        ({"input_shape": PICTURE}, TypeError, "give a tensor as inputs=..."),
        ({"input_shape": 3}, TypeError, "must be a tuple such as (3, 224, 224), got 3"),
        ({"input_shape": ()}, TypeError, "must be a tuple such as (3, 224, 224), got ()"),
        ({"input_shape": (3, 5, 0)}, ValueError, "at least 1, got 0"),
        ({"input_shape": (3, 5, 5.0)}, TypeError, "got 5.0"),
        ({"input_shape": (3, 5, 5), "dtype": "long"}, TypeError, "one of torch's, such as torch.long, got 'long'"),
    ],
)
def test_bad_arguments_say_what_is_allowed(arguments, error, words):
    with pytest.raises(error) as raised:
        mbv2.count(nn.Conv2d(3, 4, 3), **arguments)
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("model", "shape", "words"),
    [
        (
            nn.Conv2d(3, 4, 3),
            (1, 3, 96, 96),
            "without the batch dimension, (3, 96, 96); for an input of (1, 3, 96, 96)",
        ),
        (nn.Embedding(4, 5), (7,), "ids; give dtype long; for an input of (7,) torch says: Expected tensor"),
    ],
)
def test_frequent_mistakes_are_explained_beside_torchs_words(model, shape, words):
    with pytest.raises(ValueError) as raised:
        mbv2.count(model, shape)
    assert words in str(raised.value) and "torch says" in str(raised.value)
    assert raised.value.__cause__ is not None


@pytest.mark.parametrize("shape", [(5, 8, 8), (1, 8, 8), (1, 1, 3, 8, 8)])
def test_what_no_such_mistake_explains_is_left_to_torch(shape):
    with pytest.raises(RuntimeError) as raised:
        mbv2.count(nn.Conv2d(3, 4, 3), shape)
    assert "torch says" not in str(raised.value)


# --- The dtype of the example. ---


class Mixed(nn.Module):
    """Its first parameter or buffer does not have the dtype of what it takes."""

    def __init__(self, first: torch.Tensor, weight: torch.Tensor, buffers: bool = False) -> None:
        super().__init__()
        for name, tensor in (("first", first), ("weight", weight)):
            if buffers:
                self.register_buffer(name, tensor)
            else:
                setattr(self, name, nn.Parameter(tensor, requires_grad=False))

    def forward(self, x):
        return x @ self.weight


@pytest.mark.parametrize(
    "model",
    [
        Mixed(torch.ones(2, dtype=torch.int8), torch.ones(4, 3)),
        Mixed(torch.ones(2, dtype=torch.complex64), torch.ones(4, 3)),
        Mixed(torch.ones(2, dtype=torch.int8), torch.ones(4, 3).half()),
        Mixed(torch.ones(2).half(), torch.ones(4, 3).half(), buffers=True),
        Mixed(torch.ones(2, dtype=torch.long), torch.ones(4, 3).double(), buffers=True),
        nn.Linear(4, 3, bias=False, dtype=torch.complex64),
    ],
    ids=["int8", "complex", "int8, then half", "half buffers", "float64 buffers", "all complex"],
)
def test_the_example_has_the_dtype_of_the_weights(model):
    assert mbv2.count(model, (4,)).cost.macs == 12


def test_the_dtype_can_be_given():
    assert mbv2.count(nn.Embedding(4, 5), (7,), dtype=torch.long).layers[0].output_shape == (1, 7, 5)
    assert mbv2.count(nn.Embedding(4, 5), (7,), dtype=torch.int32).cost.params == 20


# --- Modules of all kinds. ---


def plain() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(36, 5)).eval()


PLAIN = mbv2.Cost(weights=108 + 180, biases=9, norm=8, macs=9 * 108 + 180, activations=36 + 5)


def scripted() -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return torch.jit.script(plain())


def traced() -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return torch.jit.trace(plain(), torch.zeros(1, 3, 5, 5))


def exported() -> torch.export.ExportedProgram:
    return torch.export.export(plain(), (torch.zeros(1, 3, 5, 5),))


def lazy() -> nn.Module:
    return nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.ReLU(), nn.Flatten(), nn.LazyLinear(5))


@pytest.mark.filterwarnings("ignore:`isinstance.treespec, LeafSpec.` is deprecated:FutureWarning")  # by torch itself
@pytest.mark.parametrize(
    "make", [scripted, traced, lambda: exported().module()], ids=["scripted", "traced", "exported"]
)
def test_modules_whose_layers_python_does_not_call_have_one_row(make):
    counted = mbv2.count(make(), (3, 5, 5))
    assert (counted.cost.params, counted.cost.macs) == (PLAIN.params, PLAIN.macs)
    (row,) = (row for row in counted.rows() if row["params"] or row["macs"])
    assert (row["name"], row["input_shape"], row["output_shape"]) == ("(model)", (1, 3, 5, 5), (1, 5))


def test_a_scripted_layer_among_others_is_part_of_what_calls_it():
    counted = mbv2.count(nn.Sequential(scripted(), nn.Linear(5, 2)), (3, 5, 5))
    assert [(row["name"], row["params"], row["macs"]) for row in counted.rows()] == [
        ("1", 12, 10),
        ("(model)", PLAIN.params, PLAIN.macs),
    ]


def test_lazy_modules_are_counted_and_stay_lazy():
    model = lazy()
    counted = mbv2.count(model, (3, 5, 5))
    assert counted.cost == PLAIN
    assert [layer.type for layer in counted.layers] == ["Conv2d", "BatchNorm2d", "ReLU", "Flatten", "Linear"]
    assert model[0].has_uninitialized_params() and type(model[0]) is nn.LazyConv2d
    model(torch.zeros(1, 3, 6, 6))
    assert mbv2.count(model, (3, 6, 6)).cost.params == PLAIN.params + 5 * 4 * (16 - 9)


def test_a_lazy_layer_that_does_not_run_is_named():
    model = plain()
    model.spare = nn.LazyLinear(3)
    model.forward = lambda x: x
    with pytest.raises(ValueError, match="'spare.weight' is lazy, and its layer did not run, so its size is not known"):
        mbv2.count(model, (3, 5, 5))


def test_data_parallel_is_counted_as_what_it_runs():
    assert mbv2.count(nn.DataParallel(plain()), (3, 5, 5)) == mbv2.count(plain(), (3, 5, 5))


def test_compiled_layers_keep_their_names():
    names = [
        layer.name for layer in mbv2.count(nn.Sequential(torch.compile(plain(), backend="eager")), (3, 5, 5)).layers
    ]
    assert names == ["0.0", "0.1", "0.2", "0.3", "0.4"]


class NoBias(nn.Linear):
    def __init__(self) -> None:
        super().__init__(4, 3, bias=False)
        del self.bias

    def forward(self, x):
        return x @ self.weight.t()


def test_a_linear_layer_without_the_attribute():
    assert mbv2.count(NoBias(), (4,)).cost == mbv2.Cost(weights=12, macs=12, activations=3)


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (nn.Linear, "must be a torch.nn.Module, got the class Linear"),
        (mbv2.mobilenet_v2(), "must be a torch.nn.Module, got Network"),
        (exported(), "got an ExportedProgram; pass its .module()"),
    ],
    ids=["class", "plan", "exported program"],
)
def test_what_is_no_module_is_refused(thing, words):
    with pytest.raises(TypeError) as raised:
        mbv2.count(thing, (3, 5, 5))
    assert words in str(raised.value)
