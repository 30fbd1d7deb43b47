"""The one loop over time.

`scan` runs any cell along a sequence and keeps, for every step, the function that leads back through it.
Calling these in reverse order is backpropagation through time; the package has no other implementation of it.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from companion._arrays import (
    Array,
    Grads,
    Params,
    expect_floats,
    expect_integers,
    expect_params,
    expect_shape,
)
from companion.cells.base import Cell, Part, State

Tap = Callable[[int, State], None]

# A run keeps much and then frees it all. glibc, the C library of Linux, hands such memory back to the system
# and gets it again page by page, which can take a third of the time; a large array freed once teaches it to
# keep twice its size.
np.empty(31 * 2**20, np.uint8)


class Weight(np.ndarray):
    """A matrix of weights during a run. It does not change, so its transpose, by which every step of the way
    back multiplies, is laid out in memory once. What is computed from it is an ordinary array."""

    @property
    def T(self) -> Any:
        """The transpose."""
        if not hasattr(self, "_turned"):
            self._turned = np.ascontiguousarray(self.view(np.ndarray).T)
        return self._turned

    def __array_wrap__(self, array: Array, *about: object) -> Any:
        return array if array.ndim else array[()]


class Run(NamedTuple):
    """A cell's run along a batch of sequences.

    ys     (N, T, H): the output of every step; zero beyond a sequence's length.
    state  tuple of (N, H): the state after each sequence's own last step.
    back   back(dys, dstate=None, tap=None) -> (dxs, dstate0, grads): from the gradients of the loss with
           respect to `ys` and to the final state (None stands for zero), those with respect to the inputs
           (N, T, D), the initial state, and every parameter, summed over steps and sequences.

    On its way back a `tap` is shown, as tap(t, dstate), the gradient with respect to the state after step t
    that comes from later steps and from the final state, for t = T-1, ..., 0, and at t = -1 that of the
    initial state (see `companion.taps`).
    """

    ys: Array
    state: State
    back: Callable[..., tuple[Array, State, Grads]]


def scan(
    cell: Cell, params: Params, xs: Array, state: State | None = None, lengths: ArrayLike | None = None
) -> Run:
    """Run `cell` along xs (N, T, D), from `state` (zeros where none is given).

    `lengths` (N,), integers in 1..T, says how many steps of each sequence are real: beyond them the state
    stands still and the output is zero. Raises ValueError or TypeError, naming expected and actual, for a
    wrong shape or type, for an empty batch or sequence, and for numbers that are not finite.
    """
    expect_shape("xs", xs, "N", "T", cell.input_size)
    expect_floats("xs", xs)
    expect_params(params, cell.shapes, xs.dtype)
    weights = {name: value.view(Weight) if value.ndim == 2 else value for name, value in params.items()}
    N, T, _ = xs.shape
    state = checked_state(cell, state, N, xs.dtype)
    keep = _keeper(lengths, N, T)

    ys, backs = [], []
    for t in range(T):
        step = cell.step(weights, xs[:, t], state)
        state = tuple(keep(t, new, old) for new, old in zip(step.state, state, strict=True))
        ys.append(keep(t, step.y, 0))
        backs.append(step.back)
    outputs = np.stack(ys, axis=1)

    def back(
        dys: Array | None, dstate: State | None = None, tap: Tap | None = None
    ) -> tuple[Array, State, Grads]:
        dys = np.zeros_like(outputs) if dys is None else dys
        expect_shape("dys", dys, *outputs.shape)
        expect_floats("dys", dys, xs.dtype)
        dstate = checked_state(cell, dstate, N, xs.dtype, "d")
        dxs = np.empty_like(xs)
        grads = {name: np.zeros_like(value) for name, value in params.items()}
        for t in reversed(range(T)):
            if tap:
                tap(t, dstate)
            live_dstate = tuple(keep(t, d, 0) for d in dstate)
            dx, dstate_prev, step_grads = backs[t](keep(t, dys[:, t], 0), live_dstate)
            # Where a sequence has ended the state stood still, so its gradient passes unchanged.
            dstate = tuple(keep(t, new, old) for new, old in zip(dstate_prev, dstate, strict=True))
            dxs[:, t] = dx
            for name, grad in step_grads.items():
                grads[name] += grad
        if tap:
            tap(-1, dstate)
        return dxs, dstate, grads

    return Run(outputs, state, back)


def checked_state(cell: Part, state: State | None, N: int, dtype: np.dtype, prefix: str = "") -> State:
    """The given state, checked against the cell's own zero state, or that zero state."""
    zero = cell.zero_state(N, dtype)
    if state is None:
        return zero
    if not isinstance(state, tuple) or len(state) != len(zero):
        names = ", ".join(prefix + name for name in cell.state_names) + "," * (len(zero) == 1)
        got = f"{len(state)} arrays" if isinstance(state, tuple) else type(state).__name__
        raise ValueError(f"{prefix}state must be a tuple ({names}) of {len(zero)}, got {got}")
    for name, have, want in zip(cell.state_names, state, zero, strict=True):
        expect_shape(prefix + name, have, *want.shape)
        expect_floats(prefix + name, have, dtype)
    return state


def _keeper(lengths: ArrayLike | None, N: int, T: int) -> Callable[[int, Array, ArrayLike], Array]:
    """keep(t, new, old) -> `new` where step t of a sequence is real, `old` where the sequence has ended."""
    if lengths is None:
        return lambda t, new, old: new
    lengths = expect_integers("lengths", lengths, 1, T)
    expect_shape("lengths", lengths, N)
    live = (np.arange(T)[:, None] < lengths)[:, :, None]
    return lambda t, new, old: np.where(live[t], new, old)
