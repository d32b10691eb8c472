"""What a question and an exercise are made of."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from math import isclose, isfinite
from numbers import Real
from pathlib import Path

import anywidget
import traitlets

from .. import browser
from ..explorers.explorer import Explorer, page
from ..figures import output
from ..plans import check_int


@dataclass(frozen=True)
class Option:
    """An answer that a reader may commit to, and its feedback; for a wrong one, about that very misconception."""

    text: str
    feedback: str
    right: bool = False


class Question(anywidget.AnyWidget):
    """The reader predicts, commits, and only then learns whether that was right and why. A wrong answer may be changed.

    It lives in the browser (``browser/question.js``), with or without a kernel. ``commits`` is what the reader
    committed to, first to last, as indices of ``options``; it can be read, set and observed from Python.
    In the prompt, options and feedback, ``<i>...</i>`` stresses a word; nothing else is HTML.
    """

    module = "question"
    _esm = browser.esm(module)
    _css = browser.style()
    data = traitlets.Dict().tag(sync=True)
    commits = traitlets.List().tag(sync=True)
    _element = Explorer._element
    _ipython_display_ = None  # as Explorer has it

    def __init__(self, prompt: str, options: Sequence[Option]) -> None:
        if len(options) < 2 or sum(option.right for option in options) != 1:
            raise ValueError(f"a question needs two or more options, exactly one of them right, got {list(options)!r}")
        self.prompt, self.options = prompt, tuple(options)
        text = json.dumps([prompt, *map(asdict, options)])
        answers = json.dumps([{"feedback": option.feedback, "right": option.right} for option in options])
        super().__init__(
            data={
                "options": {"commits": []},  # declares this setting; no control moves it
                # The browser stores the commits under this id. A question that has changed gets a new one.
                "id": f"mbv2-question-{hashlib.sha256(text.encode()).hexdigest()[:16]}",
                "prompt": prompt,
                "choices": [option.text for option in options],
                # Encoded, so that nobody reads it by chance in a page's source or a saved notebook.
                "answers": base64.b64encode(answers.encode()).decode(),
            }
        )

    @traitlets.validate("commits")
    def _check(self, proposal: dict) -> list[int]:
        commits = [check_int(index, "index", at_least=0) for index in proposal["value"]]
        for index in commits:
            if index >= len(self.options):
                raise ValueError(f"index must be from 0 to {len(self.options) - 1}, got {index!r}")
        return commits

    @property
    def committed(self) -> int | None:
        """The option last committed to, or None."""
        return self.commits[-1] if self.commits else None

    @property
    def right_first_time(self) -> bool | None:
        """Whether the first commit was right; None before it."""
        return self.options[self.commits[0]].right if self.commits else None

    def commit(self, index: int) -> str:
        """Commits to option ``index``, as the reader's click would, and returns the feedback."""
        if check_int(index, "index", at_least=0) != self.committed:
            self.commits = [*self.commits, index]
        return self.options[index].feedback

    @property
    def values(self) -> dict[str, list[int]]:
        """What a saved page begins with: no commits, whatever was committed here."""
        return {"commits": []}

    def still(self) -> str:
        """The question and its lettered options in HTML, without the solution."""
        prompt, *options = (re.sub("&lt;(/?i)&gt;", r"<\1>", html.escape(line)) for line in self._lines())
        return f"<p><b>{prompt}</b></p><p>{'<br>'.join(options)}</p>"

    def save(self, path: str | os.PathLike, *, overwrite: bool = False) -> Path:
        """Saves a page, NAME.html, on which the question can be answered. See ``figures.save`` for errors."""
        path = Path(path)
        if path.suffix.lower() != ".html":
            raise ValueError(f"the name must end in .html, got {path.name!r}")
        output.check_place(path, overwrite)
        return output.write(path, page(self).encode())

    def __repr__(self) -> str:
        prompt, *options = (re.sub("</?i>", "", line) for line in self._lines())
        return "\n".join([f"Question: {prompt}", *options])

    def _lines(self) -> list[str]:
        return [self.prompt, *(f"{chr(ord('A') + index)}. {option.text}" for index, option in enumerate(self.options))]

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict, dict]:
        """The widget and, for places where no script runs, the question with its options but without the solution."""
        data, metadata = super()._repr_mimebundle_(**kwargs)
        return {**data, "text/html": self._element(self.still()), "text/plain": repr(self)}, metadata


@dataclass(frozen=True)
class Verdict:
    """What a check says about an answer; shown as its message."""

    message: str
    passed: bool = False

    def __repr__(self) -> str:
        return self.message


@dataclass(frozen=True)
class Exercise:
    """``judge(answer)`` returns None for a right answer, or else says what is wrong with it, as a hint.

    praise: words for a right answer, or a function of it that returns them
    """

    judge: Callable[[object], str | None]
    hints: tuple[str, ...]
    praise: str | Callable[[object], str] = ""


class NotUsable(Exception):
    """What the reader passed cannot be judged; the message says what is expected."""


class NotAnswered(Exception):
    """Raised by ``call`` when the reader's function still returns nothing."""


def call(function: object, *arguments: object) -> object:
    """The answer of the reader's function; a blank one (it returns None or ...) is not answered yet."""
    if not callable(function):
        raise NotUsable(f"pass the function itself, not a value; got {function!r}.")
    answer = function(*arguments)
    if answer is None or answer is ...:
        raise NotAnswered
    return as_number(answer)


def as_number(answer: object) -> object:
    """A number of any type as a plain one, an int if it is whole within rounding; anything else unchanged.

    Readers compute with floats and with numpy and torch scalars: 399.99999999999994 is as right as 400.
    """
    if getattr(answer, "ndim", None) == 0:  # a scalar of numpy or torch
        answer = answer.item()
    if isinstance(answer, bool) or not isinstance(answer, Real) or not isfinite(answer):
        return answer
    return round(answer) if isclose(answer, round(answer), rel_tol=1e-9) else float(answer)


def judge_formula(
    answer: object,
    cases: Sequence[tuple],
    right: Callable[..., float],
    describe: Callable[..., str],
    mistakes: Sequence[tuple[Callable[..., float], str]],
) -> str | None:
    """What is wrong with the reader's function: its first wrong case and, if one explains it, the mistake.

    ``right(*case)`` is the right number, ``describe(*case)`` the case in words. Each mistake is a formula and what to
    say about it. It is named only if it gives the reader's number in *every* case.
    """
    given = [call(answer, *case) for case in cases]
    wrong = [n for n, case in enumerate(cases) if not _equal(given[n], right(*case))]
    if not wrong:
        return None
    case = cases[wrong[0]]
    sentence = f"for {describe(*case)} it gives {given[wrong[0]]!r}, not {right(*case)}."
    for formula, words in mistakes:
        if all(_equal(number, formula(*case)) for number, case in zip(given, cases, strict=True)):
            return f"{sentence} {words}"
    return sentence


def _equal(given: object, number: float) -> bool:
    return isinstance(given, Real) and not isinstance(given, bool) and isclose(given, number, rel_tol=1e-9)
