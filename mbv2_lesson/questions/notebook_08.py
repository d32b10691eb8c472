"""Questions and exercises of 08_does_it_learn. Accuracies in the feedback are those of the stored runs."""

import statistics

from ..experiments.small_nets import ABLATIONS, EQUAL_COST, LAYOUT_MATCHED, SmallNet, stored
from .kinds import exercise, formula, question


@question("08-two-tasks", right="A")
def two_tasks():
    prompt = (
        "A standard and a separable convolution learn two tasks: to find the edges of the next color, and to imitate a standard "
        "convolution with random weights. Which of the two tasks can the separable one learn without error?"
    )
    return prompt, {
        "Only the edges": "The edges of the next color take one filter per input channel and a mix. A random "
        "kernel needs several filters per input channel (notebook 03).",
        "Both: it has enough weights": "What counts is the rank, not the number of weights. Per input channel the "
        "edges have rank 1, which it can represent; a random kernel has a higher rank, which it cannot.",
        "Neither": "It can learn the edges: depthwise finds them, pointwise moves them to another channel, as in "
        "notebook 02.",
    }


@question("08-layout", right="B")
def layout():
    standard, separable = (stored()[net] for net in LAYOUT_MATCHED[:2])
    times = standard.net.plan.cost.params / separable.net.plan.cost.params
    mistakes = f"{1 - separable.mean:.1%} of its answers are wrong, against {1 - standard.mean:.1%}"
    prompt = (
        f"Two networks have the same layout. The one with standard convolutions gets {standard.mean:.1%} of the unseen digits "
        f"right (mean of the stored run). How many does the one with separable convolutions get right, with {times:.1f}x fewer "
        "params?"
    )
    return prompt, {
        "As many, within half a point": f"It gets {separable.mean:.1%} right. So the network does miss what was "
        f"lost: {mistakes}.",
        "A few points fewer": f"It gets {separable.mean:.1%} right. Now look at it the other way: {mistakes}.",
        f"Less than 90%: {1 - 1 / times:.0%} of the params are gone": f"It gets {separable.mean:.1%} right, with "
        f"a fifth of the params. Still, the loss shows: {mistakes}.",
    }


@question("08-four-digits", right="C")
def four_digits():
    standard, separable = EQUAL_COST[-1]
    results = stored(4)
    points, error = (100 * value for value in results.difference(separable, standard))
    means = f"{results[separable].mean:.1%} against {results[standard].mean:.1%}"
    prompt = (
        f"Four digits at once: which network gets more of them right, one with standard convolutions at width {standard.width} or "
        f"one with separable convolutions at width {separable.width}? MACs and params are about the same."
    )
    return prompt, {
        "Standard, as with one digit": f"Not this time: separable got {means}. Four digits have to share the "
        f"{standard.width} channels of the standard network.",
        "No difference: the cost is the same": "The same cost buys different things: full filters for few channels, or "
        f"rank 1 for many. Separable got {means}, a difference of {points:.1f} \u00b1 {error:.1f} points.",
        f"Separable: it has {separable.width / standard.width:.1f}x as many channels": f"It got {means}, a "
        f"difference of {points:.1f} \u00b1 {error:.1f} points. But then, the task was designed to need channels.",
    }


@question("08-ablation", right="C")
def ablation():
    results = stored()
    published, relu6 = (results[net] for net in ABLATIONS[:2])
    worse, error = (100 * value for value in results.difference(published.net, relu6.net))
    prompt = (
        "A ReLU6 is put after each projection, so that the bottlenecks are no longer linear. The params stay the same. "
        "What happens to the accuracy?"
    )
    return prompt, {
        "It rises: more nonlinearity can express more": f"It falls by {worse:.1f} \u00b1 {error:.1f} points here. "
        "Where the block is narrow, a ReLU6 throws information away (notebook 04).",
        "It falls to the level of guessing, because the information is gone": "Not that far: it falls by "
        f"{worse:.1f} \u00b1 {error:.1f} points. The network can learn to keep the values that it needs above "
        "zero, and the shortcut bypasses the ReLU6.",
        "It falls a little": f"It falls by {worse:.1f} \u00b1 {error:.1f} points here (mean and standard error "
        "over twenty seeds), in the same direction as in the paper's Figure 6 (a), which is about ImageNet.",
    }


def _widest_standard() -> SmallNet:
    limit = SmallNet("separable", 16).plan.cost.macs
    nets = [SmallNet("standard", width) for width in range(2, 17, 2)]
    return [net for net in nets if net.plan.cost.macs <= limit][-1]


def _same_macs_praise() -> str:
    net, cost = _widest_standard(), SmallNet("separable", 16).plan.cost
    return (
        f"Width {net.width} has {net.plan.cost.macs:,} MACs and {net.plan.cost.params:,} params, where the separable network "
        f"of width 16 has {cost.macs:,} and {cost.params:,}. Run the next cell, which trains both. Which one would you choose?"
    )


@exercise(
    "08-same-macs",
    "small_nets.SmallNet(kind, width).plan.cost.macs counts; no training is needed.",
    'limit = small_nets.SmallNet("separable", 16).plan.cost.macs; then the largest even width whose MACs are within it.',
    praise=_same_macs_praise(),
)
def _same_macs(answer) -> str | None:
    if answer == _widest_standard().width:
        return None
    if not isinstance(answer, int) or answer < 2 or answer % 2:
        return f"widths are even numbers from 2 up, not {answer!r}."
    macs, limit = (SmallNet(*net).plan.cost.macs for net in (("standard", answer), ("separable", 16)))
    if macs > limit:
        return f"width {answer} has {macs:,} MACs, more than the separable network's {limit:,}."
    return (
        f"width {answer} has {macs:,} MACs, not more than the separable network's {limit:,}, but a wider one fits too."
    )


@exercise(
    "08-standard-error",
    "The standard deviation of the values, divided by the square root of their number.",
    "statistics.stdev(values) / len(values) ** 0.5",
    praise="With many seeds, the interval of two standard errors around the mean contains the true mean about 19 times out of 20. With three seeds it does so only about 4 times out of 5 (t distribution).",
)
@formula([([0.9, 0.92, 0.97],), ([0.5, 0.7],), ([1.0, 1.0, 1.0, 1.0],)], "{}")
def _standard_error(values):
    n, std = len(values), statistics.stdev(values)
    biased = statistics.pstdev(values) / n**0.5
    return std / n**0.5, [
        (std, "That is the standard deviation. Divide it by the square root of n."),
        (biased, "You divided the sum of squares by n. Divide it by n - 1, because the mean is itself an estimate."),
        (std / n, "You divided by n, not by its square root."),
    ]


@exercise(
    "08-seeds",
    "The standard error of a mean over n seeds is 1.0 / n ** 0.5 points.",
    "It must be half of 0.1 points: n = (1.0 / 0.05) ** 2.",
    praise="Small differences are expensive: seeing one that is half as large takes four times as many seeds.",
)
def _seeds(answer) -> str | None:
    if answer == 400:
        return None
    if not isinstance(answer, int) or answer < 1:
        return f"the number of seeds is a whole number, 1 or more, not {answer!r}."
    reasons = {
        10: "It falls with the square root of n, not with n.",
        20: "It falls with the square root of n, not with n.",
        100: "That gives the whole difference. The exercise asks for half of it.",
    }
    words = f"with {answer} seeds the standard error is 1.0 / {answer} ** 0.5 = {1 / answer**0.5:.4g} points, not 0.05."
    return f"{words} {reasons.get(answer, '')}".rstrip()
