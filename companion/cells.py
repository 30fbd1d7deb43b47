"""Recurrent cells: what happens in one step of time, forward and backward.

A cell's `step` computes the new state and returns, beside it, the function that pulls gradients back through
that same step. Forward and backward stand together and share their local names. A cell knows nothing about
time: `companion.scan` owns the loop.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np

from companion._arrays import Array, Grads, Params, Shapes, expect_shape, expect_size

State = tuple[Array, ...]
Back = Callable[[Array, State], tuple[Array, State, Grads]]


class Step(NamedTuple):
    """One step of a cell: its output, its new state, and the way back.

    y      (N, H): what the cell shows to the outside at this step.
    state  tuple of (N, H): what the cell hands to its next step.
    back   back(dy, dstate) -> (dx, dstate_prev, grads): from the gradients of the loss with respect to `y`
           and to the new state, those with respect to the step's input, its old state, and every parameter.
    """

    y: Array
    state: State
    back: Back


class Cell(Protocol):
    """What `scan` and `gradcheck` ask of a cell."""

    input_size: int
    hidden_size: int
    state_names: tuple[str, ...]

    @property
    def shapes(self) -> Shapes: ...
    def init(self, rng: np.random.Generator, dtype: Any = np.float64) -> Grads: ...
    def zero_state(self, N: int, dtype: Any = np.float64) -> State: ...
    def step(self, params: Params, x: Array, state: State) -> Step: ...


class Activation(NamedTuple):
    """A function applied to every number alike, with its slope written in terms of its own output."""

    name: str
    f: Callable[[Array], Array]
    slope: Callable[[Array], Array]


TANH = Activation("tanh", np.tanh, lambda h: 1 - h * h)
IDENTITY = Activation("identity", lambda a: a, np.ones_like)
RELU = Activation("relu", lambda a: np.maximum(a, 0), lambda h: (h > 0).astype(h.dtype))


class RNN:
    """The simple recurrent cell (Elman, 1990).

        h_t = tanh(x_t W_xh + h_{t-1} W_hh + b_h)        y_t = h_t

    W_xh (D, H), W_hh (H, H), b_h (H,); x_t (N, D), h_t (N, H), where D is `input_size`, H is `hidden_size`
    and N the number of sequences in the batch. Another `activation` (IDENTITY, RELU) may stand in the place
    of tanh. Raises ValueError or TypeError where a size or a shape does not fit.
    """

    state_names: tuple[str, ...] = ("h",)

    def __init__(self, input_size: int, hidden_size: int, activation: Activation = TANH) -> None:
        self.input_size = expect_size("input_size", input_size)
        self.hidden_size = expect_size("hidden_size", hidden_size)
        self.activation = activation

    @property
    def shapes(self) -> Shapes:
        """The shape of every parameter, by name."""
        D, H = self.input_size, self.hidden_size
        return {"W_xh": (D, H), "W_hh": (H, H), "b_h": (H,)}

    def init(self, rng: np.random.Generator, dtype: Any = np.float64) -> Grads:
        """Draw every parameter uniformly from (-1/sqrt(H), 1/sqrt(H)), as `torch.nn.RNN` does."""
        bound = self.hidden_size**-0.5
        return {name: rng.uniform(-bound, bound, shape).astype(dtype) for name, shape in self.shapes.items()}

    def zero_state(self, N: int, dtype: Any = np.float64) -> State:
        """The empty memory before the first step: one (N, H) array of zeros."""
        return (np.zeros((N, self.hidden_size), dtype),)

    def step(self, params: Params, x: Array, state: State) -> Step:
        """Go one step forward from x (N, D) and state (h,), h (N, H)."""
        W_xh, W_hh, b_h = params["W_xh"], params["W_hh"], params["b_h"]
        (h_prev,) = state
        expect_shape("x", x, "N", self.input_size)
        expect_shape("h", h_prev, len(x), self.hidden_size)
        h = self.activation.f(x @ W_xh + h_prev @ W_hh + b_h)

        def back(dy: Array, dstate: State) -> tuple[Array, State, Grads]:
            (dh,) = dstate
            # h reaches the loss by two roads: through this step's output and through the next step.
            da = (dy + dh) * self.activation.slope(h)
            grads = {"W_xh": x.T @ da, "W_hh": h_prev.T @ da, "b_h": da.sum(axis=0)}
            return da @ W_xh.T, (da @ W_hh.T,), grads

        return Step(h, (h,), back)
