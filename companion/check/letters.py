"""Checkers for the exercises of the chapter on the letter network.

Where chance is involved, as in shuffling, any answer will do that has the properties asked for; the checker
looks at these, and names what is lost.
"""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from companion._arrays import Array
from companion.check import Exercise, Inputs, Report, _is_missing
from companion.check.patience import patient

# An embedding: embed(E, labels, dx) -> x (N, D), dE (K, D)


def _embed(E: Array, labels: Array, dx: Array, way: str = "added") -> tuple[Array, Array]:
    dE = np.zeros_like(E)
    if way == "written":
        dE[labels] = dx
    elif way == "first":
        dE[labels[::-1]] = dx[::-1]
    else:
        np.add.at(dE, labels, dx)
    if way == "mean":
        dE /= np.maximum(np.bincount(labels, minlength=len(E)), 1)[:, None]
    if way == "batch mean":
        dE /= len(labels)
    return E[labels], dE


def _letters_that_repeat(rng: np.random.Generator) -> Inputs:
    # Three of four letters occur, one of them three times, never side by side only.
    labels = np.array([2, 0, 2, 1, 2, 0])
    return {"E": rng.normal(size=(4, 3)), "labels": labels, "dx": rng.normal(size=(6, 3))}


embed = Exercise(
    "embed",
    _embed,
    _letters_that_repeat,
    {
        "where a letter repeats, its gradient is written instead of added: the last occurrence wipes out the "
        "others (`dE[labels] += dx` does so too; `np.add.at` adds them all).": (
            lambda E, labels, dx: _embed(E, labels, dx, "written")
        ),
        "where a letter repeats, only its first occurrence counts; they must be added.": (
            lambda E, labels, dx: _embed(E, labels, dx, "first")
        ),
        "where a letter repeats, its gradients are averaged; they must be added.": (
            lambda E, labels, dx: _embed(E, labels, dx, "mean")
        ),
        "the gradient is divided by the number of letters; whether the loss is a mean is already in `dx`.": (
            lambda E, labels, dx: _embed(E, labels, dx, "batch mean")
        ),
        "this is the gradient of each occurrence, (N, D); dE has a row for each letter of the alphabet.": (
            lambda E, labels, dx: (E[labels], dx)
        ),
    },
    results=("x", "dE"),
)


# Shuffling pairs: shuffle_pairs(xs, labels, rng) -> xs, labels


@patient
def shuffle_pairs(attempt: Callable[..., Any]) -> Report:
    """Try out a function that shuffles inputs and labels; any order will do as long as pairs stay pairs."""
    if not callable(attempt):
        return Report(False, f"shuffle_pairs must be a function, got {type(attempt).__name__}.")
    labels = np.arange(12)
    xs = np.stack([10.0 * labels, -labels], axis=1)
    orders = []
    for seed in range(5):
        given = xs.copy(), labels.copy(), np.random.default_rng(seed)
        try:
            returned = attempt(*given)
        except NotImplementedError:
            returned = None
        except Exception as error:
            return Report(False, f"shuffle_pairs raised {type(error).__name__}: {error}")
        if problem := _not_pairs(returned, xs, labels, given):
            return Report(False, f"shuffle_pairs {problem}")
        orders.append(tuple(int(label) for label in returned[1]))
    if set(orders) == {tuple(labels.tolist())}:
        return Report(False, "shuffle_pairs: nothing is shuffled: the order is the old one.")
    if len(set(orders)) < len(orders):
        return Report(
            False, "shuffle_pairs: the order is the same whatever the generator: draw it from `rng`."
        )
    return Report(True, "shuffle_pairs: right.")


def _not_pairs(returned: Any, xs: Array, labels: Array, given: tuple[Any, ...]) -> str | None:
    """What is wrong with one answer, or None."""
    if _is_missing(returned):
        return "is not started yet: it returns nothing."
    if not isinstance(returned, tuple | list) or len(returned) != 2:
        return "must return two arrays, the inputs and the labels."
    if not (np.array_equal(given[0], xs) and np.array_equal(given[1], labels)):
        return "changes its input in place; work on a copy."
    try:
        new_xs, new_labels = (np.asarray(a, dtype=np.float64) for a in returned)
    except Exception as error:
        return f"must return two arrays: {error}."
    if new_xs.shape != xs.shape or new_labels.shape != labels.shape:
        return f"must return shapes {xs.shape} and {labels.shape}, got {new_xs.shape} and {new_labels.shape}."
    if np.array_equal(new_xs[:, 0], 10 * new_labels) and np.array_equal(new_xs[:, 1], -new_labels):
        if sorted(new_labels) != labels.tolist():
            return "draws some pairs twice and leaves others out: use a permutation."
        return None
    if not np.array_equal(np.sort(new_xs[:, 0]), xs[:, 0]):
        return "mixes the numbers within the inputs: shuffle whole rows, along axis 0."
    if np.array_equal(new_labels, labels):
        return "shuffles the inputs and leaves the labels: the pairs are torn apart."
    if np.array_equal(new_xs, xs):
        return "shuffles the labels and leaves the inputs: the pairs are torn apart."
    return "draws a new order for the labels: the pairs are torn apart. Draw one order and use it twice."


# The prediction loop: write(scores, first, count) -> list of letters


def _write(scores: Callable[[int], Array], first: int, count: int, best: Any = np.argmax) -> list[int]:
    written: list[int] = []
    letter = first
    for _ in range(count):
        letter = int(best(scores(letter)))
        written.append(letter)
    return written


def _scores(rng: np.random.Generator) -> Inputs:
    # The next letter of a random cycle is the likeliest each time, and another one the least likely.
    cycle = rng.permutation(7)
    table = rng.normal(size=(7, 7))
    table[cycle, np.roll(cycle, -1)] += 10
    table[cycle, np.roll(cycle, 2)] -= 10
    return {"scores": lambda letter: table[letter].copy(), "first": int(cycle[3]), "count": 9}


write = Exercise(
    "write",
    _write,
    _scores,
    {
        "the network reads the first letter each time; it must read the letter it has just written.": (
            lambda scores, first, count: [int(np.argmax(scores(first)))] * count
        ),
        "the first letter is among those written; the list begins with the first prediction.": (
            lambda scores, first, count: [first, *_write(scores, first, count)]
        ),
        "the first letter takes the place of the first prediction, and the last one is missing.": (
            lambda scores, first, count: [first, *_write(scores, first, count - 1)]
        ),
        "only the last letter is returned; all of them are wanted.": (
            lambda scores, first, count: _write(scores, first, count)[-1]
        ),
        "this is the least probable letter each time: argmax, not argmin.": (
            lambda scores, first, count: _write(scores, first, count, np.argmin)
        ),
        "one letter too few is written.": lambda scores, first, count: _write(scores, first, count - 1),
        "one letter too many is written.": lambda scores, first, count: _write(scores, first, count + 1),
    },
)


# Keeping the best: keep_best(training, epochs) -> the parameters with the lowest loss


class Training:
    """A run of training as many libraries make it: `params` are arrays that each `step()` changes in place.

    Here a step turns them round in a circle, past the point of the lowest loss and beyond it.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.params = {"w": rng.normal(size=2), "b": np.zeros(1)}
        self._angle = rng.uniform(0.72, 0.8)
        self._target = _turned(self.params["w"], 4 * self._angle) + 0.01 * rng.normal(size=2)

    def step(self) -> float:
        """Train for one epoch, and return the loss of the parameters as they are after it."""
        self.params["w"][:] = _turned(self.params["w"], self._angle)
        self.params["b"][:] += 1.0
        return float(((self.params["w"] - self._target) ** 2).sum())


def _turned(w: Array, angle: float) -> Array:
    c, s = np.cos(angle), np.sin(angle)
    turned: Array = w @ np.array([[c, s], [-s, c]])
    return turned


def _after(training: Training, epochs: int, choose: Callable[[list[float]], int]) -> dict[str, Array]:
    """The parameters after the epoch that `choose(losses)` names, counted from 0; -1 is before the first."""
    training = copy.deepcopy(training)
    seen, losses = [copy.deepcopy(training.params)], []
    for _ in range(epochs):
        losses.append(training.step())
        seen.append(copy.deepcopy(training.params))
    return seen[1 + choose(losses)]


def _lowest(losses: list[float]) -> int:
    return int(np.argmin(losses))


keep_best = Exercise(
    "keep_best",
    lambda training, epochs: _after(training, epochs, _lowest),
    lambda rng: {"training": Training(rng), "epochs": 9},
    {
        "these are the parameters after the last epoch. If you did keep the best, you kept a second name for "
        "the same arrays, and the later steps changed them: keep a copy of every array.": (
            lambda training, epochs: _after(training, epochs, lambda losses: epochs - 1)
        ),
        "these are the parameters with the highest loss: the comparison is turned round.": (
            lambda training, epochs: _after(training, epochs, lambda losses: int(np.argmax(losses)))
        ),
        "these are the parameters before the best step: `step` gives the loss of what it has just made.": (
            lambda training, epochs: _after(training, epochs, lambda losses: _lowest(losses) - 1)
        ),
        "these are the parameters from before training.": (
            lambda training, epochs: _after(training, epochs, lambda losses: -1)
        ),
        "these are the parameters after the first epoch: the lowest loss so far is never updated.": (
            lambda training, epochs: _after(training, epochs, lambda losses: 0)
        ),
    },
    results=("w", "b"),
)


# The wall: wall(K) -> pairs, most that can be right, least loss, knowing the last letter alone


def _wall(K: int) -> tuple[int, int, float]:
    pairs = 2 * (K - 1)
    return pairs, K, (pairs - 2) / pairs * np.log(2)


wall = Exercise(
    "wall",
    _wall,
    # Only the wrong parts are compared, so that mistakes with fewer of them come first.
    lambda rng: {"K": int(rng.integers(4, 27))},
    {
        "at the two ends the next letter is certain: these pairs are right, both of them.": (
            lambda K: (2 * (K - 1), K - 1, _wall(K)[2])
        ),
        "the two ends cost nothing, since the letter after them is certain.": (
            lambda K: (2 * (K - 1), K, np.log(2))
        ),
        "this is the sum over the pairs; the loss is their mean.": (
            lambda K: (2 * (K - 1), K, (2 * K - 4) * np.log(2))
        ),
        "these are bits; the loss is taken with the natural logarithm.": (
            lambda K: (2 * (K - 1), K, (K - 2) / (K - 1))
        ),
        "each letter in the middle has two pairs, and both of them cost log 2.": (
            lambda K: (2 * (K - 1), K, _wall(K)[2] / 2)
        ),
        "this is a share; give the number of pairs that can be right.": (
            lambda K: (2 * (K - 1), K / (2 * (K - 1)), _wall(K)[2])
        ),
        "K letters have K - 1 steps between them, each passed in both directions; that is not 2 K pairs.": (
            lambda K: (2 * K, K, np.log(2))
        ),
        "the swing goes up and down: every step between neighbours is passed in both directions.": (
            lambda K: (K - 1, K - 1, 0.0)
        ),
    },
    results=("pairs", "most_right", "least_loss"),
    trials=5,
)
