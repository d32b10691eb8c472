"""What Python expects of each explorer in the browser, and the settings that are tried. New explorers go here."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
from test_ten_networks import NETWORKS

import mbv2_lesson as mbv2
from mbv2_lesson import Plan, experiments, explorers
from mbv2_lesson.experiments import timings
from mbv2_lesson.explorers.explorer import Explorer
from mbv2_lesson.explorers.model import ModelExplorer
from mbv2_lesson.modules.counter import Count
from mbv2_lesson.plans.published import count_under, matches_printed, published
from mbv2_lesson.plans.tables import ratio, significant, times

MANY = 10_000  # settings; if an explorer has more, that many random ones and the corners are tried


def square(values: dict) -> dict:
    return {**values, "size": (values["size"], values["size"])}


def costs(*plans: Plan) -> list[list[int]]:
    return [[plan.cost.params, plan.cost.macs, plan.cost.flops] for plan in plans]


@dataclass(frozen=True)
class Case:
    """What Python expects of an explorer's module, from the public functions alone.

    counts(values) -> what the module's count() returns: plans, numbers and texts by name; values are the settings and
    the fixed arguments. Numbers that are not whole may differ by ``within``. headline(**counts) -> the numbers in the
    headline, in order; rows(**counts) -> the cells of the table, without the first of each row: whole numbers, or texts
    as they are printed; None if these are what the still version's table says.
    """

    make: Callable[..., Explorer]
    arguments: dict
    counts: Callable[[dict], dict]
    headline: Callable[..., list]
    rows: Callable[..., list[list]] | None
    within: float = 1e-12


def convolution(values: dict) -> dict:
    return {"plan": mbv2.standard_conv(**square(values))}


def separable(values: dict) -> dict:
    return {
        "plan": mbv2.depthwise_separable(**square(values)),
        "standard": mbv2.standard_conv(**square(values)),
        "share": mbv2.separable_ratio(values["out_channels"], values["kernel_size"]),
    }


def separable_headline(plan: Plan, standard: Plan, share: float) -> list:
    params, instead = plan.cost.params, standard.cost.params
    return [params, instead, ratio(instead / params, 1) if params < instead else ratio(params / instead)]


def separable_rows(plan: Plan, standard: Plan, share: float) -> list[list]:
    above, below = costs(standard, plan)
    return [above, below, [ratio(b / a) for a, b in zip(above, below, strict=True)]]


def groups(values: dict) -> dict:
    ungrouped = {**square(values), "groups": 1}
    return {"plan": mbv2.standard_conv(**square(values)), "whole": mbv2.standard_conv(**ungrouped)}


def block(values: dict) -> dict:
    standard = {name: values[name] for name in ("in_channels", "out_channels", "stride", "size")}
    return {"plan": mbv2.inverted_residual(**square(values)), "standard": mbv2.standard_conv(**square(standard))}


def block_rows(plan: Plan, standard: Plan) -> list[list]:
    rows = [(times(step.output_shape[1:]), step.cost) for step in plan]
    rows += [("", plan.cost), ("", standard.cost)]
    return [[shape, cost.weights, cost.norm, cost.macs] for shape, cost in rows]


def params_and_macs(plan: Plan, **beside: object) -> list:
    return [plan.cost.params, plan.cost.macs]


def network(values: dict) -> dict:
    return {"plan": mbv2.mobilenet_v2(**values), "full": mbv2.mobilenet_v2()}


def convention(values: dict) -> dict:
    name, width_mult = values["network"].split()
    plan = mbv2.mobilenet_v1() if name == "MobileNetV1" else mbv2.mobilenet_v2(float(width_mult))
    switches = {name: on for name, on in values.items() if name != "network"}
    params, operations = count_under(plan, **switches)
    rows = published(name, float(width_mult), 224)
    fits = [[matches_printed(params / 1e6, row.params), matches_printed(operations / 1e6, row.macs)] for row in rows]
    return {"params": params, "operations": operations, "fits": fits}


def intensity(values: dict) -> dict:
    channels, size, batch = values["channels"], (values["size"], values["size"]), values["batch"]
    kernel_size, groups = {
        "standard": (values["kernel_size"], 1),
        "depthwise": (values["kernel_size"], channels),
        "pointwise": (1, 1),
    }[values["kind"]]
    plan, ceilings = (
        mbv2.standard_conv(channels, channels, kernel_size, groups=groups, size=size),
        timings.stored().ceilings,
    )
    per_byte = timings.intensity(plan, batch)
    reach = ceilings.reach(per_byte) / ceilings.macs
    return {"plan": plan, "bytes": timings.bytes_moved(plan, batch), "intensity": per_byte, "reach": reach}


CASES = {
    "convolution": Case(explorers.ConvolutionExplorer, {}, convolution, params_and_macs, lambda plan: costs(plan)),
    "separable": Case(explorers.SeparableExplorer, {}, separable, separable_headline, separable_rows),
    "block": Case(explorers.BlockExplorer, {}, block, params_and_macs, block_rows),
    "network": Case(explorers.NetworkExplorer, {}, network, params_and_macs, None),
    "convention": Case(
        explorers.ConventionExplorer, {}, convention, lambda params, operations, fits: [params, operations], None
    ),
    "intensity": Case(
        explorers.IntensityExplorer, {}, intensity, lambda intensity, **beside: [significant(intensity)], None
    ),
}
for pair in [
    (16, 32),
    (1, 1),
    (1, 64),
    (64, 1),
    (7, 13),
    (97, 97),
    (12, 18),
    (64, 64),
    (65, 65),
    (4096, 4096),
    (4096, 8),
]:
    CASES[f"groups of {pair}"] = Case(
        explorers.GroupsExplorer,
        dict(zip(("in_channels", "out_channels"), pair, strict=True), kernel_size=7, size=1024),
        groups,
        lambda plan, whole: [plan.cost.params],
        lambda plan, whole: costs(plan),
    )


RNG = np.random.default_rng(0)
SCANNED = explorers.ScanExplorer(RNG.random((40, 40)), np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]]))


def scan(values: dict) -> dict:
    row, column, kernel = values["row"], values["column"], SCANNED.kernel
    patch = SCANNED.image[row : row + 3, column : column + 3]
    arrays = {"patch": patch, "kernel": kernel, "products": patch * kernel}
    total = SCANNED.output[row, column].item()
    counts = {"sum": total, "positions": 38 * 38, "macs": 38 * 38 * 9}
    return {name: array.ravel().tolist() for name, array in arrays.items()} | counts


def rank(values: dict) -> dict:
    shape = {name: values[name] for name in ("in_channels", "out_channels", "kernel_size", "size")}
    m, kernel = values["depth_multiplier"], values["kernel"]
    errors = experiments.low_rank_errors(experiments.example_kernel(kernel, *list(shape.values())[:3]))
    return {
        "plan": mbv2.depthwise_separable(**square(shape), depth_multiplier=m),
        "standard": mbv2.standard_conv(**square(shape)),
        "error": float(experiments.rounded(errors, digits=6, beside=1)[m - 1]),
    }


def rank_headline(plan: Plan, standard: Plan, error: float) -> list:
    return [*([ratio(error, 2)] if error else []), plan.cost.params]


def rank_rows(plan: Plan, standard: Plan, error: float) -> list[list]:
    return separable_rows(plan, standard, 0)


def scan_rows(products: list[float], sum: float, positions: int, macs: int, **beside: object) -> list[list]:
    return [["1", len(products), ratio(sum, 2)], [positions, macs, ""]]


collapsed = cache(experiments.collapse)


def collapse(values: dict) -> dict:
    n, seed, activation = values.values()
    result = collapsed(n, seed, activation)
    each = {name: collapsed(n, seed, name) for name in experiments.ACTIVATIONS}
    return {
        "concluded": {
            name: {"error": float(f"{found.error:.4f}"), "lost": found.lost.mean().item()}
            for name, found in each.items()
        },
        "error": float(f"{result.error:.4f}"),
        "lost": result.lost.tolist(),
        "readOut": result.read_out.tolist(),
    }


CASES |= {
    "scan": Case(
        explorers.ScanExplorer,
        {"image": SCANNED.image, "kernel": SCANNED.kernel},
        scan,
        lambda products, sum, **beside: [len(products), ratio(abs(sum), 2)],
        scan_rows,
    ),
    "rank": Case(explorers.RankExplorer, {}, rank, rank_headline, rank_rows),
    "rank with k = 7": Case(explorers.RankExplorer, {"kernel_size": 7}, rank, rank_headline, rank_rows),
    "collapse": Case(
        explorers.CollapseExplorer,
        {},
        collapse,
        lambda error, **beside: [ratio(error)],
        lambda concluded, **beside: [[ratio(each["error"]), f"{each['lost']:.1%}"] for each in concluded.values()],
        within=1e-9,
    ),
}


def model(name: str) -> Case:
    """The profile of one of the ten networks. What it would cost is counted on the network that decouple gives."""
    make, inputs, _, _ = NETWORKS[name]
    network = make()
    counted = mbv2.count(network, inputs=inputs)

    @cache
    def decoupled(depth_multiplier: int) -> Count:
        return mbv2.count(mbv2.decouple(network, depth_multiplier), inputs=inputs)

    def counts(values: dict) -> dict:
        after = decoupled(values["depth_multiplier"])
        before, shown = costs_by_kind(counted), costs_by_kind(after if values["separable"] else counted)
        kinds = {kind: mbv2.Cost() for layer in [*before, *costs_by_kind(after)] for kind in layer}
        for layer in shown:
            kinds |= {kind: kinds[kind] + cost for kind, cost in layer.items()}
        return {
            "before": counted.cost.as_dict(),
            "after": after.cost.as_dict(),
            "kinds": {kind: cost.as_dict() for kind, cost in kinds.items()},
            "layers": [{kind: cost.as_dict() for kind, cost in layer.items()} for layer in shown],
        }

    def headline(kinds: dict, **beside: object) -> list:
        return [sum(cost[number] for cost in kinds.values()) for number in ("params", "macs")]

    return Case(ModelExplorer, {"counted": counted}, counts, headline, None)


def costs_by_kind(counted: Count) -> list[dict[str, mbv2.Cost]]:
    """Of each layer that has a cost; the two that decouple puts in place of one are one."""
    found = []
    for layer in counted.layers:
        kind = layer.spec.kind if layer.spec else "linear" if layer.type == "Linear" else "other"
        if layer.name.endswith(".depthwise"):  # of one channel it would be a standard one
            found.append({"depthwise": layer.cost})
        elif layer.name.endswith(".pointwise"):
            found[-1][kind] = layer.cost
        elif layer.cost != mbv2.Cost():
            found.append({kind: layer.cost})
    return found


MODELS = {f"model: {name}": model(name) for name in ("U-Net", "ViT", "Siamese")}
CASES |= MODELS


@cache
def explorer_of(name: str) -> Explorer:
    return CASES[name].make(**CASES[name].arguments)


@cache
def settings_of(name: str) -> list[dict]:
    """All settings, or the corners (each setting at its first or its last option) and random ones."""
    options = explorer_of(name).options
    if math.prod(map(len, options.values())) < MANY:
        chosen = product(*options.values())
    else:
        steps = random.Random(0)
        corners = product(*({each[0]: 0, each[-1]: 0} for each in options.values()))
        chosen = [*corners, *([steps.choice(each) for each in options.values()] for _ in range(MANY))]
    return [dict(zip(options, values, strict=True)) for values in chosen]


def counted_by_python(name: str, chosen: list[dict]) -> list[dict]:
    fixed = explorer_of(name).fixed
    return [CASES[name].counts({**fixed, **settings}) for settings in chosen]


@cache
def all_counted_by_python(name: str) -> list[dict]:
    return counted_by_python(name, settings_of(name))


def some_of(name: str) -> list[dict]:
    """At most a hundred of these, evenly spread."""
    chosen = settings_of(name)
    return random.Random(1).sample(chosen, min(100, len(chosen)))
