"""The lesson handled roughly: pages reloaded, kernels shut down, moves interrupted, a narrow window."""

import json
import re

import nbformat
import pytest
from playwright.sync_api import Locator, Page, expect

from mbv2_lesson import explorers

from .jupyterlab import ROOT, STATE, complaints, open_next, run_next

IMPORTS = "import numpy as np\nfrom mbv2_lesson import explorers\nfrom mbv2_lesson.questions import ask"
BLOCK = "explorer = explorers.BlockExplorer()\nexplorer"
ASK = 'ask("01-weights")'
RUN_ALL = "() => window.jupyterapp.commands.execute('notebook:run-all-cells')"
SAVE = "async () => { await panel().context.save(); }"


def cell(page: Page, number: int) -> Locator:
    return page.locator(".jp-CodeCell").nth(number).locator(".jp-OutputArea-output")


def check_words(place: Locator, **settings) -> None:
    """A BlockExplorer with these settings."""
    cost = explorers.BlockExplorer(**settings).cost
    expect(place.locator(".mbv2-words")).to_contain_text(f"{cost.params:,} parameters, {cost.macs:,} MACs.")


def check_that_it_lives(place: Locator) -> None:
    slider = place.get_by_role("slider", name="expansion ratio t")
    ratio = int(slider.get_attribute("aria-valuetext")) + 1
    slider.press("ArrowRight")
    check_words(place, expand_ratio=ratio)


# --- Page and kernel ---


@pytest.fixture
def saving_state(page):
    """Call it to switch on "Save Widget State Automatically", as in the Settings menu, until the test ends."""
    name = "@jupyter-widgets/jupyterlab-manager:saveWidgetState"
    toggle = "name => window.jupyterapp.commands.execute(name)"
    yield lambda: page.evaluate(toggle, name)
    if page.evaluate("name => window.jupyterapp.commands.isToggled(name)", name):
        page.evaluate(toggle, name)


def test_shut_down_and_reopened_with_saved_state_an_explorer_lives_without_a_kernel(lab, page, written, saving_state):
    name = written(IMPORTS, BLOCK, ASK)
    path = lab.folder / "notebooks" / name
    run_next(page, name)
    check_that_it_lives(cell(page, 1))
    saving_state()
    page.evaluate(SAVE)
    nbformat.validate(json.loads(path.read_text(encoding="utf-8")))
    page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")
    for reopened in (False, True):
        if reopened:
            open_next(page, name)
        check_that_it_lives(cell(page, 1))
        cell(page, 2).get_by_role("radio").first.check()
        cell(page, 2).get_by_role("button", name="Commit").click()
        expect(cell(page, 2).get_by_role("status")).not_to_be_empty()
        assert complaints(page) == []


def test_reopened_without_saved_state_and_without_a_kernel(page, written):
    """JupyterLab shows its own message then, not our still version; the notebook's first cell explains that message."""
    name, message = written(IMPORTS, BLOCK, ASK), "Error displaying widget: model not found"
    nb = nbformat.read(ROOT / "notebooks" / "00_start_here.ipynb", as_version=4)
    assert message in next(cell.source for cell in nb.cells if cell.cell_type == "markdown")
    run_next(page, name)
    page.evaluate(SAVE)
    open_next(page, name)
    expect(page.locator(".jp-OutputArea-output", has_text=message).first).to_be_visible()
    page.evaluate(RUN_ALL)
    expect(page.locator(".jp-OutputArea-output", has_text=message)).to_have_count(0)
    check_that_it_lives(cell(page, 1))
    expect(page.get_by_role("radio").first).to_be_enabled()


# --- Interrupts ---


def test_interrupted_training_ends_and_keeps_what_is_finished(page, written):
    imports = (
        "from mbv2_lesson.experiments import small_nets\nfrom mbv2_lesson.explorers.training_panel import train_all"
    )
    train = "mine = await train_all(small_nets.ABLATIONS[:2], seeds=99, epochs=2)"
    done = "print('kept', sum(len(one.accuracies) for one in mine.trained), mine.stopped)"
    run_next(page, written(imports, train, done), wait=False)
    expect(cell(page, 1).get_by_role("status")).to_contain_text(re.compile(r"([2-9]|\d\d) of"), timeout=90_000)
    page.evaluate("() => panel().sessionContext.session.kernel.interrupt()")
    expect(cell(page, 1).get_by_role("status")).to_contain_text("Stopped", timeout=20_000)
    expect(cell(page, 2)).to_contain_text(re.compile(r"kept ([2-9]|[1-9]\d+) True"))
    assert page.evaluate(STATE)["bad"] == []


# --- A narrow window ---


# Of each output: whether nothing scrolls, its left and right side, and those of its visible parts.
SIDES = """() => [...document.querySelectorAll('.jp-CodeCell')].slice(1).map(cell => {
    const sides = node => { const { left, right } = node.getBoundingClientRect(); return [left, right]; };
    const place = cell.querySelector('.jp-OutputArea-output');
    const root = place.querySelector('.mbv2');
    const parts = [...root.querySelectorAll('input, select, button, svg, table')].filter(part =>
        part.checkVisibility({ visibilityProperty: true }) && part.getBoundingClientRect().width);
    return [root.scrollWidth <= root.clientWidth, sides(place), parts.map(sides)];
})"""


def test_in_a_narrow_window_nothing_is_cut_off(page, written):
    makers = [f"explorers.{name}()" for name in explorers.__all__ if name != "ScanExplorer"]
    scan = "explorers.ScanExplorer(np.random.default_rng(0).random((12, 15)), np.eye(3))"
    run_next(page, written(IMPORTS, *makers, scan, ASK))
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    for width in (400, 320):
        page.set_viewport_size({"width": width, "height": 14_000})
        page.wait_for_function("width => panel().node.getBoundingClientRect().right <= width", arg=width)
        found = page.evaluate(SIDES)
        assert len(found) == len(makers) + 2
        for maker, (fits, (left, right), parts) in zip([*makers, scan, ASK], found, strict=True):
            assert fits and len(parts) > 2, maker
            for part_left, part_right in parts:
                assert left <= part_left and part_right <= min(width, right) + 1, maker
    assert complaints(page) == []
