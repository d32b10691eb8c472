"""Costs as bars, and the law 1/C_out + 1/k^2 as a heat map."""

from __future__ import annotations

from math import log2

from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from ..plans import Conv2dSpec, Network, Plan, separable_ratio
from ..plans.tables import times
from .checks import check_plans
from .output import describe
from .style import (
    INK_ON_KIND,
    KIND_COLOR,
    SMALLEST,
    bar_axes,
    canvas,
    kind_legend,
    kind_style,
    plain_axes,
    set_title,
    short,
    theme_of,
)

MAP_CHANNELS = [4, 8, 16, 32, 64, 128, 256, 512, 1024]
MAP_KERNELS = [1, 3, 5, 7]


def cost_bars(plans: list[Plan], *, theme: str = "light") -> Figure:
    """Weights and MACs of each plan side by side, each bar divided by kind of layer."""
    plans = check_plans(plans, "cost_bars")
    figure = canvas(6.4, 1.05 + 0.42 * len(plans), theme)
    height = figure.get_size_inches()[1]
    _draw_bars(figure, plans, theme, bottom=0.42 / height, top=1 - 0.3 / height)
    ranges = []
    for unit in ("params", "macs"):
        values = [getattr(plan.cost, unit) for plan in plans]
        ranges.append(f"{min(values):,} to {max(values):,} {unit.replace('macs', 'MACs')}")
    return describe(
        figure, _bars_in_words(plans), brief=f"The costs of {len(plans)} plans as bars: {', '.join(ranges)}."
    )


def law_map(out_channels: int | None = None, kernel_size: int | None = None, *, theme: str = "light") -> Figure:
    """The share 1/C_out + 1/k^2 for a range of both, with the reader's own setting marked if it is given."""
    figure = canvas(6.4, 2.9, theme)
    return describe(figure, _draw_map(figure, (0.11, 0.2, 0.86, 0.68), out_channels, kernel_size, theme))


def separable_saving(standard: Plan, separable: Plan, *, theme: str = "light") -> Figure:
    """Bars of both plans above the heat map of the law, on which their C_out and kernel are marked."""
    figure = canvas(6.4, 4.7, theme)
    _draw_bars(figure, [standard, separable], theme, bottom=0.71, top=0.94)
    spec = standard.steps[0].spec
    words = _draw_map(figure, (0.11, 0.13, 0.86, 0.41), spec.out_channels, spec.kernel_size[0], theme)
    return describe(figure, f"{_bars_in_words([standard, separable])} {words}", brief=f"Costs as bars. {words}")


def _bars_in_words(plans: list[Plan]) -> str:
    parts = [f"{plan.name}{_setting(plan)}: {plan.cost.params:,} params, {plan.cost.macs:,} MACs" for plan in plans]
    return "Costs as bars. " + "; ".join(parts) + "."


def _setting(plan: Plan) -> str:
    """Channels and kernel, for a few convolutions."""
    kernels = [step.spec.kernel_size for step in plan if isinstance(step.spec, Conv2dSpec)]
    if isinstance(plan, Network) or not kernels:
        return ""
    return f", {plan.input_shape[1]:,} to {plan.output_shape[1]:,} channels, {times(max(kernels))}"


def _draw_bars(figure: Figure, plans: list[Plan], theme: str, bottom: float, top: float) -> None:
    colors = theme_of(theme)
    panels = [("params", 0.24, lambda cost: cost.params), ("MACs", 0.64, lambda cost: cost.macs)]
    kinds = list(dict.fromkeys(kind for plan in plans for kind in plan.cost_by_kind))
    for name, left, value in panels:
        maximum = max(value(plan.cost) for plan in plans)
        axes = bar_axes(figure, (left, bottom, 0.33, top - bottom), name, len(plans), maximum, theme)
        for row, plan in enumerate(plans):
            start, largest = 0, (0, 0, "")  # the largest piece: its length, its end, its kind
            for kind, cost in plan.cost_by_kind.items():
                axes.barh(row, value(cost), left=start, height=0.6, linewidth=0.6, **kind_style(kind))
                start += value(cost)
                largest = max(largest, (value(cost), start, kind))
            # next to a short bar; inside a long one, at the end of its largest piece
            _, end, kind = largest
            inside = end > 0.6 * maximum
            axes.text(
                end - 0.02 * maximum if inside else start + 0.03 * maximum,
                row,
                short(start),
                ha="right" if inside else "left",
                va="center",
                fontsize=SMALLEST,
                color=INK_ON_KIND if inside else colors.text,
                bbox={"facecolor": KIND_COLOR[kind], "edgecolor": "none", "pad": 1.5} if inside else None,
            )
    figure.axes[0].set_yticklabels([plan.name.replace(" ", "\n", 1) for plan in plans])
    kind_legend(figure, kinds, bottom - 0.15 / figure.get_figheight(), theme)


def _draw_map(figure: Figure, rect, out_channels: int | None, kernel_size: int | None, theme: str) -> str:
    colors = theme_of(theme)
    axes = plain_axes(figure, rect, theme)
    shares = [[separable_ratio(c, k) for c in MAP_CHANNELS] for k in MAP_KERNELS]
    # Light means cheap, so dark text is readable on every cell but the most expensive, which are white on dark blue.
    blues = LinearSegmentedColormap.from_list("share", ["#f2f7fb", "#9ecae1", "#2f7fb8", "#08306b"])
    axes.imshow(shares, cmap=blues, vmin=0, vmax=1.1, aspect="auto")
    for row, line in enumerate(shares):
        for column, share in enumerate(line):
            text, ink = f"{share:.{int(share < 0.1)}%}", "#ffffff" if share > 0.7 else INK_ON_KIND
            axes.text(column, row, text, color=ink, fontsize=SMALLEST, ha="center", va="center")
    axes.set_xticks(range(len(MAP_CHANNELS)), MAP_CHANNELS)
    axes.set_yticks(range(len(MAP_KERNELS)), [f"{k}\u00d7{k}" for k in MAP_KERNELS])
    axes.set_xlabel("output channels C_out")
    set_title(axes, "separable as a share of standard: 1/C_out + 1/k\u00b2", theme)
    words = "Heat map of the share 1/C_out + 1/k squared, which falls to the right and downward."
    if out_channels is None or kernel_size is None:
        return words
    column = log2(out_channels / MAP_CHANNELS[0])
    row = (kernel_size - 1) / 2
    if 0 <= column <= len(MAP_CHANNELS) - 1 and 0 <= row <= len(MAP_KERNELS) - 1:  # otherwise it is off the map
        style = {"marker": "s", "facecolor": "none", "edgecolor": colors.mark, "linewidth": 3}
        axes.scatter([column], [row], s=900, zorder=3, clip_on=False, **style)
    return (
        f"{words} Your setting, C_out {out_channels} and {kernel_size}×{kernel_size}, "
        f"is at {separable_ratio(out_channels, kernel_size):.2%}."
    )
