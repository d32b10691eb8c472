"""Numbers on their way to a browser."""

from __future__ import annotations

import numpy as np


def rounded(values: object, digits: int = 4, beside: float | None = None) -> np.ndarray:
    """An array of floats, each to ``digits`` significant digits; what is zero within rounding is 0, and never -0.

    Python and the browser both compute from these, so they agree. Zero within rounding means less than 1e-9 of
    ``beside``, or of the largest magnitude if that is None.

    >>> rounded([2 / 3, -1234.5678, 1e-16]).tolist()
    [0.6667, -1235.0, 0.0]
    """
    values = np.asarray(values, dtype=float)
    scale = np.abs(values).max(initial=0) if beside is None else beside
    kept = np.where(np.abs(values) < 1e-9 * scale, 0, values) + 0.0
    return np.array([float(f"{value:.{digits - 1}e}") for value in kept.flat]).reshape(kept.shape)
