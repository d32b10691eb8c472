"""The command line of the lesson: what a network costs, layer by layer, and figures and explorers as files.

python -m mbv2_lesson count mobilenet_v2 --width 0.5
python -m mbv2_lesson count my_net.py:Net --input 3 224 224 --separable
python -m mbv2_lesson figures --all --out DIR
python -m mbv2_lesson page separable --out separable.html
"""

from __future__ import annotations

import argparse
import importlib.util
import inspect
import os
import re
import shlex
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import plans
from .plans import tables
from .plans.settings import Parser

if TYPE_CHECKING:
    from torch import nn

    from .modules.counter import Count, Separable

PLANS = {plan.__name__: plan for plan in (plans.mobilenet_v2, plans.mobilenet_v1)}


class Problem(ValueError):
    """What the user can fix; reported in one line, with exit code 2."""


def main(arguments: list[str] | None = None) -> int:
    parser = Parser(prog="python -m mbv2_lesson", description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    _add_count(commands)
    _add_figures(commands)
    _add_page(commands)
    if hasattr(sys.stdout, "reconfigure"):  # a terminal without "\u00d7" shows a question mark
        sys.stdout.reconfigure(errors="replace")
    options = parser.parse_args(arguments)
    try:
        options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print(f"{parser.prog} {options.command}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader has seen enough, as head does; what is left must not fail again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ValueError, TypeError, OverflowError, OSError) as problem:
        words = " ".join(f"{'cannot write: ' if isinstance(problem, OSError) else ''}{problem}".split())
        print(f"{parser.prog} {options.command}: {words}", file=sys.stderr)
        return 2
    return 0


def _add_count(commands) -> None:
    count = commands.add_parser(
        "count",
        help="params and MACs of a network, layer by layer",
        description="Params and MACs of a plan of this lesson or of any torch module, for one input.",
    )
    count.add_argument(
        "what",
        metavar="WHAT",
        help=f"{' or '.join(PLANS)}; or a torch module, or a class or function that makes one without arguments, such "
        "as my_net.py:Net or package.module:name",
    )
    count.add_argument(
        "--input",
        nargs="+",
        action="append",
        type=_lengths,
        default=[],
        metavar="N",
        help="the shape of one input without the batch, such as 3 224 224; repeat for further inputs",
    )
    count.add_argument(
        "--dtype", action="append", default=[], help="dtype of all inputs, or one per --input: float, long, ..."
    )
    count.add_argument("--width", type=float, help=f"width multiplier of {' or '.join(PLANS)}")
    count.add_argument("--resolution", type=int, help="for these two, the same as --input 3 N N")
    count.add_argument(
        "--depth", type=int, metavar="N", help="one row per module down to level N; features.0 is at level 2"
    )
    count.add_argument(
        "--separable", action="store_true", help="show the cost with each standard convolution made separable, too"
    )
    form = count.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_const", const=tables.csv, dest="form", help="rows for a program")
    form.add_argument("--markdown", action="store_const", const=tables.markdown, dest="form", help="a table for a post")
    count.set_defaults(run=_count, form=tables.text)


def _lengths(text: str) -> list[int]:
    """One length, or several as 3x224x224 or 3,224,224."""
    parts = re.split("[x\u00d7,]", text.strip("x\u00d7,"))
    if not all(re.fullmatch(r"-?\d+", part) for part in parts):
        raise argparse.ArgumentTypeError(f"must be whole numbers, such as 3 224 224 or 3x224x224, got {text!r}")
    return [int(part) for part in parts]


def _count(options: argparse.Namespace) -> None:
    shapes = [tuple(length for lengths in given for length in lengths) for given in options.input]
    counted = _plan(options, shapes) if options.what in PLANS else _module(options, shapes)
    sys.stdout.write(options.form(counted).rstrip("\n") + "\n")
    if options.form is tables.csv:
        print(counted.note, file=sys.stderr)


def _plan(options: argparse.Namespace, shapes: list[tuple[int, ...]]) -> plans.Plan:
    if options.dtype or options.depth is not None or options.separable:
        raise Problem(f"--dtype, --depth and --separable are for torch modules, but {options.what} is a plan")
    given = {"width_mult": options.width, "resolution": options.resolution}
    settings = {name: value for name, value in given.items() if value is not None}
    for shape in shapes:
        if len(shape) != 3 or shape[0] != 3 or shape[1] != shape[2]:
            allowed = f"3 and the resolution twice, such as 3 224 224, got {' '.join(map(str, shape))}"
            raise Problem(f"--input of {options.what} must be {allowed}")
        if settings.setdefault("resolution", shape[1]) != shape[1]:
            raise Problem(f"give one resolution, got {settings['resolution']} and {shape[1]}")
    return PLANS[options.what](**settings)


def _module(options: argparse.Namespace, shapes: list[tuple[int, ...]]) -> Count | Separable:
    place, _, attribute = options.what.rpartition(":")
    if not place or not attribute:
        raise Problem(f"WHAT must be {', '.join(PLANS)}, FILE.py:NAME or package.module:NAME, got {options.what!r}")
    if options.width is not None or options.resolution is not None:
        raise Problem(f"--width and --resolution are for {' and '.join(PLANS)}, not for {options.what!r}; use --input")
    if options.depth is not None and options.depth < 1:
        raise Problem(f"--depth must be at least 1, got {options.depth}")
    if options.depth is not None and options.separable:
        raise Problem(f"--separable works layer by layer, so it allows no --depth, got --depth {options.depth}")
    if any(length < 1 for shape in shapes for length in shape):
        raise Problem(f"each length of --input must be at least 1, got {' and '.join(map(str, shapes))}")
    if not shapes:
        raise Problem(
            f"give the input of {options.what!r}, such as --input 3 224 224, and --input again for further inputs"
        )
    if len(options.dtype) not in (0, 1, len(shapes)):
        raise Problem(f"give --dtype once or once per --input, got {len(options.dtype)} and {len(shapes)}")
    with _told("cannot import torch"):  # for example, if a reader's file has the name of a module that torch needs
        import torch  # it is slow to import, and a plan does not need it

        from .modules.counter import count, example_input

    for name in options.dtype:
        if not isinstance(getattr(torch, name, None), torch.dtype):
            raise Problem(f"--dtype must be one of torch's, such as float32, long or bool, got {name!r}")
    dtypes = [getattr(torch, name) for name in options.dtype] or [None]
    inputs = list(zip(shapes, dtypes * (len(shapes) // len(dtypes)), strict=True))
    # What a reader's module prints must not get into a table, much less into a CSV file.
    with redirect_stdout(sys.stderr), _importable_beside(place):
        model = _make(place, attribute)
        with _told(f"{options.what!r} with an input of {' and '.join(map(str, shapes))}"):
            if len(inputs) == 1:
                counted = count(model, *inputs[0][:1], dtype=inputs[0][1])
            else:
                counted = count(model, inputs=tuple(example_input(model, *each) for each in inputs))
    if options.separable:
        return counted.separable()
    return counted if options.depth is None else counted.fold(options.depth)


def _make(place: str, attribute: str) -> nn.Module:
    """The module that PLACE:ATTRIBUTE is or makes, PLACE being a file or what Python imports."""
    from torch import nn

    what = f"{place}:{attribute}"
    with _told(f"cannot import {place!r}"):
        found = _load(Path(place)) if _is_path(place) else import_module(place)
    for name in attribute.split("."):
        with _told(f"cannot find {attribute!r} in {place!r}"):
            if not hasattr(found, name):
                own = [
                    key
                    for key, value in vars(found).items()
                    if isinstance(value, nn.Module)
                    or (callable(value) and getattr(value, "__module__", None) == found.__name__)
                ]
                raise Problem(f"{place!r} has no {attribute!r}; it has {', '.join(own) or 'no modules'}")
            found = getattr(found, name)
    if not isinstance(found, nn.Module) and callable(found):
        with _told(f"cannot make {what!r}"):
            try:
                inspect.signature(found).bind()
            except TypeError as error:
                raise Problem(f"{what!r} cannot be called without arguments: {error}") from error
            found = found()
    if not isinstance(found, nn.Module):
        raise Problem(f"{what!r} must be a torch module or make one, got {type(found).__name__}")
    return found


def _is_path(place: str) -> bool:
    return place.endswith(".py") or "/" in place or os.sep in place


@contextmanager
def _importable_beside(place: str) -> Iterator[None]:
    """Lets a file import its neighbors, as if it were the program."""
    folder = str(Path(place).resolve().parent)
    if _is_path(place):
        sys.path.insert(0, folder)
    try:
        yield
    finally:
        if _is_path(place) and folder in sys.path:
            sys.path.remove(folder)


def _load(path: Path) -> Any:
    if not path.is_file():
        raise Problem(f"there is no file {str(path)!r}")
    name = path.stem
    while name in sys.modules:  # a file may be called random.py
        name += "_"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise Problem(f"{str(path)!r} is not a Python file")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Reports in one line whatever a reader's own code raises, or that it exits."""
    try:
        yield
    except (Problem, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise Problem(f"{what}: {type(error).__name__}: {error}{_advice(error)}") from error


def _advice(error: BaseException) -> str:
    words = str(error)
    if "operator torchvision::" in words:
        return "; torch and torchvision are different builds (CPU and CUDA): install both from one index"
    if isinstance(error, TypeError) and "forward" in words and "argument" in words:
        return "; give --input once per input"
    return ""


def _add_figures(commands) -> None:
    figures = commands.add_parser(
        "figures",
        help="figures of the lesson as files",
        description="Writes figures of the lesson, each with the lines to paste into a post in NAME.md.",
    )
    figures.add_argument("names", nargs="*", metavar="NAME", help="see --list")
    figures.add_argument("--list", action="store_true", help="name every figure and its settings")
    figures.add_argument("--all", action="store_true", help="every figure and animation that exists in the formats")
    figures.add_argument(
        "--out", type=Path, metavar="DIR", help="an existing folder, or a new one inside an existing one"
    )
    several: dict[str, Any] = {"nargs": "+", "action": "extend", "default": []}
    figures.add_argument("--format", **several, metavar="F", help="svg png pdf; for animations, gif html")
    figures.add_argument("--theme", **several, metavar="T", help="light dark; transparent, for light pages only")
    figures.add_argument(
        "--prefix", default="", help="put before each name; a path in it is for the snippets: images/wide-"
    )
    figures.add_argument("--width", type=int, default=640, help="width on the page, in pixels")
    figures.add_argument("--scale", type=float, default=2, help="pixels of a PNG per pixel on the page")
    figures.add_argument("--set", **several, metavar="NAME=VALUE", help="such as in_channels=64")
    figures.add_argument("--force", action="store_true", help="replace existing files")
    figures.set_defaults(run=_figures)


def _figures(options: argparse.Namespace) -> None:
    from .figures.gallery import files as gallery  # matplotlib takes a second that a count does not need
    from .figures.gallery import snippets
    from .figures.gallery.entries import GALLERY

    if options.list:
        for name, entry in GALLERY.items():
            settings = " ".join(f"{key}={value}" for key, value in entry.settings.items())
            kind = "animation" if entry.moves else "figure"
            print(f"{name:21} {kind:10} {entry.title}{f'  [{settings}]' if settings else ''}")
        return
    names = options.names + _names_among(options, GALLERY, "set", "format", "theme")
    if options.all == bool(names):
        raise Problem("name some figures or use --all; --list names them")
    if options.out is None:
        raise Problem("say where to write: --out DIR")
    wanted = gallery.plan_files(names or list(GALLERY), options.format, options.theme, skip=options.all)
    settings = gallery.parse_settings(list(dict.fromkeys(name for name, _, _ in wanted)), options.set)
    post = {"prefix": options.prefix, "width": options.width}
    named = snippets.check_folder(options.out, wanted, settings, force=options.force, **post)
    made = gallery.make(wanted, settings, scale=options.scale, progress=_progress, **post)
    options.out.mkdir(exist_ok=True)
    written = snippets.write_all(made, named, options.out, prefix=options.prefix)
    size = sum(path.stat().st_size for path in written)
    print(f"figures: {len(made)}, files: {len(written)}, {size / 1e6:.1f} MB in {options.out}")


def _names_among(options: argparse.Namespace, known: Collection[str], *lists: str) -> list[str]:
    """Takes the names out of the options' values, because "--set in_channels=64 separable" takes them in, too."""
    found = []
    for key in lists:
        words = getattr(options, key)
        found += [word for word in words if word.lower().replace("_", "-") in known]
        setattr(options, key, [word for word in words if word not in found])
    return found


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        bar = "#" * (30 * done // total)
        print(f"[{bar:30}] {done} of {total} drawn", end="\n" if done == total else "\r", file=sys.stderr, flush=True)


def _add_page(commands) -> None:
    page = commands.add_parser(
        "page",
        help="an explorer or a question as one HTML file",
        description="Writes an explorer or a question as one HTML file that needs no network, and prints the lines "
        "that put it into a post.",
    )
    page.add_argument("name", nargs="*", metavar="NAME", help="see --list")
    page.add_argument("--list", action="store_true", help="name every explorer with its settings, and every question")
    page.add_argument("--out", type=Path, metavar="FILE.html", help="a file in an existing folder")
    page.add_argument(
        "--set", nargs="+", action="extend", default=[], metavar="NAME=VALUE", help="such as in_channels=64"
    )
    page.add_argument("--theme", default="auto", metavar="T", help="light, dark, or auto (the reader's own)")
    page.add_argument("--force", action="store_true", help="replace the file if it exists")
    page.set_defaults(run=_page)


def _page(options: argparse.Namespace) -> None:
    from .explorers import pages  # with ipywidgets and matplotlib, which a count does not need
    from .explorers.explorer import page
    from .figures import output
    from .questions import QUESTIONS, ask

    if options.list:
        for name, explorer in pages.EXPLORERS.items():
            settings = shlex.join(f"{key}={value}" for key, value in pages.settings(explorer()).items())
            print(f"{name:12} {pages.title(name)}  [{settings}]")
        for name in QUESTIONS:
            print(f"{name:22} {ask(name).prompt}")
        return
    names = options.name + _names_among(options, [*pages.EXPLORERS, *QUESTIONS], "set")
    if len(names) != 1:
        raise Problem("name one explorer or question; --list names them")
    (name,) = names
    if options.out is None:
        raise Problem("say where to write: --out FILE.html")
    if options.out.is_dir():
        raise Problem(f"{str(options.out)!r} is a folder; name a file, such as {options.out / name}.html")
    if options.out.suffix.lower() != ".html":
        raise Problem(f"--out must end in .html, got {str(options.out)!r}")
    output.check_place(options.out, options.force, "choose another name or use --force")
    if name in QUESTIONS:
        if options.set:
            raise Problem(f"a question has no settings, got --set {' '.join(options.set)}")
        shown, title = ask(name), "A question"
    else:
        shown, title = pages.make(name, options.set), pages.title(name)
    content = page(shown, options.theme).encode()
    output.write(options.out, content)
    print(f"{options.out}: {len(content) / 1000:.1f} kB. Put it next to your post, and these lines into the post:\n")
    print(pages.snippet(title, options.out.name))


if __name__ == "__main__":
    sys.exit(main())
