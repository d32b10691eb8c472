"""How many activations must be in memory at the same time. No torch."""

from __future__ import annotations

from math import prod

from .blocks import Plan, Step
from .checks import check_int
from .layers import Conv2dSpec
from .networks import Network


def live_activations(plan: Plan, splits: int = 1) -> dict[str, int]:
    """Elements that must be in memory while each step runs: its input, its output, and what a shortcut still needs.

    This is for inference, with batch norm folded into the convolutions and activations done in place. PyTorch as it is
    needs more, since its batch norm is a step with an output of its own; training keeps far more, for the gradients.

    With ``splits`` > 1 the channels between a depthwise and a last 1x1 convolution are computed, filtered and
    projected in that many groups, one after the other, and added up in the output. The block is then one entry, as
    only its input, its output and one group are in memory together. Source: MobileNetV2, arXiv 1801.04381, section 5.1.

    Raises TypeError or ValueError unless ``splits`` is a whole number of at least 1.
    """
    splits = check_int(splits, "splits")
    live: dict[str, int] = {}
    for part in plan.parts if isinstance(plan, Network) else (plan,):
        steps = part.steps
        prefix = f"{part.name} " if isinstance(plan, Network) and len(steps) > 1 else ""
        if splits > 1 and _filters_then_mixes(steps):
            live[part.name] = _in_groups(part, splits)
            continue
        kept = 0  # for the shortcut; of the first step this is the input
        for step in steps:
            live[prefix + step.name] = prod(step.input_shape) + prod(step.output_shape) + kept
            kept = prod(part.input_shape) if part.has_shortcut else 0
    return live


def peak_activations(plan: Plan, splits: int = 1) -> int:
    """The largest of ``live_activations``: a number of elements, to be multiplied by the bytes per element."""
    return max(live_activations(plan, splits).values())


def _filters_then_mixes(steps: tuple[Step, ...]) -> bool:
    """Whether these steps, after an expansion or not, filter each channel alone and then mix them by 1x1."""
    specs = [step.spec for step in steps if isinstance(step.spec, Conv2dSpec)]
    if len(specs) < len(steps) or len(specs) not in (2, 3):
        return False
    *expand, depthwise, mix = specs
    ungrouped = all(spec.groups == 1 for spec in (*expand, mix))
    return ungrouped and depthwise.groups == depthwise.in_channels and mix.kernel_size == (1, 1)


def _in_groups(part: Plan, splits: int) -> int:
    *expand, depthwise, project = part
    _, hidden, *size = depthwise.input_shape
    group = -(-hidden // splits)  # the largest group, if they are not equal
    per_channel = size[0] * size[1] if expand else 0  # without an expansion the group is a part of the input
    _, maps, *size = depthwise.output_shape
    per_channel += size[0] * size[1] * maps // hidden
    return prod(part.input_shape) + group * per_channel + prod(project.output_shape)
