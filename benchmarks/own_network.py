"""What notebook 09 says of decoupling and of networks under 250,000 MACs, with more seeds than it trains.

    python benchmarks/own_network.py

It runs the notebook's own cells for the digits, the networks and the recipe, and prints two tables in Markdown. About
10 minutes on one core. Accuracies are those on the 500 validation digits; the test digits stay closed.
"""

from __future__ import annotations

import copy
import statistics
from pathlib import Path
from typing import Any

import nbformat
import torch
from torch import nn

import mbv2_lesson as mbv2
from mbv2_lesson.experiments import training
from mbv2_lesson.questions.notebook_09 import measure_again

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "09_your_own_network.ipynb"
CELLS = ("09-imports", "09-digits", "09-parts", "09-standard", "09-train", "09-decoupled", "09-inverted")


def notebook() -> dict[str, Any]:
    """The names that these cells define."""
    sources = {cell.id: cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells}
    names: dict[str, Any] = {}
    for name in CELLS:
        exec(sources[name].partition("\nmacs = ")[0], names)  # without the count that a cell prints
    return names


def separable(c_in: int, c_out: int, stride: int = 1) -> nn.Sequential:
    """Depthwise and pointwise, each with batch norm and ReLU6, as in MobileNetV1."""
    depthwise = nn.Conv2d(c_in, c_in, 3, stride, padding=1, groups=c_in, bias=False)
    pointwise = nn.Conv2d(c_in, c_out, 1, bias=False)
    return nn.Sequential(depthwise, nn.BatchNorm2d(c_in), nn.ReLU6(), pointwise, nn.BatchNorm2d(c_out), nn.ReLU6())


def row(name: str, accuracies: list[float], *more: str) -> None:
    mean, std = statistics.fmean(accuracies), statistics.stdev(accuracies)
    print("|", " | ".join([name, *more, f"{mean:.1%}", f"{100 * std:.1f}"]), "|", flush=True)


def decoupling(names: dict[str, Any], seeds: int = 16) -> None:
    found: dict[str, list[float]] = {}

    def note(name: str, model: nn.Module) -> None:
        found.setdefault(name, []).append(training.accuracy(model, *names["validation"]))

    for seed in range(seeds):
        torch.manual_seed(seed)
        model = names["standard_net"]()
        names["train"](model, epochs=10)
        note("standard, 10 epochs", model)
        for m in (1, 2, 4, 9):
            small = names["decoupled"](model, m)
            note(f"M = {m}, right after decoupling", small)
            note(f"M = {m}, batch norm measured again", measure_again(copy.deepcopy(small), names["images"]))
            torch.manual_seed(seed)
            names["train"](small, epochs=5, max_lr=0.01)
            note(f"M = {m}, 5 more epochs", small)
        torch.manual_seed(seed)
        small = names["decoupled"](names["standard_net"](), 1)
        for layer in small.modules():
            if hasattr(layer, "reset_parameters"):
                layer.reset_parameters()
        names["train"](small, epochs=15)
        note("M = 1, random weights, 15 epochs", small)
    print(f"| {seeds} seeds | mean | standard deviation, points |\n|---|---:|---:|")
    for name, accuracies in found.items():
        row(name, accuracies)


def budget(names: dict[str, Any], seeds: int = 12) -> None:
    conv, head = names["conv_bn_relu6"], names["head"]
    candidates = {
        "standard 8, 16, 20, 40": lambda: names["standard_net"]((8, 16, 20, 40)),
        "standard 32, 32, 40, stride 2 in the first and last": lambda: nn.Sequential(
            conv(1, 32, 2), conv(32, 32), conv(32, 40, 2), head(40)
        ),
        "separable 24, 40, 48, 96": lambda: nn.Sequential(
            conv(1, 24), separable(24, 40), separable(40, 48, 2), separable(48, 96), head(96)
        ),
        "inverted 16, 16, 32, 32, ratio 2": names["inverted_net"],
        "inverted 8, 8, 24, 24, ratio 4": lambda: names["inverted_net"]((8, 8, 24, 24), 4),
    }
    print(f"| {seeds} seeds, 20 epochs | MACs | mean | standard deviation, points |\n|---|---:|---:|---:|")
    for name, build in candidates.items():
        accuracies = []
        for seed in range(seeds):
            torch.manual_seed(seed)
            model = build()
            names["train"](model, epochs=20)
            accuracies.append(training.accuracy(model, *names["validation"]))
        row(name, accuracies, f"{mbv2.count(build(), (1, 8, 8)).cost.macs:,}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    cells = notebook()
    budget(cells)
    print()
    decoupling(cells)
