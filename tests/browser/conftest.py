"""A real JupyterLab in a real browser, for the tests in this folder."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
ARTEFACTS = ROOT / "artefacts"  # git-ignored: screenshots to look at
CHROMIUM = shutil.which("chromium")
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-sync"

IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
READY = """async () => {
    const app = window.jupyterapp;
    await app.restored;
    const panel = app.shell.currentWidget;
    await panel.context.ready;
    await panel.sessionContext.ready;
    await panel.sessionContext.session.kernel.info;
    await app.commands.execute('notebook:run-all-cells');
}"""
# Each code cell's execution count, and the outputs that are errors, from the notebook's own model.
STATE = """() => {
    const cells = window.jupyterapp.shell.currentWidget.content.model.toJSON().cells;
    const code = cells.filter(cell => cell.cell_type === 'code');
    const bad = code.flatMap(cell => cell.outputs).filter(o => o.output_type === 'error' || o.name === 'stderr');
    return {counts: code.map(cell => cell.execution_count), bad: bad};
}"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab's address, on a free loopback port, with a copy of the notebooks."""
    if not CHROMIUM and not IN_CI:
        pytest.skip("no chromium on this machine")
    assert CHROMIUM, "CI must install chromium"
    folder = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "notebooks", folder / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "--ServerApp.port": port,
        "--ServerApp.port_retries": 0,
        "--ServerApp.root_dir": folder,
        "--IdentityProvider.token": "lesson",
        "--LabApp.expose_app_in_browser": True,
        "--LabApp.news_url": "None",
        "--LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    log = folder / "lab.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            command + [f"{name}={value}" for name, value in settings.items()],
            stdout=output,
            stderr=output,
            env=os.environ | {"JUPYTER_CONFIG_DIR": str(folder / "config")},
        )
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}/api?token=lesson", timeout=1).close()
                break
            except OSError:
                assert server.poll() is None, log.read_text()
                time.sleep(0.5)
        yield f"{address}/lab/tree/notebooks/{{}}?reset&token=lesson"
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="module")
def browser(lab):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield browser
        browser.close()


def new_page(browser: Browser, **settings) -> Page:
    # High enough that JupyterLab, which draws only the cells in view, draws all of them.
    page = browser.new_page(viewport={"width": 1280, "height": 14000}, **settings)
    page.faults = []  # what the page itself complains of
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda message: page.faults.append(message.text) if message.type == "error" else None)
    return page


@pytest.fixture
def page(browser):
    page = new_page(browser)
    yield page
    page.close()


@pytest.fixture(scope="module", params=NOTEBOOKS)
def opened(lab, browser, request):
    """Each notebook in turn, opened and run from top to bottom: its name and its page."""
    page = new_page(browser)
    run_all(page, lab.format(request.param))
    page.wait_for_timeout(1000)  # the last pictures arrive a moment after their cells are done
    yield request.param, page
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"{Path(request.param).stem}.png")
    page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")
    page.close()


def run_all(page: Page, address: str, wait: bool = True) -> None:
    page.goto(address)
    page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell", timeout=60_000)
    page.evaluate(READY if wait else READY.replace("await app.commands", "app.commands"))
    if not wait:
        return
    page.wait_for_function("() => !document.querySelector('.jp-Notebook-ExecutionIndicator[data-status=busy]')")
