"""What is built: convolutions and the blocks and networks made of them, as plain descriptions. No torch.

A ``Step`` is one layer at a known input size, a ``Plan`` is a tuple of named steps, a ``Network`` a plan made of
plans. All shapes are (N, C, H, W) with N = 1; a size is (H, W).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .checks import check_bool, check_int, check_size
from .costs import Cost
from .layers import Conv2dSpec, GlobalAveragePool, LinearSpec


@dataclass(frozen=True)
class Step:
    """One layer of a plan, at a known input size (H, W), with the batch norm and activation after it.

    kind: "standard", "grouped", "depthwise", "pointwise", "pool" or "linear"
    input_shape, output_shape: (1, C, H, W), or (1, F) beside a linear layer
    cost: of one image
    """

    name: str
    spec: Conv2dSpec | GlobalAveragePool | LinearSpec
    size: tuple[int, int] | tuple[()]
    batch_norm: bool = False
    activation: str | None = None
    # What follows from the above, worked out once. An impossible size is so refused when the plan is made.
    kind: str = field(init=False, repr=False, compare=False)
    input_shape: tuple[int, ...] = field(init=False, repr=False, compare=False)
    output_shape: tuple[int, ...] = field(init=False, repr=False, compare=False)
    cost: Cost = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_bool(self.batch_norm, "batch_norm")
        input_shape, output_shape = self.spec.shapes(self.size)
        follows = {
            "size": input_shape[2:],
            "kind": self.spec.kind,
            "input_shape": input_shape,
            "output_shape": output_shape,
            "cost": self.spec.cost(self.size, self.batch_norm),
        }
        for name, value in follows.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True)
class Plan:
    """A tuple of named steps, each fed by the one before, and the shortcut around them if there is one.

    ``no_shortcut_because`` says why a block that could have a shortcut has none; it is empty otherwise.
    """

    name: str
    steps: tuple[Step, ...]
    has_shortcut: bool = False
    no_shortcut_because: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", tuple(self.steps))
        for before, after in zip(self.steps, self.steps[1:], strict=False):
            if before.output_shape != after.input_shape:
                raise ValueError(
                    f"step {after.name!r} takes {after.input_shape}, but {before.name!r} gives {before.output_shape}"
                )

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, key: int | str) -> Step:
        """The step with this number or name."""
        if not isinstance(key, str):
            return self.steps[key]
        for step in self.steps:
            if step.name == key:
                return step
        raise KeyError(f"no step named {key!r}; the steps are {[step.name for step in self.steps]}")

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        return self.steps[0].input_shape

    @property
    def output_shape(self) -> tuple[int, int, int, int]:
        return self.steps[-1].output_shape

    @property
    def cost(self) -> Cost:
        """Total cost of all steps."""
        return sum((step.cost for step in self.steps), Cost())

    @property
    def cost_by_kind(self) -> dict[str, Cost]:
        """Cost of the standard, depthwise, pointwise, ... steps together, in the order in which they first come."""
        costs: dict[str, Cost] = {}
        for step in self.steps:
            if step.cost != Cost():  # pooling costs nothing that is counted
                costs[step.kind] = costs.get(step.kind, Cost()) + step.cost
        return costs


def _chain(size: object, *layers: tuple[str, Conv2dSpec, str | None], batch_norm: bool) -> tuple[Step, ...]:
    """Steps in which each layer's output size is the next one's input size. Layers are (name, spec, activation)."""
    size = check_size(size)
    check_bool(batch_norm, "batch_norm")
    steps = []
    for name, spec, activation in layers:
        steps.append(Step(name, spec, size, batch_norm, activation))
        size = spec.output_size(size)
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
) -> Plan:
    """One convolution as a plan. ``size`` is (H, W) of the input; with batch norm there is a ReLU6 after it too."""
    spec = Conv2dSpec(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias)
    activation = "ReLU6" if batch_norm else None
    return Plan("standard convolution", _chain(size, ("conv", spec, activation), batch_norm=batch_norm))


def separable_specs(
    in_channels: int,
    out_channels: int,
    kernel_size: int | tuple[int, int] = 3,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] | None = None,
    dilation: int | tuple[int, int] = 1,
    depth_multiplier: int = 1,
    bias: bool = False,
) -> tuple[Conv2dSpec, Conv2dSpec]:
    """The depthwise and the pointwise convolution of a separable one; the first carries all but out_channels."""
    in_channels = check_int(in_channels, "in_channels")
    maps = in_channels * check_int(depth_multiplier, "depth_multiplier")
    depthwise = Conv2dSpec(in_channels, maps, kernel_size, stride, padding, dilation, in_channels, bias)
    return depthwise, Conv2dSpec(maps, out_channels, 1, bias=bias)


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
) -> Plan:
    """A depthwise convolution and a 1x1 convolution (MobileNetV1, arXiv 1704.04861, section 3.1).

    The depthwise step makes ``depth_multiplier`` maps of each input channel and carries stride, padding and
    dilation; the pointwise step mixes the maps. With batch norm there is a ReLU6 after each.
    """
    depthwise, pointwise = separable_specs(
        in_channels, out_channels, kernel_size, stride, padding, dilation, depth_multiplier, bias
    )
    activation = "ReLU6" if batch_norm else None
    steps = _chain(
        size,
        ("depthwise", depthwise, activation),
        ("pointwise", pointwise, activation),
        batch_norm=batch_norm,
    )
    return Plan("depthwise separable", steps)


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
) -> Plan:
    """MobileNetV2's block (arXiv 1801.04381, Table 1): expand by 1x1, depthwise with the stride, project by 1x1.

    The published network leaves the expansion out at ratio 1; ``always_expand=True`` keeps it, as the article that
    this lesson grew from does. ``linear=False`` puts a ReLU6 after the projection too (the paper's ablation).
    The input is added to the output only at stride 1 with equal channels.

    Raises ValueError for a stride other than 1 or 2, a ratio below 1 or an even kernel (it would change the size).
    """
    in_channels = check_int(in_channels, "in_channels")
    out_channels = check_int(out_channels, "out_channels")
    expand_ratio = check_int(expand_ratio, "expand_ratio")
    kernel_size = check_int(kernel_size, "kernel_size")
    if check_int(stride, "stride") not in (1, 2):
        raise ValueError(f"stride must be 1 or 2, got {stride!r}")
    if kernel_size % 2 == 0:
        raise ValueError(f"kernel_size must be odd, or the shortcut would not fit, got {kernel_size!r}")
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
        reasons.append(f"stride {stride} makes the output smaller than the input")
    if in_channels != out_channels:
        reasons.append(f"{in_channels} channels cannot be added to {out_channels}")
    steps = _chain(size, *layers, batch_norm=batch_norm)
    return Plan("inverted residual", steps, not reasons, " and ".join(reasons))


def resnet_bottleneck(
    in_channels: int,
    mid_channels: int,
    kernel_size: int = 3,
    *,
    size: tuple[int, int],
    batch_norm: bool = True,
) -> Plan:
    """ResNet's bottleneck at stride 1 (arXiv 1512.03385, Figure 5): wide, narrow, wide, with the shortcut between
    the wide ends. ``mid_channels`` is the narrow width; ReLU after each step, the last one after the addition."""
    steps = _chain(
        size,
        ("reduce", Conv2dSpec(in_channels, mid_channels, 1), "ReLU"),
        ("conv", Conv2dSpec(mid_channels, mid_channels, kernel_size), "ReLU"),
        ("restore", Conv2dSpec(mid_channels, in_channels, 1), "ReLU"),
        batch_norm=batch_norm,
    )
    return Plan("ResNet bottleneck", steps, has_shortcut=True)
