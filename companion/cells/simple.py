"""The simple recurrent cell, and the functions that may squash its state."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from companion._arrays import Array, Grads, Params
from companion.cells.base import Basic, State, Step


class Activation(NamedTuple):
    """A function applied to every number alike, with its slope written in terms of its own output."""

    name: str
    f: Callable[[Array], Array]
    slope: Callable[[Array], Array]


TANH = Activation("tanh", np.tanh, lambda h: 1 - h * h)
IDENTITY = Activation("identity", lambda a: a, np.ones_like)
RELU = Activation("relu", lambda a: np.maximum(a, 0), lambda h: (h > 0).astype(h.dtype))


class RNN(Basic):
    """The simple recurrent cell (Elman, 1990).

        h_t = tanh(x_t W_xh + h_{t-1} W_hh + b_h)        y_t = h_t

    W_xh (D, H), W_hh (H, H), b_h (H,); x_t (N, D), h_t (N, H), where D is `input_size`, H is `hidden_size`
    and N the number of sequences in the batch. Another `activation` (IDENTITY, RELU) may stand in the place
    of tanh. Raises ValueError or TypeError where a size or a shape does not fit.
    """

    def __init__(self, input_size: int, hidden_size: int, activation: Activation = TANH) -> None:
        super().__init__(input_size, hidden_size)
        self.activation = activation

    def step(self, params: Params, x: Array, state: State) -> Step:
        """Go one step forward from x (N, D) and state (h,), h (N, H)."""
        W_xh, W_hh, b_h = params["W_xh"], params["W_hh"], params["b_h"]
        self._expect(x, state)
        (h_prev,) = state
        h = self.activation.f(x @ W_xh + h_prev @ W_hh + b_h)

        def back(dy: Array, dstate: State) -> tuple[Array, State, Grads]:
            (dh,) = dstate
            # h reaches the loss by two roads: through this step's output and through the next step.
            da = (dy + dh) * self.activation.slope(h)
            grads = {"W_xh": x.T @ da, "W_hh": h_prev.T @ da, "b_h": da.sum(axis=0)}
            return da @ W_xh.T, (da @ W_hh.T,), grads

        return Step(h, (h,), back)
