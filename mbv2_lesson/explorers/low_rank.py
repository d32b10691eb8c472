"""The explorer of notebook 03."""

from __future__ import annotations

from matplotlib.figure import Figure

from .. import experiments, figures
from ..plans import Plan, depthwise_separable, standard_conv
from ..plans.tables import COST_HEAD, cost_row, table
from .controls import DrawnExplorer, Slider, menu


class RankExplorer(DrawnExplorer):
    """How much of a standard kernel a separable form with depth multiplier M can be, and what it costs."""

    numbers_height = "9em"

    def __init__(
        self,
        in_channels: int = 16,
        out_channels: int = 32,
        kernel_size: int = 3,
        size: int = 56,
        theme: str = "light",
        *,
        depth_multiplier: int = 1,
        kernel: str = "random",
    ) -> None:
        shape = (in_channels, out_channels, kernel_size)
        self.standard = standard_conv(*shape, size=(size, size))
        multipliers = range(1, kernel_size**2 + 1)
        self.plans = [depthwise_separable(*shape, depth_multiplier=m, size=(size, size)) for m in multipliers]
        # The singular values are found once; a slider only looks up what they say.
        self.errors = {
            name: experiments.low_rank_errors(experiments.example_kernel(name, *shape)) for name in experiments.KERNELS
        }
        super().__init__(
            {
                "depth_multiplier": (Slider("depth multiplier M", multipliers), depth_multiplier),
                "kernel": (menu("kernels", experiments.KERNELS), kernel),
            },
            theme,
        )

    def make_plan(self, values: dict) -> Plan:
        return self.plans[values["depth_multiplier"] - 1]

    def words(self, plan: Plan, values: dict) -> tuple[str, str]:
        error = self.errors[values["kernel"]][values["depth_multiplier"] - 1]
        fit = "Exact" if error < 1e-9 else f"Relative error {error:.2f}"
        share = plan.cost.params / self.standard.cost.params
        sentence = (
            f"M = {values['depth_multiplier']}, kernels: {values['kernel']}. <b>{fit}</b>, with "
            f"{plan.cost.params:,} weights: {share:.1%} of the standard {self.standard.cost.params:,}."
        )
        rows = (cost_row("standard", self.standard), cost_row("separable", plan))
        return sentence, table(COST_HEAD, *rows)

    def draw(self, plan: Plan, values: dict, figure: Figure | None) -> Figure:
        return figures.rank_dial(
            self.errors,
            values["kernel"],
            self.plans,
            self.standard,
            values["depth_multiplier"],
            theme=self.theme,
            figure=figure,
        )
