"""Checks of what users give: each returns the value as a plain one, or raises an error that says what is allowed."""

from __future__ import annotations

import operator


def check_int(value: object, name: str, at_least: int = 1) -> int:
    """``value`` as an int, or an error that repeats it and says what is allowed."""
    problem = f"{name} must be a whole number of at least {at_least}, got {value!r}"
    if isinstance(value, bool):
        raise TypeError(problem)
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(problem) from None
    if number < at_least:
        raise ValueError(problem)
    return number


def pair(value: object, name: str, at_least: int = 1) -> tuple[int, int]:
    """One whole number, or two of them as (height, width), as a pair."""
    if not isinstance(value, (tuple, list)):
        value = (value, value)
    if len(value) != 2:
        raise ValueError(f"{name} must be one whole number or a pair (height, width), got {value!r}")
    return check_int(value[0], name, at_least), check_int(value[1], name, at_least)


def check_size(value: object) -> tuple[int, int]:
    """An input size (H, W), which must be given as a pair."""
    if not isinstance(value, (tuple, list)):
        raise TypeError(f"size must be a pair (H, W) of whole numbers, got {value!r}")
    return pair(value, "size")


def check_bool(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, got {value!r}")
    return value
