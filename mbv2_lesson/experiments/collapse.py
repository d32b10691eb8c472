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
    """The curve before, what the best linear layer reads of it, both (points, 2), and which points are lost (points,).

    A point is lost if fewer than two units stay active: if it may lie anywhere in the plane, nothing can recover it
    from its units (MobileNetV2, arXiv 1801.04381, Appendix A, Lemma 2).
    """

    dimensions: int
    activation: str
    before: np.ndarray
    read_out: np.ndarray
    lost: np.ndarray

    @property
    def error(self) -> float:
        """How far the read-out misses the curve: 0 if nowhere, 1 if it knows no more than the curve's mean."""
        spread = np.linalg.norm(self.before - self.before.mean(axis=0))
        return float(np.linalg.norm(self.before - self.read_out) / spread)


def collapse(dimensions: int, seed: int = 0, activation: str = "ReLU") -> Collapse:
    """The spiral through a random Gaussian matrix to n dimensions, an activation and the best linear layer with bias.

    After MobileNetV2, arXiv 1801.04381, Figure 1, which goes back by the inverse of the matrix. Here the way back is
    fitted by least squares, since the block's projection, too, may weigh each unit as it likes. A unit is active at a
    point if the activation passes its value on unchanged there.
    """
    n = check_int(dimensions, "dimensions", 2)
    seed = check_int(seed, "seed", 0)
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {', '.join(map(repr, ACTIVATIONS))}, got {activation!r}")
    before = spiral()
    inside = before @ np.random.default_rng(seed).standard_normal((n, 2)).T
    low, high = {"none": (-np.inf, np.inf), "ReLU": (0, np.inf), "ReLU6": (0, 6)}[activation]
    inputs = np.column_stack([np.clip(inside, low, high), np.ones(len(inside))])  # the ones are for the bias
    read_out = inputs @ np.linalg.lstsq(inputs, before, rcond=None)[0]
    active = ((inside > low) & (inside < high)).sum(axis=1)
    return Collapse(n, activation, before, read_out, active < 2)


def chance_lost(dimensions: int) -> float:
    """(n + 1) / 2^n: the chance that fewer than two of n units are active, when each is with chance 1/2.

    MobileNetV2, arXiv 1801.04381, Appendix A, Theorem 1, for points of a plane: 1 - sum over k = 0..n-2 of
    C(n, k) / 2^n, on average over matrices as likely as the same with any rows negated (Gaussian ones are), without
    bias, before ReLU.
    """
    n = check_int(dimensions, "dimensions")
    return (n + 1) / 2**n
