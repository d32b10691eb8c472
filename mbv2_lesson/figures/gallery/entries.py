"""Every figure of the lesson under a name, with the settings that a blogger may change. No torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from matplotlib.figure import Figure

from ... import experiments, figures
from ...experiments import small_nets, timings
from ...plans import (
    Network,
    Plan,
    depthwise_separable,
    inverted_residual,
    mobilenet_v2,
    resnet_bottleneck,
    separable_ratio,
    standard_conv,
)
from ...plans.settings import Value
from ..sentences import kernels_of

CONV = {"in_channels": 16, "out_channels": 32, "kernel_size": 3, "size": 56}
BLOCK = {"in_channels": 24, "out_channels": 24, "expand_ratio": 6, "kernel_size": 3, "size": 56}
NETWORK = {"width_mult": 1.0, "resolution": 224}

# How a caption names a setting.
IN_WORDS = {
    "in_channels": "input channels {:,}",
    "out_channels": "output channels {:,}",
    "kernel_size": "kernel {0}\u00d7{0}",
    "size": "input {0}\u00d7{0}",
    "groups": "groups {:,}",
    "depth_multiplier": "depth multiplier M = {}",
    "expand_ratio": "expansion ratio {:,}",
    "width_mult": "width multiplier {}",
    "resolution": "image {0}\u00d7{0}",
    "largest": "up to n = {}",
}


@dataclass(frozen=True)
class Entry:
    """One figure or animation: ``draw(theme, **settings)`` gives (Figure, caption), or an iterator of frames.

    settings: what may be changed, with the values that the lesson uses
    """

    title: str
    draw: Callable
    settings: Mapping[str, Value] = field(default_factory=dict)
    moves: bool = False

    def make(self, theme: str = "light", **settings: Value):
        """Draws with ``settings`` over its own. Raises ValueError for a setting that this figure does not have."""
        for name in settings:
            if name not in self.settings:
                known = ", ".join(self.settings) or "none"
                raise ValueError(f"no setting {name!r} for this figure; it has {known}")
        return self.draw(theme, **{**self.settings, **settings})

    def caption(self, words: str, **settings: Value) -> str:
        """The words, and what the settings were, since a post may show one figure twice."""
        parts = [IN_WORDS[name].format(value) for name, value in {**self.settings, **settings}.items()]
        return f"{words} Settings: {', '.join(parts)}." if parts else words


def _cost(plan: Plan) -> str:
    return f"{plan.cost.params:,} params and {plan.cost.macs:,} MACs"


def _three(in_channels: int, out_channels: int, kernel_size: int, size: int) -> tuple[Plan, Plan, Plan]:
    """The standard, the depthwise and the pointwise convolution of one setting."""
    size = (size, size)
    standard = standard_conv(in_channels, out_channels, kernel_size, size=size)
    depthwise = standard_conv(
        in_channels, in_channels, kernel_size, groups=in_channels, size=size, name="depthwise convolution"
    )
    size = depthwise.output_shape[2:]  # with an even kernel, one more than before
    return standard, depthwise, standard_conv(in_channels, out_channels, 1, size=size, name="pointwise convolution")


def _one_of_three(theme: str, number: int, **settings) -> tuple[Figure, str]:
    plan = _three(**settings)[number]
    return figures.plan_diagram(plan, theme=theme), f"A {plan.name}: {kernels_of(plan[0])}, {_cost(plan)}."


def _all_three(theme: str, **settings) -> tuple[Figure, str]:
    plans = _three(**settings)
    standard, depthwise, pointwise = (plan.cost.weights for plan in plans)
    caption = f"A standard convolution has {standard:,} weights, "
    caption += f"depthwise and pointwise together have {depthwise:,} + {pointwise:,} = {depthwise + pointwise:,}."
    return figures.blocks_beside(list(plans), theme=theme), caption


def _pair(in_channels: int, out_channels: int, kernel_size: int, size: int) -> tuple[Plan, Plan]:
    shape = (in_channels, out_channels, kernel_size)
    return standard_conv(*shape, size=(size, size)), depthwise_separable(*shape, size=(size, size))


def _beside(theme: str, **settings) -> tuple[Figure, str]:
    standard, separable = plans = _pair(**settings)
    caption = f"Standard convolution: {kernels_of(standard[0])}, {_cost(standard)}. "
    caption += f"Depthwise separable: {' and '.join(map(kernels_of, separable))}, {_cost(separable)}."
    return figures.blocks_beside(list(plans), theme=theme), caption


def _one_output(theme: str, **settings) -> tuple[Figure, str]:
    standard, separable = plans = _pair(**settings)
    (_, depth, k_h, k_w), (_, mixed, *_) = standard[0].spec.weight_shape, separable[1].spec.weight_shape
    caption = f"One output element. Standard: {k_h * k_w} × {depth} = {k_h * k_w * depth:,} products. Separable: "
    caption += f"{k_h * k_w} for each of {depth} maps, shared by all {separable.output_shape[1]} outputs, then {mixed}."
    return figures.one_output_element(list(plans), theme=theme), caption


def _separable(theme: str, **settings) -> tuple[Figure, str]:
    plan = _pair(**settings)[1]
    kernels = " and ".join(map(kernels_of, plan))
    return figures.plan_diagram(plan, theme=theme), f"A depthwise separable convolution: {kernels}, {_cost(plan)}."


def _cost_bars(theme: str, **settings) -> tuple[Figure, str]:
    standard, separable = plans = _pair(**settings)
    caption = f"Standard convolution: {_cost(standard)}. Depthwise separable: {_cost(separable)}."
    return figures.cost_bars(list(plans), theme=theme), caption


def _law_map(theme: str, out_channels: int, kernel_size: int) -> tuple[Figure, str]:
    share = separable_ratio(out_channels, kernel_size)
    caption = f"Cost of separable relative to standard: 1/{out_channels} + 1/{kernel_size}\u00b2 = {share:.4f}."
    return figures.law_map(out_channels, kernel_size, theme=theme), caption


def _groups(theme: str, in_channels: int, out_channels: int, groups: int) -> tuple[Figure, str]:
    plan = standard_conv(in_channels, out_channels, groups=groups, size=(56, 56), name=f"convolution, {groups} groups")
    channels = in_channels // groups
    caption = f"{kernels_of(plan[0])}, each of them reading {channels:,} of {in_channels:,} maps: "
    return figures.plan_diagram(plan, theme=theme), f"{caption}{plan.cost.weights:,} weights."


def _rank(theme: str, depth_multiplier: int) -> tuple[Figure, str]:
    if depth_multiplier not in range(1, 10):
        raise ValueError(f"depth_multiplier must be from 1 to 9, got {depth_multiplier!r}")
    errors = {name: experiments.low_rank_errors(experiments.example_kernel(name)) for name in experiments.KERNELS}
    plans = [depthwise_separable(16, 32, depth_multiplier=m, size=(56, 56)) for m in range(1, 10)]
    standard, error = standard_conv(16, 32, size=(56, 56)), errors["random"][depth_multiplier - 1]
    caption = f"A separable form with M = {depth_multiplier} fits a random kernel with a relative error of {error:.2f}."
    return figures.rank_dial(errors, "random", plans, standard, depth_multiplier, theme=theme), caption


# Of the explorer's twenty random matrices, the one whose errors stay closest to the middle rank among a hundred.
TYPICAL_MATRIX = 2


def _collapse(theme: str) -> tuple[Figure, str]:
    results = [experiments.collapse(n, TYPICAL_MATRIX) for n in (2, 3, 5, 15, 30)]
    errors = ", ".join(f"{result.error:.4f} at n = {result.dimensions}" for result in results)
    caption = f"What the best linear layer recovers of a spiral from n units after ReLU: error {errors}. "
    caption += "Crosses: fewer than two active units."
    return figures.collapse_grid(results, theme=theme), caption


def _block(theme: str, stride: int, size: int, **settings) -> tuple[Figure, str]:
    plan = inverted_residual(stride=stride, size=(size, size), **settings)
    shortcut = "with a shortcut" if plan.has_shortcut else f"no shortcut: {plan.no_shortcut_because}"
    return figures.plan_diagram(plan, theme=theme), f"The inverted residual block, {shortcut}. {_cost(plan)}."


def _two_bottlenecks(
    theme: str, in_channels: int, expand_ratio: int, kernel_size: int, size: int
) -> tuple[Figure, str]:
    wide = in_channels * expand_ratio
    plans = [
        resnet_bottleneck(wide, in_channels, kernel_size, size=(size, size)),
        inverted_residual(in_channels, in_channels, 1, expand_ratio, kernel_size, size=(size, size)),
    ]
    caption = f"Wide, narrow, wide: {_cost(plans[0])}. Narrow, wide, narrow: {_cost(plans[1])}."
    return figures.blocks_beside(plans, theme=theme), caption


def _mobilenet(width_mult: float, resolution: int) -> Network:
    """Its name, which the alt text repeats, gives the width."""
    return Network(f"MobileNetV2 at width {width_mult}", mobilenet_v2(width_mult, resolution).parts)


def _network(theme: str, width_mult: float, resolution: int) -> tuple[Figure, str]:
    network = _mobilenet(width_mult, resolution)
    shortcuts = sum(block.has_shortcut for block in network.blocks)
    words = f"MobileNetV2: {len(network.blocks)} blocks, {shortcuts} of them "
    return figures.network_strip(network, theme=theme), f"{words}with a shortcut. {_cost(network)}."


def _profile(theme: str, width_mult: float, resolution: int) -> tuple[Figure, str]:
    network = _mobilenet(width_mult, resolution)
    return figures.network_profile(network, theme=theme), f"MobileNetV2: {_cost(network)}."


def _memory(theme: str, width_mult: float, resolution: int) -> tuple[Figure, str]:
    network = mobilenet_v2(width_mult, resolution)
    caption = "What must be in memory at the same time, part by part, at inference with batch norm folded in."
    return figures.live_profile(network, theme=theme), caption


def _trade_off(theme: str, width_mult: float, resolution: int) -> tuple[Figure, str]:
    cost = mobilenet_v2(width_mult, resolution).cost
    caption = f"Published accuracy against MACs. Marked: {cost.macs:,} MACs."
    return figures.trade_off(width_mult, resolution, theme=theme), caption


def _stored(theme: str, draw: Callable[..., Figure], caption: str) -> tuple[Figure, str]:
    results = timings.stored()
    where = "{processor}, {threads} threads, torch {torch}".format_map(results.machine)
    return draw(results, theme=theme), f"{caption} ({where})."


def _training(theme: str) -> tuple[Figure, str]:
    nets = [*small_nets.LAYOUT_MATCHED, *small_nets.PARAMS_MATCHED]
    stored = small_nets.stored()
    caption = f"Small networks on {stored.images} digits: accuracy against params and MACs, twenty seeds."
    return figures.training_comparison(stored, nets, theme=theme), caption


def _ablation(theme: str) -> tuple[Figure, str]:
    stored = small_nets.stored()
    caption = "The paper's ablations at a small scale, twenty seeds."
    return figures.ablation(stored, small_nets.ABLATIONS, theme=theme), caption


# --- Animations: a figure per frame, its caption, and how long it stays, in milliseconds. ---

SLOW, MIDDLE, FAST = 600, 300, 150


def _example_picture(size: int) -> np.ndarray:
    """A small gray image with an edge, a disk and a gradient."""
    y, x = np.mgrid[:size, :size] / (size - 1)
    picture = 0.25 + 0.3 * x
    picture[(x - 0.35) ** 2 + (y - 0.4) ** 2 < 0.07] = 1
    picture[y > 0.8] = 0.05
    return picture.round(1)


Frames = Iterator[tuple[Figure, str, int]]


def _scan(theme: str, size: int) -> Frames:
    if size not in range(5, 17):
        raise ValueError(f"size must be from 5 to 16, got {size!r}")
    picture, kernel = _example_picture(size), np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    patches = np.lib.stride_tricks.sliding_window_view(picture, kernel.shape)
    output = np.einsum("hwij,ij->hw", patches, kernel)
    for row in range(output.shape[0]):
        for column in range(output.shape[1]):
            figure = figures.scan(picture, kernel, output, row, column, theme=theme)
            caption = f"A 3\u00d73 kernel visits {output.size} positions of an image; each gives one number."
            yield figure, caption, MIDDLE if row else SLOW


def _steps(theme: str, in_channels: int, out_channels: int) -> Frames:
    for name, value in (("in_channels", in_channels), ("out_channels", out_channels)):
        if value not in range(1, 33):
            raise ValueError(f"{name} must be from 1 to 32, got {value!r}")
    size = 8
    plan = depthwise_separable(in_channels, out_channels, size=(size, size))
    rng = np.random.default_rng(0)
    maps = np.stack([np.rot90(_example_picture(size), turn) for turn in range(in_channels)])
    kernels, mix = rng.standard_normal((in_channels, 3, 3)), rng.standard_normal((out_channels, in_channels))
    patches = np.lib.stride_tricks.sliding_window_view(np.pad(maps, ((0, 0), (1, 1), (1, 1))), (3, 3), axis=(1, 2))
    filtered = np.einsum("chwij,cij->chw", patches, kernels)
    mixed = np.einsum("oc,chw->ohw", mix, filtered)
    weights = [f"{step.cost.weights:,} weights" for step in plan]
    caption = f"Depthwise filters each map alone ({weights[0]}); pointwise mixes them ({weights[1]})."
    for done, pause in _paces(size**2, size, in_channels, out_channels):
        yield figures.separable_steps(plan, [maps, filtered, mixed], done, theme=theme), caption, pause


def _paces(elements: int, width: int, *channels: int) -> Iterator[tuple[int, int]]:
    """How many elements are done in each frame, and its milliseconds. Each step begins slowly, element by element in
    the first row of a map, then does the rest of that map row by row, then map by map."""
    before = 0
    yield before, SLOW
    for count in channels:
        yield from ((before + done, SLOW) for done in range(1, width))
        yield from ((before + done, MIDDLE) for done in range(width, elements, width))
        yield from ((before + done, FAST) for done in range(elements, count * elements + 1, elements))
        before += count * elements


def _spiral(theme: str, largest: int) -> Frames:
    if largest not in range(3, 61):
        raise ValueError(f"largest must be from 3 to 60, got {largest!r}")
    for n in range(2, largest + 1):
        result = experiments.collapse(n, TYPICAL_MATRIX)
        figure = figures.collapse_pair(result, theme=theme)
        caption = f"What the best linear layer recovers of a spiral from n units after ReLU, for n = 2 to {largest}."
        yield figure, caption, MIDDLE


GALLERY: dict[str, Entry] = {
    "standard-convolution": Entry("a standard convolution over channels", partial(_one_of_three, number=0), CONV),
    "depthwise": Entry("a depthwise convolution", partial(_one_of_three, number=1), CONV),
    "pointwise": Entry("a pointwise convolution", partial(_one_of_three, number=2), CONV),
    "three-convolutions": Entry("standard, depthwise and pointwise, with weights counted", _all_three, CONV),
    "separable": Entry("depthwise, then pointwise", _separable, CONV),
    "standard-and-separable": Entry("standard and separable side by side", _beside, CONV),
    "one-output-element": Entry("what one output element is made of", _one_output, {**CONV, "size": 16}),
    "cost-bars": Entry("weights and MACs of standard and separable", _cost_bars, CONV),
    "law-map": Entry("the law 1/C_out + 1/k\u00b2", _law_map, {"out_channels": 32, "kernel_size": 3}),
    "groups": Entry("which maps each kernel reads", _groups, {"in_channels": 16, "out_channels": 32, "groups": 4}),
    "rank-dial": Entry("how close a separable layer can come", _rank, {"depth_multiplier": 3}),
    "relu-collapse": Entry("what is left of a curve after ReLU in few dimensions", _collapse),
    "resnet-and-inverted": Entry(
        "ResNet's bottleneck next to the inverted residual",
        _two_bottlenecks,
        {"in_channels": 24, "expand_ratio": 6, "kernel_size": 3, "size": 56},
    ),
    "block-stride-1": Entry("the inverted residual at stride 1", partial(_block, stride=1), BLOCK),
    "block-stride-2": Entry(
        "the inverted residual at stride 2", partial(_block, stride=2), {**BLOCK, "out_channels": 32}
    ),
    "network": Entry("MobileNetV2's blocks in a row, to scale", _network, NETWORK),
    "network-profile": Entry("where MobileNetV2's cost lies", _profile, NETWORK),
    "memory": Entry("what must be in memory at the same time", _memory, NETWORK),
    "trade-off": Entry("accuracy against MACs, by width and by resolution", _trade_off, NETWORK),
    "speed": Entry(
        "MACs against time, standard and separable",
        partial(
            _stored, draw=figures.speed_ratios, caption="Reduction in MACs and speed-up, separable against standard"
        ),
    ),
    "network-speed": Entry(
        "MACs against time, whole networks",
        partial(
            _stored, draw=figures.network_speeds, caption="Share of the MACs and of the time of MobileNetV2 1.0 at 224"
        ),
    ),
    "roofline": Entry(
        "the roofline, with every kind of layer",
        partial(_stored, draw=figures.roofline, caption="Attainable speed against MACs per byte"),
    ),
    "training": Entry("accuracy of small networks against params and MACs", _training),
    "ablation": Entry("the paper's ablations at a small scale", _ablation),
    "kernel-scans": Entry("a kernel scanning an image", _scan, {"size": 8}, moves=True),
    "separable-steps": Entry(
        "depthwise, then pointwise, map by map", _steps, {"in_channels": 16, "out_channels": 32}, moves=True
    ),
    "relu-spiral": Entry("a spiral through ReLU as n grows", _spiral, {"largest": 30}, moves=True),
}
