"""The set-up: a light import, the README's commands as printed, pins that are what is installed."""

import ast
import os
import shlex
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions, version
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
LESSON_COMMAND = "python -m pip install -r requirements.txt && jupyter lab notebooks/00_start_here.ipynb"
TEST_COMMAND = "python -m pip install -r requirements.txt -r tests/requirements.txt && pytest"


def requirements(path: str) -> list[str]:
    lines = [line.partition("#")[0].strip() for line in (ROOT / path).read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line]


def test_importing_the_package_imports_nothing_heavy():
    heavy = {"torch", "matplotlib", "ipywidgets", "anywidget", "sklearn"}
    code = f"import sys, mbv2_lesson; print(*{heavy} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.split() == []


@pytest.mark.parametrize("command", [LESSON_COMMAND, TEST_COMMAND])
def test_readme_has_the_command(command):
    lines = [line.strip() for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()]
    assert lines.count(command) == 1


@pytest.mark.skipif(sys.platform == "win32", reason=".ci/run is a script for bash")
def test_ci_runs_the_readmes_test_command():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "-r tests/requirements.txt" not in script, "a copy of the README's command would drift from it"
    extraction = next(line for line in script.splitlines() if line.startswith("test_command="))
    echo = f'set -eu; {extraction}; echo "$test_command"'
    run = subprocess.run(["bash", "-c", echo], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == TEST_COMMAND
    assert script.rstrip().endswith('bash -c "$test_command"')
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_pytest_takes_the_options_that_contributing_names():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    commands = [shlex.split(line, comments=True) for line in text.splitlines() if line.startswith("    pytest ")]
    words = [word for _, *words in commands for word in words]
    assert len(commands) > 4 and all((ROOT / word).exists() for word in words if "/" in word and "=" not in word)
    options = [word for word in words if word.startswith("--")]
    assert any(option.startswith("--mpl-generate-path") for option in options)
    run = [sys.executable, "-m", "pytest", "--markers", *options]  # takes the options in, then runs nothing
    subprocess.run(run, cwd=ROOT, capture_output=True, check=True)


@pytest.mark.pinned
@pytest.mark.parametrize("line", requirements("requirements.txt") + requirements("tests/requirements.txt"))
def test_pin_is_exact_and_installed(line):
    if line == "-e .":
        assert version("mbv2-lesson")
        return
    requirement = Requirement(line)
    assert [s.operator for s in requirement.specifier] == ["=="]
    # contains() lets torch==2.13.0 mean 2.13.0+cpu too, as pip does.
    assert requirement.specifier.contains(version(requirement.name))


def floors() -> dict[str, Version]:
    """The lowest version of each package that pyproject.toml asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = {}
    for requirement in map(Requirement, project["dependencies"]):
        (specifier,) = requirement.specifier
        assert specifier.operator == ">=", requirement
        found[requirement.name] = Version(specifier.version)
    return found


def test_the_dependencies_are_what_the_package_imports():
    imported = set()
    for path in (ROOT / "mbv2_lesson").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                imported.add(node.module.partition(".")[0])
    packages = packages_distributions()
    third_party = imported - sys.stdlib_module_names - {"mbv2_lesson"}
    assert {canonicalize_name(packages[name][0]) for name in third_party} == set(floors())


def test_the_lowest_versions_listed_are_those_of_the_package():
    pins = dict(line.split("==") for line in requirements("tests/lowest.txt") if "==" in line)
    lowest = floors()
    assert Version(pins.pop("torch")) > lowest.pop("torch")  # the file says why
    assert {name: Version(pins[name]) for name in lowest} == lowest


def test_the_cpu_index_is_binders_alone():
    # Offline, or where it is blocked, an extra index costs minutes of retries.
    assert not [line for line in requirements("requirements.txt") if line.startswith("--")]


# Each cell and what it prints where conftest.py has done its work.
ASKS = {
    "import os; print(os.environ.get('OMP_NUM_THREADS'))": "1",
    "import socket\ntry: socket.create_connection(('192.0.2.1', 80), 1)\nexcept OSError as error: print(error)": (
        "the tests have no network: '192.0.2.1'"
    ),
    "from pathlib import Path; print(len([*Path(os.environ['MPLCONFIGDIR']).glob('fontlist-*')]))": "1",
}


def test_a_notebook_alone_runs_as_all_tests_do(tmp_path):
    """Thread limit, no network, a font cache: also for ``pytest notebooks/x.ipynb``, which reads nothing in tests/."""
    for path in (*ROOT.glob("*.py"), ROOT / "pyproject.toml"):
        shutil.copy(path, tmp_path)
    shutil.copytree(
        ROOT / "tests", tmp_path / "tests", ignore=shutil.ignore_patterns("test_*", "browser", "__pycache__")
    )
    (tmp_path / "notebooks").mkdir()
    nb = new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    for source, text in ASKS.items():
        printed = new_output("stream", name="stdout", text=f"{text}\n")
        nb.cells.append(new_code_cell(source, outputs=[printed], execution_count=len(nb.cells) + 1))
    nbformat.write(nb, tmp_path / "notebooks" / "x.ipynb")
    environment = {name: value for name, value in os.environ.items() if name not in ("OMP_NUM_THREADS", "PYTHONPATH")}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-n0", "notebooks/x.ipynb"],
        cwd=tmp_path,
        env=environment | {"MPLCONFIGDIR": str(tmp_path / "matplotlib")},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0 and f"{len(ASKS)} passed" in run.stdout, run.stdout + run.stderr
