"""The small networks as plans, and results of training as data."""

import json
from dataclasses import replace
from itertools import product

import pytest

import mbv2_lesson as mbv2
from mbv2_lesson.experiments import small_nets, training
from mbv2_lesson.experiments.small_nets import (
    ABLATIONS,
    KINDS,
    Comparison,
    SmallNet,
    Trained,
    from_json,
    stored,
)

SORTS = [("standard",), ("separable",), *product(["inverted residual"], [True, False], small_nets.SHORTCUTS)]


# A count is a polynomial: at most quadratic in the width, linear in the digits. What agrees at three widths and at two
# numbers of digits agrees at all.
@pytest.mark.parametrize(("digits", "width"), [*product([1, 4], [2, 6, 24])])
@pytest.mark.parametrize("sort", SORTS, ids=lambda sort: " ".join(map(str, sort)))
def test_plan_and_torch_count_the_same(sort, width, digits):
    kind, *options = sort
    net = SmallNet(kind, width, *options, digits=digits)
    assert mbv2.count(training.SmallNetModule(net), (digits, 8, 8)).cost == net.plan.cost


def test_the_plan_has_the_layout():
    net = SmallNet(width=8)
    assert [block.output_shape for block in net.plan.blocks] == [(1, 8, 8, 8)] * 3 + [(1, 12, 4, 4)] * 3
    assert sum(block.has_shortcut for block in net.plan.blocks) == 5
    assert net.plan["block 1 project"].activation is None
    assert SmallNet(linear=False).plan["block 1 project"].activation == "ReLU6"


def test_matched_params_are_the_nearest():
    assert [net.kind for net in small_nets.PARAMS_MATCHED] == list(KINDS)
    params = SmallNet().plan.cost.params
    for net in small_nets.PARAMS_MATCHED:
        off = abs(net.plan.cost.params - params)
        for width in (net.width - 2, net.width + 2):
            assert abs(SmallNet(net.kind, width).plan.cost.params - params) > off


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"kind": "dense"}, "'standard', 'separable', .* got 'dense'"),
        ({"width": 0}, "at least 2, got 0"),
        ({"width": 7}, "even, got 7"),
        ({"shortcut": "all"}, "got 'all'"),
        ({"digits": 0}, "digits must be .* got 0"),
        ({"kind": "standard", "linear": False}, "inverted residuals only, got kind 'standard'"),
        ({"kind": "separable", "shortcut": "none"}, "inverted residuals only"),
    ],
)
def test_bad_networks_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        SmallNet(**arguments)


def test_means_deviations_and_differences():
    a, b = ABLATIONS[:2]
    comparison = Comparison((Trained(a, (0.9, 0.8, 0.7)), Trained(b, (0.8, 0.6))), 400, 20, stopped=True)
    assert comparison[a].mean == pytest.approx(0.8) and comparison[a].std == pytest.approx(0.1)
    mean, error = comparison.difference(a, b)  # of the two seeds that both have: 0.1 and 0.2
    assert (mean, error) == (pytest.approx(0.15), pytest.approx(0.05))
    assert Trained(a, (0.9,)).std == 0
    with pytest.raises(KeyError, match="shortcut: none was not trained here"):
        comparison[ABLATIONS[2]]


def test_pairs_of_equal_cost_cost_about_the_same():
    for standard, separable in small_nets.EQUAL_COST:
        assert (standard.kind, separable.kind) == ("standard", "separable") and standard.digits == separable.digits
        params, macs = ([getattr(net.plan.cost, what) for net in (standard, separable)] for what in ("params", "macs"))
        assert max(params) / min(params) < 1.2 and max(macs) / min(macs) < 1.3


@pytest.mark.parametrize(("digits", "seeds"), [(1, 20), (4, 10)])
def test_the_stored_runs_are_whole(digits, seeds):
    results = stored(digits)
    expected = {net for pair in small_nets.EQUAL_COST for net in pair if net.digits == digits}
    if digits == 1:
        expected |= {*small_nets.LAYOUT_MATCHED, *small_nets.PARAMS_MATCHED, *ABLATIONS, small_nets.CHEAPER}
    assert set(results.nets) == expected and results.epochs == small_nets.EPOCHS[digits]
    assert {len(trained.accuracies) for trained in results.trained} == {seeds}
    assert not results.fresh and not results.stopped
    assert from_json(results.to_json()) == results


def test_there_is_no_other_stored_run():
    with pytest.raises(ValueError, match="digits must be one of 1, 4, got 2"):
        stored(2)


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps({"trained": [{"kind": "dense", "accuracies": []}]})])
def test_other_files_are_refused(text):
    with pytest.raises(ValueError, match="not a file of trained networks"):
        from_json(text)


def test_nothing_finished_draws_nothing():
    from mbv2_lesson import figures

    for draw in (figures.training_comparison, figures.ablation):
        with pytest.raises(ValueError, match="no network was trained to the end"):
            draw(replace(stored(), trained=()), ABLATIONS)
