"""Figures and animations of the gallery as files, each with a snippet for a post. No torch."""

from __future__ import annotations

import html
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageColor

from ...plans import check_int
from .. import output, style
from .entries import GALLERY
from .player import player

STILL, MOVING = ("svg", "png", "pdf"), ("gif", "html")
WIDTHS = range(160, 2001)


@dataclass(frozen=True)
class Made:
    """One file in memory: its name, content, alt text, caption and size in CSS pixels."""

    name: str
    content: bytes
    alt: str
    caption: str
    width: int
    height: int


def plan_files(
    names: Sequence[str], forms: Iterable[str], themes: Iterable[str], *, skip: bool = False
) -> list[tuple[str, str, str]]:
    """Each (name, theme, format) to be made. A still has no GIF and an animation no SVG.

    Raises ValueError for an unknown name, format or theme, and for a name that no format fits, unless ``skip``.
    """
    forms, themes = tuple(dict.fromkeys(forms)), tuple(dict.fromkeys(themes))
    for what, given, allowed in (
        ("figure", names, GALLERY),
        ("format", forms, STILL + MOVING),
        ("theme", themes, style.THEMES),
    ):
        for choice in given:
            if choice not in allowed:
                raise ValueError(f"no {what} {choice!r}; there are {', '.join(allowed)}")
    files = []
    for name in dict.fromkeys(names):
        fit = MOVING if GALLERY[name].moves else STILL
        mine = [form for form in forms if form in fit]
        if not mine and not skip:
            raise ValueError(f"{name!r} can be {' or '.join(fit)}, got {', '.join(forms)}")
        files += [(name, theme, form) for theme in themes for form in mine]
    return files


def parse_settings(names: Sequence[str], pairs: Iterable[str]) -> dict[str, dict[str, object]]:
    """``in_channels=64`` and so on, for each of the figures that has such a setting. Raises ValueError if none has."""
    found: dict[str, dict[str, object]] = {name: {} for name in names}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        having = [name for name in names if key in GALLERY[name].settings]
        if not equals or not having:
            known = ", ".join(dict.fromkeys(key for name in names for key in GALLERY[name].settings)) or "none"
            raise ValueError(f"--set takes NAME=VALUE with a setting of these figures ({known}), got {pair!r}")
        for name in having:
            kind = type(GALLERY[name].settings[key])
            try:
                found[name][key] = kind(text)
            except ValueError:
                allowed = {int: "a whole number", float: "a number"}[kind]
                raise ValueError(f"{key} must be {allowed}, got {text!r}") from None
    return found


def make(
    files: Sequence[tuple[str, str, str]],
    settings: Mapping[str, Mapping[str, object]] | None = None,
    *,
    width: int = 640,
    scale: float = 2,
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
        made.setdefault(name, []).extend(draw(entry, f"{name}-{theme}", theme, forms, given, width, scale))
    progress(len(drawn), len(drawn))
    return made


def file_names(files: Iterable[tuple[str, str, str]]) -> list[str]:
    """What would be written for these: the figures and, for each name, its snippet."""
    files = list(files)
    pictures = [f"{name}-{theme}.{form}" for name, theme, form in files]
    return [*pictures, *dict.fromkeys(f"{name}.md" for name, _, _ in files)]


def snippet(name: str, made: Sequence[Made]) -> str:
    """Markdown and HTML, ready to paste, for each file of one figure."""
    lines = [f"# {name}: {GALLERY[name].title}", ""]
    for file in made:
        lines += [f"## {file.name}", "", f"Caption: {file.caption}", ""]
        lines += [f"Size: {file.width} x {file.height} pixels", ""]
        if file.name.endswith(".pdf"):
            lines += [f"[{file.caption}]({file.name})", ""]
            continue
        size = f'width="{file.width}" height="{file.height}"'
        if file.name.endswith(".html"):
            what = f'<iframe src="{file.name}" title="{html.escape(file.alt)}" {size} style="border:0"></iframe>'
        else:
            what = f'<img src="{file.name}" alt="{html.escape(file.alt)}" {size} style="max-width:100%;height:auto">'
            alt = file.alt.replace("[", "(").replace("]", ")")
            lines += ["```markdown", f"![{alt}]({file.name})", "```", ""]
        figure = f"<figure>\n  {what}\n  <figcaption>{html.escape(file.caption)}</figcaption>\n</figure>"
        lines += ["```html", figure, "```", ""]
    return "\n".join(lines)


def _still(entry, stem: str, theme: str, forms, settings, width: int, scale: float) -> list[Made]:
    figure, caption = entry.make(theme, **settings)
    inches, high = figure.get_size_inches()
    height = round(width * high / inches)
    return [
        Made(
            f"{stem}.{form}",
            output.render(figure, form, width=width, scale=scale),
            output.alt_text(figure),
            caption,
            width,
            height,
        )
        for form in forms
    ]


def _moving(entry, stem: str, theme: str, forms, settings, width: int, scale: float) -> list[Made]:
    """At one pixel for each CSS pixel, whatever the scale: an animation has to stay small."""
    frames, words, pauses, caption = [], [], [], ""
    for figure, title, pause in entry.make(theme, **settings):
        frames.append(_on_paper(figure, width))
        words.append(output.alt_text(figure))
        pauses.append(pause)
        caption = title
    images = _with_one_palette(frames, theme)
    width, height = images[0].size
    alt = f"Animation of {len(frames)} pictures. {caption} At the end: {words[-1]}"
    content = {
        "gif": lambda: _gif(images, pauses),
        "html": lambda: player(images, pauses, words, alt, caption, theme),
    }
    return [Made(f"{stem}.{form}", content[form](), alt, caption, width, height) for form in forms]


def _with_one_palette(images: Sequence[Image.Image], theme: str) -> list[Image.Image]:
    """All frames in the same 255 colours, so that they differ only where something happens and the file is small.

    The theme's own colours come first, exactly; the rest are those that the frames need most.
    """
    colours = style.THEMES[theme]
    fixed = ["#ffffff", colours.text, colours.faint, colours.panel, colours.mark, *style.KIND_COLOUR.values()]
    fixed += [colours.background] * (colours.background != "none")
    sample = [images[round(part * (len(images) - 1))] for part in (0, 0.25, 0.5, 0.75, 1)]
    sheet = Image.new("RGB", (sample[0].width, sum(image.height for image in sample)))
    for number, image in enumerate(sample):
        sheet.paste(image, (0, number * image.height))
    needed = sheet.quantize(255 - len(fixed), dither=Image.Dither.NONE).getpalette()
    rgb = [value for colour in fixed for value in ImageColor.getrgb(colour)] + needed[: 3 * (255 - len(fixed))]
    palette = np.array(rgb).reshape(-1, 3)
    nearest = np.full(1 << 24, 255, np.uint8)  # of each colour, as a number; 255 as long as it is not known
    frames = []
    for image in images:  # Pillow's own search is coarse: white paper would turn grey
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
    """Without transparency, which a GIF knows for whole pixels only: the edges of letters would be ragged."""
    figure.set_dpi(width / figure.get_figwidth())
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba()))
    paper = Image.new("RGBA", image.size, "white")
    paper.alpha_composite(image)
    return paper.convert("RGB")


def write_all(made: Mapping[str, Sequence[Made]], out: Path) -> list[Path]:
    """Writes every file and snippet, each whole or not at all."""
    written = []
    for name, files in made.items():
        for file in files:
            written.append(output.write(out / file.name, file.content))
        written.append(output.write(out / f"{name}.md", snippet(name, files).encode()))
    return written
