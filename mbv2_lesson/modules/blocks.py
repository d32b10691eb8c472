"""The blocks and networks of ``plans`` as torch modules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import torch
from torch import nn

from .. import plans
from ..plans import Conv2dSpec, Plan, Step


def conv2d(spec: Conv2dSpec) -> nn.Conv2d:
    """The torch module that a spec describes."""
    return nn.Conv2d(**asdict(spec))


def conv_norm_act(step: Step) -> list[nn.Module]:
    """A step's convolution with the batch norm and the activation after it, if there are any."""
    layers: list[nn.Module] = [conv2d(step.spec)]
    if step.batch_norm:
        layers.append(nn.BatchNorm2d(step.spec.out_channels))
    if step.activation:
        layers.append(nn.ReLU6(inplace=True))
    return layers


class DepthwiseSeparableConv(nn.Sequential):
    """A depthwise convolution, then a 1x1 convolution: (N, C_in, H, W) -> (N, C_out, H_out, W_out).

    Takes what ``plans.depthwise_separable`` takes; with ``batch_norm=True`` batch norm and ReLU6 follow each
    convolution. Source: MobileNetV1, arXiv 1704.04861, section 3.1.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int] = 3,
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] | None = None,
        dilation: int | tuple[int, int] = 1,
        depth_multiplier: int = 1,
        bias: bool = False,
        batch_norm: bool = False,
    ) -> None:
        spec = Conv2dSpec(in_channels, out_channels, kernel_size, stride, padding, dilation, bias=bias)
        depthwise, pointwise = plans.separable_specs(spec, depth_multiplier)
        plans.check_bool(batch_norm, "batch_norm")
        super().__init__()
        for name, spec in (("depthwise", depthwise), ("pointwise", pointwise)):
            self.add_module(name, conv2d(spec))
            if batch_norm:
                self.add_module(f"{name}_norm", nn.BatchNorm2d(spec.out_channels))
                self.add_module(f"{name}_relu6", nn.ReLU6(inplace=True))


class InvertedResidual(nn.Module):
    """MobileNetV2's block: (N, C_in, H, W) -> (N, C_out, H / stride, W / stride), sizes rounded up.

    Expand by 1x1 (left out at ratio 1 unless ``always_expand``), depthwise k x k with the stride, project by 1x1 with
    no activation (``linear=False`` adds a ReLU6). The input is added only at stride 1 with equal channels.
    Parameter names and order are those of torchvision's class of the same name, so its state_dict loads.
    Raises ValueError or TypeError as ``plans.inverted_residual`` does. Source: arXiv 1801.04381, Table 1, Figure 4.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        expand_ratio: int = 6,
        kernel_size: int = 3,
        *,
        always_expand: bool = False,
        linear: bool = True,
    ) -> None:
        # The plan checks the arguments and says which layers there are; its size does not matter here.
        shape, options = (in_channels, out_channels), {"always_expand": always_expand, "linear": linear}
        plan = plans.inverted_residual(*shape, stride, expand_ratio, kernel_size, size=(1, 1), **options)
        self._build(plan)

    @classmethod
    def from_plan(cls, plan: Plan) -> InvertedResidual:
        """The block that a plan of ``plans.inverted_residual`` describes."""
        block = cls.__new__(cls)
        block._build(plan)
        return block

    def _build(self, plan: Plan) -> None:
        super().__init__()
        self.has_shortcut = plan.has_shortcut
        *before, project = map(conv_norm_act, plan)
        self.conv = nn.Sequential(*(nn.Sequential(*layers) for layers in before), *project)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.conv(x) if self.has_shortcut else self.conv(x)


class MobileNetV2(nn.Module):
    """The whole network: (N, 3, H, W) -> (N, num_classes). Source: arXiv 1801.04381, Table 2.

    Names, shapes and order of its parameters are torchvision's, so the published weights fit. If you have the file (its
    address is in torchvision's ``MobileNet_V2_Weights``), load it with

        state = torch.load("mobilenet_v2-b0353104.pth", weights_only=True)
        MobileNetV2().load_state_dict(state, strict=True)

    New weights are initialized as in torchvision. Raises as ``plans.mobilenet_v2`` does.
    """

    def __init__(
        self,
        width_mult: float = 1.0,
        num_classes: int = 1000,
        *,
        table: Sequence[tuple[int, int, int, int]] = plans.MOBILENET_V2,
    ) -> None:
        # The plan checks the arguments and says which layers there are; its resolution does not matter here.
        plan = plans.mobilenet_v2(width_mult, resolution=32, num_classes=num_classes, table=table)
        super().__init__()
        self.features = nn.Sequential(
            nn.Sequential(*conv_norm_act(plan["stem"])),
            *map(InvertedResidual.from_plan, plan.blocks),
            nn.Sequential(*conv_norm_act(plan["head"])),
        )
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(**asdict(plan["classifier"].spec)))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out")
        nn.init.normal_(self.classifier[1].weight, 0, 0.01)
        nn.init.zeros_(self.classifier[1].bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pooled = nn.functional.adaptive_avg_pool2d(self.features(x), 1)
        return self.classifier(pooled.flatten(1))
