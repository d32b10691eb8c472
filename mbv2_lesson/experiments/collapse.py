"""What ReLU does to few channels (notebook 04). In numpy, so that an explorer answers without torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..plans import check_int

ACTIVATIONS = ("none", "ReLU", "ReLU6")


def spiral(points: int = 200) -> np.ndarray:
    """A curve in the plane, (points, 2), from the middle outwards to a radius of 4, so that ReLU6 has work to do."""
    turn = np.linspace(0.15, 1, check_int(points, "points", 2)) * 3.5 * np.pi
    return np.stack([turn * np.cos(turn), turn * np.sin(turn)], axis=1) * 4 / turn.max()


@dataclass(frozen=True)
class Collapse:
    """The curve before (points, 2) and after (points, 2), and which points kept fewer than two active units."""

    dimensions: int
    activation: str
    before: np.ndarray
    after: np.ndarray
    lost: np.ndarray

    @property
    def error(self) -> float:
        """Relative error of the best linear layer (with bias) that reads the curve from after.

        ReLU also shrinks and shifts the curve; that is no loss, since any next layer can undo it.
        """
        read = np.column_stack([self.after, np.ones(len(self.after))])
        centred = self.before - self.before.mean(axis=0)
        rest = centred - read @ np.linalg.lstsq(read, centred, rcond=None)[0]
        return float(np.linalg.norm(rest) / np.linalg.norm(centred))


def collapse(dimensions: int, seed: int = 0, activation: str = "ReLU") -> Collapse:
    """The spiral through a random Gaussian matrix T to n dimensions, an activation, and back by T's pseudo-inverse.

    Source: MobileNetV2, arXiv 1801.04381, Figure 1. The paper says "inverse"; T is square for n = 2 only, so the
    pseudo-inverse is our reading. A unit is active at a point if the activation passes its value on unchanged there.
    """
    n = check_int(dimensions, "dimensions", 2)
    seed = check_int(seed, "seed", 0)
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {', '.join(map(repr, ACTIVATIONS))}, got {activation!r}")
    before = spiral()
    matrix = np.random.default_rng(seed).standard_normal((n, 2))
    inside = before @ matrix.T
    low, high = {"none": (-np.inf, np.inf), "ReLU": (0, np.inf), "ReLU6": (0, 6)}[activation]
    after = np.clip(inside, low, high) @ np.linalg.pinv(matrix).T
    active = ((inside > low) & (inside < high)).sum(axis=1)
    return Collapse(n, activation, before, after, active < 2)


def chance_lost(dimensions: int) -> float:
    """(n + 1) / 2^n: the chance that fewer than two of n units are active, when each is with chance 1/2.

    So it is for Gaussian T without bias and ReLU. Our own result, not the paper's; notebook 04 simulates it.
    """
    n = check_int(dimensions, "dimensions")
    return (n + 1) / 2**n
