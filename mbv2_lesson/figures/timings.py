"""Notebook 07: cost against measured time, and the roofline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ..experiments.timings import KINDS, NETWORKS, Results, Timing, intensity, ratio
from .output import describe
from .style import INK_ON_KIND, KIND_COLOR, SMALLEST, canvas, legend, plain_axes, set_title, theme_of

Case = tuple[int, bool]  # batch size, and whether tensors are channels_last
MARKERS = {"standard": "o", "depthwise": "s", "pointwise": "^"}


def speed_ratios(results: Results, *, theme: str = "light") -> Figure:
    """Separable against standard convolution: how many x fewer MACs (bars), and the speed-up (marks)."""

    def pair(setting: Sequence[float], case: Case) -> list[Timing]:
        return [results.find(what, setting, *case) for what in ("standard", "separable")]

    names = {s: (f"{s[0]}\n{s[1]}\u00b2", f"{s[0]} channels {s[1]}×{s[1]}") for s in results.settings("separable")}
    message, label = "Depthwise separable against standard convolution. Reduction in MACs", "channels, height and width"
    words = (message, "x", "x fewer MACs", "speed-up", label)
    return _count_and_clock(results, results.cases, names, pair, words, 1, theme)


def network_speeds(results: Results, *, theme: str = "light") -> Figure:
    """MACs (bars) and time (marks) of MobileNetV2 as shares of those of width 1.0 at 224 pixels."""

    def pair(setting: Sequence[float], case: Case) -> list[Timing]:
        return [results.find("network", key, *case) for key in (setting, NETWORKS[0])]

    settings = [setting for setting in results.settings("network") if setting != NETWORKS[0]]
    names = {(width, size): (f"{width}\n{size}", f"width {width} at {size}") for width, size in settings}
    timed = {(timing.batch, timing.channels_last) for timing in results.timings if timing.what == "network"}
    cases = [case for case in results.cases if case in timed]
    message, label = "MobileNetV2 against width 1.0 at 224 pixels. Share of the MACs", "width, resolution"
    words = (message, "", "share of the MACs", "share of the time", label)
    return _count_and_clock(results, cases, names, pair, words, 2, theme)


def roofline(
    results: Results,
    batch: int = 1,
    channels_last: bool = False,
    mark: tuple[str, float] | None = None,
    *,
    theme: str = "light",
) -> Figure:
    """MACs per second against MACs per byte moved, under the two ceilings; ``mark`` is (words, MACs per byte).

    The dashed line is for tensors that fit into a cache, which is not the memory that the model is about.
    """
    colors = theme_of(theme)
    figure = canvas(6.4, 4.2, theme)
    axes = plain_axes(figure, (0.12, 0.29, 0.85, 0.63), theme)
    ceilings = results.ceilings
    timings = [t for t in results.timings if t.what in KINDS and (t.batch, t.channels_last) == (batch, channels_last)]
    low, high = (0.05, 5e4) if mark else (0.5, 300)
    x = np.geomspace(low, high, 200)
    lines = [
        ("memory and arithmetic", ceilings.memory, "-", 2.2),
        ("the same from a cache", ceilings.cache, "--", 1.3),
    ]
    for name, slope, dash, thick in lines:
        style = {"color": colors.text, "linestyle": dash, "linewidth": thick, "label": name}
        axes.plot(x, np.minimum(ceilings.macs, slope * x) / 1e9, **style)
    kinds = []
    for kind in KINDS:
        of_kind = [t for t in timings if t.what == kind]
        if of_kind:
            values = [intensity(t.plan, batch) for t in of_kind]
            rates = [t.rate / ceilings.macs for t in of_kind]
            kinds.append(
                f"{kind} {min(values):.1f} to {max(values):.1f} MACs per byte, "
                f"{min(rates):.0%} to {max(rates):.0%} of what arithmetic could do"
            )
        for fresh in (False, True):
            some = [t for t in of_kind if t.fresh_memory is fresh]
            axes.scatter(
                [intensity(t.plan, batch) for t in some],
                [t.rate / 1e9 for t in some],
                marker=MARKERS[kind],
                s=55,
                facecolor="none" if fresh else KIND_COLOR[kind],
                edgecolor=KIND_COLOR[kind] if fresh else INK_ON_KIND,
                linewidth=0.8,
                zorder=3,
                label=None if fresh else kind,
            )
    slowest = min([t.rate for t in timings] + [ceilings.memory * low])
    bottom, top = slowest / 1.6e9, 2.2 * ceilings.macs / 1e9
    axes.set(xscale="log", yscale="log", xlim=(low, high), ylim=(bottom, top))
    axes.set(xlabel="MACs per byte moved", ylabel="billion MACs per second")
    ticks = [0.1, 1, 10, 100, 1000, 10_000] if mark else [1, 10, 100]
    axes.set_xticks(ticks, [f"{tick:,g}" for tick in ticks])
    powers = [tick for tick in (0.1, 1, 10, 100, 1000) if bottom <= tick <= top]
    axes.set_yticks(powers, [f"{tick:g}" for tick in powers])
    axes.minorticks_off()
    best = f"{ceilings.macs / 1e9:.0f} billion MACs and {ceilings.memory / 1e9:.0f} billion bytes per second"
    sentence = "Roofline: attainable MACs per second against MACs per byte moved."
    if mark:
        words, value = mark
        reach = ceilings.reach(value)
        axes.axvline(value, color=colors.mark, linewidth=2, linestyle="-.", zorder=1)
        axes.scatter([value], [reach / 1e9], s=150, facecolor="none", edgecolor=colors.mark, linewidth=2.5, zorder=4)
        set_title(axes, f"{words}: {value:.3g} MACs per byte", theme)
        sentence += f" {words}: {value:.3g} MACs per byte, at most {reach / ceilings.macs:.1%} of the ceiling."
    legend(figure, theme, loc="lower center", bbox_to_anchor=(0.5, 0), ncols=3)
    return _describe(figure, results, sentence, f"ceilings {best}; {'; '.join(kinds)}", f"Ceilings: {best}.")


def _count_and_clock(
    results: Results,
    cases: Sequence[Case],
    names: Mapping[Sequence[float], tuple[str, str]],
    pair: Callable[[Sequence[float], Case], list[Timing]],
    words: tuple[str, str, str, str, str],
    digits: int,
    theme: str,
) -> Figure:
    """A panel per case: as bars the MACs of the first of each ``pair`` over those of the second, as marks its time.

    names: for each setting, under its bar and in the description
    words: the message, the bars' unit, what the bars are, what the marks are, what the names are
    """
    message, unit, counted, clocked, label = words
    colors = theme_of(theme)
    below, spoken = zip(*names.values(), strict=True)
    pairs = {case: [pair(setting, case) for setting in names] for case in cases}
    times = {case: [ratio(a.seconds, b.seconds) for a, b in timed] for case, timed in pairs.items()}
    bars = [first.macs / second.macs for first, second in pairs[cases[0]]]
    rows, columns = (len(cases) + 1) // 2, min(2, len(cases))
    height = 0.72 + 1.95 * rows
    figure = canvas(6.4, height, theme)
    diamond = {"color": colors.mark, "marker": "D", "linestyle": "", "markersize": 6}
    top = 1.25 * max([*bars, *(time.high for of_case in times.values() for time in of_case)])
    sentences = []
    for number, case in enumerate(cases):
        row, column = divmod(number, columns)
        bottom = (height - 1.43 - 1.95 * row) / height
        rect = (0.02 + 0.49 * column, bottom, 0.96 if columns == 1 else 0.47, 1.15 / height)
        axes = plain_axes(figure, rect, theme, bare="y")
        axes.bar(range(len(bars)), bars, width=0.8, facecolor=colors.panel, edgecolor=colors.faint, linewidth=0.8)
        axes.axhline(1, color=colors.text, linewidth=1, linestyle=":")
        values = []
        for x, (bar, time, timed) in enumerate(zip(bars, times[case], pairs[case], strict=True)):
            hollow = any(timing.fresh_memory for timing in timed)
            spread = [[time.median - time.low], [time.high - time.median]]
            style = diamond | ({"markerfacecolor": colors.background} if hollow else {})
            axes.errorbar(x - 0.18, time.median, spread, capsize=4, clip_on=False, **style)  # stays whole near zero
            text = {"fontsize": SMALLEST, "color": colors.text}
            axes.text(x, top * 0.99, f"{bar:.{digits}f}", ha="center", va="top", **text)
            paper = {"facecolor": colors.panel, "edgecolor": "none", "pad": 0.8, "alpha": 0.8}
            text |= {"va": "center", "fontweight": "bold", "bbox": paper}
            axes.text(x - 0.02, time.median, f"{time.median:.{digits}f}", **text)
            values.append(f"{spoken[x]} {time}{', with page faults' if hollow else ''}")
        axes.set(xlim=(-0.6, len(bars) - 0.4), ylim=(0, top))
        axes.tick_params(length=0)
        axes.set_xticks(range(len(bars)), below)
        name = f"batch {case[0]}, {'channels_last' if case[1] else 'contiguous'}"
        set_title(axes, name, theme, pad=3)
        sentences.append(f"{name}: {', '.join(values)}")
    handles = [
        Patch(facecolor=colors.panel, edgecolor=colors.faint, label=f"{counted} (top)"),
        Line2D([], [], label=clocked, **diamond),
        Line2D([], [], label="page faults", markerfacecolor=colors.background, **diamond),
    ]
    legend(figure, theme, handles=handles, loc="lower center", ncols=3)
    figure.text(0.5, 0.38 / height, label, ha="center", fontsize=SMALLEST, color=colors.text)
    told = "; ".join(f"{name} {value:.{digits}f}{unit}" for name, value in zip(spoken, bars, strict=True))
    medians = [time.median for of_case in times.values() for time in of_case]
    return _describe(
        figure,
        results,
        f"{message}: {told}.",
        f"{clocked}, median and quartiles: {'; '.join(sentences)}",
        f"{clocked.capitalize()}: {min(medians):.2f} to {max(medians):.2f}.",
    )


def _describe(figure: Figure, results: Results, counted: str, clocked: str, in_short: str) -> Figure:
    """What was measured just now is kept apart, since it differs from run to run."""
    brief = f"{counted} {in_short}"
    if results.fresh:
        return describe(figure, counted, f"In this run: {clocked}.", brief=brief)
    machine = results.machine
    where = "{processor}, {threads} threads, torch {torch}, {date}".format_map(machine)
    kept = ", allocator keeps its memory" if "allocator" in machine else ""
    return describe(figure, f"{counted} Stored ({where}{kept}): {clocked}.", brief=brief)
