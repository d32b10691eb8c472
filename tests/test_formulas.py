"""Each operation that multiplies matrices is counted, with numbers or without, in any dtype; all others are named."""

import pytest
import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention as attention
from torch.utils import flop_counter

import mbv2_lesson as mbv2

torch.set_num_threads(1)


class Fn(nn.Module):
    """Its forward is ``function``; ``layers`` are members so that they are moved and copied with it."""

    def __init__(self, function, *layers: nn.Module) -> None:
        super().__init__()
        self.function, self.layers = function, nn.ModuleList(layers)

    def forward(self, *args):
        return self.function(*self.layers, *args)


class NeedsNumbers(nn.Module):
    """Branches on a number, so that it cannot run on the meta device."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, *args):
        return None if args[0].isnan().any() else self.inner(*args)


def self_attention(**options) -> nn.Module:
    return Fn(lambda layer, x: layer(x, x, x), nn.MultiheadAttention(32, 4, batch_first=True, **options))


def encoder_layer(**options) -> nn.Module:
    return nn.TransformerEncoderLayer(32, 4, 64, batch_first=True, **options)


def lstm(*sizes: int, **options) -> nn.Module:
    return nn.LSTM(*sizes, batch_first=True, **options)


# Self-attention of width 32 over 16 positions: four 32 x 32 products per position, then scores and their use.
ATTEND = 4 * 16 * 32 * 32 + 2 * 16 * 16 * 32
FEED_FORWARD = 2 * 16 * 32 * 64
# Attention from 16 positions to 7: queries and outputs at the 16, keys and values at the 7.
CROSS = 2 * 16 * 32 * 32 + 2 * 7 * 32 * 32 + 2 * 16 * 7 * 32

# name: (module, shapes of its inputs, MACs worked out by hand)
OPERATIONS = {
    "attention": (Fn(lambda q: attention(q, q, q)), [(1, 1, 16, 32)], 2 * 16 * 16 * 32),
    "causal attention": (Fn(lambda q: attention(q, q, q, is_causal=True)), [(1, 1, 16, 32)], 2 * 16 * 16 * 32),
    "attention without heads": (Fn(lambda q: attention(q, q, q)), [(4, 16, 32)], 4 * 2 * 16 * 16 * 32),
    "masked attention": (Fn(lambda q, m: attention(q, q, q, m)), [(1, 4, 16, 32), (16, 16)], 4 * 2 * 16 * 16 * 32),
    "attention to other places": (
        Fn(lambda q, k: attention(q, k, k)),
        [(2, 4, 16, 32), (2, 4, 7, 32)],
        2 * 4 * 2 * 16 * 7 * 32,
    ),
    "attention to wider values": (
        Fn(lambda q, v: attention(q, q, v)),
        [(1, 4, 16, 32), (1, 4, 16, 48)],
        4 * 16 * 16 * (32 + 48),
    ),
    "attention of grouped queries": (
        Fn(lambda q, k: attention(q, k, k, enable_gqa=True)),
        [(1, 4, 16, 32), (1, 2, 16, 32)],
        4 * 2 * 16 * 16 * 32,
    ),
    "MultiheadAttention": (self_attention(), [(1, 16, 32)], ATTEND),
    "MultiheadAttention across": (
        Fn(lambda layer, x, y: layer(x, y, y, need_weights=False), nn.MultiheadAttention(32, 4, batch_first=True)),
        [(1, 16, 32), (1, 7, 32)],
        CROSS,
    ),
    "encoder layer": (encoder_layer(), [(1, 16, 32)], ATTEND + FEED_FORWARD),
    "encoder": (nn.TransformerEncoder(encoder_layer(), 2), [(1, 16, 32)], 2 * (ATTEND + FEED_FORWARD)),
    "decoder layer": (
        nn.TransformerDecoderLayer(32, 4, 64, batch_first=True),
        [(1, 16, 32), (1, 7, 32)],
        ATTEND + CROSS + FEED_FORWARD,
    ),
    "LSTM": (lstm(8, 16), [(1, 5, 8)], 5 * 4 * 16 * (8 + 16)),
    "LSTM, two layers, both ways": (
        lstm(8, 16, 2, bidirectional=True),
        [(3, 5, 8)],
        3 * 5 * 2 * 4 * 16 * ((8 + 16) + (32 + 16)),
    ),
    "LSTM with projections": (lstm(8, 16, proj_size=3), [(1, 5, 8)], 5 * (4 * 16 * (8 + 3) + 16 * 3)),
    "LSTM, sequence first": (nn.LSTM(8, 16), [(5, 3, 8)], 3 * 5 * 4 * 16 * (8 + 16)),
    "LSTM cell": (nn.LSTMCell(8, 16), [(3, 8)], 3 * 4 * 16 * (8 + 16)),
    "GRU": (nn.GRU(8, 16, batch_first=True), [(1, 5, 8)], 5 * 3 * 16 * (8 + 16)),
    "RNN": (nn.RNN(8, 16, batch_first=True), [(1, 5, 8)], 5 * 16 * (8 + 16)),
    "Bilinear": (nn.Bilinear(3, 4, 5), [(2, 3), (2, 4)], 2 * 5 * 3 * 4),
    "matrix x vector": (Fn(torch.matmul), [(1, 5, 8), (8,)], 5 * 8),
    "vector x matrix": (Fn(torch.matmul), [(8,), (8, 5)], 5 * 8),
    "mv": (Fn(torch.mv), [(5, 8), (8,)], 5 * 8),
    "dot": (Fn(torch.dot), [(8,), (8,)], 8),
    "inner": (Fn(torch.inner), [(8,), (8,)], 8),
    "addmv": (Fn(torch.addmv), [(5,), (5, 8), (8,)], 5 * 8),
    "addmm": (Fn(torch.addmm), [(5, 4), (5, 8), (8, 4)], 5 * 8 * 4),
    "addbmm": (Fn(torch.addbmm), [(5, 4), (2, 5, 10), (2, 10, 4)], 2 * 5 * 10 * 4),
    "baddbmm": (Fn(torch.baddbmm), [(2, 5, 4), (2, 5, 10), (2, 10, 4)], 2 * 5 * 10 * 4),
    "a stack of matrices": (Fn(torch.matmul), [(2, 3, 5, 8), (8, 4)], 2 * 3 * 5 * 8 * 4),
    "einsum": (Fn(lambda a, b: torch.einsum("bij,bkj->bik", a, b)), [(2, 5, 8), (2, 3, 8)], 2 * 5 * 8 * 3),
    "einsum of three": (
        Fn(lambda a, w, b: torch.einsum("bi,oij,bj->bo", a, w, b)),
        [(1, 3), (5, 3, 4), (1, 4)],
        5 * 3 * 4 + 5 * 4,  # one after the other
    ),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
@pytest.mark.parametrize("with_numbers", [False, True], ids=["shapes only", "with numbers"])
@pytest.mark.parametrize(("module", "shapes", "macs"), OPERATIONS.values(), ids=list(OPERATIONS))
@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")
def test_matrix_products_are_counted(module, shapes, macs, with_numbers, dtype):
    module = module.to(dtype)
    inputs = tuple(torch.zeros(shape, dtype=dtype) for shape in shapes)
    counted = mbv2.count(NeedsNumbers(module) if with_numbers else module, inputs=inputs)
    assert counted.cost.macs == macs
    assert counted.cost.params == sum(p.numel() for p in module.parameters())


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors is in prototype")
def test_an_encoder_of_padded_sequences():
    encoder = nn.TransformerEncoder(encoder_layer(), 1)
    padded = Fn(lambda layer, x, mask: layer(x, src_key_padding_mask=mask), encoder)
    inputs = torch.zeros(1, 16, 32), torch.arange(16)[None] > 12
    for module in (padded, NeedsNumbers(padded)):
        assert mbv2.count(module, inputs=inputs).cost.macs == ATTEND + FEED_FORWARD


class VisionTransformer(nn.Module):
    """ViT-B/16 (arXiv 2010.11929, Table 1): patches of 16x16, 12 layers of width 768."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 768, 16, 16)
        self.token = nn.Parameter(torch.zeros(1, 1, 768))
        self.positions = nn.Parameter(torch.zeros(1, 197, 768))
        layer = nn.TransformerEncoderLayer(768, 12, 3072, activation="gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 12, nn.LayerNorm(768), enable_nested_tensor=False)
        self.head = nn.Linear(768, 1000)

    def forward(self, x):
        x = torch.cat([self.token, self.patches(x).flatten(2).transpose(1, 2)], 1) + self.positions
        return self.head(self.encoder(x)[:, 0])


def test_the_published_count_of_a_vision_transformer():
    with torch.device("meta"):
        model = VisionTransformer()
    counted = mbv2.count(model, (3, 224, 224))
    layer = 4 * 197 * 768**2 + 2 * 197**2 * 768 + 2 * 197 * 768 * 3072
    assert counted.cost.macs == 196 * 3 * 16**2 * 768 + 12 * layer + 768 * 1000
    assert round(counted.cost.macs, -6) == 17_564_000_000  # torchvision publishes 17.56 GMACs of its vit_b_16
    assert counted.cost.params == 86_567_656  # and this


# --- What is not counted is said. ---


def test_the_note_names_what_is_not_counted_and_first_what_may_multiply():
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Softmax(1))
    counted = mbv2.count(Fn(lambda inner, x: inner(torch.cat([x, x + x]))[:1].sum() / 2, layers), (3, 5, 5))
    assert list(counted.not_counted) == ["native_batch_norm", "_softmax", "div", "add", "relu", "sum"]
    assert counted.note == (
        "FLOPs = 2 \u00d7 MACs = 3,888 for one input. Counted as torch ran them: convolutions and matrix products, "
        "also inside attention and recurrent layers. Ran, but not counted: native_batch_norm (\u00d71), "
        "_softmax (\u00d71), div (\u00d71), add (\u00d71), relu (\u00d71), sum (\u00d71)."
    )
    assert "for the inputs given. " in mbv2.count(nn.Linear(3, 2), inputs=torch.zeros(1, 3)).note


def test_products_that_no_formula_knows_are_named():
    sparse = Fn(lambda x: torch.sparse.mm(x.to_sparse(), x))
    assert "_sparse_addmm" in mbv2.count(sparse, inputs=torch.zeros(4, 4)).not_counted
    outer = Fn(lambda x: torch.outer(x[0], x[0]))
    assert mbv2.count(outer, (4,)).not_counted == {"mul": 1}


def test_a_formula_that_the_reader_has_registered_is_used():
    product = Fn(lambda x: x * x)
    assert mbv2.count(product, (4,)).cost.macs == 0
    flop_counter.register_flop_formula(torch.ops.aten.mul)(lambda a, b, out_shape: 2 * out_shape.numel())
    try:
        counted = mbv2.count(product, (4,))
    finally:
        del flop_counter.flop_registry[torch.ops.aten.mul]
    assert counted.cost.macs == 4 and not counted.not_counted


def test_torchs_own_registry_is_left_alone():
    before = dict(flop_counter.flop_registry)
    mbv2.count(nn.LSTM(4, 4), (4,))
    assert flop_counter.flop_registry == before


@torch.inference_mode()
def run_for_inference(layer, x):
    return layer(x)


def test_inference_mode_outside_and_inside():
    conv = nn.Conv2d(3, 4, 3)
    with torch.inference_mode():
        counted = [mbv2.count(conv, (3, 8, 8)), mbv2.count(nn.Conv2d(3, 4, 3), (3, 8, 8))]
    counted.append(mbv2.count(Fn(run_for_inference, conv), (3, 8, 8)))
    for each in counted:
        assert each.cost.macs == 36 * 3 * 4 * 9 and not each.not_counted
        assert each.note.endswith("Ran, but not counted: nothing.")


# --- Branches. ---


class Branches(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.small, self.large = nn.Linear(4, 4, bias=False), nn.Linear(4, 4), nn.Linear(4, 400)

    def forward(self, x):
        sums = self.first(x).abs().sum()
        return torch.cond(sums > 0, lambda x: self.large(x).sum(), lambda x: self.small(x).sum(), (x,)).relu_()


def test_the_branch_that_is_taken_is_counted():
    counted = mbv2.count(Branches(), (4,))
    assert counted.cost.macs == 16 + 16 and list(counted.not_counted) == ["abs", "sum", "gt", "relu_"]
    assert [layer.name for layer in counted.layers] == ["first", "small", "(outside of these)"]
    assert mbv2.count(Branches(), inputs=torch.ones(1, 4)).cost.macs == 16 + 1600
