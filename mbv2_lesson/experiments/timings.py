"""Measured times as data: ratios, bytes moved, and what a machine could do at best. No torch; ``timer`` measures.

The times themselves belong to one machine on one day; what is reported are ratios within one run, with their spread.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from functools import cache, lru_cache
from math import prod
from pathlib import Path
from types import MappingProxyType

from ..plans import Plan, Step, check_bool, check_int, depthwise_separable, mobilenet_v2, standard_conv
from .rounding import rounded

SIZES = ((32, 112), (64, 56), (128, 28), (256, 14), (512, 7))  # channels, height and width
NETWORKS = ((1.0, 224), (0.35, 224), (0.5, 224), (0.75, 224), (1.4, 224), (1.0, 96))  # width_mult, resolution
KINDS = ("standard", "depthwise", "pointwise")
WHAT = (*KINDS, "separable", "network")
BYTES = 4  # of a float32
PAGE = 4096  # bytes handed out by one page fault, at least

DATA = Path(__file__).parent / "data"


@lru_cache(typed=True)  # many timings share a plan, and a figure asks each of them several times; True is not 1
def timed_plan(what: str, *setting: float) -> Plan:
    """What is timed: a 3x3 (pointwise: 1x1) layer for (channels, size), or MobileNetV2 for (width_mult, resolution)."""
    if what not in WHAT:
        raise ValueError(f"what is timed must be one of {', '.join(map(repr, WHAT))}, got {what!r}")
    if what == "network":
        return mobilenet_v2(*setting)
    channels, size = setting
    if what == "separable":
        return depthwise_separable(channels, channels, size=(size, size))
    kernel_size, groups = {"standard": (3, 1), "depthwise": (3, channels), "pointwise": (1, 1)}[what]
    return standard_conv(channels, channels, kernel_size, groups=groups, size=(size, size))


def bytes_moved(plan: Iterable[Step], batch: int = 1) -> int:
    """The least that the steps must move to and from memory, in bytes: each reads its input and its weights and writes
    its output once, in float32. What a fused or cached implementation saves, or a poor one wastes, is left out.
    """
    batch = check_int(batch, "batch")
    return sum(
        BYTES * (batch * (prod(step.input_shape) + prod(step.output_shape)) + step.cost.weights + step.cost.biases)
        for step in plan
    )


def intensity(plan: Plan, batch: int = 1) -> float:
    """MACs per byte moved (arithmetic intensity; Williams and others, "Roofline", 2009, in FLOPs)."""
    return batch * plan.cost.macs / bytes_moved(plan, batch)


@dataclass(frozen=True)
class Ceilings:
    """A machine at its best: MACs per second, and bytes per second from memory and, for small tensors, from a cache."""

    macs: float
    memory: float
    cache: float

    def rounded(self) -> Ceilings:
        """The same to four digits, more than they can be trusted to."""
        return Ceilings(*rounded(astuple(self)).tolist())

    def reach(self, intensity: float) -> float:
        """MACs per second under both roofs, at this many MACs per byte moved from and to memory."""
        return min(self.macs, self.memory * intensity)


@dataclass(frozen=True)
class Timing:
    """One thing that was timed: ``seconds`` per call, one value per round.

    page_faults: new pages of memory that the system had to hand out in one call; None where it does not report that
    """

    what: str
    setting: tuple[float, float]
    batch: int
    channels_last: bool
    seconds: tuple[float, ...]
    page_faults: float | None = None

    @property
    def plan(self) -> Plan:
        return timed_plan(self.what, *self.setting)

    @property
    def macs(self) -> int:
        """MACs per call, that is, for all images in the batch."""
        return self.batch * self.plan.cost.macs

    @property
    def fresh_memory(self) -> bool:
        """Whether a good part of what the call wrote went to pages that the system had just handed out."""
        written = self.batch * BYTES * sum(prod(step.output_shape) for step in self.plan)
        return (self.page_faults or 0) * PAGE > written / 4

    @property
    def rate(self) -> float:
        """MACs per second (median of the rounds)."""
        return self.macs / statistics.median(self.seconds)


@dataclass(frozen=True)
class Ratio:
    """How many times as long one thing took as another: median and quartiles over the rounds."""

    low: float
    median: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f} to {self.high:.2f})"


def ratio(slow: Sequence[float], fast: Sequence[float]) -> Ratio:
    """From the seconds of each round, in which both were timed one after the other, so a busy moment hit both."""
    ratios = [a / b for a, b in zip(slow, fast, strict=True)]
    if len(ratios) < 2:
        raise ValueError(f"a spread needs two rounds or more, got {len(ratios)}")
    return Ratio(*statistics.quantiles(ratios, n=4, method="inclusive"))


@dataclass(frozen=True)
class Results:
    """Everything timed in one run on one machine.

    machine: processor, threads, torch, date, and settings of the memory allocator if there were any
    fresh: whether it was measured just now, on the reader's machine, not read from a file
    """

    machine: Mapping[str, str]
    timings: tuple[Timing, ...]
    ceilings: Ceilings
    fresh: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "machine", MappingProxyType(dict(self.machine)))

    def find(self, what: str, setting: Sequence[float], batch: int = 1, channels_last: bool = False) -> Timing:
        key = (what, tuple(setting), batch, channels_last)
        for timing in self.timings:
            if (timing.what, timing.setting, timing.batch, timing.channels_last) == key:
                return timing
        raise ValueError(f"{key} was not timed in this run")

    def speedup(self, setting: Sequence[float], batch: int = 1, channels_last: bool = False) -> Ratio:
        """How many times as long the standard convolution took as the separable one."""
        standard, separable = (self.find(what, setting, batch, channels_last) for what in ("standard", "separable"))
        return ratio(standard.seconds, separable.seconds)

    def network_share(self, setting: Sequence[float], batch: int = 1, channels_last: bool = False) -> Ratio:
        """The time of a network as a share of that of the first of ``NETWORKS``."""
        network, full = (self.find("network", key, batch, channels_last) for key in (setting, NETWORKS[0]))
        return ratio(network.seconds, full.seconds)

    @property
    def cases(self) -> list[tuple[int, bool]]:
        """Each (batch, channels_last) that was timed."""
        return list(dict.fromkeys((timing.batch, timing.channels_last) for timing in self.timings))

    def settings(self, what: str) -> list[tuple[float, float]]:
        """Each setting at which this was timed."""
        return list(dict.fromkeys(timing.setting for timing in self.timings if timing.what == what))

    def to_json(self) -> str:
        """Text for ``from_json``. Seconds and ceilings have four digits, more than they can be trusted to."""
        rows = [asdict(timing) | {"seconds": rounded(timing.seconds).tolist()} for timing in self.timings]
        lines = ",\n".join(map(json.dumps, rows))
        head = json.dumps({"machine": dict(self.machine), "ceilings": asdict(self.ceilings.rounded())})
        return f'{head[:-1]}, "timings": [\n{lines}\n]}}\n'


def from_json(text: str) -> Results:
    """What ``Results.to_json`` wrote. Raises ValueError for anything else."""
    try:
        data = json.loads(text)
        timings = tuple(
            Timing(**{**row, "setting": tuple(row["setting"]), "seconds": tuple(row["seconds"])})
            for row in data["timings"]
        )
        return Results(data["machine"], timings, Ceilings(**data["ceilings"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"not a file of stored timings: {type(error).__name__}: {error}") from error


@cache
def stored(*, keep_memory: bool = False) -> Results:
    """The run that comes with the lesson, or the one whose allocator kept its memory.

    ``benchmarks/speed.py`` made both. They are read once and shared, so they cannot be changed.
    """
    name = "speed_memory_kept.json" if check_bool(keep_memory, "keep_memory") else "speed.json"
    return from_json((DATA / name).read_text(encoding="utf-8"))
