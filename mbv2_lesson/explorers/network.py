"""The explorers of notebook 06."""

from __future__ import annotations

from matplotlib.figure import Figure

from .. import figures
from ..plans import Network, mobilenet_v1, mobilenet_v2
from ..plans.published import count_under, matches_printed, published
from ..plans.tables import table
from .controls import DrawnExplorer, Slider, menu, switch

WIDTHS = [0.35, 0.5, 0.75, 1.0, 1.3, 1.4]
RESOLUTIONS = [96, 128, 160, 192, 224]


class NetworkExplorer(DrawnExplorer):
    """MobileNetV2 at any width and resolution of the published table: cost part by part, totals, published accuracy."""

    numbers_height = "17em"

    def __init__(self, width_mult: float = 1.0, resolution: int = 224, theme: str = "light") -> None:
        super().__init__(
            {
                "width_mult": (Slider("width multiplier", WIDTHS), width_mult),
                "resolution": (Slider("resolution", RESOLUTIONS), resolution),
            },
            theme,
        )

    def make_plan(self, values: dict) -> Network:
        return mobilenet_v2(**values)

    def words(self, plan: Network, values: dict) -> tuple[str, str]:
        cost, full = plan.cost, mobilenet_v2().cost
        rows = published(plan.name, values["width_mult"], values["resolution"])
        accuracy = " and ".join(f"{row.top1}% ({row.source})" for row in rows)
        sentence = (
            f"Width {values['width_mult']}, {values['resolution']}\u00d7{values['resolution']} pixels: "
            f"<b>{cost.params:,} params, {cost.macs:,} MACs</b>. "
            f"Top-1 accuracy: {f'published {accuracy}' if rows else 'none published for this setting'}."
        )
        head = ("", "params", "MACs", "FLOPs = 2 \u00d7 MACs", "activations")
        share = [
            f"{getattr(cost, name) / getattr(full, name):.1%}" for name in ("params", "macs", "flops", "activations")
        ]
        return sentence, table(
            head,
            ("this setting", cost.params, cost.macs, cost.flops, cost.activations),
            ("share of 1.0 at 224", *share),
            *((f"published: {row.source}", f"{row.params} M", f"{row.macs} M", "", "") for row in rows),
        )

    def draw(self, plan: Network, values: dict, figure: Figure | None) -> Figure:
        return figures.network_profile(plan, theme=self.theme, figure=figure)


# The networks of which the paper and TensorFlow-Slim both print counts.
NETWORKS = {"MobileNetV2 1.0": 1.0, "MobileNetV2 1.4": 1.4, "MobileNetV1 1.0": None}


class ConventionExplorer(DrawnExplorer):
    """One network counted under every convention, beside the published figures and whether they fit."""

    numbers_height = "11em"

    def __init__(
        self,
        theme: str = "light",
        *,
        network: str = "MobileNetV2 1.0",
        flops: bool = False,
        batch_norm: bool = True,
        biases: bool = True,
        classifier: bool = True,
    ) -> None:
        super().__init__(
            {
                "network": (menu("network", list(NETWORKS)), network),
                "flops": (switch("FLOPs: two for each MAC"), flops),
                "batch_norm": (switch("count batch norm's params"), batch_norm),
                "biases": (switch("count biases"), biases),
                "classifier": (switch("count the classifier"), classifier),
            },
            theme,
        )

    def make_plan(self, values: dict) -> Network:
        width_mult = NETWORKS[values["network"]]
        return mobilenet_v1() if width_mult is None else mobilenet_v2(width_mult)

    def words(self, plan: Network, values: dict) -> tuple[str, str]:
        params, operations = self._count(plan, values)
        unit = "FLOPs" if values["flops"] else "MACs"
        rows = self._rows(values)
        fits = [
            (matches_printed(params / 1e6, row.params), matches_printed(operations / 1e6, row.macs), row.source)
            for row in rows
        ]
        both = " and ".join(source for first, second, source in fits if first and second)
        sentence = (
            f"{values['network']} under this convention: <b>{params:,} params, {operations:,} {unit}</b>. "
            f"{f'Both numbers fit {both}.' if both else 'No published row fits in both numbers.'}"
        )
        head = ("", "params", "MACs")
        printed = [
            (
                row.source,
                "not given" if row.params is None else f"{row.params} M, {'fits' if first else 'differs'}",
                f"{row.macs} M, {'fits' if second else 'differs'}",
            )
            for row, (first, second, _) in zip(rows, fits, strict=True)
        ]
        return sentence, table(head, (f"this count (params, {unit})", params, operations), *printed)

    def draw(self, plan: Network, values: dict, figure: Figure | None) -> Figure:
        convention = {name: value for name, value in values.items() if name != "network"}
        return figures.conventions(plan, self._rows(values), **convention, theme=self.theme, figure=figure)

    @staticmethod
    def _count(plan: Network, values: dict) -> tuple[int, int]:
        return count_under(plan, **{name: value for name, value in values.items() if name != "network"})

    @staticmethod
    def _rows(values: dict) -> tuple:
        network, width_mult = values["network"].split()
        return published(network, float(width_mult), 224)
