"""Every figure function, with small and huge plans in both themes: words with the numbers, nothing cut off, no text
on text, the same bytes each time, and nothing of the reader's own matplotlib touched."""

import base64
import html
import inspect
import io
import os
import re
import stat
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from PIL import Image

import mbv2_lesson as mbv2
from mbv2_lesson import experiments, figures
from mbv2_lesson.experiments import small_nets, timings
from mbv2_lesson.figures import output, style
from mbv2_lesson.figures.gallery.entries import GALLERY
from mbv2_lesson.plans.memory import peak_activations
from mbv2_lesson.plans.published import PUBLISHED, published

BOX = {
    "standard": mbv2.standard_conv(16, 32, size=(56, 56)),
    "separable": mbv2.depthwise_separable(16, 32, size=(56, 56)),
    "tiny": mbv2.standard_conv(1, 1, 1, size=(8, 8)),
    "tiny separable": mbv2.depthwise_separable(1, 1, 1, size=(8, 8)),
    "huge": mbv2.standard_conv(4096, 4096, 7, size=(1024, 1024), batch_norm=True),
    "huge separable": mbv2.depthwise_separable(4096, 4096, 7, size=(1024, 1024), batch_norm=True),
    "wide to narrow": mbv2.standard_conv(4096, 1, 3, 2, size=(1024, 1024)),
    "narrow to wide": mbv2.depthwise_separable(1, 4096, 3, 2, size=(8, 8)),
    "rectangular": mbv2.standard_conv(8, 8, (11, 13), (1, 2), groups=2, size=(1024, 8)),
    "separable that does not save": mbv2.depthwise_separable(64, 1, 1, size=(8, 8)),
    "block": mbv2.inverted_residual(16, 16, size=(56, 56)),
    "tiny block": mbv2.inverted_residual(1, 1, 1, 1, size=(8, 8)),
    "tiny expanding block": mbv2.inverted_residual(1, 1, 1, 1, size=(8, 8), always_expand=True, linear=False),
    "huge block": mbv2.inverted_residual(4096, 4096, 1, 10, size=(1024, 1024)),
    "huge block, stride 2": mbv2.inverted_residual(4096, 4096, 2, 10, size=(1024, 1024)),
    "block, wide to narrow": mbv2.inverted_residual(4096, 1, 2, 10, size=(1024, 1024), linear=False),
    "block, narrow to wide": mbv2.inverted_residual(1, 4096, 1, 10, size=(8, 8)),
    "block of two steps": mbv2.inverted_residual(4096, 4096, 1, 1, size=(1024, 1024)),
    "ResNet": mbv2.resnet_bottleneck(4096, 1024, size=(1024, 1024)),
}
NETWORKS = [
    mbv2.mobilenet_v1(),
    mbv2.mobilenet_v2(),
    mbv2.mobilenet_v2(1.4),
    mbv2.mobilenet_v2(0.35, 96),
    mbv2.mobilenet_v1(separable=False),
]
BOX |= {f"network: {network.name}, {network.input_shape[2]}": network for network in NETWORKS}
rng = np.random.default_rng(0)
# One case only, as measured just now; and a machine that is 50 times as slow.
FRESH = replace(
    timings.stored(),
    fresh=True,
    timings=tuple(t for t in timings.stored().timings if t.batch == 1 and not t.channels_last),
)
STORED = small_nets.stored()
ONE_SEED = replace(STORED, fresh=True, stopped=True, trained=(small_nets.Trained(small_nets.SmallNet(), (0.95,)),))
SLOW = replace(
    timings.stored(),
    ceilings=timings.Ceilings(5e9, 2e9, 8e9),
    timings=tuple(replace(t, seconds=tuple(50 * s for s in t.seconds)) for t in timings.stored().timings),
)


def scan(height: int, width: int, k_h: int, k_w: int, row: int, column: int, scale: float = 1):
    image = rng.random((height, width)) * scale
    kernel = rng.standard_normal((k_h, k_w))
    patches = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return figures.scan, (image, kernel, np.einsum("hwij,ij->hw", patches, kernel), row, column)


def steps(in_channels: int, out_channels: int, done: int):
    plan = mbv2.depthwise_separable(in_channels, out_channels, size=(8, 8))
    shapes = [plan.input_shape, *(step.output_shape for step in plan)]
    return plan, [rng.standard_normal(shape[1:]) for shape in shapes], done


# name -> (function, its first arguments)
FIGURES = {
    **{
        f"plan_diagram: {name}": (figures.plan_diagram, (plan,))
        for name, plan in BOX.items()
        if not isinstance(plan, mbv2.Network)
    },
    "blocks_beside: of notebook 05": (figures.blocks_beside, ([BOX["block"], BOX["ResNet"]],)),
    "blocks_beside: without shortcut": (figures.blocks_beside, ([BOX["standard"], BOX["separable"]],)),
    "blocks_beside: deep kernels in three columns": (
        figures.blocks_beside,
        ([mbv2.standard_conv(1024, 2048, size=(56, 56)), BOX["separable"], BOX["tiny"]],),
    ),
    "blocks_beside: extremes": (
        figures.blocks_beside,
        ([BOX["huge block"], BOX["tiny block"], BOX["huge block, stride 2"], BOX["huge"]],),
    ),
    **{f"cost_bars: {name}": (figures.cost_bars, ([plan],)) for name, plan in BOX.items()},
    "cost_bars: all of them": (figures.cost_bars, (list(BOX.values()),)),
    "cost_bars: tiny beside huge": (figures.cost_bars, ([BOX["tiny"], BOX["huge"], BOX["tiny block"]],)),
    "separable_saving": (figures.separable_saving, (BOX["standard"], BOX["separable"])),
    "separable_saving: tiny": (figures.separable_saving, (BOX["tiny"], BOX["tiny separable"])),
    "separable_saving: huge": (figures.separable_saving, (BOX["huge"], BOX["huge separable"])),
    "separable_saving: dearer": (
        figures.separable_saving,
        (mbv2.standard_conv(64, 1, 1, size=(8, 8)), BOX["separable that does not save"]),
    ),
    "law_map: no setting": (figures.law_map, ()),
    **{f"law_map: {c}, {k}": (figures.law_map, (c, k)) for c, k in [(4, 1), (1024, 7), (32, 3), (1, 1), (4096, 9)]},
    **{
        f"connections: {c_in} to {c_out}, groups {groups}": (
            figures.connections,
            (mbv2.Conv2dSpec(c_in, c_out, 3, groups=groups),),
        )
        for c_in, c_out, groups in [
            (16, 32, 1),
            (16, 32, 16),
            (1, 1, 1),
            (4, 4, 2),
            (64, 96, 4),
            (1, 64, 1),
            (64, 1, 1),
            (4096, 4096, 1),
            (1024, 1024, 1024),
        ]
    },
    "scan: of notebook 01": scan(24, 24, 3, 3, 5, 7),
    "scan: 1x1": scan(1, 1, 1, 1, 0, 0),
    "scan: 5x5, large values": scan(12, 20, 5, 5, 7, 15, scale=255),
    "scan: 7x7, large values": scan(16, 16, 7, 7, 9, 9, scale=255),
    "scan: 2x3": scan(9, 7, 2, 3, 7, 4),
    **{
        f"feature_maps: {n}": (
            figures.feature_maps,
            (rng.random(shape), [f"map {i}" for i in range(n)], f"{n} maps of a picture."),
        )
        for n, shape in [(1, (1, 8, 8)), (3, (3, 20, 30, 3)), (8, (8, 16, 12)), (32, (32, 12, 16))]
    },
    "feature_maps: flat": (figures.feature_maps, (np.zeros((2, 5, 5)), ["flat", "flat too"], "Two flat maps.")),
    **{
        f"rank_dial: {source}, {m}": (
            figures.rank_dial,
            (
                {name: experiments.low_rank_errors(experiments.example_kernel(name)) for name in experiments.KERNELS},
                source,
                [mbv2.depthwise_separable(16, 32, depth_multiplier=n, size=(56, 56)) for n in range(1, 10)],
                BOX["standard"],
                m,
            ),
        )
        for source, m in [(experiments.KERNELS[0], 1), (experiments.KERNELS[-1], 9)]
    },
    **{f"collapse_pair: {n}": (figures.collapse_pair, (experiments.collapse(n),)) for n in (2, 30)},
    **{
        f"network_profile: {network.name}, {network.input_shape}": (figures.network_profile, (network,))
        for network in NETWORKS
    },
    "trade_off: no setting": (figures.trade_off, ()),
    **{
        f"trade_off: {width}, {size}": (figures.trade_off, (width, size))
        for width in (0.35, 1.4)
        for size in (96, 128, 224)
    },
    **{
        f"conventions: {row.network} {row.width_mult}": (
            figures.conventions,
            (network, published(row.network, row.width_mult, 224)),
        )
        for row, network in zip(PUBLISHED[:3], NETWORKS[:3], strict=True)
    },
    **{f"live_profile: {network.name}": (figures.live_profile, (network,)) for network in NETWORKS[:2]},
    "live_profile: four splits": (figures.live_profile, (NETWORKS[1], (1, 2, 3, 4))),
    "speed_ratios": (figures.speed_ratios, (timings.stored(),)),
    "speed_ratios: memory kept": (figures.speed_ratios, (timings.stored(keep_memory=True),)),
    "speed_ratios: one case, measured now": (figures.speed_ratios, (FRESH,)),
    "network_speeds": (figures.network_speeds, (timings.stored(),)),
    "network_speeds: memory kept": (figures.network_speeds, (timings.stored(keep_memory=True),)),
    **{
        f"roofline: {batch}, {last}": (figures.roofline, (timings.stored(), batch, last))
        for batch in (1, 8)
        for last in (False, True)
    },
    "roofline: slow machine": (figures.roofline, (SLOW,)),
    "roofline: marked, low": (figures.roofline, (timings.stored(), 1, False, ("depthwise 1x1", 0.12))),
    "roofline: marked, high": (
        figures.roofline,
        (timings.stored(), 1, False, ("standard 7x7, 4,096 channels", 25_000)),
    ),
    "training_comparison": (
        figures.training_comparison,
        (STORED, [*small_nets.LAYOUT_MATCHED, *small_nets.PARAMS_MATCHED]),
    ),
    "training_comparison: one net, one seed, now": (figures.training_comparison, (ONE_SEED, [small_nets.SmallNet()])),
    "ablation": (figures.ablation, (STORED, small_nets.ABLATIONS)),
    "ablation: one seed": (figures.ablation, (ONE_SEED, small_nets.ABLATIONS)),
    **{
        f"separable_steps: {done} elements, {n} to {m}": (figures.separable_steps, steps(n, m, done))
        for n, m, done in [(16, 32, 0), (16, 32, 5), (16, 32, 16 * 64 + 70), (1, 1, 128), (5, 5, 300), (32, 32, 4096)]
    },
    "layer_profile: by kind": (
        figures.layer_profile,
        (
            {
                "first": {"standard": mbv2.Cost(weights=4608, macs=14450688)},
                "$x$ <b>": {"depthwise": mbv2.Cost(macs=9), "pointwise": mbv2.Cost(weights=3, macs=7)},
                "lstm": {"other": mbv2.Cost(weights=10**12, macs=10**13)},
                "last": {"linear": mbv2.Cost(weights=20), "grouped": mbv2.Cost(macs=1)},
            },
            "MACs",
            "last",
        ),
    ),
    "layer_profile: 700 layers": (
        figures.layer_profile,
        ({f"layers.{n}": {"standard": mbv2.Cost(macs=n**2)} for n in range(700)},),
    ),
    "layer_profile: nothing": (figures.layer_profile, ({"bn": {"other": mbv2.Cost(norm=2)}}, "activations")),
    "one_output_element": (figures.one_output_element, ([BOX["standard"], BOX["separable"]],)),
    "one_output_element: groups and a block": (
        figures.one_output_element,
        ([mbv2.standard_conv(8, 8, groups=2, size=(16, 16)), mbv2.inverted_residual(4, 4, size=(16, 16))],),
    ),
    **{f"network_strip: {n.name}, {n.input_shape[2]}": (figures.network_strip, (n,)) for n in NETWORKS[:4]},
    "collapse_grid": (figures.collapse_grid, ([experiments.collapse(n) for n in (2, 3, 5, 15, 30)],)),
}
THEMES = ("light", "dark")
# the gallery's drawings of maps and kernels
DRAWN = ["standard-convolution", "depthwise", "pointwise", "separable", "three-convolutions", "standard-and-separable"]
DRAWN += ["one-output-element", "groups", "resnet-and-inverted", "block-stride-1", "block-stride-2", "network"]
# one of each function where the size of the plan does not matter
ONE_OF_EACH = {function.__name__: (function, arguments) for function, arguments in reversed(FIGURES.values())}


@pytest.fixture(scope="module", params=FIGURES.values(), ids=list(FIGURES))
def drawn(request):
    """(function, arguments, theme -> figure), drawn once for all tests that only look at it."""
    function, arguments = request.param
    return function, arguments, {theme: function(*arguments, theme=theme) for theme in THEMES}


def one_of_each():
    return pytest.mark.parametrize(("function", "arguments"), ONE_OF_EACH.values(), ids=list(ONE_OF_EACH))


class Written(NamedTuple):
    """The text in a figure: the words, their place in pixels, their size in points."""

    words: str
    box: Bbox
    size: float
    color: str


def texts(figure: Figure) -> list[Written]:
    figure.draw_without_rendering()
    found = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    return [Written(t.get_text(), t.get_window_extent(), t.get_fontsize(), t.get_color()) for t in found]


def test_no_figure_function_is_left_out():
    public = {name for name in figures.__all__ if "theme" in inspect.signature(getattr(figures, name)).parameters}
    assert public == set(ONE_OF_EACH)


@pytest.mark.parametrize("theme", THEMES)
def test_nothing_is_cut_off_and_all_text_is_free_large_and_in_colors_of_the_theme(drawn, theme):
    figure = drawn[2][theme]
    written = texts(figure)
    allowed = {style.THEMES[theme].text, style.INK_ON_KIND, "#ffffff"}  # white: on the law map's dark blue
    assert {to_hex(text.color) for text in written} <= allowed
    # 6 points are 8 px at the 100 px an inch at which a figure stands on the page
    assert min((text.size for text in written), default=9) >= 6
    boxes = [(text.words, text.box) for text in written]
    width, height = figure.bbox.size
    outside = [
        (words, box.extents.round())
        for words, box in boxes
        if min(box.x0, box.y0) < 0 or box.x1 > width or box.y1 > height
    ]
    assert outside == []
    ink = figure.get_tightbbox().extents * figure.dpi  # all artists: lines, blocks, marks
    shapes = [axes.patches + axes.artists for axes in figure.axes if axes.get_position().bounds == (0, 0, 1, 1)]
    drawing = Bbox.union([shape.get_window_extent() for shape in sum(shapes, [])] or [figure.bbox]).extents
    for reach in (ink, drawing):  # the first is cut at the edge of its axes, which in drawings is that of the canvas
        assert np.all(reach[:2] >= -1) and np.all(reach[2:] <= np.array([width, height]) + 1), reach
    overlapping = [
        (a, b)
        for (a, first), (b, second) in combinations(boxes, 2)
        if min(first.x1, second.x1) - max(first.x0, second.x0) > 1  # pixel; letters do not fill their boxes
        and min(first.y1, second.y1) - max(first.y0, second.y0) > 1
    ]
    assert overlapping == []
    labels = [patch.get_window_extent() for patch in figure.findobj(FancyBboxPatch) if patch.get_label() != "shadow"]
    for label in labels:  # what starts in a label's box ends in it
        for words, box in boxes:
            if label.contains(*(box.min + box.max) / 2):
                assert label.x0 <= box.x0 and box.x1 <= label.x1, (words, label.extents, box.extents)


def test_alt_text_can_be_listened_to_and_the_long_description_carries_the_numbers(drawn):
    function, arguments, themes = drawn
    alt, words = figures.alt_text(themes["light"]), figures.long_description(themes["light"])
    assert len(alt) <= 250 and alt.endswith(".")
    assert words.endswith(".") and "\n" not in words and len(words) > 10
    plans = [
        p for value in arguments for p in (value if isinstance(value, list) else [value]) if isinstance(p, mbv2.Plan)
    ]
    if function is figures.rank_dial:  # about one multiplier, not about all the plans it draws
        plans = []
        assert f"{arguments[2][arguments[4] - 1].cost.weights:,} weights" in words
    if function is figures.live_profile:  # about memory, not about cost
        assert all(f"peak {peak_activations(plans[0], splits):,}" in words for splits in (1, 2))
        plans = []
    if function is figures.separable_steps:
        assert f" = {plans[0].cost.macs:,}." in words
        plans = []
    if function is figures.one_output_element:  # about products, not about cost
        last = plans[0][-1].spec
        assert f"= {last.weights // last.out_channels:,} products" in words
        plans = []
    for plan in plans:
        assert f"{plan.cost.params:,} params" in words
        assert f"{plan.cost.macs:,} MACs" in words
    assert (figures.alt_text(themes["dark"]), figures.long_description(themes["dark"])) == (alt, words)


def test_the_words_below_a_block_name_each_sum():
    block = mbv2.inverted_residual(24, 24, size=(56, 56))
    words = " ".join(text.words for text in texts(figures.plan_diagram(block)))
    assert "= 8,208 weights, 624 batch norm parameters, and 25.7 million MACs" in words
    words = " ".join(text.words for text in texts(figures.plan_diagram(BOX["separable"])))
    assert "144 + 512 = 656 weights and 2.1 million MACs" in words


def test_no_kernel_of_the_two_bottlenecks_is_left_out():
    figure, _ = GALLERY["resnet-and-inverted"].make()
    assert [text.words for text in texts(figure) if "more" in text.words] == []


def test_alt_text_of_the_block_tells_the_story():
    words = figures.alt_text(figures.plan_diagram(mbv2.inverted_residual(16, 32, 2, size=(56, 56))))
    assert "16 maps of 56×56, 96 kernels of 1×1×16, 96 of 3×3×1, stride 2, 32 of 1×1×96, 32 maps of 28×28" in words
    assert "no shortcut: stride 2" in words and "16 channels cannot be added to 32" in words
    assert f"{mbv2.separable_ratio(32, 3):.2%}" in figures.alt_text(figures.law_map(32, 3))


def test_batch_norm_activation_and_addition_stand_where_they_are_applied():
    """From top to bottom. ResNet's last ReLU after the addition, a block's last ReLU6 before it."""

    def order(plan):
        figure = figures.plan_diagram(plan)
        named = {"batch norm", "linear", "ReLU", "ReLU6", "+"}
        found = [(text.box.x0 - 2000 * text.box.y0, text.words) for text in texts(figure) if text.words in named]
        return [words for _, words in sorted(found)]

    assert order(BOX["ResNet"]) == ["batch norm", "ReLU"] * 2 + ["batch norm", "+", "ReLU"]
    assert order(BOX["block"]) == ["batch norm", "ReLU6"] * 2 + ["batch norm", "linear", "+"]
    bent = mbv2.inverted_residual(16, 16, linear=False, size=(56, 56))
    assert order(bent) == ["batch norm", "ReLU6"] * 3 + ["+"]
    assert "+" not in [text.words for text in texts(figures.plan_diagram(BOX["separable"]))]
    words = {name: figures.alt_text(figures.plan_diagram(BOX[name])) for name in ("ResNet", "block")}
    assert words["ResNet"].endswith("; input added, then ReLU.") and words["block"].endswith("; input added.")


def shapes(figure: Figure) -> Counter:
    """How many parts the paths of each group of the figure's SVG have, by the group's id."""
    root = ElementTree.fromstring(output.render(figure, "svg"))
    svg = "{http://www.w3.org/2000/svg}"
    groups = {group.get("id", "").partition("-")[2]: group.iter(f"{svg}path") for group in root.iter(f"{svg}g")}
    return Counter({name: sum(path.get("d", "").count("M") for path in paths) for name, paths in groups.items()})


@pytest.mark.parametrize(
    "plan",
    [
        BOX["standard"],
        BOX["separable"],
        BOX["tiny"],
        BOX["block"],
        mbv2.depthwise_separable(8, 4, depth_multiplier=2, size=(56, 56)),
        mbv2.standard_conv(16, 32, groups=4, size=(56, 56)),
        mbv2.standard_conv(16, 32, 5, size=(56, 56)),
        mbv2.resnet_bottleneck(144, 24, size=(56, 56)),
    ],
    ids=lambda plan: f"{plan.name} {plan.input_shape}",
)
@pytest.mark.parametrize("function", [figures.plan_diagram, lambda plan: figures.blocks_beside([plan, plan])])
def test_as_many_kernels_and_maps_are_drawn_as_the_plan_has(plan, function):
    figure = function(plan)
    drawn = shapes(figure)
    times = 1 if function is figures.plan_diagram else 2
    more = [int(t.words.removesuffix("\nmore").replace(",", "")) for t in texts(figure) if t.words.endswith("\nmore")]
    kernels = Counter()
    for step in plan:
        shape = {"depthwise": "slice", "pointwise": "rod"}.get(step.kind, "block")
        kernels[shape] += step.spec.out_channels
    assert sum(drawn[shape] for shape in kernels) + sum(more) == times * kernels.total()
    if not more:
        assert {shape: drawn[shape] for shape in ("block", "slice", "rod")} == {
            shape: times * kernels[shape] for shape in ("block", "slice", "rod")
        }
    assert drawn["map"] == times * (plan.input_shape[1] + sum(step.output_shape[1] for step in plan))


def test_what_is_too_much_to_draw_is_counted():
    figure = figures.plan_diagram(BOX["huge"])
    drawn = shapes(figure)
    (more,) = [text.words for text in texts(figure) if "more" in text.words]
    assert more == f"{4096 - drawn['block']:,}\nmore" and drawn["block"] >= 2
    assert drawn["map"] == 2 * 5 and drawn["dots"] == 2 * 3  # the first four and the last


def test_what_one_output_element_needs_is_lit():
    standard, separable = BOX["standard"], BOX["separable"]
    assert shapes(figures.one_output_element([standard]))["lit-input"] == 9 * 16
    lit = shapes(figures.one_output_element([standard, separable]))
    assert {
        name: count for name, count in lit.items() if name and "lit" in name and not name.endswith(("-top", "-side"))
    } == {
        "lit-input": 2 * 9 * 16,  # both read the same patch of each map
        "lit-block": 1,
        "lit-slice": 16,
        "lit-between": 16,
        "lit-rod": 1,
        "lit-output": 2,
    }
    assert lit["block"] == lit["rod"] == 31 and lit["slice"] == 0
    grouped = shapes(figures.one_output_element([mbv2.standard_conv(8, 8, groups=2, size=(16, 16))]))
    assert (grouped["lit-input"], grouped["lit-block"]) == (9 * 4, 1)
    block = shapes(figures.one_output_element([mbv2.inverted_residual(4, 4, size=(16, 16))]))
    # the projection reads all 24 channels, so all slices and all rods that make these are lit
    assert (block["lit-input"], block["lit-slice"], block["lit-rod"]) == (9 * 4, 24, 24 + 1)


@pytest.mark.parametrize(("done", "products"), [(1, 9), (70, 630), (1024, 9216), (1025, 9232), (3072, 41984)])
def test_a_step_shows_the_kernel_at_work_on_its_maps(done, products):
    plan, maps, _ = steps(16, 32, done)
    figure = figures.separable_steps(plan, maps, done)
    drawn = shapes(figure)
    assert drawn["slice"] + drawn["lit-slice"] == 16 and drawn["rod"] + drawn["lit-rod"] == 32
    depthwise = done <= 1024
    assert (drawn["lit-slice"], drawn["lit-rod"]) == ((1, 0) if depthwise else (0, 1))
    assert (drawn["on-map"], drawn["rod-through"]) == ((9, 0) if depthwise else (16, 1))
    assert drawn["at-work"] == (2 if depthwise else 1) and drawn["element"] == 1
    words = " ".join(text.words for text in texts(figure))
    assert f"{'9 products from one map' if depthwise else '16 products from all 16 maps'}" in words
    assert f"{products:,} of 9,216 + 32,768 = 41,984" in words and plan.cost.macs == 41984


def test_a_scan_marks_what_the_kernel_covers_and_never_shows_minus_zero():
    image, kernel = np.full((6, 6), 0.001), np.array([[-1, 0, 1], [-2, 0, 1], [-1, 0, 1]])
    output = np.einsum("hwij,ij->hw", np.lib.stride_tricks.sliding_window_view(image, (3, 3)), kernel)
    figure = figures.scan(image, kernel, output, 2, 1)
    marked = [
        r.get_bbox().bounds for r in figure.axes[0].patches if to_hex(r.get_edgecolor()) == style.THEMES["light"].mark
    ]
    assert sorted(marked) == sorted([(x + 0.5, y + 1.5, 1, 1) for x in range(3) for y in range(3)] + [(0.5, 1.5, 3, 3)])
    assert "-0.00" not in {text.words for text in texts(figure)}


def test_the_strip_draws_every_block_and_each_shortcut():
    network = mbv2.mobilenet_v2()
    drawn = shapes(figures.network_strip(network))
    assert (drawn["thick"], drawn["thin"]) == (17, 18)
    assert drawn["shortcut"] == drawn["arrow"] == sum(block.has_shortcut for block in network.blocks) == 10


@pytest.mark.parametrize("name", [name for name, entry in GALLERY.items() if not entry.moves])
def test_the_gallerys_figures_are_readable_at_320_pixels(name):
    """Half of 640 px, so their words are twice the 8 px that are read there."""
    figure = GALLERY[name].make("light")[0]
    assert figure.get_figwidth() == 6.4
    assert min(text.size for text in texts(figure)) * style.PIXELS_PER_INCH / 72 / 2 >= 8


def test_padding_is_a_rim_around_the_map_in_front():
    rims = [shapes(figures.plan_diagram(plan))["padding"] for plan in (BOX["standard"], BOX["block"], BOX["tiny"])]
    assert rims == [1, 1, 0]  # a block pads before its depthwise convolution, a 1x1 kernel nowhere


@pytest.mark.parametrize("name", DRAWN)
def test_no_drawing_has_an_empty_band(name):
    figure = GALLERY[name].make("light")[0]
    pixels = np.asarray(Image.open(io.BytesIO(figures.render(figure, "png", scale=1))).convert("L"))
    for bands in (pixels, pixels.T):
        inked = np.flatnonzero((bands < 250).any(axis=1))
        gaps = np.diff([0, *inked, len(bands)])
        assert gaps.max() <= 60, gaps.max()  # pixels of 640


@one_of_each()
def test_the_same_picture_each_time_and_another_in_the_dark(function, arguments):
    light, again, dark = (
        figures.render(function(*arguments, theme=theme), "png", scale=0.5) for theme in ("light", "light", "dark")
    )
    assert light[:8] == b"\x89PNG\r\n\x1a\n"
    assert light == again != dark


def test_no_pyplot_and_no_global_setting_is_touched():
    # In another process: here pytest or a test may long have imported pyplot.
    code = """
import sys
import matplotlib
before = matplotlib.rcParams.copy()  # dict() would ask for the backend, and so import pyplot
import mbv2_lesson as mbv2
from mbv2_lesson import explorers, figures, questions
plan = mbv2.inverted_residual(16, 16, size=(56, 56))
for theme in ("light", "dark"):
    figures.render(figures.blocks_beside([plan], theme=theme), "png")
    figures.separable_saving(mbv2.standard_conv(1, 8, size=(8, 8)), mbv2.depthwise_separable(1, 8, size=(8, 8)))
    figures.show(figures.connections(plan[0].spec, theme=theme))._repr_mimebundle_()
explorer = explorers.BlockExplorer()
explorer.set(stride=2)
assert matplotlib.rcParams.copy() == before
assert "matplotlib.pyplot" not in sys.modules and "torch" not in sys.modules
"""
    strict = ["-W", "error"]
    # As in pyproject.toml, for the lowest versions.
    for old in ("Deprecated in traitlets 4.1", "The `ipykernel.comm.Comm` class has been deprecated"):
        strict += ["-W", f"ignore:{old}"]
    run = subprocess.run([sys.executable, *strict, "-c", code], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")


COUNT_NETWORKS = """
from mbv2_lesson.plans import Network, mobilenet_v2
made = []
def new(cls, *arguments, **named):
    made.append(cls)
    return object.__new__(cls)
Network.__new__ = new
"""


def run_counting_networks(code: str) -> None:
    """Runs ``code`` in a fresh process, in which the list ``made`` grows with each Network."""
    run = subprocess.run([sys.executable, "-c", COUNT_NETWORKS + code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_importing_builds_no_network():
    run_counting_networks("""
from mbv2_lesson import experiments, explorers, figures
from mbv2_lesson.experiments import small_nets, timings
from mbv2_lesson.figures.gallery import entries, files
assert len(made) == 0, len(made)
mobilenet_v2()
assert len(made) > 0, "the count sees nothing"
""")


def test_a_figure_of_many_timings_builds_each_network_once():
    run_counting_networks("""
from mbv2_lesson import figures
from mbv2_lesson.experiments.timings import stored
made.clear()
mobilenet_v2()
each = len(made)
figures.network_speeds(stored())
networks = len(stored().settings("network"))
assert len(made) == each + networks * each, (len(made), each, networks)
""")


def test_numbers_too_long_for_a_label_are_shortened_but_never_rounded_up_a_unit():
    from mbv2_lesson.figures.style import short

    cases = {
        0: "0",
        4608: "4,608",
        999_999: "999,999",
        1_000_000: "1.0 million",
        14_450_688: "14.5 million",
        999_949_999: "999.9 million",
        999_950_000: "1.0 billion",
        10**12: "1.0 trillion",
        10**15: "1,000.0 trillion",
    }
    assert {number: short(number) for number in cases} == cases


def test_a_rectangular_stride_is_named_in_full():
    figure = figures.plan_diagram(BOX["rectangular"])
    assert [text.words for text in texts(figure) if "stride" in text.words] == ["grouped, stride 1\u00d72"]


def test_a_setting_off_the_map_is_said_and_not_marked():
    on, off = figures.law_map(32, 3), figures.law_map(4096, 3)
    assert len(on.axes[0].collections) == 1 and len(off.axes[0].collections) == 0
    assert f"{mbv2.separable_ratio(4096, 3):.2%}" in figures.alt_text(off)


# --- Wrong calls. ---

NETWORK, BLOCK = mbv2.mobilenet_v2(), BOX["block"]
LONG = mbv2.Plan("two blocks", (*BLOCK, *BLOCK))
POOL = NETWORK.parts[-2]


@pytest.mark.parametrize(
    ("function", "argument", "error", "words"),
    [
        (
            figures.plan_diagram,
            NETWORK,
            ValueError,
            "'MobileNetV2' has 54 steps, but this drawing has room for 3; "
            "use network_profile(network), or draw one block: plan_diagram(network.blocks[1])",
        ),
        (figures.plan_diagram, LONG, ValueError, "'two blocks' has 6 steps, but ... for 3; use cost_bars([plan])"),
        (figures.plan_diagram, POOL, ValueError, "draws convolutions only, but step 'pool' of 'pool' is a pool layer"),
        (figures.plan_diagram, NETWORK.parts[-1], ValueError, "step 'classifier' of 'classifier' is a linear layer"),
        (figures.plan_diagram, [BLOCK], TypeError, "plan_diagram draws plans, such as ... got list"),
        (
            figures.plan_diagram,
            BLOCK[0].spec,
            TypeError,
            "such as inverted_residual(16, 16, size=(56, 56)), got Conv2d",
        ),
        (figures.blocks_beside, [BLOCK, NETWORK], ValueError, "54 steps, ... use network_profile(network)"),
        (figures.blocks_beside, [POOL, BLOCK], ValueError, "blocks_beside draws convolutions only, ... a pool layer"),
        (figures.blocks_beside, BLOCK, TypeError, "needs a list of plans, got one plan; write blocks_beside([plan])"),
        (figures.blocks_beside, [], ValueError, "blocks_beside needs a list of plans, got an empty one"),
        (figures.cost_bars, BLOCK, TypeError, "needs a list of plans, got one plan; write cost_bars([plan])"),
        (figures.cost_bars, NETWORK, TypeError, "needs a list of plans, got one plan; write cost_bars([plan])"),
        (figures.cost_bars, [], ValueError, "cost_bars needs a list of plans, got an empty one"),
        (figures.cost_bars, [BLOCK, BLOCK.cost], TypeError, "cost_bars draws plans, ... got Cost"),
        (figures.cost_bars, 3, TypeError, "cost_bars needs a list of plans, got 3"),
        (figures.network_profile, BLOCK, TypeError, "network_profile needs a Network, such as mobilenet_v2(), got "),
        (figures.network_strip, BLOCK, TypeError, "network_strip needs a Network, ... got 'inverted residual'"),
        (
            figures.network_strip,
            NETWORKS[-1],
            ValueError,
            "network_strip draws blocks with a depthwise convolution, but 'block 1' has none",
        ),
        (figures.one_output_element, BLOCK, TypeError, "got one plan; write one_output_element([plan])"),
        (figures.live_profile, BLOCK, TypeError, "needs a Network, such as mobilenet_v2(), got 'inverted residual'"),
        (figures.live_profile, "mobilenet_v2", TypeError, "live_profile needs a Network, ... got 'mobilenet_v2'"),
        (figures.layer_profile, {}, ValueError, "layer_profile needs at least one layer, got none"),
        (figures.connections, BLOCK, TypeError, "needs a Conv2dSpec, such as plan[0].spec, got 'inverted residual'"),
        (figures.connections, BLOCK[0], TypeError, "connections needs a Conv2dSpec, such as plan[0].spec, got Step"),
        (figures.connections, POOL[0].spec, TypeError, "got GlobalAveragePool"),
    ],
)
def test_a_wrong_call_is_answered_in_words(function, argument, error, words):
    with pytest.raises(error) as caught:
        function(argument)
    assert all(part in str(caught.value) for part in words.split(" ... ")), str(caught.value)


# --- On the page and on the disk. ---


def test_shown_figures_have_alt_text_that_is_escaped():
    figure = figures.describe(figures.plan_diagram(BOX["tiny"]), 'a < b & "c"')
    shown = figures.show(figure)._repr_mimebundle_()
    assert shown["text/plain"] == 'a < b & "c"'
    assert html.unescape(re.search(r'alt="([^"]*)"', shown["text/html"])[1]) == 'a < b & "c"'


@pytest.mark.parametrize("ending", ["png", "svg", "pdf", "PNG"])
def test_save_writes_the_format_of_the_ending(tmp_path, ending):
    path = figures.save(figures.plan_diagram(BOX["block"]), tmp_path / f"block.{ending}")
    start = {"png": b"\x89PNG", "svg": b"<svg", "pdf": b"%PDF"}[ending.lower()]
    assert path.read_bytes().startswith(start)
    assert [p.name for p in tmp_path.iterdir()] == [f"block.{ending}"]


def test_what_is_shown_is_the_file_that_is_saved(tmp_path):
    """Packed as other programs pack a PNG: the last few percent of its size would take as long as drawing it."""
    figure = figures.plan_diagram(BOX["block"])
    saved = figures.save(figure, tmp_path / "block.png").read_bytes()
    data = re.search(r"base64,([^\"]+)", figures.show(figure)._repr_mimebundle_()["text/html"])[1]
    assert base64.b64decode(data) == figures.render(figure, "png") == saved


def test_a_saved_figure_has_the_themes_background_whatever_the_reader_set(tmp_path):
    import matplotlib.image

    with mpl.rc_context({"savefig.facecolor": "black"}):
        path = figures.save(figures.plan_diagram(BOX["block"]), tmp_path / "block.png")
    pixels = matplotlib.image.imread(path)
    assert pixels.shape[1:] == (1280, 4)
    assert pixels[0, 0].tolist() == [1, 1, 1, 1]


def test_save_overwrites_only_when_told(tmp_path):
    path = tmp_path / "figure.svg"
    path.write_text("precious")
    with pytest.raises(FileExistsError, match="figure.svg.*overwrite=True"):
        figures.save(figures.plan_diagram(BOX["tiny"]), path)
    assert path.read_text() == "precious"
    figures.save(figures.plan_diagram(BOX["tiny"]), path, overwrite=True)
    assert path.read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize("there_before", [False, True])
@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_save_writes_the_whole_file_or_nothing(tmp_path, monkeypatch, there_before, error):
    path = tmp_path / "figure.png"
    if there_before:
        path.write_bytes(b"precious")
    figure = figures.plan_diagram(BOX["tiny"])

    class HalfAFile(io.FileIO):
        def write(self, content):
            super().write(content[: len(content) // 2])
            raise error

    monkeypatch.setattr(figures.output, "open", HalfAFile, raising=False)
    with pytest.raises(type(error)):
        figures.save(figure, path, overwrite=True)
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"precious"] * there_before


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a file has no such mode")
@pytest.mark.parametrize(("umask", "mode"), [(0o027, 0o640), (0o000, 0o666), (0o022, 0o644)])
def test_a_saved_file_has_the_mode_of_any_new_file_and_one_that_is_replaced_keeps_its_own(tmp_path, umask, mode):
    figure, path = figures.plan_diagram(BOX["tiny"]), tmp_path / "figure.svg"
    before = os.umask(umask)
    try:
        figures.save(figure, path)
        assert stat.S_IMODE(path.stat().st_mode) == mode
        path.chmod(0o604)
        figures.save(figure, path, overwrite=True)
        assert stat.S_IMODE(path.stat().st_mode) == 0o604
    finally:
        os.umask(before)
