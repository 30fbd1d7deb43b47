"""Checkers for the exercises of the part on backpropagation through time."""

from collections.abc import Callable
from typing import Any

import numpy as np

from companion._arrays import Array, Grads, Params
from companion.cells import RNN
from companion.check import Exercise, Inputs, Report, _is_missing, number
from companion.layers import Dense, softmax, softmax_cross_entropy
from companion.scan import scan

FIVE = ("W_xh", "W_hh", "b_h", "W_hy", "b_y")


def by_hand(value: float | None) -> Report:
    """The gradient of 0.5 (h_3 - 5)^2 with h_t = w h_{t-1} + x_t, w = 0.5 and inputs 1, 2, 3."""
    h1, h2, h3 = 1.0, 2.5, 4.25
    d3 = h3 - 5
    expected = h1 * 0.5 * d3 + h2 * d3
    mistakes = {
        "only the last step is counted; w is also used in the steps before it.": h2 * d3,
        "the sign is turned: the gradient begins with h_3 - 5, not with 5 - h_3.": -expected,
        "the states are taken one step too late; step t multiplied w by h_{t-1}.": (
            h1 * 0.25 * d3 + h2 * 0.5 * d3 + h3 * d3
        ),
    }
    return number("dL/dw", value, expected, mistakes)


def _last(params: Params, xs: Array, labels: Array) -> Grads:
    """The right answer to `backward_last`, by the package."""
    cell, dense = RNN(xs.shape[-1], len(params["b_h"])), Dense(len(params["b_h"]), len(params["b_y"]))
    run = scan(cell, {name: params[name] for name in cell.shapes}, xs)
    out = dense(params, run.state[0])
    dh, of_read_out = out.back(softmax_cross_entropy(out.y, labels).back() * len(labels))
    return {**run.back(None, (dh,))[2], **of_read_out}


def _mistaken(what: str) -> Any:
    """`backward_last` written out, with one mistake."""

    def backward(params: Params, xs: Array, labels: Array) -> Grads:
        N, T, _ = xs.shape
        hs = np.zeros((N, T + 1, len(params["b_h"])))
        for t in range(1, T + 1):
            hs[:, t] = np.tanh(xs[:, t - 1] @ params["W_xh"] + hs[:, t - 1] @ params["W_hh"] + params["b_h"])
        do = softmax(hs[:, 1:] @ params["W_hy"] + params["b_y"]) - np.eye(len(params["b_y"]))[labels][:, None]
        if what != "every step":
            do[:, :-1] = 0
        if what == "mean":
            do /= N
        if what == "label not subtracted":
            do[:, -1] += np.eye(len(params["b_y"]))[labels]
        da = np.zeros_like(hs[:, 1:])
        carry = np.zeros((N, len(params["b_h"])))
        for t in reversed(range(T)):
            slope = 1.0 if what == "no slope" else 1 - hs[:, t + 1] ** 2
            da[:, t] = (do[:, t] @ params["W_hy"].T + carry) * slope
            W_back = params["W_hh"] if what == "not transposed" else params["W_hh"].T
            carry = np.zeros_like(carry) if what == "no recursion" else da[:, t] @ W_back
        met = hs[:, 1:] if what == "late state" else hs[:, :-1]
        return {
            "W_xh": np.einsum("ntd,nth->dh", xs, da),
            "W_hh": np.einsum("ntg,nth->gh", met, da),
            "b_h": da.sum(axis=(0, 1)),
            "W_hy": np.einsum("nth,ntk->hk", hs[:, 1:], do),
            "b_y": do.sum(axis=(0, 1)),
        }

    return backward


def _draw(rng: np.random.Generator) -> Inputs:
    N, T, D, H, K = 4, 5, 3, 2, 6
    params = {**RNN(D, H).init(rng), **Dense(H, K).init(rng)}
    return {"params": params, "xs": rng.normal(size=(N, T, D)), "labels": rng.integers(0, K, N)}


backward_last = Exercise(
    name="backward_last",
    right=_last,
    draw=_draw,
    results=FIVE,
    mistakes={
        "the road from the next step is missing: earlier states act through later ones.": _mistaken(
            "no recursion"
        ),
        "the slope of the tanh, 1 - h^2, is missing.": _mistaken("no slope"),
        "W_hh met the previous state: its gradient needs h_{t-1}, not h_t.": _mistaken("late state"),
        "W_hh must be transposed on the way back.": _mistaken("not transposed"),
        "every step is counted, but only the last one has a loss.": _mistaken("every step"),
        "the loss is the sum over the sequences, not their mean.": _mistaken("mean"),
        "the right letter is not subtracted: the gradient of the scores is p - y.": _mistaken(
            "label not subtracted"
        ),
    },
)


to_states = Exercise(
    name="to_states",
    right=lambda dflat, T: dflat.reshape(len(dflat), T, -1),
    draw=lambda rng: {"dflat": rng.normal(size=(4, 15)), "T": 5},
    mistakes={
        "the axes are swapped after a reshape to (N, H, T): the shape is right, the numbers are not.": (
            lambda dflat, T: dflat.reshape(len(dflat), -1, T).swapaxes(1, 2)
        ),
        "the shape is (N, H, T): the steps must come before the units.": (
            lambda dflat, T: dflat.reshape(len(dflat), -1, T)
        ),
    },
)


central_difference = Exercise(
    name="central_difference",
    right=lambda f, a, epsilon: (f(a + epsilon) - f(a - epsilon)) / (2 * epsilon),
    draw=lambda rng: {
        "f": np.polynomial.Polynomial(rng.normal(size=4)),
        "a": rng.normal(),
        "epsilon": rng.uniform(0.1, 0.3),
    },
    mistakes={
        "this goes to one side only; its error falls with epsilon, not with its square.": (
            lambda f, a, epsilon: (f(a + epsilon) - f(a)) / epsilon
        ),
        "one of the two points is a itself; they must lie on both sides of a.": (
            lambda f, a, epsilon: (f(a + epsilon) - f(a)) / (2 * epsilon)
        ),
        "the two points lie 2 epsilon apart; divide by that.": (
            lambda f, a, epsilon: (f(a + epsilon) - f(a - epsilon)) / epsilon
        ),
        "the sign is turned: the point above comes first.": (
            lambda f, a, epsilon: (f(a - epsilon) - f(a + epsilon)) / (2 * epsilon)
        ),
        "the brackets are missing: everything must be divided by 2 epsilon, and times epsilon is not.": (
            lambda f, a, epsilon: (f(a + epsilon) - f(a - epsilon)) / 2 * epsilon
        ),
    },
)


# A cell to be mended: its `back` loses the transpose of W_hh


def _back(params: Params, x: Array, h_prev: Array, dy: Array, dh: Array) -> tuple[Array, ...]:
    """dx, dh_prev and the gradients of W_xh, W_hh and b_h, by the package."""
    dx, (dh_prev,), grads = RNN(*params["W_xh"].shape).step(params, x, (h_prev,)).back(dy, (dh,))
    return dx, dh_prev, grads["W_xh"], grads["W_hh"], grads["b_h"]


def _miscarried(what: str) -> Callable[..., tuple[Array, ...]]:
    """`_back` written out, with one mistake."""

    def back(params: Params, x: Array, h_prev: Array, dy: Array, dh: Array) -> tuple[Array, ...]:
        h = np.tanh(x @ params["W_xh"] + h_prev @ params["W_hh"] + params["b_h"])
        arrives = {"no dh": dy, "no dy": dh}.get(what, dy + dh)
        da = arrives if what == "no slope" else arrives * (1 - h**2)
        from_state = arrives if what == "before the slope" else da
        W_back = params["W_hh"] if what == "not transposed" else params["W_hh"].T
        of_W_hh = {"turned": da.T @ h_prev, "late": h.T @ da}.get(what, h_prev.T @ da)
        return da @ params["W_xh"].T, from_state @ W_back, x.T @ da, of_W_hh, da.sum(axis=0)

    return back


def _draw_back(rng: np.random.Generator) -> Inputs:
    params = {name: rng.normal(size=shape) for name, shape in RNN(4, 3).shapes.items()}
    x, *states = (rng.normal(size=(2, size)) for size in (4, 3, 3, 3))
    return {"params": params, "x": x, **dict(zip(("h_prev", "dy", "dh"), states, strict=True))}


_mended = Exercise(
    name="Mended",
    right=_back,
    draw=_draw_back,
    results=("dx", "dh_prev", "W_xh", "W_hh", "b_h"),
    mistakes={
        "W_hh is still not transposed on the way to the state before.": _miscarried("not transposed"),
        "the gradient of W_hh was right as it stood, and is transposed now.": _miscarried("turned"),
        "the gradient of W_hh was right as it stood: it needs h_prev, not h.": _miscarried("late"),
        "the state before gets dy + dh; it must get da, which has the slope of the tanh in it.": (
            _miscarried("before the slope")
        ),
        "the slope of the tanh, 1 - h**2, is lost.": _miscarried("no slope"),
        "dh, which comes from the next step, is lost.": _miscarried("no dh"),
        "dy, which comes from this step's own output, is lost.": _miscarried("no dy"),
    },
)


def mended(cell: Callable[[int, int], Any]) -> Report:
    """Check the way back of a cell class with the parameters of an RNN."""
    if not callable(cell):
        return Report(False, f"Mended must be a class, got {type(cell).__name__}.")

    def back(params: Params, x: Array, h_prev: Array, dy: Array, dh: Array) -> Any:
        made = cell(*params["W_xh"].shape)
        step: Any = made if _is_missing(made) else made.step(params, x, (h_prev,))
        returned: Any = step if _is_missing(step) else step.back(dy, (dh,))
        if _is_missing(returned):
            return None
        dx, (dh_prev,), grads = returned
        return {"dx": dx, "dh_prev": dh_prev, **grads}

    return _mended(back)
