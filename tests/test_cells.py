"""One step of a cell: its equation, shapes, dtype, and the way back through that one step."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from companion.cells import IDENTITY, RELU, RNN, TANH

ROOT = Path(__file__).resolve().parents[1]
N, D, H = 2, 3, 4
ACTIVATIONS = [TANH, IDENTITY, RELU]


def drawn(activation=TANH, dtype=np.float64):
    rng = np.random.default_rng(1)
    cell = RNN(D, H, activation)
    params = cell.init(rng, dtype)
    x, h, dy, dh = (rng.normal(size=(N, size)).astype(dtype) for size in (D, H, H, H))
    return cell, params, x, h, dy, dh


def refused(error, text):
    return pytest.raises(error, match=f"^{re.escape(text)}$")


@pytest.mark.parametrize(
    ("activation", "f"), [(TANH, np.tanh), (IDENTITY, lambda a: a), (RELU, lambda a: a * (a > 0))]
)
def test_a_step_is_its_equation_number_by_number(activation, f):
    cell, params, x, h, _, _ = drawn(activation)
    step = cell.step(params, x, (h,))
    W_xh, W_hh, b_h = (params[k] for k in ("W_xh", "W_hh", "b_h"))
    for n in range(N):
        for j in range(H):
            a = (
                b_h[j]
                + sum(x[n, i] * W_xh[i, j] for i in range(D))
                + sum(h[n, i] * W_hh[i, j] for i in range(H))
            )
            assert step.y[n, j] == pytest.approx(f(a), rel=1e-13)
    assert len(step.state) == 1
    np.testing.assert_array_equal(step.y, step.state[0])


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda a: a.name)
def test_the_way_back_is_the_chain_rule_number_by_number(activation):
    cell, params, x, h, dy, dh = drawn(activation)
    step = cell.step(params, x, (h,))
    dx, (dh_prev,), grads = step.back(dy, (dh,))
    slope = {"tanh": 1 - step.y**2, "identity": np.ones((N, H)), "relu": step.y > 0}[activation.name]
    da = (dy + dh) * slope
    for i in range(D):
        np.testing.assert_allclose(dx[:, i], sum(da[:, j] * params["W_xh"][i, j] for j in range(H)))
        np.testing.assert_allclose(grads["W_xh"][i], sum(x[n, i] * da[n] for n in range(N)))
    for i in range(H):
        np.testing.assert_allclose(dh_prev[:, i], sum(da[:, j] * params["W_hh"][i, j] for j in range(H)))
        np.testing.assert_allclose(grads["W_hh"][i], sum(h[n, i] * da[n] for n in range(N)))
    np.testing.assert_allclose(grads["b_h"], da[0] + da[1])


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda a: a.name)
def test_slopes_in_terms_of_the_output_are_the_functions_own(activation):
    a = np.linspace(-3, 3, 50)
    measured = (activation.f(a + 1e-6) - activation.f(a - 1e-6)) / 2e-6
    np.testing.assert_allclose(activation.slope(activation.f(a)), measured, atol=1e-9)


def test_relu_is_flat_at_zero_as_in_the_frameworks():
    assert RELU.slope(RELU.f(np.zeros(1))).tolist() == [0]


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda a: a.name)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_goes_through_forward_and_back(activation, dtype):
    cell, params, x, h, dy, dh = drawn(activation, dtype)
    step = cell.step(params, x, (h,))
    dx, (dh_prev,), grads = step.back(dy, (dh,))
    found = [*params.values(), step.y, *step.state, dx, dh_prev, *grads.values(), *cell.zero_state(N, dtype)]
    assert {a.dtype for a in found} == {np.dtype(dtype)}


def test_a_step_changes_nothing_in_place():
    cell, params, x, h, dy, dh = drawn()
    before = [a.copy() for a in (*params.values(), x, h, dy, dh)]
    step = cell.step(params, x, (h,))
    y = step.y.copy()
    first = step.back(dy, (dh,))
    second = step.back(dy, (dh,))
    for a, b in zip((*params.values(), x, h, dy, dh, step.y), (*before, y), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(first[0], second[0])


def test_names_shapes_and_the_empty_memory():
    cell = RNN(D, H)
    assert (cell.input_size, cell.hidden_size, cell.state_names, cell.activation) == (D, H, ("h",), TANH)
    assert cell.shapes == {"W_xh": (D, H), "W_hh": (H, H), "b_h": (H,)}
    (zero,) = cell.zero_state(5)
    assert zero.shape == (5, H)
    assert zero.dtype == np.float64
    assert not zero.any()


def test_weights_are_drawn_uniformly_within_the_bound_of_torch():
    params = RNN(30, 25).init(np.random.default_rng(0))
    values = np.concatenate([p.ravel() for p in params.values()])
    bound = 25**-0.5
    assert np.abs(values).max() <= bound
    assert values.std() == pytest.approx(bound / np.sqrt(3), rel=0.03)
    assert {name: p.shape for name, p in params.items()} == RNN(30, 25).shapes
    again, other = RNN(30, 25).init(np.random.default_rng(0)), RNN(30, 25).init(np.random.default_rng(1))
    np.testing.assert_array_equal(params["W_hh"], again["W_hh"])
    assert not np.array_equal(params["W_hh"], other["W_hh"])


def test_bad_sizes_and_shapes_are_refused():
    cell, params, x, h, _, _ = drawn()
    with refused(ValueError, "input_size must be at least 1, got 0"):
        RNN(0, 4)
    with refused(TypeError, "hidden_size must be an integer, got float"):
        RNN(3, 4.0)
    with refused(ValueError, "x must have shape (N, 3), got (2, 4)"):
        cell.step(params, h, (h,))
    with refused(ValueError, "x must have shape (N, 3), got (2, 5, 3)"):
        cell.step(params, np.zeros((2, 5, 3)), (h,))
    with refused(ValueError, "h must have shape (2, 4), got (2, 3)"):
        cell.step(params, x, (x,))
    with refused(ValueError, "h must have shape (2, 4), got (1, 4)"):  # would broadcast in silence
        cell.step(params, x, (h[:1],))


def test_the_core_loads_no_framework_and_draws_nothing():
    modules = "cells, scan, gradcheck, layers, optim, train, interop, check"
    code = (
        f"import sys, companion; from companion import {modules}\n"
        "heavy = {'torch', 'tensorflow', 'keras', 'matplotlib', 'jax'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stderr) == (0, "")
