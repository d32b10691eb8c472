"""The kernels in the pictures of the explorers: as many as the plan says, and as deep."""

import random

import pytest
from cases import CASES, explorer_of, settings_of
from test_browser import CHECKS, for_node, plant

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
