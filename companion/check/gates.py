"""Checkers for the exercises of the chapter on gated cells."""

from collections.abc import Callable
from typing import Any

import numpy as np

from companion._arrays import Array, Params
from companion.cells import GRU, LSTM, sigmoid
from companion.check import Exercise, Inputs, Report, _is_missing
from companion.check.patience import patient
from companion.scan import scan

# One step of an LSTM


def _lstm(what: str = "") -> Callable[..., tuple[Array, Array]]:
    """One step written out, with one mistake or none."""

    def step(W_xh: Array, W_hh: Array, b_h: Array, x: Array, h: Array, c: Array) -> tuple[Array, Array]:
        a = x @ W_xh + h @ W_hh + b_h
        blocks = np.split(a, 4, axis=1)
        a_i, a_f, a_g, a_o = [blocks[k] for k in ((0, 1, 3, 2) if what == "i f o g" else range(4))]
        i, f, o = sigmoid(a_i), sigmoid(a_f), sigmoid(a_o)
        g = sigmoid(a_g) if what == "sigmoid" else np.tanh(a_g)
        if what == "f and i":
            f, i = i, f
        new_c = (1 - f) * c + i * g if what == "1 - f" else f * c + i * g
        if what == "no i":
            new_c = f * c + g
        shown = {"old c": np.tanh(c), "no tanh": new_c}.get(what, np.tanh(new_c))
        return o * shown, new_c

    return step


def _draw_lstm(rng: np.random.Generator) -> Inputs:
    N, D, H = 4, 3, 2
    params = {name: rng.normal(size=shape) for name, shape in LSTM(D, H).shapes.items()}
    return {
        **params,
        "x": rng.normal(size=(N, D)),
        "h": rng.normal(size=(N, H)),
        "c": rng.normal(size=(N, H)),
    }


lstm_step = Exercise(
    name="lstm_step",
    right=_lstm(),
    draw=_draw_lstm,
    results=("h", "c"),
    mistakes={
        "h shows the new memory through a tanh, which is missing.": _lstm("no tanh"),
        "h must show the new memory, not the old one.": _lstm("old c"),
        "the candidate comes out of a tanh, not of a sigmoid: it may be negative.": _lstm("sigmoid"),
        "the blocks stand in the order i f g o; here the last two are exchanged.": _lstm("i f o g"),
        "the gates i and f are exchanged: f belongs to the old memory.": _lstm("f and i"),
        "f says how much is kept, not how much is dropped.": _lstm("1 - f"),
        "the input gate is missing before the candidate.": _lstm("no i"),
    },
)


# One step back through a GRU

_GRU = ("h_prev", "W_xh", "W_hh", "b_h", "b_hn")


def _gru_right(params: Params, x: Array, h_prev: Array, dh: Array) -> tuple[Array, ...]:
    zero = np.zeros_like(dh)
    _, (dh_prev,), grads = GRU(x.shape[1], h_prev.shape[1]).step(params, x, (h_prev,)).back(zero, (dh,))
    return dh_prev, *(grads[name] for name in _GRU[1:])


def _gru_mistaken(what: str) -> Callable[..., tuple[Array, ...]]:
    """The same written out, with one mistake."""

    def back(params: Params, x: Array, h_prev: Array, dh: Array) -> tuple[Array, ...]:
        r, z, n, m = GRU(x.shape[1], h_prev.shape[1]).look(params, x, (h_prev,))
        keeps = 1 - z if what == "z and 1 - z" else z
        da_z = dh * (n - h_prev if what == "sign of z" else h_prev - n) * z * (1 - z)
        da_n = dh * (1 - keeps) * (1 - n * n)
        da_r = da_n * (n if what == "n for m" else m) * r * (1 - r)
        dm = da_n if what in ("no r", "b_hn outside") else da_n * r
        da = np.concatenate([da_r, da_z, da_n], axis=1)
        du = np.concatenate([da_r, da_z, da_n * r if what == "b_hn outside" else dm], axis=1)
        if what == "a for u":
            du, dm = da, da_n * r
        if what == "u for a":
            da = du
        of_W_hh = da if what == "W_hh from a" else du
        direct = 0.0 if what == "no direct road" else dh * (1 - z if what == "direct 1 - z" else keeps)
        return (
            direct + du @ params["W_hh"].T,
            x.T @ da,
            h_prev.T @ of_W_hh,
            da.sum(axis=0),
            dm.sum(axis=0),
        )

    return back


def _draw_gru(rng: np.random.Generator) -> Inputs:
    N, D, H = 4, 3, 2
    params = {name: rng.normal(size=shape) for name, shape in GRU(D, H).shapes.items()}
    h_prev, dh = rng.normal(size=(2, N, H))
    return {"params": params, "x": rng.normal(size=(N, D)), "h_prev": h_prev, "dh": dh}


gru_step_back = Exercise(
    name="gru_step_back",
    right=_gru_right,
    draw=_draw_gru,
    results=_GRU,
    mistakes={
        "W_hh got the gradient of what x brings; behind the reset gate it is da_n * r.": (
            _gru_mistaken("W_hh from a")
        ),
        "W_hh and the old state got the gradients of W_xh; behind the reset gate it is da_n * r.": (
            _gru_mistaken("a for u")
        ),
        "W_xh and b_h got the gradients that belong to W_hh; the reset gate is not on their way.": (
            _gru_mistaken("u for a")
        ),
        "b_hn stands behind the reset gate too: its gradient is that of m.": _gru_mistaken("b_hn outside"),
        "the old state and b_hn stand behind the reset gate: what comes back there must be da_n * r.": (
            _gru_mistaken("no r")
        ),
        "the direct road to the old state, dh * z, is missing.": _gru_mistaken("no direct road"),
        "the direct road to the old state goes through z, which keeps it: dh * z, not dh * (1 - z).": (
            _gru_mistaken("direct 1 - z")
        ),
        "z keeps the old state and 1 - z takes the candidate, not the other way round.": (
            _gru_mistaken("z and 1 - z")
        ),
        "the sign of the gradient of z is turned: more z means more of h_prev and less of n.": (
            _gru_mistaken("sign of z")
        ),
        "the reset gate multiplies m, so its gradient has m in it, not n.": _gru_mistaken("n for m"),
    },
)


# The GRU of 2014, from the weights of Keras


def _of_2014(what: str = "") -> Callable[..., Array]:
    def step(kernel: Array, recurrent: Array, bias: Array, x: Array, h: Array) -> Array:
        H = h.shape[1]
        order = {"r first": (1, 0, 2)}.get(what, (0, 1, 2))
        (K_z, K_r, K_n), (U_z, U_r, U_n), (b_z, b_r, b_n) = (
            [np.split(a, 3, axis=-1)[k] for k in order] for a in (kernel, recurrent, bias)
        )
        assert K_z.shape[1] == H
        z = sigmoid(x @ K_z + h @ U_z + b_z)
        r = sigmoid(x @ K_r + h @ U_r + b_r)
        seen = r * (h @ U_n) if what == "after" else (h if what == "no reset" else r * h) @ U_n
        n = np.tanh(x @ K_n + seen + b_n)
        new: Array = (1 - z) * h + z * n if what == "1 - z keeps" else z * h + (1 - z) * n
        return new

    return step


def _draw_2014(rng: np.random.Generator) -> Inputs:
    N, D, H = 4, 3, 2
    return {
        "kernel": rng.normal(size=(D, 3 * H)),
        "recurrent": rng.normal(size=(H, 3 * H)),
        "bias": rng.normal(size=3 * H),
        "x": rng.normal(size=(N, D)),
        "h": rng.normal(size=(N, H)),
    }


gru_of_2014 = Exercise(
    name="gru_of_2014",
    right=_of_2014(),
    draw=_draw_2014,
    mistakes={
        "the reset gate is applied after the product; in this form it comes before.": _of_2014("after"),
        "Keras stores z first, then r, then the candidate.": _of_2014("r first"),
        "here z keeps the old state and 1 - z takes the candidate.": _of_2014("1 - z keeps"),
        "the reset gate is missing.": _of_2014("no reset"),
    },
)


# What is left along the road


def _left(f: Array) -> Array:
    return np.vstack([np.ones((1, f.shape[1])), np.cumprod(f[::-1], axis=0)])


left_along_the_road = Exercise(
    name="left_along_the_road",
    right=_left,
    draw=lambda rng: {"f": rng.uniform(0.2, 0.99, size=(6, 3))},
    mistakes={
        "this goes forwards from the first step; the gradient starts at the last one.": lambda f: np.vstack(
            [np.ones((1, f.shape[1])), np.cumprod(f, axis=0)]
        ),
        "nothing is lost yet at lag 0: the first row must be ones.": lambda f: np.cumprod(f[::-1], axis=0),
        "the gates multiply, they do not add up.": lambda f: np.vstack(
            [np.zeros((1, f.shape[1])), np.cumsum(f[::-1], axis=0)]
        ),
        "these are the gates themselves; each step multiplies what was left by one more of them.": (
            lambda f: np.vstack([np.ones((1, f.shape[1])), f[::-1]])
        ),
        "the rows run from the first step to the last; row 0 must be lag 0.": lambda f: _left(f)[::-1],
    },
)


# The bias of a forget gate


def _bias(share: float, lag: int) -> float:
    f = share ** (1 / lag)
    return float(np.log(f / (1 - f)))


bias_for = Exercise(
    name="bias_for",
    right=_bias,
    draw=lambda rng: {"share": rng.uniform(0.05, 0.9), "lag": int(rng.integers(2, 200))},
    mistakes={
        "this is the gate; asked is the bias, to which the sigmoid must still be applied.": (
            lambda share, lag: share ** (1 / lag)
        ),
        "this bias leaves the share after one step; it is multiplied at every step.": (
            lambda share, lag: np.log(share / (1 - share))
        ),
        "the sign is turned: a positive bias opens the gate.": lambda share, lag: -_bias(share, lag),
        "the share falls by a factor a step, not by an equal amount.": lambda share, lag: np.log(
            (1 - (1 - share) / lag) / ((1 - share) / lag)
        ),
    },
)


# A counter, built by hand


@patient
def counter(attempt: Callable[[], Any]) -> Report:
    """Check weights of an LSTM with one unit whose cell state counts the letters since the last line break.

    The inputs are (1, 0) for a letter and (0, 1) for a break; W_xh (2, 4), W_hh (1, 4), b_h (4,).
    """
    if not callable(attempt):
        return Report(False, f"counter must be a function, got {type(attempt).__name__}.")
    try:
        returned = attempt()
    except NotImplementedError:
        returned = None
    except Exception as error:
        return Report(False, f"counter raised {type(error).__name__}: {error}")
    if _is_missing(returned):
        return Report(False, "counter is not started yet: it returns nothing.")
    cell = LSTM(2, 1)
    try:
        W_xh, W_hh, b_h = (np.array(a, dtype=np.float64) for a in returned)
    except Exception:
        return Report(False, "counter must return three arrays: W_xh (2, 4), W_hh (1, 4) and b_h (4,).")
    params = {"W_xh": W_xh, "W_hh": W_hh, "b_h": b_h}
    for name, shape in cell.shapes.items():
        if params[name].shape != shape:
            return Report(False, f"counter: {name} must have shape {shape}, got {params[name].shape}.")
    for name, value in params.items():
        if not np.isfinite(value).all():
            return Report(False, f"counter: {name} must hold finite numbers.")
    return Report(*_counts(cell, params))


def _counts(cell: LSTM, params: Params) -> tuple[bool, str]:
    """Whether the cell state counts, and what to say."""
    breaks = np.random.default_rng(0).random((20, 60)) < 0.05
    breaks[:, 30], breaks[0] = True, False
    count, wanted = np.zeros(20), []
    for now in breaks.T:
        count = np.where(now, 0, count + 1)
        wanted.append(count)
    xs = np.stack([~breaks, breaks], axis=2).astype(np.float64)
    found, state = [], cell.zero_state(20)
    for t in range(60):
        run = scan(cell, params, xs[:, t : t + 1], state)
        state = run.state
        found.append(state[1][:, 0])
    c, expected = np.array(found), np.array(wanted)
    if np.abs(c - expected).max() < 0.05:
        return True, "counter: right."
    since_start = np.cumsum(~breaks, axis=1).T
    if np.abs(c - since_start).max() < 0.5:
        return False, "counter: it counts, and never starts again: a break must shut the forget gate."
    if np.abs(c + expected).max() < 0.5:
        return False, "counter: it counts downwards; the candidate of a letter must be 1, not -1."
    if np.abs(c - np.where(breaks.T, 1, expected + np.maximum.accumulate(breaks, axis=1).T)).max() < 0.5:
        return False, "counter: it counts the break as well; a break must shut the input gate."
    t, n = (int(k) for k in np.argwhere(np.abs(c - expected) >= 0.05)[0])
    return False, (
        f"counter: after {int(expected[t, n])} letters the cell state is {c[t, n]:.3f}; is the forget gate "
        "near 1, the input gate near 1 and the candidate near 1?"
    )
