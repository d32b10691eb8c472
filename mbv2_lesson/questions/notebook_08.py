"""Questions and exercises of 08_does_it_learn. The accuracies told are those of the stored run."""

import math
import statistics

from ..experiments.small_nets import ABLATIONS, LAYOUT_MATCHED, SmallNet, stored
from .kinds import Exercise, Option, Question, call


def two_tasks() -> Question:
    return Question(
        "A standard and a separable convolution learn two tasks: the edges of the next colour, and to imitate a standard "
        "convolution with random weights. Which of the two can the separable one learn without error?",
        [
            Option(
                "Only the edges",
                "One filter for each input channel and a mix: that is what edges of the next colour are. A random "
                "kernel needs several filters for each input channel (notebook 03).",
                right=True,
            ),
            Option("Both: it has enough weights", "Its weights are enough for the first. The second has rank above 1."),
            Option(
                "Neither", "Notebook 02 showed that it learns the edges; depthwise finds them, pointwise moves them."
            ),
        ],
    )


def layout() -> Question:
    standard, separable = (stored()[net] for net in LAYOUT_MATCHED[:2])
    times = standard.net.plan.cost.params / separable.net.plan.cost.params
    return Question(
        f"Two small networks of the same layout, one with standard and one with separable convolutions, which has "
        f"{times:.1f} times fewer params. On digits that it has not seen, the separable one is right",
        [
            Option(
                "as often as the standard one",
                f"Not quite: {separable.mean:.1%} and {standard.mean:.1%} on average over twenty seeds.",
            ),
            Option(
                "a few points less often",
                f"{separable.mean:.1%} and {standard.mean:.1%} on average over twenty seeds.",
                right=True,
            ),
            Option(
                "much less often: most of its weights are gone",
                f"The weights that are gone did little: {separable.mean:.1%} and {standard.mean:.1%} on average over "
                "twenty seeds.",
            ),
        ],
    )


def ablation() -> Question:
    results = stored()
    published, relu6 = (results[net] for net in ABLATIONS[:2])
    worse, error = results.difference(published.net, relu6.net)
    return Question(
        "A ReLU6 is put after each projection, so that the bottlenecks are no longer linear. The params stay the same. "
        "What happens to the accuracy?",
        [
            Option(
                "It rises: more non-linearity can express more",
                f"It falls by {100 * worse:.1f} \u00b1 {100 * error:.1f} points here. In the narrow place a ReLU6 throws "
                "information away (notebook 04).",
            ),
            Option(
                "It falls to guessing: the information is gone",
                f"Not that bad: by {100 * worse:.1f} \u00b1 {100 * error:.1f} points. What is needed can be learned to "
                "be kept positive, and the shortcut goes around.",
            ),
            Option(
                "It falls a little",
                f"By {100 * worse:.1f} \u00b1 {100 * error:.1f} points here (mean and standard error over twenty "
                "seeds), as the paper's Figure 6 (a) has it for ImageNet.",
                right=True,
            ),
        ],
    )


QUESTIONS = {"08-two-tasks": two_tasks, "08-layout": layout, "08-ablation": ablation}


def _same_macs(answer) -> str | None:
    limit = SmallNet("separable", 16).plan.cost.macs
    right = max(w for w in range(2, 64, 2) if SmallNet("standard", w).plan.cost.macs <= limit)
    if answer == right:
        return None
    if isinstance(answer, int) and answer >= 2 and answer % 2 == 0:
        macs = SmallNet("standard", answer).plan.cost.macs
        compare = "more" if macs > limit else "not more, but a wider one also fits"
        return f"width {answer} has {macs:,} MACs, and the separable network {limit:,}: {compare}."
    return f"widths are even and from 2, got {answer!r}."


def _same_macs_praise() -> str:
    limit = SmallNet("separable", 16).plan.cost.macs
    width = max(w for w in range(2, 64, 2) if SmallNet("standard", w).plan.cost.macs <= limit)
    return (
        f"Width {width} has {SmallNet('standard', width).plan.cost.macs:,} MACs. Train it against the separable one "
        "of width 16 and see which you would choose."
    )


def _standard_error(answer) -> str | None:
    for values in ([0.9, 0.92, 0.97], [0.5, 0.7], [1.0, 1.0, 1.0, 1.0]):
        right, given = statistics.stdev(values) / len(values) ** 0.5, call(answer, list(values))
        given = given.item() if hasattr(given, "item") else given  # of torch or numpy
        if not isinstance(given, (int, float)):
            return f"for {values} it gives {given!r}; a number is asked for."
        if math.isclose(given, right, rel_tol=1e-5, abs_tol=1e-7):  # float32 will do
            continue
        if math.isclose(given, statistics.stdev(values), rel_tol=1e-5):
            return f"for {values} it gives {given:.4f}: the standard deviation. Divide it by the root of how many."
        if math.isclose(given, statistics.pstdev(values) / len(values) ** 0.5, rel_tol=1e-5):
            return f"for {values} it gives {given:.4f}: divide by n - 1, as the mean was estimated too."
        return f"for {values} it gives {given:.4f}, not {right:.4f}."
    return None


def _seeds(answer) -> str | None:
    if answer == 400:
        return None
    return {
        20: "with 20 seeds the standard error is 1.0 / 20**0.5 = 0.22 points, and 0.1 drowns in it.",
        100: "with 100 seeds the standard error is 0.1 points; it should be half of 0.1.",
        10: "the error falls with the root of the number of seeds, not with the number.",
    }.get(answer, f"{answer!r} is not it. 1.0 / n**0.5 must be 0.05.")


EXERCISES = {
    "08-same-macs": Exercise(
        _same_macs,
        (
            "small_nets.SmallNet(kind, width).plan.cost.macs counts; no training is needed.",
            'limit = small_nets.SmallNet("separable", 16).plan.cost.macs; then the largest even width whose MACs are within it.',
        ),
        _same_macs_praise(),
    ),
    "08-standard-error": Exercise(
        _standard_error,
        (
            "Standard deviation of the values, divided by the square root of how many there are.",
            "statistics.stdev(values) / len(values) ** 0.5",
        ),
        "Twice that to either side is where the true mean lies, 19 times out of 20 or so.",
    ),
    "08-seeds": Exercise(
        _seeds,
        (
            "The standard error of a mean over n seeds is 1.0 / n ** 0.5 points.",
            "It must be half of 0.1 points: n = (1.0 / 0.05) ** 2.",
        ),
        "Small differences are dear: to see one half as large takes four times as many seeds.",
    ),
}
