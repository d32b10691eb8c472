"""Notebooks and exports without the right to write, in another locale, again and again, and with warnings as errors."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# 07 and 08 measure and train, each run for a minute; they share all else with these.
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("0[0-6]*.ipynb"))
NO_RIGHTS = "setpriv --bounding-set=-dac_override,-dac_read_search".split()  # root could write anywhere
# What matplotlib says if it cannot keep a cache; its advice is right, but that is up to the machine.
MATPLOTLIB = ("mkdir -p failed for path", "Matplotlib created a temporary cache directory", "Matplotlib is building")

OUR_MODULES = """
import importlib, pkgutil, warnings
warnings.filterwarnings("error", module=r"mbv2_lesson(\\.|$)")
import mbv2_lesson
for module in pkgutil.walk_packages(mbv2_lesson.__path__, "mbv2_lesson."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""


@pytest.fixture(scope="module")
def may_not_write(tmp_path_factory):
    """Runs Python with a folder of notebooks and a home that are both read-only; returns what it did."""
    if sys.platform == "win32":
        pytest.skip("on Windows no mode of a folder forbids to write into it")
    without = []
    if os.geteuid() == 0:
        without = NO_RIGHTS
        assert shutil.which(without[0]), "root needs setpriv (util-linux) to give up its right to write anywhere"
    folder = tmp_path_factory.mktemp("machine")
    lesson, home, runtime = folder / "lesson", folder / "home", folder / "runtime"
    shutil.copytree(ROOT / "notebooks", lesson, ignore=shutil.ignore_patterns(".*"))
    home.mkdir()
    runtime.mkdir()
    before = sorted(lesson.rglob("*"))
    for path in (lesson, home):
        path.chmod(0o555)
    environment = os.environ | {"HOME": str(home), "JUPYTER_RUNTIME_DIR": str(runtime)}
    environment |= {"LC_ALL": "tr_TR.ISO-8859-9", "PYTHONUTF8": "0"}  # such a locale need not be installed

    def run(*arguments: str) -> subprocess.CompletedProcess:
        command = [*without, sys.executable, *arguments]
        return subprocess.run(command, cwd=lesson, env=environment, capture_output=True, timeout=900)

    refused = run("-c", "open('new', 'w')")
    assert b"PermissionError" in refused.stderr, refused
    yield run
    assert sorted(lesson.rglob("*")) == before
    assert list(home.iterdir()) == []
    for path in (lesson, home):
        path.chmod(0o755)


@pytest.fixture(scope="module")
def faults(may_not_write) -> dict[str, dict[str, list[str]]]:
    """notebook -> run -> what went wrong; in one kernel, or each run would import torch and look for fonts again."""
    done = may_not_write(str(ROOT / "tests" / "rough_kernel.py"), *NOTEBOOKS)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_twice_and_backwards_where_nothing_may_be_written(faults, name):
    assert list(faults[name]) == ["top to bottom", "backwards"]
    for lines in faults[name].values():
        assert [line for line in lines if not line.partition(": ")[2].startswith(MATPLOTLIB)] == []


def test_a_figure_that_may_not_be_written_is_told_by_its_name(may_not_write):
    explorer = may_not_write("-c", "from mbv2_lesson.explorers import BlockExplorer; BlockExplorer().save('mine.svg')")
    last = explorer.stderr.decode().splitlines()[-1]
    assert last == "PermissionError: the folder '.' is not writable; 'mine.svg' was not saved"
    twice = "for out in ('.', 'new'): print(main(['figures', 'law-map', '--out', out]))"
    command = may_not_write("-c", f"from mbv2_lesson.__main__ import main\n{twice}")
    assert command.stdout.split() == [b"2", b"2"] and b"Traceback" not in command.stderr
    for out, line in zip((".", "new"), command.stderr.decode().splitlines()[-2:], strict=True):
        assert "figures: cannot write: " in line and repr(out)[:-1] in line, line


def test_importing_our_own_code_warns_of_nothing():
    """In a process of its own. What is drawn is drawn by other tests, where a warning is an error, too."""
    done = subprocess.run([sys.executable, "-c", OUR_MODULES], capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "", done.stderr


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")), ids=lambda path: path.name)
def test_the_first_cell_says_what_a_missing_kernel_looks_like(path):
    first = json.loads(path.read_text(encoding="utf-8"))["cells"][0]
    assert "Error displaying widget: model not found" in "".join(first["source"])
