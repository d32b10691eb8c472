"""The explorer of notebook 07. It computes from plans; only the ceilings and the points are measured."""

from __future__ import annotations

from dataclasses import asdict, replace

from matplotlib.figure import Figure

from .. import figures
from ..experiments import rounded, timings
from ..plans import Plan, standard_conv
from ..plans.tables import significant, table, times
from .explorer import Explorer, Setting


class IntensityExplorer(Explorer):
    """MACs per byte that a layer moves, under the ceilings of a machine: is it bound by arithmetic or by memory?

    ``results`` supplies the ceilings and the points; by default it is the run that comes with the lesson.

    >>> explorer = IntensityExplorer(kind="pointwise", channels=128, size=28)
    >>> explorer.cost.macs, round(explorer.intensity, 1)
    (12845056, 14.8)
    """

    module = "intensity"
    kind = Setting(timings.KINDS)
    channels = Setting([2**n for n in range(3, 13)])
    kernel_size = Setting([1, 3, 5, 7], 3)
    size = Setting([7, 14, 28, 56, 112, 224, 512, 1024])
    batch = Setting([1, 2, 4, 8, 16, 32], 1)

    def __init__(
        self,
        kind: str = "depthwise",
        channels: int = 128,
        size: int = 28,
        results: timings.Results | None = None,
        theme: str = "light",
        **settings: object,
    ) -> None:
        results = results or timings.stored()
        self.results = replace(results, ceilings=results.ceilings.rounded())
        super().__init__(
            {"kind": kind, "channels": channels, "size": size, **settings},
            theme,
            ceilings=asdict(self.results.ceilings),
            points=_points(results),
            machine=None if results.fresh else dict(results.machine),
            bytes_per_element=timings.BYTES,
        )

    @property
    def intensity(self) -> float:
        """MACs per byte moved."""
        return timings.intensity(self.plan, self.batch)

    @property
    def plan(self) -> Plan:
        kernel_size = 1 if self.kind == "pointwise" else self.kernel_size
        groups = self.channels if self.kind == "depthwise" else 1
        return standard_conv(self.channels, self.channels, kernel_size, groups=groups, size=(self.size, self.size))

    def numbers(self) -> dict[str, int | str]:
        plan = self.plan
        macs = str(self.batch * plan.cost.macs)  # as text, since JavaScript's numbers are exact only up to 2**53
        return super().numbers() | {"MACs of all images": macs, "bytes moved": timings.bytes_moved(plan, self.batch)}

    def draw(self) -> Figure:
        kernel, maps = times(self.plan["conv"].spec.kernel_size), times([f"{self.size:,}"] * 2)
        words = f"{self.kind} {kernel}, {self.channels:,} channels of {maps}"
        return figures.roofline(self.results, mark=(words, self.intensity), theme=self.theme)

    def table(self) -> str:
        cost, images = self.cost, (1, self.batch)
        return table(
            ("", "1 image", f"{self.batch} at a time"),
            ("params", cost.params, cost.params),
            ("MACs", *(n * cost.macs for n in images)),
            ("FLOPs = 2 \u00d7 MACs", *(n * cost.flops for n in images)),
            ("bytes moved, at least", *(timings.bytes_moved(self.plan, n) for n in images)),
            ("MACs per byte", *(significant(timings.intensity(self.plan, n)) for n in images)),
        )


def _points(results: timings.Results) -> list[dict]:
    """The layers that were timed one image at a time, in the default layout."""
    return [
        {
            "kind": timing.what,
            "intensity": float(rounded(timings.intensity(timing.plan))),
            "rate": float(rounded(timing.rate)),
            "fresh_memory": timing.fresh_memory,
        }
        for timing in results.timings
        if timing.what in timings.KINDS and (timing.batch, timing.channels_last) == (1, False)
    ]
