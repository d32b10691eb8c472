"""Training: reproducible, stopped without loss, and without touching the reader's torch."""

import asyncio
import runpy
import sys
from pathlib import Path

import pytest
import torch

from mbv2_lesson.experiments import training
from mbv2_lesson.experiments.small_nets import ABLATIONS, SmallNet
from mbv2_lesson.explorers import training_panel

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "training.py"
TINY = (SmallNet("standard", 2), SmallNet("separable", 2))


def test_digits_are_split_without_overlap():
    data = training.digits()
    assert data.train_images.shape == (400, 1, 8, 8) and data.test_images.shape == (1397, 1, 8, 8)
    assert data.train_images.min() == 0 and data.train_images.max() == 1
    assert set(data.train_labels.tolist()) == set(data.test_labels.tolist()) == set(range(10))


def test_several_digits_at_once():
    images, labels = torch.arange(6.0).view(6, 1, 1, 1).expand(6, 1, 8, 8), torch.arange(6)
    pictures, names = training.several_at_once(images, labels, 4, torch.Generator().manual_seed(0))
    assert pictures.shape == (6, 4, 8, 8) and names.shape == (6, 4)
    assert torch.equal(pictures[:, :, 0, 0], names.float())  # each name belongs to its channel
    assert all(sorted(channel) == list(range(6)) for channel in names.T.tolist())  # each image once per channel
    assert len({tuple(channel) for channel in names.T.tolist()}) == 4
    torch.manual_seed(1)
    shuffled = torch.randperm(6)
    torch.manual_seed(1)  # a single digit is the plain shuffle that notebook 08 shows
    pictures, names = training.several_at_once(images, labels, 1)
    assert torch.equal(pictures, images[shuffled]) and torch.equal(names, labels[shuffled])


def test_scores_and_accuracy_of_several_digits():
    model = training.SmallNetModule(SmallNet("standard", 2, digits=3)).eval()
    pictures = torch.rand(5, 3, 8, 8)
    scores = model(pictures)
    assert scores.shape == (5, 10, 3)
    assert training.accuracy(model, pictures, scores.argmax(dim=1)) == 1
    wrong = scores.argmax(dim=1)
    wrong[0, 0] = (wrong[0, 0] + 1) % 10
    assert training.accuracy(model, pictures, wrong) == pytest.approx(14 / 15)


@pytest.mark.parametrize("net", [ABLATIONS[0], *ABLATIONS[2:]], ids=lambda net: net.shortcut)
def test_only_a_shortcut_leads_around_silent_blocks(net):
    torch.manual_seed(0)
    model, pictures = training.SmallNetModule(net).eval(), torch.rand(2, 1, 8, 8)
    with torch.no_grad():
        assert not torch.equal(*model(pictures))
        for *_, project in list(model.blocks)[:3]:
            project[0].weight.zero_()  # the first three blocks now give zeros, whatever the picture
        assert torch.equal(*model(pictures)) == (net.shortcut == "none")


def test_the_three_shortcuts_are_three_networks():
    outputs = []
    for net in (ABLATIONS[0], *ABLATIONS[2:]):
        torch.manual_seed(0)
        outputs.append(training.SmallNetModule(net).eval()(torch.ones(1, 1, 8, 8)))
    assert not any(torch.allclose(outputs[i], outputs[j]) for i, j in ((0, 1), (0, 2), (1, 2)))


def test_the_same_seed_gives_the_same_network_and_leaves_torchs_state():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, again, other = (training.train(SmallNet(width=2), seed, epochs=1) for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    images = training.digits().test_images[:50]
    with torch.inference_mode():
        first, again, other = (model.eval()(images) for model in (first, again, other))
    assert torch.equal(first, again) and not torch.equal(first, other)


@pytest.fixture
def two_threads():
    """Torch on two threads, as on a reader's machine; conftest.py gives the tests one."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("ending", [None, "stop", ValueError, KeyboardInterrupt])
def test_training_takes_one_thread_and_gives_the_others_back(ending, two_threads):
    threads = []

    def stop():
        threads.append(torch.get_num_threads())
        if isinstance(ending, type) and len(threads) == 3:
            raise ending("planted")
        return ending == "stop"

    if isinstance(ending, type):
        with pytest.raises(ending, match="planted"):
            training.train(TINY[0], epochs=1, stop=stop)
    else:
        assert (training.train(TINY[0], epochs=1, stop=stop) is None) == (ending == "stop")
    assert set(threads) == {1} and torch.get_num_threads() == 2


def test_so_does_a_comparison_and_its_measuring_of_accuracy(two_threads, monkeypatch):
    threads, accuracy = [], training.accuracy

    def watched(*arguments):
        threads.append(torch.get_num_threads())
        return accuracy(*arguments)

    monkeypatch.setattr(training, "accuracy", watched)
    training.compare(TINY, seeds=1, epochs=1)
    assert threads == [1, 1] and torch.get_num_threads() == 2
    with pytest.raises(ValueError, match="got none"):
        training.compare([])
    assert torch.get_num_threads() == 2


def test_it_learns():
    data = training.digits()
    model = training.train(SmallNet("standard", 8), epochs=8)
    assert training.accuracy(model, data.test_images, data.test_labels) > 0.6  # 20 seeds gave 0.86 to 0.96
    untrained = training.SmallNetModule(SmallNet("standard", 8))
    assert training.accuracy(untrained, data.test_images, data.test_labels) < 0.4


def test_each_network_with_each_seed():
    told = []
    comparison = training.compare([*TINY, TINY[0]], seeds=2, epochs=1, progress=lambda *words: told.append(words))
    assert comparison.nets == TINY and comparison.fresh and not comparison.stopped
    assert [len(trained.accuracies) for trained in comparison.trained] == [2, 2]
    assert [done for done, _, _ in told] == [0, 1, 2, 3, 4] and {total for _, total, _ in told} == {4}
    assert str(TINY[1]) in told[2][2]


@pytest.mark.parametrize("by_interrupt", [False, True])
def test_stopping_keeps_what_is_finished(by_interrupt):
    finished = []

    def progress(done, total, words):
        finished.append(done)
        if by_interrupt and done == 3:
            raise KeyboardInterrupt  # as the kernel's, which may come anywhere

    comparison = training.compare(TINY, seeds=5, epochs=1, stop=lambda: finished[-1] >= 3, progress=progress)
    assert comparison.stopped and [len(trained.accuracies) for trained in comparison.trained] == [2, 1]
    assert comparison.difference(*TINY)[1] == 0  # one seed that both have
    nothing = training.compare(TINY, seeds=1, epochs=1, stop=lambda: True)
    assert nothing.stopped and nothing.trained == ()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"nets": []}, "got none"),
        ({"nets": TINY, "seeds": 0}, "seeds must be .* got 0"),
        ({"nets": TINY, "epochs": 0}, "epochs must be .* got 0"),
    ],
)
def test_bad_input_is_refused_before_any_work(arguments, words, monkeypatch):
    monkeypatch.setattr(training, "train", lambda *a, **k: pytest.fail("trained"))
    with pytest.raises(ValueError, match=words):
        training.compare(**arguments)
    with pytest.raises(ValueError, match=words):
        asyncio.run(training_panel.train_all(**arguments))


# --- The panel ---


def test_the_panel_tells_how_far_it_is():
    panel = training_panel.TrainingPanel(TINY, seeds=2, epochs=1)
    assert (panel.state, panel.done, panel.total) == ("waiting", 0, 4)
    told = []
    panel.observe(lambda change: told.append((panel.done, panel.last, panel.now)), "done")
    comparison = panel.run()
    assert not comparison.stopped and (panel.state, panel.done, panel.now) == ("done", 4, "")
    assert [(done, now) for done, _, now in told] == [
        (1, f"{TINY[1]}, seed 0"),
        (2, f"{TINY[0]}, seed 1"),
        (3, f"{TINY[1]}, seed 1"),
        (4, ""),
    ]
    assert told[1][1] == f"{TINY[1]}: {comparison.trained[1].accuracies[0]:.1%}"
    bundle, metadata = panel._repr_mimebundle_()
    assert bundle["text/plain"] == "Training of 2 networks, seeds: 2, epochs: 1"
    assert bundle["text/html"].startswith(f"<p>{bundle['text/plain']}. Without a kernel")
    assert "application/vnd.jupyter.widget-view+json" in bundle and isinstance(metadata, dict)


def test_the_panels_button_stops_and_keeps():
    panel = training_panel.TrainingPanel(TINY, seeds=50, epochs=1)
    click = {"content": {"data": {"method": "custom", "content": {"stop": True}}}, "buffers": []}
    panel.observe(lambda change: change["new"] == 3 and panel.comm.handle_msg(click), "done")
    comparison = panel.run()
    assert comparison.stopped and sum(len(trained.accuracies) for trained in comparison.trained) == 3
    assert (panel.state, panel.done, panel.total) == ("stopped", 3, 100)


def test_while_it_trains_others_are_heard_and_an_interrupt_keeps_what_is_finished():
    async def cell():
        task = asyncio.create_task(training_panel.train_all(TINY, seeds=500, epochs=1))
        await asyncio.sleep(1.5)  # other things happen meanwhile
        task.cancel()  # what a kernel does to a waiting cell when it is interrupted
        return await task

    comparison = asyncio.run(cell())
    done = sum(len(trained.accuracies) for trained in comparison.trained)
    assert comparison.stopped and 0 < done < 1000


def test_a_failure_is_told_in_words_and_raised(monkeypatch):
    def broken(*arguments, **settings):
        raise RuntimeError("planted <fault>")

    monkeypatch.setattr(training, "train", broken)
    panel = training_panel.TrainingPanel(TINY, seeds=1, epochs=1)
    with pytest.raises(RuntimeError, match="planted"):
        panel.run()
    assert (panel.state, panel.problem) == ("failed", "RuntimeError: planted <fault>")


# --- Around a loop of the reader's own ---


def test_each_case_is_trained_once_and_named_by_its_parameters():
    def build(width, seed=0):
        return 10 * width + seed

    panel = training_panel.OwnTrainingPanel(build, [(1, 0), [2, 1], (2, 1)])
    told = []
    panel.observe(lambda change: told.append((panel.done, panel.last)), "done")
    assert panel.run() == {(1, 0): 10, (2, 1): 21}
    assert told == [(1, "width 1, seed 0"), (2, "width 2, seed 1")] and (panel.state, panel.now) == ("done", "")
    assert panel._repr_mimebundle_()[0]["text/html"].startswith("<p>Trainings: 2. Without a kernel")


@pytest.mark.parametrize("by_interrupt", [False, True])
def test_stopping_ends_after_the_training_under_way(by_interrupt):
    async def cell():
        heard = asyncio.get_running_loop()

        def build(seed):
            if seed == 1:
                heard.call_soon_threadsafe(task.cancel) if by_interrupt else panels[0].stop()
                panels[0]._stop.wait(30)
            return seed

        panels = []
        shown = training_panel.display
        training_panel.display = panels.append
        try:
            task = asyncio.create_task(training_panel.train_each(build, [(seed,) for seed in range(9)]))
            return await task, panels[0].state
        finally:
            training_panel.display = shown

    assert asyncio.run(cell()) == ({(0,): 0, (1,): 1}, "stopped")


def test_a_case_that_does_not_fit_is_refused_before_any_work():
    ran = []
    with pytest.raises(TypeError, match="too many positional arguments"):
        asyncio.run(training_panel.train_each(lambda seed: ran.append(seed), [(0,), (0, 1)]))
    with pytest.raises(ValueError, match="at least one case to train, got none"):
        asyncio.run(training_panel.train_each(lambda seed: ran.append(seed), []))
    assert ran == []


def test_a_failure_of_the_readers_loop_is_told_in_words():
    panel = training_panel.OwnTrainingPanel(lambda seed: 1 / seed, [(1,), (0,)])
    with pytest.raises(ZeroDivisionError):
        panel.run()
    assert (panel.state, panel.done, panel.problem) == ("failed", 1, "ZeroDivisionError: division by zero")


def test_the_script_loses_no_file(tmp_path, monkeypatch, capsys):
    monkeypatch.syspath_prepend(SCRIPT.parent)
    path = tmp_path / "training.json"
    path.write_text("precious")
    for out, words in [(path, "already exists"), (tmp_path / "no" / "x.json", "there is no folder")]:
        monkeypatch.setattr(sys, "argv", [str(SCRIPT), "--out", str(out)])
        with pytest.raises(SystemExit, match="2"):
            runpy.run_path(str(SCRIPT), run_name="__main__")
        assert words in capsys.readouterr().err
    assert path.read_text() == "precious" and list(tmp_path.iterdir()) == [path]
