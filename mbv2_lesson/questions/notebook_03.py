"""Questions and exercises of 03_what_is_given_up."""

from ..plans import check_int, depthwise_separable, standard_conv
from .kinds import call, exercise, question

SIZE = (56, 56)


@question("03-same-function", right="A")
def same_function():
    separable, standard = (plan(16, 32, size=SIZE).cost.params for plan in (depthwise_separable, standard_conv))
    prompt = "A depthwise and then a pointwise convolution, with nothing in between: is there a single standard convolution that gives the same outputs?"
    return prompt, {
        "Yes, for every choice of the weights": f"Each of its {standard:,} weights is a product of two of the "
        f"{separable}: one depthwise, one pointwise.",
        "No: two layers can always do more than one": "Both steps only multiply by weights and add, and two such "
        "steps amount to one. They could do more only with something else in between, such as an activation.",
        "Yes, and every standard convolution can be split like this too": "It does not work the other way around: "
        f"{separable} numbers cannot express everything that {standard:,} can.",
    }


@question("03-rank", right="C")
def rank():
    prompt = "What is the smallest depth multiplier M for which the separable form can equal any 3\u00d73 convolution from 16 to 32 channels?"
    return prompt, {
        "2": "Two patterns mix into a plane of kernels, but a 3\u00d73 kernel is any point in nine dimensions.",
        "32, one for each output channel": "That would be enough. But the 32 kernels that read one input channel "
        "are lists of nine numbers, and nine patterns suffice.",
        f"{3 * 3}, the number of weights in 3\u00d73": "Nine patterns can be mixed into any 3\u00d73 kernel, just "
        "as nine directions span a space of nine dimensions.",
        "No M is enough": "M = 9 is enough: take one pattern per position, with a 1 there and zeros elsewhere. "
        "They can be mixed into any 3\u00d73 kernel.",
    }


@question("03-price", right="C")
def price():
    standard = standard_conv(16, 32, size=SIZE).cost.params
    exact = depthwise_separable(16, 32, depth_multiplier=9, size=SIZE).cost.params
    prompt = f"With M = 9, nothing is given up. How many weights do the depthwise and pointwise steps then have together, compared with the {standard:,} of the standard convolution?"
    return prompt, {
        "Still fewer: separable is always cheaper": "Each unit of M adds weights to both steps. At M = 9 there "
        f"are {exact:,}, more than {standard:,}.",
        "Exactly as many: the same functions take the same number of weights": "It can compute the same "
        f"functions, but with weights to spare: {exact:,}.",
        "More": f"{exact:,}: the pointwise step alone has 16 \u00d7 9 \u00d7 32 weights, as many as the whole "
        "standard convolution, and the depthwise kernels add to that.",
    }


@exercise(
    "03-merge-many",
    "Several paths now lead from i to o, one through each of the M maps of channel i. What happens to their kernels?",
    "They add up. PyTorch puts the maps of a channel side by side: channel i makes maps i * M to i * M + M - 1.",
    "Compute the (C_out, C_in * M, k, k) kernels of all maps, then .unflatten(1, (-1, M)).sum(dim=2).",
    praise="It is a sum of M patterns per input channel, so its rank is at most M.",
)
def _merge_many(answer) -> str | None:
    import torch  # needed by this exercise only

    generator = torch.Generator().manual_seed(0)
    for c_in, c_out, m in ((3, 4, 1), (3, 4, 2), (2, 5, 3)):
        depthwise = torch.randn(c_in * m, 1, 3, 3, generator=generator)
        pointwise = torch.randn(c_out, c_in * m, 1, 1, generator=generator)
        paths = pointwise * depthwise.transpose(0, 1)  # (C_out, C_in * M, k, k), one kernel per map
        right = paths.unflatten(1, (c_in, m)).sum(dim=2)
        given = call(answer, depthwise, pointwise, m)
        case = f"for {c_in} -> {c_out} channels with M = {m}"
        if not isinstance(given, torch.Tensor):
            return f"{case} it gives a value of type {type(given).__name__}, not a tensor."
        if given.shape != right.shape:
            why = ""
            if given.shape == paths.shape:
                why = f" Add up the {m} maps that come from the same channel."
            elif given.shape == right.transpose(0, 1).shape:
                why = " Output channels come first."
            return f"{case} the shape is {tuple(given.shape)}, not {tuple(right.shape)}.{why}"
        given = given.to(right)
        if m > 1 and torch.allclose(given, paths.unflatten(1, (m, c_in)).sum(dim=1), atol=1e-4):
            return f"{case} maps 0, {c_in}, ... are added up. The maps of a channel are neighbors: 0 to {m - 1} belong together."
        if m > 1 and torch.allclose(given, right / m, atol=1e-4):
            return f"{case} you take the mean of the {m} maps. The pointwise step adds them up."
        if not torch.allclose(given, right, atol=1e-4):
            why = (
                "Which maps does channel 0 make?" if m > 1 else "M = 1 is the case that the notebook itself works out."
            )
            return f"{case} the shape is right, but the weights differ. {why}"
    return None


@exercise(
    "03-break-even",
    "Write down both counts: c_in * c_out * k * k for the standard layer, and the separable one with M in both of its steps.",
    "Each unit of M costs c_in * k * k + c_in * c_out weights. How many units fit below the standard count?",
    praise="Compare it with k * k, the M that an exact copy would take.",
)
def _break_even(answer) -> str | None:
    try:
        answer = check_int(answer, "the multiplier")
    except (TypeError, ValueError) as error:
        return f"{error}."
    standard = standard_conv(24, 64, 5, size=SIZE).cost.params

    def weights(m: int) -> int:
        return depthwise_separable(24, 64, 5, depth_multiplier=m, size=SIZE).cost.params

    if weights(answer) >= standard:
        why = ""
        if answer == 5 * 5:
            why = " With k * k it can reproduce any kernel exactly, but that takes more weights than the standard layer has."
        elif 24 * 64 * answer < standard <= 24 * 64 * (answer + 1):
            why = " Did you count the depthwise kernels too?"
        elif answer in ((standard - 24 * 64) // (24 * 25), -(-(standard - 24 * 64) // (24 * 25))):
            why = " Does the pointwise step grow with M too?"
        elif weights(answer - 1) < standard:
            why = " Round down: it must stay below."
        return f"M = {answer} needs {weights(answer):,} weights, the standard convolution {standard:,}.{why}"
    if weights(answer + 1) < standard:
        return f"M = {answer} is cheaper, but so is M = {answer + 1}: {weights(answer + 1):,} against {standard:,}."
    return None
