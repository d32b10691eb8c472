"""The lesson as a reader meets it: a real JupyterLab in a real browser."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

import mbv2_lesson as mbv2

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
CHROMIUM = shutil.which("chromium")
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-sync"

IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
pytestmark = pytest.mark.skipif(not CHROMIUM and not IN_CI, reason="no chromium on this machine")

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


@pytest.fixture
def page(lab):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        # High enough that JupyterLab, which draws only the cells in view, draws all of them.
        yield browser.new_page(viewport={"width": 1280, "height": 14000})
        browser.close()


def run_all(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell", timeout=60_000)
    page.evaluate(READY)
    page.wait_for_function("() => !document.querySelector('.jp-Notebook-ExecutionIndicator[data-status=busy]')")


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_cell_runs_and_everything_has_a_name(lab, page, name):
    run_all(page, lab.format(name))
    state = page.evaluate(STATE)
    assert state["bad"] == []
    assert state["counts"] == list(range(1, len(state["counts"]) + 1))
    page.wait_for_timeout(1000)  # the last pictures arrive a moment after their cells are done

    outputs = page.locator(".jp-OutputArea-output")
    assert outputs.locator("img").count() > 0
    assert outputs.locator("img:not([alt]), img[alt='']").count() == 0
    for role in ("slider", "radio", "checkbox", "combobox", "button"):
        for control in outputs.get_by_role(role).all():
            # The accessibility tree writes a control as: role "name"
            assert f'{role} "' in control.aria_snapshot(), f"a {role} without an accessible name"
    assert outputs.get_by_role("slider").count() + outputs.get_by_role("radio").count() > 0


def test_an_arrow_key_moves_numbers_and_picture(lab, page):
    run_all(page, lab.format("02_depthwise_and_pointwise.ipynb"))
    explorer = page.locator(".jp-OutputArea-output").filter(has_text="separable / standard")
    sentence, picture = explorer.get_by_role("status"), explorer.locator("img")
    before, height = picture.get_attribute("src"), explorer.bounding_box()["height"]
    slider = explorer.get_by_role("slider", name="output channels")
    slider.focus()
    page.keyboard.press("ArrowRight")  # from 32 to the next on the slider, 48
    plan = mbv2.depthwise_separable(16, 48, size=(56, 56))
    sentence.get_by_text(f"{plan.cost.params:,}").wait_for()
    page.wait_for_function("([img, old]) => img.src !== old", arg=[picture.element_handle(), before])
    assert f"{plan.cost.macs:,} MACs" in picture.get_attribute("alt")
    assert slider.get_attribute("aria-valuetext") == "48"
    assert explorer.bounding_box()["height"] == height


def test_a_wrong_and_a_right_answer_are_answered(lab, page):
    run_all(page, lab.format("00_start_here.ipynb"))
    question = page.locator(".jp-OutputArea-output").filter(has_text="How many FLOPs")
    commit = question.get_by_role("button", name="Commit")
    feedback = question.get_by_role("status")
    question.get_by_role("radio", name="the same").check()
    commit.click()
    feedback.get_by_text("Not so").wait_for()
    page.keyboard.press("Shift+Tab")  # from the button back to the answers: the keyboard is enough
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    feedback.get_by_text("Right").wait_for()
