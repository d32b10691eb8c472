"""Records the block explorer in use, for the README; needs chromium.

python notebooks/images/record.py
"""

import io
import shutil
import tempfile
from pathlib import Path

from PIL import Image

from mbv2_lesson.explorers import BlockExplorer

FOLDER = Path(__file__).parent
# A control's name and a key; with the keyboard, the focus ring shows which
# control moves.
MOVES = [("stride", "ArrowRight"), ("stride", "ArrowLeft")]
MOVES += [("output channels", "ArrowRight"), ("output channels", "ArrowLeft")]
MOVES += [("expansion ratio t", "ArrowLeft")] * 3 + [
    ("expansion ratio t", "ArrowRight")
] * 3
MOVES += [("Next output element", "Enter")] * 4
WIDTH, SCALE = 640, 1.5
PAUSE = 1200  # milliseconds


def record(browser, address: str, scheme: str) -> list[Image.Image]:
    """The page at the start and after each move, cropped below its picture."""
    page = browser.new_page(
        viewport={"width": WIDTH, "height": 900},
        color_scheme=scheme,
        device_scale_factor=SCALE,
    )
    page.goto(address)
    picture = page.locator(".mbv2-picture")
    shots, ends = [], []
    for name, key in [("stride", "Home"), *MOVES]:  # the first changes nothing
        page.get_by_label(name, exact=True).press(key)
        box = picture.bounding_box()
        ends.append(box["y"] + box["height"])
        shots.append(Image.open(io.BytesIO(page.screenshot())))
    page.close()
    return [
        shot.crop((0, 0, shot.width, round(max(ends) * SCALE)))
        for shot in shots
    ]


def main() -> None:
    from playwright.sync_api import sync_playwright

    with (
        sync_playwright() as playwright,
        tempfile.TemporaryDirectory() as folder,
    ):
        path = BlockExplorer().save(Path(folder, "block.html"))
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for scheme in ("light", "dark"):
            first, *others = record(browser, path.as_uri(), scheme)
            pauses = [PAUSE] * len(others) + [2 * PAUSE]
            moving = {
                "save_all": True,
                "append_images": others,
                "duration": pauses,
                "loop": 0,
            }
            for name, more in (
                ("block_explorer", moving),
                ("block_explorer_still", {}),
            ):
                first.save(
                    FOLDER / f"{name}_{scheme}.webp",
                    lossless=True,
                    method=4,
                    **more,
                )


if __name__ == "__main__":
    main()
