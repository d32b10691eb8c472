"""Notebook 03: rank against error and cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from ..plans import Plan
from .output import describe
from .style import SMALLEST, canvas, kind_style, legend, plain_axes, set_title, theme_of

LINES = [("#3f8fd2", "o", "-"), ("#d55e00", "s", "--"), ("#009e73", "^", ":")]  # color, marker and dash differ


def rank_dial(
    errors: Mapping[str, np.ndarray],
    source: str,
    plans: Sequence[Plan],
    standard: Plan,
    multiplier: int,
    *,
    theme: str = "light",
) -> Figure:
    """Left: relative error against depth multiplier M, a line per kind of kernel. Right: the weights for each M.

    ``plans`` are the separable plans for M = 1, 2, ...; the setting (source, multiplier) is marked.
    """
    colors = theme_of(theme)
    figure = canvas(6.4, 3.3, theme)
    multipliers = np.arange(1, len(plans) + 1)
    error, weights, limit = errors[source][multiplier - 1], plans[multiplier - 1].cost.weights, standard.cost.weights
    left = plain_axes(figure, (0.08, 0.17, 0.41, 0.71), theme)
    for (name, values), (color, marker, dash) in zip(errors.items(), LINES, strict=True):
        left.plot(multipliers, values, color=color, marker=marker, linestyle=dash, markersize=5, label=name)
    ring = {"s": 170, "facecolor": "none", "edgecolor": colors.mark, "linewidth": 2.5, "zorder": 3, "clip_on": False}
    left.scatter([multiplier], [error], **ring)
    left.set(yticks=[0, 0.5, 1], ylim=(-0.04, 1.6))  # room for the legend above the lines
    set_title(left, "relative error of the kernel", theme)
    legend(left, theme, loc="upper right")
    right = plain_axes(figure, (0.57, 0.17, 0.41, 0.71), theme, bare="y")
    bottom = np.zeros(len(plans))
    for kind in ("depthwise", "pointwise"):
        values = np.array([plan[kind].cost.weights for plan in plans])
        # one staircase instead of a bar per M: it draws faster when a slider moves
        edges = np.arange(0.5, len(plans) + 1)
        right.stairs(bottom + values, edges, baseline=bottom, fill=True, label=kind, linewidth=0.6, **kind_style(kind))
        bottom = bottom + values
    right.bar([multiplier], [weights], width=1, facecolor="none", edgecolor=colors.mark, linewidth=2.5)
    right.axhline(limit, color=colors.text, linestyle="--", linewidth=1.2, label=f"standard: {limit:,}")
    right.set_ylim(0, 1.5 * max(limit, bottom[-1]))
    # The number of the marked step, over the lower steps to its left; on paper, since the standard's line may cross it.
    paper = {"facecolor": colors.background, "edgecolor": "none", "pad": 1}
    where = {"ha": "right", "va": "bottom", "fontsize": SMALLEST, "color": colors.text}
    right.text(multiplier + 0.35, weights + 0.03 * right.get_ylim()[1], f"{weights:,}", bbox=paper, **where)
    set_title(right, "weights", theme)
    legend(right, theme, loc="upper left")
    for axes in (left, right):
        shown = multipliers if len(plans) < 10 else [1, *range(5, len(plans) + 1, 5)]
        axes.set(xticks=shown, xlabel="depth multiplier M")
    return describe(
        figure,
        f"The relative error of the kernel falls as the depth multiplier M grows, and the weights rise. "
        f"At M = {multiplier}, kernels: {source}: relative error {error:.2f}, {weights:,} weights; the standard "
        f"convolution has {limit:,}.",
    )
