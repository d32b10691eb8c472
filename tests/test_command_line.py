"""``python -m mbv2_lesson count``: what it prints, and one line and exit code 2 for what is wrong."""

import csv
import io
import subprocess
import sys

import pytest

import mbv2_lesson as mbv2
from mbv2_lesson.__main__ import main
from mbv2_lesson.plans import tables


def run(*arguments: str, cwd=None) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "mbv2_lesson", *arguments], capture_output=True, text=True, cwd=cwd)


def test_a_plan_without_torch():
    code = (
        "import sys; from mbv2_lesson.__main__ import main; main(['count', 'mobilenet_v2', '--input', '3', '224', "
        "'224']); assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == tables.text(mbv2.mobilenet_v2()) + "\n"
    assert "3,504,872" in done.stdout and "300,774,272" in done.stdout


def test_a_readers_own_module(tmp_path):
    (tmp_path / "mine.py").write_text(
        "from torch import nn\nnet = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())\n"
        "def make():\n    return net\nclass Space:\n    inner = net\n"
    )
    for name in ("mine:net", "mine:make", "mine:Space.inner"):
        done = run("count", name, "--input", "3", "10", "10", "--csv", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        first, *_ = csv.DictReader(io.StringIO(done.stdout))
        assert [first[key] for key in ("name", "kind", "output_shape")] == ["0", "Conv2d", "1\u00d78\u00d78\u00d78"]
        assert (first["params"], first["macs"]) == ("224", str(216 * 64))


def test_a_class_as_markdown(capsys):
    assert main(["count", "mbv2_lesson.modules.blocks:MobileNetV2", "--input", "3", "64", "64", "--markdown"]) == 0
    printed = capsys.readouterr().out
    assert printed == tables.markdown(mbv2.count(mbv2.MobileNetV2(), (3, 64, 64))) + "\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["resnet50", "--input", "3", "224", "224"], "mobilenet_v2, mobilenet_v1 or say package.module:name"),
        (["mobilenet_v2", "--input", "3", "224"], "got 3 224"),
        (["mobilenet_v2", "--input", "1", "224", "224"], "got 1 224 224"),
        (["mobilenet_v2", "--input", "3", "224", "192"], "got 3 224 192"),
        (["mobilenet_v2", "--input", "3", "0", "0"], "resolution must be a whole number of at least 1, got 0"),
        (["no_such_module:net", "--input", "3", "8", "8"], "cannot import 'no_such_module'"),
        (["mbv2_lesson.modules.blocks:Nothing", "--input", "3", "8", "8"], "has no 'Nothing'"),
        (
            ["mbv2_lesson:InvertedResidual", "--input", "3", "8", "8"],
            "cannot be called without arguments",
        ),
        (["mbv2_lesson.plans:mobilenet_v2", "--input", "3", "8", "8"], "must be a torch module or make one"),
        (["mbv2_lesson.modules.blocks:MobileNetV2", "--input", "4", "8", "8"], "does not take an input of (4, 8, 8)"),
        (["mbv2_lesson.modules.blocks:MobileNetV2", "--input", "0", "8", "8"], "at least 1, got 0"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(arguments, words, capsys):
    assert main(["count", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.count("\n") == 1
    assert words in printed.err


@pytest.mark.parametrize(
    "arguments", [[], ["count"], ["count", "mobilenet_v2"], ["count", "mobilenet_v2", "--input", "a"], ["draw"]]
)
def test_bad_options_exit_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2 and "usage" in capsys.readouterr().err
