"""Settings and names as people type them: ``in_channels=64`` read as a number, and what a slip of the key meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

Value = bool | int | float | str


def read_settings(pairs: Iterable[str], known: Mapping[str, Value]) -> dict[str, Value]:
    """Pairs such as ``in_channels=64``, each value of the kind that the ``known`` setting has.

    Raises ValueError for an unknown setting, one that is given twice, or text that is not of this kind.
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


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is spelled most like this one, if any is."""
    return next(iter(get_close_matches(name.lower(), known, n=1)), None)


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """An error's words: no such figure, what was probably meant, and which there are."""
    meant = closest(name, known)
    return f"no {what} {name!r}{f', did you mean {meant!r}?' if meant else ';'} there are {', '.join(known)}"
