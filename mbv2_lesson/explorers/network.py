"""The explorers of notebook 06."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import Any

from matplotlib.figure import Figure

from .. import figures
from ..plans import Network, mobilenet_v1, mobilenet_v2
from ..plans.networks import MOBILENET_V2
from ..plans.published import Published, count_under, matches_printed, published
from ..plans.tables import percent, table
from .explorer import Explorer, Setting

WIDTHS = [0.35, 0.5, 0.75, 1.0, 1.3, 1.4]
RESOLUTIONS = [96, 128, 160, 192, 224]


def as_printed(row: Published, *names: str) -> dict[str, str | None]:
    """Figures of a published row with the digits printed there, or None where it gives none."""
    values = {name: getattr(row, name) for name in names}
    return {name: None if value is None else str(value) for name, value in values.items()}


class NetworkExplorer(Explorer):
    """MobileNetV2 at each width and resolution of the published table: cost by part, totals, published accuracy.

    >>> explorer = NetworkExplorer(width_mult=0.5, resolution=160)
    >>> explorer.plan["block 3"].has_shortcut, explorer.cost.macs
    (True, 50184000)
    """

    module = "network"
    width_mult, resolution = Setting(WIDTHS), Setting(RESOLUTIONS)

    def __init__(self, width_mult: float = 1.0, resolution: int = 224, theme: str = "light") -> None:
        rows = [
            {"source": row.source, "width_mult": row.width_mult, "resolution": row.resolution}
            | as_printed(row, "params", "macs", "top1")
            for row in published("MobileNetV2")
        ]
        settings = {"width_mult": width_mult, "resolution": resolution}
        super().__init__(settings, theme, table=[list(row) for row in MOBILENET_V2], published=rows)

    @property
    def plan(self) -> Network:
        return mobilenet_v2(**self.values)

    def numbers(self) -> dict[str, int]:
        return super().numbers() | {"activations": self.cost.activations}

    def draw(self) -> Figure:
        return figures.network_profile(self.plan, theme=self.theme)

    def table(self) -> str:
        cost, full = self.cost, mobilenet_v2().cost
        rows = published("MobileNetV2", **self.values)

        def line(words: str, name: str, printed: str = "") -> tuple:
            count = getattr(cost, name)
            return words, count, percent(count / getattr(full, name)), printed

        def printed(name: str, unit: str) -> str:
            return "; ".join(f"{getattr(row, name)}{unit}" for row in rows)

        return table(
            ("", "computed", "of 1.0 at 224", "published"),
            line("params", "params", printed("params", "M")),
            line("MACs", "macs", printed("macs", "M")),
            line("FLOPs = 2 \u00d7 MACs", "flops"),
            line("activations", "activations"),
            ("top-1 accuracy", "", "", printed("top1", "%") or "none"),
            ("published in", "", "", "; ".join(row.source for row in rows)),
        )


# The networks for which both the paper and TensorFlow-Slim print counts.
NETWORKS = {
    "MobileNetV2 1.0": mobilenet_v2,
    "MobileNetV2 1.4": partial(mobilenet_v2, 1.4),
    "MobileNetV1 1.0": mobilenet_v1,
}
SWITCHES = ("flops", "batch_norm", "biases", "classifier")


class ConventionExplorer(Explorer):
    """One network counted under any convention, next to the published figures and whether they fit.

    >>> ConventionExplorer(batch_norm=False).numbers()
    {'params': 3470760, 'MACs': 300774272}
    """

    module = "convention"
    network = Setting(list(NETWORKS), "MobileNetV2 1.0")
    flops = Setting([True, False], False)
    batch_norm, biases, classifier = (Setting([True, False], True) for _ in range(3))

    def __init__(self, theme: str = "light", **settings: object) -> None:
        super().__init__(settings, theme, networks={name: _pieces(name) for name in NETWORKS})

    @property
    def plan(self) -> Network:
        return NETWORKS[self.network]()

    def numbers(self) -> dict[str, int]:
        params, operations = count_under(self.plan, **self._convention)
        return {"params": params, "FLOPs" if self.flops else "MACs": operations}

    def draw(self) -> Figure:
        return figures.conventions(self.plan, _rows(self.network), **self._convention, theme=self.theme)

    def table(self) -> str:
        params, operations = self.numbers().values()
        rows = [
            (
                f"published: {row.source}",
                "not given" if row.params is None else f"{row.params}M, {_fits(params, row.params)}",
                f"{row.macs}M MACs, {_fits(operations, row.macs)}",
            )
            for row in _rows(self.network)
        ]
        unit = "FLOPs" if self.flops else "MACs"
        return table(("", "params", "operations"), ("this count", params, f"{operations:,} {unit}"), *rows)

    @property
    def _convention(self) -> dict[str, bool]:
        return {name: getattr(self, name) for name in SWITCHES}


def _fits(count: int, printed: float) -> str:
    return "fits" if matches_printed(count / 1e6, printed) else "differs"


def _rows(name: str) -> tuple[Published, ...]:
    network, width_mult = name.split()
    return published(network, float(width_mult), 224)


def _pieces(name: str) -> dict[str, Any]:
    """The pieces that the browser adds up, the published rows, and the counts that fit each of them."""
    plan = NETWORKS[name]()
    classifier = plan["classifier"].cost
    counts = [
        count_under(plan, **dict(zip(SWITCHES, switches, strict=True))) for switches in product([True, False], repeat=4)
    ]
    all_params, all_operations = (sorted(set(numbers)) for numbers in zip(*counts, strict=True))
    rows = [
        {
            "source": row.source,
            **as_printed(row, "params", "macs"),
            "fitting": {
                "params": [count for count in all_params if matches_printed(count / 1e6, row.params)],
                "operations": [count for count in all_operations if matches_printed(count / 1e6, row.macs)],
            },
        }
        for row in _rows(name)
    ]
    convolutions = plan.cost - classifier
    return {"convolutions": convolutions.as_dict(), "classifier": classifier.as_dict(), "published": rows}
