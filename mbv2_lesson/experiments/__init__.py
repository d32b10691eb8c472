"""What is measured, trained and tried. Results are plain data without torch, so that figures stay light.

timer and training need torch; what they return is defined in timings and small_nets.
"""

from .collapse import ACTIVATIONS, Collapse, chance_lost, collapse, spiral
from .low_rank import KERNELS, example_kernel, low_rank_errors

__all__ = [
    "ACTIVATIONS",
    "KERNELS",
    "Collapse",
    "chance_lost",
    "collapse",
    "example_kernel",
    "low_rank_errors",
    "spiral",
]
