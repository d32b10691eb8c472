"""Questions and exercises of 01_standard_convolution."""

from itertools import product
from math import ceil

from ..plans import Conv2dSpec, standard_conv
from .kinds import Exercise, Option, Question, judge_formula

NO_DEPTH = "Each kernel is as deep as its input: where is c_in?"
MULTIPLY = "Every output channel has weights for every input channel, so multiply the two."
NOT_SQUARE = "The kernel has k rows of k weights."
ROUND = "size / stride is not always the output length: use the formula of exercise 1."


def products() -> Question:
    return Question(
        "A 3\u00d73 kernel slides over a color image with 3 channels (RGB) and produces one output channel. How many "
        "multiplications go into a single output element?",
        [
            Option("3", "That is one per channel, but the kernel looks at 3\u00d73 pixels in each of them."),
            Option(
                "9",
                "That is for one channel. The kernel is three channels deep, with 9 weights per channel.",
            ),
            Option("27", "3 channels \u00d7 3 \u00d7 3 pixels, each with a weight of its own.", right=True),
        ],
    )


def weights() -> Question:
    spec = Conv2dSpec(16, 32, 3)
    c_in, c_out, k = spec.in_channels, spec.out_channels, spec.kernel_size[0]
    return Question(
        f"How many weights does a {k}\u00d7{k} convolution from {c_in} to {c_out} channels have, without bias?",
        [
            Option(
                f"{c_out * k * k:,}",
                f"That is {c_out} kernels of {k}\u00d7{k}. But each kernel must be as deep as its input, {c_in} channels.",
            ),
            Option(
                f"{(c_in + c_out) * k * k:,}",
                f"That is ({c_in} + {c_out}) \u00d7 {k} \u00d7 {k}. But every output channel has weights for every input channel, so the two are multiplied, not added.",
            ),
            Option(
                f"{spec.macs((56, 56)):,}",
                "That is how often weights are used on a 56\u00d756 input (the MACs). The weights themselves are shared by all positions.",
            ),
            Option(f"{spec.params:,}", f"{c_out} kernels, each {c_in} \u00d7 {k} \u00d7 {k}.", right=True),
        ],
    )


def stride() -> Question:
    by_step, by_two = (standard_conv(16, 32, stride=s, size=(56, 56)).cost for s in (1, 2))
    return Question(
        "You change the stride of our 16 \u2192 32 convolution (3\u00d73, padding 1) from 1 to 2; its input stays 56\u00d756. What happens to its weights and MACs?",
        [
            Option(
                "Both fall to a quarter",
                f"The MACs do. But the kernels stay the same and just move in larger steps: {by_step.params:,} weights before and "
                f"{by_two.params:,} after.",
            ),
            Option(
                "The weights stay the same; the MACs fall to half",
                f"The steps are larger in both directions, so 56\u00d756 positions become 28\u00d728: "
                f"{by_step.macs // by_two.macs}x fewer, not 2x.",
            ),
            Option(
                "The weights stay the same; the MACs fall to a quarter",
                f"{by_two.params:,} weights in both cases; {by_step.macs:,} MACs become {by_two.macs:,}, because there are "
                "28\u00d728 output positions instead of 56\u00d756.",
                right=True,
            ),
        ],
    )


QUESTIONS = {"01-products": products, "01-weights": weights, "01-stride": stride}


def _output_length(answer) -> str | None:
    return judge_formula(
        answer,
        list(product((7, 8, 32), (1, 3, 2, 5), (1, 2, 3), (0, 1, 2))),
        right=lambda n, k, s, p: Conv2dSpec(1, 1, k, s, p).output_size((n, n))[0],
        describe=lambda n, k, s, p: f"length {n}, kernel {k}, stride {s}, padding {p}",
        mistakes=[
            (lambda n, k, s, p: (n + 2 * p - k) // s, "The first position counts too: + 1 at the end."),
            (
                lambda n, k, s, p: (n + 2 * p - k) / s,
                "The first position counts too: + 1 at the end, and round down with //.",
            ),
            (lambda n, k, s, p: (n + 2 * p) // s, "How much room does the kernel itself take up?"),
            (lambda n, k, s, p: (n + 2 * p) // s + 1, "How much room does the kernel itself take up?"),
            (lambda n, k, s, p: (n + 2 * p - k) / s + 1, "Positions are whole numbers: round down with //."),
            (lambda n, k, s, p: ceil((n + 2 * p - k) / s) + 1, "Round down, not up: the last step must still fit."),
            (lambda n, k, s, p: (n + 2 * p - k + 1) // s, "The + 1 is the first position: add it after the division."),
            (lambda n, k, s, p: (n + p - k) // s + 1, "Padding is added at both ends."),
            (lambda n, k, s, p: (n - k) // s + 1, "Where is the padding?"),
            (lambda n, k, s, p: n + 2 * p - k + 1, "Where is the stride?"),
        ],
    )


def _params(answer) -> str | None:
    return judge_formula(
        answer,
        list(product((1, 3, 16), (1, 32), (1, 3, 5), (False, True))),
        right=lambda c_in, c_out, k, bias: Conv2dSpec(c_in, c_out, k, bias=bias).params,
        describe=lambda c_in, c_out, k, bias: f"{c_in} -> {c_out} channels, kernel {k}, bias {bias}",
        mistakes=[
            (lambda c_in, c_out, k, bias: c_out * k * k + c_out * bias, NO_DEPTH),
            (lambda c_in, c_out, k, bias: c_out * k * k, NO_DEPTH),
            (lambda c_in, c_out, k, bias: (c_in + c_out) * k * k + c_out * bias, MULTIPLY),
            (lambda c_in, c_out, k, bias: (c_in + c_out) * k * k, MULTIPLY),
            (lambda c_in, c_out, k, bias: c_in * k * k + c_out * bias, "There is one such kernel per output channel."),
            (lambda c_in, c_out, k, bias: c_in * c_out * k * k, "A bias adds one number per output channel."),
            (lambda c_in, c_out, k, bias: c_in * c_out * k * k + bias, "A bias is one number per output channel."),
            (lambda c_in, c_out, k, bias: c_in * c_out * k * k + c_in * bias, "A bias belongs to an output channel."),
            (lambda c_in, c_out, k, bias: c_in * c_out * k * k + c_out, "Add the bias only when bias is True."),
            (lambda c_in, c_out, k, bias: c_in * c_out * k + c_out * bias, NOT_SQUARE),
            (lambda c_in, c_out, k, bias: c_in * c_out * k, NOT_SQUARE),
        ],
    )


def _macs(answer) -> str | None:
    def spec(c_in: int, c_out: int, k: int, s: int) -> Conv2dSpec:
        return Conv2dSpec(c_in, c_out, k, s)

    def side(k: int, s: int, n: int) -> int:
        return spec(1, 1, k, s).output_size((n, n))[0]

    return judge_formula(
        answer,
        list(product((3, 16), (8, 32), (1, 3), (1, 3, 2), (9, 8, 56))),
        right=lambda i, o, k, s, n: spec(i, o, k, s).macs((n, n)),
        describe=lambda i, o, k, s, n: f"{i} -> {o} channels, kernel {k}, stride {s}, size {n}",
        mistakes=[
            (lambda i, o, k, s, n: i * o * k * k, "Those are the weights. At how many positions is each used?"),
            (lambda i, o, k, s, n: 2 * spec(i, o, k, s).macs((n, n)), "Those are FLOPs: one MAC is both operations."),
            (
                lambda i, o, k, s, n: i * o * k * k * n * n,
                "Count the *output* positions: a stride leaves fewer of them.",
            ),
            (
                lambda i, o, k, s, n: i * o * k * k * n * n // s,
                "The stride counts in both directions, height and width.",
            ),
            (
                lambda i, o, k, s, n: i * o * k * k * n * n / s,
                "The stride counts in both directions, height and width.",
            ),
            (
                lambda i, o, k, s, n: i * o * k * k * side(k, s, n),
                "That is one row of outputs. How many rows are there?",
            ),
            (lambda i, o, k, s, n: i * o * k * k * (n // s) ** 2, ROUND),
            (lambda i, o, k, s, n: i * o * k * k * (n / s) ** 2, ROUND),
            (
                lambda i, o, k, s, n: i * o * k * k * ((n - k) // s + 1) ** 2,
                "Where is the padding, k // 2 at each end?",
            ),
            (lambda i, o, k, s, n: o * k * k * side(k, s, n) ** 2, NO_DEPTH),
        ],
    )


EXERCISES = {
    "01-output-length": Exercise(
        _output_length,
        (
            "How far can the kernel's left edge move? It starts at -padding and must stop before the right edge leaves the padded input.",
            "The left edge can move by length + 2 * padding - kernel, in steps of the stride; the start counts too.",
        ),
        "This is the formula in torch.nn.Conv2d's documentation, without dilation.",
    ),
    "01-params": Exercise(
        _params,
        (
            "Print torch.nn.Conv2d(16, 32, 3).weight.shape and multiply.",
            "There are c_out kernels of c_in * k * k weights; with a bias, one more number per output channel.",
        ),
        "The size of the image plays no role.",
    ),
    "01-macs": Exercise(
        _macs,
        (
            "Each weight is used once at every output position. How many positions are there?",
            "With padding k // 2 there are (size + 2 * (k // 2) - k) // stride + 1 positions in each direction.",
        ),
        "Weights times output positions is the rule behind every count in this lesson.",
    ),
}
