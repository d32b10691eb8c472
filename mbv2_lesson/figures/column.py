"""One plan drawn from top to bottom: maps, kernels, what follows them, maps; words below each part or next to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from textwrap import wrap

from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from ..plans import Conv2dSpec, Plan, Step
from ..plans.tables import times
from .kernels import Arrangement, Point, Scale, arrange, map_places, needed
from .sentences import kernels_of, product_of_weights, products_of
from .style import INK_ON_KIND, KIND_COLOR, SMALLEST, canvas, short, theme_of

WIDTH = 6.4
MARGIN = 0.1
LINE = 0.19  # from one line of words to the next
LETTER = 0.103  # about the width of a letter at the smallest size
SHORTCUT = 0.32  # room next to the column for the shortcut's line and its word
TIED = "\u00a0"  # a nonbreaking space
SHAPES = {"depthwise": "slice", "pointwise": "rod"}  # other kernels are blocks
WIDTHS = {"map": 0.5, "cells": 0.35, "link": 0.7, "arrow": 0.1, "shortcut": 1.6, "dots": 0.1, "padding": 0.8}
WIDTHS |= {"lit-input": 0.3, "lit-between": 1.5, "lit-output": 2, "thin": 0.4, "thick": 0.4}
WIDTHS |= {"way": 1.2, "on-map": 1, "at-work": 1, "element": 1.4}


class Pen:
    """Collects shapes and words before the height of the figure is known; y = 0 is its top.

    Shapes of one name and color become one path, which draws fast; in an SVG the name is its id.
    """

    def __init__(self, theme: str) -> None:
        self.theme, self.colors = theme, theme_of(theme)
        self._shapes: dict[tuple[str, str, str], list[Sequence[Point]]] = {}
        self._words: list[tuple] = []

    def area(self, name: str, corners: Sequence[Point], face: str, edge: str) -> None:
        self._shapes.setdefault((name, face, edge), []).append(corners)

    def box(self, name: str, x: float, y: float, width: float, height: float, face: str, edge: str) -> None:
        """A rectangle with its lower left corner at (x, y)."""
        self.area(name, [(x, y), (x + width, y), (x + width, y + height), (x, y + height)], face, edge)

    def line(self, name: str, points: Sequence[Point], color: str) -> None:
        self.area(name, points, "none", color)

    def arrow(self, name: str, points: Sequence[Point], color: str) -> None:
        """A line that ends in a head, down or to the right."""
        self.line(name, points, color)
        (x0, _), (x, y) = points[-2:]
        back, half = (-0.08, 0) if x > x0 else (0, 0.07), 0.04
        base = (x + back[0], y + back[1])
        sides = [(base[0] + sign * half * bool(back[1]), base[1] + sign * half * bool(back[0])) for sign in (-1, 1)]
        self.area("arrow", [(x, y), *sides], color, color)

    def write(self, x: float, y: float, words: str, **style) -> None:
        self._words.append((x, y, words, style))

    def figure(self, height: float) -> Figure:
        """Draws links below everything else, and lines above the areas."""
        figure = canvas(WIDTH, height, self.theme)
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(-height, 0))
        axes.set_axis_off()
        ids: set[str] = set()
        for (name, face, edge), parts in self._shapes.items():
            codes, points = [], []
            for part in parts:
                points += part if face == "none" else [*part, part[0]]
                codes += [Path.MOVETO, *[Path.LINETO] * (len(part) - 1), *[Path.CLOSEPOLY] * (face != "none")]
            gid = name if name not in ids else f"{name}-{len(ids)}"
            ids.add(gid)
            layer = 1 if name == "link" else 2 + (face == "none")
            style = {"linewidth": WIDTHS.get(name, 0.6), "zorder": layer, "joinstyle": "round", "capstyle": "butt"}
            style["linestyle"] = (0, (2, 2)) if name == "padding" else "-"
            # add_patch would take as long again to see how far it reaches
            axes.add_artist(PathPatch(Path(points, codes), facecolor=face, edgecolor=edge, gid=gid, **style))
        for x, y, words, style in self._words:
            usual = {"color": self.colors.text, "fontsize": SMALLEST, "ha": "center", "va": "center", "zorder": 4}
            axes.text(x, y, words, **{**usual, **style})
        return figure


def lines_of(words: Sequence[str], width: float) -> list[str]:
    """Wraps the words into lines of at most ``width`` inches; "= 144 weights" stays together."""
    lines = []
    for part in words:
        for pair in ("= ", " weights", "of ", "padding "):
            part = part.replace(pair, pair.replace(" ", TIED))
        lines += [line.replace(TIED, " ") for line in wrap(part, int(width / LETTER))]
    return lines


def draw_kernel(
    pen: Pen, spec: Conv2dSpec, at: Point, scale: Scale, lit: bool | None = None, cubes: bool = False
) -> None:
    """One kernel with its face's lower left corner ``at`` a point; its channels go back to the right and up.

    lit: True or False where some kernels are lit and the others pale
    cubes: it is large enough to show each weight on its sides, too
    """
    (x, y), (across, up, deep) = at, scale.kernel(spec)
    name = SHAPES.get(spec.kind, "block")
    face, edge, ink = KIND_COLOR[spec.kind], INK_ON_KIND, INK_ON_KIND
    if lit:
        name, edge = f"lit-{name}", pen.colors.mark
    elif lit is not None:
        face, edge, ink = pen.colors.panel, pen.colors.faint, pen.colors.faint
    name = f"enlarged-{name}" if cubes else name
    right, top, back = x + across, y + up, deep if cubes else 0
    above = [(x, top), (x + deep, top + deep), (right + deep, top + deep), (right, top)]
    beside = [(right, y), (right + deep, y + deep), (right + deep, top + deep), (right, top)]
    pen.area(f"{name}-top", above, _mix(face, 0.45), edge)
    pen.area(f"{name}-side", beside, _mix(face, -0.3), edge)
    pen.box(name, x, y, across, up, face, edge)
    _, depth, k_h, k_w = spec.weight_shape
    for column in [x + n * across / k_w for n in range(1, k_w)]:
        pen.line("cells", [(column, y), (column, top), (column + back, top + back)], ink)
    for row in [y + n * up / k_h for n in range(1, k_h)]:
        pen.line("cells", [(x, row), (right, row), (right + back, row + back)], ink)
    for d in [deep * n / depth for n in range(1, depth)] if cubes else []:
        pen.line("cells", [(x + d, top + d), (right + d, top + d), (right + d, y + d)], ink)


def _mix(color: str, share: float) -> str:
    """Lighter for a ``share`` above 0, darker below."""
    return to_hex([part + ((share > 0) - part) * abs(share) for part in to_rgb(color)])


def _middles(points: dict[int, Point], count: int, groups: int) -> dict[int, Point]:
    """The middle of each group that is drawn at least in part."""
    members: dict[int, list[Point]] = {}
    for number, point in points.items():
        members.setdefault(number * groups // count, []).append(point)
    return {group: ((min(of)[0] + max(of)[0]) / 2, max(y for _, y in of)) for group, of in members.items()}


class Column:
    """Draws one plan around x = ``middle``, from y = ``top`` down to ``self.y``.

    words_at: where the words next to each part begin; if None, they go below it
    spare: inches to fill, with an enlarged kernel if there is room for one, otherwise with longer arrows
    """

    def __init__(
        self,
        pen: Pen,
        plan: Plan,
        middle: float,
        scale: Scale,
        *,
        top: float = -MARGIN,
        title: Sequence[str] = (),
        words_at: float | None = None,
        lit: bool = False,
        spare: float = 0,
    ) -> None:
        self.pen, self.plan, self.middle, self.scale, self.words_at = pen, plan, middle, scale, words_at
        self.room = scale.width if words_at is None else WIDTH - MARGIN - words_at
        self.needed = needed(plan) if lit else None
        self.y = top
        lines = lines_of(title, scale.width)
        self._write(lines, top, bold=max(1, len(lines) - 1), middle=True)
        self.y -= (LINE * len(lines) + 0.08) * bool(lines)
        enlarged = max(plan, key=lambda step: step.spec.weights / step.spec.out_channels) if spare > 0.75 else None
        way = 0 if enlarged else spare / len(plan)
        self._maps(plan.input_shape, None, plan[0])
        for step, after in zip(plan, (*plan.steps[1:], None), strict=True):
            self._kernels(step, way)
            if step is enlarged:
                self._enlarged(step.spec, spare)
            follow = [words for words in ("batch norm" if step.batch_norm else "", step.activation) if words]
            if step.batch_norm and not step.activation and after is None and not plan.activation:
                follow.append("linear")
            self._pills(follow)
            if after is None and plan.has_shortcut:
                self._shortcut()
                self._pills([plan.activation] if plan.activation else [])
            self._maps(step.output_shape, step, after)

    def _write(self, lines: Sequence[str], top: float, height: float = 0, bold: int = 0, middle: bool = False) -> None:
        """Lines from ``top`` down, or next to a part of that ``height``; the first ones ``bold``."""
        x, ha = (self.middle, "center") if middle or self.words_at is None else (self.words_at, "left")
        top -= (height - LINE * len(lines)) / 2 if height else 0
        for number, words in enumerate(lines):
            weight = "bold" if number < bold else "normal"
            self.pen.write(x, top - LINE * (number + 0.5), words, ha=ha, weight=weight)

    def _maps(self, shape: tuple[int, ...], before: Step | None, after: Step | None) -> None:
        pen, colors, (across, high) = self.pen, self.pen.colors, self.scale.map(shape)
        count, groups = shape[1], max(step.spec.groups if step else 1 for step in (before, after))
        places = map_places(shape, groups, self.scale)
        tall = high + places[count - 1][1]
        words = f"{count:,} map{'s' * (count > 1)} of {times(shape[2:])}"
        padding = max(after.spec.padding) if after else 0
        lines = lines_of([f"{words}, padding {padding}" if padding else words], self.room)
        under = self.words_at is None
        above = under and (before is None or after.spec.groups > 1 if after else False)
        if above:
            self._write(lines, self.y)
            self.y -= LINE * len(lines) + 0.05
        start, bottom = self.y, self.y - tall - (0.14 if before else 0)
        at = {number: (self.middle + x, bottom + y) for number, (x, y) in places.items()}
        previous, seen = None, across  # how much of a map behind another is visible
        for x, y in at.values():  # the visible part of each: the first stands in front
            corners = [(x, y), (x + across, y), (x + across, y + high), (x, y + high)]
            if previous and x - previous[0] < across:
                left, low = previous
                corners = [(left + across, y), *corners[1:], (x, low + high), (left + across, low + high)]
                seen = min(seen, x - left)
            pen.area("map", corners, colors.panel, colors.faint)
            previous = x, y
        heads = {number: (x + across - seen / 2, y + high) for number, (x, y) in at.items()}
        self.feet = {number: (x, y - high) for number, (x, y) in heads.items()}
        if before:
            if 1 < before.spec.groups <= 40:
                for x, y in _middles(heads, count, before.spec.groups).values():
                    pen.line("link", [(x, start), (x, y + 0.01)], colors.text)
            else:
                top = max((y for x, y in at.values() if x <= self.middle), default=bottom) + high
                pen.arrow("link", [(self.middle, start), (self.middle, top + 0.01)], colors.text)
        if len(at) < count:
            (x0, y0), (x1, y1) = at[3], at[count - 1]
            for part in (0.35, 0.5, 0.65):
                x, y = x0 + across + part * (x1 - x0 - across), y0 + part * (y1 - y0) + high / 2
                pen.box("dots", x, y, 0.03, 0.03, colors.text, colors.text)
        if padding:  # a rim around the map in front; to scale if that is visible
            (x, y), rims = at[0], [max(0.025, p * self.scale.side) for p in after.spec.padding]
            left, right, low, top = x - rims[1], x + across + rims[1], y - rims[0], y + high + rims[0]
            pen.line("padding", [(left, low), (right, low), (right, top), (left, top), (left, low)], colors.text)
        if self.needed:
            self._lit_elements(before, after, at, high)
        if before is None:
            self.start = (at[0][0] - 0.05, bottom + high / 2)
        if not under:
            self._write(lines, bottom + tall, tall)
        elif not above:
            self._write(lines, bottom - 0.04)
        self.y = bottom - (LINE * len(lines) + 0.05 if under and not above else 0)

    def _lit_elements(self, before: Step | None, after: Step | None, at: dict[int, Point], high: float) -> None:
        """The patch that is read from each map, element by element, or the one element that is the output."""
        if after is None:
            last, spec = self.needed[-1], before.spec
            place = [(last.patch[axis] + spec.padding[axis]) // spec.stride[axis] for axis in (0, 1)]
            channels, (top, left, rows, columns), name = last.kernels, (*place, 1, 1), "lit-output"
        else:
            need = self.needed[self.plan.steps.index(after)]
            channels, (top, left, rows, columns) = need.channels, need.patch
            name = "lit-input" if before is None else "lit-between"
        side, mark = self.scale.side, self.pen.colors.mark
        edge = self.pen.colors.panel if rows * columns > 1 else mark  # a single element stands out more
        for x, y in (at[channel] for channel in channels if channel in at):
            for row in range(top, top + rows):
                for column in range(left, left + columns):
                    self.pen.box(name, x + column * side, y + high - (row + 1) * side, side, side, mark, edge)

    def _kernels(self, step: Step, way: float) -> None:
        spec, kernels, wide = step.spec, arrange(step.spec, self.scale), self.words_at is not None
        number = self.plan.steps.index(step)
        lines = lines_of(self._about(step, number), self.room)
        before = 0.2 + way
        if wide:
            before += max(0, LINE * len(lines) + 0.05 - before - kernels.height)
        top = self.y - before
        self._into_kernels(spec, kernels, top)
        for kernel, (x, y) in kernels.places.items():
            lit = kernel in self.needed[number].kernels if self.needed else None
            draw_kernel(self.pen, spec, (self.middle + x, top + y), self.scale, lit)
        if kernels.hidden:
            at = (self.middle + kernels.gap_at, top - kernels.height / 2)
            self.pen.write(*at, f"{kernels.hidden:,}\nmore", linespacing=1.1)
        bottom = top - kernels.height - 0.04
        if wide:
            self._write(lines, self.y, self.y - bottom, bold=1)
        else:
            self._write(lines, bottom, bold=1)
        self.y = bottom - (0 if wide else LINE * len(lines) + 0.03)

    def _about(self, step: Step, number: int) -> list[str]:
        """The words next to or below the kernels."""
        if self.needed:
            return [step.kind, *products_of(self.plan, number)]
        stride = times(dict.fromkeys(step.spec.stride))
        kind = step.kind if step.spec.stride == (1, 1) else f"{step.kind}, stride {stride}"
        macs = [] if self.words_at is None else [f"{short(step.cost.macs)} MACs"]
        return [kind, kernels_of(step), product_of_weights(step), *macs]

    def _into_kernels(self, spec: Conv2dSpec, kernels: Arrangement, top: float) -> None:
        """Links from the maps of each group to the kernels that read them."""
        if not kernels.in_lanes:
            self.pen.arrow("link", [(self.middle, self.y - 0.03), (self.middle, top + 0.02)], self.pen.colors.text)
            return
        across, up, deep = self.scale.kernel(spec)
        tops = {n: (self.middle + x + (across + deep) / 2, top + y + up + deep) for n, (x, y) in kernels.places.items()}
        feet = _middles(self.feet, spec.in_channels, spec.groups)
        for group, end in _middles(tops, spec.out_channels, spec.groups).items():
            if group in feet:
                self.pen.line("link", [feet[group], end], self.pen.colors.text)

    def _enlarged(self, spec: Conv2dSpec, height: float) -> None:
        """One kernel with its weights as cubes that can be counted."""
        _, depth, k_h, k_w = spec.weight_shape
        product = f"{k_h * k_w} × {depth:,} = " if depth > 1 < k_h * k_w else ""
        lines = lines_of([f"each: {product}{k_h * k_w * depth:,} weights"], self.scale.width)
        across, up, deep = self.scale.kernel(spec)
        zoom = min((height - LINE * len(lines) - 0.12) / (up + deep), 0.8 * self.scale.width / (across + deep), 8)
        large = replace(self.scale, cell=self.scale.cell * zoom, depth=deep * zoom / depth)
        self.y -= (height - zoom * (up + deep) - LINE * len(lines)) / 2
        at = (self.middle - zoom * (across + deep) / 2, self.y - zoom * (up + deep))
        draw_kernel(self.pen, spec, at, large, cubes=True)
        self._write(lines, at[1] - 0.04)
        self.y = at[1] - LINE * len(lines) - 0.04

    def _pills(self, names: Sequence[str]) -> None:
        """What follows a convolution, on the way down: batch norm, activation."""
        colors = self.pen.colors
        widths = [len(name) * LETTER + 0.1 for name in names]
        x, y = self.middle - (sum(widths) + 0.1 * (len(names) - 1)) / 2, self.y - 0.16
        for name, width in zip(names, widths, strict=True):
            linear = name == "linear"  # nothing is done, so it has no body
            body = {"facecolor": colors.background if linear else colors.panel, "linestyle": "--" if linear else "-"}
            body |= {"boxstyle": "round,pad=0.2", "edgecolor": colors.faint}
            self.pen.write(x + width / 2, y, name, bbox=body)
            x += width + 0.1
        self.y -= 0.31 * bool(names)

    def _shortcut(self) -> None:
        """Down the side, from the input to the addition."""
        pen, mark, (x0, y0), y = self.pen, self.pen.colors.mark, self.start, self.y - 0.12
        circle = {"boxstyle": "circle,pad=0.1", "facecolor": pen.colors.background, "edgecolor": mark}
        pen.write(self.middle, y, "+", weight="bold", bbox=circle | {"linewidth": 1.6})
        x = self.middle - self.scale.width / 2 - SHORTCUT / 2 + 0.08
        pen.arrow("shortcut", [(x0, y0), (x, y0), (x, y), (self.middle - 0.12, y)], mark)
        pen.write(x - 0.12, (y0 + y) / 2, "shortcut", rotation=90)
        self.y -= 0.26
