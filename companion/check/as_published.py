"""Checkers for the exercises of the chapter on what the published programs of source 000 computed."""

from collections.abc import Callable
from typing import Any

import numpy as np

from companion._arrays import Array
from companion.check import Exercise, Inputs

# States read a minibatch late.


def _states(minibatches: Array, W_xh: Array, W_hh: Array, read: Callable[[Array, int], Array]) -> Array:
    """States (M, N, T, H), where step t of a minibatch reads `read(states that the one before left, t)`."""
    _, N, T, _ = minibatches.shape
    left, found = np.zeros((N, T, W_hh.shape[0])), []
    for xs in minibatches:
        memory = np.stack([read(left, t) for t in range(T)], axis=1)
        left = xs @ W_xh + memory @ W_hh
        found.append(left)
    return np.array(found)


def _slot_before(left: Array, t: int) -> Array:
    return left[:, t - 1] if t else np.zeros_like(left[:, 0])


def _late(minibatches: Array, W_xh: Array, W_hh: Array) -> Array:
    return _states(minibatches, W_xh, W_hh, _slot_before)


def _same_slot(minibatches: Array, W_xh: Array, W_hh: Array) -> Array:
    return _states(minibatches, W_xh, W_hh, lambda left, t: left[:, t])


def _round(minibatches: Array, W_xh: Array, W_hh: Array) -> Array:
    return _states(minibatches, W_xh, W_hh, lambda left, t: left[:, t - 1])


def _in_order(minibatches: Array, W_xh: Array, W_hh: Array, kept: bool = False) -> Array:
    h, found = np.zeros((minibatches.shape[1], W_hh.shape[0])), np.zeros((*minibatches.shape[:3], len(W_hh)))
    for m, xs in enumerate(minibatches):
        h = h if kept else np.zeros_like(h)
        for t in range(xs.shape[1]):
            h = xs[:, t] @ W_xh + h @ W_hh
            found[m, :, t] = h
    return found


def _minibatches(rng: np.random.Generator) -> Inputs:
    M, N, T, D, H = 5, 2, 4, 3, 2
    return {
        "minibatches": rng.standard_normal((M, N, T, D)),
        "W_xh": rng.standard_normal((D, H)),
        "W_hh": rng.standard_normal((H, H)),
    }


late_states = Exercise(
    name="late_states",
    right=_late,
    draw=_minibatches,
    mistakes={
        "this reads in order: step t must read what the minibatch before left, not its own.": _in_order,
        "the state runs on from the last step of a minibatch to the first of the next; the first step must "
        "read zeros, and the others what the minibatch before left.": (
            lambda minibatches, W_xh, W_hh: _in_order(minibatches, W_xh, W_hh, kept=True)
        ),
        "step t must read the state of step t - 1 of the minibatch before, here it reads that of step t.": (
            _same_slot
        ),
        "the first step must read zeros; here it reads the last state, perhaps by the index -1.": _round,
        "nothing of the minibatch before is left: keep its states until the next has read them.": (
            lambda minibatches, W_xh, W_hh: minibatches @ W_xh
        ),
        "the states of these programs are not squashed: leave out the tanh.": (
            lambda minibatches, W_xh, W_hh: _squashed(minibatches, W_xh, W_hh)
        ),
    },
)


def _squashed(minibatches: Array, W_xh: Array, W_hh: Array) -> Array:
    left, found = np.zeros((*minibatches.shape[1:3], len(W_hh))), []
    for xs in minibatches:
        memory = np.concatenate([np.zeros_like(left[:, :1]), left[:, :-1]], axis=1)
        left = np.tanh(xs @ W_xh + memory @ W_hh)
        found.append(left)
    return np.array(found)


# A net that answers the same to everything.


def _shares(labels: Array) -> Array:
    return np.bincount(labels, minlength=10) / len(labels)


def _nearest(train: float, test: float, labels: Array, test_labels: Array) -> int:
    return int(np.argmin(np.abs(_shares(labels) - train) + np.abs(_shares(test_labels) - test)))


def _twins(rng: np.random.Generator) -> Inputs:
    """The digit asked for has a twin of the same share among the training labels, and one in the test."""
    first, second, digit = sorted(rng.choice(10, 3, replace=False).tolist())
    counts = rng.permutation(np.arange(40, 60, 2))
    test_counts = rng.permutation(np.arange(10, 30, 2))
    if counts[digit] == counts.max():
        counts = np.roll(counts, 1)  # it must not be the most frequent
    counts[first], test_counts[second] = counts[digit], test_counts[digit]
    labels = rng.permutation(np.repeat(np.arange(10), counts))
    test_labels = rng.permutation(np.repeat(np.arange(10), test_counts))
    train, test = (float(_shares(given)[digit]) for given in (labels, test_labels))
    return {"train": train, "test": test, "labels": labels, "test_labels": test_labels}


constant_digit = Exercise(
    name="constant_digit",
    right=_nearest,
    draw=_twins,
    mistakes={
        "two digits may have the same share among the training labels: look at the test too.": (
            lambda train, test, labels, test_labels: int(np.argmin(np.abs(_shares(labels) - train)))
        ),
        "two digits may have the same share among the test labels: look at the training labels too.": (
            lambda train, test, labels, test_labels: int(np.argmin(np.abs(_shares(test_labels) - test)))
        ),
        "this is the most frequent digit; the one whose shares equal the two accuracies is wanted.": (
            lambda train, test, labels, test_labels: int(np.argmax(_shares(labels)))
        ),
    },
)

# Costs drawn between 0 and 1.


def _unscaled(drawn: Array, a: int, cost_a: float, b: int, cost_b: float) -> Array:
    costs: Array = cost_a + (drawn - drawn[a]) * (cost_b - cost_a) / (drawn[b] - drawn[a])
    return costs


def _drawn(rng: np.random.Generator) -> Inputs:
    costs = 0.2 + np.exp(-0.4 * np.arange(9)) + 0.05 * rng.random(9)
    a, b = (int(i) for i in rng.choice(np.arange(1, 8), 2, replace=False))
    drawn = (costs - costs.min()) / (costs.max() - costs.min())
    return {"drawn": drawn, "a": a, "cost_a": float(costs[a]), "b": b, "cost_b": float(costs[b])}


unscaled = Exercise(
    name="unscaled",
    right=_unscaled,
    draw=_drawn,
    mistakes={
        "the two known costs need not be the largest and the smallest of the curve.": (
            lambda drawn, a, cost_a, b, cost_b: (
                min(cost_a, cost_b) + drawn * (max(cost_a, cost_b) - min(cost_a, cost_b))
            )
        ),
        "the height 0 was given to the smallest cost, which is not 0: the curve must be shifted as well.": (
            lambda drawn, a, cost_a, b, cost_b: drawn * (cost_b - cost_a) / (drawn[b] - drawn[a])
        ),
        "this stretches the curve to one of the two costs; it must pass through both.": (
            lambda drawn, a, cost_a, b, cost_b: drawn * cost_a / drawn[a]
        ),
        "this shifts the curve to one of the two costs; its heights must be stretched as well.": (
            lambda drawn, a, cost_a, b, cost_b: drawn - drawn[a] + cost_a
        ),
        "this is the stretching to 0 and 1 once more; it is to be undone.": (
            lambda drawn, a, cost_a, b, cost_b: (
                (drawn - min(cost_a, cost_b)) / (max(cost_a, cost_b) - min(cost_a, cost_b))
            )
        ),
    },
)

# How fast a closed loop grows.


def _radius(matrix: Array) -> float:
    return float(np.abs(np.linalg.eigvals(matrix)).max())


def _kernel(rng: np.random.Generator) -> Inputs:
    C = int(rng.integers(2, 5))
    return {"W_hh": rng.standard_normal((5 * C, 5 * C)), "C": C}


def _of_loop(measure: Callable[[Array], Any]) -> Callable[[Array, int], Any]:
    return lambda W_hh, C: measure(W_hh[C:, :-C])


growth = Exercise(
    name="growth",
    right=_of_loop(_radius),
    draw=_kernel,
    mistakes={
        "nothing ever writes the first slot, and nothing reads the last columns: cut the loop out of the "
        "matrix first.": lambda W_hh, C: _radius(W_hh),
        "of the rows the first C must go, not the last: the first slot is never written, the last is read.": (
            lambda W_hh, C: _radius(W_hh[:-C, :-C])
        ),
        "this keeps the wrong part: cut off the first C rows and the last C columns.": lambda W_hh, C: (
            _radius(W_hh[:-C, C:])
        ),
        "this is the largest singular value, by which one minibatch can grow at most; in the long run the "
        "eigenvalues decide.": _of_loop(lambda M: float(np.linalg.norm(M, 2))),
        "this is the largest real part; a complex eigenvalue makes states grow by its absolute value.": (
            _of_loop(lambda M: float(np.linalg.eigvals(M).real.max()))
        ),
        "this is the first eigenvalue that came, not the largest in absolute value.": (
            _of_loop(lambda M: float(np.abs(np.linalg.eigvals(M)[0])))
        ),
    },
)
