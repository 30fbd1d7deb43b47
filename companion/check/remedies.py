"""Checkers for the exercises of the chapter on remedies against fading and exploding gradients."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from companion._arrays import Array, Grads, Params
from companion.cells import RNN, Highway, sigmoid
from companion.check import Exercise, Inputs
from companion.optim import clip_grad_norm

# clip_together(grads, max_norm) -> the gradients, clipped by their common norm


def _draw_grads(rng: np.random.Generator) -> Inputs:
    """Two arrays of different lengths; the first limit lies above both norms, others below some of them."""
    grads = {"W_hh": 3 * rng.normal(size=(3, 3)), "b_h": rng.normal(size=3)}
    norms = [float(np.linalg.norm(g)) for g in grads.values()]
    limit = rng.choice([0.1, 0.5, 1.5]) * max(norms)
    return {"grads": grads, "max_norm": float(limit)}


def _scaled(grads: Params, factor: float) -> Grads:
    return {name: g * factor for name, g in grads.items()}


def _common(grads: Params) -> float:
    return float(np.sqrt(sum((g**2).sum() for g in grads.values())))


def _one_by_one(grads: Params, max_norm: float) -> Grads:
    return {name: g * min(1.0, max_norm / np.linalg.norm(g)) for name, g in grads.items()}


clip_together = Exercise(
    name="clip_together",
    right=lambda grads, max_norm: clip_grad_norm(grads, max_norm)[0],
    draw=_draw_grads,
    results=("W_hh", "b_h"),
    mistakes={
        "every array is clipped by its own norm, which turns the step; take one norm of all of them.": (
            _one_by_one
        ),
        "gradients that are short enough already are made longer; the factor is 1 at most.": (
            lambda grads, max_norm: _scaled(grads, max_norm / _common(grads))
        ),
        "every number is cut back, which is clipping by value.": (
            lambda grads, max_norm: {k: np.clip(g, -max_norm, max_norm) for k, g in grads.items()}
        ),
        "the root is missing: the factor is the limit over the norm, not over its square.": (
            lambda grads, max_norm: _scaled(grads, min(1.0, max_norm / _common(grads) ** 2))
        ),
        "norms are added; the squares of all numbers must be added, and the root taken once.": (
            lambda grads, max_norm: _scaled(
                grads, min(1.0, max_norm / sum(np.linalg.norm(g) for g in grads.values()))
            )
        ),
        "gradients over the limit are set to zero; their direction is to be kept.": (
            lambda grads, max_norm: _scaled(grads, float(_common(grads) <= max_norm))
        ),
        "the gradients come back as they were.": lambda grads, max_norm: dict(grads),
    },
    trials=12,
)


# keeps_length(W) -> whether W is orthogonal


def _draw_matrix(rng: np.random.Generator) -> Inputs:
    """By turns orthogonal (with determinant 1 or -1) and near misses of every kind."""
    Q, _ = np.linalg.qr(rng.normal(size=(4, 4)))
    unit = rng.normal(size=(4, 4))
    shear = np.eye(4) + np.triu(rng.normal(size=(4, 4)), 1)
    near = [
        Q,
        -Q,
        np.eye(4),
        Q[:, [1, 0, 2, 3]],
        np.eye(4) - 2 * np.outer(Q[0], Q[0]),  # a mirror, which undoes itself
        1.1 * Q,
        shear,
        unit / np.linalg.norm(unit, axis=0),
        unit / np.linalg.norm(unit, axis=1, keepdims=True),
        Q * np.array([1.2, 1 / 1.2, 1, 1]),
        (Q * np.array([1, 1, 1, 0.5])) @ Q.T,
    ]
    return {"W": near[rng.integers(len(near))]}


def _ones(values: ArrayLike) -> bool:
    return bool(np.allclose(values, 1))


keeps_length = Exercise(
    name="keeps_length",
    right=lambda W: _ones(np.linalg.svd(W, compute_uv=False)),
    draw=_draw_matrix,
    mistakes={
        "a determinant of 1 or -1 is not enough: one direction may grow while another one shrinks.": (
            lambda W: _ones(np.abs(np.linalg.det(W)))
        ),
        "a determinant of 1 shuts reflections out, and lets in what stretches one way and shrinks another.": (
            lambda W: _ones(np.linalg.det(W))
        ),
        "columns of length 1 are not enough: they must also stand at right angles to each other.": (
            lambda W: _ones(np.linalg.norm(W, axis=0))
        ),
        "rows of length 1 are not enough: they must also stand at right angles to each other.": (
            lambda W: _ones(np.linalg.norm(W, axis=1))
        ),
        "eigenvalues of size 1 are not enough: a shear has them too, and stretches; use singular values.": (
            lambda W: _ones(np.abs(np.linalg.eigvals(W)))
        ),
        "right angles are not enough: the columns must also have length 1.": (
            lambda W: bool(np.allclose(W.T @ W, np.diag(np.diag(W.T @ W))))
        ),
        "W times W is not W times its transpose.": lambda W: bool(np.allclose(W @ W, np.eye(4))),
        "a largest singular value of 1 is not enough: nothing may shrink either.": (
            lambda W: _ones(np.linalg.norm(W, 2))
        ),
        "only the identity passes; every rotation and reflection keeps lengths.": (
            lambda W: bool(np.allclose(W, np.eye(4)))
        ),
    },
    trials=60,
)


# highway_step(params, x, h) -> the new state;  highway_back(params, x, h, dnew) -> the gradient of h


def _draw_highway(rng: np.random.Generator) -> Inputs:
    cell = Highway(RNN(2, 3))
    return {"params": cell.init(rng), "x": rng.normal(size=(4, 2)), "h": rng.normal(size=(4, 3))}


def _parts(params: Params, x: Array, h: Array) -> tuple[Array, Array]:
    """The gate and what the cell makes."""
    gate = sigmoid(x @ params["W_xg"] + h @ params["W_hg"] + params["b_g"])
    return gate, np.tanh(x @ params["W_xh"] + h @ params["W_hh"] + params["b_h"])


def _forward(mix: Callable[[Array, Array, Array], Array]) -> Callable[..., Any]:
    """A step that mixes (g, made, h) in its own way."""

    def step(params: Params, x: Array, h: Array) -> Any:
        g, made = _parts(params, x, h)
        return mix(g, made, h)

    return step


def _gate_from_made(params: Params, x: Array, h: Array) -> Any:
    made = _parts(params, x, h)[1]
    g = _parts(params, x, made)[0]
    return g * made + (1 - g) * h


def _tanh_gate(params: Params, x: Array, h: Array) -> Any:
    made = _parts(params, x, h)[1]
    g = np.tanh(x @ params["W_xg"] + h @ params["W_hg"] + params["b_g"])
    return g * made + (1 - g) * h


def _without(name: str) -> Callable[..., Any]:
    """A step whose gate leaves one of its parameters out."""

    def step(params: Params, x: Array, h: Array) -> Any:
        less = {**params, name: np.zeros_like(params[name])}
        g, made = _parts(less, x, h)
        return g * made + (1 - g) * h

    return step


highway_step = Exercise(
    name="highway_step",
    right=_forward(lambda g, made, h: g * made + (1 - g) * h),
    draw=_draw_highway,
    mistakes={
        "g and 1 - g have changed places: here g lets in what is new, and 1 - g keeps what is old.": (
            _forward(lambda g, made, h: (1 - g) * made + g * h)
        ),
        "the old state is added whole; it keeps only 1 - g of itself.": (
            _forward(lambda g, made, h: g * made + h)
        ),
        "the new part is added whole; only g of it is let in.": (
            _forward(lambda g, made, h: made + (1 - g) * h)
        ),
        "the old state is missing: this only makes the new part smaller.": (
            _forward(lambda g, made, h: g * made)
        ),
        "the gate reads what the cell has just made; it reads the old state.": _gate_from_made,
        "the gate must lie between 0 and 1: use the sigmoid, not tanh.": _tanh_gate,
        "the gate's bias is missing.": _without("b_g"),
        "the gate does not see the old state: h W_hg is missing.": _without("W_hg"),
        "the gate does not see the input: x W_xg is missing.": _without("W_xg"),
    },
)


def _back(
    *roads: str, gated: bool = True, swapped: bool = False, slope: bool = True, sign: int = 1
) -> Callable[..., Array]:
    """The gradient of the old state along some of the three roads, right or with a mistake."""

    def back(params: Params, x: Array, h: Array, dnew: Array) -> Array:
        g, made = _parts(params, x, h)
        keep, let = (g, 1 - g) if swapped else (1 - g, g)
        cell = dnew * (let if gated else 1) * (1 - made**2)
        gate = sign * dnew * (made - h) * (g * (1 - g) if slope else 1)
        along = {"past": dnew * keep, "cell": cell @ params["W_hh"].T, "gate": gate @ params["W_hg"].T}
        total: Array = np.sum([along[road] for road in roads], axis=0)
        return total

    return back


def _right_back(params: Params, x: Array, h: Array, dnew: Array) -> Any:
    step = Highway(RNN(x.shape[1], h.shape[1])).step(params, x, (h,))
    return step.back(np.zeros_like(dnew), (dnew,))[1][0]


ALL = ("past", "cell", "gate")
highway_back = Exercise(
    name="highway_back",
    right=_right_back,
    draw=lambda rng: {**_draw_highway(rng), "dnew": rng.normal(size=(4, 3))},
    mistakes={
        "the direct road is missing, dnew * (1 - g): it is what the highway is for.": _back("cell", "gate"),
        "the road through the gate is missing: the gate reads h too.": _back("past", "cell"),
        "the road through the cell is missing.": _back("past", "gate"),
        "this is the direct road alone; h also reaches the new state through the cell and the gate.": (
            _back("past")
        ),
        "what goes through the cell must be multiplied by g, which let it in.": _back(*ALL, gated=False),
        "g and 1 - g have changed places.": _back(*ALL, swapped=True),
        "the slope of the sigmoid, g (1 - g), is missing on the road through the gate.": (
            _back(*ALL, slope=False)
        ),
        "the sign of the road through the gate is turned: more g means more of what is made, less of h.": (
            _back(*ALL, sign=-1)
        ),
    },
)


# begin_remembering(b_h, value) -> the bias of an LSTM, (4H,) in the order i f g o, with its forget part set


def _set(block: int) -> Callable[[Array, float], Array]:
    def begin(b_h: Array, value: float) -> Array:
        new, H = b_h.copy(), len(b_h) // 4
        new[block * H : (block + 1) * H] = value
        return new

    return begin


def _every_fourth(b_h: Array, value: float) -> Array:
    new = b_h.copy()
    new[1::4] = value
    return new


def _added(b_h: Array, value: float) -> Array:
    new, H = b_h.copy(), len(b_h) // 4
    new[H : 2 * H] += value
    return new


begin_remembering = Exercise(
    name="begin_remembering",
    right=_set(1),
    draw=lambda rng: {"b_h": rng.normal(size=12), "value": float(rng.uniform(1, 3))},
    mistakes={
        "this is the block of the input gate, which decides what is written; f is the second block.": _set(0),
        "this is the block of the candidate g; f is the second block.": _set(2),
        "this is the block of the output gate; f is the second block.": _set(3),
        "all four blocks are set; only the forget gate's is asked for.": (
            lambda b_h, value: np.full_like(b_h, value)
        ),
        "the four blocks stand one after the other, not interleaved.": _every_fourth,
        "the value is added to what was drawn; set it.": _added,
        "only the first unit's bias is set; the forget gate has one for every unit.": (
            lambda b_h, value: np.where(np.arange(len(b_h)) == len(b_h) // 4, value, b_h)
        ),
        "the bias comes back as it was.": lambda b_h, value: b_h.copy(),
    },
)
