"""The explorer of notebook 04."""

from __future__ import annotations

from matplotlib.figure import Figure

from .. import experiments, figures
from ..plans import Plan, standard_conv
from ..plans.tables import ratio, table
from .explorer import Explorer, Setting

DIMENSIONS = range(2, 31)
SEEDS = range(20)


class CollapseExplorer(Explorer):
    """A spiral through n units and an activation, and what is read back. ``plan`` is the expansion from 2 to n."""

    module = "collapse"
    dimensions = Setting(DIMENSIONS)
    seed = Setting(SEEDS, 0)
    activation = Setting(experiments.ACTIVATIONS, "ReLU")

    def __init__(self, dimensions: int = 2, theme: str = "light", **settings: object) -> None:
        largest, spiral = DIMENSIONS[-1], experiments.spiral()
        # The results are computed here; the browser draws the points from the same matrices.
        found = {name: experiments.all_collapses(name, largest, len(SEEDS)) for name in experiments.ACTIVATIONS}
        super().__init__(
            {"dimensions": dimensions, **settings},
            theme,
            spiral=spiral.tolist(),
            matrices=[experiments.random_matrix(largest, seed).tolist() for seed in SEEDS],
            # As many digits as are shown: rounded again, the last digit could differ from Python's.
            errors={name: (errors.round(4) + 0.0).tolist() for name, (errors, _) in found.items()},
            lost={name: lost.tolist() for name, (_, lost) in found.items()},
            chance=experiments.rounded([experiments.chance_lost(n) for n in DIMENSIONS]).tolist(),
        )

    @property
    def result(self) -> experiments.Collapse:
        """What is shown, as numbers."""
        return experiments.collapse(**self.values)

    @property
    def plan(self) -> Plan:
        # Each point of the curve is a pixel with two channels.
        return standard_conv(2, self.dimensions, 1, size=(1, len(experiments.spiral())))

    def numbers(self) -> dict[str, int]:
        return {"points with fewer than two active units": int(self.result.lost.sum())}

    def draw(self) -> Figure:
        return figures.collapse_pair(self.result, theme=self.theme)

    def table(self) -> str:
        results = (experiments.collapse(self.dimensions, self.seed, name) for name in experiments.ACTIVATIONS)
        rows = [(each.activation, ratio(each.error), f"{ratio(100 * each.lost.mean(), 1)}%") for each in results]
        return table(("with this matrix", "read-out error", "fewer than two active units"), *rows)
