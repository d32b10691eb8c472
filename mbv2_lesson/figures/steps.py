"""A depthwise separable convolution at work, one output element at a time. Lengths are in inches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ..plans import Conv2dSpec, Plan, Step
from ..plans.tables import times
from .column import LINE, MARGIN, WIDTH, Pen, draw_kernel
from .kernels import RISE, Point, Scale
from .output import describe
from .sentences import kernels_of
from .style import INK_ON_KIND, KIND_COLOR, Theme

LARGEST = 0.75  # the longer side of a map
DEEPEST = 0.3  # how far a rod goes to the right, and up


def separable_steps(plan: Plan, maps: Sequence[np.ndarray], done: int, *, theme: str = "light") -> Figure:
    """The first ``done`` output elements of the two steps, map by map, and what the last of them is made of.

    plan: a depthwise and a pointwise convolution
    maps: the input, the depthwise and the pointwise output, each (C, H, W)
    """
    shapes = [plan.input_shape, *(step.output_shape for step in plan)]
    kinds = [(step.spec.groups, step.spec.kernel_size == (1, 1)) for step in plan]
    if len(plan) != 2 or kinds[0][0] != plan.input_shape[1] or kinds[1] != (1, True):
        raise ValueError(f"separable_steps takes a depthwise and a pointwise step, got {plan.name}")
    if [(1, *values.shape) for values in maps] != shapes:
        raise ValueError(f"maps must have the shapes {shapes}, got {[values.shape for values in maps]}")
    first, second = (values.size for values in maps[1:])
    if not 0 <= done <= first + second:
        raise ValueError(f"done must be from 0 to {first + second}, got {done!r}")
    working = int(done > first)  # which of the two steps
    filled = [maps[0].size, min(done, first), max(0, done - first)]
    latest = None  # channel, row, column of the element that was made last
    if done:
        latest = tuple(map(int, np.unravel_index(filled[working + 1] - 1, maps[working + 1].shape)))
    pen, scale, y = Pen(theme), _scale(plan), -MARGIN
    sentences = _sentences(plan, working, latest, done)
    for number, words in enumerate(sentences):
        y -= LINE
        pen.write(MARGIN, y + LINE / 2, words, ha="left", weight="normal" if number else "bold")
    y -= LINE / 2
    decks, heads = [], []
    for number, (shape, values) in enumerate(zip(shapes, maps, strict=True)):
        y -= scale.map(shape)[1] + RISE * scale.pitch * (shape[1] - 1)
        # on the right, where a deck that reaches as far has risen
        words = f"{shape[1]} map{'s' * (shape[1] > 1)} of {times(shape[2:])}"
        pen.write(WIDTH - MARGIN, y + LINE / 2, words, ha="right")
        decks.append(_Deck(values, filled[number], y, scale))
        if number < len(plan):
            _, up, deep = scale.kernel(plan[number].spec)
            y -= up + deep + 0.22
            heads.append(_kernels(pen, plan[number], y + 0.1, scale, latest if number == working else None))
    if latest:
        _at_work(pen, plan[working].spec, working, decks, heads[working][latest[0]], latest)
    figure = pen.figure(MARGIN - y)
    for number, deck in enumerate(decks):
        front = latest[0] if latest and number in ((0, 1), (2,))[working] else None
        deck.draw(figure.axes[0], front, pen.colors)
    return describe(figure, " ".join(f"{words}." for words in sentences).replace("\u00d7", "x"))


def _scale(plan: Plan) -> Scale:
    """Maps as large as allowed, then as much of each as there is room for; kernels below their own maps."""
    shapes = [plan.input_shape, *(step.output_shape for step in plan)]
    side = LARGEST / max(length for shape in shapes for length in shape[2:])
    widest = side * max(shape[3] for shape in shapes)
    most = max(shape[1] for shape in shapes)
    pitch = min(widest + 0.1, (WIDTH - 2 * MARGIN - widest - DEEPEST) / max(1, most - 1))
    cell = min(0.07, (pitch - 0.03) / max(plan[0].spec.kernel_size))
    depth = min(0.32 * cell, DEEPEST / plan[1].spec.in_channels)
    return Scale(WIDTH, 1, side, pitch, cell, depth)


@dataclass(frozen=True)
class _Deck:
    """Maps one behind another, the first in front on the left; the first ``filled`` elements have their values."""

    values: np.ndarray
    filled: int
    bottom: float
    scale: Scale

    def pixel(self, channel: int, row: float, column: float) -> Point:
        """The lower left corner of an element, or of one in the padding."""
        x, side = self.scale.pitch * channel, self.scale.side
        return MARGIN + x + column * side, self.bottom + RISE * x + (self.values.shape[1] - 1 - row) * side

    def draw(self, axes: Axes, front: int | None, colors: Theme) -> None:
        """From the last map to the first, then ``front``, over all of them."""
        count, height, width = self.values.shape
        side = self.scale.side
        seen = np.arange(self.values.size).reshape(self.values.shape) < self.filled
        for channel in [n for n in reversed(range(count)) if n != front] + [front] * (front is not None):
            x, y = self.pixel(channel, height - 1, 0)
            where = {"xy": (x, y), "width": width * side, "height": height * side, "linewidth": 0.6, "zorder": 1}
            axes.add_artist(Rectangle(**where, facecolor=colors.panel, edgecolor="none"))
            limit = np.abs(self.values[channel]).max() or 1  # each map has its own range
            shown = np.ma.masked_array(self.values[channel], ~seen[channel])
            extent = (x, x + width * side, y, y + height * side)
            low = -limit if self.values.min() < 0 else 0
            axes.imshow(shown, cmap="gray", vmin=low, vmax=limit, extent=extent, aspect="auto", zorder=1)
            axes.add_artist(Rectangle(**where, fill=False, edgecolor=colors.faint))


def _sentences(plan: Plan, working: int, latest: tuple[int, int, int] | None, done: int) -> list[str]:
    """What is at work, what the latest element took, and all products so far. MACs are products."""
    each, totals = [step.spec.weights // step.spec.out_channels for step in plan], [step.cost.macs for step in plan]
    first = totals[0] // each[0]
    so_far = min(done, first) * each[0] + max(0, done - first) * each[1]
    count = f"Products so far: {so_far:,} of {totals[0]:,} + {totals[1]:,} = {plan.cost.macs:,}"
    if latest is None:
        return [f"Depthwise separable: {kernels_of(plan[0])}, {kernels_of(plan[1])}", "Nothing computed yet", count]
    _, channels, _, width = plan[working].output_shape
    channel, row, column = latest
    where = f"Map {channel + 1} of {channels}, row {row + 1}, column {column + 1}"
    source = "one map" if working == 0 else f"all {each[1]} maps"
    return [
        f"{plan[working].name.title()}: {kernels_of(plan[working])}",
        f"{where}: {each[working]} products from {source}",
        count,
    ]


def _kernels(pen: Pen, step: Step, bottom: float, scale: Scale, lit: tuple[int, ...] | None) -> list[Point]:
    """All kernels of a step in a row, pale if none is at work; the middle of the top of each one's face."""
    across, up, _ = scale.kernel(step.spec)
    width, _ = scale.map(step.output_shape)
    heads = []
    for channel in range(step.spec.out_channels):
        # at what is seen of the map that it reads, or makes
        x = MARGIN + scale.pitch * channel + width - min(scale.pitch, width) / 2
        heads.append((x, bottom + up))
        at_work = None if lit and channel != lit[0] else bool(lit)
        draw_kernel(pen, step.spec, (x - across / 2, bottom), scale, at_work)
    return heads


def _at_work(
    pen: Pen, spec: Conv2dSpec, working: int, decks: list[_Deck], head: Point, latest: tuple[int, ...]
) -> None:
    """The kernel where it lies on what it reads, the element that it makes, and the way from one to the other."""
    side, face, mark = decks[0].scale.side, KIND_COLOR[spec.kind], pen.colors.mark
    channel, row, column = latest
    source, target = decks[working : working + 2]
    (k_h, k_w), (s_h, s_w), (p_h, p_w), (d_h, d_w) = spec.kernel_size, spec.stride, spec.padding, spec.dilation
    patch = [(row * s_h - p_h + i * d_h, column * s_w - p_w + j * d_w) for i in range(k_h) for j in range(k_w)]
    if working == 0:
        read = [source.pixel(channel, *place) for place in patch]
    else:
        read = [source.pixel(number, *patch[0]) for number in range(spec.in_channels)]
        (x0, y0), (x1, y1) = read[0], read[-1]
        through = [(x0, y0), (x1 + side, y1), (x1 + side, y1 + side), (x0, y0 + side)]
        pen.area("rod-through", through, face, INK_ON_KIND)
    for x, y in read:
        pen.box("on-map", x, y, side, side, f"{face}99", mark)
    for deck in (source, target)[working:]:  # the one map that is read or written
        _, height, width = deck.values.shape
        pen.line("at-work", _square(*deck.pixel(channel, height - 1, 0), width * side, height * side), mark)
    x, y = target.pixel(*latest)
    pen.line("element", _square(x, y, side, side), mark)
    _, up, deep = source.scale.kernel(spec)
    start = ((read[0][0] + read[-1][0] + side) / 2, (read[0][1] + read[-1][1]) / 2 if working else read[-1][1])
    pen.line("way", [start, (head[0] + deep, head[1] + deep)], mark)
    pen.line("way", [(head[0], head[1] - up), (x + side / 2, y + side)], mark)


def _square(x: float, y: float, width: float, height: float) -> list[Point]:
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]
