"""The explorers in JupyterLab: at every width, in every theme, after a reload, without a kernel, as a clone."""

import nbformat
import pytest
from playwright.sync_api import Page, expect

from ..jupyterlab import READY, expect_in_kernel
from .here import NAMES, cells_of, made, place, run_cell, shut_down, slider

# --- Where it stands ---


@pytest.mark.parametrize("width", [320, 400, 800, 1024, 1280])
def test_nothing_jumps_and_nothing_scrolls_sideways(page, sized, width):
    sized(width, sidebar=width == 1024)
    for name in NAMES:
        root = place(page, name)
        met = root.evaluate("root => everywhere(root)")
        heights = [height for height, *_ in met]
        if root.evaluate("root => root.offsetWidth") < 500:  # it grows with the words, and does not shrink
            assert heights == sorted(heights), name
        else:
            assert met == [met[0]] * len(met), name
        if width == 1024:
            assert max(heights) <= 620, name
        assert root.evaluate("root => root.scrollWidth - root.clientWidth") == 0, name
    places = "[...document.querySelectorAll('.jp-WindowedPanel-outer, .jp-OutputArea-output')]"
    assert set(page.evaluate(f"() => {places}.map(node => node.scrollWidth - node.clientWidth)")) == {0}


# --- Colors ---


def test_the_theme_of_jupyterlab_wins_and_every_text_can_be_read(page, themed):
    light = "() => [...new Set([...document.querySelectorAll('.mbv2')].map(e => getComputedStyle(e).backgroundColor))]"
    for theme, scheme, background in (
        ("JupyterLab Light", "dark", "rgb(255, 255, 255)"),
        ("JupyterLab Dark", "light", "rgb(21, 25, 31)"),
    ):
        themed(theme)
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate(light) == [background]
        for _ in range(2):
            found = page.evaluate("() => contrast()")
            assert found["count"] > 100
            assert found["low"] == []
            slider(page, "block", "stride").press("End")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(light) == ["rgb(255, 255, 255)"]
    assert page.evaluate("() => contrast()")["low"] == []
    page.emulate_media(media="screen", color_scheme="dark")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forced_colors_can_be_read(page, scheme):
    page.emulate_media(forced_colors="active", color_scheme=scheme)
    assert page.evaluate("() => contrast()")["low"] == []
    grid = place(page, "groups").locator("svg")
    slider(page, "groups", "groups").press("End")
    empty, filled = (grid.locator(part).first.evaluate("e => getComputedStyle(e).fill") for part in ("path", ".cells"))
    assert empty != filled
    page.emulate_media(forced_colors="none", color_scheme="dark")


# --- What is left behind ---


def live(page: Page) -> dict[str, float]:
    """How many nodes and listeners the page holds after unused ones are gone."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("HeapProfiler.enable")
    devtools.send("HeapProfiler.collectGarbage")
    devtools.send("Performance.enable")
    metrics = {metric["name"]: metric["value"] for metric in devtools.send("Performance.getMetrics")["metrics"]}
    devtools.detach()
    return {name: metrics[name] for name in ("Nodes", "JSEventListeners")}


def test_two_hundred_moves_leave_nothing_behind(page):
    counts = []
    for moves in (20, 200):
        place(page, "separable").evaluate("(root, moves) => manyMoves(root, moves)", moves)
        expect_in_kernel(page, "separable.counted['settings']", made("separable").values)
        page.wait_for_timeout(500)
        counts.append(live(page))
    assert counts[1]["JSEventListeners"] - counts[0]["JSEventListeners"] <= 2
    assert counts[1]["Nodes"] - counts[0]["Nodes"] < 30, "fewer than a picture has"


def test_a_cell_that_runs_again_leaves_nothing_behind(page):
    """Without a key: JupyterLab keeps each element that a key was pressed on, whosever it is."""
    counts = []
    for runs in (2, 4):
        for _ in range(runs):
            run_cell(page, 1 + NAMES.index("block"))
        place(page, "block").get_by_role("checkbox", name="linear").click()
        expect_in_kernel(page, "block.counted['settings']['linear']", False)
        counts.append(live(page))
    assert counts[1]["Nodes"] - counts[0]["Nodes"] < 100, "fewer than an explorer has"
    assert counts[1]["JSEventListeners"] - counts[0]["JSEventListeners"] < 30, "JupyterLab leaves 3 per run"


# --- A page that comes back, a kernel that ends ---


def test_after_a_reload_the_page_shows_what_the_kernel_has(page, lab):
    slider(page, "block", "output channels").press("ArrowRight")
    expect_in_kernel(page, "block.out_channels", 24)
    page.evaluate("async () => { await panel().context.save(); }")
    page.goto(lab.address("four.ipynb"))
    channels, words = slider(page, "block", "output channels"), place(page, "block").locator(".mbv2-words")
    expect(channels).to_have_attribute("aria-valuetext", "24", timeout=60_000)
    expect(words).to_contain_text(f"{made('block', out_channels=24).cost.params:,} parameters")
    channels.press("ArrowRight")
    expect(words).to_contain_text(f"{made('block', out_channels=32).cost.params:,} parameters")
    expect_in_kernel(page, "block.out_channels", 32)
    place(page, "block").get_by_role("button", name="Reset").click()
    expect_in_kernel(page, "block.values", made("block").values)
    question = page.locator(".mbv2 form")
    question.get_by_role("radio").first.check()
    question.get_by_role("button", name="Commit").click()
    expect(question.get_by_role("status")).not_to_be_empty()


ENDS = {
    "restarted": "() => kernel().restart()",
    "killed": "() => { kernel().requestExecute({code: 'import os; os._exit(1)'}); }",
    "changed": "() => panel().sessionContext.changeKernel({name: 'python3'})",
    "shut down": "() => panel().sessionContext.shutdown()",
}


@pytest.mark.parametrize("end", ENDS)
def test_without_its_kernel_the_explorer_goes_on(page, end):
    channels = slider(page, "block", "output channels")
    channels.press("ArrowRight")
    expect_in_kernel(page, "block.out_channels", 24)
    page.evaluate(ENDS[end])
    channels.press("ArrowRight")  # while it is on its way out
    expect(channels).to_have_attribute("aria-valuetext", "32")
    if end == "killed":
        page.locator(".jp-Dialog").get_by_role("button", name="Ok").click()
    page.wait_for_timeout(1000)
    channels.press("ArrowRight")
    place(page, "block").get_by_role("checkbox", name="linear").click()
    after = place(page, "block").evaluate("root => shown(root)")
    assert after["table"] == cells_of(made("block", out_channels=48, linear=False).table())
    before = "() => [...document.querySelectorAll('.mbv2')].map(root => getComputedStyle(root, '::before').content)"
    assert page.evaluate(before) == ["none"] * 5, "the icon of a broken chain"
    expect(page.locator(".mbv2-problem:visible")).to_have_count(0)
    if end == "shut down":
        page.evaluate(ENDS["changed"])
    for number in (0, 1 + NAMES.index("block")):
        run_cell(page, number)
    expect(slider(page, "block", "output channels")).to_have_attribute("aria-valuetext", "16")
    slider(page, "block", "output channels").press("ArrowRight")
    expect_in_kernel(page, "block.out_channels", 24)


# --- As a clone ---


def test_what_is_saved_is_a_still_version_until_it_runs(page, lab):
    """In a fresh clone JupyterLab trusts nothing."""
    page.evaluate("async () => { await panel().context.save(); }")
    nb = nbformat.read(lab.folder / "notebooks" / "four.ipynb", as_version=4)
    assert "widgets" not in nb.metadata
    nb.metadata["title"] = "another, so that no signature fits"
    nbformat.write(nb, lab.folder / "notebooks" / "clone.ipynb")
    shut_down(page)
    page.goto(lab.address("clone.ipynb"))
    page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell")
    outputs = page.locator(".jp-OutputArea-output")
    expect(outputs.locator("img")).to_have_count(4)
    for name in NAMES:
        output = outputs.nth(NAMES.index(name))
        assert output.locator("img").get_attribute("alt")
        assert output.locator("img").evaluate("image => image.naturalWidth") > 0
        expect(output.locator("table")).to_contain_text(f"{made(name).cost.macs:,}")
    expect(page.locator(".mbv2")).to_have_count(0)
    page.evaluate(READY)
    expect(page.locator(".mbv2")).to_have_count(5)
