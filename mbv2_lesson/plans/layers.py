"""Single layers as plain descriptions: convolution, global average pooling, linear layer. No torch.

A size is (H, W). Each layer says its ``kind``, its ``params``, its input and output shape for an input of some size
(``shapes``) and what it costs there (``cost``).
"""

from __future__ import annotations

from dataclasses import dataclass

from .checks import check_bool, check_int, check_size, pair
from .costs import Cost, conv2d_cost, linear_cost


@dataclass(frozen=True)
class Conv2dSpec:
    """One 2-D convolution, its arguments as ``torch.nn.Conv2d`` takes them.

    kernel_size, stride, padding and dilation are one whole number or a pair (height, width). Padding defaults to
    kernel_size // 2, which keeps the size at stride 1 when the kernel is odd and not dilated. There is no bias
    unless asked for, as in MobileNetV2, where batch norm follows each convolution.

    Raises TypeError for what is not a whole number and ValueError for one that is out of range.
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
        # The class is frozen so that a plan cannot change under a figure; only here may its fields be set.
        def put(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        put("in_channels", check_int(self.in_channels, "in_channels"))
        put("out_channels", check_int(self.out_channels, "out_channels"))
        put("groups", check_int(self.groups, "groups"))
        put("kernel_size", pair(self.kernel_size, "kernel_size"))
        put("stride", pair(self.stride, "stride"))
        put("dilation", pair(self.dilation, "dilation"))
        padding = tuple(k // 2 for k in self.kernel_size) if self.padding is None else self.padding
        put("padding", pair(padding, "padding", at_least=0))
        check_bool(self.bias, "bias")
        for name in ("in_channels", "out_channels"):
            if getattr(self, name) % self.groups:
                raise ValueError(f"groups must divide {name} ({getattr(self, name)}), got {self.groups!r}")

    @property
    def kind(self) -> str:
        """ "depthwise" (a group for each input channel), "pointwise" (1x1), "grouped" or "standard"."""
        if self.groups == self.in_channels > 1:
            return "depthwise"
        if self.groups > 1:
            return "grouped"
        return "pointwise" if self.kernel_size == (1, 1) else "standard"

    @property
    def weight_shape(self) -> tuple[int, int, int, int]:
        """(C_out, C_in / groups, k_h, k_w), the shape of ``torch.nn.Conv2d(...).weight``."""
        return (self.out_channels, self.in_channels // self.groups, *self.kernel_size)

    @property
    def params(self) -> int:
        """Learned numbers: weights, and out_channels biases if there is a bias."""
        c_out, c_in_of_a_group, k_h, k_w = self.weight_shape
        return c_out * c_in_of_a_group * k_h * k_w + (c_out if self.bias else 0)

    def output_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """(H_out, W_out) for an input of ``size`` = (H, W): floor((H + 2p - d(k - 1) - 1) / s) + 1.

        Raises ValueError if the kernel is larger than the padded input.
        """
        size = check_size(size)
        output = []
        for length, k, s, p, d in zip(size, self.kernel_size, self.stride, self.padding, self.dilation, strict=True):
            reach = d * (k - 1) + 1
            if reach > length + 2 * p:
                raise ValueError(
                    f"size {size!r} is too small: the kernel {self.kernel_size!r} with dilation {self.dilation!r} "
                    f"covers {reach} pixels, so H and W plus twice the padding {self.padding!r} must reach that"
                )
            output.append((length + 2 * p - reach) // s + 1)
        return output[0], output[1]

    def shapes(self, size: tuple[int, int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """(1, C_in, H, W) and (1, C_out, H_out, W_out)"""
        return (1, self.in_channels, *check_size(size)), (1, self.out_channels, *self.output_size(size))

    def cost(self, size: tuple[int, int], batch_norm: bool = False) -> Cost:
        """Cost for one image of ``size`` = (H, W), with batch norm after the convolution if asked."""
        return conv2d_cost(
            self.in_channels,
            self.out_channels,
            self.kernel_size,
            self.output_size(size),
            self.groups,
            self.bias,
            batch_norm,
        )

    def macs(self, size: tuple[int, int]) -> int:
        """Multiply-accumulate operations for one image of ``size`` = (H, W). FLOPs are twice as many."""
        return self.cost(size).macs


@dataclass(frozen=True)
class GlobalAveragePool:
    """The mean of each channel over all its pixels. It has nothing to learn and no MACs that are counted."""

    channels: int
    kind = "pool"
    params = 0

    def __post_init__(self) -> None:
        check_int(self.channels, "channels")

    def shapes(self, size: tuple[int, int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """(1, C, H, W) and (1, C)"""
        return (1, self.channels, *check_size(size)), (1, self.channels)

    def cost(self, size: tuple[int, int], batch_norm: bool = False) -> Cost:
        return Cost()


@dataclass(frozen=True)
class LinearSpec:
    """One linear layer on features without a size, its arguments as ``torch.nn.Linear`` takes them."""

    in_features: int
    out_features: int
    bias: bool = True
    kind = "linear"

    def __post_init__(self) -> None:
        check_int(self.in_features, "in_features")
        check_int(self.out_features, "out_features")
        check_bool(self.bias, "bias")

    @property
    def params(self) -> int:
        """Learned numbers: weights, and out_features biases if there is a bias."""
        return self.out_features * (self.in_features + self.bias)

    def shapes(self, size: tuple[()] = ()) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """(1, F_in) and (1, F_out)"""
        if size != ():
            raise ValueError(f"a linear layer works on features without a size, so size must be (), got {size!r}")
        return (1, self.in_features), (1, self.out_features)

    def cost(self, size: tuple[()] = (), batch_norm: bool = False) -> Cost:
        """Cost for one image."""
        return linear_cost(self.in_features, self.out_features, self.bias)
