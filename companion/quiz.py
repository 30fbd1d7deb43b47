"""Quick questions at the end of a section, whose right answer is computed and never typed.

A question is the last line of a cell, and every choice comes with a truth that the cell has computed:

    quiz("How many numbers does the step learn?",
         choice("8", size == 8, "One bias for each unit is missing."),
         choice("10", size == 10, "Two matrices and a bias."))

Each choice opens and says whether it is right, and why. That is plain HTML, which asks for no script.
"""

import hashlib
import html
import re
from dataclasses import dataclass

import numpy as np


class QuizError(ValueError):
    """A question that cannot be asked: of its choices not exactly one is true, or something is empty."""


@dataclass(frozen=True)
class Choice:
    """One answer to choose: its text, whether it is right, and what is said to the reader who opens it."""

    text: str
    holds: bool
    said: str


@dataclass(frozen=True)
class Quiz:
    """A question with its choices; a notebook shows it."""

    question: str
    choices: tuple[Choice, ...]

    def __str__(self) -> str:
        letters = "abcdefghijklmnopqrstuvwxyz"
        lines = [f"  {letter}) {one.text}" for letter, one in zip(letters, self.choices, strict=False)]
        return "\n".join([self.question, *lines])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self._html()}

    def _html(self) -> str:
        # Under one name, opening a choice closes the others.
        name = f"quiz-{hashlib.sha256(str(self).encode()).hexdigest()[:8]}"
        parts = [f'<div class="quiz" role="group" aria-labelledby="{name}">']
        parts.append(f'<p class="quiz-question" id="{name}">{_marked(self.question)}</p>')
        for one in self.choices:
            verdict, kind = ("Right.", "right") if one.holds else ("No.", "wrong")
            parts.append(
                f'<details name="{name}"><summary>{_marked(one.text)}</summary>'
                f'<p class="quiz-{kind}"><strong>{verdict}</strong> {_marked(one.said)}</p></details>'
            )
        return "\n".join([*parts, "</div>"])


def choice(text: str, holds: bool | np.bool_, said: str) -> Choice:
    """An answer to choose. `holds` is computed in the cell; `said` says why it is right, or what it misses.

    Raises TypeError where `holds` is no bool, QuizError where a text is empty.
    """
    if not isinstance(holds, bool | np.bool_):
        raise TypeError(f"holds must be a bool computed from values, got {type(holds).__name__}")
    for name, value in {"text": text, "said": said}.items():
        if not isinstance(value, str) or not value.strip():
            raise QuizError(f"{name} must be a line of text, got {value!r}")
    return Choice(text, bool(holds), said)


def quiz(question: str, *choices: Choice) -> Quiz:
    """A question with two choices or more, of which one holds, as the last line of a cell.

    QuizError where none holds, or several do: then the cell fails, and with it the tests.
    """
    if not isinstance(question, str) or not question.strip():
        raise QuizError(f"the question must be a line of text, got {question!r}")
    if strangers := [one for one in choices if not isinstance(one, Choice)]:
        got = type(strangers[0]).__name__
        raise TypeError(f"{question!r}: choices must be made by choice(...), got {got}")
    if len(choices) < 2:
        raise QuizError(f"{question!r}: expected two choices or more, got {len(choices)}")
    if len(right := [one.text for one in choices if one.holds]) != 1:
        raise QuizError(f"{question!r}: expected one choice that holds, got {right or 'none'}")
    return Quiz(question, choices)


def _marked(text: str) -> str:
    """The text as HTML, with `code` marked up."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))
