"""One look for every figure: themes, a colour and a hatch for each kind of layer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from matplotlib.axes import Axes
from matplotlib.figure import Figure


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
    "transparent": Theme("none", "#1b1f24", "#8a929c", "#e8ebef", "#c2185b"),  # for pages of any light colour
}

# Okabe and Ito's colour-blind safe colours; the hatch says the same without colour.
KIND_COLOUR = {
    "standard": "#56b4e9",
    "depthwise": "#e69f00",
    "pointwise": "#009e73",
    "grouped": "#cc79a7",
    "linear": "#d55e00",
}
KIND_HATCH = {"standard": "", "depthwise": "///", "pointwise": "...", "grouped": "xxx", "linear": "\\\\\\"}
INK_ON_KIND = "#101418"  # dark text reads on all of them at more than 4.5:1, in both themes

PIXELS_PER_INCH = 100  # a figure 6.4 inches wide is 640 px on the page; it is drawn at twice that for sharpness


def theme_of(name: str) -> Theme:
    if name not in THEMES:
        raise ValueError(f"theme must be one of {', '.join(map(repr, THEMES))}, got {name!r}")
    return THEMES[name]


# Axes of a figure that is being redrawn, to be used again.
_SPARE: WeakKeyDictionary[Figure, list[Axes]] = WeakKeyDictionary()


@contextmanager
def redrawing(figure: Figure | None) -> Iterator[None]:
    """Within it, the function that drew the figure may redraw it and finds its axes again, emptied, in their order.

    Making axes with ticks takes longer than drawing them. What was set of them stays until it is set again, so neither
    another function nor another theme may redraw that figure here.
    """
    if figure is None:
        yield
        return
    _SPARE[figure] = []
    try:
        yield
    finally:
        del _SPARE[figure]


def canvas(width: float, height: float, theme: str, figure: Figure | None = None) -> Figure:
    """An empty Figure, new or the given one emptied. Its size is in inches of 100 px; pyplot is never asked."""
    if figure is None:
        figure = Figure(figsize=(width, height), dpi=PIXELS_PER_INCH)
    else:
        spare = _SPARE.get(figure, [])
        for axes in figure.axes:
            figure.delaxes(axes)  # or clear() would empty them first, which takes as long as making new ones
            spare.append(axes)
        figure.clear()
        figure.set_size_inches(width, height)
    figure.set_facecolor(theme_of(theme).background)
    return figure


def _spare_axes(figure: Figure, rect: tuple[float, float, float, float]) -> Axes | None:
    """The next of the figure's axes of before, emptied, if it is being redrawn."""
    if not _SPARE.get(figure):
        return None
    axes = _SPARE[figure].pop(0)
    for artist in [*axes.lines, *axes.patches, *axes.collections, *axes.images, *axes.texts, *axes.artists]:
        artist.remove()
    if legend := axes.get_legend():
        legend.remove()
    axes.relim()  # forget the extent of what was removed
    axes.set_position(rect)
    return figure.add_axes(axes)


def plain_axes(figure: Figure, rect: tuple[float, float, float, float], theme: str) -> Axes:
    """Axes in the theme's colours, set one by one: rcParams are shared with the reader's own plots and threads."""
    if axes := _spare_axes(figure, rect):
        return axes
    colours = theme_of(theme)
    axes = figure.add_axes(rect, facecolor=colours.background)
    axes.tick_params(colors=colours.text, labelsize=9)
    for side in axes.spines.values():
        side.set_color(colours.faint)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for label in (axes.xaxis.label, axes.yaxis.label, axes.title):
        label.set_color(colours.text)
        label.set_fontsize(10)
    return axes


def set_title(axes: Axes, words: str, theme: str, *, size: float = 10, pad: float = 6, loc: str = "left") -> None:
    """A title ``pad`` points above the axes; to find a place itself, matplotlib would measure every label."""
    axes.set_title(words, loc=loc, fontsize=size, color=theme_of(theme).text, pad=pad, y=1)


def blank_axes(figure: Figure, rect: tuple[float, float, float, float] = (0, 0, 1, 1)) -> Axes:
    """Axes for a drawing: no frame, no ticks, one unit is an inch in both directions.

    What is drawn is best added with ``add_artist``: ``add_patch`` would take as long again to see how far it reaches.
    """
    axes = _spare_axes(figure, rect) or figure.add_axes(rect)
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
