"""Questions and exercises of 05_inverted_residual."""

from itertools import product

from ..plans import inverted_residual
from .kinds import Exercise, Option, Question, call

SIZE = (56, 56)


def where_macs() -> Question:
    plan = inverted_residual(16, 32, size=SIZE)
    expand, depthwise, project = (step.cost.macs for step in plan)
    return Question(
        "The block expands 16 channels to 96 (1\u00d71), filters them (3\u00d73 depthwise) and projects them to 32 (1\u00d71). "
        "Which step does the most MACs?",
        [
            Option(
                "Project",
                f"{project:,} MACs, against {expand:,} for expand and {depthwise:,} for filter: each output is a "
                "sum over all 96 channels, and there are 32 of them.",
                right=True,
            ),
            Option(
                "Expand",
                f"Close: expand does {expand:,}, that is 16 \u00d7 96 a pixel. Project does 96 \u00d7 32 a pixel, {project:,}: "
                "it writes 32 channels where expand reads 16.",
            ),
            Option(
                "Filter: it is the only one with 3\u00d73 kernels",
                f"It is the cheapest, {depthwise:,} MACs: each of its outputs is a sum of only 9 products, because "
                "depthwise kernels are one channel deep.",
            ),
        ],
    )


def stride_2() -> Question:
    reason = inverted_residual(16, 16, stride=2, size=SIZE).no_shortcut_because
    return Question(
        "A block with stride 2 has 16 channels in and 16 out. Does it have a shortcut?",
        [
            Option(
                "Yes: the channels are equal",
                f"Equal channels are not enough: {reason}, and tensors of different height and width cannot be added.",
            ),
            Option("No", f"Right although the channels are equal: {reason}.", right=True),
            Option(
                "Yes, through a 1\u00d71 convolution that fits the shapes",
                "ResNet does that. MobileNetV2 has no such layer: where shapes differ it has no shortcut.",
            ),
        ],
    )


def inverted() -> Question:
    return Question(
        "What is inverted in an inverted residual?",
        [
            Option(
                "The shortcut is subtracted instead of added",
                "It is added as always. Look at the widths of the blocks in the drawing.",
            ),
            Option(
                "The order of the convolutions: depthwise first",
                "Both blocks go 1\u00d71, 3\u00d73, 1\u00d71. Look at the widths of the blocks in the drawing.",
            ),
            Option(
                "Which ends are narrow: it is narrow outside and wide inside",
                "ResNet's shortcut joins wide ends, this one narrow ends.",
                right=True,
            ),
        ],
    )


def ratio_1() -> Question:
    published, article = (
        inverted_residual(32, 16, expand_ratio=1, size=(112, 112), always_expand=always).cost
        for always in (False, True)
    )
    return Question(
        "At ratio 1, what does a 1\u00d71 expansion from 32 to 32 channels change in the cost of the block?",
        [
            Option(
                "It more than doubles the MACs",
                f"From {published.macs:,} to {article.macs:,} MACs, and from {published.params:,} to "
                f"{article.params:,} params.",
                right=True,
            ),
            Option(
                "Nothing: 32 channels stay 32 channels",
                f"The channels stay, but the layer has its {32 * 32:,} weights all the same, and uses each of them at "
                "every pixel.",
            ),
            Option(
                "A little: it is only 1\u00d71",
                f"1\u00d71 layers are where the work is: the MACs go from {published.macs:,} to {article.macs:,}.",
            ),
        ],
    )


QUESTIONS = {
    "05-where-macs": where_macs,
    "05-stride-2": stride_2,
    "05-inverted": inverted,
    "05-ratio-1": ratio_1,
}


def _shortcut(answer) -> str | None:
    for c_in, c_out, stride in product((16, 32), (16, 32), (1, 2)):
        right = inverted_residual(c_in, c_out, stride, size=SIZE).has_shortcut
        given = call(answer, c_in, c_out, stride)
        if bool(given) == right:
            continue
        case = f"for {c_in} -> {c_out} channels at stride {stride} it says {given!r}"
        if stride == 2:
            return f"{case}. At stride 2 the output is smaller than the input; the two cannot be added."
        return f"{case}. Can {c_in} channels be added to {c_out}?"
    return None


def _block_macs(answer) -> str | None:
    for c_in, c_out, stride, t, size in product((16, 24), (24,), (1, 2), (2, 6), (8, 56)):
        plan = inverted_residual(c_in, c_out, stride, t, size=(size, size))
        right = plan.cost.macs
        given = call(answer, c_in, c_out, stride, t, size)
        if given == right:
            continue
        case = f"for {c_in} -> {c_out} channels, stride {stride}, t = {t}, size {size} it gives {given!r}, not {right}"
        formula = size * size * c_in * t * (c_in + 9 + c_out)
        if given == 2 * right:
            return f"{case}. Those are FLOPs, two for each MAC."
        if stride == 2 and given in (formula, formula // 4):
            return f"{case}. The stride is in the middle: which steps run before it, which after?"
        if given == right - plan["depthwise"].cost.macs:
            return f"{case}. The depthwise step is missing."
        return f"{case}."
    return None


def _first_block(answer) -> str | None:
    from ..modules.counter import count  # torch is needed by this exercise only

    plan = inverted_residual(32, 16, expand_ratio=1, size=(112, 112))
    counted = count(call(answer), (32, 112, 112))
    got = counted.layers[-1].output_shape
    if got != plan.output_shape:
        return f"an input of (1, 32, 112, 112) gives {got}, not {plan.output_shape}."
    if counted.cost.weights == plan.cost.weights + 32 * 32:
        return (
            "it expands 32 to 32 channels, as the article does. The published network leaves that layer out at ratio 1."
        )
    if counted.cost.biases:
        return f"it has {counted.cost.biases} biases; batch norm follows each convolution, so say bias=False."
    if counted.cost.weights != plan.cost.weights:
        return f"its convolutions have {counted.cost.weights:,} weights, not {plan.cost.weights:,}."
    if counted.cost.norm != plan.cost.norm:
        return f"its batch norms have {counted.cost.norm} params, not {plan.cost.norm}: one follows each convolution."
    if counted.cost.macs != plan.cost.macs:
        return f"it does {counted.cost.macs:,} MACs, not {plan.cost.macs:,}. Depthwise first, then project."
    kinds = [layer.type for layer in counted.layers]
    if kinds[-1].startswith("ReLU"):
        return "it ends in an activation; the bottleneck is linear."
    if "ReLU6" not in kinds:
        return f"its layers are {', '.join(kinds)}; ReLU6 follows the depthwise step."
    return None


EXERCISES = {
    "05-shortcut": Exercise(
        _shortcut,
        (
            "When do input and output have equal shapes?",
            "Both must hold: stride 1, and as many channels out as in.",
        ),
        "One line, and it stands like this in the published class.",
    ),
    "05-block-macs": Exercise(
        _block_macs,
        (
            "Add up three steps: weights times output pixels, each at its own size.",
            "The expansion runs on size * size pixels; depthwise and project on (size // stride) ** 2.",
        ),
        "At stride 1 it is the paper's formula.",
    ),
    "05-first-block": Exercise(
        _first_block,
        (
            "At ratio 1 there is no expansion: what is left are the depthwise and the projecting step.",
            "conv_bn_relu6(32, 32, 3, groups=32), then nn.Conv2d(32, 16, 1, bias=False) and nn.BatchNorm2d(16).",
        ),
        "These are the weights that torchvision calls features.1.conv.",
    ),
}
