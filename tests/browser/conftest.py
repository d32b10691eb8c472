"""Fixtures for the tests in JupyterLab: the server, the browser, a page, each notebook opened and run."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from .jupyterlab import CHROMIUM, DONE, ROOT, jupyterlab, launch, new_page, run_all

NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"))  # the glossary has nothing to run
ARTEFACTS = ROOT / "artefacts"  # git-ignored: screenshots to look at
IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")


def copied_notebooks(folder: Path) -> Path:
    shutil.copytree(ROOT / "notebooks", folder / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    return folder


@pytest.fixture(scope="session")
def chromium():
    if not CHROMIUM and not IN_CI:
        pytest.skip("no chromium on this machine")
    assert CHROMIUM, "CI must install chromium"


@pytest.fixture(scope="module")
def lab(chromium, tmp_path_factory):
    """JupyterLab with a copy of the notebooks."""
    folder = copied_notebooks(tmp_path_factory.mktemp("lab"))
    with jupyterlab(folder, tmp_path_factory.mktemp("state")) as lab:
        yield lab


@pytest.fixture(scope="module")
def browser(chromium):
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    page = new_page(browser)
    yield page
    page.close()


def run_all_but_stop_training(page: Page, address: str, trainings: int) -> None:
    """As a reader in a hurry: Run All, and Stop once a network is trained. nbval trains them all."""
    run_all(page, address, wait=not trainings)
    for number in range(trainings):
        panel = page.locator(".jp-OutputArea-output").filter(has=page.get_by_role("button", name="Stop")).nth(number)
        expect(panel.get_by_role("status")).to_contain_text("1 of", timeout=90_000)
        panel.get_by_role("button", name="Stop").click()
    page.wait_for_function(DONE, timeout=60_000)


@pytest.fixture(scope="module", params=NOTEBOOKS)
def opened(lab, browser, request):
    """Each notebook in turn, opened and run from top to bottom: its name and its page."""
    page = new_page(browser)
    trainings = (lab.folder / "notebooks" / request.param).read_text(encoding="utf-8").count("await train_all(")
    run_all_but_stop_training(page, lab.address(request.param), trainings)
    page.wait_for_timeout(1000)  # the last pictures arrive a moment after their cells are done
    yield request.param, page
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"{Path(request.param).stem}.png")
    page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")
    page.close()
