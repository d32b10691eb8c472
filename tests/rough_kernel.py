"""Runs notebooks in one kernel, each of them twice; prints what went wrong, as JSON: rough_kernel.py NOTEBOOK...

A program, not a test: tests/test_adverse_machine.py starts it without the right to write and in another locale.
"""

import json
import sys

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

# No name is left of the notebook before; a warning is an error where the lesson itself is at fault: in the package or
# in a cell.
START = """
%reset -f
import warnings
warnings.filterwarnings("error", module=r"mbv2_lesson(\\.|$)|__main__")
"""


def faults(client: NotebookClient, numbers: list[int]) -> list[str]:
    """Runs these cells; returns what failed or wrote to stderr, one line each."""
    found = []
    for number in numbers:
        cell = client.nb.cells[number]
        try:
            client.execute_cell(cell, number)
        except CellExecutionError as error:
            found.append(f"cell {number}: {error.ename}: {error.evalue}")
        found += [f"cell {number}: {out.text}" for out in cell.outputs if out.get("name") == "stderr"]
    return found


def main() -> None:
    found = {}
    client = NotebookClient(nbformat.v4.new_notebook(), timeout=120, kernel_name="python3")
    with client.setup_kernel():
        for name in sys.argv[1:]:
            nb = client.nb = nbformat.read(name, as_version=4)
            code = [number for number, cell in enumerate(nb.cells) if cell.cell_type == "code"]
            nb.cells.append(nbformat.v4.new_code_cell(START))
            client.execute_cell(nb.cells[-1], len(nb.cells) - 1)
            # Backwards, each cell meets the names as all later cells left them; so it does when all are run again from
            # the top, but for names that cells before it have set anew meanwhile.
            runs = {"top to bottom": code, "backwards": code[::-1]}
            found[name] = {run: faults(client, numbers) for run, numbers in runs.items()}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
