"""``python -m mbv2_lesson page``: an explorer as one HTML file, and one line and exit code 2 for what is wrong."""

import html
import json
import re
import shlex
from html.parser import HTMLParser

import pytest

from mbv2_lesson.__main__ import main
from mbv2_lesson.explorers import BlockExplorer, SeparableExplorer, pages
from mbv2_lesson.explorers.explorer import page
from mbv2_lesson.questions import QUESTIONS, ask

every_explorer = pytest.mark.parametrize("name", pages.EXPLORERS)


class Read(HTMLParser):
    """The elements of a page with their attributes, and the text of each kind of element."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements, self.texts, self.open = [], {}, []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self.open.append(tag)

    def handle_endtag(self, tag):
        while self.open.pop() != tag:
            pass

    def handle_data(self, data):
        for tag in set(self.open):
            self.texts[tag] = self.texts.get(tag, "") + data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def element(self):
        (found,) = [attributes for _, attributes in self.elements if "data-mbv2-explorer" in attributes]
        return found

    @property
    def settings(self):
        return json.loads(self.element["data-mbv2-settings"])

    @property
    def data(self):
        return json.loads(self.element["data-mbv2-data"])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "there.html").write_text("mine")
    (tmp_path / "sub.html").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def made(*arguments: str) -> Read:
    assert main(["page", *arguments, "--out", "made.html", "--force"]) == 0
    with open("made.html", encoding="utf-8") as file:
        return Read(file.read())


@every_explorer
def test_the_file_is_small_and_says_what_it_is_without_its_script(name, folder):
    read, explorer = made(name), pages.EXPLORERS[name]()
    source = (folder / "made.html").read_text(encoding="utf-8")
    data = html.escape(json.dumps(explorer.data))
    assert data in source
    kernels = name in ("convolution", "separable", "groups", "block", "network")  # drawn, and stepped through
    assert len(source.encode()) - len(data.encode()) < (58_000 if kernels else 40_000)
    assert source.startswith("<!doctype html>\n") and read.all("html") == [{"lang": "en"}]
    assert len(read.all("h1")) == len(read.all("title")) == len(read.all("main")) == len(read.all("footer")) == 1
    assert read.texts["h1"] == read.texts["title"] == pages.title(name)
    assert "CC BY 4.0" in read.texts["footer"]
    assert f"Without JavaScript, this page shows only the numbers of {explorer!r}." in read.texts["main"]
    assert explorer.table() in source and re.search(r"\d", read.texts["td"])
    assert (read.settings, read.data) == (explorer.values, explorer.data)


@every_explorer
def test_the_file_names_nothing_that_would_be_fetched(name, folder):
    read, source = made(name), (folder / "made.html").read_text(encoding="utf-8")
    assert set(re.findall(r"\w+://[^\s\"'`<]*", source)) == {"http://www.w3.org/2000/svg"}  # a name, not an address
    assert not [attributes for _, attributes in read.elements if {"src", "href", "srcset"} & set(attributes)]
    assert not re.search(r"@import|url\(|\bfetch\(|XMLHttpRequest|import\(|^import ", source, re.MULTILINE)


def test_what_the_command_prints(folder, capsys):
    assert main(["page", "separable", "--out", "my post.html"]) == 0
    printed = capsys.readouterr().out
    size = (folder / "my post.html").stat().st_size
    assert printed.startswith(f"my post.html: {size / 1000:.1f} kB. ")
    (frame,) = Read(printed).all("iframe")
    assert frame["src"] == "my%20post.html" and frame["title"] == pages.title("separable")
    script = Read(printed).texts["script"]
    assert "mbv2Height" in script and "contentWindow === source" in script
    assert len(script.strip().splitlines()) == 4  # three, and a bracket


@pytest.mark.parametrize(
    "arguments",
    [
        ["separable", "--set", "in_channels=64", "--set", "stride=2"],
        ["separable", "--set", "in_channels=64", "stride=2"],
        ["--set", "in_channels=64", "stride=2", "separable"],
        ["--set", "in_channels=64", "separable", "--set", "stride=2"],
    ],
    ids=" ".join,
)
def test_every_setting_counts_wherever_it_stands(arguments, folder):
    assert made(*arguments).settings == SeparableExplorer(in_channels=64, stride=2).values


def test_arguments_that_no_control_moves_and_those_that_are_no_numbers(folder):
    read = made("groups", "--set", "kernel_size=5", "--set", "groups=8")
    assert (read.settings, read.data["kernel_size"]) == ({"groups": 8}, 5)
    assert made("block", "--set", "linear=False", "always_expand=true").settings == (
        BlockExplorer(linear=False, always_expand=True).values
    )


@pytest.mark.parametrize(("theme", "attributes"), [("auto", {}), ("light", "light"), ("dark", "dark")])
def test_the_theme(theme, attributes, folder):
    expected = {"lang": "en"} | ({"data-theme": theme} if attributes else {})
    assert made("separable", "--theme", theme).all("html") == [expected]


def test_the_list_names_every_explorer_with_its_settings(capsys):
    assert main(["page", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()[: len(pages.EXPLORERS)]  # then come the questions
    assert [line.split()[0] for line in lines] == list(pages.EXPLORERS)
    assert {"separable", "block"} <= set(pages.EXPLORERS)
    for name, line in zip(pages.EXPLORERS, lines, strict=True):
        assert pages.title(name) in line
        settings = shlex.split(re.search(r"\[(.*)\]$", line)[1])
        assert {*pages.EXPLORERS[name]().options} <= {pair.partition("=")[0] for pair in settings}
        assert repr(pages.make(name, settings)) == repr(pages.EXPLORERS[name]())  # what it names, it takes


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--out", "x.html"], "name one explorer or question; --list names them"),
        (["--set", "in_channels=8", "--out", "x.html"], "name one explorer or question"),
        (["separable"], "say where to write: --out FILE.html"),
        (["seperable", "--out", "x.html"], "no explorer 'seperable', did you mean 'separable'? there are "),
        (["Separable", "--out", "x.html"], "did you mean 'separable'?"),
        (["volcano", "--out", "x.html"], "no explorer 'volcano'; there are "),
        (["separable", "--out", "no/x.html"], "there is no folder 'no' to write 'x.html' into"),
        (["separable", "--out", "there.html"], "'there.html' already exists; choose another name or use --force"),
        (["separable", "--out", "."], "'.' is a folder; name a file, such as separable.html"),
        (["separable", "--out", "sub.html", "--force"], "'sub.html' is a folder; name a file, such as sub.html/sep"),
        (["separable", "--out", "x.svg"], "--out must end in .html, got 'x.svg'"),
        (["separable", "--out", "x.html", "--theme", "blue"], "one of 'auto', 'light', 'dark', got 'blue'"),
        (["separable", "--out", "x.html", "--set", "in-channels=8"], "no setting 'in-channels', did you mean 'in_chan"),
        (["separable", "--out", "x.html", "--set", "volume=8"], "no setting 'volume'; there are in_channels, out_"),
        (["separable", "--out", "x.html", "--set", "theme=dark"], "no setting 'theme'; there are "),
        (["separable", "--out", "x.html", "--set", "in_channels", "8"], "NAME=VALUE, such as in_channels=16, got 'in"),
        (["separable", "--out", "x.html", "--set", "in_channels=5"], "in_channels must be one of 1, 2, 3, ..., 4096,"),
        (["separable", "--out", "x.html", "--set", "in_channels=x"], "in_channels must be a whole number, got 'x'"),
        (["separable", "--out", "x.html", "--set", "in_channels=nan"], "in_channels must be a whole number, got 'nan'"),
        (["separable", "--out", "x.html", "--set", "in_channels="], "in_channels must be a whole number, got ''"),
        (["separable", "--out", "x.html", "--set", "stride=1", "--set", "stride=2"], "stride is given twice, as 1 and"),
        (["block", "--out", "x.html", "--set", "linear=no"], "linear must be true or false, got 'no'"),
        (["groups", "--out", "x.html", "--set", "kernel_size=2.5"], "kernel_size must be a whole number, got '2.5'"),
        (["groups", "--out", "x.html", "--set", "groups=3"], "groups must be one of 1, 2, 4, 8, 16, got 3"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_wrong_is_said_in_one_line_and_nothing_is_written(arguments, words, folder, capsys):
    assert main(["page", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.count("\n") == 1
    assert words in printed.err and printed.err.startswith("python -m mbv2_lesson page: ")
    assert sorted(path.name for path in folder.iterdir()) == ["sub.html", "there.html"]
    assert (folder / "there.html").read_text() == "mine"


def test_a_folder_that_may_not_be_written_to(folder, capsys, monkeypatch):
    def refuse(*arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    assert main(["page", "separable", "--out", "x.html"]) == 2
    assert "cannot write: the folder '.' is not writable; 'x.html' was not saved" in capsys.readouterr().err


def test_an_explorer_saves_the_same_page_as_it_stands(folder):
    made("separable", "--set", "in_channels=64")
    explorer = SeparableExplorer(in_channels=64)
    saved = explorer.save("saved.html")
    assert saved.read_bytes() == (folder / "made.html").read_bytes()
    with pytest.raises(FileExistsError, match="already exists"):
        explorer.save("saved.html")
    explorer.stride = 2
    assert Read(explorer.save("saved.html", overwrite=True).read_text(encoding="utf-8")).settings["stride"] == 2
    with pytest.raises(ValueError, match="theme must be one of 'auto', 'light', 'dark', got 'transparent'"):
        page(explorer, "transparent")


def test_data_cannot_break_out_of_the_page():
    explorer = SeparableExplorer()
    explorer.data = explorer.data | {"note": "</script></div><script>alert(1)</script>\"'><b> & {style}"}
    read = Read(page(explorer))
    assert read.data == explorer.data
    assert len(read.all("script")) == 1 and read.all("b") == [] and "alert(" not in read.texts["script"]


def test_a_question_as_a_page(folder, capsys):
    question = made("01-weights")
    assert ask("01-weights").prompt in question.texts["main"] and question.element["data-mbv2-explorer"] == "question"
    assert 'title="A question"' in capsys.readouterr().out
    assert main(["page", "01-weights", "--set", "a=1", "--out", "q.html"]) == 2
    assert capsys.readouterr().err.endswith("a question has no settings, got --set a=1\n")
    assert main(["page", "--list"]) == 0
    listed = capsys.readouterr().out
    assert all(f"{name} " in listed and ask(name).prompt in listed for name in QUESTIONS)
