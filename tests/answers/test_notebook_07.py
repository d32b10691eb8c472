"""Notebook 07: right answers in every form, the words for typical wrong ones, and what its text says of stored runs."""

import re
import statistics
from itertools import pairwise

import numpy as np
import torch
from common import (  # noqa: F401
    test_a_right_answer_is_right_in_any_form,
    test_a_wrong_answer_is_told_what_is_wrong_with_it,
    test_no_question_and_no_exercise_is_left_out,
    test_the_feedback_speaks_of_its_option,
)

from mbv2_lesson.experiments import timings
from mbv2_lesson.experiments.timings import intensity, stored, timed_plan
from mbv2_lesson.plans import mobilenet_v2
from mbv2_lesson.questions import EXERCISES, ask, check, hint


def depthwise_in_bytes(channels, size):
    read = 4 * (channels * size**2 + 9 * channels)
    written = 4 * channels * size**2
    return 9 * channels * size**2 / (read + written)


def fused(channels, size):
    return 4 * (2 * channels * size**2 + 9 * channels + channels**2)


RIGHT = {
    "07-depthwise": [
        depthwise_in_bytes,
        lambda c, n: 9 / (8 + 36 / n**2),
        lambda c, n: np.float32(depthwise_in_bytes(c, n)),
        lambda c, n: torch.tensor(depthwise_in_bytes(c, n)),
    ],
    "07-pointwise": [
        80,
        80.0,
        10 / 0.1 * 0.8,
        np.int64(80),
        torch.tensor(80),
    ],
    "07-fused": [
        fused,
        lambda c, n: np.float64(fused(c, n)),
        lambda c, n: torch.tensor(fused(c, n)),
        lambda c, n: timings.bytes_moved(timed_plan("separable", c, n)) - 8 * c * n * n,
    ],
}


WRONG = [
    ("07-depthwise", lambda c, n: 4 * depthwise_in_bytes(c, n), "That is per number"),
    ("07-depthwise", lambda c, n: 2 * depthwise_in_bytes(c, n), "FLOPs"),
    ("07-depthwise", lambda c, n: 9 * n**2 / (4 * (n**2 + 9)), "Only the input or only the output"),
    ("07-depthwise", lambda c, n: 9 / 8, "The weights have to be read too"),
    ("07-depthwise", lambda c, n: 9 * c, "not 1.12"),
    ("07-depthwise", lambda c, n: "9/8", "gives '9/8'"),
    ("07-pointwise", 10, "1.25 MACs per byte. Per number read"),
    ("07-pointwise", 20, "2.5 MACs per byte. Per number it would be 10"),
    ("07-pointwise", 40, "5 MACs per byte. Did you leave out the output, or count FLOPs?"),
    ("07-pointwise", 160, "20 MACs per byte. A float32 takes 4 bytes, not 8"),
    ("07-pointwise", 81, "81 channels do 10.125 MACs per byte"),
    ("07-pointwise", -80, "whole number, 1 or more"),
    ("07-pointwise", "80", "whole number, 1 or more, not '80'"),
    (
        "07-fused",
        lambda c, n: timings.bytes_moved(timed_plan("separable", c, n)),
        "and reading it again",
    ),
    ("07-fused", lambda c, n: fused(c, n) + 4 * c * n * n, "only one of the two"),
    ("07-fused", lambda c, n: fused(c, n) / 4, "Those are numbers"),
    ("07-fused", lambda c, n: 8 * c * n * n, "weights of both layers"),
    ("07-fused", lambda c, n: 0, "gives 0, not 3216512"),
]


def test_the_last_hint_leads_to_a_right_answer():
    last = {name: hint(name, len(EXERCISES[name].hints)).message for name in RIGHT}
    for name in ("07-depthwise", "07-fused"):
        assert check(name, eval(f"lambda channels, size: {last[name]}")).passed
    assert "C / 8" in last["07-pointwise"]  # which is 10 for 80
    assert "50% of the bytes, so 5.1 MACs per byte instead of 2.6" in check("07-fused", fused).message


# For each question: words or numbers that the feedback on each option must contain.
FEEDBACK = {
    "07-how-fast": ["MACs promise", "few of them", "look at yours"],
    "07-more-channels": ["both double", "twice the MACs, but", "twice the bytes, but"],
    "07-narrow-network": ["may well stay in a cache", "Its pointwise layers do", "both point this way"],
    "07-trap": ["each layer alone", "depthwise layer takes 11%", "6,240 page faults"],
}


# --- What the text says of the runs that come with the lesson; they are data and do not change. ---

CASES = [(batch, channels_last) for batch in (1, 8) for channels_last in (False, True)]


def at_the_roof(plan, batch=1):
    ceilings = stored().ceilings
    return sum(
        max(batch * step.cost.macs / ceilings.macs, timings.bytes_moved([step], batch) / ceilings.memory)
        for step in plan
    )


def three_ratios(setting):
    standard, separable = (timed_plan(what, *setting) for what in ("standard", "separable"))
    roofline = at_the_roof(standard) / at_the_roof(separable)
    return standard.cost.macs / separable.cost.macs, roofline, stored().speedup(setting).median


def hollow(setting, case):
    return any(stored().find(what, setting, *case).fresh_memory for what in ("standard", "separable"))


def test_separable_is_faster_nearly_everywhere_and_by_less_than_its_macs():
    ratios = {(s, case): stored().speedup(s, *case).median for s in timings.SIZES for case in CASES}
    assert [key for key, ratio in ratios.items() if ratio < 1] == [((64, 56), (8, False))]
    assert all(ratio < three_ratios(s)[0] for (s, _), ratio in ratios.items())
    for case in CASES:  # wider gains more, but for 512 channels in channels_last
        filled = [ratios[s, case] for s in timings.SIZES if not hollow(s, case)]
        rising = [later > earlier for earlier, later in pairwise(filled)]
        assert rising == [True] * (len(rising) - 1) + [not case[1]]
    for s in timings.SIZES:  # eight images are at least as near as one
        for last in (False, True):
            if not hollow(s, (8, last)):
                assert ratios[s, (8, last)] > ratios[s, (1, last)]


def test_the_roofline_explains_the_larger_part_only_on_the_largest_maps():
    steps = {}
    for setting in timings.SIZES:
        promised, roofline, measured = three_ratios(setting)
        assert promised > roofline > measured
        steps[setting] = promised / roofline > roofline / measured
    assert [setting for setting, memory in steps.items() if memory] == [(32, 112)]
    assert [f"{ratio:.1f}" for ratio in three_ratios((128, 28))] == ["8.4", "6.6", "3.1"]


def test_the_standard_convolution_is_nearest_to_its_roof_and_a_layer_can_be_above():
    for setting in timings.SIZES:
        share = {
            kind: at_the_roof(timed_plan(kind, *setting)) / statistics.median(stored().find(kind, setting).seconds)
            for kind in timings.KINDS
        }
        assert max(share, key=share.get) == "standard" and max(share.values()) < 1
    above = stored().find("depthwise", (64, 56), 8, True)
    bytes_per_second = above.rate / intensity(above.plan, 8)
    assert 1.8 < bytes_per_second / stored().ceilings.memory < 1.85 and bytes_per_second < stored().ceilings.cache


def test_narrow_networks_take_more_than_their_share_even_without_calls():
    share = at_the_roof(mobilenet_v2(0.35)) / at_the_roof(mobilenet_v2())
    time = stored().network_share((0.35, 224)).median
    assert f"{share:.0%} {time:.0%}" == "37% 52%"
    macs = [stored().find("network", setting).macs for setting in timings.NETWORKS]
    seconds = [statistics.median(stored().find("network", setting).seconds) for setting in timings.NETWORKS]
    assert sorted(range(6), key=macs.__getitem__) == sorted(range(6), key=seconds.__getitem__)
    slope, _ = np.polyfit(np.log(macs), np.log(seconds), 1)
    assert 0.4 < slope < 0.45


def test_the_question_of_the_trap_states_what_the_notebook_prints():
    times = {what: statistics.median(stored().find(what, (64, 56), 8).seconds) for what in timings.WHAT[:4]}
    shares = [f"{times[what] / times['standard']:.2f}" for what in ("depthwise", "pointwise", "separable")]
    assert shares == ["0.11", "0.17", "1.88"]
    assert re.search(r"they take 1\.9x its time", ask("07-trap").prompt)
