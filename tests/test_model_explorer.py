"""The explorer of any counted network: what it takes, what it says of unusual layers, what it draws."""

import html
import re
from operator import attrgetter

import pytest
from cases import MODELS, counted_by_python, explorer_of, settings_of, some_of
from test_browser import CHECKS, SHOW, differences, plant
from torch import nn

import mbv2_lesson as mbv2
from mbv2_lesson import browser

EVIL = "<img src=x onerror=alert(1)>"


def explorer(model: nn.Module, *shape: int, **settings) -> mbv2.ModelExplorer:
    return mbv2.ModelExplorer(mbv2.count(model, shape), **settings)


def named(**layers: nn.Module) -> nn.Sequential:
    model = nn.Sequential()
    for name, layer in layers.items():
        model.add_module(name, layer)
    return model


def given(shown: mbv2.ModelExplorer, settings: list[dict]) -> dict:
    data = {"folder": str(browser.FOLDER), "module": "model", "checks": CHECKS}
    return {**data, "settings": settings, "given": shown.data}


# --- What it takes ---


def test_it_begins_with_the_layer_of_the_most_macs():
    shown = explorer_of("model: U-Net")
    assert mbv2.ModelExplorer(shown.as_counted).values == {
        "layer": "join",
        "metric": "MACs",
        "separable": False,
        "depth_multiplier": 1,
    }


def test_layers_without_a_cost_are_left_out_and_each_call_has_a_name_of_its_own():
    assert explorer_of("model: Siamese").options["layer"] == [
        "tower.0",
        "tower.3",
        "tower.0 (call 2)",
        "tower.3 (call 2)",
    ]
    conv = nn.Conv2d(3, 3, 1)
    assert explorer(conv, 3, 4, 4).options["layer"] == ["(model)"]
    twice = {"a": conv, "a (call 2)": nn.Conv2d(3, 3, 1), "b": nn.Sequential(conv, nn.ReLU())}
    names = explorer(named(**twice), 3, 4, 4).options["layer"]
    assert names == ["a", "a (call 2)", "a (call 3)"]


def test_what_no_layer_uses_is_shown_beside_them(node):
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.unused = nn.Conv2d(3, 3, 1), nn.Linear(4, 5)

        def forward(self, x):
            return self.conv(x)

    model = Net()
    shown = explorer(model, 3, 4, 4)
    assert shown.options["layer"] == ["conv", "(outside of these)"] and shown.numbers()["params"] == 12 + 25
    (said,) = node(SHOW, given(shown, [{**shown.values, "layer": "(outside of these)", "metric": "params"}]))
    assert "Layer 2 of 2, “(outside of these)”: parameters that belong to no layer. 25 of 37 params" in said["sentence"]
    assert said["faults"] == []


@pytest.mark.parametrize(
    ("counted", "error", "words"),
    [
        (nn.Conv2d(3, 3, 1), TypeError, "counted must be what count returns, got Conv2d; write count(model, ...)"),
        (
            mbv2.count(nn.ReLU(), (3,)),
            ValueError,
            "this model has neither params nor MACs, so there is no layer to show",
        ),
        (
            mbv2.count(nn.Sequential(nn.Sequential(nn.Conv2d(3, 3, 1))), (3, 4, 4)).fold(1),
            ValueError,
            "counted must be the count itself",
        ),
    ],
)
def test_what_cannot_be_shown_is_told(counted, error, words):
    with pytest.raises(error) as caught:
        mbv2.ModelExplorer(counted)
    assert words in str(caught.value)


def test_a_layer_that_is_not_there_is_told():
    with pytest.raises(ValueError, match=r"layer must be one of 'down', .*'out', got 'head'"):
        mbv2.ModelExplorer(explorer_of("model: U-Net").as_counted, layer="head")


def test_its_repr_names_the_count_and_makes_the_same():
    shown = explorer_of("model: U-Net")
    shown.set(layer="up", metric="params", separable=True, depth_multiplier=4)
    written = "ModelExplorer(counted=counted, layer='up', metric='params', separable=True, depth_multiplier=4)"
    assert repr(shown) == written
    again = eval(written, {"ModelExplorer": mbv2.ModelExplorer, "counted": shown.as_counted})
    assert again.values == shown.values and again.counted == shown.counted


def test_it_is_saved_and_stands_still_with_names_as_text(tmp_path):
    shown = explorer(named(**{EVIL: nn.Conv2d(3, 8, 3), "$x^2$": nn.Conv2d(8, 8, 3)}), 3, 9, 9, layer=EVIL)
    page = shown.save(tmp_path / "x.html").read_text(encoding="utf-8")
    still = shown._repr_mimebundle_()[0]["text/html"]
    for source in (page, still):
        assert "<img src=x" not in source and html.escape(EVIL) in source
    alt = html.unescape(re.search('alt="(.*?)"', still)[1])
    assert alt == f"MACs of 2 layers, 24,984 in all: the largest is $x^2$, 14,400; {EVIL} is marked, 10,584."
    for ending in ("svg", "png"):
        assert shown.save(tmp_path / f"x.{ending}").stat().st_size > 1000


# --- What it says ---

ODD = {  # unusual layers: (module, shape of an input, what is said of it)
    "Conv1d": (nn.Conv1d(4, 8, 3), (4, 9), "(Conv1d): from 1×4×9 to 1×8×7. 672 of 672 MACs, 100.0%. It is not made"),
    "Conv3d": (nn.Conv3d(2, 3, 3), (2, 5, 5, 5), "(Conv3d): from 1×2×5×5×5 to 1×3×3×3×3."),
    "transposed": (nn.ConvTranspose2d(4, 8, 2, 2), (4, 6, 6), "It is not made separable: transposed."),
    "grouped": (nn.Conv2d(8, 8, 3, groups=2), (8, 6, 6), "a grouped convolution, kernels: 8 of 3×3×4, from 1×8×6×6"),
    "depthwise": (nn.Conv2d(8, 16, 3, groups=8), (8, 6, 6), "a depthwise convolution, kernels: 16 of 3×3×1, from "),
    "wide": (nn.Conv2d(8, 4, (1, 7)), (8, 6, 9), "a standard convolution, kernels: 4 of 1×7×8, from 1×8×6×9"),
    "reflected": (
        nn.Conv2d(8, 4, 3, padding_mode="reflect", padding=1),
        (8, 6, 6),
        "M = 2: 144 + 64 weights instead of",
    ),
    "full rank": (nn.Conv2d(4, 1, 3), (4, 6, 6), "M = 1 (a higher M would add nothing): 36 + 4 weights instead of 36"),
    "dear": (
        nn.Conv2d(64, 1, 3),
        (64, 6, 6),
        "(a higher M would add nothing): 576 + 64 weights instead of 576, which does not pay.",
    ),
    "LSTM": (nn.LSTM(4, 6), (3, 4), "(LSTM): from 1×3×4 to 1×3×6."),
    "attention": (nn.TransformerEncoderLayer(8, 2, 16), (3, 8), "self_attn” (MultiheadAttention): from 1×3×8 to "),
    "norm": (nn.LayerNorm(7), (7,), "(LayerNorm): from 1×7 to 1×7. The network has no MACs."),
}


@pytest.mark.parametrize("kind", ODD)
def test_an_unusual_layer_is_shown_as_what_it_is(node, kind):
    module, shape, words = ODD[kind]
    shown = explorer(named(odd=module), *shape, separable=True, depth_multiplier=2)
    said = node(SHOW, given(shown, [{**shown.values, "layer": name} for name in shown.options["layer"]]))
    assert [each["faults"] for each in said] == [[]] * len(said)
    assert any(words in each["sentence"] for each in said), [each["sentence"] for each in said]


# --- What it draws ---

DRAWN = """
const explorer = await load(`${data.folder}/${data.module}.js`);
const { boxes, touching } = await load(data.checks);
const names = ["standard", "depthwise", "pointwise", "grouped", "linear", "other"];
return data.settings.map((settings) => {
  const drawing = explorer.draw(settings, data.given);
  const found = Object.fromEntries([...names, "block", "slice", "rod"].map((name) => [name, boxes(drawing, name)]));
  const more = [...JSON.stringify(drawing).matchAll(/⋯ ([\\d,]+)/g)].map(([, number]) => number);
  const legend = JSON.stringify(drawing).includes('["as counted"]');
  return { ...found, more, legend, touching: touching(drawing) };
});
"""


@pytest.mark.parametrize("name", MODELS)
def test_the_bars_are_as_high_as_the_numbers(node, name):
    shown = explorer_of(name)
    chosen = [settings for settings in settings_of(name) if settings["layer"] == shown.options["layer"][0]]
    for settings, picture in zip(chosen, node(DRAWN, given(shown, chosen)), strict=True):
        number = attrgetter(settings["metric"].lower())
        shown.set(**{**settings, "separable": False})
        before = list(shown.costs.values())
        shown.set(**settings)
        highest = max(sum(map(number, costs.values())) for costs in [*before, *shown.costs.values()])
        for kind in ("standard", "depthwise", "pointwise", "grouped", "linear", "other"):
            numbers = [number(costs.get(kind, mbv2.Cost())) for costs in shown.costs.values()]
            heights = [bottom - top for _, top, _, bottom in picture[kind][1:]]  # the first is the legend's
            assert heights == pytest.approx([104 * each / highest for each in numbers if each], abs=0.11)


def test_the_legend_explains_marks_only_where_there_are_some(node):
    shown = explorer(named(conv=nn.Conv2d(8, 8, 3), norm=nn.BatchNorm2d(8)), 8, 6, 6)
    chosen = [{**shown.values, "separable": separable} for separable in (False, True)]
    assert [picture["legend"] for picture in node(DRAWN, given(shown, chosen))] == [False, True]


@pytest.mark.parametrize("name", MODELS)
def test_there_are_as_many_kernels_as_the_layer_has_and_no_text_touches_another(node, name):
    shown = explorer_of(name)
    kernels = {layer: row[6] for layer, row in zip(shown.options["layer"], shown.data["layers"], strict=True)}
    chosen = settings_of(name)
    for settings, picture in zip(chosen, node(DRAWN, given(shown, chosen)), strict=True):
        assert picture["touching"] == [], settings
        count = {shape: len(picture[shape]) for shape in ("block", "slice", "rod")}
        expected = {"block": 0, "slice": 0, "rod": 0}
        if convolution := kernels[settings["layer"]]:
            c_in, c_out, k_h, k_w, groups = convolution
            whole = "slice" if c_in == groups else "rod" if k_h * k_w == 1 else "block"
            if settings["separable"] and groups == 1 and k_h * k_w > 1:
                between = c_in * min(settings["depth_multiplier"], k_h * k_w, c_out)
                expected["slice"] += between
                expected["slice" if between == 1 else "rod"] += c_out
            else:
                expected[whole] += c_out
        left_out = sum(int(text.replace(",", "")) for text in picture["more"])
        assert sum(count.values()) + left_out == sum(expected.values())
        assert all(bool(count[shape]) == bool(expected[shape]) for shape in count)


# Errors in the browser's half: a file, what stands there, what is planted.
PLANTED = [
    ("layers.js", "kernel_height * kernel_size, out_channels)", "kernel_height * kernel_size)"),
    ("layers.js", "weights && each", "each"),
    ("layers.js", "product(output) / out_channels", "product(output)"),
    ("layers.js", "{ biases }", "{}"),
]


@pytest.mark.parametrize(("file", "stands", "planted"), PLANTED)
def test_a_planted_error_is_noticed(node, tmp_path, file, stands, planted):
    folder = plant(tmp_path, file, stands, planted)
    assert any(
        differences(node, name, some_of(name), counted_by_python(name, some_of(name)), folder) for name in MODELS
    )


POINTED = """
const { draw, layerAt } = await load(`${data.folder}/model.js`);
const { boxes } = await load(data.checks);
const [settings] = data.settings;
const meant = ([left, top, right, bottom]) => layerAt(settings, data.given, [(left + right) / 2, (top + bottom) / 2]);
return ["standard", "pointwise", "other"].map((kind) => boxes(draw(settings, data.given), kind).map(meant));
"""


def test_a_point_of_a_bar_means_its_layer_and_another_none(node):
    shown = explorer_of("model: U-Net")
    settings = {**shown.values, "layer": "down", "metric": "MACs", "separable": False}
    standard, pointwise, other = node(POINTED, given(shown, [settings]))
    assert standard[1:4] == [{"layer": "down"}, {"layer": "bottom"}, {"layer": "join"}]
    assert pointwise[1:] == [{"layer": "out"}] and other[1:] == [{"layer": "up"}]
