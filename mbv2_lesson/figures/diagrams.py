"""Plans as drawings: feature maps, and between them the kernels that make each from the one before, all to scale."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from ..plans import Plan
from .checks import check_drawable, check_plans
from .column import LETTER, LINE, MARGIN, SHORTCUT, WIDTH, Column, Pen, lines_of
from .kernels import scale_for
from .output import describe
from .sentences import batch_norm_of, kernels_of, plan_in_words, product_of_weights, products_of, sum_of_weights
from .style import short


def plan_diagram(plan: Plan, *, theme: str = "light") -> Figure:
    """The plan from top to bottom: maps, kernels, what follows them, maps; next to them, sizes, weights and MACs.

    >>> from mbv2_lesson import depthwise_separable, figures
    >>> figures.alt_text(figures.plan_diagram(depthwise_separable(16, 32, size=(56, 56)), theme="dark"))[-37:]
    'of 56×56; 656 params, 2,057,216 MACs.'
    """
    check_drawable(plan, "plan_diagram")
    longest = max(len(words) for step in plan for words in (kernels_of(step), product_of_weights(step)))
    words_at = WIDTH - MARGIN - min(longest * LETTER, 2.5)
    shortcut = SHORTCUT if plan.has_shortcut else 0
    scale = scale_for([plan], words_at - 0.25 - MARGIN - shortcut, 0.42)
    pen = Pen(theme)
    column = Column(pen, plan, MARGIN + shortcut + scale.width / 2, scale, words_at=words_at)
    params = [" ".join(sum_of_weights(plan)), *batch_norm_of(plan)]
    below = [f"{', '.join(params)}{',' * (len(params) > 1)} and {short(plan.cost.macs)} MACs"] * (len(plan) > 1)
    below += [f"no shortcut: {plan.no_shortcut_because}"] if plan.no_shortcut_because else []
    y = column.y - MARGIN
    for words in lines_of(below, WIDTH - MARGIN):
        pen.write(MARGIN, y - LINE / 2, words, ha="left")
        y -= LINE
    return describe(pen.figure(MARGIN * bool(below) - y), plan_in_words(plan, maps=True), brief=plan_in_words(plan))


def blocks_beside(plans: list[Plan], *, theme: str = "light") -> Figure:
    """Several plans side by side, drawn to one scale; with more than three, in several rows."""
    plans = [check_drawable(plan, "blocks_beside") for plan in check_plans(plans, "blocks_beside")]
    # How the weights add up is the point, so it is written out.
    titles = [
        [plan.name, *sum_of_weights(plan), *batch_norm_of(plan), f"{short(plan.cost.macs)} MACs"] for plan in plans
    ]
    costs = [f"{plan.name}, {short(plan.cost.params)} params" for plan in plans[:4]] + ["and so on"] * (len(plans) > 4)
    brief = f"{len(plans)} plans side by side, drawn with their kernels: {'; '.join(costs)}."
    return describe(_beside(plans, theme, titles), " ".join(map(plan_in_words, plans)), brief=brief)


def one_output_element(plans: list[Plan], *, theme: str = "light") -> Figure:
    """What one output element is made of: the elements and kernels that it needs light up, and products are counted."""
    plans = [check_drawable(plan, "one_output_element") for plan in check_plans(plans, "one_output_element")]
    figure = _beside(plans, theme, [[plan.name, "one output element"] for plan in plans], lit=True)
    parts = [", then ".join(" ".join(products_of(plan, number)) for number in range(len(plan))) for plan in plans]
    words = ". ".join(f"{plan.name[0].upper()}{plan.name[1:]}: {part}" for plan, part in zip(plans, parts, strict=True))
    brief = (
        f"What one output element takes in {len(plans)} plans: the elements and kernels that it needs are highlighted."
    )
    return describe(figure, f"What one output element takes. {words}.", brief=brief)


def _beside(plans: Sequence[Plan], theme: str, titles: Sequence[Sequence[str]], *, lit: bool = False) -> Figure:
    across = {1: 1, 2: 2, 4: 2}.get(len(plans), 3)
    room = (WIDTH - MARGIN) / across - MARGIN
    shortcut = SHORTCUT if any(plan.has_shortcut for plan in plans) else 0
    scale = scale_for(plans, room - shortcut, 0.42, lit=lit)
    pen, top = Pen(theme), -MARGIN
    for start in range(0, len(plans), across):
        row = range(start, min(start + across, len(plans)))
        middle = {n: MARGIN + (n - start) * (room + MARGIN) + shortcut + scale.width / 2 for n in row}
        given = {n: {"top": top, "title": titles[n], "lit": lit} for n in row}
        ends = {n: Column(Pen(theme), plans[n], middle[n], scale, **given[n]).y for n in row}  # how long each is
        for n in row:
            Column(pen, plans[n], middle[n], scale, **given[n], spare=ends[n] - min(ends.values()))
        top = min(ends.values()) - 2 * MARGIN
    return pen.figure(-top - MARGIN)
