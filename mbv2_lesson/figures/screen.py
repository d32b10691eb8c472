"""Figures for the screen: the same picture as matplotlib's own, in a fraction of the time when one is redrawn."""

from __future__ import annotations

import io
from math import ceil, floor, hypot
from typing import NamedTuple

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from PIL import Image

from .style import PIXELS_PER_INCH

MAX_CACHED = 2000  # words to keep: numbers never end


class _Stamp(NamedTuple):
    """A drawn word as an RGBA picture, and where its left and lower edge stand from the word's own origin."""

    pixels: np.ndarray
    left: int
    bottom: int


class _Renderer(RendererAgg):
    """Sets each word once, then stamps it: setting glyphs is most of the time that a figure of ours takes."""

    def __init__(self, width: float, height: float, dpi: float) -> None:
        super().__init__(width, height, dpi)
        self._stamps: dict[tuple, _Stamp | None] = {}
        self._sizes: dict[tuple, tuple[float, float, float]] = {}

    def get_text_width_height_descent(self, s, prop, ismath):
        key = (s, hash(prop), ismath)
        if key not in self._sizes:
            if len(self._sizes) > MAX_CACHED:
                self._sizes.clear()
            self._sizes[key] = super().get_text_width_height_descent(s, prop, ismath)
        return self._sizes[key]

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        if ismath:
            return super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)
        # A glyph's edge depends on where between two pixels it starts, so that belongs to the key.
        column, row = floor(x), floor(y)
        key = (s, hash(prop), angle, gc.get_rgb(), gc.get_alpha(), x - column, y - row)
        if key not in self._stamps:
            if len(self._stamps) > MAX_CACHED:
                self._stamps.clear()
            self._stamps[key] = self._stamp(gc, x - column, y - row, s, prop, angle)
        if stamp := self._stamps[key]:
            self.draw_image(gc, column + stamp.left, self.height - row + stamp.bottom, stamp.pixels)

    def _stamp(self, gc, x: float, y: float, s: str, prop, angle: float) -> _Stamp | None:
        reach = ceil(hypot(*self.get_text_width_height_descent(s, prop, False)[:2])) + 4  # in any direction
        paper = RendererAgg(2 * reach, 2 * reach, self.dpi)
        ink = paper.new_gc()
        ink.copy_properties(gc)
        ink.set_clip_rectangle(None)  # clipping is done where it is stamped
        ink.set_clip_path(None)
        paper.draw_text(ink, reach + x, reach + y, s, prop, angle)
        pixels = np.asarray(paper.buffer_rgba())
        rows, columns = (np.flatnonzero(pixels[..., 3].any(axis=axis)) for axis in (1, 0))
        if not len(rows):
            return None
        top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
        # Images are drawn from their lower edge, and their first row is the lowest.
        return _Stamp(pixels[top:bottom, left:right][::-1].copy(), left - reach, reach - bottom)


class Screen(FigureCanvasAgg):
    """Where an explorer's figure is drawn each time. It keeps its renderer, and so what was measured and drawn."""

    _made_for: tuple | None = None

    def __init__(self, figure: Figure) -> None:
        canvas = figure.canvas
        super().__init__(figure)
        figure.set_canvas(canvas)  # an export draws every word anew, as it would without a screen

    def get_renderer(self) -> _Renderer:
        wanted = (*self.figure.bbox.size, self.figure.dpi)
        if wanted != self._made_for:
            self.renderer, self._made_for = _Renderer(*wanted), wanted
        return self.renderer

    def png(self, scale: float = 1) -> bytes:
        """The figure as it stands, ``scale`` pixels for each CSS pixel, packed for speed rather than size."""
        self.figure.set_dpi(PIXELS_PER_INCH * scale)
        try:
            self.draw()
        finally:
            self.figure.set_dpi(PIXELS_PER_INCH)  # what is exported or shown elsewhere depends on it
        buffer = io.BytesIO()
        Image.fromarray(np.asarray(self.buffer_rgba())).save(buffer, format="png", compress_level=1)
        return buffer.getvalue()
