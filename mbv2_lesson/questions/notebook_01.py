"""Questions and exercises of 01_standard_convolution."""

from itertools import product
from math import ceil

from ..plans import Conv2dSpec, standard_conv
from .kinds import exercise, formula, question

NO_DEPTH = "Each kernel is as deep as its input: where is c_in?"
MULTIPLY = "Every output channel has weights for every input channel, so multiply the two."
NOT_SQUARE = "The kernel has k rows of k weights."
BOTH_WAYS = "The stride counts in both directions, height and width."
ROUND = "size / stride is not always the output length: use the formula of exercise 1."


@question("01-products", right="C")
def products():
    prompt = (
        "A 3\u00d73 kernel slides over a color image with 3 channels (RGB) and produces one output channel. How many "
        "multiplications go into a single output element?"
    )
    return prompt, {
        "3": "That is one per channel, but the kernel looks at 3\u00d73 pixels in each of them.",
        "9": "That is for one channel. The kernel is three channels deep, with 9 weights per channel.",
        "27": "3 channels \u00d7 3 \u00d7 3 pixels, each with a weight of its own.",
    }


@question("01-weights", right="D")
def weights():
    spec = Conv2dSpec(16, 32, 3)
    c_in, c_out, k = spec.in_channels, spec.out_channels, spec.kernel_size[0]
    prompt = f"How many weights does a {k}\u00d7{k} convolution from {c_in} to {c_out} channels have, without bias?"
    return prompt, {
        f"{c_out * k * k:,}": f"That is {c_out} kernels of {k}\u00d7{k}. But each kernel must be as deep as its "
        f"input, {c_in} channels.",
        f"{(c_in + c_out) * k * k:,}": f"That is ({c_in} + {c_out}) \u00d7 {k} \u00d7 {k}. But every output "
        "channel has weights for every input channel, so the two are multiplied, not added.",
        f"{spec.macs((56, 56)):,}": "That is how often weights are used on a 56\u00d756 input (the MACs). The "
        "weights themselves are shared by all positions.",
        f"{spec.params:,}": f"{c_out} kernels, each {c_in} \u00d7 {k} \u00d7 {k}.",
    }


@question("01-stride", right="C")
def stride():
    by_step, by_two = (standard_conv(16, 32, stride=s, size=(56, 56)).cost for s in (1, 2))
    prompt = "You change the stride of our 16 \u2192 32 convolution (3\u00d73, padding 1) from 1 to 2; its input stays 56\u00d756. What happens to its weights and MACs?"
    return prompt, {
        "Both fall to a quarter": "The MACs do. But the kernels stay the same and just move in larger steps: "
        f"{by_step.params:,} weights before and {by_two.params:,} after.",
        "The weights stay the same; the MACs fall to half": "The steps are larger in both directions, so "
        f"56\u00d756 positions become 28\u00d728: {by_step.macs // by_two.macs}x fewer, not 2x.",
        "The weights stay the same; the MACs fall to a quarter": f"{by_two.params:,} weights in both cases; "
        f"{by_step.macs:,} MACs become {by_two.macs:,}, because there are 28\u00d728 output positions instead of "
        "56\u00d756.",
    }


@exercise(
    "01-output-length",
    "How far can the kernel's left edge move? It starts at -padding and must stop before the right edge leaves the padded input.",
    "The left edge can move by length + 2 * padding - kernel, in steps of the stride; the start counts too.",
    praise="This is the formula in torch.nn.Conv2d's documentation, without dilation.",
)
@formula(product((7, 8, 32), (1, 3, 2, 5), (1, 2, 3), (0, 1, 2)), "length {}, kernel {}, stride {}, padding {}")
def _output_length(n, k, s, p):
    return Conv2dSpec(1, 1, k, s, p).output_size((n, n))[0], [
        ((n + 2 * p - k) // s, "The first position counts too: + 1 at the end."),
        ((n + 2 * p - k) / s, "The first position counts too: + 1 at the end, and round down with //."),
        ((n + 2 * p) // s, "How much room does the kernel itself take up?"),
        ((n + 2 * p) // s + 1, "How much room does the kernel itself take up?"),
        ((n + 2 * p - k) / s + 1, "Positions are whole numbers: round down with //."),
        (ceil((n + 2 * p - k) / s) + 1, "Round down, not up: the last step must still fit."),
        ((n + 2 * p - k + 1) // s, "The + 1 is the first position: add it after the division."),
        ((n + p - k) // s + 1, "Padding is added at both ends."),
        ((n - k) // s + 1, "Where is the padding?"),
        (n + 2 * p - k + 1, "Where is the stride?"),
    ]


@exercise(
    "01-params",
    "Print torch.nn.Conv2d(16, 32, 3).weight.shape and multiply.",
    "There are c_out kernels of c_in * k * k weights; with a bias, one more number per output channel.",
    praise="The size of the image plays no role.",
)
@formula(product((1, 3, 16), (1, 32), (1, 3, 5), (False, True)), "{} -> {} channels, kernel {}, bias {}")
def _params(c_in, c_out, k, bias):
    return Conv2dSpec(c_in, c_out, k, bias=bias).params, [
        (c_out * k * k + c_out * bias, NO_DEPTH),
        (c_out * k * k, NO_DEPTH),
        ((c_in + c_out) * k * k + c_out * bias, MULTIPLY),
        ((c_in + c_out) * k * k, MULTIPLY),
        (c_in * k * k + c_out * bias, "There is one such kernel per output channel."),
        (c_in * c_out * k * k, "A bias adds one number per output channel."),
        (c_in * c_out * k * k + bias, "A bias is one number per output channel."),
        (c_in * c_out * k * k + c_in * bias, "A bias belongs to an output channel."),
        (c_in * c_out * k * k + c_out, "Add the bias only when bias is True."),
        (c_in * c_out * k + c_out * bias, NOT_SQUARE),
        (c_in * c_out * k, NOT_SQUARE),
    ]


@exercise(
    "01-macs",
    "Each weight is used once at every output position. How many positions are there?",
    "With padding k // 2 there are (size + 2 * (k // 2) - k) // stride + 1 positions in each direction.",
    praise="Weights times output positions is the rule behind every count in this lesson.",
)
@formula(product((3, 16), (8, 32), (1, 3), (1, 3, 2), (9, 8, 56)), "{} -> {} channels, kernel {}, stride {}, size {}")
def _macs(i, o, k, s, n):
    side = Conv2dSpec(1, 1, k, s).output_size((n, n))[0]
    right = Conv2dSpec(i, o, k, s).macs((n, n))
    return right, [
        (i * o * k * k, "Those are the weights. At how many positions is each used?"),
        (2 * right, "Those are FLOPs: one MAC is both operations."),
        (i * o * k * k * n * n, "Count the *output* positions: a stride leaves fewer of them."),
        (i * o * k * k * n * n // s, BOTH_WAYS),
        (i * o * k * k * n * n / s, BOTH_WAYS),
        (i * o * k * k * side, "That is one row of outputs. How many rows are there?"),
        (i * o * k * k * (n // s) ** 2, ROUND),
        (i * o * k * k * (n / s) ** 2, ROUND),
        (i * o * k * k * ((n - k) // s + 1) ** 2, "Where is the padding, k // 2 at each end?"),
        (o * k * k * side**2, NO_DEPTH),
    ]
