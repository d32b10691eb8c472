"""The explorers of notebooks 01 and 02. Each computes from plans alone, so any setting answers at once."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from .. import figures
from ..plans import Plan, depthwise_separable, standard_conv
from ..plans.tables import COST_HEAD, cost_row, table
from .controls import CHANNELS, SIZES, Explorer, Slider, size_in_words


class ScanExplorer(Explorer):
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
    """One standard convolution: channels, kernel, stride, padding and input size against shapes and cost."""

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
                "in_channels": (Slider("input channels", CHANNELS), in_channels),
                "out_channels": (Slider("output channels", CHANNELS), out_channels),
                "kernel_size": (Slider("kernel size k", range(1, 8)), kernel_size),
                "stride": (Slider("stride", range(1, 5)), stride),
                "padding": (Slider("padding", range(4)), padding),
                "size": (Slider("input height, width", SIZES), size),
            },
            theme,
        )

    def make_plan(self, values: dict) -> Plan:
        size = values["size"]
        return standard_conv(**{**values, "size": (size, size)})

    def words(self, plan: Plan, values: dict) -> tuple[str, str]:
        sentence = (
            f"{size_in_words(plan.input_shape)} become {size_in_words(plan.output_shape)}: "
            f"<b>{plan.cost.params:,} params, {plan.cost.macs:,} MACs.</b>"
        )
        return sentence, table(COST_HEAD, cost_row("this convolution", plan))

    def draw(self, plan: Plan, values: dict, figure: Figure | None) -> Figure:
        return figures.plan_diagram(plan, theme=self.theme, figure=figure)


class GroupsExplorer(Explorer):
    """One convolution with ``groups`` from 1 (standard) to C_in (depthwise); only what divides both is offered."""

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
        super().__init__({"groups": (Slider("groups", divisors), groups)}, theme)

    def make_plan(self, values: dict) -> Plan:
        spec = self.whole["conv"].spec
        return standard_conv(
            spec.in_channels,
            spec.out_channels,
            spec.kernel_size,
            groups=values["groups"],
            size=self.whole.input_shape[2:],
        )

    def words(self, plan: Plan, values: dict) -> tuple[str, str]:
        spec = plan["conv"].spec
        reads = spec.weight_shape[1]
        sentence = (
            f"groups = {spec.groups} ({spec.kind}): each output channel reads {reads} of {spec.in_channels} input "
            f"channels: <b>{plan.cost.params:,} weights</b>, 1/{spec.groups} of {self.whole.cost.params:,}."
        )
        return sentence, table(COST_HEAD, cost_row(f"groups = {spec.groups}", plan))

    def draw(self, plan: Plan, values: dict, figure: Figure | None) -> Figure:
        return figures.connections(plan["conv"].spec, theme=self.theme, figure=figure)


class SeparableExplorer(Explorer):
    """Standard against depthwise separable: params, MACs and the law 1/C_out + 1/k^2. ``plan`` is the separable one."""

    numbers_height = "11em"

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
                "in_channels": (Slider("input channels", CHANNELS), in_channels),
                # The map of the law spans these; a narrower or wider output would be marked outside it.
                "out_channels": (Slider("output channels", [c for c in CHANNELS if 4 <= c <= 1024]), out_channels),
                "kernel_size": (Slider("kernel size k", [1, 3, 5, 7]), kernel_size),
                "stride": (Slider("stride", [1, 2]), stride),
                "size": (Slider("input height, width", SIZES), size),
            },
            theme,
        )

    def make_plan(self, values: dict) -> Plan:
        size = values["size"]
        return depthwise_separable(**{**values, "size": (size, size)})

    @property
    def standard(self) -> Plan:
        """The standard convolution that ``plan`` stands beside."""
        return self._standard(self.values)

    def _standard(self, values: dict) -> Plan:
        size = values["size"]
        return standard_conv(**{**values, "size": (size, size)})

    def words(self, plan: Plan, values: dict) -> tuple[str, str]:
        standard = self._standard(values)
        share = plan.cost.params / standard.cost.params
        change = f"{1 / share:.1f} times fewer" if share < 1 else f"{share:.2f} times as many"
        sentence = (
            f"Standard: {standard.cost.params:,} weights. Separable: <b>{plan.cost.params:,}, {change}</b> "
            f"(1/{values['out_channels']} + 1/{values['kernel_size'] ** 2} = {share:.4f})."
        )
        rows = [cost_row("standard", standard), cost_row("separable", plan)]
        saved = (
            "separable / standard",
            *(f"{b / a:.4f}" for a, b in zip(rows[0][1:], rows[1][1:], strict=True)),
        )
        return sentence, table(COST_HEAD, *rows, saved)

    def draw(self, plan: Plan, values: dict, figure: Figure | None) -> Figure:
        return figures.separable_saving(self._standard(values), plan, theme=self.theme, figure=figure)
