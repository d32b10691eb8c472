"""Questions and exercises of 00_start_here."""

from ..plans import Conv2dSpec, standard_conv
from .kinds import Exercise, Option, Question, judge_formula


def mac_or_flop() -> Question:
    macs = Conv2dSpec(16, 32, 3).macs((56, 56))
    return Question(
        f"A layer does {macs:,} multiply-accumulates (MACs). How many FLOPs (floating-point operations) is that?",
        [
            Option(
                f"{2 * macs:,}, twice as many",
                "One MAC is one multiplication and one addition, so FLOPs = 2 \u00d7 MACs. When a paper says FLOPs, "
                "check which of the two was actually counted.",
                right=True,
            ),
            Option(
                f"{macs // 2:,}, half as many",
                "The factor is the other way around: one MAC is two operations, a multiplication and an addition.",
            ),
            Option(
                f"{macs:,}, the same",
                "Many tools and papers report MACs as FLOPs, so the two are often confused. "
                "But a MAC is two operations, a multiplication and an addition.",
            ),
        ],
    )


def params_or_macs() -> Question:
    small, large = (standard_conv(16, 32, size=(n, n)).cost for n in (28, 56))
    return Question(
        "You enlarge a convolution's input image from 28\u00d728 to 56\u00d756 pixels and change nothing else. Which numbers grow?",
        [
            Option(
                "Params and MACs",
                f"The MACs grow, but the params do not, because the same weights are used at more positions: there are "
                f"{large.params:,} params at 28\u00d728 and at 56\u00d756.",
            ),
            Option(
                "MACs only",
                f"The MACs grow from {small.macs:,} to {large.macs:,}; the params stay at {large.params:,}.",
                right=True,
            ),
            Option(
                "Params only",
                "It is the other way around: the same weights are used at more positions, so there is more work but "
                "nothing more to store.",
            ),
        ],
    )


QUESTIONS = {"00-mac-or-flop": mac_or_flop, "00-params-or-macs": params_or_macs}


def _flops(answer) -> str | None:
    return judge_formula(
        answer,
        [(macs,) for macs in (1, 9, 14450688)],
        right=lambda macs: 2 * macs,
        describe=lambda macs: f"macs = {macs:,}",
        mistakes=[
            (lambda macs: macs / 2, "The factor is the other way around."),
            (lambda macs: macs // 2, "The factor is the other way around."),
            (lambda macs: macs, "A MAC is two operations, a multiplication and an addition."),
        ],
    )


def _linear_macs(answer) -> str | None:
    return judge_formula(
        answer,
        [(3, 1), (3, 2), (1280, 1000)],
        right=lambda n_in, n_out: n_in * n_out,
        describe=lambda n_in, n_out: f"n_in = {n_in:,}, n_out = {n_out:,}",
        mistakes=[
            (lambda n_in, n_out: 2 * n_in * n_out, "Those are FLOPs; a MAC is both operations together."),
            (
                lambda n_in, n_out: n_in + n_out,
                "Every output needs a weight for every input, so multiply the two numbers.",
            ),
            (lambda n_in, n_out: n_in * n_out + n_out, "There is no bias here: count only the dot products."),
            (lambda n_in, n_out: n_in, "That is one dot product. How many outputs are there?"),
            (lambda n_in, n_out: n_out, "Each output is a dot product of n_in pairs, not a single MAC."),
        ],
    )


EXERCISES = {
    "00-flops": Exercise(
        _flops,
        ("How many operations are in one multiply-accumulate?", "Multiply the MACs by two."),
        "This factor of two explains many disagreements about published numbers.",
    ),
    "00-linear-macs": Exercise(
        _linear_macs,
        (
            "How many MACs does one output take? In the cell with the tally, it was one per pair.",
            "One output takes n_in MACs, and there are n_out outputs.",
        ),
        "It is also the number of weights: a linear layer uses each weight once.",
    ),
}
