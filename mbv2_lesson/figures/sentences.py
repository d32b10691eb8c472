"""A plan's kernels, sums and products in words: for labels, captions and alt texts."""

from __future__ import annotations

from ..plans import Plan, Step
from ..plans.tables import times
from .kernels import needed
from .style import short


def kernels_of(step: Step) -> str:
    """32 kernels of 3×3×16: height, width and channels of each."""
    count, depth, k_h, k_w = step.spec.weight_shape
    return f"{count:,} kernel{'s' * (count > 1)} of {k_h}×{k_w}×{depth:,}"


def product_of_weights(step: Step) -> str:
    """32 × 144 = 4,608 weights: kernels, and weights of each."""
    count, each = step.spec.out_channels, step.spec.weights // step.spec.out_channels
    return f"{f'{count:,} × {each:,} = ' if count > 1 < each else ''}{short(step.cost.weights)} weights"


def sum_of_weights(plan: Plan) -> list[str]:
    """144 + 512 = 656 weights, in lines."""
    weights = [short(step.cost.weights) for step in plan]
    total = f"{short(plan.cost.weights)} weights"
    lines = [total] if len(weights) == 1 else [f"{' + '.join(weights)} = {total}"]
    return lines if len(weights) < 3 else [" + ".join(weights), f"= {total}"]


def batch_norm_of(plan: Plan) -> list[str]:
    """624 batch norm parameters, if there are any."""
    return [f"{short(plan.cost.norm)} batch norm parameters"] * bool(plan.cost.norm)


def products_of(plan: Plan, number: int) -> list[str]:
    """How many products a step takes to make what one element of the plan's output needs of it."""
    step, kernels = plan[number], len(needed(plan)[number].kernels)
    _, depth, k_h, k_w = step.spec.weight_shape
    if kernels == 1:
        product = f"{k_h * k_w} × {depth:,} = " if depth > 1 < k_h * k_w else ""
        return [f"{product}{k_h * k_w * depth:,} products"]
    return [f"{k_h * k_w * depth:,} for each of {kernels:,} maps,", f"shared by all {plan.output_shape[1]:,} outputs"]


def plan_in_words(plan: Plan, *, maps: bool = False) -> str:
    """The alt text: kernels of each step, cost, shortcut; with ``maps`` also what goes in and comes out."""
    steps = []
    for number, step in enumerate(plan):
        words = kernels_of(step) if number == 0 else kernels_of(step).replace(" kernels", "")
        if step.spec.stride != (1, 1):
            words += f", stride {times(dict.fromkeys(step.spec.stride))}"
        steps.append(words)
    if maps:
        start, end = (f"{c:,} maps of {times(size)}" for _, c, *size in (plan.input_shape, plan.output_shape))
        steps = [start, *steps, end]
    name = plan.name[0].upper() + plan.name[1:]
    words = f"{name}: {', '.join(steps)}; {plan.cost.params:,} params, {plan.cost.macs:,} MACs"
    if plan.has_shortcut:
        words += f"; input added{f', then {plan.activation}' if plan.activation else ''}"
    elif plan.no_shortcut_because and maps:
        words += f"; no shortcut: {plan.no_shortcut_because}"
    return f"{words}."
