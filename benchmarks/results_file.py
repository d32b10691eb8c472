"""What the scripts that write a data file share: where it goes, never over another file, whole or not at all."""

import argparse
from collections.abc import Callable
from pathlib import Path

from mbv2_lesson.figures.output import write


def parser(description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("--force", action="store_true", help="replace the file if it exists")
    return parser


def options(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """The command line's options; ends the program if the file cannot be written, before anything is measured."""
    options = parser.parse_args()
    if not options.out.parent.is_dir():
        parser.error(f"there is no folder {str(options.out.parent)!r}")
    if options.out.exists() and not options.force:
        parser.error(f"{str(options.out)!r} already exists; choose another name or use --force")
    return options


def save(text: str, path: Path, read: Callable[[str], object]) -> None:
    read(text)  # what is written can be read
    write(path, text.encode())
