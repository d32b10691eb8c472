"""Questions and exercises of 00_start_here."""

from ..plans import Conv2dSpec, standard_conv
from .kinds import exercise, formula, question


@question("00-mac-or-flop", right="A")
def mac_or_flop():
    macs = Conv2dSpec(16, 32, 3).macs((56, 56))
    prompt = f"A layer does {macs:,} multiply-accumulates (MACs). How many FLOPs (floating-point operations) is that?"
    return prompt, {
        f"{2 * macs:,}, twice as many": "One MAC is one multiplication and one addition, so FLOPs = 2 \u00d7 "
        "MACs. When a paper says FLOPs, check which of the two was actually counted.",
        f"{macs // 2:,}, half as many": "The factor is the other way around: one MAC is two operations, a "
        "multiplication and an addition.",
        f"{macs:,}, the same": "Many tools and papers report MACs as FLOPs, so the two are often confused. But a "
        "MAC is two operations, a multiplication and an addition.",
    }


@question("00-params-or-macs", right="B")
def params_or_macs():
    small, large = (standard_conv(16, 32, size=(n, n)).cost for n in (28, 56))
    prompt = "You enlarge a convolution's input image from 28\u00d728 to 56\u00d756 pixels and change nothing else. Which numbers grow?"
    return prompt, {
        "Params and MACs": "The MACs grow, but the params do not, because the same weights are used at more "
        f"positions: there are {large.params:,} params at 28\u00d728 and at 56\u00d756.",
        "MACs only": f"The MACs grow from {small.macs:,} to {large.macs:,}; the params stay at {large.params:,}.",
        "Params only": "It is the other way around: the same weights are used at more positions, so there is more "
        "work but nothing more to store.",
    }


@exercise(
    "00-flops",
    "How many operations are in one multiply-accumulate?",
    "Multiply the MACs by two.",
    praise="This factor of two explains many disagreements about published numbers.",
)
@formula([(macs,) for macs in (1, 9, 14450688)], "macs = {:,}")
def _flops(macs):
    return 2 * macs, [
        (macs / 2, "The factor is the other way around."),
        (macs // 2, "The factor is the other way around."),
        (macs, "A MAC is two operations, a multiplication and an addition."),
    ]


@exercise(
    "00-linear-macs",
    "How many MACs does one output take? In the cell with the tally, it was one per pair.",
    "One output takes n_in MACs, and there are n_out outputs.",
    praise="It is also the number of weights: a linear layer uses each weight once.",
)
@formula([(3, 1), (3, 2), (1280, 1000)], "n_in = {:,}, n_out = {:,}")
def _linear_macs(n_in, n_out):
    return n_in * n_out, [
        (2 * n_in * n_out, "Those are FLOPs; a MAC is both operations together."),
        (n_in + n_out, "Every output needs a weight for every input, so multiply the two numbers."),
        (n_in * n_out + n_out, "There is no bias here: count only the dot products."),
        (n_in, "That is one dot product. How many outputs are there?"),
        (n_out, "Each output is a dot product of n_in pairs, not a single MAC."),
    ]
