"""Notebook 07: cost against measured time, and the roofline."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ..experiments.timings import KINDS, NETWORKS, Ratio, Results, intensity
from .output import describe
from .style import INK_ON_KIND, KIND_COLOUR, SMALLEST, canvas, plain_axes, set_title, theme_of

MARKERS = {"standard": "o", "depthwise": "s", "pointwise": "^"}


def speed_ratios(results: Results, *, theme: str = "light") -> Figure:
    """Separable against standard convolution: how many x fewer MACs (bars), and the speed-up (marks)."""
    settings = results.settings("separable")
    macs = [results.find("standard", s, *results.cases[0]).macs for s in settings]
    fewer = [m / results.find("separable", s, *results.cases[0]).macs for m, s in zip(macs, settings, strict=True)]
    panels = []
    for case in results.cases:
        times = [results.speedup(setting, *case) for setting in settings]
        pairs = [[results.find(what, setting, *case) for what in ("standard", "separable")] for setting in settings]
        panels.append((case, times, [any(timing.fresh_memory for timing in pair) for pair in pairs]))
    names = [f"{channels}\n{size}\u00b2" for channels, size in settings]
    figure = _bars_and_marks(
        fewer,
        panels,
        names,
        ("x fewer MACs", "speed-up"),
        "channels, height and width",
        1,
        theme,
    )
    spoken = [f"{channels} channels {size}x{size}" for channels, size in settings]
    bars = "; ".join(f"{name} {value:.1f}x" for name, value in zip(spoken, fewer, strict=True))
    return _describe(
        figure,
        results,
        f"Depthwise separable against standard convolution. Reduction in MACs: {bars}.",
        f"speed-up, median and quartiles: {_spoken(panels, spoken)}",
        f"Speed-up: {_range(panels)}.",
    )


def network_speeds(results: Results, *, theme: str = "light") -> Figure:
    """MACs (bars) and time (marks) of MobileNetV2 as shares of those of width 1.0 at 224 pixels."""
    settings = [setting for setting in results.settings("network") if setting != NETWORKS[0]]
    cases = [
        case
        for case in results.cases
        if any((t.what, t.batch, t.channels_last) == ("network", *case) for t in results.timings)
    ]
    full = results.find("network", NETWORKS[0], *cases[0]).macs
    shares = [results.find("network", setting, *cases[0]).macs / full for setting in settings]
    panels = []
    for case in cases:
        times = [results.network_share(setting, *case) for setting in settings]
        base = results.find("network", NETWORKS[0], *case)
        fresh = [base.fresh_memory or results.find("network", setting, *case).fresh_memory for setting in settings]
        panels.append((case, times, fresh))
    names = [f"{width}\n{size}" for width, size in settings]
    figure = _bars_and_marks(
        shares, panels, names, ("share of the MACs", "share of the time"), "width, resolution", 2, theme
    )
    spoken = [f"width {width} at {size}" for width, size in settings]
    bars = "; ".join(f"{name} {value:.2f}" for name, value in zip(spoken, shares, strict=True))
    return _describe(
        figure,
        results,
        f"MobileNetV2 against width 1.0 at 224 pixels. Share of the MACs: {bars}.",
        f"share of the time, median and quartiles: {_spoken(panels, spoken)}",
        f"Share of the time: {_range(panels)}.",
    )


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
    colours = theme_of(theme)
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
        axes.plot(
            x, np.minimum(ceilings.macs, slope * x) / 1e9, color=colours.text, linestyle=dash, lw=thick, label=name
        )
    for kind in KINDS:
        of_kind = [t for t in timings if t.what == kind]
        for fresh in (False, True):
            some = [t for t in of_kind if t.fresh_memory is fresh]
            axes.scatter(
                [intensity(t.plan, batch) for t in some],
                [t.rate / 1e9 for t in some],
                marker=MARKERS[kind],
                s=55,
                facecolor="none" if fresh else KIND_COLOUR[kind],
                edgecolor=KIND_COLOUR[kind] if fresh else INK_ON_KIND,
                linewidth=0.8,
                zorder=3,
                label=None if fresh else kind,
            )
    slowest = min([t.rate for t in timings] + [ceilings.memory * low])
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(low, high)
    axes.set_ylim(slowest / 1.6e9, 2.2 * ceilings.macs / 1e9)
    ticks = [0.1, 1, 10, 100, 1000, 10_000] if mark else [1, 10, 100]
    axes.set_xticks(ticks, [f"{tick:,g}" for tick in ticks])
    powers = [tick for tick in (0.1, 1, 10, 100, 1000) if slowest / 1.6e9 <= tick <= 2.2 * ceilings.macs / 1e9]
    axes.set_yticks(powers, [f"{tick:g}" for tick in powers])
    axes.minorticks_off()
    axes.set_xlabel("MACs per byte moved")
    axes.set_ylabel("billion MACs per second")
    best = f"{ceilings.macs / 1e9:.0f} billion MACs and {ceilings.memory / 1e9:.0f} billion bytes per second"
    sentence = "Roofline: attainable MACs per second against MACs per byte moved."
    if mark:
        words, value = mark
        reach = ceilings.reach(value)
        axes.axvline(value, color=colours.mark, linewidth=2, linestyle="-.", zorder=1)
        axes.scatter([value], [reach / 1e9], s=150, facecolor="none", edgecolor=colours.mark, linewidth=2.5, zorder=4)
        set_title(axes, f"{words}: {value:.3g} MACs per byte", theme)
        sentence += f" {words}: {value:.3g} MACs per byte, at most {reach / ceilings.macs:.1%} of the ceiling."
    figure.legend(
        loc="lower center",
        bbox_to_anchor=(0.5, 0),
        ncols=3,
        frameon=False,
        fontsize=SMALLEST,
        labelcolor=colours.text,
    )
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
    return _describe(figure, results, sentence, f"ceilings {best}; {'; '.join(kinds)}", f"Ceilings: {best}.")


def _bars_and_marks(
    bars: Sequence[float],
    panels: Sequence[tuple[tuple[int, bool], Sequence[Ratio], Sequence[bool]]],
    names: Sequence[str],
    legend: tuple[str, str],
    label: str,
    digits: int,
    theme: str,
) -> Figure:
    """A panel per (batch, layout), with what the count says as bars and what the clock says as marks with quartiles."""
    colours = theme_of(theme)
    rows, columns = (len(panels) + 1) // 2, min(2, len(panels))
    height = 0.72 + 1.95 * rows
    figure = canvas(6.4, height, theme)
    top = 1.25 * max([*bars, *(time.high for _, times, _ in panels for time in times)])
    for number, ((batch, channels_last), times, fresh) in enumerate(panels):
        row, column = divmod(number, columns)
        bottom = (height - 1.43 - 1.95 * row) / height
        rect = (0.02 + 0.49 * column, bottom, 0.96 if columns == 1 else 0.47, 1.15 / height)
        axes = plain_axes(figure, rect, theme)
        x = np.arange(len(bars))
        axes.bar(x, bars, width=0.8, facecolor=colours.panel, edgecolor=colours.faint, linewidth=0.8)
        axes.axhline(1, color=colours.text, linewidth=1, linestyle=":")
        for position, (bar, time, hollow) in enumerate(zip(bars, times, fresh, strict=True)):
            spread = [[time.median - time.low], [time.high - time.median]]
            axes.errorbar(
                position - 0.18,
                time.median,
                yerr=spread,
                fmt="D",
                markersize=6,
                markerfacecolor=colours.background if hollow else colours.mark,
                markeredgecolor=colours.mark,
                ecolor=colours.mark,
                capsize=4,
                clip_on=False,  # a mark near zero stays whole
            )
            axes.text(
                position, top * 0.99, f"{bar:.{digits}f}", ha="center", va="top", fontsize=SMALLEST, color=colours.text
            )
            axes.text(
                position - 0.02,
                time.median,
                f"{time.median:.{digits}f}",
                ha="left",
                va="center",
                fontsize=SMALLEST,
                fontweight="bold",
                color=colours.text,
                bbox={"facecolor": colours.panel, "edgecolor": "none", "pad": 0.8, "alpha": 0.8},
            )
        axes.set_xlim(-0.6, len(bars) - 0.4)
        axes.set_ylim(0, top)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.tick_params(length=0, labelsize=SMALLEST)
        axes.set_xticks(x, names)
        layout = "channels_last" if channels_last else "contiguous"
        set_title(axes, f"batch {batch}, {layout}", theme, pad=3)
    diamond = {"color": colours.mark, "marker": "D", "linestyle": "", "markersize": 6}
    handles = [
        Patch(facecolor=colours.panel, edgecolor=colours.faint, label=f"{legend[0]} (top)"),
        Line2D([], [], label=legend[1], **diamond),
        Line2D([], [], label="page faults", markerfacecolor=colours.background, **diamond),
    ]
    figure.legend(
        handles=handles, loc="lower center", ncols=3, frameon=False, fontsize=SMALLEST, labelcolor=colours.text
    )
    figure.text(0.5, 0.38 / height, label, ha="center", fontsize=SMALLEST, color=colours.text)
    return figure


def _spoken(panels, names: Sequence[str]) -> str:
    sentences = []
    for (batch, channels_last), times, fresh in panels:
        layout = "channels_last" if channels_last else "contiguous"
        values = ", ".join(
            f"{name} {time}{', with page faults' if hollow else ''}"
            for name, time, hollow in zip(names, times, fresh, strict=True)
        )
        sentences.append(f"batch {batch}, {layout}: {values}")
    return "; ".join(sentences)


def _range(panels) -> str:
    medians = [time.median for _, times, _ in panels for time in times]
    return f"{min(medians):.2f} to {max(medians):.2f}"


def _describe(figure: Figure, results: Results, counted: str, clocked: str, in_short: str) -> Figure:
    """What was measured just now is kept apart, since it differs from run to run."""
    brief = f"{counted} {in_short}"
    if results.fresh:
        return describe(figure, counted, f"In this run: {clocked}.", brief=brief)
    machine = results.machine
    where = f"{machine['processor']}, {machine['threads']} threads, torch {machine['torch']}, {machine['date']}"
    kept = ", allocator keeps its memory" if "allocator" in machine else ""
    return describe(figure, f"{counted} Stored ({where}{kept}): {clocked}.", brief=brief)
