"""Low-rank kernels (notebook 03). In numpy, so that an explorer needs no torch; the notebook uses PyTorch."""

from __future__ import annotations

import numpy as np

from ..plans import check_int

KERNELS = ("random", "oriented edges", "blobs of many widths")


def example_kernel(name: str, in_channels: int = 16, out_channels: int = 32, kernel_size: int = 3) -> np.ndarray:
    """A kernel (C_out, C_in, k, k) of one of KERNELS, k at least 2; the same each time.

    "random" has independent Gaussian weights. In "oriented edges" each output channel has an edge filter at its own
    angle, a mix of one horizontal and one vertical filter (Freeman and Adelson, 1991), so its rank is two. In "blobs of
    many widths" each output channel has a Gaussian blob of its own width. Each input channel has a scale of its own.
    """
    if name not in KERNELS:
        raise ValueError(f"the kernel must be one of {', '.join(map(repr, KERNELS))}, got {name!r}")
    c_in, c_out = check_int(in_channels, "in_channels"), check_int(out_channels, "out_channels")
    k = check_int(kernel_size, "kernel_size", 2)  # a single pixel shows neither an edge nor a width
    rng = np.random.default_rng(0)
    if name == "random":
        return rng.standard_normal((c_out, c_in, k, k))
    y, x = np.mgrid[:k, :k] - (k - 1) / 2
    scale = rng.uniform(0.7, 1.3, c_in)[:, None, None]  # the axes are (C_out, C_in, k, k)
    if name == "oriented edges":
        angle = np.linspace(0, np.pi, c_out, endpoint=False)[:, None, None, None]
        return (np.cos(angle) * x + np.sin(angle) * y) * np.exp(-(x**2 + y**2) / (4 * scale**2))
    width = np.linspace(0.4, 2, c_out)[:, None, None, None] * scale
    return np.exp(-(x**2 + y**2) / (2 * width**2))


def low_rank_errors(kernel: np.ndarray) -> np.ndarray:
    """Relative error of the best separable form with depth multiplier M = 1, ..., k_h * k_w.

    For each input channel the kernel is a matrix (C_out, k_h * k_w); the form has rank M at most, and the best
    such matrix keeps the M largest singular values (Eckart and Young, 1936). Zero from M = min(C_out, k_h * k_w) on.
    """
    kernel = np.asarray(kernel, dtype=float)
    if kernel.ndim != 4:
        raise ValueError(f"the kernel must have shape (C_out, C_in, k_h, k_w), got {kernel.shape}")
    if not np.isfinite(kernel).all() or not kernel.any():
        raise ValueError(
            f"the kernel must contain only finite numbers, not all zero, got {kernel.ravel()[:4].tolist()} ..."
        )
    matrices = kernel.transpose(1, 0, 2, 3).reshape(kernel.shape[1], kernel.shape[0], -1)
    squares = np.linalg.svd(matrices, compute_uv=False) ** 2
    per_rank = np.zeros(matrices.shape[2])
    per_rank[: squares.shape[1]] = squares.sum(axis=0)
    held = per_rank[::-1].cumsum()[::-1]  # of the singular values from M on
    return np.sqrt(np.append(held[1:], 0) / held[0])
