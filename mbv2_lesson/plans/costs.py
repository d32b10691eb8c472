"""What a layer costs: the counting rules, on plain numbers. No torch.

One MAC is one multiplication and one addition, so FLOPs = 2 x MACs. Convolutions and linear layers are counted;
additions of biases and shortcuts, batch norm, activations and pooling are not (as in the MobileNet papers).
"""

from __future__ import annotations

from dataclasses import dataclass

from .checks import check_int


@dataclass(frozen=True)
class Cost:
    """What one layer, one step or a whole plan costs for one image. Costs add up with ``+`` and ``sum``.

    weights, biases, norm: numbers that are learned; norm is batch norm's gamma and beta, two for each channel
    macs: multiply-accumulate operations
    activations: elements of the outputs of all convolutions and linear layers
    """

    weights: int = 0
    biases: int = 0
    norm: int = 0
    macs: int = 0
    activations: int = 0

    @property
    def params(self) -> int:
        """All learned numbers: weights + biases + norm."""
        return self.weights + self.biases + self.norm

    @property
    def flops(self) -> int:
        """Floating-point operations, 2 x MACs."""
        return 2 * self.macs

    def __add__(self, other: Cost) -> Cost:
        if not isinstance(other, Cost):
            return NotImplemented
        return Cost(
            self.weights + other.weights,
            self.biases + other.biases,
            self.norm + other.norm,
            self.macs + other.macs,
            self.activations + other.activations,
        )

    def __radd__(self, other: object) -> Cost:
        # sum() starts from the number 0.
        return self if other == 0 else NotImplemented


def conv2d_cost(
    in_channels: int,
    out_channels: int,
    kernel_size: tuple[int, int],
    output_size: tuple[int, int],
    groups: int = 1,
    bias: bool = False,
    batch_norm: bool = False,
) -> Cost:
    """Cost of one 2-D convolution with output (1, out_channels, *output_size).

    weights = C_out * (C_in / groups) * k_h * k_w: each output channel reads the channels of its own group only.
    MACs = weights * H_out * W_out: every weight is used once at every output position.
    """
    weights = out_channels * (in_channels // groups) * kernel_size[0] * kernel_size[1]
    positions = output_size[0] * output_size[1]
    return Cost(
        weights=weights,
        biases=out_channels if bias else 0,
        norm=2 * out_channels if batch_norm else 0,
        macs=weights * positions,
        activations=out_channels * positions,
    )


def linear_cost(in_features: int, out_features: int, bias: bool = True) -> Cost:
    """Cost of one linear layer: each of its weights is used once."""
    weights = in_features * out_features
    return Cost(weights=weights, biases=out_features if bias else 0, macs=weights, activations=out_features)


def separable_ratio(out_channels: int, kernel_size: int) -> float:
    """Cost of a depthwise separable convolution as a share of the standard one: 1 / C_out + 1 / k^2.

    It holds for weights and for MACs and does not depend on C_in (MobileNetV1, arXiv 1704.04861, section 3.1).
    """
    out_channels = check_int(out_channels, "out_channels")
    kernel_size = check_int(kernel_size, "kernel_size")
    return 1 / out_channels + 1 / kernel_size**2
