"""The lines that put a figure into a post, in one file per figure. Later runs add to that file."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote, unquote

from ...plans.settings import Value
from .. import output
from .entries import GALLERY
from .files import MOVING, STILL, Made, stem_of
from .player import CONTROLS

PAGES = {
    "light": "light pages",
    "dark": "dark pages",
    "transparent": "light pages of any color, since its words are dark",
}
TYPES = {"svg": "image/svg+xml", "png": "image/png", "gif": "image/gif"}  # a page shows the first that it supports


def check_folder(
    out: Path,
    files: Iterable[tuple[str, str, str]],
    settings: Mapping[str, Mapping[str, Value]],
    *,
    prefix: str = "",
    width: int = 640,
    force: bool = False,
) -> dict[str, tuple[str, list[str]]]:
    """For each figure, its setting and all files that its snippets are for: these, and those of earlier runs.

    Raises OSError for an impossible folder, a picture that already exists, or snippets for another setting. ``force``
    replaces pictures, but never mixes snippets for two settings in one file.
    """
    output.check_place(out, overwrite=True)
    if out.exists() and not out.is_dir():
        raise NotADirectoryError(f"{str(out)!r} is a file, not a folder")
    found: dict[str, tuple[str, list[str]]] = {}
    for name, theme, form in files:
        found.setdefault(name, (_line(name, settings[name], width), []))[1].append(f"{theme}.{form}")
    paths = [out / f"{stem_of(prefix, name)}-{end}" for name, (_, ends) in found.items() for end in ends]
    output.check_free(paths, force, "choose another folder or a --prefix, or use --force")
    return {
        name: (line, _all_ends(out / f"{stem_of(prefix, name)}.md", line, ends, force))
        for name, (line, ends) in found.items()
    }


def _line(name: str, settings: Mapping[str, Value], width: int) -> str:
    """The setting, as the command line takes it."""
    pairs = [f"{key}={value}" for key, value in {**GALLERY[name].settings, **settings}.items()]
    return f"`{' '.join(['--set', *pairs] * bool(pairs) + ['--width', str(width)])}`"


def _all_ends(path: Path, line: str, ends: list[str], force: bool) -> list[str]:
    """The themes and formats that the file has snippets for, and the new ones."""
    if not path.exists():
        return ends
    text = unquote(path.read_text(encoding="utf-8", errors="replace"))
    there = re.findall(rf"{re.escape(path.stem)}-((?:{'|'.join(PAGES)})\.(?:{'|'.join(STILL + MOVING)}))\b", text)
    if line in text.splitlines():
        return list(dict.fromkeys([*there, *ends]))
    left = [end for end in there if end not in ends]
    if left or not force:
        what = f"has {path.stem}-{left[0]} at another setting" if left else "is for another setting"
        raise FileExistsError(f"{str(path)!r} {what}; choose a --prefix{'' if left else ' or use --force'}")
    return ends


def write_all(
    made: Mapping[str, Sequence[Made]], named: Mapping[str, tuple[str, list[str]]], out: Path, *, prefix: str = ""
) -> list[Path]:
    """Writes every picture, and after a figure's pictures its snippets; each file whole or not at all."""
    written = []
    for name, files in made.items():
        written += [output.write(out / file.name, file.content) for file in files]
        text = snippets(name, *named[name], files[0], prefix)
        written.append(output.write(out / f"{stem_of(prefix, name)}.md", text.encode()))
    return written


def snippets(name: str, line: str, ends: Sequence[str], made: Made, prefix: str = "") -> str:
    """HTML in which the reader's color scheme picks the picture, plain Markdown, and a link for print.

    ends: the files, each as theme.format
    made: the words about the figure, and its size; they are the same in each theme
    prefix: what comes before the names, with a path
    """

    def url(end: str) -> str:
        return quote(f"{prefix}{name}-{end}", safe="/:")

    day = "light" if any(end.startswith("light.") for end in ends) else "transparent"
    pictures = {}  # where each belongs, and its lines
    for themes in ("dark", day), ("transparent",):
        images = [f"{theme}.{form}" for theme in themes for form in TYPES if f"{theme}.{form}" in ends]
        if images and not (themes == ("transparent",) and day == "transparent"):
            pages = dict.fromkeys(PAGES[end.partition(".")[0]] for end in reversed(images))
            pictures[" and ".join(pages)] = _picture(images, url, made)
    frame = f"width:100%;max-width:{made.width}px;aspect-ratio:{made.width}/{made.height + CONTROLS};border:0"
    for theme in PAGES:
        if f"{theme}.html" in ends:
            source = f'src="{url(f"{theme}.html")}" title="{html.escape(GALLERY[name].title)}"'
            pictures[f"{PAGES[theme]}, with a player"] = [f'<iframe {source} style="{frame}"></iframe>']
    long = f"\n<details><summary>The figure in words</summary>{html.escape(made.long)}</details>\n"
    details = "" if made.long == made.alt else long
    parts = [f"# {name}: {GALLERY[name].title}", line]
    for number, (pages, lines) in enumerate(pictures.items()):
        if number == 0:
            lines = ["<figure>", *lines, f"<figcaption>{html.escape(made.caption)}{details}</figcaption>", "</figure>"]
        parts += [f"## {'Or instead, for' if number else 'For'} {pages}", _fenced("html", lines)]
    image = next((f"{theme}.{form}" for theme in PAGES for form in TYPES if f"{theme}.{form}" in ends), "")
    if image:
        lines = [f"![{_plain(made.alt)}]({url(image)})", "", f"*{_plain(made.caption)}*"]
        parts += ["## Where Markdown allows no HTML", _fenced("markdown", lines)]
    parts += [f"For print: [{end}]({url(end)})" for end in ends if end.endswith(".pdf")]
    return "\n\n".join(parts) + "\n"


def _picture(images: Sequence[str], url, made: Made) -> list[str]:
    """The last image is for programs without <picture>; dark ones are for dark pages, unless all are dark."""
    *others, last = images
    lines = ["<picture>"]
    for end in others:
        theme, _, form = end.partition(".")
        media = ' media="(prefers-color-scheme: dark)"' * (theme == "dark" and not last.startswith("dark"))
        lines.append(f'<source{media} type="{TYPES[form]}" srcset="{url(end)}">')
    size = f'width="{made.width}" height="{made.height}" style="max-width:100%;height:auto"'
    return [*lines, f'<img src="{url(last)}" alt="{html.escape(made.alt)}" {size}>', "</picture>"]


def _plain(words: str) -> str:
    """Words in which Markdown finds nothing to format."""
    return re.sub(r"([\\`*_\[\]<])", r"\\\1", words)


def _fenced(language: str, lines: Sequence[str]) -> str:
    return "\n".join([f"```{language}", *lines, "```"])
