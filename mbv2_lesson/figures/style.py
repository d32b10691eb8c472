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
KIND_COLOUR = {
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


def plain_axes(figure: Figure, rect: tuple[float, float, float, float], theme: str) -> Axes:
    """Axes in the theme's colors, set one by one, since the reader's own plots and threads share rcParams."""
    colours = theme_of(theme)
    axes = figure.add_axes(rect, facecolor=colours.background)
    axes.tick_params(colors=colours.text, labelsize=SMALLEST)
    for side in axes.spines.values():
        side.set_color(colours.faint)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for label in (axes.xaxis.label, axes.yaxis.label, axes.title):
        label.set_color(colours.text)
        label.set_fontsize(SMALLEST)
    return axes


def set_title(axes: Axes, words: str, theme: str, *, size: float = SMALLEST, pad: float = 6, loc: str = "left") -> None:
    """A title ``pad`` points above the axes; to find the place on its own, matplotlib would measure every label."""
    axes.set_title(words, loc=loc, fontsize=size, color=theme_of(theme).text, pad=pad, y=1)


def kind_style(kind: str) -> dict[str, str]:
    """How a kind of layer is filled: arguments of a Patch."""
    fill = {"facecolor": KIND_COLOUR.get(kind, "#a9b0b8"), "hatch": KIND_HATCH.get(kind, "---")}
    return {**fill, "edgecolor": INK_ON_KIND}


def kind_legend(figure: Figure, kinds: Sequence[str], y: float, theme: str) -> None:
    """Shows in a row which color and hatch mean which kind of layer; ``y`` is its middle, a share of the height."""
    patches = [Patch(**kind_style(kind), label=kind) for kind in kinds]
    figure.legend(
        handles=patches,
        loc="center",
        bbox_to_anchor=(0.5, y),
        ncols=len(kinds) if len(kinds) < 6 else 3,
        frameon=False,
        columnspacing=1.2,
        handlelength=1.5,
        fontsize=SMALLEST,
        labelcolor=theme_of(theme).text,
    )


def blank_axes(figure: Figure, rect: tuple[float, float, float, float] = (0, 0, 1, 1)) -> Axes:
    """Axes for a drawing: no frame, no ticks, one unit is an inch in both directions.

    Shapes are best added with ``add_artist``: ``add_patch`` takes twice as long, since it also measures their extent.
    """
    axes = figure.add_axes(rect)
    width, height = figure.get_size_inches()
    axes.set_xlim(0, width * rect[2])
    axes.set_ylim(0, height * rect[3])
    axes.set_axis_off()
    return axes


def short(number: float) -> str:
    """4,608 or 14.5 million: a number short enough for a label."""
    if number >= 999_950_000_000:
        return f"{number / 1e12:,.1f} trillion"
    if number >= 999_950_000:
        return f"{number / 1e9:,.1f} billion"
    if number >= 1_000_000:
        return f"{number / 1e6:.1f} million"
    return f"{number:,.0f}"
