"""The explorer of notebook 04."""

from __future__ import annotations

from matplotlib.figure import Figure

from .. import experiments, figures
from ..plans import Plan, standard_conv
from ..plans.tables import table
from .controls import DrawnExplorer, Slider, menu


class CollapseExplorer(DrawnExplorer):
    """A spiral through n units and an activation, and what is read back. ``plan`` is the expansion from 2 to n."""

    numbers_height = "12.5em"

    def __init__(self, dimensions: int = 2, theme: str = "light", *, seed: int = 0, activation: str = "ReLU") -> None:
        super().__init__(
            {
                "dimensions": (Slider("dimensions n", range(2, 31)), dimensions),
                "seed": (Slider("random matrix no.", range(20)), seed),
                "activation": (menu("activation", experiments.ACTIVATIONS), activation),
            },
            theme,
        )

    @property
    def result(self) -> experiments.Collapse:
        """What the figure shows, as numbers."""
        return experiments.collapse(**self.values)

    def make_plan(self, values: dict) -> Plan:
        # Each point of the curve is a pixel with two channels.
        return standard_conv(2, values["dimensions"], 1, size=(1, len(experiments.spiral())))

    def words(self, plan: Plan, values: dict) -> tuple[str, str]:
        n, activation = values["dimensions"], values["activation"]
        results = {name: experiments.collapse(n, values["seed"], name) for name in experiments.ACTIVATIONS}
        result = results[activation]
        theorem = f" (Theorem 1: {experiments.chance_lost(n):.2%} on average)"
        sentence = (
            f"n = {n}, {activation}: <b>read-out error {result.error:.4f}.</b> {result.lost.mean():.1%} of the points "
            f"keep fewer than two active units{theorem if activation == 'ReLU' else ''}."
        )
        head = ("with this matrix", "read-out error", "fewer than two active units")
        rows = [(name, f"{result.error:.4f}", f"{result.lost.mean():.1%}") for name, result in results.items()]
        return sentence, table(head, *rows)

    def draw(self, plan: Plan, values: dict, figure: Figure | None) -> Figure:
        return figures.collapse_pair(experiments.collapse(**values), theme=self.theme, figure=figure)
