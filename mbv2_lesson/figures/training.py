"""Notebook 08: accuracy against params and MACs, and the paper's ablations at a small scale."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from ..experiments.small_nets import KINDS, Comparison, SmallNet
from ..plans.tables import measured
from .output import describe
from .style import INK_ON_KIND, KIND_COLOUR, canvas, plain_axes, set_title, theme_of

LOOK = {"standard": ("standard", "o"), "separable": ("depthwise", "s"), "inverted residual": ("pointwise", "^")}


def training_comparison(
    comparison: Comparison, nets: Sequence[SmallNet], *, theme: str = "light", figure: Figure | None = None
) -> Figure:
    """Accuracy of each of ``nets``, mean over the seeds and one standard deviation, against its params and its MACs."""
    colours = theme_of(theme)
    figure = canvas(6.4, 3.9, theme, figure)
    trained = _finished(comparison, nets)
    for column, what in enumerate(("params", "macs")):
        axes = plain_axes(figure, (0.09 + 0.475 * column, 0.29, 0.42, 0.61), theme)
        for kind in KINDS:
            own = [one for one in trained if one.net.kind == kind]
            colour, marker = LOOK[kind]
            axes.errorbar(
                [getattr(one.net.plan.cost, what) for one in own],
                [100 * one.mean for one in own],
                yerr=[100 * one.deviation for one in own],
                fmt=marker,
                markersize=8,
                markerfacecolor=KIND_COLOUR[colour],
                markeredgecolor=INK_ON_KIND if theme == "light" else colours.text,
                ecolor=colours.text,
                elinewidth=1.2,
                capsize=4,
                label=kind if column == 0 else None,
            )
        values = [getattr(one.net.plan.cost, what) for one in trained]
        axes.set_xscale("log")
        axes.set_xlim(min(values) / 1.4, max(values) * 1.4)
        ticks = {"params": [2_000, 5_000, 10_000, 20_000], "macs": [100_000, 200_000, 500_000]}[what]
        ticks = [tick for tick in ticks if min(values) / 1.4 <= tick <= max(values) * 1.4]
        axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
        axes.minorticks_off()
        axes.set_xlabel({"params": "params", "macs": "MACs"}[what])
        lowest = min(100 * (one.mean - one.deviation) for one in trained)
        axes.set_ylim(lowest - 0.5, max(100 * (one.mean + one.deviation) for one in trained) + 0.5)
        low, high = axes.get_ylim()
        axes.set_yticks([tick for tick in axes.get_yticks() if low <= tick <= high])
        if column == 0:
            set_title(axes, "accuracy in % on pictures not seen", theme)
        else:
            axes.set_yticklabels([])
    figure.legend(
        loc="lower center",
        bbox_to_anchor=(0.5, 0.06),
        ncols=3,
        frameon=False,
        fontsize=9,
        labelcolor=colours.text,
    )
    figure.text(0.5, 0.02, f"whiskers: {_spread(trained)}", ha="center", fontsize=8.5, color=colours.text)
    costs = "; ".join(
        f"{one.net}: {one.net.plan.cost.params:,} params, {one.net.plan.cost.macs:,} MACs" for one in trained
    )
    return _describe(figure, comparison, f"Accuracy against params and MACs. {costs}.", _spoken(trained))


def ablation(
    comparison: Comparison, nets: Sequence[SmallNet], *, theme: str = "light", figure: Figure | None = None
) -> Figure:
    """Accuracy of each of ``nets``, all seeds as dots, mean and standard deviation; the first one is the published."""
    colours = theme_of(theme)
    figure = canvas(6.4, 0.95 + 0.5 * len(nets), theme, figure)
    height = figure.get_size_inches()[1]
    axes = plain_axes(figure, (0.36, 0.62 / height, 0.62, 1 - 0.95 / height), theme)
    trained = _finished(comparison, nets)
    for row, one in enumerate(trained):
        values = [100 * value for value in one.accuracies]
        axes.plot(
            values, [row + 0.2] * len(values), "|", color=colours.text, markersize=8, markeredgewidth=1, alpha=0.7
        )
        axes.errorbar(
            100 * one.mean,
            row - 0.1,
            xerr=100 * one.deviation,
            fmt="^",
            markersize=8,
            markerfacecolor=KIND_COLOUR["pointwise"],
            markeredgecolor=colours.text,
            ecolor=colours.text,
            capsize=4,
        )
    published = trained[0]
    axes.axvline(100 * published.mean, color=colours.faint, linestyle=":", linewidth=1.2, zorder=0)
    axes.set_ylim(len(trained) - 0.5, -0.5)
    seen = [100 * value for one in trained for value in one.accuracies]
    axes.set_xlim(min(seen) - 0.7, min(max(seen) + 0.7, 100))
    low, high = axes.get_xlim()
    axes.set_xticks([tick for tick in axes.get_xticks() if low <= tick <= high])
    axes.set_yticks(range(len(trained)), [_short(one.net) for one in trained])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(f"strokes: seeds; whiskers: {_spread(trained)}", fontsize=8.5)
    set_title(axes, "accuracy in % on pictures not seen", theme)
    params = sorted({one.net.plan.cost.params for one in trained})
    size = f"{params[0]:,}" if len(params) == 1 else f"{params[0]:,} to {params[-1]:,}"
    counted = f"Inverted residuals of {size} params, changed in one thing at a time."
    return _describe(figure, comparison, counted, _spoken(trained))


def _finished(comparison: Comparison, nets: Sequence[SmallNet]):
    trained = [one for one in comparison.trained if one.net in nets]
    if not trained:
        raise ValueError("no network was trained to the end, so there is nothing to draw; let at least one finish")
    return trained


def _short(net: SmallNet) -> str:
    if not net.linear:
        return "ReLU6 at the end"
    if net.shortcut == "bottlenecks":
        return "linear, between bottlenecks"
    return {"none": "no shortcut", "expansions": "between expansions"}[net.shortcut]


def _spread(trained) -> str:
    seeds = sorted({len(one.accuracies) for one in trained})
    if seeds == [1]:
        return "none, a single seed has no spread"
    return f"one standard deviation over {' or '.join(map(str, seeds))} seeds"


def _spoken(trained) -> str:
    words = "; ".join(f"{one.net}: {one.mean:.1%} plus or minus {one.deviation:.1%}" for one in trained)
    return f"{words}; {_spread(trained)}"


def _describe(figure: Figure, comparison: Comparison, counted: str, clocked: str) -> Figure:
    """Alt text in which what was trained just now is marked, as another machine rounds differently."""
    if comparison.fresh:
        return describe(figure, f"{counted} In this run, {measured(f'mean accuracy {clocked}')}.")
    return describe(figure, f"{counted} Stored run, mean accuracy {clocked}.")
