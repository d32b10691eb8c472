"""Figures and animations of the gallery as files, each with a snippet for a post. No torch."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageColor

from ...plans import check_int
from ...plans.settings import Value, read_settings, unknown
from .. import output, style
from .entries import GALLERY, Entry
from .player import player

STILL, MOVING = ("svg", "png", "pdf"), ("gif", "html")
WIDTHS = range(160, 2001)


@dataclass(frozen=True)
class Made:
    """One file in memory: its name and content, the words about it, and its size on the page in CSS pixels."""

    name: str
    content: bytes
    alt: str
    long: str
    caption: str
    width: int
    height: int


def stem_of(prefix: str, name: str) -> str:
    """How the names of a figure's files begin; the prefix may contain a path, which only the snippets repeat.

    Raises ValueError for a prefix with characters that are not allowed in every file name and address.
    """
    if not re.fullmatch(r"([\w.:~-]*/)*[\w.-]*", prefix):
        raise ValueError(f"a prefix has letters, digits, '.', '_' or '-', after a path if any, got {prefix!r}")
    return prefix.rpartition("/")[2] + name


def plan_files(
    names: Sequence[str], forms: Iterable[str] = (), themes: Iterable[str] = (), *, skip: bool = False
) -> list[tuple[str, str, str]]:
    """Each (name, theme, format) to be made. Without formats a still is SVG and PNG, an animation GIF and HTML.

    Raises ValueError for an unknown name, format or theme, and, unless ``skip``, for a format that does not fit.
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

    Raises ValueError or TypeError for a setting that no figure has, or with which one of them cannot be drawn.
    """
    given = read_settings(pairs, {key: value for name in names for key, value in GALLERY[name].settings.items()})
    found = {}
    for name in names:
        found[name] = {key: value for key, value in given.items() if key in GALLERY[name].settings}
        try:
            if found[name]:  # trying a figure, or the first of an animation, is quick; files take far longer
                next(iter(GALLERY[name].make(**found[name])))
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
    """Draws all files, by figure, without writing any. Each figure is drawn once per theme."""
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
    words = output.alt_text(figure), output.long_description(figure), entry.caption(caption, **settings)
    size = width, round(width * high / inches)
    return [
        Made(f"{stem}.{form}", output.render(figure, form, width=width, scale=scale), *words, *size) for form in forms
    ]


def _moving(entry: Entry, stem: str, theme: str, forms, settings, width: int, scale: float) -> list[Made]:
    """At one pixel per CSS pixel, whatever the scale: an animation has to stay small."""
    frames, alts, pauses = [], [], []
    for figure, words, pause in entry.make(theme, **settings):
        frames.append(_on_paper(figure, width))
        alts.append(output.alt_text(figure))
        pauses.append(pause)
        caption = entry.caption(words, **settings)
    images = _with_one_palette(frames, theme)
    alt, long = (
        f"Animation of {len(images)} frames; at the end: {end}" for end in (alts[-1], output.long_description(figure))
    )
    content = {
        "gif": lambda: _gif(images, pauses),
        "html": lambda: player(images, pauses, alts, alt, caption, theme),
    }
    return [Made(f"{stem}.{form}", content[form](), alt, long, caption, *images[0].size) for form in forms]


def _with_one_palette(images: Sequence[Image.Image], theme: str) -> list[Image.Image]:
    """All frames in the same 255 colors, so that they differ only where something happens and the file is small.

    The theme's own colors come first, exactly; the rest are those that the frames need most.
    """
    colors = style.THEMES[theme]
    fixed = ["#ffffff", colors.text, colors.faint, colors.panel, colors.mark, *style.KIND_COLOR.values()]
    fixed += [colors.background] * (colors.background != "none")
    sample = [images[round(part * (len(images) - 1))] for part in (0, 0.25, 0.5, 0.75, 1)]
    sheet = Image.new("RGB", (sample[0].width, sum(image.height for image in sample)))
    for number, image in enumerate(sample):
        sheet.paste(image, (0, number * image.height))
    needed = sheet.quantize(255 - len(fixed), dither=Image.Dither.NONE).getpalette()
    rgb = [value for color in fixed for value in ImageColor.getrgb(color)] + needed[: 3 * (255 - len(fixed))]
    palette = np.array(rgb).reshape(-1, 3)
    nearest = np.full(1 << 24, 255, np.uint8)  # for each color, as a number; 255 until it is known
    frames = []
    for image in images:  # Pillow's own search is coarse: white paper would turn gray
        codes = np.asarray(image, dtype=np.int32) @ np.array([1 << 16, 1 << 8, 1], np.int32)
        new = np.unique(codes[nearest[codes] == 255])
        distances = (((new[:, None] >> [16, 8, 0] & 255)[:, None] - palette) ** 2).sum(axis=2)
        nearest[new] = distances.argmin(axis=1)
        frame = Image.fromarray(nearest[codes])
        frame.putpalette(rgb)
        frames.append(frame)
    return frames


def _gif(frames: Sequence[Image.Image], pauses: Sequence[int]) -> bytes:
    buffer = io.BytesIO()
    durations = [*pauses[:-1], 3000]
    frames[0].save(
        buffer, format="GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0, optimize=False
    )
    return buffer.getvalue()


def _on_paper(figure: Figure, width: int) -> Image.Image:
    """Without transparency, which a GIF has for whole pixels only: the edges of letters would be ragged."""
    figure.set_dpi(width / figure.get_figwidth())
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba()))
    paper = Image.new("RGBA", image.size, "white")
    paper.alpha_composite(image)
    return paper.convert("RGB")
