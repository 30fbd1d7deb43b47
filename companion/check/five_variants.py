"""Checkers for the exercises of the chapter on the five variants of source 000.

They know the ways in which a longer memory goes wrong: lags counted from the wrong end or beyond the first
step, kernels put down in the wrong slot, and weights that are counted though nothing ever reaches them.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from companion._arrays import Array
from companion.check import Exercise, Inputs

STEPS = 4
Earlier = Callable[[Sequence[Array], int], Array | None]  # the states so far, a lag -> what is read

# Any set of lags: lags(x, past, W_xh, kernels) -> h


def _back(past: Sequence[Array], j: int) -> Array | None:
    return past[-j] if j <= len(past) else None


def _summed(
    x: Array, past: Sequence[Array], W_xh: Array, kernels: Mapping[int, Array], earlier: Earlier = _back
) -> Array:
    z = x @ W_xh
    for j, W in kernels.items():
        state = earlier(past, j)
        z = z if state is None else z + state @ W
    return z


def _lags(
    x: Array, past: Sequence[Array], W_xh: Array, kernels: Mapping[int, Array], earlier: Earlier = _back
) -> Array:
    made: Array = np.tanh(_summed(x, past, W_xh, kernels, earlier))
    return made


def _reads(earlier: Earlier) -> Callable[..., Array]:
    return lambda x, past, W_xh, kernels: _lags(x, past, W_xh, kernels, earlier)


def _all_up_to(past: Sequence[Array], j: int) -> Array | None:
    states = past[-j:]
    return sum(states[1:], start=states[0])


def _draw_lags(rng: np.random.Generator) -> Inputs:
    known = (1, 2, 3, 5)[rng.integers(0, 2) :]
    return {
        "x": rng.normal(size=(2, 2)),
        "past": [rng.normal(size=(2, 3)) for _ in range(4)],
        "W_xh": rng.normal(size=(2, 3)),
        "kernels": {j: rng.normal(size=(3, 3)) / 2 for j in known},
    }


lags = Exercise(
    name="lags",
    right=_lags,
    draw=_draw_lags,
    mistakes={
        "the tanh is missing.": _summed,
        "the states are counted from the oldest; the one a step back stands last, at past[-1].": (
            _reads(lambda past, j: past[j - 1] if j <= len(past) else None)
        ),
        "each lag looks one step too far back; the state a step back is past[-1].": (
            _reads(lambda past, j: past[-j - 1] if j < len(past) else None)
        ),
        "a lag that reaches back beyond the first step reads nothing; here it reads the oldest state.": (
            _reads(lambda past, j: past[-min(j, len(past))])
        ),
        "every kernel is given the state a step back; the kernel of lag j needs the one j steps back.": (
            _reads(lambda past, j: past[-1])
        ),
        "the kernel of lag j is given all the last j states; it reads only the one j steps back.": (
            _reads(_all_up_to)
        ),
        "the kernels are transposed: a state stands on the left of its kernel, state @ W.": (
            lambda x, past, W_xh, kernels: _lags(x, past, W_xh, {j: W.T for j, W in kernels.items()})
        ),
    },
)

# A lag in slots: slots(kernels) -> (5C, 5C)


def _slots(
    kernels: Sequence[Array],
    place: Callable[[int, int], tuple[int, int]] = lambda t, j: (t - j, t - 1),
) -> Array:
    """The kernel of lag j, for the steps t = 2, 3, 4, in the block of rows and columns place(t, j)."""
    C = len(kernels[0])
    blocks = np.zeros((STEPS + 1, C, STEPS + 1, C))
    for t in range(2, STEPS + 1):
        for j in range(1, t):
            row, column = place(t, j)
            blocks[row, :, column] = kernels[j - 1]
    return blocks.reshape((STEPS + 1) * C, -1)


slots = Exercise(
    name="slots",
    right=_slots,
    draw=lambda rng: {"kernels": [rng.normal(size=(C, C)) for C in [int(rng.integers(2, 5))] for _ in "123"]},
    mistakes={
        "rows and columns are exchanged: the rows are those of the slot that is read.": (
            lambda kernels: _slots(kernels, lambda t, j: (t - 1, t - j))
        ),
        "the kernels themselves are transposed.": lambda kernels: _slots([W.T for W in kernels]),
        "all kernels stand a slot too high: slot 0 is the one that no step writes.": (
            lambda kernels: _slots(kernels, lambda t, j: (t - j - 1, t - 1))
        ),
        "all kernels stand too far right: the columns of step t are the block t - 1.": (
            lambda kernels: _slots(kernels, lambda t, j: (t - j, t))
        ),
        "slots are counted from the oldest: the kernel of lag j must meet the state j steps back.": (
            lambda kernels: _slots(kernels, lambda t, j: (j, t - 1))
        ),
        "there is only lag 1; the kernels of lag 2 and 3 are missing.": (
            lambda kernels: _slots([kernels[0], kernels[1] * 0, kernels[2] * 0])
        ),
    },
)

# Weights of lag k: count_lag(k, C, T) -> (weights, reached)


def _count_lag(k: int, C: int, T: int, bias: int = 0) -> tuple[int, int]:
    rest = 9 * C + 9 * C * 7 + 9 * 7 * 9 + 9 * 10 + bias * (C + 7 + 9 + 10)
    return rest + k * C * C, rest + min(k, T - 1) * C * C


def _reached_at(count: Callable[[int, int], int]) -> Callable[[int, int, int], tuple[int, int]]:
    """As many weights as there are, of which those of count(k, T) recurrent kernels are reached."""

    def counted(k: int, C: int, T: int) -> tuple[int, int]:
        weights, _ = _count_lag(k, C, T)
        return weights, weights - (k - count(k, T)) * C * C

    return counted


def _given(rng: np.random.Generator) -> Inputs:
    T = int(rng.integers(3, 7))
    return {"k": T + 1, "C": int(rng.integers(2, 9)), "T": T}


count_lag = Exercise(
    name="count_lag",
    right=_count_lag,
    draw=_given,
    mistakes={
        "the kernel of lag T has nothing to read: at step T the oldest state is T - 1 steps back.": (
            _reached_at(min)
        ),
        "kernels that look back beyond the first step are never reached, however many there are.": (
            _reached_at(lambda k, T: k)
        ),
        "only one of the recurrent kernels is counted; there is one for each lag.": (
            lambda k, C, T: _count_lag(1, C, T)
        ),
        "a recurrent kernel has C x C weights, as it leads from C channels to C.": (
            lambda k, C, T: (_count_lag(0, C, T)[0] + k * C, _count_lag(0, C, T)[0] + min(k, T - 1) * C)
        ),
        "this counts biases; these networks have none.": lambda k, C, T: _count_lag(k, C, T, bias=1),
        "this counts a W_xh and a trunk for five channels; both depend on C.": (
            lambda k, C, T: (1017 + k * C * C, 1017 + min(k, T - 1) * C * C)
        ),
        "the weights are used at every step, but there is only one set of them: do not multiply by T.": (
            lambda k, C, T: tuple(n + (T - 1) * 9 * C + (T - 1) * k * C * C for n in _count_lag(k, C, T))
        ),
    },
    results=("weights", "reached"),
)

# Lag 2 as lag 1: as_lag_one(W_xh, W1, W2) -> (W_xh, W_hh) of a linear RNN with twice as many units


def _as_lag_one(W_xh: Array, W1: Array, W2: Array) -> tuple[Array, Array]:
    same, none = np.eye(len(W1)), np.zeros_like(W2)
    return np.hstack([W_xh, np.zeros_like(W_xh)]), np.block([[W1, same], [W2, none]])


def _recurrent(
    make: Callable[[Array, Array, Array], Sequence[Sequence[Array]]],
) -> Callable[[Array, Array, Array], tuple[Array, Array]]:
    """The mistake of an answer whose W_hh is made of blocks from W1, W2 and the unit matrix."""
    return lambda W_xh, W1, W2: (
        _as_lag_one(W_xh, W1, W2)[0],
        np.block([list(row) for row in make(W1, W2, np.eye(len(W1)))]),
    )


as_lag_one = Exercise(
    name="as_lag_one",
    right=_as_lag_one,
    draw=lambda rng: {
        "W_xh": rng.normal(size=(2, 3)),
        "W1": rng.normal(size=(3, 3)),
        "W2": rng.normal(size=(3, 3)),
    },
    mistakes={
        "W_hh is that for column vectors; here states are rows, h @ W_hh, so exchange its blocks.": (
            _recurrent(lambda W1, W2, same: [[W1, W2], [same, 0 * same]])
        ),
        "W_hh is transposed as a whole, and W1 and W2 with it.": (
            _recurrent(lambda W1, W2, same: [[W1.T, W2.T], [same, 0 * same]])
        ),
        "W1 and W2 are exchanged: the first H rows of W_hh meet the state a step back.": (
            _recurrent(lambda W1, W2, same: [[W2, same], [W1, 0 * same]])
        ),
        "nothing hands the state on: the last H units must take it over from the first, by a unit matrix.": (
            _recurrent(lambda W1, W2, same: [[W1, 0 * same], [W2, 0 * same]])
        ),
        "the unit matrix must hand on the first H units; here the last H units keep themselves.": (
            _recurrent(lambda W1, W2, same: [[W1, 0 * same], [W2, same]])
        ),
        "the last H units must take over the old state alone; here they read the input too.": (
            lambda W_xh, W1, W2: (np.hstack([W_xh, W_xh]), _as_lag_one(W_xh, W1, W2)[1])
        ),
    },
    results=("W_xh", "W_hh"),
)
