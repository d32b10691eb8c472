"""The explorer of notebook 05."""

from __future__ import annotations

from matplotlib.figure import Figure

from .. import figures
from ..plans import Plan, inverted_residual, standard_conv
from ..plans.tables import table
from .controls import CHANNELS, SIZES, Explorer, Slider, size_in_words, switch


class BlockExplorer(Explorer):
    """The switchboard of the inverted residual: shapes and cost of each step, and whether there is a shortcut."""

    numbers_height = "19em"

    def __init__(
        self,
        in_channels: int = 16,
        out_channels: int = 16,
        size: int = 56,
        theme: str = "light",
        *,
        expand_ratio: int = 6,
        stride: int = 1,
        linear: bool = True,
        always_expand: bool = False,
    ) -> None:
        super().__init__(
            {
                "in_channels": (Slider("input channels", CHANNELS), in_channels),
                "out_channels": (Slider("output channels", CHANNELS), out_channels),
                "expand_ratio": (Slider("expansion ratio t", range(1, 11)), expand_ratio),
                "stride": (Slider("stride", [1, 2]), stride),
                "size": (Slider("input height, width", SIZES), size),
                "linear": (switch("linear end (off: ReLU6)"), linear),
                "always_expand": (switch("expand even at ratio 1 (the article)"), always_expand),
            },
            theme,
        )

    def make_plan(self, values: dict) -> Plan:
        size = values["size"]
        return inverted_residual(**{**values, "size": (size, size)})

    def words(self, plan: Plan, values: dict) -> tuple[str, str]:
        shortcut = "shortcut: input + output" if plan.has_shortcut else f"no shortcut: {plan.no_shortcut_because}"
        end = "linear end" if values["linear"] else "ReLU6 at the end"
        sentence = (
            f"{size_in_words(plan.input_shape)} become {size_in_words(plan.output_shape)}; {end}; {shortcut}. "
            f"<b>{plan.cost.params:,} params, {plan.cost.macs:,} MACs.</b>"
        )
        head = ("step", "output", "weights", "batch norm", "MACs")
        rows = [
            (
                step.name,
                "\u00d7".join(map(str, step.output_shape[1:])),
                step.cost.weights,
                step.cost.norm,
                step.cost.macs,
            )
            for step in plan
        ]
        cost = plan.cost
        size = values["size"]
        whole = standard_conv(
            values["in_channels"], values["out_channels"], stride=values["stride"], size=(size, size)
        ).cost
        return sentence, table(
            head,
            *rows,
            ("block", "", cost.weights, cost.norm, cost.macs),
            ("for comparison: one standard 3\u00d73", "", whole.weights, whole.norm, whole.macs),
        )

    def draw(self, plan: Plan, values: dict, figure: Figure | None) -> Figure:
        return figures.plan_diagram(plan, theme=self.theme, figure=figure)
