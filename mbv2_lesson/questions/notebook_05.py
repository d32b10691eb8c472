"""Questions and exercises of 05_inverted_residual."""

from copy import deepcopy
from functools import reduce
from itertools import product

from ..plans import inverted_residual
from .kinds import call, exercise, formula, question

SIZE = (56, 56)


@question("05-where-macs", right="A")
def where_macs():
    plan = inverted_residual(16, 32, size=SIZE)
    expand, depthwise, project = (step.cost.macs for step in plan)
    prompt = (
        "The block expands 16 channels to 96 (1\u00d71), filters them (3\u00d73 depthwise) and projects them to 32 (1\u00d71). "
        "Which step does the most MACs?"
    )
    return prompt, {
        "Project": f"{project:,} MACs, against {expand:,} for expand and {depthwise:,} for filter, because each "
        "output is a sum over all 96 channels, and there are 32 outputs per pixel.",
        "Expand": f"Expand does {expand:,} MACs, 16 \u00d7 96 per pixel. Project does 96 \u00d7 32 per pixel, "
        "twice as many, because it writes 32 channels where expand reads 16.",
        "Filter, the only step with 3\u00d73 kernels": f"It is the cheapest, with {depthwise:,} MACs. Each of its "
        "outputs is a sum of only 9 products, because depthwise kernels are one channel deep.",
    }


@question("05-rank", right="C")
def rank():
    prompt = (
        "Without batch norm and activations, the block merges into one standard 3\u00d73 convolution. Write its 32 kernels for one "
        "input channel as the rows of a 32\u00d79 matrix. What is the rank of this matrix, if all weights are random?"
    )
    return prompt, {
        "1, because the 3\u00d73 step is depthwise": "Each <i>hidden</i> channel has a single 3\u00d73 kernel. "
        "But 96 of them read the input channel, and each filters it with a kernel of its own.",
        "6, because the ratio is 6": "There are 6 hidden channels per input channel, but no input channel has six "
        "to itself: a 1\u00d71 convolution connects every input channel to all 96.",
        "9, because a 3\u00d73 kernel has nine numbers": "All 96 hidden channels read the input channel, each "
        "with a kernel of its own. Only nine of these can be independent.",
        "32, because there are 32 output channels": "There are 32 rows, but a matrix with nine columns has rank 9 "
        "at most: every row is a mixture of nine rows.",
    }


@question("05-stride-2", right="B")
def stride_2():
    reason = inverted_residual(16, 16, stride=2, size=SIZE).no_shortcut_because
    prompt = "A block with stride 2 has 16 channels in and 16 out. Does it have a shortcut?"
    return prompt, {
        "Yes: the channels are equal": f"Equal channels are not enough: {reason}, and tensors of different height "
        "and width cannot be added.",
        "No": f"It has none, even though the channels are equal: {reason}.",
        "Yes, through a 1\u00d71 convolution that makes the shapes match": "ResNet does that. MobileNetV2 has no "
        "such layer: where shapes differ, it has no shortcut.",
    }


@question("05-inverted", right="C")
def inverted():
    prompt = "Compare the two drawings. What is inverted in an inverted residual?"
    return prompt, {
        "The shortcut is subtracted instead of added": "It is added in both: the line above each block says input "
        "+ output. Look at the widths.",
        "The order of the convolutions: depthwise first": "Both blocks go 1\u00d71, 3\u00d73, 1\u00d71; here, "
        "too, the 3\u00d73 step is in the middle. Look at the widths.",
        "The widths: it is narrow at the ends and wide in the middle": "ResNet's block is wide at its ends. So "
        "its shortcut joins wide ends, while this one joins narrow ends.",
    }


@exercise(
    "05-block-macs",
    "Add up three steps. Each takes its weights times its output pixels, at its own size.",
    "The expansion runs on size * size pixels, depthwise and projection on (size // stride) ** 2.",
    praise="At stride 1 it is the paper's formula.",
)
@formula(product((16, 24), (24,), (1, 2), (2, 6), (8, 56)), "{} -> {} channels, stride {}, t = {}, size {}")
def _block_macs(c_in, c_out, s, t, size):
    e, d, p = (step.cost.macs for step in inverted_residual(c_in, c_out, s, t, size=(size, size)))
    return e + d + p, [
        (2 * (e + d + p), "Those are FLOPs, two per MAC."),
        (d + p, "The expansion is missing."),
        (e + p, "The depthwise step is missing."),
        (e + d, "The projection is missing."),
        (e + (d + p) * s**2, "The stride is missing: which steps run on fewer pixels?"),
        (e // s**2 + d + p, "The expansion comes before the stride and runs on all pixels."),
        (e + d * s**2 + p, "The depthwise step has the stride: count its output pixels."),
        (e + d + p * s**2, "The projection comes after the stride and runs on fewer pixels."),
        (e + (d + p) * s, "A stride makes both height and width smaller."),
    ]


@exercise(
    "05-first-block",
    "At ratio 1 there is no expansion; only the depthwise step and the projection remain.",
    "conv_bn_relu6(32, 32, 3, groups=32), then nn.Conv2d(32, 16, 1, bias=False) and nn.BatchNorm2d(16).",
    praise="These are the weights that torchvision calls features.1.conv.",
)
def _first_block(answer) -> str | None:
    import torch  # needed by this exercise and the next only
    from torch import nn
    from torch.nn.functional import conv2d, relu, relu6

    from ..modules.counter import count

    block = deepcopy(answer if isinstance(answer, nn.Module) else call(answer))
    plan = inverted_residual(32, 16, expand_ratio=1, size=(112, 112))
    counted = count(block, (32, 112, 112))
    cost, got = counted.cost, counted.layers[-1].output_shape
    if got != plan.output_shape:
        return f"an input of (1, 32, 112, 112) gives {got}, not {plan.output_shape}."
    if cost.biases:
        return (
            f"it has {cost.biases} biases. Batch norm follows each convolution and has its own beta, so set bias=False."
        )
    if cost.weights == plan.cost.weights + 32 * 32:
        return "it has 32 \u00d7 32 weights too many. At ratio 1 the published network has no 1\u00d71 expansion."
    if cost.weights == plan["project"].cost.weights + 32 * 32 * 9:
        return "its 3\u00d73 convolution reads all 32 channels at once. Depthwise needs groups=32."
    if cost.weights != plan.cost.weights:
        return f"its convolutions have {cost.weights:,} weights, not {plan.cost.weights:,}."
    if cost.norm != plan.cost.norm:
        return f"its batch norms have {cost.norm} params, not {plan.cost.norm}: one follows each convolution."

    block.eval()
    convs = {m.groups: m for m in block.modules() if isinstance(m, nn.Conv2d)}
    norms = {m.num_features: m for m in block.modules() if isinstance(m, nn.BatchNorm2d)}
    with torch.random.fork_rng(devices=[]), torch.no_grad():  # new batch norms would change nothing
        torch.manual_seed(0)
        for norm in norms.values():
            for tensor in (norm.weight, norm.bias, norm.running_mean):
                tensor.normal_()
            norm.running_var.uniform_(0.5, 2)
    order = f"it runs {', '.join(layer.type for layer in counted.layers)}"
    if not {1, 32} <= set(convs) or not {16, 32} <= set(norms):
        return f"{order}: where are the depthwise step, the projection and a batch norm after each?"
    x = 20 * torch.randn(2, 32, 8, 8, generator=torch.Generator().manual_seed(0))  # beyond 6, too

    def depthwise(x):
        return conv2d(x, convs[32].weight, padding=1, groups=32)

    def project(x):
        return conv2d(x, convs[1].weight)

    inner, outer = norms[32], norms[16]
    known = [
        ([depthwise, inner, relu6, project, outer], ""),  # the right one
        ([depthwise, inner, relu6, project, outer, relu6], "it ends in an activation; the bottleneck is linear."),
        ([depthwise, inner, relu6, project, outer, relu], "it ends in an activation; the bottleneck is linear."),
        ([depthwise, relu6, inner, project, outer], "ReLU6 comes after batch norm, not before it."),
        ([depthwise, inner, relu, project, outer], "its activation is ReLU, not ReLU6."),
        (
            [depthwise, inner, project, outer],
            "it has no activation: ReLU6 should follow the depthwise step's batch norm.",
        ),
    ]
    with torch.no_grad():
        outputs = [(reduce(lambda y, step: step(y), steps, x), words) for steps, words in known]
        order = f"{order}, but not in the order depthwise, batch norm, ReLU6, projection, batch norm."
        return _words_beside(block(x), outputs, order) or None


def _words_beside(given, known, otherwise: str) -> str:
    """The words beside the first tensor of ``known`` that equals the ``given`` one."""
    import torch

    return next((words for tensor, words in known if torch.allclose(given, tensor, rtol=1e-4, atol=1e-4)), otherwise)


@exercise(
    "05-fold",
    "In evaluation mode, batch norm computes scale * y + shift per channel. Write down scale and shift from its formula.",
    "scale = norm.weight / torch.sqrt(norm.running_var + norm.eps). Multiply each kernel by its channel's scale: "
    "conv.weight * scale[:, None, None, None]. What remains is the bias.",
    praise="Two layers have become one. PyTorch offers this as torch.nn.utils.fusion.fuse_conv_bn_eval.",
)
def _fold(answer) -> str | None:
    import torch
    from torch import nn

    for settings in ({"in_channels": 4, "padding": 1}, {"in_channels": 6, "groups": 6, "stride": 2}):
        with torch.random.fork_rng(devices=[]), torch.no_grad():  # the reader's random numbers go on as they would
            torch.manual_seed(0)
            conv = nn.Conv2d(out_channels=6, kernel_size=3, bias=False, **settings).eval()
            norm = nn.BatchNorm2d(6, eps=0.001).eval()
            for tensor in (norm.weight, norm.bias, norm.running_mean):
                tensor.normal_()
            norm.running_var.copy_(torch.logspace(-3, 0, 6))  # some as small as eps
            x = torch.randn(2, conv.in_channels, 9, 9)
            original, expected = deepcopy((conv, norm)), norm(conv(x))
        folded = call(answer, conv, norm)
        if not isinstance(folded, nn.Conv2d):
            if not isinstance(folded, tuple | list) or len(folded) != 2:
                return f"it must return two things, weight and bias; it returned a single {type(folded).__name__}."
            weight, bias = (torch.as_tensor(0.0 if part is None else part).detach().float() for part in folded)
            if weight.shape != original[0].weight.shape or bias.shape not in ((), (6,)):
                return f"with 6 output channels it returns weight and bias of shapes {tuple(weight.shape)} and {tuple(bias.shape)}, not {tuple(original[0].weight.shape)} and (6,)."
            folded = deepcopy(original[0])
            folded.weight, folded.bias = nn.Parameter(weight), nn.Parameter(bias.expand(6).clone())
        with torch.no_grad():
            outputs = folded(x)
            if outputs.shape != expected.shape:
                return f"it gives outputs of shape {tuple(outputs.shape)}, not {tuple(expected.shape)}: keep stride, padding and groups."
            if not torch.allclose(outputs, expected, rtol=1e-3, atol=1e-3):
                difference = (outputs - expected).abs().max()
                return f"the outputs differ by up to {difference:.2g}. {_fold_mistake(folded, *original)}"
    return None


def _fold_mistake(folded, conv, norm) -> str:
    """What is wrong with the folded convolution, in words, where it is a common mistake."""
    import torch

    weight, bias = folded.weight, torch.zeros(6) if folded.bias is None else folded.bias
    gamma, beta, mean, var, eps = norm.weight, norm.bias, norm.running_mean, norm.running_var, norm.eps
    scale = gamma / (var + eps).sqrt()
    scales = [
        (gamma / var.sqrt(), "eps is missing: it is added to the variance before the square root."),
        (gamma / (var + 1e-5).sqrt(), f"eps is not always 1e-5: here norm.eps is {eps}."),
        (gamma / (var.sqrt() + eps), "eps is added to the variance, before the square root."),
        (gamma / (var + eps), "Divide by the standard deviation, which is the square root of the variance."),
        (gamma / var, "Divide by the standard deviation, which is the square root of the variance."),
        (1 / (var + eps).sqrt(), "The weight must also be multiplied by gamma, which is norm.weight."),
        (gamma, "The weight must also be divided by the standard deviation."),
        (gamma * (var + eps).sqrt(), "Divide by the standard deviation instead of multiplying by it."),
        (torch.ones(6), "The weight is unchanged, but batch norm scales the output."),
        (scale, ""),  # the right one
    ]
    biases = [
        (torch.zeros(6), "The weight is right, but the bias is missing."),
        (beta, "The weight is right, but the running mean is missing from the bias."),
        (-mean * scale, "The weight is right, but beta, norm.bias, is missing from the bias."),
        (beta - mean, "The weight is right, but in the bias the running mean must also be scaled."),
        (beta + mean * scale, "The weight is right, but in the bias the running mean is subtracted, not added."),
        (beta * scale - mean * scale, "The weight is right, but beta is added after the scaling, so it is not scaled."),
    ]
    kernels = [(wrong[:, None, None, None] * conv.weight, words) for wrong, words in scales]
    wrong = _words_beside(weight, kernels, "The weight is not right.")
    return wrong or _words_beside(bias, biases, "The weight is right, but the bias is not.")
