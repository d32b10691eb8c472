"""Single layers as plain descriptions: convolution, global average pooling, linear layer. No torch.

Each layer has a ``kind``; ``output_shape`` turns an input shape into an output shape, and ``cost_of`` says what the
layer costs with an output of that shape. Shapes are (N, C, H, W), or (N, F) for a linear layer, with N = 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import cast

from .checks import check_bool, check_int, check_pair, check_size
from .costs import Cost

Shape = tuple[int, ...]
Pair = tuple[int, int]  # kernel_size, stride, padding and dilation after they have been checked


@dataclass(frozen=True)
class Conv2dSpec:
    """One 2-D convolution, its arguments named and ordered as in ``torch.nn.Conv2d``.

    kernel_size, stride, padding and dilation are one whole number or a pair (height, width); torch's padding="same"
    is not among them. Padding defaults to kernel_size // 2, which keeps the size at stride 1 if the kernel is odd and
    not dilated. There is no bias unless asked for, as in MobileNetV2, where batch norm follows each convolution.

    Raises TypeError for anything that is not a whole number and ValueError for one that is out of range.

    >>> spec = Conv2dSpec(16, 32, kernel_size=3)
    >>> spec.kind, spec.weight_shape, spec.params
    ('standard', (32, 16, 3, 3), 4608)
    >>> spec.output_size((56, 56)), spec.macs((56, 56))
    ((56, 56), 14450688)
    """

    in_channels: int
    out_channels: int
    kernel_size: int | tuple[int, int] = 3
    stride: int | tuple[int, int] = 1
    padding: int | tuple[int, int] | None = None
    dilation: int | tuple[int, int] = 1
    groups: int = 1
    bias: bool = False

    def __post_init__(self) -> None:
        counts = {name: check_int(getattr(self, name), name) for name in ("in_channels", "out_channels", "groups")}
        pairs = {name: check_pair(getattr(self, name), name) for name in ("kernel_size", "stride", "dilation")}
        k_h, k_w = pairs["kernel_size"]
        padding = (k_h // 2, k_w // 2) if self.padding is None else check_pair(self.padding, "padding", at_least=0)
        for name in ("in_channels", "out_channels"):
            if counts[name] % counts["groups"]:
                raise ValueError(f"groups must divide {name} ({counts[name]}), got {self.groups!r}")
        # The class is frozen so that a plan cannot change under a figure; its fields are set only here.
        vars(self).update(**counts, **pairs, padding=padding, bias=check_bool(self.bias, "bias"))

    @property
    def kind(self) -> str:
        """ "depthwise" (a group per input channel), "pointwise" (1x1), "grouped" or "standard"."""
        if self.groups == self.in_channels > 1:
            return "depthwise"
        if self.groups > 1:
            return "grouped"
        return "pointwise" if self.kernel_size == (1, 1) else "standard"

    @property
    def weight_shape(self) -> tuple[int, int, int, int]:
        """(C_out, C_in / groups, k_h, k_w), the shape of ``torch.nn.Conv2d(...).weight``."""
        return (self.out_channels, self.in_channels // self.groups, *cast(Pair, self.kernel_size))

    @property
    def weights(self) -> int:
        """C_out * (C_in / groups) * k_h * k_w: each output channel reads only the channels of its own group."""
        return prod(self.weight_shape)

    @property
    def params(self) -> int:
        """Learned numbers: the weights, plus out_channels biases if there is a bias."""
        return self.weights + (self.out_channels if self.bias else 0)

    def output_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """(H_out, W_out) for an input of ``size`` = (H, W): floor((H + 2p - d(k - 1) - 1) / s) + 1.

        Raises ValueError if the kernel is larger than the padded input.
        """
        size = check_size(size)
        pairs = (cast(Pair, pair) for pair in (self.kernel_size, self.stride, self.padding, self.dilation))
        output = []
        for length, k, s, p, d in zip(size, *pairs, strict=True):
            reach = d * (k - 1) + 1
            if reach > length + 2 * p:
                raise ValueError(
                    f"size {size!r} is too small: the kernel {self.kernel_size!r} with dilation {self.dilation!r} "
                    f"covers {reach} pixels, so H and W plus twice the padding {self.padding!r} must reach that"
                )
            output.append((length + 2 * p - reach) // s + 1)
        return output[0], output[1]

    def output_shape(self, shape: Shape) -> Shape:
        """(1, C_in, H, W) -> (1, C_out, H_out, W_out)"""
        if len(shape) != 4 or shape[:2] != (1, self.in_channels):
            raise _misfit(self, f"(1, {self.in_channels}, H, W)", shape)
        return (1, self.out_channels, *self.output_size(shape[2:]))

    def cost_of(self, output_shape: Shape, batch_norm: bool = False) -> Cost:
        """Cost of one image's output (1, C_out, H_out, W_out), with batch norm after the convolution if requested.

        MACs = weights * H_out * W_out: every weight is used once per output position.
        """
        positions = output_shape[2] * output_shape[3]
        return Cost(
            weights=self.weights,
            biases=self.out_channels if self.bias else 0,
            norm=2 * self.out_channels if batch_norm else 0,
            macs=self.weights * positions,
            activations=self.out_channels * positions,
        )

    def macs(self, size: tuple[int, int]) -> int:
        """Multiply-accumulate operations for one image of ``size`` = (H, W). FLOPs are twice as many."""
        return self.weights * prod(self.output_size(size))


@dataclass(frozen=True)
class GlobalAveragePool:
    """The mean of each channel over all its pixels. It has no params, and its work is not counted as MACs."""

    channels: int
    kind = "pool"

    def __post_init__(self) -> None:
        vars(self).update(channels=check_int(self.channels, "channels"))

    def output_shape(self, shape: Shape) -> Shape:
        """(1, C, H, W) -> (1, C)"""
        if len(shape) != 4 or shape[:2] != (1, self.channels):
            raise _misfit(self, f"(1, {self.channels}, H, W)", shape)
        return (1, self.channels)

    def cost_of(self, output_shape: Shape, batch_norm: bool = False) -> Cost:
        return Cost()


@dataclass(frozen=True)
class LinearSpec:
    """One linear layer on features without height and width; its arguments are those of ``torch.nn.Linear``."""

    in_features: int
    out_features: int
    bias: bool = True
    kind = "linear"

    def __post_init__(self) -> None:
        checked = {name: check_int(getattr(self, name), name) for name in ("in_features", "out_features")}
        vars(self).update(checked, bias=check_bool(self.bias, "bias"))

    def output_shape(self, shape: Shape) -> Shape:
        """(1, F_in) -> (1, F_out)"""
        if shape != (1, self.in_features):
            raise _misfit(self, f"(1, {self.in_features})", shape)
        return (1, self.out_features)

    def cost_of(self, output_shape: Shape, batch_norm: bool = False) -> Cost:
        """Each weight is used once."""
        weights, biases = self.in_features * self.out_features, self.out_features if self.bias else 0
        return Cost(weights=weights, biases=biases, macs=weights, activations=self.out_features)


Layer = Conv2dSpec | GlobalAveragePool | LinearSpec


def _misfit(layer: Layer, wanted: str, shape: Shape) -> ValueError:
    return ValueError(f"a {layer.kind} layer takes {wanted}, got the shape {shape!r}")
