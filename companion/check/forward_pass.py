"""Checkers for the exercises of the chapters on the forward pass.

Each knows the mistakes that people make in a step, in the loop over time, in counting parameters and in the
softmax. Where many answers are right, as with weights chosen by hand, the checker tries the answer out.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from companion._arrays import Array, expect_params
from companion.cells import IDENTITY, RNN, TANH
from companion.check import Exercise, Inputs, Report
from companion.check.patience import patient
from companion.layers import Dense
from companion.layers import softmax as right_softmax

Squash = Callable[[Array], Array]


def _weights(rng: np.random.Generator, D: int, H: int) -> Inputs:
    return {name: rng.normal(size=shape) for name, shape in RNN(D, H).shapes.items()}


# One step: rnn_step(x, h, W_xh, W_hh, b_h) -> h


def _step(x: Array, h: Array, W_xh: Array, W_hh: Array, b_h: Array, squash: Squash = TANH.f) -> Array:
    return squash(x @ W_xh + h @ W_hh + b_h)


rnn_step = Exercise(
    "rnn_step",
    _step,
    lambda rng: {"x": rng.normal(size=(4, 2)), "h": rng.normal(size=(4, 3)), **_weights(rng, 2, 3)},
    {
        "the tanh is missing: this is its argument.": lambda x, h, W_xh, W_hh, b_h: x @ W_xh + h @ W_hh + b_h,
        "the old state is not used: h @ W_hh is missing.": lambda x, h, W_xh, W_hh, b_h: np.tanh(
            x @ W_xh + b_h
        ),
        "the bias b_h is missing.": lambda x, h, W_xh, W_hh, b_h: np.tanh(x @ W_xh + h @ W_hh),
        "W_hh is transposed: a state is a row, so it stands to the left of W_hh as it is.": (
            lambda x, h, W_xh, W_hh, b_h: np.tanh(x @ W_xh + h @ W_hh.T + b_h)
        ),
        "the tanh comes too early: add the two products and the bias first, then apply it to the sum.": (
            lambda x, h, W_xh, W_hh, b_h: np.tanh(x @ W_xh) + np.tanh(h @ W_hh + b_h)
        ),
    },
)


# The loop over time: forward(xs, W_xh, W_hh, b_h) -> hs (N, T, H)


def _forward(
    xs: Array, W_xh: Array, W_hh: Array, b_h: Array, start: float = 0.0, squash: Squash = TANH.f
) -> Array:
    h = np.full((len(xs), len(W_hh)), start)
    hs = []
    for t in range(xs.shape[1]):
        h = _step(xs[:, t], h, W_xh, W_hh, b_h, squash)
        hs.append(h)
    return np.stack(hs, axis=1)


def _along_the_batch(xs: Array, W_xh: Array, W_hh: Array, b_h: Array) -> Array:
    return _forward(xs.swapaxes(0, 1), W_xh, W_hh, b_h).swapaxes(0, 1)


def _all_last(xs: Array, W_xh: Array, W_hh: Array, b_h: Array) -> Array:
    hs = _forward(xs, W_xh, W_hh, b_h)
    return np.broadcast_to(hs[:, -1:], hs.shape)


def _sequences(rng: np.random.Generator) -> Inputs:
    # N, T, D and H all differ, so that no two axes can be taken for one another.
    return {"xs": rng.normal(size=(2, 5, 4)), **_weights(rng, 4, 3)}


forward = Exercise(
    "forward",
    _forward,
    _sequences,
    {
        "the state is not carried on: every step starts from zeros again.": (
            lambda xs, W_xh, W_hh, b_h: np.tanh(xs @ W_xh + b_h)
        ),
        "the memory starts as ones; it starts empty, as zeros.": (
            lambda xs, W_xh, W_hh, b_h: _forward(xs, W_xh, W_hh, b_h, start=1.0)
        ),
        "the result has time first, (T, N, H); stack the states along axis 1 for (N, T, H).": (
            lambda xs, W_xh, W_hh, b_h: _forward(xs, W_xh, W_hh, b_h).swapaxes(0, 1)
        ),
        "it runs along the batch instead of along time: step t reads xs[:, t], not xs[t].": _along_the_batch,
        "it runs along the batch instead of along time, and the result has its axes swapped: "
        "step t reads xs[:, t], not xs[t].": lambda xs, W_xh, W_hh, b_h: _along_the_batch(
            xs, W_xh, W_hh, b_h
        ).swapaxes(0, 1),
        "every step holds the last state: one array was overwritten and stored T times.": _all_last,
        "only the last state is returned; keep the state of every step.": (
            lambda xs, W_xh, W_hh, b_h: _forward(xs, W_xh, W_hh, b_h)[:, -1]
        ),
        "the states are right, and stand in the wrong order: the last one comes first.": (
            lambda xs, W_xh, W_hh, b_h: _forward(xs, W_xh, W_hh, b_h)[:, ::-1]
        ),
        "the sequence is read backwards.": lambda xs, W_xh, W_hh, b_h: _forward(xs[:, ::-1], W_xh, W_hh, b_h),
        "the tanh is missing.": (
            lambda xs, W_xh, W_hh, b_h: _forward(xs, W_xh, W_hh, b_h, squash=IDENTITY.f)
        ),
        "the bias b_h is missing.": lambda xs, W_xh, W_hh, b_h: _forward(xs, W_xh, W_hh, 0 * b_h),
        "W_hh is transposed: a state is a row, so it stands to the left of W_hh as it is.": (
            lambda xs, W_xh, W_hh, b_h: _forward(xs, W_xh, W_hh.T, b_h)
        ),
    },
)


# Counting: parameters(D, H, K, T, flattened) -> number of weights and biases


def _parameters(D: int, H: int, K: int, T: int, flattened: bool) -> int:
    read = T * H if flattened else H
    return D * H + H * H + H + read * K + K


parameters = Exercise(
    "parameters",
    _parameters,
    lambda rng: {
        **{name: int(rng.integers(2, 9)) for name in "DHKT"},
        "flattened": bool(rng.integers(2)),
    },
    {
        "the biases are missing: H in the cell, K in the read-out.": (
            lambda D, H, K, T, flattened: _parameters(D, H, K, T, flattened) - H - K
        ),
        "the bias of the cell is missing: H numbers.": (
            lambda D, H, K, T, flattened: _parameters(D, H, K, T, flattened) - H
        ),
        "the bias of the read-out is missing: K numbers.": (
            lambda D, H, K, T, flattened: _parameters(D, H, K, T, flattened) - K
        ),
        "the weights of the cell are counted once a step; they are shared by all steps.": (
            lambda D, H, K, T, flattened: T * (D * H + H * H + H) + (T if flattened else 1) * H * K + K
        ),
        "the flattened read-out reads T states, so it has T * H * K weights.": (
            lambda D, H, K, T, flattened: _parameters(D, H, K, T, False)
        ),
        "the read-out of the last state has H * K weights: count T states only where `flattened` is true.": (
            lambda D, H, K, T, flattened: _parameters(D, H, K, T, True)
        ),
        "the weights from state to state are missing: H * H.": (
            lambda D, H, K, T, flattened: _parameters(D, H, K, T, flattened) - H * H
        ),
        "the cell has one bias of H numbers here; PyTorch keeps two and adds them.": (
            lambda D, H, K, T, flattened: _parameters(D, H, K, T, flattened) + H
        ),
    },
    trials=6,
)


# Weights by hand: squares() -> W_xh, W_hh, b_h, W_hy, b_y, any that continue 1, 4, 9

_SHAPES = {**RNN(1, 3).shapes, **Dense(3, 1).shapes}


@patient
def squares(attempt: Callable[[], Any]) -> Report:
    """Try out weights of a net without tanh, H = 3, that should continue every three points of a parabola."""
    if not callable(attempt):
        return Report(False, f"squares must be a function, got {type(attempt).__name__}.")
    try:
        given = attempt()
        if given is None or given is Ellipsis:
            return Report(False, "squares is not started yet: it returns nothing.")
        if not isinstance(given, tuple | list) or len(given) != len(_SHAPES):
            return Report(False, f"squares must return {len(_SHAPES)} arrays: {', '.join(_SHAPES)}.")
        params = {name: np.asarray(a, dtype=np.float64) for name, a in zip(_SHAPES, given, strict=True)}
    except Exception as error:
        return Report(False, f"squares raised {type(error).__name__}: {error}")
    try:
        expect_params(params, _SHAPES)
    except ValueError as error:
        return Report(False, f"squares: {error}.")
    return Report(*_tried_out(params))


def _tried_out(params: dict[str, Array]) -> tuple[bool, str]:
    if _continues(params, 2):
        return True, "squares: right. They continue 1, 4, 9 by 16, and any other parabola too."
    if _continues({**params, "W_hh": params["W_hh"].T.copy()}, 2):
        return False, "squares: W_hh is transposed: the entry in row i, column j leads from unit i to unit j."
    if _continues(params, 1):
        return (
            False,
            "squares: they continue straight lines, but not parabolas: use all three memories.",
        )
    answer = _answers(params, np.array([[[1.0], [4.0], [9.0]]]))[0]
    return False, f"squares: 1, 4, 9 must be continued by 16, these weights give {answer:.6g}."


def _answers(params: dict[str, Array], xs: Array) -> Array:
    hs = _forward(xs, params["W_xh"], params["W_hh"], params["b_h"], squash=IDENTITY.f)
    return Dense(3, 1)(params, hs[:, -1]).y[:, 0]


def _continues(params: dict[str, Array], degree: int) -> bool:
    """Whether the weights continue polynomials of this degree, with random coefficients."""
    curves = np.random.default_rng(0).normal(size=(5, degree + 1)) @ np.vander(range(4), degree + 1).T
    return np.allclose(_answers(params, curves[:, :3, None]), curves[:, 3], rtol=1e-6, atol=1e-6)


# The softmax, safe from overflow: safe_softmax(logits) -> probabilities


def _powers(logits: Array) -> Array:
    powers: Array = np.exp(logits)
    return powers


def _lifted(logits: Array) -> Array:
    """The sums by which the shifted exponentials of each row are divided."""
    sums: Array = _powers(logits - logits.max(axis=-1, keepdims=True)).sum(axis=-1, keepdims=True)
    return sums


_OVERFLOW = (
    "right for small logits, but for logits near 1000 the exponential overflows, and infinity over infinity "
    "is nan. Subtract the largest logit of each row first."
)
_ONE_FOR_ALL = (
    "right for one row, but one number is subtracted from all rows alike, so that rows far below it vanish. "
    "Subtract from each row its own largest logit."
)
_ordinary = Exercise(
    "safe_softmax",
    right_softmax,
    lambda rng: {"logits": rng.normal(size=(3, 5))},
    {
        "the exponentials are not divided by their sum, so a row does not sum to 1.": _powers,
        "the sum runs over the whole array; every row is divided by its own sum (axis=-1, keepdims=True).": (
            lambda z: _powers(z) / _powers(z).sum()
        ),
        "each row is shifted by its own largest logit, and then divided by the sum of all rows.": (
            lambda z: right_softmax(z) * _lifted(z) / _lifted(z).sum()
        ),
        "the sum runs down the columns; every row is divided by its own sum (axis=-1, keepdims=True).": (
            lambda z: _powers(z) / _powers(z).sum(axis=0)
        ),
        "the exponential is missing: the logits themselves are divided by their sum.": (
            lambda z: z / z.sum(axis=-1, keepdims=True)
        ),
        "the largest logit is subtracted, but the exponentials are not divided by their sum.": (
            lambda z: _powers(z - z.max(axis=-1, keepdims=True))
        ),
    },
)
_large = Exercise("safe_softmax", right_softmax, lambda rng: {"logits": 1000 + rng.normal(size=(3, 5))})
_apart = Exercise(
    "safe_softmax",
    right_softmax,
    lambda rng: {"logits": rng.normal(size=(3, 5)) + np.array([[1000], [0], [-1000]])},
)


def softmax(attempt: Callable[[Array], Array]) -> Report:
    """Check a softmax over the last axis on ordinary logits, then near 1000, then on rows far apart."""
    with np.errstate(all="ignore"):
        report = _ordinary(attempt)
        if not report.passed:
            return report
        if not _large(attempt).passed:
            return Report(False, f"safe_softmax: {_OVERFLOW}")
        if not _apart(attempt).passed:
            return Report(False, f"safe_softmax: {_ONE_FOR_ALL}")
        return report


# What plain sums can do: four_numbers(answer) -> c0, c1, c2, c3 with answer(x) = c0 + c1 x1 + c2 x2 + c3 x3


def _four_numbers(answer: Callable[[Array], float]) -> Array:
    c0 = answer(np.zeros(3))
    return np.array([c0, *(answer(one) - c0 for one in np.eye(3))])


def _linear_network(rng: np.random.Generator) -> Inputs:
    c0, *c = rng.normal(size=4)
    return {"answer": lambda window: float(c0 + np.asarray(window, dtype=np.float64) @ c)}


four_numbers = Exercise(
    "four_numbers",
    _four_numbers,
    _linear_network,
    {
        "the answer to a single 1 is c0 plus one of the others: c0 must be taken away.": (
            lambda answer: np.array([answer(window) for window in np.eye(4)[:, 1:]])
        ),
        "c1 belongs to the first value read, the oldest; here the three stand the other way round.": (
            lambda answer: _four_numbers(answer)[[0, 3, 2, 1]]
        ),
        "c0 stands last; it comes first.": lambda answer: _four_numbers(answer)[[1, 2, 3, 0]],
        "c0 is missing: it is the answer to three zeros.": lambda answer: _four_numbers(answer)[1:],
        "c0 is not zero: only a network that continues every line must have it so.": (
            lambda answer: _four_numbers(answer) * [0, 1, 1, 1]
        ),
        "c0 was taken twice from the others.": (
            lambda answer: _four_numbers(answer) - answer(np.zeros(3)) * np.array([0, 1, 1, 1])
        ),
    },
)
