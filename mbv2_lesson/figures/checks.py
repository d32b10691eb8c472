"""Checks before anything is drawn. Each returns what it was given, or raises an error that says what is needed."""

from __future__ import annotations

from collections.abc import Iterable

from ..plans import Conv2dSpec, Network, Plan

ROOM = 3  # steps of a drawing: the words of a fourth would run into the feature maps


def check_plans(plans: object, caller: str) -> list[Plan]:
    if isinstance(plans, Plan):
        raise TypeError(f"{caller} needs a list of plans, got one plan; write {caller}([plan])")
    if not isinstance(plans, Iterable):
        raise TypeError(f"{caller} needs a list of plans, got {_given(plans)}")
    found = list(plans)
    if not found:
        raise ValueError(f"{caller} needs a list of plans, got an empty one")
    for plan in found:
        if not isinstance(plan, Plan):
            raise TypeError(
                f"{caller} draws plans, such as inverted_residual(16, 16, size=(56, 56)), got {_given(plan)}"
            )
    return found


def check_drawable(plan: object, caller: str) -> Plan:
    """A plan that fits the drawing of feature maps and arrows: up to three convolutions."""
    (plan,) = check_plans([plan], caller)
    if len(plan) > ROOM:
        network = "network_profile(network), or draw one block: plan_diagram(network.blocks[1])"
        instead = network if isinstance(plan, Network) else "cost_bars([plan])"
        raise ValueError(f"{plan.name!r} has {len(plan)} steps, but this drawing has room for {ROOM}; use {instead}")
    for step in plan:
        if not isinstance(step.spec, Conv2dSpec):
            raise ValueError(
                f"{caller} draws convolutions only, but step {step.name!r} of {plan.name!r} is a {step.kind} layer"
            )
    return plan


def check_network(network: object, caller: str) -> Network:
    if not isinstance(network, Network):
        raise TypeError(f"{caller} needs a Network, such as mobilenet_v2(), got {_given(network)}")
    return network


def check_blocks(network: object, caller: str) -> Network:
    """A network of inverted residuals."""
    network = check_network(network, caller)
    for block in network.blocks:
        if not any(step.kind == "depthwise" for step in block):
            raise ValueError(f"{caller} draws blocks with a depthwise convolution, but {block.name!r} has none")
    return network


def check_spec(spec: object, caller: str) -> Conv2dSpec:
    if not isinstance(spec, Conv2dSpec):
        raise TypeError(f"{caller} needs a Conv2dSpec, such as plan[0].spec, got {_given(spec)}")
    return spec


def _given(value: object) -> str:
    """Briefly: the name of a plan, a short value as it is, otherwise its type."""
    words = repr(value.name if isinstance(value, Plan) else value)
    return words if len(words) <= 40 else type(value).__name__
