"""The browser's half against Python's, in Node: what it counts, says and draws for each setting."""

import html
import math
import re
import shutil
from itertools import repeat
from pathlib import Path

import pytest
from cases import CASES, MANY, MODELS, all_counted_by_python, counted_by_python, explorer_of, settings_of, some_of
from node import Node

import mbv2_lesson as mbv2
from mbv2_lesson import Plan, browser
from mbv2_lesson.plans import blocks, layers

every_case = pytest.mark.parametrize("name", CASES)


# --- Counting ---

COUNT = """
const explorer = await load(`${data.folder}/${data.module}.js`);
const { planNumbers } = await load(`${data.folder}/counting.js`);
const facts = (plan) => ({
  numbers: planNumbers(plan),
  steps: plan.steps.map((s) => [s.name, s.kind, s.input, s.output, s.norm, s.activation ?? null]),
  shortcut: plan.hasShortcut ?? false,
  because: plan.noShortcutBecause ?? "",
});
return data.settings.map((settings) => {
  const counted = Object.entries(explorer.count(settings, data.given));
  return Object.fromEntries(counted.map(([name, value]) => [name, value?.steps ? facts(value) : value]));
});
"""

NUMBERS = """
const explorer = await load(`${data.folder}/${data.module}.js`);
const { planNumbers } = await load(`${data.folder}/counting.js`);
const numbers = explorer.numbers ?? ((settings, given) => planNumbers(explorer.count(settings, given).plan));
return data.settings.map((settings) => numbers(settings, data.given));
"""


def facts(plan: Plan) -> dict:
    numbers = {"params": plan.cost.params, "MACs": plan.cost.macs, "FLOPs": plan.cost.flops}
    for step in plan:
        numbers |= {f"{step.name} weights": step.cost.weights, f"{step.name} MACs": step.cost.macs}
    return {
        "numbers": numbers,
        "steps": [[s.name, s.kind, list(s.input_shape), list(s.output_shape), s.cost.norm, s.activation] for s in plan],
        "shortcut": plan.has_shortcut,
        "because": plan.no_shortcut_because,
    }


def for_node(name: str, chosen: list[dict], folder: Path = browser.FOLDER) -> dict:
    explorer = explorer_of(name)
    return {"folder": str(folder), "module": explorer.module, "settings": chosen, "given": explorer.data}


def same(python: object, javascript: object, within: float) -> bool:
    """Whole numbers and texts are equal, other numbers differ by no more than ``within``."""
    if isinstance(python, float):
        return type(javascript) in (int, float) and math.isclose(python, javascript, rel_tol=within, abs_tol=within)
    if isinstance(python, dict) and isinstance(javascript, dict):
        return python.keys() == javascript.keys() and all(same(python[key], javascript[key], within) for key in python)
    if isinstance(python, (list, tuple)) and isinstance(javascript, list):
        return len(python) == len(javascript) and all(map(same, python, javascript, repeat(within)))
    return type(python) is type(javascript) and python == javascript


def differences(node: Node, name: str, chosen: list[dict], python: list[dict], folder=browser.FOLDER) -> list[tuple]:
    """(settings, what is counted, Python's, the browser's) wherever the two differ."""
    found = []
    for settings, expected, counted in zip(chosen, python, node(COUNT, for_node(name, chosen, folder)), strict=True):
        assert counted.keys() == expected.keys()
        for key, value in expected.items():
            value = facts(value) if isinstance(value, Plan) else value
            if not same(value, counted[key], CASES[name].within):
                found.append((settings, key, value, counted[key]))
    return found


@every_case
def test_both_count_the_same(node, name):
    assert differences(node, name, settings_of(name), all_counted_by_python(name)) == []


def test_as_many_settings_are_tried_as_said():
    tried = {name: len(settings_of(name)) for name in CASES}
    assert tried["convolution"] == MANY + 2**6 and tried["separable"] == MANY + 2**5 and tried["block"] == MANY + 2**7
    assert tried["scan"] == 38 * 38 and tried["rank"] == 27 and tried["rank with k = 7"] == 147
    assert tried["collapse"] == 1740
    assert (
        tried["groups of (97, 97)"] == 2 and tried["groups of (7, 13)"] == 1 and tried["groups of (4096, 4096)"] == 13
    )


def test_javascript_can_count_as_far_as_this():
    """Above 2^53 a JavaScript number is no longer exact."""
    plans = [value for name in CASES for counts in all_counted_by_python(name) for value in counts.values()]
    largest = max(plan.cost.flops for plan in plans if isinstance(plan, Plan))
    assert largest == 2 * (4096 * 4096 * 7**2) * 1024**2 < 2**53


def test_what_the_explorer_sends_is_what_the_browser_compares(node):
    """The second opinion: the names and numbers of ``counted`` are those that the browser counts for itself."""
    for name in CASES:
        explorer = explorer_of(name)
        for settings in (settings_of(name)[0], settings_of(name)[-1]):
            explorer.set(**settings)
            (numbers,) = node(NUMBERS, for_node(name, [settings]))
            assert explorer.counted == {"settings": settings, "numbers": numbers}


def plant(tmp_path: Path, file: str, stands: str, planted: str) -> Path:
    """A copy of the browser's half with an error in it."""
    folder = shutil.copytree(browser.FOLDER, tmp_path / "browser")
    source = (folder / file).read_text(encoding="utf-8")
    assert source.count(stands) == 1
    (folder / file).write_text(source.replace(stands, planted), encoding="utf-8")
    return folder


COUNTING = {*CASES} - {
    *MODELS,
    "convention",
    "scan",
    "collapse",
}  # the others are not made of plans that counting.js makes
# Errors in the browser's half: a file, what it says, what is planted instead; the cases that must notice.
PLANTED = [
    ("counting.js", "kernel_size ** 2", "kernel_size * 3", {"convolution", "separable"}),
    ("counting.js", "2 * padding - kernel_size) / stride) + 1", "2 * padding) / stride)", COUNTING),
    ("counting.js", "spec.in_channels / spec.groups", "spec.in_channels", {"separable", "block", "groups of (12, 18)"}),
    ("counting.js", "groups === in_channels && groups > 1", "groups === in_channels", {"separable", "block"}),
    ("counting.js", "2 * spec.out_channels : 0", "spec.out_channels : 0", {"block"}),
    ("counting.js", "flops: 2 * macs", "flops: macs", COUNTING),
    ("networks.js", 'filled.join(" and ")', 'filled.join(" or ")', {"block"}),
    ("networks.js", "against.push(reasons.channels)", "against.push(reasons.stride)", {"block"}),
    ("networks.js", "hasShortcut: hasShortcut(settings)", "hasShortcut: true", {"block"}),
    ("counting.js", "in_channels * depth_multiplier", "in_channels", {"rank", "rank with k = 7"}),
    ("rank.js", "errors[kernel][depth_multiplier - 1]", "errors[kernel][0]", {"rank"}),
    ("scanning.js", "column + (index", "column - (index", {"scan"}),
    ("scanning.js", "total + product", "total - product", {"scan"}),
    ("bitmap.js", "256 * bytes", "255 * bytes", {"scan"}),
    ("collapse.js", "number < 2", "number <= 2", {"collapse"}),
    ("collapse.js", "spiral.map(() => 1), ", "", {"collapse"}),
    ("collapse.js", "ReLU6: [0, 6]", "ReLU6: [0, 5]", {"collapse"}),
    ("collapse.js", "errors[name][seed][index]", "errors[name][seed][0]", {"collapse"}),
    ("separable.js", "plan.params / standard.params", "(plan.params + 1e-9) / standard.params", {"separable"}),
]


@pytest.mark.parametrize(("file", "stands", "planted", "noticing"), PLANTED)
def test_an_error_planted_in_javascript_is_noticed(node, tmp_path, file, stands, planted, noticing):
    folder = plant(tmp_path, file, stands, planted)
    for name in noticing:
        chosen = some_of(name)
        assert differences(node, name, chosen, counted_by_python(name, chosen), folder)


@pytest.mark.parametrize(
    ("owner", "attribute", "wrong"),
    [
        (layers.Conv2dSpec, "weights", property(lambda spec: math.prod(spec.weight_shape) + 1)),
        (layers.Conv2dSpec, "kind", "standard"),
        (mbv2.Cost, "flops", property(lambda cost: cost.macs)),
        (blocks, "NO_SHORTCUT", {**blocks.NO_SHORTCUT, "stride": "stride {stride} is not 1"}),
    ],
)
def test_an_error_planted_in_python_is_noticed(node, monkeypatch, owner, attribute, wrong):
    chosen = some_of("block")
    assert differences(node, "block", chosen, counted_by_python("block", chosen)) == []
    monkeypatch.setattr(owner, attribute, wrong)
    assert differences(node, "block", chosen, counted_by_python("block", chosen))


# --- What is said and drawn ---

SHOW = """
const explorer = await load(`${data.folder}/${data.module}.js`);
const { faults, faultsInWords } = await load(data.checks);
// Drawing takes longest. Of ten thousand random settings it is done for every fifth, and for the corners before them.
const drawn = (index) => data.settings.length < 10_000 || index < 200 || index % 5 === 0;
return data.settings.map((settings, index) => {
  const said = explorer.describe(settings, data.given);
  const inDrawing = drawn(index) ? faults(explorer.draw(settings, data.given)) : [];
  return { ...said, faults: [...faultsInWords(said), ...inDrawing] };
});
"""
CHECKS = str(Path(__file__).with_name("drawings.js"))


def printed(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else value


def still_rows(name: str, settings: dict) -> list[list[str]]:
    """The cells of the table that Python makes for pages without scripts."""
    explorer = explorer_of(name)
    explorer.set(**settings)
    rows = re.findall("<tr>(.*?)</tr>", explorer.table())[1:]
    return [list(map(html.unescape, re.findall("<td>(.*?)</td>", row))) for row in rows]


def misstatements(node: Node, name: str, chosen: list[dict], python: list[dict], folder=browser.FOLDER) -> list[tuple]:
    """What is wrong in itself, and where the headline and the table differ from Python's counts."""
    case, found = CASES[name], []
    shown = node(SHOW, {**for_node(name, chosen, folder), "checks": CHECKS})
    for settings, counts, said in zip(chosen, python, shown, strict=True):
        found += [(settings, fault) for fault in said["faults"]]
        headline = list(map(printed, case.headline(**counts)))
        rows = case.rows(**counts) if case.rows else still_rows(name, settings)[: len(said["table"]["rows"])]
        if re.findall(r"\d[\d,]*(?:\.\d+)?", said["headline"]) != headline:
            found.append((settings, said["headline"], headline))
        if [row[1:] for row in said["table"]["rows"]] != [list(map(printed, row)) for row in rows]:
            found.append((settings, said["table"], rows))
    return found


@every_case
def test_what_is_said_and_drawn_is_whole_and_true(node, name):
    assert misstatements(node, name, settings_of(name), all_counted_by_python(name)) == []


@pytest.mark.parametrize(
    ("file", "stands", "planted", "name"),
    [
        ("drawing.js", "x: round(x), y: round(y)", "x: round(x.y), y: round(y)", "convolution"),  # NaN
        ("drawing.js", "`0 0 ${WIDTH} ${height}`", "`0 0 ${WIDTH - 50} ${height}`", "block"),
        (
            "drawing.js",
            "picture(height, ...children) {",
            "picture(height, ...children) { children = [element('svg')];",
            "block",
        ),
        ("law.js", "label(left - 6", "label(left - 30", "separable"),
        ("separable.js", "`${whole(params)} weights instead", "`${params + 1} weights instead", "separable"),
        ("kernels.js", "short(number)", "short(number)?.x", "separable"),
        ("words.js", "ratio(number / first[index])", "ratio(number / first[index], 3)", "separable"),
        ("words.js", "${whole(macs)} MACs`", "${whole(macs)} MACs.`", "convolution"),
        ("convolution.js", "to ${maps(output)}.`", "to ${maps(output)}`", "convolution"),
        ("block.js", "whole(norm)", "whole(weights)", "block"),
    ],
)
def test_a_planted_misstatement_is_noticed(node, tmp_path, file, stands, planted, name):
    folder, chosen = plant(tmp_path, file, stands, planted), settings_of(name)[:100]
    assert misstatements(node, name, chosen, counted_by_python(name, chosen), folder)


DRAW = """
const explorer = await load(`${data.folder}/${data.module}.js`);
const { boxes } = await load(data.checks);
return data.settings.map((settings) => {
  const { alt } = explorer.describe(settings, data.given);
  return { alt, boxes: boxes(explorer.draw(settings, data.given), ...data.classes) };
});
"""


def drawn(node: Node, name: str, classes: list[str]) -> list[dict]:
    return node(DRAW, {**for_node(name, settings_of(name)), "checks": CHECKS, "classes": classes})


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("groups")])
def test_the_cells_that_are_filled_are_those_that_are_read(node, name):
    for settings, picture in zip(settings_of(name), drawn(node, name, ["cells"]), strict=True):
        given = explorer_of(name).fixed | settings
        rows, columns, groups = given["in_channels"], given["out_channels"], given["groups"]
        read = rows // groups * columns
        assert f"{read:,} of {rows * columns:,} cells are filled" in picture["alt"]
        boxes = picture["boxes"]
        left, top = (min(box[edge] for box in boxes) for edge in (0, 1))
        wide = (max(box[2] for box in boxes) - left) / columns
        high = (max(box[3] for box in boxes) - top) / rows
        filled = [(round((box[1] - top) / high), round((box[0] - left) / wide)) for box in boxes]
        if max(rows, columns) <= 64:
            assert len(filled) == len(set(filled)) == read
            assert all(row * groups // rows == column * groups // columns for row, column in filled)
        else:  # too many to be seen, so one rectangle per group
            assert len(filled) == groups
            if max(rows, columns) < 1000:
                assert filled == [(group * rows // groups, group * columns // groups) for group in range(groups)]


# --- Words ---

WORDS = """
const { words } = await load(`${data.folder}/${data.module}.js`);
const { labels } = await load(`${data.folder}/words.js`);
return { title: words.title, try: words.try, labels };
"""


@every_case
def test_each_explorer_has_a_title_something_to_try_and_labels(node, name):
    words = node(WORDS, for_node(name, []))
    assert re.fullmatch(r"[A-Z].*\w", words["title"]) and re.fullmatch(r"[A-Z].*[.?]", words["try"])
    for setting, options in explorer_of(name).options.items():
        label = words["labels"][setting]
        assert re.match("[a-z]", label)
        assert not set(re.findall(r"\w+", label)) & set(map(str, options)), "the label never contains the value"


def test_there_is_no_label_without_a_setting(node):
    known = {setting for name in CASES for setting in explorer_of(name).options}
    assert node(WORDS, for_node("block", []))["labels"].keys() == known
