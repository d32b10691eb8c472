"""The browser's half against Python's, in Node: what it counts, says and draws for each setting."""

import json
import math
import random
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from node import Node

import mbv2_lesson as mbv2
from mbv2_lesson import Plan, browser, experiments, explorers
from mbv2_lesson.explorers.explorer import Explorer
from mbv2_lesson.plans import blocks, layers
from mbv2_lesson.plans.tables import ratio, times

MANY = 10_000  # settings; where an explorer has more, that many random ones and the corners are tried


@pytest.fixture(scope="module")
def node():
    node = Node()
    yield node
    node.close()


# --- The table: what Python says of each explorer. A moved explorer is added here. ---


def square(values: dict) -> dict:
    return {**values, "size": (values["size"], values["size"])}


def costs(*plans: Plan) -> list[list[int]]:
    return [[plan.cost.params, plan.cost.macs, plan.cost.flops] for plan in plans]


@dataclass(frozen=True)
class Case:
    """What Python expects of an explorer's module, from the public functions alone.

    counts(values) -> what the module's count() returns: plans, numbers and texts by name; values are the settings and
    the fixed arguments. Numbers that are not whole may differ by ``within``. headline(**counts) -> the numbers in the
    headline, in order; rows(**counts) -> the cells of the table, without the first of each row: whole numbers, or texts
    as they are printed.
    """

    make: Callable[..., Explorer]
    arguments: dict
    counts: Callable[[dict], dict]
    headline: Callable[..., list]
    rows: Callable[..., list[list]]
    within: float = 1e-12


def convolution(values: dict) -> dict:
    return {"plan": mbv2.standard_conv(**square(values))}


def separable(values: dict) -> dict:
    return {
        "plan": mbv2.depthwise_separable(**square(values)),
        "standard": mbv2.standard_conv(**square(values)),
        "share": mbv2.separable_ratio(values["out_channels"], values["kernel_size"]),
    }


def separable_headline(plan: Plan, standard: Plan, share: float) -> list:
    params, instead = plan.cost.params, standard.cost.params
    return [params, instead, ratio(instead / params, 1) if params < instead else ratio(params / instead)]


def separable_rows(plan: Plan, standard: Plan, share: float) -> list[list]:
    above, below = costs(standard, plan)
    return [above, below, [ratio(b / a) for a, b in zip(above, below, strict=True)]]


def groups(values: dict) -> dict:
    ungrouped = {**square(values), "groups": 1}
    return {"plan": mbv2.standard_conv(**square(values)), "whole": mbv2.standard_conv(**ungrouped)}


def block(values: dict) -> dict:
    standard = {name: values[name] for name in ("in_channels", "out_channels", "stride", "size")}
    return {"plan": mbv2.inverted_residual(**square(values)), "standard": mbv2.standard_conv(**square(standard))}


def block_rows(plan: Plan, standard: Plan) -> list[list]:
    rows = [(times(step.output_shape[1:]), step.cost) for step in plan]
    rows += [("", plan.cost), ("", standard.cost)]
    return [[shape, cost.weights, cost.norm, cost.macs] for shape, cost in rows]


def params_and_macs(plan: Plan, **beside: object) -> list:
    return [plan.cost.params, plan.cost.macs]


CASES = {
    "convolution": Case(explorers.ConvolutionExplorer, {}, convolution, params_and_macs, lambda plan: costs(plan)),
    "separable": Case(explorers.SeparableExplorer, {}, separable, separable_headline, separable_rows),
    "block": Case(explorers.BlockExplorer, {}, block, params_and_macs, block_rows),
}
for pair in [
    (16, 32),
    (1, 1),
    (1, 64),
    (64, 1),
    (7, 13),
    (97, 97),
    (12, 18),
    (64, 64),
    (65, 65),
    (4096, 4096),
    (4096, 8),
]:
    CASES[f"groups of {pair}"] = Case(
        explorers.GroupsExplorer,
        dict(zip(("in_channels", "out_channels"), pair, strict=True), kernel_size=7, size=1024),
        groups,
        lambda plan, whole: [plan.cost.params],
        lambda plan, whole: costs(plan),
    )


RNG = np.random.default_rng(0)
SCANNED = explorers.ScanExplorer(RNG.random((40, 40)), np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]]))


def scan(values: dict) -> dict:
    row, column, kernel = values["row"], values["column"], SCANNED.kernel
    patch = SCANNED.image[row : row + 3, column : column + 3]
    arrays = {"patch": patch, "kernel": kernel, "products": patch * kernel}
    total = SCANNED.output[row, column].item()
    counts = {"sum": total, "positions": 38 * 38, "macs": 38 * 38 * 9}
    return {name: array.ravel().tolist() for name, array in arrays.items()} | counts


def rank(values: dict) -> dict:
    shape = {name: values[name] for name in ("in_channels", "out_channels", "kernel_size", "size")}
    m, kernel = values["depth_multiplier"], values["kernel"]
    errors = experiments.low_rank_errors(experiments.example_kernel(kernel, *list(shape.values())[:3]))
    return {
        "plan": mbv2.depthwise_separable(**square(shape), depth_multiplier=m),
        "standard": mbv2.standard_conv(**square(shape)),
        "error": float(experiments.rounded(errors, beside=1)[m - 1]),
    }


def rank_headline(plan: Plan, standard: Plan, error: float) -> list:
    return [*([ratio(error, 2)] if error else []), plan.cost.params]


def rank_rows(plan: Plan, standard: Plan, error: float) -> list[list]:
    return separable_rows(plan, standard, 0)


def scan_rows(products: list[float], sum: float, positions: int, macs: int, **beside: object) -> list[list]:
    return [["1", len(products), ratio(sum, 2)], [positions, macs, ""]]


collapsed = cache(experiments.collapse)


def collapse(values: dict) -> dict:
    n, seed, activation = values.values()
    result = collapsed(n, seed, activation)
    each = {name: collapsed(n, seed, name) for name in experiments.ACTIVATIONS}
    return {
        "concluded": {
            name: {"error": float(f"{found.error:.4f}"), "lost": found.lost.mean().item()}
            for name, found in each.items()
        },
        "error": float(f"{result.error:.4f}"),
        "lost": result.lost.tolist(),
        "readOut": result.read_out.tolist(),
    }


CASES |= {
    "scan": Case(
        explorers.ScanExplorer,
        {"image": SCANNED.image, "kernel": SCANNED.kernel},
        scan,
        lambda products, sum, **beside: [len(products), ratio(abs(sum), 2)],
        scan_rows,
    ),
    "rank": Case(explorers.RankExplorer, {}, rank, rank_headline, rank_rows),
    "rank with k = 7": Case(explorers.RankExplorer, {"kernel_size": 7}, rank, rank_headline, rank_rows),
    "collapse": Case(
        explorers.CollapseExplorer,
        {},
        collapse,
        lambda error, **beside: [ratio(error)],
        lambda concluded, **beside: [[ratio(each["error"]), f"{each['lost']:.1%}"] for each in concluded.values()],
        within=1e-9,
    ),
}
every_case = pytest.mark.parametrize("name", CASES)


@cache
def explorer_of(name: str) -> Explorer:
    return CASES[name].make(**CASES[name].arguments)


@cache
def settings_of(name: str) -> list[dict]:
    """All settings, or the corners (each setting at its first or its last option) and random ones."""
    options = explorer_of(name).options
    if math.prod(map(len, options.values())) < MANY:
        chosen = product(*options.values())
    else:
        steps = random.Random(0)
        corners = product(*({each[0]: 0, each[-1]: 0} for each in options.values()))
        chosen = [*corners, *([steps.choice(each) for each in options.values()] for _ in range(MANY))]
    return [dict(zip(options, values, strict=True)) for values in chosen]


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
  return Object.fromEntries(counted.map(([name, value]) => [name, value.steps ? facts(value) : value]));
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


def counted_by_python(name: str, chosen: list[dict]) -> list[dict]:
    fixed = explorer_of(name).fixed
    return [CASES[name].counts({**fixed, **settings}) for settings in chosen]


@cache
def all_counted_by_python(name: str) -> list[dict]:
    return counted_by_python(name, settings_of(name))


def for_node(name: str, chosen: list[dict], folder: Path = browser.FOLDER) -> dict:
    explorer = explorer_of(name)
    return {"folder": str(folder), "module": explorer.module, "settings": chosen, "given": explorer.data}


def same(python: object, javascript: object, within: float) -> bool:
    """Whole numbers and texts are equal, other numbers differ by no more than ``within``."""
    if isinstance(python, dict) and isinstance(javascript, dict):
        return python.keys() == javascript.keys() and all(same(python[key], javascript[key], within) for key in python)
    if isinstance(python, (list, tuple)) and isinstance(javascript, list):
        return len(python) == len(javascript) and all(
            same(*both, within) for both in zip(python, javascript, strict=True)
        )
    if isinstance(python, float) and isinstance(javascript, (int, float)):
        return math.isclose(python, javascript, rel_tol=within, abs_tol=within)
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


PLANS = {name for name in CASES if name not in ("scan", "collapse")}  # what is made of plans


def plant(tmp_path: Path, file: str, stands: str, planted: str) -> Path:
    """A copy of the browser's half with an error in it."""
    folder = shutil.copytree(browser.FOLDER, tmp_path / "browser")
    source = (folder / file).read_text(encoding="utf-8")
    assert source.count(stands) == 1
    (folder / file).write_text(source.replace(stands, planted), encoding="utf-8")
    return folder


# Errors in the browser's half: a file, what stands there, what is planted; the cases that must notice.
PLANTED = [
    ("counting.js", "kernel_size ** 2", "kernel_size * 3", {"convolution", "separable"}),
    ("counting.js", "2 * padding - kernel_size) / stride) + 1", "2 * padding) / stride)", PLANS),
    ("counting.js", "spec.in_channels / spec.groups", "spec.in_channels", {"separable", "block", "groups of (12, 18)"}),
    ("counting.js", "groups === in_channels && groups > 1", "groups === in_channels", {"separable", "block"}),
    ("counting.js", "2 * spec.out_channels : 0", "spec.out_channels : 0", {"block"}),
    ("counting.js", "flops: 2 * cost.macs", "flops: cost.macs", PLANS),
    ("counting.js", 'filled.join(" and ")', 'filled.join(" or ")', {"block"}),
    ("counting.js", "against.push(reasons.channels)", "against.push(reasons.stride)", {"block"}),
    ("counting.js", "hasShortcut: !against.length", "hasShortcut: true", {"block"}),
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
        chosen = random.Random(1).sample(settings_of(name), min(100, len(settings_of(name))))
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
    chosen = settings_of("block")[-100:]
    assert differences(node, "block", chosen, counted_by_python("block", chosen)) == []
    monkeypatch.setattr(owner, attribute, wrong)
    assert differences(node, "block", chosen, counted_by_python("block", chosen))


# --- What is said and drawn ---

SHOW = """
const explorer = await load(`${data.folder}/${data.module}.js`);
const { faults, faultsInWords } = await load(data.checks);
return data.settings.map((settings) => {
  const said = explorer.describe(settings, data.given);
  return { ...said, faults: [...faultsInWords(said), ...faults(explorer.draw(settings, data.given))] };
});
"""
CHECKS = str(Path(__file__).with_name("drawings.js"))


def printed(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else value


def misstatements(node: Node, name: str, chosen: list[dict], python: list[dict], folder=browser.FOLDER) -> list[tuple]:
    """What is wrong in itself, and where the headline and the table do not say what Python counts."""
    case, found = CASES[name], []
    shown = node(SHOW, {**for_node(name, chosen, folder), "checks": CHECKS})
    for settings, counts, said in zip(chosen, python, shown, strict=True):
        found += [(settings, fault) for fault in said["faults"]]
        headline, rows = list(map(printed, case.headline(**counts))), case.rows(**counts)
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
        ("separable.js", "label(left - 6, y + 16", "label(left - 30, y + 16", "separable"),
        ("separable.js", "`${whole(params)} weights instead", "`${params + 1} weights instead", "separable"),
        ("separable.js", "${number} weights`", "${number?.x} weights`", "separable"),
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


def test_bars_are_as_long_as_their_weights(node):
    shown = drawn(node, "separable", ["standard", "depthwise", "pointwise"])
    for counts, picture in zip(all_counted_by_python("separable"), shown, strict=True):
        weights = [step.cost.weights for plan in (counts["standard"], counts["plan"]) for step in plan]
        lengths = [right - left for left, _, right, _ in picture["boxes"]]
        longest = lengths[0] if counts["share"] < 1 else lengths[1] + lengths[2]
        scale = longest / max(weights[0], weights[1] + weights[2])
        assert longest > 200 and lengths == pytest.approx([scale * number for number in weights], abs=0.11)
        first, depthwise, pointwise = picture["boxes"]
        assert depthwise[0] == pytest.approx(first[0]) and pointwise[0] == pytest.approx(depthwise[2], abs=0.11)


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
        else:  # too many to be seen, so a rectangle for each group
            assert len(filled) == groups
            if max(rows, columns) < 1000:
                assert filled == [(group * rows // groups, group * columns // groups) for group in range(groups)]


# --- Numbers in print, and words ---


FORMAT = f"const {{ whole, ratio, times, short }} = await load({json.dumps(str(browser.FOLDER / 'format.js'))});"


def test_numbers_are_printed_alike(node):
    steps = random.Random(0)
    wholes = [0, 7, 999, 1000, 656, 4608, 14450688, -1234567, 2**53, *(steps.randrange(2**53) for _ in range(2000))]
    assert node(f"{FORMAT} return data.map(whole);", wholes) == [f"{number:,}" for number in wholes]
    ties = [(1.03125, 4), (0.125, 2), (2.5, 0), (0.0005, 3), (0.5, 0), (1.5, 0), (-0.125, 2), (0.0625, 3), (0, 4)]
    floats = [(10 ** steps.uniform(-9, 9), steps.randrange(10)) for _ in range(5000)]
    halves = [(steps.randrange(10**6) / 2 ** steps.randrange(1, 8), steps.randrange(10)) for _ in range(5000)]
    given = [*ties, *floats, *halves]
    assert node(f"{FORMAT} return data.map(([n, digits]) => ratio(n, digits));", given) == [ratio(*g) for g in given]
    shapes = [[3, 3], [1, 4096, 1024, 1024], [7], []]
    assert node(f"{FORMAT} return data.map(times);", shapes) == list(map(times, shapes))


def test_ties_are_rounded_up_in_both(node):
    """Where Python's own format and JavaScript's differ."""
    ties = {(1.03125, 4): "1.0313", (0.125, 2): "0.13", (2.5, 0): "3", (0.0005, 3): "0.001"}
    assert [ratio(*tie) for tie in ties] == list(ties.values())
    assert node(f"{FORMAT} return data.map(([n, digits]) => ratio(n, digits));", [*ties]) == list(ties.values())


def test_short_numbers_have_no_more_than_four_digits(node):
    numbers = {656: "656", 4608: "4,608", 999_949: "999,949", 999_950: "1.0M", 14450688: "14.5M", 2**53: "9007.2T"}
    assert node(f"{FORMAT} return data.map(short);", [*numbers]) == list(numbers.values())


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
