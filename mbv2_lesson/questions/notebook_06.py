"""Questions and exercises of 06_mobilenetv2."""

from ..plans import inverted_residual, mobilenet_v2
from ..plans.memory import peak_activations
from .kinds import Exercise, Option, Question, call


def where_params() -> Question:
    network = mobilenet_v2()
    kinds, total = network.cost_by_kind, network.cost
    depthwise, linear = kinds["depthwise"], kinds["linear"]
    last = network.blocks[-1].cost
    return Question(
        "17 blocks, a stem, a head and a classifier. Which single layer has the most parameters?",
        [
            Option(
                "A depthwise layer: the 3\u00d73 kernels",
                f"All depthwise layers together have {depthwise.params / total.params:.1%} of the parameters (with "
                "their batch norm): their kernels are one channel deep.",
            ),
            Option(
                "The classifier, from 1,280 features to 1,000 classes",
                f"{linear.params:,}, that is {linear.params / total.params:.1%} of all, and yet only "
                f"{linear.macs / total.macs:.1%} of the MACs, as it runs once and not at every pixel.",
                right=True,
            ),
            Option(
                "A layer of the last block, which has the most channels",
                f"Block 17 as a whole has {last.params:,}. The largest single layer comes after the blocks.",
            ),
        ],
    )


def half_width() -> Question:
    full, half = mobilenet_v2().cost, mobilenet_v2(0.5).cost
    share = half.macs / full.macs
    return Question(
        "All layers half as wide (width multiplier 0.5), the image still 224 pixels. The MACs become about",
        [
            Option(
                "a half",
                f"That would be so if each layer's cost grew with its width. A pointwise layer costs C_in times C_out, "
                f"and both are halved: {share:.0%} is left.",
            ),
            Option(
                "a quarter",
                f"Nearly: that is what happens to pointwise layers in the blocks. But depthwise layers and the stem "
                f"halve only, the head keeps its 1,280 outputs and the classifier stays: {share:.0%} is left.",
            ),
            Option(
                "a third",
                f"{share:.0%}. Pointwise layers fall to a quarter, but depthwise ones and the stem only to a half, the "
                "head by a half, and the classifier not at all.",
                right=True,
            ),
        ],
    )


def convention() -> Question:
    cost = mobilenet_v2().cost
    return Question(
        f"Our count is {cost.params:,} params; the paper says 3.4M, TensorFlow-Slim 3.47M. What do they leave out?",
        [
            Option(
                "The classifier",
                f"That would leave {cost.params - 1_281_000:,}: much too few.",
            ),
            Option(
                "Batch norm's gamma and beta",
                f"They are {cost.norm:,}; without them it is {cost.params - cost.norm:,}.",
                right=True,
            ),
            Option(
                "The biases",
                f"Only the classifier has any, {cost.biases:,} of them: too few to matter.",
            ),
            Option(
                "Nothing: they count in another unit, FLOPs for MACs",
                "Parameters are numbers that are stored; how often one multiplies by them does not matter here.",
            ),
        ],
    )


def split() -> Question:
    block = inverted_residual(24, 24, size=(56, 56))
    whole, five = peak_activations(block), peak_activations(block, 5)
    return Question(
        "A block's wide channels are made and used in 5 groups, one after the other. What changes?",
        [
            Option(
                "Less memory, and the output is a good approximation",
                "It is no approximation. Each wide channel is filtered alone, and the projection is a sum over "
                "channels: a sum may be added up in parts.",
            ),
            Option(
                "Less memory, and the same output",
                f"For 24 channels of 56\u00d756 and ratio 6, {five:,} numbers live at the same time instead of {whole:,}.",
                right=True,
            ),
            Option(
                "Fewer MACs, and the same output",
                "Each wide channel is still expanded, filtered and projected once: the MACs stay. What falls is what "
                "must be in memory at the same time.",
            ),
        ],
    )


QUESTIONS = {
    "06-where-params": where_params,
    "06-half-width": half_width,
    "06-convention": convention,
    "06-split": split,
}


def _params(answer) -> str | None:
    cost = mobilenet_v2().cost
    if answer == cost.params - cost.norm:
        return None
    if answer == cost.params:
        return f"{answer:,} is with batch norm's gamma and beta; leave out cost.norm."
    if answer == cost.weights:
        return f"{answer:,} leaves out the classifier's biases as well; they count."
    return f"{answer!r} is not it. An exact number is asked for."


def _macs(answer) -> str | None:
    network = mobilenet_v2()
    right = network.cost.macs - network["classifier"].cost.macs
    if answer == right:
        return None
    if answer == network.cost.macs:
        return f"{answer:,} is with the classifier."
    if answer == 2 * right:
        return f"{answer:,} are FLOPs, two for each MAC."
    return f"{answer!r} is not it. An exact number is asked for."


def _blocks(answer) -> str | None:
    if answer == len(mobilenet_v2().blocks):
        return None
    if answer == 19:
        return "19 is what the text says. Add up the column n of Table 2."
    if answer == 7:
        return "7 is the number of rows; each stands for n blocks."
    return f"{answer!r} is not it. Add up the column n."


def _wide(answer) -> str | None:
    right = round(mobilenet_v2(1.4).cost.params / 1e6, 1)
    if answer == right:
        return None
    if answer == 6.9:
        return "6.9 is what the paper prints. Count the plan of width 1.4."
    if isinstance(answer, (int, float)) and answer > 1000:
        return f"the answer is asked for in million, to one decimal, got {answer!r}."
    return f"{answer!r} is not it. mbv2.mobilenet_v2(1.4) is the plan."


def _table_3(answer) -> str | None:
    for channels, size, bits in ((16, 112, 16), (16, 112, 8), (32, 56, 16), (24, 56, 16)):
        right = channels * size * size * bits // 8
        given = call(answer, channels, size, bits)
        if given == right:
            continue
        case = f"for {channels} channels of {size}x{size} at {bits} bits it gives {given!r}"
        if given == right * 8:
            return f"{case}: those are bits. A byte has 8."
        if given == channels * size * bits // 8:
            return f"{case}: a map has size times size numbers."
        return f"{case}, not {right}."
    return None


def _table_3_praise() -> str:
    two_bytes = [f"{channels * size**2 * 2:,}" for channels, size in ((16, 112), (32, 56), (24, 56))]
    return (
        f"16 channels of 112x112 take {two_bytes[0]} bytes at 16 bits: the 400K. 200K would be 8 bits. At 56x56, 32 "
        f"channels take {two_bytes[1]}, but the 24 of Table 2 only {two_bytes[2]}: the tables disagree."
    )


EXERCISES = {
    "06-params": Exercise(
        _params,
        (
            "plan.cost has params and norm.",
            "plan.cost.params - plan.cost.norm, or count_under(plan, batch_norm=False).",
        ),
        "So 3.4M is this number cut off, 3.47M rounded; 3.50M is with batch norm.",
    ),
    "06-macs": Exercise(
        _macs,
        (
            "The classifier is a step of the plan.",
            'plan.cost.macs - plan["classifier"].cost.macs, or count_under(plan, classifier=False).',
        ),
        "Rounded that is 299M; with the classifier it is 300.8M. Only the latter, cut off, fits the printed 300.",
    ),
    "06-blocks": Exercise(
        _blocks,
        (
            "Each row of the table stands for n blocks.",
            "sum(n for t, c, n, s in TABLE), or len(plan.blocks).",
        ),
        "19 would be with stem and head counted along, which are no residual blocks. That is a guess; the text does "
        "not say.",
    ),
    "06-wide": Exercise(
        _wide,
        (
            "mbv2.mobilenet_v2(1.4) gives the plan.",
            "round(mbv2.mobilenet_v2(1.4).cost.params / 1e6, 1)",
        ),
        "TensorFlow-Slim prints 6.06, which fits without batch norm. 6.9 fits no convention.",
    ),
    "06-table-3": Exercise(
        _table_3,
        (
            "How many numbers has a tensor of that many channels? How many bytes has each?",
            "channels * size * size * bits // 8",
        ),
        _table_3_praise(),
    ),
}
