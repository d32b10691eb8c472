"""The kernels in the pictures of the explorers: as many as the plan says, and as deep."""

import math
import random
from itertools import product

import pytest
import torch
from cases import CASES, explorer_of, settings_of
from test_browser import CHECKS, for_node, plant

import mbv2_lesson as mbv2
from mbv2_lesson import Plan, browser
from mbv2_lesson.plans import Step

SOME = 400  # settings, besides the corners
DRAW = """
const explorer = await load(`${data.folder}/${data.module}.js`);
const { corners, touching } = await load(data.checks);
return data.settings.map((settings) => {
  const drawing = explorer.draw(settings, data.given);
  const found = Object.fromEntries(["block", "slice", "rod"].map((name) => [name, corners(drawing, name)]));
  const texts = JSON.stringify(drawing).match(/⋯ [\\d,]+/g) ?? [];
  return { ...found, more: texts, touching: touching(drawing) };
});
"""


def sampled(name: str) -> list[dict]:
    """The corners and some of the others."""
    chosen = settings_of(name)
    corners = 2 ** len(explorer_of(name).options)
    return chosen if len(chosen) <= SOME else chosen[:corners] + random.Random(2).sample(chosen[corners:], SOME)


def drawn(node, name: str, folder=browser.FOLDER) -> list[tuple[dict, dict]]:
    """What is drawn for each setting, with the setting."""
    chosen = sampled(name)
    return list(zip(chosen, node(DRAW, {**for_node(name, chosen, folder), "checks": CHECKS}), strict=True))


def plans(name: str, settings: dict) -> list[Plan]:
    """Those that the picture shows, from top to bottom."""
    counts = CASES[name].counts({**explorer_of(name).fixed, **settings})
    return [counts["standard"], counts["plan"]] if name == "separable" else [counts["plan"]]


def shape(step: Step) -> str:
    spec = step.spec
    return "slice" if spec.in_channels == spec.groups else "rod" if spec.kernel_size == (1, 1) else "block"


def miscounted(node, name: str, folder=browser.FOLDER) -> list[tuple]:
    """Where the picture has other kernels than the plan."""
    found = []
    for settings, picture in drawn(node, name, folder):
        expected = {"block": 0, "slice": 0, "rod": 0}
        for step in (step for plan in plans(name, settings) for step in plan):
            expected[shape(step)] += step.spec.out_channels
        seen = {kind: len(picture[kind]) for kind in expected}
        left_out = sum(int(text.removeprefix("⋯ ").replace(",", "")) for text in picture["more"])
        if sum(seen.values()) + left_out != sum(expected.values()) or any(
            seen[kind] > expected[kind] or (expected[kind] and not seen[kind]) for kind in expected
        ):
            found.append((settings, expected, seen, picture["more"]))
    return found


NAMES = ["convolution", "separable", "block", *(name for name in CASES if name.startswith("groups"))]
every_picture = pytest.mark.parametrize("name", NAMES)


@every_picture
def test_there_are_as_many_kernels_as_the_plan_has(node, name):
    assert miscounted(node, name) == []


@every_picture
def test_no_text_touches_another(node, name):
    assert [(settings, picture["touching"]) for settings, picture in drawn(node, name) if picture["touching"]] == []


@pytest.mark.parametrize(
    ("stands", "planted"),
    [
        ("count: out_channels,", "count: in_channels,"),
        ("kernels.count - shown.length", "kernels.count"),
        ('depth === 1 ? "slice"', 'depth === 2 ? "slice"'),
    ],
)
def test_a_wrong_number_of_kernels_is_noticed(node, tmp_path, stands, planted):
    assert miscounted(node, "convolution", plant(tmp_path, "kernels.js", stands, planted))


def wrong_depths(node, name: str, folder=browser.FOLDER) -> list[tuple]:
    """Kernels of which the depth per channel differs from the others' in the same picture, or is above 0.4 cells."""
    found = []
    for settings, picture in drawn(node, name, folder):
        steps = [step.spec for plan in plans(name, settings) for step in plan]
        deepest = max(spec.in_channels // spec.groups for spec in steps)
        widest = max(spec.kernel_size[0] for spec in steps)
        per_cell = min(0.4, (1.3 if name == "block" else 2.4) * widest / deepest)
        for kind in ("block", "rod"):
            for x, far, side in ((each[0][0], each[1][0], each[4][0] - each[0][0]) for each in picture[kind]):
                deep = [spec.in_channels // spec.groups * per_cell * side / spec.kernel_size[0] for spec in steps]
                if not any(abs((far - x) / 0.8 - depth) < 0.2 + 0.1 * depth / side for depth in deep):  # a digit each
                    found.append((settings, kind, far - x, side))
    return found


@every_picture
def test_kernels_are_as_deep_as_the_channels_that_they_read(node, name):
    assert wrong_depths(node, name) == []


def test_a_wrong_depth_is_noticed(node, tmp_path):
    folder = plant(tmp_path, "kernels.js", "kernels.depth * perCell * cell", "kernels.depth * perCell * 0.8 * cell")
    assert wrong_depths(node, "convolution", folder)


# --- One output element and what made it ---

READ = """
const { elementAt, numberOf, patchOf, products } = await load(`${data.folder}/elements.js`);
const { standardConv } = await load(`${data.folder}/counting.js`);
return data.settings.map(({ number, ...settings }) => {
  const { steps: [step] } = standardConv(settings);
  const element = elementAt(number, step.output);
  return { element, back: numberOf(element, step.output), patch: patchOf(step, element), products: products(step) };
});
"""


def asked_about(count: int = 60) -> list[dict]:
    """Convolutions of every sort, each with the number of an output element."""
    chance = random.Random(3)
    found = []
    for _ in range(count):
        groups = chance.choice([1, 1, 2, 3, 6])
        sizes = {"kernel_size": chance.randint(1, 7), "stride": chance.randint(1, 4), "padding": chance.randint(0, 3)}
        channels = {"in_channels": 6, "out_channels": groups * chance.randint(1, 3), "groups": groups}
        spec = mbv2.Conv2dSpec(**channels, **sizes)
        outputs = spec.out_channels * math.prod(spec.output_size((9, 9)))
        found.append({**channels, **sizes, "size": 9, "number": chance.randrange(outputs)})
    return found


def read_by_torch(element: dict, in_channels, out_channels, kernel_size, stride, padding, groups, size) -> list[list]:
    """The input elements (channel, row, column) on which an output element depends, by its gradient."""
    image = torch.zeros(1, in_channels, size, size, requires_grad=True)
    weight = torch.ones(out_channels, in_channels // groups, kernel_size, kernel_size)
    output = torch.nn.functional.conv2d(image, weight, stride=stride, padding=padding, groups=groups)
    output[0, element["channel"], element["row"], element["column"]].backward()
    return image.grad[0].nonzero().tolist()


def wrong_patches(node, folder=browser.FOLDER) -> list[tuple]:
    found = []
    chosen = asked_about()
    for settings, told in zip(chosen, node(READ, {"folder": str(folder), "settings": chosen}), strict=True):
        number, patch = settings["number"], told["patch"]
        sides = [(patch["row"], patch["height"]), (patch["column"], patch["width"])]
        within = [range(max(0, start), min(9, start + length)) for start, length in sides]
        lit = [list(each) for each in product(range(patch["first"], patch["last"] + 1), *within)]
        layer = {name: value for name, value in settings.items() if name != "number"}
        right = lit == read_by_torch(told["element"], **layer) and told["back"] == number
        if not right or told["products"] != layer["in_channels"] // layer["groups"] * layer["kernel_size"] ** 2:
            found.append((settings, told))
    return found


def test_an_output_element_is_made_of_what_torch_says(node):
    assert wrong_patches(node) == []


@pytest.mark.parametrize(
    ("stands", "planted"),
    [
        ("row * stride - padding", "row * stride"),
        ("column * stride - padding", "column - padding"),
        ("Math.floor(channel / out) * into", "channel * into"),
        ("(in_channels / groups) * kernel_size", "in_channels * kernel_size"),
        ("row * width + column", "row * channels + column"),
    ],
)
def test_a_wrong_patch_is_noticed(node, tmp_path, stands, planted):
    assert wrong_patches(node, plant(tmp_path, "elements.js", stands, planted))


LIT = """
const explorer = await load(`${data.folder}/${data.module}.js`);
const { boxes, faults, touching } = await load(data.checks);
const { elementAt } = await load(`${data.folder}/elements.js`);
return data.settings.map((settings, index) => {
  const drawing = explorer.draw(settings, data.given);
  const { shape, out, lit } = explorer.elements(settings, data.given);
  const count = shape[1] * shape[2] * shape[3];
  const element = elementAt([0, count - 1, Math.floor(count / 3)][index % 3], shape);
  const { nodes, told } = lit(element);
  const all = { ...drawing, children: [...drawing.children, ...nodes] };
  const names = ["patch", "lit", "element"];
  const found = Object.fromEntries(names.map((name) => [name, boxes(all, name)]));
  return { ...found, shape, told, front: out.sheet(element.channel), pixel: out.pixel, at: element,
    faults: [...faults(all), ...touching(all)] };
});
"""


def unlit(node, name: str, folder=browser.FOLDER) -> list[tuple]:
    """Where what is lit leaves the canvas, touches another text, says nothing, or is not in its place."""
    found = []
    chosen = sampled(name)
    for settings, lit in zip(chosen, node(LIT, {**for_node(name, chosen, folder), "checks": CHECKS}), strict=True):
        plan = CASES[name].counts({**explorer_of(name).fixed, **settings})["plan"]
        last = [step.spec for step in plan][-1]
        products = f"{last.in_channels // last.groups * math.prod(last.kernel_size):,}"
        left, top, right, bottom = lit["element"][-1]
        center = [(left + right) / 2, (top + bottom) / 2]
        if lit["faults"] or products not in lit["told"] or lit["shape"] != list(plan.output_shape) or not lit["patch"]:
            found.append((settings, lit))
        at = lit["at"]
        expected = [
            lit["front"][axis] + (at[place] + 0.5) * lit["pixel"] for axis, place in [("x", "column"), ("y", "row")]
        ]
        if center != pytest.approx(expected, abs=0.2):
            found.append((settings, center, expected))
    return found


@every_picture
def test_what_is_lit_is_what_made_the_element(node, name):
    assert unlit(node, name) == []


def test_an_element_lit_in_the_wrong_place_is_noticed(node, tmp_path):
    assert unlit(
        node, "convolution", plant(tmp_path, "elements.js", "x + (column + width / 2)", "x + (row + width / 2)")
    )
