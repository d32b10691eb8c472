"""The explorers in JupyterLab, moved by hand and followed by a kernel; each test begins with them as they were made."""

import re
from importlib.resources import files

import pytest
from playwright.sync_api import Locator, Page, expect

from mbv2_lesson import explorers

from ..jupyterlab import STATE, complaints, expect_in_kernel, in_kernel
from .here import NAMES, cells_of, made, place, read, slider

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


# --- By hand ---


def by_key(page: Page, control: Locator) -> None:
    control.focus()
    page.keyboard.press("Space" if control.get_attribute("type") == "checkbox" else "ArrowRight")


def along(control: Locator) -> tuple[float, float, float]:
    """A slider's left end, its middle height and its width, once it is in view."""
    control.scroll_into_view_if_needed()
    box = control.bounding_box()
    return box["x"], box["y"] + box["height"] / 2, box["width"]


def by_mouse(page: Page, control: Locator) -> None:
    if control.get_attribute("type") == "checkbox":
        return control.click()
    left, y, width = along(control)
    at = float(control.input_value()) / float(control.get_attribute("max"))
    page.mouse.move(left + 8 + at * (width - 16), y)
    page.mouse.down()
    page.mouse.move(left + width * (0.3 if at > 0.5 else 0.6), y, steps=4)
    page.mouse.up()


def by_finger(page: Page, control: Locator) -> None:
    if control.get_attribute("type") == "checkbox":
        return control.tap()
    left, y, width = along(control)
    at = float(control.input_value()) / float(control.get_attribute("max"))
    page.touchscreen.tap(left + width * (0.3 if at > 0.5 else 0.65), y)


@pytest.mark.parametrize("move", [by_key, by_mouse, by_finger])
@pytest.mark.parametrize("name", NAMES)
def test_a_move_shows_everything_in_the_next_frame(page, name, move):
    root = place(page, name)
    root.evaluate("root => follow(root)")
    before, changed = root.evaluate("root => shown(root)"), set()
    for control in root.locator("input:not(.mbv2-element *)").all():
        move(page, control)
        after = root.evaluate("root => lastFrame(root)")
        assert after["values"] != before["values"]
        changed |= {part for part in after if after[part] != before[part]}
        mine = made(name, **dict(zip(made(name).options, map(read, after["values"]), strict=True)))
        assert after["table"] == cells_of(mine.table())
        assert re.search(rf"\b{mine.cost.params:,}\b", after["sentence"])
        before = after
    expect_in_kernel(page, f"{name}.counted['settings']", mine.values)
    page.wait_for_timeout(100)  # the kernel's messages and its answer come by different ways
    assert root.evaluate("root => shown(root)") == before, "something came later"
    assert changed == set(before), "a part that never changes is not tested"


def test_jupyterlab_takes_no_key_from_a_control(page):
    cells = page.locator(".jp-Cell").count()
    counts = page.evaluate(STATE)["counts"]
    root = place(page, "block")
    for control in (
        root.get_by_role("slider").first,
        root.get_by_role("checkbox").first,
        root.get_by_role("button").first,
    ):
        control.focus()
        for key in (
            "ArrowDown",
            "ArrowUp",
            "ArrowLeft",
            "a",
            "b",
            "d",
            "d",
            "x",
            "m",
            "Enter",
            "Shift+Enter",
            "Escape",
        ):
            page.keyboard.press(key)
            expect(control).to_be_focused()
    assert page.locator(".jp-Cell").count() == cells
    assert page.evaluate(STATE)["counts"] == counts


def test_tab_goes_from_control_to_control_and_shows_where(page):
    controls = place(page, "block").locator("input, button").all()
    assert len(controls) == 15
    controls[0].focus()
    for control in controls:
        expect(control).to_be_focused()
        assert control.evaluate("c => c.matches(':focus-visible') && getComputedStyle(c).outlineStyle") != "none"
        page.keyboard.press("Tab")


SNAPSHOT = """
- group "The inverted residual block":
  - slider "input channels"
  - slider "output channels"
  - slider "expansion ratio t"
  - slider "stride"
  - slider "input height, width"
  - 'checkbox "linear end (off: ReLU6)" [checked]'
  - checkbox "expand even at ratio 1"
  - slider "output element"
  - button "Previous output element"
  - button "Play"
  - button "Next output element"
  - paragraph:
    - strong: 4,352 parameters, 12,343,296 MACs.
    - text: "Linear at the end. Shortcut: the input is added to the output."
  - img /The inverted residual block\\. From 16 channels of 56×56, .*/
  - table
  - button "Reset"
  - button "Copy as Python"
  - button "Save picture"
  - button "Full screen"
"""


def test_names_roles_and_values_in_words(page):
    expect(place(page, "block").get_by_role("group")).to_match_aria_snapshot(SNAPSHOT)
    channels = slider(page, "block", "output channels")
    channels.press("End")
    expect(channels).to_have_attribute("aria-valuetext", "4,096")
    told = place(page, "block").locator(".mbv2-status")
    expect(told).to_contain_text("No shortcut: 16 channels cannot be added to 4096")
    place(page, "block").get_by_role("button", name="Reset").click()
    expect(channels).to_have_attribute("aria-valuetext", "16")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_axe_finds_no_fault(page, themed, theme):
    themed(theme)
    page.evaluate(AXE)
    found = page.evaluate("() => axe.run({include: [['.mbv2']]}, {resultTypes: ['violations']})")
    assert len(found["passes"]) > 15, "axe looked at nothing"
    assert [(v["id"], [node["html"] for node in v["nodes"]][:3]) for v in found["violations"]] == []


def test_what_is_copied_makes_this_explorer_and_pushes_nothing(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    root = place(page, "block")
    height = root.evaluate("root => root.offsetHeight")
    slider(page, "block", "stride").press("End")
    root.get_by_role("button", name="Copy as Python").click()
    expect(root.locator(".mbv2-message")).to_contain_text("Copied: BlockExplorer(")
    copied = eval(page.evaluate("() => navigator.clipboard.readText()"), vars(explorers))
    assert copied.values == made("block", stride=2).values
    with page.expect_download() as saved:
        root.get_by_role("button", name="Save picture").click()
    expect(root.locator(".mbv2-message")).to_have_text("Saved as BlockExplorer.svg.")
    svg = saved.value.path().read_text(encoding="utf-8")
    assert "28×28" in svg
    assert "var(" not in svg
    assert root.evaluate("root => root.offsetHeight") == height
    slider(page, "block", "stride").press("Home")
    expect(root.locator(".mbv2-message")).to_be_empty()


# --- The kernel follows ---


def test_the_kernel_has_what_a_move_ends_with(page):
    slider(page, "block", "output channels").press("ArrowRight")
    expect_in_kernel(page, "block.out_channels", 24)
    expect_in_kernel(page, "block.cost.params", made("block", out_channels=24).cost.params)
    place(page, "block").get_by_role("checkbox", name="linear").click()
    expect_in_kernel(page, "block.linear", False)
    place(page, "block").get_by_role("button", name="Reset").click()
    expect_in_kernel(page, "block.values", made("block").values)


def test_a_cell_moves_controls_and_picture(page):
    in_kernel(page, "block.stride = 2")
    expect(slider(page, "block", "stride")).to_have_attribute("aria-valuetext", "2")
    expect(place(page, "block").locator(".mbv2-words")).to_contain_text("No shortcut: stride 2")
    in_kernel(page, "block.set(stride=1, expand_ratio=1, linear=False)")
    expect(place(page, "block").get_by_role("checkbox", name="linear")).not_to_be_checked()
    after = place(page, "block").evaluate("root => shown(root)")
    assert after["table"] == cells_of(made("block", expand_ratio=1, linear=False).table())
    assert after["picture"].count(">batch norm, ReLU6<") == 2 and "linear<" not in after["picture"]


def test_two_views_of_an_explorer_stay_together_and_reset_alike(page, two_views):
    slider(page, "separable", "stride").press("End")
    second = two_views("separable")
    expect(second.get_by_role("slider", name="stride")).to_have_attribute("aria-valuetext", "2")
    second.get_by_role("slider", name="output channels").press("ArrowRight")
    expect(slider(page, "separable", "output channels")).to_have_attribute("aria-valuetext", "48")
    slider(page, "separable", "kernel size k").press("End")
    expect(second.get_by_role("slider", name="kernel size k")).to_have_attribute("aria-valuetext", "7")
    assert second.evaluate("root => shown(root)") == place(page, "separable").evaluate("root => shown(root)")
    second.get_by_role("button", name="Reset").click()
    expect(slider(page, "separable", "stride")).to_have_attribute("aria-valuetext", "1")
    expect_in_kernel(page, "separable.values", made("separable").values)


def test_linked_explorers_follow_each_other_and_do_not_chase(page):
    page.evaluate("() => countMessages()")
    in_kernel(page, "link = ipywidgets.link((convolution, 'stride'), (separable, 'stride'))")
    mine, other = slider(page, "convolution", "stride"), slider(page, "separable", "stride")
    mine.press("ArrowRight")
    expect(other).to_have_attribute("aria-valuetext", "2")
    other.press("ArrowLeft")
    expect(mine).to_have_attribute("aria-valuetext", "1")
    page.wait_for_timeout(500)
    counted = page.evaluate("() => messages")
    assert counted["send"] == 2, "a message per move of the reader"
    assert counted["recv"] <= 10, "an echo, two counts, a setting per move"
    for stride in (3, 4):  # separable has strides 1 and 2
        mine.press("ArrowRight")
        mine.press("ArrowRight") if stride == 3 else None
        told = place(page, "separable").get_by_role("alert")
        expect(told).to_have_text(f"stride must be one of 1, 2, got {stride}.")
        expect(mine).to_have_attribute("aria-valuetext", str(stride))
    expect_in_kernel(
        page, "[convolution.stride, separable.stride, convolution.counted['settings']['stride']]", [4, 2, 4]
    )
    other.press("ArrowLeft")
    expect(mine).to_have_attribute("aria-valuetext", "1")
    expect(place(page, "separable").get_by_role("alert")).to_be_hidden()
    in_kernel(page, "link.unlink()")


# --- The second opinion ---

# The kernel counts one too many for 48 output channels, and takes its time.
WRONG = """
import time
def numbers():
    numbers = SeparableExplorer.numbers(separable)
    if separable.out_channels == 48:
        numbers["params"] += 1
        time.sleep(1.5)
    return numbers
separable.numbers = numbers
"""


def test_python_says_so_where_it_counts_otherwise(page):
    told = place(page, "separable").locator(".mbv2-problem")
    channels = slider(page, "separable", "output channels")
    in_kernel(page, WRONG)
    params = made("separable", out_channels=48).cost.params
    channels.press("ArrowRight")
    expect(told).to_have_text(
        f"Python counts {params + 1:,} for params; this page counts {params:,}. One is wrong; please report it."
    )
    channels.press("ArrowLeft")
    expect(told).to_be_hidden()
    expect_in_kernel(page, "separable.counted['settings']['out_channels']", 32)
    channels.press("ArrowRight")
    page.wait_for_timeout(300)  # the kernel counts for 48 channels
    told.evaluate("node => listen(node)")
    channels.press("ArrowRight")
    expect_in_kernel(page, "separable.counted['settings']['out_channels']", 64)
    page.wait_for_timeout(500)
    assert set(page.evaluate("() => told")) <= {""}
    in_kernel(page, "del separable.numbers")


def test_nothing_is_told_where_both_count_the_same(page):
    for name in NAMES:
        for control in place(page, name).get_by_role("slider").all():
            control.press("ArrowRight")
        values = place(page, name).evaluate("root => shown(root)")["values"]
        values = dict(zip(made(name).options, map(read, values), strict=True))
        expect_in_kernel(page, f"{name}.counted['settings']", values)
        page.wait_for_timeout(100)
        expect(place(page, name).locator(".mbv2-problem")).to_be_hidden()


def test_a_fault_is_told_in_words_and_in_the_console(page, two_views):
    """Planted in the data of an explorer that is shown a second time."""
    slider(page, "block", "stride").press("End")
    in_kernel(page, "block.data = {**block.data, 'reasons': None}")
    second = two_views("block")
    expect(second.get_by_role("alert")).to_contain_text("could not show this setting. TypeError")
    assert set(complaints(page)) == {"Cannot read properties of null (reading 'stride')"}
    page.faults.clear()
    second.get_by_role("slider", name="stride").press("Home")
    expect(slider(page, "block", "stride")).to_have_attribute("aria-valuetext", "1")
    expect(second.get_by_role("alert")).to_contain_text("could not show this setting. TypeError")
    page.faults.clear()
    in_kernel(page, "block.data = BlockExplorer().data")


# --- A busy kernel, and none ---


def test_while_the_kernel_is_busy_the_explorer_goes_on(page, lab):
    wait = "import pathlib, time\nwhile not pathlib.Path('go').exists(): time.sleep(0.05)"
    page.evaluate("code => { window.busy = kernel().requestExecute({code}).done; }", wait)
    channels = slider(page, "block", "output channels")
    for count in (24, 32, 48):
        channels.press("ArrowRight")
        expect(channels).to_have_attribute("aria-valuetext", str(count), timeout=500)
    assert "24 channels" not in place(page, "block").locator(".mbv2-words").inner_text()
    assert page.evaluate("() => Promise.race([busy.then(() => 'idle'), Promise.resolve('busy')])") == "busy"
    (lab.folder / "notebooks" / "go").touch()
    page.evaluate("() => busy")
    expect_in_kernel(page, "block.out_channels", 48)


def test_an_interrupt_in_a_drag_loses_nothing(page):
    channels = slider(page, "block", "output channels")
    left, y, width = along(channels)
    page.mouse.move(left + width * 0.4, y)
    page.mouse.down()
    for part in range(1, 10):
        page.mouse.move(left + width * (0.4 + 0.05 * part), y)
        page.evaluate("() => kernel().interrupt()")
    page.mouse.up()
    for key in (None, "ArrowRight"):  # how the drag ends, and a move after it
        if key:
            channels.press(key)
        count = int(channels.get_attribute("aria-valuetext").replace(",", ""))
        cost = made("block", out_channels=count).cost
        words = place(page, "block").locator(".mbv2-words")
        expect(words).to_contain_text(f"{cost.params:,} parameters, {cost.macs:,} MACs.")
        expect_in_kernel(page, "block.out_channels", count)
