"""Checks of arguments. Each returns a plain value or raises an error that says what is allowed."""

from __future__ import annotations

import operator
from numbers import Real
from typing import Any


def check_int(value: Any, name: str, at_least: int = 1) -> int:
    """``value`` as an int. Raises TypeError for floats, bools and the like, ValueError below ``at_least``."""
    allowed = "a whole number of at least"
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be {allowed} {at_least}, got {value!r}") from None
    if isinstance(value, bool):
        raise TypeError(f"{name} must be {allowed} {at_least}, got {value!r}")
    if number < at_least:
        raise ValueError(f"{name} must be {allowed} {at_least}, got {value!r}")
    return number


def check_pair(value: object, name: str, at_least: int = 1) -> tuple[int, int]:
    """One whole number, or two as (height, width), as a pair."""
    if not isinstance(value, (tuple, list)):
        number = check_int(value, name, at_least)
        return number, number
    if len(value) != 2:
        raise ValueError(f"{name} must be one whole number or a pair (height, width), got {value!r}")
    return check_int(value[0], name, at_least), check_int(value[1], name, at_least)


def check_size(value: object) -> tuple[int, int]:
    """An input size (H, W)."""
    if isinstance(value, (tuple, list)) and len(value) == 2:
        return check_int(value[0], "H in size"), check_int(value[1], "W in size")
    error = ValueError if isinstance(value, (tuple, list)) else TypeError
    raise error(f"size must be (H, W), two whole numbers without batch or channels, got {value!r}")


def check_bool(value: object, name: str) -> bool:
    """``value`` itself. Raises TypeError unless it is True or False."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, got {value!r}")
    return value


def check_width_mult(value: Any) -> float:
    """A width multiplier as a float: any real number above 0 and up to 1,000."""
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"width_mult must be a number such as 1.0 or 0.35, got {value!r}")
    if not 0 < value <= 1000:  # type: ignore[operator]  # Real does not define <; nan is refused here too
        raise ValueError(f"width_mult must be above 0 and at most 1000, such as 1.0 or 0.35, got {value!r}")
    return float(value)
