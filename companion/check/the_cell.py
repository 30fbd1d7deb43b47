"""Checkers for the exercises of the chapter on the cell and its memory.

They know how people miscount what a tower of windows sees, where the gates do not belong, how layers get in
one another's way when they walk through time together, and how a memory gets lost between two readings.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from companion._arrays import Array, Grads, Shapes
from companion.cells import IDENTITY, RNN, TANH, Activation
from companion.check import Exercise, Inputs, Report
from companion.scan import scan

# The tower: tower(width, reach, D, H) -> layers, parameters


def _layers(width: int, reach: int) -> int:
    return -((1 - reach) // (width - 1))


def _weights(layers: int, width: int, D: int, H: int) -> int:
    return width * D * H + H + (layers - 1) * (width * H * H + H)


def _miscounted(layers: Callable[[int, int], int]) -> Callable[..., tuple[int, int]]:
    """A `tower` that counts its layers in another way, and all else as it should."""

    def attempt(width: int, reach: int, D: int, H: int) -> tuple[int, int]:
        found = layers(width, reach)
        return found, _weights(found, width, D, H)

    return attempt


def _misweighed(weights: Callable[[int, int, int, int], int]) -> Callable[..., tuple[int, int]]:
    """A `tower` with the right layers whose parameters are counted as weights(layers, width, D, H)."""

    def attempt(width: int, reach: int, D: int, H: int) -> tuple[int, int]:
        found = _layers(width, reach)
        return found, weights(found, width, D, H)

    return attempt


def _draw_tower(rng: np.random.Generator) -> Inputs:
    width, full = int(rng.integers(4, 7)), int(rng.integers(12, 18))
    # The last layer is needed for a part of its width only, so that rounding down is seen.
    reach = 1 + full * (width - 1) + int(rng.integers(1, width - 1))
    return {"width": width, "reach": reach, "D": int(rng.integers(2, 5)), "H": int(rng.integers(5, 9))}


tower = Exercise(
    "tower",
    _misweighed(_weights),
    _draw_tower,
    {
        "a further layer adds width - 1 steps, not width: its windows overlap in the present step.": (
            _miscounted(lambda width, reach: -(-reach // width))
        ),
        "a layer is missing: round up, and count the lowest one as well.": _miscounted(
            lambda width, reach: _layers(width, reach) - 1
        ),
        "there is a layer too many.": _miscounted(lambda width, reach: _layers(width, reach) + 1),
        "the biases are missing: H in each layer.": _misweighed(
            lambda n, width, D, H: _weights(n, width, D, H) - n * H
        ),
        "the biases are counted once; each layer has H of its own.": _misweighed(
            lambda n, width, D, H: _weights(n, width, D, H) - (n - 1) * H
        ),
        "all layers are counted as if they read D numbers; only the lowest does, the others read H.": (
            _misweighed(lambda n, width, D, H: n * (width * D * H + H))
        ),
        "all layers are counted as if they read H numbers; the lowest reads D.": _misweighed(
            lambda n, width, D, H: n * (width * H * H + H)
        ),
        "a kernel has weights for each of its `width` steps.": _misweighed(
            lambda n, width, D, H: _weights(n, 1, D, H)
        ),
        "only the lowest layer is counted; layers do not share their weights.": _misweighed(
            lambda n, width, D, H: _weights(1, width, D, H)
        ),
    },
    results=("layers", "parameters"),
)


# The shapes: shapes(D, H, K, G) -> {name: shape}


def _shapes(D: int, H: int, K: int, G: int) -> Shapes:
    return {"W_xh": (D, G * H), "W_hh": (H, G * H), "b_h": (G * H,), "W_hy": (H, K), "b_y": (K,)}


def _transposed(D: int, H: int, K: int, G: int) -> Shapes:
    return {name: shape[::-1] for name, shape in _shapes(D, H, K, G).items()}


_shapes_exercise = Exercise(
    "shapes",
    _shapes,
    lambda rng: {name: int(n) for name, n in zip("DHKG", rng.permutation([2, 3, 4, 5, 7])[:4], strict=True)},
    {  # only the wrong parts are compared, so that those with fewer of them come first
        "the bias has one number for each of the G * H sums.": (
            lambda D, H, K, G: {**_shapes(D, H, K, G), "b_h": (H,)}
        ),
        "W_hh has G * H columns: the state, too, goes into every gate.": (
            lambda D, H, K, G: {**_shapes(D, H, K, G), "W_hh": (H, H)}
        ),
        "only W_xh has the gates; the state and the bias add to the same G * H sums.": (
            lambda D, H, K, G: {**_shapes(D, H, K, 1), "W_xh": (D, G * H)}
        ),
        "the gates are left out: W_xh, W_hh and b_h make G * H numbers.": (
            lambda D, H, K, G: _shapes(D, H, K, 1)
        ),
        "the matrices are transposed: rows are what goes in, columns what comes out.": _transposed,
        "W_hh is given the state, which has H numbers: its rows are H, not G * H.": (
            lambda D, H, K, G: {**_shapes(D, H, K, G), "W_hh": (G * H, G * H)}
        ),
        "the read-out sees the state, which has H numbers: G does not concern it.": (
            lambda D, H, K, G: {**_shapes(D, H, K, G), "W_hy": (G * H, K)}
        ),
        "the memory is counted with G * H numbers throughout; it has H.": (
            lambda D, H, K, G: {**_shapes(D, H, K, G), "W_hh": (G * H, G * H), "W_hy": (G * H, K)}
        ),
        "the gates lie on the wrong side: the G * H numbers come out, they are the columns.": (
            lambda D, H, K, G: {**_shapes(D, H, K, G), "W_xh": (G * D, H), "W_hh": (G * H, H)}
        ),
        "a bias is a row of numbers with one axis, (G * H,) and (K,).": (
            lambda D, H, K, G: {**_shapes(D, H, K, G), "b_h": (1, G * H), "b_y": (1, K)}
        ),
    },
    results=("W_xh", "W_hh", "b_h", "W_hy", "b_y"),
)


def shapes(attempt: Callable[..., Any]) -> Report:
    """Check the shapes of all arrays; a bias may be given as (5,) or, as NumPy allows too, as 5."""
    if not callable(attempt):
        return _shapes_exercise(attempt)

    def with_tuples(*sizes: int) -> Any:
        returned = attempt(*sizes)
        if not isinstance(returned, Mapping):
            return returned
        return {k: (v,) if isinstance(v, int | np.integer) else v for k, v in returned.items()}

    return _shapes_exercise(with_tuples)


# Column by column: columns(xs, layers) -> states of the top layer (N, T, H)


def _rows(xs: Array, layers: Sequence[Grads], activation: Activation = TANH) -> Array:
    for params in layers:
        D, H = params["W_xh"].shape
        xs = scan(RNN(D, H, activation), params, xs).ys
    return xs


def _walk(
    xs: Array, layers: Sequence[Grads], own_memory: bool = True, delayed: bool = False, carried: bool = True
) -> Array:
    """Step by step through all layers; each with its own memory, and hearing the step before if `delayed`."""
    memories = [np.zeros((len(xs), len(params["W_hh"]))) for params in layers]
    top = []
    for t in range(xs.shape[1]):
        heard = [xs[:, t], *(memory.copy() for memory in memories)]
        x = xs[:, t]
        for i, params in enumerate(layers):
            memory = memories[i if own_memory else 0] if carried else 0 * memories[i]
            source = heard[i] if delayed else x
            x = np.tanh(source @ params["W_xh"] + memory @ params["W_hh"] + params["b_h"])
            memories[i if own_memory else 0] = x
        top.append(x)
    return np.stack(top, axis=1)


def _draw_layers(rng: np.random.Generator) -> Inputs:
    # As many inputs as units: then layers that read the wrong thing fit, and are told by their numbers.
    cell = RNN(3, 3)
    layers = [{k: rng.normal(size=shape) for k, shape in cell.shapes.items()} for _ in range(3)]
    return {"xs": rng.normal(size=(2, 5, 3)), "layers": layers}


columns = Exercise(
    "columns",
    _rows,
    _draw_layers,
    {
        "the layers share one memory; each keeps its own from step to step.": (
            lambda xs, layers: _walk(xs, layers, own_memory=False)
        ),
        "a layer reads what the one below made at the step before; it reads that of the same step.": (
            lambda xs, layers: _walk(xs, layers, delayed=True)
        ),
        "the memories are lost between the steps: every step starts from zeros.": (
            lambda xs, layers: _walk(xs, layers, carried=False)
        ),
        "every layer reads xs; only the lowest does, the others read the layer below.": (
            lambda xs, layers: _rows(xs, layers[-1:])
        ),
        "these are the states of the lowest layer; the top one is wanted.": (
            lambda xs, layers: _rows(xs, layers[:1])
        ),
        "the layers come in the wrong order: the first of the list is the lowest.": (
            lambda xs, layers: _rows(xs, layers[::-1])
        ),
        "all layers have the weights of the lowest.": lambda xs, layers: _rows(xs, [layers[0]] * len(layers)),
        "only the last step is returned; keep the top state of every step.": (
            lambda xs, layers: _rows(xs, layers)[:, -1]
        ),
        "the result has time first, (T, N, H); stack along axis 1 for (N, T, H).": (
            lambda xs, layers: _rows(xs, layers).swapaxes(0, 1)
        ),
        "the tanh is missing.": lambda xs, layers: _rows(xs, layers, IDENTITY),
        "the biases are missing.": lambda xs, layers: _rows(
            xs, [{**layer, "b_h": 0 * layer["b_h"]} for layer in layers]
        ),
    },
)


# Twice: read_twice(xs, W_xh, W_hh, b_h) -> state after one reading, state after two, each (N, H)

Pair = tuple[Array, Array]


def _after(xs: Array, params: Grads, start: Array | None = None) -> Array:
    state = None if start is None else (start,)
    return scan(RNN(*params["W_xh"].shape), params, xs, state).state[0]


def _twice(
    xs: Array, W_xh: Array, W_hh: Array, b_h: Array, again: Callable[[Array], Array] = lambda xs: xs
) -> Pair:
    """The two states, where the second reading is of again(xs)."""
    params = {"W_xh": W_xh, "W_hh": W_hh, "b_h": b_h}
    once = _after(xs, params)
    return once, _after(again(xs), params, once)


def _second(again: Callable[[Array], Array]) -> Callable[[Array, Array, Array, Array], Pair]:
    """A `read_twice` whose second reading is of again(xs)."""
    return lambda xs, W_xh, W_hh, b_h: _twice(xs, W_xh, W_hh, b_h, again)


def _forgotten(xs: Array, W_xh: Array, W_hh: Array, b_h: Array) -> Pair:
    once, _ = _twice(xs, W_xh, W_hh, b_h)
    return once, once


def _every_step_twice(xs: Array, W_xh: Array, W_hh: Array, b_h: Array) -> Pair:
    once, _ = _twice(xs, W_xh, W_hh, b_h)
    return once, _twice(np.repeat(xs, 2, axis=1), W_xh, W_hh, b_h)[0]


def _all_states(xs: Array, W_xh: Array, W_hh: Array, b_h: Array) -> Pair:
    params = {"W_xh": W_xh, "W_hh": W_hh, "b_h": b_h}
    first = scan(RNN(*W_xh.shape), params, xs)
    return first.ys, scan(RNN(*W_xh.shape), params, xs, first.state).ys


read_twice = Exercise(
    "read_twice",
    _twice,
    lambda rng: {
        "xs": rng.normal(size=(2, 5, 4)),
        **{k: rng.normal(size=shape) for k, shape in RNN(4, 3).shapes.items()},
    },
    {
        "the second reading starts from zeros again; it starts from the state that the first has left.": (
            _forgotten
        ),
        "each step is read twice before the next; read the whole sequence, then all of it once more.": (
            _every_step_twice
        ),
        "the second reading runs backwards.": (_second(lambda xs: xs[:, ::-1])),
        "the two states are in the wrong order: first the one after a single reading.": (
            lambda xs, *weights: _twice(xs, *weights)[::-1]
        ),
        "these are three readings; the second state comes after two.": (
            _second(lambda xs: np.concatenate([xs, xs], axis=1))
        ),
        "the states of all steps are returned; only the last of each reading is wanted, (N, H).": _all_states,
    },
    results=("once", "twice"),
)
