"""MobileNetV2's blocks in a row, to scale: thin, thick, thin, and where a shortcut goes around."""

from __future__ import annotations

from itertools import groupby

from matplotlib.figure import Figure

from ..plans import Network
from .checks import check_blocks
from .column import WIDTH, Pen
from .output import describe
from .style import KIND_COLOR

LEFT, LINE = 0.95, 0.22
HIGH = 1.7  # the largest map
SHORTCUT = 0.2


def network_strip(network: Network, *, theme: str = "light") -> Figure:
    """Each block as its expanded channels between those that go in and come out; heights are those of the maps."""
    check_blocks(network, "network_strip")
    pen, blocks = Pen(theme), network.blocks
    colors = pen.colors
    slot = (WIDTH - LEFT - 0.15) / (len(blocks) + 0.3)
    ground = -HIGH - 0.1
    most = max(step.output_shape[1] for block in blocks for step in block)
    largest = max(max(shape[2:]) for block in blocks for shape in (block.input_shape, block.output_shape))

    def bar(name: str, middle: float, shape, face: str) -> float:
        """A stack of maps seen from the side: as wide as its channels, as high as its maps. Returns its top."""
        across, high = max(0.01, 0.68 * slot * shape[1] / most), max(0.02, HIGH * shape[2] / largest)
        pen.box(name, middle - across / 2, ground, across, high, face, face)
        return ground + high

    edge = LEFT + 0.15 * slot
    top = bar("thin", edge, blocks[0].input_shape, KIND_COLOR["pointwise"])
    for number, block in enumerate(blocks):
        left, right = edge + number * slot, edge + (number + 1) * slot
        expanded = next(step for step in block if step.kind == "depthwise")
        roof = bar("thick", (left + right) / 2, expanded.input_shape, KIND_COLOR["depthwise"])
        end = bar("thin", right, block.output_shape, KIND_COLOR["pointwise"])
        if block.has_shortcut:
            over = max(top, roof, end) + SHORTCUT - 0.06
            way = [(left, top + 0.02), (left, over), (right, over), (right, end + 0.01)]
            pen.arrow("shortcut", way, colors.mark)
        pen.write((left + right) / 2, ground - 0.13, str(number + 1))
        top = end
    values = {"channels": lambda block: block.output_shape[1], "height": lambda block: block.output_shape[2]}
    for row, (name, of) in enumerate(values.items()):
        y = ground - 0.13 - (row + 1) * (LINE + 0.02)
        pen.write(0.06, y, name, ha="left")
        start = 0
        for value, members in groupby(blocks, of):
            count = len(list(members))
            x0, x1 = edge + (start + 0.08) * slot, edge + (start + count - 0.08) * slot
            pen.write((x0 + x1) / 2, y, f"{value}")
            pen.line("brackets", [(x0, y + 0.115), (x1, y + 0.115)], colors.faint)
            start += count
    pen.write(0.06, ground - 0.13, "block", ha="left")
    shortcuts = sum(block.has_shortcut for block in blocks)
    keys = [
        ("expanded, filtered depthwise", KIND_COLOR["depthwise"]),
        ("between blocks", KIND_COLOR["pointwise"]),
        (f"shortcut: {shortcuts} of {len(blocks)}", colors.mark),
    ]
    for number, (words, color) in enumerate(keys):
        y = -0.2 - LINE * number
        pen.box(f"key-{number}", 3.02, y - 0.05, 0.14, 0.1, color, colors.text)
        pen.write(3.24, y, words, ha="left")
    stages = ", ".join(str(value) for value, _ in groupby(block.output_shape[1] for block in blocks))
    words = f"The {len(blocks)} blocks of {network.name}: {stages} channels between them, up to {most:,} within; "
    words += f"maps from {blocks[0].input_shape[2]} to {blocks[-1].output_shape[2]} high; {shortcuts} shortcuts. "
    words += f"{network.cost.params:,} params, {network.cost.macs:,} MACs."
    return describe(pen.figure(HIGH + 3 * LINE + 0.35), words)
