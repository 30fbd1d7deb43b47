"""What every checker of every chapter must do, whatever it checks; new ones are found by themselves.

What is special to a chapter stands in the file of its checkers: other right styles, and mistakes written
otherwise than in the checker itself.
"""

import copy
import inspect
import pkgutil
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, get_origin

import numpy as np
import pytest

import companion.check
from companion.check import Exercise, Report, patience
from companion.check.choices import Choices

NAMES = [module.name for module in pkgutil.iter_modules(companion.check.__path__)]
MODULES = [import_module(f"companion.check.{name}") for name in NAMES]


def named(kind: type) -> dict[str, Any]:
    """All objects of a kind in the modules of checkers, by "module.name"."""
    return {
        f"{module.__name__.rpartition('.')[2]}.{name}": value
        for module in MODULES
        for name, value in vars(module).items()
        if isinstance(value, kind)
    }


def takes_a_function(value: Any) -> bool:
    """Whether this is a checker written as a function: it takes what a learner wrote and gives a Report."""
    if not inspect.isfunction(value) or value.__name__.startswith("_"):
        return False
    signature = inspect.signature(value)
    first = next(iter(signature.parameters.values()), None)
    return signature.return_annotation is Report and get_origin(getattr(first, "annotation", 0)) is Callable


EXERCISES: dict[str, Exercise] = named(Exercise)
CHOICES: dict[str, Choices] = named(Choices)
FUNCTIONS = {name: value for name, value in named(object).items() if takes_a_function(value)}
CHECKERS = {**EXERCISES, **CHOICES, **FUNCTIONS}


def over(checkers: Mapping[str, Any]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("checker", checkers.values(), ids=checkers)


def run(checker: Any, attempt: Any) -> Report:
    """Check an attempt; a warning, which would stand in the chapter's output, is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = checker(attempt)
    assert isinstance(report, Report)
    return report


def refused(checker: Any, attempt: Any, words: str) -> None:
    report = run(checker, attempt)
    assert not report.passed
    assert words in report.text


def test_checkers_are_found() -> None:
    assert {"bptt.backward_last", "letters.embed", "the_cell._shapes_exercise"} <= set(EXERCISES)
    assert "intro.order_matters" in CHOICES
    assert {"bptt.mended", "forward_pass.squares", "next_digit.choose"} <= set(FUNCTIONS)
    assert len(CHECKERS) > 60


@over(CHECKERS)
def test_what_is_not_started_is_called_so(checker: Any) -> None:
    def not_implemented(*given: Any) -> Any:
        raise NotImplementedError

    refused(checker, lambda *given: None, "is not started yet")
    refused(checker, lambda *given: ..., "is not started yet")
    if not inspect.isfunction(checker):
        refused(checker, not_implemented, "is not started yet")


@over(CHECKERS)
def test_an_answer_that_raises_is_reported(checker: Any) -> None:
    def raises(*given: Any) -> Any:
        raise KeyError("W_xh")

    refused(checker, raises, "raised KeyError: 'W_xh'")


@over(CHECKERS)
def test_an_answer_that_never_ends_is_reported(checker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def loops(*given: Any) -> Any:
        while True:
            pass

    monkeypatch.setattr(patience, "PATIENCE", 0.05)
    refused(checker, loops, "raised TooLong: it did not end within 0.05 seconds; does a loop go on for ever?")


@over(CHECKERS)
def test_an_answer_that_leaves_the_program_is_reported(checker: Any) -> None:
    refused(checker, lambda *given: sys.exit(3), "raised Left: it tries to end the program, by SystemExit")


@over(CHECKERS)
def test_what_is_no_function_is_reported(checker: Any) -> None:
    for odd in (3, None, np.ones(3), [1.0]):
        refused(checker, odd, f"got {type(odd).__name__}.")


def as_lists(value: Any) -> Any:
    """The same numbers without an array: lists in lists, and plain numbers."""
    if isinstance(value, Mapping):
        return {name: as_lists(part) for name, part in value.items()}
    if isinstance(value, tuple | list):
        return [as_lists(part) for part in value]
    return np.asarray(value).tolist()


def each_array(change: Callable[[np.ndarray], Any]) -> Callable[[Any], Any]:
    """The same answer with every array in it changed by `change`, and every number as an array of no axes."""

    def changed(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: changed(part) for name, part in value.items()}
        if isinstance(value, tuple | list) and not all(np.ndim(part) == 0 for part in value):
            return [changed(part) for part in value]
        array = np.asarray(value)
        return change(array) if array.ndim else array

    return changed


def every_other(array: np.ndarray) -> np.ndarray:
    """The same numbers as a view of every other place of a larger array, which cannot be written to."""
    wide = np.zeros([2 * n for n in array.shape], array.dtype)
    view = wide[tuple(slice(None, None, -2) for _ in array.shape)]
    view[...] = array
    view.flags.writeable = False
    return view


def single(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float32) if array.dtype == np.float64 else array


STYLES: dict[str, Callable[[Any], Any]] = {
    "as it is": lambda value: value,
    "as lists": as_lists,
    "columns first": each_array(np.asfortranarray),
    "a view": each_array(every_other),
    "rows in a tuple": each_array(tuple),
    "single precision": each_array(single),
}


@pytest.mark.parametrize("style", STYLES)
@over(EXERCISES)
def test_the_right_answer_passes_in_any_layout(checker: Exercise, style: str) -> None:
    right = Report(True, f"{checker.name}: right.")
    assert run(checker, lambda *given: STYLES[style](checker.right(*given))) == right


@over({name: exercise for name, exercise in EXERCISES.items() if len(exercise.results) > 1})
def test_several_results_pass_as_a_dict_and_in_their_order(checker: Exercise) -> None:
    right = Report(True, f"{checker.name}: right.")
    assert run(checker, lambda *given: checker._parts(checker.right(*given))) == right
    assert run(checker, lambda *given: tuple(checker._parts(checker.right(*given)).values())) == right


@over(EXERCISES)
def test_the_right_answer_passes_when_it_is_worked_out_in_place(checker: Exercise) -> None:
    """On copies of the inputs, which are spoiled afterwards."""

    def in_place(*given: Any) -> Any:
        own = copy.deepcopy(given)
        answer = copy.deepcopy(checker.right(*own))
        for array in arrays(own):
            array[...] = 0
        return answer

    assert run(checker, in_place) == Report(True, f"{checker.name}: right.")


SENTENCES = [(name, sentence) for name, exercise in EXERCISES.items() for sentence in exercise.mistakes]


@pytest.mark.parametrize(("name", "sentence"), SENTENCES, ids=[f"{n}: {s[:40]}" for n, s in SENTENCES])
def test_every_mistake_is_called_by_its_own_name(name: str, sentence: str) -> None:
    exercise = EXERCISES[name]
    mistaken = exercise.mistakes[sentence]
    assert run(exercise, mistaken) == Report(False, f"{exercise.name}: {sentence}")
    assert not run(exercise, lambda *given: STYLES["single precision"](mistaken(*given))).passed


@over(EXERCISES)
def test_every_mistake_is_a_sentence(checker: Exercise) -> None:
    for sentence in checker.mistakes:
        assert sentence[-1] in ".!?"
        assert sentence.strip() == sentence


def arrays(value: Any) -> Iterator[np.ndarray]:
    """The arrays in which a checker can see a change."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, Mapping):
        yield from (array for part in value.values() for array in arrays(part))
    elif isinstance(value, tuple | list):
        yield from (array for part in value for array in arrays(part))


def inputs_with_arrays() -> Iterator[tuple[str, str]]:
    for name, exercise in EXERCISES.items():
        for argument, value in exercise.draw(np.random.default_rng(0)).items():
            if any(array.size for array in arrays(value)):
                yield name, argument


@pytest.mark.parametrize(("name", "argument"), list(inputs_with_arrays()))
def test_a_change_of_an_input_in_place_is_reported(name: str, argument: str) -> None:
    exercise = EXERCISES[name]
    place = list(exercise.draw(np.random.default_rng(0))).index(argument)

    def spoils(*given: Any) -> Any:
        answer = exercise.right(*copy.deepcopy(given))
        array = next(array for array in arrays(given[place]) if array.size)
        array[...] = ~array if array.dtype == bool else array + 1
        return answer

    refused(exercise, spoils, f"{exercise.name} changes its input {argument} in place")


@over(CHOICES)
def test_the_right_choices_pass_and_each_wrong_one_is_told_why(checker: Choices) -> None:
    assert run(checker, lambda: dict(checker.right)) == Report(True, f"{checker.name}: right.")
    assert run(checker, lambda: {q: f" {a.upper()}" for q, a in checker.right.items()}).passed
    others = {(q, a) for q, right in checker.right.items() for a in checker.options if a != right}
    assert set(checker.mistakes) == others
    for (question, answer), why in checker.mistakes.items():
        report = run(checker, lambda q=question, a=answer: {**checker.right, q: a})
        assert not report.passed
        assert report.text.startswith(f"{checker.name}, {question}: {why} (")


@over(CHOICES)
def test_missing_and_unknown_choices_are_told(checker: Choices) -> None:
    first, *others = checker.right
    refused(checker, lambda: {q: checker.right[q] for q in others}, f"there is no answer yet for {first}.")
    refused(checker, lambda: {**checker.right, first: ...}, f"there is no answer yet for {first}.")
    refused(checker, lambda: {**checker.right, first: "perhaps"}, f"{first}: 'perhaps' is none of ")
    refused(checker, lambda: list(checker.right.values()), "must return a dict {question: answer}, got list.")
