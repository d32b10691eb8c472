"""The explorer of notebook 07. It computes from plans; only the two ceilings were ever measured."""

from __future__ import annotations

from matplotlib.figure import Figure

from .. import figures
from ..experiments import timings
from ..plans import Plan, standard_conv
from ..plans.tables import COST_HEAD, cost_row, table
from .controls import DrawnExplorer, Slider, menu


class IntensityExplorer(DrawnExplorer):
    """MACs per byte that a layer moves, under the ceilings of a machine: is it bound by arithmetic or by memory?

    ``results`` gives the ceilings and the points; without it they are those that come with the lesson.
    """

    numbers_height = "9.5em"

    def __init__(
        self,
        kind: str = "depthwise",
        channels: int = 128,
        size: int = 28,
        results: timings.Results | None = None,
        theme: str = "light",
        *,
        kernel_size: int = 3,
        batch: int = 1,
    ) -> None:
        self.results = results or timings.stored()
        super().__init__(
            {
                "kind": (menu("kind", timings.KINDS), kind),
                "channels": (Slider("channels", [2**n for n in range(3, 13)]), channels),
                "kernel_size": (Slider("kernel size k", [1, 3, 5, 7]), kernel_size),
                "size": (Slider("height, width", [7, 14, 28, 56, 112, 224, 512, 1024]), size),
                "batch": (Slider("images at a time", [1, 2, 4, 8, 16, 32]), batch),
            },
            theme,
        )

    @property
    def intensity(self) -> float:
        """MACs per byte moved."""
        return timings.intensity(self.plan, self.values["batch"])

    def make_plan(self, values: dict) -> Plan:
        channels, size = values["channels"], values["size"]
        kernel_size = 1 if values["kind"] == "pointwise" else values["kernel_size"]
        groups = channels if values["kind"] == "depthwise" else 1
        return standard_conv(channels, channels, kernel_size, groups=groups, size=(size, size))

    def words(self, plan: Plan, values: dict) -> tuple[str, str]:
        batch, ceilings = values["batch"], self.results.ceilings
        value = timings.intensity(plan, batch)
        reach = ceilings.reach(value) / ceilings.macs
        bound = "arithmetic is the limit" if reach == 1 else f"memory allows {reach:.1%} of what arithmetic could do"
        sentence = (
            f"{self._name(values)}, {batch} at a time: {batch * plan.cost.macs:,} MACs and at least "
            f"{timings.bytes_moved(plan, batch):,} bytes, so <b>{value:.3g} MACs per byte</b>. With these ceilings, "
            f"{bound}."
        )
        return sentence, table(COST_HEAD, cost_row("this layer, one image", plan))

    def draw(self, plan: Plan, values: dict, figure: Figure | None) -> Figure:
        mark = (self._name(values), timings.intensity(plan, values["batch"]))
        return figures.roofline(self.results, mark=mark, theme=self.theme, figure=figure)

    @staticmethod
    def _name(values: dict) -> str:
        kernel = 1 if values["kind"] == "pointwise" else values["kernel_size"]
        shape = f"{values['channels']:,} channels of {values['size']:,}\u00d7{values['size']:,}"
        return f"{values['kind']} {kernel}\u00d7{kernel}, {shape}"
