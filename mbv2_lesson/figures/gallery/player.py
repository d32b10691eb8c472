"""An animation as one HTML page: the frames, a play button, step buttons, and a slider."""

from __future__ import annotations

import base64
import html
import io
import json
from collections.abc import Sequence

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
    colours = style.THEMES[theme]
    page = _PAGE
    for name, value in {
        "TITLE": html.escape(caption),
        "ALT": html.escape(alt),
        "WIDTH": str(width),
        "HEIGHT": str(height),
        "CONTROLS": str(CONTROLS),
        "SCHEME": "dark" if theme == "dark" else "light",
        "PAPER": "#ffffff" if colours.background == "none" else colours.background,
        "TEXT": colours.text,
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


_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>@TITLE@</title>
<style>
:root { color-scheme: @SCHEME@; background: @PAPER@; color: @TEXT@; font: 16px/1.4 system-ui, sans-serif; }
body { margin: 0 auto; max-width: @WIDTH@px; }
img { display: block; margin: auto; width: auto; height: auto; }
img { max-width: 100%; max-height: calc(100vh - @CONTROLS@px); }
div { display: flex; align-items: center; gap: 8px; height: @CONTROLS@px; padding: 0 8px; }
button { font: inherit; height: 36px; min-width: 36px; }
#play { width: 5em; }
input { flex: 1; min-width: 0; height: 36px; margin: 0; }
:focus-visible { outline: 3px solid @TEXT@; outline-offset: 1px; }
p { margin: 0; padding: 8px; }
@media (prefers-reduced-motion: reduce) { #play { display: none; } }
</style>
<main>
<img id="picture" alt="@ALT@" width="@WIDTH@" height="@HEIGHT@">
<div role="group" aria-label="animation">
<button id="play" type="button">Play</button>
<button id="back" type="button" aria-label="Previous frame" title="Previous frame">&lsaquo;</button>
<button id="on" type="button" aria-label="Next frame" title="Next frame">&rsaquo;</button>
<input id="place" type="range" min="0" max="@LAST@" value="0" aria-label="Frame">
</div>
<p id="caption" hidden>@TITLE@</p>
</main>
<script>
const frames = @FRAMES@;
const pauses = @PAUSES@;
const words = @WORDS@;
const last = frames.length - 1;
const [picture, play, back, on, place, caption] = ["picture", "play", "back", "on", "place", "caption"].map(
  (id) => document.getElementById(id));
let now = 0;
let timer = 0;
function show(number) {
  now = Math.max(0, Math.min(last, number));
  picture.src = frames[now];
  place.value = now;
  place.setAttribute("aria-valuetext", `${now + 1} of ${frames.length}: ${words[now]}`);
}
function stop() {
  clearTimeout(timer);
  timer = 0;
  play.textContent = "Play";
}
function wait() {
  timer = setTimeout(() => {
    show(now + 1);
    if (now === last) stop();
    else wait();
  }, pauses[now]);
}
function goTo(number) {
  stop();
  show(number);
}
play.addEventListener("click", () => {
  if (timer) return stop();
  if (now === last) show(0);
  play.textContent = "Pause";
  wait();
});
back.addEventListener("click", () => goTo(now - 1));
on.addEventListener("click", () => goTo(now + 1));
place.addEventListener("input", () => goTo(Number(place.value)));
matchMedia("(prefers-reduced-motion: reduce)").addEventListener("change", stop);
caption.hidden = window.parent !== window; // the page around an iframe has a caption of its own
show(0);
</script>
</html>
"""
