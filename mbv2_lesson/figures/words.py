"""Many words in little time: one artist for all labels of a kind, where matplotlib has one for each.

Matplotlib's ticks and legends measure every label several times, which was a third of the time of some explorers.
"""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.transforms import Bbox, ScaledTranslation, Transform

from .style import INK_ON_KIND, KIND_COLOUR, KIND_HATCH, theme_of


class Words(Artist):
    """Labels of one size, each of one line, centred upwards on its place (x, y); ``transform`` says in what units.

    ``colours`` is one colour or one for each label. ``align`` is the share of a label's width that stands left of its
    place: 0, 0.5 or 1.
    """

    zorder = 3  # as other text

    def __init__(
        self,
        places: Sequence[tuple[float, float]],
        labels: Sequence[str],
        colours: str | Sequence[str],
        transform: Transform,
        *,
        size: float = 9,
        align: float = 0.5,
    ) -> None:
        super().__init__()
        self.places, self.labels = list(places), list(labels)
        self.colours = [colours] * len(self.labels) if isinstance(colours, str) else list(colours)
        self.font, self.align = FontProperties(size=size), align
        self.set_transform(transform)
        self.set_clip_on(False)  # labels of ticks stand outside of their axes

    def boxes(self, renderer=None) -> list[Bbox]:
        """Where each label stands, in pixels."""
        if not self.labels:
            return []
        figure = self.get_figure(root=True)
        renderer = renderer or RendererAgg(*figure.bbox.size, figure.dpi)
        _, height, _ = renderer.get_text_width_height_descent("lp", self.font, False)  # from its top to its tail
        found = []
        for (x, y), label in zip(self.get_transform().transform(self.places), self.labels, strict=True):
            width, _, _ = renderer.get_text_width_height_descent(label, self.font, False)
            found.append(Bbox.from_bounds(x - self.align * width, y - height / 2, width, height))
        return found

    def get_window_extent(self, renderer=None) -> Bbox:
        return Bbox.union(self.boxes(renderer)) if self.labels else Bbox.null()

    def draw(self, renderer) -> None:
        if not self.get_visible():
            return
        _, _, tail = renderer.get_text_width_height_descent("lp", self.font, False)
        _, height = renderer.get_canvas_width_height()
        gc = renderer.new_gc()
        for box, label, colour in zip(self.boxes(renderer), self.labels, self.colours, strict=True):
            baseline = box.y0 + tail
            gc.set_foreground(colour)
            renderer.draw_text(gc, box.x0, height - baseline if renderer.flipy() else baseline, label, self.font, 0)
        gc.restore()
        self.stale = False


def label_ticks(
    axes: Axes,
    axis: str,
    at: Sequence[float],
    labels: Sequence[object],
    theme: str,
    *,
    size: float = 9,
    marks: bool = False,
) -> None:
    """Labels below the axes, or left of it for axis "y", at those values; with ``marks`` tick marks as well."""
    labels = list(map(str, labels))
    axes.set(**{f"{axis}ticks": at if marks else []})
    axes.tick_params(axis, **{"labelbottom" if axis == "x" else "labelleft": False})
    gap, height = 7 if marks else 3.5, 1.17 * size  # points from the axes to a label, and of a label
    if axis == "x":
        places, transform, shift = [(x, 0) for x in at], axes.get_xaxis_transform(), (0, -gap - height / 2)
        axes.xaxis.labelpad = 7.5 + height  # the axis's own name stands beyond them
    else:
        places, transform, shift = [(0, y) for y in at], axes.get_yaxis_transform(), (-gap, 0)
        axes.yaxis.labelpad = 7.5 + 0.64 * size * max(map(len, labels), default=0)
    shifted = transform + ScaledTranslation(shift[0] / 72, shift[1] / 72, axes.figure.dpi_scale_trans)
    align = 0.5 if axis == "x" else 1
    axes.add_artist(Words(places, labels, theme_of(theme).text, shifted, size=size, align=align))


def kind_legend(figure: Figure, kinds: Sequence[str], y: float, theme: str) -> None:
    """Which colour and hatch is which kind of layer, in a row; ``y`` is its place, a share of the figure's height."""
    width, height = figure.get_size_inches()
    column = 1.2  # inches
    lefts = [width / 2 + (number - len(kinds) / 2) * column for number in range(len(kinds))]
    inches = figure.dpi_scale_trans
    for left, kind in zip(lefts, kinds, strict=True):
        style = {"facecolor": KIND_COLOUR[kind], "hatch": KIND_HATCH[kind], "edgecolor": INK_ON_KIND}
        figure.add_artist(Rectangle((left + 0.1, y * height - 0.045), 0.25, 0.09, transform=inches, **style))
    figure.add_artist(
        Words([(left + 0.42, y * height) for left in lefts], kinds, theme_of(theme).text, inches, align=0)
    )
