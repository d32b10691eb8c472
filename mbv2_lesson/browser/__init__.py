"""The browser's half of the explorers, and the joiner that makes one script out of its ES modules.

Browsers do not load modules that import each other from a file on disk or inside a notebook. So everything that an
explorer needs is joined into one script, in which each module is a function with a scope of its own.
"""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parent
_IMPORT = r'import \{ (\w+(?:, \w+)*) \} from "\./(\w+)\.js";'
_EXPORT = r"export (?:async )?(?:const|function) (\w+)"
_COMMENT = r" // [^\"'`]*$"  # after code; one that contains a quotation mark might be inside a string, so it stays
_STRING = r'("(?:[^"\\]|\\.)*")'
_SPACES = r" ?([][=,{}():?;<>&|*]+) ?"
_OTHER = r"^\s*(?:import|export)\b|\bimport\s*[(.]"


def esm(name: str) -> str:
    """The script of an explorer or a question as anywidget expects it: a module whose default export has ``render``."""
    frame = _frame(name)
    render = f"(view) => $widget.render(${frame}.mount, ${name}, view)"
    return f"{join('widget', frame, name)}\nexport default {{ render: {render} }};\n"


def script(name: str) -> str:
    """The same for a page: the script finds its elements by their data attributes and brings them to life."""
    frame = _frame(name)
    joined = join("page", frame, name)  # a module is always strict, so this is too
    return f'(() => {{\n"use strict";\n{joined}\n$page.start(${frame}.mount, ${name}, "{name}");\n}})();\n'


def _frame(name: str) -> str:
    """The module whose ``mount`` shows this one: itself if it has one, else the explorers' common frame."""
    source = (FOLDER / f"{name}.js").read_text(encoding="utf-8")
    return name if "mount" in re.findall(_EXPORT, source) else "explorer"


def style() -> str:
    """The common style sheet, without comments and indentation."""
    source = (FOLDER / "style.css").read_text(encoding="utf-8")
    return re.sub(r"\s*\n\s*", "\n", re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL))


def join(*names: str, folder: Path = FOLDER) -> str:
    """The modules ``names`` and all that they import, as ``const $NAME = ...`` in an order that works.

    Raises ValueError for any other form of import or export than ``import { a, b } from "./x.js";``, ``export const``
    and ``export function``, for a name that is not exported, and for circular imports; FileNotFoundError for a missing
    module.
    """
    scopes: dict[str, str] = {}
    exports: dict[str, list[str]] = {}

    def add(name: str, importing: tuple[str, ...] = ()) -> None:
        if name in importing:
            raise ValueError(f"circular import: {' -> '.join((*importing, name))}")
        if name in scopes:
            return
        if not (folder / f"{name}.js").exists():
            raise FileNotFoundError(f"there is no {name}.js in {folder}, imported by {' -> '.join(importing) or 'you'}")
        body: list[str] = []
        exported: list[str] = []
        for line in (folder / f"{name}.js").read_text(encoding="utf-8").splitlines():
            if found := re.fullmatch(_IMPORT, line):
                wanted, other = found.groups()
                add(other, (*importing, name))
                if missing := [each for each in wanted.split(", ") if each not in exports[other]]:
                    raise ValueError(f"{name}.js imports {missing} from {other}.js, which exports {exports[other]}")
                line = f"const {{ {wanted} }} = ${other};"
            elif found := re.match(_EXPORT, line):
                exported.append(found[1])
                line = line.removeprefix("export ")
            elif re.search(_OTHER, line):
                raise ValueError(
                    f'{name}.js may import only as import {{ a, b }} from "./x.js"; and export only a const or a '
                    f"function, got {line!r}"
                )
            elif line.count("`") % 2:
                raise ValueError(f"{name}.js has a template literal of more than one line: {line!r}")
            code = _tight(re.sub(_COMMENT, "", line).strip())  # a page does not need indentation or comments
            if code and not code.startswith("//"):
                body.append(code)
        body.append(f"return {{ {', '.join(exported)} }};")
        exports[name] = exported
        scopes[name] = f"const ${name} = (() => {{\n" + "\n".join(body) + "\n})();"

    for name in names:
        add(name)
    return "\n".join(scopes.values())


def _tight(code: str) -> str:
    """A line without the spaces around its punctuation, which are 8% of a page, if all else in it is plain strings."""
    if re.search(r"[`'/]", code):  # a template or a regular expression, in which they count
        return code
    parts = re.split(_STRING, code)
    return "".join(part if odd % 2 else re.sub(_SPACES, r"\1", part) for odd, part in enumerate(parts))


def words(explorer: str) -> dict[str, str]:
    """The title of an explorer and its suggestion of what to try, from its table of words in ``browser/``."""
    source = (FOLDER / f"{explorer}.js").read_text(encoding="utf-8")
    return {name: re.search(rf'^  {name}:\s+"([^"\\]+)",$', source, re.MULTILINE)[1] for name in ("title", "try")}
