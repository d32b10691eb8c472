"""The timer. Tests check that it measures fairly, but never a time."""

import runpy
import sys
from pathlib import Path

import pytest
import torch

from mbv2_lesson.experiments import timer
from mbv2_lesson.experiments.timings import from_json

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "speed.py"


def test_all_take_their_turn_in_each_round():
    order, grad = [], []

    def call(name):
        order.append(name)
        grad.append(torch.is_grad_enabled())
        torch.zeros(10)

    names = ("a", "b", "c")
    times = timer.time_in_turn({name: lambda name=name: call(name) for name in names}, rounds=4, round_seconds=1e-9)
    assert list(times) == list(names) and all(len(t) == 4 and min(t) > 0 for t in times.values())
    turns = [name for name, before in zip(order, [None, *order], strict=False) if name != before]
    assert turns == list(names) * 5  # the first is the warm-up
    assert not any(grad) and torch.is_grad_enabled()


def test_page_faults_are_counted():
    if sys.platform == "win32":
        assert timer.page_faults(lambda: None) is None
        return
    mapped = timer.page_faults(lambda: torch.zeros(2**24).add_(1))  # 64 MiB: always handed out anew by the system
    assert timer.page_faults(lambda: None) < 10 < mapped


def test_measuring_a_layer_and_a_network():
    threads = torch.get_num_threads()
    ceilings = timer.measure_ceilings(rounds=2)
    assert 0 < ceilings.memory <= ceilings.cache and ceilings.macs > 0
    layers = timer.time_layers(
        settings=[(4, 6), (8, 3)], batches=(1, 2), rounds=2, round_seconds=1e-4, ceilings=ceilings
    )
    assert layers.fresh and layers.ceilings == ceilings
    assert layers.cases == [(1, False), (1, True), (2, False), (2, True)]
    for case in layers.cases:
        for setting in [(4, 6), (8, 3)]:
            assert layers.speedup(setting, *case).median > 0
    networks = timer.time_networks(settings=[(1.0, 224), (0.35, 32)], layouts=(True,), rounds=2, ceilings=ceilings)
    assert 0 < networks.network_share((0.35, 32), channels_last=True).median < 1  # 1/200 of the work
    assert from_json(layers.to_json()).cases == layers.cases
    assert torch.get_num_threads() == threads and torch.is_grad_enabled()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"what": ("dense",)}, "got 'dense'"),
        ({"batches": (1, 0)}, "batch must be .* got 0"),
        ({"settings": [(0, 7)]}, "got 0"),
    ],
)
def test_bad_input_is_refused_before_any_work(arguments, words, monkeypatch):
    monkeypatch.setattr(timer, "time_in_turn", lambda *a, **k: pytest.fail("measured"))
    with pytest.raises(ValueError, match=words):
        timer.time_layers(**arguments)


def test_rounds_need_a_spread():
    with pytest.raises(ValueError, match="rounds must be .* at least 2, got 1"):
        timer.time_in_turn({"a": lambda: None}, rounds=1)


def test_the_machine_is_named_without_its_owner(monkeypatch):
    monkeypatch.setenv("MALLOC_TOP_PAD_", "7")
    machine = timer.machine()
    assert machine["torch"] == torch.__version__ and machine["allocator"].endswith("MALLOC_TOP_PAD_=7")
    assert set(machine) == {"processor", "threads", "torch", "date", "allocator"}


def test_the_script_loses_no_file(tmp_path, monkeypatch, capsys):
    monkeypatch.syspath_prepend(SCRIPT.parent)
    path = tmp_path / "speed.json"
    path.write_text("precious")
    for out, words in [(path, "already exists"), (tmp_path / "no" / "x.json", "there is no folder")]:
        monkeypatch.setattr(sys, "argv", [str(SCRIPT), "--out", str(out)])
        with pytest.raises(SystemExit, match="2"):
            runpy.run_path(str(SCRIPT), run_name="__main__")
        assert words in capsys.readouterr().err
    assert path.read_text() == "precious" and list(tmp_path.iterdir()) == [path]
