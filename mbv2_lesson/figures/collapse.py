"""Notebook 04: curves through ReLU."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from ..experiments import Collapse
from .output import describe
from .style import canvas, plain_axes, set_title, theme_of


def collapse_pair(result: Collapse, *, theme: str = "light", figure: Figure | None = None) -> Figure:
    """The curve before and after, dark at its start; points with fewer than two active units are crosses."""
    figure = canvas(6.4, 3.4, theme, figure)
    _curve(figure, (0.02, 0.03, 0.46, 0.86), result.before, np.zeros(len(result.before), bool), "before", theme)
    after = f"after n = {result.dimensions}, {result.activation}"
    _curve(figure, (0.52, 0.03, 0.46, 0.86), result.after, result.lost, after, theme)
    return describe(figure, f"A spiral before and after. {_in_words(result)}")


def collapse_grid(results: Sequence[Collapse], *, theme: str = "light", figure: Figure | None = None) -> Figure:
    """The curve before, then after each result, three to a row (the paper's Figure 1)."""
    rows = -(-(len(results) + 1) // 3)
    figure = canvas(6.4, 2.3 * rows, theme, figure)
    before = results[0].before
    panels = [(before, np.zeros(len(before), bool), "before")]
    panels += [
        (result.after, result.lost, f"n = {result.dimensions}: {result.lost.mean():.0%} crosses") for result in results
    ]
    for number, (points, lost, name) in enumerate(panels):
        row, column = divmod(number, 3)
        rect = (column / 3 + 0.01, 1 - (row + 0.97) / rows, 0.31, 0.83 / rows)
        _curve(figure, rect, points, lost, name, theme)
    return describe(figure, "A spiral before and after. " + " ".join(_in_words(result) for result in results))


def _in_words(result: Collapse) -> str:
    return (
        f"Through {result.dimensions} dimensions with activation {result.activation}, {result.lost.mean():.0%} of its "
        f"points keep fewer than two active units; error of the best linear read-out {result.error:.2f}."
    )


def _curve(figure: Figure, rect, points: np.ndarray, lost: np.ndarray, name: str, theme: str) -> None:
    colours = theme_of(theme)
    axes = plain_axes(figure, rect, theme)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.plot(*points.T, color=colours.faint, linewidth=0.7, zorder=1)
    order = np.linspace(0, 1, len(points))  # where on the curve a point is, from dark to light
    darkest = -0.6 if theme == "dark" else 0  # its dark blue would drown in a dark page
    axes.scatter(*points[~lost].T, c=order[~lost], cmap="cividis", vmin=darkest, vmax=1, s=14, zorder=2)
    axes.scatter(*points[lost].T, color=colours.mark, marker="x", s=14, linewidth=1, zorder=3)
    axes.set_xlim(-4.4, 4.4)
    axes.set_ylim(-4.4, 4.4)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    set_title(axes, name, theme, pad=4, loc="center")
