"""Plans as drawings: feature maps as blocks, convolutions as labelled arrows between them."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Polygon

from ..plans import Plan, Step
from .checks import check_drawable, check_plans
from .output import describe
from .style import INK_ON_KIND, KIND_COLOUR, blank_axes, canvas, short, theme_of

WIDTH = 6.4
SLANT = 0.55  # how far the third direction of a block is drawn to the right and up, for each inch of it


def plan_diagram(plan: Plan, *, theme: str = "light") -> Figure:
    """The plan's feature maps as blocks, with each step's kernel, weights and MACs on the arrow between them.

    Within a figure a block's front is as wide as the square root of its channels and as high as the square root of
    its height, so that 4 and 4,096 channels fit one page.

    >>> from mbv2_lesson import depthwise_separable, figures
    >>> figures.alt_text(figures.plan_diagram(depthwise_separable(16, 32, size=(56, 56)), theme="dark"))[-39:]
    'Together 656 params and 2,057,216 MACs.'
    """
    check_drawable(plan, "plan_diagram")
    figure = canvas(WIDTH, 3.0, theme)
    draw_plan(blank_axes(figure), plan, theme, bottom=0)
    return describe(figure, plan_in_words(plan))


def blocks_beside(plans: list[Plan], *, theme: str = "light") -> Figure:
    """Several plans under each other, each under its name, drawn to one scale."""
    plans = [check_drawable(plan, "blocks_beside") for plan in check_plans(plans, "blocks_beside")]
    row = 3.3 if any(plan.has_shortcut for plan in plans) else 2.8  # inches; a shortcut is drawn above the blocks
    figure = canvas(WIDTH, row * len(plans), theme)
    axes = blank_axes(figure)
    largest = _largest([shape for plan in plans for shape in _shapes(plan)])
    room = min(_room(plan) for plan in plans)
    for number, plan in enumerate(reversed(plans)):
        draw_plan(axes, plan, theme, row * number, largest, room)
        title = f"{plan.name}: {plan.cost.params:,} params, {plan.cost.macs:,} MACs"
        height = row * (number + 1) - 0.22
        axes.text(0.1, height, title, color=theme_of(theme).text, fontsize=10, weight="bold", va="center")
    return describe(figure, " ".join(plan_in_words(plan) for plan in plans))


def plan_in_words(plan: Plan) -> str:
    """The diagram's alt text: each step with its kernel and output shape, then the totals and the shortcut."""
    n, c, h, w = plan.input_shape
    parts = [f"{plan.name[0].upper()}{plan.name[1:]}: {c} channels of {h}x{w}"]
    for step in plan:
        _, c, h, w = step.output_shape
        parts.append(f"{_kernel(step)} {step.kind} gives {c} channels of {h}x{w}")
    cost = plan.cost
    words = f"{'; '.join(parts)}. Together {cost.params:,} params and {cost.macs:,} MACs."
    if plan.has_shortcut:
        follows = f"; {plan.activation} follows" if plan.activation else ""
        words += f" A shortcut adds the input to the output{follows}."
    elif plan.no_shortcut_because:
        words += f" No shortcut: {plan.no_shortcut_because}."
    return words


def draw_plan(
    axes: Axes,
    plan: Plan,
    theme: str,
    bottom: float,
    largest: tuple[int, int, int] | None = None,
    room: float | None = None,
) -> None:
    """Draws into axes of one unit an inch, in a strip 3 inches high from ``bottom``.

    ``largest`` (channels, height, width) fills the ``room``, in inches, of one block; this plan's if not given.
    """
    colours = theme_of(theme)
    shapes = _shapes(plan)
    largest = largest or _largest(shapes)
    room = room or _room(plan)
    arrow = (WIDTH - 0.2 - room * len(shapes)) / (len(shapes) - 1)
    middle = bottom + 1.72
    ends = []
    for number, shape in enumerate(shapes):
        left = 0.1 + number * (room + arrow)
        ends.append(_draw_block(axes, shape, largest, left, room, middle, colours))
        _, c, h, w = shape
        text = f"{c:,} channels\n{h:,}\u00d7{w:,}"
        axes.text(left + room / 2, bottom + 0.4, text, color=colours.text, fontsize=8.5, ha="center", va="center")
    for number, step in enumerate(plan):
        left = 0.1 + number * (room + arrow) + room
        _draw_step(axes, step, left, left + arrow, middle, colours, linear_end=not plan.activation)
    if plan.has_shortcut:
        then = f", then {plan.activation}" if plan.activation else ""
        _draw_shortcut(axes, f" shortcut: input + output{then} ", ends[0], ends[-1], bottom + 2.86, colours)


def _room(plan: Plan) -> float:
    """Inches for one block, so that the arrows between them still hold their words."""
    return {1: 1.7, 2: 1.25}.get(len(plan), 0.86)


def _shapes(plan: Plan) -> list[tuple[int, int, int, int]]:
    return [plan.input_shape, *(step.output_shape for step in plan)]


def _largest(shapes: list[tuple[int, int, int, int]]) -> tuple[int, int, int]:
    return tuple(max(shape[axis] for shape in shapes) for axis in (1, 2, 3))


def _kernel(step: Step) -> str:
    return _times(step.spec.kernel_size)


def _times(numbers: Iterable[int]) -> str:
    return "\u00d7".join(map(str, numbers))


def _draw_block(axes: Axes, shape, largest, left: float, room: float, middle: float, colours) -> tuple[float, float]:
    """A box in three dimensions: across are the channels, up is the height, into the page the width.

    Returns the point (x, y) in the middle of its top edge, where a shortcut can leave or arrive.
    """
    _, channels, height, width = shape
    across = max(0.05, (room - 0.3) * sqrt(channels / largest[0]))
    up = max(0.05, 1.05 * sqrt(height / largest[1]))
    into = max(0.03, 0.5 * sqrt(width / largest[2])) * SLANT
    x, y = left + (room - across - into) / 2, middle - (up + into) / 2
    style = {"edgecolor": colours.text, "linewidth": 0.9, "joinstyle": "round"}
    axes.add_artist(
        Polygon([(x, y), (x + across, y), (x + across, y + up), (x, y + up)], facecolor=colours.panel, **style)
    )
    top = [(x, y + up), (x + into, y + up + into), (x + across + into, y + up + into), (x + across, y + up)]
    side = [
        (x + across, y),
        (x + across + into, y + into),
        (x + across + into, y + up + into),
        (x + across, y + up),
    ]
    axes.add_artist(Polygon(top, facecolor=colours.background, **style))
    axes.add_artist(Polygon(side, facecolor=colours.faint, **style))
    if across / channels > 0.025:  # single maps can be seen
        cuts = [x + across * n / channels for n in range(1, channels)]
        lines = [[(cut, y), (cut, y + up), (cut + into, y + up + into)] for cut in cuts]
        style = {"colors": colours.text, "linewidths": 0.4, "joinstyle": "round"}
        axes.add_collection(LineCollection(lines, **style), autolim=False)
    return x + (across + into) / 2, y + up + into


def _draw_step(axes: Axes, step: Step, left: float, right: float, middle: float, colours, *, linear_end: bool) -> None:
    axes.add_artist(
        FancyArrowPatch(
            (left + 0.02, middle),
            (right - 0.02, middle),
            arrowstyle="-|>",
            mutation_scale=12,
            color=colours.text,
        )
    )
    centre = (left + right) / 2
    half = min(0.56, (right - left) / 2 - 0.06)
    axes.add_artist(
        FancyBboxPatch(
            (centre - half, middle + 0.14),
            2 * half,
            0.42,
            boxstyle="round,pad=0.02,rounding_size=0.06",
            facecolor=KIND_COLOUR[step.kind],
            edgecolor=INK_ON_KIND,
            linewidth=0.8,
        )
    )
    axes.text(
        centre,
        middle + 0.35,
        f"{_kernel(step)}\n{step.kind}",
        color=INK_ON_KIND,
        fontsize=8.5,
        ha="center",
        va="center",
        linespacing=1.1,
    )
    strides = dict.fromkeys(step.spec.stride)  # one number where both are the same
    stride = "" if step.spec.stride == (1, 1) else f"stride {_times(strides)}"
    axes.text(
        centre,
        middle + 0.68,
        stride,
        color=colours.text,
        fontsize=8.5,
        ha="center",
        va="center",
        style="italic",
    )
    lines = [short(step.spec.params), "weights", short(step.cost.macs), "MACs"]
    if step.batch_norm:
        activation = step.activation or ("linear" if linear_end else None)
        lines.append(f"BN, {activation}" if activation else "BN")
    axes.text(
        centre,
        middle - 0.14,
        "\n".join(lines),
        color=colours.text,
        fontsize=8,
        ha="center",
        va="top",
        linespacing=1.15,
    )


def _draw_shortcut(axes: Axes, words: str, start, end, height: float, colours) -> None:
    (x0, y0), (x1, y1) = start, end
    axes.plot([x0, x0, x1], [y0 + 0.04, height, height], color=colours.mark, linewidth=1.6, solid_joinstyle="round")
    axes.add_artist(
        FancyArrowPatch(
            (x1, height),
            (x1, y1 + 0.02),
            arrowstyle="-|>",
            mutation_scale=12,
            color=colours.mark,
            linewidth=1.6,
            shrinkA=0,
            shrinkB=0,
        )
    )
    axes.text(
        (x0 + x1) / 2,
        height,
        words,
        color=colours.text,
        fontsize=8.5,
        ha="center",
        va="center",
        backgroundcolor=colours.background,
    )
