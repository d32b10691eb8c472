"""Ten networks in plain torch, each counted as worked out by hand: layer by layer, weights x positions."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import mbv2_lesson as mbv2

torch.set_num_threads(1)


def vgg() -> nn.Module:
    layers = [nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    layers += [nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(16 * 8 * 8, 20), nn.ReLU(), nn.Dropout(), nn.Linear(20, 10))


# 32x32 -> 16x16 -> 8x8
VGG_WEIGHTS = [3 * 9 * 8, 8 * 9 * 8, 8 * 9 * 16, 16 * 8 * 8 * 20, 20 * 10]
VGG_MACS = (VGG_WEIGHTS[0] + VGG_WEIGHTS[1]) * 32 * 32 + VGG_WEIGHTS[2] * 16 * 16 + VGG_WEIGHTS[3] + VGG_WEIGHTS[4]
VGG_PARAMS = sum(VGG_WEIGHTS) + (8 + 8 + 16 + 20 + 10)


class Residual(nn.Module):
    """Two convolutions, or three with the middle one grouped, beside a shortcut."""

    def __init__(self, *layers: nn.Module, shortcut: nn.Module | None = None) -> None:
        super().__init__()
        self.body, self.shortcut = nn.Sequential(*layers), shortcut or nn.Identity()

    def forward(self, x):
        return F.relu(self.body(x) + self.shortcut(x))


def conv_bn(c_in: int, c_out: int, k: int, stride: int = 1, groups: int = 1) -> nn.Module:
    return nn.Sequential(nn.Conv2d(c_in, c_out, k, stride, k // 2, groups=groups, bias=False), nn.BatchNorm2d(c_out))


def resnet() -> nn.Module:
    return nn.Sequential(
        conv_bn(3, 8, 7, 2),
        nn.ReLU(),
        nn.MaxPool2d(3, 2, 1),
        Residual(conv_bn(8, 8, 3), nn.ReLU(), conv_bn(8, 8, 3)),
        Residual(conv_bn(8, 16, 3, 2), nn.ReLU(), conv_bn(16, 16, 3), shortcut=conv_bn(8, 16, 1, 2)),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(16, 10),
    )


# 64x64 -> 32x32 -> 16x16 (pool) -> 8x8
RESNET_STEM, RESNET_FIRST = 3 * 49 * 8, 2 * (8 * 9 * 8)
RESNET_SECOND = 8 * 9 * 16 + 16 * 9 * 16 + 8 * 16
RESNET_MACS = RESNET_STEM * 32 * 32 + RESNET_FIRST * 16 * 16 + RESNET_SECOND * 8 * 8 + 16 * 10
RESNET_NORM = 2 * (8 + 2 * 8 + 3 * 16)
RESNET_PARAMS = RESNET_STEM + RESNET_FIRST + RESNET_SECOND + RESNET_NORM + 16 * 10 + 10


def resnext() -> nn.Module:
    body = [conv_bn(16, 32, 1), nn.ReLU(), conv_bn(32, 32, 3, 2, groups=8), nn.ReLU(), conv_bn(32, 64, 1)]
    return Residual(*body, shortcut=conv_bn(16, 64, 1, 2))


# 14x14 -> 7x7 in the grouped convolution, where each of 32 channels reads the 4 of its group
RESNEXT_WEIGHTS = [16 * 32, 32 * 4 * 9, 32 * 64, 16 * 64]
RESNEXT_MACS = RESNEXT_WEIGHTS[0] * 14 * 14 + sum(RESNEXT_WEIGHTS[1:]) * 7 * 7
RESNEXT_PARAMS = sum(RESNEXT_WEIGHTS) + 2 * (32 + 32 + 64 + 64)


class MobileNetV3Block(nn.Module):
    """Expand, filter depthwise, squeeze and excite, project (arXiv 1905.02244, Figure 4)."""

    def __init__(self) -> None:
        super().__init__()
        self.expand, self.depthwise = conv_bn(16, 64, 1), conv_bn(64, 64, 5, groups=64)
        self.squeeze, self.excite = nn.Conv2d(64, 16, 1), nn.Conv2d(16, 64, 1)
        self.project = conv_bn(64, 16, 1)

    def forward(self, x):
        y = F.hardswish(self.depthwise(F.hardswish(self.expand(x))))
        scale = F.hardsigmoid(self.excite(F.relu(self.squeeze(F.adaptive_avg_pool2d(y, 1)))))
        return x + self.project(y * scale)


# all at 14x14 but squeeze and excite, which see one place
V3_MACS = (16 * 64 + 64 * 25 + 64 * 16) * 14 * 14 + 2 * 64 * 16
V3_PARAMS = (16 * 64 + 64 * 25 + 64 * 16) + 2 * 64 * 16 + (16 + 64) + 2 * (64 + 64 + 16)


class Attention(nn.Module):
    """Self-attention with one layer for queries, keys and values."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads, self.qkv, self.out = heads, nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        return self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class VisionTransformer(nn.Module):
    def __init__(self, width: int = 32, layers: int = 2) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, width, 8, 8)
        self.token, self.places = nn.Parameter(torch.zeros(1, 1, width)), nn.Parameter(torch.zeros(1, 17, width))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2 * layers))
        self.attention = nn.ModuleList(Attention(width, 4) for _ in range(layers))
        self.mlps = nn.ModuleList(
            nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)) for _ in range(layers)
        )
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(len(x), -1, -1), x], 1) + self.places
        for first, second, attention, mlp in zip(
            self.norms[::2], self.norms[1::2], self.attention, self.mlps, strict=True
        ):
            x = x + attention(first(x))
            x = x + mlp(second(x))
        return self.head(x[:, 0])


# 16 patches of 8x8x3 and a token: 17 places. Per place 3 + 1 + 4 + 4 products of 32 x 32; scores and their use 17 x 17.
VIT_MACS = 16 * 3 * 64 * 32 + 2 * (17 * 12 * 32 * 32 + 2 * 17 * 17 * 32) + 32 * 10
VIT_LAYER = 12 * 32 * 32 + (3 + 1 + 4 + 1) * 32 + 2 * 2 * 32
VIT_PARAMS = 3 * 64 * 32 + 32 + 32 + 17 * 32 + 2 * VIT_LAYER + 32 * 10 + 10


class Translator(nn.Module):
    """Encoder and decoder (arXiv 1706.03762) over ids."""

    def __init__(self) -> None:
        super().__init__()
        self.source, self.target = nn.Embedding(100, 32), nn.Embedding(80, 32)
        self.transformer = nn.Transformer(32, 4, 2, 2, 64, batch_first=True)
        self.words = nn.Linear(32, 80, bias=False)

    def forward(self, source, target):
        mask = nn.Transformer.generate_square_subsequent_mask(target.shape[1], device=target.device)
        return self.words(self.transformer(self.source(source), self.target(target), tgt_mask=mask))


# A sentence of 12 ids into one of 7, width 32, feed-forward 64.
ENCODER = 12 * 4 * 32 * 32 + 2 * 12 * 12 * 32 + 2 * 12 * 32 * 64
DECODER = 7 * 4 * 32 * 32 + 2 * 7 * 7 * 32 + 2 * 7 * 32 * 64
ACROSS = 7 * 2 * 32 * 32 + 12 * 2 * 32 * 32 + 2 * 7 * 12 * 32  # queries and outputs at 7 places, keys and values at 12
TRANSLATOR_MACS = 2 * ENCODER + 2 * (DECODER + ACROSS) + 7 * 32 * 80
ATTENTION_PARAMS, FORWARD_PARAMS, NORM_PARAMS = 4 * (32 * 32 + 32), 32 * 64 + 64 + 64 * 32 + 32, 2 * 32
TRANSLATOR_PARAMS = (
    (100 + 80) * 32
    + 2 * (ATTENTION_PARAMS + FORWARD_PARAMS + 2 * NORM_PARAMS)
    + 2 * (2 * ATTENTION_PARAMS + FORWARD_PARAMS + 3 * NORM_PARAMS)
    + 2 * NORM_PARAMS  # after all encoder layers, after all decoder layers
    + 32 * 80
)


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down, self.bottom = nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 16, 3, padding=1)
        self.up, self.join = nn.ConvTranspose2d(16, 8, 2, 2), nn.Conv2d(8 + 8, 8, 3, padding=1)
        self.out = nn.Conv2d(8, 2, 1)

    def forward(self, x):
        left = F.relu(self.down(x))
        right = self.up(F.relu(self.bottom(F.max_pool2d(left, 2))))
        return self.out(F.relu(self.join(torch.cat([left, right], 1))))


# 32x32, below 16x16; a transposed convolution uses all its weights at each place of its input.
UNET_WEIGHTS = [1 * 9 * 8, 8 * 9 * 16, 16 * 4 * 8, 16 * 9 * 8, 8 * 2]
UNET_MACS = (UNET_WEIGHTS[0] + UNET_WEIGHTS[3] + UNET_WEIGHTS[4]) * 32 * 32 + sum(UNET_WEIGHTS[1:3]) * 16 * 16
UNET_PARAMS = sum(UNET_WEIGHTS) + 8 + 16 + 8 + 8 + 2


class Tagger(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(50, 16)
        self.lstm = nn.LSTM(16, 24, num_layers=2, bidirectional=True, batch_first=True)
        self.tags = nn.Linear(2 * 24, 5)

    def forward(self, ids):
        return self.tags(self.lstm(self.embed(ids))[0])


# Four gates of 24; the second layer reads both directions of the first.
TAGGER_LSTM = 2 * 4 * 24 * ((16 + 24) + (48 + 24))
TAGGER_MACS = 9 * (TAGGER_LSTM + 48 * 5)
TAGGER_PARAMS = 50 * 16 + TAGGER_LSTM + 2 * 2 * (2 * 4 * 24) + 48 * 5 + 5  # two biases per gate and direction


class Siamese(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.tower = nn.Sequential(nn.Conv2d(1, 4, 3, 2), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 7 * 7, 8))

    def forward(self, first, second):
        return F.pairwise_distance(self.tower(first), self.tower(second))


# 15x15 -> 7x7, twice with the same weights
SIAMESE_MACS = 2 * (9 * 4 * 7 * 7 + 4 * 7 * 7 * 8)
SIAMESE_PARAMS = 9 * 4 + 4 + 4 * 7 * 7 * 8 + 8


class PictureAndFacts(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.picture = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.facts = nn.Sequential(nn.Linear(5, 6), nn.Tanh())
        self.both = nn.Bilinear(8, 6, 4)

    def forward(self, picture, facts):
        return self.both(self.picture(picture), self.facts(facts))


# 16x16 -> 8x8
PICTURE_MACS = 3 * 9 * 8 * 8 * 8 + 5 * 6 + 4 * 8 * 6
PICTURE_PARAMS = (3 * 9 * 8 + 8) + (5 * 6 + 6) + (4 * 8 * 6 + 4)


def ids(length: int) -> torch.Tensor:
    return torch.zeros(1, length, dtype=torch.long)


def pictures(*shapes: tuple[int, ...]) -> tuple[torch.Tensor, ...]:
    return tuple(torch.zeros(1, *shape) for shape in shapes)


# network: (how to make it, one input to it, params, MACs)
NETWORKS = {
    "VGG": (vgg, pictures((3, 32, 32)), VGG_PARAMS, VGG_MACS),
    "ResNet": (resnet, pictures((3, 64, 64)), RESNET_PARAMS, RESNET_MACS),
    "ResNeXt": (resnext, pictures((16, 14, 14)), RESNEXT_PARAMS, RESNEXT_MACS),
    "MobileNetV3": (MobileNetV3Block, pictures((16, 14, 14)), V3_PARAMS, V3_MACS),
    "ViT": (VisionTransformer, pictures((3, 32, 32)), VIT_PARAMS, VIT_MACS),
    "transformer": (Translator, (ids(12), ids(7)), TRANSLATOR_PARAMS, TRANSLATOR_MACS),
    "U-Net": (UNet, pictures((1, 32, 32)), UNET_PARAMS, UNET_MACS),
    "two-way LSTM": (Tagger, (ids(9),), TAGGER_PARAMS, TAGGER_MACS),
    "Siamese": (Siamese, pictures((1, 15, 15), (1, 15, 15)), SIAMESE_PARAMS, SIAMESE_MACS),
    "two inputs": (PictureAndFacts, pictures((3, 16, 16), (5,)), PICTURE_PARAMS, PICTURE_MACS),
}
each_network = pytest.mark.parametrize(("make", "inputs", "params", "macs"), NETWORKS.values(), ids=list(NETWORKS))


@each_network
@pytest.mark.parametrize("with_numbers", [False, True], ids=["shapes only", "with numbers"])
def test_params_and_macs_are_those_worked_out_by_hand(make, inputs, params, macs, with_numbers):
    model = make()
    if with_numbers:  # on the meta device nothing is true or false
        model.register_forward_pre_hook(lambda module, args: None if args[0].any() else None)
    counted = mbv2.count(model, inputs=inputs)
    assert (counted.cost.params, counted.cost.macs) == (params, macs)
    assert counted.layers[-1].name != "(outside of these)"


@each_network
def test_two_at_a_time_cost_twice_as_much(make, inputs, params, macs):
    two = tuple(torch.cat([each, each]) for each in inputs)
    cost = mbv2.count(make(), inputs=two).cost
    assert (cost.params, cost.macs) == (params, 2 * macs)
