"""The command line: ``python -m mbv2_lesson count ...`` says what a network costs, layer by layer."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

from . import plans, report

PLANS = {
    "mobilenet_v2": plans.mobilenet_v2,
    "mobilenet_v1": plans.mobilenet_v1,
}


class Problem(Exception):
    """What the user can mend; told in one line, exit code 2."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m mbv2_lesson", description=__doc__.partition(":")[0])
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
    form.add_argument("--csv", action="store_const", const=report.csv, dest="form", help="rows for a program")
    form.add_argument("--markdown", action="store_const", const=report.markdown, dest="form", help="a table for a post")
    options = parser.parse_args(arguments)
    try:
        counted = _plan(options) if options.what in PLANS else _module(options)
    except Problem as problem:
        print(f"{parser.prog} count: {' '.join(str(problem).split())}", file=sys.stderr)
        return 2
    sys.stdout.write((options.form or report.text)(counted).rstrip("\n") + "\n")
    return 0


def _plan(options: argparse.Namespace) -> plans.Plan:
    if len(options.input) != 3 or options.input[0] != 3 or options.input[1] != options.input[2]:
        given = " ".join(map(str, options.input))
        raise Problem(f"--input of {options.what} must be 3 and the resolution twice, such as 3 224 224, got {given}")
    try:
        return PLANS[options.what](resolution=options.input[1])
    except ValueError as error:
        raise Problem(error) from error


def _module(options: argparse.Namespace):
    from .measure import count  # torch is slow to import, and a plan does not need it

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
