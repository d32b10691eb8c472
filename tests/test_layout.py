"""The rooms of the package and the direction between them, read from its import statements."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import mbv2_lesson

PACKAGE = Path(mbv2_lesson.__file__).parent
ROOMS = ["plans", "modules", "experiments", "figures", "browser", "explorers", "questions"]


def imports(files: dict[str, str]) -> dict[str, set[str]]:
    """For each module of ``files`` (dotted name -> source, packages ending in ".__init__") the modules it imports.

    All import statements count: those within a function and those under TYPE_CHECKING too.
    """
    found = {}
    for name, source in files.items():
        found[name] = set()
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                found[name] |= {full for alias in node.names if (full := named(alias.name, files))}
            elif isinstance(node, ast.ImportFrom):
                base = name.rsplit(".", node.level)[0] + "." if node.level else ""
                origin = (base + (node.module or "")).rstrip(".")
                for alias in node.names:
                    found[name] |= {named(f"{origin}.{alias.name}", files) or named(origin, files)} - {None}
    return found


def named(dotted: str, files: dict[str, str]) -> str | None:
    return next((name for name in (dotted, f"{dotted}.__init__") if name in files), None)


def faults(files: dict[str, str]) -> list[str]:
    """Imports from a later room, circular imports, and import_module where it is not allowed."""
    found, wanted = [], imports(files)
    room_of = {name: name.split(".")[1] for name in files}
    for name, others in wanted.items():
        if room_of[name] not in ROOMS:  # __init__ and __main__ may import from all
            continue
        allowed = ROOMS[: ROOMS.index(room_of[name]) + 1]
        found += [f"{name} imports {other}" for other in sorted(others) if room_of[other] not in allowed]
        found += [f"{name} has import_module" for _ in range("import_module" in files[name])]
    try:
        TopologicalSorter(wanted).prepare()
    except CycleError as error:
        found.append(f"circle: {' -> '.join(error.args[1])}")
    return found


def package() -> dict[str, str]:
    return {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path.read_text(encoding="utf-8")
        for path in PACKAGE.rglob("*.py")
    }


def test_each_room_imports_only_from_itself_and_those_before_it():
    assert faults(package()) == []


def test_every_module_stands_in_a_room():
    assert {name.split(".")[1] for name in package()} == {*ROOMS, "__init__", "__main__"}


@pytest.mark.parametrize(
    ("module", "line", "words"),
    [
        ("plans.memory", "from ..modules.blocks import conv2d", "plans.memory imports mbv2_lesson.modules.blocks"),
        ("plans.costs", "from .. import figures", "plans.costs imports mbv2_lesson.figures.__init__"),
        ("modules.counter", "def f():\n    from ..questions import ask", "imports mbv2_lesson.questions.__init__"),
        ("plans.tables", "if TYPE_CHECKING:\n    from ..modules.counter import Count", "imports mbv2_lesson.modules"),
        ("plans.blocks", "import mbv2_lesson.experiments.timer", "imports mbv2_lesson.experiments.timer"),
        ("plans.costs", "from .layers import Conv2dSpec", "circle: "),
        ("questions.kinds", "from importlib import import_module", "questions.kinds has import_module"),
    ],
)
def test_a_planted_import_is_reported(module, line, words):
    files = package()
    files[f"mbv2_lesson.{module}"] += f"\n{line}\n"
    assert any(words in fault for fault in faults(files))
