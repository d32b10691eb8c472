"""The explorers that live in the browser, in JupyterLab: moved by hand, followed by a kernel, and without one.

One notebook with one of each serves most tests; each begins with the explorers as they were made.
"""

import html
import json
import re
from importlib.resources import files

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Locator, Page, expect

from mbv2_lesson import explorers

from .conftest import KERNEL
from .jupyterlab import READY, STATE, complaints, run_all

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
NAMES = ["convolution", "separable", "groups", "block"]
IMPORTS = "import ipywidgets\nfrom mbv2_lesson.explorers import *"
CELLS = [IMPORTS, *(f"{name} = {name.title()}Explorer()\n{name}" for name in NAMES)]

SCRIPT = """
window.panel = () => [...window.jupyterapp.shell.widgets('main')].find(widget => widget.sessionContext);
window.kernel = () => panel().sessionContext.session?.kernel;
// What an explorer shows: values, sentence, table, picture.
window.shown = root => ({
    values: [...root.querySelectorAll('input:not(.mbv2-element *)')].map(input =>
        input.type === 'checkbox' ? input.checked : input.closest('div').querySelector('output').textContent),
    sentence: root.querySelector('.mbv2-words').innerText,
    table: [...root.querySelectorAll('tbody tr:not(.mbv2-absent)')].map(
        row => [...row.children].map(cell => cell.innerText.replaceAll('\\u200b', ''))),
    alt: root.querySelector('svg').getAttribute('aria-label'),
    picture: root.querySelector('.mbv2-picture').innerHTML,
});
// What it shows in the frame after each of its moves.
window.follow = root => {
    [root.inputs, root.frames] = [0, []];
    root.addEventListener('input', () => {
        root.inputs++;
        requestAnimationFrame(() => root.frames.push(shown(root)));
    });
};
"""
FRAME = """async root => {
    while (!root.inputs || root.frames.length < root.inputs) await new Promise(requestAnimationFrame);
    const last = root.frames.at(-1);
    [root.inputs, root.frames] = [0, []];
    return last;
}"""
# How a Python expression ends up in the kernel, as JSON.
ASK = """async code => {
    const future = kernel().requestExecute({code: 'import json', user_expressions: {it: `json.dumps(${code})`}});
    return (await future.done).content.user_expressions.it.data['text/plain'];
}"""


def shut_down(page: Page) -> None:
    page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")


@pytest.fixture(scope="module")
def four(browser, lab):
    """The page with the four explorers; fingers and mouse both work on it."""
    context = browser.new_context(viewport={"width": 1280, "height": 3000}, has_touch=True, color_scheme="dark")
    page = context.new_page()
    page.add_init_script(SCRIPT)
    page.faults, page.requests = [], []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda message: page.faults.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: page.requests.append(request.url))
    nb = new_notebook(cells=[new_code_cell(source) for source in CELLS], metadata={"kernelspec": KERNEL})
    nbformat.write(nb, lab.folder / "notebooks" / "four.ipynb")
    run_all(page, lab.address("four.ipynb"))
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    yield page
    shut_down(page)
    context.close()


@pytest.fixture
def page(four, lab):
    """The same page, each explorer as it was made; and after the test no complaint."""
    for name in NAMES:
        place(four, name).get_by_role("button", name="Reset").click()
    yield four
    faults = complaints(four)
    four.faults.clear()
    assert faults == []
    assert {url for url in four.requests if not url.startswith((lab.origin, "data:", "blob:"))} == set()


def place(page: Page, name: str) -> Locator:
    return page.locator(".jp-CodeCell").nth(1 + NAMES.index(name)).locator(".mbv2")


def slider(page: Page, name: str, label: str) -> Locator:
    return place(page, name).get_by_role("slider", name=label)


def asked(page: Page, code: str) -> object:
    """The value of an expression in the kernel."""
    return json.loads(page.evaluate(ASK, code)[1:-1])


def in_kernel(page: Page, code: str) -> None:
    """Runs code in the kernel, outside of any cell."""
    page.evaluate("async code => { await kernel().requestExecute({code}).done; }", code)


def kernel_has(page: Page, code: str, value: object) -> None:
    page.wait_for_function(
        f"async ([code, value]) => (await ({ASK})(code)).slice(1, -1) === value",
        arg=[code, json.dumps(value)],
        timeout=15_000,
    )


def made(name: str, **settings) -> explorers.BlockExplorer:
    return getattr(explorers, f"{name.title()}Explorer")(**settings)


def cells_of(table: str) -> list[list[str]]:
    """The rows of an HTML table below its head."""
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", table, re.S)]
    return [[html.unescape(cell) for cell in row] for row in rows[1:]]


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
    for control in root.locator("input").all():
        move(page, control)
        after = root.evaluate(FRAME)
        assert after["values"] != before["values"]
        changed |= {part for part in after if after[part] != before[part]}
        mine = made(name, **dict(zip(made(name).options, map(read, after["values"]), strict=True)))
        assert after["table"] == cells_of(mine.table())
        assert re.search(rf"\b{mine.cost.params:,}\b", after["sentence"])
        before = after
    page.wait_for_timeout(500)
    assert root.evaluate("root => shown(root)") == before, "something came later"
    assert changed == set(before), "a part that never changes is not tested"


def read(value: bool | str) -> bool | int:
    return value if isinstance(value, bool) else int(value.replace(",", ""))


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
    assert len(controls) == 11
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
  - paragraph:
    - strong: 4,352 parameters, 12,343,296 MACs.
    - text: /From 16 channels of 56×56 to .* added to the output\\./
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
    kernel_has(page, "block.out_channels", 24)
    kernel_has(page, "block.cost.params", made("block", out_channels=24).cost.params)
    place(page, "block").get_by_role("checkbox", name="linear").click()
    kernel_has(page, "block.linear", False)
    place(page, "block").get_by_role("button", name="Reset").click()
    kernel_has(page, "block.values", made("block").values)


def test_a_cell_moves_controls_and_picture(page):
    in_kernel(page, "block.stride = 2")
    expect(slider(page, "block", "stride")).to_have_attribute("aria-valuetext", "2")
    expect(place(page, "block").locator(".mbv2-words")).to_contain_text("No shortcut: stride 2")
    in_kernel(page, "block.set(stride=1, expand_ratio=1, linear=False)")
    expect(place(page, "block").get_by_role("checkbox", name="linear")).not_to_be_checked()
    after = place(page, "block").evaluate("root => shown(root)")
    assert after["table"] == cells_of(made("block", expand_ratio=1, linear=False).table())
    assert after["picture"].count(">ReLU6<") == 2 and ">linear<" not in after["picture"]


@pytest.fixture
def two_views(page):
    """Shows an explorer once more, as "Create New View for Cell Output" does, and closes that view in the end."""

    def create(name: str) -> Locator:
        page.evaluate(
            """async number => {
                panel().content.activeCellIndex = number;
                await window.jupyterapp.commands.execute('notebook:create-output-view');
                window.jupyterapp.shell.activateById(panel().id);
            }""",
            1 + NAMES.index(name),
        )
        return page.locator(".jp-LinkedOutputView .mbv2")

    yield create
    page.evaluate("() => [...jupyterapp.shell.widgets('main')].find(view => view !== panel()).close()")
    expect(page.locator(".jp-LinkedOutputView")).to_have_count(0)


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
    kernel_has(page, "separable.values", made("separable").values)


COUNT_MESSAGES = """() => {
    window.messages = {send: 0, recv: 0};
    kernel().anyMessage.connect((_, {msg, direction}) => {
        if (msg.header.msg_type === 'comm_msg') messages[direction]++;
    });
}"""


def test_linked_explorers_follow_each_other_and_do_not_chase(page):
    page.evaluate(COUNT_MESSAGES)
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
    kernel_has(page, "[convolution.stride, separable.stride, convolution.counted['settings']['stride']]", [4, 2, 4])
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
# All that is told from now on.
LISTEN = """node => {
    window.told = [];
    new MutationObserver(() => told.push(node.textContent)).observe(node, {childList: true});
}"""


def test_python_says_so_where_it_counts_otherwise(page):
    told = place(page, "separable").locator(".mbv2-problem")
    channels = slider(page, "separable", "output channels")
    in_kernel(page, WRONG)
    params = made("separable", out_channels=48).cost.params
    channels.press("ArrowRight")
    expect(told).to_have_text(
        f"Python counts {params + 1:,} for params, this page {params:,}. One of them is wrong; please report it."
    )
    channels.press("ArrowLeft")
    expect(told).to_be_hidden()
    kernel_has(page, "separable.counted['settings']['out_channels']", 32)
    channels.press("ArrowRight")
    page.wait_for_timeout(300)  # the kernel counts for 48 channels
    told.evaluate(LISTEN)
    channels.press("ArrowRight")
    kernel_has(page, "separable.counted['settings']['out_channels']", 64)
    page.wait_for_timeout(500)
    assert set(page.evaluate("() => told")) <= {""}
    in_kernel(page, "del separable.numbers")


def test_nothing_is_told_where_both_count_the_same(page):
    for name in NAMES:
        for control in place(page, name).get_by_role("slider").all():
            control.press("ArrowRight")
        values = place(page, name).evaluate("root => shown(root)")["values"]
        values = dict(zip(made(name).options, map(read, values), strict=True))
        kernel_has(page, f"{name}.counted['settings']", values)
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


def test_while_the_kernel_is_busy_the_explorer_goes_on(page):
    page.evaluate("() => { window.busy = kernel().requestExecute({code: 'import time; time.sleep(4)'}).done; }")
    channels = slider(page, "block", "output channels")
    for count in (24, 32, 48):
        channels.press("ArrowRight")
        expect(channels).to_have_attribute("aria-valuetext", str(count), timeout=500)
    assert "24 channels" not in place(page, "block").locator(".mbv2-words").inner_text()
    assert page.evaluate("() => Promise.race([busy.then(() => 'idle'), Promise.resolve('busy')])") == "busy"
    page.evaluate("() => busy")
    kernel_has(page, "block.out_channels", 48)


def test_an_interrupt_in_a_drag_loses_nothing(page):
    left, y, width = along(slider(page, "block", "output channels"))
    page.mouse.move(left + width * 0.4, y)
    page.mouse.down()
    for part in range(5):
        page.mouse.move(left + width * (0.4 + 0.08 * part), y)
        page.evaluate("() => kernel().interrupt()")
    page.mouse.up()
    page.wait_for_timeout(500)
    slider(page, "block", "output channels").press("ArrowRight")
    shows = slider(page, "block", "output channels").get_attribute("aria-valuetext")
    kernel_has(page, "block.out_channels", int(shows))


# --- Where it stands ---

PLACES = """root => {
    const corner = root.getBoundingClientRect();
    const box = node => {
        const {x, y, width, height} = node.getBoundingClientRect();
        return [x - corner.x, y - corner.y, width, height].map(Math.round);
    };
    const parts = ['.mbv2-words', '.mbv2-picture svg', '.mbv2-table', 'thead :nth-child(3)', '.mbv2-buttons'];
    return JSON.stringify([root.offsetHeight, ...parts.map(part => box(root.querySelector(part)))]);
}"""
# Every control to its least, to its most, and 20 times anywhere; returns the heights and the places met.
EVERYWHERE = """(root, places) => {
    let state = 7;
    const random = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
    const set = pick => root.querySelectorAll('input').forEach(input => {
        if (input.type === 'range') input.value = pick(Number(input.max));
        else input.checked = pick(1) > 0;
        input.dispatchEvent(new Event('input'));
    });
    const met = [];
    const look = () => met.push(eval(places)(root));
    look();
    for (const pick of [max => 0, max => max]) { set(pick); look(); }
    for (let i = 0; i < 20; i++) { set(max => Math.floor(random() * (max + 1))); look(); }
    return met;
}"""


@pytest.fixture
def sized(page):
    """Sets the window's size, and puts it back."""

    def size(width: int, height: int = 3000, sidebar: bool = False) -> None:
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(f"() => window.jupyterapp.shell.{'expand' if sidebar else 'collapse'}Left()")
        page.wait_for_timeout(300)

    yield size
    size(1280)


@pytest.mark.parametrize("width", [320, 400, 800, 1024, 1280])
def test_nothing_jumps_and_nothing_scrolls_sideways(page, sized, width):
    sized(width, sidebar=width == 1024)
    for name in NAMES:
        root = place(page, name)
        met = [json.loads(places) for places in root.evaluate(EVERYWHERE, PLACES)]
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


@pytest.fixture
def themed(page):
    """Changes JupyterLab's theme, and puts it back."""
    light = "() => document.body.dataset.jpThemeLight === '%s'"

    def change(theme: str) -> None:
        page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
        page.wait_for_function(light % ("true" if "Light" in theme else "false"))

    yield change
    change("JupyterLab Light")


# The least contrast between a text and what is behind it, each mixed down to one color; what is behind a text in a
# picture is what lies under its middle.
CONTRAST = """() => {
    const canvas = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
    const mixed = colors => {
        canvas.clearRect(0, 0, 1, 1);
        for (const color of colors) { canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); }
        return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const light = rgb => rgb.map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const found = [];
    for (const root of document.querySelectorAll('.mbv2')) {
        const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
        while (walk.nextNode()) {
            const parent = walk.currentNode.parentElement;
            if (!walk.currentNode.data.trim() || !parent.checkVisibility({visibilityProperty: true})) continue;
            const drawn = parent.localName === 'text';
            const behind = [];
            for (let node = parent; node; node = node.parentElement) {
                behind.unshift(getComputedStyle(node).backgroundColor);
            }
            if (drawn) {
                const {x, y, width, height} = parent.getBoundingClientRect();
                const under = document.elementsFromPoint(x + width / 2, y + height / 2);
                const fills = under.filter(e => e.localName === 'path').map(e => getComputedStyle(e).fill);
                behind.push(...fills.filter(fill => fill !== 'none').reverse());
            }
            const style = getComputedStyle(parent);
            const [a, b] = [mixed(behind), mixed([...behind, drawn ? style.fill : style.color])].map(light);
            found.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), walk.currentNode.data]);
        }
    }
    return {count: found.length, low: found.filter(([ratio]) => ratio < 4.5)};
}"""


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
            found = page.evaluate(CONTRAST)
            assert found["count"] > 100
            assert found["low"] == []
            slider(page, "block", "stride").press("End")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(light) == ["rgb(255, 255, 255)"]
    assert page.evaluate(CONTRAST)["low"] == []
    page.emulate_media(media="screen", color_scheme="dark")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forced_colors_can_be_read(page, scheme):
    page.emulate_media(forced_colors="active", color_scheme=scheme)
    assert page.evaluate(CONTRAST)["low"] == []
    grid = place(page, "groups").locator("svg")
    slider(page, "groups", "groups").press("End")
    empty, filled = (grid.locator(part).first.evaluate("e => getComputedStyle(e).fill") for part in ("path", ".cells"))
    assert empty != filled
    page.emulate_media(forced_colors="none", color_scheme="dark")


# --- What is left behind ---


def live(page: Page) -> dict[str, float]:
    """How many nodes and listeners the page holds once what is not used is gone."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("HeapProfiler.enable")
    devtools.send("HeapProfiler.collectGarbage")
    devtools.send("Performance.enable")
    metrics = {metric["name"]: metric["value"] for metric in devtools.send("Performance.getMetrics")["metrics"]}
    devtools.detach()
    return {name: metrics[name] for name in ("Nodes", "JSEventListeners")}


MOVES = """async (root, moves) => {
    const inputs = [...root.querySelectorAll('input[type=range]')];
    for (let move = 0; move < moves; move++) {
        const input = inputs[move % inputs.length];
        input.value = move % (Number(input.max) + 1);
        input.dispatchEvent(new Event('input'));
        input.dispatchEvent(new Event('change'));
        if (move % 10 === 0) await new Promise(requestAnimationFrame);
    }
    root.querySelector('button').click();
}"""


def test_two_hundred_moves_leave_nothing_behind(page):
    counts = []
    for moves in (20, 200):
        place(page, "separable").evaluate(MOVES, moves)
        kernel_has(page, "separable.counted['settings']", made("separable").values)
        page.wait_for_timeout(500)
        counts.append(live(page))
    assert counts[1]["JSEventListeners"] - counts[0]["JSEventListeners"] <= 2
    assert counts[1]["Nodes"] - counts[0]["Nodes"] < 30, "fewer than a picture has"


def run_cell(page: Page, number: int) -> None:
    page.evaluate(
        """async number => {
            panel().content.activeCellIndex = number;
            panel().content.deselectAll();
            await window.jupyterapp.commands.execute('notebook:run-cell');
        }""",
        number,
    )


def test_a_cell_that_runs_again_leaves_nothing_behind(page):
    """Without a key: JupyterLab keeps each element that a key was pressed on, whosever it is."""
    counts = []
    for runs in (2, 4):
        for _ in range(runs):
            run_cell(page, 1 + NAMES.index("block"))
        place(page, "block").get_by_role("checkbox", name="linear").click()
        kernel_has(page, "block.counted['settings']['linear']", False)
        counts.append(live(page))
    assert counts[1]["Nodes"] - counts[0]["Nodes"] < 100, "fewer than an explorer has"
    assert counts[1]["JSEventListeners"] - counts[0]["JSEventListeners"] < 30, "JupyterLab leaves 3 per run"


# --- A page that comes back, a kernel that ends ---


def test_after_a_reload_the_page_shows_what_the_kernel_has(page, lab):
    slider(page, "block", "output channels").press("ArrowRight")
    kernel_has(page, "block.out_channels", 24)
    page.evaluate("async () => { await panel().context.save(); }")
    page.goto(lab.address("four.ipynb"))
    expect(slider(page, "block", "output channels")).to_have_attribute("aria-valuetext", "24", timeout=60_000)
    place(page, "block").get_by_role("button", name="Reset").click()
    kernel_has(page, "block.values", made("block").values)


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
    kernel_has(page, "block.out_channels", 24)
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
    assert page.evaluate(before) == ["none"] * 4, "the icon of a broken chain"
    expect(page.locator(".mbv2-problem:visible")).to_have_count(0)
    if end == "shut down":
        page.evaluate(ENDS["changed"])
    for number in (0, 1 + NAMES.index("block")):
        run_cell(page, number)
    expect(slider(page, "block", "output channels")).to_have_attribute("aria-valuetext", "16")
    slider(page, "block", "output channels").press("ArrowRight")
    kernel_has(page, "block.out_channels", 24)


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
    expect(page.locator(".mbv2")).to_have_count(4)
