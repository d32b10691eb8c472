"""The package as a wheel, installed into an empty folder and used from elsewhere: nothing needs the repository."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

import mbv2_lesson as mbv2
from mbv2_lesson.plans import tables

ROOT = Path(__file__).parents[1]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Built offline, with the installed setuptools, from a copy: a build leaves files next to its sources."""
    folder = tmp_path_factory.mktemp("wheel")
    for path in [ROOT / "pyproject.toml", *ROOT.glob("README*"), *ROOT.glob("LICENSE*")]:
        shutil.copy(path, folder)
    shutil.copytree(ROOT / "mbv2_lesson", folder / "mbv2_lesson", ignore=shutil.ignore_patterns("__pycache__"))
    build = [*PIP, "wheel", "--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, folder]
    subprocess.run(build, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    files = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    in_package = {path for path in (ROOT / "mbv2_lesson").rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert {path.suffix for path in in_package} >= {".py", ".json", ".mplstyle", ".js", ".css"}
    assert files == {path.relative_to(ROOT).as_posix() for path in in_package}


def test_the_wheel_says_and_holds_its_licenses(wheel):
    files = {Path(name).name: ZipFile(wheel).read(name).decode() for name in ZipFile(wheel).namelist()}
    assert "\nLicense-Expression: MIT AND CC-BY-4.0\n" in files["METADATA"]
    assert "Permission is hereby granted, free of charge" in files["LICENSE"]
    assert "Creative Commons Attribution 4.0 International Public License" in files["LICENSE-CC-BY-4.0"]


def test_the_wheel_works_away_from_the_repository(wheel, tmp_path):
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    install = [*PIP, "install", "--no-index", "--no-deps", "--no-compile", "--target", site, wheel]
    subprocess.run(install, check=True, capture_output=True)
    elsewhere.mkdir()
    before = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path and Path(path) != ROOT]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(site), *before])}

    def run(*arguments: str) -> str:
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    assert Path(run("-c", "import mbv2_lesson; print(mbv2_lesson.__file__)").strip()).is_relative_to(site)
    count = run("-m", "mbv2_lesson", "count", "mobilenet_v2", "--input", "3", "224", "224")
    assert count == tables.text(mbv2.mobilenet_v2()) + "\n"
    names = ["law-map", "roofline", "training"]  # the last two draw stored results
    assert "figures: 3, " in run("-m", "mbv2_lesson", "figures", *names, "--out", "drawn")
    assert {path.stem for path in (elsewhere / "drawn").glob("*.md")} == set(names)
    run("-c", "from mbv2_lesson.explorers import BlockExplorer; BlockExplorer().save('block.png')")
    run("-c", "import matplotlib.style; matplotlib.style.use('mbv2_lesson.figures.dark')")
