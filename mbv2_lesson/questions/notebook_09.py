"""Questions and exercises of 09_your_own_network."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..plans import depthwise_separable, standard_conv
from .kinds import NotAnswered, NotUsable, exercise, question

if TYPE_CHECKING:  # torch is needed by the judges only, when they judge
    import torch
    from torch import nn

INPUT = (1, 8, 8)
VALIDATION = 500  # of the digits not trained on, the first ones; the others are the test set
BUDGET = 250_000
GOAL = 0.95
# The standard network of the notebook: channels in and out, stride, height and width of the input.
LAYERS = ((1, 16, 1, 8), (16, 32, 1, 8), (32, 32, 2, 8), (32, 64, 1, 4))
CLASSIFIER = 64 * 10


def _macs(depth_multiplier: int | None, layers: Sequence[tuple[int, int, int, int]] = LAYERS) -> int:
    """MACs of these layers, standard for None."""
    plans = (
        standard_conv(c_in, c_out, stride=stride, size=(side, side))
        if depth_multiplier is None
        else depthwise_separable(c_in, c_out, depth_multiplier=depth_multiplier, stride=stride, size=(side, side))
        for c_in, c_out, stride, side in layers
    )
    return sum(plan.cost.macs for plan in plans)


@question("09-saving", right="B")
def saving():
    times = _macs(None) / _macs(1)
    first, last = (_macs(None, [layer]) / _macs(1, [layer]) for layer in (LAYERS[0], LAYERS[-1]))
    prompt = (
        "The four 3×3 convolutions have 16, 32, 32 and 64 output channels. All of them are made separable, with depth multiplier 1. "
        "By what factor do their MACs fall in total?"
    )
    return prompt, {
        "About 3: each becomes two layers": "Each does become two layers, but each of the two does far less work "
        "than the one that they replace. The ratio for a layer is 1/C_out + 1/9; in total, the four need "
        f"{times:.1f}x fewer MACs.",
        "About 7": f"There are {times:.1f}x fewer. By the ratio 1/C_out + 1/9, the first layer needs {first:.1f}x "
        f"fewer and the last one {last:.1f}x fewer; most MACs are in the layers with 32 or 64 output channels.",
        "9: a 3×3 kernel has nine weights": "That is the limit for very many output channels. Even with 64 of "
        f"them, the pointwise step's 1/C_out still matters: that layer needs {last:.1f}x fewer MACs, and all four "
        f"together need {times:.1f}x fewer.",
    }


@question("09-first-layer", right="B")
def first_layer():
    share = _macs(None, LAYERS[:1]) / (_macs(None) + CLASSIFIER)
    prompt = (
        "The first convolution has one input channel and 16 output channels. We make it separable with M = 1, without an activation "
        "in between. What do its 16 output maps show?"
    )
    return prompt, {
        "16 different patterns, a little less exact than before": "The depthwise step makes one map per input "
        "channel, and there is only one. The pointwise step can only scale it.",
        "The same map 16 times, each time scaled by a different factor": "There is one input channel, and its "
        "kernels get rank 1, so all 16 maps are multiples of one map. We leave this layer as it is: it has only "
        f"{share:.1%} of the MACs.",
        "Nothing: a single channel cannot be made separable": "It can: a depthwise step on one channel, then a "
        "pointwise step from 1 to 16 channels. But consider what 16 factors can make of one map.",
    }


@question("09-believe", right="C")
def believe():
    prompt = (
        "You train twelve networks and keep the one that is best on the 500 validation digits: 97.4%, the mean of three seeds. How "
        "accurate do you expect it to be on the test digits?"
    )
    return prompt, {
        "About 97.4%, as likely above as below: the test digits are of the same kind": "That would hold if you "
        "had chosen the network without looking at these 500 digits. You chose it because it did well on them, "
        "partly by luck.",
        "More: it is the best of twelve": "It is the best of twelve on these 500 digits. What it owes to luck "
        "there will not help it on others.",
        "A little less, most likely": "The best of twelve is probably good, but it was also lucky on these 500 "
        "digits, and luck does not carry over. The more networks you try, the more luck the best one has had. In "
        "any single case the test accuracy may still come out higher.",
    }


def _decoupled_macs(depth_multiplier: int) -> int:
    return _macs(None, LAYERS[:1]) + _macs(depth_multiplier, LAYERS[1:]) + CLASSIFIER


@exercise(
    "09-largest",
    "mbv2.count(decoupled(standard_net(), M), (1, 8, 8)).cost.macs counts; no training is needed.",
    "There are 9,856 + 100,352 * M MACs: the first layer and the classifier, plus the rest. The standard network has 747,136.",
    praise="Each unit of M adds the same cost, so M = 9, which is exact, costs more than what it replaces, as in notebook 03.",
)
def _largest(answer) -> str | None:
    whole = _macs(None) + CLASSIFIER
    if not isinstance(answer, int) or answer < 1:
        return f"a depth multiplier is a whole number of at least 1, got {answer!r}."
    macs = _decoupled_macs(answer)
    words = f"with M = {answer} the network has {macs:,} MACs"
    if macs >= whole:
        return f"{words}, not fewer than the standard network's {whole:,}."
    if _decoupled_macs(answer + 1) < whole:
        return f"{words}, fewer than the standard network's {whole:,}, but M = {answer + 1} stays below it, too."
    return None


def _not_measured_yet() -> tuple[nn.Module, torch.Tensor]:
    """A network whose batch norm has the statistics of some other network, and images for it."""
    import torch
    from torch import nn

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        norms = nn.BatchNorm2d(4), nn.BatchNorm2d(3)
        model = nn.Sequential(nn.Conv2d(1, 4, 3), norms[0], nn.ReLU(), nn.Conv2d(4, 3, 3), norms[1])
        images = 0.5 + torch.rand(200, 1, 8, 8)
    for norm in norms:
        norm.running_mean += 3
        norm.running_var *= 5
    return model.eval(), images


def _statistics(model: nn.Module) -> list[tuple[torch.Tensor, torch.Tensor]]:
    from torch import nn

    return [(m.running_mean.clone(), m.running_var.clone()) for m in model.modules() if isinstance(m, nn.BatchNorm2d)]


def measure_again(model: nn.Module, images: torch.Tensor) -> nn.Module:
    """Batch norm's means and variances over ``images`` (N, C, H, W), in place; no weight changes."""
    import torch
    from torch import nn

    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # the plain average over all batches
    model.train()
    with torch.no_grad():
        model(images)
    return model


@exercise(
    "09-measure-again",
    "Batch norm measures in training mode: model.train(), then model(images) under torch.no_grad().",
    "For each nn.BatchNorm2d, first call reset_running_stats() and set momentum = None, which means the plain average over all batches.",
    praise="No weight has changed. The next cell of the notebook shows what this does for decoupled networks.",
)
def _measure_again(answer) -> str | None:
    import torch
    from torch import nn

    if not callable(answer):
        raise NotUsable(f"pass the function itself, not a value; got {answer!r}.")
    (model, images), (right, _) = _not_measured_yet(), _not_measured_yet()
    before, weights = _statistics(model), [weight.detach().clone() for weight in model.parameters()]
    with torch.random.fork_rng(devices=[]):
        returned = answer(model, images)
    if returned is ...:
        raise NotAnswered
    model = returned if isinstance(returned, nn.Module) else model
    now, wanted = _statistics(model), _statistics(measure_again(right, images))
    if len(now) != len(wanted):
        return f"the model has {len(wanted)} batch norms; the one returned has {len(now)}."
    if not all(map(torch.equal, weights, model.parameters())):
        return "it changes the weights. To measure means and variances, run the model without an optimizer."
    if all(torch.equal(*pair) for old, new in zip(before, now, strict=True) for pair in zip(old, new, strict=True)):
        return "the means and variances have not changed. Batch norm measures them only in training mode, when images go through the model."
    for number, (new, right) in enumerate(zip(now, wanted, strict=True), start=1):
        mean, variance = (new[0] - right[0]) / right[1].sqrt(), new[1] / right[1] - 1
        if max(mean.abs().max(), variance.abs().max()) > 0.15:
            return (
                f"in batch norm {number} the old statistics are still mixed in. By default, each batch moves them by only a tenth, so "
                "reset them first, or use many batches."
            )
    return None


def _accuracies(nets: Sequence[nn.Module]) -> list[float]:
    from ..experiments import training

    data = training.digits()
    return [training.accuracy(net, data.test_images[:VALIDATION], data.test_labels[:VALIDATION]) for net in nets]


def _listed(accuracies: Sequence[float]) -> str:
    return ", ".join(f"{accuracy:.1%}" for accuracy in accuracies)


def _budget_praise(answer) -> str:
    from ..modules.counter import count

    accuracies = _accuracies(answer)
    return (
        f"{count(answer[0], INPUT).cost.macs:,} MACs; mean accuracy on the validation digits {statistics.fmean(accuracies):.1%} "
        f"({_listed(accuracies)}). Is its lead over your next best network "
        "larger than the spread of the seeds? And before you open the test set: why do you believe this number?"
    )


@exercise(
    "09-budget",
    "Count before you train. mbv2.count(my_net(), (1, 8, 8)) shows which layer has most of the MACs. At 4×4 a layer has a quarter of the MACs that it has at 8×8.",
    "Three places to start: standard_net with fewer channels; the same with stride 2 in an earlier layer; inverted_net with other widths or another expand_ratio. Train all of them equally long.",
    praise=_budget_praise,
)
def _budget(answer) -> str | None:
    import torch
    from torch import nn

    from ..modules.counter import count

    if not isinstance(answer, Sequence) or not all(isinstance(net, nn.Module) for net in answer):
        raise NotUsable(f"pass a list of three trained networks, got {answer!r:.60}.")
    nets = list(answer)
    if len(nets) < 3:
        return f"the exercise asks for three seeds, got {len(nets)} networks."
    costs = {count(net, INPUT).cost for net in nets}
    if len(costs) > 1:
        return "these are different networks. The exercise asks for one network, trained with three seeds."
    macs = costs.pop().macs
    if macs > BUDGET:
        return f"the network has {macs:,} MACs, {macs - BUDGET:,} over the budget."
    states = [torch.cat([weight.detach().flatten() for weight in net.parameters()]) for net in nets]
    if any(torch.equal(states[i], states[j]) for i in range(len(nets)) for j in range(i)):
        return "two of the networks have the same weights, so they do not count as two results. Set a different seed before you build each one."
    mean = statistics.fmean(accuracies := _accuracies(nets))
    if mean < GOAL:
        return f"{macs:,} MACs are within the budget, but the mean accuracy is {mean:.1%} ({_listed(accuracies)}), below {GOAL:.0%}."
    return None
