"""Fixtures for the tests in JupyterLab: the server, the browser, a page, each notebook opened and run."""

import os
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Page, expect, sync_playwright

from .jupyterlab import CHROMIUM, DONE, ROOT, SHOWN, jupyterlab, launch, new_page, run_next

IMPORTS = (
    "from mbv2_lesson import explorers\nfrom mbv2_lesson.questions import ask"  # the first cell of a small notebook
)
KERNEL = {"name": "python3", "display_name": "Python 3"}  # without it JupyterLab opens a dialog and waits
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"))  # the glossary has nothing to run
expect.set_options(timeout=20_000)  # on a busy machine, an answer may take longer than Playwright's 5 seconds
ARTEFACTS = ROOT / "artefacts"  # git-ignored: screenshots to look at
# What the copies do less of, by notebook: each regular expression, and what stands there instead. All asserts stay.
SHORTER = {
    "02": [("steps=400", "steps=200")],
    "06": [(r"\(2, 5, 144\)", "(2, 5)")],
    "07": [
        ("min_run_time=0.2", "min_run_time=0.02"),
        (r"batches=\(1, 8\)", "batches=(1,)"),
        (r", round(?:s|_seconds)=[\d.]+", ""),
        (r"time_networks\(", r"\g<0>rounds=2, layouts=(False,), "),
        (r"time_layers\(", r"\g<0>rounds=2, round_seconds=0.001, ceilings=timings.stored().ceilings, "),
    ],
    "08": [
        ("steps=400", "steps=50"),
        ("epochs=20", "epochs=8"),
        ("seeds=3", "seeds=99, epochs=2"),  # each is stopped once a network is trained
    ],
    "09": [
        (r"\[\(0,\), \(1,\), \(2,\)\]", "[(0,)]"),
        (r"\(1, 2, 4, 9\)", "(1, 9)"),
    ],
}
IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")


def copied_notebooks(folder: Path) -> Path:
    """The notebooks, shortened as ``SHORTER`` says. nbval runs them as they are."""
    shutil.copytree(ROOT / "notebooks", folder / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    for number, pairs in SHORTER.items():
        (path,) = (folder / "notebooks").glob(f"{number}_*.ipynb")
        text = path.read_text("utf-8")
        for long, short in pairs:
            assert re.search(long, text), f"{path.name} has no {long!r} to shorten"
            text = re.sub(long, short, text)
        path.write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="session")
def chromium():
    if not CHROMIUM and not IN_CI:
        pytest.skip("no chromium on this machine")
    assert CHROMIUM, "CI must install chromium"


@pytest.fixture(scope="package")  # one per worker for all of these files: it takes ten seconds to start and to end
def lab(chromium, tmp_path_factory):
    """JupyterLab with a copy of the notebooks."""
    folder = copied_notebooks(tmp_path_factory.mktemp("lab"))
    with jupyterlab(folder, tmp_path_factory.mktemp("state")) as lab:
        yield lab


@pytest.fixture(scope="package")
def browser(chromium):
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def lab_page(lab, browser):
    """JupyterLab in a page. Loading it again for each notebook would take most of the time."""
    page = new_page(browser)
    page.add_init_script("window.panel = () => window.jupyterapp.shell.currentWidget")
    page.goto(lab.address())
    page.wait_for_function("() => window.jupyterapp")  # an async function would be true at once
    page.evaluate("async () => { await window.jupyterapp.restored; }")
    yield page
    page.close()


@pytest.fixture
def page(lab_page):
    """The page at a size for small notebooks."""
    lab_page.set_viewport_size({"width": 1280, "height": 3000})
    return lab_page


@pytest.fixture(scope="module")
def written(lab):
    """Writes a notebook of these cells; returns its name."""

    def write(*cells: str) -> str:
        nb = new_notebook(cells=[new_code_cell(source) for source in cells], metadata={"kernelspec": KERNEL})
        name = f"written_{len(list(lab.folder.rglob('written_*')))}.ipynb"
        nbformat.write(nb, lab.folder / "notebooks" / name)
        return name

    return write


def run_all_but_stop_training(page: Page, notebook: str, trainings: int) -> None:
    """As a reader in a hurry: Run All, and Stop once a network is trained. nbval trains them all.

    What follows in the notebook must do with what is trained: the tests let no cell fail.
    """
    run_next(page, notebook, wait=not trainings)
    for number in range(trainings):
        panel = page.locator(".jp-OutputArea-output").filter(has=page.get_by_role("button", name="Stop")).nth(number)
        expect(panel.get_by_role("status")).to_contain_text(re.compile(r"[1-9]\d* of"), timeout=90_000)
        panel.get_by_role("button", name="Stop").click()
        expect(panel.get_by_role("status")).to_contain_text("Stopped", timeout=20_000)
        expect(panel.get_by_role("button", name="Stop")).to_be_disabled()
    page.wait_for_function(DONE, timeout=60_000)


@pytest.fixture(scope="module", params=NOTEBOOKS)
def opened(lab, lab_page, request):
    """Each notebook in turn, opened and run from top to bottom: its name and its page."""
    page = lab_page
    page.set_viewport_size({"width": 1280, "height": 14_000})
    # An exercise that is not answered yet trains nothing, so count what was shown when the notebook was saved.
    trainings = (lab.folder / "notebooks" / request.param).read_text(encoding="utf-8").count("<p>Training of ")
    run_all_but_stop_training(page, request.param, trainings)
    page.wait_for_function(SHOWN)
    if not IN_CI:
        ARTEFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTEFACTS / f"{Path(request.param).stem}.png")
    return request.param, page
