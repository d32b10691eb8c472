"""The small networks that notebook 08 trains, as plans, and the results of training them. No torch."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from pathlib import Path

from ..plans import Network, Plan, check_bool, check_int, depthwise_separable, inverted_residual, standard_conv
from ..plans.networks import pool_and_classifier

SHORTCUTS = ("bottlenecks", "none", "expansions")
IMAGE, CLASSES = 8, 10  # 8x8 pixels
# channels as a multiple of the width, stride; for each block
LAYOUT = ((1, 1), (1, 1), (1, 1), (1.5, 2), (1.5, 1), (1.5, 1))
EXPAND_RATIO = 4
BUILD = {"standard": standard_conv, "separable": depthwise_separable, "inverted residual": inverted_residual}
KINDS = tuple(BUILD)


@dataclass(frozen=True)
class SmallNet:
    """A stem, six blocks of one kind, average pool and classifier: (N, digits, 8, 8) -> (N, 10, digits).

    width: channels of the first three blocks; the last three have 1.5x as many. Even, at least 2.
    linear, shortcut: of inverted residuals only. ``"bottlenecks"`` adds a block's input to its output where both
    have the same shape, as MobileNetV2 does; ``"expansions"`` adds the widened input of a block to that of the next
    one, which is our interpretation of the paper's Figure 6 (b); ``"none"`` adds nothing.
    digits: how many there are in an image, each in an input channel of its own.
    """

    kind: str = "inverted residual"
    width: int = 8
    linear: bool = True
    shortcut: str = "bottlenecks"
    digits: int = 1

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(map(repr, KINDS))}, got {self.kind!r}")
        if check_int(self.width, "width", at_least=2) % 2:
            raise ValueError(f"width must be even, got {self.width!r}")
        check_bool(self.linear, "linear")
        check_int(self.digits, "digits")
        if self.shortcut not in SHORTCUTS:
            raise ValueError(f"shortcut must be one of {', '.join(map(repr, SHORTCUTS))}, got {self.shortcut!r}")
        if self.kind != "inverted residual" and (not self.linear or self.shortcut != "bottlenecks"):
            raise ValueError(f"linear and shortcut are for inverted residuals only, got kind {self.kind!r}")

    @cached_property
    def plan(self) -> Network:
        """Its layers and cost. A block ``has_shortcut`` where its input fits its output, used or not."""
        size, channels = (IMAGE, IMAGE), self.width
        inverted = {"expand_ratio": EXPAND_RATIO, "linear": self.linear}
        options = inverted if self.kind == "inverted residual" else {"batch_norm": True}
        parts: list[Plan] = [standard_conv(self.digits, channels, size=size, batch_norm=True, name="stem")]
        for number, (times, stride) in enumerate(LAYOUT, start=1):
            out_channels = int(self.width * times)
            place = {"stride": stride, "size": parts[-1].output_shape[2:], "name": f"block {number}"}
            parts.append(BUILD[self.kind](channels, out_channels, **place, **options))
            channels = out_channels
        return Network(str(self), [*parts, *pool_and_classifier(parts[-1].output_shape, CLASSES * self.digits)])

    def __str__(self) -> str:
        end = "" if self.linear else ", ReLU6 at the end"
        shortcut = "" if self.shortcut == "bottlenecks" else f", shortcut: {self.shortcut}"
        digits = "" if self.digits == 1 else f", {self.digits} digits at once"
        return f"{self.kind}, width {self.width}{end}{shortcut}{digits}"


LAYOUT_MATCHED = tuple(SmallNet(kind, 16) for kind in KINDS)
# Of each kind the network whose params are nearest to those of SmallNet().
PARAMS_MATCHED = (SmallNet("standard", 10), SmallNet("separable", 24), SmallNet())
ABLATIONS = (SmallNet(), SmallNet(linear=False), SmallNet(shortcut="none"), SmallNet(shortcut="expansions"))
# Pairs of about equal MACs and params: digits in an image, width of the standard network and of the separable one.
EQUAL_COST = tuple(
    (SmallNet("standard", narrow, digits=digits), SmallNet("separable", wide, digits=digits))
    for digits, narrow, wide in ((1, 10, 24), (1, 24, 64), (4, 8, 16), (4, 24, 64))
)
CHEAPER = SmallNet("standard", 6)  # than separable of width 16: exercise 1 of notebook 08
EPOCHS = {1: 20, 4: 60}  # in the stored runs: four digits at once take longer to learn
DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Trained:
    """A network with its accuracy on images it was not trained on, from 0 to 1, one per seed."""

    net: SmallNet
    accuracies: tuple[float, ...]

    @property
    def mean(self) -> float:
        return statistics.fmean(self.accuracies)

    @property
    def std(self) -> float:
        """Standard deviation over the seeds; 0 for a single one, which says nothing about the spread."""
        return statistics.stdev(self.accuracies) if len(self.accuracies) > 1 else 0.0


@dataclass(frozen=True)
class Comparison:
    """Networks trained on the same images.

    stopped: whether training ended before all seeds were done
    fresh: whether they were trained just now, on the reader's machine, not read from a file
    """

    trained: tuple[Trained, ...]
    images: int
    epochs: int
    stopped: bool = False
    fresh: bool = False

    def __getitem__(self, net: SmallNet) -> Trained:
        for trained in self.trained:
            if trained.net == net:
                return trained
        raise KeyError(f"{net} was not trained here, or not to the end; there are: {', '.join(map(str, self.nets))}")

    @property
    def nets(self) -> tuple[SmallNet, ...]:
        return tuple(trained.net for trained in self.trained)

    def difference(self, first: SmallNet, other: SmallNet) -> tuple[float, float]:
        """Mean difference of accuracy, seed by seed, and its standard error (0 for a single seed)."""
        # a stopped run may have one seed fewer
        pairs = zip(self[first].accuracies, self[other].accuracies, strict=False)
        differences: Sequence[float] = [a - b for a, b in pairs]
        error = statistics.stdev(differences) / len(differences) ** 0.5 if len(differences) > 1 else 0.0
        return statistics.fmean(differences), error

    def to_json(self) -> str:
        """For ``from_json``."""
        rows = [asdict(net) | {"accuracies": [round(value, 5) for value in self[net].accuracies]} for net in self.nets]
        lines = ",\n".join(map(json.dumps, rows))
        return f'{{"images": {self.images}, "epochs": {self.epochs}, "trained": [\n{lines}\n]}}\n'


def from_json(text: str) -> Comparison:
    """What ``Comparison.to_json`` wrote. Raises ValueError for anything else."""
    try:
        data = json.loads(text)
        rows = [(row.pop("accuracies"), row) for row in data["trained"]]
        trained = tuple(Trained(SmallNet(**net), tuple(map(float, accuracies))) for accuracies, net in rows)
        return Comparison(trained, data["images"], data["epochs"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"not a file of trained networks: {type(error).__name__}: {error}") from error


@cache
def stored(digits: int = 1) -> Comparison:
    """The networks of notebook 08 for images of 1 or 4 digits, trained by ``benchmarks/training.py``."""
    if check_int(digits, "digits") not in EPOCHS:
        raise ValueError(f"digits must be one of {', '.join(map(str, EPOCHS))}, got {digits!r}")
    return from_json((DATA / f"training_{digits}.json").read_text(encoding="utf-8"))
