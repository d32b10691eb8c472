"""One notebook with four explorers and a question serves all tests of a file."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Locator, expect

from ..conftest import KERNEL
from ..jupyterlab import complaints, run_all
from .here import NAMES, shut_down

IMPORTS = "import ipywidgets\nfrom mbv2_lesson.explorers import *\nfrom mbv2_lesson.questions import ask"
CELLS = [IMPORTS, *(f"{name} = {name.title()}Explorer()\n{name}" for name in NAMES), 'ask("01-weights")']


@pytest.fixture(scope="module")
def four(browser, lab):
    """The page with the four explorers; fingers and mouse both work on it."""
    context = browser.new_context(viewport={"width": 1280, "height": 3000}, has_touch=True, color_scheme="dark")
    page = context.new_page()
    page.add_init_script(path=Path(__file__).with_name("page.js"))
    page.faults, page.requests = [], []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda message: page.faults.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: page.requests.append(request.url))
    nb = new_notebook(cells=[new_code_cell(source) for source in CELLS], metadata={"kernelspec": KERNEL})
    nbformat.write(nb, lab.folder / "notebooks" / "four.ipynb")
    run_all(page, lab.address("four.ipynb"))
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    yield page
    shut_down(page)
    context.close()


@pytest.fixture
def page(four, lab):
    """The same page, with each explorer as it was made; after the test, the page must not complain."""
    buttons = four.locator(".jp-CodeCell .mbv2-buttons button", has_text="Reset")
    assert buttons.evaluate_all("buttons => { buttons.forEach(button => button.click()); return buttons.length; }") == 4
    yield four
    faults = complaints(four)
    four.faults.clear()
    assert faults == []
    assert {url for url in four.requests if not url.startswith((lab.origin, "data:", "blob:"))} == set()


@pytest.fixture
def two_views(page):
    """Shows an explorer once more, as "Create New View for Cell Output" does, and closes that view at the end."""

    def create(name: str) -> Locator:
        page.evaluate(
            """async number => {
                panel().content.activeCellIndex = number;
                await window.jupyterapp.commands.execute('notebook:create-output-view');
                window.jupyterapp.shell.activateById(panel().id);
            }""",
            1 + NAMES.index(name),
        )
        return page.locator(".jp-LinkedOutputView .mbv2")

    yield create
    page.evaluate("() => [...jupyterapp.shell.widgets('main')].find(view => view !== panel()).close()")
    expect(page.locator(".jp-LinkedOutputView")).to_have_count(0)


@pytest.fixture
def sized(page):
    """Sets the window's size, and restores it."""

    def size(width: int, height: int = 3000, sidebar: bool = False) -> None:
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(f"() => window.jupyterapp.shell.{'expand' if sidebar else 'collapse'}Left()")
        page.wait_for_timeout(300)

    yield size
    size(1280)


@pytest.fixture
def themed(page):
    """Changes JupyterLab's theme, and restores it."""
    light = "() => document.body.dataset.jpThemeLight === '%s'"

    def change(theme: str) -> None:
        page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
        page.wait_for_function(light % ("true" if "Light" in theme else "false"))

    yield change
    change("JupyterLab Light")
