"""What people type: settings such as ``in_channels=64``, misspelled names, options given twice."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, NoReturn

Value = bool | int | float | str


def read_settings(pairs: Iterable[str], known: Mapping[str, Value]) -> dict[str, Value]:
    """Pairs such as ``in_channels=64``, each value of the same type as that of the ``known`` setting.

    Raises ValueError for an unknown setting, one that is given twice, or text that cannot be read as that type.
    """
    given: dict[str, Value] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not known:
            raise ValueError(f"there are no settings here, got {pair!r}")
        if not equals:
            example = next(f"{name}={value}" for name, value in known.items())
            raise ValueError(f"a setting is NAME=VALUE, such as {example}, got {pair!r}")
        if name not in known:
            raise ValueError(unknown("setting", name, known))
        if name in given:
            raise ValueError(f"{name} is given twice, as {given[name]} and as {text}")
        given[name] = _read(name, text, type(known[name]))
    return given


def _read(name: str, text: str, kind: type[Value]) -> Value:
    if kind is bool:
        if text.lower() not in ("true", "false"):
            raise ValueError(f"{name} must be true or false, got {text!r}")
        return text.lower() == "true"
    try:
        return kind(text)
    except ValueError:
        allowed = "a whole number" if kind is int else "a number"
        raise ValueError(f"{name} must be {allowed}, got {text!r}") from None


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """An error message: no such figure, which one was probably meant, and which ones there are."""
    meant = "".join(f", did you mean {near!r}?" for near in get_close_matches(name.lower(), known, n=1))
    return f"no {what} {name!r}{meant or ';'} there are {', '.join(known)}"


class Parser(argparse.ArgumentParser):
    """Reports errors in one line, and refuses an option that is given twice."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.register("action", None, _Once)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; --help lists what there is\n")


class _Once(argparse.Action):
    """Stores one value; argparse would silently keep the last of several."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        before = getattr(namespace, self.dest)
        if option and before is not self.default:
            raise argparse.ArgumentError(self, f"given twice, as {before} and as {values}")
        setattr(namespace, self.dest, values)
