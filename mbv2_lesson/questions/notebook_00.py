"""Questions and exercises of 00_start_here."""

from ..plans import Conv2dSpec, standard_conv
from .kinds import Exercise, Option, Question, call


def mac_or_flop() -> Question:
    macs = Conv2dSpec(16, 32, 3).macs((56, 56))
    return Question(
        f"A layer does {macs:,} multiply-accumulates (MACs). How many FLOPs (floating-point operations) is that?",
        [
            Option(
                f"{2 * macs:,}, twice as many",
                "One MAC is one multiplication and one addition, so FLOPs = 2 \u00d7 MACs. When a paper says FLOPs, "
                "check which of the two it counted.",
                right=True,
            ),
            Option(
                f"{macs // 2:,}, half as many",
                "The factor is the other way round: one MAC holds two operations, a multiplication and an addition.",
            ),
            Option(
                f"{macs:,}, the same",
                "Many tools and papers print MACs under the name FLOPs, which is where this comes from. "
                "But a MAC is two operations, a multiplication and an addition.",
            ),
        ],
    )


def params_or_macs() -> Question:
    small, large = (standard_conv(16, 32, size=(n, n)).cost for n in (28, 56))
    return Question(
        "In the explorer above you make only the input picture larger. Which numbers grow?",
        [
            Option(
                "Params and MACs",
                f"The weights are used at more places, but no weight is new: {large.params:,} params at 28\u00d728 and "
                "at 56\u00d756. Try it with the last slider.",
            ),
            Option(
                "MACs only",
                f"From 28\u00d728 to 56\u00d756 pixels the MACs grow from {small.macs:,} to {large.macs:,}; "
                f"the params stay at {large.params:,}.",
                right=True,
            ),
            Option(
                "Params only",
                "It is the other way round: the same weights are used at more places. Try it with the last slider.",
            ),
        ],
    )


QUESTIONS = {"00-mac-or-flop": mac_or_flop, "00-params-or-macs": params_or_macs}


def _flops(answer) -> str | None:
    for macs in (1, 9, 14450688):
        given = call(answer, macs)
        if given == macs / 2:
            return f"for {macs} MACs it gives {given!r}: the factor is the other way round."
        if given != 2 * macs:
            return f"for {macs} MACs it gives {given!r}, not {2 * macs}. A MAC is a multiplication and an addition."
    return None


def _linear_macs(answer) -> str | None:
    for n_in, n_out in ((3, 1), (3, 2), (1280, 1000)):
        given = call(answer, n_in, n_out)
        case = f"for {n_in} inputs and {n_out} outputs it gives {given!r}, not {n_in * n_out}"
        if given == 2 * n_in * n_out:
            return f"{case}. Those are FLOPs; a MAC is both operations together."
        if given == n_in + n_out:
            return f"{case}. Every output needs a weight for every input, so they multiply."
        if given != n_in * n_out:
            return f"{case}."
    return None


EXERCISES = {
    "00-flops": Exercise(
        _flops,
        ("How many operations are in one multiply-accumulate?", "Multiply the MACs by two."),
        "This factor of two explains many quarrels about published numbers.",
    ),
    "00-linear-macs": Exercise(
        _linear_macs,
        (
            "How many MACs does one output take? In the cell with the tally it was one for each pair.",
            "One output takes n_in MACs, and there are n_out outputs.",
        ),
        "It is also the number of weights: a linear layer uses each weight once.",
    ),
}
