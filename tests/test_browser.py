"""The browser's half against Python's, in Node: what it counts, says and draws for each setting."""

import math
import random
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

import pytest
from node import Node

import mbv2_lesson as mbv2
from mbv2_lesson import Plan, browser, explorers
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
    the fixed arguments. headline(**counts) -> the numbers in the headline, in order; rows(**counts) -> the cells of the
    table, without the first of each row: whole numbers, or texts as they are printed.
    """

    make: Callable[..., Explorer]
    arguments: dict
    counts: Callable[[dict], dict]
    headline: Callable[..., list]
    rows: Callable[..., list[list]]


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


def same(python: object, javascript: object) -> bool:
    """Whole numbers and texts are equal, other numbers equal to 1e-12."""
    if isinstance(python, dict) and isinstance(javascript, dict):
        return python.keys() == javascript.keys() and all(same(python[key], javascript[key]) for key in python)
    if isinstance(python, (list, tuple)) and isinstance(javascript, list):
        return len(python) == len(javascript) and all(map(same, python, javascript))
    if isinstance(python, float) and isinstance(javascript, (int, float)):
        return math.isclose(python, javascript, rel_tol=1e-12, abs_tol=1e-12)
    return type(python) is type(javascript) and python == javascript


def differences(node: Node, name: str, chosen: list[dict], python: list[dict], folder=browser.FOLDER) -> list[tuple]:
    """(settings, what is counted, Python's, the browser's) wherever the two differ."""
    found = []
    for settings, expected, counted in zip(chosen, python, node(COUNT, for_node(name, chosen, folder)), strict=True):
        assert counted.keys() == expected.keys()
        for key, value in expected.items():
            value = facts(value) if isinstance(value, Plan) else value
            if not same(value, counted[key]):
                found.append((settings, key, value, counted[key]))
    return found


@every_case
def test_both_count_the_same(node, name):
    assert differences(node, name, settings_of(name), all_counted_by_python(name)) == []


def test_as_many_settings_are_tried_as_said():
    tried = {name: len(settings_of(name)) for name in CASES}
    assert tried["convolution"] == MANY + 2**6 and tried["separable"] == MANY + 2**5 and tried["block"] == MANY + 2**7
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
            (counted,) = node(COUNT, for_node(name, [settings]))
            assert explorer.counted == {"settings": settings, "numbers": counted["plan"]["numbers"]}


# Errors in the browser's half: a file, what stands there, what is planted; the cases that must notice.
PLANTED = [
    ("counting.js", "kernel_size ** 2", "kernel_size * 3", {"convolution", "separable"}),
    ("counting.js", "2 * padding - kernel_size) / stride) + 1", "2 * padding) / stride)", {*CASES}),
    ("counting.js", "spec.in_channels / spec.groups", "spec.in_channels", {"separable", "block", "groups of (12, 18)"}),
    ("counting.js", "groups === in_channels && groups > 1", "groups === in_channels", {"separable", "block"}),
    ("counting.js", "2 * spec.out_channels : 0", "spec.out_channels : 0", {"block"}),
    ("counting.js", "flops: 2 * cost.macs", "flops: cost.macs", {*CASES}),
    ("counting.js", 'filled.join(" and ")', 'filled.join(" or ")', {"block"}),
    ("counting.js", "against.push(reasons.channels)", "against.push(reasons.stride)", {"block"}),
    ("counting.js", "hasShortcut: !against.length", "hasShortcut: true", {"block"}),
    ("separable.js", "plan.params / standard.params", "(plan.params + 1e-9) / standard.params", {"separable"}),
]


@pytest.mark.parametrize(("file", "stands", "planted", "noticing"), PLANTED)
def test_an_error_planted_in_javascript_is_noticed(node, tmp_path, file, stands, planted, noticing):
    folder = shutil.copytree(browser.FOLDER, tmp_path / "browser")
    source = (folder / file).read_text(encoding="utf-8")
    assert source.count(stands) == 1
    (folder / file).write_text(source.replace(stands, planted), encoding="utf-8")
    for name in noticing:
        chosen = settings_of(name)[-100:]
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


def misstatements(name: str, python: list[dict], shown: list[dict]) -> list[tuple]:
    """What is wrong in itself, and what the headline and the table say beside what Python counts."""
    case, found = CASES[name], []
    for settings, counts, said in zip(settings_of(name), python, shown, strict=True):
        found += [(settings, fault) for fault in said["faults"]]
        headline, rows = list(map(printed, case.headline(**counts))), case.rows(**counts)
        if re.findall(r"\d[\d,]*(?:\.\d+)?", said["headline"]) != headline:
            found.append((settings, said["headline"], headline))
        if [row[1:] for row in said["table"]["rows"]] != [list(map(printed, row)) for row in rows]:
            found.append((settings, said["table"], rows))
    return found


@every_case
def test_what_is_said_and_drawn_is_whole_and_true(node, name):
    shown = node(SHOW, {**for_node(name, settings_of(name)), "checks": CHECKS})
    assert misstatements(name, all_counted_by_python(name), shown) == []
