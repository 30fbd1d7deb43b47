"""Checkers for the exercises of the chapter on vanishing and exploding gradients."""

from collections.abc import Callable

import numpy as np

from companion._arrays import Array
from companion.check import Exercise, Inputs

# The Jacobian of one step.


def _draw_step(rng: np.random.Generator) -> Inputs:
    h_prev, h = np.tanh(rng.normal(size=(2, 4)))
    return {"W_hh": rng.normal(size=(4, 4)), "h_prev": h_prev, "h": h}


jacobian = Exercise(
    name="jacobian",
    right=lambda W_hh, h_prev, h: (1 - h**2)[:, None] * W_hh.T,
    draw=_draw_step,
    mistakes={
        "W_hh is not transposed: row i of the Jacobian belongs to the new state, but W_hh has the old state "
        "in its rows.": lambda W_hh, h_prev, h: (1 - h**2)[:, None] * W_hh,
        "the slopes stand on the wrong side: they belong to the new state, which has the rows.": (
            lambda W_hh, h_prev, h: W_hh.T * (1 - h**2)
        ),
        "this is the Jacobian turned over: rows must belong to the new state, columns to the old.": (
            lambda W_hh, h_prev, h: W_hh * (1 - h**2)
        ),
        "the slope of the tanh, 1 - h^2, is missing.": lambda W_hh, h_prev, h: W_hh.T,
        "the slopes are those of the old state; the tanh of this step made the new one.": (
            lambda W_hh, h_prev, h: (1 - h_prev**2)[:, None] * W_hh.T
        ),
    },
)


# The gradient of W_hh, taken apart by lag.


def _terms(
    W_hh: Array,
    hs: Array,
    dh: Array,
    *,
    slope: bool = True,
    turned: bool = False,
    late: int = 0,
) -> Array:
    """The right answer to `terms_by_lag`, and with other arguments its mistakes."""
    terms = []
    for k in range(len(hs) - 1, 0, -1):
        da = dh * (1 - hs[k] ** 2) if slope else dh
        terms.append(np.outer(hs[k - 1 + late], da))
        dh = da @ (W_hh if turned else W_hh.T)
    return np.array(terms)


def _draw_run(rng: np.random.Generator) -> Inputs:
    T, H = 5, 3
    W_hh, hs = rng.normal(size=(H, H)), np.zeros((T + 1, H))
    for t in range(1, T + 1):
        hs[t] = np.tanh(rng.normal(size=H) + hs[t - 1] @ W_hh)
    return {"W_hh": W_hh, "hs": hs, "dh": rng.normal(size=H)}


terms_by_lag = Exercise(
    name="terms_by_lag",
    right=_terms,
    draw=_draw_run,
    mistakes={
        "the order is turned: lag 0, the last step, comes first.": lambda *given: _terms(*given)[::-1],
        "the terms are added up as you go; each lag wants its own term only.": (
            lambda *given: _terms(*given).cumsum(axis=0)
        ),
        "this is the whole gradient; the terms must not be added.": lambda *given: _terms(*given).sum(axis=0),
        "W_hh met the state before: the term of step k needs hs[k - 1], not hs[k].": (
            lambda *given: _terms(*given, late=1)
        ),
        "W_hh must be transposed on the way back.": lambda *given: _terms(*given, turned=True),
        "the slope of the tanh, 1 - h^2, is missing.": lambda *given: _terms(*given, slope=False),
        "each term is turned over: row i of W_hh belongs to the old state, so the old state comes first in "
        "the outer product.": lambda *given: _terms(*given).swapaxes(1, 2),
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


# The factor per step, fitted to measured norms.


def _slope(lags: Array, values: Array) -> float:
    return float(np.polyfit(lags, values, 1)[0])


factor_per_step = Exercise(
    name="factor_per_step",
    right=lambda norms: np.exp(_slope(np.arange(len(norms)), np.log(norms))),
    draw=lambda rng: {"norms": rng.uniform(0.4, 1.3) ** np.arange(15) * np.exp(0.3 * rng.normal(size=15))},
    mistakes={
        "this is the slope itself; a slope of log norms becomes a factor by exp.": (
            lambda norms: _slope(np.arange(len(norms)), np.log(norms))
        ),
        "the line is fitted to the norms, not to their logarithms.": (
            lambda norms: _slope(np.arange(len(norms)), norms)
        ),
        "the line is fitted to the norms, not to their logarithms, and exp is then taken of its slope.": (
            lambda norms: np.exp(_slope(np.arange(len(norms)), norms))
        ),
        "log10 goes with 10**slope, and log with exp; here they are mixed.": (
            lambda norms: np.exp(_slope(np.arange(len(norms)), np.log10(norms)))
        ),
        "this uses the first and the last norm alone; fit a line to all of them.": (
            lambda norms: (norms[-1] / norms[0]) ** (1 / (len(norms) - 1))
        ),
        "this is the mean of the ratios of neighbours. One large ratio outweighs many small ones; fit a line "
        "to the logarithms.": lambda norms: (norms[1:] / norms[:-1]).mean(),
        "the factor is upside down: it says how much is left after one more step back.": (
            lambda norms: np.exp(-_slope(np.arange(len(norms)), np.log(norms)))
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
