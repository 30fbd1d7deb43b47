"""Weights to begin with: orthogonal and identity matrices, and a forget gate that begins open."""

import re

import numpy as np
import pytest

from companion.cells import GRU, LSTM, RNN, Highway, Stacked
from companion.initial import forget_bias, identity, orthogonal, recurrent


def rng(seed=0):
    return np.random.default_rng(seed)


def refused(text):
    return pytest.raises(ValueError, match=f"^{re.escape(text)}$")


@pytest.mark.parametrize("gain", [1.0, 0.5])
def test_an_orthogonal_matrix_keeps_every_length(gain):
    Q = orthogonal(6, rng(), gain)
    np.testing.assert_allclose(Q @ Q.T, gain**2 * np.eye(6), atol=1e-14)
    np.testing.assert_allclose(np.linalg.svd(Q)[1], gain)
    np.testing.assert_array_equal(Q, orthogonal(6, rng(), gain))
    assert not np.allclose(Q, orthogonal(6, rng(1), gain))


def test_no_direction_is_preferred():
    """Each number of a uniformly drawn matrix has mean 0; QR alone would prefer one sign on the diagonal."""
    draws = np.stack([orthogonal(3, r) for r in map(rng, range(2000))])
    assert np.abs(draws.mean(axis=0)).max() < 5 * np.sqrt(1 / 3 / 2000)
    assert 0.4 < (np.linalg.det(draws) > 0).mean() < 0.6  # rotations and reflections alike


def test_identity():
    np.testing.assert_array_equal(identity(3, 0.9), 0.9 * np.eye(3))
    with refused("n must be at least 1, got 0"):
        identity(0)


def test_every_block_of_every_layer_gets_a_matrix_of_its_own():
    params = Stacked([LSTM(2, 3), Highway(GRU(3, 4))]).init(rng())
    before = {k: v.copy() for k, v in params.items()}
    r = rng(1)
    begun = recurrent(params, lambda n: orthogonal(n, r))
    blocks = np.split(begun["layer1.W_hh"], 4, axis=1) + np.split(begun["layer2.W_hh"], 3, axis=1)
    for block in blocks:
        np.testing.assert_allclose(block @ block.T, np.eye(len(block)), atol=1e-14)
    assert not np.allclose(blocks[0], blocks[1])
    changed = {k for k in params if not np.array_equal(params[k], begun[k])}
    assert changed == {"layer1.W_hh", "layer2.W_hh"}
    for k, v in before.items():
        np.testing.assert_array_equal(params[k], v)
    single = recurrent(RNN(2, 3).init(rng(), np.float32), identity)["W_hh"]
    assert (single.dtype, single.tolist()) == (np.float32, np.eye(3).tolist())


def test_the_forget_gate_begins_open():
    params = Stacked([LSTM(2, 3), RNN(3, 4)]).init(rng())
    begun = forget_bias(params, 2.0)
    b = begun["layer1.b_h"]
    assert b[3:6].tolist() == [2, 2, 2]
    np.testing.assert_array_equal(np.delete(b, [3, 4, 5]), np.delete(params["layer1.b_h"], [3, 4, 5]))
    assert {k for k in params if not np.array_equal(params[k], begun[k])} == {"layer1.b_h"}
    assert (
        LSTM(2, 3)
        .look(forget_bias(LSTM(2, 3).init(rng()), 50.0), np.zeros((1, 2)), LSTM(2, 3).zero_state(1))
        .f.min()
        > 1 - 1e-12
    )


def test_what_does_not_fit_is_refused():
    with refused("params must hold W_hh, got W_hy, b_y"):
        recurrent({"W_hy": np.ones((2, 3)), "b_y": np.ones(3)}, identity)
    with refused("make(3) must return a matrix of shape (3, 3), got (4, 4)"):
        recurrent(RNN(2, 3).init(rng()), lambda n: np.eye(n + 1))
    with refused("params must hold an LSTM, W_hh (H, 4H), got W_xh (2, 9), W_hh (3, 9)"):
        forget_bias(GRU(2, 3).init(rng()))
