"""Checkers for the exercises of the chapter on gradient descent."""

from collections.abc import Callable
from typing import Any

import numpy as np

from companion._arrays import Array, Grads, Params
from companion.cells import RNN
from companion.check import Exercise, Inputs
from companion.optim import SGD, AdaGrad, Adam
from companion.scan import scan


def _draw_step(rng: np.random.Generator) -> Inputs:
    shapes = {"W": (3, 2), "b": (2,)}
    params, grads = ({name: rng.normal(size=shape) for name, shape in shapes.items()} for _ in range(2))
    return {"params": params, "grads": grads, "lr": float(rng.uniform(0.1, 0.5))}


gd_update = Exercise(
    name="gd_update",
    right=lambda params, grads, lr: SGD(lr).update(params, grads, {})[0],
    draw=_draw_step,
    results=("W", "b"),
    mistakes={
        "the sign is turned: this goes uphill; subtract a part of the slope.": (
            lambda params, grads, lr: {k: p + lr * grads[k] for k, p in params.items()}
        ),
        "the learning rate is missing: the whole gradient is subtracted.": (
            lambda params, grads, lr: {k: p - grads[k] for k, p in params.items()}
        ),
        "only the sign of the slope is used; a steeper slope must make a longer step.": (
            lambda params, grads, lr: {k: p - lr * np.sign(grads[k]) for k, p in params.items()}
        ),
        "the gradients themselves are scaled, but not subtracted from the parameters.": (
            lambda params, grads, lr: {k: lr * g for k, g in grads.items()}
        ),
    },
)


def _right_adagrad(w: Array, g: Array, s: Array, lr: float, eps: float) -> tuple[Array, Array]:
    new, memory = AdaGrad(lr, eps).update({"w": w}, {"w": g}, {"s.w": s})
    return new["w"], memory["s.w"]


def _adagrad(
    kept: Callable[[Array, Array], Array], divisor: Callable[[Array, Array, float], Array]
) -> Callable[..., tuple[Array, Array]]:
    """AdaGrad that keeps `kept(s, g)` and divides by `divisor(old sum, new sum, eps)`."""

    def update(w: Array, g: Array, s: Array, lr: float, eps: float) -> tuple[Array, Array]:
        new = kept(s, g)
        return w - lr * g / divisor(s, new, eps), new

    return update


def _add(s: Array, g: Array) -> Array:
    total: Array = s + g**2
    return total


adagrad_update = Exercise(
    name="adagrad_update",
    right=_right_adagrad,
    # A large eps, so that its place can be seen.
    draw=lambda rng: {
        "w": rng.normal(size=(3, 2)),
        "g": rng.normal(size=(3, 2)),
        "s": rng.uniform(0.5, 2, (3, 2)),
        "lr": 0.1,
        "eps": 0.05,
    },
    results=("w", "s"),
    mistakes={
        "the sum is forgotten: s must hold the squares of all gradients so far, not only this one's.": (
            _adagrad(lambda s, g: g**2, lambda old, new, eps: np.sqrt(new) + eps)
        ),
        "the step uses the sum from before; add this gradient's square first.": (
            _adagrad(_add, lambda old, new, eps: np.sqrt(old) + eps)
        ),
        "the square root is missing.": _adagrad(_add, lambda old, new, eps: new + eps),
        "eps stands inside the root; here it is added after the root.": (
            _adagrad(_add, lambda old, new, eps: np.sqrt(new + eps))
        ),
        "the gradient is added to s unsquared.": (
            _adagrad(lambda s, g: s + np.abs(g), lambda old, new, eps: np.sqrt(new) + eps)
        ),
    },
)


def _right_adam(w: Array, g: Array, m: Array, v: Array, t: int, lr: float) -> tuple[Array, Array, Array]:
    memory = {"m.w": m, "v.w": v, "t": np.array(t - 1.0)}
    new, kept = Adam(lr).update({"w": w}, {"w": g}, memory)
    return new["w"], kept["m.w"], kept["v.w"]


def _mistaken_adam(what: str) -> Callable[..., tuple[Array, Array, Array]]:
    def update(w: Array, g: Array, m: Array, v: Array, t: int, lr: float) -> tuple[Array, Array, Array]:
        beta1, beta2 = (0.999, 0.9) if what == "swapped" else (0.9, 0.999)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * {"unsquared": np.abs(g), "plain": g}.get(what, g**2)
        m_hat = m if what in ("neither", "square only") else m / (1 - beta1**t)
        corrected = v / (1 - (beta1 if what == "one beta" else beta2) ** t)
        v_hat = v if what in ("neither", "mean only") else corrected
        w = w - lr * m_hat / ((v_hat if what == "no root" else np.sqrt(v_hat)) + 1e-8)
        return (w, m_hat, v_hat) if what == "kept" else (w, m, v)

    return update


adam_update = Exercise(
    name="adam_update",
    right=_right_adam,
    draw=lambda rng: {
        "w": rng.normal(size=(3, 2)),
        "g": rng.normal(size=(3, 2)),
        "m": rng.normal(size=(3, 2)),
        "v": rng.uniform(0.1, 1, (3, 2)),
        "t": int(rng.integers(2, 6)),
        "lr": 0.1,
    },
    results=("w", "m", "v"),
    mistakes={
        "the bias correction is missing: divide m by 1 - 0.9^t and v by 1 - 0.999^t.": (
            _mistaken_adam("neither")
        ),
        "v is not corrected; it starts at zero as m does.": _mistaken_adam("mean only"),
        "m is not corrected; it starts at zero as v does.": _mistaken_adam("square only"),
        "v is corrected with the beta of m; its own is 0.999.": _mistaken_adam("one beta"),
        "the step is divided by v; divide it by the square root.": _mistaken_adam("no root"),
        "the corrected means are handed back; the next update wants them uncorrected.": (
            _mistaken_adam("kept")
        ),
        "the two betas have changed places.": _mistaken_adam("swapped"),
        "v is the running mean of the squared gradient.": _mistaken_adam("unsquared"),
        "v takes in the gradient itself; it is the mean of its square.": _mistaken_adam("plain"),
    },
)


def _chunks(what: str = "") -> Any:
    """The gradients of a stream in chunks of k, right or with one mistake."""

    def grads(cell: RNN, weights: Params, xs: Array, dys: Array, k: int) -> Grads:
        T = xs.shape[1]
        found = []
        state = cell.zero_state(len(xs))
        for start in range(0, T - T % k if what == "rest dropped" else T, k):
            state = cell.zero_state(len(xs)) if what == "reset" else state
            run = scan(cell, weights, xs[:, start : start + k], state)
            found.append(run.back(dys[:, start : start + k])[2])
            state = run.state
        if what == "last chunk only":
            return found[-1]
        parts = len(found) if what == "mean" else 1
        return {name: np.sum([f[name] for f in found], axis=0) / parts for name in weights}

    return grads


def _draw_stream(rng: np.random.Generator) -> Inputs:
    cell = RNN(2, 3)
    return {
        "cell": cell,
        "weights": cell.init(rng),
        "xs": rng.normal(size=(2, 8, 2)),
        "dys": rng.normal(size=(2, 8, 3)),
        "k": 3,
    }


stream_grads = Exercise(
    name="stream_grads",
    right=_chunks(),
    draw=_draw_stream,
    results=("W_xh", "W_hh", "b_h"),
    mistakes={
        "the state is set to zero at every chunk: only the gradient is cut, the memory goes on.": (
            _chunks("reset")
        ),
        "the gradient crosses the cuts: this is BPTT through the whole stream.": (
            lambda cell, weights, xs, dys, k: scan(cell, weights, xs).back(dys)[2]
        ),
        "the steps that do not fill a chunk at the end are dropped.": _chunks("rest dropped"),
        "only the last chunk counts; the gradients of all chunks must be added.": (
            _chunks("last chunk only")
        ),
        "the gradients of the chunks are averaged; they must be added.": _chunks("mean"),
    },
)


near_the_bottom = Exercise(
    name="near_the_bottom",
    right=lambda curvature, rate: (1 - rate * curvature, 2 / curvature),
    draw=lambda rng: {"curvature": float(rng.uniform(5, 15)), "rate": float(rng.uniform(0.01, 0.3))},
    results=("factor", "limit"),
    mistakes={
        "at the rate 1 / curvature the ball arrives in one step; it stays up to twice that rate.": (
            lambda curvature, rate: (1 - rate * curvature, 1 / curvature)
        ),
        "the limit is turned round: the sharper the bend, the smaller the rate must be.": (
            lambda curvature, rate: (1 - rate * curvature, curvature / 2)
        ),
        "the factor has the wrong sign in it: a step goes against the slope.": (
            lambda curvature, rate: (1 + rate * curvature, 2 / curvature)
        ),
        "this is how far the step goes, as a share of the distance; wanted is what is left of it.": (
            lambda curvature, rate: (rate * curvature, 2 / curvature)
        ),
        "the factor must keep its sign: below zero the ball changes sides at every step.": (
            lambda curvature, rate: (abs(1 - rate * curvature), 2 / curvature)
        ),
        "the slope at a distance d from the bottom is curvature * d; the rate alone does not tell.": (
            lambda curvature, rate: (1 - rate, 2 / curvature)
        ),
    },
    trials=6,
)
