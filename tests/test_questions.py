"""Every question and exercise."""

import html
import json
import re
from fractions import Fraction

import numpy as np
import pytest
import torch

import mbv2_lesson as mbv2
from mbv2_lesson import questions
from mbv2_lesson.questions import kinds

QUESTIONS, EXERCISES = list(questions.QUESTIONS), list(questions.EXERCISES)
NUMBERS = sorted({name[:2] for name in QUESTIONS})


def test_each_notebook_asks_enough():
    assert NUMBERS == sorted({name[:2] for name in EXERCISES}) == [f"{number:02}" for number in range(10)]
    for number in NUMBERS:
        asked, set_ = (sum(name.startswith(f"{number}-") for name in names) for names in (QUESTIONS, EXERCISES))
        assert 2 <= asked <= 4 and 2 <= set_ <= 3


def from_the_page(question, commits):
    """What the page sends when its reader commits."""
    data = {"method": "update", "state": {"commits": commits}, "buffer_paths": []}
    question.comm.handle_msg({"content": {"data": data}, "buffers": []})


@pytest.mark.parametrize("name", QUESTIONS)
def test_each_answer_has_words_of_its_own(name):
    question = questions.ask(name)
    right = [option.right for option in question.options]
    assert sum(right) == 1
    texts, words = ({getattr(option, part) for option in question.options} for part in ("text", "feedback"))
    assert len(texts) == len(words) == len(right) and all(words)
    for index, option in enumerate(question.options):  # a committed answer may be changed
        assert question.commit(index) == option.feedback
        assert question.committed == index
    for bad, error in [(-1, ValueError), (len(right), ValueError), ("0", TypeError), (True, TypeError)]:
        with pytest.raises(error, match=re.escape(repr(bad))):
            question.commit(bad)
        with pytest.raises(error, match=re.escape(repr(bad))):
            question.commits = [0, bad]
    assert question.committed == len(right) - 1


@pytest.mark.parametrize("by", [kinds.Question.commit, lambda question, index: from_the_page(question, [index])])
def test_what_was_committed_can_be_read_and_observed(by):
    question = questions.ask("01-weights")
    wrong, right = (next(i for i, o in enumerate(question.options) if o.right == is_right) for is_right in (0, 1))
    assert question.committed is None and question.right_first_time is None
    heard = []
    question.observe(lambda change: heard.append(change["new"]), "commits")
    by(question, right)
    assert question.committed == right and question.right_first_time is True
    question.commit(wrong)
    question.commit(wrong)  # once more changes nothing
    assert question.committed == wrong and question.right_first_time is True
    assert heard == [[right], [right, wrong]]
    from_the_page(question, [])  # the reader clicks "Forget my answer"
    assert question.committed is None and question.right_first_time is None
    from_the_page(question, [wrong, right])  # what the browser has kept from another day
    assert question.committed == right and question.right_first_time is False


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_saved_page_asks_but_does_not_tell(name, tmp_path):
    question = questions.ask(name)
    bundle, metadata = question._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle and isinstance(metadata, dict)
    page = question.save(tmp_path / "q.html").read_text(encoding="utf-8")
    for letter, option in zip("ABCDEFG", question.options, strict=False):
        assert f"{letter}. {option.text}" in html.unescape(bundle["text/html"])
        assert f"{letter}. {re.sub('<.*?>', '', option.text)}" in bundle["text/plain"].splitlines()
        assert option.text in html.unescape(page)
        for text in (bundle["text/html"], bundle["text/plain"], page):
            for feedback in (option.feedback, json.dumps(option.feedback)[1:-1]):
                assert feedback not in html.unescape(text)


def test_a_question_as_a_page_is_whole_or_not_there(tmp_path):
    question = questions.ask("01-weights")
    path = question.save(tmp_path / "q.html")
    asking = path.read_bytes()
    question.commit(1)
    assert question.save(path, overwrite=True).read_bytes() == asking  # a page asks its own reader
    assert not re.search(r"(?:src|href)=|https?://(?!www\.w3\.org)", page := path.read_text(encoding="utf-8")), page
    assert path.stat().st_size < 40_000
    with pytest.raises(FileExistsError, match="q.html"):
        question.save(path)
    with pytest.raises(ValueError, match="end in .html, got 'q.png'"):
        question.save(tmp_path / "q.png")
    with pytest.raises(FileNotFoundError, match="no folder"):
        question.save(tmp_path / "no" / "q.html")
    assert question.save(path, overwrite=True) == path and [*tmp_path.iterdir()] == [path]


def test_a_changed_question_is_another_one():
    """For the browser, which keeps the commits under the question's id."""
    options = [kinds.Option("a", "x", right=True), kinds.Option("b", "y")]
    changes = [
        ("?", options),
        ("??", options),
        ("?", options[::-1]),
        ("?", [kinds.Option("c", "x", right=True), options[1]]),
        ("?", [kinds.Option("a", "z", right=True), options[1]]),
        ("?", [kinds.Option("a", "x"), kinds.Option("b", "y", right=True)]),
    ]
    ids = {kinds.Question(*change).data["id"] for change in changes}
    assert len(ids) == len(changes) and kinds.Question("?", options).data["id"] in ids
    assert len({questions.ask(name).data["id"] for name in QUESTIONS}) == len(QUESTIONS)


def test_only_stress_is_html():
    options = [kinds.Option("<b>1</b> & <i>one</i>", "x", right=True), kinds.Option("2", "y")]
    bundle, _ = kinds.Question("<script>?", options)._repr_mimebundle_()
    assert ">A. &lt;b&gt;1&lt;/b&gt; &amp; <i>one</i><br>B. 2<" in bundle["text/html"]
    assert "<script>" not in bundle["text/html"]


@pytest.mark.parametrize("name", EXERCISES)
def test_a_blank_answer_is_no_error(name):
    for blank in (None, ..., lambda *arguments: None, lambda *arguments: ...):
        verdict = questions.check(name, blank)
        if not callable(blank) or "Not answered yet" in verdict.message:
            assert verdict.message == f"Not answered yet. Need a nudge? Run hint({name!r})."
        assert not verdict.passed


@pytest.mark.parametrize("name", EXERCISES)
def test_nonsense_neither_passes_nor_raises(name):
    def broken(*arguments):
        raise ZeroDivisionError("oops")

    for nonsense in ("text", 3.7, -1, [], True, broken, lambda: 1, lambda *arguments: "text", lambda *arguments: -1.5):
        verdict = questions.check(name, nonsense)
        assert not verdict.passed and verdict.message.startswith("Not yet: ") and repr(verdict) == verdict.message


@pytest.mark.parametrize("name", EXERCISES)
def test_hints_say_more_and_more(name):
    first = questions.hint(name)
    assert f"hint({name!r}, 2)" in first.message and not questions.hint(name, 2).passed
    for bad in (0, 9, True, "1"):
        with pytest.raises((ValueError, TypeError), match=re.escape(repr(bad))):
            questions.hint(name, bad)


@pytest.mark.parametrize("call", [questions.ask, questions.hint, lambda name: questions.check(name, 1)])
def test_an_unknown_name_is_told_with_those_that_there_are(call):
    with pytest.raises(ValueError, match="'10-nothing'.*the names are 0"):
        call("10-nothing")


def test_a_question_needs_exactly_one_right_option():
    options = [kinds.Option("a", "x", right=True), kinds.Option("b", "y", right=True)]
    for bad in (options, options[:1], []):
        with pytest.raises(ValueError, match="exactly one of them right"):
            kinds.Question("?", bad)


NUMBERS_OF_ANY_TYPE = [float, np.float32, np.int64, torch.tensor, Fraction, lambda number: number * (1 + 1e-13)]


@pytest.mark.parametrize("form", NUMBERS_OF_ANY_TYPE)
def test_a_right_number_is_right_in_any_type_and_within_rounding(form):
    assert questions.check("00-flops", lambda macs: form(2 * macs)).passed
    assert questions.check("06-receptive-field", form(491)).passed
    for wrong in (form(491) + 1, True):
        assert not questions.check("06-receptive-field", wrong).passed


def test_the_package_itself_passes_where_a_module_is_asked_for():
    assert questions.check("05-first-block", lambda: mbv2.InvertedResidual(32, 16, 1, 1)).passed
    block = mbv2.DepthwiseSeparableConv(24, 64, 5, stride=2)
    assert questions.check("02-build", lambda: block).passed
    assert block.training and torch.is_grad_enabled()  # the check counts it and leaves it as it was


def test_no_question_has_html_but_stress():
    for name in QUESTIONS:
        question = questions.ask(name)
        for text in (
            question.prompt,
            *(text for option in question.options for text in (option.text, option.feedback)),
        ):
            assert not re.search(r"<|&\w+;", re.sub(r"<i>[^<]*</i>", "", text)), text
