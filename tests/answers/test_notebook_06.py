"""Answers to notebook 06: right ones in many forms, wrong ones and the words they get, every option's feedback."""

import numpy as np
import torch
from common import (  # noqa: F401
    test_a_right_answer_is_right_in_any_form,
    test_a_wrong_answer_is_told_what_is_wrong_with_it,
    test_no_question_and_no_exercise_is_left_out,
    test_the_feedback_speaks_of_its_option,
)
from torch import nn

import mbv2_lesson as mbv2
from mbv2_lesson import questions


def by_a_loop(layers):
    r, j = 1, 1
    for k, s in layers:
        r += (k - 1) * j
        j *= s
    return r


def backwards(layers):
    """The same from the end: how many inputs an output of the last layers needs."""
    r = 1
    for k, s in reversed(layers):
        r = (r - 1) * s + k
    return r


def by_gradient(layers):
    """How many pixels of a row change an output in its middle."""
    pixels = torch.zeros(1, 1, 1 + 2**11, dtype=torch.float64, requires_grad=True)
    x = pixels
    for k, s in layers:
        x = nn.functional.conv1d(x, torch.ones(1, 1, k, dtype=torch.float64), stride=s, padding=k // 2)
    x[..., x.shape[-1] // 2].sum().backward()
    return (pixels.grad != 0).sum()


def by_cumprod(layers):
    k, s = np.array(layers).T
    return 1 + ((k - 1) * np.cumprod([1, *s[:-1]])).sum()


RIGHT = {
    "06-receptive-field": [
        491,
        491.0,
        np.int64(491),
        torch.tensor(491),
        by_a_loop,
        backwards,
        by_gradient,
        by_cumprod,
        lambda layers: float(by_a_loop(layers)),
    ],
    "06-wide": [
        6_108_776,
        6_108_776.0,
        np.int64(6_108_776),
        torch.tensor(6_108_776),
        6.108776,
        6.1,
        6.11,
        np.float32(6.1),
        sum(weight.numel() for weight in mbv2.MobileNetV2(1.4).parameters()),
    ],
    "06-table-3": [
        lambda channels, size, bits=16: channels * size * size * bits // 8,
        lambda channels, size, bits=16: channels * size**2 * (bits / 8),
        lambda channels, size, bits=16: torch.tensor(channels * size * size) * bits / 8,
        lambda channels, size, bits=16: np.zeros((channels, size, size), dtype=f"V{bits // 8}").nbytes,
    ],
}


def receptive_field(start=1, adds=lambda k: k - 1, jump=True, early=False):
    def walk(layers):
        r, j = start, 1
        for k, s in layers:
            if early:
                j *= s
            r += adds(k) * (j if jump else 1)
            if not early:
                j *= s
        return r

    return walk


def distance(layers):
    return np.prod([s for _, s in layers])


MISTAKES = [
    (receptive_field(jump=False), "positions are farther apart"),
    (receptive_field(adds=lambda k: k), "there are k - 1"),
    (receptive_field(adds=lambda k: 2), "counts the 1×1 convolutions as 3×3"),
    (receptive_field(early=True), "multiply j after adding"),
    (receptive_field(start=0), "sees 1 pixel: itself"),
    (distance, "the distance j between two neighbors"),
]
NETWORK = [(m.kernel_size[0], m.stride[0]) for m in mbv2.MobileNetV2().modules() if isinstance(m, nn.Conv2d)]
WRONG = [
    *(("06-receptive-field", mistake, words) for mistake, words in MISTAKES),
    *(("06-receptive-field", mistake(NETWORK), words) for mistake, words in MISTAKES),
    ("06-receptive-field", lambda layers: 491, "for layers = [(3, 1)] it gives 491, not 3."),
    ("06-receptive-field", lambda layers: (by_a_loop(layers), 32), "for layers = [(3, 1)] it gives (3, 32), not 3."),
    ("06-receptive-field", lambda layers: by_a_loop(layers[:20]), "for the whole network it gives "),
    ("06-receptive-field", lambda layers: by_a_loop([(3, s) for _, s in layers if s > 1]), "it gives 1, not 3."),
    ("06-receptive-field", 224, "224 is not it."),
    ("06-receptive-field", True, "True is not it."),
    ("06-wide", 6.9, "what the paper prints"),
    ("06-wide", 6_900_000, "what the paper prints"),
    ("06-wide", 6.06, "6.06 leaves out batch norm"),
    ("06-wide", 6_060_840, "6,060,840 leaves out batch norm"),
    ("06-wide", 4_315_776, "leaves out the classifier"),
    ("06-wide", 3_504_872, "width 1.0"),
    ("06-wide", 6_108_777, "6108777 is not it."),
    ("06-wide", 6.2, "6.2 is not it."),
    ("06-wide", mbv2.mobilenet_v2(1.4).cost, "Take its .params"),
    ("06-wide", mbv2.mobilenet_v2(1.4), "that is the plan"),
    ("06-wide", mbv2.mobilenet_v2(1.4).cost.macs, "the number of MACs"),
    ("06-table-3", lambda channels, size, bits=16: channels * size * size * bits, "a byte has 8"),
    ("06-table-3", lambda channels, size, bits=16: channels * size * bits // 8, "size × size elements"),
    ("06-table-3", lambda channels, size, bits=16: channels * size * size, "Those are elements"),
    ("06-table-3", lambda channels, size, bits=16: channels * size * size * 2, "not 200704. That is for 16 bits"),
    ("06-table-3", lambda channels, size, bits=16: channels * size * size * bits / 8 / 1000, "thousands of bytes"),
    ("06-table-3", lambda channels, size, bits=16: channels * size * size * bits // 8 // 1024, "thousands of bytes"),
    ("06-table-3", lambda channels, size, bits=16: 7, "at 16 bits it gives 7, not 401408."),
]
FEEDBACK = {
    "06-where-params": [
        "depthwise layers together have 2.2%",
        "yet only 0.4% of the MACs",
        "layer of block 17 has 307,840",
    ],
    "06-half-width": ["No layer keeps less", "It is 32%", "if each layer's cost grew in proportion to its width"],
    "06-convention": ["2,223,872, or 2.22M", "3,470,760, or 3.47M", "still 3.50M", "two units for operations"],
    "06-split": [
        "not an approximation",
        "332,416 elements are live",
        "the MACs stay the same",
    ],
}


def test_the_question_on_half_the_width_says_what_its_answer_rests_on():
    prompt = questions.ask("06-half-width").prompt
    assert "12 becomes 16" in prompt and "keeps its 1,280 channels" in prompt


def test_the_last_hints_pass_as_answers():
    wide, bottleneck_bytes = (questions.hint(name, 2).message for name in ("06-wide", "06-table-3"))
    assert questions.check("06-wide", eval(wide, {"mbv2": mbv2})).passed
    assert questions.check("06-table-3", eval(f"lambda channels, size, bits: {bottleneck_bytes}")).passed


def test_each_position_of_the_last_feature_map_can_see_the_whole_image():
    """As the praise of 06-receptive-field says: its 491 pixels reach beyond the 224 on all sides."""
    pixels = torch.zeros(1, 1, 224, dtype=torch.float64, requires_grad=True)
    x = pixels
    for k, s in NETWORK:
        x = nn.functional.conv1d(x, torch.ones(1, 1, k, dtype=torch.float64), stride=s, padding=k // 2)
    assert x.shape[-1] == 7
    for position in range(7):
        (gradient,) = torch.autograd.grad(x[0, 0, position], pixels, retain_graph=True)
        assert (gradient != 0).all()


def test_what_the_praise_of_table_3_says_of_the_blocks():
    blocks = mbv2.mobilenet_v2().blocks
    widest = [max(b.output_shape[1] for b in blocks if b.output_shape[2] == size) for size in (56, 28, 14)]
    praise = questions.check("06-table-3", RIGHT["06-table-3"][0]).message
    assert widest == [24, 32, 96] and "output at most 24, 32, 96 there" in praise
    assert "401,408 and 200,704 bytes" in praise and "both right at 16 bits" in praise
