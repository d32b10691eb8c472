"""What is built: convolutions and the blocks made of them, as plain descriptions. No torch.

A ``Conv2dSpec`` describes one convolution, a ``Step`` is one convolution at a known input size, and a ``Plan`` is
a tuple of named steps. All shapes are (N, C, H, W) with N = 1; a size is (H, W).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .costs import Cost, conv2d_cost, whole_number


def pair(value: object, name: str, at_least: int = 1) -> tuple[int, int]:
    """One whole number, or two of them as (height, width), as a pair."""
    if not isinstance(value, (tuple, list)):
        value = (value, value)
    if len(value) != 2:
        raise ValueError(f"{name} must be one whole number or a pair (height, width), got {value!r}")
    return whole_number(value[0], name, at_least), whole_number(value[1], name, at_least)


def image_size(value: object) -> tuple[int, int]:
    """An input size (H, W), which must be given as a pair."""
    if not isinstance(value, (tuple, list)):
        raise TypeError(f"size must be a pair (H, W) of whole numbers, got {value!r}")
    return pair(value, "size")


def yes_or_no(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, got {value!r}")
    return value


@dataclass(frozen=True)
class Conv2dSpec:
    """One 2-D convolution, its arguments as ``torch.nn.Conv2d`` takes them.

    kernel_size, stride, padding and dilation are one whole number or a pair (height, width). Padding defaults to
    kernel_size // 2, which keeps the size at stride 1 when the kernel is odd and not dilated. There is no bias
    unless asked for, as in MobileNetV2, where batch norm follows each convolution.

    Raises TypeError for what is not a whole number and ValueError for one that is out of range.
    """

    in_channels: int
    out_channels: int
    kernel_size: int | tuple[int, int] = 3
    stride: int | tuple[int, int] = 1
    padding: int | tuple[int, int] | None = None
    dilation: int | tuple[int, int] = 1
    groups: int = 1
    bias: bool = False

    def __post_init__(self) -> None:
        # The class is frozen so that a plan cannot change under a figure; only here may its fields be set.
        def put(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        put("in_channels", whole_number(self.in_channels, "in_channels"))
        put("out_channels", whole_number(self.out_channels, "out_channels"))
        put("groups", whole_number(self.groups, "groups"))
        put("kernel_size", pair(self.kernel_size, "kernel_size"))
        put("stride", pair(self.stride, "stride"))
        put("dilation", pair(self.dilation, "dilation"))
        padding = tuple(k // 2 for k in self.kernel_size) if self.padding is None else self.padding
        put("padding", pair(padding, "padding", at_least=0))
        yes_or_no(self.bias, "bias")
        for name in ("in_channels", "out_channels"):
            if getattr(self, name) % self.groups:
                raise ValueError(f"groups must divide {name} ({getattr(self, name)}), got {self.groups!r}")

    @property
    def kind(self) -> str:
        """ "depthwise" (a group for each input channel), "pointwise" (1x1), "grouped" or "standard"."""
        if self.groups == self.in_channels > 1:
            return "depthwise"
        if self.groups > 1:
            return "grouped"
        return "pointwise" if self.kernel_size == (1, 1) else "standard"

    @property
    def weight_shape(self) -> tuple[int, int, int, int]:
        """(C_out, C_in / groups, k_h, k_w), the shape of ``torch.nn.Conv2d(...).weight``."""
        return (self.out_channels, self.in_channels // self.groups, *self.kernel_size)

    @property
    def params(self) -> int:
        """Learned numbers: weights, and out_channels biases if there is a bias."""
        c_out, c_in_of_a_group, k_h, k_w = self.weight_shape
        return c_out * c_in_of_a_group * k_h * k_w + (c_out if self.bias else 0)

    def output_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """(H_out, W_out) for an input of ``size`` = (H, W): floor((H + 2p - d(k - 1) - 1) / s) + 1.

        Raises ValueError if the kernel is larger than the padded input.
        """
        size = image_size(size)
        output = []
        for length, k, s, p, d in zip(size, self.kernel_size, self.stride, self.padding, self.dilation, strict=True):
            reach = d * (k - 1) + 1
            if reach > length + 2 * p:
                raise ValueError(
                    f"size {size!r} is too small: the kernel {self.kernel_size!r} with dilation {self.dilation!r} "
                    f"covers {reach} pixels, so H and W plus twice the padding {self.padding!r} must reach that"
                )
            output.append((length + 2 * p - reach) // s + 1)
        return output[0], output[1]

    def cost(self, size: tuple[int, int], batch_norm: bool = False) -> Cost:
        """Cost for one image of ``size`` = (H, W), with batch norm after the convolution if asked."""
        return conv2d_cost(
            self.in_channels,
            self.out_channels,
            self.kernel_size,
            self.output_size(size),
            self.groups,
            self.bias,
            batch_norm,
        )

    def macs(self, size: tuple[int, int]) -> int:
        """Multiply-accumulate operations for one image of ``size`` = (H, W). FLOPs are twice as many."""
        return self.cost(size).macs


@dataclass(frozen=True)
class Step:
    """One convolution of a plan, at a known input size (H, W), with the batch norm and activation after it."""

    name: str
    spec: Conv2dSpec
    size: tuple[int, int]
    batch_norm: bool = False
    activation: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", image_size(self.size))
        yes_or_no(self.batch_norm, "batch_norm")
        self.spec.output_size(self.size)  # refuses an impossible size when the plan is made, not when it is read

    @property
    def kind(self) -> str:
        return self.spec.kind

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        """(1, C_in, H, W)"""
        return (1, self.spec.in_channels, *self.size)

    @property
    def output_shape(self) -> tuple[int, int, int, int]:
        """(1, C_out, H_out, W_out)"""
        return (1, self.spec.out_channels, *self.spec.output_size(self.size))

    @property
    def cost(self) -> Cost:
        return self.spec.cost(self.size, self.batch_norm)


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
            costs[step.kind] = costs.get(step.kind, Cost()) + step.cost
        return costs


def _chain(size: object, *layers: tuple[str, Conv2dSpec, str | None], batch_norm: bool) -> tuple[Step, ...]:
    """Steps in which each layer's output size is the next one's input size. Layers are (name, spec, activation)."""
    size = image_size(size)
    yes_or_no(batch_norm, "batch_norm")
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
    in_channels = whole_number(in_channels, "in_channels")
    maps = in_channels * whole_number(depth_multiplier, "depth_multiplier")
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
    in_channels = whole_number(in_channels, "in_channels")
    out_channels = whole_number(out_channels, "out_channels")
    expand_ratio = whole_number(expand_ratio, "expand_ratio")
    kernel_size = whole_number(kernel_size, "kernel_size")
    if whole_number(stride, "stride") not in (1, 2):
        raise ValueError(f"stride must be 1 or 2, got {stride!r}")
    if kernel_size % 2 == 0:
        raise ValueError(f"kernel_size must be odd, or the shortcut would not fit, got {kernel_size!r}")
    expands = yes_or_no(always_expand, "always_expand") or expand_ratio != 1
    hidden = in_channels * expand_ratio
    layers = [
        ("depthwise", Conv2dSpec(hidden, hidden, kernel_size, stride, groups=hidden), "ReLU6"),
        ("project", Conv2dSpec(hidden, out_channels, 1), None if yes_or_no(linear, "linear") else "ReLU6"),
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
