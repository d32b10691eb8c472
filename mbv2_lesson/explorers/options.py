"""What the controls of explorers offer, and how a value is checked against it."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Number

CHANNELS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 160, 192, 256, 320, 512, 1024, 2048, 4096]
SIZES = [8, 14, 16, 28, 32, 56, 64, 96, 112, 128, 160, 192, 224, 256, 384, 512, 1024]


def check_option(value: object, options: Sequence, name: str) -> object:
    """The option equal to ``value``. Otherwise raises ValueError with the options, or the first three and the last."""
    if isinstance(value, (Number, str)):  # an array would be compared element by element
        for option in options:
            if option == value and isinstance(option, bool) == isinstance(value, bool):
                return option  # 16.0 and numpy's 16 are 16
    allowed = list(map(repr, options))
    if len(allowed) > 10:
        allowed[3:-1] = ["..."]
    raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")
