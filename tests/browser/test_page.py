"""Each explorer as a file for a post, opened from disk: keyboard, mouse, touch, widths, themes."""

import html
import itertools
import json
import re
import xml.etree.ElementTree as ElementTree
from importlib.resources import files

import pytest
from playwright.sync_api import Page, expect

from mbv2_lesson import explorers
from mbv2_lesson.explorers import SeparableExplorer, pages
from mbv2_lesson.figures.gallery import files as gallery

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
# The texts of the picture whose contrast is under 4.5:1 at their start, middle or end: against the first filled shape
# that is hit there, or otherwise the page.
FAINT = """() => {
    const light = color => {
        const parts = color.match(/[\\d.]+/g).slice(0, 3).map(part => part / 255)
            .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
    };
    const paper = getComputedStyle(document.body).backgroundColor;
    const below = (x, y) => {
        const shape = document.elementsFromPoint(x, y)
            .find(node => node.localName === 'path' && getComputedStyle(node).fill !== 'none');
        return shape ? getComputedStyle(shape).fill : paper;
    };
    return [...document.querySelectorAll('svg text')].flatMap(text => {
        const box = text.getBoundingClientRect();
        return [box.left + 1, box.x + box.width / 2, box.right - 1].flatMap(x => {
            const { fill, stroke } = getComputedStyle(text); // with a stroke it brings its own ground
            const ground = stroke === 'none' ? below(x, box.y + box.height / 2) : stroke;
            const [a, b] = [fill, ground].map(light);
            const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            return contrast < 4.5 ? [`${text.textContent}: ${contrast.toFixed(1)}`] : [];
        });
    });
}"""
# Texts that the picture cuts or that another text touches.
CUT = """() => {
    const boxOf = node => node.getBoundingClientRect();
    const texts = [...document.querySelectorAll('svg text')].map(text => [text.textContent, boxOf(text)]);
    const paper = boxOf(document.querySelector('.mbv2-picture svg'));
    const isCut = box => box.left < paper.left - 0.5 || box.right > paper.right + 0.5
        || box.top < paper.top - 1 || box.bottom > paper.bottom + 1;
    const touch = (a, b) => a.right >= b.left && b.right >= a.left && a.bottom >= b.top + 3 && b.bottom >= a.top + 3;
    return texts.filter(([, box], index) => isCut(box) || texts.slice(index + 1).some(([, other]) => touch(box, other)))
        .map(([words]) => words);
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def tabs():
    """A page per kind of context: starting another takes longer than most tests."""
    tabs = {}
    yield tabs
    for page in tabs.values():
        page.context.close()


@pytest.fixture
def opened(browser, folder, tabs):
    """Opens a file; its requests and complaints are in ``page.requests`` and ``page.faults``."""
    used = []

    def open_file(name: str, address: str = "", width: int = 1280, color_scheme: str = "light", **settings) -> Page:
        kind = json.dumps(settings)
        if kind not in tabs:
            page = tabs[kind] = browser.new_context(**settings).new_page()
            page.on("request", lambda request: page.requests.append(request.url))
            page.on("pageerror", lambda error: page.faults.append(str(error)))
            page.on("console", lambda message: page.faults.append(message.text))
        used.append(tabs[kind])
        used[-1].goto("about:blank")  # otherwise a change of the address's last part would load nothing
        used[-1].requests, used[-1].faults = [], []
        used[-1].set_viewport_size({"width": width, "height": 1200})
        used[-1].emulate_media(color_scheme=color_scheme)
        used[-1].goto(f"file://{folder / name}{address}")
        return used[-1]

    yield open_file
    for page in used:
        assert page.faults == []


@pytest.fixture(scope="module", params=pages.EXPLORERS)
def name(request, folder):
    """The address of an explorer's page in the folder."""
    pages.make(request.param).save(folder / f"{request.param}.html", overwrite=True)
    return request.param


@pytest.fixture
def separable(folder):
    SeparableExplorer().save(folder / "separable.html", overwrite=True)
    return "separable.html"


def words(page: Page) -> str:
    return page.locator(".mbv2-words").inner_text()


def python_call(page: Page) -> str:
    """The explorer that the copied code makes."""
    message = page.locator(".mbv2-message")
    message.evaluate("node => { node.textContent = ''; }")  # what was copied before
    page.get_by_role("button", name="Copy as Python").click()
    expect(message).to_contain_text("Explorer(")
    return repr(eval(re.search(r"\w+Explorer\(.*\)", message.inner_text())[0], vars(explorers)))


def paper(page: Page) -> str:
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def numbers(text: str) -> list[str]:
    return re.findall(r"\d(?:[\d,.]*\d)?", text)


def without_tags(source: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", " ", source))


def test_a_page_opens_without_a_request_and_says_what_it_is(name, opened):
    page, explorer = opened(f"{name}.html"), pages.make(name)
    assert page.requests == [page.url]
    assert page.title() == page.get_by_role("heading", level=1).inner_text() == pages.title(name)
    expect(page.locator("main > p")).not_to_be_empty()
    expect(page.get_by_role("img")).to_have_attribute("aria-label", re.compile(r"\d"))
    expect(page.get_by_text("Without JavaScript")).to_have_count(0)
    assert page.locator(".mbv2-problem").is_hidden()
    seen = f"{words(page)} {page.get_by_role('table').inner_text()}"
    assert set(numbers(without_tags(explorer.table()))) <= set(numbers(seen))
    assert python_call(page) == repr(explorer)
    page.evaluate(AXE)
    assert [fault["id"] for fault in page.evaluate("axe.run().then(result => result.violations)")] == []


def test_every_text_can_be_read_at_every_width_in_light_and_dark(name, opened):
    page = opened(f"{name}.html")
    page.evaluate(AXE)
    for scheme, width in itertools.product(("light", "dark"), (1280, 800, 320)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 1200})
        assert (paper(page) == "rgb(255, 255, 255)") == (scheme == "light")
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate(CUT) == []
        assert page.evaluate(FAINT) == []
        contrast = "axe.run({runOnly: ['color-contrast']}).then(result => result.violations.flatMap(v => v.nodes))"
        assert page.evaluate(contrast) == []


@pytest.mark.parametrize("key", ["Home", "End"])
def test_nothing_is_cut_at_the_extremes(name, key, opened):
    page = opened(f"{name}.html", color_scheme="dark")
    for slider in page.get_by_role("slider").all():
        slider.press(key)
    for width in (320, 800, 1280):
        page.set_viewport_size({"width": width, "height": 1200})
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate(CUT) == []
        assert page.evaluate(FAINT) == []


def test_the_theme_of_the_page_wins_over_the_readers(separable, opened):
    page = opened(separable)
    for theme, readers in (("light", "dark"), ("dark", "light")):
        page.emulate_media(color_scheme=readers)
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        assert (paper(page) == "rgb(255, 255, 255)") == (theme == "light")
        assert paper(page) == page.locator(".mbv2").evaluate("node => getComputedStyle(node).backgroundColor")


def test_the_keyboard_moves_every_control(name, opened):
    page = opened(f"{name}.html")
    first, before = python_call(page), python_call(page)
    page.locator("h1").click()  # so that Tab begins at the top
    for number in range(page.locator(".mbv2-controls :is(input, select)").count()):
        page.keyboard.press("Tab")
        focused = page.locator(".mbv2-controls :is(input, select)").nth(number)
        expect(focused).to_be_focused()
        slider = focused.get_attribute("type") == "range"
        key = "Space" if focused.get_attribute("type") == "checkbox" else "ArrowDown"
        if slider:
            key = "ArrowRight" if focused.input_value() == focused.get_attribute("min") else "ArrowLeft"
        was = focused.get_attribute("aria-valuetext")
        page.keyboard.press(key)
        if slider:
            assert focused.get_attribute("aria-valuetext") != was
            if output := focused.locator("xpath=../..").locator("output").all():
                expect(output[0]).to_have_text(focused.get_attribute("aria-valuetext"))
        now = page.evaluate(SHOWN)
        assert now != before, f"{key} moved nothing"
        before = now
    for _ in range(page.locator(".mbv2-element button").count()):
        page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Reset")).to_be_focused()
    page.keyboard.press("Enter")
    assert python_call(page) == first


# What a reader sees and hears about the setting.
SHOWN = """() => [...document.querySelectorAll('.mbv2-controls :is(input, select)')].map(
    input => input.type === 'checkbox' ? input.checked : input.value).join()"""


STEPPED = ("convolution", "separable", "groups", "block")


@pytest.mark.parametrize("module", STEPPED)
def test_a_reader_steps_through_the_output_elements(module, opened, folder):
    pages.make(module).save(folder / f"{module}.html", overwrite=True)
    page = opened(f"{module}.html")
    element = page.get_by_role("slider", name="output element")
    lit = page.locator("svg > g:last-child")
    page.get_by_role("button", name="Next output element").focus()
    for key, moved in (("Enter", 1), ("Space", 1), ("Shift+Tab", 0)):
        before, picture = int(element.input_value()), lit.inner_html()
        page.keyboard.press(key)
        assert int(element.input_value()) == before + moved and (lit.inner_html() != picture) == bool(moved)
    element.press("Home")
    expect(element).to_have_attribute("aria-valuetext", "Map 1, row 1, column 1")
    expect(page.locator(".mbv2-status")).to_contain_text("Map 1, row 1, column 1")
    expect(page.locator(".mbv2-status")).to_contain_text("products")
    page.get_by_role("button", name="Previous output element").click()
    assert element.input_value() == element.get_attribute("max")
    box = page.locator("svg .element").last.bounding_box()
    page.get_by_role("slider").first.press("Home")
    assert int(element.input_value()) <= int(element.get_attribute("max"))
    element.press("Home")
    assert page.locator("svg .element").last.bounding_box() != box


def test_play_goes_on_until_paused(separable, opened):
    page = opened(separable)
    element = page.get_by_role("slider", name="output element")
    first = element.input_value()
    page.get_by_role("button", name="Play").click()
    expect(element).not_to_have_value(first)
    page.get_by_role("button", name="Pause").click()
    paused = element.input_value()
    page.wait_for_timeout(1500)
    assert element.input_value() == paused
    page.get_by_role("button", name="Play").click()
    element.press("End")  # a reader who steps wants it to stand still
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.emulate_media(reduced_motion="reduce")
    expect(page.get_by_role("button", name="Play")).to_be_hidden()
    expect(page.get_by_role("button", name="Next output element")).to_be_visible()


def test_a_point_in_the_picture_chooses_the_element(separable, opened):
    page = opened(separable)
    element = page.get_by_role("slider", name="output element")
    channel = element.get_attribute("aria-valuetext").split(",")[0]
    fronts = page.locator("svg path[fill='var(--mbv2-panel)']")
    box = fronts.last.bounding_box()
    page.mouse.click(box["x"] + 1, box["y"] + 1)
    expect(element).to_have_attribute("aria-valuetext", f"{channel}, row 1, column 1")


def drag(page: Page) -> None:
    """The first slider to its end; where an explorer has none, the first switch is clicked."""
    if not page.get_by_role("slider").count():
        page.get_by_role("checkbox").first.click()
        return
    slider = page.get_by_role("slider").first
    box = slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 3, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] + 20, middle, steps=5)
    page.mouse.up()
    assert slider.input_value() == slider.get_attribute("max")


def tap(page: Page) -> None:
    """The same with a finger, which need not drag."""
    control = page.locator(".mbv2-controls :is(input[type=range], input[type=checkbox])").first
    control.scroll_into_view_if_needed()
    box = control.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] - 4, box["y"] + box["height"] / 2)


def test_the_mouse_drags_and_a_finger_taps(name, opened):
    page = opened(f"{name}.html")
    before = words(page)
    drag(page)
    assert words(page) != before
    phone = opened(f"{name}.html", width=320, has_touch=True, is_mobile=True)
    for width in (320, 390):
        phone.set_viewport_size({"width": width, "height": 700})
        phone.get_by_role("button", name="Reset").tap()
        assert words(phone) == before
        assert phone.evaluate("[innerWidth, document.documentElement.scrollWidth]") == [width, width]
        tap(phone)
        assert words(phone) == words(page)


def test_the_picture_is_saved_as_it_is_shown(name, opened, tmp_path):
    page = opened(f"{name}.html", color_scheme="dark")
    drag(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save picture").click()
    download.value.save_as(tmp_path / "saved.svg")
    source = (tmp_path / "saved.svg").read_text(encoding="utf-8")
    root = ElementTree.fromstring(source)
    assert root.tag == "{http://www.w3.org/2000/svg}svg" and "var(" not in source
    texts = ["".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")]
    shown = page.evaluate("[...document.querySelectorAll('svg text')].map(text => text.textContent)")
    assert texts == shown and len(texts) > 3
    assert root.get("aria-label") == page.get_by_role("img").get_attribute("aria-label")
    assert paper(page) in root.get("style")  # what was dark stays dark
    assert page.requests[0] == page.url and all(url.startswith("blob:") for url in page.requests[1:])


def test_the_code_is_copied(separable, opened):
    page = opened(separable, permissions=["clipboard-read", "clipboard-write"])
    assert python_call(page) == repr(SeparableExplorer())
    assert page.evaluate("navigator.clipboard.readText()") == repr(SeparableExplorer())


def test_settings_stand_in_the_address(separable, opened):
    page = opened(separable, "#in_channels=64&kernel_size=5")
    expected = SeparableExplorer(in_channels=64, kernel_size=5)
    assert python_call(page) == repr(expected)
    page.get_by_role("slider").last.press("Home")
    page.get_by_role("button", name="Reset").click()
    assert python_call(page) == repr(expected)
    page.evaluate("location.hash = '#stride=2'")
    expect(page.get_by_label("stride")).to_have_attribute("aria-valuetext", "2")
    assert python_call(page) == repr(SeparableExplorer(stride=2))
    page.go_back()
    expect(page.get_by_label("stride")).to_have_attribute("aria-valuetext", "1")
    assert python_call(page) == repr(expected)


def test_what_the_address_may_not_say_is_told_and_the_rest_is_used(separable, opened):
    page = opened(separable, "#in_channels=5&stride=2&volume=<b>3</b>&constructor=1&kernel_size=5")
    problem = page.get_by_role("alert")
    allowed = ", ".join(map(str, SeparableExplorer().options["in_channels"]))
    expect(problem).to_contain_text(f"in_channels must be one of {allowed}, got 5.")
    names = ", ".join(SeparableExplorer().options)
    expect(problem).to_contain_text(f"There is no setting volume; the settings are {names}.")
    expect(problem).to_contain_text("There is no setting constructor;")
    assert python_call(page) == repr(SeparableExplorer(stride=2, kernel_size=5))
    page.evaluate("location.hash = ''")
    expect(problem).to_be_hidden()


def test_a_switch_in_the_address(opened, folder):
    pages.make("block").save(folder / "block.html", overwrite=True)
    page = opened("block.html", "#linear=False&always_expand=true")
    assert "linear=False, always_expand=True" in python_call(page)
    assert page.locator(".mbv2-problem").is_hidden()


def test_without_javascript_the_title_and_the_numbers_can_be_read(name, opened):
    page, explorer = opened(f"{name}.html", java_script_enabled=False), pages.make(name)
    expect(page.get_by_role("heading", level=1)).to_have_text(pages.title(name))
    expect(page.get_by_role("table")).to_be_visible()
    assert numbers(page.get_by_role("table").inner_text()) == numbers(without_tags(explorer.table()))
    expect(page.get_by_text(f"Without JavaScript, this page shows only the numbers of {explorer!r}.")).to_be_visible()


def test_a_page_within_another_is_as_high_as_it_needs(name, opened, folder):
    other = '<iframe class="mbv2-frame" id="other" srcdoc="" style="height:77px"></iframe>'
    post = (
        f"<!doctype html><html lang='en'><title>Post</title><body>{pages.snippet(name, f'{name}.html')}{other}</body>"
    )
    (folder / f"{name}-post.html").write_text(post, encoding="utf-8")
    page = opened(f"{name}-post.html")
    frame = page.frame_locator(".mbv2-frame >> nth=0")
    was = 640  # as the snippet says
    for width in (1280, 400):
        page.set_viewport_size({"width": width, "height": 1200})
        page.wait_for_function("height => document.querySelector('.mbv2-frame').offsetHeight !== height", arg=was)
        needed = frame.locator("html").evaluate("root => root.getBoundingClientRect().height")
        was = page.locator(".mbv2-frame").first.evaluate("frame => frame.offsetHeight")
        assert 0 <= was - needed < 1
        assert frame.locator("html").evaluate("root => root.scrollHeight <= innerHeight")  # no scroll bar
    # Only a frame itself sets its height: not the page around, not another frame.
    page.evaluate("postMessage({ mbv2Height: 5000 }, '*')")
    page.evaluate("document.getElementById('other').contentWindow.eval('parent.postMessage({mbv2Height: 300}, \"*\")')")
    expect(page.locator("#other")).to_have_css("height", "300px")
    assert page.locator(".mbv2-frame").first.evaluate("frame => frame.offsetHeight") == was
    assert page.requests[1:] == [page.url.replace("-post", "")]


def test_text_from_data_is_shown_as_text(separable, opened, folder):
    source = (folder / separable).read_text(encoding="utf-8")
    planted = json.dumps("<img src=x onerror=alert(1)>").replace('"', "&quot;").replace("<", "&lt;")
    (folder / "planted.html").write_text(source.replace("&quot;SeparableExplorer&quot;", planted), encoding="utf-8")
    page = opened("planted.html")
    page.get_by_role("button", name="Copy as Python").click()
    expect(page.locator(".mbv2-message")).to_contain_text("<img src=x onerror=alert(1)>(in_channels=16")
    assert page.locator("img:not(svg)").count() == 0


def test_an_explorer_fills_the_screen_until_escape(browser, folder):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(SeparableExplorer().save(folder / "projected.html", overwrite=True).as_uri())
    size = "() => getComputedStyle(document.querySelector('.mbv2-explorer')).zoom"
    slider = page.get_by_role("slider", name="output channels")
    narrow = slider.bounding_box()["height"]
    page.get_by_role("button", name="Full screen").click()
    page.wait_for_function("() => document.fullscreenElement?.classList.contains('mbv2')")
    assert float(page.evaluate(size)) > 1 and slider.bounding_box()["height"] > 1.3 * narrow
    slider.press("ArrowRight")
    expect(page.locator(".mbv2-words")).to_contain_text("912 weights")
    page.keyboard.press("Escape")
    page.wait_for_function("() => !document.fullscreenElement")
    page.close()


def test_an_animation_steps_by_keyboard_in_a_small_frame_and_plays_only_where_motion_is_welcome(opened, folder):
    files = gallery.plan_files(["separable-steps"], ["html"], ["dark"])
    (made,) = gallery.make(files, {"separable-steps": {"in_channels": 2, "out_channels": 2}})["separable-steps"]
    (folder / "player.html").write_bytes(made.content)
    (folder / "post.html").write_text('<iframe src="player.html" width="328" height="240"></iframe>', encoding="utf-8")
    for motion in ("no-preference", "reduce"):
        page = opened("post.html", viewport={"width": 360, "height": 640}, reduced_motion=motion)
        frame = page.frame_locator("iframe")
        picture, place = frame.get_by_role("img"), frame.get_by_role("slider", name="Frame")
        first = picture.get_attribute("src")
        frame.get_by_role("button", name="Next frame").press("Enter")
        expect(place).to_have_attribute("aria-valuetext", re.compile("^2 of .+ 9 products from one map"))
        assert picture.get_attribute("src") != first
        place.press("ArrowLeft")
        expect(picture).to_have_attribute("src", first)
        body = frame.locator("body")
        assert body.evaluate("body => getComputedStyle(body.parentElement).backgroundColor") == "rgb(21, 25, 31)"
        size = body.evaluate("body => [body.parentElement.scrollWidth, body.parentElement.scrollHeight]")
        assert size == [328, 240]  # the frame's: nothing has to be scrolled to
        play = frame.get_by_role("button", name="Play")
        assert play.is_visible() == (motion == "no-preference")
        if motion == "no-preference":
            play.press(" ")
            expect(place).not_to_have_value("0")
            frame.get_by_role("button", name="Pause").press(" ")
            expect(play).to_be_visible()
