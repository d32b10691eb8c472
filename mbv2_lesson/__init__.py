"""mbv2_lesson: the small package behind the notebooks on MobileNetV2.

``import mbv2_lesson as mbv2`` is light: neither torch nor matplotlib nor ipywidgets is imported until a name that
needs it is used (PEP 562).
"""

from importlib import import_module

_HOME = {
    "Cost": "costs",
    "separable_ratio": "costs",
    "Conv2dSpec": "layers",
    "LinearSpec": "layers",
    "Network": "plans",
    "Plan": "plans",
    "Step": "plans",
    "depthwise_separable": "plans",
    "inverted_residual": "plans",
    "mobilenet_v1": "plans",
    "mobilenet_v2": "plans",
    "resnet_bottleneck": "plans",
    "standard_conv": "plans",
    "DepthwiseSeparableConv": "blocks",
    "InvertedResidual": "blocks",
    "MobileNetV2": "blocks",
    "count": "measure",
}
_MODULES = [
    "blocks",
    "costs",
    "experiments",
    "explorers",
    "figures",
    "layers",
    "measure",
    "plans",
    "questions",
    "small_nets",
    "speed",
    "timings",
    "training",
]

__all__ = [*_HOME, *_MODULES]


def __getattr__(name: str):
    if name in _MODULES:
        return import_module(f".{name}", __name__)
    if name in _HOME:
        return getattr(import_module(f".{_HOME[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(sorted(__all__))}")


def __dir__() -> list[str]:
    return sorted(__all__)
