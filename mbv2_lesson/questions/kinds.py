"""What a question and an exercise are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isclose, isfinite
from numbers import Real

import anywidget
import ipywidgets
import traitlets

from ..explorers.controls import WIDGETS, Numbers
from ..plans import check_int


@dataclass(frozen=True)
class Option:
    """One answer that a reader may commit to, and what to say then: to a wrong one, about that very misconception."""

    text: str
    feedback: str
    right: bool = False


class Choice(anywidget.AnyWidget):
    """Radio buttons and "Commit", whose click sends ``{"commit": index}``; ``index`` is the one chosen, -1 for none."""

    _esm = WIDGETS / "choice.js"
    _css = WIDGETS / "style.css"
    prompt = traitlets.Unicode().tag(sync=True)
    options = traitlets.List(traitlets.Unicode()).tag(sync=True)
    index = traitlets.Int(-1).tag(sync=True)


class Question:
    """The reader predicts, commits and only then reads whether it was right and why. A wrong answer may be changed."""

    def __init__(self, prompt: str, options: Sequence[Option]) -> None:
        if len(options) < 2 or sum(option.right for option in options) != 1:
            raise ValueError(f"a question needs two or more options with exactly one right, got {list(options)!r}")
        self.prompt, self.options = prompt, tuple(options)
        self.choice = Choice(prompt=prompt, options=[option.text for option in options])
        self.feedback = Numbers(height="4.5em")
        self.choice.on_msg(lambda choice, message, buffers: self._judge(message["commit"]))
        self.widget = ipywidgets.VBox([self.choice, self.feedback])

    def commit(self, index: int) -> str:
        """Commits to option ``index`` as the reader's click would; returns the feedback (HTML)."""
        if check_int(index, "index", at_least=0) >= len(self.options):
            raise ValueError(f"index must be from 0 to {len(self.options) - 1}, got {index!r}")
        self.choice.index = index
        self._judge(index)
        return self.feedback.sentence

    def _judge(self, index: int) -> None:
        if index < 0:
            self.feedback.sentence = "Choose an answer first, then commit to it. A guess is fine."
            return
        option = self.options[index]
        verdict = "\u2714 Right." if option.right else "\u2718 Not quite."
        self.feedback.sentence = f"<b>{verdict}</b> {option.feedback}"

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        """Live where there is a kernel; elsewhere the question with its answers, but without the solution."""
        view = self.widget._repr_mimebundle_()
        items = "".join(f"<li>{option.text}</li>" for option in self.options)
        still = f"<p><b>{self.prompt}</b></p><ul>{items}</ul>"
        return {**view, "text/html": still, "text/plain": f"Question: {self.prompt}"}


@dataclass(frozen=True)
class Verdict:
    """What a check says of an answer; shown as its message."""

    message: str
    passed: bool = False

    def __repr__(self) -> str:
        return self.message


@dataclass(frozen=True)
class Exercise:
    """``judge(answer)`` returns None for a right answer, or what is wrong with it, in words, as a hint that fits."""

    judge: Callable[[object], str | None]
    hints: tuple[str, ...]
    praise: str = ""


class NotUsable(Exception):
    """What the reader handed over cannot be judged; says what is asked for."""


class NotAnswered(Exception):
    """Raised by ``call`` when the reader's function still returns nothing."""


def call(function: object, *arguments: object) -> object:
    """The answer of the reader's function; a blank one (it returns None or ...) is not answered yet."""
    if not callable(function):
        raise NotUsable(f"hand over the function itself, not a value; got {function!r}.")
    answer = function(*arguments)
    if answer is None or answer is ...:
        raise NotAnswered
    return as_number(answer)


def as_number(answer: object) -> object:
    """A number of any type as a plain one, an int if it is whole within rounding; anything else as it is.

    Readers compute with floats and with scalars of numpy and torch: 400 is right as 399.99999999999994, too.
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
    """What is wrong with the reader's function: its first wrong case and, where one explains it, the mistake.

    ``right(*case)`` is the right number, ``describe(*case)`` the case in words. Each mistake is a formula and what to
    say about it. It is named only if it gives the reader's number in *every* case, so it is what the reader computed.
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
