"""Checkers for the exercises: they run a learner's function and say what is wrong with it, by name.

An `Exercise` knows a right answer, how to draw inputs, and the mistakes people make. A wrong answer that
equals a known mistake on every drawn input is called by its name; any other is described by the first number
that differs. The exercises themselves stand in one module for each part of the book.
"""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from companion._arrays import Array
from companion.check.patience import patiently

Inputs = dict[str, Any]
Answer = dict[str, Array]


@dataclass(frozen=True)
class Report:
    """What a checker found: whether the answer passed, and a sentence to the learner."""

    passed: bool
    text: str

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Exercise:
    """A checker: call it with the learner's function.

    name       what the learner's function is called
    right      a function that gives the right answer
    draw       draw(rng) -> {argument name: value}, passed to the functions in this order
    mistakes   {what to tell the learner: a function that makes this mistake}
    results    names for the parts of the answer, where it has several (a tuple, or a dict with these keys)

    A right answer may be written in any way: only its numbers count, to a relative 1e-6, or 1e-4 where they
    come in single precision.
    """

    name: str
    right: Callable[..., Any]
    draw: Callable[[np.random.Generator], Inputs]
    mistakes: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    results: tuple[str, ...] = ("result",)
    trials: int = 3

    def __call__(self, attempt: Callable[..., Any]) -> Report:
        """Run `attempt` on the drawn inputs and report. Never raises because of what `attempt` does."""
        if not callable(attempt):
            return Report(False, f"{self.name} must be a function, got {type(attempt).__name__}.")
        attempt = patiently(attempt)
        rng = np.random.default_rng(0)
        trials = [self.draw(rng) for _ in range(self.trials)]
        answers = []
        for inputs in trials:
            given = copy.deepcopy(inputs)
            try:
                returned = attempt(*given.values())
            except NotImplementedError:
                returned = None
            except Exception as error:
                return Report(False, f"{self.name} raised {type(error).__name__}: {error}")
            if changed := [k for k, v in inputs.items() if _differs(v, given[k])]:
                return Report(False, f"{self.name} changes its input {changed[0]} in place; work on a copy.")
            try:
                if _is_missing(returned):
                    return Report(False, f"{self.name} is not started yet: it returns nothing.")
                answers.append(self._parts(self._unstacked(returned, inputs)))
            except Exception as error:
                return Report(False, f"{self.name}: {error}")
        return self._judge(trials, answers)

    def _judge(self, trials: list[Inputs], answers: list[Answer]) -> Report:
        expected = [self._parts(self.right(*inputs.values())) for inputs in trials]
        wrong = [k for k in self.results if not _all_equal(answers, expected, k)]
        if not wrong:
            return Report(True, f"{self.name}: right.")
        if named := self._known_mistake(trials, answers, wrong):
            return Report(False, f"{self.name}: {named}")
        return Report(False, f"{self.name}: {_difference(answers, expected, wrong)}")

    def _known_mistake(self, trials: list[Inputs], answers: list[Answer], wrong: list[str]) -> str | None:
        """The sentence of the first known mistake that gives exactly the wrong parts of the answer."""
        for sentence, mistaken in self.mistakes.items():
            made = [self._parts(mistaken(*inputs.values())) for inputs in trials]
            if all(_all_equal(answers, made, k) for k in wrong):
                return sentence
        return None

    def _unstacked(self, returned: Any, inputs: Inputs) -> Any:
        """Several results that came as one array, one by one where each has its shape; else as they came."""
        several = len(self.results)
        if several == 1 or not isinstance(returned, np.ndarray) or returned.shape[:1] != (several,):
            return returned
        wanted = [part.shape for part in self._parts(self.right(*inputs.values())).values()]
        return tuple(returned) if [np.shape(part) for part in returned] == wanted else returned

    def _parts(self, returned: Any) -> Answer:
        """The answer as named arrays of floats."""
        if len(self.results) == 1:
            returned = {self.results[0]: returned}
        elif not isinstance(returned, Mapping):
            several = isinstance(returned, tuple | list)
            if not several or len(returned) != len(self.results):
                got = f"{len(returned)} values" if several else type(returned).__name__
                raise ValueError(
                    f"expected {len(self.results)} values ({', '.join(self.results)}), got {got}."
                )
            returned = dict(zip(self.results, returned, strict=True))
        if missing := [k for k in self.results if _is_missing(returned.get(k))]:
            raise ValueError(f"the result has no {', '.join(missing)}.")
        return {k: _floats(returned[k]) for k in self.results}


def number(
    name: str, given: float | None, expected: float, mistakes: Mapping[str, float] | None = None
) -> Report:
    """Check a number against the `expected` one, to a relative 1e-6; `mistakes` names known wrong ones."""
    if _is_missing(given):
        return Report(False, f"{name} is not started yet.")
    if not isinstance(given, int | float | np.number):
        return Report(False, f"{name} must be a number, got {type(given).__name__}.")
    if np.isclose(given, expected, rtol=1e-6, atol=1e-12):
        return Report(True, f"{name}: right.")
    for sentence, wrong in (mistakes or {}).items():
        if np.isclose(given, wrong, rtol=1e-6, atol=1e-12):
            return Report(False, f"{name}: {sentence}")
    return Report(False, f"{name}: {given:g} is not right.")


def _is_missing(value: Any) -> bool:
    """Whether `value` is what an unfinished function leaves: nothing, `...`, or several of these."""
    parts, seen = [value], set()
    while parts:
        part = parts.pop()
        if isinstance(part, tuple | list) and len(part) > 0:
            parts.extend(part if id(part) not in seen else ())  # a list may hold itself
            seen.add(id(part))
        elif part is not None and part is not Ellipsis:
            return False
    return True


def _differs(before: Any, after: Any) -> bool:
    """Whether any array of an input is another one after the call."""
    if isinstance(before, Mapping):
        same = isinstance(after, Mapping) and set(before) == set(after)
        return not same or any(_differs(before[k], after[k]) for k in before)
    if isinstance(before, tuple | list):
        same = isinstance(after, tuple | list) and len(before) == len(after)
        return not same or any(map(_differs, before, after))
    return isinstance(before, np.ndarray) and not np.array_equal(before, after)


def _floats(value: Any) -> Array:
    """An answer as an array of floats: single precision stays what it is, all else becomes float64."""
    array = np.asarray(value)
    if array.dtype.kind not in "biufO":  # of text, or of complex numbers, a part would be lost on the way
        raise ValueError(f"the result must hold real numbers, got {array.dtype}.")
    return array if array.dtype == np.float32 else np.asarray(value, dtype=np.float64)


def _close(answer: Array, other: Array) -> Array:
    """Where the numbers of an answer are those of another, within the rounding of its own precision."""
    single = answer.dtype == np.float32
    close: Array = np.isclose(answer, other, rtol=1e-4 if single else 1e-6, atol=1e-6 if single else 1e-10)
    return close


def _all_equal(answers: list[Answer], others: list[Answer], part: str) -> bool:
    return all(
        a[part].shape == b[part].shape and bool(_close(a[part], b[part]).all())
        for a, b in zip(answers, others, strict=True)
    )


def _difference(answers: list[Answer], expected: list[Answer], wrong: list[str]) -> str:
    """The first difference, in words; and which parts are right already."""
    part = wrong[0]
    pairs = ((a, b) for a, b in zip(answers, expected, strict=True) if not _all_equal([a], [b], part))
    a, b = (answer[part] for answer in next(pairs))
    right = [k for k in expected[0] if k not in wrong]
    praise = f" ({', '.join(right)} {'is' if len(right) == 1 else 'are'} right.)" if right else ""
    if a.shape != b.shape:
        return f"{part} must have shape {b.shape}, got {a.shape}.{praise}"
    index = tuple(int(i) for i in np.argwhere(~_close(a, b))[0])
    where = f"{part}[{', '.join(map(str, index))}]" if index else part
    rounded = np.allclose(a, b, rtol=1e-4, atol=1e-6)
    hint = " So close a number is a rounded one: was it worked out in single precision?" if rounded else ""
    return f"{where} must be {b[index]:.6g}, got {a[index]:.6g}.{hint}{praise}"
