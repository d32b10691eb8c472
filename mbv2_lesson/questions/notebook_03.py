"""Questions and exercises of 03_what_is_given_up."""

from ..plans import check_int, depthwise_separable, standard_conv
from .kinds import Exercise, Option, Question, call

SIZE = (56, 56)


def same_function() -> Question:
    separable, standard = (plan(16, 32, size=SIZE).cost.params for plan in (depthwise_separable, standard_conv))
    return Question(
        "Depthwise and then pointwise, with nothing in between: is there one standard convolution that gives the same outputs?",
        [
            Option(
                "Yes, for every choice of the weights",
                f"Its {standard:,} weights are products of the {separable} weights of the two steps.",
                right=True,
            ),
            Option(
                "No: two layers can always do more than one",
                "Only with an activation in between. Without one, both steps are linear, and two linear steps are one.",
            ),
            Option(
                "Yes, and every standard convolution can be split like this too",
                f"Not the other way round: {separable} numbers cannot hold whatever {standard:,} numbers can.",
            ),
        ],
    )


def rank() -> Question:
    return Question(
        "How large must the depth multiplier M be so that the separable form can be any 3\u00d73 convolution from 16 to 32 channels?",
        [
            Option(
                "2",
                "Two patterns for each input channel are more than one, but 3\u00d73 has room for nine independent ones.",
            ),
            Option(
                "32, one for each output channel",
                "That would do, but the 32 kernels for one input channel are vectors of nine numbers: nine patterns suffice.",
            ),
            Option(
                f"{3 * 3}, the number of weights in 3\u00d73",
                "Nine patterns can be mixed into any 3\u00d73 kernel, as nine directions span a space of nine dimensions.",
                right=True,
            ),
            Option("No M is enough", "Nine independent patterns can be mixed into any 3\u00d73 kernel at all."),
        ],
    )


def price() -> Question:
    standard = standard_conv(16, 32, size=SIZE).cost.params
    exact = depthwise_separable(16, 32, depth_multiplier=9, size=SIZE).cost.params
    return Question(
        f"With M = 9 nothing is given up. How do the weights of depthwise + pointwise then compare to the {standard:,} of the standard convolution?",
        [
            Option(
                "Still fewer: separable is always cheaper",
                f"Each unit of M is paid for in both steps. At M = 9 it is {exact:,}, more than {standard:,}.",
            ),
            Option(
                "Exactly as many: the same function, the same number of weights",
                f"It can do the same, but with weights to spare: {exact:,}.",
            ),
            Option(
                "More",
                f"{exact:,}: the pointwise step alone has 16 \u00d7 9 \u00d7 32 weights, as many as the whole standard "
                "convolution, and the depthwise kernels come on top.",
                right=True,
            ),
        ],
    )


QUESTIONS = {"03-same-function": same_function, "03-rank": rank, "03-price": price}


def _merge(answer) -> str | None:
    import torch  # needed by this exercise only

    generator = torch.Generator().manual_seed(0)
    for c_in, c_out, k in ((3, 4, 3), (5, 2, 1), (4, 4, 3)):
        depthwise = torch.randn(c_in, 1, k, k, generator=generator)
        pointwise = torch.randn(c_out, c_in, 1, 1, generator=generator)
        given = call(answer, depthwise, pointwise)
        case = f"for {c_in} -> {c_out} channels, {k}x{k}"
        if not isinstance(given, torch.Tensor):
            return f"{case} it gives {given!r}, not a tensor."
        right = (c_out, c_in, k, k)
        if tuple(given.shape) == (c_in, c_out, k, k) != right:
            return f"{case} the shape is {tuple(given.shape)}: output channels come first, {right}."
        if tuple(given.shape) != right:
            return f"{case} the shape is {tuple(given.shape)}, not {right}."
        x = torch.randn(1, c_in, 6, 6, generator=generator)
        steps = torch.nn.functional.conv2d(torch.nn.functional.conv2d(x, depthwise, groups=c_in), pointwise)
        if not torch.allclose(torch.nn.functional.conv2d(x, given), steps, atol=1e-4):
            return f"{case} the shape is right, but the outputs differ. Which weights lie on the path from i to o?"
    return None


def _merge_many(answer) -> str | None:
    import torch  # needed by this exercise only

    generator = torch.Generator().manual_seed(0)
    for c_in, c_out, m in ((3, 4, 1), (3, 4, 2), (2, 5, 3)):
        depthwise = torch.randn(c_in * m, 1, 3, 3, generator=generator)
        pointwise = torch.randn(c_out, c_in * m, 1, 1, generator=generator)
        given = call(answer, depthwise, pointwise, m)
        case = f"for {c_in} -> {c_out} channels with M = {m}"
        if not isinstance(given, torch.Tensor):
            return f"{case} it gives {given!r}, not a tensor."
        paths = pointwise * depthwise.transpose(0, 1)  # (C_out, C_in * M, k, k), one kernel for each map
        if given.shape == paths.shape and m > 1:
            return f"{case} the shape is {tuple(given.shape)}: add up the {m} maps that come from the same channel."
        right = paths.unflatten(1, (c_in, m)).sum(dim=2)
        if given.shape != right.shape:
            return f"{case} the shape is {tuple(given.shape)}, not {tuple(right.shape)}."
        if torch.allclose(given, paths.unflatten(1, (m, c_in)).sum(dim=1), atol=1e-4) and m > 1:
            return f"{case} maps 0, {c_in}, ... are added up. The maps of a channel are neighbours: 0 to {m - 1} first."
        if not torch.allclose(given, right, atol=1e-4):
            return f"{case} the shape is right, but the weights differ. Which maps does channel 0 make?"
    return None


def _break_even(answer) -> str | None:
    answer = check_int(answer, "the multiplier")
    standard = standard_conv(24, 64, 5, size=SIZE).cost.params

    def weights(m: int) -> int:
        return depthwise_separable(24, 64, 5, depth_multiplier=m, size=SIZE).cost.params

    if weights(answer) >= standard:
        why = ""
        if answer == 5 * 5:
            why = " With k * k you can be any kernel exactly, but that is more than the standard layer costs."
        elif 24 * 64 * answer < standard <= 24 * 64 * (answer + 1):
            why = " Did you count the depthwise kernels too?"
        elif weights(answer - 1) < standard:
            why = " Round down: it must stay below."
        return f"M = {answer} needs {weights(answer):,} weights, the standard convolution {standard:,}.{why}"
    if weights(answer + 1) < standard:
        return f"M = {answer} is cheaper, but so is M = {answer + 1}: {weights(answer + 1):,} against {standard:,}."
    return None


EXERCISES = {
    "03-merge": Exercise(
        _merge,
        (
            "The merged kernel at (o, i) is a 3x3 table. Which two weights make it?",
            "kernel[o, i] = pointwise[o, i, 0, 0] * depthwise[i, 0]. Loops are fine; einsum or broadcasting is shorter.",
        ),
        "With this you can fold any linear separable layer into one convolution.",
    ),
    "03-break-even": Exercise(
        _break_even,
        (
            "Write both counts down: standard c_in * c_out * k * k, separable with M in both of its steps.",
            "Each unit of M costs c_in * k * k + c_in * c_out weights. How many units fit below the standard count?",
        ),
        "Compare it with k * k, which exactness would need.",
    ),
    "03-merge-many": Exercise(
        _merge_many,
        (
            "Several paths lead from i to o now, one through each of the M maps of channel i. What happens to their kernels?",
            "They add up. PyTorch puts the maps of a channel side by side: channel i makes maps i * M to i * M + M - 1.",
            "The (C_out, C_in * M, k, k) kernels of all maps, then .unflatten(1, (-1, M)).sum(dim=2).",
        ),
        "A sum of M patterns for each input channel: rank M at most.",
    ),
}
