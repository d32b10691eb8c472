"""What others published, and the conventions by which one and the same network gets different numbers. No torch.

Nothing here is computed: the figures are as printed in their source. What the lesson computes comes from ``plans``.
"""

from __future__ import annotations

from dataclasses import dataclass

from .blocks import Plan
from .checks import check_bool

PAPER = "arXiv 1801.04381, Table 4"
V1_PAPER = "arXiv 1704.04861, Table 4"
TF_SLIM = "TensorFlow-Slim's table"


@dataclass(frozen=True)
class Published:
    """One row of a table: MACs and params in millions, top-1 accuracy on ImageNet and Pixel 1 latency if given."""

    source: str
    network: str
    width_mult: float
    resolution: int
    macs: float
    params: float | None
    top1: float | None = None
    latency_ms: float | None = None


PUBLISHED = (
    Published(PAPER, "MobileNetV1", 1.0, 224, 575, 4.2, 70.6, 113),
    Published(PAPER, "MobileNetV2", 1.0, 224, 300, 3.4, 72.0, 75),
    Published(PAPER, "MobileNetV2", 1.4, 224, 585, 6.9, 74.7, 143),
    Published(V1_PAPER, "standard convolutions", 1.0, 224, 4866, 29.3, 71.7),
    Published(TF_SLIM, "MobileNetV1", 1.0, 224, 569, None),
    Published(TF_SLIM, "MobileNetV2", 1.4, 224, 582, 6.06, 75.0),
    Published(TF_SLIM, "MobileNetV2", 1.3, 224, 509, 5.34, 74.4),
    Published(TF_SLIM, "MobileNetV2", 1.0, 224, 300, 3.47, 71.8),
    Published(TF_SLIM, "MobileNetV2", 0.75, 224, 209, 2.61, 69.8),
    Published(TF_SLIM, "MobileNetV2", 0.5, 224, 97, 1.95, 65.4),
    Published(TF_SLIM, "MobileNetV2", 0.35, 224, 59, 1.66, 60.3),
    Published(TF_SLIM, "MobileNetV2", 1.0, 192, 221, 3.47, 70.7),
    Published(TF_SLIM, "MobileNetV2", 1.0, 160, 154, 3.47, 68.8),
    Published(TF_SLIM, "MobileNetV2", 1.0, 128, 99, 3.47, 65.3),
    Published(TF_SLIM, "MobileNetV2", 1.0, 96, 56, 3.47, 60.3),
)


def published(
    network: str | None = None, width_mult: float | None = None, resolution: int | None = None
) -> tuple[Published, ...]:
    """The published rows for this network, width and resolution, each of which may be left open; () if there are none.

    >>> [(row.source, row.macs, row.top1) for row in published("MobileNetV2", 1.4, 224)]
    [('arXiv 1801.04381, Table 4', 585, 74.7), ("TensorFlow-Slim's table", 582, 75.0)]
    """
    wanted = {"network": network, "width_mult": width_mult, "resolution": resolution}
    return tuple(row for row in PUBLISHED if all(value in (None, getattr(row, name)) for name, value in wanted.items()))


def count_under(
    plan: Plan, *, flops: bool = False, batch_norm: bool = True, biases: bool = True, classifier: bool = True
) -> tuple[int, int]:
    """(params, operations) of a plan under one convention. No convention is wrong, but two must not be mixed.

    flops: operations are FLOPs, two for each MAC; otherwise MACs
    batch_norm, biases: whether these parameters count
    classifier: whether the last, linear layer counts, with its params and its operations
    """
    for name, value in {"flops": flops, "batch_norm": batch_norm, "biases": biases, "classifier": classifier}.items():
        check_bool(value, name)
    costs = [step.cost for step in plan if classifier or step.kind != "linear"]
    params = sum(cost.weights + biases * cost.biases + batch_norm * cost.norm for cost in costs)
    return params, sum(cost.flops if flops else cost.macs for cost in costs)


def matches_printed(count: float, printed: float | None) -> bool:
    """Whether ``count`` millions become the ``printed`` number, rounded or cut off at its last digit."""
    if printed is None:
        return False
    digits = len(str(printed).partition(".")[2]) if isinstance(printed, float) else 0
    unit = 10.0**-digits
    return abs(round(count, digits) - printed) < unit / 1e6 or 0 <= count - printed < unit
