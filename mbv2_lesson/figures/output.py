"""Figures for a page, a screen reader or a file: alt text, pictures, what is shown below a cell."""

from __future__ import annotations

import base64
import html
import io
import os
import re
import shutil
import threading
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import matplotlib as mpl
from matplotlib.figure import Figure

from ..plans.tables import MEASURED
from .style import PIXELS_PER_INCH

LISTENED_TO = 250  # characters: an alt text cannot be paused and heard again word by word


def describe(figure: Figure, sentence: str, measured: str = "", *, brief: str = "") -> Figure:
    """Gives the figure its description: a sentence, then what was ``measured`` just now and differs from run to run.

    brief: the alt text, where the description is longer than 250 characters
    """
    figure.long_description = f"{sentence} {measured}".rstrip()
    figure.set_label(brief if brief and len(figure.long_description) > LISTENED_TO else figure.long_description)
    figure.measured = measured
    return figure


def alt_text(figure: Figure) -> str:
    """The message of the figure and its main numbers, in at most 250 characters, for people who cannot see it."""
    return figure.get_label()


def long_description(figure: Figure) -> str:
    """Everything that the figure says, with every number: the alt text itself if there is room for it all."""
    return getattr(figure, "long_description", alt_text(figure))


def _measured(figure: Figure) -> str:
    return getattr(figure, "measured", "")


def png(figure: Figure, scale: float = 2) -> bytes:
    """The figure as PNG, ``scale`` pixels per CSS pixel; the same bytes each time."""
    return render(figure, "png", scale=scale)


def img_tag(figure: Figure) -> str:
    """The figure as an <img> element with alt text, which is what JupyterLab shows to a screen reader."""
    data = base64.b64encode(png(figure)).decode()
    width = round(figure.get_size_inches()[0] * PIXELS_PER_INCH)
    alt = html.escape(long_description(figure))  # below a cell there is no other place for it
    mark = f'class="{MEASURED}" ' if _measured(figure) else ""
    return f'<img {mark}alt="{alt}" style="width:{width}px;max-width:100%" src="data:image/png;base64,{data}">'


class Shown:
    """A figure as the last line of a cell: a picture with alt text in a browser, words in a terminal."""

    def __init__(self, figure: Figure) -> None:
        self.figure = figure

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        same_each_run = long_description(self.figure).removesuffix(_measured(self.figure)).rstrip()
        return {"text/html": img_tag(self.figure), "text/plain": same_each_run}


def show(figure: Figure) -> Shown:
    """Shows the figure under the cell, with its alt text."""
    if not alt_text(figure):
        raise ValueError("the figure has no alt text; give it one with describe(figure, sentence)")
    return Shown(figure)


def save(figure: Figure, path: str | os.PathLike, *, overwrite: bool = False) -> Path:
    """Writes the figure whole or not at all, in the format that the name's ending gives (.png, .svg, .pdf, ...).

    Raises ValueError for an unknown ending, FileNotFoundError for a missing folder, PermissionError for one that is
    not writable, and FileExistsError if the file already exists, unless ``overwrite``.
    """
    path = Path(path)
    ending = path.suffix.removeprefix(".").lower()
    endings = figure.canvas.get_supported_filetypes()
    if ending not in endings:
        raise ValueError(f"the name must end in one of .{', .'.join(sorted(endings))}, got {path.name!r}")
    check_place(path, overwrite)
    return write(path, render(figure, ending))


def check_place(path: Path, overwrite: bool, advice: str = "choose another name or pass overwrite=True") -> None:
    """Raises FileNotFoundError for a missing folder, FileExistsError for a file that may not be overwritten."""
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {str(path.parent)!r} to write {path.name!r} into")
    check_free([path], overwrite, advice)


def check_free(paths: Sequence[Path], overwrite: bool, advice: str) -> None:
    """Raises FileExistsError, with the advice, if one of the files exists and may not be overwritten."""
    there = [path for path in paths if path.exists()]
    if there and not overwrite:
        more = f" and {len(there) - 1} more already exist" if len(there) > 1 else " already exists"
        raise FileExistsError(f"{str(there[0])!r}{more}; {advice}")


def write(path: Path, content: bytes) -> Path:
    """Writes the whole file or nothing: what was there stays until the new one is complete.

    On POSIX a new file gets the usual mode (0o666 minus the umask), and a replaced one keeps its mode.
    """
    draft = path.parent / f".{uuid4().hex}{path.suffix}"
    try:
        file = open(draft, "xb")
    except PermissionError as error:  # which names the draft, a file that nobody asked for
        raise PermissionError(
            f"the folder {str(path.parent)!r} is not writable; {path.name!r} was not saved"
        ) from error
    try:
        with file:
            if path.exists():
                shutil.copymode(path, draft)
            file.write(content)
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return path


# Without these, dates, random ids and versions would make each file different.
_METADATA = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None, "Format": None, "Type": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
# Text as paths looks the same whatever fonts there are; the salt makes the ids of an SVG the same each time.
_EXPORT = {"svg.hashsalt": "mbv2-lesson", "svg.fonttype": "path", "pdf.fonttype": 42}
_EXPORTING = threading.Lock()


def render(figure: Figure, form: str, *, width: int | None = None, scale: float = 2) -> bytes:
    """The figure as a file's content: the same bytes each time for PNG, SVG and PDF.

    width: in CSS pixels; the height follows. Its own width if None
    scale: pixels of a PNG per CSS pixel
    """
    inches, high = figure.get_size_inches()
    own_width = round(inches * PIXELS_PER_INCH)
    width = own_width if width is None else width
    buffer = io.BytesIO()
    with _EXPORTING:  # these three settings are global in matplotlib; only they are changed, and restored
        before = {name: mpl.rcParams[name] for name in _EXPORT}
        mpl.rcParams.update(_EXPORT)
        try:
            figure.savefig(
                buffer,
                format=form,
                dpi=PIXELS_PER_INCH * scale * width / own_width,
                facecolor=figure.get_facecolor(),
                metadata=_METADATA.get(form),
            )
        finally:
            mpl.rcParams.update(before)
    if form != "svg":
        return buffer.getvalue()
    return _for_a_page(buffer.getvalue().decode(), alt_text(figure), width, round(width * high / inches)).encode()


def _for_a_page(svg: str, alt: str, width: int, height: int) -> str:
    """matplotlib's SVG, changed so that it can also be pasted into a page, next to others.

    It begins with <svg>, is no wider than its place, and has no style rules, which would apply to the whole page. Its
    ids are made from the content, so two figures, themes or settings have no id in common.
    """
    svg = re.sub(r"\s*<defs>\s*<style.*?</style>\s*</defs>", "", svg[svg.index("<svg") :], count=1, flags=re.DOTALL)
    style = "max-width:100%;height:auto;stroke-linejoin:round;stroke-linecap:butt"  # the last two were those rules
    root = f'width="{width}" height="{height}" style="{style}" role="img" aria-label="{html.escape(alt)}"'
    svg = re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', lambda match: root, svg, count=1)
    prefix = f"m{sha256(svg.encode()).hexdigest()[:8]}-"
    return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}", svg)
