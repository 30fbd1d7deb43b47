"""The proof of a backward pass: compare it, number by number, with what the forward pass does.

A central difference asks the forward pass itself how the loss answers to a small change of one number. Where
the written gradient agrees with that for every number, the backward pass is believed.
"""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from companion._arrays import Array, Grads
from companion.cells.base import Cell
from companion.scan import scan
from companion.whole import Whole

Function = Callable[[Mapping[str, Array]], tuple[float, Mapping[str, Array]]]


def gradcheck(
    target: Cell | Whole | Function,
    arrays: Mapping[str, Array] | None = None,
    *,
    rng: np.random.Generator | None = None,
    N: int = 3,
    T: int = 7,
    lengths: ArrayLike | None = None,
    epsilon: float = 1e-5,
) -> dict[str, float]:
    """Return {name: relative error} of a backward pass against central differences, in float64.

    `gradcheck(cell)` draws parameters, inputs (N, T, D), an initial state and random gradients for every
    output and for the final state, and checks every parameter, the inputs `xs` and the initial state (`h_0`).
    A network of `companion.whole` is checked in the same way.
    `gradcheck(f, arrays)` checks any function f(arrays) -> (loss, {name: gradient}) at the float64 `arrays`.

    The error of an array is max|written - measured| / max(|written|, |measured|), 0 where both are zero and
    infinite where one is not finite. A right backward pass stays below 1e-7, a wrong one lands far above; at
    a kink (a ReLU within `epsilon` of 0) the differences themselves mislead. Raises ValueError or TypeError
    for a function that gives no number or leaves out a gradient.
    """
    if not callable(target):
        f, arrays = _as_function(target, rng or np.random.default_rng(0), N, T, lengths)
    elif arrays is None:
        raise TypeError("gradcheck(f, arrays) needs the arrays at which to check f, got none")
    else:
        f = target
    return compare(written_gradients(f, arrays), measured_gradients(f, arrays, epsilon))


def written_gradients(f: Function, arrays: Mapping[str, Array]) -> Grads:
    """The gradients that f itself returns, one per array, checked for names and shapes."""
    for name, value in arrays.items():
        if not isinstance(value, np.ndarray) or value.dtype != np.float64:
            got = value.dtype if isinstance(value, np.ndarray) else type(value).__name__
            raise TypeError(f"{name} must be a float64 array for a gradient check, got {got}")
    loss, grads = f(arrays)
    if np.ndim(loss) != 0:
        raise ValueError(f"the loss must be one number, got shape {np.shape(loss)}")
    want, have = ({k: np.shape(a) for k, a in mapping.items()} for mapping in (arrays, grads))
    if want != have:
        raise ValueError(f"gradients must have the names and shapes of the arrays {want}, got {have}")
    return {name: np.asarray(grads[name]) for name in arrays}


def measured_gradients(f: Function, arrays: Mapping[str, Array], epsilon: float = 1e-5) -> Grads:
    """The central differences (f(a + epsilon) - f(a - epsilon)) / (2 epsilon), for every number a in turn."""
    measured = {}
    for name, value in arrays.items():
        gradient = np.empty_like(value)
        for index in np.ndindex(value.shape):
            high, low = value.copy(), value.copy()
            high[index] += epsilon
            low[index] -= epsilon
            gradient[index] = (f({**arrays, name: high})[0] - f({**arrays, name: low})[0]) / (2 * epsilon)
        measured[name] = gradient
    return measured


def compare(written: Mapping[str, Array], measured: Mapping[str, Array]) -> dict[str, float]:
    """The relative error of each array of `written` against the one of the same name in `measured`."""
    errors = {}
    for name, a in written.items():
        b = measured[name]
        if not (np.isfinite(a).all() and np.isfinite(b).all()):
            errors[name] = np.inf  # a comparison with nan would be lost in the largest of several errors
            continue
        scale = max(np.abs(a).max(), np.abs(b).max())
        errors[name] = float(np.abs(a - b).max() / scale) if scale > 0 else 0.0
    return errors


def _as_function(
    cell: Cell | Whole, rng: np.random.Generator, N: int, T: int, lengths: ArrayLike | None
) -> tuple[Function, dict[str, Array]]:
    """The run of a cell as a function of its arrays; the loss weighs every output by a random number."""
    state0 = tuple(rng.normal(size=h.shape) for h in cell.zero_state(N))
    names = [f"{name}_0" for name in cell.state_names]
    params = {name: rng.normal(scale=0.5, size=shape) for name, shape in cell.shapes.items()}
    xs = rng.normal(size=(N, T, cell.input_size))
    dys = rng.normal(size=(N, T, cell.hidden_size))
    dstate = tuple(rng.normal(size=h.shape) for h in state0)
    forward = cell.run if isinstance(cell, Whole) else partial(scan, cell)

    def f(arrays: Mapping[str, Array]) -> tuple[float, Mapping[str, Array]]:
        own = {name: arrays[name] for name in params}
        run = forward(own, arrays["xs"], tuple(arrays[name] for name in names), lengths)
        loss = (run.ys * dys).sum() + sum((h * d).sum() for h, d in zip(run.state, dstate, strict=True))
        dxs, dstate0, grads = run.back(dys, dstate)
        return float(loss), {**grads, "xs": dxs, **dict(zip(names, dstate0, strict=True))}

    return f, {**params, "xs": xs, **dict(zip(names, state0, strict=True))}
