"""What is measured, trained and tried. Results are plain data without torch, so that importing figures stays fast.

timer and training need torch; what they return is defined in timings and small_nets.
"""

from .collapse import ACTIVATIONS, Collapse, all_collapses, chance_lost, collapse, random_matrix, spiral
from .low_rank import KERNELS, example_kernel, low_rank_errors
from .rounding import rounded

__all__ = [
    "ACTIVATIONS",
    "KERNELS",
    "Collapse",
    "all_collapses",
    "chance_lost",
    "collapse",
    "example_kernel",
    "low_rank_errors",
    "random_matrix",
    "rounded",
    "spiral",
]
