"""The files of the browser's half: how they are joined, how they print numbers, and what is true of each."""

import json
import random
import re
from pathlib import Path

import numpy as np
import pytest
from cases import CASES, explorer_of
from test_gallery import SEEN_BY, seen_as

from mbv2_lesson import browser
from mbv2_lesson.explorers import pages
from mbv2_lesson.figures.style import KIND_COLOR
from mbv2_lesson.plans.tables import ratio, times

SOURCES = sorted(browser.FOLDER.glob("*.js"))
every_explorer = pytest.mark.parametrize("name", [*pages.EXPLORERS, "question"])

# --- The joiner ---


def modules(folder: Path, **sources: str) -> Path:
    for name, source in sources.items():
        (folder / f"{name}.js").write_text(source, encoding="utf-8")
    return folder


def test_comments_and_spaces_go_except_where_they_might_be_part_of_a_string(tmp_path):
    kept = ['const b = "x // y"; // "z"', "const c = `a = ${1 + 1}`;", "const d = / = /;", "const e = ' = ';"]
    source = ['export const a = ["x = y", "( ) \\" ="]; // gone, said the joiner', *kept]
    folder = modules(tmp_path, a="\n".join(source))
    assert browser.join("a", folder=folder).splitlines()[1:6] == [r'const a=["x = y","( ) \" ="];', *kept]


def test_each_module_has_a_scope_of_its_own_and_stands_before_those_that_import_it(node, tmp_path):
    folder = modules(
        tmp_path,
        a='import { b, shared } from "./b.js";\nimport { c } from "./c.js";\nconst inner = "a";\n'
        "export const a = () => [inner, b(), c(), shared];\nexport async function later() {\n  return inner;\n}\n",
        b='import { c } from "./c.js";\nconst inner = "b";\nexport function b() {\n  return inner + c();\n}\n'
        "export const shared = { export: 1 }; // not what begins with export\n",
        c='const inner = "c";\nconst private_ = 1;\nexport const c = () => inner + private_;\n',
    )
    joined = browser.join("a", folder=folder)
    assert [joined.count(f"const ${name} = ") for name in "abc"] == [1, 1, 1]
    assert joined.index("const $c =") < joined.index("const $b =") < joined.index("const $a =")
    result = node(f"{joined}\nreturn [$a.a(), await $a.later(), Object.keys($a), Object.keys($b), Object.keys($c)];")
    assert result == [["a", "bc1", "c1", {"export": 1}], "a", ["a", "later"], ["b", "shared"], ["c"]]
    assert node("const { a } = await load(data);\nreturn a();", str(folder / "a.js")) == result[0]  # as the modules


REFUSED = [
    'import x from "./x.js";',
    'import * as x from "./x.js";',
    'import { x as y } from "./x.js";',
    'import { x, } from "./x.js";',
    'import {x} from "./x.js";',
    "import { x } from './x.js';",
    'import { x } from "./x.js"',
    'import { x } from "../x.js";',
    'import { x } from "x";',
    'import { x } from "https://example.com/x.js";',
    'import "./x.js";',
    'import {\n  x,\n} from "./x.js";',
    '  import { x } from "./x.js";',
    'const x = await import("./x.js");',
    'const x = import ("./x.js");',
    "const here = import.meta.url;",
    'export { x } from "./x.js";',
    'export * from "./x.js";',
    "const y = 1;\nexport { y };",
    "export default function y() {}",
    "export default 1;",
    "  export default 1;",
    "export let y = 1;",
    "export class Y {}",
    "export const { y } = {};",
    "export function* y() {}",
    "  export const y = 1;",
]


@pytest.mark.parametrize("line", REFUSED)
def test_another_form_is_refused(tmp_path, line):
    folder = modules(tmp_path, a=f"// a comment\n{line}\nexport const a = 1;\n", x="export const x = 1;\n")
    refused = next(each for each in line.splitlines() if re.search("import|export", each))
    with pytest.raises(ValueError) as caught:
        browser.join("a", folder=folder)
    words = 'a.js may import only as import { a, b } from "./x.js"; and export only a const or a function'
    assert str(caught.value) == f"{words}, got {refused!r}"


def test_what_cannot_be_joined_is_told(tmp_path):
    circle = {name: f'import {{ {other} }} from "./{other}.js";\nexport const {name} = 1;\n' for name, other in PAIRS}
    folder = modules(
        tmp_path,
        **circle,
        d='import { x, y } from "./e.js";\n',
        e="export const x = 1;\n// export const y = 2;\n",
        f='import { x } from "./missing.js";\n',
        g='import { g } from "./g.js";\nexport const g = 1;\n',
        h="const text = `two\n  lines`;\n",
    )
    for name, error, words in [
        ("a", ValueError, "circular import: a -> b -> c -> a"),
        ("g", ValueError, "circular import: g -> g"),
        ("d", ValueError, "d.js imports ['y'] from e.js, which exports ['x']"),
        ("f", FileNotFoundError, f"there is no missing.js in {folder}, imported by f"),
        ("h", ValueError, "h.js has a template literal of more than one line: 'const text = `two'"),
        ("missing", FileNotFoundError, f"there is no missing.js in {folder}, imported by you"),
    ]:
        with pytest.raises(error) as caught:
            browser.join(name, folder=folder)
        assert str(caught.value) == words


PAIRS = [("a", "b"), ("b", "c"), ("c", "a")]


@every_explorer
def test_a_notebook_gets_a_module_that_renders(node, tmp_path, name):
    path = tmp_path / f"{name}.mjs"
    path.write_text(browser.esm(name), encoding="utf-8")
    assert node("return Object.entries((await load(data)).default).map(([k, f]) => [k, typeof f]);", str(path)) == [
        ["render", "function"]
    ]


RUN_SCRIPT = """
const { createContext, runInContext } = process.getBuiltinModule("node:vm");
const asked = [];
const body = { classList: { contains: () => false } };
const document = { body, querySelectorAll: (selector) => (asked.push(selector), []) };
const context = createContext({ document });
context.window = context.parent = context;
const names = () => runInContext("Object.getOwnPropertyNames(globalThis)", context);
const before = names();
runInContext(data, context);
return { asked, leaked: names().filter((name) => !before.includes(name)) };
"""


@every_explorer
def test_a_page_gets_a_script_that_looks_for_its_elements_and_leaks_nothing(node, name):
    assert node(RUN_SCRIPT, browser.script(name)) == {"asked": [f'[data-mbv2-explorer="{name}"]'], "leaked": []}


def test_a_script_is_as_strict_as_a_module(node, monkeypatch, tmp_path):
    """A misspelled name must be an error there too, not a global variable."""
    folder = modules(tmp_path, page="export const start = () => (mispelled = 1);\n", x="export const mount = 1;\n")
    monkeypatch.setattr(browser, "FOLDER", folder)
    monkeypatch.setattr(browser.join, "__kwdefaults__", {"folder": folder})
    with pytest.raises(RuntimeError, match="ReferenceError: mispelled is not defined"):
        node(RUN_SCRIPT, browser.script("x"))


JOINED = """
const modules = await load(data.path);
const { settings, given } = data;
return [modules, NAME].map(({ words, describe, draw, ...others }) => [
  words.title, describe(settings, given), draw(settings, given), Object.keys(others).sort(),
]);
"""


@pytest.mark.parametrize("case", CASES)
def test_what_is_joined_says_what_the_modules_say(node, case):
    explorer = explorer_of(case)
    given = {"settings": explorer.values, "given": explorer.data, "path": f"{browser.FOLDER / explorer.module}.js"}
    code = f"{browser.join(explorer.module)}\n{JOINED.replace('NAME', '$' + explorer.module)}"
    of_modules, of_joined = node(code, given)
    assert of_modules == of_joined


# --- Numbers in print ---


FORMAT = f"const {{ whole, ratio, times, short }} = await load({json.dumps(str(browser.FOLDER / 'format.js'))});"


def test_numbers_are_printed_alike(node):
    steps = random.Random(0)
    wholes = [0, 7, 999, 1000, 656, 4608, 14450688, -1234567, 2**53, *(steps.randrange(2**53) for _ in range(2000))]
    assert node(f"{FORMAT} return data.map(whole);", wholes) == [f"{number:,}" for number in wholes]
    ties = [(1.03125, 4), (0.125, 2), (2.5, 0), (0.0005, 3), (0.5, 0), (1.5, 0), (-0.125, 2), (0.0625, 3), (0, 4)]
    floats = [(10 ** steps.uniform(-9, 9), steps.randrange(10)) for _ in range(5000)]
    halves = [(steps.randrange(10**6) / 2 ** steps.randrange(1, 8), steps.randrange(10)) for _ in range(5000)]
    given = [*ties, *floats, *halves]
    assert node(f"{FORMAT} return data.map(([n, digits]) => ratio(n, digits));", given) == [ratio(*g) for g in given]
    shapes = [[3, 3], [1, 4096, 1024, 1024], [7], []]
    assert node(f"{FORMAT} return data.map(times);", shapes) == list(map(times, shapes))


def test_ties_are_rounded_up_in_both(node):
    """Where Python's own format and JavaScript's differ."""
    ties = {(1.03125, 4): "1.0313", (0.125, 2): "0.13", (2.5, 0): "3", (0.0005, 3): "0.001"}
    assert [ratio(*tie) for tie in ties] == list(ties.values())
    assert node(f"{FORMAT} return data.map(([n, digits]) => ratio(n, digits));", [*ties]) == list(ties.values())


def test_short_numbers_have_no_more_than_four_digits(node):
    numbers = {656: "656", 4608: "4,608", 999_949: "999,949", 999_950: "1.0M", 14450688: "14.5M", 2**53: "9007.2T"}
    assert node(f"{FORMAT} return data.map(short);", [*numbers]) == list(numbers.values())


# --- Each file ---


@pytest.mark.parametrize("path", [*SOURCES, browser.FOLDER / "style.css"], ids=lambda path: path.name)
def test_a_file_is_short_and_can_stand_in_a_page(path):
    source = path.read_text(encoding="utf-8")
    assert max(map(len, source.splitlines())) <= 120
    assert len(source.splitlines()) <= (160 if path.suffix == ".js" else 400)
    assert not re.search(r"</script|</style|<!--", source)  # would end the page's script or style


def rules(css: str) -> list[str]:
    """The selectors of each rule, including those inside @media and @container."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    heads = [head.strip() for head in re.findall(r"[{};]?([^{};]+)\{", css)]
    return [head for head in heads if not re.match(r"@(media|container)\b", head)]


def unscoped(css: str) -> list[str]:
    """Selectors that reach beyond an explorer: JupyterLab's page has one style sheet for all."""
    text = "{".join(rules(css))
    while text != (text := re.sub(r"\([^()]*\)", "", text)):  # parentheses have commas of their own
        pass
    return [selector for selector in re.split("[,{]", text) if not re.match(r"\s*\.mbv2\b", selector)]


def test_every_rule_of_the_style_begins_with_mbv2():
    assert len(rules(browser.style())) > 30 and unscoped(browser.style()) == []


@pytest.mark.parametrize(
    "planted",
    [
        "button { color: red }",
        ".mbv2 p, p { margin: 0 }",
        "@media print { .mbv2 { color: red } p { color: red } }",
        "@container (min-width: 1px) { table { color: red } }",
        ":root { --mbv2-text: red }",
        ".mbv2x { color: red }",
        "@font-face { src: none }",
    ],
)
def test_a_planted_rule_is_noticed(planted):
    assert unscoped(f"{browser.style()}\n{planted}")


# --- Colors ---


def colors(theme: str) -> dict[str, str]:
    """The style's own colors by name, without those of forced colors."""
    found = re.findall(r"--mbv2-(\w+): (#\w+|light-dark\((#\w+), (#\w+)\));", browser.style())
    return {name: (light if theme == "light" else dark) or plain for name, plain, light, dark in found}


def test_a_kind_of_layer_has_the_color_that_it_has_in_the_figures():
    mine = colors("light")
    assert {kind: mine[kind] for kind in KIND_COLOR} == KIND_COLOR


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("eyes", SEEN_BY)
def test_what_is_lit_stands_out_for_all_eyes(theme, eyes):
    seen = {name: seen_as(color, eyes) for name, color in colors(theme).items()}
    distances = {name: np.linalg.norm(seen["mark"] - seen[name]) for name in ("background", "panel", *KIND_COLOR)}
    assert min(distances.values()) > 7, distances  # three times what is just noticeable
