"""Questions and exercises of 07_cost_is_not_speed. Times in the feedback are those of the stored run."""

from statistics import median

from ..experiments.timings import bytes_moved, intensity, stored, timed_plan
from .kinds import exercise, formula, question

CASES = ((32, 112), (512, 7))  # channels and size, at which the reader's formulas are tried


@question("07-how-fast", right="C")
def how_fast():
    results, setting = stored(), (128, 28)
    macs = results.find("standard", setting).macs / results.find("separable", setting).macs
    time = results.speedup(setting).median
    prompt = (
        f"128 to 128 channels at 28\u00d728, one image at a time: the separable form has {macs:.1f}x fewer MACs. How much "
        "less time does it take?"
    )
    return prompt, {
        f"{macs:.0f}x less, or nearly": "That is what the MACs promise. On the machine of the stored run it was "
        f"{time:.1f}x, so something other than MACs takes time.",
        "No less: depthwise layers are slow": "A MAC in a depthwise layer does take longer, but there are few of "
        f"them: {time:.1f}x less time on the machine of the stored run.",
        "2x to 5x less": f"On the machine of the stored run it was {time:.1f}x. Now look at yours.",
    }


@question("07-more-channels", right="A")
def more_channels():
    narrow, wide = (intensity(timed_plan("depthwise", channels, 56)) for channels in (64, 128))
    prompt = "A depthwise 3\u00d73 layer gets twice as many channels. What happens to its MACs per byte moved?"
    return prompt, {
        "They stay the same": f"MACs and bytes both double: {narrow:.2f} before and {wide:.2f} after. Each input "
        "element is used for at most k\u00b2 MACs, however many channels there are.",
        "They double, because the layer has more work to do": "It has twice the MACs, but it also reads and "
        f"writes twice as many feature maps: {narrow:.2f} before and {wide:.2f} after.",
        "They halve, because more memory is needed": "It moves twice the bytes, but it has twice the MACs as "
        f"well: {narrow:.2f} before and {wide:.2f} after.",
    }


@question("07-narrow-network", right="C")
def narrow_network():
    results, setting = stored(), (0.35, 224)
    macs = results.find("network", setting).macs / results.find("network", (1.0, 224)).macs
    time = results.network_share(setting).median
    prompt = (
        f"MobileNetV2 at width 0.35 has {macs:.0%} of the MACs of width 1.0. One image at a time, what share of the time does "
        "it take in the stored run?"
    )
    return prompt, {
        f"Less than {macs:.0%}: small tensors fit into a cache": f"It took {time:.0%}. Some small tensors may "
        "well stay in a cache, but there are as many calls as before, and fewer MACs per byte.",
        f"About {macs:.0%}, as the MACs suggest": f"It took {time:.0%}. Its pointwise layers do fewer MACs per "
        "byte, and it has as many calls as the wide network.",
        f"Well over {macs:.0%}": f"It took {time:.0%}. Fewer MACs per byte and as many calls as before: both "
        "point this way.",
    }


@question("07-trap", right="C")
def trap():
    results, setting = stored(), (64, 56)
    standard, depthwise, separable = (
        results.find(what, setting, batch=8) for what in ("standard", "depthwise", "separable")
    )
    alone = median(depthwise.seconds) / median(standard.seconds)
    few, many = (intensity(separable.plan, batch) for batch in (1, 8))
    prompt = (
        "Each of the two layers alone takes a small part of the standard convolution's time. One after the other they take "
        f"{1 / results.speedup(setting, batch=8).median:.1f}x its time. Which explanation fits both facts?"
    )
    return prompt, {
        "Separable layers do too few MACs per byte": "That would slow down each layer alone as well. And eight "
        f"images move no more bytes per MAC than one: {few:.2f} and {many:.2f} MACs per byte.",
        "Torch's kernel for depthwise layers is poor": "It may well be; see how far it stays below its roof. But "
        f"on its own, the depthwise layer takes {alone:.0%} of the standard convolution's time, so a poor kernel "
        "cannot be what makes the pair so slow.",
        "The pair needs more memory at once, which the system hands out anew at each call": "This happens only "
        f"when both run. One call of the pair had {separable.page_faults:,.0f} page faults, one of the standard "
        f"convolution {standard.page_faults:,.0f}. The next cell shows what happens when the memory is kept.",
    }


@exercise(
    "07-depthwise",
    "MACs: 9 per output number. Numbers moved: the input, the output and 9 weights per channel.",
    "9 * channels * size**2 / (4 * (2 * channels * size**2 + 9 * channels))",
    praise="On a large feature map the weights hardly matter, and the intensity is close to 9 / 8 for any number of channels.",
)
@formula(CASES, "{0} channels of {1}\u00d7{1}")
def _depthwise(channels, size):
    plan = timed_plan("depthwise", channels, size)
    right, pixels = intensity(plan), size * size
    one_way = plan.cost.macs / (4 * channels * (pixels + 9))
    return right, [
        (4 * right, "That is per number. A float32 takes 4 bytes."),
        (2 * right, "That is twice the right number. Did you count FLOPs?"),
        (one_way, "Only the input or only the output is counted. One is read, the other is written."),
        (plan.cost.macs / (8 * channels * pixels), "Almost. The weights have to be read too."),
    ]


@exercise(
    "07-pointwise",
    "Per pixel there are C times C MACs; C numbers are read and C are written, at 4 bytes each.",
    "C * C / (8 * C) = C / 8.",
    praise="C / 8 MACs per byte: the wider a pointwise layer, the less it has to wait for memory.",
)
def _pointwise(answer) -> str | None:
    if answer == 80:
        return None
    reasons = {
        10: "Per number read it would be 10, but a float32 takes 4 bytes, and the output is written as well.",
        20: "Per number it would be 10, but a float32 takes 4 bytes.",
        40: "Did you leave out the output, or count FLOPs?",
        160: "A float32 takes 4 bytes, not 8.",
    }
    if not isinstance(answer, int) or answer < 1:
        return f"the number of channels is a whole number, 1 or more, not {answer!r}."
    return f"{answer} channels do {answer / 8:g} MACs per byte. {reasons.get(answer, '')}".rstrip()


def _fused_praise() -> str:
    plan = timed_plan("separable", 32, 112)
    fused = bytes_moved(plan) - 8 * 32 * 112 * 112
    return (
        f"At 32 channels and 112\u00d7112 that is {fused / bytes_moved(plan):.0%} of the bytes, so "
        f"{plan.cost.macs / fused:.1f} MACs per byte instead of {intensity(plan):.1f}."
    )


@exercise(
    "07-fused",
    "It reads the input and the weights of both layers, and writes the output. The rest never leaves the kernel.",
    "4 * (2 * channels * size**2 + 9 * channels + channels**2)",
    praise=_fused_praise(),
)
@formula(CASES, "{0} channels of {1}\u00d7{1}")
def _fused(channels, size):
    whole, between = bytes_moved(timed_plan("separable", channels, size)), 4 * 2 * channels * size * size
    half = whole - between / 2
    return whole - between, [
        (whole, "That includes writing the feature map in between and reading it again."),
        (half, "The feature map in between is neither written nor read. You left out only one of the two."),
        ((whole - between) / 4, "Those are numbers, not bytes. A float32 takes 4 bytes."),
        (between, "The weights of both layers have to be read too."),
    ]
