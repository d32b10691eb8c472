"""Notebook 08: accuracy against params and MACs, and the paper's ablations at a small scale."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from ..experiments.small_nets import KINDS, Comparison, SmallNet
from .output import describe
from .style import INK_ON_KIND, KIND_COLOR, SMALLEST, canvas, legend, plain_axes, set_title, theme_of

COLOR_AND_MARKER = {
    "standard": ("standard", "o"),
    "separable": ("depthwise", "s"),
    "inverted residual": ("pointwise", "^"),
}


def training_comparison(comparison: Comparison, nets: Sequence[SmallNet], *, theme: str = "light") -> Figure:
    """Accuracy of each of ``nets``, mean and standard deviation over the seeds, against its params and its MACs."""
    colors = theme_of(theme)
    figure = canvas(6.4, 3.9, theme)
    trained = _finished(comparison, nets)
    for column, what in enumerate(("params", "macs")):
        axes = plain_axes(figure, (0.09 + 0.475 * column, 0.29, 0.42, 0.61), theme)
        for kind in KINDS:
            of_kind = [result for result in trained if result.net.kind == kind]
            color, marker = COLOR_AND_MARKER[kind]
            edge = INK_ON_KIND if theme == "light" else colors.text
            style = {"markerfacecolor": KIND_COLOR[color], "markeredgecolor": edge, "elinewidth": 1.2}
            axes.errorbar(
                [getattr(result.net.plan.cost, what) for result in of_kind],
                [100 * result.mean for result in of_kind],
                yerr=[100 * result.std for result in of_kind],
                label=kind if column == 0 else None,
                **style | {"fmt": marker, "markersize": 8, "ecolor": colors.text, "capsize": 4},
            )
        values = [getattr(result.net.plan.cost, what) for result in trained]
        left, right = min(values) / 1.4, max(values) * 1.4
        axes.set(xscale="log", xlim=(left, right), xlabel={"params": "params", "macs": "MACs"}[what])
        ticks = {"params": [2_000, 5_000, 10_000, 20_000], "macs": [100_000, 200_000, 500_000]}[what]
        ticks = [tick for tick in ticks if left <= tick <= right]
        axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
        axes.minorticks_off()
        low = min(100 * (result.mean - result.std) for result in trained) - 0.5
        high = max(100 * (result.mean + result.std) for result in trained) + 0.5
        axes.set_ylim(low, high)
        axes.set_yticks([tick for tick in axes.get_yticks() if low <= tick <= high])
        if column == 0:
            set_title(axes, "accuracy in % on unseen images", theme)
        else:
            axes.set_yticklabels([])
    legend(figure, theme, loc="lower center", bbox_to_anchor=(0.5, 0.06), ncols=3)
    figure.text(0.5, 0.02, f"whiskers: {_spread(trained)}", ha="center", fontsize=SMALLEST, color=colors.text)
    costs = "; ".join(
        f"{result.net}: {result.net.plan.cost.params:,} params, {result.net.plan.cost.macs:,} MACs"
        for result in trained
    )
    return _describe(figure, comparison, trained, "Accuracy against params and MACs.", f" {costs}.")


def ablation(comparison: Comparison, nets: Sequence[SmallNet], *, theme: str = "light") -> Figure:
    """Accuracy of each of ``nets``: a stroke per seed, mean and standard deviation; the first is the published one."""
    colors = theme_of(theme)
    figure = canvas(6.4, 1.15 + 0.5 * len(nets), theme)
    height = figure.get_size_inches()[1]
    axes = plain_axes(figure, (0.36, 0.82 / height, 0.62, 1 - 1.15 / height), theme)
    trained = _finished(comparison, nets)
    for row, result in enumerate(trained):
        values = [100 * value for value in result.accuracies]
        strokes = {"marker": "|", "linestyle": "", "markeredgewidth": 1, "alpha": 0.7}
        axes.plot(values, [row + 0.2] * len(values), color=colors.text, markersize=8, **strokes)
        style = {"fmt": "^", "markersize": 8, "markeredgecolor": colors.text, "ecolor": colors.text, "capsize": 4}
        style["markerfacecolor"] = KIND_COLOR["pointwise"]
        axes.errorbar(100 * result.mean, row - 0.1, xerr=100 * result.std, **style)
    published = trained[0]
    axes.axvline(100 * published.mean, color=colors.faint, linestyle=":", linewidth=1.2, zorder=0)
    axes.set_ylim(len(trained) - 0.5, -0.5)
    seen = [100 * value for result in trained for value in result.accuracies]
    axes.set_xlim(min(seen) - 0.7, min(max(seen) + 0.7, 100))
    low, high = axes.get_xlim()
    axes.set_xticks([tick for tick in axes.get_xticks() if low <= tick <= high])
    axes.set_yticks(range(len(trained)), [_short(result.net) for result in trained])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(f"strokes: seeds\nwhiskers: {_spread(trained)}", fontsize=SMALLEST)
    set_title(axes, "accuracy in % on unseen images", theme)
    params = sorted({result.net.plan.cost.params for result in trained})
    size = f"{params[0]:,}" if len(params) == 1 else f"{params[0]:,} to {params[-1]:,}"
    counted = f"Inverted residuals of {size} params, with one thing changed at a time."
    return _describe(figure, comparison, trained, counted)


def _finished(comparison: Comparison, nets: Sequence[SmallNet]):
    trained = [result for result in comparison.trained if result.net in nets]
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
    seeds = sorted({len(result.accuracies) for result in trained})
    if seeds == [1]:
        return "none; a single seed has no spread"
    return f"one standard deviation over {' or '.join(map(str, seeds))} seeds"


def _spoken(trained) -> str:
    words = "; ".join(f"{result.net}: {result.mean:.1%} plus or minus {result.std:.1%}" for result in trained)
    return f"{words}; {_spread(trained)}"


def _describe(figure: Figure, comparison: Comparison, trained, message: str, costs: str = "") -> Figure:
    """What was trained just now is kept apart, since another machine rounds differently."""
    worst, best = (f(trained, key=lambda result: result.mean) for f in (min, max))
    brief = f"{message} Mean accuracy from {worst.mean:.1%} ({worst.net}) to {best.mean:.1%} ({best.net})."
    counted, clocked = message + costs, f"mean accuracy {_spoken(trained)}."
    if comparison.fresh:
        return describe(figure, counted, f"In this run: {clocked}", brief=brief)
    return describe(figure, f"{counted} Stored run: {clocked}", brief=brief)
