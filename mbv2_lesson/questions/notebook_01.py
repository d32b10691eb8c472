"""Questions and exercises of 01_standard_convolution."""

from itertools import product

from ..plans import Conv2dSpec, standard_conv
from .kinds import Exercise, Option, Question, call


def products() -> Question:
    return Question(
        "A 3\u00d73 kernel runs over a picture with 3 channels (RGB) and makes one output channel. How many "
        "multiplications does one single output number take?",
        [
            Option("3", "That is one for each channel; the kernel also looks at 3\u00d73 pixels in each of them."),
            Option(
                "9",
                "That is for one channel. The kernel is three channels deep: it has 9 weights for each of the 3.",
            ),
            Option("27", "3 channels \u00d7 3 \u00d7 3 pixels, each with a weight of its own.", right=True),
        ],
    )


def weights() -> Question:
    spec = Conv2dSpec(16, 32, 3)
    c_in, c_out, k = spec.in_channels, spec.out_channels, spec.kernel_size[0]
    return Question(
        f"How many weights has a {k}\u00d7{k} convolution from {c_in} to {c_out} channels, without bias?",
        [
            Option(
                f"{c_out * k * k:,}",
                f"That is {c_out} kernels of {k}\u00d7{k}. But each kernel must be as deep as its input, {c_in} channels.",
            ),
            Option(
                f"{(c_in + c_out) * k * k:,}",
                "The channels are not added: every output channel has weights for every input channel, so they multiply.",
            ),
            Option(
                f"{spec.macs((56, 56)):,}",
                "That is how often the weights are used on a 56\u00d756 input (MACs). The weights themselves are shared by all positions.",
            ),
            Option(f"{spec.params:,}", f"{c_out} kernels, each {c_in} \u00d7 {k} \u00d7 {k}.", right=True),
        ],
    )


def bigger_picture() -> Question:
    small, large = (standard_conv(16, 32, size=(n, n)).cost for n in (56, 112))
    return Question(
        "The input grows from 56\u00d756 to 112\u00d7112 pixels, the layer stays as it is. What happens to its weights and MACs?",
        [
            Option(
                "Both grow fourfold",
                f"The weights are shared by all positions: {small.params:,} before and {large.params:,} after.",
            ),
            Option(
                "Weights stay, MACs grow fourfold",
                f"{large.params:,} weights in both; {small.macs:,} MACs become {large.macs:,}.",
                right=True,
            ),
            Option(
                "Weights stay, MACs double",
                f"Height and width both double, so there are four times as many positions: {large.macs // small.macs} times the MACs.",
            ),
        ],
    )


QUESTIONS = {"01-products": products, "01-weights": weights, "01-bigger-picture": bigger_picture}


def _output_length(answer) -> str | None:
    for length, k, s, p in product((7, 8, 32), (1, 3, 2, 5), (1, 2, 3), (0, 1, 2)):
        right = Conv2dSpec(1, 1, k, s, p).output_size((length, length))[0]
        given = call(answer, length, k, s, p)
        if given == right:
            continue
        case = f"for length {length}, kernel {k}, stride {s}, padding {p} it gives {given!r}, torch makes {right}"
        if given == (length + 2 * p) // s:
            return f"{case}. How much room does the kernel itself take? And the first position counts too."
        if given == (length + 2 * p - k) // s:
            return f"{case}. The first position counts too: + 1 at the end."
        if given == (length + 2 * p - k) / s + 1:
            return f"{case}. A position is whole or not at all: round down with //."
        if given == (length + p - k) // s + 1:
            return f"{case}. Padding is put on both sides."
        return f"{case}."
    return None


def _params(answer) -> str | None:
    for c_in, c_out, k, bias in product((1, 3, 16), (1, 32), (1, 3, 5), (False, True)):
        right = Conv2dSpec(c_in, c_out, k, bias=bias).params
        given = call(answer, c_in, c_out, k, bias)
        if given == right:
            continue
        case = f"for {c_in} -> {c_out} channels, kernel {k}, bias {bias} it gives {given!r}, torch has {right}"
        if given == c_out * k * k + (c_out if bias else 0):
            return f"{case}. Each kernel is as deep as its input: where is c_in?"
        if bias and given == right - c_out:
            return f"{case}. A bias adds one number for each output channel."
        return f"{case}."
    return None


def _macs(answer) -> str | None:
    for c_in, c_out, k, s, size in product((3, 16), (32,), (1, 3), (1, 3, 2), (9, 8, 56)):
        spec = Conv2dSpec(c_in, c_out, k, s)
        right = spec.macs((size, size))
        given = call(answer, c_in, c_out, k, s, size)
        if given == right:
            continue
        case = f"for {c_in} -> {c_out} channels, kernel {k}, stride {s}, size {size} it gives {given!r}, not {right}"
        if s > 1 and given == spec.params * size * size // s:
            return f"{case}. The stride counts in both directions, height and width."
        if given == 2 * right:
            return f"{case}. Those are FLOPs: one MAC is both operations together."
        if given == spec.params * size * size:
            return f"{case}. The kernel stops at the *output* positions; a stride makes them fewer."
        return f"{case}."
    return None


EXERCISES = {
    "01-output-length": Exercise(
        _output_length,
        (
            "How far can the kernel's left edge move? It starts at -padding and must stop before it leaves.",
            "The left edge has length + 2 * padding - kernel places to go, in steps of the stride; the start counts too.",
        ),
        "This is the formula in torch.nn.Conv2d's documentation, without dilation.",
    ),
    "01-params": Exercise(
        _params,
        (
            "Print torch.nn.Conv2d(16, 32, 3).weight.shape and multiply.",
            "c_out kernels of c_in * k * k weights; with a bias one more number for each output channel.",
        ),
        "The size of the picture does not come into it.",
    ),
    "01-macs": Exercise(
        _macs,
        (
            "Each weight is used once at every output position. How many positions are there?",
            "With padding k // 2 there are (size + 2 * (k // 2) - k) // stride + 1 positions in each direction.",
        ),
        "Weights times output positions: the rule behind every count in this lesson.",
    ),
}
