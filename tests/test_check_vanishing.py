"""The checkers of the chapter on vanishing gradients name the mistakes that people make."""

import numpy as np
import pytest

from companion.check import vanishing as check
from companion.gradcheck import measured_gradients


def test_the_jacobian_is_what_the_forward_pass_does():
    rng = np.random.default_rng(1)
    W, h_prev, a = rng.normal(size=(4, 4)), rng.normal(size=4), rng.normal(size=4)
    leak = 0.3
    new = lambda h: leak * h + (1 - leak) * np.tanh(a + h @ W)  # noqa: E731
    rows = [measured_gradients(lambda p, i=i: (new(p["h"])[i], {}), {"h": h_prev})["h"] for i in range(4)]
    c = np.tanh(a + h_prev @ W)
    assert np.allclose(rows, check.leaky_jacobian.right(W, c, leak), atol=1e-8)


def test_the_jacobian_may_be_written_in_other_ways():
    def by_diag(W, c, leak):
        return np.diag(np.full(4, leak)) + (1 - leak) * (W @ np.diag(1 - c * c)).T

    def by_entries(W, c, leak):
        return [
            [leak * (i == j) + (1 - leak) * (1 - c[i] ** 2) * W[j, i] for j in range(4)] for i in range(4)
        ]

    assert check.leaky_jacobian(by_diag).passed
    assert check.leaky_jacobian(by_entries).passed


def test_steps_needed_may_be_found_by_a_loop():
    def by_loop(terms, share):
        left = sum(terms)
        whole = np.sqrt((left**2).sum())
        for n, term in enumerate(terms, start=1):
            left = left - term
            if np.sqrt((left**2).sum()) <= share * whole:
                return n

    assert check.steps_needed(by_loop).passed


def test_horizon_may_be_counted_step_by_step():
    def counted(W_hh, slope, share):
        factor, lag, bound = slope * np.sqrt(np.linalg.eigvalsh(W_hh.T @ W_hh).max()), 0, 1.0
        while bound > share:
            lag, bound = lag + 1, bound * factor
        return lag

    assert check.horizon(counted).passed


def test_the_half_life_may_be_fitted_in_any_base():
    def by_formula(norms):
        x, y = np.arange(len(norms)), np.log2(norms)
        slope = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()
        return -1 / slope

    assert check.half_life(by_formula).passed


def test_the_baselines_are_what_drawn_numbers_cost():
    for low, high in ((0.0, 1.0), (-2.0, 3.0)):
        a, b = np.random.default_rng(0).uniform(low, high, (2, 200_000))
        nothing, one = check.baselines.right(low, high)
        assert np.var(a + b) == pytest.approx(nothing, rel=0.02)
        assert np.var(b) == pytest.approx(one, rel=0.02)
    assert check.baselines(
        lambda low, high: {"one": (high - low) ** 2 / 12, "nothing": (high - low) ** 2 / 6}
    ).passed
