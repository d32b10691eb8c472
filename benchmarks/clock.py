"""How fast an explorer answers in JupyterLab, beside plain ``interact`` with the same content: measured in one run.

    python -m benchmarks.clock [--moves 60] [--seconds 10] [--only EXPLORER] [--skip-notebooks] [--nodelay]

Needs Chromium on the PATH, and what tests/requirements.txt installs; the memory of a kernel needs Linux. Explorer,
plain ``interact`` and a bare round trip to the kernel take turns, so that a busy moment of the machine meets all of
them. Plain ``interact`` shows the same words and draws the same figure through pyplot, with as many pixels.

Jupyter's server leaves Nagle's algorithm on, so a short message may wait for the browser's acknowledgement of the one
before, 40 ms on Linux: some answers, bare ones too, are late by chance. ``--nodelay`` turns it off in the server.
"""

import argparse
import itertools
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import psutil
from playwright.sync_api import Browser, JSHandle, Locator, Page, expect, sync_playwright

from benchmarks.classroom import memory
from tests.browser.jupyterlab import DONE, ROOT, WATCH, Lab, jupyterlab, launch, new_page, run_all

# Of each explorer that has one, the slider that is moved.
EXPLORERS = {
    "ScanExplorer": "column",
    "ConvolutionExplorer": "output channels",
    "SeparableExplorer": "output channels",
    "GroupsExplorer": "groups",
    "RankExplorer": "depth multiplier M",
    "CollapseExplorer": "dimensions n",
    "BlockExplorer": "output channels",
    "NetworkExplorer": "width multiplier",
    "IntensityExplorer": "channels",
}
ARGUMENTS = {"ScanExplorer": "np.random.default_rng(0).random((40, 40)), np.eye(3)"}
HEIGHT = 2400  # of the page in pixels: the cells of a race stand below each other; more would make every frame late
TURN = 2  # moves in one direction, then as many back; the sliders have room for these

# Explorers at their smallest and at their largest, and the slider that is moved of both.
SIZES = {
    "ConvolutionExplorer": ("kernel size k", "in_channels=4, out_channels=4, size=8", "4096, 4096, 1024"),
    "SeparableExplorer": ("kernel size k", "in_channels=4, out_channels=4, size=8", "4096, 1024, 1024"),
    "BlockExplorer": ("expansion ratio t", "in_channels=4, out_channels=4, size=8", "4096, 4096, 1024"),
}

# A configuration of Jupyter's server is a Python file; there is no setting for this.
NODELAY = """
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler as Handler
open_as_before = Handler.open
def open(self, *arguments, **named):
    self.set_nodelay(True)
    return open_as_before(self, *arguments, **named)
Handler.open = open
"""

BARE = """
from mbv2_lesson import explorers
from mbv2_lesson.explorers import controls
import ipywidgets, matplotlib.pyplot as plt, numpy as np
from IPython.display import HTML, display
slider, words = controls.Slider("bare", range(20)), controls.Numbers(height="2em")
slider.value = 5
slider.observe(lambda change: words.set_trait("sentence", str(change.new)), "value")
ipywidgets.VBox([slider, words])
"""
OURS = "explorer = explorers.{0}({1})\nexplorer"
PLAIN = """
hidden = explorers.{0}({1})
def show(**values):
    plan = hidden.make_plan(values)
    sentence, table = hidden.words(plan, values)
    display(HTML(sentence + table))
    hidden.draw(plan, values, plt.figure())
    plt.show()
def plain(control):
    if isinstance(control, controls.Slider):
        return ipywidgets.SelectionSlider(options=control.options, value=control.value, description=control.description)
    return type(control)(**{{name: control.trait_values()[name] for name in ("value", "description")}},
                         **({{"options": control.options}} if hasattr(control, "options") else {{}}))
ipywidgets.interact(show, **{{name: plain(control) for name, control in hidden.controls.items()}});
"""


@dataclass
class Subject:
    """One of the cells that are moved: where it stands, its slider, and which parts of it are numbers and picture."""

    cell: Locator
    slider: Locator
    numbers: str
    picture: str
    times: dict[str, list[float]] = field(default_factory=lambda: {"numbers": [], "picture": []})
    moved: int = 0

    @property
    def place(self) -> JSHandle:
        return self.cell.element_handle()

    def move(self) -> None:
        page = self.cell.page
        self.slider.focus()
        waiting = page.evaluate_handle(
            "([place, numbers, picture]) => ({done: watchMove(place, numbers, picture)})",
            [self.place, self.numbers, self.picture],
        )
        page.keyboard.press("ArrowRight" if self.moved % (2 * TURN) < TURN else "ArrowLeft")
        self.moved += 1
        found = page.evaluate("waiting => waiting.done", waiting)
        for name, milliseconds in found.items():
            self.times[name].append(milliseconds)
        page.wait_for_timeout(100)

    def drag(self, seconds: float) -> dict:
        """Back and forth over the slider, sixty mouse moves a second."""
        page, track = self.cell.page, self.slider
        track.scroll_into_view_if_needed()
        box = track.bounding_box()
        rail = (track if track.get_attribute("type") == "range" else track.locator("xpath=../..")).bounding_box()
        y = box["y"] + box["height"] / 2
        if track.get_attribute("type") == "range":  # the thumb is where the value is
            share = int(track.input_value()) / int(track.get_attribute("max"))
            page.mouse.move(rail["x"] + 8 + share * (rail["width"] - 16), y)
        else:
            page.mouse.move(box["x"] + box["width"] / 2, y)
        page.mouse.down()
        watch = page.evaluate_handle(
            "([place, numbers, picture]) => watchFrames(place, numbers, picture)",
            [self.place, self.numbers, self.picture],
        )
        start, step = time.perf_counter(), 0
        while (now := time.perf_counter() - start) < seconds:
            there = abs((now / 2) % 2 - 1)  # a triangle wave: from end to end in two seconds
            page.mouse.move(rail["x"] + 8 + there * (rail["width"] - 16), y)
            step += 1
            time.sleep(max(0, start + step / 60 - time.perf_counter()))
        seen = page.evaluate("watch => watch.stop()", watch)
        page.mouse.up()
        page.wait_for_timeout(500)
        gaps = [later - earlier for earlier, later in itertools.pairwise(seen["changes"])]
        return seen | {"rate": len(seen["changes"]) / seconds, "gap": max(gaps, default=seconds * 1000)}


def spread(milliseconds: list[float]) -> str:
    return f"{statistics.median(milliseconds):.0f}, {statistics.quantiles(milliseconds, n=20)[-1]:.0f}"


def cell(page: Page, number: int) -> Locator:
    return page.locator(".jp-CodeCell").nth(number).locator(".jp-Cell-outputArea")


def write_cells(lab: Lab, *sources: str) -> str:
    """A notebook of these cells; its name."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}  # or JupyterLab asks for one
    cells = [nbformat.v4.new_code_cell(source.strip()) for source in sources]
    nb = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(nb, lab.folder / "notebooks" / "clock.ipynb")
    return "clock.ipynb"


@contextmanager
def open_cells(browser: Browser, lab: Lab, *sources: str) -> Iterator[Page]:
    """A page with a notebook of these cells, which have been run."""
    page = new_page(browser, HEIGHT)
    run_all(page, lab.address(write_cells(lab, *sources)))
    page.add_script_tag(path=WATCH)
    page.wait_for_timeout(1000)
    yield page
    page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")
    page.close()


def explorer_in(place: Locator, slider: str) -> Subject:
    return Subject(place, place.get_by_role("slider", name=slider, exact=True), ".mbv2-numbers", ".mbv2-picture img")


def take_turns(subjects: Sequence[Subject], moves: int) -> None:
    """Four moves of one, four of the next, and again. A first one goes before, which does not count: how long it takes
    hangs on what was sent before it, and a reader moves one explorer at a time."""
    for round_ in range(1 + -(-moves // 4)):
        for subject in subjects:
            for counted in (False, True, True, True, True):
                before = {name: list(times) for name, times in subject.times.items()}
                subject.move()
                if not counted or round_ == 0:  # the first round makes fonts and caches
                    subject.times = before


def race(browser: Browser, lab: Lab, name: str, moves: int, seconds: float) -> None:
    """One explorer against plain interact and the bare round trip; prints two rows."""
    cells = [BARE, *(source.format(name, ARGUMENTS.get(name, "")) for source in (OURS, PLAIN))]
    with open_cells(browser, lab, *cells) as page:
        bare = Subject(cell(page, 0), cell(page, 0).get_by_role("slider"), ".mbv2-numbers", "")
        ours = explorer_in(cell(page, 1), EXPLORERS[name])
        row = cell(page, 2).locator(".widget-inline-hbox").filter(has=page.get_by_text(EXPLORERS[name], exact=True))
        words = ".widget-output .jp-RenderedHTML"
        plain = Subject(cell(page, 2), row.locator(".noUi-handle"), words, ".widget-output img")
        take_turns([bare, ours, plain], moves)
        floor = statistics.mean(bare.times["numbers"])  # where some answers are late by chance, a median jumps
        other = statistics.mean(plain.times["picture"])
        for title, subject in ((name, ours), ("plain interact", plain)):
            numbers, picture = subject.times["numbers"], subject.times["picture"]
            dragged = subject.drag(seconds)
            print(
                f"| {title} | {statistics.mean(numbers) / floor:.2f} | {spread(numbers)} "
                f"| {other / statistics.mean(picture):.2f} | {spread(picture)} "
                f"| {dragged['numbers'] / seconds:.1f}, {dragged['rate']:.1f} | {dragged['gap']:.0f} "
                f"| {dragged['blank'] / dragged['frames']:.0%} "
                f"| {dragged['jumps']} |",
                flush=True,
            )
        print(f"| bare round trip | 1 | {spread(bare.times['numbers'])} | | | | | | |", flush=True)


def growth(browser: Browser, lab: Lab, name: str, moves: int) -> None:
    """The same explorer at its largest numbers against its smallest; prints a row."""
    slider, small, large = SIZES[name]
    sources = [f"from mbv2_lesson.explorers import {name}\n{name}({settings})" for settings in (small, large)]
    with open_cells(browser, lab, *sources) as page:
        subjects = [explorer_in(cell(page, number), slider) for number in (0, 1)]
        take_turns(subjects, moves)
        ratios = [
            statistics.mean(subjects[1].times[what]) / statistics.mean(subjects[0].times[what])
            for what in ("numbers", "picture")
        ]
        print(f"| {name} | {large} | {ratios[0]:.2f} | {ratios[1]:.2f} |", flush=True)


def first_answer(browser: Browser, lab: Lab, notebook: str) -> tuple[float, float, float]:
    """Seconds from asking for the page to its first slider, and to that one's answer, under Run All; kernel's MiB."""
    page = new_page(browser, HEIGHT)
    start = time.perf_counter()
    run_all(page, lab.address(notebook), wait=False)
    slider = page.locator(".jp-OutputArea-output input[type=range]").first
    slider.wait_for(timeout=120_000)
    shown = time.perf_counter() - start
    with_slider = page.locator(".jp-OutputArea-output").filter(has=page.locator("input[type=range]"))
    status = with_slider.first.get_by_role("status")
    before = status.inner_text()
    slider.press("ArrowRight")
    expect(status).not_to_have_text(before, timeout=120_000)
    answered = time.perf_counter() - start
    page.wait_for_function(DONE, timeout=300_000)
    _, of_kernels = memory(psutil.Process(lab.pid))
    page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")
    page.close()
    return shown, answered, of_kernels / 2**20


def opening(browser: Browser, lab: Lab) -> None:
    """Each notebook that has an explorer, against one that has a bare slider only; prints a table."""
    print("\n| | first slider, × bare | its first answer, × bare | kernel after Run All, MiB |\n|---|---:|---:|---:|")
    shown, answered, mib = bare = first_answer(browser, lab, write_cells(lab, BARE))
    print(f"| (a bare slider) | 1 ({shown:.1f} s) | 1 ({answered:.1f} s) | {mib:.0f} |", flush=True)
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        if "Explorer(" in path.read_text(encoding="utf-8"):
            shown, answered, mib = first_answer(browser, lab, path.name)
            print(f"| {path.stem} | {shown / bare[0]:.2f} | {answered / bare[1]:.2f} | {mib:.0f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--moves", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--skip-notebooks", action="store_true")
    parser.add_argument("--nodelay", action="store_true", help="a server that sends short messages at once")
    parser.add_argument("--only", choices=EXPLORERS, action="append")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder, state = Path(temporary) / "work", Path(temporary) / "state"
        shutil.copytree(ROOT / "notebooks", folder / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
        (state / "config").mkdir(parents=True)
        if options.nodelay:
            (state / "config" / "jupyter_server_config.py").write_text(NODELAY)
        browser = launch(playwright)
        with jupyterlab(folder, state) as lab:
            print(
                "| | numbers, × bare | ms: median, p95 | picture, × as fast | ms: median, p95 "
                "| dragged: numbers, pictures a second | longest gap, ms | frames without picture | jumps |"
            )
            print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
            for name in options.only or EXPLORERS:
                race(browser, lab, name, options.moves, options.seconds)
            print(
                "\n| | large (channels, channels, pixels) | numbers, × small | picture, × small |\n|---|---|---:|---:|"
            )
            for name in SIZES:
                growth(browser, lab, name, options.moves)
            if not options.skip_notebooks:
                opening(browser, lab)
        browser.close()


if __name__ == "__main__":
    main()
