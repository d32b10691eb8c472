"""Whole networks: MobileNetV2 and MobileNetV1 as plans made of plans. No torch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import inf

from .blocks import Plan, Step, _chain, depthwise_separable, inverted_residual, standard_conv
from .checks import check_bool, check_int
from .layers import Conv2dSpec, GlobalAveragePool, LinearSpec


@dataclass(frozen=True)
class Network(Plan):
    """A plan made of plans, such as the blocks of MobileNetV2: ``parts`` are these, ``steps`` all of their steps.

    A step of a part with several steps bears the part's name before its own: "block 2 expand".
    """

    parts: tuple[Plan, ...] = ()

    @classmethod
    def of(cls, name: str, parts: Iterable[Plan]) -> Network:
        parts = tuple(parts)
        steps = [
            replace(step, name=part.name if len(part) == 1 else f"{part.name} {step.name}")
            for part in parts
            for step in part
        ]
        return cls(name, tuple(steps), parts=parts)

    @property
    def blocks(self) -> tuple[Plan, ...]:
        """The parts that are repeated, without stem, head, pool and classifier."""
        return tuple(part for part in self.parts if part.name.startswith("block"))


def make_divisible(channels: float, divisor: int = 8) -> int:
    """``channels`` rounded to the nearest multiple of ``divisor``, at least one, and up if that loses over 10%.

    Source: the rule of the published code (TensorFlow-Slim, and torchvision after it).
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


def mobilenet_v2(width_mult: float = 1.0, resolution: int = 224, num_classes: int = 1000) -> Network:
    """MobileNetV2 for an image of (1, 3, resolution, resolution): stem, 17 blocks, head, pool, classifier.

    ``width_mult`` multiplies all channel counts, which are then rounded by ``make_divisible``; the 1280 channels of
    the head only grow. Each convolution is followed by batch norm. Source: arXiv 1801.04381, Table 2.
    """
    if isinstance(width_mult, bool) or not isinstance(width_mult, (int, float)):
        raise TypeError(f"width_mult must be a number above 0, such as 1.0 or 0.35, got {width_mult!r}")
    if not 0 < width_mult < inf:
        raise ValueError(f"width_mult must be a number above 0, such as 1.0 or 0.35, got {width_mult!r}")
    resolution = check_int(resolution, "resolution")
    num_classes = check_int(num_classes, "num_classes")
    channels = make_divisible(32 * width_mult)
    parts = [_part("stem", Conv2dSpec(3, channels, 3, stride=2), (resolution, resolution))]
    for t, c, n, s in MOBILENET_V2:
        out_channels = make_divisible(c * width_mult)
        for stride in [s] + [1] * (n - 1):
            block = inverted_residual(channels, out_channels, stride, t, size=parts[-1].output_shape[2:])
            parts.append(replace(block, name=f"block {len(parts)}"))
            channels = out_channels
    head = make_divisible(1280 * max(1.0, width_mult))
    parts.append(_part("head", Conv2dSpec(channels, head, 1), parts[-1].output_shape[2:]))
    return Network.of("MobileNetV2", [*parts, *_classifier(parts[-1].output_shape, num_classes)])


def mobilenet_v1(resolution: int = 224, num_classes: int = 1000, *, separable: bool = True) -> Network:
    """MobileNetV1 at width 1.0 (arXiv 1704.04861, Table 1): stem, 13 depthwise separable blocks, pool, classifier.

    ``separable=False`` puts a standard 3x3 convolution in the place of each block: the same shapes, without the
    saving (the paper's "Conv MobileNet", Table 4).
    """
    resolution = check_int(resolution, "resolution")
    num_classes = check_int(num_classes, "num_classes")
    build = depthwise_separable if check_bool(separable, "separable") else standard_conv
    channels = 32
    parts = [_part("stem", Conv2dSpec(3, channels, 3, stride=2), (resolution, resolution))]
    for out_channels, stride in MOBILENET_V1:
        block = build(channels, out_channels, stride=stride, size=parts[-1].output_shape[2:], batch_norm=True)
        parts.append(replace(block, name=f"block {len(parts)}"))
        channels = out_channels
    name = "MobileNetV1" if separable else "standard convolutions"
    return Network.of(name, [*parts, *_classifier(parts[-1].output_shape, num_classes)])


def _part(name: str, spec: Conv2dSpec, size: tuple[int, int]) -> Plan:
    return Plan(name, _chain(size, (name, spec, "ReLU6"), batch_norm=True))


def _classifier(shape: tuple[int, ...], num_classes: int) -> tuple[Plan, Plan]:
    _, channels, *size = shape
    pool = Step("pool", GlobalAveragePool(channels), tuple(size))
    linear = Step("classifier", LinearSpec(channels, num_classes), ())
    return Plan("pool", (pool,)), Plan("classifier", (linear,))
