"""The explorer of notebook 03."""

from __future__ import annotations

from matplotlib.figure import Figure

from .. import experiments, figures
from ..plans import Plan, depthwise_separable, standard_conv
from ..plans.tables import COST_HEAD, cost_row, table
from .explorer import Explorer, Setting


class RankExplorer(Explorer):
    """How closely a separable form with depth multiplier M can match a standard kernel, and what it costs.

    ``errors`` holds the relative errors for M = 1, 2, ... of each kind of kernel, to six digits.
    """

    module = "rank"
    depth_multiplier = Setting(default=1)
    kernel = Setting(experiments.KERNELS, "random")

    def __init__(
        self,
        in_channels: int = 16,
        out_channels: int = 32,
        kernel_size: int = 3,
        size: int = 56,
        theme: str = "light",
        **settings: object,
    ) -> None:
        shape = (in_channels, out_channels, kernel_size)
        self.standard = standard_conv(*shape, size=(size, size))
        multipliers = range(1, kernel_size**2 + 1)
        self.plans = [depthwise_separable(*shape, depth_multiplier=m, size=(size, size)) for m in multipliers]
        errors = {n: experiments.low_rank_errors(experiments.example_kernel(n, *shape)) for n in experiments.KERNELS}
        # With four digits 0.2050 would be printed as 0.20, and the error itself as 0.21.
        self.errors = {name: experiments.rounded(values, digits=6, beside=1) for name, values in errors.items()}
        super().__init__(
            settings,
            theme,
            options={"depth_multiplier": multipliers},
            fixed=dict(zip(("in_channels", "out_channels", "kernel_size", "size"), (*shape, size), strict=True)),
            errors={name: errors.tolist() for name, errors in self.errors.items()},
        )

    @property
    def plan(self) -> Plan:
        return self.plans[self.depth_multiplier - 1]

    def draw(self) -> Figure:
        m, theme = self.depth_multiplier, self.theme
        return figures.rank_dial(self.errors, self.kernel, self.plans, self.standard, m, theme=theme)

    def table(self) -> str:
        error = self.errors[self.kernel][self.depth_multiplier - 1]
        rows = [(*cost_row("standard", self.standard), ""), (*cost_row("separable", self.plan), f"{error:.2f}")]
        return table((*COST_HEAD, "relative error"), *rows)
