"""The loop over time: what it computes, how it treats sequences of different lengths, and what it refuses."""

import platform
import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.cells import GRU, IDENTITY, LSTM, RNN, Highway, Stacked, Step
from companion.gradcheck import gradcheck
from companion.scan import scan

N, T, D, H = 4, 6, 3, 5


def drawn(dtype=np.float64, cell=None, shape=(N, T)):
    rng = np.random.default_rng(2)
    cell = cell or RNN(D, H)
    n, t = shape
    arrays = [(n, t, cell.input_size), (n, cell.hidden_size), (n, t, cell.hidden_size), (n, cell.hidden_size)]
    return cell, cell.init(rng, dtype), *(rng.normal(size=s).astype(dtype) for s in arrays)


def equal(one, other, **tolerance):
    """Assert that two answers of `back`, or any nested tuples and dicts of arrays, agree."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        one, other = tuple(one.values()), tuple(other.values())
    if isinstance(one, tuple):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            equal(a, b, **tolerance)
    else:
        np.testing.assert_allclose(one, other, **(tolerance or {"rtol": 0, "atol": 0}))


def refused(error, text):
    return pytest.raises(error, match=f"^{re.escape(text)}$")


# What it computes


def test_outputs_and_gradients_of_a_linear_cell_by_their_formulas():
    """Without tanh, h_t is a sum over earlier inputs, and no gradient needs a recursion."""
    cell, p, xs, h0, dys, _ = drawn(cell=RNN(D, H, IDENTITY))
    power = [np.linalg.matrix_power(p["W_hh"], k) for k in range(T + 1)]
    hs = [h0]
    for t in range(T):
        hs.append(
            h0 @ power[t + 1] + sum((xs[:, s] @ p["W_xh"] + p["b_h"]) @ power[t - s] for s in range(t + 1))
        )
    das = [sum(dys[:, u] @ power[u - t].T for u in range(t, T)) for t in range(T)]
    run = scan(cell, p, xs, (h0,))
    dxs, (dh0,), grads = run.back(dys)
    close = {"rtol": 1e-10, "atol": 1e-12}
    equal(run.ys, np.stack(hs[1:], axis=1), **close)
    equal(run.state, (hs[-1],), **close)
    equal(dxs, np.stack([da @ p["W_xh"].T for da in das], axis=1), **close)
    equal(dh0, das[0] @ p["W_hh"].T, **close)
    equal(grads["b_h"], sum(da.sum(axis=0) for da in das), **close)
    equal(grads["W_xh"], sum(xs[:, t].T @ das[t] for t in range(T)), **close)
    equal(grads["W_hh"], sum(hs[t].T @ das[t] for t in range(T)), **close)


def test_a_run_in_two_parts_is_the_whole_run():
    cell, p, xs, h0, dys, dh = drawn()
    whole = scan(cell, p, xs, (h0,))
    first = scan(cell, p, xs[:, :2], (h0,))
    second = scan(cell, p, xs[:, 2:], first.state)
    equal(np.concatenate([first.ys, second.ys], axis=1), whole.ys)
    equal(second.state, whole.state)
    dxs2, dstate, grads2 = second.back(dys[:, 2:], (dh,))
    dxs1, dstate0, grads1 = first.back(dys[:, :2], dstate)
    dxs = np.concatenate([dxs1, dxs2], axis=1)
    equal((dxs, dstate0, {k: grads1[k] + grads2[k] for k in p}), whole.back(dys, (dh,)), rtol=1e-12)


def test_what_is_not_given_is_zero():
    cell, p, xs, _, dys, dh = drawn()
    zero = np.zeros((N, H))
    run = scan(cell, p, xs)
    equal(run[:2], scan(cell, p, xs, (zero,))[:2])
    equal(run.back(dys), run.back(dys, (zero,)))
    equal(run.back(None, (dh,)), run.back(np.zeros_like(dys), (dh,)))


def test_the_way_back_is_linear_and_can_be_walked_again():
    cell, p, xs, h0, dys, dh = drawn()
    run = scan(cell, p, xs, (h0,))
    one, two = run.back(dys), run.back(None, (dh,))
    both = (one[0] + two[0], (one[1][0] + two[1][0],), {k: one[2][k] + two[2][k] for k in p})
    equal(run.back(dys, (dh,)), both, rtol=1e-12, atol=1e-14)
    equal(run.back(dys), one)


def test_nothing_given_is_changed():
    cell, p, xs, h0, dys, dh = drawn()
    given = [*p.values(), xs, h0, dys, dh]
    before = [a.copy() for a in given]
    run = scan(cell, p, xs, (h0,), lengths=[6, 2, 1, 3])
    ys = run.ys.copy()
    run.back(dys, (dh,))
    equal((*given, run.ys), (*before, ys))


@pytest.mark.parametrize("lengths", [None, [1, 4, 2, 3]])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_stays(dtype, lengths):
    cell, p, xs, h0, dys, dh = drawn(dtype)
    for state in (None, (h0,)):
        run = scan(cell, p, xs, state, lengths)
        for dstate in (None, (dh,)):
            dxs, dstate0, grads = run.back(dys, dstate)
            found = [run.ys, *run.state, dxs, *dstate0, *grads.values()]
            assert {a.dtype for a in found} == {np.dtype(dtype)}


def test_float32_is_close_to_float64():
    cell, p, xs, h0, dys, dh = drawn()
    run = scan(cell, p, xs, (h0,))
    low = [a.astype(np.float32) for a in (xs, h0, dys, dh)]
    run32 = scan(cell, {k: a.astype(np.float32) for k, a in p.items()}, low[0], (low[1],))
    equal(run32.ys, run.ys, rtol=0, atol=1e-5)
    equal(run32.back(low[2], (low[3],)), run.back(dys, (dh,)), rtol=0, atol=1e-5)


class Echo:
    """A cell of two states and no use: the output remembers the input, and a second state counts it up."""

    input_size = hidden_size = 3
    state_names = ("h", "c")
    shapes = {"w": (3,)}  # noqa: RUF012

    def init(self, rng, dtype=np.float64):
        return {"w": rng.normal(size=3).astype(dtype)}

    def zero_state(self, N, dtype=np.float64):
        return np.zeros((N, 3), dtype), np.zeros((N, 3), dtype)

    def step(self, params, x, state):
        (h_prev, c_prev), w = state, params["w"]
        h, c = w * x + c_prev, c_prev * h_prev + x

        def back(dy, dstate):
            dh, dc = dy + dstate[0], dstate[1]
            return w * dh + dc, (dc * c_prev, dh + dc * h_prev), {"w": (dh * x).sum(axis=0)}

        return Step(h, (h, c), back)


def test_any_cell_can_be_run_and_checked():
    for lengths in (None, [3, 5]):
        errors = gradcheck(Echo(), N=2, T=5, lengths=lengths)
        assert set(errors) == {"w", "xs", "h_0", "c_0"}
        assert max(errors.values()) < 1e-7
    with refused(ValueError, "state must be a tuple (h, c) of 2, got 1 arrays"):
        scan(Echo(), {"w": np.ones(3)}, np.ones((2, 5, 3)), (np.ones((2, 3)),))


# Sequences of different lengths


@settings(max_examples=15)
@given(st.lists(st.integers(1, T), min_size=N, max_size=N), st.booleans())
def test_a_padded_batch_is_every_sequence_alone(lengths, given_state):
    cell, p, xs, h0, dys, dh = drawn()
    h0 = h0 if given_state else np.zeros_like(h0)
    run = scan(cell, p, xs, (h0,), lengths)
    dxs, (dh0,), grads = run.back(dys, (dh,))
    total = {k: np.zeros_like(a) for k, a in p.items()}
    close = {"rtol": 1e-10, "atol": 1e-13}
    for n, length in enumerate(lengths):
        alone = scan(cell, p, xs[n : n + 1, :length], (h0[n : n + 1],))
        equal(run.ys[n, :length], alone.ys[0], **close)
        equal(run.state[0][n], alone.state[0][0], **close)
        dx, (dh_n,), g = alone.back(dys[n : n + 1, :length], (dh[n : n + 1],))
        equal(dxs[n, :length], dx[0], **close)
        equal(dh0[n], dh_n[0], **close)
        total = {k: total[k] + g[k] for k in p}
        assert not run.ys[n, length:].any()
        assert not dxs[n, length:].any()
    equal(grads, total, **close)


def test_padding_has_no_influence_however_large():
    cell, p, xs, h0, dys, dh = drawn()
    lengths = np.array([6, 1, 3, 5])
    beyond = np.arange(T) >= lengths[:, None]
    run = scan(cell, p, xs, (h0,), lengths)
    other_xs, other_dys = xs.copy(), dys.copy()
    other_xs[beyond], other_dys[beyond] = 1e6, -1e6
    other = scan(cell, p, other_xs, (h0,), lengths)
    equal(other[:2], run[:2])
    # Padding sits in the same products as what counts, multiplied by exact zeros.
    equal(other.back(other_dys, (dh,)), run.back(dys, (dh,)), rtol=1e-12)


def test_full_lengths_are_no_lengths():
    cell, p, xs, h0, dys, dh = drawn()
    whole, full = scan(cell, p, xs, (h0,)), scan(cell, p, xs, (h0,), [T] * N)
    equal(full[:2], whole[:2])
    equal(full.back(dys, (dh,)), whole.back(dys, (dh,)))


@pytest.mark.parametrize("kind", [list, tuple, np.array, lambda n: np.array(n, np.uint8)])
def test_lengths_of_any_kind_of_integer(kind):
    cell, p, xs, *_ = drawn()
    equal(scan(cell, p, xs, lengths=kind([1, 2, 3, 4]))[:2], scan(cell, p, xs, lengths=[1, 2, 3, 4])[:2])


# What it refuses


@pytest.mark.parametrize(
    ("xs", "error", "text"),
    [
        (np.ones((5, 3)), ValueError, "xs must have shape (N, T, 3), got (5, 3)"),
        (np.ones((2, 5, 4)), ValueError, "xs must have shape (N, T, 3), got (2, 5, 4)"),
        (np.ones((1, 2, 5, 3)), ValueError, "xs must have shape (N, T, 3), got (1, 2, 5, 3)"),
        (np.ones((2, 0, 3)), ValueError, "xs must have shape (N, T, 3) with N, T >= 1, got (2, 0, 3)"),
        (np.ones((0, 5, 3)), ValueError, "xs must have shape (N, T, 3) with N, T >= 1, got (0, 5, 3)"),
        (np.ones((2, 5, 3), int), TypeError, "xs must be float32 or float64, got int64"),
        (np.ones((2, 5, 3), np.float32), TypeError, "W_xh must be float32 like the inputs, got float64"),
        ([[[1.0, 2.0, 3.0]]], TypeError, "xs must be a numpy array of shape (N, T, 3), got list"),
        (np.full((2, 5, 3), np.nan), ValueError, "xs must be finite, got nan at index (0, 0, 0)"),
        (np.full((2, 5, 3), np.inf), ValueError, "xs must be finite, got inf at index (0, 0, 0)"),
    ],
)
def test_bad_inputs(xs, error, text):
    cell = RNN(3, 4)
    with refused(error, text):
        scan(cell, cell.init(np.random.default_rng(0)), xs)


def test_bad_parameters():
    cell, p, xs, *_ = drawn()
    with refused(ValueError, "params must hold W_hh, W_xh, b_h, got W_hh, W_xh"):
        scan(cell, {k: p[k] for k in ("W_xh", "W_hh")}, xs)
    with refused(ValueError, "W_hh must have shape (5, 5), got (3, 5)"):
        scan(cell, {**p, "W_hh": p["W_xh"]}, xs)
    with refused(ValueError, "b_h must have shape (5,), got (1, 5)"):
        scan(cell, {**p, "b_h": p["b_h"][None]}, xs)
    with refused(ValueError, "W_xh must be finite, got nan at index (0, 0)"):
        scan(cell, {**p, "W_xh": p["W_xh"] * np.nan}, xs)
    with refused(TypeError, "params must be a dict of arrays by name, got NoneType"):
        scan(cell, None, xs)


def test_bad_states():
    cell, p, xs, h0, _, _ = drawn()
    run = scan(cell, p, xs)
    for prefix, call in [("", lambda s: scan(cell, p, xs, s)), ("d", lambda s: run.back(None, s))]:
        with refused(ValueError, f"{prefix}state must be a tuple ({prefix}h,) of 1, got ndarray"):
            call(h0)
        with refused(ValueError, f"{prefix}state must be a tuple ({prefix}h,) of 1, got 2 arrays"):
            call((h0, h0))
        with refused(ValueError, f"{prefix}h must have shape (4, 5), got (1, 5)"):
            call((h0[:1],))
        with refused(TypeError, f"{prefix}h must be float64 like the inputs, got float32"):
            call((h0.astype(np.float32),))
        with refused(TypeError, f"{prefix}h must be a numpy array of shape (4, 5), got list"):
            call((h0.tolist(),))
        with refused(ValueError, f"{prefix}h must be finite, got nan at index (0, 0)"):
            call((h0 * np.nan,))


def test_bad_lengths():
    cell, p, xs, *_ = drawn()
    for lengths, error, text in [
        ([1, 2, 3], ValueError, "lengths must have shape (4,), got (3,)"),
        (3, ValueError, "lengths must have shape (4,), got ()"),
        ([[1], [2], [3], [4]], ValueError, "lengths must have shape (4,), got (4, 1)"),
        ([0, 1, 2, 3], ValueError, "lengths must lie in 1..6, got 0 at index (0,)"),
        ([1, 7, 2, 3], ValueError, "lengths must lie in 1..6, got 7 at index (1,)"),
        ([1.0, 2.0, 3.0, 4.0], TypeError, "lengths must be integers, got float64"),
        ([True] * 4, TypeError, "lengths must be integers, got bool"),
    ]:
        with refused(error, text):
            scan(cell, p, xs, lengths=lengths)


def test_bad_output_gradients():
    cell, p, xs, _, dys, _ = drawn()
    run = scan(cell, p, xs)
    for bad, error, text in [
        (dys[:, -1], ValueError, "dys must have shape (4, 6, 5), got (4, 5)"),
        (dys[:, :1], ValueError, "dys must have shape (4, 6, 5), got (4, 1, 5)"),
        (dys[0], ValueError, "dys must have shape (4, 6, 5), got (6, 5)"),
        (dys.tolist(), TypeError, "dys must be a numpy array of shape (4, 6, 5), got list"),
        (dys.astype(np.float32), TypeError, "dys must be float64 like the inputs, got float32"),
        (dys.astype(int), TypeError, "dys must be float32 or float64, got int64"),
        (dys * np.inf, ValueError, f"dys must be finite, got {(dys * np.inf)[0, 0, 0]} at index (0, 0, 0)"),
    ]:
        with refused(error, text):
            run.back(bad)


# What a cell is given


class Watching(RNN):
    """An RNN that keeps what it is given as W_hh and what it makes of it."""

    def step(self, params, x, state):
        self.seen = params["W_hh"], params["W_hh"].T, params["W_hh"] @ params["W_hh"]
        return super().step(params, x, state)


def test_a_cell_gets_weights_whose_transposes_are_laid_out_once():
    cell, p, xs, *_ = drawn(cell=Watching(D, H))
    scan(cell, p, xs)
    W, turned, product = cell.seen
    equal((np.asarray(W), turned, product), (p["W_hh"], p["W_hh"].T, p["W_hh"] @ p["W_hh"]))
    assert turned is W.T
    assert turned.flags.c_contiguous
    assert np.shares_memory(W, p["W_hh"])
    assert type(turned) is type(product) is np.ndarray
    assert type(W.sum()) is np.float64


def test_every_gradient_is_an_ordinary_array():
    for cell in (RNN(D, H), Stacked([LSTM(D, 2), Highway(GRU(2, H))])):
        rng = np.random.default_rng(3)
        run = scan(cell, cell.init(rng), rng.normal(size=(N, T, D)))
        dxs, dstate, grads = run.back(rng.normal(size=run.ys.shape))
        assert {type(a) for a in (run.ys, *run.state, dxs, *dstate, *grads.values())} == {np.ndarray}


# Memory

FAULTS = """
import resource
import numpy as np
from companion.cells import LSTM
from companion.scan import scan

cell, rng = LSTM(28, 64), np.random.default_rng(0)
params = cell.init(rng, np.float32)
xs, dys = (rng.normal(size=(64, 28, k)).astype(np.float32) for k in (28, 64))
for k in range(13):
    if k == 3:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    scan(cell, params, xs).back(dys)
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 10)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_memory_of_one_run_serves_the_next():
    """Not page by page from the system again, of which a run of 3 MB needs 800."""
    done = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 80
