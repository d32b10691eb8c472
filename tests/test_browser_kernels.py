"""The kernels in the pictures of the explorers: as many as the plan says, and as deep."""

import math
import random
from functools import cache
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


@cache
def drawn(node, name: str, folder=browser.FOLDER) -> list[tuple[dict, dict]]:
    """What is drawn for each setting, with the setting: once for all tests that look at it."""
    chosen = sampled(name)
    return list(zip(chosen, node(DRAW, {**for_node(name, chosen, folder), "checks": CHECKS}), strict=True))


def plans(name: str, settings: dict) -> list[Plan]:
    """Those that the picture shows, from top to bottom."""
    counts = CASES[name].counts({**explorer_of(name).fixed, **settings})
    return [counts["standard"], counts["plan"]] if name == "separable" else [counts["plan"]]


def shape(step: Step) -> str:
    spec = step.spec
    return "slice" if spec.in_channels == spec.groups else "rod" if spec.kernel_size == (1, 1) else "block"


def other_kernels(steps: list[Step], picture: dict) -> tuple | None:
    """The kernels of some steps and those of their picture, if they differ."""
    expected = {"block": 0, "slice": 0, "rod": 0}
    for step in steps:
        expected[shape(step)] += step.spec.out_channels
    seen = {kind: len(picture[kind]) for kind in expected}
    left_out = sum(int(text.removeprefix("⋯ ").replace(",", "")) for text in picture["more"])
    equal = sum(seen.values()) + left_out == sum(expected.values())
    within = all(seen[kind] <= expected[kind] and bool(seen[kind]) == bool(expected[kind]) for kind in expected)
    return None if equal and within else (expected, seen, picture["more"])


def miscounted(node, name: str, folder=browser.FOLDER) -> list[tuple]:
    """Where the picture has different kernels from the plan."""
    found = []
    for settings, picture in drawn(node, name, folder):
        wrong = other_kernels([step for plan in plans(name, settings) for step in plan], picture)
        if wrong:
            found.append((settings, wrong))
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
    """Kernels whose depth per channel differs from the others' in the same picture, or is above 0.4 cells."""
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
const numbers = (count) => [0, count - 1, Math.floor(count / 3)];
const explorer = await load(`${data.folder}/${data.module}.js`);
const { boxes, faults, touching } = await load(data.checks);
return data.settings.map((settings, index) => {
  const drawing = explorer.draw(settings, data.given);
  const { count, at, drawn, lit } = explorer.sequence(settings, data.given);
  const element = at(numbers(count)[index % 3]);
  const { nodes, told } = lit(element);
  const all = { ...drawing, children: [...drawing.children, ...nodes] };
  const { kernels, channel, first } = data.asked[index];
  const names = [kernels, "patch", "lit", "enlarged", "element", "read", "cells"];
  const found = Object.fromEntries(names.map((name) => [name, boxes(all, name)]));
  const texts = nodes.filter(({ tag }) => tag === "text").map(({ children }) => children[0]);
  const [from, to] = [[drawn.into, first], [drawn.out, channel]].map(([maps, at]) => (
    { ...maps.sheet(at), pixel: maps.pixel }));
  return { ...found, count, told, texts, from, to, at: element, faults: [...faults(all), ...touching(all)] };
});
"""


def center(box: list[float]) -> list[float]:
    left, top, right, bottom = box
    return [(left + right) / 2, (top + bottom) / 2]


def in_map(sheet: dict, row: float, column: float) -> list[float]:
    """A place in a map, in the units of the picture."""
    return [sheet[axis] + at * sheet["pixel"] for axis, at in (("x", column), ("y", row))]


def cells_read(lit: dict) -> list[list[float]]:
    """The filled cells of the grid of groups that are framed."""
    ((left, top, right, bottom),) = lit["read"]
    middles = map(center, lit["cells"])
    return [[x, y] for x, y in middles if left < x < right and top < y < bottom]


def asked_of(plan: Plan, index: int) -> dict:
    """The channel of the element that is lit, the first of those that it reads, and what its kernel looks like."""
    step, count = list(plan)[-1], math.prod(plan.output_shape)
    channel = [0, count - 1, count // 3][index % 3] % step.spec.out_channels
    per_group = step.spec.out_channels // step.spec.groups
    first = channel // per_group * (step.spec.in_channels // step.spec.groups)
    return {"kernels": shape(step), "channel": channel, "first": first}


def unlit(node, name: str, folder=browser.FOLDER, some: int | None = None) -> list[tuple]:
    """Where what is lit leaves the canvas, touches another text, says nothing, or is not what the plan says."""
    found = []
    chosen = sampled(name)[:some]
    planned = [CASES[name].counts({**explorer_of(name).fixed, **settings})["plan"] for settings in chosen]
    asked = [asked_of(plan, index) for index, plan in enumerate(planned)]
    shown = node(LIT, {**for_node(name, chosen, folder), "checks": CHECKS, "asked": asked})
    for settings, plan, ask, lit in zip(chosen, planned, asked, shown, strict=True):
        spec, channel, (row, column) = list(plan)[-1].spec, ask["channel"], (lit["at"]["row"], lit["at"]["column"])
        read = spec.in_channels // spec.groups
        patch = [at * spec.stride[0] - spec.padding[0] + spec.kernel_size[0] / 2 for at in (row, column)]
        kernels = lit[ask["kernels"]][-spec.out_channels :]
        if (
            lit["faults"]
            or lit["at"]["channel"] != channel
            or f"{read * math.prod(spec.kernel_size):,}" not in lit["told"]
            or f"kernel {channel + 1:,}" not in lit["texts"]
            or lit["count"] != math.prod(plan.output_shape)
            or center(lit["element"][-1]) != pytest.approx(in_map(lit["to"], row + 0.5, column + 0.5), abs=0.2)
            or center(lit["patch"][-1]) != pytest.approx(in_map(lit["from"], *patch), abs=0.2)
            or not lit["enlarged"]
            or (lit["read"] and max(spec.in_channels, spec.out_channels) <= 64 and len(cells_read(lit)) != read)
            or (len(kernels) == spec.out_channels and lit["lit"][-1:] != [kernels[channel]])
        ):
            found.append((settings, lit["at"], lit["faults"], lit["texts"]))
    return found


@every_picture
def test_what_is_lit_is_what_made_the_element(node, name):
    assert unlit(node, name) == []


def test_wrong_cells_in_the_grid_of_groups_are_noticed(node, tmp_path):
    folder = plant(tmp_path, "groups.js", "top + first * high, wide", "top + last * high, wide")
    assert unlit(node, next(name for name in NAMES if name.startswith("groups")), folder)


@pytest.mark.parametrize(
    ("file", "stands", "planted"),
    [
        ("elements.js", "x + (column + width / 2)", "x + (row + width / 2)"),
        ("elements.js", "whole(channel + 1)}`,\n  products", "whole(channel)}`,\n  products"),
        ("elements.js", "placed(drawn, facesOf", "placed([{ x: 9, y: 9 }], facesOf"),
        ("kernels.js", "found[shown.indexOf(number)]", "found[shown.indexOf(number + 1)]"),
    ],
)
def test_what_is_lit_wrongly_is_noticed(node, tmp_path, file, stands, planted):
    assert unlit(node, "convolution", plant(tmp_path, file, stands, planted), some=30)


# --- A block of the network ---

BLOCKS = """
const { draw, sequence } = await load(`${data.folder}/network.js`);
const { boxes, faults, touching } = await load(data.checks);
return data.settings.map((settings) => {
  const drawing = draw(settings, data.given);
  const { count, lit, pointed } = sequence(settings, data.given);
  return Array.from({ length: count }, (_, number) => {
    const { nodes, told } = lit(number);
    const all = { ...drawing, children: [...drawing.children, ...nodes] };
    const found = Object.fromEntries(["block", "slice", "rod"].map((name) => [name, boxes(all, name)]));
    const middles = boxes(all, "chosen").map(([left, top, right, bottom]) => [(left + right) / 2, (top + bottom) / 2]);
    const texts = JSON.stringify(nodes);
    return { ...found, more: texts.match(/⋯ [\\d,]+/g) ?? [], shortcut: texts.includes("shortcut"), told,
      pointed: middles.map((middle) => pointed(0, middle)),
      faults: [...faults(all), ...touching({ ...drawing, children: nodes })] };
  });
});
"""


def other_blocks(node, folder=browser.FOLDER, every: int = 1) -> list[tuple]:
    """Where the network's picture shows a different block from Python's plan."""
    found = []
    chosen = settings_of("network")[::every]
    shown = node(BLOCKS, {**for_node("network", chosen, folder), "checks": CHECKS})
    for settings, pictures in zip(chosen, shown, strict=True):
        network = mbv2.mobilenet_v2(**settings)
        if len(pictures) != 17:
            found.append((settings, len(pictures)))
        for number, picture in enumerate(pictures):
            block = network[f"block {number + 1}"]
            wrong = other_kernels(list(block), picture)
            if (
                wrong
                or picture["shortcut"] != block.has_shortcut
                or picture["pointed"] != [number] * 4
                or picture["faults"]
                or f"{block.cost.params:,} parameters, {block.cost.macs:,} MACs" not in picture["told"]
            ):
                found.append((settings, number, wrong, picture["faults"]))
    return found


def test_a_chosen_block_is_that_of_the_network(node):
    assert other_blocks(node) == []


@pytest.mark.parametrize(
    ("file", "stands", "planted"),
    [
        ("networks.js", "stride === 1 && in_channels", "in_channels"),
        ("network.js", "parts[number + 1], middles", "parts[number + 2], middles"),
        ("network.js", "middle - BAR / 2 - 1, bottom", "middle - BAR / 2 + 9, bottom"),
    ],
)
def test_another_block_is_noticed(node, tmp_path, file, stands, planted):
    assert other_blocks(node, plant(tmp_path, file, stands, planted), every=10)
