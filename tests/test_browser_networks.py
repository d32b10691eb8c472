"""Explorers of whole networks and of a machine: published next to computed, and numbers that JavaScript cannot hold."""

import pytest
from cases import counted_by_python, explorer_of, settings_of, some_of
from test_browser import CHECKS, SHOW, differences, drawn, for_node, misstatements, plant

import mbv2_lesson as mbv2
from mbv2_lesson.experiments import timings
from mbv2_lesson.explorers import IntensityExplorer, NetworkExplorer
from mbv2_lesson.plans.published import published


def said(node, name, chosen):
    return node(SHOW, {**for_node(name, chosen), "checks": CHECKS})


# --- Python's half ---


def test_a_network_of_which_the_browser_says_1_is_the_one_of_width_1_0():
    explorer = NetworkExplorer(0.5)
    explorer.width_mult = 1  # JavaScript has no 1.0
    assert repr(explorer) == "NetworkExplorer(width_mult=1.0, resolution=224)" and explorer.cost.params == 3_504_872
    assert explorer.counted["numbers"]["activations"] == explorer.cost.activations == 6_679_112


def test_only_one_image_at_a_time_in_the_default_layout_is_among_the_points():
    points = IntensityExplorer().data["points"]
    kinds = [point["kind"] for point in points]
    assert sorted(kinds) == sorted(timings.KINDS * len(timings.SIZES))
    timing = timings.stored().find("depthwise", (32, 112))
    assert {
        "kind": "depthwise",
        "intensity": float(f"{timings.intensity(timing.plan):.4g}"),
        "rate": float(f"{timing.rate:.4g}"),
        "fresh_memory": timing.fresh_memory,
    } in points


# --- What is said ---


def test_every_setting_is_tried():
    assert [len(settings_of(name)) for name in ("network", "convention", "intensity")] == [30, 48, 3 * 10 * 4 * 8 * 6]


def test_each_published_accuracy_is_given_and_where_there_is_none_it_says_so(node):
    chosen = settings_of("network")
    for settings, words in zip(chosen, said(node, "network", chosen), strict=True):
        rows = published("MobileNetV2", **settings)
        accuracy = " and ".join(f"{row.top1}% ({row.source})" for row in rows)
        if rows:
            assert words["sentence"].endswith(f"Published top-1 accuracy: {accuracy}.")
        else:
            assert "No accuracy is published for this setting in" in words["sentence"] and "%" not in words["sentence"]


def test_a_fit_is_told_in_words(node):
    settings = {"network": "MobileNetV2 1.0", "flops": False, "batch_norm": False, "biases": True, "classifier": True}
    (fits,) = said(node, "convention", [settings])
    assert "Both numbers fit arXiv 1801.04381, Table 4 and TensorFlow-Slim's table." in fits["sentence"]
    (differs,) = said(node, "convention", [{**settings, "flops": True}])
    assert "No published row fits both numbers." in differs["sentence"]
    assert [row[1:] for row in differs["table"]["rows"]] == [
        ["3,470,760", "601,548,544 FLOPs"],
        ["3.4M, fits", "300M MACs, differs"],
        ["3.47M, fits", "300M MACs, differs"],
    ]


def test_numbers_beyond_what_javascript_holds_are_exact(node):
    explorer = explorer_of("intensity")
    extreme = {name: options[-1] for name, options in explorer.options.items()} | {"kind": "standard"}
    explorer.set(**extreme)
    macs = 32 * explorer.cost.macs
    assert macs == 32 * 4096 * 4096 * 7 * 7 * 1024 * 1024 > 2**53
    (words,) = said(node, "intensity", [extreme])
    assert words["table"]["rows"][1:3] == [
        ["MACs", f"{explorer.cost.macs:,}", f"{macs:,}"],
        ["FLOPs = 2 \u00d7 MACs", f"{explorer.cost.flops:,}", f"{2 * macs:,}"],
    ]
    assert explorer.counted["numbers"]["MACs of all images"] == str(macs)


def test_whose_ceilings_these_are(node):
    explorer = explorer_of("intensity")
    (stored,) = said(node, "intensity", [explorer.values])
    assert "With the stored ceilings (AMD EPYC, 2 threads), " in stored["sentence"]
    results = timings.Results({"processor": "mine"}, (), timings.Ceilings(1.23456e11, 2.34567e10, 1e11), fresh=True)
    fresh = IntensityExplorer(results=results)
    assert fresh.data["ceilings"] == {"macs": 1.235e11, "memory": 2.346e10, "cache": 1e11}
    assert fresh.results.ceilings.macs == 1.235e11  # Python computes from what the browser has
    given = {**for_node("intensity", [fresh.values]), "given": fresh.data, "checks": CHECKS}
    (words,) = node(SHOW, given)
    assert "With the ceilings measured here, " in words["sentence"] and words["faults"] == []


@pytest.mark.parametrize(
    ("file", "stands", "planted", "name"),
    [
        ("networks.js", "0.9 * channels", "0.8 * channels", "network"),
        ("networks.js", "1280 * Math.max(1, width_mult)", "1280 * width_mult", "network"),
        ("networks.js", "stride: index ? 1 : s", "stride: s", "network"),
        ("convention.js", "biases && classifier", "biases", "convention"),
        ("intensity.js", 'kind === "pointwise" ? 1', 'kind === "depthwise" ? 1', "intensity"),
        ("intensity.js", "Math.min(1, (", "Math.max(0, (", "intensity"),
    ],
)
def test_a_planted_error_is_noticed(node, tmp_path, file, stands, planted, name):
    folder = plant(tmp_path, file, stands, planted)
    assert differences(node, name, some_of(name), counted_by_python(name, some_of(name)), folder)


@pytest.mark.parametrize(
    ("file", "stands", "planted", "name"),
    [
        ("network.js", 'printed("top1", words.percent)', 'printed("macs", words.percent)', "network"),
        ("network.js", "plan[key] / full[key]", "full[key] / plan[key]", "network"),
        (
            "networks.js",
            "norm: 0, macs: weights, activations: 1000",
            "norm: 0, macs: weights, activations: 0",
            "network",
        ),
        ("convention.js", "words.fits(words.operations", "String(words.operations", "convention"),
        ("intensity.js", "String(BigInt(batch) * BigInt(number))", "String(batch * number)", "intensity"),
    ],
)
def test_a_wrong_cell_is_noticed(node, tmp_path, file, stands, planted, name):
    folder, chosen = plant(tmp_path, file, stands, planted), settings_of(name)[:2000]  # the largest numbers among them
    assert misstatements(node, name, chosen, counted_by_python(name, chosen), folder)


def test_the_networks_bars_are_as_high_as_their_numbers(node):
    """Each kind's share of the height of all bars, in each of the three panels."""
    kinds = ["standard", "depthwise", "pointwise", "linear"]
    pictures = zip(*(drawn(node, "network", [kind]) for kind in kinds), strict=True)
    for settings, of_kinds in zip(settings_of("network"), pictures, strict=True):
        costs = mbv2.mobilenet_v2(**settings).cost_by_kind
        for panel, number in enumerate(["params", "macs", "activations"]):
            heights = []
            for picture in of_kinds:
                bars = picture["boxes"][:-1]  # the last is the legend's
                count = len(bars) // 3
                heights.append([bottom - top for _, top, _, bottom in bars[panel * count : (panel + 1) * count]])
            values = [getattr(costs[kind], number) for kind in kinds]
            scale = sum(map(sum, heights)) / sum(values)
            for height, value in zip(heights, values, strict=True):
                assert sum(height) == pytest.approx(
                    scale * value, abs=0.06 * len(height) + 0.06 * 40 * value / sum(values)
                )
