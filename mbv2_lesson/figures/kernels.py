"""Feature maps and kernels as shapes: as many as there are, all to one scale. Lengths are in inches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_hex, to_rgb

from ..plans import Conv2dSpec, Plan
from .style import INK_ON_KIND, KIND_COLOUR, Theme

MOST_MAPS = 300  # more than these are drawn as the first few, dots and the last
MOST_KERNELS = 200  # more than these, or too many for their room, are drawn as the first few, a count and the last
GAP = 0.03
RISE = 0.1  # how far a map stands above the one before it, for each inch to the right
COUNT = 0.75  # room for the words "137 more" between kernels
CELLS = (0.07, 0.06, 0.05, 0.044, 0.038, 0.033)  # sides of one weight, largest first

Point = tuple[float, float]


def shape_of(spec: Conv2dSpec) -> str:
    """What its kernels look like: flat "slice", thin "rod" or "block"."""
    return {"depthwise": "slice", "pointwise": "rod"}.get(spec.kind, "block")


class Shapes:
    """Polygons and lines by name, each drawn as one collection; in an SVG the name is the id of its group."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._areas = defaultdict(list)
        self._lines = defaultdict(list)

    def area(self, name: str, corners: Sequence[Point], face: str, edge: str) -> None:
        self._areas[name].append((corners, face, edge))

    def box(self, name: str, x: float, y: float, width: float, height: float, face: str, edge: str) -> None:
        """A rectangle with its lower left corner at (x, y)."""
        self.area(name, [(x, y), (x + width, y), (x + width, y + height), (x, y + height)], face, edge)

    def line(self, name: str, points: Sequence[Point], colour: str) -> None:
        self._lines[name].append((points, colour))

    def draw(self, axes: Axes, widths: dict[str, float]) -> None:
        """Links first, then areas in the order in which their names came, then other lines; ``widths`` in points."""
        links = {name: lines for name, lines in self._lines.items() if name == "link"}
        self._draw_lines(axes, links, widths)
        for name, found in self._areas.items():
            corners, faces, edges = zip(*found, strict=True)
            style = {"facecolors": faces, "edgecolors": edges, "joinstyle": "round", "gid": self._prefix + name}
            axes.add_collection(PolyCollection(corners, linewidths=widths.get(name, 0.6), **style), autolim=False)
        self._draw_lines(axes, {name: lines for name, lines in self._lines.items() if name not in links}, widths)

    def _draw_lines(self, axes: Axes, lines: dict[str, list], widths: dict[str, float]) -> None:
        for name, found in lines.items():
            points, colours = zip(*found, strict=True)
            style = {"colors": colours, "joinstyle": "round", "capstyle": "butt", "gid": self._prefix + name}
            axes.add_collection(LineCollection(points, linewidths=widths.get(name, 0.6), **style), autolim=False)


@dataclass(frozen=True)
class Scale:
    """One for all plans of a figure.

    width: of the room for maps and kernels
    side: of one pixel of a map
    pitch: from one map to the next, so that twice the channels are twice as wide
    cell: the side of one weight of a kernel
    depth: how far one channel of a kernel goes to the right, and up
    high: what the kernels of one layer may take from top to bottom
    """

    width: float
    high: float
    side: float
    pitch: float
    cell: float = CELLS[-1]
    depth: float = 0.01

    def map(self, shape: tuple[int, ...]) -> tuple[float, float]:
        """Width and height of a feature map."""
        return max(0.03, shape[3] * self.side), max(0.03, shape[2] * self.side)

    def front(self, spec: Conv2dSpec) -> tuple[float, float]:
        """Width and height of a kernel's face."""
        return spec.kernel_size[1] * self.cell, spec.kernel_size[0] * self.cell

    def deep(self, spec: Conv2dSpec) -> float:
        return max(0.012, self.depth * spec.weight_shape[1])


def scale_for(plans: Sequence[Plan], width: float, largest: float) -> Scale:
    """The largest scale at which most layers show all of their kernels; the largest map is ``largest`` wide or high."""
    specs = [step.spec for plan in plans for step in plan]
    shapes = [shape for plan in plans for shape in (plan.input_shape, *(step.output_shape for step in plan))]
    side = largest / max(max(shape[2:]) for shape in shapes)
    most = max(shape[1] for shape in shapes)
    high = 1.0 if any(len(plan) > 2 for plan in plans) else 1.65
    bare = Scale(width, high, side, min(0.17, max(0.008, (width - largest) / max(1, most - 1))))
    longest = max(max(spec.kernel_size) for spec in specs)
    deepest = max(spec.weight_shape[1] for spec in specs)
    scales = []
    for cell in CELLS:
        cell = min(cell, 0.24 / longest)
        scales.append(replace(bare, cell=cell, depth=min(0.32 * cell, 0.42 * high / deepest)))

    def shown(scale: Scale) -> tuple[int, int]:
        rows = [arrange(spec, scale) for spec in specs]
        return sum(row.hidden == 0 for row in rows), -sum(row.staggered for row in rows)

    return max(scales, key=shown)


@dataclass(frozen=True)
class Arrangement:
    """Where the kernels of one layer stand: (output channel, x, y) of each, from the middle and the top of the row.

    hidden: how many are not drawn; their count stands around x = ``gap_at``
    staggered: single kernels of neighboring groups do not stand in one row
    """

    places: list[tuple[int, float, float]]
    height: float
    hidden: int = 0
    gap_at: float = 0
    staggered: bool = False


def arrange(spec: Conv2dSpec, scale: Scale) -> Arrangement:
    """All kernels in rows, a lane for each group; or the first few and the last where these have no room."""
    across, up = scale.front(spec)
    deep = scale.deep(spec)
    step = min(across + deep, across + up) + GAP  # parallel to each other, long kernels do not touch earlier than that
    row = up + deep + GAP
    each = spec.out_channels // spec.groups
    lane = scale.width / spec.groups
    staggered = -(-(across + deep + 0.02) // lane)  # single kernels may stand in two or three rows, out of line
    if each == 1 and spec.groups > 1 and staggered <= 3 and spec.out_channels * lane > across * 3:
        left = (lane - across - deep) / 2 - scale.width / 2
        places = [(n, left + n * lane, -(n % staggered + 1) * row + GAP) for n in range(spec.out_channels)]
        return Arrangement(places, staggered * row - GAP, staggered=staggered > 1)
    apart = 4 * GAP if spec.groups > 1 else 0
    columns = min(each, int((lane - apart - across - deep) / step + 1.001) if lane > across + deep + apart else 0)
    if columns and spec.out_channels <= MOST_KERNELS:
        rows = -(-each // columns)
        columns = -(-each // rows)
        if rows * row <= scale.high:
            lane = min(lane, (columns - 1) * step + across + deep + apart)
            left = -lane * spec.groups / 2 + (lane - (columns - 1) * step - across - deep) / 2
            places = []
            for number in range(spec.out_channels):
                group, place = divmod(number, each)
                y, x = divmod(place, columns)
                places.append((number, left + group * lane + x * step, -(y + 1) * row + GAP))
            return Arrangement(places, rows * row - GAP)
    first = max(1, int((scale.width - COUNT - 2 * (across + deep)) / step) + 1)
    first = min(first, 8, spec.out_channels - 1)
    if first < 1:  # a single kernel, larger than its room
        return Arrangement([(0, -(across + deep) / 2, -row + GAP)], row - GAP)
    left = -((first - 1) * step + 2 * (across + deep) + COUNT) / 2
    places = [(number, left + number * step, -row + GAP) for number in range(first)]
    end = places[-1][1] + across + deep
    places.append((spec.out_channels - 1, end + COUNT, -row + GAP))
    return Arrangement(places, max(row - GAP, 0.4), spec.out_channels - first - 1, end + COUNT / 2)


def draw_kernel(shapes: Shapes, spec: Conv2dSpec, x: float, y: float, scale: Scale, theme: Theme, lit=None) -> None:
    """One kernel with its face's lower left corner at (x, y); its channels go back to the right and up.

    lit: True or False where some kernels are lit and the others pale
    """
    name = shape_of(spec)
    (across, up), deep = scale.front(spec), scale.deep(spec)
    colour, edge = KIND_COLOUR[spec.kind], INK_ON_KIND
    if lit:
        name, edge = f"lit-{name}", theme.mark
    elif lit is not None:
        colour, edge = theme.panel, theme.faint
    right, top = x + across, y + up
    above = [(x, top), (x + deep, top + deep), (right + deep, top + deep), (right, top)]
    beside = [(right, y), (right + deep, y + deep), (right + deep, top + deep), (right, top)]
    shapes.area(f"{name}-sides", above, mix(colour, 0.45), edge)
    shapes.area(f"{name}-sides", beside, mix(colour, -0.3), edge)
    shapes.area(name, [(x, y), (right, y), (right, top), (x, top)], colour, edge)
    edge = theme.faint if lit is False else INK_ON_KIND
    k_h, k_w = spec.kernel_size
    for number in range(1, k_w):
        shapes.line("cells", [(x + number * scale.cell, y), (x + number * scale.cell, top)], edge)
    for number in range(1, k_h):
        shapes.line("cells", [(x, y + number * scale.cell), (right, y + number * scale.cell)], edge)


def draw_cubes(shapes: Shapes, spec: Conv2dSpec, x: float, y: float, scale: Scale) -> None:
    """Lines on top and side of an enlarged kernel, so that its weights can be counted."""
    (across, up), deep, depth = scale.front(spec), scale.deep(spec), spec.weight_shape[1]
    right, top = x + across, y + up
    for number in range(1, depth):
        d = deep * number / depth
        shapes.line("cells", [(x + d, top + d), (right + d, top + d), (right + d, y + d)], INK_ON_KIND)
    for number in range(1, spec.kernel_size[1]):
        at = x + number * scale.cell
        shapes.line("cells", [(at, top), (at + deep, top + deep)], INK_ON_KIND)
    for number in range(1, spec.kernel_size[0]):
        at = y + number * scale.cell
        shapes.line("cells", [(right, at), (right + deep, at + deep)], INK_ON_KIND)


def map_places(shape: tuple[int, ...], groups: int, scale: Scale) -> dict[int, Point]:
    """The lower left corner of each map that is drawn, from the middle and the bottom of the row.

    The first stands in front; the others follow to the right, as the channels of a kernel do. Groups stand apart.
    """
    count, (width, _) = shape[1], scale.map(shape)
    groups = groups if 1 < groups < count else 1
    slots = count + 2 * (groups - 1)
    room = scale.width - width
    if count <= MOST_MAPS:
        pitch = min(scale.pitch, room / max(1, slots - 1))
        places = {number: pitch * (number + 2 * (number // (count // groups))) for number in range(count)}
    else:
        places = {number: 0.05 * number for number in range(4)} | {count - 1: room}
    middle = (places[count - 1] + width) / 2
    return {number: (x - middle, RISE * x) for number, x in places.items()}


def strip_of(places: dict[int, Point], width: float) -> float:
    """What is seen of a map behind another."""
    xs = sorted(x for x, _ in places.values())
    return min([width, *(right - left for left, right in zip(xs, xs[1:], strict=False))])


@dataclass(frozen=True)
class Needed:
    """What one element of the plan's output needs of a step: the kernels, and a patch of each channel in ``channels``.

    patch: (top, left, height, width) in the step's input, where it may reach into the padding
    """

    kernels: list[int]
    channels: list[int]
    patch: tuple[int, int, int, int]


def needed(plan: Plan) -> list[Needed]:
    """For each step, what the element of output channel 0 needs whose patch ends in the input's lower right corner."""
    row, column = plan.output_shape[2] - 1, plan.output_shape[3] - 1
    for step in plan:  # away from the border, so that no part of the patch is padding
        row, column = (
            min(place, max(0, (length + p - k) // s))
            for place, length, k, s, p in zip(
                (row, column), step.size, step.spec.kernel_size, step.spec.stride, step.spec.padding, strict=True
            )
        )
    channels, (top, left, height, width) = [0], (row, column, 1, 1)
    found = []
    for step in reversed(plan.steps):
        spec = step.spec
        _, each, k_h, k_w = spec.weight_shape
        kernels, outputs = channels, spec.out_channels // spec.groups
        groups = dict.fromkeys(number // outputs for number in kernels)
        channels = [group * each + number for group in groups for number in range(each)]
        top, left = top * spec.stride[0] - spec.padding[0], left * spec.stride[1] - spec.padding[1]
        height = (height - 1) * spec.stride[0] + spec.dilation[0] * (k_h - 1) + 1
        width = (width - 1) * spec.stride[1] + spec.dilation[1] * (k_w - 1) + 1
        found.insert(0, Needed(kernels, channels, (top, left, height, width)))
    return found


def mix(colour: str, share: float) -> str:
    """Lighter for a ``share`` above 0, darker below."""
    other = 1.0 if share > 0 else 0.0
    return to_hex([part + (other - part) * abs(share) for part in to_rgb(colour)])
