"""How fast an explorer answers in the browser, compared with plain ``interact`` with the same content, in one run.

    python -m benchmarks.clock [--moves 60] [--seconds 5] [--only EXPLORER] [--skip-notebooks]

Needs Chromium on the PATH, and what tests/requirements.txt installs; the memory of a kernel needs Linux. JupyterLab
with an idle kernel, with a busy one, the page as a file, the same with the processor throttled to a quarter, plain
``interact`` and a bare round trip to the kernel take turns, so that a busy moment of the machine affects all of them.
Plain ``interact`` shows the same table, and the same setting as a matplotlib figure.
"""

import argparse
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
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from benchmarks.classroom import memory
from mbv2_lesson import explorers
from tests.browser.jupyterlab import DONE, ROOT, Lab, jupyterlab, launch, new_page, run_all

# The slider that is moved in each explorer that has one.
EXPLORERS = {
    "ScanExplorer": "column",
    "ConvolutionExplorer": "output channels",
    "SeparableExplorer": "output channels",
    "GroupsExplorer": "groups",
    "RankExplorer": "depth multiplier M",
    "CollapseExplorer": "units n",
    "BlockExplorer": "output channels",
    "NetworkExplorer": "width multiplier",
    "IntensityExplorer": "kernel size k",
}
HEIGHT = 2400  # of the page in pixels, for all cells; more would make every frame late
TURN = 2  # moves in one direction, then as many back; the sliders have room for these
THROTTLE = 4

# Explorers at their smallest and at their largest, and the slider that is moved in both.
SIZES = {
    "ConvolutionExplorer": ("kernel size k", "in_channels=4, out_channels=4, size=8", "4096, 4096, 1024"),
    "SeparableExplorer": ("kernel size k", "in_channels=4, out_channels=4, size=8", "4096, 1024, 1024"),
    "BlockExplorer": ("expansion ratio t", "in_channels=4, out_channels=4, size=8", "4096, 4096, 1024"),
}

OURS = "from mbv2_lesson.explorers import {0}\nexplorer = {0}({1})\nexplorer"
PLAIN = """
import ipywidgets
from IPython.display import HTML, display
%matplotlib inline
hidden = {0}({1})
def show(**values):
    hidden.set(**values)
    display(HTML(hidden.table()))
    display(hidden.draw())
def plain(name, options):
    if isinstance(options[0], bool):
        return ipywidgets.Checkbox(value=getattr(hidden, name), description=name)
    return ipywidgets.SelectionSlider(options=options, value=getattr(hidden, name), description=name)
ipywidgets.interact(show, **{{name: plain(name, options) for name, options in hidden.options.items()}});
"""
BARE = """
import ipywidgets
slider, words = ipywidgets.IntSlider(5, 0, 20), ipywidgets.HTML("<b>5</b>")
slider.observe(lambda change: setattr(words, "value", f"<b>{change.new}</b>"), "value")
ipywidgets.VBox([slider, words])
"""
BUSY = "import time\nwhile True: time.sleep(0.01)"


@dataclass
class Subject:
    """One of the places that are moved: where it is, its slider, and which parts of it are words and picture."""

    place: Locator
    slider: Locator
    words: str = ".mbv2-words"
    picture: str = ".mbv2-picture svg"
    moves: list[dict] = field(default_factory=list)
    moved: int = 0

    def move(self) -> dict:
        page = self.place.page
        self.slider.focus()
        waiting = page.evaluate_handle(
            "([place, words, picture]) => clockMove(place, words, picture)",
            [self.place.element_handle(), self.words, self.picture],
        )
        page.keyboard.press("ArrowRight" if self.moved % (2 * TURN) < TURN else "ArrowLeft")
        self.moved += 1
        found = page.evaluate("waiting => waiting.wait", waiting)
        page.wait_for_timeout(50)
        return found

    def drag(self, seconds: float) -> dict:
        """Back and forth over the slider, sixty mouse moves per second."""
        page, track = self.place.page, self.slider
        track.scroll_into_view_if_needed()
        native = track.get_attribute("type") == "range"
        rail = (track if native else track.locator("xpath=../..")).bounding_box()
        box = track.bounding_box()
        y = box["y"] + box["height"] / 2
        share = int(track.input_value()) / int(track.get_attribute("max")) if native else None
        # The thumb is where the value is.
        page.mouse.move(rail["x"] + 8 + share * (rail["width"] - 16) if native else box["x"] + box["width"] / 2, y)
        page.mouse.down()
        watch = page.evaluate_handle(
            "([place, words, picture]) => clockFrames(place, words, picture)",
            [self.place.element_handle(), self.words, self.picture],
        )
        start, step = time.perf_counter(), 0
        while (now := time.perf_counter() - start) < seconds:
            there = abs((now / 2) % 2 - 1)  # a triangle wave: from end to end in two seconds
            page.mouse.move(rail["x"] + 8 + there * (rail["width"] - 16), y)
            step += 1
            time.sleep(max(0, start + step / 60 - time.perf_counter()))
        seen = page.evaluate("watch => watch.stop()", watch)
        page.mouse.up()
        return seen


def p95(numbers: Sequence[float]) -> float:
    return statistics.quantiles(numbers, n=20)[-1]


def spread(numbers: Sequence[float]) -> str:
    return f"{statistics.median(numbers):.1f}, {p95(numbers):.1f}"


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
    """A page with a notebook of these cells, already run."""
    page = new_page(browser, HEIGHT)
    run_all(page, lab.address(write_cells(lab, *sources)))
    page.add_script_tag(path=Path(__file__).with_name("clock.js"))
    page.wait_for_timeout(1000)
    yield page
    page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")
    page.close()


@contextmanager
def open_file(browser: Browser, name: str, folder: Path) -> Iterator[Page]:
    """A page of the explorer alone, from the disk."""
    page = new_page(browser, 900)
    page.goto(getattr(explorers, name)().save(folder / f"{name}.html", overwrite=True).as_uri())
    page.add_script_tag(path=Path(__file__).with_name("clock.js"))
    yield page
    page.close()


def slider_of(place: Locator, name: str) -> Subject:
    return Subject(place, place.get_by_role("slider", name=name, exact=True))


def take_turns(subjects: Sequence[Subject], moves: int) -> None:
    """Four moves of one, four of the next, and again. The first round does not count: it fills fonts and caches."""
    for round_ in range(1 + -(-moves // 4)):
        for subject in subjects:
            subject.place.page.bring_to_front()
            found = [subject.move() for _ in range(4)]
            if round_:
                subject.moves += found


def row(title: str, subject: Subject, floor: float, seen: dict | None) -> None:
    painted = [move["painted"] for move in subject.moves]
    script = [move["script"] for move in subject.moves if move["script"] is not None]
    next_frame = statistics.mean(move["nextFrame"] for move in subject.moves)
    dragged = f"{seen['blank']} of {seen['frames']}, {seen['jumps']}" if seen else ""
    inside = spread(script) if ".mbv2-words" in subject.words else ""
    print(
        f"| {title} | {inside} | {f'{next_frame:.0%}' if inside else ''} | {spread(painted)} "
        f"| {floor / statistics.median(painted):.1f} | {dragged} |",
        flush=True,
    )


def race(browser: Browser, lab: Lab, folder: Path, name: str, moves: int, seconds: float) -> None:
    """One explorer in each of its places, against plain interact and the bare round trip; prints their rows."""
    slider = EXPLORERS[name]
    sources = [OURS.format(name, ""), PLAIN.format(name, ""), BARE]
    with (
        open_cells(browser, lab, *sources) as page,
        open_file(browser, name, folder) as file,
        open_file(browser, name, folder) as slow,
    ):
        slow.context.new_cdp_session(slow).send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})
        field_name = next(key for key, label in labels(file).items() if label == slider)
        inline = cell(page, 1).locator(".widget-inline-hbox").filter(has=page.get_by_text(field_name, exact=True))
        plain = Subject(cell(page, 1), inline.locator(".noUi-handle"), ".jp-RenderedHTML", ".widget-output img")
        bare = Subject(cell(page, 2), cell(page, 2).locator(".noUi-handle"), "b", "b")
        subjects = {
            "JupyterLab": slider_of(cell(page, 0), slider),
            "the file": slider_of(file.locator(".mbv2"), slider),
            f"the file, throttled {THROTTLE}x": slider_of(slow.locator(".mbv2"), slider),
            "plain interact": plain,
            "bare round trip": bare,
        }
        take_turns(list(subjects.values()), moves)
        floor = statistics.median(move["painted"] for move in plain.moves)
        seen = {title: subject.drag(seconds) for title, subject in subjects.items() if subject is not bare}
        busy = slider_of(cell(page, 0), slider)
        # Where the drag ended, neighbors may be described alike; then no move would show new words.
        cell(page, 0).get_by_role("button", name="Reset").click()
        with busy_kernel(page):
            take_turns([busy], moves)
            seen["busy"] = busy.drag(seconds)
        print(f"| **{name}** | | | | | |")
        for title, subject in subjects.items():
            row(title, subject, floor, seen.get(title))
            if title == "JupyterLab":
                row("JupyterLab, busy kernel", busy, floor, seen["busy"])


def labels(page: Page) -> dict[str, str]:
    """The label of each setting, as the page shows them in the order of Python's settings."""
    names = page.evaluate("() => Object.keys(JSON.parse(document.querySelector('.mbv2').dataset.mbv2Data).options)")
    shown = page.locator(".mbv2-controls > :not(.mbv2-element) label span").all_inner_texts()
    return dict(zip(names, shown, strict=True))


@contextmanager
def busy_kernel(page: Page) -> Iterator[None]:
    """A cell's worth of work that keeps the kernel busy until it is interrupted."""
    kernel = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
    page.evaluate(f"code => {{ {kernel}.requestExecute({{code}}); }}", BUSY)
    page.wait_for_function(f"() => {kernel}.status === 'busy'")
    yield
    page.evaluate(f"() => {kernel}.interrupt()")


def growth(browser: Browser, lab: Lab, name: str, moves: int) -> None:
    """The same explorer at its largest numbers against its smallest; prints a row."""
    slider, small, large = SIZES[name]
    with open_cells(browser, lab, *(OURS.format(name, settings) for settings in (small, large))) as page:
        subjects = [slider_of(cell(page, number), slider) for number in (0, 1)]
        take_turns(subjects, moves)
        first, second = (statistics.median(move["script"] for move in subject.moves) for subject in subjects)
        print(f"| {name} | {large} | {second / first:.2f} |", flush=True)


def first_answer(browser: Browser, lab: Lab, notebook: str) -> tuple[float, float, float]:
    """Seconds from the request for the page to its first slider, and to its answer, under Run All; the kernel's MiB."""
    page = new_page(browser, HEIGHT)
    start = time.perf_counter()
    run_all(page, lab.address(notebook), wait=False)
    slider = page.locator(".jp-OutputArea-output :is(input[type=range], .noUi-handle)").first
    slider.wait_for(timeout=120_000)
    shown = time.perf_counter() - start
    output = page.locator(".jp-OutputArea-output").filter(has=page.locator("input[type=range], .noUi-handle")).first
    before = output.inner_text()
    slider.press("ArrowRight")
    expect(output).not_to_have_text(before, timeout=120_000)
    answered = time.perf_counter() - start
    page.wait_for_function(DONE, timeout=300_000)
    _, of_kernels = memory(psutil.Process(lab.pid))
    page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")
    page.close()
    return shown, answered, of_kernels / 2**20


def opening(browser: Browser, lab: Lab) -> None:
    """Each notebook that has an explorer, against one with only a bare slider; prints a table."""
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
    parser.add_argument("--seconds", type=float, default=5, help="how long to drag")
    parser.add_argument("--skip-notebooks", action="store_true")
    parser.add_argument("--only", choices=EXPLORERS, action="append")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder, state = Path(temporary) / "work", Path(temporary) / "state"
        shutil.copytree(ROOT / "notebooks", folder / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
        state.mkdir()
        browser = launch(playwright)
        with jupyterlab(folder, state) as lab:
            print(
                "| | script and layout, ms: median, p95 | with the next frame | painted, ms: median, p95 "
                "| × as fast as interact | dragged: frames without picture, jumps |"
            )
            print("|---|---:|---:|---:|---:|---:|")
            for name in options.only or EXPLORERS:
                race(browser, lab, folder, name, options.moves, options.seconds)
            print("\n| | large (channels, channels, pixels) | script and layout, × small |\n|---|---|---:|")
            for name in SIZES:
                if name in (options.only or EXPLORERS):
                    growth(browser, lab, name, options.moves)
            if not options.skip_notebooks:
                opening(browser, lab)
        browser.close()


if __name__ == "__main__":
    main()
