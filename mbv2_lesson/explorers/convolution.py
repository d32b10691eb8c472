"""The explorers of notebooks 01 and 02. Each computes from plans alone, so any setting answers at once."""

from __future__ import annotations

from base64 import b64encode

import numpy as np
from matplotlib.cbook import get_sample_data
from matplotlib.figure import Figure
from matplotlib.image import imread

from .. import figures
from ..experiments import rounded
from ..plans import Plan, depthwise_separable, standard_conv
from ..plans.tables import COST_HEAD, cost_row, ratio, table
from .explorer import CHANNELS, SIZES, Explorer, Setting

VERTICAL_EDGES = [[1, 0, -1], [2, 0, -2], [1, 0, -1]]
GRAYS = 2**16 - 1  # white, in the whole gray levels in which the browser receives an image


def portrait() -> np.ndarray:
    """Notebook 01's image, (40, 40) from 0 to 1: the photo of Grace Hopper that comes with matplotlib."""
    photo = imread(get_sample_data("grace_hopper.jpg", asfileobj=False))[20:420, 80:480]
    return photo.mean(axis=2).reshape(40, 10, 40, 10).mean(axis=(1, 3)) / 255


class ScanExplorer(Explorer):
    """Steps a kernel over a small gray image: the patch, the products and their sum, one output at a time.

    ``image`` (H, W) is kept to 16 bits per pixel, ``kernel`` to four digits, and ``output`` is their valid convolution.
    The defaults are notebook 01's portrait and its kernel for vertical edges.
    """

    module = "scan"
    row, column = Setting(), Setting()

    def __init__(
        self,
        image: np.ndarray | None = None,
        kernel: np.ndarray | None = None,
        theme: str = "light",
        **settings: object,
    ) -> None:
        self.variables = [name for name, given in (("image", image), ("kernel", kernel)) if given is not None]
        image = np.asarray(portrait() if image is None else image, dtype=float)
        kernel = np.asarray(VERTICAL_EDGES if kernel is None else kernel, dtype=float)
        for name, array in (("image", image), ("kernel", kernel)):
            if array.ndim != 2:
                raise ValueError(f"{name} must have two dimensions (H, W), got shape {array.shape}")
            if not np.isfinite(array).all():
                raise ValueError(f"{name} must contain only finite numbers, got {array[~np.isfinite(array)][0]}")
        if not all(1 <= k <= n for k, n in zip(kernel.shape, image.shape, strict=True)):
            raise ValueError(f"the kernel {kernel.shape} must fit into the image {image.shape}")
        low, high = min(0.0, float(image.min())), max(1.0, float(image.max()))
        levels = np.rint((image - low) / (high - low) * GRAYS).astype("<u2")
        self.image, self.kernel = low + (high - low) * levels.astype(float) / GRAYS, rounded(kernel)
        patches = np.lib.stride_tricks.sliding_window_view(self.image, kernel.shape)
        self.output = np.einsum("hwij,ij->hw", patches, self.kernel)
        rows, columns = self.output.shape
        super().__init__(
            {"row": rows // 3, "column": columns // 3, **settings},
            theme,
            options={"row": range(rows), "column": range(columns)},
            image={"size": list(image.shape), "low": low, "high": high, "levels": b64encode(levels.tobytes()).decode()},
            kernel=self.kernel.tolist(),
        )

    @property
    def plan(self) -> Plan:
        return standard_conv(1, 1, self.kernel.shape, padding=0, size=self.image.shape)

    def numbers(self) -> dict[str, int]:
        return {"products": self.kernel.size, "positions": self.output.size, "MACs": self.cost.macs}

    def draw(self) -> Figure:
        return figures.scan(self.image, self.kernel, self.output, self.row, self.column, theme=self.theme)

    def table(self) -> str:
        total = ratio(self.output[self.row, self.column], 2)
        here = (f"row {self.row}, column {self.column}", 1, self.kernel.size, total)
        return table(("", "outputs", "MACs", "sum"), here, ("whole picture", self.output.size, self.cost.macs, ""))


class ConvolutionExplorer(Explorer):
    """One standard convolution: channels, kernel, stride, padding and input size against shapes and cost.

    >>> explorer = ConvolutionExplorer(in_channels=16, out_channels=32)
    >>> explorer.out_channels = 64
    >>> explorer.cost.params
    9216
    """

    module = "convolution"
    in_channels, out_channels = Setting(CHANNELS), Setting(CHANNELS)
    kernel_size = Setting(range(1, 8), 3)
    stride, padding = Setting(range(1, 5), 1), Setting(range(4), 1)
    size = Setting(SIZES)

    def __init__(
        self, in_channels: int = 16, out_channels: int = 32, size: int = 56, theme: str = "light", **settings: object
    ) -> None:
        super().__init__({"in_channels": in_channels, "out_channels": out_channels, "size": size, **settings}, theme)

    @property
    def plan(self) -> Plan:
        return standard_conv(**self.arguments)

    def draw(self) -> Figure:
        return figures.plan_diagram(self.plan, theme=self.theme)

    def table(self) -> str:
        return table(COST_HEAD, cost_row("this convolution", self.plan))


class GroupsExplorer(Explorer):
    """One convolution with ``groups`` from 1 (standard) to C_in (depthwise): all common divisors of the channels."""

    module = "groups"
    groups = Setting(default=1)

    def __init__(
        self,
        in_channels: int = 16,
        out_channels: int = 32,
        kernel_size: int = 3,
        size: int = 56,
        theme: str = "light",
        **settings: object,
    ) -> None:
        self.whole = standard_conv(in_channels, out_channels, kernel_size, size=(size, size))
        for name, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
            if channels > CHANNELS[-1]:  # more could be neither seen nor drawn within a frame
                raise ValueError(f"{name} must be at most {CHANNELS[-1]}, got {channels!r}")
        divisors = [g for g in range(1, in_channels + 1) if in_channels % g == 0 and out_channels % g == 0]
        fixed = {"in_channels": in_channels, "out_channels": out_channels, "kernel_size": kernel_size, "size": size}
        super().__init__(settings, theme, options={"groups": divisors}, fixed=fixed)

    @property
    def plan(self) -> Plan:
        return standard_conv(**self.arguments)

    def draw(self) -> Figure:
        return figures.connections(self.plan["conv"].spec, theme=self.theme)

    def table(self) -> str:
        return table(COST_HEAD, cost_row(f"groups = {self.groups}", self.plan))


class SeparableExplorer(Explorer):
    """Standard against depthwise separable: params, MACs and the law 1/C_out + 1/k^2. ``plan`` is the separable one."""

    module = "separable"
    in_channels = Setting(CHANNELS)
    out_channels = Setting([c for c in CHANNELS if 4 <= c <= 1024])  # the chart of the law spans these
    kernel_size = Setting([1, 3, 5, 7], 3)
    stride = Setting([1, 2], 1)
    size = Setting(SIZES)

    def __init__(
        self, in_channels: int = 16, out_channels: int = 32, size: int = 56, theme: str = "light", **settings: object
    ) -> None:
        super().__init__({"in_channels": in_channels, "out_channels": out_channels, "size": size, **settings}, theme)

    @property
    def plan(self) -> Plan:
        return depthwise_separable(**self.arguments)

    @property
    def standard(self) -> Plan:
        """The standard convolution that ``plan`` is compared with."""
        return standard_conv(**self.arguments)

    def draw(self) -> Figure:
        return figures.separable_saving(self.standard, self.plan, theme=self.theme)

    def table(self) -> str:
        rows = [cost_row("standard", self.standard), cost_row("separable", self.plan)]
        saved = (ratio(b / a) for a, b in zip(rows[0][1:], rows[1][1:], strict=True))
        return table(COST_HEAD, *rows, ("separable / standard", *saved))
