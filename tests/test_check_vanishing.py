"""The checkers of the chapter on vanishing gradients name the mistakes that people make."""

import numpy as np
import pytest

from companion.cells import RNN
from companion.check import vanishing as check
from companion.gradcheck import measured_gradients

EXERCISES = [
    check.jacobian,
    check.terms_by_lag,
    check.horizon,
    check.factor_per_step,
    check.baselines,
]


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_every_named_mistake_is_called_by_its_own_name(exercise):
    for sentence, mistaken in exercise.mistakes.items():
        assert exercise(mistaken).text == f"{exercise.name}: {sentence}"


def test_the_jacobian_is_what_the_forward_pass_does():
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=4)

    def measured(W_hh, h_prev, h):
        a = np.arctanh(h) - h_prev @ W_hh  # what the input must have brought
        rows = []
        for i in range(len(h)):
            f = lambda arrays, i=i: (np.tanh(a + arrays["h"] @ W_hh)[i], {})  # noqa: E731
            rows.append(measured_gradients(f, {"h": h_prev})["h"])
        return np.round(np.array(rows), 9)

    W, h_prev = rng.normal(size=(4, 4)), np.tanh(rng.normal(size=4))
    h = np.tanh(inputs + h_prev @ W)
    assert np.allclose(measured(W, h_prev, h), check.jacobian.right(W, h_prev, h), atol=1e-8)
    assert check.jacobian(lambda W, h_prev, h: np.diag(1 - h**2) @ W.T).passed
    assert check.jacobian(
        lambda W, h_prev, h: [[(1 - h[i] ** 2) * W[j, i] for j in range(4)] for i in range(4)]
    ).passed


def test_terms_by_lag_may_be_written_with_products_of_jacobians():
    def by_products(W_hh, hs, dh):
        T, product, terms = len(hs) - 1, np.eye(len(W_hh)), []
        for k in range(T, 0, -1):
            terms.append(np.outer(hs[k - 1], (dh @ product) * (1 - hs[k] ** 2)))
            product = product @ np.diag(1 - hs[k] ** 2) @ W_hh.T
        return terms

    assert check.terms_by_lag(by_products).passed
    rng = np.random.default_rng(0)
    given = check.terms_by_lag.draw(rng)
    cell = RNN(3, 3)
    params = {"W_xh": np.eye(3), "W_hh": given["W_hh"], "b_h": np.zeros(3)}
    da, total = given["dh"][None], 0.0
    for k in range(len(given["hs"]) - 1, 0, -1):
        h_prev, h = given["hs"][k - 1][None], given["hs"][k][None]
        x = np.arctanh(h) - h_prev @ given["W_hh"]
        _, (da,), grads = cell.step(params, x, (h_prev,)).back(np.zeros_like(da), (da,))
        total = total + grads["W_hh"]
    assert np.allclose(np.sum(by_products(**given), axis=0), total)


def test_horizon_may_be_counted_step_by_step():
    def counted(W_hh, slope, share):
        factor, lag, bound = slope * np.sqrt(np.linalg.eigvalsh(W_hh.T @ W_hh).max()), 0, 1.0
        while bound > share:
            lag, bound = lag + 1, bound * factor
        return lag

    assert check.horizon(counted).passed


def test_the_factor_may_be_fitted_in_any_base():
    def by_formula(norms):
        x, y = np.arange(len(norms)), np.log10(norms)
        slope = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()
        return 10**slope

    assert check.factor_per_step(by_formula).passed


def test_the_baselines_are_what_drawn_numbers_cost():
    for low, high in ((0.0, 1.0), (-2.0, 3.0)):
        a, b = np.random.default_rng(0).uniform(low, high, (2, 200_000))
        nothing, one = check.baselines.right(low, high)
        assert np.var(a + b) == pytest.approx(nothing, rel=0.02)
        assert np.var(b) == pytest.approx(one, rel=0.02)
    assert check.baselines(
        lambda low, high: {"one": (high - low) ** 2 / 12, "nothing": (high - low) ** 2 / 6}
    ).passed
