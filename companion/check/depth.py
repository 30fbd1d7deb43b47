"""Checkers for the exercises of the chapter on what depth buys.

They know differences that are not nested, intervals that forget that the runs are pairs, and memories that
lose the value they should hold.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from companion._arrays import Array
from companion.cells import RELU, RNN
from companion.check import Exercise, Inputs, Report, _is_missing
from companion.check.patience import patient
from companion.scan import scan

# Differences of differences: nested(xs, lags) -> (N, T - sum(lags))


def _nested(xs: Array, lags: Sequence[int]) -> Array:
    for lag in lags:
        xs = np.abs(xs[:, lag:] - xs[:, :-lag])
    return xs


def _beside(xs: Array, lags: Sequence[int]) -> Array:
    """Each lag applied to the series itself, and the last one kept."""
    T = xs.shape[1] - sum(lags)
    return _nested(xs, lags[-1:])[:, -T:]


def _at_once(xs: Array, lags: Sequence[int]) -> Array:
    return _nested(xs, [sum(lags)])


def _signed(xs: Array, lags: Sequence[int]) -> Array:
    for lag in lags:
        xs = xs[:, lag:] - xs[:, :-lag]
    return xs


def _rolled(xs: Array, lags: Sequence[int]) -> Array:
    for lag in lags:
        xs = np.abs(xs - np.roll(xs, lag, axis=1))
    return xs


nested = Exercise(
    "nested",
    _nested,
    lambda rng: {"xs": rng.normal(size=(2, 12)), "lags": [1, 3, 2]},
    {
        "the absolute value is missing at every level.": _signed,
        "the absolute value is taken once, at the end; it belongs to every level.": lambda xs, lags: np.abs(
            _signed(xs, lags)
        ),
        "each level takes the differences of the level before, not of xs.": _beside,
        "this is one difference over all lags together; the levels are taken one after the other.": _at_once,
        "the lags are taken in the wrong order: the first one is the innermost.": lambda xs, lags: _nested(
            xs, lags[::-1]
        ),
        "all levels have the first lag; each has its own.": lambda xs, lags: _nested(
            xs, [lags[0]] * len(lags)
        ),
        "the last level is missing.": lambda xs, lags: _nested(xs, lags[:-1]),
        "the first steps have no value so far back: np.roll takes it from the end. Cut them off.": _rolled,
        "at the first steps np.roll takes the value so far back from the end of the series; the steps to be "
        "cut off are the first ones.": lambda xs, lags: _rolled(xs, lags)[:, : -sum(lags)],
    },
)


# How sure is a difference: paired_interval(a, b) -> mean, low, high

T_OF_TEN = 2.262


def _interval(differences: Array, t: float = T_OF_TEN, ddof: int = 1, root: bool = True) -> Array:
    n = len(differences)
    half = t * differences.std(ddof=ddof) / (np.sqrt(n) if root else 1)
    return np.asarray(differences.mean() + half * np.array([0, -1, 1]))


def _unpaired(a: Array, b: Array) -> Array:
    half = T_OF_TEN * np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / len(a))
    return np.asarray((a - b).mean() + half * np.array([0, -1, 1]))


def _pairs(rng: np.random.Generator) -> Inputs:
    common = rng.normal(size=10)
    return {"a": common + rng.normal(1, 0.3, 10), "b": common + rng.normal(0, 0.3, 10)}


paired_interval = Exercise(
    "paired_interval",
    lambda a, b: tuple(_interval(a - b)),
    _pairs,
    {
        "the difference is turned round: it is a - b.": lambda a, b: tuple(_interval(b - a)),
        "the pairs are lost: take the difference in each pair first, then the deviation of these.": (
            lambda a, b: tuple(_unpaired(a, b))
        ),
        "the deviation of the differences is not that of their mean: divide by sqrt(10).": (
            lambda a, b: tuple(_interval(a - b, root=False))
        ),
        "of ten differences one is used up by the mean: the deviation needs ddof=1.": (
            lambda a, b: tuple(_interval(a - b, ddof=0))
        ),
        "1.96 is for many runs; with ten it is 2.262.": lambda a, b: tuple(_interval(a - b, t=1.96)),
        "this is one standard error to each side; 95 % needs 2.262 of them.": (
            lambda a, b: tuple(_interval(a - b, t=1.0))
        ),
        "low and high are exchanged.": lambda a, b: tuple(_interval(a - b)[[0, 2, 1]]),
    },
    results=("mean", "low", "high"),
)


# A layer by hand: larger_of_two() -> W_xh (1, H), W_hh (H, H), b_h (H,), W_hy (H, 1)


def _larger(xs: Array) -> Array:
    """The larger of x_t and x_{t-1}, from the second step on."""
    return np.maximum(xs[:, 1:], xs[:, :-1])


_larger_of_two = Exercise(
    "larger_of_two",
    _larger,
    lambda rng: {"xs": rng.normal(size=(3, 7))},
    {
        "this is the smaller of the two values.": lambda xs: np.minimum(xs[:, 1:], xs[:, :-1]),
        "this is x_t itself: the value before is not held, or nothing is read from it.": lambda xs: xs[:, 1:],
        "this is x_{t-1}: the unit that adds relu(x_t - x_{t-1}) is missing.": lambda xs: xs[:, :-1],
        "this is relu(x_t - x_{t-1}); x_{t-1} is still to be added.": lambda xs: np.maximum(
            xs[:, 1:] - xs[:, :-1], 0
        ),
        "this is |x_t - x_{t-1}|, not the larger of the two.": lambda xs: np.abs(xs[:, 1:] - xs[:, :-1]),
        "negative values are lost: a ReLU unit holds x or -x, never both; use two units.": lambda xs: _larger(
            np.maximum(xs, 0)
        ),
        "this is x_t + relu(x_t - x_{t-1}): the units that held x_{t-1} have moved on to x_t; it must be "
        "held one step longer.": lambda xs: xs[:, 1:] + np.maximum(xs[:, 1:] - xs[:, :-1], 0),
    },
)


@patient
def larger_of_two(attempt: Callable[[], Any]) -> Report:
    """Run the ReLU cell whose weights `attempt` returns on random series, and judge what it answers."""
    if not callable(attempt):
        return _larger_of_two(attempt)

    def answers(xs: Array) -> Array | None:
        weights = attempt()
        if _is_missing(weights):
            return None
        W_xh, W_hh, b_h, W_hy = (np.asarray(w, dtype=np.float64) for w in weights)
        cell = RNN(1, len(W_hh), RELU)
        ys = scan(cell, {"W_xh": W_xh, "W_hh": W_hh, "b_h": b_h}, xs[..., None]).ys
        return (ys @ W_hy.reshape(-1))[:, 1:]

    return _larger_of_two(answers)
