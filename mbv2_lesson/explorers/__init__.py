"""Settings in, numbers and a picture out. Each explorer computes from plans alone, so any setting answers at once.

The training panel of notebook 08 is not imported here, because it needs torch.
"""

from .block import BlockExplorer
from .collapse import CollapseExplorer
from .convolution import ConvolutionExplorer, GroupsExplorer, ScanExplorer, SeparableExplorer
from .intensity import IntensityExplorer
from .low_rank import RankExplorer
from .network import ConventionExplorer, NetworkExplorer

__all__ = [
    "BlockExplorer",
    "CollapseExplorer",
    "ConventionExplorer",
    "ConvolutionExplorer",
    "GroupsExplorer",
    "IntensityExplorer",
    "NetworkExplorer",
    "RankExplorer",
    "ScanExplorer",
    "SeparableExplorer",
]
