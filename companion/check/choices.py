"""Checkers for exercises whose answers are chosen from a few: each wrong choice is told why it is wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from companion.check import Report, _is_missing
from companion.check.patience import patiently

Question = str | int


@dataclass(frozen=True)
class Choices:
    """A checker: call it with the learner's function, which takes nothing and returns {question: answer}.

    name       what the learner's function is called
    right      {question: the right answer}
    options    all answers there are to choose from
    mistakes   {(question, wrong answer): what to tell the learner}
    """

    name: str
    right: Mapping[Question, str]
    options: tuple[str, ...]
    mistakes: Mapping[tuple[Question, str], str] = field(default_factory=dict)

    def __call__(self, attempt: Callable[[], Any]) -> Report:
        """Run `attempt` and report the first wrong answer. Never raises because of what `attempt` does."""
        if not callable(attempt):
            return Report(False, f"{self.name} must be a function, got {type(attempt).__name__}.")
        try:
            answers = patiently(attempt)()
        except NotImplementedError:
            answers = None
        except Exception as error:
            return Report(False, f"{self.name} raised {type(error).__name__}: {error}")
        try:
            if _is_missing(answers):
                return Report(False, f"{self.name} is not started yet: it returns nothing.")
            return Report(*self._judged(answers))
        except Exception as error:  # of a strange object
            return Report(False, f"{self.name}: what it returns cannot be read ({type(error).__name__}).")

    def _judged(self, answers: Mapping[Question, Any]) -> tuple[bool, str]:
        if not isinstance(answers, Mapping):
            return (
                False,
                f"{self.name} must return a dict {{question: answer}}, got {type(answers).__name__}.",
            )
        if missing := [question for question in self.right if _is_missing(answers.get(question))]:
            return False, f"{self.name}: there is no answer yet for {', '.join(map(str, missing))}."
        given = {question: str(answers[question]).strip().lower() for question in self.right}
        for question, answer in given.items():
            if answer not in self.options:
                return False, f"{self.name}, {question}: '{answer}' is none of {', '.join(self.options)}."
        wrong = [question for question, answer in given.items() if answer != self.right[question]]
        if not wrong:
            return True, f"{self.name}: right."
        said = wrong[0], given[wrong[0]]
        why = self.mistakes.get(said, f"'{said[1]}' is not right.")
        count = f"({len(given) - len(wrong)} of {len(given)} are right.)"
        return False, f"{self.name}, {said[0]}: {why} {count}"
