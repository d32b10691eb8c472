"""The profile of a network of one's own, as a file: names that look like HTML, keyboard, mouse."""

from torch import nn

import mbv2_lesson as mbv2

EVIL = "<img src=x onerror=alert(1)>"


def test_names_are_text_and_a_layer_is_chosen_by_key_and_by_mouse(browser, tmp_path):
    model = nn.Sequential()
    for name, layer in {EVIL: nn.Conv2d(3, 8, 3), "  a  b ": nn.Conv2d(8, 8, 3), "<b>c": nn.Conv2d(8, 8, 1)}.items():
        model.add_module(name, layer)
    path = mbv2.ModelExplorer(mbv2.count(model, (3, 32, 32)), layer=EVIL).save(tmp_path / "x.html")
    page, faults = browser.new_page(viewport={"width": 320, "height": 900}), []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: faults.append(dialog.message))
    page.goto(f"file://{path}")
    menu, words = page.get_by_label("chosen layer"), page.locator(".mbv2-words")
    assert menu.input_value() == EVIL and f"Layer 1 of 3, “{EVIL}” (Conv2d)" in words.text_content()
    assert page.locator("svg text", has_text=EVIL).count() == 1
    menu.press("ArrowDown")
    assert menu.input_value() == "  a  b " and "Layer 2 of 3, “  a  b ” (Conv2d)" in words.text_content()
    bars = page.locator(".mbv2-picture svg path.pointwise").first.bounding_box()
    picture = page.locator(".mbv2-picture svg").bounding_box()
    # The last of three columns, above its low bar: the legend's sign is part of the same row of shapes.
    page.mouse.click(picture["x"] + picture["width"] * 5 / 6, bars["y"] + 80 * picture["width"] / 440)
    assert menu.input_value() == "<b>c" and "Layer 3 of 3, “<b>c” (Conv2d)" in words.text_content()
    page.get_by_label("make convolutions separable").press("Space")
    assert "It is not made separable: 1\u00d71." in words.text_content()
    page.evaluate("location.hash = 'layer=head'")
    page.get_by_text(f"layer must be one of {EVIL},   a  b , <b>c, got head.").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert page.locator("img, b").count() == 0 and faults == []
    page.close()
