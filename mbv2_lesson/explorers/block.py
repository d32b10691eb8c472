"""The explorer of notebook 05."""

from __future__ import annotations

from matplotlib.figure import Figure

from .. import figures
from ..plans import Plan, inverted_residual, standard_conv
from ..plans.blocks import NO_SHORTCUT
from ..plans.tables import table, times
from .explorer import CHANNELS, SIZES, Explorer, Setting


class BlockExplorer(Explorer):
    """The switchboard of the inverted residual: shapes and cost of each step, and whether there is a shortcut.

    >>> explorer = BlockExplorer(in_channels=16, out_channels=24)
    >>> explorer.plan.no_shortcut_because
    '16 channels cannot be added to 24'
    """

    module = "block"
    in_channels, out_channels = Setting(CHANNELS), Setting(CHANNELS)
    expand_ratio = Setting(range(1, 11), 6)
    stride = Setting([1, 2], 1)
    size = Setting(SIZES)
    linear, always_expand = Setting([True, False], True), Setting([True, False], False)

    def __init__(
        self, in_channels: int = 16, out_channels: int = 16, size: int = 56, theme: str = "light", **settings: object
    ) -> None:
        first = {"in_channels": in_channels, "out_channels": out_channels, "size": size, **settings}
        super().__init__(first, theme, reasons=NO_SHORTCUT)

    @property
    def plan(self) -> Plan:
        return inverted_residual(**self.arguments)

    @property
    def standard(self) -> Plan:
        """One standard 3x3 convolution in place of the block."""
        return standard_conv(self.in_channels, self.out_channels, stride=self.stride, size=(self.size, self.size))

    def draw(self) -> Figure:
        return figures.plan_diagram(self.plan, theme=self.theme)

    def table(self) -> str:
        rows = [(step.name, times(step.output_shape[1:]), step.cost) for step in self.plan]
        rows += [("block", "", self.cost), ("one standard 3\u00d73", "", self.standard.cost)]
        head = ("step", "output", "weights", "batch norm", "MACs")
        return table(head, *((name, shape, cost.weights, cost.norm, cost.macs) for name, shape, cost in rows))
