"""Binder: what repo2docker would build, read from the Dockerfile that it renders (no Docker, no network)."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from repo2docker.app import Repo2Docker
from repo2docker.buildpacks import PythonBuildPack
from test_setup import ROOT, requirements

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the scripts of binder/ run in images of Linux")
PIP_INSTALL = 'pip install --no-cache-dir -r "binder/requirements.txt"'


@pytest.fixture
def build_pack(monkeypatch) -> PythonBuildPack:
    monkeypatch.chdir(ROOT)  # build packs look for their files in the current folder
    pack = PythonBuildPack(Repo2Docker().base_image)
    pack.platform = "linux/amd64"
    return pack


def closure(path: Path) -> list[str]:
    """A requirements file's lines with every `-r` followed; pip resolves it against the file it stands in."""
    lines = []
    for line in requirements(path.relative_to(ROOT).as_posix()):
        if line.startswith("-r "):
            lines += closure((path.parent / line[3:].strip()).resolve())
        else:
            lines.append(line)
    return lines


def pins(lines: list[str]) -> dict[str, str]:
    found = [line.partition("==") for line in lines if not line.startswith("-")]
    assert all(separator and value for _, separator, value in found), f"not all pinned: {lines}"
    assert len({name for name, _, _ in found}) == len(found), f"pinned twice: {lines}"
    return {name: value for name, _, value in found}


def test_python_is_3_11(build_pack):
    assert build_pack.detect()
    assert build_pack.python_version == "3.11"
    assert "environment.py-3.11" in " ".join(build_pack.get_build_script_files())


def test_the_requirements_are_installed_once_and_beside_the_source(build_pack):
    dockerfile = build_pack.render({})
    source = dockerfile.index(" src/ ${REPO_DIR}/")
    assert dockerfile.count("pip install") == dockerfile.count(PIP_INSTALL) == 1
    # Installed before the source is copied, "-e ." and "-r ../requirements.txt" would find nothing.
    assert dockerfile.index("WORKDIR ${REPO_DIR}") < source < dockerfile.index(PIP_INSTALL)


def test_what_is_installed_agrees_with_requirements_txt():
    root = requirements("requirements.txt")
    binder = closure(ROOT / "binder" / "requirements.txt")
    assert pins(binder).items() >= pins(root).items()
    assert pins(root).keys() >= {"jupyterlab", "torch", "matplotlib", "numpy", "ipywidgets", "anywidget"}
    assert pins(binder).keys() - pins(root).keys() == {"notebook"}
    assert "--extra-index-url https://download.pytorch.org/whl/cpu" in binder


def test_the_package_is_installed():
    # pip resolves "-e ." against the folder it runs in, which is the repository's root in the image.
    assert "-e ." in closure(ROOT / "binder" / "requirements.txt")
    assert tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["name"] == "mbv2-lesson"
    assert (ROOT / "mbv2_lesson" / "__init__.py").is_file()


def test_every_server_starts_through_the_start_script(build_pack):
    dockerfile = build_pack.render({})
    assert 'RUN chmod +x "${REPO_DIR}/binder/start"' in dockerfile
    assert 'ENV R2D_ENTRYPOINT="${REPO_DIR}/binder/start"' in dockerfile


@pytest.mark.parametrize(("set_before", "threads"), [(None, "1"), ("4", "4")])
def test_the_start_script_limits_threads_and_passes_its_arguments_on(set_before, threads):
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    if set_before:  # by whoever runs the hub
        environment["OMP_NUM_THREADS"] = set_before
    show = "import os, sys; print(os.environ['OMP_NUM_THREADS'], os.getpid(), sys.argv[1:]); sys.exit(7)"
    arguments = ["two words", "*", ""]
    command = [ROOT / "binder" / "start", sys.executable, "-c", show, *arguments]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    out, _ = process.communicate(timeout=60)
    # The same process: a signal to the script is a signal to the server.
    assert (out.strip(), process.returncode) == (f"{threads} {process.pid} {arguments}", 7)


def test_post_build_runs_last_and_builds_the_font_cache(build_pack, tmp_path):
    dockerfile = build_pack.render({})
    assert dockerfile.index(PIP_INSTALL) < dockerfile.index("RUN ./binder/postBuild")
    assert os.access("binder/postBuild", os.X_OK)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"MPLCONFIGDIR": str(tmp_path), "PATH": path}
    subprocess.run(["binder/postBuild"], env=environment, check=True, timeout=300)
    assert list(tmp_path.glob("fontlist-*.json"))
