"""What is built: convolutions and the blocks made from them, as plain descriptions. No torch.

A ``Step`` is one layer with a known input shape, a ``Plan`` a tuple of named steps. All shapes are (N, C, H, W) with
N = 1; a size is (H, W).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from reprlib import repr as shortened
from typing import Any

from . import tables
from .checks import check_bool, check_int, check_size
from .costs import Cost
from .layers import Conv2dSpec, Layer, Shape


@dataclass(frozen=True)
class Step:
    """One layer of a plan with a known input shape, and the batch norm and activation after it.

    kind: "standard", "grouped", "depthwise", "pointwise", "pool" or "linear"
    input_shape, output_shape: (1, C, H, W), or (1, F) before and after a linear layer
    cost: for one image
    """

    name: str
    spec: Layer
    input_shape: Shape
    batch_norm: bool = False
    activation: str | None = None
    # What follows from the fields above, computed once, so that an impossible size is refused when the plan is made.
    output_shape: Shape = field(init=False, repr=False, compare=False)
    cost: Cost = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        input_shape = tuple([check_int(length, "each length in input_shape") for length in self.input_shape])
        output_shape = self.spec.output_shape(input_shape)
        cost = self.spec.cost_of(output_shape, check_bool(self.batch_norm, "batch_norm"))
        vars(self).update(input_shape=input_shape, output_shape=output_shape, cost=cost)

    @property
    def kind(self) -> str:
        return self.spec.kind

    @property
    def size(self) -> tuple[int, ...]:
        """(H, W) of the input; () for a linear layer."""
        return self.input_shape[2:]

    def renamed(self, name: str) -> Step:
        """The same step under another name; nothing is computed again."""
        step = object.__new__(Step)
        vars(step).update(vars(self), name=name)
        return step


@dataclass(frozen=True)
class Plan(tables.Printed):
    """A tuple of named steps, each fed by the one before, and whether a shortcut adds the input to the output.

    ``activation`` is what follows that addition, if anything does. ``no_shortcut_because`` says why a block that could
    have a shortcut has none; it is empty otherwise. Printed, or as the last line of a notebook cell, a plan is a table.

    Raises ValueError if a step does not fit the one before it, or if a shortcut does not fit the shapes at its ends.

    >>> plan = depthwise_separable(16, 32, size=(56, 56))
    >>> [(step.name, step.output_shape, step.cost.params) for step in plan]
    [('depthwise', (1, 16, 56, 56), 144), ('pointwise', (1, 32, 56, 56), 512)]
    >>> plan.cost.macs, plan["pointwise"].cost.macs
    (2057216, 1605632)
    >>> print(plan)
    layer      kind       output      params       MACs  % of MACs
    depthwise  depthwise  1×16×56×56     144    451,584       22.0
    pointwise  pointwise  1×32×56×56     512  1,605,632       78.0
    total                                656  2,057,216      100.0
    <BLANKLINE>
    FLOPs = 2 × MACs = 4,114,432. One image; convolutions and linear layers are counted.
    """

    name: str
    steps: tuple[Step, ...]
    has_shortcut: bool = False
    activation: str | None = field(default=None, kw_only=True)
    no_shortcut_because: str = ""

    def __post_init__(self) -> None:
        steps = tuple(self.steps)
        vars(self).update(steps=steps)
        if not isinstance(self.name, str):
            raise TypeError(f"name must be a string, got {self.name!r}")
        if not steps or not all(isinstance(step, Step) for step in steps):
            raise TypeError(f"a plan is made of one or more steps, got {shortened(steps)}")
        for before, after in zip(steps, steps[1:], strict=False):
            if before.output_shape != after.input_shape:
                raise ValueError(
                    f"step {after.name!r} takes {after.input_shape}, but {before.name!r} gives {before.output_shape}"
                )
        if self.has_shortcut and self.input_shape != self.output_shape:
            raise ValueError(
                f"a shortcut adds the input to the output, so their shapes must be the same, "
                f"got {self.input_shape} and {self.output_shape}"
            )

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, key: int | str) -> Step:
        """The step with this index or name."""
        if not isinstance(key, str):
            return self.steps[key]
        for step in self.steps:
            if step.name == key:
                return step
        raise KeyError(f"no step named {key!r}; the steps are {[step.name for step in self.steps]}")

    @property
    def input_shape(self) -> Shape:
        return self.steps[0].input_shape

    @property
    def output_shape(self) -> Shape:
        return self.steps[-1].output_shape

    @cached_property
    def cost(self) -> Cost:
        """Total cost of all steps."""
        return sum((step.cost for step in self.steps), Cost())

    @cached_property
    def cost_by_kind(self) -> dict[str, Cost]:
        """Total cost per kind of step (standard, depthwise, pointwise, ...), in order of first appearance."""
        costs: dict[str, Cost] = {}
        for step in self.steps:
            if step.cost != Cost():  # pooling costs nothing that is counted
                costs[step.kind] = costs.get(step.kind, Cost()) + step.cost
        return costs

    def rows(self) -> list[dict[str, Any]]:
        """A dict per step with its name, kind, shapes and costs, in the form that ``pandas.DataFrame`` takes."""
        return [tables.layer_row(s.name, s.kind, s.input_shape, s.output_shape, s.cost) for s in self.steps]

    @property
    def note(self) -> str:
        """What the numbers mean, in words."""
        return f"FLOPs = 2 \u00d7 MACs = {self.cost.flops:,}. One image; convolutions and linear layers are counted."


def chain(shape: Shape, *layers: tuple[str, Layer, str | None], batch_norm: bool = False) -> tuple[Step, ...]:
    """Steps, each of which takes the output shape of the one before. Layers are (name, spec, activation)."""
    steps = []
    for name, spec, activation in layers:
        steps.append(Step(name, spec, shape, batch_norm, activation))
        shape = steps[-1].output_shape
    return tuple(steps)


def standard_conv(
    in_channels: int,
    out_channels: int,
    kernel_size: int | tuple[int, int] = 3,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] | None = None,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
    bias: bool = False,
    *,
    size: tuple[int, int],
    batch_norm: bool = False,
    name: str = "standard convolution",
) -> Plan:
    """One convolution as a plan. ``size`` is (H, W) of the input; with batch norm, ReLU6 follows it too."""
    spec = Conv2dSpec(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias)
    layer = ("conv", spec, "ReLU6" if check_bool(batch_norm, "batch_norm") else None)
    return Plan(name, chain((1, spec.in_channels, *check_size(size)), layer, batch_norm=batch_norm))


def separable_specs(spec: Conv2dSpec, depth_multiplier: int = 1) -> tuple[Conv2dSpec, Conv2dSpec]:
    """The two halves of a separable convolution in place of ``spec``; the depthwise one has its stride and padding."""
    hidden = spec.in_channels * check_int(depth_multiplier, "depth_multiplier")
    depthwise = replace(spec, out_channels=hidden, groups=spec.in_channels)
    return depthwise, Conv2dSpec(hidden, spec.out_channels, 1, bias=spec.bias)


def depthwise_separable(
    in_channels: int,
    out_channels: int,
    kernel_size: int | tuple[int, int] = 3,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] | None = None,
    dilation: int | tuple[int, int] = 1,
    depth_multiplier: int = 1,
    bias: bool = False,
    *,
    size: tuple[int, int],
    batch_norm: bool = False,
    name: str = "depthwise separable",
) -> Plan:
    """A depthwise convolution and a 1x1 convolution (MobileNetV1, arXiv 1704.04861, section 3.1).

    The depthwise step makes ``depth_multiplier`` feature maps per input channel and has the stride, padding and
    dilation; the pointwise step mixes them. With batch norm, each is followed by batch norm and ReLU6.

    >>> depthwise_separable(16, 32, size=(56, 56)).cost.params, standard_conv(16, 32, size=(56, 56)).cost.params
    (656, 4608)
    """
    spec = Conv2dSpec(in_channels, out_channels, kernel_size, stride, padding, dilation, bias=bias)
    depthwise, pointwise = separable_specs(spec, depth_multiplier)
    activation = "ReLU6" if check_bool(batch_norm, "batch_norm") else None
    layers = [("depthwise", depthwise, activation), ("pointwise", pointwise, activation)]
    return Plan(name, chain((1, depthwise.in_channels, *check_size(size)), *layers, batch_norm=batch_norm))


NO_SHORTCUT = {
    "stride": "stride {stride} makes the output smaller than the input",
    "channels": "{in_channels} channels cannot be added to {out_channels}",
}


def inverted_residual(
    in_channels: int,
    out_channels: int,
    stride: int = 1,
    expand_ratio: int = 6,
    kernel_size: int = 3,
    *,
    size: tuple[int, int],
    batch_norm: bool = True,
    always_expand: bool = False,
    linear: bool = True,
    name: str = "inverted residual",
) -> Plan:
    """MobileNetV2's block (arXiv 1801.04381, Table 1): expand by 1x1, depthwise with the stride, project by 1x1.

    The published network leaves the expansion out at ratio 1; ``always_expand=True`` keeps it, as the article that
    this lesson grew from does. ``linear=False`` adds a ReLU6 after the projection (the paper's ablation).
    The input is added to the output only at stride 1 with equal channels.

    Raises ValueError for a stride other than 1 or 2, a ratio below 1 or an even kernel (it would change the size).

    >>> block = inverted_residual(16, 16, stride=1, expand_ratio=6, size=(56, 56))
    >>> block.has_shortcut, block.cost.weights, [step.name for step in block]
    (True, 3936, ['expand', 'depthwise', 'project'])
    >>> inverted_residual(16, 24, stride=2, size=(56, 56)).no_shortcut_because
    'stride 2 makes the output smaller than the input and 16 channels cannot be added to 24'
    """
    in_channels = check_int(in_channels, "in_channels")
    out_channels = check_int(out_channels, "out_channels")
    expand_ratio = check_int(expand_ratio, "expand_ratio")
    kernel_size = _check_odd(kernel_size)
    if check_int(stride, "stride") not in (1, 2):
        raise ValueError(f"stride must be 1 or 2, got {stride!r}")
    expands = check_bool(always_expand, "always_expand") or expand_ratio != 1
    hidden = in_channels * expand_ratio
    layers = [
        ("depthwise", Conv2dSpec(hidden, hidden, kernel_size, stride, groups=hidden), "ReLU6"),
        ("project", Conv2dSpec(hidden, out_channels, 1), None if check_bool(linear, "linear") else "ReLU6"),
    ]
    if expands:
        layers.insert(0, ("expand", Conv2dSpec(in_channels, hidden, 1), "ReLU6"))
    reasons = []
    if stride != 1:
        reasons.append(NO_SHORTCUT["stride"].format(stride=stride))
    if in_channels != out_channels:
        reasons.append(NO_SHORTCUT["channels"].format(in_channels=in_channels, out_channels=out_channels))
    steps = chain((1, in_channels, *check_size(size)), *layers, batch_norm=batch_norm)
    return Plan(name, steps, not reasons, " and ".join(reasons))


def resnet_bottleneck(
    in_channels: int,
    mid_channels: int,
    kernel_size: int = 3,
    *,
    size: tuple[int, int],
    batch_norm: bool = True,
    name: str = "ResNet bottleneck",
) -> Plan:
    """ResNet's bottleneck at stride 1 (arXiv 1512.03385, Figure 5): wide, narrow, wide, with the shortcut between
    the wide ends. ``mid_channels`` is the narrow width; ReLU after each step, the last one after the addition.

    Raises ValueError for an even kernel (it would change the size, and the shortcut would not fit)."""
    reduce = Conv2dSpec(in_channels, mid_channels, 1)
    layers = [
        ("reduce", reduce, "ReLU"),
        ("conv", Conv2dSpec(mid_channels, mid_channels, _check_odd(kernel_size)), "ReLU"),
        ("restore", Conv2dSpec(mid_channels, in_channels, 1), None),
    ]
    steps = chain((1, reduce.in_channels, *check_size(size)), *layers, batch_norm=batch_norm)
    return Plan(name, steps, has_shortcut=True, activation="ReLU")


def _check_odd(kernel_size: object) -> int:
    kernel_size = check_int(kernel_size, "kernel_size")
    if kernel_size % 2 == 0:
        raise ValueError(f"kernel_size must be odd, or the shortcut would not fit, got {kernel_size!r}")
    return kernel_size
