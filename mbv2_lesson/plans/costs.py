"""What a layer costs, as plain numbers. No torch.

One MAC is one multiplication and one addition, so FLOPs = 2 x MACs. Convolutions and linear layers are counted;
additions of biases and shortcuts, batch norm, activations and pooling are not (as in the MobileNet papers).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from .checks import check_int


@dataclass(frozen=True)
class Cost:
    """What a layer, a step or a whole plan costs for one image. Costs add up with ``+`` and ``sum``, and subtract.

    weights, biases, norm: learned numbers; norm is batch norm's gamma and beta, two per channel
    macs: multiply-accumulate operations
    activations: elements of the outputs of all convolutions and linear layers

    >>> standard, separable = Cost(weights=4608, macs=14450688), Cost(weights=656, macs=2057216)
    >>> standard - separable
    Cost(weights=3952, biases=0, norm=0, macs=12393472, activations=0)
    >>> (standard + separable).flops
    33015808
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

    def as_dict(self) -> dict[str, int]:
        """All numbers by name, including ``params`` and ``flops``."""
        return {name: getattr(self, name) for name in _NUMBERS}

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

    def __sub__(self, other: Cost) -> Cost:
        if not isinstance(other, Cost):
            return NotImplemented
        return Cost(*(getattr(self, field.name) - getattr(other, field.name) for field in fields(Cost)))


_NUMBERS = ("weights", "biases", "norm", "params", "macs", "flops", "activations")


def separable_ratio(out_channels: int, kernel_size: int) -> float:
    """Cost of a depthwise separable convolution as a share of the standard one: 1 / C_out + 1 / k^2.

    It holds for weights and for MACs and does not depend on C_in (MobileNetV1, arXiv 1704.04861, section 3.1).

    >>> round(separable_ratio(32, 3), 4)
    0.1424
    """
    out_channels = check_int(out_channels, "out_channels")
    kernel_size = check_int(kernel_size, "kernel_size")
    return 1 / out_channels + 1 / kernel_size**2
