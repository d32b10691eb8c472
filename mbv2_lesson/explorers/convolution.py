"""The explorers of notebooks 01 and 02. Each computes from plans alone, so any setting answers at once."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from .. import browser, figures
from ..plans import Plan, depthwise_separable, standard_conv
from ..plans.tables import COST_HEAD, cost_row, ratio, table
from .controls import CHANNELS, SIZES, DrawnExplorer, Slider
from .explorer import Explorer, Setting


class ScanExplorer(DrawnExplorer):
    """Steps a kernel over a small grey picture: the patch, the products and their sum, one output at a time."""

    numbers_height = "3.2em"

    def __init__(
        self,
        image: np.ndarray,
        kernel: np.ndarray,
        theme: str = "light",
        *,
        row: int | None = None,
        column: int | None = None,
    ) -> None:
        image, kernel = np.asarray(image, dtype=float), np.asarray(kernel, dtype=float)
        for name, array in (("image", image), ("kernel", kernel)):
            if array.ndim != 2:
                raise ValueError(f"{name} must have two dimensions (H, W), got shape {array.shape}")
        if not all(k <= n for k, n in zip(kernel.shape, image.shape, strict=True)):
            raise ValueError(f"the kernel {kernel.shape} must fit into the image {image.shape}")
        self.image, self.kernel = image, kernel
        patches = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
        self.output = np.einsum("hwij,ij->hw", patches, kernel)
        rows, columns = self.output.shape
        super().__init__(
            {
                "row": (Slider("row", range(rows)), rows // 3 if row is None else row),
                "column": (Slider("column", range(columns)), columns // 3 if column is None else column),
            },
            theme,
        )

    def make_plan(self, values: dict) -> Plan:
        return standard_conv(1, 1, self.kernel.shape, padding=0, size=self.image.shape)

    def words(self, plan: Plan, values: dict) -> tuple[str, str]:
        total = self.output[values["row"], values["column"]]
        return (
            f"Row {values['row']}, column {values['column']}: {self.kernel.size} products add up to {total:.2f}. "
            f"All {self.output.size:,} positions take {plan.cost.macs:,} MACs.",
            "",
        )

    def draw(self, plan: Plan, values: dict, figure: Figure | None) -> Figure:
        return figures.scan(
            self.image,
            self.kernel,
            self.output,
            values["row"],
            values["column"],
            theme=self.theme,
            figure=figure,
        )


class ConvolutionExplorer(Explorer):
    """One standard convolution: channels, kernel, stride, padding and input size against shapes and cost.

    >>> explorer = ConvolutionExplorer(in_channels=16, out_channels=32)
    >>> explorer.out_channels = 64
    >>> explorer.cost.params
    9216
    """

    module = "convolution"
    _esm = browser.esm(module)
    in_channels, out_channels, kernel_size, stride, padding, size = (Setting() for _ in range(6))

    def __init__(
        self,
        in_channels: int = 16,
        out_channels: int = 32,
        size: int = 56,
        theme: str = "light",
        *,
        kernel_size: int = 3,
        stride: int = 1,
        padding: int = 1,
    ) -> None:
        super().__init__(
            {
                "in_channels": (CHANNELS, in_channels),
                "out_channels": (CHANNELS, out_channels),
                "kernel_size": (range(1, 8), kernel_size),
                "stride": (range(1, 5), stride),
                "padding": (range(4), padding),
                "size": (SIZES, size),
            },
            theme,
        )

    def make_plan(self, values: dict) -> Plan:
        size = values["size"]
        return standard_conv(**{**values, "size": (size, size)})

    def draw(self) -> Figure:
        return figures.plan_diagram(self.plan, theme=self.theme)

    def table(self) -> str:
        return table(COST_HEAD, cost_row("this convolution", self.plan))


class GroupsExplorer(Explorer):
    """One convolution with ``groups`` from 1 (standard) to C_in (depthwise); only what divides both is offered."""

    module = "groups"
    _esm = browser.esm(module)
    groups = Setting()

    def __init__(
        self,
        in_channels: int = 16,
        out_channels: int = 32,
        kernel_size: int = 3,
        size: int = 56,
        theme: str = "light",
        *,
        groups: int = 1,
    ) -> None:
        self.whole = standard_conv(in_channels, out_channels, kernel_size, size=(size, size))
        divisors = [g for g in range(1, in_channels + 1) if in_channels % g == 0 and out_channels % g == 0]
        fixed = {"in_channels": in_channels, "out_channels": out_channels, "kernel_size": kernel_size, "size": size}
        super().__init__({"groups": (divisors, groups)}, theme, fixed)

    def make_plan(self, values: dict) -> Plan:
        size = self.fixed["size"]
        return standard_conv(**{**self.fixed, **values, "size": (size, size)})

    def draw(self) -> Figure:
        return figures.connections(self.plan["conv"].spec, theme=self.theme)

    def table(self) -> str:
        return table(COST_HEAD, cost_row(f"groups = {self.groups}", self.plan))


class SeparableExplorer(Explorer):
    """Standard against depthwise separable: params, MACs and the law 1/C_out + 1/k^2. ``plan`` is the separable one."""

    module = "separable"
    _esm = browser.esm(module)
    in_channels, out_channels, kernel_size, stride, size = (Setting() for _ in range(5))

    def __init__(
        self,
        in_channels: int = 16,
        out_channels: int = 32,
        size: int = 56,
        theme: str = "light",
        *,
        kernel_size: int = 3,
        stride: int = 1,
    ) -> None:
        super().__init__(
            {
                "in_channels": (CHANNELS, in_channels),
                "out_channels": (
                    [c for c in CHANNELS if 4 <= c <= 1024],
                    out_channels,
                ),  # what the map of the law spans
                "kernel_size": ([1, 3, 5, 7], kernel_size),
                "stride": ([1, 2], stride),
                "size": (SIZES, size),
            },
            theme,
        )

    def make_plan(self, values: dict) -> Plan:
        size = values["size"]
        return depthwise_separable(**{**values, "size": (size, size)})

    @property
    def standard(self) -> Plan:
        """The standard convolution that ``plan`` stands beside."""
        return standard_conv(**{**self.values, "size": (self.size, self.size)})

    def draw(self) -> Figure:
        return figures.separable_saving(self.standard, self.plan, theme=self.theme)

    def table(self) -> str:
        rows = [cost_row("standard", self.standard), cost_row("separable", self.plan)]
        saved = (ratio(b / a) for a, b in zip(rows[0][1:], rows[1][1:], strict=True))
        return table(COST_HEAD, *rows, ("separable / standard", *saved))
