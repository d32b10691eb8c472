"""How fast an explorer answers in JupyterLab, beside plain ``interact`` with the same content: measured in one run.

    python -m benchmarks.clock [--moves 60] [--seconds 10] [--skip-notebooks]

Needs Chromium at /usr/bin/chromium or on the PATH, and what tests/requirements.txt installs. Explorer, plain ``interact``
and a bare round trip to the kernel take turns, so that a busy moment of the machine meets all of them. Plain ``interact``
shows the same words and draws the same figure through pyplot, at the pixels that JupyterLab gives it: a quarter of ours.
"""

import argparse
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from playwright.sync_api import JSHandle, Locator, Page, sync_playwright

from tests.browser.jupyterlab import WATCH, Lab, jupyterlab, launch, new_page, run_all

# The slider that is moved of each explorer; six steps to the right of where it starts must be possible.
EXPLORERS = {
    "SeparableExplorer": "output channels",
    "BlockExplorer": "output channels",
    "ConvolutionExplorer": "output channels",
    "NetworkExplorer": "resolution",
}
TURN = 6  # moves in one direction, then as many back

BARE = """
from mbv2_lesson import controls, explorers
import ipywidgets, matplotlib.pyplot as plt
from IPython.display import HTML, display
slider, words = controls.Slider("bare", range(20), 5), controls.Numbers(height="2em")
slider.observe(lambda change: words.set_trait("sentence", str(change.new)), "value")
ipywidgets.VBox([slider, words])
"""
OURS = "explorer = explorers.{0}()\nexplorer"
PLAIN = """
hidden = explorers.{0}()
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
        watch = page.evaluate_handle("([place, picture]) => watchFrames(place, picture)", [self.place, self.picture])
        start, step = time.perf_counter(), 0
        while (now := time.perf_counter() - start) < seconds:
            there = abs((now / 2) % 2 - 1)  # a triangle wave: from end to end in two seconds
            page.mouse.move(rail["x"] + 8 + there * (rail["width"] - 16), y)
            step += 1
            time.sleep(max(0, start + step / 60 - time.perf_counter()))
        seen = page.evaluate("watch => watch.stop()", watch)
        page.mouse.up()
        page.wait_for_timeout(500)
        gaps = [later - earlier for earlier, later in zip(seen["changes"], seen["changes"][1:])]
        return seen | {"rate": len(seen["changes"]) / seconds, "gap": max(gaps, default=seconds * 1000)}


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def cell(page: Page, number: int) -> Locator:
    return page.locator(".jp-CodeCell").nth(number).locator(".jp-Cell-outputArea")


def open_cells(page: Page, lab: Lab, *sources: str) -> None:
    cells = [nbformat.v4.new_code_cell(source.strip()) for source in sources]
    kernel = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
    }  # or Lab asks for one
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), lab.folder / "notebooks" / "clock.ipynb")
    run_all(page, lab.address("clock.ipynb"))
    page.add_script_tag(path=WATCH)
    page.wait_for_timeout(1000)


def close(page: Page) -> None:
    page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")


def race(page: Page, lab: Lab, name: str, moves: int, seconds: float) -> None:
    """One explorer against plain interact and the bare round trip; prints two rows."""
    open_cells(page, lab, BARE, OURS.format(name), PLAIN.format(name))
    by_name = {"name": EXPLORERS[name], "exact": True}
    bare = Subject(cell(page, 0), cell(page, 0).get_by_role("slider"), ".mbv2-numbers", "")
    ours = Subject(cell(page, 1), cell(page, 1).get_by_role("slider", **by_name), ".mbv2-numbers", ".mbv2-picture img")
    row = cell(page, 2).locator(".widget-inline-hbox", has_text=EXPLORERS[name])
    plain = Subject(cell(page, 2), row.locator(".noUi-handle"), ".widget-output .jp-RenderedHTML", ".widget-output img")
    for _ in range(3):  # the first moves of each make fonts and caches
        for subject in (bare, ours, plain):
            subject.move()
    for subject in (bare, ours, plain):
        subject.times = {"numbers": [], "picture": []}
    for _ in range(moves):
        for subject in (bare, ours, plain):
            subject.move()
    floor = statistics.median(bare.times["numbers"])
    print(f"{name}: bare round trip {floor:.0f} ms (p95 {p95(bare.times['numbers']):.0f})")
    for title, subject in (("explorer", ours), ("interact", plain)):
        numbers, picture = subject.times["numbers"], subject.times["picture"]
        dragged = subject.drag(seconds)
        print(
            f"  {title:9} numbers {statistics.median(numbers) / floor:5.2f} x (p95 {p95(numbers):4.0f} ms)"
            f"  picture {statistics.median(picture) / floor:5.2f} x"
            f" ({statistics.median(picture):4.0f} ms, p95 {p95(picture):4.0f} ms)"
            f"  drag: {dragged['rate']:5.1f} pictures/s, longest gap {dragged['gap']:4.0f} ms,"
            f" {dragged['blank']} of {dragged['frames']} frames blank, {dragged['jumps']} jumps",
            flush=True,
        )
    close(page)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--moves", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--skip-notebooks", action="store_true")
    parser.add_argument("--only", choices=EXPLORERS, action="append")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder, state = Path(temporary) / "work", Path(temporary) / "state"
        (folder / "notebooks").mkdir(parents=True)
        state.mkdir()
        browser = launch(playwright)
        with jupyterlab(folder, state) as lab:
            for name in options.only or EXPLORERS:
                page = new_page(browser)
                race(page, lab, name, options.moves, options.seconds)
                page.close()
        browser.close()


if __name__ == "__main__":
    main()
