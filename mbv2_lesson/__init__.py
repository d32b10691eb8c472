"""mbv2_lesson: the small package behind the notebooks on MobileNetV2.

``import mbv2_lesson as mbv2`` is light: neither torch nor matplotlib nor ipywidgets is imported until a name that
needs it is used (PEP 562).
"""

from importlib import import_module

_HOME = {
    "Cost": "plans.costs",
    "separable_ratio": "plans.costs",
    "Conv2dSpec": "plans.layers",
    "LinearSpec": "plans.layers",
    "Plan": "plans.blocks",
    "Step": "plans.blocks",
    "depthwise_separable": "plans.blocks",
    "inverted_residual": "plans.blocks",
    "resnet_bottleneck": "plans.blocks",
    "standard_conv": "plans.blocks",
    "Network": "plans.networks",
    "mobilenet_v1": "plans.networks",
    "mobilenet_v2": "plans.networks",
    "published": "plans.published",
    "DepthwiseSeparableConv": "modules.blocks",
    "InvertedResidual": "modules.blocks",
    "MobileNetV2": "modules.blocks",
    "count": "modules.counter",
    "decouple": "modules.decoupling",
    "not_decoupled": "modules.decoupling",
    "ModelExplorer": "explorers.model",
}
_ROOMS = [
    "plans",
    "modules",
    "experiments",
    "figures",
    "explorers",
    "questions",
]  # each imports only from the ones before it

__all__ = [*_HOME, *_ROOMS]


def __getattr__(name: str) -> object:
    if name in _ROOMS:
        return import_module(f".{name}", __name__)
    if name in _HOME:
        return getattr(import_module(f".{_HOME[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(sorted(__all__))}")


def __dir__() -> list[str]:
    return sorted(__all__)
