"""What must hold for every saved notebook besides nbval's comparison, and proof that both can fail.

nbval (see pyproject.toml) runs each notebook and compares text. It says nothing of a cell that was never run,
and it obeys marks that switch it off: those, and what makes a notebook good to read and to review, are checked
here.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import nbformat
import pytest
from matplotlib.figure import Figure
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbval.plugin import comment_markers, metadata_tags

from mbv2_lesson import figures
from mbv2_lesson.plans.tables import measured

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted(p for p in (ROOT / "notebooks").rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)

MAX_CODE_LINES = 12  # blank lines and comments not counted
MAX_LINES = 16
MAX_BYTES = 2_000_000

BASE64 = re.compile(r"(?<=;base64,)[A-Za-z0-9+/=\s]+")
# Two or more path components from the root, or a Windows drive; not a URL, nor a fraction like (a + b)/c/d.
ABSOLUTE_PATH = re.compile(r"(?<![\w.:/)\]}<~-])/(?:[\w.-]+/)+[\w.-]+|\b[A-Z]:\\\w|file://|site-packages")
LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)\s>]+)")
EXPLANATION_OR_SECTION = re.compile(r"^(?:### Explain|##? )", re.MULTILINE)
HEADING = re.compile(r"^#{1,6} +(.+)$", re.MULTILINE)
MARKDOWN_IMAGE_WITHOUT_ALT = re.compile(r"!\[\s*\]\(")


# --- One function a rule: a notebook in, one line a problem out. ---


def code_cells(nb: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    """The code cells that hold anything, numbered as nbval numbers them."""
    for number, cell in enumerate(cell for cell in nb.cells if cell.cell_type == "code"):
        if cell.source.strip():
            yield number, cell


def outputs(nb: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    for number, cell in code_cells(nb):
        for output in cell.outputs:
            yield number, output


def run_from_top_to_bottom(nb: NotebookNode) -> Iterator[str]:
    for expected, (number, cell) in enumerate(code_cells(nb), start=1):
        if cell.execution_count != expected:
            yield f"cell {number}: execution count {cell.execution_count}, expected {expected}"


def no_errors(nb: NotebookNode) -> Iterator[str]:
    for number, output in outputs(nb):
        if output.output_type == "error":
            yield f"cell {number}: {output.ename}: {output.evalue}"


def no_stderr(nb: NotebookNode) -> Iterator[str]:
    for number, output in outputs(nb):
        if output.output_type == "stream" and output.name == "stderr":
            yield f"cell {number}: stderr {output.text!r}"


def short_cells(nb: NotebookNode) -> Iterator[str]:
    for number, cell in code_cells(nb):
        lines = cell.source.splitlines()
        code = [line for line in lines if line.strip() and not line.strip().startswith("#")]
        if len(code) > MAX_CODE_LINES or len(lines) > MAX_LINES:
            yield f"cell {number}: {len(code)} lines of code in {len(lines)} lines"


def nothing_hidden_from_nbval(nb: NotebookNode) -> Iterator[str]:
    for number, cell in code_cells(nb):
        for tag in set(cell.metadata.get("tags", [])) & set(metadata_tags):
            yield f"cell {number}: tag {tag}"
        for marker in comment_markers:
            if marker.lower() in cell.source.lower():
                yield f"cell {number}: {marker}"


class _Pictures(HTMLParser):
    """Collects the opening tags of <img> and <svg> that say nothing to a reader who cannot see them."""

    def __init__(self, html: str):
        super().__init__()
        self.without_text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {"img": "alt", "svg": "aria-label"}.get(tag)
        if said and not (dict(attrs).get(said) or "").strip():
            self.without_text.append(BASE64.sub("...", self.get_starttag_text() or tag))


def pictures_have_alt_text(nb: NotebookNode) -> Iterator[str]:
    for number, output in outputs(nb):
        data = output.get("data", {})
        for mime in data:
            if mime.startswith("image/"):  # JupyterLab shows these without any alt text
                yield f"cell {number}: a bare {mime} output"
        for mime in ("text/html", "text/markdown"):
            for tag in _Pictures(data.get(mime, "")).without_text:
                yield f"cell {number}: no alt text in {tag}"
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            tags = _Pictures(cell.source).without_text + MARKDOWN_IMAGE_WITHOUT_ALT.findall(cell.source)
            for tag in tags:
                yield f"markdown: no alt text in {tag}"


def no_machine_paths(nb: NotebookNode) -> Iterator[str]:
    for cell in nb.cells:
        # Only what a reader sees: sources and outputs, without the pictures' data.
        texts = [cell.source, *_strings(cell.get("outputs", []))]
        for text in texts:
            for match in ABSOLUTE_PATH.finditer(BASE64.sub("", text)):
                yield f"{cell.cell_type} cell: {text[max(0, match.start() - 20) : match.end() + 20]!r}"


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def minimal_metadata(nb: NotebookNode) -> Iterator[str]:
    """Widget state, timestamps and versions change at each run: they bloat a review and say nothing."""
    if nb.metadata.get("kernelspec", {}).get("name") != "python3":
        yield f"kernelspec {nb.metadata.get('kernelspec')}"
    for key in set(nb.metadata) - {"kernelspec", "language_info"}:
        yield f"metadata.{key}"
    if "version" in nb.metadata.get("language_info", {}):
        yield "metadata.language_info.version"
    for position, cell in enumerate(nb.cells):
        for key in set(cell.metadata) - {"tags", "jupyter"}:
            yield f"cell {position} of all: metadata.{key}"


def cells_have_ids(nb: NotebookNode) -> Iterator[str]:
    if (nb.nbformat, nb.nbformat_minor) < (4, 5):
        yield f"format {nb.nbformat}.{nb.nbformat_minor} knows no cell ids"
    ids = [cell.get("id") for cell in nb.cells]
    for position, cell_id in enumerate(ids):
        if not cell_id or cell_id in ids[:position]:
            yield f"cell {position} of all: id {cell_id!r} is missing or used twice"


def questions_come_first(nb: NotebookNode) -> Iterator[str]:
    """Between a question and its explanation every saved output is collapsed, or it would answer the question.

    JupyterLab uncovers the output when the cell is run. Of a collapsed one it shows the first line, so that must not
    answer either: no number, no HTML.
    """
    asked = False
    for position, cell in enumerate(nb.cells):
        if cell.cell_type == "markdown":
            asked = asked and not EXPLANATION_OR_SECTION.search(cell.source)
        elif re.search(r"\bask\(", cell.source):
            asked = True
            if len(cell.outputs) != 1:
                yield f"cell {position} of all: a question beside other outputs"
        elif asked and cell.outputs and "check(" not in cell.source:
            if not cell.metadata.get("jupyter", {}).get("outputs_hidden"):
                yield f"cell {position} of all: shown before the reader has answered"
            elif re.search(r"[<\d]", line := first_line(cell.outputs[0])):
                yield f"cell {position} of all: collapsed, but its first line is shown: {line[:60]}"


def first_line(output: NotebookNode) -> str:
    """What JupyterLab shows of an output that is collapsed, if it is the first of its cell."""
    data = output.get("data", {"text/plain": output.get("text", "")})
    text = data.get("text/html", data.get("text/plain", ""))
    return next((line for line in text.splitlines() if line), "")


RULES = [
    run_from_top_to_bottom,
    no_errors,
    no_stderr,
    short_cells,
    nothing_hidden_from_nbval,
    pictures_have_alt_text,
    no_machine_paths,
    minimal_metadata,
    cells_have_ids,
    questions_come_first,
]


def heading_ids(path: Path) -> set[str]:
    """What a link may name after ``#`` in a notebook: JupyterLab's id of a heading is its text with "-" for spaces."""
    markdown = (cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    return {text.strip().replace(" ", "-") for source in markdown for text in HEADING.findall(source)}


def dead_links(markdown: str, folder: Path) -> list[str]:
    """Links in Markdown in `folder` that lead to no file, or to no heading of a notebook."""
    prose = re.sub(r"```.*?```|`[^`]*`", "", markdown, flags=re.DOTALL)  # in code, x[i](y) is no link
    targets = LINK.findall(prose) + re.findall(r"""(?:href|src)=["']([^"']+)["']""", prose)
    dead = []
    for target in targets:
        if re.match(r"(?:https?|mailto|data|attachment):|#", target):
            continue
        name, _, fragment = target.partition("#")
        path = folder / unquote(name)
        if target.startswith("/") or not path.exists():
            dead.append(target)
        elif fragment and path.suffix == ".ipynb" and unquote(fragment) not in heading_ids(path):
            dead.append(target)
    return dead


def read(path: Path) -> NotebookNode:
    # Not nbformat.read, which repairs what is checked here (it adds missing cell ids).
    return nbformat.v4.reads(path.read_text(encoding="utf-8"))


# --- The notebooks themselves ---


def test_there_are_notebooks():
    assert NOTEBOOKS, "no notebook found in notebooks/"


each_notebook = pytest.mark.parametrize(
    "path", NOTEBOOKS, ids=lambda path: path.relative_to(ROOT / "notebooks").as_posix()
)


@each_notebook
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_notebook(path: Path, rule: Callable[[NotebookNode], Iterator[str]]):
    assert list(rule(read(path))) == []


@each_notebook
def test_notebook_is_valid_and_small(path: Path):
    nbformat.validate(json.loads(path.read_text(encoding="utf-8")))
    assert path.stat().st_size < MAX_BYTES


@each_notebook
def test_links_lead_somewhere(path: Path):
    markdown = [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]
    assert dead_links("\n\n".join(markdown), path.parent) == []


# --- Each rule can fail ---

# 1 x 1 pixel each: what is compared is whether they are the same, not what they show.
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
OTHER_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEANl9ngAAAAABJRU5ErkJggg=="


def picture(alt: str, data: str = PIXEL) -> str:
    return f'<img alt="{alt}" src="data:image/png;base64,{data}">'


def good_notebook() -> NotebookNode:
    """A small notebook that obeys every rule: a number and a picture."""
    show = f"from IPython.display import HTML\n\nHTML('{picture('a grey pixel')}')"
    nb = new_notebook(
        cells=[
            new_markdown_cell("# Costs\n\n[a link](https://example.org/a/b), a fraction (1 + 1)/2/3"),
            new_code_cell("16 * 32 * 9", execution_count=1),
            new_code_cell(show, execution_count=2),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    html = {"text/plain": "<IPython.core.display.HTML object>", "text/html": picture("a grey pixel")}
    nb.cells[1].outputs = [new_output("execute_result", {"text/plain": "4608"}, execution_count=1)]
    nb.cells[2].outputs = [new_output("execute_result", html, execution_count=2)]
    return nb


def asking(*beside: NotebookNode) -> NotebookNode:
    """A cell that asks a question, and what else it puts out."""
    question = new_output("execute_result", {"text/plain": "Question: How many?"})
    return new_code_cell('ask("01-weights")', outputs=[question, *beside])


def outputs_of(nb: NotebookNode, *new: NotebookNode) -> None:
    nb.cells[1].outputs = list(new)


def shown(mime: str, content: str) -> NotebookNode:
    return new_output("display_data", {mime: content})


BREAKS: list[tuple[Callable, Callable[[NotebookNode], object]]] = [
    (run_from_top_to_bottom, lambda nb: nb.cells[1].update(execution_count=None)),
    (run_from_top_to_bottom, lambda nb: nb.cells[2].update(execution_count=3)),
    (run_from_top_to_bottom, lambda nb: nb.cells[1].update(execution_count=2)),
    (no_errors, lambda nb: outputs_of(nb, new_output("error", ename="E", evalue="no", traceback=[]))),
    (no_stderr, lambda nb: outputs_of(nb, new_output("stream", name="stderr", text="a warning"))),
    (short_cells, lambda nb: nb.cells[1].update(source="1\n" * 13)),
    (short_cells, lambda nb: nb.cells[1].update(source="# why\n" * 17)),
    (nothing_hidden_from_nbval, lambda nb: nb.cells[1].metadata.update(tags=["nbval-skip"])),
    (nothing_hidden_from_nbval, lambda nb: nb.cells[1].metadata.update(tags=["nbval-ignore-output"])),
    (nothing_hidden_from_nbval, lambda nb: nb.cells[1].metadata.update(tags=["raises-exception"])),
    (nothing_hidden_from_nbval, lambda nb: nb.cells[1].update(source="# NBVAL_IGNORE_OUTPUT\n1")),
    (pictures_have_alt_text, lambda nb: outputs_of(nb, shown("text/html", picture(" ")))),
    (pictures_have_alt_text, lambda nb: outputs_of(nb, shown("text/html", '<p><img src="a.png"></p>'))),
    (pictures_have_alt_text, lambda nb: outputs_of(nb, shown("text/html", "<svg></svg>"))),
    (pictures_have_alt_text, lambda nb: outputs_of(nb, shown("image/png", PIXEL))),
    (pictures_have_alt_text, lambda nb: nb.cells[0].update(source="![](a.png)")),
    (no_machine_paths, lambda nb: nb.cells[1].update(source='open("/home/ada/a.png")')),
    (no_machine_paths, lambda nb: nb.cells[0].update(source=r"see C:\Users\ada")),
    (no_machine_paths, lambda nb: outputs_of(nb, shown("text/plain", "saved to /Users/ada/a.svg"))),
    (minimal_metadata, lambda nb: nb.metadata.update(widgets={})),
    (minimal_metadata, lambda nb: nb.metadata.kernelspec.update(name="my-env")),
    (minimal_metadata, lambda nb: nb.metadata.update(language_info={"version": "3.11.2"})),
    (minimal_metadata, lambda nb: nb.cells[1].metadata.update(execution={"iopub.execute_input": "2026"})),
    (cells_have_ids, lambda nb: nb.cells[1].pop("id")),
    (cells_have_ids, lambda nb: nb.cells[1].update(id=nb.cells[0].id)),
    (cells_have_ids, lambda nb: nb.update(nbformat_minor=4)),
    (questions_come_first, lambda nb: nb.cells.insert(1, asking())),
    (questions_come_first, lambda nb: nb.cells.insert(3, asking(new_output("stream", text="4608")))),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_good_notebook_keeps_the_rule(rule):
    assert list(rule(good_notebook())) == []
    assert rule in {broken for broken, _ in BREAKS}, "no example below breaks this rule"


@pytest.mark.parametrize(("rule", "break_it"), BREAKS, ids=lambda value: getattr(value, "__name__", ""))
def test_the_rule_reports_a_broken_notebook(rule, break_it):
    nb = good_notebook()
    break_it(nb)
    assert list(rule(nb))


def test_what_comes_after_a_question_may_be_collapsed_explained_or_an_exercise():
    nb = good_notebook()
    nb.cells.insert(1, asking())
    first, second = nb.cells[2:]
    first.metadata["jupyter"] = {"outputs_hidden": True}
    assert len(list(questions_come_first(nb))) == 2  # the first line of one is shown, and all of the other
    first.outputs = [new_output("stream", text="weights:\n4608\n")]
    assert len(list(questions_come_first(nb))) == 1
    nb.cells.insert(3, new_markdown_cell("### Explain\n\nThree each."))
    assert list(questions_come_first(nb)) == []
    nb.cells[3].source = "Three each."
    second.source = 'check("01-weights", 3)'
    assert list(questions_come_first(nb)) == []


def test_a_dead_link_is_reported(tmp_path):
    nbformat.write(new_notebook(cells=[new_markdown_cell("# The Costs\n\n### feature map")]), tmp_path / "01_b c.ipynb")
    alive = "[a](01_b%20c.ipynb#The-Costs) [b](https://x.org) [c](#here) `m[0](x)` <a href='01_b c.ipynb'>d</a>"
    assert dead_links(alive + " [e](01_b%20c.ipynb#feature-map)", tmp_path) == []
    assert dead_links('[a](02.ipynb) ![b](c.png) <img src="d.png">', tmp_path) == [
        "02.ipynb",
        "c.png",
        "d.png",
    ]
    assert dead_links("[a](01_b%20c.ipynb#feature-maps)", tmp_path) == ["01_b%20c.ipynb#feature-maps"]


# --- nbval, as this project sets it up, can fail ---


def change_text(nb: NotebookNode) -> None:
    nb.cells[1].outputs[0].data["text/plain"] = "4609"


def change_html(html: str) -> Callable[[NotebookNode], None]:
    return lambda nb: nb.cells[2].outputs[0].data.update({"text/html": html})


def says(saved: str, now: str) -> Callable[[NotebookNode], None]:
    """The saved notebook shows the HTML ``saved``; run again it shows ``now``."""

    def change(nb: NotebookNode) -> None:
        nb.cells[2].source = f"from IPython.display import HTML\n\nHTML({now!r})"
        nb.cells[2].outputs[0].data["text/html"] = saved

    return change


def draws(saved: str, now: str, plain: str = "") -> Callable[[NotebookNode], None]:
    """The saved notebook shows a figure of which ``saved`` was measured; run again ``now`` was, and ``plain`` added."""

    def change(nb: NotebookNode) -> None:
        lines = ["from matplotlib.figure import Figure", "from mbv2_lesson import figures", ""]
        lines.append(f"figures.show(figures.describe(Figure((1, 1)), 'A point.{plain}', {now!r}))")
        nb.cells[2].source = "\n".join(lines)
        shown = figures.show(figures.describe(Figure((1, 1)), "A point.", saved))
        nb.cells[2].outputs[0].data = NotebookNode(shown._repr_mimebundle_())

    return change


VARIANTS: dict[str, tuple[Callable[[NotebookNode], object], list[str]]] = {
    # a change to the good notebook, and the cells that nbval must fail for it
    "good": (lambda nb: None, []),
    "other_pixels": (change_html(picture("a grey pixel", OTHER_PIXEL)), []),
    "no_pixels": (change_html(picture("a grey pixel", "")), ["Cell 1"]),
    "other_alt_text": (change_html(picture("a white pixel")), ["Cell 1"]),
    "other_saved_number": (change_text, ["Cell 0"]),
    "other_number_in_code": (lambda nb: nb.cells[1].update(source="16 * 32 * 3"), ["Cell 0"]),
    "exception": (lambda nb: nb.cells[1].update(source="assert 16 * 32 * 9 == 656"), ["Cell 0"]),
    "warning": (
        lambda nb: nb.cells[1].update(source="import warnings\nwarnings.warn('!')\n4608"),
        ["Cell 0"],
    ),
    # What tables.measured holds may differ, words beside it may not; nor may any of it reach the plain text.
    "other_measurement": (says(f"{measured('3.1')}, 2", f"{measured('3.2')}, 2"), []),
    "other_count_beside_a_measurement": (says(f"{measured('3.1')}, 2", f"{measured('3.1')}, 3"), ["Cell 1"]),
    "measurement_without_an_end": (says(*(measured(x).removesuffix("</span>") for x in ("3.1", "3.2"))), ["Cell 1"]),
    "measurement_without_its_class": (says("<span>3.1</span>", "<span>3.2</span>"), ["Cell 1"]),
    "figure_of_another_measurement": (draws("3.1", "3.2"), []),
    "other_count_in_the_figure": (draws("3.1", "3.1", plain=" Two."), ["Cell 1"]),
    "nothing_measured_any_more": (draws("3.1", ""), ["Cell 1"]),
    ".ipynb_checkpoints/old": (change_text, []),  # never collected
}


@pytest.fixture(scope="module")
def nbval_failures(tmp_path_factory) -> dict[str, list[str]]:
    """The failed cells of each variant, from one pytest run over them all with this project's own options.

    All but the one in a folder stand in one notebook, or each would start a kernel.
    """
    folder = tmp_path_factory.mktemp("variants")
    together = [name for name in VARIANTS if "/" not in name]
    notebooks = {"variants": new_notebook(metadata=good_notebook().metadata)}
    for name, (change, _) in VARIANTS.items():
        change(nb := good_notebook())
        if name in together:
            notebooks["variants"].cells += nb.cells[1:]
        else:
            notebooks[name] = nb
    for name, nb in notebooks.items():
        path = folder / f"{name}.ipynb"
        path.parent.mkdir(exist_ok=True)
        path.write_text(nbformat.writes(nb), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", f"--rootdir={folder}", "-n0", "-v"]
    command += ["-p", "nbval.plugin", "-p", "no:cacheprovider", "--junitxml", folder / "report.xml", folder]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert run.returncode == 1, run.stdout + run.stderr  # 1: tests ran, and some failed
    cases = list(ElementTree.parse(folder / "report.xml").iter("testcase"))
    assert [case.attrib["name"] for case in cases] == [f"Cell {n}" for n in range(2 * len(together))], run.stdout
    failures: dict[str, list[str]] = {name: [] for name in VARIANTS}
    for number, case in enumerate(cases):
        if case.find("failure") is not None:
            failures[together[number // 2]].append(f"Cell {number % 2}")
    return failures


@pytest.mark.parametrize("variant", VARIANTS)
def test_nbval_fails_what_it_should(variant, nbval_failures):
    assert nbval_failures[variant] == VARIANTS[variant][1]
