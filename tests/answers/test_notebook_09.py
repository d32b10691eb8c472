"""Notebook 09: right answers in every form, the words for typical wrong ones, one network in view and in questions."""

from pathlib import Path

import nbformat
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
from mbv2_lesson.experiments import training
from mbv2_lesson.questions import check, notebook_09

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "09_your_own_network.ipynb"
CELLS = {cell.id: cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells}
IN_VIEW = {"torch": torch, "F": nn.functional, "nn": nn, "mbv2": mbv2, "training": training}
for name in ("09-digits", "09-parts", "09-standard", "09-train", "09-inverted"):
    exec(CELLS[name].partition("print(")[0], IN_VIEW)
standard_net, inverted_net = IN_VIEW["standard_net"], IN_VIEW["inverted_net"]


def trained(widths, seed=0, epochs=10):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = standard_net(widths)
        IN_VIEW["train"](model, epochs=epochs)
    return model


GOOD = [trained((8, 12, 16, 24), seed) for seed in range(3)]


def by_many_batches(model, images):
    model.train()
    with torch.no_grad():
        for _ in range(20):
            for batch in images.split(50):
                model(batch)
    return model


def in_place(model, images):
    notebook_09.measure_again(model, images)


def one_batch(model, images):
    model.train()
    with torch.no_grad():
        model(images)
    return model


def by_training(model, images):
    optimizer = torch.optim.SGD(model.train().parameters(), lr=0.1)
    for _ in range(30):
        optimizer.zero_grad()
        model(images).square().mean().backward()
        optimizer.step()
    return model


RIGHT = {
    "09-largest": [7, 7.0, np.int64(7), torch.tensor(7)],
    "09-measure-again": [notebook_09.measure_again, by_many_batches, in_place],
    "09-budget": [GOOD, tuple(GOOD)],
}
WRONG = [
    ("09-largest", 8, "812,672 MACs, not fewer than the standard network's 747,136"),
    ("09-largest", 6, "611,968 MACs, fewer than the standard network's 747,136, but M = 7 stays below it, too"),
    ("09-largest", 0, "whole number of at least 1, got 0"),
    ("09-measure-again", 3, "the function itself, not a value; got 3"),
    ("09-measure-again", lambda model, images: model(images), "means and variances have not changed"),
    ("09-measure-again", one_batch, "in batch norm 1 the old statistics are still mixed in"),
    ("09-measure-again", by_training, "it changes the weights"),
    ("09-measure-again", lambda model, images: nn.Identity(), "2 batch norms; the one returned has 0"),
    ("09-budget", GOOD[0], "a list of three trained networks"),
    ("09-budget", [0.97, 0.96, 0.97], "a list of three trained networks"),
    ("09-budget", GOOD[:2], "asks for three seeds, got 2 networks"),
    ("09-budget", [GOOD[0], GOOD[1], GOOD[0]], "two of the networks have the same weights"),
    ("09-budget", [GOOD[0], GOOD[1], standard_net()], "these are different networks"),
    ("09-budget", [standard_net() for _ in range(3)], "747,136 MACs, 497,136 over the budget"),
    ("09-budget", [inverted_net() for _ in range(3)], "222,016 MACs are within the budget, but the mean accuracy is "),
]
FEEDBACK = {
    "09-saving": [
        "each of the two does far less",
        "most MACs are in the layers",
        "the limit for very many output channels",
    ],
    "09-first-layer": ["can only scale it", "multiples of one map", "consider what 16 factors"],
    "09-believe": ["partly by luck", "will not help it on others", "does not carry over"],
}


def test_the_questions_count_the_network_in_view():
    standard = mbv2.count(standard_net(), notebook_09.INPUT)
    assert standard.cost.macs == notebook_09._macs(None) + notebook_09.CLASSIFIER
    for m in (1, 7, 8):
        model = mbv2.decouple(standard_net(), m)
        model[0] = standard_net()[0]
        assert mbv2.count(model, notebook_09.INPUT).cost.macs == notebook_09._decoupled_macs(m)
    digits = (IN_VIEW[name] for name in ("others", "other_labels"))
    assert [len(part) for part in IN_VIEW["validation"]] == [notebook_09.VALIDATION] * 2
    assert all(torch.equal(*both) for both in zip(IN_VIEW["validation"], (x[:500] for x in digits), strict=True))


def test_the_praise_says_what_was_counted_and_evaluated():
    right = [f"{training.accuracy(net, *IN_VIEW['validation']):.1%}" for net in GOOD]
    words = check("09-budget", GOOD).message
    assert f"{mbv2.count(GOOD[0], (1, 8, 8)).cost.macs:,} MACs" in words and f"({', '.join(right)})" in words


def test_a_check_leaves_torchs_random_numbers_as_they_were():
    before = torch.get_rng_state()
    for name, answers in RIGHT.items():
        assert check(name, answers[0]).passed
    assert torch.equal(torch.get_rng_state(), before)
