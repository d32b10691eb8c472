"""Notebook 04: a curve through ReLU."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..experiments import Collapse
from .output import describe
from .style import canvas, legend, plain_axes, set_title, theme_of

TITLE = "A spiral, and what the best linear layer recovers of it from n units after an activation."
LIMITS = (-6, 4.4)  # a read-out may reach beyond the curve


def collapse_pair(result: Collapse, *, theme: str = "light") -> Figure:
    """The curve and its read-out, dark at the start; points with fewer than two active units are crosses."""
    figure = canvas(6.4, 3.4, theme)
    _original(figure, (0.02, 0.03, 0.46, 0.86), result, theme)
    name = f"read from n = {result.dimensions}, {result.activation}"
    _curve(figure, (0.52, 0.03, 0.46, 0.86), result.read_out, result.lost, name, theme)
    return describe(figure, f"{TITLE} {_in_words(result)}.")


def collapse_grid(results: Sequence[Collapse], *, theme: str = "light") -> Figure:
    """The curve, then each read-out, three to a row (after the paper's Figure 1)."""
    rows = -(-(len(results) + 1) // 3)
    figure = canvas(6.4, 2.3 * rows, theme)
    places = [(n % 3 / 3 + 0.01, 1 - (n // 3 + 0.97) / rows, 0.31, 0.83 / rows) for n in range(len(results) + 1)]
    _original(figure, places[0], results[0], theme)
    for place, result in zip(places[1:], results, strict=True):
        name = f"n = {result.dimensions}: error {result.error:.4f}"
        _curve(figure, place, result.read_out, result.lost, name, theme)
    first, last = (f"{result.error:.4f} at n = {result.dimensions}" for result in (results[0], results[-1]))
    brief = f"{TITLE} The error is {first} and {last}."
    return describe(figure, f"{TITLE} {'; '.join(map(_in_words, results))}.", brief=brief)


def _in_words(result: Collapse) -> str:
    few = f"{result.lost.mean():.0%} of the points with fewer than two active units"
    return f"n = {result.dimensions}, {result.activation}: error {result.error:.4f}, {few}"


def _original(figure: Figure, rect, result: Collapse, theme: str) -> None:
    axes = _curve(figure, rect, result.before, np.zeros(len(result.before), bool), "the curve", theme)
    legend(axes, theme, loc="lower center", borderpad=0, handletextpad=0)


def _curve(figure: Figure, rect, points: np.ndarray, lost: np.ndarray, name: str, theme: str) -> Axes:
    colors = theme_of(theme)
    axes = plain_axes(figure, rect, theme, bare="xy")
    axes.plot(*points.T, color=colors.faint, linewidth=0.7, zorder=1)
    order = np.linspace(0, 1, len(points))  # where on the curve a point is, from dark to light
    darkest = -0.6 if theme == "dark" else 0  # its dark blue would be lost on a dark page
    axes.scatter(*points[~lost].T, c=order[~lost], cmap="cividis", vmin=darkest, vmax=1, s=14, zorder=2)
    few = {"marker": "x", "color": colors.mark, "label": "fewer than 2 active"}
    axes.scatter(*points[lost].T, s=14, linewidth=1, zorder=3, **few)
    axes.set(xlim=LIMITS, ylim=LIMITS, aspect="equal")
    set_title(axes, name, theme, pad=4, loc="center")
    return axes
