"""One plan drawn from top to bottom: maps, kernels, what follows them, maps; words under each part or beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from textwrap import wrap

from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyBboxPatch

from ..plans import Plan, Step
from ..plans.tables import times
from .kernels import Arrangement, Scale, Shapes, arrange, draw_cubes, draw_kernel, map_places, needed, strip_of
from .sentences import kernels_of, products_of
from .style import SMALLEST, Theme, short

WIDTH = 6.4
MARGIN = 0.1
LINE = 0.2  # from one line of words to the next
LETTER = 0.103  # about the width of a letter at the smallest size
PILL = 0.25
SHORTCUT = 0.32  # room beside the column for the shortcut's line and its word
WIDTHS = {"map": 0.5, "cells": 0.35, "link": 0.7, "arrow": 0.1, "shortcut": 1.8, "dots": 0.1}
WIDTHS |= {"lit-input": 0.3, "lit-between": 1.5, "lit-output": 2}
WIDTHS |= {f"lit-{shape}{part}": 1.0 for shape in ("block", "slice", "rod") for part in ("", "-sides")}


def lines_of(words: str, width: float) -> list[str]:
    """The words in lines that are at most ``width`` inches long."""
    return wrap(words, int(width / LETTER))


def _middles(points: dict[int, tuple[float, float]], groups: int, count: int = 0):
    """(group, (x, y) of its middle) for each group of which a map is drawn."""
    count = count or max(points) + 1
    members: dict[int, list[tuple[float, float]]] = {}
    for number, point in points.items():
        members.setdefault(number // (count // groups), []).append(point)
    return [(group, tuple((a + b) / 2 for a, b in zip(min(of), max(of), strict=True))) for group, of in members.items()]


class Pen:
    """Collects shapes for a few collections, and writes words at once."""

    def __init__(self, axes: Axes, colours: Theme) -> None:
        self.axes, self.colours, self.shapes = axes, colours, Shapes()

    def write(self, x: float, y: float, words: str, **style) -> None:
        style = {"color": self.colours.text, "fontsize": SMALLEST, "ha": "center", "va": "center", **style}
        self.axes.text(x, y, words, **style)

    def arrow(self, x: float, top: float, bottom: float) -> None:
        """Straight down, with a head."""
        self.shapes.line("link", [(x, top), (x, bottom)], self.colours.text)
        head = [(x, bottom), (x - 0.035, bottom + 0.07), (x + 0.035, bottom + 0.07)]
        self.shapes.area("arrow", head, self.colours.text, self.colours.text)

    def finish(self) -> None:
        self.shapes.draw(self.axes, WIDTHS)


@dataclass(frozen=True)
class _Row:
    """A part of a column: its height, and a function that draws it at a top; ``grows`` may be given more height."""

    height: float
    draw: Callable[[Pen, float, float], None]
    grows: bool = False


class Column:
    """One plan from top to bottom around x = ``middle``, its words under each part or, if given, at ``words_at``."""

    def __init__(
        self,
        plan: Plan,
        middle: float,
        scale: Scale,
        colours: Theme,
        title: Sequence[str] = (),
        words_at: float | None = None,
        lit: bool = False,
    ) -> None:
        self.plan, self.middle, self.scale, self.colours, self.words_at = plan, middle, scale, colours, words_at
        self._word_room = scale.width if words_at is None else WIDTH - MARGIN - words_at
        self.needed = needed(plan) if lit else None
        self.ends: dict[str, float] = {}  # where the shortcut leaves and arrives, once these rows are drawn
        self.rows = [self._title(title)] if title else []
        steps = plan.steps
        self._maps(plan.input_shape, None, steps[0])
        for step, after in zip(steps, (*steps[1:], None), strict=True):
            self._kernels(step)
            follow = [words for words in ("batch norm" if step.batch_norm else "", step.activation) if words]
            if step.batch_norm and not step.activation and after is None and not plan.activation:
                follow.append("linear")
            self._pills(follow)
            if after is None and plan.has_shortcut:
                self._addition()
                self._pills([plan.activation] if plan.activation else [])
            self._maps(step.output_shape, step, after)
        self.height = sum(row.height for row in self.rows)

    def draw(self, pen: Pen, top: float, height: float | None = None) -> None:
        """Fills ``height``: with an enlarged kernel if there is room for one, else with longer ways."""
        spare = (height or self.height) - self.height
        rows = list(self.rows)
        if spare > 0.75:
            place = max(number for number, row in enumerate(rows) if row.grows)
            rows.insert(place + 1, self._enlarged(min(spare, 1.75)))
            spare -= rows[place + 1].height
        growing = sum(row.grows for row in rows)
        for row in rows:
            tall = row.height + (spare / growing if row.grows else 0)
            row.draw(pen, top, tall)
            top -= tall
        if self.plan.has_shortcut:
            self._shortcut(pen)

    def _words(self, pen: Pen, lines: Sequence[str], top: float, height: float, bold: int = 0) -> None:
        """Lines around the middle of a part, or from its top down where words stand under parts."""
        start = top if self.words_at is None else top - (height - LINE * len(lines)) / 2
        x, ha = (self.middle, "center") if self.words_at is None else (self.words_at, "left")
        for number, words in enumerate(lines):
            weight = "bold" if number < bold else "normal"
            pen.write(x, start - LINE * (number + 0.5), words, ha=ha, weight=weight)

    def _title(self, title: Sequence[str]) -> _Row:
        lines = [line for words in title for line in lines_of(words, self.scale.width)]

        def draw(pen: Pen, top: float, height: float) -> None:
            for number, words in enumerate(lines):
                weight = "bold" if number < len(lines) - 1 else "normal"
                pen.write(self.middle, top - LINE * (number + 0.5), words, weight=weight)

        return _Row(LINE * len(lines) + 0.12, draw)

    def _maps(self, shape, before: Step | None, after: Step | None) -> None:
        _, count, height, width = shape
        across, high = self.scale.map(shape)
        groups = max(step.spec.groups if step else 1 for step in (before, after))
        places = map_places(shape, groups, self.scale)
        rise = max(y for _, y in places.values())
        name = "1 map" if count == 1 else f"{count:,} maps"
        words = lines_of(f"{name} of {height:,}\u00d7{width:,}", self._word_room)
        above = before is None or (after is not None and after.spec.groups > 1)
        room = 0 if self.words_at is not None else LINE * len(words) + 0.05
        into = 0.0 if before is None else 0.16

        def draw(pen: Pen, top: float, tall: float) -> None:
            start = top - (room if above else 0)
            bottom = start - into - high - rise
            if room:
                self._words(pen, words, top if above else bottom - 0.05, room)
            else:
                self._words(pen, words, start - into, high + rise)
            at = {number: (self.middle + x, bottom + y) for number, (x, y) in places.items()}
            strip = strip_of(places, across)
            if before is not None:
                self._into_maps(pen, before.spec.groups, at, start, across - strip / 2, high)
            for x, y in sorted(at.values(), reverse=True):  # the last stands behind
                pen.shapes.box("map", x, y, across, high, self.colours.panel, self.colours.faint)
            if self.needed:
                self._lit_elements(pen, before, after, at, high)
            if len(places) < count:
                (x0, y0), (x1, y1) = at[3], at[count - 1]
                for part in (0.35, 0.5, 0.65):
                    x, y = x0 + across + part * (x1 - x0 - across), y0 + part * (y1 - y0) + high / 2
                    pen.shapes.box("dots", x, y, 0.03, 0.03, self.colours.text, self.colours.text)
            if before is None:
                self.ends["start"] = (at[0][0] - 0.03, bottom + high / 2)
            self.feet = {number: (x + across - strip / 2, y) for number, (x, y) in at.items()}
            self.bottom = bottom - (0 if above else room)

        self.rows.append(_Row(high + rise + room + into, draw))

    def _lit_elements(self, pen: Pen, before: Step | None, after: Step | None, at, high: float) -> None:
        """The patch that is read of each map, element by element, or the one element that is the output."""
        if after is None:
            last = self.needed[-1]
            spec = before.spec
            place = [(last.patch[axis] + spec.padding[axis]) // spec.stride[axis] for axis in (0, 1)]
            channels, (top, left, rows, columns), name = last.kernels, (*place, 1, 1), "lit-output"
        else:
            need = self.needed[self.plan.steps.index(after)]
            channels, (top, left, rows, columns) = need.channels, need.patch
            name = "lit-input" if before is None else "lit-between"
        side = self.scale.side
        edge = self.colours.panel if rows * columns > 1 else self.colours.mark  # a single element stands out more
        for channel in (channel for channel in channels if channel in at):
            x, y = at[channel]
            for row in range(top, top + rows):
                for column in range(left, left + columns):
                    corner = x + column * side, y + high - (row + 1) * side
                    pen.shapes.box(name, *corner, side, side, self.colours.mark, edge)

    def _into_maps(self, pen: Pen, groups: int, at, top: float, right: float, high: float) -> None:
        """An arrow into all maps, or a line into those of each group."""
        if groups == 1 or groups > 40:
            xs = [x + right for x, _ in at.values()]
            x = min(max(self.middle, min(xs)), max(xs))
            y = min(y for left, y in at.values() if left + right >= x - 0.001)
            pen.arrow(self.middle, top, y + high + 0.02)
            return
        for _, (x, y) in _middles({number: (x + right, y + high) for number, (x, y) in at.items()}, groups):
            pen.shapes.line("link", [(x, top), (x, y + 0.01)], self.colours.text)

    def _kernels(self, step: Step) -> None:
        spec, scale = step.spec, self.scale
        kernels = arrange(spec, scale)
        lines = self._about(step)
        lit_kernels = set(self.needed[self.plan.steps.index(step)].kernels) if self.needed else ()
        way = 0.24 if spec.groups > 1 else 0.2
        least = way + kernels.height + 0.05
        wide = self.words_at is not None
        height = max(least, LINE * len(lines) + 0.1) if wide else least + LINE * len(lines) + 0.03

        def draw(pen: Pen, top: float, tall: float) -> None:
            start = top - way - (tall - height) - (height - least if wide else 0) / 2
            self._into_kernels(pen, step, kernels, start)
            # from right to left and from the top down, so that each stands before what it hides
            for number, x, y in kernels.places:
                lit = number in lit_kernels if self.needed else None
                draw_kernel(pen.shapes, spec, self.middle + x, start + y, scale, self.colours, lit)
            if kernels.hidden:
                at = (self.middle + kernels.gap_at, start - kernels.height / 2)
                pen.write(*at, f"{kernels.hidden:,}\nmore", linespacing=1.1)
            if wide:
                self._words(pen, lines, start + way / 2, kernels.height + way / 2, bold=1)
                if tall > least:
                    low = start - kernels.height - 0.02
                    if low - (top - tall) > 0.12 and spec.groups == 1:
                        pen.shapes.line("link", [(self.middle, low), (self.middle, top - tall)], self.colours.text)
            else:
                self._words(pen, lines, start - kernels.height - 0.05, 0, bold=1)

        self.rows.append(_Row(height, draw, grows=True))

    def _about(self, step: Step) -> list[str]:
        """What stands beside or under the kernels."""
        if self.needed:
            lit = products_of(self.plan, self.plan.steps.index(step))
            return [line for words in (step.kind, *lit) for line in lines_of(words, self._word_room)]
        stride = times(dict.fromkeys(step.spec.stride))
        kind = step.kind if step.spec.stride == (1, 1) else f"{step.kind}, stride {stride}"
        lines = [kind, kernels_of(step), f"= {short(step.cost.weights)} weights"]
        if self.words_at is not None:
            lines.append(f"{short(step.cost.macs)} MACs")
        return [line for words in lines for line in lines_of(words, self._word_room)]

    def _into_kernels(self, pen: Pen, step: Step, kernels: Arrangement, top: float) -> None:
        """From the maps of each group to the kernels that read them."""
        groups = step.spec.groups
        if groups == 1:
            pen.arrow(self.middle, self.bottom - 0.01, top + 0.02)
            return
        each = step.spec.out_channels // groups
        across, up = self.scale.front(step.spec)
        feet = dict(_middles(self.feet, groups, step.spec.in_channels))
        heads: dict[int, list[tuple[float, float]]] = {}
        for number, x, y in kernels.places:
            heads.setdefault(number // each, []).append((self.middle + x + across / 2, top + y + up))
        for group, points in heads.items():
            if group in feet:
                xs = [x for x, _ in points]
                end = ((min(xs) + max(xs)) / 2, max(y for _, y in points) + self.scale.deep(step.spec))
                pen.shapes.line("link", [feet[group], end], self.colours.text)

    def _pills(self, names: Sequence[str]) -> None:
        """What follows a convolution, on its way down: batch norm, activation."""
        if not names:
            return
        widths = [len(name) * LETTER + 0.12 for name in names]

        def draw(pen: Pen, top: float, tall: float) -> None:
            x = self.middle - (sum(widths) + 0.16 * (len(names) - 1)) / 2
            for name, width in zip(names, widths, strict=True):
                if x > self.middle - sum(widths) / 2:
                    pen.shapes.line(
                        "link", [(x - 0.16, top - PILL / 2 - 0.04), (x, top - PILL / 2 - 0.04)], self.colours.text
                    )
                pill = FancyBboxPatch(
                    (x + 0.04, top - PILL),
                    width - 0.08,
                    PILL - 0.08,
                    boxstyle="round,pad=0.03,rounding_size=0.08",
                    facecolor=self.colours.background if name == "linear" else self.colours.panel,
                    edgecolor=self.colours.faint,
                    linestyle="--" if name == "linear" else "-",
                )
                pen.axes.add_artist(pill)
                pen.write(x + width / 2, top - PILL / 2 - 0.045, name)
                x += width + 0.16

        self.rows.append(_Row(PILL + 0.08, draw))

    def _addition(self) -> None:
        def draw(pen: Pen, top: float, tall: float) -> None:
            y = top - 0.14
            pen.axes.add_artist(
                Circle(
                    (self.middle, y), 0.1, facecolor=self.colours.background, edgecolor=self.colours.mark, linewidth=1.8
                )
            )
            for across, up in ((0.06, 0), (0, 0.06)):
                points = [(self.middle - across, y - up), (self.middle + across, y + up)]
                pen.shapes.line("shortcut", points, self.colours.mark)
            self.ends["addition"] = (self.middle - 0.1, y)

        self.rows.append(_Row(0.28, draw))

    def _shortcut(self, pen: Pen) -> None:
        """Down the side, from the input to the addition."""
        (x0, y0), (x1, y1) = self.ends["start"], self.ends["addition"]
        x = self.middle - self.scale.width / 2 - SHORTCUT / 2 + 0.08
        pen.shapes.line("shortcut", [(x0, y0), (x, y0), (x, y1), (x1, y1)], self.colours.mark)
        head = [(x1, y1), (x1 - 0.09, y1 + 0.045), (x1 - 0.09, y1 - 0.045)]
        pen.shapes.area("arrow", head, self.colours.mark, self.colours.mark)
        pen.write(x - 0.12, (y0 + y1) / 2, "shortcut", rotation=90)

    def _enlarged(self, height: float) -> _Row:
        """One kernel with its weights as cubes that can be counted."""
        step = max(self.plan, key=lambda step: step.spec.weights / step.spec.out_channels)
        spec = step.spec
        _, depth, k_h, k_w = spec.weight_shape
        sum_of = f"{k_h * k_w} \u00d7 {depth:,} = " if depth > 1 else ""
        words = f"each: {sum_of}{k_h * k_w * depth:,} weights"
        lines = lines_of(words, self.scale.width)
        (across, up), deep = self.scale.front(spec), self.scale.deep(spec)
        zoom = min((height - LINE * len(lines) - 0.2) / (up + deep), 0.8 * self.scale.width / (across + deep))
        large = replace(self.scale, cell=self.scale.cell * zoom, depth=self.scale.depth * zoom)
        high = zoom * (up + deep)

        def draw(pen: Pen, top: float, tall: float) -> None:
            x, y = self.middle - zoom * (across + deep) / 2, top - 0.08 - high
            enlarged = Shapes("enlarged-")
            draw_kernel(enlarged, spec, x, y, large, self.colours)
            draw_cubes(enlarged, spec, x, y, large)
            enlarged.draw(pen.axes, WIDTHS)
            self._words(pen, lines, y - 0.06, 0)

        return _Row(high + LINE * len(lines) + 0.22, draw)
