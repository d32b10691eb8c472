"""``python -m mbv2_lesson count``: what it prints, and one line and exit code 2 for what is wrong."""

import csv
import io
import re
import subprocess
import sys

import pytest
import torch

import mbv2_lesson as mbv2
from mbv2_lesson.__main__ import main
from mbv2_lesson.plans import tables

torch.set_num_threads(1)


def run(*arguments: str, cwd=None) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "mbv2_lesson", *arguments], capture_output=True, text=True, cwd=cwd)


MY_NET = """
import sys
from dataclasses import dataclass
import torch
from torch import nn
from helper_of_my_net import WIDTH

print("imported")

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        print("made")
        self.conv = nn.Conv2d(3, WIDTH, 3)

    def forward(self, x):
        print("ran")
        return self.conv(x)

class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear, self.embed = nn.Linear(3, 4), nn.Embedding(9, 4)

    def forward(self, x, ids):
        return self.linear(x) + self.embed(ids).mean(1)

def double():
    return Two().double()

class Ids(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(9, 4)

    def forward(self, first, second):
        return self.embed(first) @ self.embed(second).mT

class Bar(nn.Module):
    def __init__(self):
        super().__init__()
        self.add_module("a|b", nn.Linear(3, 4))

    def forward(self, x):
        return getattr(self, "a|b")(x)

class Raises(nn.Module):
    error = IndexError("list index out of range")

    def forward(self, x):
        raise self.error

class RaisesKeyError(Raises):
    error = KeyError("boxes")

class RaisesAssertion(Raises):
    error = AssertionError("even sizes only")

class Exits(Raises):
    error = SystemExit(0)

@dataclass
class Space:
    inner: object

space = Space(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()))
number = 3

def make():
    return space.inner

def needs(width):
    return Net()

def broken():
    raise TypeError("trouble inside")

def leaves():
    sys.exit("leaving")
"""
FILES = {
    "my_net.py": MY_NET,
    "helper_of_my_net.py": "WIDTH = 8\n",
    "typo.py": "def f(\n",
    "leaves.py": "import sys; sys.exit(3)\n",
    "detector.py": "raise RuntimeError('operator torchvision::nms does not exist')\n",
    "missing.py": "import no_such_module\n",
    "bare.py": "x = 1\n",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, with a reader's files in it and in its subfolder sub."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "random.py").write_text("from torch import nn\nnet = nn.Linear(3, 4)\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


# --- Plans. ---


def test_a_plan_without_torch():
    code = (
        "import sys; from mbv2_lesson.__main__ import main; main(['count', 'mobilenet_v2']); "
        "assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == tables.text(mbv2.mobilenet_v2()) + "\n"
    assert "3,504,872" in done.stdout and "300,774,272" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "plan"),
    [
        (["mobilenet_v2", "--input", "3", "96", "96"], mbv2.mobilenet_v2(resolution=96)),
        (["mobilenet_v2", "--resolution", "96", "--width", "0.35"], mbv2.mobilenet_v2(0.35, 96)),
        (["mobilenet_v2", "--width", "1.4"], mbv2.mobilenet_v2(1.4)),
        (["mobilenet_v1", "--width", "0.5", "--input", "3x64x64"], mbv2.mobilenet_v1(64, width_mult=0.5)),
        (["mobilenet_v1", "--resolution", "64", "--input", "3,64,64"], mbv2.mobilenet_v1(64)),
    ],
)
def test_width_and_resolution_of_a_plan(arguments, plan, capsys):
    assert main(["count", *arguments]) == 0
    assert capsys.readouterr() == (tables.text(plan) + "\n", "")


# --- A reader's own modules. ---


def test_a_module_where_python_finds_it(folder):
    done = run("count", "my_net:space.inner", "--input", "3", "10", "10", "--csv", cwd=folder)
    assert done.returncode == 0
    first, *_ = csv.DictReader(io.StringIO(done.stdout))
    assert [first[key] for key in ("name", "kind", "output_shape")] == ["0", "Conv2d", "1\u00d78\u00d78\u00d78"]
    assert (first["params"], first["macs"]) == ("224", str(216 * 64))
    imported, note = done.stderr.splitlines()
    assert imported == "imported" and note.endswith("Ran, but not counted: relu (\u00d71).")


@pytest.mark.parametrize("name", ["my_net.py:make", "./my_net.py:make", "my_net.py:space.inner"])
def test_a_function_or_an_attribute_of_a_file(name, folder, capsys):
    assert main(["count", name, "--input", "3", "10", "10", "--csv"]) == 0
    printed = capsys.readouterr()
    first, *_ = csv.DictReader(io.StringIO(printed.out))
    assert (first["kind"], first["macs"]) == ("Conv2d", str(216 * 64))
    assert printed.err.endswith("Ran, but not counted: relu (\u00d71).\n")


def test_a_file_in_another_folder_with_the_name_of_a_module_of_python(folder, capsys, monkeypatch):
    search_path = list(sys.path)
    assert main(["count", "sub/random.py:net", "--input", "3"]) == 0
    monkeypatch.chdir(folder / "sub")
    assert main(["count", "../my_net.py:Net", "--input", "3", "8", "8"]) == 0
    assert main(["count", f"{folder}/my_net.py:Net", "--input", "3", "8", "8"]) == 0
    assert "Linear" in capsys.readouterr().out and sys.path == search_path
    import random

    assert random.random() < 1


def test_a_class_as_markdown(capsys):
    assert main(["count", "mbv2_lesson.modules.blocks:MobileNetV2", "--input", "3", "64", "64", "--markdown"]) == 0
    printed = capsys.readouterr().out
    assert printed == tables.markdown(mbv2.count(mbv2.MobileNetV2(), (3, 64, 64))) + "\n"


def test_a_bar_in_a_name(folder, capsys):
    assert main(["count", "my_net.py:Bar", "--input", "3", "--markdown"]) == 0
    assert "| a\\|b | Linear |" in capsys.readouterr().out


@pytest.mark.parametrize("given", [["3", "8", "8"], ["3x8x8"], ["3,8,8"], ["3,", "8,", "8"], ["3\u00d78", "8"]])
def test_what_a_module_prints_is_not_in_the_table(given, folder, capsys):
    assert main(["count", "my_net.py:Net", "--csv", "--input", *given]) == 0
    printed = capsys.readouterr()
    (row,) = csv.DictReader(io.StringIO(printed.out))
    assert (row["macs"], row["output_shape"]) == (str(36 * 216), "1\u00d78\u00d76\u00d76")
    *prints, note = printed.err.splitlines()
    assert set(prints) == {"imported", "made", "ran"} and note.startswith(
        "FLOPs = 2 \u00d7 MACs = 15,552 for one input."
    )


@pytest.mark.parametrize(
    ("what", "dtypes", "macs"),
    [
        ("my_net.py:Two", ["float", "long"], 3 * 4),
        ("my_net.py:double", ["float64", "int32"], 3 * 4),
        ("my_net.py:Ids", ["long"], 3 * 4 * 5),
    ],
    ids=["one each", "others", "one for all"],
)
def test_several_inputs_and_their_dtypes(what, dtypes, macs, folder, capsys):
    options = [word for dtype in dtypes for word in ("--dtype", dtype)]
    assert main(["count", what, "--input", "3", "--input", "5", *options, "--csv"]) == 0
    rows = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert sum(int(row["macs"]) for row in rows) == macs


def test_depth_folds_the_rows(capsys):
    assert main(["count", "mbv2_lesson:MobileNetV2", "--input", "3", "64", "64", "--depth", "1"]) == 0
    printed = capsys.readouterr().out
    assert printed == str(mbv2.count(mbv2.MobileNetV2(), (3, 64, 64)).fold(1)) + "\n"
    assert [line.split()[0] for line in printed.splitlines()[1:4]] == ["features", "classifier", "total"]


@pytest.mark.parametrize("form", ["text", "csv", "markdown"])
def test_separable_adds_columns(form, folder, capsys):
    options = [] if form == "text" else [f"--{form}"]
    assert main(["count", "./my_net.py:Net", "--input", "3", "8", "8", "--separable", *options]) == 0
    printed = capsys.readouterr()
    conv, *_ = (line for line in printed.out.splitlines() if "conv" in line and "Conv2d" in line)
    after = mbv2.depthwise_separable(3, 8, padding=0, size=(8, 8)).cost
    assert re.search(rf"\b{after.weights + 8}\W+({after.macs}|{after.macs:,})\b", conv)
    note = printed.err if form == "csv" else printed.out
    assert note.endswith(f"M = 1: FLOPs = 2 \u00d7 MACs = {after.flops:,}.\n")


# --- What is wrong. ---


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["resnet50", "--input", "3", "224", "224"],
            "WHAT must be mobilenet_v2, mobilenet_v1, FILE.py:NAME or package.module:NAME",
        ),
        (["my_net.py", "--input", "3"], "FILE.py:NAME or package.module:NAME, got 'my_net.py'"),
        (["mobilenet_v2", "--input", "3", "224"], "such as 3 224 224, got 3 224"),
        (["mobilenet_v2", "--input", "1", "224", "224"], "got 1 224 224"),
        (["mobilenet_v2", "--input", "3", "224", "192"], "got 3 224 192"),
        (["mobilenet_v2", "--input", "3", "0", "0"], "resolution must be a whole number of at least 1, got 0"),
        (["mobilenet_v2", "--input", "3x96x96", "--resolution", "224"], "give one resolution, got 224 and 96"),
        (["mobilenet_v2", "--input", "3x96x96", "--input", "3x64x64"], "give one resolution, got 96 and 64"),
        (["mobilenet_v2", "--width", "0"], "width_mult must be above 0 and at most 1000, such as 1.0 or 0.35, got 0.0"),
        (["mobilenet_v2", "--dtype", "long"], "--separable are for torch modules, but mobilenet_v2 is a plan"),
        (["mobilenet_v1", "--depth", "1"], "but mobilenet_v1 is a plan"),
        (
            ["mobilenet_v1", "--separable"],
            "--depth and --separable are for torch modules, but mobilenet_v1 is a plan",
        ),
        (
            ["my_net.py:Net", "--input", "3x8x8", "--depth", "1", "--separable"],
            "--separable works layer by layer, so it allows no --depth, got --depth 1",
        ),
        (["my_net.py:Net", "--input", "3x8x8", "--width", "2"], "--width and --resolution are for mobilenet_v2 and"),
        (["my_net.py:Net", "--resolution", "96"], "not for 'my_net.py:Net'; use --input"),
        (["my_net.py:Net"], "give the input of 'my_net.py:Net', such as --input 3 224 224, and --input again"),
        (["my_net.py:Net", "--input", "0", "8", "8"], "each length of --input must be at least 1, got (0, 8, 8)"),
        (["my_net.py:Net", "--input", "3x8x8", "--depth", "0"], "--depth must be at least 1, got 0"),
        (["my_net.py:Net", "--input", "3x8x8", "--dtype", "int9"], "such as float32, long or bool, got 'int9'"),
        (["my_net.py:Net", "--input", "3x8x8", "--dtype", "nn"], "got 'nn'"),
        (["my_net.py:Two", "--input", "3", "--dtype", "float", "--dtype", "long"], "once per --input, got 2 and 1"),
        (["no_such_file.py:net", "--input", "3"], "there is no file 'no_such_file.py'"),
        (["sub/:net", "--input", "3"], "there is no file 'sub'"),
        (["no_such_module:net", "--input", "3"], "cannot import 'no_such_module': ModuleNotFoundError"),
        (["my_net.py:Nothing", "--input", "3"], "'my_net.py' has no 'Nothing'; it has Net, Two, double, Ids, Bar"),
        (["bare.py:Net", "--input", "3"], "'bare.py' has no 'Net'; it has no modules"),
        (["typo.py:f", "--input", "3"], "cannot import 'typo.py': SyntaxError: '(' was never closed (typo.py, line 1)"),
        (["missing.py:f", "--input", "3"], "cannot import 'missing.py': ModuleNotFoundError: No module named 'no_such"),
        (["leaves.py:f", "--input", "3"], "cannot import 'leaves.py': SystemExit: 3"),
        (["detector.py:f", "--input", "3"], "torch and torchvision are different builds (CPU and CUDA)"),
        (
            ["my_net.py:needs", "--input", "3"],
            "cannot be called without arguments: missing a required argument: 'width'",
        ),
        (["mbv2_lesson:InvertedResidual", "--input", "3"], "cannot be called without arguments"),
        (["my_net.py:broken", "--input", "3"], "cannot make 'my_net.py:broken': TypeError: trouble inside"),
        (["my_net.py:leaves", "--input", "3"], "cannot make 'my_net.py:leaves': SystemExit: leaving"),
        (["my_net.py:number", "--input", "3"], "must be a torch module or make one, got int"),
        (["mbv2_lesson.plans:mobilenet_v2", "--input", "3"], "must be a torch module or make one, got Network"),
        (
            ["mbv2_lesson:MobileNetV2", "--input", "4", "8", "8"],
            "with an input of (4, 8, 8): RuntimeError: Given groups=1",
        ),
        (["mbv2_lesson:MobileNetV2", "--input", "1x3x64x64"], "without the batch dimension, (3, 64, 64)"),
        (
            ["my_net.py:Two", "--input", "3"],
            "missing 1 required positional argument: 'ids'; give --input once per input",
        ),
        (["my_net.py:make", "--input", "3x8x8", "--input", "3"], "with an input of (3, 8, 8) and (3,): TypeError"),
        (["my_net.py:Raises", "--input", "3"], "with an input of (3,): IndexError: list index out of range"),
        (["my_net.py:RaisesKeyError", "--input", "3"], "KeyError: 'boxes'"),
        (["my_net.py:RaisesAssertion", "--input", "3"], "AssertionError: even sizes only"),
        (["my_net.py:Exits", "--input", "3"], "SystemExit: 0"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_wrong_is_said_in_one_line(arguments, words, folder, capsys):
    assert main(["count", *arguments]) == 2
    printed = capsys.readouterr()
    *prints, line = printed.err.splitlines()
    assert printed.out == "" and set(prints) <= {"imported", "made", "ran"}  # which the reader's own file prints
    assert words in line and line.startswith("python -m mbv2_lesson count: ")


@pytest.mark.parametrize(
    "arguments",
    [[], ["count"], ["count", "mobilenet_v2", "--input", "a"], ["count", "mobilenet_v2", "--input", "3.5"], ["draw"]],
)
def test_bad_options_exit_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    out, error = capsys.readouterr()
    assert stopped.value.code == 2 and (out, error.count("\n")) == ("", 1) and "; --help lists what there is" in error


@pytest.mark.parametrize("given", ["count mobilenet_v2 --width {}", "figures --scale {}", "page --theme {}"])
def test_an_option_of_one_value_is_not_given_twice(given, capsys):
    with pytest.raises(SystemExit):
        main(given.format(f"2.0 {given.split()[-2]} 1.0").split())
    assert "given twice, as 2.0 and as 1.0" in capsys.readouterr().err


def test_an_interrupt_is_told_in_one_line(folder, capsys):
    (folder / "stops.py").write_text("raise KeyboardInterrupt\n")
    assert main(["count", "stops.py:net", "--input", "3"]) == 130
    assert capsys.readouterr() == ("", "python -m mbv2_lesson count: interrupted\n")


def test_a_file_that_hides_a_module_of_torch(folder):
    (folder / "random.py").write_text("net = 1\n")
    done = run("count", "my_net.py:Net", "--input", "3x8x8", cwd=folder)
    assert done.returncode == 2 and done.stdout == "" and "Traceback" not in done.stderr
    assert done.stderr.startswith("python -m mbv2_lesson count: cannot import torch: ")


@pytest.mark.parametrize("reader", ["head -1", "true"])
@pytest.mark.parametrize("arguments", ["count mobilenet_v2", "figures --list"])
def test_a_reader_that_has_seen_enough(arguments, reader):
    line = f"{sys.executable} -m mbv2_lesson {arguments} | {reader}; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True)
    assert done.stderr == "" and done.returncode in (0, 1)  # 1 if it was too late to write
