"""Notebook 08: right answers in every form, the words for typical wrong ones, one recipe, and what stored runs say."""

import random
import statistics
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from common import (  # noqa: F401
    test_a_right_answer_is_right_in_any_form,
    test_a_wrong_answer_is_told_what_is_wrong_with_it,
    test_no_question_and_no_exercise_is_left_out,
    test_the_feedback_speaks_of_its_option,
)
from torch import nn

from mbv2_lesson.experiments import small_nets, training
from mbv2_lesson.experiments.small_nets import (
    ABLATIONS,
    CHEAPER,
    EQUAL_COST,
    LAYOUT_MATCHED,
    PARAMS_MATCHED,
    SmallNet,
    stored,
)
from mbv2_lesson.questions import EXERCISES, check, hint

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "08_does_it_learn.ipynb"


def of_the_mean(values):
    return statistics.stdev(values) / len(values) ** 0.5


def by_hand(values):
    n, mean = len(values), sum(values) / len(values)
    return (sum((value - mean) ** 2 for value in values) / (n - 1) / n) ** 0.5


RIGHT = {
    "08-same-macs": [
        6,
        6.0,
        np.int64(6),
        torch.tensor(6),
    ],
    "08-standard-error": [
        of_the_mean,
        by_hand,
        lambda values: np.std(values, ddof=1) / np.sqrt(len(values)),
        lambda values: torch.tensor(values).std() / len(values) ** 0.5,
    ],
    "08-seeds": [
        400,
        (1.0 / (0.1 / 2)) ** 2,
        399.99999999999994,
        np.float32(400),
        torch.tensor(400.0),
    ],
}


WRONG = [
    ("08-same-macs", 4, "width 4 has 43,836 MACs, not more than the separable network's 120,048, but a wider one fits"),
    ("08-same-macs", 8, "width 8 has 170,616 MACs, more than the separable network's 120,048."),
    ("08-same-macs", 7, "widths are even numbers from 2 up, not 7"),
    ("08-same-macs", "6", "widths are even numbers from 2 up, not '6'"),
    ("08-standard-error", statistics.stdev, "That is the standard deviation. Divide it by the square root of n"),
    ("08-standard-error", lambda v: statistics.pstdev(v) / len(v) ** 0.5, "Divide it by n - 1"),
    ("08-standard-error", lambda v: statistics.stdev(v) / len(v), "You divided by n, not by its square root"),
    ("08-standard-error", lambda v: 2 * of_the_mean(v), "not 0.0208"),
    ("08-standard-error", str, "which is not a number"),
    ("08-standard-error", lambda v: torch.tensor(v), "which is not a number"),
    ("08-seeds", 10, "0.3162 points, not 0.05. It falls with the square root"),
    ("08-seeds", 20, "0.2236 points, not 0.05. It falls with the square root"),
    ("08-seeds", 100, "0.1 points, not 0.05. That gives the whole difference"),
    ("08-seeds", 401, "0.04994 points, not 0.05."),
    ("08-seeds", 0, "whole number, 1 or more, not 0"),
    ("08-seeds", 0.5, "whole number, 1 or more, not 0.5"),
]


def test_the_last_hint_leads_to_a_right_answer():
    last = {name: hint(name, len(EXERCISES[name].hints)).message for name in RIGHT}
    assert check(
        "08-standard-error", eval(f"lambda values: {last['08-standard-error']}", {"statistics": statistics})
    ).passed
    assert check("08-seeds", eval(last["08-seeds"].partition("n = ")[2].rstrip("."))).passed
    limit = eval(last["08-same-macs"].partition(";")[0].partition("= ")[2], {"small_nets": small_nets})
    assert check(
        "08-same-macs", max(w for w in range(2, 20, 2) if SmallNet("standard", w).plan.cost.macs <= limit)
    ).passed


# For each question: words or numbers that the feedback on each option must contain.
FEEDBACK = {
    "08-two-tasks": ["take one filter per input channel and a mix", "the rank, not the number", "pointwise moves"],
    "08-layout": ["does miss what was lost", "look at it the other way", "with a fifth of the params"],
    "08-four-digits": ["have to share", "buys different things", "the task was designed"],
    "08-ablation": ["throws information away", "the shortcut bypasses the ReLU6", "same direction"],
}


# --- One recipe ---


def test_the_loop_in_view_is_the_recipe_of_the_package():
    cells = {cell.id: cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells}
    images, labels, *_ = training.digits()
    names = {"torch": torch, "F": nn.functional, "images": images, "labels": labels}
    threads = torch.get_num_threads()
    exec(cells["cell-13"], names)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        in_view = training.SmallNetModule(SmallNet("separable", 4)).train()
        names["train"](in_view)
    torch.set_num_threads(threads)
    packaged = training.train(SmallNet("separable", 4), seed=3)
    assert all(torch.equal(*both) for both in zip(in_view.parameters(), packaged.parameters(), strict=True))


def test_two_standard_errors_of_few_seeds_hold_the_true_mean_less_often_than_of_many():
    """What the praise for 08-standard-error says."""
    draw = random.Random(0)

    def holds(seeds):
        values = [draw.gauss(0, 1) for _ in range(seeds)]
        return abs(statistics.fmean(values)) < 2 * of_the_mean(values)

    three, fifty = (statistics.fmean(holds(seeds) for _ in range(4000)) for seeds in (3, 50))
    assert three == pytest.approx(2 / 6**0.5, abs=0.02)  # Student's t with two degrees of freedom: 0.816
    assert fifty == pytest.approx(0.95, abs=0.015)


# --- What the text says of the runs that come with the lesson; they are data and do not change. ---


def difference(net, other):
    """In points, and how many times its standard error."""
    points, error = stored(net.digits).difference(net, other)
    return round(100 * points, 1), round(100 * error, 1), points / error


def test_at_few_channels_a_narrower_standard_network_is_at_least_as_good():
    standard, separable, inverted = LAYOUT_MATCHED
    assert difference(separable, standard)[:2] == (-2.6, 0.2)
    assert f"{1 - stored()[separable].mean:.1%} {1 - stored()[standard].mean:.1%}" == "4.9% 2.3%"
    standard, separable, inverted = PARAMS_MATCHED
    assert difference(separable, standard)[:2] == (-1.1, 0.2)
    assert difference(inverted, separable)[2] < 2
    for standard, separable in EQUAL_COST[:2]:
        assert difference(standard, separable)[2] > 2
    standard, separable = CHEAPER, LAYOUT_MATCHED[1]
    assert difference(standard, separable)[:2] == (0.5, 0.2)
    assert standard.plan.cost.macs < separable.plan.cost.macs and standard.plan.cost.params < separable.plan.cost.params


def test_four_digits_at_once_turn_it_round():
    for (standard, separable), (points, error) in zip(EQUAL_COST[2:], [(4.5, 1.8), (2.1, 0.3)], strict=True):
        assert difference(separable, standard)[:2] == (points, error) and points > 2 * error
        assert separable.plan.cost.macs < standard.plan.cost.macs
    assert round(EQUAL_COST[2][1].plan.cost.macs / EQUAL_COST[2][0].plan.cost.macs, 1) == 0.8


def test_the_ablations_come_out_as_the_text_says():
    published, relu6, without, expansions = ABLATIONS
    assert difference(published, relu6)[2] > 4
    assert difference(published, without)[2] > 4
    assert difference(expansions, published)[2] > 3


def test_the_network_in_view_is_within_the_spread_that_the_text_quotes():
    seeds = stored()[SmallNet("inverted residual", 8)]
    assert 0.95 < seeds.mean < 0.97 and 0.004 < seeds.std < 0.012
