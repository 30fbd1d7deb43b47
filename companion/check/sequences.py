"""Checkers for the exercises of the chapter on sequences.

Shuffling has as many right answers as there are orders, so its checker looks at what a shuffle must keep and
what it must change; the others compare numbers.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from companion._arrays import Array
from companion.check import Exercise, Inputs, Report, _is_missing
from companion.check.patience import patient

# Shuffling: shuffle_pairs(rng, xs, ys) -> the same sequences with the same answers, in another order


@patient
def shuffle_pairs(attempt: Callable[..., Any]) -> Report:
    """Try out a function that shuffles sequences xs (N, T) together with their answers ys (N,)."""
    if not callable(attempt):
        return Report(False, f"shuffle_pairs must be a function, got {type(attempt).__name__}.")
    xs = np.arange(40 * 6).reshape(40, 6) * 1.0
    ys = xs[:, 0] / 6 + 1000
    given = xs.copy(), ys.copy()
    try:
        results = [attempt(np.random.default_rng(seed), *given) for seed in (1, 1, 2)]
    except Exception as error:
        return _report(f"raised {type(error).__name__}: {error}")
    if all(result is None or result is Ellipsis for result in results):
        if not (np.array_equal(given[0], xs) and np.array_equal(given[1], ys)):
            return _report("it changes xs and ys in place; return new arrays and leave these as they are.")
        return Report(False, "shuffle_pairs is not started yet: it returns nothing.")
    if not all(isinstance(result, tuple | list) and len(result) == 2 for result in results):
        return _report("it must return two arrays, the sequences and the answers.")
    try:
        arrays = [(np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)) for a, b in results]
    except Exception as error:
        return _report(f"it must return two arrays, the sequences and the answers: {error}.")
    return _report(_fault(xs, ys, given, arrays))


def _fault(xs: Array, ys: Array, given: tuple[Array, Array], results: list[tuple[Array, Array]]) -> str:
    """What is wrong with three shuffles, the first two from generators alike; nothing where all is well."""
    (first, answers), (again, _), (other, _) = results
    if first.shape != xs.shape or answers.shape != ys.shape:
        return f"the shapes must stay {xs.shape} and {ys.shape}, got {first.shape} and {answers.shape}."
    if not (np.array_equal(given[0], xs) and np.array_equal(given[1], ys)):
        return "it changes xs or ys in place; index them with an order, which makes new arrays."
    if not np.array_equal(np.sort(first, axis=None), xs.ravel()):
        return "some sequences are lost and others stand twice; each must come once, so draw a permutation."
    rows = {tuple(row) for row in xs}
    if np.array_equal(first, xs):
        return "the sequences still stand in their old order."
    if not all(tuple(row) in rows for row in first):
        return "the elements inside the sequences are shuffled too: that destroys them. Shuffle whole rows."
    if np.array_equal(answers, ys):
        return "only the sequences are shuffled; the answers stayed where they were."
    if not np.array_equal(answers, first[:, 0] / 6 + 1000):
        return "sequences and answers have parted: use one and the same order for both."
    if not np.array_equal(first, again) or np.array_equal(first, other):
        return "the order does not come from `rng`: generators alike must give orders alike, others others."
    return ""


def _report(fault: str) -> Report:
    return Report(not fault, f"shuffle_pairs: {fault}" if fault else "shuffle_pairs: right.")


# Thinning: thin(values, k) -> every k-th value, the newest among them


def _thin(values: Array, k: int) -> Array:
    return values[::-1][::k][::-1]


thin = Exercise(
    "thin",
    _thin,
    # A length that k does not divide, so that counting from the other end is seen.
    lambda rng: {"values": rng.normal(size=23 + 2 * int(rng.integers(1, 4))), "k": int(rng.choice([4, 6]))},
    {
        "the count begins at the first value, so that the newest may be lost; begin at the end.": (
            lambda values, k: values[::k]
        ),
        "the count begins at the k-th value; begin at the end, with the newest.": (
            lambda values, k: values[k - 1 :: k]
        ),
        "the values come newest first; turn them round again.": lambda values, k: values[::-1][::k],
        "every k-th value is left out; it is the one to be kept.": (
            lambda values, k: np.delete(values, np.arange(len(values) - 1, -1, -k))
        ),
        "these are the last values without a gap: they are not thinned.": (
            lambda values, k: values[-len(_thin(values, k)) :]
        ),
        "these are averages of k values; thinning keeps single ones.": (
            lambda values, k: values[len(values) % k :].reshape(-1, k).mean(axis=1)
        ),
    },
)


# The bag: bag(tokens, V) -> the share of every token in every sequence, (N, V)


def _bag(tokens: Array, V: int) -> Array:
    shares: Array = np.eye(V)[tokens].mean(axis=1)
    return shares


bag = Exercise(
    "bag",
    _bag,
    lambda rng: {"tokens": rng.integers(4, size=(3, 7)), "V": 5},
    {
        "these are counts; divide by the length, so that long sequences look like short ones.": (
            lambda tokens, V: np.eye(V)[tokens].sum(axis=1)
        ),
        "this only says which tokens occur; say how large a share each has.": (
            lambda tokens, V: np.eye(V)[tokens].max(axis=1)
        ),
        "the mean runs over the sequences instead of over time.": (
            lambda tokens, V: np.eye(V)[tokens].mean(axis=0)
        ),
        "all sequences are thrown into one bag; each has its own.": (
            lambda tokens, V: np.eye(V)[tokens].mean(axis=(0, 1))
        ),
        "these are still the single elements, in order; take the mean over time.": (
            lambda tokens, V: np.eye(V)[tokens]
        ),
        "this is the mean of the numbers that stand for tokens; a token is a name, not a size.": (
            lambda tokens, V: tokens.mean(axis=1)
        ),
    },
)


# Accuracy by length: accuracy_by_length(answers, labels, lengths) -> the lengths in order, the accuracies


def _groups(answers: Array, labels: Array, lengths: Array) -> tuple[Array, Array, Array]:
    """The distinct lengths in order, how many sequences have each, and how many of those are right."""
    found, group, counts = np.unique(lengths, return_inverse=True, return_counts=True)
    return found, counts, np.bincount(group, weights=answers == labels)


def _by_length(answers: Array, labels: Array, lengths: Array) -> tuple[Array, Array]:
    found, counts, right = _groups(answers, labels, lengths)
    return found, right / counts


def _draw_answers(rng: np.random.Generator) -> Inputs:
    lengths = rng.permutation(np.repeat([30, 5, 12], [9, 14, 6]))
    labels = rng.integers(3, size=len(lengths))
    answers = np.where(rng.random(len(lengths)) < 6 / lengths, labels, (labels + 1) % 3)
    return {"answers": answers, "labels": labels, "lengths": lengths}


accuracy_by_length = Exercise(
    "accuracy_by_length",
    _by_length,
    _draw_answers,
    {
        "these are the shares of wrong answers.": (
            lambda answers, labels, lengths: _by_length(answers != labels, np.ones_like(labels), lengths)
        ),
        "these are numbers of right answers; divide each by how many sequences have that length.": (
            lambda answers, labels, lengths: (
                np.unique(lengths),
                _groups(answers, labels, lengths)[2],
            )
        ),
        "the right answers of a length are divided by the number of all sequences, not of those as long.": (
            lambda answers, labels, lengths: (
                np.unique(lengths),
                _groups(answers, labels, lengths)[2] / len(labels),
            )
        ),
        "every length has the accuracy of all lengths together; select the sequences of one length.": (
            lambda answers, labels, lengths: (
                np.unique(lengths),
                np.full(len(np.unique(lengths)), (answers == labels).mean()),
            )
        ),
        "the lengths are not in ascending order.": (
            lambda answers, labels, lengths: tuple(
                part[::-1] for part in _by_length(answers, labels, lengths)
            )
        ),
        "this counts each answer, not each length: return every length once.": (
            lambda answers, labels, lengths: (lengths, (answers == labels) * 1.0)
        ),
    },
    results=("lengths", "accuracies"),
)


# Backwards: turned(text, known) -> both parts of the text turned round, each in its own place


_SEAM = "\0"  # between parts that are not joined


def _codes(text: str) -> list[int]:
    return [ord(letter) for letter in text]


_turned = Exercise(
    "turned",
    lambda text, known: _codes(text[:known][::-1] + text[known:][::-1]),
    lambda rng: {"text": "".join(rng.choice(list("abcde "), 40)), "known": int(rng.integers(25, 35))},
    {
        "the whole text is turned, so that other letters are tested now, those that stood first.": (
            lambda text, known: _codes(text[::-1])
        ),
        "only the part that is counted is turned; the rest must be read in the same direction.": (
            lambda text, known: _codes(text[:known][::-1] + text[known:])
        ),
        "only the part that is tested is turned; the rest must be read in the same direction.": (
            lambda text, known: _codes(text[:known] + text[known:][::-1])
        ),
        "the words stand in the opposite order, but each is still read forwards; turn the letters.": (
            lambda text, known: _codes(
                " ".join(text[:known].split(" ")[::-1] + text[known:].split(" ")[::-1])
            )
        ),
        "nothing is turned.": lambda text, known: _codes(text),
        "the two parts are handed back apart; join them.": (
            lambda text, known: _codes(text[:known][::-1] + _SEAM + text[known:][::-1])
        ),
    },
)


def turned(attempt: Callable[..., Any]) -> Report:
    """Check a text that is turned round in two parts."""
    if not callable(attempt):
        return _turned(attempt)

    def in_codes(text: str, known: int) -> Any:
        returned = attempt(text, known)
        if _is_missing(returned):
            return None
        if isinstance(returned, tuple | list):  # the two parts, or single letters
            returned = (_SEAM if len(returned) == 2 else "").join(map(str, returned))
        return _codes(returned)

    return _turned(in_codes)
