"""Predict, commit, reveal; and exercises with a check and hints. Each notebook has its file of them.

The questions are kept out of the notebooks so that the answers cannot be read there.
"""

from __future__ import annotations

from ..plans import check_int
from . import (  # noqa: F401 (each adds its questions and exercises to those of kinds)
    notebook_00,
    notebook_01,
    notebook_02,
    notebook_03,
    notebook_04,
    notebook_05,
    notebook_06,
    notebook_07,
    notebook_08,
    notebook_09,
)
from .kinds import EXERCISES, QUESTIONS, NotAnswered, NotUsable, Question, Verdict, as_number


def ask(name: str) -> Question:
    """The question with this name, such as ``ask("01-weights")``; the two digits are the notebook's."""
    return _look_up(QUESTIONS, name)()


def check(name: str, answer: object) -> Verdict:
    """Judges the reader's answer. An exercise left blank (None or ...) is "not answered yet", which is no error."""
    exercise = _look_up(EXERCISES, name)
    try:
        if answer is None or answer is ...:
            raise NotAnswered
        wrong = exercise.judge(as_number(answer))
    except NotAnswered:
        return Verdict(f"Not answered yet. Need a nudge? Run hint({name!r}).")
    except NotUsable as error:
        return Verdict(f"Not yet: {error}")
    except Exception as error:  # the reader's own code, called by the check; the reader is told in words
        return Verdict(f"Not yet: your answer raised {type(error).__name__}: {error}")
    if wrong:
        return Verdict(f"Not yet: {wrong}")
    praise = exercise.praise(answer) if callable(exercise.praise) else exercise.praise
    return Verdict(f"Correct. {praise}".strip(), passed=True)


def hint(name: str, number: int = 1) -> Verdict:
    """The hint with this number, from 1; each says a little more than the one before."""
    hints = _look_up(EXERCISES, name).hints
    if check_int(number, "number") > len(hints):
        raise ValueError(f"number must be from 1 to {len(hints)}, got {number!r}")
    more = f" (More: hint({name!r}, {number + 1}).)" if number < len(hints) else ""
    return Verdict(hints[number - 1] + more)


def _look_up(names: dict, name: str):
    if name not in names:
        raise ValueError(f"no question or exercise is named {name!r}; the names are {', '.join(names)}")
    return names[name]
