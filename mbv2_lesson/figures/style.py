"""One look for every figure: themes, a colour and a hatch for each kind of layer, alt text, pictures for the web."""

from __future__ import annotations

import base64
import html
import io
import os
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

import matplotlib as mpl
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
        if figure in _SPARE:
            for axes in figure.axes:
                figure.delaxes(axes)
                _SPARE[figure].append(axes)
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


def describe(figure: Figure, sentence: str) -> Figure:
    """Gives the figure its alt text."""
    figure.set_label(sentence)
    return figure


def alt_text(figure: Figure) -> str:
    """A sentence with the message and the numbers of the figure, for people who do not see it."""
    return figure.get_label()


def png(figure: Figure, scale: int = 2, compress_level: int = 9) -> bytes:
    """The figure as PNG; the same bytes each time, as nothing but the picture is stored. Level 1 is the fastest."""
    buffer = io.BytesIO()
    figure.savefig(
        buffer,
        format="png",
        dpi=PIXELS_PER_INCH * scale,
        facecolor=figure.get_facecolor(),
        metadata={"Software": None},
        pil_kwargs={"compress_level": compress_level},
    )
    return buffer.getvalue()


def img_tag(figure: Figure) -> str:
    """The figure as an <img> element with alt text, which is what JupyterLab shows to a screen reader."""
    data = base64.b64encode(png(figure)).decode()
    width = round(figure.get_size_inches()[0] * PIXELS_PER_INCH)
    alt = html.escape(alt_text(figure))
    return f'<img alt="{alt}" style="width:{width}px;max-width:100%" src="data:image/png;base64,{data}">'


class Shown:
    """A figure as the last line of a cell: a picture with alt text in a browser, words in a terminal."""

    def __init__(self, figure: Figure) -> None:
        self.figure = figure

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/html": img_tag(self.figure), "text/plain": alt_text(self.figure)}


def show(figure: Figure) -> Shown:
    """Shows the figure under the cell, with its alt text."""
    if not alt_text(figure):
        raise ValueError("the figure has no alt text; give it one with describe(figure, sentence)")
    return Shown(figure)


def save(figure: Figure, path: str | os.PathLike, *, overwrite: bool = False) -> Path:
    """Writes the figure whole or not at all, in the format that the name's ending says (.png, .svg, .pdf, ...).

    Raises ValueError for an unknown ending, FileNotFoundError for a missing folder, PermissionError for one that may
    not be written to and FileExistsError if the file is there already, unless ``overwrite``.
    """
    path = Path(path)
    ending = path.suffix.removeprefix(".").lower()
    endings = figure.canvas.get_supported_filetypes()
    if ending not in endings:
        raise ValueError(f"the name must end in one of .{', .'.join(sorted(endings))}, got {path.name!r}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {str(path.parent)!r} to write {path.name!r} into")
    if path.exists() and not overwrite:
        raise FileExistsError(f"{str(path)!r} is there already; choose another name or say overwrite=True")
    return write(path, render(figure, ending))


def write(path: Path, content: bytes) -> Path:
    """Writes the whole file or nothing: what was there stays until the new one is complete."""
    try:
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
    except PermissionError as error:  # which names the draft, a file that nobody asked for
        raise PermissionError(f"the folder {str(path.parent)!r} may not be written to, so no {path.name!r}") from error
    try:
        with open(handle, "wb") as file:
            file.write(content)
        os.chmod(draft, 0o644)
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise
    return path


# Without these, dates, random ids and versions would make each file another one.
_METADATA = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None, "Format": None, "Type": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
# Text as paths looks the same wherever the fonts differ; the salt makes the ids of an SVG the same each time.
_EXPORT = {"svg.hashsalt": "mbv2-lesson", "svg.fonttype": "path", "pdf.fonttype": 42}
_EXPORTING = threading.Lock()


def render(figure: Figure, form: str, *, width: int | None = None, scale: float = 2) -> bytes:
    """The figure as a file's content: the same bytes each time for PNG, SVG and PDF.

    width: in CSS pixels; the height follows. Its own width if None
    scale: pixels of a PNG for each CSS pixel
    """
    inches, high = figure.get_size_inches()
    own = round(inches * PIXELS_PER_INCH)
    width = own if width is None else width
    buffer = io.BytesIO()
    with _EXPORTING:  # these three settings are global in matplotlib; only they are touched, and put back
        before = {name: mpl.rcParams[name] for name in _EXPORT}
        mpl.rcParams.update(_EXPORT)
        try:
            figure.savefig(
                buffer,
                format=form,
                dpi=PIXELS_PER_INCH * scale * width / own,
                facecolor=figure.get_facecolor(),
                metadata=_METADATA.get(form),
            )
        finally:
            mpl.rcParams.update(before)
    if form != "svg":
        return buffer.getvalue()
    said = f'role="img" aria-label="{html.escape(alt_text(figure))}"'
    size = f'width="{width}" height="{round(width * high / inches)}" {said}'
    return re.sub(
        r'width="[\d.]+pt" height="[\d.]+pt"', lambda match: size, buffer.getvalue().decode(), count=1
    ).encode()
