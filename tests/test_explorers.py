"""Python's half of the explorers: settings as traits, what is sent to the browser, and the still version without it."""

import html
import inspect
import json
import random
import re
import subprocess
import sys
from html.parser import HTMLParser

import ipywidgets
import numpy as np
import pytest

import mbv2_lesson as mbv2
from mbv2_lesson import experiments, explorers
from mbv2_lesson.explorers.explorer import Explorer
from mbv2_lesson.plans.tables import COST_HEAD, ratio

CLASSES = [cls for cls in vars(explorers).values() if isinstance(cls, type) and issubclass(cls, Explorer)]
every_explorer = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)


def expected_plan(explorer):
    """The plan of the shown setting, built again from the settings and the public functions alone."""
    values = explorer.fixed | explorer.values
    if "size" in values:
        values["size"] = (values["size"], values["size"])
    match type(explorer).__name__:
        case "ConvolutionExplorer" | "GroupsExplorer":
            return mbv2.standard_conv(**values)
        case "SeparableExplorer":
            return mbv2.depthwise_separable(**values)
        case "BlockExplorer":
            return mbv2.inverted_residual(**values)
        case "RankExplorer":
            del values["kernel"]
            return mbv2.depthwise_separable(**values)
        case "NetworkExplorer":
            return mbv2.mobilenet_v2(**values)
        case "ConventionExplorer":
            network, width_mult = values["network"].split()
            return mbv2.mobilenet_v1() if network == "MobileNetV1" else mbv2.mobilenet_v2(float(width_mult))
        case "IntensityExplorer":
            channels, kind = values["channels"], values["kind"]
            kernel_size = 1 if kind == "pointwise" else values["kernel_size"]
            groups = channels if kind == "depthwise" else 1
            return mbv2.standard_conv(channels, channels, kernel_size, groups=groups, size=values["size"])
        case "CollapseExplorer":
            return mbv2.standard_conv(2, values["dimensions"], 1, size=(1, 200))
        case "ScanExplorer":
            return mbv2.standard_conv(1, 1, 3, padding=0, size=(40, 40))


def expected_numbers(explorer, plan):
    """What Python counts alongside the browser, by name."""
    values, cost = explorer.values, plan.cost
    numbers = {"params": cost.params, "MACs": cost.macs, "FLOPs": cost.flops}
    for step in plan:
        numbers |= {f"{step.name} weights": step.cost.weights, f"{step.name} MACs": step.cost.macs}
    match type(explorer).__name__:
        case "NetworkExplorer":
            numbers["activations"] = cost.activations
        case "ConventionExplorer":
            costs = [part.cost for part in plan.parts if values["classifier"] or part.name != "classifier"]
            params = sum(c.weights + c.biases * values["biases"] + c.norm * values["batch_norm"] for c in costs)
            macs = sum(c.macs for c in costs)
            return {"params": params, **({"FLOPs": 2 * macs} if values["flops"] else {"MACs": macs})}
        case "IntensityExplorer":
            batch, (_, c, h, w), (_, c_out, h_out, w_out) = values["batch"], plan.input_shape, plan.output_shape
            numbers["MACs of all images"] = str(batch * cost.macs)
            numbers["bytes moved"] = 4 * (cost.weights + batch * (c * h * w + c_out * h_out * w_out))
        case "CollapseExplorer":
            return {"points with fewer than two active units": int(experiments.collapse(**values).lost.sum())}
        case "ScanExplorer":
            return {"products": 9, "positions": 38 * 38, "MACs": cost.macs}
    return numbers


def check_what_is_counted(explorer):
    plan = expected_plan(explorer)
    assert explorer.plan == plan and explorer.cost == plan.cost
    assert explorer.counted == {"settings": explorer.values, "numbers": expected_numbers(explorer, plan)}


# --- Settings ---


@every_explorer
def test_every_setting_is_a_trait_that_others_can_follow(cls):
    explorer, heard = cls(), []
    check_what_is_counted(explorer)
    for name, options in explorer.options.items():
        explorer.observe(lambda change: heard.append((change.name, change.new)), name)
        for value in (options[0], options[-1]):
            before, heard[:] = getattr(explorer, name), []
            setattr(explorer, name, value)
            assert explorer.values[name] == getattr(explorer, name) == value
            assert heard == [(name, value)] * (value != before)
            check_what_is_counted(explorer)
    assert set(explorer.options) < set(explorer.traits(sync=True))


@every_explorer
def test_a_random_walk(cls):
    explorer, steps = cls(theme="dark"), random.Random(0)
    for _ in range(40):
        moves = steps.sample(sorted(explorer.options), steps.randint(1, len(explorer.options)))
        explorer.set(**{name: steps.choice(explorer.options[name]) for name in moves})
        check_what_is_counted(explorer)


@every_explorer
def test_settings_can_be_linked(cls):
    for name, options in cls().options.items():
        first, second, number = cls(), cls(), ipywidgets.Label()
        ipywidgets.link((first, name), (second, name))
        ipywidgets.dlink((first, name), (number, "value"), str)
        ipywidgets.jslink((first, name), (cls(), name))
        for explorer, value in [(first, options[-1]), (second, options[0])]:
            setattr(explorer, name, value)
            assert getattr(first, name) == getattr(second, name) == value and number.value == str(value)
            check_what_is_counted(first)
            check_what_is_counted(second)


@every_explorer
def test_every_setting_is_an_argument_and_its_error_says_what_is_allowed(cls):
    explorer = cls()
    before = explorer.values
    for name, options in explorer.options.items():
        for value in (options[0], options[-1]):
            given = cls(**{name: value})
            assert given.values == before | {name: value}
        explorer.set(**{name: value})
        assert given.values == explorer.values
        explorer.set(**before)
        allowed = list(map(repr, options))
        if len(options) > 10:
            allowed = [*allowed[:3], "...", allowed[-1]]
        wrong = 1 if isinstance(options[0], bool) else True
        for bad in ("nonsense", wrong, [value], np.array([value, value]), -7, 1e9):
            assigned = cls()
            for call in (
                lambda **setting: explorer.set(**setting),
                lambda **setting: cls(**setting),
                lambda **setting: setattr(assigned, *next(iter(setting.items()))),  # noqa: B023
            ):
                with pytest.raises(ValueError) as caught:
                    call(**{name: bad})
                assert str(caught.value) == f"{name} must be one of {', '.join(allowed)}, got {bad!r}"
            assert assigned.values == explorer.values == before and explorer.problem == ""
            assert assigned.problem == f"{caught.value}."


def test_what_equals_an_option_is_taken_as_that_option():
    explorer = explorers.ConvolutionExplorer(np.int64(64), 32.0)
    assert [type(value) for value in explorer.values.values()] == [int] * 6
    json.dumps(explorer.counted)


def test_setting_is_all_or_nothing(tmp_path):
    explorer = explorers.SeparableExplorer()
    before, counted = explorer.values, explorer.counted
    for bad, words in [
        ({"out_channels": 64, "stride": 3}, "stride must be one of 1, 2, got 3"),
        ({"out_channels": 64, "kernel": 3}, "no control named 'kernel'; the controls are in_channels, "),
        ({"out_channels": 64, "problem": "none"}, "no control named 'problem'; the controls are in_channels, "),
    ]:
        with pytest.raises(ValueError, match=words):
            explorer.set(**bad)
        assert (explorer.values, explorer.counted) == (before, counted)


def test_several_settings_move_at_once():
    """Nobody sees a setting that nobody chose."""
    explorer, seen = explorers.BlockExplorer(16, 16), []
    explorer.observe(lambda change: seen.append((explorer.in_channels, explorer.out_channels)), list(explorer.options))
    explorer.set(in_channels=24, out_channels=24)
    assert set(seen) == {(24, 24)} and explorer.plan.has_shortcut


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
        "ConventionExplorer": "theme",
        "ConvolutionExplorer": "in_channels out_channels size theme",
        "GroupsExplorer": "in_channels out_channels kernel_size size theme",
        "IntensityExplorer": "kind channels size results theme",
        "NetworkExplorer": "width_mult resolution theme",
        "RankExplorer": "in_channels out_channels kernel_size size theme",
        "ScanExplorer": "image kernel theme",
        "SeparableExplorer": "in_channels out_channels size theme",
    }


@every_explorer
def test_the_signature_names_every_setting(cls):
    explorer = cls()
    expected = explorer.fixed | {
        name: value for name, value in explorer.values.items() if cls.__name__ != "ScanExplorer"
    }
    parameters = inspect.signature(cls).parameters
    assert {name: parameters[name].default for name in expected} == expected
    assert set(explorer.values) < set(parameters) and "settings" not in parameters
    with pytest.raises(TypeError, match="'speed'"):
        cls(speed=3)


def test_an_unknown_setting_is_told_with_those_that_there_are():
    with pytest.raises(TypeError, match="no setting is named 'speed'; the settings are in_channels, .*, size$"):
        explorers.SeparableExplorer(speed=3)


def test_groups_offers_what_divides_both():
    explorer = explorers.GroupsExplorer(12, 18)
    assert explorer.options == {"groups": [1, 2, 3, 6]}
    assert explorers.GroupsExplorer(7, 13).options == {"groups": [1]}
    with pytest.raises(ValueError, match="groups must be one of 1, 2, 3, 6, got 4"):
        explorer.groups = 4
    with pytest.raises(ValueError, match="in_channels must be a whole number of at least 1, got 0"):
        explorers.GroupsExplorer(0)
    with pytest.raises(ValueError, match="out_channels must be at most 4096, got 100000000"):
        explorers.GroupsExplorer(16, 10**8)


# --- What is sent to the browser ---


class Recorder:
    """A comm that keeps what an explorer sends: [(method, {trait: value}), ...]."""

    kernel = comm_id = "recorded"

    def __init__(self, *widgets) -> None:
        self.sent = []
        for widget in widgets:
            widget._trait_values["comm"] = self  # ipywidgets 7 takes no other comm than its own by the front door

    def send(self, data, buffers=None) -> None:
        self.sent.append((data["method"], data["state"]))

    def close(self, *arguments, **keywords) -> None:
        pass

    def updates(self) -> list[dict]:
        return [state for method, state in self.sent if method == "update"]


def test_a_move_in_the_browser_is_counted_and_never_written_back():
    explorer = explorers.SeparableExplorer()
    comm = Recorder(explorer)
    explorer.set_state({"out_channels": 64})
    check_what_is_counted(explorer)
    assert comm.updates() == [{"counted": explorer.counted}]
    explorer.set_state({"out_channels": 64})  # once more, as a second view of it does
    assert len(comm.updates()) == 1
    comm.sent.clear()
    explorer.set_state({"in_channels": 8, "kernel_size": 5, "stride": 2})  # as the button "Reset" does
    check_what_is_counted(explorer)
    assert comm.updates() == [{"counted": explorer.counted}]


def test_a_move_in_python_is_sent_with_its_numbers():
    explorer = explorers.BlockExplorer()
    comm = Recorder(explorer)
    explorer.out_channels = 64
    assert comm.updates() == [{"out_channels": 64}, {"counted": explorer.counted}]
    comm.sent.clear()
    explorer.set(in_channels=8, stride=2)
    together = {name: value for state in comm.updates() for name, value in state.items()}
    assert together == {"in_channels": 8, "stride": 2, "counted": explorer.counted}


def test_two_linked_explorers_do_not_chase_each_other():
    first, second = explorers.SeparableExplorer(), explorers.BlockExplorer()
    ipywidgets.link((first, "out_channels"), (second, "out_channels"))
    comms = Recorder(first), Recorder(second)
    first.set_state({"out_channels": 64})
    assert comms[0].updates() == [{"counted": first.counted}]
    assert comms[1].updates() == [{"out_channels": 64}, {"counted": second.counted}]
    # The second browser shows it and, as tests/browser sees, sends nothing. Were it to answer, that would be the end.
    second.set_state({"out_channels": 64})
    assert [len(comm.updates()) for comm in comms] == [1, 2]
    for value in (96, 128, 16):  # a drag, each end of a move in the other explorer
        second.set_state({"out_channels": value})
    assert [len(comm.updates()) for comm in comms] == [1 + 3 * 2, 2 + 3]
    assert first.out_channels == second.out_channels == 16
    check_what_is_counted(first)
    check_what_is_counted(second)


def test_a_value_that_a_link_delivers_and_that_is_not_allowed_is_told():
    block, separable = explorers.BlockExplorer(), explorers.SeparableExplorer(out_channels=16)
    ipywidgets.link((block, "out_channels"), (separable, "out_channels"))
    comms = Recorder(block), Recorder(separable)
    with pytest.raises(ValueError, match=r"out_channels must be one of 4, 6, 8, \.\.\., 1024, got 2$"):
        block.set_state({"out_channels": 2})  # raised where nobody sees it: in the handler of a message
    assert (block.out_channels, separable.out_channels) == (2, 16)
    assert separable.problem == "out_channels must be one of 4, 6, 8, ..., 1024, got 2." and block.problem == ""
    assert comms[1].updates() == [{"problem": separable.problem}]
    assert comms[0].updates() == [{"counted": block.counted}]
    check_what_is_counted(block)
    check_what_is_counted(separable)
    block.set_state({"out_channels": 16})  # what the other one still has
    assert separable.problem == "" and comms[1].updates()[1:] == [{"problem": ""}]
    with pytest.raises(ValueError):
        block.out_channels = 3
    block.out_channels = 8
    assert separable.out_channels == 8 and separable.problem == ""


def test_the_data_is_what_the_browser_needs_and_is_sent_once():
    explorer = explorers.GroupsExplorer(12, 18, size=28)
    comm = Recorder(explorer)
    call = {"name": "GroupsExplorer", "fixed": explorer.fixed, "variables": []}
    assert explorer.data == {"options": explorer.options, "first": {"groups": 1}, "call": call, **explorer.fixed}
    assert explorer.fixed == {"in_channels": 12, "out_channels": 18, "kernel_size": 3, "size": 28}
    explorer.groups = 3
    assert all("data" not in state for state in comm.updates())


# --- What stands still ---


@every_explorer
def test_its_repr_is_a_call_that_makes_the_same(cls):
    explorer = cls(**dict.fromkeys(["in_channels"] if cls is explorers.GroupsExplorer else [], 48))
    explorer.set(**{name: options[-1] for name, options in explorer.options.items()})
    again = eval(repr(explorer), vars(explorers))
    assert isinstance(again, cls) and (again.values, again.fixed) == (explorer.values, explorer.fixed)
    assert repr(again) == repr(explorer) and explorer._repr_mimebundle_()[0]["text/plain"] == repr(explorer)


class Still(HTMLParser):
    """The words outside tables, the cells inside, and the attributes of each element."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.words, self.rows, self.attributes = [], [], [], {}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.attributes.setdefault(tag, []).append(dict(attributes))
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] in (["th"], ["td"]):
            self.rows[-1][-1] += data
        else:
            self.words.append(data)


def shown_still(explorer):
    """Numbers of the shown setting that the still version's table must have."""
    numbers, cost = explorer.counted["numbers"], explorer.cost
    match type(explorer).__name__:
        case "BlockExplorer":
            numbers = [cost.weights, cost.norm, cost.macs]
        case "CollapseExplorer":
            return {ratio(experiments.collapse(**explorer.values).error)}
        case "ConventionExplorer":
            numbers = [numbers["params"]]
        case "ScanExplorer":
            numbers = numbers.values()
        case _:
            numbers = [cost.params, cost.macs, cost.flops]
    return {f"{number:,}" for number in numbers}


@every_explorer
def test_the_still_version_has_a_picture_and_its_numbers(cls):
    explorer = cls()
    for settings in (explorer.values, {name: options[-1] for name, options in explorer.options.items()}):
        explorer.set(**settings)
        still = Still(explorer._repr_mimebundle_()[0]["text/html"])
        (image,) = still.attributes["img"]
        assert image["src"].startswith("data:image/png;base64,") and re.fullmatch(r"[A-Z].*\.", image["alt"])
        assert "".join(still.words).strip() == "", "sentences stand in the browser's half alone"
        assert shown_still(explorer) <= {cell for row in still.rows for cell in row}
        (element,) = (each for each in still.attributes["div"] if "data-mbv2-explorer" in each)
        assert element["data-mbv2-explorer"] == cls.module
        assert json.loads(element["data-mbv2-settings"]) == explorer.values == settings
        # A page that is made of it resets to what it shows.
        assert json.loads(element["data-mbv2-data"]) == json.loads(json.dumps(explorer.data | {"first": settings}))


@every_explorer
def test_it_can_be_saved_as_it_stands(cls, tmp_path):
    explorer = cls()
    explorer.set(**{name: options[-1] for name, options in explorer.options.items()})
    begins = {"svg": b"<svg", "png": b"\x89PNG", "html": b"<!doctype html>"}
    for ending, start in begins.items():
        path = tmp_path / f"{cls.module}.{ending}"
        assert explorer.save(path) == path
        content = path.read_bytes()
        assert content.startswith(start)
        if ending != "png":  # drawn from the same figure as the SVG
            assert content != cls().save(tmp_path / f"other.{ending}").read_bytes()
        path.write_text("mine")
        with pytest.raises(FileExistsError, match=rf"{cls.module}\.{ending}.*overwrite=True"):
            explorer.save(path)
        assert path.read_text() == "mine"
        cls(**explorer.values).save(path, overwrite=True)
        assert path.read_bytes() == content
    assert f'data-mbv2-settings="{html.escape(json.dumps(explorer.values))}"' in path.read_text(encoding="utf-8")


@every_explorer
def test_what_cannot_be_saved_or_themed_is_told(cls, tmp_path):
    explorer = cls()
    for name, error, words in [
        ("figure.doc", ValueError, r"one of .*\.svg.* got 'figure\.doc'"),
        ("missing/figure.svg", FileNotFoundError, "no folder"),
        ("missing/page.html", FileNotFoundError, "no folder"),
    ]:
        with pytest.raises(error, match=words):
            explorer.save(tmp_path / name)
    assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match="'light', 'dark', 'transparent', got 'pink'"):
        cls(theme="pink")


def test_the_table_is_the_one_that_the_browser_shows():
    assert Still(explorers.SeparableExplorer().table()).rows == [
        list(COST_HEAD),
        ["standard", "4,608", "14,450,688", "28,901,376"],
        ["separable", "656", "2,057,216", "4,114,432"],
        ["separable / standard", "0.1424", "0.1424", "0.1424"],
    ]


def test_no_explorer_needs_torch():
    code = (
        "import sys; from mbv2_lesson.explorers import *\n"
        f"for e in ({', '.join(f'{cls.__name__}()' for cls in CLASSES)}):\n"
        "    e.set(**{name: options[-1] for name, options in e.options.items()}); e._repr_mimebundle_()\n"
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
