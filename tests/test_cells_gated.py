"""The gated cells: their equations number by number, and what a gate that is open or shut does."""

import math
import re

import numpy as np
import pytest

from companion.cells import GRU, LSTM, sigmoid
from companion.scan import scan

N, D, H = 2, 3, 4


def drawn(kind, dtype=np.float64):
    rng = np.random.default_rng(1)
    cell = kind(D, H)
    state = tuple(rng.normal(size=(N, H)).astype(dtype) for _ in cell.state_names)
    return cell, cell.init(rng, dtype), rng.normal(size=(N, D)).astype(dtype), state


def total(params, x, h, n, column, recurrent=True):
    """One sum of an input row, a state row and a bias."""
    return (
        params["b_h"][column]
        + sum(x[n, k] * params["W_xh"][k, column] for k in range(D))
        + recurrent * sum(h[n, k] * params["W_hh"][k, column] for k in range(H))
    )


def logistic(a):
    return 1 / (1 + math.exp(-a))


def test_an_lstm_is_its_equations_number_by_number():
    cell, params, x, (h, c) = drawn(LSTM)
    step = cell.step(params, x, (h, c))
    for n in range(N):
        for j in range(H):
            i, f, g, o = (total(params, x, h, n, block * H + j) for block in range(4))
            c_new = logistic(f) * c[n, j] + logistic(i) * math.tanh(g)
            assert step.state[1][n, j] == pytest.approx(c_new, rel=1e-13)
            assert step.state[0][n, j] == pytest.approx(logistic(o) * math.tanh(c_new), rel=1e-13)
    assert step.y is step.state[0]


def test_a_gru_is_its_equations_number_by_number():
    cell, params, x, (h,) = drawn(GRU)
    step = cell.step(params, x, (h,))
    for n in range(N):
        for j in range(H):
            r, z = (logistic(total(params, x, h, n, block * H + j)) for block in (0, 1))
            memory = sum(h[n, k] * params["W_hh"][k, 2 * H + j] for k in range(H)) + params["b_hn"][j]
            new = math.tanh(total(params, x, h, n, 2 * H + j, recurrent=False) + r * memory)
            assert step.y[n, j] == pytest.approx((1 - z) * new + z * h[n, j], rel=1e-13)
    assert len(step.state) == 1
    assert step.y is step.state[0]


@pytest.mark.parametrize("kind", [LSTM, GRU])
def test_what_is_looked_at_is_what_the_step_uses(kind):
    cell, params, x, state = drawn(kind)
    gates = cell.look(params, x, state)
    new = cell.step(params, x, state).state
    if kind is LSTM:
        np.testing.assert_array_equal(new[1], gates.f * state[1] + gates.i * gates.g)
        np.testing.assert_array_equal(new[0], gates.o * np.tanh(new[1]))
    else:
        np.testing.assert_array_equal(new[0], (1 - gates.z) * gates.n + gates.z * state[0])
    for name, gate in gates._asdict().items():
        assert gate.shape == (N, H)
        if name in "iforz":
            assert ((gate > 0) & (gate < 1)).all()


def test_the_gates_of_an_lstm_open_and_shut():
    """A bias of -40 shuts a gate and one of 40 opens it, in the order i f g o."""
    cell, params, x, (h, c) = drawn(LSTM)

    def with_bias(i, f, o):
        bias = np.concatenate([np.full(H, b) for b in (i, f, 0.0, o)])
        return cell.step({**params, "b_h": bias}, x, (h, c)).state

    np.testing.assert_allclose(with_bias(-40, 40, 0)[1], c, rtol=1e-12)  # nothing written, nothing lost
    np.testing.assert_allclose(with_bias(-40, -40, 0)[1], 0, atol=1e-12)  # all forgotten
    np.testing.assert_allclose(with_bias(0, 0, -40)[0], 0, atol=1e-12)  # nothing shown
    shown, memory = with_bias(0, 0, 40)
    np.testing.assert_allclose(shown, np.tanh(memory), rtol=1e-12)  # all shown


def test_the_gates_of_a_gru_open_and_shut():
    cell, params, x, (h,) = drawn(GRU)

    def with_bias(r, z):
        bias = np.concatenate([np.full(H, b) for b in (r, z, 0.0)])
        return cell.step({**params, "b_h": bias}, x, (h,)).y

    np.testing.assert_allclose(with_bias(0, 40), h, rtol=1e-12)  # z = 1 keeps the memory
    no_memory = np.tanh(x @ params["W_xh"][:, 2 * H :])
    np.testing.assert_allclose(with_bias(-40, -40), no_memory, rtol=1e-12)  # r = 0 shuts it out
    through = no_memory_with = np.arctanh(no_memory) + h @ params["W_hh"][:, 2 * H :] + params["b_hn"]
    np.testing.assert_allclose(with_bias(40, -40), np.tanh(through), rtol=1e-12)
    assert not np.allclose(no_memory_with, no_memory)


@pytest.mark.parametrize(("kind", "gates", "names"), [(LSTM, 4, ("h", "c")), (GRU, 3, ("h",))])
def test_names_and_shapes(kind, gates, names):
    cell = kind(D, H)
    assert (cell.input_size, cell.hidden_size, cell.state_names, cell.gates) == (D, H, names, gates)
    extra = {"b_hn": (H,)} if kind is GRU else {}
    shapes = {"W_xh": (D, gates * H), "W_hh": (H, gates * H), "b_h": (gates * H,), **extra}
    assert cell.shapes == shapes
    params = kind(30, 25).init(np.random.default_rng(0))
    values = np.concatenate([p.ravel() for p in params.values()])
    assert np.abs(values).max() <= 1 / 5
    assert values.std() == pytest.approx(1 / 5 / np.sqrt(3), rel=0.03)
    assert [s.shape for s in cell.zero_state(7)] == [(7, H)] * len(names)


def test_the_sigmoid_does_not_overflow():
    a = np.array([-1e4, -30.0, -1.0, 0.0, 2.0, 30.0, 1e4])
    with np.errstate(all="raise", under="ignore"):
        found = sigmoid(a)
    np.testing.assert_allclose(found[1:-1], 1 / (1 + np.exp(-a[1:-1])), rtol=1e-6, atol=1e-15)
    assert (found[0], found[-1]) == (0, 1)
    assert sigmoid(a.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("kind", [LSTM, GRU])
def test_states_that_do_not_fit_are_refused(kind):
    cell, params, x, state = drawn(kind)
    last = cell.state_names[-1]
    with pytest.raises(ValueError, match=re.escape(f"{last} must have shape (2, 4), got (1, 4)")):
        cell.step(params, x, (*state[:-1], state[-1][:1]))
    with pytest.raises(ValueError, match=re.escape("x must have shape (N, 3), got (2, 4)")):
        cell.step(params, state[0], state)
    with pytest.raises(ValueError, match=re.escape("params must hold")):
        scan(cell, {k: v for k, v in params.items() if k != "b_h"}, x[:, None])
