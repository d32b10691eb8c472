"""Questions and exercises of 04_linear_bottlenecks."""

from ..experiments import chance_lost
from ..plans import check_int
from .kinds import Exercise, Option, Question, call


def collapse() -> Question:
    return Question(
        "A spiral goes through a random matrix to n dimensions, through ReLU and back. For which n does it come back best?",
        [
            Option(
                "n = 30: the more dimensions, the better",
                "About half of the units are zero there too, but the other 15 or so still pin the point down.",
                right=True,
            ),
            Option(
                "n = 2: the matrix is square and has a true inverse",
                "The inverse undoes the matrix, but not the ReLU in between, and in two dimensions it sets half of all "
                "numbers to zero with nothing to make up for it.",
            ),
            Option(
                "It does not matter: ReLU always zeroes about half",
                "About half of the units, yes. But with many units the other half still holds enough about the point.",
            ),
        ],
    )


def law() -> Question:
    return Question(
        "With n = 3 units, each active with chance 1/2, how often are fewer than two active?",
        [
            Option(
                f"{1 / 2**3:.1%}",
                "That is the chance that none is active. Exactly one active is too few as well.",
            ),
            Option(f"{chance_lost(3):.0%}", "One way to have none and three ways to have one, of eight.", right=True),
            Option(
                f"{3 / 2**3:.1%}",
                "That is the chance of exactly one active unit. None at all is too few as well.",
            ),
        ],
    )


def end() -> Question:
    return Question(
        "Why is there no activation after the last 1\u00d71 convolution of MobileNetV2's block?",
        [
            Option(
                "It saves the time an activation takes",
                "An activation costs next to nothing beside a convolution. It is about what it would destroy.",
            ),
            Option(
                "Batch norm already is an activation",
                "Batch norm only scales and shifts, which is linear; it is no activation.",
            ),
            Option(
                "The channels there have none to spare",
                "What an activation sets to zero is gone: it would be the case t = 1 above, as many channels as numbers to carry.",
                right=True,
            ),
            Option(
                "A network needs no activations at all",
                "Without any, all layers would melt into one linear map. They stay where there are channels to spare.",
            ),
        ],
    )


QUESTIONS = {"04-collapse": collapse, "04-law": law, "04-end": end}


def _smallest_n(answer) -> str | None:
    n = check_int(answer, "n")
    if chance_lost(n) >= 0.01:
        return f"at n = {n} the chance is still {chance_lost(n):.2%}."
    if n > 1 and chance_lost(n - 1) < 0.01:
        return f"at n = {n} it is below 1%, but so it is at n = {n - 1}: {chance_lost(n - 1):.2%}."
    return None


def _lost_share(answer) -> str | None:
    import torch  # needed by this exercise only

    examples = [  # each with the shares of points with 0 and with 1 active unit
        (torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 2, 0], [0, 0, 3], [1, 2, 0], [1, 2, 3]]), 1 / 6, 3 / 6),
        (torch.tensor([[5.0, 0.5, 0, 0], [0, 0, 0, 2]]), 0.0, 1 / 2),
        (torch.tensor([[0.0, 0], [0, 0], [3, 0], [3, 0], [1, 1]]), 2 / 5, 2 / 5),
    ]
    for after_relu, none, one_active in examples:
        given = float(call(answer, after_relu))
        case = f"for {after_relu.tolist()} it gives {given:.3g}, not {none + one_active:.3g}"
        if abs(given - none - one_active) < 1e-6:
            continue
        if abs(given - none) < 1e-6:
            return f"{case}. One active unit is too few as well."
        if abs(given - one_active) < 1e-6:
            return f"{case}. None at all is too few as well."
        if abs(given - (1 - none - one_active)) < 1e-6:
            return f"{case}. That is the share of points that are kept."
        if abs(given - (none + one_active) * len(after_relu)) < 1e-6:
            return f"{case}. That is their number; divide by the number of points."
        return f"{case}."
    return None


EXERCISES = {
    "04-smallest-n": Exercise(
        _smallest_n,
        ("Put n = 2, 3, 4, ... into (n + 1) / 2^n.", "A loop that stops as soon as the chance is below 0.01."),
        "Not many: eleven units protect two numbers.",
    ),
    "04-lost-share": Exercise(
        _lost_share,
        (
            "A unit is active where the number is above zero. Count along dim=1.",
            "((after_relu > 0).sum(dim=1) < 2) says for each point whether it is lost; its mean is the share.",
        ),
        "The explorer above counts its crosses in the same way.",
    ),
}
