"""What a convolution does: the kernel on its patch, which channel reads which, and the maps that come out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ..plans import Conv2dSpec
from ..plans.tables import ratio
from .checks import check_spec
from .output import describe
from .style import INK_ON_KIND, KIND_COLOR, SMALLEST, canvas, plain_axes, set_title, theme_of

GRID = "#5b7fa8"  # blue, so that it is visible on every gray


def scan(
    image: np.ndarray, kernel: np.ndarray, output: np.ndarray, row: int, column: int, *, theme: str = "light"
) -> Figure:
    """The kernel at output (row, column): input with the patch marked, patch x kernel = products, output so far.

    ``image`` and ``kernel`` are 2-D; ``output`` is the whole result of the valid convolution at stride 1.
    """
    k_h, k_w = kernel.shape
    patch = image[row : row + k_h, column : column + k_w]
    products = patch * kernel
    colors = theme_of(theme)
    figure = canvas(6.4, 5.0, theme)
    not_yet = np.arange(output.size).reshape(output.shape) > row * output.shape[1] + column
    panels = {
        "input": (image, (0.02, 0.44, 0.47, 0.5)),
        "output so far": (np.where(not_yet, np.nan, output), (0.51, 0.44, 0.47, 0.5)),
    }
    for title, (values, rect) in panels.items():
        axes = _picture(figure, rect, values, title, theme)
        if max(image.shape) <= 64:  # single pixels can be seen
            rows, columns = (np.arange(length + 1) - 0.5 for length in values.shape)
            thin = {"colors": GRID, "linewidth": min(0.6, 6 / rows[-1]), "zorder": 1}  # below the marks
            axes.vlines(columns, rows[0], rows[-1], **thin)
            axes.hlines(rows, columns[0], columns[-1], **thin)
        limit = np.abs(output).max() or 1
        axes.images[0].set_clim((0, 1) if title == "input" else (-limit, limit))
        high, wide = kernel.shape if title == "input" else (1, 1)
        corners = [(column + x - 0.5, row + y - 0.5) for y in range(high) for x in range(wide)]
        for corner in corners:  # each element that is covered
            axes.add_artist(Rectangle(corner, 1, 1, fill=False, edgecolor=colors.mark, linewidth=1))
        axes.add_artist(Rectangle(corners[0], wide, high, fill=False, edgecolor=colors.mark, linewidth=2.5))
    grids = [("patch", patch), ("kernel", kernel), ("products", products)]
    for number, (title, values) in enumerate(grids):
        _table(figure, (0.015 + 0.285 * number, 0.02, 0.25, 0.32), values, title, theme)
    total = output[row, column]
    for x, sign in ((0.2825, "\u00d7"), (0.5675, "="), (0.8525, "\u2192")):
        figure.text(x, 0.2, sign, color=colors.text, fontsize=14, ha="center", va="center")
    figure.text(0.93, 0.215, "sum", color=colors.text, fontsize=SMALLEST, ha="center")
    figure.text(0.93, 0.15, ratio(total, 2), color=colors.text, fontsize=SMALLEST + 1, weight="bold", ha="center")
    return describe(
        figure,
        f"The {k_h}×{k_w} kernel at row {row}, column {column} of the input: {products.size} products, "
        f"whose sum {ratio(total, 2)} is the output there.",
    )


def connections(spec: Conv2dSpec, *, theme: str = "light") -> Figure:
    """Which input channel (down) each output channel (across) reads, as set by ``groups``."""
    check_spec(spec, "connections")
    g, into, out = spec.groups, spec.in_channels // spec.groups, spec.out_channels // spec.groups
    colors = theme_of(theme)
    figure = canvas(6.4, 3.7, theme)
    axes = plain_axes(figure, (0.12, 0.04, 0.8, 0.74), theme)
    axes.set_facecolor(colors.panel)
    # Single kernels if they can be seen, otherwise one rectangle per group: the work must not grow with the channels.
    visible = max(spec.in_channels, spec.out_channels) <= 64
    rows, columns = (into, out) if visible else (1, 1)
    height, width = into / rows, out / columns
    corners = [
        (group * out + column * width, group * into + row * height)
        for group in range(g)
        for row in range(rows)
        for column in range(columns)
    ]
    cells = [[(x, y), (x + width, y), (x + width, y + height), (x, y + height)] for x, y in corners]
    style = {"facecolor": KIND_COLOR[spec.kind], "edgecolor": INK_ON_KIND, "linewidth": 0.7 if visible else 0.2}
    axes.add_collection(PolyCollection(cells, **style))
    aspect = "equal" if 1 / 4 <= spec.in_channels / spec.out_channels <= 4 else "auto"
    axes.set(xlim=(0, spec.out_channels), ylim=(spec.in_channels, 0), aspect=aspect)
    axes.set(xlabel="output channel", ylabel="input channel")
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.tick_params(length=0)
    for axis, channels in ((axes.xaxis, spec.out_channels), (axes.yaxis, spec.in_channels)):
        every = max(4, channels // 4)
        numbers = [1, *range(every, channels - every // 2, every), channels] if channels > 4 else range(1, channels + 1)
        axis.set_ticks([n - 0.5 for n in numbers], [str(n) for n in numbers])
    k_h, k_w = spec.kernel_size
    return describe(
        figure,
        f"Grid of {spec.in_channels} input by {spec.out_channels} output channels. With groups = {spec.groups}, "
        f"{into * spec.out_channels:,} of {spec.in_channels * spec.out_channels:,} cells are filled, "
        f"each a {k_h}×{k_w} kernel ({spec.kind}).",
    )


def feature_maps(maps: np.ndarray, titles: Sequence[str], sentence: str, *, theme: str = "light") -> Figure:
    """Images in a grid: ``maps`` is (n, H, W) for gray or (n, H, W, 3) for color, each scaled to its own range."""
    columns = min(len(maps), 4 if len(maps) <= 8 else 8)
    rows = -(-len(maps) // columns)
    cell = 6.4 / columns
    figure = canvas(6.4, rows * (cell * maps.shape[1] / maps.shape[2] + 0.22), theme)
    for number, (values, title) in enumerate(zip(maps, titles, strict=True)):
        row, column = divmod(number, columns)
        rect = ((column + 0.04) / columns, 1 - (row + 0.96) / rows, 0.92 / columns, 0.8 / rows)
        axes = _picture(figure, rect, values, title, theme)
        if values.ndim == 2:
            axes.images[0].set_clim(values.min(), values.max())
    return describe(figure, sentence)


def _picture(figure: Figure, rect, values: np.ndarray, name: str, theme: str):
    axes = plain_axes(figure, rect, theme)
    axes.set_facecolor(theme_of(theme).panel)
    axes.imshow(values, cmap="gray", interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    set_title(axes, name, theme, pad=3, loc="center")
    return axes


def _table(figure: Figure, rect, values: np.ndarray, name: str, theme: str) -> None:
    """Numbers in a grid, or gray squares if the numbers would be too small to read."""
    words = [ratio(float(value), 2) for value in values.flat]
    cell = 72 * figure.get_figwidth() * rect[2] / values.shape[1]  # its width in points
    size = min(SMALLEST, cell / (0.66 * max(map(len, words))))  # a digit is about 0.64 of the font size wide
    if size < 6:
        _picture(figure, rect, values, name, theme)
        return
    colors = theme_of(theme)
    axes = plain_axes(figure, rect, theme)
    axes.set(xlim=(0, values.shape[1]), ylim=(values.shape[0], 0))
    for (row, column), text in zip(np.ndindex(values.shape), words, strict=True):
        axes.add_artist(Rectangle((column, row), 1, 1, facecolor=colors.panel, edgecolor=colors.faint, linewidth=0.8))
        axes.text(column + 0.5, row + 0.5, text, color=colors.text, fontsize=size, ha="center", va="center")
    axes.set_axis_off()
    set_title(axes, name, theme, pad=3, loc="center")
