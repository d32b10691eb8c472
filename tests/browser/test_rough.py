"""The lesson handled roughly: pages reloaded, kernels killed, moves interrupted, cells run twice, a narrow window."""

import json
import re
from functools import cache

import nbformat
import pytest
from playwright.sync_api import Locator, Page, expect

from mbv2_lesson import explorers, questions

from .conftest import IMPORTS
from .jupyterlab import STATE, complaints, in_kernel, open_next, run_next

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


@cache
def sentence(**settings) -> str:
    """What a BlockExplorer with these settings says."""
    return re.sub(r"<[^>]*>", "", explorers.BlockExplorer(**settings).numbers.sentence)


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


def check_that_the_question_goes_on(place: Locator) -> None:
    """Without a kernel, too."""
    place.get_by_role("radio").first.check()
    place.get_by_role("button", name="Commit").click()
    expect(place.get_by_role("status")).to_contain_text(questions.ask("01-weights").options[0].feedback)
    place.get_by_role("button", name="Forget my answer").click()
    expect(place.get_by_role("status")).to_be_empty()


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


RUN_ALL = "() => window.jupyterapp.commands.execute('notebook:run-all-cells')"
SAVE = "async () => { await panel().context.save(); }"
ENDS = {
    "restarted": "kernel => kernel.restart()",
    "killed": "kernel => { kernel.requestExecute({code: 'import os; os.kill(os.getpid(), 9)'}); }",
}


def test_when_the_kernel_goes_the_open_page_says_so(page, written):
    """Restarted, and brought back by Run All, and killed. That it is shut down is in the next test."""
    run_next(page, written(IMPORTS, BLOCK, NETWORK, ASK))
    for end in ENDS:
        expect(cell(page, 1).get_by_role("status")).to_have_text(sentence())
        check_that_it_lives(page, cell(page, 1))
        page.evaluate(f"() => ({ENDS[end]})(panel().sessionContext.session.kernel)")
        check_that_it_says_it_is_a_still(page, 1, sentence(expand_ratio=7))
        check_that_it_says_it_is_a_still(page, 2, "3,504,872")
        if end == "killed":  # JupyterLab says it, too
            page.locator(".jp-Dialog .jp-mod-accept").click()
        check_that_the_question_goes_on(cell(page, 3))
        if end == "restarted":
            page.evaluate(RUN_ALL)


@pytest.fixture
def saving_state(page):
    """Call it to switch on "Save Widget State Automatically", as in the Settings menu, until the test ends."""
    name = "@jupyter-widgets/jupyterlab-manager:saveWidgetState"
    toggle = "name => window.jupyterapp.commands.execute(name)"
    yield lambda: page.evaluate(toggle, name)
    if page.evaluate("name => window.jupyterapp.commands.isToggled(name)", name):
        page.evaluate(toggle, name)


def test_shut_down_and_reopened_with_saved_state_and_without_a_kernel(lab, page, written, saving_state):
    name = written(IMPORTS, BLOCK, NETWORK, ASK)
    path = lab.folder / "notebooks" / name
    run_next(page, name)
    expect(cell(page, 1).get_by_role("status")).to_have_text(sentence())
    check_that_it_lives(page, cell(page, 1))
    page.evaluate(SAVE)
    without = path.stat().st_size
    saving_state()
    page.evaluate(SAVE)
    page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")
    nbformat.validate(json.loads(path.read_text(encoding="utf-8")))
    # The state holds each picture once more, and the controls' code.
    assert without < path.stat().st_size < without + 400_000
    for reopened in (False, True):
        if reopened:
            open_next(page, name)
        check_that_it_says_it_is_a_still(page, 1, sentence(expand_ratio=7))
        check_that_it_says_it_is_a_still(page, 2, "3,504,872")
        check_that_the_question_goes_on(cell(page, 3))
        assert complaints(page) == []


def test_reopened_without_saved_state_and_without_a_kernel(page):
    """JupyterLab shows its own message then, not our still version; the notebook's first cell explains that message."""
    name = "00_start_here.ipynb"
    page.set_viewport_size({"width": 1280, "height": 14_000})  # all its cells are in view
    run_next(page, name)
    page.evaluate(SAVE)
    open_next(page, name)
    message = "Error displaying widget: model not found"
    expect(page.locator(".jp-OutputArea-output", has_text=message).first).to_be_visible()
    expect(page.locator(".jp-MarkdownCell").first).to_contain_text(message)
    page.evaluate(RUN_ALL)
    expect(page.locator(".jp-OutputArea-output", has_text=message)).to_have_count(0)
    expect(page.get_by_role("status").first).to_be_attached()
    expect(page.get_by_role("radio").first).to_be_enabled()


# --- Interrupts ---


def test_interrupted_training_ends_and_keeps_what_is_finished(page, written):
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


# --- One small notebook ---


@pytest.fixture(scope="module")
def small(lab_page, written):
    """Three explorers, one of them shown twice, and a question; run."""
    run_next(lab_page, written(IMPORTS, BLOCK, "explorer", "explorers.BlockExplorer()", NETWORK, ASK))


def test_each_explorer_follows_its_own_slider_and_its_cell_runs_twice(page, small):
    """Of one explorer shown in two cells both follow either. Run again, a new one is in the old one's place."""
    first, again, other = (cell(page, number) for number in (1, 2, 3))
    first.get_by_role("slider", name="expansion ratio t").press("ArrowRight")
    for place in (first, again):
        expect(place.get_by_role("status")).to_have_text(sentence(expand_ratio=7))
    expect(other.get_by_role("status")).to_have_text(sentence())
    check_that_it_lives(page, first)
    check_that_it_lives(page, other)
    expect(other.get_by_role("status")).to_have_text(sentence(expand_ratio=7))
    expect(first.get_by_role("status")).to_have_text(sentence(expand_ratio=8))
    page.evaluate(RUN_ALL)
    for place in (first, again, other):
        expect(place.get_by_role("status")).to_have_text(sentence())
    check_that_it_lives(page, again)
    expect(first.get_by_role("status")).to_have_text(sentence(expand_ratio=7))


def test_interrupted_in_mid_drag_it_answers_to_the_next_move(page, small):
    page.evaluate(RUN_ALL)
    expect(cell(page, 1).get_by_role("status")).to_have_text(sentence())
    slider = cell(page, 1).get_by_role("slider", name="output channels")
    box = slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    for part in range(1, 10):
        page.mouse.move(box["x"] + box["width"] * (0.5 + 0.05 * part), middle)
        page.evaluate("() => panel().sessionContext.session.kernel.interrupt()")
    page.mouse.up()
    slider.press("ArrowLeft")
    channels = int(slider.get_attribute("aria-valuetext"))
    place = cell(page, 1)
    expect(place.get_by_role("status")).to_have_text(sentence(out_channels=channels))
    mine = explorers.BlockExplorer(out_channels=channels)
    expect(place.locator("img")).to_have_attribute("alt", mine.picture.alt)
    in_kernel(page, f"assert explorer.values['out_channels'] == {channels}")


def test_in_a_narrow_window_the_controls_are_not_cut_off(page, small):
    page.evaluate(RUN_ALL)
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    for width in (400, 320):
        page.set_viewport_size({"width": width, "height": 6000})
        page.wait_for_function("width => panel().node.getBoundingClientRect().right <= width", arg=width)
        for number in range(1, 6):
            place = cell(page, number).bounding_box()
            for control in cell(page, number).locator("input, select, button, img").all():
                box = control.bounding_box()
                assert box["x"] >= place["x"]
                assert box["x"] + box["width"] <= min(width, place["x"] + place["width"]) + 1
    check_that_it_lives(page, cell(page, 1))
