"""How much of a plan is drawn, how large, and where; and what one output element needs of it. Lengths are in inches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..plans import Conv2dSpec, Plan

MOST_MAPS = 300  # more than these are drawn as the first few, dots and the last
MOST_KERNELS = 200  # more than these, or too many for their room, are drawn as the first few, a count and the last
GAP = 0.03
RISE = 0.07  # how far a map rises above the one before it, per inch to the right
COUNT = 0.75  # room for the words "137 more" between kernels
CELLS = (0.07, 0.06, 0.05, 0.044, 0.038, 0.033, 0.029)  # possible sides of one weight, largest first

Point = tuple[float, float]


@dataclass(frozen=True)
class Scale:
    """One scale for all plans of a figure.

    width: of the room for maps and kernels
    high: what the kernels of one layer may take from top to bottom
    side: of one pixel of a map
    pitch: from one map to the next, so that twice the channels are twice as wide
    cell: the side of one weight of a kernel
    depth: how far one channel of a kernel goes to the right, and up
    """

    width: float
    high: float
    side: float
    pitch: float
    cell: float = CELLS[-1]
    depth: float = 0.01

    def map(self, shape: tuple[int, ...]) -> Point:
        """Width and height of a feature map."""
        return max(0.03, shape[3] * self.side), max(0.03, shape[2] * self.side)

    def kernel(self, spec: Conv2dSpec) -> tuple[float, float, float]:
        """Width and height of a kernel's face, and how far the kernel goes to the right and up behind it."""
        _, depth, k_h, k_w = spec.weight_shape
        return k_w * self.cell, k_h * self.cell, max(0.012, self.depth * depth)


def scale_for(plans: Sequence[Plan], width: float, largest: float, *, lit: bool = False) -> Scale:
    """The largest scale that shows all kernels of the most layers; the largest map is ``largest`` wide or high."""
    specs = [step.spec for plan in plans for step in plan]
    shapes = [shape for plan in plans for shape in (plan.input_shape, *(step.output_shape for step in plan))]
    side = largest / max(max(shape[2:]) for shape in shapes)
    pitch = min(0.17, max(0.008, (width - largest) / max(1, max(shape[1] for shape in shapes) - 1)))
    if lit:  # a patch must not be wider than the visible part of a map
        side = min(side, pitch / max(need.patch[3] for plan in plans for need in needed(plan)))
    high = 0.92 if any(len(plan) > 2 for plan in plans) else 1.65
    longest, deepest = max(max(spec.kernel_size) for spec in specs), max(spec.weight_shape[1] for spec in specs)
    cells = [min(cell, 0.24 / longest) for cell in CELLS]
    room = (width - COUNT) / 2  # for a kernel, if only the first and the last are drawn
    depths = [min(0.32 * cell, 0.42 * high / deepest, (room - longest * cell) / deepest) for cell in cells]
    scales = [Scale(width, high, side, pitch, *of) for of in zip(cells, depths, strict=True)]

    def shown(scale: Scale) -> tuple[int, int]:
        rows = [arrange(spec, scale) for spec in specs]
        return sum(row.hidden == 0 for row in rows), sum(row.in_lanes for row in rows)

    return max(scales, key=shown)


@dataclass(frozen=True)
class Arrangement:
    """Where the kernels of one layer are: (x, y) by output channel, from the middle and the top of the row.

    in_lanes: those of each group are next to those of the next
    hidden: how many are not drawn; their count is written around x = ``gap_at``
    """

    places: dict[int, Point]
    height: float
    in_lanes: bool = False
    hidden: int = 0
    gap_at: float = 0


def arrange(spec: Conv2dSpec, scale: Scale) -> Arrangement:
    """All kernels in rows, if they fit in one lane per group; otherwise the first few and the last."""
    across, up, deep = scale.kernel(spec)
    step = across + min(deep, up) + GAP  # parallel to each other, long kernels do not touch earlier than that
    row = up + deep + GAP
    for groups in dict.fromkeys((spec.groups, 1)):
        each, lane = spec.out_channels // groups, scale.width / groups
        apart = 4 * GAP if 1 < groups < spec.out_channels else 0
        columns = min(each, int((lane - apart - across - deep) / step + 1.001))
        if columns < 1 or spec.out_channels > MOST_KERNELS:
            continue
        rows = -(-each // columns)
        columns = -(-each // rows)
        if rows * row > scale.high:
            continue
        wide = (columns - 1) * step + across + deep
        if each > 1:
            lane = min(lane, wide + apart)
        left = (lane - wide - lane * groups) / 2
        places = {}
        for number in range(spec.out_channels):
            group, place = divmod(number, each)
            y, x = divmod(place, columns)
            places[number] = (left + group * lane + x * step, -(y + 1) * row + GAP)
        return Arrangement(places, rows * row - GAP, groups > 1)
    first = min(8, spec.out_channels - 1, max(1, int((scale.width - COUNT - 2 * (across + deep)) / step) + 1))
    if first < 1:  # a single kernel, larger than its room
        return Arrangement({0: (-(across + deep) / 2, -row + GAP)}, row - GAP)
    left = -((first - 1) * step + 2 * (across + deep) + COUNT) / 2
    end = left + (first - 1) * step + across + deep
    places = {number: (left + number * step, -row + GAP) for number in range(first)}
    places[spec.out_channels - 1] = (end + COUNT, -row + GAP)
    return Arrangement(places, max(row - GAP, 0.4), spec.groups > 1, spec.out_channels - first - 1, end + COUNT / 2)


def map_places(shape: tuple[int, ...], groups: int, scale: Scale) -> dict[int, Point]:
    """The lower left corner of each map that is drawn, from the middle and the bottom of the row.

    The first is in front; the others follow to the right, as the channels of a kernel do. Groups are set apart.
    """
    count, (width, _) = shape[1], scale.map(shape)
    groups = groups if 1 < groups < count else 1
    if count <= MOST_MAPS:
        pitch = min(scale.pitch, (scale.width - width) / max(1, count + 2 * groups - 3))
        places = {number: pitch * (number + 2 * (number // (count // groups))) for number in range(count)}
    else:
        places = {number: 0.05 * number for number in range(4)} | {count - 1: scale.width - width}
    middle = (places[count - 1] + width) / 2
    return {number: (x - middle, RISE * x) for number, x in places.items()}


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
    place = plan.output_shape[2] - 1, plan.output_shape[3] - 1
    for step in plan:  # away from the border, so that no part of the patch is padding
        spec = step.spec
        limits = zip(place, step.size, spec.kernel_size, spec.stride, spec.padding, strict=True)
        place = tuple(min(at, max(0, (length + p - k) // s)) for at, length, k, s, p in limits)
    channels, (top, left), (height, width) = [0], place, (1, 1)
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
