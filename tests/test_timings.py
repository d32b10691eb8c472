"""Stored times as data: bytes against torch's own tensors, ratios round by round, other files refused."""

import json
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import mbv2_lesson as mbv2
from mbv2_lesson.experiments import timings
from mbv2_lesson.experiments.timings import (
    Ceilings,
    Ratio,
    bytes_moved,
    from_json,
    intensity,
    ratio,
    stored,
    timed_plan,
)
from mbv2_lesson.modules import blocks


@given(
    what=st.sampled_from(["standard", "depthwise", "pointwise", "separable"]),
    channels=st.integers(1, 24),
    size=st.integers(1, 12),
    batch=st.integers(1, 4),
)
@settings(deadline=None)
def test_bytes_are_those_of_torchs_tensors(what, channels, size, batch):
    plan = timed_plan(what, channels, size)
    x, moved, macs = torch.zeros(batch, channels, size, size), 0, 0
    for step in plan:
        conv = blocks.conv2d(step.spec)
        y = conv(x)
        moved += x.nbytes + y.nbytes + conv.weight.nbytes
        macs += y.numel() * conv.weight[0].numel()
        x = y
    assert bytes_moved(plan, batch) == moved
    assert intensity(plan, batch) == macs / moved


def test_the_laws_that_notebook_07_tells():
    wide, narrow = (timed_plan("depthwise", channels, 56) for channels in (512, 8))
    assert intensity(wide) == intensity(narrow) == pytest.approx(9 / 8, rel=0.01)
    assert intensity(timed_plan("pointwise", 80, 1024)) == pytest.approx(10, rel=0.001)


def test_ratios_are_taken_round_by_round():
    # The second round is ten times as slow for both: the ratio does not see it.
    assert ratio([2, 20, 2], [1, 10, 1]) == Ratio(2, 2, 2)
    assert ratio([1, 2, 3, 4, 5], [1] * 5) == Ratio(2, 3, 4)
    assert str(Ratio(1, 2, 3.456)) == "2.00 (1.00 to 3.46)"
    with pytest.raises(ValueError, match="two rounds or more, got 1"):
        ratio([1], [1])
    with pytest.raises(ValueError):
        ratio([1, 2], [1, 2, 3])


def test_the_roof():
    roof = Ceilings(macs=100, memory=10, cache=50)
    assert [roof.reach(x) for x in (0.5, 10, 1000)] == [5, 100, 100]


@pytest.mark.parametrize("keep_memory", [False, True])
def test_the_stored_runs_are_whole_and_cannot_be_changed(keep_memory):
    results = stored(keep_memory=keep_memory)
    assert {"processor", "threads", "torch", "date"} <= set(results.machine) and not results.fresh
    assert ("allocator" in results.machine) == keep_memory
    with pytest.raises(TypeError, match="does not support item assignment"):
        results.machine["processor"] = "mine"
    assert results.cases == [(batch, last) for batch in (1, 8) for last in (False, True)]
    assert results.settings("separable") == list(timings.SIZES)
    assert results.settings("network") == list(timings.NETWORKS)
    for case in results.cases:
        for what in timings.WHAT:
            for setting in results.settings(what):
                timing = results.find(what, setting, *case)
                assert len(timing.seconds) >= 9 and min(timing.seconds) > 0 and timing.rate > 0
        assert results.network_share(timings.NETWORKS[0], *case) == Ratio(1, 1, 1)
    assert from_json(results.to_json()) == results
    with pytest.raises(ValueError, match=r"\('standard', \(3, 3\), 1, False\) was not timed"):
        results.find("standard", (3, 3))


def test_the_trap_is_marked_and_goes_when_memory_is_kept():
    """What notebook 07 says of the stored runs; they are data and do not change."""
    trap = {"setting": (64, 56), "batch": 8}
    assert stored().find("separable", **trap).fresh_memory and stored().speedup(**trap).high < 1
    kept = stored(keep_memory=True)
    assert not kept.find("separable", **trap).fresh_memory and kept.speedup(**trap).low > 2
    assert not any(timing.fresh_memory for timing in kept.timings)


def test_page_faults_that_nobody_counted_are_no_mark():
    assert not replace(stored().timings[0], page_faults=None).fresh_memory


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"machine": {}, "ceilings": {"macs": 1}, "timings": []}', json.dumps({"timings": [{"a": 1}]})],
)
def test_other_files_are_refused(text):
    with pytest.raises(ValueError, match="not a file of stored timings"):
        from_json(text)


def test_bad_questions_are_refused():
    with pytest.raises(ValueError, match="'standard', .* got 'dense'"):
        timed_plan("dense", 3, 3)
    with pytest.raises(ValueError, match="batch must be .* got 0"):
        bytes_moved(mbv2.mobilenet_v2(), 0)
    with pytest.raises(TypeError, match="keep_memory must be True or False, got 'mine'"):
        stored(keep_memory="mine")
