"""The lesson handled roughly: pages reloaded, kernels killed, moves interrupted, cells run twice, a narrow window."""

import json
import re

import nbformat
import pytest
from playwright.sync_api import Locator, Page, expect

from mbv2_lesson import explorers

from .conftest import IMPORTS
from .jupyterlab import STATE, complaints, in_kernel, run_next

BLOCK = "explorer = explorers.BlockExplorer()\nexplorer"  # sliders and checkboxes
NETWORK = "explorers.NetworkExplorer()"  # has a menu too
ASK = 'ask("01-weights")'
GONE = "The kernel behind these controls is gone"


def reopen(page: Page, address: str) -> None:
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell", timeout=60_000)
    page.evaluate("async () => { await window.jupyterapp.restored; await panel().sessionContext.ready; }")


def cell(page: Page, number: int) -> Locator:
    return page.locator(".jp-CodeCell").nth(number).locator(".jp-OutputArea-output")


def sentence(**settings) -> str:
    """What a BlockExplorer with these settings says."""
    mine = explorers.BlockExplorer()
    mine.set(**settings)
    return re.sub(r"<[^>]*>", "", mine.numbers.sentence)


def check_that_it_lives(page: Page, place: Locator) -> None:
    expect(place.get_by_text(GONE)).to_have_count(0)
    slider = place.get_by_role("slider", name="expansion ratio t")
    ratio = int(slider.get_attribute("aria-valuetext")) + 1
    slider.press("ArrowRight")
    expect(place.get_by_role("status")).to_have_text(sentence(expand_ratio=ratio))


def check_that_it_says_it_is_a_still(page: Page, number: int, says: str = "") -> None:
    """The words, the numbers and the picture are there; nothing can be moved."""
    place = cell(page, number)
    expect(place.get_by_role("status")).to_contain_text(GONE)
    expect(place.get_by_role("status")).to_contain_text("Run All Cells")
    expect(place.get_by_role("status")).to_contain_text(says)
    for control in place.locator("input, select, button").all():
        assert control.is_disabled() or not control.is_visible(), control.get_attribute("type")
    if says:
        expect(place.locator("img")).to_be_visible()
        assert place.locator("img").get_attribute("alt")
        assert place.locator("img").evaluate("image => image.naturalWidth") > 0


# --- Page and kernel ---


def test_reloaded_while_its_kernel_lives_everything_works_again(lab, page, written):
    name = written(IMPORTS, BLOCK, ASK)
    run_next(page, name)
    cell(page, 1).get_by_role("slider", name="expansion ratio t").press("ArrowRight")
    expect(cell(page, 1).get_by_role("status")).to_have_text(sentence(expand_ratio=7))
    page.evaluate("async () => { await panel().context.save(); }")
    reopen(page, lab.address(name))
    expect(cell(page, 1).get_by_role("status")).to_have_text(sentence(expand_ratio=7))
    check_that_it_lives(page, cell(page, 1))
    cell(page, 2).get_by_role("radio").first.check()
    cell(page, 2).get_by_role("button", name="Commit").click()
    expect(cell(page, 2).get_by_role("status")).not_to_be_empty()
    assert complaints(page) == []


ENDS = {
    "restarted": "kernel => kernel.restart()",
    "killed": "kernel => { kernel.requestExecute({code: 'import os; os.kill(os.getpid(), 9)'}); }",
    "shut down": "() => window.jupyterapp.serviceManager.sessions.shutdownAll()",
}


@pytest.mark.parametrize("end", ENDS)
def test_when_the_kernel_goes_the_open_page_says_so(lab, page, written, end):
    run_next(page, written(IMPORTS, BLOCK, NETWORK, ASK))
    cell(page, 1).get_by_role("slider", name="expansion ratio t").press("ArrowRight")
    expect(cell(page, 1).get_by_role("status")).to_have_text(sentence(expand_ratio=7))
    page.evaluate(f"() => ({ENDS[end]})(panel().sessionContext.session.kernel)")
    check_that_it_says_it_is_a_still(page, 1, sentence(expand_ratio=7))
    check_that_it_says_it_is_a_still(page, 2, "3,504,872")
    check_that_it_says_it_is_a_still(page, 3)
    if end == "restarted":
        page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
        expect(cell(page, 1).get_by_role("status")).to_have_text(sentence())
        check_that_it_lives(page, cell(page, 1))


@pytest.fixture
def saving_state(lab, page):
    """Call it with a page of JupyterLab open: the setting "Save Widget State Automatically", until the test ends."""
    save = "() => window.jupyterapp.serviceManager.settings.save('@jupyter-widgets/jupyterlab-manager:plugin', '%s')"
    yield lambda: page.evaluate(save % '{"saveState": true}')
    page.evaluate(save % "{}")


def test_reopened_with_saved_state_and_without_a_kernel(lab, page, written, saving_state):
    name = written(IMPORTS, BLOCK, NETWORK, ASK)
    path = lab.folder / "notebooks" / name
    run_next(page, name)
    page.evaluate("async () => { await panel().context.save(); }")
    without = path.stat().st_size
    saving_state()
    reopen(page, lab.address(name))  # so that the setting is in force
    expect(cell(page, 1).get_by_role("status")).to_have_text(sentence())
    page.evaluate("async () => { await panel().context.save(); }")
    page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")
    nbformat.validate(json.loads(path.read_text(encoding="utf-8")))
    # The state holds each picture once more, and the controls' code.
    assert without < path.stat().st_size < without + 400_000
    reopen(page, lab.address(name))
    check_that_it_says_it_is_a_still(page, 1, sentence())
    check_that_it_says_it_is_a_still(page, 2, "3,504,872")
    check_that_it_says_it_is_a_still(page, 3)
    assert complaints(page) == []


def test_reopened_without_saved_state_and_without_a_kernel(lab, page):
    """JupyterLab shows its own message then, not our still version; the notebook's first cell explains that message."""
    name = "00_start_here.ipynb"
    page.set_viewport_size({"width": 1280, "height": 14_000})  # all its cells are in view
    run_next(page, name)
    page.evaluate("async () => { await panel().context.save(); }")
    page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")
    reopen(page, lab.address(name))
    message = "Error displaying widget: model not found"
    expect(page.locator(".jp-OutputArea-output", has_text=message).first).to_be_visible()
    expect(page.locator(".jp-MarkdownCell").first).to_contain_text(message)
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    expect(page.locator(".jp-OutputArea-output", has_text=message)).to_have_count(0)
    expect(page.get_by_role("status").first).to_be_attached()
    expect(page.get_by_role("radio").first).to_be_enabled()


# --- Interrupts ---


def test_interrupted_in_mid_drag_it_answers_to_the_next_move(lab, page, written):
    run_next(page, written(IMPORTS, BLOCK))
    slider = cell(page, 1).get_by_role("slider", name="output channels")
    box = slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    for part in range(1, 10):
        page.mouse.move(box["x"] + box["width"] * (0.5 + 0.05 * part), middle)
        page.evaluate("() => panel().sessionContext.session.kernel.interrupt()")
    page.mouse.up()
    page.wait_for_timeout(500)
    slider.press("ArrowLeft")
    channels = int(slider.get_attribute("aria-valuetext"))
    place = cell(page, 1)
    expect(place.get_by_role("status")).to_have_text(sentence(out_channels=channels))
    mine = explorers.BlockExplorer(out_channels=channels)
    expect(place.locator("img")).to_have_attribute("alt", mine.picture.alt)
    in_kernel(page, f"assert explorer.values['out_channels'] == {channels}")


def test_interrupted_training_ends_and_keeps_what_is_finished(lab, page, written):
    imports = (
        "from mbv2_lesson.experiments import small_nets\nfrom mbv2_lesson.explorers.training_panel import train_all"
    )
    train = "mine = await train_all(small_nets.ABLATIONS, seeds=9)"
    done = "print('kept', sum(len(one.accuracies) for one in mine.trained), mine.stopped)"
    run_next(page, written(imports, train, done), wait=False)
    expect(cell(page, 1).get_by_role("status")).to_contain_text("2 of", timeout=90_000)
    page.evaluate("() => panel().sessionContext.session.kernel.interrupt()")
    expect(cell(page, 1).get_by_role("status")).to_contain_text("Stopped", timeout=20_000)
    expect(cell(page, 2)).to_contain_text(re.compile(r"kept [2-9] True"))
    assert page.evaluate(STATE)["bad"] == []


# --- Twice ---


def test_two_explorers_of_one_kind_each_follow_their_own_slider(lab, page, written):
    run_next(page, written(IMPORTS, BLOCK, BLOCK))
    check_that_it_lives(page, cell(page, 1))
    expect(cell(page, 2).get_by_role("status")).to_have_text(sentence())
    check_that_it_lives(page, cell(page, 2))
    expect(cell(page, 1).get_by_role("status")).to_have_text(sentence(expand_ratio=7))


def test_the_cell_of_an_explorer_runs_twice(lab, page, written):
    """A new explorer in the old one's place; and of one explorer shown in two cells both follow either."""
    run_next(page, written(IMPORTS, BLOCK, "explorer"))
    cell(page, 1).get_by_role("slider", name="expansion ratio t").press("ArrowRight")
    for number in (1, 2):
        expect(cell(page, number).get_by_role("status")).to_have_text(sentence(expand_ratio=7))
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    expect(cell(page, 1).get_by_role("status")).to_have_text(sentence())
    check_that_it_lives(page, cell(page, 2))
    expect(cell(page, 1).get_by_role("status")).to_have_text(sentence(expand_ratio=7))


# --- A narrow window ---


def test_in_a_narrow_window_the_controls_are_not_cut_off(lab, page, written):
    run_next(page, written(IMPORTS, BLOCK, NETWORK, ASK))
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    for width in (400, 320):
        page.set_viewport_size({"width": width, "height": 6000})
        page.wait_for_timeout(500)
        for number in (1, 2, 3):
            place = cell(page, number).bounding_box()
            for control in cell(page, number).locator("input, select, button, img").all():
                box = control.bounding_box()
                assert box["x"] >= place["x"]
                assert box["x"] + box["width"] <= min(width, place["x"] + place["width"]) + 1
    check_that_it_lives(page, cell(page, 1))
