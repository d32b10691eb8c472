"""What services and tools read from the repository: it fits their schemas, and says the same everywhere."""

import re
import shlex
import shutil
import subprocess
import sys
import tomllib

import check_jsonschema
import nbformat
import pytest
from packaging.requirements import Requirement
from ruamel.yaml import YAML
from test_notebooks import NOTEBOOKS, ROOT, dead_links, good_notebook, minimal_metadata, read
from test_setup import requirements

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def yaml(path: str) -> dict:
    return YAML(typ="safe").load(ROOT / path)


PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "benchmarks" / "README.md"]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    assert dead_links(path.read_text(encoding="utf-8"), path.parent) == []


def test_the_readme_is_short_and_leads_to_every_page():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(readme.splitlines()) <= 80
    assert {path.name for path in ROOT.glob("docs/*.md")} == set(re.findall(r"\]\(docs/([\w.]+)", readme))


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        (".github/workflows/ci.yml", "vendor.github-workflows"),
        (".github/dependabot.yml", "vendor.dependabot"),
        ("CITATION.cff", "vendor.citation-file-format"),
    ],
)
def test_it_fits_the_published_schema(path, schema, capsys):
    with pytest.raises(SystemExit) as done:
        check_jsonschema.main(["--builtin-schema", schema, str(ROOT / path)])
    assert done.value.code == 0, capsys.readouterr().out


def test_the_citation_is_of_this_version():
    citation = yaml("CITATION.cff")
    assert citation["version"] == PROJECT["version"]
    assert [citation["license"], "CC-BY-4.0"] == PROJECT["license"].split(" AND ")


def test_the_workflow_runs_what_is_told_to_people():
    jobs = yaml(".github/workflows/ci.yml")["jobs"]
    commands = {name: [step["run"] for step in job["steps"] if "run" in step] for name, job in jobs.items()}
    assert commands["everything"] == [".ci/run"]
    lowest = (ROOT / "tests" / "lowest.txt").read_text(encoding="utf-8")
    assert commands["lowest"] == re.findall(r"^# {5}(.+)$", lowest, flags=re.MULTILINE)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in ("versions", "thorough"):
        install, test = commands[name]
        assert f"    {install} && pytest\n" in readme and test.startswith("pytest ")
    pythons = jobs["versions"]["strategy"]["matrix"]["python"]
    assert PROJECT["requires-python"] == f">={pythons[0]}"


HOOKS = {hook["id"]: shlex.split(hook["entry"]) for hook in yaml(".pre-commit-config.yaml")["repos"][0]["hooks"]}


def test_the_hooks_run_what_is_pinned():
    pinned = {Requirement(line).name for line in requirements("tests/requirements.txt")}
    assert len(HOOKS) == 4 and {entry[0] for entry in HOOKS.values()} <= pinned


def test_the_hook_takes_out_of_a_notebook_what_changes_with_each_run(tmp_path):
    committed = {path: tmp_path / path.relative_to(ROOT) for path in NOTEBOOKS}
    for path, copy in committed.items():
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    fresh = good_notebook()
    fresh.metadata.update(widgets={"state": {}}, language_info={"name": "python", "version": "3.11.7"})
    fresh.cells[1].metadata.execution = {"iopub.execute_input": "2026-11-26T15:00:00Z"}
    assert list(minimal_metadata(fresh))
    nbformat.write(fresh, tmp_path / "fresh.ipynb")
    program, *options = HOOKS["nbstripout"]
    subprocess.run([sys.executable, "-m", program, *options, *committed.values(), tmp_path / "fresh.ipynb"], check=True)
    assert list(minimal_metadata(read(tmp_path / "fresh.ipynb"))) == []
    assert [cell.get("outputs") for cell in read(tmp_path / "fresh.ipynb").cells] == [
        cell.get("outputs") for cell in good_notebook().cells
    ]
    assert [path.name for path, copy in committed.items() if path.read_bytes() != copy.read_bytes()] == []
