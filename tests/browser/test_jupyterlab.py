"""The lesson as a reader meets it: every notebook, every explorer, every question."""

import ast
import html
import itertools
import re
from importlib.resources import files

import nbformat
import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

import mbv2_lesson as mbv2
from mbv2_lesson import explorers, questions
from mbv2_lesson.explorers.controls import Explorer, Slider

from .conftest import IMPORTS
from .jupyterlab import ROOT, STATE, complaints, in_kernel, run_next

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


def calls(notebook: str, pattern: str) -> list[tuple[int, ast.Call]]:
    """(number of the code cell, call) for each call in the notebook of a function whose name fits."""
    nb = nbformat.read(ROOT / "notebooks" / notebook, as_version=4)
    found = []
    for number, cell in enumerate(cell for cell in nb.cells if cell.cell_type == "code"):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Call) and re.fullmatch(pattern, getattr(node.func, "id", "")):
                found.append((number, node))
    return found


def said(text: str) -> str:
    """HTML as its text."""
    return html.unescape(re.sub(r"<[^>]*>", "", text))


def code_cell(page: Page, number: int) -> Locator:
    return page.locator(".jp-CodeCell").nth(number).locator(".jp-OutputArea-output")


def test_every_cell_runs_and_everything_has_a_name(opened):
    name, page = opened
    state = page.evaluate(STATE)
    assert state["bad"] == []
    assert state["counts"] == list(range(1, len(state["counts"]) + 1))
    outputs = page.locator(".jp-OutputArea-output")
    assert outputs.locator("img").count() > 0
    assert outputs.locator("img:not([alt]), img[alt='']").count() == 0
    for role in ("slider", "radio", "checkbox", "combobox", "button", "progressbar"):
        for control in outputs.get_by_role(role).all():
            # The accessibility tree writes a control as: role "name"
            assert f'{role} "' in control.aria_snapshot(), f"a {role} without an accessible name"
    assert outputs.get_by_role("slider").count() + outputs.get_by_role("radio").count() > 0


def test_every_explorer_shows_the_numbers_of_its_plan(opened):
    """The page against an explorer built here, with the same settings: sentence and table."""
    name, page = opened
    for number, call in calls(name, r"\w+Explorer"):
        cell, kind = code_cell(page, number), getattr(explorers, call.func.id)
        expect(cell.locator("img")).to_be_visible()
        mine = None
        if not call.args:  # those with arguments take arrays that only the notebook has
            mine = kind(**{word.arg: ast.literal_eval(word.value) for word in call.keywords})
        for control in kind_controls(cell):
            before = cell.get_by_role("status").inner_text()
            move(page, control)
            if mine is None:
                expect(cell.get_by_role("status")).not_to_have_text(before)
                continue
            follow(mine, control)
            expect(cell.get_by_role("status")).to_have_text(said(mine.numbers.sentence))
            expect(cell.locator(".mbv2-numbers > div").last).to_have_text(said(mine.numbers.table))
            expect(cell.locator("img")).to_have_attribute("alt", mine.picture.alt)


def kind_controls(cell: Locator) -> list[tuple[str, Locator]]:
    """(role, control), each slider twice: once for the keyboard and once for the mouse."""
    found = []
    for role in ("slider", "combobox", "checkbox"):
        for control in cell.get_by_role(role).all():
            found += [(role, control)] + [("drag", control)] * (role == "slider")
    return found


def move(page: Page, control: tuple[str, Locator]) -> None:
    role, place = control
    if role == "slider":
        place.focus()
        page.keyboard.press("ArrowLeft" if place.input_value() == place.get_attribute("max") else "ArrowRight")
    elif role == "drag":
        place.scroll_into_view_if_needed()
        box, far = place.bounding_box(), int(place.input_value()) < int(place.get_attribute("max")) / 2
        middle = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + box["width"] / 2, middle)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * (0.9 if far else 0.1), middle, steps=3)
        page.mouse.up()
    elif role == "combobox":
        place.select_option(index=place.locator("option").count() - 1)
    else:
        place.click()


def follow(mine: Explorer, control: tuple[str, Locator]) -> None:
    """Sets the explorer built here to what the page shows."""
    role, place = control
    name = re.search(r'"(.+?)"', place.aria_snapshot())[1]
    (widget,) = [widget for widget in mine.controls.values() if widget.description == name]
    if role in ("slider", "drag"):
        shown = place.get_attribute("aria-valuetext")
        (widget.value,) = [option for option in widget.options if str(option) == shown]
    elif role == "combobox":
        widget.value = widget.options[-1]
    else:
        widget.value = place.is_checked()


def test_every_answer_to_every_question_is_answered(opened):
    name, page = opened
    for number, call in calls(name, "ask"):
        cell, question = code_cell(page, number), questions.ask(call.args[0].value)
        for index, option in enumerate(question.options):
            cell.get_by_role("radio").nth(index).check()
            cell.get_by_role("button", name="Commit").click()
            verdict = "Right." if option.right else "Not quite."
            expect(cell.get_by_role("status")).to_contain_text(f"{verdict} {said(option.feedback)}")


def test_axe_finds_no_serious_fault_in_what_is_ours(opened):
    name, page = opened
    page.evaluate(AXE)
    ours = "[['.jp-OutputArea-output .jupyter-widgets'], ['.jp-OutputArea-output img']]"
    found = page.evaluate(f"() => axe.run({{include: {ours}}}, {{resultTypes: ['violations']}})")
    assert len(found["passes"]) > 3, "axe looked at nothing"
    serious = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
    assert [(v["id"], [node["html"] for node in v["nodes"]][:3]) for v in serious] == []


def test_the_page_complains_of_nothing(opened):
    name, page = opened
    assert complaints(page) == []


# --- A small notebook ---


@pytest.fixture(scope="module")
def small(lab_page, written):
    """An explorer, a question and another explorer, in one notebook that has been run: its page."""
    lab_page.set_viewport_size({"width": 1280, "height": 3000})
    another = "explorer = explorers.SeparableExplorer()\nexplorer"
    run_next(lab_page, written(IMPORTS, "explorers.BlockExplorer()", 'ask("01-weights")', another))
    return lab_page


def test_the_keyboard_alone_suffices(small):
    """Tab from control to control and on to the question; arrows, space and enter do the rest."""
    page = small
    block = code_cell(page, 1)
    controls, mine = block.locator("input, select, button").all(), explorers.BlockExplorer()
    assert len(controls) == len(mine.controls)
    controls[0].focus()
    for control, widget in zip(controls, mine.controls.values(), strict=True):
        expect(control).to_be_focused()
        if isinstance(widget, Slider):
            page.keyboard.press("End")
            widget.value = widget.options[-1]
        else:
            page.keyboard.press("Space")
            widget.value = not widget.value
        expect(block.get_by_role("status")).to_have_text(said(mine.numbers.sentence))
        page.keyboard.press("Tab")
    cell, question = code_cell(page, 2), questions.ask("01-weights")
    cell.get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(cell.get_by_role("radio").nth(1)).to_be_checked()
    page.keyboard.press("Tab")
    expect(cell.get_by_role("button", name="Commit")).to_be_focused()
    page.keyboard.press("Enter")
    expect(cell.get_by_role("status")).to_contain_text(said(question.options[1].feedback))


def test_a_fault_in_a_callback_is_told_to_the_reader(small):
    page, cell = small, code_cell(small, 3)
    in_kernel(page, "explorer.words = lambda *values: 1 / 0")
    cell.get_by_role("slider", name="output channels").press("ArrowRight")
    expect(cell.get_by_role("status")).to_contain_text("could not show this setting. ZeroDivisionError")
    in_kernel(page, "del explorer.words")
    cell.get_by_role("slider", name="output channels").press("ArrowRight")
    plan = mbv2.depthwise_separable(16, 64, size=(56, 56))
    expect(cell.get_by_role("status")).to_contain_text(f"{plan.cost.params:,}")


# By how much each text is higher than what is kept free. All at once, so that the page is laid out once.
HEIGHTS = """([texts, kept]) => {
    const place = document.querySelector('.mbv2-numbers');
    const copies = [['', ''], ...texts].map(words => {
        const copy = place.cloneNode(true);
        copy.style.minHeight = kept;
        Array.from(copy.children).forEach((child, index) => { child.innerHTML = words[index]; });
        return copy;
    });
    place.after(...copies);
    const [room, ...heights] = copies.map(copy => copy.getBoundingClientRect().height);
    copies.forEach(copy => copy.remove());
    return heights.map(height => height - room);
}"""


def test_the_page_below_never_moves(small):
    """What an explorer may say fits into the place that is kept for it."""
    rng = np.random.default_rng(0)
    for name in explorers.__all__:
        arrays = (rng.random((12, 15)), rng.random((3, 3))) if name == "ScanExplorer" else ()
        explorer = getattr(explorers, name)(*arrays)
        choices = {key: list(getattr(c, "options", (False, True))) for key, c in explorer.controls.items()}
        settings = list(itertools.product(*({options[0], options[-1]} for options in choices.values())))
        settings += [[options[rng.integers(len(options))] for options in choices.values()] for _ in range(100)]
        values = [dict(zip(choices, setting, strict=True)) for setting in settings]
        texts = [explorer.words(explorer.make_plan(setting), setting) for setting in values]
        grown = small.evaluate(HEIGHTS, [texts, explorer.numbers.height])
        assert max(grown) == 0, (name, values[grown.index(max(grown))])
