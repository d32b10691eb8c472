"""Questions and exercises of 07_cost_is_not_speed. The times told are those of the stored run."""

from ..experiments.timings import bytes_moved, intensity, stored, timed_plan
from .kinds import Exercise, Option, Question, call


def how_fast() -> Question:
    results, setting = stored(), (128, 28)
    macs = results.find("standard", setting).macs / results.find("separable", setting).macs
    time = results.speedup(setting)
    return Question(
        f"128 to 128 channels at 28\u00d728, one image at a time, contiguous: the separable form has {macs:.1f} times fewer MACs. And how much less time "
        "does it take?",
        [
            Option(
                f"{macs:.0f} times less, or nearly",
                f"On the machine of the stored run it was {time.median:.1f} times less. MACs are not all that takes "
                "time.",
            ),
            Option(
                "No less: depthwise layers are slow",
                f"A MAC in a depthwise layer does take longer, but there are so few that it pays: {time.median:.1f} "
                "times less time on the machine of the stored run.",
            ),
            Option(
                "2 to 5 times less",
                f"On the machine of the stored run it was {time.median:.1f} times less; now look at yours.",
                right=True,
            ),
        ],
    )


def more_channels() -> Question:
    narrow, wide = (intensity(timed_plan("depthwise", channels, 56)) for channels in (64, 128))
    return Question(
        "A depthwise 3\u00d73 layer gets twice as many channels. Its MACs for each byte that it moves",
        [
            Option(
                "stay as they are",
                f"MACs and bytes both double: {narrow:.2f} and {wide:.2f}. Each number that is read is used for k\u00b2 "
                "MACs and no more, however many channels there are.",
                right=True,
            ),
            Option(
                "double, as the layer has more work to do",
                f"It has twice the MACs, but it also reads and writes twice the maps: {narrow:.2f} and {wide:.2f}.",
            ),
            Option(
                "are halved, as more memory is needed",
                f"Twice the bytes, but twice the MACs as well: {narrow:.2f} and {wide:.2f}.",
            ),
        ],
    )


def narrow_network() -> Question:
    results, setting = stored(), (0.35, 224)
    macs = results.find("network", setting).macs / results.find("network", (1.0, 224)).macs
    time = results.network_share(setting)
    return Question(
        f"MobileNetV2 at width 0.35 has {macs:.0%} of the MACs of width 1.0. One image at a time, it takes about",
        [
            Option(
                f"{macs:.0%} of the time",
                f"In the stored run it took {time.median:.0%}: the narrower its layers, the fewer MACs for each byte, "
                "and each of the layers has a fixed cost of being called.",
            ),
            Option("half the time", f"In the stored run it took {time.median:.0%}.", right=True),
            Option(
                "the same time",
                f"Not quite as bad: in the stored run it took {time.median:.0%}.",
            ),
        ],
    )


def trap() -> Question:
    results, setting = stored(), (64, 56)
    standard, separable = (results.find(what, setting, batch=8) for what in ("standard", "separable"))
    slower = results.speedup(setting, batch=8).median
    return Question(
        f"64 channels, 56\u00d756, batch 8, contiguous: in the stored run the separable form took {1 / slower:.1f} times "
        f"as LONG as the standard one, though {standard.macs / separable.macs:.1f} times fewer MACs. Why?",
        [
            Option(
                "Its MACs for each byte are too few for a batch of 8",
                "They are the same for 8 images as for one, and in the stored run one image did not show this.",
            ),
            Option(
                "torch has no good program for depthwise layers",
                "Then it would be slow at the other sizes too, and with channels_last; it is not.",
            ),
            Option(
                "Its tensors need more memory at once, which the system hands out anew at each call",
                f"One call met {separable.page_faults:,.0f} page faults, the standard one {standard.page_faults:,.0f}. "
                "The next cell shows what happens when the memory is kept.",
                right=True,
            ),
        ],
    )


QUESTIONS = {
    "07-how-fast": how_fast,
    "07-more-channels": more_channels,
    "07-narrow-network": narrow_network,
    "07-trap": trap,
}


def _close(given: object, right: float) -> bool:
    return isinstance(given, (int, float)) and abs(given - right) <= 1e-6 * right


def _depthwise(answer) -> str | None:
    for channels, size in ((32, 112), (512, 7)):
        plan = timed_plan("depthwise", channels, size)
        right, given = intensity(plan), call(answer, channels, size)
        if _close(given, right):
            continue
        case = f"for {channels} channels of {size}x{size} it gives {given!r}"
        if _close(given, plan.cost.macs / (bytes_moved(plan) / 4)):
            return f"{case}: that is for each number. A float32 takes 4 bytes."
        if _close(given, right * 2):
            return f"{case}: twice too much. Are these FLOPs?"
        if _close(given, plan.cost.macs / (4 * (channels * size * size + 9 * channels))):
            return f"{case}: the output, which is written, counts too."
        if _close(given, plan.cost.macs / (8 * channels * size * size)):
            return f"{case}: nearly. The weights have to be read too."
        return f"{case}, not {right:.4f}."
    return None


def _pointwise(answer) -> str | None:
    if answer == 80:
        return None
    return {
        10: "10 channels read 10 numbers of 4 bytes for each pixel, and write as many.",
        40: "a layer reads its input and also writes its output.",
        20: "a number takes 4 bytes, and output is written as well as input read.",
    }.get(answer, f"{answer!r} is not it. For each pixel there are C \u00b7 C MACs and 2 \u00b7 4 \u00b7 C bytes.")


def _fused(answer) -> str | None:
    for channels, size in ((32, 112), (512, 7)):
        plan = timed_plan("separable", channels, size)
        between = 4 * 2 * channels * size * size
        right, given = bytes_moved(plan) - between, call(answer, channels, size)
        if _close(given, right):
            continue
        case = f"for {channels} channels of {size}x{size} it gives {given!r}"
        if _close(given, bytes_moved(plan)):
            return f"{case}: that is with the map in between written and read again."
        if _close(given, bytes_moved(plan) - between / 2):
            return f"{case}: the map in between is both written and read, and both fall away."
        if _close(given, between):
            return f"{case}: the weights of both layers have to be read too."
        return f"{case}, not {right}."
    return None


def _fused_praise() -> str:
    plan = timed_plan("separable", 32, 112)
    fused = bytes_moved(plan) - 8 * 32 * 112 * 112
    return (
        f"At 32 channels and 112x112 that is {fused / bytes_moved(plan):.0%} of the bytes, so "
        f"{plan.cost.macs / fused:.1f} MACs a byte instead of {intensity(plan):.1f}. Programs for phones do this."
    )


EXERCISES = {
    "07-depthwise": Exercise(
        _depthwise,
        (
            "MACs: 9 for each output number. Numbers moved: input, output and 9 weights a channel.",
            "9 * channels * size**2 / (4 * (2 * channels * size**2 + 9 * channels))",
        ),
        "On a large map the weights do not matter, and it is 9 / 8 whatever the channels.",
    ),
    "07-pointwise": Exercise(
        _pointwise,
        (
            "For each pixel there are C times C MACs; C numbers are read and C are written, of 4 bytes each.",
            "C * C / (8 * C) = C / 8.",
        ),
        "C / 8 MACs a byte: the wider a pointwise layer, the better it uses the machine.",
    ),
    "07-fused": Exercise(
        _fused,
        (
            "Read the input, write the output, read the weights of both layers. All else stays inside.",
            "4 * (2 * channels * size**2 + 9 * channels + channels**2)",
        ),
        _fused_praise(),
    ),
}
