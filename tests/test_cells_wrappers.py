"""Cells made of cells: what each computes, by other means, and what it refuses."""

import re

import numpy as np
import pytest
import zoo

from companion.cells import GRU, LSTM, RNN, Concatenated, Highway, Lag, Residual, Stacked, sigmoid
from companion.scan import scan

N, T, D, H = 3, 6, 2, 4
CLOSE = {"rtol": 1e-12, "atol": 1e-14}


def drawn(cell, seed=1):
    rng = np.random.default_rng(seed)
    state = tuple(rng.normal(size=h.shape) for h in cell.zero_state(N))
    return cell.init(rng), rng.normal(size=(N, T, cell.input_size)), state


def refused(text):
    return pytest.raises(ValueError, match=f"^{re.escape(text)}$")


# What holds for every cell


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", zoo.CELLS)
def test_the_dtype_goes_through_forward_and_back(name, dtype):
    cell = zoo.CELLS[name]
    params, xs, state = drawn(cell)
    params = {k: v.astype(dtype) for k, v in params.items()}
    step = cell.step(params, xs[:, 0].astype(dtype), tuple(s.astype(dtype) for s in state))
    dx, dstate, grads = step.back(np.ones_like(step.y), tuple(np.ones_like(s) for s in step.state))
    found = [step.y, *step.state, dx, *dstate, *grads.values(), *cell.zero_state(N, dtype)]
    assert {a.dtype for a in [*found, *cell.init(np.random.default_rng(0), dtype).values()]} == {
        np.dtype(dtype)
    }


@pytest.mark.parametrize("name", zoo.CELLS)
def test_names_and_shapes_say_what_is_there(name):
    cell = zoo.CELLS[name]
    params, xs, state = drawn(cell)
    step = cell.step(params, xs[:, 0], state)
    dx, dstate, grads = step.back(step.y, step.state)
    assert {k: v.shape for k, v in params.items()} == {k: v.shape for k, v in grads.items()} == cell.shapes
    assert len(cell.state_names) == len(set(cell.state_names)) == len(state)
    assert step.y.shape == (N, cell.hidden_size)
    shapes = [s.shape for s in state]
    assert [s.shape for s in step.state] == [s.shape for s in dstate] == shapes
    assert not any(s.any() for s in cell.zero_state(N))
    assert dx.shape == (N, cell.input_size)


@pytest.mark.parametrize("name", zoo.CELLS)
def test_a_step_changes_nothing_in_place(name):
    cell = zoo.CELLS[name]
    params, xs, state = drawn(cell)
    rng = np.random.default_rng(0)
    x = xs[:, 0].copy()
    dy, dstate = rng.normal(size=(N, cell.hidden_size)), tuple(rng.normal(size=s.shape) for s in state)
    given = [*params.values(), x, *state, dy, *dstate]
    before = [a.copy() for a in given]
    step = cell.step(params, x, state)
    shown = [step.y.copy(), *(s.copy() for s in step.state)]
    first, second = step.back(dy, dstate), step.back(dy, dstate)
    for a, b in zip([*given, step.y, *step.state], [*before, *shown], strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(first[0], second[0])


# A stack


def test_a_stack_is_one_run_above_the_other():
    lower, upper = LSTM(D, 3), GRU(3, H)
    stack = Stacked([lower, upper])
    params, xs, state = drawn(stack)
    run = scan(stack, params, xs, state)
    own = [
        {k.removeprefix(f"layer{i}."): v for k, v in params.items() if k.startswith(f"layer{i}.")}
        for i in (1, 2)
    ]
    below = scan(lower, own[0], xs, state[:2])
    above = scan(upper, own[1], below.ys, state[2:])
    np.testing.assert_allclose(run.ys, above.ys, **CLOSE)
    for a, b in zip(run.state, below.state + above.state, strict=True):
        np.testing.assert_allclose(a, b, **CLOSE)
    assert stack.state_names == ("layer1.h", "layer1.c", "layer2.h")


def test_the_weights_of_a_stack_are_drawn_from_the_lowest_layer_up():
    params = Stacked([RNN(D, H), RNN(H, 3)]).init(np.random.default_rng(5))
    rng = np.random.default_rng(5)
    for i, cell in enumerate([RNN(D, H), RNN(H, 3)], start=1):
        for name, value in cell.init(rng).items():
            np.testing.assert_array_equal(params[f"layer{i}.{name}"], value)


def test_layers_that_do_not_fit_are_refused():
    with refused("a stack must hold at least one layer, got none"):
        Stacked([])
    with refused("layer 3 must read the 5 numbers that layer 2 shows, got input_size=4"):
        Stacked([RNN(D, H), RNN(H, 5), RNN(4, 4)])
    stack = Stacked([RNN(D, H), LSTM(H, 3)])
    params, xs, state = drawn(stack)
    with refused("state must be a tuple (layer1.h, layer2.h, layer2.c) of 3, got 2 arrays"):
        scan(stack, params, xs, state[:2])
    with refused("layer2.c must have shape (3, 3), got (3, 4)"):
        scan(stack, params, xs, (*state[:2], state[0]))


# A skip


def test_a_skip_adds_the_input():
    cell = Residual(GRU(H, H))
    params, xs, state = drawn(cell)
    inner = scan(GRU(H, H), params, xs, state)
    run = scan(cell, params, xs, state)
    np.testing.assert_allclose(run.ys, xs + inner.ys, **CLOSE)
    np.testing.assert_allclose(run.state[0], inner.state[0], **CLOSE)


def test_a_skip_needs_equal_sizes():
    with refused("a skip adds input and output: both must have the same size, got 2 and 4"):
        Residual(RNN(D, H))


# A highway


@pytest.mark.parametrize("inner", [RNN(D, H), LSTM(D, H)], ids=lambda c: type(c).__name__)
def test_a_highway_mixes_the_old_state_with_the_new(inner):
    cell = Highway(inner)
    params, xs, state = drawn(cell)
    own = {k: params[k] for k in inner.shapes}
    for t in range(T):
        made = inner.step(own, xs[:, t], state).state
        g = sigmoid(xs[:, t] @ params["W_xg"] + state[0] @ params["W_hg"] + params["b_g"])
        step = cell.step(params, xs[:, t], state)
        for new, s, s_prev in zip(step.state, made, state, strict=True):
            np.testing.assert_allclose(new, g * s + (1 - g) * s_prev, **CLOSE)
        assert step.y is step.state[0]
        state = step.state


def test_an_open_highway_passes_memory_and_gradient_unchanged():
    cell = Highway(RNN(D, H))
    params, xs, state = drawn(cell)
    shut = {**params, "W_xg": 0 * params["W_xg"], "W_hg": 0 * params["W_hg"], "b_g": np.full(H, -50.0)}
    run = scan(cell, shut, xs, state)
    np.testing.assert_allclose(run.state[0], state[0], rtol=1e-12)
    _, (dh0,), _ = run.back(None, (np.ones((N, H)),))
    np.testing.assert_allclose(dh0, 1, rtol=1e-12)
    usual = scan(cell, {**shut, "b_g": np.full(H, 50.0)}, xs, state)
    own = {k: params[k] for k in RNN(D, H).shapes}
    np.testing.assert_allclose(usual.ys, scan(RNN(D, H), own, xs, state).ys, rtol=1e-12)


def test_cells_that_hide_their_state_get_no_highway_and_no_lag():
    text = "needs a cell that shows the first array of its state, with all of them of one shape; got"
    for cell in (Residual(RNN(H, H)), Stacked([RNN(D, 3), RNN(3, H)])):
        with refused(f"a highway {text} {type(cell).__name__}"):
            Highway(cell)
        with refused(f"a lag {text} {type(cell).__name__}"):
            Lag(cell, 1)
    with refused("a highway needs the names W_xg, W_hg and b_g, which the cell already has"):
        Highway(Highway(RNN(D, H)))


# A longer look back


@pytest.mark.parametrize("k", [1, 2, 3])
def test_a_lag_reads_the_states_of_k_steps(k):
    cell = Lag(RNN(D + (k - 1) * H, H), k)
    params, xs, state = drawn(cell)
    W_xh, older_W = np.split(params["W_xh"], [D])
    older_W = np.split(older_W, k - 1) if k > 1 else []
    hs = list(state[::-1])  # the oldest first
    for t in range(T):
        a = xs[:, t] @ W_xh + hs[-1] @ params["W_hh"] + params["b_h"]
        hs.append(np.tanh(a + sum(hs[-j] @ W for j, W in enumerate(older_W, start=2))))
    run = scan(cell, params, xs, state)
    np.testing.assert_allclose(run.ys, np.stack(hs[k:], axis=1), **CLOSE)
    for have, want in zip(run.state, hs[::-1], strict=False):
        np.testing.assert_allclose(have, want, **CLOSE)
    assert cell.state_names == ("h", "lag2.h", "lag3.h")[:k]
    assert cell.input_size == D


def test_a_lag_that_does_not_fit_is_refused():
    text = "a cell with 4 units that looks back 3 steps must read at least 9 numbers, got input_size=8"
    with refused(text):
        Lag(RNN(8, H), 3)
    with refused("k must be at least 1, got 0"):
        Lag(RNN(8, H), 0)


# All earlier states side by side


def test_a_concatenation_reads_every_earlier_state_in_its_place():
    cell = Concatenated(RNN(D + T * H, H), T)
    params, xs, _ = drawn(cell)
    W_xh, *slots_W = np.split(params["W_xh"], [D + i * H for i in range(T)])
    hs = [np.zeros((N, H))]
    for t in range(T):
        a = xs[:, t] @ W_xh + hs[-1] @ params["W_hh"] + params["b_h"]
        hs.append(np.tanh(a + sum(h @ W for h, W in zip(hs[1:], slots_W, strict=False))))
    run = scan(cell, params, xs)
    np.testing.assert_allclose(run.ys, np.stack(hs[1:], axis=1), **CLOSE)
    for have, want in zip(run.state, [hs[-1], np.ones((N, T)), *hs[1:]], strict=True):
        np.testing.assert_allclose(have, want, **CLOSE)
    assert cell.state_names == ("h", "clock", *(f"slot{i}.h" for i in range(1, T + 1)))
    assert cell.input_size == D


def test_shorter_sequences_of_a_concatenation_fill_fewer_slots():
    cell = Concatenated(GRU(D + T * H, H), T)
    params, xs, _ = drawn(cell)
    run = scan(cell, params, xs, lengths=np.array([T, 2, 1]))
    np.testing.assert_array_equal(run.state[1].sum(axis=1), [T, 2, 1])
    assert not run.state[4][1].any()  # slot 3 of the sequence of two steps
    assert run.state[4][0].all()


def test_a_concatenation_that_does_not_fit_is_refused():
    text = "a cell with 4 units and 3 slots must read at least 13 numbers, got input_size=12"
    with refused(text):
        Concatenated(RNN(12, H), 3)
    with refused("steps must be at least 1, got 0"):
        Concatenated(RNN(12, H), 0)
    cell = Concatenated(RNN(D + 2 * H, H), 2)
    params, xs, _ = drawn(cell)
    with refused("a sequence may have no more steps than there are slots, 2"):
        scan(cell, params, xs)
