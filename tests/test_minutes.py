"""The minutes that each notebook states, the README and the map of notebook 00 repeat, by a rule that can be checked.

Text, code and what a cell prints are read at 180 words per minute. A question takes a minute, an explorer three, an
exercise two and one more per line of its solution, but at least three and at most ten. The sum is rounded up to five.
"""

import re
from math import ceil
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
STATED = re.compile(r"\*(?:This page: )?(\d+) minutes(?:, or (\d+) without the optional part)?\. ")


AROUND = r"\s*(#|$)|import|from|assert|verdict"  # lines of a solution's cell that are not the answer


def solution_lines(name: str) -> dict[str, int]:
    """The lines of code that the solution of each exercise takes."""
    lines = {}
    for cell in nbformat.read(ROOT / "notebooks/solutions" / name, as_version=4).cells:
        for exercise in re.findall(r'check\("([\w-]+)"', cell.source):
            rest = [
                line for line in cell.source.splitlines() if not re.match(r"\s*(#|$)|import|from|assert|verdict", line)
            ]
            lines[exercise] = len(rest)
    return lines


def minutes(path: Path) -> tuple[int, int]:
    """With the optional part, and without it."""
    solutions, optional = solution_lines(path.name), False
    all_of_it = without = 0.0
    for cell in nbformat.read(path, as_version=4).cells:
        parts = re.split(r"(?m)^(?=## )", cell.source) if cell.cell_type == "markdown" else [cell.source]
        for part in parts:
            if heading := re.match(r"## (.*)", part):
                optional = "optional" in heading[1].lower()
            takes = len(re.sub(r"\]\([^)]*\)", "", part).split()) / 180
            if cell.cell_type == "code":
                takes += sum(len(output.get("text", "").split()) for output in cell.outputs) / 180
                takes += len(re.findall(r'^ask\("', part, re.MULTILINE))
                takes += 3 * len(re.findall(r"\b\w+Explorer\(", part))
                takes += sum(min(10, max(3, 2 + solutions[name])) for name in re.findall(r'check\("([\w-]+)"', part))
            all_of_it += takes
            without += 0 if optional else takes
    return tuple(5 * ceil(total / 5) for total in (all_of_it, without))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_notebook_states_its_minutes(path):
    total, required = minutes(path)
    found = STATED.search(nbformat.read(path, as_version=4).cells[0].source)
    assert found, "the first cell states no minutes"
    assert (int(found[1]), int(found[2] or found[1])) == (total, required)


@pytest.mark.parametrize("page", ["README.md", "notebooks/00_start_here.ipynb"])
def test_the_tables_of_notebooks_repeat_them(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    if page.endswith("ipynb"):
        text = "\n".join(cell.source for cell in nbformat.reads(text, as_version=4).cells)
    rows = dict(re.findall(r"^\| \[?(\d\d) .*\| (\d+)(?: \(\d+\))? \|$", text, re.MULTILINE))
    assert rows == {path.name[:2]: str(minutes(path)[0]) for path in NOTEBOOKS}


def test_the_readme_adds_them_up():
    total = sum(minutes(path)[0] for path in NOTEBOOKS)
    required = sum(minutes(path)[1] for path in NOTEBOOKS)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"{total / 60:.1f} hours" in readme and f"{required / 60:.1f} without" in readme
