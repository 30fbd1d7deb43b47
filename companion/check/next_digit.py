"""Checkers for the exercises of the chapter that reads digits in order and guesses the next."""

from collections.abc import Callable, Hashable
from itertools import product
from typing import Any

import numpy as np

from companion._arrays import Array
from companion.check import Exercise, Inputs, Report
from companion.check.patience import patient

STEPS = (1, -1, 2)


def _counted(rng: np.random.Generator, N: int, T: int) -> Array:
    digits: Array = (rng.integers(0, 10, (N, 1)) + rng.choice(STEPS, (N, 1)) * np.arange(T)) % 10
    return digits


next_digits = Exercise(
    name="next_digits",
    right=lambda digits: (2 * digits[:, -1] - digits[:, -2]) % 10,
    draw=lambda rng: {"digits": _counted(rng, 40, 5)},
    mistakes={
        "after 9 comes 0, and before 0 comes 9: bring the result back to 0..9.": (
            lambda digits: 2 * digits[:, -1] - digits[:, -2]
        ),
        "this always counts up by one; the step differs from row to row.": (
            lambda digits: (digits[:, -1] + 1) % 10
        ),
        "the step is taken the wrong way round: it is the last digit minus the one before it.": (
            lambda digits: digits[:, -2] % 10
        ),
        "the step is right, but it must be added to the last digit.": (
            lambda digits: (digits[:, -1] - digits[:, -2]) % 10
        ),
        "a step of -1 is lost here: the difference must keep its sign.": (
            lambda digits: (digits[:, -1] + abs(digits[:, -1] - digits[:, -2])) % 10
        ),
    },
)


@patient
def choose(attempt: Callable[..., Any]) -> Report:
    """Check choose(rng, digits, labels): places, of the shape of `digits`, of pictures with these labels."""
    if not callable(attempt):
        return Report(False, f"choose must be a function, got {type(attempt).__name__}.")
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 10, 700).astype(np.uint8)
    digits = _counted(draw, 60, 9)
    try:
        returned = attempt(np.random.default_rng(1), digits.copy(), labels.copy())
        if returned is None or returned is Ellipsis:
            return Report(False, "choose is not started yet: it returns nothing.")
        places = np.asarray(returned)
        again = np.asarray(attempt(np.random.default_rng(1), digits.copy(), labels.copy()))
    except Exception as error:
        return Report(False, f"choose raised {type(error).__name__}: {error}")
    return Report(*_judged(places, again, digits, labels))


def _judged(places: Array, again: Array, digits: Array, labels: Array) -> tuple[bool, str]:
    if places.shape != digits.shape:
        return False, f"choose: the places must have shape {digits.shape}, got {places.shape}."
    if places.dtype.kind not in "iu":
        return False, f"choose: the places must be integers, got {places.dtype}."
    if places.max() >= len(labels) or places.min() < 0:
        worst = int(places.max() if places.max() >= len(labels) else places.min())
        return False, (
            f"choose: place {worst} is not among the {len(labels)} labels given; these are places in "
            "another set. Test sequences made of training pictures test nothing: use `labels`."
        )
    if np.array_equal(places, digits):
        return False, "choose: these are the digits themselves; the places of their pictures are wanted."
    if (labels[places] != digits).any():
        return False, f"choose: {_mismatch(places, digits, labels)}"
    if not np.array_equal(places, again):
        return False, "choose: two calls with equal generators differ; draw with `rng` alone."
    for k in range(10):
        if len(np.unique(places[digits == k])) == 1:
            return False, f"choose: every {k} is shown by the same picture; draw a new one each time."
    chosen, there = len(np.unique(places)), len(labels)
    if chosen < 0.4 * there:
        return False, f"choose: only {chosen} of {there} pictures are ever used; all must have their chance."
    return True, "choose: right."


def _mismatch(places: Array, digits: Array, labels: Array) -> str:
    found = labels[places].astype(int)
    for shift, words in ((1, "too high"), (-1, "too low")):
        if ((found - digits - shift) % 10 == 0).all():
            return f"each picture shows a digit that is one {words}: the labels are taken off by one."
    if (places < np.bincount(labels, minlength=10).max()).all():
        return (
            "the numbers count within the pictures of one digit; "
            "turn them into places in `labels`, as np.flatnonzero(labels == k) gives them."
        )
    at = tuple(int(i) for i in np.argwhere(found != digits)[0])
    return f"at {list(at)} the digit is {digits[at]}, but the picture shows a {found[at]}."


def _vote(digits: Array) -> Array:
    """Of all steps and next digits the pair that agrees with most of the digits shown."""
    back = np.arange(digits.shape[1], 0, -1)
    agree = np.stack(
        [[((k - step * back) % 10 == digits).sum(axis=1) for k in range(10)] for step in STEPS]
    )  # (3, 10, N)
    winner: Array = agree.max(axis=0).argmax(axis=0)
    return winner


def _one_wrong(rng: np.random.Generator) -> Inputs:
    digits = _counted(rng, 45, 9)
    rows, place = np.arange(45), np.tile(np.arange(9), 5)
    digits[rows, place] = (digits[rows, place] + rng.integers(1, 10, 45)) % 10
    return {"digits": digits}


def _commonest_step(digits: Array) -> Array:
    """The step, 0..9, that stands most often between neighbours."""
    return np.array([np.bincount(row, minlength=10).argmax() for row in np.diff(digits, axis=1) % 10])


def _follows_last(digits: Array) -> Array:
    """The commonest step, but counted on from the last digit."""
    result: Array = (digits[:, -1] + _commonest_step(digits)) % 10
    return result


vote = Exercise(
    name="vote",
    right=_vote,
    draw=_one_wrong,
    mistakes={
        "the step is put to the vote, but the count goes on from the last digit, which may be wrong.": (
            _follows_last
        ),
        "nothing is put to the vote: only the last two digits are used.": (
            lambda digits: (2 * digits[:, -1] - digits[:, -2]) % 10
        ),
        "this is the last digit once more, not the next.": lambda digits: digits[:, -1],
        "the step is put to the vote, but the count starts at the first digit, which may be wrong.": (
            lambda digits: (digits[:, 0] + 9 * _commonest_step(digits)) % 10
        ),
        "the votes are for the last digit; the next one is a step further.": (
            lambda digits: (_vote(digits) - _commonest_step(digits)) % 10
        ),
    },
)


# A clue for the best rule: heap_and_last(shown) -> the same thing for rows with the same heap and last digit

Clue = Callable[[list[int]], Hashable]


def _heap(shown: list[int]) -> tuple[int, ...]:
    return tuple(sorted(shown))


CLUES: dict[str, Clue] = {
    "the last digit is not told, only the heap, and a sorted heap ends in its largest.": _heap,
    "the last digit is told, but not the heap.": lambda shown: shown[-1],
    "the last digit is taken out of the heap, and not told.": lambda shown: _heap(shown[:-1]),
    "this is the row in its order; a heap has none, so sort it.": tuple,
    "it is the first digit that is told, not the last.": lambda shown: (_heap(shown), shown[0]),
    "the last two digits are told, and in order.": lambda shown: (_heap(shown), *shown[-2:]),
    "a set forgets how often each digit has come.": lambda shown: (frozenset(shown), shown[-1]),
    "the sum of a heap is not the heap: 1 and 4 have the sum of 2 and 3.": (
        lambda shown: (sum(shown), shown[-1])
    ),
}


@patient
def heap_and_last(attempt: Callable[..., Any]) -> Report:
    """Check a clue by which rows it tells apart; what it is made of does not matter."""
    if not callable(attempt):
        return Report(False, f"heap_and_last must be a function, got {type(attempt).__name__}.")
    rows = [list(row) for row in product(range(4), repeat=4)]
    found: list[Hashable] = []
    for row in rows:
        given = row.copy()
        try:
            found.append(attempt(given))
            hash(found[-1])
        except Exception as error:
            return Report(False, f"heap_and_last raised {type(error).__name__}: {error}")
        if given != row:
            return Report(False, "heap_and_last changes its input shown in place; work on a copy.")
    if all(clue is None or clue is Ellipsis for clue in found):
        return Report(False, "heap_and_last is not started yet: it returns nothing.")
    return Report(*_told_apart(rows, found))


def _told_apart(rows: list[list[int]], found: list[Hashable]) -> tuple[bool, str]:
    def groups(clues: list[Hashable]) -> list[int]:
        """For each row the first row with the same clue."""
        first: dict[Hashable, int] = {}
        return [first.setdefault(clue, i) for i, clue in enumerate(clues)]

    mine, right = groups(found), groups([(_heap(row), row[-1]) for row in rows])
    if mine == right:
        return True, "heap_and_last: right."
    for sentence, clue in CLUES.items():
        if mine == groups([clue(row) for row in rows]):
            return False, f"heap_and_last: {sentence}"
    i = next(i for i, (a, b) in enumerate(zip(mine, right, strict=True)) if a != b)
    if mine[i] == i:
        return False, f"heap_and_last: {rows[right[i]]} and {rows[i]} must have the same clue, and have not."
    return False, f"heap_and_last: {rows[mine[i]]} and {rows[i]} must have different clues, and have not."
