"""What is built and what it costs: plain Python, no torch.

checks < costs < layers < tables < blocks < networks < memory, published: each imports only from the ones before it.
"""

from .blocks import (
    Plan,
    Step,
    depthwise_separable,
    inverted_residual,
    resnet_bottleneck,
    separable_specs,
    standard_conv,
)
from .checks import check_bool, check_int, check_pair, check_size
from .costs import Cost, separable_ratio
from .layers import Conv2dSpec, GlobalAveragePool, LinearSpec
from .networks import MOBILENET_V1, MOBILENET_V2, Network, mobilenet_v1, mobilenet_v2

__all__ = [
    "MOBILENET_V1",
    "MOBILENET_V2",
    "Conv2dSpec",
    "Cost",
    "GlobalAveragePool",
    "LinearSpec",
    "Network",
    "Plan",
    "Step",
    "depthwise_separable",
    "inverted_residual",
    "mobilenet_v1",
    "mobilenet_v2",
    "resnet_bottleneck",
    "separable_ratio",
    "separable_specs",
    "standard_conv",
    "check_int",
    "check_pair",
    "check_size",
    "check_bool",
]
