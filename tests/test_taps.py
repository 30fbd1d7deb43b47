"""Taps on the way back: what they are shown, against gradients measured by differences."""

import numpy as np
import pytest

from companion.cells import LSTM, RNN, Stacked
from companion.scan import scan
from companion.taps import GradientNorms

N, T, D, H = 2, 5, 3, 4


def drawn(cell):
    rng = np.random.default_rng(1)
    params, xs = cell.init(rng), rng.normal(size=(N, T, D))
    run = scan(cell, params, xs)
    return params, xs, run, rng.normal(size=run.ys.shape), tuple(rng.normal(size=s.shape) for s in run.state)


@pytest.mark.parametrize(
    "cell", [RNN(D, H), LSTM(D, H), Stacked([RNN(D, 3), LSTM(3, H)])], ids=["RNN", "LSTM", "stack"]
)
def test_a_tap_sees_the_gradient_with_respect_to_every_state(cell):
    """The state after step t as the initial state of the rest of the sequence, and its gradient there."""
    params, xs, run, dys, dstate = drawn(cell)
    seen = {}
    run.back(dys, dstate, tap=lambda t, d: seen.setdefault(t, d))
    assert list(seen) == list(range(T - 1, -2, -1))
    for t in range(-1, T - 1):
        state = scan(cell, params, xs[:, : t + 1]).state if t >= 0 else cell.zero_state(N)
        rest = scan(cell, params, xs[:, t + 1 :], state)
        _, expected, _ = rest.back(dys[:, t + 1 :], dstate)
        for have, want in zip(seen[t], expected, strict=True):
            np.testing.assert_allclose(have, want, rtol=1e-12, atol=1e-14)
    for have, want in zip(seen[T - 1], dstate, strict=True):
        np.testing.assert_array_equal(have, want)


def test_norms_are_kept_by_step_sequence_and_state():
    cell = LSTM(D, H)
    _, _, run, _, dstate = drawn(cell)
    tap = GradientNorms()
    _, dstate0, _ = run.back(None, dstate, tap=tap)
    assert tap.norms.shape == (T + 1, N)
    np.testing.assert_allclose(tap.norms[T], np.sqrt(sum((d**2).sum(axis=1) for d in dstate)))
    np.testing.assert_allclose(tap.norms[0], np.sqrt(sum((d**2).sum(axis=1) for d in dstate0)))
    named = tap.by_name(cell)
    assert list(named) == ["h", "c"]
    np.testing.assert_allclose(named["c"][0], np.linalg.norm(dstate0[1], axis=1))
    np.testing.assert_allclose(np.sqrt(named["h"] ** 2 + named["c"] ** 2), tap.norms)


def test_without_a_tap_nothing_changes():
    _, _, run, dys, dstate = drawn(LSTM(D, H))
    with_tap, without = run.back(dys, dstate, tap=GradientNorms()), run.back(dys, dstate)
    np.testing.assert_array_equal(with_tap[0], without[0])


def test_a_tap_serves_once():
    _, _, run, dys, _ = drawn(RNN(D, H))
    tap = GradientNorms()
    with pytest.raises(ValueError, match="a tap is empty until a way back has passed it"):
        _ = tap.norms
    run.back(dys, tap=tap)
    with pytest.raises(ValueError, match="a tap serves one way back, got step 4 a second time"):
        run.back(dys, tap=tap)
