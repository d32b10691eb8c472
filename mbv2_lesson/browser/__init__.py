"""The browser's half of the explorers, and the joiner that makes one script of its ES modules.

Browsers do not load modules that import each other from a file on disk, nor does a notebook. So all that an explorer
needs is joined into one script, in which each module is a function with a scope of its own.
"""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parent
_IMPORT = re.compile(r'import \{ (\w+(?:, \w+)*) \} from "\./(\w+)\.js";')
_EXPORT = re.compile(r"export (?:async )?(?:const|function) (\w+)")
_OTHER = re.compile(r"^\s*(?:import|export)\b|\bimport\s*[(.]")


def esm(explorer: str) -> str:
    """The script of an explorer as anywidget takes it: a module whose default export has ``render``."""
    return f"{join('widget', explorer)}\nexport default {{ render: (view) => $widget.render(${explorer}, view) }};\n"


def script(explorer: str) -> str:
    """The script of an explorer for a page: it finds its elements by their data attributes and brings them to life."""
    joined = join("page", explorer)  # which is strict where it is a module, and shall be here, too
    return f'(() => {{\n"use strict";\n{joined}\n$page.start(${explorer}, "{explorer}");\n}})();\n'


def style() -> str:
    return (FOLDER / "style.css").read_text(encoding="utf-8")


def join(*names: str, folder: Path = FOLDER) -> str:
    """The modules ``names`` and all that they import, as ``const $NAME = ...`` in an order that works.

    Raises ValueError for any other form of import or export than ``import { a, b } from "./x.js";``, ``export const``
    and ``export function``, for a name that is not exported, and for modules that import each other in a circle;
    FileNotFoundError for one that is not there.
    """
    scopes: dict[str, str] = {}
    exports: dict[str, list[str]] = {}

    def add(name: str, importing: tuple[str, ...] = ()) -> None:
        if name in importing:
            raise ValueError(f"modules import each other in a circle: {' -> '.join((*importing, name))}")
        if name in scopes:
            return
        if not (folder / f"{name}.js").exists():
            raise FileNotFoundError(f"there is no {name}.js in {folder}, imported by {' -> '.join(importing) or 'you'}")
        body, exported = [], []
        for line in (folder / f"{name}.js").read_text(encoding="utf-8").splitlines():
            if found := _IMPORT.fullmatch(line):
                wanted, other = found.groups()
                add(other, (*importing, name))
                if missing := [each for each in wanted.split(", ") if each not in exports[other]]:
                    raise ValueError(f"{name}.js imports {missing} from {other}.js, which exports {exports[other]}")
                line = f"const {{ {wanted} }} = ${other};"
            elif found := _EXPORT.match(line):
                exported.append(found[1])
                line = line.removeprefix("export ")
            elif _OTHER.search(line):
                raise ValueError(
                    f'{name}.js may import only as import {{ a, b }} from "./x.js"; and export only a const or a '
                    f"function, got {line!r}"
                )
            body.append(line)
        body.append(f"return {{ {', '.join(exported)} }};")
        exports[name] = exported
        scopes[name] = f"const ${name} = (() => {{\n" + "\n".join(body) + "\n})();"

    for name in names:
        add(name)
    return "\n".join(scopes.values())
