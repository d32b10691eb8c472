"""Figures and animations of the gallery as files, each with a snippet for a post. No torch."""

from __future__ import annotations

import base64
import html
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageColor

from ...plans import check_int
from ...plans.settings import Value, read_settings, unknown
from .. import output, style
from .entries import GALLERY, Entry

STILL, MOVING = ("svg", "png", "pdf"), ("gif", "html")
FRAME_MS = 200
WIDTHS = range(160, 2001)


@dataclass(frozen=True)
class Made:
    """One file in memory: its name and content; what is said of it; its size on the page in CSS pixels."""

    name: str
    content: bytes
    alt: str
    long: str
    caption: str
    width: int
    height: int


def stem_of(prefix: str, name: str) -> str:
    """How the names of a figure's files begin; the prefix may bring a path, which only snippets repeat.

    Raises ValueError for a prefix with signs that a file's name or an address cannot have everywhere.
    """
    if not re.fullmatch(r"([\w.:~-]*/)*[\w.-]*", prefix):
        raise ValueError(f"a prefix is letters, digits, '.', '_' or '-', behind a path if any, got {prefix!r}")
    return prefix.rpartition("/")[2] + name


def plan_files(
    names: Sequence[str], forms: Iterable[str] = (), themes: Iterable[str] = (), *, skip: bool = False
) -> list[tuple[str, str, str]]:
    """Each (name, theme, format) to be made. Without formats a still is SVG and PNG, an animation GIF and HTML.

    Raises ValueError for an unknown name, format or theme, and for a format that does not fit, unless ``skip``.
    """
    forms, themes = tuple(dict.fromkeys(forms)), tuple(dict.fromkeys(themes)) or ("light", "dark")
    for what, given, allowed in (
        ("figure", names, GALLERY),
        ("format", forms, STILL + MOVING),
        ("theme", themes, style.THEMES),
    ):
        for choice in given:
            if choice not in allowed:
                raise ValueError(unknown(what, choice, allowed))
    files = []
    for name in dict.fromkeys(names):
        fit = MOVING if GALLERY[name].moves else STILL
        wrong = [form for form in forms if form not in fit]
        if wrong and not skip:
            raise ValueError(f"{name!r} can be {' or '.join(fit)}, not {' or '.join(wrong)}")
        files += [(name, theme, form) for theme in themes for form in forms or fit[:2] if form in fit]
    return files


def parse_settings(names: Sequence[str], pairs: Iterable[str]) -> dict[str, dict[str, Value]]:
    """``in_channels=64`` and so on, for each of the figures that has such a setting.

    Raises ValueError or TypeError for what none of the figures has, and for what one that has it cannot be.
    """
    given = read_settings(pairs, {key: value for name in names for key, value in GALLERY[name].settings.items()})
    found = {}
    for name in names:
        found[name] = {key: value for key, value in given.items() if key in GALLERY[name].settings}
        try:
            GALLERY[name].check(**found[name])
        except (ValueError, TypeError) as error:
            raise type(error)(f"{name}: {error}") from error
    return found


def make(
    files: Sequence[tuple[str, str, str]],
    settings: Mapping[str, Mapping[str, Value]] | None = None,
    *,
    width: int = 640,
    scale: float = 2,
    prefix: str = "",
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, list[Made]]:
    """Draws all files, by figure, without writing any. Each figure is drawn once for each theme."""
    if check_int(width, "width") not in WIDTHS:
        raise ValueError(f"width must be from {WIDTHS[0]} to {WIDTHS[-1]} pixels, got {width!r}")
    if not 1 <= scale <= 4:
        raise ValueError(f"scale must be from 1 to 4, got {scale!r}")
    made: dict[str, list[Made]] = {}
    drawn = list(dict.fromkeys((name, theme) for name, theme, _ in files))
    for number, (name, theme) in enumerate(drawn):
        progress(number, len(drawn))
        entry = GALLERY[name]
        forms = [form for n, t, form in files if (n, t) == (name, theme)]
        given = (settings or {}).get(name, {})
        draw = _moving if entry.moves else _still
        made.setdefault(name, []).extend(
            draw(entry, f"{stem_of(prefix, name)}-{theme}", theme, forms, given, width, scale)
        )
    progress(len(drawn), len(drawn))
    return made


def _still(entry: Entry, stem: str, theme: str, forms, settings, width: int, scale: float) -> list[Made]:
    figure, caption = entry.make(theme, **settings)
    inches, high = figure.get_size_inches()
    words = output.alt_text(figure), output.long_description(figure), entry.in_words(caption, **settings)
    size = width, round(width * high / inches)
    return [
        Made(f"{stem}.{form}", output.render(figure, form, width=width, scale=scale), *words, *size) for form in forms
    ]


def _moving(entry: Entry, stem: str, theme: str, forms, settings, width: int, scale: float) -> list[Made]:
    """At one pixel for each CSS pixel, whatever the scale: an animation has to stay small."""
    frames = []
    for figure, words in entry.make(theme, **settings):
        frames.append(output.render(figure, "png", width=width, scale=1))
        caption = entry.in_words(words, **settings)
        alt, long = (
            f"Animation of {len(frames)} pictures, at the end: {of(figure)}"
            for of in (output.alt_text, output.long_description)
        )
    images = _with_one_palette([_on_paper(Image.open(io.BytesIO(frame))) for frame in frames], theme)
    content = {"gif": lambda: _gif(images), "html": lambda: _player(images, alt, caption, theme)}
    return [Made(f"{stem}.{form}", content[form](), alt, long, caption, *images[0].size) for form in forms]


def _with_one_palette(images: Sequence[Image.Image], theme: str) -> list[Image.Image]:
    """All frames in the same 256 colours, so that they differ only where something happens and the file is small.

    The theme's own colours come first, exactly; the rest are those that the frames need most.
    """
    colours = style.THEMES[theme]
    fixed = ["#ffffff", colours.text, colours.faint, colours.panel, colours.mark, *style.KIND_COLOUR.values()]
    fixed += [colours.background] * (colours.background != "none")
    sample = [images[round(part * (len(images) - 1))] for part in (0, 0.25, 0.5, 0.75, 1)]
    sheet = Image.new("RGB", (sample[0].width, sum(image.height for image in sample)))
    for number, image in enumerate(sample):
        sheet.paste(image, (0, number * image.height))
    needed = sheet.quantize(256 - len(fixed), dither=Image.Dither.NONE).getpalette()
    rgb = [value for colour in fixed for value in ImageColor.getrgb(colour)] + needed[: 3 * (256 - len(fixed))]
    palette = np.array(rgb).reshape(-1, 3)
    frames = []
    for image in images:  # Pillow's own search is coarse: white paper would turn grey
        # each colour as one number, which is sorted faster than three
        codes, where = np.unique(np.asarray(image, dtype=int) @ [1 << 16, 1 << 8, 1], return_inverse=True)
        colours = codes[:, None] >> [16, 8, 0] & 255
        distances = ((colours[:, None] - palette) ** 2).sum(axis=2)
        frame = Image.fromarray(distances.argmin(axis=1).astype(np.uint8)[where].reshape(image.size[::-1]))
        frame.putpalette(rgb)
        frames.append(frame)
    return frames


def _gif(frames: Sequence[Image.Image]) -> bytes:
    buffer = io.BytesIO()
    durations = [FRAME_MS] * (len(frames) - 1) + [3000]
    frames[0].save(
        buffer, format="GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0, optimize=False
    )
    return buffer.getvalue()


def _on_paper(image: Image.Image) -> Image.Image:
    """Without transparency, which a GIF knows for whole pixels only: the edges of letters would be ragged."""
    paper = Image.new("RGBA", image.size, "white")
    paper.alpha_composite(image.convert("RGBA"))
    return paper.convert("RGB")


def _player(images: Sequence[Image.Image], alt: str, caption: str, theme: str) -> bytes:
    """One page with all frames in it: it asks no other server for anything, and starts only when told."""
    data = []
    for image in images:
        buffer = io.BytesIO()
        image.save(buffer, format="PNG", optimize=True)
        data.append("data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode())
    width, height = images[0].size
    page = _PAGE
    for name, value in {
        "TITLE": html.escape(caption),
        "ALT": html.escape(alt),
        "WIDTH": str(width),
        "HEIGHT": str(height),
        "CONTROLS": str(CONTROLS),
        "SCHEME": "dark" if theme == "dark" else "light",
        "PAPER": style.THEMES[theme].background.replace("none", "#ffffff"),
        "LAST": str(len(data) - 1),
        "FIRST": data[0],
        "MS": str(FRAME_MS),
        "FRAMES": json.dumps(data),
    }.items():
        page = page.replace(f"@{name}@", value)
    return page.encode()


CONTROLS = 48  # pixels below the picture
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>@TITLE@</title>
<style>
:root { color-scheme: @SCHEME@; background: @PAPER@; }
body { margin: 0; max-width: @WIDTH@px; max-height: 100vh; display: flex; flex-direction: column; }
img { max-width: 100%; height: auto; min-height: 0; object-fit: contain; }
p { flex: none; box-sizing: border-box; height: @CONTROLS@px; margin: 0; padding: 8px; display: flex; gap: 12px; }
button { width: 5em; font-size: 16px; }
input { flex: 1; min-width: 0; }
</style>
<img id="picture" alt="@ALT@" width="@WIDTH@" height="@HEIGHT@" src="@FIRST@">
<p>
<button id="play" type="button">Play</button>
<input id="place" type="range" min="0" max="@LAST@" value="0" aria-label="picture">
</p>
<script>
const frames = @FRAMES@;
const picture = document.getElementById("picture");
const play = document.getElementById("play");
const place = document.getElementById("place");
let timer = null;
function show(number) { place.value = number; picture.src = frames[number]; }
function stop() { clearInterval(timer); timer = null; play.textContent = "Play"; }
place.addEventListener("input", () => { stop(); show(Number(place.value)); });
play.addEventListener("click", () => {
  if (timer) { stop(); return; }
  if (Number(place.value) === frames.length - 1) show(0);
  play.textContent = "Pause";
  timer = setInterval(() => {
    if (Number(place.value) === frames.length - 1) { stop(); return; }
    show(Number(place.value) + 1);
  }, @MS@);
});
</script>
</html>
"""
