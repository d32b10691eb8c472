"""What others published, and the conventions by which the same network gets different numbers. No torch.

None of the published figures is computed: they are as printed in their source.
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
    """One row of a table: MACs and params in millions; accuracy on ImageNet in %, time on a Pixel 1 phone, if given."""

    source: str
    network: str
    width_mult: float
    resolution: int
    macs: float
    params: float | None
    top1: float | None = None
    top5: float | None = None
    latency_ms: float | None = None


# width_mult, resolution, macs, params, top1, top5, latency_ms. Source: tensorflow/models,
# research/slim/nets/mobilenet/README.md. Counts are truncated, without batch norm, with a classifier of 1,001 outputs.
_TF_SLIM_V2 = (
    (1.4, 224, 582, 6.06, 75.0, 92.5, 138.0),
    (1.3, 224, 509, 5.34, 74.4, 92.1, 123.0),
    (1.0, 224, 300, 3.47, 71.8, 91.0, 73.8),
    (1.0, 192, 221, 3.47, 70.7, 90.1, 55.1),
    (1.0, 160, 154, 3.47, 68.8, 89.0, 40.2),
    (1.0, 128, 99, 3.47, 65.3, 86.9, 27.6),
    (1.0, 96, 56, 3.47, 60.3, 83.2, 17.6),
    (0.75, 224, 209, 2.61, 69.8, 89.6, 55.8),
    (0.75, 192, 153, 2.61, 68.7, 88.9, 41.6),
    (0.75, 160, 107, 2.61, 66.4, 87.3, 30.4),
    (0.75, 128, 69, 2.61, 63.2, 85.3, 21.9),
    (0.75, 96, 39, 2.61, 58.8, 81.6, 14.2),
    (0.5, 224, 97, 1.95, 65.4, 86.4, 28.7),
    (0.5, 192, 71, 1.95, 63.9, 85.4, 21.1),
    (0.5, 160, 50, 1.95, 61.0, 83.2, 14.9),
    (0.5, 128, 32, 1.95, 57.7, 80.8, 9.9),
    (0.5, 96, 18, 1.95, 51.2, 75.8, 6.4),
    (0.35, 224, 59, 1.66, 60.3, 82.9, 19.7),
    (0.35, 192, 43, 1.66, 58.2, 81.2, 14.6),
    (0.35, 160, 30, 1.66, 55.7, 79.1, 10.5),
    (0.35, 128, 20, 1.66, 50.8, 75.0, 6.9),
    (0.35, 96, 11, 1.66, 45.5, 70.4, 4.5),
)
PUBLISHED = (
    Published(PAPER, "MobileNetV1", 1.0, 224, 575, 4.2, top1=70.6, latency_ms=113),
    Published(PAPER, "MobileNetV2", 1.0, 224, 300, 3.4, top1=72.0, latency_ms=75),
    Published(PAPER, "MobileNetV2", 1.4, 224, 585, 6.9, top1=74.7, latency_ms=143),
    Published(V1_PAPER, "standard convolutions", 1.0, 224, 4866, 29.3, top1=71.7),
    Published(TF_SLIM, "MobileNetV1", 1.0, 224, 569, None),
    *(Published(TF_SLIM, "MobileNetV2", *row) for row in _TF_SLIM_V2),
)


def published(
    network: str | None = None, width_mult: float | None = None, resolution: int | None = None
) -> tuple[Published, ...]:
    """The published rows for this network, width and resolution, any of which may be omitted; () if there are none.

    >>> [(row.source, row.macs, row.top1) for row in published("MobileNetV2", 1.4, 224)]
    [('arXiv 1801.04381, Table 4', 585, 74.7), ("TensorFlow-Slim's table", 582, 75.0)]
    """
    wanted = {"network": network, "width_mult": width_mult, "resolution": resolution}
    return tuple(row for row in PUBLISHED if all(value in (None, getattr(row, name)) for name, value in wanted.items()))


def count_under(
    plan: Plan, *, flops: bool = False, batch_norm: bool = True, biases: bool = True, classifier: bool = True
) -> tuple[int, int]:
    """(params, operations) of a plan under one convention. No convention is wrong, but they must not be mixed.

    flops: operations are FLOPs, two per MAC; otherwise MACs
    batch_norm, biases: whether these parameters count
    classifier: whether the last (linear) layer counts, both its params and its operations
    """
    for name, value in {"flops": flops, "batch_norm": batch_norm, "biases": biases, "classifier": classifier}.items():
        check_bool(value, name)
    costs = [step.cost for step in plan if classifier or step.kind != "linear"]
    params = sum(cost.weights + biases * cost.biases + batch_norm * cost.norm for cost in costs)
    return params, sum(cost.flops if flops else cost.macs for cost in costs)


def matches_printed(count: float, printed: float | None) -> bool:
    """Whether ``count``, in millions, gives the ``printed`` number when rounded or truncated to its digits."""
    if printed is None:
        return False
    digits = len(str(printed).partition(".")[2]) if isinstance(printed, float) else 0
    unit = 10.0**-digits
    return abs(round(count, digits) - printed) < unit / 1e6 or 0 <= count - printed < unit
