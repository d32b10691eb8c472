"""The command line of the lesson: what a network costs, layer by layer, and every figure as a file.

python -m mbv2_lesson count mobilenet_v2 --input 3 224 224
python -m mbv2_lesson figures --all --out DIR
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

from . import plans
from .plans import tables

PLANS = {
    "mobilenet_v2": plans.mobilenet_v2,
    "mobilenet_v1": plans.mobilenet_v1,
}


class Problem(Exception):
    """What the user can mend; told in one line, exit code 2."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m mbv2_lesson", description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    count = commands.add_parser(
        "count",
        help="params and MACs of a network, layer by layer",
        description="Params and MACs of a plan of this lesson, or of any torch module, for one image.",
    )
    count.add_argument(
        "what",
        metavar="PLAN_OR_MODULE:ATTR",
        help=f"{' or '.join(PLANS)}, or where Python finds a torch module, or a function or class without arguments "
        "that makes one: package.module:name",
    )
    count.add_argument("--input", nargs="+", type=int, required=True, metavar="N", help="one input, such as 3 224 224")
    form = count.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_const", const=tables.csv, dest="form", help="rows for a program")
    form.add_argument("--markdown", action="store_const", const=tables.markdown, dest="form", help="a table for a post")
    count.set_defaults(run=_count)
    _add_figures(commands)
    if hasattr(sys.stdout, "reconfigure"):  # a terminal that does not know "\u00d7" shows a question mark
        sys.stdout.reconfigure(errors="replace")
    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except Problem as problem:
        print(f"{parser.prog} {options.command}: {' '.join(str(problem).split())}", file=sys.stderr)
        return 2
    return 0


def _count(options: argparse.Namespace) -> None:
    counted = _plan(options) if options.what in PLANS else _module(options)
    sys.stdout.write((options.form or tables.text)(counted).rstrip("\n") + "\n")


def _add_figures(commands) -> None:
    figures = commands.add_parser(
        "figures",
        help="figures of the lesson as files",
        description="Writes figures of the lesson, each with a snippet NAME.md for a post.",
    )
    figures.add_argument("names", nargs="*", metavar="NAME", help="see --list")
    figures.add_argument("--list", action="store_true", help="name every figure and its settings")
    figures.add_argument("--all", action="store_true", help="every figure that can be of the formats")
    figures.add_argument("--out", type=Path, metavar="DIR", help="an existing folder, or one to be made in such")
    figures.add_argument("--format", nargs="+", default=["svg", "png"], metavar="F", help="svg png pdf; gif html")
    figures.add_argument("--theme", nargs="+", default=["light", "dark"], metavar="T", help="light dark transparent")
    figures.add_argument("--width", type=int, default=640, help="on the page, in pixels")
    figures.add_argument("--scale", type=float, default=2, help="pixels of a PNG for each of these")
    figures.add_argument("--set", nargs="+", default=[], metavar="NAME=VALUE", help="such as in_channels=64")
    figures.add_argument("--force", action="store_true", help="replace files that are there")
    figures.set_defaults(run=_figures)


def _figures(options: argparse.Namespace) -> None:
    from .figures.gallery import files as gallery  # matplotlib takes a second that a count does not need
    from .figures.gallery.entries import GALLERY

    if options.list:
        for name, entry in GALLERY.items():
            settings = " ".join(f"{key}={value}" for key, value in entry.settings.items())
            kind = "animation" if entry.moves else "figure"
            print(f"{name:21} {kind:10} {entry.title}{f'  [{settings}]' if settings else ''}")
        return
    if options.all == bool(options.names):
        raise Problem("name some figures or say --all; --list names them")
    if options.out is None:
        raise Problem("say where to write: --out DIR")
    try:
        wanted = gallery.plan_files(options.names or list(GALLERY), options.format, options.theme, skip=options.all)
        names = list(dict.fromkeys(name for name, _, _ in wanted))
        settings = gallery.parse_settings(names, options.set)
        _check_folder(options.out, gallery.file_names(wanted), options.force)
        made = gallery.make(wanted, settings, width=options.width, scale=options.scale, progress=_progress)
        options.out.mkdir(exist_ok=True)
        written = gallery.write_all(made, options.out)
    except (ValueError, TypeError, OverflowError) as error:
        raise Problem(error) from error
    except OSError as error:
        raise Problem(f"cannot write: {error}") from error
    size = sum(path.stat().st_size for path in written)
    print(f"figures: {len(made)}, files: {len(written)}, {size / 1e6:.1f} MB in {options.out}")


def _check_folder(out: Path, names: list[str], force: bool) -> None:
    if out.exists() and not out.is_dir():
        raise Problem(f"{str(out)!r} is a file, not a folder")
    if not out.exists() and not out.parent.is_dir():
        raise Problem(f"there is no folder {str(out.parent)!r} to make {out.name!r} in")
    there = [name for name in names if (out / name).exists()]
    if there and not force:
        more = f" and {len(there) - 1} more are" if len(there) > 1 else " is"
        raise Problem(f"{str(out / there[0])!r}{more} there already; choose another folder or say --force")


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        bar = "#" * (30 * done // total)
        print(f"\r[{bar:30}] {done} of {total} drawn", end="\n" if done == total else "", file=sys.stderr, flush=True)


def _plan(options: argparse.Namespace) -> plans.Plan:
    if len(options.input) != 3 or options.input[0] != 3 or options.input[1] != options.input[2]:
        given = " ".join(map(str, options.input))
        raise Problem(f"--input of {options.what} must be 3 and the resolution twice, such as 3 224 224, got {given}")
    try:
        return PLANS[options.what](resolution=options.input[1])
    except ValueError as error:
        raise Problem(error) from error


def _module(options: argparse.Namespace):
    from .modules.counter import count  # torch is slow to import, and a plan does not need it

    module_name, colon, attribute = options.what.partition(":")
    if not (module_name and colon and attribute):
        raise Problem(f"name one of {', '.join(PLANS)} or say package.module:name, got {options.what!r}")
    try:
        found = import_module(module_name)
    except ImportError as error:
        raise Problem(f"cannot import {module_name!r}: {error}") from error
    for name in attribute.split("."):
        if not hasattr(found, name):
            raise Problem(f"{module_name!r} has no {attribute!r}")
        found = getattr(found, name)
    from torch import nn

    if not isinstance(found, nn.Module) and callable(found):
        try:
            found = found()
        except TypeError as error:
            raise Problem(f"{options.what!r} cannot be called without arguments: {error}") from error
    if not isinstance(found, nn.Module):
        raise Problem(f"{options.what!r} must be a torch module or make one, got {type(found).__name__}")
    try:
        return count(found, tuple(options.input))
    except (ValueError, RuntimeError) as error:  # torch says so of an input that does not fit
        raise Problem(f"{options.what!r} does not take an input of {tuple(options.input)}: {error}") from error


if __name__ == "__main__":
    sys.exit(main())
