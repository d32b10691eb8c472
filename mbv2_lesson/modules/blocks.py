"""The same blocks as in ``plans``, as torch modules."""

from __future__ import annotations

import torch
from torch import nn

from .. import plans


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
        depthwise, pointwise = plans.separable_specs(
            in_channels, out_channels, kernel_size, stride, padding, dilation, depth_multiplier, bias
        )
        plans.check_bool(batch_norm, "batch_norm")
        super().__init__()
        for name, spec in (("depthwise", depthwise), ("pointwise", pointwise)):
            self.add_module(name, conv2d(spec))
            if batch_norm:
                self.add_module(f"{name}_norm", nn.BatchNorm2d(spec.out_channels))
                self.add_module(f"{name}_relu6", nn.ReLU6(inplace=True))


class InvertedResidual(nn.Module):
    """MobileNetV2's block: (N, C_in, H, W) -> (N, C_out, H / stride, W / stride), sizes rounded up.

    Expand by 1x1 (left out at ratio 1 unless ``always_expand``), depthwise 3x3 with the stride, project by 1x1 with
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
        *,
        always_expand: bool = False,
        linear: bool = True,
    ) -> None:
        # The plan checks the arguments and says which layers there are; its size does not matter here.
        plan = plans.inverted_residual(
            in_channels,
            out_channels,
            stride,
            expand_ratio,
            size=(1, 1),
            always_expand=always_expand,
            linear=linear,
        )
        super().__init__()
        self.has_shortcut = plan.has_shortcut
        *activated, project = plan
        layers = [_conv_bn_relu6(step) for step in activated]
        layers += [conv2d(project.spec), nn.BatchNorm2d(project.spec.out_channels)]
        if not linear:
            layers.append(nn.ReLU6(inplace=True))
        self.conv = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.conv(x) if self.has_shortcut else self.conv(x)


class MobileNetV2(nn.Module):
    """The whole network: (N, 3, H, W) -> (N, num_classes). Source: arXiv 1801.04381, Table 2.

    Names, shapes and order of its parameters are torchvision's, so the published weights fit. Who has the file (its
    address is in torchvision's ``MobileNet_V2_Weights``) loads it with

        state = torch.load("mobilenet_v2-b0353104.pth", weights_only=True)
        MobileNetV2().load_state_dict(state, strict=True)

    New weights are drawn as in torchvision. Raises as ``plans.mobilenet_v2`` does.
    """

    def __init__(self, width_mult: float = 1.0, num_classes: int = 1000) -> None:
        # The plan checks the arguments and says which layers there are; its resolution does not matter here.
        plan = plans.mobilenet_v2(width_mult, resolution=32, num_classes=num_classes)
        super().__init__()
        layers = [_conv_bn_relu6(plan["stem"])]
        for block in plan.blocks:
            in_channels, out_channels = block.input_shape[1], block.output_shape[1]
            depthwise = block["depthwise"].spec
            expand_ratio = depthwise.in_channels // in_channels
            layers.append(InvertedResidual(in_channels, out_channels, depthwise.stride[0], expand_ratio))
        layers.append(_conv_bn_relu6(plan["head"]))
        self.features = nn.Sequential(*layers)
        last = plan["classifier"].spec
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(last.in_features, last.out_features, last.bias))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out")
        nn.init.normal_(self.classifier[1].weight, 0, 0.01)
        nn.init.zeros_(self.classifier[1].bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pooled = nn.functional.adaptive_avg_pool2d(self.features(x), 1)
        return self.classifier(pooled.flatten(1))


def conv2d(spec: plans.Conv2dSpec) -> nn.Conv2d:
    """The torch module that a spec describes."""
    return nn.Conv2d(
        spec.in_channels,
        spec.out_channels,
        spec.kernel_size,
        spec.stride,
        spec.padding,
        spec.dilation,
        spec.groups,
        spec.bias,
    )


def _conv_bn_relu6(step: plans.Step) -> nn.Sequential:
    return nn.Sequential(conv2d(step.spec), nn.BatchNorm2d(step.spec.out_channels), nn.ReLU6(inplace=True))
