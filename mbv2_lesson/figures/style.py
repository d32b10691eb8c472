"""One look for every figure: themes, and a color and a hatch per kind of layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch


@dataclass(frozen=True)
class Theme:
    background: str
    text: str
    faint: str  # edges and grid lines
    panel: str  # neutral fill
    mark: str  # the reader's own setting


THEMES = {
    "light": Theme("#ffffff", "#1b1f24", "#8a929c", "#e8ebef", "#c2185b"),
    "dark": Theme("#15191f", "#eceff3", "#7d8794", "#2b323b", "#ff6f9f"),
    "transparent": Theme("none", "#1b1f24", "#8a929c", "#e8ebef", "#c2185b"),  # for pages of any light color
}

# Okabe and Ito's colors, which are safe for color-blind readers; the hatch says the same without color.
KIND_COLOR = {
    "standard": "#56b4e9",
    "depthwise": "#e69f00",
    "pointwise": "#009e73",
    "grouped": "#cc79a7",
    "linear": "#d55e00",
}
KIND_HATCH = {"standard": "", "depthwise": "///", "pointwise": "...", "grouped": "xxx", "linear": "\\\\\\"}
INK_ON_KIND = "#101418"  # dark text reads on all of them at more than 4.5:1, in both themes
OTHER = "other"  # any layer of another kind

SMALLEST = 11.6  # points: at half its size, 320 px on a phone, a figure's words are still 8 px high
PIXELS_PER_INCH = 100  # a figure 6.4 inches wide is 640 px on the page; it is drawn at twice that for sharpness


def theme_of(name: str) -> Theme:
    if name not in THEMES:
        raise ValueError(f"theme must be one of {', '.join(map(repr, THEMES))}, got {name!r}")
    return THEMES[name]


def canvas(width: float, height: float, theme: str) -> Figure:
    """An empty Figure; its size is in inches of 100 px, and pyplot is never used."""
    return Figure(figsize=(width, height), dpi=PIXELS_PER_INCH, facecolor=theme_of(theme).background)


def plain_axes(figure: Figure, rect: tuple[float, float, float, float], theme: str, *, bare: str = "") -> Axes:
    """Axes in the theme's colors, set one by one, since the reader's own plots and threads share rcParams.

    bare: "x", "y" or "xy": these axes get no line and no ticks
    """
    colors = theme_of(theme)
    axes = figure.add_axes(rect, facecolor=colors.background)
    axes.tick_params(colors=colors.text, labelsize=SMALLEST)
    for side in axes.spines.values():
        side.set_color(colors.faint)
    axes.spines[["top", "right", *({"x": "bottom", "y": "left"}[axis] for axis in bare)]].set_visible(False)
    axes.set(**{f"{axis}ticks": [] for axis in bare})
    for label in (axes.xaxis.label, axes.yaxis.label, axes.title):
        label.set_color(colors.text)
        label.set_fontsize(SMALLEST)
    return axes


def set_title(axes: Axes, words: str, theme: str, *, pad: float = 6, loc: str = "left") -> None:
    """A title ``pad`` points above the axes; to find the place on its own, matplotlib would measure every label."""
    axes.set_title(words, loc=loc, fontsize=SMALLEST, color=theme_of(theme).text, pad=pad, y=1)


def bar_axes(
    figure: Figure, rect: tuple[float, float, float, float], title: str, rows: int, maximum: float, theme: str
) -> Axes:
    """Axes for horizontal bars, one per row, the first at the top."""
    axes = plain_axes(figure, rect, theme, bare="x")
    axes.set(xlim=(0, 1.02 * maximum), ylim=(rows - 0.5, -0.5), yticks=range(rows), yticklabels=[])
    axes.tick_params(length=0)
    set_title(axes, title, theme, pad=4)
    return axes


def legend(place: Axes | Figure, theme: str, **where) -> None:
    """A legend without a frame."""
    place.legend(frameon=False, fontsize=SMALLEST, labelcolor=theme_of(theme).text, **where)


def kind_style(kind: str) -> dict[str, str]:
    """How a kind of layer is filled: arguments of a Patch."""
    fill = {"facecolor": KIND_COLOR.get(kind, "#a9b0b8"), "hatch": KIND_HATCH.get(kind, "---")}
    return {**fill, "edgecolor": INK_ON_KIND}


def kind_legend(figure: Figure, kinds: Sequence[str], y: float, theme: str) -> None:
    """Shows in a row which color and hatch mean which kind of layer; ``y`` is its middle, a share of the height."""
    patches = [Patch(**kind_style(kind), label=kind) for kind in kinds]
    where = {"loc": "center", "bbox_to_anchor": (0.5, y), "ncols": len(kinds) if len(kinds) < 6 else 3}
    legend(figure, theme, handles=patches, columnspacing=1.2, handlelength=1.5, **where)


def short(number: float) -> str:
    """4,608 or 14.5 million: a number short enough for a label."""
    if number >= 999_950_000_000:
        return f"{number / 1e12:,.1f} trillion"
    if number >= 999_950_000:
        return f"{number / 1e9:,.1f} billion"
    if number >= 1_000_000:
        return f"{number / 1e6:.1f} million"
    return f"{number:,.0f}"
