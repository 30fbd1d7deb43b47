"""The read-out, the softmax and the losses: equal to PyTorch's, steady at the extremes, clear in refusal."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.layers import Dense, softmax, softmax_cross_entropy, squared_error

torch = pytest.importorskip("torch")
F = torch.nn.functional
EXACT = {"rtol": 1e-12, "atol": 1e-14}


def refused(error, text):
    return pytest.raises(error, match=f"^{re.escape(text)}$")


def leaf(array):
    return torch.tensor(array, requires_grad=True)


shapes = st.lists(st.integers(1, 4), min_size=0, max_size=3).map(tuple)
seeds = st.integers(0, 10**6)


def drawn_mask(rng, shape):
    mask = np.asarray(rng.random(shape) < 0.6)
    mask.flat[0] = True
    return mask


# Against PyTorch


@pytest.mark.frameworks
@settings(max_examples=15)
@given(shapes, st.integers(2, 5), seeds, st.booleans())
def test_cross_entropy(shape, K, seed, masked):
    rng = np.random.default_rng(seed)
    logits, labels = 3 * rng.normal(size=(*shape, K)), rng.integers(0, K, shape)
    mask = drawn_mask(rng, shape) if masked else None
    theirs = leaf(logits)
    each = F.cross_entropy(theirs.reshape(-1, K), torch.tensor(labels).reshape(-1), reduction="none")
    total = (each if mask is None else each[torch.tensor(mask).reshape(-1)]).mean()
    total.backward()
    loss = softmax_cross_entropy(logits, labels, mask)
    np.testing.assert_allclose(loss.value, total.item(), **EXACT)
    np.testing.assert_allclose(loss.back(), theirs.grad.numpy(), **EXACT)


@pytest.mark.frameworks
@settings(max_examples=15)
@given(shapes, seeds, st.booleans())
def test_squared_error(shape, seed, masked):
    rng = np.random.default_rng(seed)
    prediction, target = np.asarray(rng.normal(size=shape)), np.asarray(rng.normal(size=shape))
    mask = drawn_mask(rng, shape) if masked else None
    keep = slice(None) if mask is None else torch.tensor(mask)
    theirs = leaf(prediction)
    total = F.mse_loss(
        theirs[keep] if shape else theirs, torch.tensor(target)[keep] if shape else leaf(target)
    )
    total.backward()
    loss = squared_error(prediction, target, mask)
    np.testing.assert_allclose(loss.value, total.item(), **EXACT)
    np.testing.assert_allclose(loss.back(), theirs.grad.numpy(), **EXACT)


@pytest.mark.frameworks
@settings(max_examples=15)
@given(shapes, st.integers(1, 5), st.integers(1, 5), seeds)
def test_the_read_out(shape, H, K, seed):
    rng = np.random.default_rng(seed)
    dense = Dense(H, K)
    params, h, dy = dense.init(rng), rng.normal(size=(*shape, H)), rng.normal(size=(*shape, K))
    theirs = [leaf(a) for a in (h, params["W_hy"], params["b_y"])]
    y = theirs[0] @ theirs[1] + theirs[2]
    y.backward(torch.tensor(dy))
    out = dense(params, h)
    dh, grads = out.back(dy)
    np.testing.assert_allclose(out.y, y.detach().numpy(), **EXACT)
    for ours, other in zip((dh, grads["W_hy"], grads["b_y"]), theirs, strict=True):
        np.testing.assert_allclose(ours, other.grad.numpy(), **EXACT)


@pytest.mark.frameworks
@given(shapes, st.integers(1, 6), seeds)
def test_softmax(shape, K, seed):
    logits = 5 * np.random.default_rng(seed).normal(size=(*shape, K))
    np.testing.assert_allclose(softmax(logits), F.softmax(torch.tensor(logits), -1).numpy(), **EXACT)
    np.testing.assert_allclose(softmax(logits).sum(axis=-1), 1, rtol=1e-14)


# At the extremes


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logits_of_ten_thousand(dtype):
    logits = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 1e4], [-1e4, -1e4, -1e4]], dtype)
    p = softmax(logits)
    np.testing.assert_allclose(p, [[1, 0, 0], [0, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3]], rtol=1e-6)
    right, wrong = softmax_cross_entropy(logits[:1], [0]), softmax_cross_entropy(logits[:1], [1])
    assert right.value == 0
    assert wrong.value == 2e4
    np.testing.assert_array_equal(right.back(), [[0, 0, 0]])
    np.testing.assert_array_equal(wrong.back(), [[1, -1, 0]])


def test_a_constant_added_to_all_logits_changes_nothing():
    logits = np.random.default_rng(0).normal(size=(3, 4))
    shifted = softmax_cross_entropy(logits + 1000, [0, 1, 3])
    assert shifted.value == pytest.approx(softmax_cross_entropy(logits, [0, 1, 3]).value, rel=1e-12)


def test_equal_logits_cost_the_logarithm_of_their_number():
    assert softmax_cross_entropy(np.zeros((2, 7, 5)), np.zeros((2, 7), int)).value == pytest.approx(np.log(5))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_stays_and_nothing_is_changed(dtype):
    rng = np.random.default_rng(1)
    dense = Dense(3, 4)
    params, h = dense.init(rng, dtype), rng.normal(size=(2, 5, 3)).astype(dtype)
    out = dense(params, h)
    dh, grads = out.back(out.y)
    cross, squares = softmax_cross_entropy(out.y, np.ones((2, 5), int)), squared_error(h, h + 1)
    found = [*params.values(), out.y, dh, *grads.values(), softmax(h), cross.back(), squares.back()]
    assert {a.dtype for a in found} == {np.dtype(dtype)}
    assert type(cross.value) is type(squares.value) is float
    before = h.copy()
    softmax(h), softmax_cross_entropy(h, np.ones((2, 5), int)).back(), squared_error(h, -h).back()
    np.testing.assert_array_equal(h, before)


def test_the_read_out_takes_its_own_from_the_parameters_of_a_whole_network():
    dense = Dense(3, 2)
    params = dense.init(np.random.default_rng(0))
    h = np.ones((4, 3))
    np.testing.assert_array_equal(dense({**params, "W_hh": np.eye(3)}, h).y, dense(params, h).y)
    assert dense.shapes == {"W_hy": (3, 2), "b_y": (2,)}
    values = np.concatenate([p.ravel() for p in Dense(100, 30).init(np.random.default_rng(0)).values()])
    assert np.abs(values).max() <= 0.1
    assert values.std() == pytest.approx(0.1 / np.sqrt(3), rel=0.03)


# What is refused


def test_bad_states_for_the_read_out():
    dense = Dense(3, 2)
    params = dense.init(np.random.default_rng(0))
    for h, error, text in [
        (np.ones((5, 4)), ValueError, "h must have shape (..., 3) and hold values, got (5, 4)"),
        (np.ones((0, 3)), ValueError, "h must have shape (..., 3) and hold values, got (0, 3)"),
        (np.ones(()), ValueError, "h must have shape (..., 3) and hold values, got ()"),
        (np.ones((5, 3), int), TypeError, "h must be float32 or float64, got int64"),
        (np.ones((5, 3), np.float32), TypeError, "W_hy must be float32 like the inputs, got float64"),
        (np.full((5, 3), np.inf), ValueError, "h must be finite, got inf at index (0, 0)"),
        ([1.0, 2.0, 3.0], TypeError, "h must be a numpy array of floats, got list"),
    ]:
        with refused(error, text):
            dense(params, h)
    with refused(ValueError, "params must hold W_hy, b_y, got b_y"):
        dense({"b_y": params["b_y"]}, np.ones((5, 3)))
    with refused(ValueError, "b_y must have shape (2,), got (3,)"):
        dense({**params, "b_y": np.ones(3)}, np.ones((5, 3)))
    with refused(ValueError, "dy must have shape (5, 2), got (5, 3)"):
        dense(params, np.ones((5, 3))).back(np.ones((5, 3)))
    with refused(ValueError, "output_size must be at least 1, got 0"):
        Dense(3, 0)


def test_bad_losses():
    logits = np.zeros((2, 3))
    for args, error, text in [
        ((logits, [0, 3]), ValueError, "labels must lie in 0..2, got 3 at index (1,)"),
        ((logits, [-1, 0]), ValueError, "labels must lie in 0..2, got -1 at index (0,)"),
        ((logits, [0.0, 1.0]), TypeError, "labels must be integers, got float64"),
        ((logits, [0, 1, 2]), ValueError, "labels must have shape (2,), got (3,)"),
        ((logits, [[0], [1]]), ValueError, "labels must have shape (2,), got (2, 1)"),
        ((logits.astype(int), [0, 1]), TypeError, "logits must be float32 or float64, got int64"),
        ((logits * np.nan, [0, 1]), ValueError, "logits must be finite, got nan at index (0, 0)"),
        ((np.zeros((0, 3)), []), ValueError, "logits must have shape (..., K) and hold values, got (0, 3)"),
        ((np.zeros(()), 0), ValueError, "logits must have shape (..., K) and hold values, got ()"),
        (([[0.0]], [0]), TypeError, "logits must be a numpy array of floats, got list"),
        (
            (logits, [0, 1], [1, 0]),
            ValueError,
            "mask must be booleans of shape (2,), got int64 of shape (2,)",
        ),
        ((logits, [0, 1], [True]), ValueError, "mask must be booleans of shape (2,), got bool of shape (1,)"),
        ((logits, [0, 1], [False] * 2), ValueError, "mask must keep at least one of 2 entries, got none"),
    ]:
        with refused(error, text):
            softmax_cross_entropy(*args)
    for args, error, text in [
        ((logits, logits[:, :1]), ValueError, "target must have shape (2, 3), got (2, 1)"),
        ((logits, logits[0]), ValueError, "target must have shape (2, 3), got (3,)"),
        ((logits, logits.astype(int)), TypeError, "target must be float32 or float64, got int64"),
        (
            (logits, logits.astype(np.float32)),
            TypeError,
            "target must be float64 like the inputs, got float32",
        ),
        ((logits, logits + np.inf), ValueError, "target must be finite, got inf at index (0, 0)"),
        ((logits - np.inf, logits), ValueError, "prediction must be finite, got -inf at index (0, 0)"),
        ((1.0, 2.0), TypeError, "prediction must be a numpy array of floats, got float"),
        (
            (logits, logits, [True, False]),
            ValueError,
            "mask must be booleans of shape (2, 3), got bool of shape (2,)",
        ),
        (
            (np.zeros((0, 3)), np.zeros((0, 3))),
            ValueError,
            "mask must keep at least one of 0 entries, got none",
        ),
    ]:
        with refused(error, text):
            squared_error(*args)
