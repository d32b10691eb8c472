"""Questions and exercises of 02_depthwise_and_pointwise."""

import math
from itertools import product

from ..plans import Conv2dSpec, depthwise_separable, standard_conv
from .kinds import Exercise, Option, Question, call


def depthwise_weights() -> Question:
    spec = Conv2dSpec(16, 16, 3, groups=16)
    return Question(
        "How many weights has a 3\u00d73 depthwise convolution over 16 channels?",
        [
            Option(
                f"{9}",
                "That would be one kernel shared by all channels. Depthwise gives each channel a kernel of its own.",
            ),
            Option(
                f"{Conv2dSpec(16, 16, 3).params:,}",
                "That is a standard convolution from 16 to 16 channels, whose kernels are 16 deep. "
                "A depthwise kernel is one channel deep.",
            ),
            Option(f"{spec.params}", "16 kernels, each 3\u00d73 and only one channel deep.", right=True),
        ],
    )


def groups() -> Question:
    whole, half = Conv2dSpec(16, 32, 3), Conv2dSpec(16, 32, 3, groups=2)
    return Question(
        f"A 3\u00d73 convolution from 16 to 32 channels has {whole.params:,} weights. You set groups=2. Now it has",
        [
            Option(
                f"{2 * whole.params:,}: two groups, twice the weights",
                "The groups share the channels out among them; none of them sees all 16.",
            ),
            Option(
                f"{whole.params:,}: the channels are only arranged differently",
                "Fewer connections, fewer weights: an output channel of one group has no weights for the other group.",
            ),
            Option(
                f"{half.params:,}: each output channel reads half of the input channels",
                f"Each kernel is {half.weight_shape[1]} instead of {whole.weight_shape[1]} channels deep.",
                right=True,
            ),
            Option(
                f"{whole.params // 4:,}: half the inputs and half the outputs",
                "Each group has half of the inputs and half of the outputs, a quarter of the weights. "
                "But there are two such groups.",
            ),
        ],
    )


def halves() -> Question:
    return Question(
        "Which can learn to find the edges of the next colour?",
        [
            Option(
                "Only both together",
                "One half finds the edges, the other takes them to the next colour.",
                right=True,
            ),
            Option(
                "Depthwise alone, if trained long enough",
                "No training helps: its output red is made of input red only, and the answer is in green.",
            ),
            Option(
                "Pointwise alone, if trained long enough",
                "No training helps: it sees one pixel at a time, and an edge is a difference between neighbours.",
            ),
            Option(
                "None of the three",
                "Both together can: the depthwise kernels find the edges, the 1\u00d71 kernels swap the channels.",
            ),
        ],
    )


def saving() -> Question:
    def share(c_in: int, c_out: int) -> float:
        size = (56, 56)
        return depthwise_separable(c_in, c_out, size=size).cost.macs / standard_conv(c_in, c_out, size=size).cost.macs

    return Question(
        "You double the number of input channels of a layer with 3\u00d73 kernels and 32 output channels. Its separable form then costs",
        [
            Option(
                "a smaller share of the standard one",
                f"Both costs double, so the share stays: {share(16, 32):.4f} at 16 and {share(32, 32):.4f} at 32 input "
                "channels. Doubling the *output* channels would make it smaller.".replace("*output*", "<i>output</i>"),
            ),
            Option(
                "a larger share of the standard one",
                f"Both costs double, so the share stays: {share(16, 32):.4f} before and {share(32, 32):.4f} after.",
            ),
            Option(
                "the same share of the standard one",
                f"C_in is a factor of both costs and cancels: {share(16, 32):.4f} before and {share(32, 32):.4f} after.",
                right=True,
            ),
        ],
    )


QUESTIONS = {
    "02-depthwise-weights": depthwise_weights,
    "02-groups": groups,
    "02-halves": halves,
    "02-saving": saving,
}


def _separable_params(answer) -> str | None:
    for c_in, c_out, k in product((3, 16, 24), (8, 32), (3, 5, 1)):
        right = depthwise_separable(c_in, c_out, k, size=(8, 8)).cost.params
        given = call(answer, c_in, c_out, k)
        if isinstance(given, int | float) and math.isclose(given, right):  # the law gives a fraction's last digits
            continue
        case = f"for {c_in} -> {c_out} channels, kernel {k} it gives {given!r}, not {right}"
        if given == c_in * c_out * k * k:
            return f"{case}. That is the standard convolution."
        if given == c_in * k * k:
            return f"{case}. That is the depthwise half; the pointwise half is missing."
        if given == c_in * c_out:
            return f"{case}. That is the pointwise half; the depthwise half is missing."
        if given == c_out * k * k + c_in * c_out:
            return f"{case}. The depthwise kernels run over the input: there are c_in of them."
        if given == c_in * k * k * c_in * c_out:
            return f"{case}. The two halves are two layers: their weights are added."
        return f"{case}."
    return None


def _which_groups(answer) -> str | None:
    try:
        spec = Conv2dSpec(24, 48, 3, groups=answer)
    except (TypeError, ValueError) as error:
        return f"a convolution from 24 to 48 channels refuses that: {error}."
    if spec.params == 1296:
        return None
    return f"with groups = {answer} there are {spec.params:,} weights; more groups mean fewer weights."


def _build(answer) -> str | None:
    from ..modules.counter import count  # torch is needed by this exercise only

    model = call(answer)
    counted = count(model, (24, 32, 32))
    right = depthwise_separable(24, 64, 5, stride=2, size=(32, 32))
    got = counted.layers[-1].output_shape
    if got != right.output_shape:
        return f"an input of (1, 24, 32, 32) gives {got}, not {right.output_shape}. Which half has the stride, and what padding?"
    if counted.cost.biases:
        return f"it has {counted.cost.biases} biases; say bias=False."
    if counted.cost.params == 24 * 64 + 64 * 5 * 5:
        return (
            "it mixes first and filters 64 channels then. The depthwise step comes first, over the 24 input channels."
        )
    if counted.cost.params != right.cost.params:
        return (
            f"it has {counted.cost.params:,} params, not {right.cost.params:,}. "
            "Depthwise has groups equal to its input channels; pointwise is 1x1."
        )
    if counted.cost.macs != right.cost.macs:
        return (
            f"it does {counted.cost.macs:,} MACs, not {right.cost.macs:,}. "
            "The depthwise step comes first and has the stride, so that the pointwise step runs on fewer pixels."
        )
    return None


EXERCISES = {
    "02-separable-params": Exercise(
        _separable_params,
        (
            "Count the two halves one after the other and add.",
            "Depthwise: c_in kernels of k * k. Pointwise: c_out kernels of c_in * 1 * 1.",
        ),
        "For 16, 32 and 3 this is our 656.",
    ),
    "02-which-groups": Exercise(
        _which_groups,
        (
            "How many weights has it with groups=1?",
            "The weights of groups=1, divided by groups, must be 1,296.",
        ),
        "Each output channel reads 3 of the 24 input channels.",
    ),
    "02-build": Exercise(
        _build,
        (
            "nn.Sequential of two nn.Conv2d: the first with groups=24, the second with kernel_size=1.",
            "The depthwise one has the stride and padding 2 (5 // 2); neither has a bias.",
        ),
        "Stride in the depthwise half: the pointwise half then works on a quarter of the pixels.",
    ),
}
