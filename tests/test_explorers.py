"""Every explorer: each control to each extreme and a random walk over all, the numbers held against plans and costs."""

import inspect
import io
import random
import re
import subprocess
import sys
import threading

import numpy as np
import pytest
from PIL import Image

import mbv2_lesson as mbv2
from mbv2_lesson import explorers
from mbv2_lesson.explorers.controls import Explorer
from mbv2_lesson.figures import output

RNG = np.random.default_rng(0)
ARGUMENTS = {"ScanExplorer": (RNG.random((12, 15)), RNG.standard_normal((3, 3)))}
CLASSES = [cls for cls in vars(explorers).values() if isinstance(cls, type) and issubclass(cls, Explorer)]
every_explorer = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)


def make(cls, **settings):
    return cls(*ARGUMENTS.get(cls.__name__, ()), **settings)


def choices(control):
    return list(getattr(control, "options", (False, True)))


def expected_plan(explorer):
    """The plan of the shown setting, built anew from the controls' values and the public functions alone."""
    v, size = explorer.values, ()
    if "size" in v:
        size = (v["size"], v["size"])
    match type(explorer).__name__:
        case "ConvolutionExplorer":
            return mbv2.standard_conv(**{**v, "size": size})
        case "SeparableExplorer":
            return mbv2.depthwise_separable(**{**v, "size": size})
        case "BlockExplorer":
            return mbv2.inverted_residual(**{**v, "size": size})
        case "GroupsExplorer":
            return mbv2.standard_conv(16, 32, groups=v["groups"], size=(56, 56))
        case "RankExplorer":
            return mbv2.depthwise_separable(16, 32, depth_multiplier=v["depth_multiplier"], size=(56, 56))
        case "CollapseExplorer":
            return mbv2.standard_conv(2, v["dimensions"], 1, size=(1, 200))
        case "ScanExplorer":
            return mbv2.standard_conv(1, 1, 3, padding=0, size=(12, 15))


def check_what_is_shown(explorer):
    plan, shown = expected_plan(explorer), explorer.numbers.sentence + explorer.numbers.table
    assert explorer.plan == plan and explorer.cost == plan.cost
    numbers = {int(text.replace(",", "")) for text in re.findall(r"\d[\d,]*", re.sub(r"<[^>]*>", " ", shown))}
    if type(explorer).__name__ == "ScanExplorer":
        v = explorer.values
        patch = explorer.image[v["row"] : v["row"] + 3, v["column"] : v["column"] + 3]
        assert f"{(patch * explorer.kernel).sum():.2f}" in shown and plan.cost.macs in numbers
    elif type(explorer).__name__ == "CollapseExplorer":
        result = mbv2.experiments.collapse(**explorer.values)
        assert f"{result.lost.mean():.1%}" in shown and f"{result.error:.4f}" in shown
    else:
        assert {plan.cost.params, plan.cost.macs} <= numbers
        if type(explorer).__name__ == "BlockExplorer":
            assert {step.cost.macs for step in plan} <= numbers
            assert plan.no_shortcut_because in shown and ("no shortcut" in shown) != plan.has_shortcut
        else:
            assert plan.cost.flops in numbers
    assert explorer.picture.png.startswith(b"\x89PNG") and explorer.picture.alt


@every_explorer
def test_every_control_at_its_extremes(cls):
    explorer = make(cls)
    check_what_is_shown(explorer)
    size = explorer.picture.width, explorer.picture.height, explorer.numbers.height
    for control in explorer.controls.values():
        assert control.description
        start = control.value
        for value in (choices(control)[0], choices(control)[-1], start):
            before, figure = (control.value, explorer.picture.png), explorer.figure
            control.value = value
            check_what_is_shown(explorer)
            changed = control.value != before[0]
            # Two settings may look alike: the article's switch matters at ratio 1 only, ReLU6 only where it clips.
            if changed and control.description not in (
                "expand even at ratio 1 (the article)",
                "activation",
            ):
                assert explorer.picture.png != before[1], f"{control.description} = {value} changed no pixel"
            assert explorer.figure is figure, "the figure is kept, not made anew"
            assert size == (explorer.picture.width, explorer.picture.height, explorer.numbers.height)


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), dtype=int)


@pytest.mark.pinned  # matplotlib 3.10 may set a word a pixel beside its place
@every_explorer
def test_what_is_redrawn_is_what_would_be_drawn_anew(cls):
    """Kept axes and stamped words must leave nothing of an earlier setting, and be where matplotlib puts them."""
    explorer, steps = make(cls), random.Random(1)
    for move in range(12):
        control = steps.choice(list(explorer.controls.values()))
        control.value = steps.choice(choices(control))
        if move == 6:
            explorer.picture.pixel_ratio = 2  # as a sharp screen asks
        anew = explorer.draw(explorer.plan, explorer.values, None)
        expected = pixels(output.png(anew, scale=explorer.picture.pixel_ratio))
        assert np.abs(pixels(explorer.picture.png) - expected).max() <= 4, explorer.values
        assert explorer.picture.alt == output.alt_text(anew)
    assert expected.shape == (2 * explorer.picture.height, 2 * explorer.picture.width, 3)
    assert np.ptp(expected) > 100


def test_what_is_saved_does_not_depend_on_the_screen(tmp_path):
    explorer, fresh = explorers.BlockExplorer(), explorers.BlockExplorer(out_channels=24)
    explorer.picture.pixel_ratio = 3
    explorer.set(out_channels=24)
    for name in ("block.png", "block.svg"):
        saved, expected = explorer.save(tmp_path / name), fresh.save(tmp_path / f"fresh-{name}")
        assert saved.read_bytes() == expected.read_bytes()


@every_explorer
def test_a_random_walk(cls):
    explorer, steps = make(cls, theme="dark"), random.Random(0)
    for _ in range(25):
        control = steps.choice(list(explorer.controls.values()))
        control.value = steps.choice(choices(control))
        check_what_is_shown(explorer)


def test_the_articles_switch_shows_at_ratio_1():
    explorer = explorers.BlockExplorer()
    explorer.set(expand_ratio=1)
    before, params = explorer.picture.png, explorer.cost.params
    explorer.set(always_expand=True)
    assert explorer.picture.png != before and explorer.cost.params > params


@every_explorer
@pytest.mark.parametrize("method", ["make_plan", "words", "draw"])
def test_an_exception_is_told_to_the_reader_and_to_the_tests(cls, method, monkeypatch):
    explorer = make(cls)

    def broken(*arguments):
        raise RuntimeError("planted <fault>")

    monkeypatch.setattr(explorer, method, broken)
    control = next(iter(explorer.controls.values()))
    with pytest.raises(RuntimeError, match="planted"):
        control.value = choices(control)[-1]
    assert "RuntimeError: planted &lt;fault&gt;" in explorer.numbers.sentence
    monkeypatch.undo()
    control.value = choices(control)[0]
    check_what_is_shown(explorer)  # and the next move is shown as if nothing had been


@every_explorer
def test_the_still_picture_for_pages_without_a_kernel(cls):
    explorer = make(cls)
    bundle = explorer._repr_mimebundle_()
    assert explorer.numbers.sentence in bundle["text/html"] and 'alt="' in bundle["text/html"]
    assert bundle["text/plain"].startswith(cls.__name__)
    assert "application/vnd.jupyter.widget-view+json" in bundle


@every_explorer
def test_every_setting_is_an_argument_and_its_error_says_what_is_allowed(cls):
    explorer = make(cls)
    before = explorer.values, explorer.picture.png
    for name, control in explorer.controls.items():
        options = choices(control)
        for value in (options[0], options[-1]):
            given = make(cls, **{name: value})
            assert given.values == explorer.values | {name: value}
        explorer.set(**{name: value})
        assert (given.values, given.picture.png) == (explorer.values, explorer.picture.png)
        explorer.set(**{name: before[0][name]})
        allowed = ["True", "False"] if options == [False, True] else list(map(repr, options))
        if len(options) > 10:
            allowed = [*allowed[:3], "...", allowed[-1]]
        for bad in (
            "nonsense",
            1 if isinstance(options[0], bool) else True,
            [value],
            np.array([value, value]),
            -7,
            1e9,
        ):
            for call in (explorer.set, lambda **setting: make(cls, **setting)):
                with pytest.raises(ValueError) as caught:
                    call(**{name: bad})
                assert str(caught.value) == f"{name} must be one of {', '.join(allowed)}, got {bad!r}"
        assert before == (explorer.values, explorer.picture.png)


def test_positional_arguments_are_those_of_before():
    assert {
        cls.__name__: " ".join(
            name
            for name, parameter in inspect.signature(cls).parameters.items()
            if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        )
        for cls in CLASSES
    } == {
        "BlockExplorer": "in_channels out_channels size theme",
        "CollapseExplorer": "dimensions theme",
        "ConvolutionExplorer": "in_channels out_channels size theme",
        "GroupsExplorer": "in_channels out_channels kernel_size size theme",
        "RankExplorer": "in_channels out_channels kernel_size size theme",
        "ScanExplorer": "image kernel theme",
        "SeparableExplorer": "in_channels out_channels size theme",
    }


def test_bad_settings_change_nothing(tmp_path):
    explorer = explorers.SeparableExplorer()
    before = explorer.values, explorer.picture.png
    for bad, words in [
        ({"out_channels": 64, "stride": 3}, "stride must be one of 1, 2, got 3"),
        ({"out_channels": 64, "kernel": 3}, "no control named 'kernel'; the controls are in_channels, "),
    ]:
        with pytest.raises(ValueError, match=words):
            explorer.set(**bad)
    with pytest.raises(ValueError, match="'light', 'dark', 'transparent', got 'pink'"):
        explorers.BlockExplorer(theme="pink")
    with pytest.raises(ValueError, match=r"one of .*\.svg.* got 'figure\.doc'"):
        explorer.save(tmp_path / "figure.doc")
    with pytest.raises(FileNotFoundError, match="no folder"):
        explorer.save(tmp_path / "missing" / "figure.svg")
    assert (explorer.values, explorer.picture.png) == before and not list(tmp_path.iterdir())


def test_saving_never_overwrites_unless_asked(tmp_path):
    explorer, path = explorers.BlockExplorer(), tmp_path / "block.svg"
    assert explorer.save(path) == path and b"<svg" in path.read_bytes()
    path.write_text("mine")
    with pytest.raises(FileExistsError, match=r"block\.svg.*overwrite=True"):
        explorer.save(path)
    assert path.read_text() == "mine"
    explorer.save(path, overwrite=True)
    assert [file.name for file in tmp_path.iterdir()] == ["block.svg"] and b"<svg" in path.read_bytes()


def test_a_slider_may_move_while_a_cell_saves(tmp_path):
    """JupyterLab runs callbacks on a second thread."""
    explorer, failures = explorers.BlockExplorer(), []

    def drag():
        try:
            for n in range(30):
                explorer.set(expand_ratio=1 + n % 10)
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=drag)
    thread.start()
    for n in range(10):
        explorer.save(tmp_path / f"{n}.png")
    thread.join()
    assert failures == []
    check_what_is_shown(explorer)


def test_no_explorer_needs_torch():
    code = (
        "import sys; from mbv2_lesson.explorers import *\n"
        "for e in (BlockExplorer(), RankExplorer(), CollapseExplorer()):\n"
        "    for c in e.controls.values(): c.value = getattr(c, 'options', (False, True))[-1]\n"
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
