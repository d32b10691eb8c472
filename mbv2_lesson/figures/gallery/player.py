"""An animation as one HTML page, ``player.html``: the frames, a play button, step buttons, and a slider."""

from __future__ import annotations

import base64
import html
import io
import json
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from .. import style

CONTROLS = 48  # pixels below the picture: an iframe as high as the picture plus these shows everything


def player(
    images: Sequence[Image.Image], pauses: Sequence[int], words: Sequence[str], alt: str, caption: str, theme: str
) -> bytes:
    """The page. It makes no request to any server, plays only when told to, and not at all if motion is reduced.

    pauses: how long each frame stays, in milliseconds
    words: what each frame shows
    """
    data = []
    for image in images:
        buffer = io.BytesIO()
        image.save(buffer, format="PNG", optimize=True)
        data.append("data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode())
    width, height = images[0].size
    colors = style.THEMES[theme]
    page = Path(__file__).with_name("player.html").read_text(encoding="utf-8")
    for name, value in {
        "TITLE": html.escape(caption),
        "ALT": html.escape(alt),
        "WIDTH": str(width),
        "HEIGHT": str(height),
        "CONTROLS": str(CONTROLS),
        "SCHEME": "dark" if theme == "dark" else "light",
        "PAPER": "#ffffff" if colors.background == "none" else colors.background,
        "TEXT": colors.text,
        "LAST": str(len(data) - 1),
        "FRAMES": _script(data),
        "PAUSES": _script(pauses),
        "WORDS": _script(words),
    }.items():
        page = page.replace(f"@{name}@", value)
    return page.encode()


def _script(value: Sequence) -> str:
    """JSON that is safe inside a script."""
    return json.dumps(list(value)).replace("<", "\\u003c")
