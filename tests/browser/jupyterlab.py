"""A real JupyterLab in a real browser, for the tests in this folder and for the benchmarks."""

import ast
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-sync"

# It does not wait until kernels have ended, which takes a second each: the next one may start meanwhile.
CLOSE = """() => {
    const { sessions } = window.jupyterapp.serviceManager;
    Array.from(window.jupyterapp.shell.widgets('main')).forEach(widget => widget.dispose());
    for (const { id } of Array.from(sessions.running())) sessions.shutdown(id);
}"""
# The kernel is up before the notebook is opened: ipywidgets loses a saved state if the connection comes late.
OPEN = """async path => {
    const kernel = await window.jupyterapp.serviceManager.kernels.startNew({name: 'python3'});
    await kernel.info;
    const panel = await window.jupyterapp.commands.execute('docmanager:open', {path, kernel: {id: kernel.id}});
    kernel.dispose();
    await panel.context.ready;
    await panel.sessionContext.ready;
}"""
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
# Each cell has run.
DONE = """() => {
    const code = window.jupyterapp.shell.currentWidget.content.model.toJSON().cells.filter(c => c.cell_type === 'code');
    return code.every(cell => cell.execution_count)
        && !document.querySelector('.jp-Notebook-ExecutionIndicator[data-status=busy]');
}"""
# Each widget is in the page, with its picture; the last arrive a moment after their cells are done.
SHOWN = """() => {
    const pictures = Array.from(document.querySelectorAll('.jp-OutputArea-output .mbv2-picture'));
    return !document.body.textContent.includes('Loading widget...') && pictures.every(p => p.firstChild);
}"""


@dataclass(frozen=True)
class Lab:
    """A JupyterLab that is up: its folder, its process number and where it shows a notebook."""

    folder: Path
    pid: int
    origin: str

    def address(self, notebook: str = "", reset: bool = True) -> str:
        """The address of a notebook in ``notebooks/`` or of none; ``reset`` forgets which pages were open before."""
        path = f"/tree/notebooks/{notebook}" if notebook else ""
        return f"{self.origin}/lab{path}?token=lesson{'&reset' * reset}"


@contextmanager
def jupyterlab(folder: Path, state: Path, **settings) -> Iterator[Lab]:
    """JupyterLab on a free loopback port, serving ``folder`` and keeping its own files in ``state``.

    ``settings`` go to ``subprocess.Popen``.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {
        "--ServerApp.port": port,
        "--ServerApp.port_retries": 0,
        "--ServerApp.root_dir": folder,
        "--IdentityProvider.token": "lesson",
        "--LabApp.expose_app_in_browser": True,
        "--LabApp.news_url": "None",
        "--LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "--LanguageServerManager.autodetect": False,  # it asks node and npm for a second, and no test needs it
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    log = state / "lab.log"
    homes = {f"JUPYTER_{name.upper()}_DIR": str(state / name) for name in ("config", "data", "runtime")}
    with log.open("w") as output:
        server = subprocess.Popen(
            command + [f"{name}={value}" for name, value in options.items()],
            stdout=output,
            stderr=output,
            env=os.environ | homes,
            **settings,
        )
    try:
        origin = f"http://127.0.0.1:{port}"
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{origin}/api?token=lesson", timeout=1).close()
                break
            except OSError:
                assert server.poll() is None, log.read_text()
                time.sleep(0.5)
        yield Lab(folder, server.pid, origin)
    finally:
        server.terminate()
        server.wait(20)


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())


def new_page(browser: Browser, height: int = 14_000) -> Page:
    """A page so high that JupyterLab, which draws only the cells in view, draws all of them."""
    page = browser.new_page(viewport={"width": 1280, "height": height})
    page.faults = []  # what the page itself complains about
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda message: page.faults.append(message.text) if message.type == "error" else None)
    return page


def run_all(page: Page, address: str, wait: bool = True) -> None:
    """Opens JupyterLab with the notebook at that address, and runs all of the notebook's cells."""
    page.goto(address)
    run_cells(page, wait)


def run_next(page: Page, notebook: str, wait: bool = True) -> None:
    """Runs all cells of another notebook in the JupyterLab that the page shows, instead of what was open there."""
    open_next(page, notebook)
    run_cells(page, wait)


def open_next(page: Page, notebook: str) -> None:
    page.evaluate(CLOSE)
    page.faults.clear()
    path = f"notebooks/{notebook}"
    page.evaluate(OPEN, path)
    page.wait_for_function("path => window.jupyterapp.shell.currentWidget?.context?.path === path", arg=path)
    page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell", timeout=60_000)


def run_cells(page: Page, wait: bool = True) -> None:
    page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell", timeout=60_000)
    page.evaluate(READY if wait else READY.replace("await app.commands", "app.commands"))
    if not wait:
        return
    page.wait_for_function("() => !document.querySelector('.jp-Notebook-ExecutionIndicator[data-status=busy]')")
    page.wait_for_function(SHOWN)


def complaints(page: Page) -> list[str]:
    """What the page's console reported as errors, without JupyterLab's own."""
    return [fault for fault in page.faults if "favicon" not in fault and "debugger state" not in fault]


def in_kernel(page: Page, code: str, expression: str = "None") -> object:
    """Runs code in the notebook's kernel, outside of any cell; the value of an expression after it."""
    reply = page.evaluate(
        """async ([code, expression]) => {
            const panel = [...window.jupyterapp.shell.widgets('main')].find(widget => widget.sessionContext);
            const request = {code, user_expressions: {value: expression}};
            return (await panel.sessionContext.session.kernel.requestExecute(request).done).content;
        }""",
        [code, expression],
    )
    assert reply["status"] == "ok", f"{reply['ename']}: {reply['evalue']}"
    value = reply["user_expressions"]["value"]
    assert value["status"] == "ok", f"{value['ename']}: {value['evalue']}"
    return ast.literal_eval(value["data"]["text/plain"])


def expect_in_kernel(page: Page, expression: str, value: object) -> None:
    """Waits for it: what widgets send comes by another way than code to run, and may arrive later."""
    for _ in range(150):
        if (found := in_kernel(page, "", expression)) == value:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"in the kernel, {expression} is {found!r}, not {value!r}")
