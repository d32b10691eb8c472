"""Questions and exercises of 02_depthwise_and_pointwise."""

from itertools import product

from ..plans import Conv2dSpec, depthwise_separable, standard_conv
from .kinds import call, exercise, formula, question


@question("02-depthwise-weights", right="C")
def depthwise_weights():
    spec = Conv2dSpec(16, 16, 3, groups=16)
    prompt = "How many weights does a 3\u00d73 depthwise convolution over 16 channels have?"
    return prompt, {
        f"{9}": "That would be one kernel shared by all channels. Depthwise gives each channel a kernel of its own.",
        f"{Conv2dSpec(16, 16, 3).params:,}": "That is a standard convolution from 16 to 16 channels, whose "
        "kernels are 16 deep. A depthwise kernel is one channel deep.",
        f"{spec.params}": "16 kernels, each 3\u00d73 and only one channel deep.",
    }


@question("02-groups", right="C")
def groups():
    whole, half = Conv2dSpec(16, 32, 3), Conv2dSpec(16, 32, 3, groups=2)
    prompt = f"A 3\u00d73 convolution from 16 to 32 channels has {whole.params:,} weights. How many does it have with groups=2?"
    return prompt, {
        f"{2 * whole.params:,}: two groups, twice the weights": "There are two groups, but they divide the "
        "channels between them; neither sees all 16.",
        f"{whole.params:,}: the channels are only arranged differently": "Connections are removed: an output "
        "channel in one group has no weights for the inputs of the other.",
        f"{half.params:,}: each output channel reads half of the input channels": "Each kernel is "
        f"{half.weight_shape[1]} instead of {whole.weight_shape[1]} channels deep.",
        f"{whole.params // 4:,}: half the inputs and half the outputs": "Each group has half of the inputs and "
        "half of the outputs, so a quarter of the weights. But there are two such groups.",
    }


@question("02-halves", right="A")
def halves():
    prompt = (
        "Which of the three can learn to find the edges of the next color in <i>any</i> image, even if its three colors have nothing "
        "in common?"
    )
    return prompt, {
        "Only both together": "One half finds the edges; the other picks those of the next color.",
        "Depthwise alone, if trained long enough": "Its red output is made from the red input alone, but the "
        "answer is in green. If red and green have nothing in common, no training helps.",
        "Pointwise alone, if trained long enough": "It sees one pixel at a time, and an edge is a difference "
        "between neighbors. If neighboring pixels have nothing in common, no training helps.",
        "None of the three": "Both together can: the depthwise kernels find the edges, and the 1\u00d71 kernels "
        "swap the channels.",
    }


@question("02-saving", right="C")
def saving():
    def share(c_in: int, c_out: int) -> float:
        size = (56, 56)
        return depthwise_separable(c_in, c_out, size=size).cost.macs / standard_conv(c_in, c_out, size=size).cost.macs

    prompt = "A layer has 3\u00d73 kernels and 32 output channels. You double its input channels. What happens to the separable form's share of the standard layer's cost?"
    return prompt, {
        "It gets smaller": f"Both costs double, so the share stays the same: {share(16, 32):.4f} at 16 and "
        f"{share(32, 32):.4f} at 32 input channels. Doubling the <i>output</i> channels makes it smaller: "
        f"{share(16, 64):.4f}.",
        "It gets larger": "The depthwise part doubles, but so do the pointwise part and the standard layer. The "
        f"share stays the same: {share(16, 32):.4f} before and {share(32, 32):.4f} after.",
        "It stays the same": f"C_in is a factor of both costs and cancels: {share(16, 32):.4f} before and "
        f"{share(32, 32):.4f} after.",
    }


@exercise(
    "02-separable-params",
    "Count the two halves one after the other and add.",
    "Depthwise: c_in kernels of k * k. Pointwise: c_out kernels of c_in * 1 * 1.",
    praise="For 16, 32 and 3 it gives our 656.",
)
@formula(product((3, 16, 24), (8, 32), (3, 5, 1)), "{} -> {} channels, kernel {}")
def _separable_params(i, o, k):
    return depthwise_separable(i, o, k, size=(8, 8)).cost.params, [
        (i * o * k * k, "That is the standard convolution."),
        (i * k * k, "That is the depthwise half; the pointwise half is missing."),
        (i * o, "That is the pointwise half; the depthwise half is missing."),
        (k * k + i * o, "Depthwise has a kernel per input channel: there are c_in of them."),
        (o * k * k + i * o, "The depthwise kernels run over the input: there are c_in of them."),
        (i * k * k * i * o, "The two halves are two layers, so add their weights."),
        (i * k * k + o, "Each pointwise kernel is as deep as its input: c_in weights."),
    ]


@exercise(
    "02-which-groups",
    "How many weights does the convolution have with groups=1?",
    "The weights of groups=1, divided by groups, must be 1,296.",
    praise="Each output channel reads 3 of the 24 input channels.",
)
def _which_groups(answer) -> str | None:
    try:
        spec = Conv2dSpec(24, 48, 3, groups=answer)
    except (TypeError, ValueError) as error:
        return f"a convolution from 24 to 48 channels does not allow that: {error}."
    if spec.params == 1296:
        return None
    compared = "more" if spec.params > 1296 else "fewer"
    return f"with groups = {answer} there are {spec.params:,} weights, {compared} than 1,296. More groups mean fewer weights."


@exercise(
    "02-build",
    "Use nn.Sequential of two nn.Conv2d, the first with groups=24 and the second with kernel_size=1.",
    "The depthwise one has the stride and padding 2 (5 // 2); neither has a bias.",
    praise="With the stride in the depthwise half, the pointwise half works on only a quarter of the pixels.",
)
def _build(answer) -> str | None:
    from torch import nn  # torch is needed by this exercise only

    from ..modules.counter import count

    counted = count(answer if isinstance(answer, nn.Module) else call(answer), (24, 32, 32))
    right = depthwise_separable(24, 64, 5, stride=2, size=(32, 32))
    cost, shape = counted.cost, counted.layers[-1].output_shape
    if shape != right.output_shape:
        why = " Which half has the stride, and what is its padding?" if len(shape) == 4 else ""
        if len(shape) == 4 and shape[1] != 64:
            why = " Dimension 1 holds the channels; the pointwise half has to produce 64 of them."
        return f"an input of (1, 24, 32, 32) gives {shape}, not {right.output_shape}.{why}"
    if cost.biases:
        return f"it has {cost.biases} biases; set bias=False."
    if cost.norm:
        return f"it has {cost.norm} params of batch norm. Leave it out here and build only the two convolutions."
    if (cost.params, cost.macs) == (right.cost.params, right.cost.macs):
        return None
    if cost.params == standard_conv(24, 64, 5, size=(32, 32)).cost.params:
        return f"it has {cost.params:,} weights, as many as the standard convolution. Depthwise has groups equal to its input channels."
    if cost.params == 24 * 64 + 64 * 5 * 5:
        return "it mixes first, then filters 64 channels. The depthwise step comes first, over the 24 input channels."
    if cost.params != right.cost.params:
        return (
            f"it has {cost.params:,} weights, not {right.cost.params:,}. "
            "Depthwise has 24 kernels of 5x5, pointwise 64 kernels of 1x1 over 24 channels."
        )
    return (
        f"it does {cost.macs:,} MACs, not {right.cost.macs:,}. "
        "Give the stride to the depthwise step, so that the pointwise step runs on fewer pixels."
    )
