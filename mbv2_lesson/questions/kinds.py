"""What a question and an exercise are made of."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
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
    right: bool


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

    def __init__(self, prompt: str, options: Mapping[str, str], right: str) -> None:
        """``options`` maps each answer to its feedback; ``right`` is the letter of the right one, from A."""
        self.prompt = prompt
        self.options = tuple(Option(*texts, chr(ord("A") + n) == right) for n, texts in enumerate(options.items()))
        if len(options) < 2 or not any(option.right for option in self.options):
            raise ValueError(f"a question needs two or more options, one of them right, got {options!r} and {right!r}")
        text = json.dumps([prompt, *map(asdict, self.options)])
        answers = json.dumps([{"feedback": option.feedback, "right": option.right} for option in self.options])
        super().__init__(
            data={
                "options": {"commits": []},  # declares this setting; no control moves it
                # The browser stores the commits under this id. A question that has changed gets a new one.
                "id": f"mbv2-question-{hashlib.sha256(text.encode()).hexdigest()[:16]}",
                "prompt": prompt,
                "choices": list(options),
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
    praise: str | Callable[[object], str]


# All of them by name, such as "01-weights"; the two digits are the notebook's.
QUESTIONS: dict[str, Callable[[], Question]] = {}
EXERCISES: dict[str, Exercise] = {}


def question(name: str, right: str) -> Callable:
    """Decorates a function that returns the prompt and the options of the question of this name; see ``Question``."""
    return lambda make: QUESTIONS.setdefault(name, lambda: Question(*make(), right))


def exercise(name: str, *hints: str, praise: str | Callable[[object], str]) -> Callable:
    """Decorates the judge of the exercise of this name."""
    return lambda judge: EXERCISES.setdefault(name, Exercise(judge, hints, praise))


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


def formula(cases: Iterable[tuple], describe: str) -> Callable[[Callable], Callable[[object], str | None]]:
    """Decorates ``solve`` and makes it the judge of the reader's function.

    ``solve(*case)`` is the right number and a list of mistakes, each a wrong number and what to say about it. The judge
    names the first wrong case, ``describe.format(*case)`` in words, and what ``explain`` says about it.
    """
    cases = list(cases)

    def judge(solve: Callable, answer: object) -> str | None:
        given, solved = [call(answer, *case) for case in cases], [solve(*case) for case in cases]
        found = explain(given, solved)
        if not found:
            return None
        n, words = found
        sentence = f"for {describe.format(*cases[n])} it gives {_rounded(given[n])}"
        if isinstance(given[n], bool) or not isinstance(given[n], Real):
            return f"{sentence}, which is not a number."
        return f"{sentence}, not {_rounded(solved[n][0])}. {words}".rstrip()

    return lambda solve: partial(judge, solve)


def explain(given: Sequence[object], solved: Sequence[tuple[float, list[tuple[float, str]]]]) -> tuple[int, str] | None:
    """The index of the first wrong number of ``given``, and what to say about the mistake that gives *all* of them.

    For each of them ``solved`` has the right number and the mistakes, as ``solve`` of ``formula`` returns them. The
    words are "" if no mistake explains the numbers; without a wrong number, the result is None.
    """
    wrong = [n for n, (right, _) in enumerate(solved) if not _equal(given[n], right)]
    if not wrong:
        return None
    for mistake, (_, words) in enumerate(solved[wrong[0]][1]):
        if all(_equal(number, mistakes[mistake][0]) for number, (_, mistakes) in zip(given, solved, strict=True)):
            return wrong[0], words
    return wrong[0], ""


def _equal(given: object, number: float) -> bool:
    if isinstance(given, bool) or not isinstance(given, Real):
        return False
    if isinstance(number, int):
        return isclose(given, number, rel_tol=1e-9)
    return isclose(given, number, rel_tol=1e-5, abs_tol=1e-7)  # float32 will do


def _rounded(number: object) -> str:
    return repr(round(number, 6) if isinstance(number, float) else number)
