"""Published figures and the conventions that lead to them."""

from itertools import product

import pytest

import mbv2_lesson as mbv2
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


@pytest.mark.parametrize("row", [row for row in PUBLISHED if row.source == TF_SLIM and row.params], ids=str)
def test_tf_slim_counts_the_classifier_but_not_batch_norm(row):
    assert fitting_conventions(row) == [(False, True, True), (False, False, True)]


def test_what_the_paper_counts():
    v1, v2, wide = (row for row in PUBLISHED if row.source == PAPER)
    assert fitting_conventions(v2) == [(False, True, True), (False, False, True)]
    assert fitting_conventions(v1) == [] and fitting_conventions(wide) == []  # 575M and 6.9M fit no convention


def test_rows_are_found_by_network_width_and_resolution():
    assert [row.top1 for row in published("MobileNetV2", 1.0, 224)] == [72.0, 71.8]
    assert [row.macs for row in published("MobileNetV2", 1.0, 96)] == [56]
    assert published("MobileNetV2", 0.35, 96) == ()
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
        (3.47, 3.4, True),  # cut off
        (3.38, 3.4, True),  # rounded
        (3.504, 3.4, False),
        (300.77, 300, True),
        (301.0, 300, False),
        (299.4, 300, False),
        (299.6, 300, True),
        (4.2, None, False),
    ],
)
def test_rounded_or_cut_off(count, printed, fits):
    assert matches_printed(count, printed) == fits
