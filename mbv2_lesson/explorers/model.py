"""The explorer of any network that ``count`` has counted. It is not imported with the others: a count needs torch."""

from __future__ import annotations

from math import prod

from matplotlib.figure import Figure

from .. import figures
from ..figures.network import METRICS
from ..figures.style import KIND_COLOR, OTHER
from ..modules.counter import Count, Layer, Separable
from ..plans import Cost
from ..plans.tables import ratio, table
from .explorer import Explorer, Setting

LINEAR = ("Linear", "NonDynamicallyQuantizableLinear")  # the second is that of nn.MultiheadAttention


class ModelExplorer(Explorer):
    """The profile of any counted network: a bar per layer, the kernels of one, and what making it separable saves.

    ``layer`` is the name of a layer that has params, MACs or activations, by default the one with the most MACs. For
    later calls of the same module, a number follows the name: "tower.0 (call 2)". ``plan`` is the count that is shown;
    with ``separable`` it is ``counted.separable(depth_multiplier)``.

    >>> from torch import nn
    >>> model = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, padding=1))
    >>> explorer = ModelExplorer(mbv2.count(model, (3, 56, 56)))
    >>> explorer.layer, explorer.cost.macs
    ('2', 15805440)
    >>> explorer.separable = True
    >>> explorer.cost.macs
    2292416
    """

    module = "model"
    variables = ("counted",)
    layer = Setting()
    metric = Setting(list(METRICS), "MACs")
    separable = Setting([True, False], False)
    depth_multiplier = Setting(range(1, 10), 1)

    def __init__(self, counted: Count, theme: str = "light", **settings: object) -> None:
        if not isinstance(counted, Count):
            raise TypeError(
                f"counted must be what count returns, got {type(counted).__name__}; write count(model, ...)"
            )
        if counted.folded:
            raise ValueError("counted must be the count itself, with every layer, not the result of fold")
        self.as_counted = counted
        self.layers = [layer for layer in counted.layers if layer.cost != Cost()]
        if not self.layers:
            raise ValueError("this model has neither params nor MACs, so there is no layer to show")
        names = _unique([layer.name or "(model)" for layer in self.layers])
        most = max(range(len(names)), key=lambda number: self.layers[number].cost.macs)
        super().__init__(
            {"layer": names[most], **settings},
            theme,
            options={"layer": names},
            layers=[_row(name, layer) for name, layer in zip(names, self.layers, strict=True)],
        )

    @property
    def plan(self) -> Count | Separable:
        return self.as_counted.separable(self.depth_multiplier) if self.separable else self.as_counted

    def numbers(self) -> dict[str, int]:
        cost, layer = self.cost, sum(self.costs[self.layer].values(), Cost())
        numbers = {"params": cost.params, "MACs": cost.macs, "activations": cost.activations}
        return numbers | {"MACs of the layer": layer.macs, "weights of the layer": layer.weights}

    @property
    def costs(self) -> dict[str, dict[str, Cost]]:
        """What is shown of each layer: its cost by kind; there are two kinds where a convolution is made separable."""
        costs = self._costs(self.depth_multiplier if self.separable else None)
        return dict(zip(self.options["layer"], costs, strict=True))

    def _costs(self, depth_multiplier: int | None) -> list[dict[str, Cost]]:
        return [_by_kind(layer, depth_multiplier) for layer in self.layers]

    def draw(self) -> Figure:
        return figures.layer_profile(self.costs, self.metric, self.layer, theme=self.theme)

    def table(self) -> str:
        def row(name: str, cost: Cost) -> tuple[str, int, int, int]:
            return name, *(value(cost) for value in METRICS.values())

        costs = list(self.costs.values())
        possible = [*costs, *self._costs(None), *self._costs(1)]
        kinds = [kind for kind in (*KIND_COLOR, OTHER) if any(kind in each for each in possible)]
        before, after = self.as_counted.cost, self.as_counted.separable(self.depth_multiplier).cost
        rows = [row("this layer", sum(self.costs[self.layer].values(), Cost()))]
        rows += [row(kind, sum((each.get(kind, Cost()) for each in costs), Cost())) for kind in kinds]
        rows += [row("as counted", before)]
        if any(layer.kernel for layer in self.layers):
            pairs = zip(row("", before)[1:], row("", after)[1:], strict=True)
            rows += [row("made separable", after)]
            rows += [("made separable / as counted", *(ratio(b / a) if a else "" for a, b in pairs))]
        return table(("", *METRICS), *rows)


def _unique(names: list[str]) -> list[str]:
    """The same names, with a number after each repeated one."""
    found: dict[str, None] = {}
    for name in names:
        label, call = name, 1
        while label in found:
            call += 1
            label = f"{name} (call {call})"
        found[label] = None
    return list(found)


def _kind(layer: Layer) -> str:
    if layer.spec:
        return layer.spec.kind
    return "linear" if layer.type in LINEAR else OTHER


def _by_kind(layer: Layer, depth_multiplier: int | None) -> dict[str, Cost]:
    """The layer's cost as counted, or with a depth multiplier as separable if it can be that."""
    if depth_multiplier is None or not layer.kernel:
        return {_kind(layer): layer.cost}
    after = layer.separable(depth_multiplier)
    c_out, c_in, k_h, k_w = layer.kernel
    channels, positions = c_in * min(depth_multiplier, k_h * k_w, c_out), prod(layer.output_shape) // c_out
    weights = channels * k_h * k_w
    depthwise = Cost(
        weights=weights if after.weights else 0, macs=weights * positions, activations=channels * positions
    )
    return {"depthwise": depthwise, "pointwise": after - depthwise}


def _row(name: str, layer: Layer) -> list:
    """What the browser needs of a layer, without names: there may be hundreds."""
    cost, kernels = layer.cost, None
    if layer.spec:
        c_out, depth, k_h, k_w = layer.spec.weight_shape
        kernels = [layer.spec.in_channels, c_out, k_h, k_w, layer.spec.groups]
    numbers = [cost.weights, cost.biases, cost.norm, cost.macs, cost.activations]
    shapes = [list(layer.input_shape), list(layer.output_shape)]
    return [name, layer.type, _kind(layer), *shapes, numbers, kernels, layer.left]
