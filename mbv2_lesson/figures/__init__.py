"""Every figure of the lesson: a plan or a result in, a matplotlib Figure out. pyplot is never used.

Each takes ``theme="light"`` or ``"dark"`` and gives a matplotlib Figure with alt text.
"""

from .collapse import collapse_grid, collapse_pair
from .convolution import connections, feature_maps, scan
from .costs import cost_bars, law_map, separable_saving
from .diagrams import blocks_beside, one_output_element, plan_diagram
from .low_rank import rank_dial
from .network import conventions, layer_profile, live_profile, network_profile, trade_off
from .output import alt_text, describe, img_tag, long_description, png, render, save, show
from .steps import separable_steps
from .strip import network_strip
from .timings import network_speeds, roofline, speed_ratios
from .training import ablation, training_comparison

__all__ = [
    "ablation",
    "alt_text",
    "blocks_beside",
    "collapse_grid",
    "collapse_pair",
    "connections",
    "conventions",
    "cost_bars",
    "describe",
    "feature_maps",
    "img_tag",
    "law_map",
    "layer_profile",
    "live_profile",
    "long_description",
    "network_profile",
    "network_speeds",
    "network_strip",
    "one_output_element",
    "plan_diagram",
    "png",
    "rank_dial",
    "render",
    "roofline",
    "save",
    "scan",
    "separable_saving",
    "separable_steps",
    "show",
    "speed_ratios",
    "trade_off",
    "training_comparison",
]
