"""The two gated cells: LSTM and GRU.

A gate is a row of numbers between 0 and 1, one for each unit, computed from the input and the old state.
Multiplied with something, it decides unit by unit how much of it passes.
"""

from typing import NamedTuple

import numpy as np

from companion._arrays import Array, Grads, Params, Shapes
from companion.cells.base import Basic, State, Step


def sigmoid(a: Array) -> Array:
    """1 / (1 + exp(-a)), written with tanh so that no exp can overflow."""
    s = np.tanh(0.5 * a)
    s *= 0.5  # in place: of a batch of numbers no second copy is made
    s += 0.5
    return s


class LSTMGates(NamedTuple):
    """What an LSTM computes at a step before it changes its memory, each (N, H).

    i, f, o  the input, forget and output gates;  g  the candidate, what may be written into the memory.
    """

    i: Array
    f: Array
    g: Array
    o: Array


class LSTM(Basic):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997), with the forget gate of Gers et al. (2000).

        i_t, f_t, o_t = sigmoid(x_t W_x* + h_{t-1} W_h* + b_*)
        g_t = tanh(x_t W_xg + h_{t-1} W_hg + b_g)
        c_t = f_t * c_{t-1} + i_t * g_t        h_t = o_t * tanh(c_t)        y_t = h_t

    The four blocks stand side by side in the order i f g o: W_xh (D, 4H), W_hh (H, 4H), b_h (4H,). The state
    is (h, c), both (N, H). Raises ValueError or TypeError where a size or a shape does not fit.
    """

    gates = 4
    state_names: tuple[str, ...] = ("h", "c")

    def look(self, params: Params, x: Array, state: State) -> LSTMGates:
        """The gates and the candidate at a step from x (N, D) and state (h, c)."""
        self._expect(x, state)
        a = x @ params["W_xh"]
        a += state[0] @ params["W_hh"]  # in place: sums of four gates are the largest arrays of a step
        a += params["b_h"]
        a_i, a_f, a_g, a_o = self._blocks(a)
        return LSTMGates(sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o))

    def step(self, params: Params, x: Array, state: State) -> Step:
        """Go one step forward from x (N, D) and state (h, c)."""
        W_xh, W_hh = params["W_xh"], params["W_hh"]
        h_prev, c_prev = state
        i, f, g, o = self.look(params, x, state)
        c = f * c_prev + i * g
        h = o * np.tanh(c)

        def back(dy: Array, dstate: State) -> tuple[Array, State, Grads]:
            dh, dc = dstate
            dh = dy + dh
            tanh_c = np.tanh(c)  # made anew: quicker than to keep it for every step
            # c reaches the loss by two roads: through h at this step and through c at the next.
            dc = dc + dh * o * (1 - tanh_c * tanh_c)
            da_i = dc * g * i * (1 - i)
            da_f = dc * c_prev * f * (1 - f)
            da_g = dc * i * (1 - g * g)
            da_o = dh * tanh_c * o * (1 - o)
            da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
            grads = {"W_xh": x.T @ da, "W_hh": h_prev.T @ da, "b_h": da.sum(axis=0)}
            return da @ W_xh.T, (da @ W_hh.T, dc * f), grads

        return Step(h, (h, c), back)


class GRUGates(NamedTuple):
    """What a GRU computes at a step before it changes its memory, each (N, H).

    r, z  the reset and update gates;  n  the candidate;  m  what memory offers to the candidate before r
    lets a part of it pass.
    """

    r: Array
    z: Array
    n: Array
    m: Array


class GRU(Basic):
    """The gated recurrent unit (Cho et al., 2014), in the form of `torch.nn.GRU`.

        r_t, z_t = sigmoid(x_t W_x* + h_{t-1} W_h* + b_*)
        n_t = tanh(x_t W_xn + b_n + r_t * (h_{t-1} W_hn + b_hn))
        h_t = (1 - z_t) * n_t + z_t * h_{t-1}        y_t = h_t

    The three blocks stand side by side in the order r z n: W_xh (D, 3H), W_hh (H, 3H), b_h (3H,); the reset
    gate is applied after the product, which therefore has a bias of its own, b_hn (H,). Raises ValueError or
    TypeError where a size or a shape does not fit.
    """

    gates = 3

    @property
    def shapes(self) -> Shapes:
        """The shape of every parameter, by name."""
        return {**super().shapes, "b_hn": (self.hidden_size,)}

    def look(self, params: Params, x: Array, state: State) -> GRUGates:
        """The gates and the candidate at a step from x (N, D) and state (h,)."""
        self._expect(x, state)
        a_r, a_z, a_n = self._blocks(x @ params["W_xh"] + params["b_h"])
        u_r, u_z, u_n = self._blocks(state[0] @ params["W_hh"])
        r, m = sigmoid(a_r + u_r), u_n + params["b_hn"]
        return GRUGates(r, sigmoid(a_z + u_z), np.tanh(a_n + r * m), m)

    def step(self, params: Params, x: Array, state: State) -> Step:
        """Go one step forward from x (N, D) and state (h,)."""
        W_xh, W_hh = params["W_xh"], params["W_hh"]
        (h_prev,) = state
        r, z, n, m = self.look(params, x, state)
        h = (1 - z) * n + z * h_prev

        def back(dy: Array, dstate: State) -> tuple[Array, State, Grads]:
            (dh,) = dstate
            dh = dy + dh
            da_z = dh * (h_prev - n) * z * (1 - z)
            da_n = dh * (1 - z) * (1 - n * n)
            da_r = da_n * m * r * (1 - r)
            da = np.concatenate([da_r, da_z, da_n], axis=1)
            # The memory's share of the candidate comes through the reset gate, that of the input does not.
            dm = da_n * r
            du = np.concatenate([da_r, da_z, dm], axis=1)
            grads = {
                "W_xh": x.T @ da,
                "W_hh": h_prev.T @ du,
                "b_h": da.sum(axis=0),
                "b_hn": dm.sum(axis=0),
            }
            return da @ W_xh.T, (du @ W_hh.T + dh * z,), grads

        return Step(h, (h,), back)
