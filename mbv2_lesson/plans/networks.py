"""Whole networks as plans made of plans: MobileNetV2 and MobileNetV1, each from its table. No torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from reprlib import repr as shortened

from .blocks import Plan, Step, chain, depthwise_separable, inverted_residual, standard_conv
from .checks import check_bool, check_int, check_width_mult
from .layers import Conv2dSpec, GlobalAveragePool, LinearSpec, Shape


@dataclass(frozen=True, init=False)
class Network(Plan):
    """A plan made of plans, such as the blocks of MobileNetV2: ``parts`` are these plans, ``steps`` all of their steps.

    In a part with several steps, the name of each step begins with that of the part: "block 2 expand".
    """

    parts: tuple[Plan, ...] = ()

    def __init__(self, name: str, parts: Iterable[Plan]) -> None:
        parts = tuple(parts)
        for part in parts:
            if not isinstance(part, Plan):
                words = "a network is made of plans; rows (t, c, n, s) go to mobilenet_v2(table=...)"
                raise TypeError(f"{words}, got {shortened(part)}")
        steps = [
            step.renamed(part.name if len(part) == 1 else f"{part.name} {step.name}") for part in parts for step in part
        ]
        vars(self).update(parts=parts)
        super().__init__(name, tuple(steps))

    @property
    def blocks(self) -> tuple[Plan, ...]:
        """The repeated parts, without stem, head, pool and classifier."""
        return tuple(part for part in self.parts if part.name.startswith("block"))

    def __getitem__(self, key: int | str) -> Step | Plan:  # type: ignore[override]  # a network also has parts
        """The step with this index or name, or the part with this name, such as "block 3"."""
        for part in self.parts:
            if part.name == key and len(part) > 1:
                return part
        try:
            return super().__getitem__(key)
        except KeyError:
            names = ", ".join(repr(part.name) for part in self.parts)
            raise KeyError(f"no part or step named {key!r}; the parts are {names}") from None


def make_divisible(channels: float, divisor: int = 8) -> int:
    """``channels`` rounded to the nearest positive multiple of ``divisor``, or up if rounding down loses more than 10%.

    Source: the rule in the published code (TensorFlow-Slim and, following it, torchvision).
    """
    rounded = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return rounded if rounded >= 0.9 * channels else rounded + divisor


# arXiv 1801.04381, Table 2: expansion ratio t, output channels c, number of blocks n, stride s of the first of them
MOBILENET_V2 = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
# arXiv 1704.04861, Table 1: output channels and stride
MOBILENET_V1 = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1))


def mobilenet_v2(
    width_mult: float = 1.0,
    resolution: int = 224,
    num_classes: int = 1000,
    *,
    table: Sequence[tuple[int, int, int, int]] = MOBILENET_V2,
) -> Network:
    """MobileNetV2 for an image of (1, 3, resolution, resolution): stem, 17 blocks, head, pool, classifier.

    ``width_mult`` multiplies all channel counts, which are then rounded by ``make_divisible``; the 1280 channels of
    the head never shrink. Batch norm follows each convolution. ``table`` may hold any rows (t, c, n, s): expansion
    ratio, output channels, number of blocks, stride of the first of them. Source: arXiv 1801.04381, Table 2.

    >>> network = mobilenet_v2(width_mult=1.0, resolution=224)
    >>> network.cost.params, network.cost.macs, len(network.blocks)
    (3504872, 300774272, 17)
    >>> network["block 3"].has_shortcut
    True
    >>> mobilenet_v2(table=[(1, 16, 1, 1), (4, 24, 2, 2)], num_classes=10).cost.params
    57258
    """
    width_mult = check_width_mult(width_mult)
    resolution = check_int(resolution, "resolution")
    num_classes = check_int(num_classes, "num_classes")
    channels = make_divisible(32 * width_mult)
    parts = [_conv("stem", Conv2dSpec(3, channels, 3, stride=2), (1, 3, resolution, resolution))]
    for t, c, n, s in _check_table(table):
        out_channels = make_divisible(c * width_mult)
        for stride in [s] + [1] * (n - 1):
            _, _, h, w = parts[-1].output_shape
            block = inverted_residual(channels, out_channels, stride, t, size=(h, w), name=f"block {len(parts)}")
            parts.append(block)
            channels = out_channels
    head = make_divisible(1280 * max(1.0, width_mult))
    parts.append(_conv("head", Conv2dSpec(channels, head, 1), parts[-1].output_shape))
    return Network("MobileNetV2", [*parts, *pool_and_classifier(parts[-1].output_shape, num_classes)])


def mobilenet_v1(
    resolution: int = 224, num_classes: int = 1000, *, separable: bool = True, width_mult: float = 1.0
) -> Network:
    """MobileNetV1 (arXiv 1704.04861, Table 1): stem, 13 depthwise separable blocks, pool, classifier.

    ``separable=False`` puts a standard 3x3 convolution in place of each block: the same shapes, without the saving (the
    paper's "Conv MobileNet", Table 4). ``width_mult`` multiplies all channel counts, which are rounded down but kept
    at 8 or more, as in TensorFlow-Slim.
    """
    resolution = check_int(resolution, "resolution")
    num_classes = check_int(num_classes, "num_classes")
    build: Callable[..., Plan] = depthwise_separable if check_bool(separable, "separable") else standard_conv
    width_mult = check_width_mult(width_mult)
    channels = max(8, int(32 * width_mult))
    parts = [_conv("stem", Conv2dSpec(3, channels, 3, stride=2), (1, 3, resolution, resolution))]
    for published_channels, stride in MOBILENET_V1:
        out_channels = max(8, int(published_channels * width_mult))
        _, _, h, w = parts[-1].output_shape
        options = {"stride": stride, "size": (h, w), "batch_norm": True, "name": f"block {len(parts)}"}
        parts.append(build(channels, out_channels, **options))
        channels = out_channels
    name = "MobileNetV1" if separable else "standard convolutions"
    return Network(name, [*parts, *pool_and_classifier(parts[-1].output_shape, num_classes)])


def _check_table(table: object) -> list[tuple[int, int, int, int]]:
    rows = []
    for row in table if isinstance(table, (tuple, list)) else [table]:
        if not isinstance(row, (tuple, list)) or len(row) != 4:
            raise ValueError(f"table must have rows (t, c, n, s), such as (6, 24, 2, 2), got {row!r}")
        t, c, n, s = (check_int(value, f"{name} in the table") for name, value in zip("tcns", row, strict=True))
        if s > 2:
            raise ValueError(f"s in the table is a stride, 1 or 2, got {s!r} in {row!r}")
        rows.append((t, c, n, s))
    return rows


def _conv(name: str, spec: Conv2dSpec, shape: Shape) -> Plan:
    return Plan(name, chain(shape, (name, spec, "ReLU6"), batch_norm=True))


def pool_and_classifier(shape: Shape, num_classes: int) -> tuple[Plan, Plan]:
    """The two parts at the end: (1, C, H, W) -> (1, C) -> (1, num_classes)"""
    pool = Step("pool", GlobalAveragePool(shape[1]), shape)
    classifier = Step("classifier", LinearSpec(shape[1], num_classes), pool.output_shape)
    return Plan("pool", (pool,)), Plan("classifier", (classifier,))
