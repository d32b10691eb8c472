"""Questions and exercises of 06_mobilenetv2."""

from collections.abc import Callable, Sequence
from math import floor, isclose, prod
from numbers import Real

from ..plans import MOBILENET_V2, Conv2dSpec, Cost, Network, inverted_residual, mobilenet_v2
from ..plans.memory import peak_activations
from .kinds import call, exercise, explain, formula, question


@question("06-where-params", right="B")
def where_params():
    network = mobilenet_v2()
    kinds, total = network.cost_by_kind, network.cost
    depthwise, linear = kinds["depthwise"], kinds["linear"]
    last = network.blocks[-1]
    prompt = "The network has 17 blocks, a stem, a head and a classifier. Which single layer has the most parameters?"
    return prompt, {
        "A depthwise layer, with its 3\u00d73 kernels": "All 17 depthwise layers together have "
        f"{depthwise.params / total.params:.1%} of the parameters, batch norm included. Their kernels are only "
        "one channel deep.",
        "The classifier, from 1,280 features to 1,000 classes": f"It has {linear.params:,} parameters, "
        f"{linear.params / total.params:.1%} of all, yet only {linear.macs / total.macs:.1%} of the MACs, because "
        "it runs once and not at every position.",
        "A layer in the last block, the block with the most output channels": "The largest layer of block 17 has "
        f"{max(step.cost.params for step in last):,} and the whole block {last.cost.params:,} parameters. The "
        "network's largest layer comes after the blocks.",
    }


@question("06-half-width", right="B")
def half_width():
    full, half = mobilenet_v2(), mobilenet_v2(0.5)
    share = half.cost.macs / full.cost.macs
    pointwise = sum(block.cost_by_kind["pointwise"].macs for block in full.blocks) / full.cost.macs
    prompt = (
        "At width 0.5 the channel counts are halved and then rounded, so that 24 / 2 = 12 becomes 16, and the head keeps "
        "its 1,280 channels. The image still has 224\u00d7224 pixels. What share of the MACs remains?"
    )
    return prompt, {
        "A quarter or less": "A quarter is what remains of a pointwise layer whose two channel counts are exactly "
        "halved. No layer keeps less, and depthwise layers, the stem, the head and the classifier keep more: "
        f"{share:.0%} in all.",
        "More than a quarter, but less than half": f"It is {share:.0%}. Pointwise layers whose two channel counts "
        "are exactly halved keep a quarter. Depthwise layers, the stem and the head keep about half, the "
        "classifier keeps everything, and 12 channels that become 16 cost more than 12.",
        "Half or more": "It would be half if each layer's cost grew in proportion to its width. But the pointwise "
        f"layers of the blocks, with {pointwise:.0%} of the MACs, cost C_in times C_out per position, and both "
        f"are halved. {share:.0%} remains.",
    }


@question("06-convention", right="B")
def convention():
    network = mobilenet_v2()
    cost, classifier = network.cost, network["classifier"].cost.params
    prompt = (
        f"We count {cost.params:,} params: {cost.weights:,} weights, {cost.biases:,} biases, and {cost.norm:,} of batch norm. "
        "TensorFlow-Slim prints 3.47M for the same network. What does it leave out?"
    )
    return prompt, {
        "The classifier": f"That would leave {cost.params - classifier:,}, or "
        f"{(cost.params - classifier) / 1e6:.2f}M, which is far too few.",
        "Batch norm's gamma and beta": f"Without these {cost.norm:,} the count is {cost.params - cost.norm:,}, or "
        "3.47M.",
        "The biases": f"Without these {cost.biases:,} the count is {cost.params - cost.biases:,}, still 3.50M.",
        "Nothing; it uses a different unit": "MACs and FLOPs are two units for operations. Parameters are stored "
        "numbers, and each is counted once in either case.",
    }


@question("06-split", right="B")
def split():
    block = inverted_residual(24, 24, size=(56, 56))
    whole, five = peak_activations(block), peak_activations(block, 5)
    prompt = "A block's expanded channels are made, filtered and projected in 5 groups, one group after the other. What changes?"
    return prompt, {
        "Less memory, and the output is a good approximation": "It is not an approximation. Each expanded channel "
        "is filtered alone, and the projection is a sum over channels, which can be added up in parts.",
        "Less memory, and the same output": f"For 24 channels of 56\u00d756 and ratio 6, {five:,} elements are "
        f"live at the same time instead of {whole:,}.",
        "Fewer MACs, and the same output": "Each expanded channel is still made, filtered and projected once, so "
        "the MACs stay the same. What falls is how much must be in memory at the same time.",
    }


Layers = Sequence[tuple[int, int]]  # (kernel size, stride) of one convolution after the other


def _walk(
    layers: Layers, start: int = 1, adds: Callable = lambda k: k - 1, jumps: bool = True, early: bool = False
) -> int:
    """The receptive field of these convolutions; the other arguments are the mistakes that can be made on the way."""
    r, j = start, 1
    for k, s in layers:
        j *= s if early else 1
        r += adds(k) * (j if jumps else 1)
        j *= 1 if early else s
    return r


def _stride(layers: Layers) -> int:
    return prod(s for _, s in layers)


def _solve(layers: Layers) -> tuple[int, list[tuple[int, str]]]:
    """The right number and the mistakes, as ``explain`` takes them."""
    return _walk(layers), [
        (
            _walk(layers, jumps=False),
            "that adds k - 1 pixels for every layer. After strides the positions are farther apart, so it is k - 1 steps of j pixels.",
        ),
        (
            _walk(layers, adds=lambda k: k),
            "that adds k steps for a k\u00d7k convolution. From its first position to its last there are k - 1.",
        ),
        (
            _walk(layers, adds=lambda k: 2),
            "that adds 2 steps for every layer, so it counts the 1\u00d71 convolutions as 3\u00d73. They add none.",
        ),
        (
            _walk(layers, early=True),
            "that uses a layer's own stride for its own kernel. The stride moves the layer's outputs apart, not its inputs: "
            "multiply j after adding.",
        ),
        (_walk(layers, start=0), "that starts from 0. Before the first layer, a position sees 1 pixel: itself."),
        (
            _stride(layers),
            "that is the distance j between two neighbors, the product of the strides. The receptive field is r.",
        ),
    ]


def _layers() -> list[tuple[int, int]]:
    specs = [step.spec for step in mobilenet_v2() if isinstance(step.spec, Conv2dSpec)]
    return [(spec.kernel_size[0], spec.stride[0]) for spec in specs]


@exercise(
    "06-receptive-field",
    "A k\u00d7k convolution reaches k - 1 steps farther, and each step is j pixels long. A 1\u00d71 convolution reaches no farther.",
    "r = j = 1; then for k, s in layers: r += (k - 1) * j; j *= s",
    praise=f"{_walk(_layers())} pixels, with neighbors {_stride(_layers())} pixels apart. That is more than twice the width of the image, "
    "224 pixels, so each of the 7\u00d77 positions can see all of it.",
)
def _receptive_field(answer) -> str | None:
    network = _layers()
    if not callable(answer):
        found = explain([answer], [_solve(network)])
        return found and (found[1] or f"{answer!r} is not it.")
    # the smallest that tell the mistakes apart
    cases = [[(3, 1)], [(1, 1)], [(3, 1), (3, 1)], [(3, 2), (3, 1)], [(3, 2), (1, 1), (5, 2), (3, 1)], network]
    given = [call(answer, list(layers)) for layers in cases]
    found = explain(given, [_solve(layers) for layers in cases])
    if not found or found[1]:
        return found and found[1]
    layers, number = cases[found[0]], given[found[0]]
    name = "the whole network" if layers is network else f"layers = {layers}"
    return f"for {name} it gives {number!r}, not {_walk(layers)}."


@exercise(
    "06-wide",
    "mbv2.mobilenet_v2(1.4) gives the plan.",
    "mbv2.mobilenet_v2(1.4).cost.params",
    praise="That rounds to 6.1M. TensorFlow-Slim prints 6.06M, which fits if batch norm is left out. 6.9M fits neither count.",
)
def _wide(answer) -> str | None:
    network = mobilenet_v2(1.4)
    cost = network.cost
    if _is_count(answer, cost.params):
        return None
    if isinstance(answer, Network):
        return "that is the plan. Its number of parameters is .cost.params."
    if isinstance(answer, Cost):
        return "that is the whole cost. Take its .params."
    if _is_count(answer, 6_900_000):
        return "6.9M is what the paper prints. Count the plan of width 1.4."
    mistakes = {
        cost.params - cost.norm: "leaves out batch norm's gamma and beta; count them too.",
        cost.params - network["classifier"].cost.params: "leaves out the classifier; count it too.",
        mobilenet_v2().cost.params: "is for width 1.0. mbv2.mobilenet_v2(1.4) is the plan of width 1.4.",
        cost.weights: "leaves out batch norm and the biases; count them too.",
        cost.macs: "is the number of MACs; the question is about params.",
    }
    for count, words in mistakes.items():
        if _is_count(answer, count):
            return f"{answer:,} {words}"
    return f"{str(answer)[:40]} is not it. mbv2.mobilenet_v2(1.4).cost.params is the number."


def _is_count(answer: object, count: int) -> bool:
    """Whether this is the count, or the count in millions to some digits."""
    if isinstance(answer, bool) or not isinstance(answer, Real):
        return False
    in_print = {rule(count / 10 ** (6 - digits)) / 10**digits for digits in range(1, 7) for rule in (round, floor)}
    return answer == count or any(isclose(answer, printed, rel_tol=1e-7) for printed in in_print)


# What Table 3 of the paper lists for MobileNetV2, by resolution, where Table 2 has something else.
TABLE_3 = {56: 32, 28: 64, 14: 160}


def _table_3_praise() -> str:
    widest: dict[int, int] = {}
    size = 112
    for _, c, _, s in MOBILENET_V2:
        size //= s
        widest[size] = max(c, widest.get(size, 0))
    sizes = " and ".join(f"{channels * size**2 * 2:,}" for channels, size in ((16, 112), (32, 56)))
    listed, built = (", ".join(str(table[size]) for size in TABLE_3) for table in (TABLE_3, widest))
    return (
        f"16 channels of 112\u00d7112 and 32 of 56\u00d756 take {sizes} bytes, so the 400K and the 200K are both right at 16 bits; "
        "the versions differ only in whether the 112\u00d7112 row is split. "
        f"What is odd is the channels: for 56, 28 and 14 pixels Table 3 lists {listed}, but the blocks of Table 2 "
        f"output at most {built} there. They reach the larger numbers one row later, at half the size."
    )


@exercise(
    "06-table-3",
    "How many elements does a tensor with that many channels have? How many bytes does each element take?",
    "channels * size * size * bits // 8",
    praise=_table_3_praise(),
)
@formula(((16, 112, 16), (16, 112, 8), (32, 56, 16), (24, 56, 16)), "{0} channels of {1}\u00d7{1} at {2} bits")
def _table_3(channels, size, bits):
    elements = channels * size * size
    right, in_thousands = elements * bits // 8, "Those are thousands of bytes; give bytes."
    return right, [
        (right * 8, "Those are bits, and a byte has 8."),
        (channels * size * bits // 8, "A feature map has size \u00d7 size elements."),
        (elements, "Those are elements, each of which takes bits / 8 bytes."),
        (elements * 2, "That is for 16 bits. Use the argument bits."),
        *((thousands, in_thousands) for thousands in (right / 1000, right // 1000, right / 1024, right // 1024)),
    ]
