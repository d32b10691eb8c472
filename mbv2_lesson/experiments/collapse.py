"""What ReLU does to few channels (notebook 04). In numpy, so that an explorer needs no torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..plans import check_int
from .rounding import rounded

LIMITS = {"none": (-np.inf, np.inf), "ReLU": (0, np.inf), "ReLU6": (0, 6)}
ACTIVATIONS = tuple(LIMITS)


def spiral(points: int = 200) -> np.ndarray:
    """A curve in the plane, (points, 2), from the center outward to a radius of 4, so that ReLU6 has something to clip.

    Rounded to four digits, since an explorer in the browser computes from the same numbers.
    """
    turn = np.linspace(0.15, 1, check_int(points, "points", 2)) * 3.5 * np.pi
    return rounded(np.stack([turn * np.cos(turn), turn * np.sin(turn)], axis=1) * 4 / turn.max())


def random_matrix(dimensions: int, seed: int = 0) -> np.ndarray:
    """Gaussian numbers, (n, 2), to four digits. For the same seed, a smaller n gives the first rows of a larger one."""
    return rounded(np.random.default_rng(seed).standard_normal((dimensions, 2)))


@dataclass(frozen=True)
class Collapse:
    """The curve, what the best linear layer reads of it, both (points, 2), and which points are lost, (points,).

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
        """How far the read-out misses the curve: 0 if not at all, 1 if it does no better than the curve's mean."""
        spread = np.linalg.norm(self.before - self.before.mean(axis=0))
        return float(np.linalg.norm(self.before - self.read_out) / spread)


def collapse(dimensions: int, seed: int = 0, activation: str = "ReLU") -> Collapse:
    """The spiral through a random Gaussian matrix to n dimensions, an activation and the best linear layer with bias.

    After MobileNetV2, arXiv 1801.04381, Figure 1, which maps back with the inverse of the matrix. Here the way back
    is fitted by least squares, since the block's projection is also free to weight each unit. A unit is active at a
    point if the activation passes its value on unchanged there.
    """
    n = check_int(dimensions, "dimensions", 2)
    seed = check_int(seed, "seed", 0)
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {', '.join(map(repr, ACTIVATIONS))}, got {activation!r}")
    before = spiral()
    inside = before @ random_matrix(n, seed).T
    low, high = LIMITS[activation]
    inputs = np.column_stack([np.clip(inside, low, high), np.ones(len(inside))])  # the ones are for the bias
    read_out = inputs @ np.linalg.lstsq(inputs, before, rcond=None)[0]
    active = ((inside > low) & (inside < high)).sum(axis=1)
    return Collapse(n, activation, before, read_out, active < 2)


def all_collapses(activation: str, dimensions: int, seeds: int) -> tuple[np.ndarray, np.ndarray]:
    """What ``collapse`` finds for each seed below ``seeds`` and n = 2, ..., dimensions: errors and lost points.

    Both are (seeds, dimensions - 1). The units for n are the first n of those for n + 1, so one Gram-Schmidt pass
    over the units yields the best linear layer for every n, 40 times as fast as a least squares fit for each.
    """
    before, (low, high) = spiral(), LIMITS[activation]
    inside = before @ np.stack([random_matrix(dimensions, seed) for seed in range(seeds)]).swapaxes(1, 2)
    lost = (((inside > low) & (inside < high)).cumsum(axis=2) < 2).sum(axis=1)
    basis = np.zeros((seeds, len(before), dimensions + 1))  # orthonormal columns, or zero for one that adds nothing
    basis[:, :, 0] = len(before) ** -0.5  # the bias
    missed = np.repeat((before - before.mean(axis=0))[None], seeds, axis=0)
    spread, errors = np.linalg.norm(missed[0]), []
    for n, unit in enumerate(np.moveaxis(np.clip(inside, low, high), 2, 0)):
        unit = rest = unit[:, :, None]
        for _ in range(2):  # a second time, for what rounding left over
            rest = rest - basis @ (basis.swapaxes(1, 2) @ rest)
        length = np.linalg.norm(rest, axis=1, keepdims=True)
        adds = length > 1e-9 * np.linalg.norm(unit, axis=1, keepdims=True)
        column = np.divide(rest, length, where=adds, out=np.zeros_like(rest))
        basis[:, :, n + 1] = column[:, :, 0]
        missed = missed - column @ (column.swapaxes(1, 2) @ missed)
        errors.append(np.linalg.norm(missed, axis=(1, 2)) / spread)
    return np.stack(errors[1:], axis=1), lost[:, 1:]


def chance_lost(dimensions: int) -> float:
    """(n + 1) / 2^n: the probability that fewer than two of n units are active, each with probability 1/2.

    MobileNetV2, arXiv 1801.04381, Appendix A, Theorem 1, for points in the plane: 1 - sum over k = 0..n-2 of
    C(n, k) / 2^n, on average over matrices that are as likely as the same ones with any rows negated (as Gaussian ones
    are), without bias, before ReLU.
    """
    n = check_int(dimensions, "dimensions")
    return (n + 1) / 2**n
