"""The lesson as a reader meets it: every notebook run in JupyterLab, every explorer in it moved."""

import ast
import re
from importlib.resources import files

import nbformat
from playwright.sync_api import Locator, Page, expect

from .jupyterlab import ROOT, STATE, complaints

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


# A line of the accessibility tree with a control: its role and, in quotes, its name.
CONTROL = r"^\s*- '?((?:slider|radio|checkbox|combobox|button|progressbar)\b(?: \")?)"


def calls(notebook: str, pattern: str) -> list[tuple[int, ast.Call]]:
    """(number of the code cell, call) for each call in the notebook of a function whose name fits."""
    nb = nbformat.read(ROOT / "notebooks" / notebook, as_version=4)
    found = []
    for number, cell in enumerate(cell for cell in nb.cells if cell.cell_type == "code"):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Call) and re.fullmatch(pattern, getattr(node.func, "id", "")):
                found.append((number, node))
    return found


def code_cell(page: Page, number: int) -> Locator:
    return page.locator(".jp-CodeCell").nth(number).locator(".jp-OutputArea-output")


def test_every_cell_runs_and_everything_has_a_name(opened):
    name, page = opened
    state = page.evaluate(STATE)
    assert state["bad"] == []
    assert state["counts"] == list(range(1, len(state["counts"]) + 1))
    outputs = page.locator(".jp-OutputArea-output")
    assert outputs.locator("img, .mbv2-picture svg").count() > 0
    assert outputs.locator("img:not([alt]), img[alt=''], .mbv2-picture svg:not([aria-label])").count() == 0
    controls = outputs.filter(has=page.locator("input, select, button, progress")).all()
    names = [name for output in controls for name in re.findall(CONTROL, output.aria_snapshot(), re.MULTILINE)]
    assert len(names) > 3
    assert [name for name in names if '"' not in name] == [], "a control without an accessible name"


SHOWN = """root => [
    ...['.mbv2-words', '.mbv2-table'].map(part => root.querySelector(part).textContent),
    root.querySelector('.mbv2-picture').innerHTML,
]"""


def test_every_control_of_every_explorer_moves_it(opened):
    name, page = opened
    for number, _ in calls(name, r"\w+Explorer"):
        explorer = code_cell(page, number).locator(".mbv2")
        first = explorer.evaluate(SHOWN)
        for control in explorer.locator(":is(input, select)").all():
            move(control)
            # Two settings may look alike: ReLU6 clips nothing here, and at ratio 6 the block expands anyway.
            if not re.search("activation|expand even", control.aria_snapshot()):
                assert explorer.evaluate(SHOWN) != first, control.aria_snapshot()  # at once: no waiting
            explorer.get_by_role("button", name="Reset").click()
            assert explorer.evaluate(SHOWN) == first
        expect(explorer.locator(".mbv2-problem")).to_be_hidden()


def move(control: Locator) -> None:
    kind = control.get_attribute("type") or "menu"
    if kind == "range":
        control.press("ArrowLeft" if control.input_value() == control.get_attribute("max") else "ArrowRight")
    elif kind == "checkbox":
        control.click()
    else:
        control.select_option(index=control.locator("option").count() - 1)
        if control.input_value() == control.locator("option").first.inner_text():
            control.select_option(index=0)


def test_axe_finds_no_serious_fault_in_what_is_ours(opened):
    name, page = opened
    page.evaluate(AXE)
    ours = "[['.mbv2'], ['.jp-OutputArea-output img']]"
    found = page.evaluate(f"() => axe.run({{include: {ours}}}, {{resultTypes: ['violations']}})")
    assert len(found["passes"]) > 3, "axe looked at nothing"
    serious = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
    assert [(v["id"], [node["html"] for node in v["nodes"]][:3]) for v in serious] == []


def test_the_page_complains_of_nothing(opened):
    name, page = opened
    assert complaints(page) == []
