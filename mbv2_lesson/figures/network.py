"""Whole networks: where the cost lies, what the two knobs buy, which convention fits, what must be in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch

from ..plans import Cost, Network, Plan, mobilenet_v2
from ..plans.memory import live_activations
from ..plans.published import PAPER, PUBLISHED, TF_SLIM, Published, count_under, matches_printed
from .checks import check_network
from .output import describe
from .style import (
    INK_ON_KIND,
    KIND_COLOR,
    OTHER,
    SMALLEST,
    bar_axes,
    canvas,
    kind_legend,
    kind_style,
    legend,
    plain_axes,
    set_title,
    short,
    theme_of,
)


def network_profile(network: Network, *, theme: str = "light") -> Figure:
    """Params, MACs and activations of each part of the network, from stem to classifier, divided by kind of layer."""
    check_network(network, "network_profile")
    figure = canvas(6.4, 4.9, theme)
    parts = [part for part in network.parts if part.cost != Cost()]
    kinds = list(network.cost_by_kind)
    words = []
    for row, (name, value) in enumerate(METRICS.items()):
        axes = plain_axes(figure, (0.02, 0.72 - 0.275 * row, 0.96, 0.2), theme, bare="y")
        _stacks(axes, [part.cost_by_kind for part in parts], kinds, value)
        total = value(network.cost)
        largest = max(parts, key=lambda part: value(part.cost))
        maximum = value(largest.cost)
        set_title(axes, f"{name}: {short(total)}, largest part: {largest.name}, {short(maximum)}", theme, pad=3)
        axes.set(xlim=(-0.6, len(parts) - 0.4), xticks=[])
        if row == 2:
            _name_parts(axes, parts)
        words.append(f"{total:,} {name}, {maximum:,} of them in {largest.name}")
    kind_legend(figure, kinds, 0.03, theme)
    _, _, height, width = network.input_shape
    return describe(figure, f"{network.name} for {height}×{width} pixels, part by part: {'; '.join(words)}.")


METRICS: dict[str, Callable[[Cost], int]] = {
    "params": lambda cost: cost.params,
    "MACs": lambda cost: cost.macs,
    "activations": lambda cost: cost.activations,
}


def layer_profile(
    layers: Mapping[str, Mapping[str, Cost]], metric: str = "MACs", chosen: str | None = None, *, theme: str = "light"
) -> Figure:
    """A bar per layer of any network, as high as its params, MACs or activations, in the order of ``layers``.

    layers: name -> kind -> cost, where a layer may have several kinds, and a kind may be "other"
    chosen: the name of a layer to mark; by default the highest, or the first of those

    Raises ValueError if there are no layers, and for another metric or name.
    """
    if metric not in METRICS:
        raise ValueError(f"metric must be one of {', '.join(map(repr, METRICS))}, got {metric!r}")
    if not layers:
        raise ValueError("layer_profile needs at least one layer, got none")
    if chosen not in (None, *layers):
        raise ValueError(f"chosen must be the name of one of the {len(layers)} layers, got {chosen!r}")
    value = METRICS[metric]
    values = {name: sum(map(value, costs.values())) for name, costs in layers.items()}
    highest = max(values, key=values.__getitem__)
    number = list(values).index(highest if chosen is None else chosen)
    figure = canvas(6.4, 2.9, theme)
    axes = plain_axes(figure, (0.02, 0.27, 0.96, 0.61), theme, bare="y")
    kinds = [kind for kind in (*KIND_COLOR, OTHER) if any(kind in costs for costs in layers.values())]
    _stacks(axes, list(layers.values()), kinds, value, linewidth=0.6 if len(values) < 100 else 0)
    total = sum(values.values())
    set_title(axes, f"{metric}: {short(total)} in {len(values):,} layers", theme)
    axes.set(xlim=(-0.6, len(values) - 0.4), xticks=[])
    mark = {"color": theme_of(theme).mark, "marker": "^", "markersize": 8, "clip_on": False}
    axes.plot(number, -0.06, transform=axes.get_xaxis_transform(), **mark)
    kind_legend(figure, kinds, 0.1, theme)
    name = metric[0].upper() + metric[1:]
    summary = f"{name} of {len(values):,} layers, {total:,} in all"
    most = f"the largest is {highest}, {values[highest]:,}" if total else "all of them 0"
    marked, its = list(values.items())[number]
    return describe(figure, f"{summary}: {most}; {marked} is marked, {its:,}.", brief=f"{summary}.")


def _stacks(
    axes: Axes,
    costs: Sequence[Mapping[str, Cost]],
    kinds: Sequence[str],
    value: Callable[[Cost], int],
    linewidth: float = 0.6,
) -> None:
    """Stacked bars of several kinds. One staircase per kind draws faster than a bar per part."""
    edges = np.repeat(np.arange(len(costs)), 2) + np.tile([-0.4, 0.4], len(costs))
    bottom = np.zeros(len(edges) - 1)
    for kind in kinds:
        heights = np.zeros(len(edges) - 1)
        heights[::2] = [value(cost.get(kind, Cost())) for cost in costs]
        shown = np.where(heights > 0, heights, np.nan)
        style = {**kind_style(kind), "linewidth": linewidth}
        # add_artist does not look for the data's limits, which would take most of the time; they are set below
        axes.add_artist(StepPatch(bottom + shown, edges, baseline=bottom, fill=True, **style))
        bottom = bottom + heights
    axes.set_ylim(0, bottom.max() * 1.03 or 1)


def _name_parts(axes: Axes, parts: Sequence[Plan]) -> None:
    """Block numbers under their bars; the other parts, whose names are too long for a bar, below in words."""
    names = [part.name.removeprefix("block ") for part in parts]
    blocks = [number for number, name in enumerate(names) if name.isdigit()]
    axes.set_xticks(blocks, [names[number] for number in blocks])
    words = names if not blocks else [*names[: blocks[0]], "blocks by number", *names[blocks[-1] + 1 :]]
    axes.set_xlabel(", ".join(words), labelpad=1)


# TF-Slim's checkpoints: a line per width multiplier and a marker per resolution, colors after Okabe and Ito
_WIDTH_STYLE = {
    1.4: ("#009e73", "-"),
    1.3: ("#009e73", "-"),
    1.0: ("#3f8fd2", "-"),
    0.75: ("#e69f00", "--"),
    0.5: ("#d55e00", "-."),
    0.35: ("#cc79a7", ":"),
}
_RESOLUTION_MARKER = {224: "o", 192: "s", 160: "^", 128: "D", 96: "v"}


def trade_off(width_mult: float | None = None, resolution: int | None = None, *, theme: str = "light") -> Figure:
    """Published top-1 accuracy of TF-Slim's checkpoints against computed MACs, with a given setting marked."""
    colors = theme_of(theme)
    figure = canvas(6.4, 4, theme)
    axes = plain_axes(figure, (0.08, 0.14, 0.89, 0.79), theme)
    rows = [row for row in PUBLISHED if row.network == "MobileNetV2" and row.source == TF_SLIM]
    words = []
    for width, (color, dash) in _WIDTH_STYLE.items():
        points = [row for row in rows if row.width_mult == width]
        macs = [mobilenet_v2(width, row.resolution).cost.macs / 1e6 for row in points]
        axes.plot(macs, [row.top1 for row in points], color=color, linestyle=dash, zorder=2)
        for x, row in zip(macs, points, strict=True):
            axes.plot(x, row.top1, _RESOLUTION_MARKER[row.resolution], color=color, markersize=6, zorder=2)
        place = {"xytext": (-6, 0), "ha": "right", "va": "center"}  # 1.3, left of 1.4
        if width != 1.3:
            place = {"xytext": (5, -4), "ha": "left", "va": "top"}
        end = (macs[0], points[0].top1)
        axes.annotate(f"{width}", end, textcoords="offset points", **place, fontsize=SMALLEST, color=colors.text)
        words.append(f"Width {width}: {', '.join(f'{row.top1}% at {row.resolution}' for row in points)}")
    axes.set(xscale="log", xlim=(9, 900), ylim=(43, 78), xlabel="million MACs (computed)")
    axes.set_xticks([10, 20, 50, 100, 200, 500], ["10", "20", "50", "100", "200", "500"])
    axes.minorticks_off()
    set_title(axes, "top-1 accuracy in % (published), one line per width multiplier", theme)
    for size, marker in _RESOLUTION_MARKER.items():
        axes.plot([], [], marker, color=colors.faint, markersize=6, label=f"{size} pixels")
    brief = "Published top-1 accuracy of MobileNetV2, rising ever more slowly with MACs."
    sentence, setting = f"{brief} {'. '.join(words)} pixels.", ""
    if width_mult is not None and resolution is not None:
        macs = mobilenet_v2(width_mult, resolution).cost.macs
        label = f"width {width_mult}, {resolution} pixels"
        axes.axvline(macs / 1e6, color=colors.mark, linewidth=2, linestyle="-.", label=label, zorder=1)
        setting = f" Your setting, {label}, has {macs:,} MACs."
    paper = {"framealpha": 1, "edgecolor": "none", "facecolor": colors.background}  # over the line of the setting
    axes.legend(fontsize=SMALLEST, labelcolor=colors.text, loc="lower right", **paper)
    return describe(figure, sentence + setting, brief=brief + setting)


def conventions(
    network: Network,
    rows: Sequence[Published],
    *,
    flops: bool = False,
    batch_norm: bool = True,
    biases: bool = True,
    classifier: bool = True,
    theme: str = "light",
) -> Figure:
    """Params and operations under one convention (see ``published.count_under``) above the published numbers."""
    colors = theme_of(theme)
    figure = canvas(6.4, 1.1 + 0.5 * len(rows), theme)
    height = figure.get_size_inches()[1]
    convention = {"flops": flops, "batch_norm": batch_norm, "biases": biases, "classifier": classifier}
    params, operations = count_under(network, **convention)
    names = ["this count", *("paper" if row.source == PAPER else "TF-Slim" for row in rows)]
    panels = [
        ("million params", 0.14, params / 1e6, [row.params for row in rows], 2),
        (f"million {'FLOPs' if flops else 'MACs'}", 0.6, operations / 1e6, [row.macs for row in rows], 1),
    ]
    words = []
    for name, left, count, printed, digits in panels:
        values = [count, *printed]
        maximum = max(value for value in values if value is not None)
        axes = bar_axes(figure, (left, 0.12 / height, 0.38, 1 - 0.55 / height), name, len(values), maximum, theme)
        for row, value in enumerate(values):
            if row == 0:
                text, style = f"{count:,.{digits}f}", {"color": KIND_COLOR["standard"]}
            elif value is None:
                text, style = "not given", {"color": "none"}
            else:
                fits = matches_printed(count, value)
                text = f"{value:,} " + ("\u2714 fits" if fits else "\u2718 differs")
                style = {"facecolor": colors.panel, "hatch": "" if fits else "xx"}
                words.append(f"{names[row]}, {name}: {value:,} {'fits' if fits else 'differs'}")
            axes.barh(row, value or 0, height=0.6, edgecolor=colors.faint, linewidth=0.8, **style)
            paper = {"facecolor": colors.background, "edgecolor": "none", "pad": 1.5}
            axes.text(0.03 * maximum, row, text, va="center", fontsize=SMALLEST, color=colors.text, bbox=paper)
    figure.axes[0].set_yticklabels(names)
    counted = f"{params:,} params and {operations:,} {'FLOPs' if flops else 'MACs'}"
    return describe(figure, f"{network.name} under this convention: {counted}. Published: {'; '.join(words)}.")


def live_profile(network: Network, splits: Sequence[int] = (1, 2, 5), *, theme: str = "light") -> Figure:
    """Peak activations in memory in each part: filled for the first of ``splits``, as lines for the others."""
    check_network(network, "live_profile")
    figure = canvas(6.4, 3.2, theme)
    axes = plain_axes(figure, (0.02, 0.18, 0.96, 0.72), theme, bare="y")
    lines = [(KIND_COLOR["standard"], "-"), (KIND_COLOR["grouped"], "--"), (KIND_COLOR["linear"], ":")]
    edges = np.arange(len(network.parts) + 1) - 0.5
    peaks = []
    for number, split in enumerate(splits):
        live = live_activations(network, split)
        peak = max(live.values())
        values = [
            max(count for name, count in live.items() if name == part.name or name.startswith(f"{part.name} "))
            for part in network.parts
        ]
        peaks.append(f"{'whole' if split == 1 else f'in {split} groups'}: peak {peak:,}")
        color, dash = lines[number % len(lines)]
        style = {"color": color, "linestyle": dash, "linewidth": 2.5}
        if number == 0:
            style = {"fill": True, "facecolor": color, "edgecolor": INK_ON_KIND}
        axes.stairs(values, edges, label=peaks[-1], **style)
    axes.set(xlim=(-0.6, len(network.parts) - 0.4), ylim=(0, None))
    _name_parts(axes, network.parts)
    set_title(axes, "activations in memory at the same time (elements)", theme)
    legend(axes, theme, loc="upper right")
    sentence = "Activations in memory at the same time, part by part, at inference with batch norm folded in."
    return describe(figure, f"{sentence} Expanded channels {'; '.join(peaks)}.")
