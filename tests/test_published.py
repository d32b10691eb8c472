"""Published figures and the conventions that lead to them."""

from itertools import product
from math import floor

import numpy as np
import pytest

import mbv2_lesson as mbv2
from mbv2_lesson import figures
from mbv2_lesson.plans.published import PAPER, PUBLISHED, TF_SLIM, count_under, matches_printed, published


def network_of(row):
    if row.network == "MobileNetV1":
        return mbv2.mobilenet_v1(row.resolution)
    return mbv2.mobilenet_v2(row.width_mult, row.resolution)


def fitting_conventions(row):
    found = []
    for batch_norm, biases, classifier in product((True, False), repeat=3):
        params, macs = count_under(network_of(row), batch_norm=batch_norm, biases=biases, classifier=classifier)
        if matches_printed(macs / 1e6, row.macs) and (row.params is None or matches_printed(params / 1e6, row.params)):
            found.append((batch_norm, biases, classifier))
    return found


CHECKPOINTS = [row for row in published("MobileNetV2") if row.source == TF_SLIM]


def test_all_22_checkpoints_of_tf_slim_are_there():
    settings = [(row.width_mult, row.resolution) for row in CHECKPOINTS]
    both_knobs = product((0.35, 0.5, 0.75, 1.0), (96, 128, 160, 192, 224))
    assert sorted(settings) == sorted([*both_knobs, (1.3, 224), (1.4, 224)])


def digits(row, num_classes, shorten):
    """(params, MACs) of a row as TF-Slim would print them: "3.47", "300", if it shortened numbers in that way."""
    params, macs = count_under(mbv2.mobilenet_v2(row.width_mult, row.resolution, num_classes), batch_norm=False)
    return shorten(params / 1e4) / 100, shorten(macs / 1e6)


@pytest.mark.parametrize("row", CHECKPOINTS, ids=str)
def test_truncated_counts_give_all_printed_digits(row):
    assert digits(row, 1001, floor) == (row.params, row.macs)  # its code builds 1,001 outputs
    # with 1,000 the params would be rounded, and at width 0.75 neither rule alone gives both columns
    assert (digits(row, 1000, round)[0], digits(row, 1000, floor)[1]) == (row.params, row.macs)
    assert (digits(row, 1000, floor)[0] == row.params) == (row.width_mult != 0.75)


def test_rounded_counts_do_not():
    assert sum(digits(row, 1001, round) == (row.params, row.macs) for row in CHECKPOINTS) == 14


@pytest.mark.parametrize("column", ["top1", "top5", "latency_ms"])
def test_what_cannot_be_computed_rises_with_either_knob(column):
    for first, second in product(CHECKPOINTS, repeat=2):
        if first != second and first.width_mult <= second.width_mult and first.resolution <= second.resolution:
            assert getattr(first, column) < getattr(second, column), (first, second)


def test_within_this_family_time_on_one_phone_follows_macs():
    macs, ms = np.log([(row.macs, row.latency_ms) for row in CHECKPOINTS]).T
    assert np.polyfit(macs, ms, 1)[0] == pytest.approx(0.87, abs=0.005)
    assert np.corrcoef(macs, ms)[0, 1] ** 2 == pytest.approx(0.997, abs=0.0005)


@pytest.mark.parametrize("row", CHECKPOINTS, ids=str)
def test_tf_slim_counts_the_classifier_but_not_batch_norm(row):
    assert fitting_conventions(row) == [(False, True, True), (False, False, True)]


def test_what_the_paper_counts():
    v1, v2, wide = (row for row in PUBLISHED if row.source == PAPER)
    assert fitting_conventions(v2) == [(False, True, True), (False, False, True)]
    assert fitting_conventions(v1) == [] and fitting_conventions(wide) == []  # 575M and 6.9M fit no convention


def test_rows_are_found_by_network_width_and_resolution():
    assert [row.top1 for row in published("MobileNetV2", 1.0, 224)] == [72.0, 71.8]
    assert [row.macs for row in published("MobileNetV2", 1.0, 96)] == [56]
    assert [(row.top1, row.top5, row.latency_ms) for row in published("MobileNetV2", 0.35, 96)] == [(45.5, 70.4, 4.5)]
    assert published("MobileNetV2", 1.4, 192) == ()
    assert mbv2.published() == PUBLISHED and {row.network for row in mbv2.published(resolution=96)} == {"MobileNetV2"}


def test_conventions_add_up():
    network = mbv2.mobilenet_v2()
    cost = network.cost
    assert count_under(network) == (cost.params, cost.macs)
    assert count_under(network, flops=True) == (cost.params, cost.flops)
    assert count_under(network, batch_norm=False) == (cost.params - cost.norm, cost.macs)
    assert count_under(network, biases=False) == (cost.params - 1000, cost.macs)
    assert count_under(network, classifier=False) == (cost.params - 1_281_000, cost.macs - 1_280_000)
    with pytest.raises(TypeError, match="batch_norm must be True or False, got 1"):
        count_under(network, batch_norm=1)


@pytest.mark.parametrize(
    ("count", "printed", "fits"),
    [
        (3.47, 3.4, True),  # truncated
        (3.38, 3.4, True),  # rounded
        (3.504, 3.4, False),
        (300.77, 300, True),
        (301.0, 300, False),
        (299.4, 300, False),
        (299.6, 300, True),
        (4.2, None, False),
    ],
)
def test_rounded_or_truncated(count, printed, fits):
    assert matches_printed(count, printed) == fits


def test_the_trade_off_figure_shows_every_checkpoint_and_the_given_setting():
    figure = figures.trade_off(0.5, 160)
    (axes,) = figure.axes
    drawn = {tuple(np.round(line.get_xydata()[0], 6)) for line in axes.lines if len(line.get_xdata()) == 1}
    macs = [mbv2.mobilenet_v2(row.width_mult, row.resolution).cost.macs / 1e6 for row in CHECKPOINTS]
    assert drawn == {(round(x, 6), row.top1) for x, row in zip(macs, CHECKPOINTS, strict=True)}
    words = figures.long_description(figure)
    assert all(f"{row.top1}% at {row.resolution}" in words for row in CHECKPOINTS)
    assert "Your setting, width 0.5, 160 pixels, has 50,184,000 MACs." in words
