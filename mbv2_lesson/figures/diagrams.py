"""Plans as drawings: feature maps, and between them the kernels that make one from the other, all to one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from matplotlib.figure import Figure

from ..plans import Plan
from .checks import check_drawable, check_plans
from .column import LETTER, LINE, MARGIN, SHORTCUT, WIDTH, Column, Pen, lines_of
from .kernels import needed, scale_for
from .output import describe
from .sentences import kernels_of, plan_in_words, products_of, sum_of_weights
from .style import blank_axes, canvas, short, theme_of


def plan_diagram(plan: Plan, *, theme: str = "light") -> Figure:
    """The plan from top to bottom: maps, kernels, what follows them, maps; beside them sizes, weights and MACs.

    >>> from mbv2_lesson import depthwise_separable, figures
    >>> figures.alt_text(figures.plan_diagram(depthwise_separable(16, 32, size=(56, 56)), theme="dark"))[-37:]
    'of 56x56; 656 params, 2,057,216 MACs.'
    """
    check_drawable(plan, "plan_diagram")
    longest = max(len(words) for step in plan for words in (kernels_of(step), f"{short(step.cost.macs)} MACs"))
    words_at = WIDTH - MARGIN - min(longest * LETTER, 2.5)
    shortcut = SHORTCUT if plan.has_shortcut else 0
    scale = scale_for([plan], words_at - 0.25 - MARGIN - shortcut, 0.5)
    column = Column(plan, MARGIN + shortcut + scale.width / 2, scale, theme_of(theme), words_at=words_at)
    below = [" ".join([*sum_of_weights(plan), f"and {short(plan.cost.macs)} MACs"])] if len(plan) > 1 else []
    below += [f"no shortcut: {plan.no_shortcut_because}"] if plan.no_shortcut_because else []
    below = [line for words in below for line in lines_of(words, WIDTH - MARGIN)]
    height = column.height + (3 if below else 2) * MARGIN + LINE * len(below)
    figure = canvas(WIDTH, height, theme)
    pen = Pen(blank_axes(figure), theme_of(theme))
    column.draw(pen, height - MARGIN)
    for number, words in enumerate(reversed(below)):
        pen.write(MARGIN, MARGIN + LINE * (number + 0.4), words, ha="left")
    pen.finish()
    return describe(figure, plan_in_words(plan, maps=True))


def blocks_beside(plans: list[Plan], *, theme: str = "light") -> Figure:
    """Several plans beside each other, drawn to one scale; with more than three, in several rows."""
    plans = [check_drawable(plan, "blocks_beside") for plan in check_plans(plans, "blocks_beside")]
    figure = _beside(plans, theme, [_title(plan) for plan in plans])
    return describe(figure, " ".join(plan_in_words(plan) for plan in plans))


def one_output_element(plans: list[Plan], *, theme: str = "light") -> Figure:
    """What one element of the output is made of: the elements and kernels that it needs are lit, products counted."""
    plans = [check_drawable(plan, "one_output_element") for plan in check_plans(plans, "one_output_element")]
    figure = _beside(plans, theme, [[plan.name, "one output element"] for plan in plans], lit=True)
    parts = [", then ".join(" ".join(products_of(plan, number)) for number in range(len(plan))) for plan in plans]
    words = ". ".join(f"{plan.name[0].upper()}{plan.name[1:]}: {part}" for plan, part in zip(plans, parts, strict=True))
    return describe(figure, f"What one output element takes. {words}.".replace("\u00d7", "x"))


def _beside(plans: Sequence[Plan], theme: str, titles: Sequence[Sequence[str]], *, lit: bool = False) -> Figure:
    across = {1: 1, 2: 2, 4: 2}.get(len(plans), 3)
    room = (WIDTH - MARGIN) / across - MARGIN
    shortcut = SHORTCUT if any(plan.has_shortcut for plan in plans) else 0
    scale = scale_for(plans, room - shortcut, 0.42)
    if lit:  # a patch must not be wider than what is seen of a map
        widest = max(need.patch[3] for plan in plans for need in needed(plan))
        scale = replace(scale, side=min(scale.side, scale.pitch / widest))
    colours = theme_of(theme)
    columns = []
    for number, plan in enumerate(plans):
        left = MARGIN + number % across * (room + MARGIN)
        columns.append(Column(plan, left + shortcut + scale.width / 2, scale, colours, titles[number], lit=lit))
    rows = [columns[start : start + across] for start in range(0, len(columns), across)]
    heights = [max(column.height for column in row) for row in rows]
    figure = canvas(WIDTH, sum(heights) + MARGIN * (2 + 2 * (len(rows) - 1)), theme)
    pen = Pen(blank_axes(figure), colours)
    top = figure.get_figheight() - MARGIN
    for row, height in zip(rows, heights, strict=True):
        for column in row:
            column.draw(pen, top, height)
        top -= height + 2 * MARGIN
    pen.finish()
    return figure


def _title(plan: Plan) -> list[str]:
    """Name and cost. How the weights add up is the point, so it is written out."""
    return [plan.name, *sum_of_weights(plan), f"{short(plan.cost.macs)} MACs"]
