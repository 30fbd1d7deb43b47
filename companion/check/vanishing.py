"""Checkers for the exercises of the chapter on vanishing and exploding gradients."""

from collections.abc import Callable

import numpy as np

from companion._arrays import Array
from companion.check import Exercise, Inputs

# The Jacobian of one step of a leaky cell, h_t = leak h_{t-1} + (1 - leak) c_t with c_t = tanh(a_t).


def _jacobian(
    W_hh: Array, c: Array, leak: float, *, kept: float = 1.0, written: float = 1.0, turned: bool = False
) -> Array:
    """The right answer to `leaky_jacobian`, and with other arguments its mistakes."""
    W = W_hh if turned else W_hh.T
    made: Array = kept * leak * np.eye(len(c)) + written * (1 - leak) * (1 - c**2)[:, None] * W
    return made


def _draw_step(rng: np.random.Generator) -> Inputs:
    return {
        "W_hh": rng.normal(size=(4, 4)),
        "c": np.tanh(rng.normal(size=4)),
        "leak": float(rng.uniform(0.2, 0.8)),
    }


leaky_jacobian = Exercise(
    name="leaky_jacobian",
    right=_jacobian,
    draw=_draw_step,
    mistakes={
        "the part that is kept is missing: the old state also goes straight into the new one.": (
            lambda W, c, leak: _jacobian(W, c, leak, kept=0.0)
        ),
        "the identity has no factor: only `leak` of the old state is kept.": (
            lambda W, c, leak: _jacobian(W, c, leak, kept=1 / leak)
        ),
        "the new part has no factor: only 1 - leak of it is written.": (
            lambda W, c, leak: _jacobian(W, c, leak, written=1 / (1 - leak))
        ),
        "`leak` and 1 - leak have changed places.": lambda W, c, leak: _jacobian(W, c, 1 - leak),
        "leak is added to every entry; a unit keeps its own state only, so it belongs to the diagonal.": (
            lambda W, c, leak: leak + (1 - leak) * (1 - c**2)[:, None] * W.T
        ),
        "W_hh is not transposed: row i of the Jacobian belongs to the new state, but W_hh has the old state "
        "in its rows.": lambda W, c, leak: _jacobian(W, c, leak, turned=True),
        "the slopes stand on the wrong side: they belong to the new state, which has the rows.": (
            lambda W, c, leak: leak * np.eye(len(c)) + (1 - leak) * W.T * (1 - c**2)
        ),
        "this is the Jacobian turned over: rows must belong to the new state, columns to the old.": (
            lambda W, c, leak: _jacobian(W, c, leak).T
        ),
        "the slope of the tanh, 1 - c^2, is missing.": (
            lambda W, c, leak: leak * np.eye(len(c)) + (1 - leak) * W.T
        ),
        "the slope is taken of the mixed state; the tanh made c, and its slope is 1 - c^2.": (
            lambda W, c, leak: _jacobian(W, (1 - leak) * c, leak)
        ),
    },
)


# How many steps back make nearly all of the gradient.


def _first(condition: Array) -> int:
    """The number of the first true entry, counted from 1; the length where there is none."""
    return int(np.argmax(condition)) + 1 if condition.any() else len(condition)


def _steps_needed(terms: Array, share: float) -> int:
    sums = terms.cumsum(axis=0)
    missing = np.linalg.norm(sums - sums[-1], axis=(1, 2))
    return _first(missing <= share * np.linalg.norm(sums[-1]))


def _by_norms_of_terms(terms: Array, share: float) -> int:
    norms = np.linalg.norm(terms, axis=(1, 2))
    return _first(norms.cumsum() >= (1 - share) * norms.sum())


def _by_norm_of_sum(terms: Array, share: float) -> int:
    norms = np.linalg.norm(terms.cumsum(axis=0), axis=(1, 2))
    return _first(norms >= (1 - share) * norms[-1])


def _by_single_term(terms: Array, share: float) -> int:
    norms = np.linalg.norm(terms, axis=(1, 2))
    return _first(norms <= share * np.linalg.norm(terms.sum(axis=0)))


def _draw_terms(rng: np.random.Generator) -> Inputs:
    factor = rng.uniform(0.6, 0.9)
    terms = rng.normal(size=(16, 3, 3)) * factor ** np.arange(16)[:, None, None]
    return {"terms": terms, "share": float(rng.uniform(0.02, 0.2))}


steps_needed = Exercise(
    name="steps_needed",
    right=_steps_needed,
    draw=_draw_terms,
    trials=8,
    mistakes={
        "this is the largest lag needed; lags begin at 0, so the number of terms is one more.": (
            lambda terms, share: _steps_needed(terms, share) - 1
        ),
        "this is one term too many.": lambda terms, share: _steps_needed(terms, share) + 1,
        "the norms of the terms are added. Terms are matrices that partly cancel: add them first, then take "
        "the norm.": _by_norms_of_terms,
        "this compares the length of the partial sum with that of the whole. Two matrices of one length may "
        "point elsewhere: take the norm of their difference.": _by_norm_of_sum,
        "this stops at the first small term; what counts is the sum of all that are left out.": (
            _by_single_term
        ),
        "the terms are added from the far end; lag 0 comes first.": (
            lambda terms, share: _steps_needed(terms[::-1], share)
        ),
    },
)


# How far a gradient can be sure to reach.


def _horizon(
    W_hh: Array,
    slope: float,
    share: float,
    size: Callable[[Array], float] = lambda W: float(np.linalg.norm(W, 2)),
    round_up: Callable[[float], float] = np.ceil,
) -> int:
    """The right answer to `horizon`, and with other arguments its mistakes."""
    return int(round_up(np.log(share) / np.log(slope * size(W_hh))))


def _draw_weights(rng: np.random.Generator) -> Inputs:
    W = rng.normal(size=(5, 5))
    # A Frobenius norm below 1 too, so that every way to answer gives a number.
    return {
        "W_hh": W / np.linalg.norm(W) * rng.uniform(0.93, 0.98),
        "slope": rng.uniform(0.8, 0.95),
        "share": 10.0 ** -rng.integers(8, 20),
    }


horizon = Exercise(
    name="horizon",
    right=_horizon,
    draw=_draw_weights,
    trials=5,
    mistakes={
        "this takes the spectral radius. It bounds nothing before the long run: take the largest singular "
        "value.": lambda W, slope, share: _horizon(
            W, slope, share, lambda W: float(np.abs(np.linalg.eigvals(W)).max())
        ),
        "this takes the Frobenius norm, the root of the sum of all squares; the bound needs the largest "
        "singular value alone, `np.linalg.norm(W_hh, 2)`.": (
            lambda W, slope, share: _horizon(W, slope, share, lambda W: float(np.linalg.norm(W)))
        ),
        "the slope is left out: every step multiplies by it as well.": (
            lambda W, slope, share: _horizon(W, 1.0, share)
        ),
        "the lag is rounded down: there the bound is still above the share.": (
            lambda W, slope, share: _horizon(W, slope, share, round_up=np.floor)
        ),
        "the lag is not rounded; it counts steps, so take the next whole number.": (
            lambda W, slope, share: np.log(share) / np.log(slope * np.linalg.norm(W, 2))
        ),
        "the lag is one too many.": lambda W, slope, share: _horizon(W, slope, share) + 1,
        "the quotient is upside down: it is log(share) that is divided.": (
            lambda W, slope, share: int(np.ceil(np.log(slope * np.linalg.norm(W, 2)) / np.log(share)))
        ),
    },
)


# In how many steps a gradient halves, fitted to measured norms.


def _slope(values: Array) -> float:
    return float(np.polyfit(np.arange(len(values)), values, 1)[0])


half_life = Exercise(
    name="half_life",
    right=lambda norms: -np.log(2) / _slope(np.log(norms)),
    draw=lambda rng: {"norms": rng.uniform(0.4, 0.9) ** np.arange(15) * np.exp(0.3 * rng.normal(size=15))},
    mistakes={
        "this is the slope of the line; a half-life is the number of steps in which it falls by log 2.": (
            lambda norms: _slope(np.log(norms))
        ),
        "this is the factor per step; a half-life is the number of steps to a factor of one half.": (
            lambda norms: np.exp(_slope(np.log(norms)))
        ),
        "the sign is turned: a gradient that shrinks has a half-life above zero.": (
            lambda norms: np.log(2) / _slope(np.log(norms))
        ),
        "this is the number of steps to 1/e, not to 1/2.": lambda norms: -1 / _slope(np.log(norms)),
        "log and log10 are mixed: use one of them for both the norms and the 2.": (
            lambda norms: -np.log(2) / _slope(np.log10(norms))
        ),
        "the quotient is upside down.": lambda norms: -_slope(np.log(norms)) / np.log(2),
        "the line is fitted to the norms, not to their logarithms.": (
            lambda norms: -np.log(2) / _slope(norms)
        ),
        "this uses the first and the last norm alone; fit a line to all of them.": (
            lambda norms: -np.log(2) * (len(norms) - 1) / np.log(norms[-1] / norms[0])
        ),
        "the line is forced through the first norm; let it find its own height.": (
            lambda norms: (
                -np.log(2)
                * (np.arange(len(norms)) ** 2).sum()
                / (np.arange(len(norms)) * np.log(norms / norms[0])).sum()
            )
        ),
    },
)


# What ignorance costs in the adding task.

baselines = Exercise(
    name="baselines",
    right=lambda low, high: ((high - low) ** 2 / 6, (high - low) ** 2 / 12),
    draw=lambda rng: {"low": float(rng.uniform(-2, 0)), "high": float(rng.uniform(1, 4))},
    results=("nothing", "one"),
    mistakes={
        "these are for numbers from 0 to 1; the variance grows with the square of high - low.": (
            lambda low, high: (1 / 6, 1 / 12)
        ),
        "the variance grows with the square of high - low.": (
            lambda low, high: ((high - low) / 6, (high - low) / 12)
        ),
        "these are standard deviations; the error is squared, so take variances.": (
            lambda low, high: ((high - low) / 6**0.5, (high - low) / 12**0.5)
        ),
        "whoever has seen nothing misses two numbers, and the variances of both add up.": (
            lambda low, high: ((high - low) ** 2 / 12, (high - low) ** 2 / 12)
        ),
        "two numbers drawn apart are not one number doubled: their variances add, they do not quadruple.": (
            lambda low, high: ((high - low) ** 2 / 3, (high - low) ** 2 / 12)
        ),
        "whoever has seen one number still misses the other, and its variance is left.": (
            lambda low, high: ((high - low) ** 2 / 6, 0.0)
        ),
        "this is the cost of always answering zero; the best blind answer is the mean of the sums.": (
            lambda low, high: (
                (high - low) ** 2 / 6 + (low + high) ** 2,
                (high - low) ** 2 / 12 + ((low + high) / 2) ** 2,
            )
        ),
    },
)
