"""The checkers of the chapter on stacked networks: other styles pass, mistakes are called by their names."""

import numpy as np
import pytest

from companion.cells import RNN, Residual, Stacked
from companion.check import stacking as check
from companion.scan import scan


def told(checker, attempt):
    report = checker(attempt)
    assert not report.passed
    return report.text


def named(layers):
    return {f"layer{i}.{k}": v for i, layer in enumerate(layers, start=1) for k, v in layer.items()}


def by_package(x, states, layers):
    cell = Stacked([RNN(3, 3) for _ in layers])
    return np.stack(cell.step(named(layers), x, tuple(states)).state)


def test_a_column_by_the_package_passes():
    assert check.column(by_package).passed
    assert check.column(lambda *given: list(by_package(*given))).passed


def test_a_column_that_reads_old_states_is_told_so():
    def lagging(x, states, layers):
        below = np.concatenate([x[None], states[:-1]])
        return np.stack(
            [
                np.tanh(b @ p["W_xh"] + h @ p["W_hh"] + p["b_h"])
                for b, h, p in zip(below, states, layers, strict=True)
            ]
        )

    assert "reads the old state of the layer below" in told(check.column, lagging)


def test_units_by_the_formula_pass():
    def solved(budget, layers, D):
        a, b = 1 + 2 * (layers - 1), D + layers
        H = int((-b + np.sqrt(b * b + 4 * a * budget)) / (2 * a))
        return H

    assert check.units(solved).passed
    assert "larger than the budget" in told(check.units, lambda *given: solved(*given) + 1)


def test_roads_counted_one_by_one_pass():
    def one_by_one(layers, steps):
        if layers == 1 or steps == 1:
            return 1
        return one_by_one(layers - 1, steps) + one_by_one(layers, steps - 1)

    assert check.roads(one_by_one).passed
    assert "steps - 1 times" in told(check.roads, lambda L, T: one_by_one(L, T + 1))
    assert "layers - 1 times" in told(check.roads, lambda L, T: one_by_one(L + 1, T))


def of_sums(dys, lower, upper, first, second, skip=True):
    """The way back, both layers in one array."""
    N, T, H = dys.shape
    found = np.zeros((2, N, T, H))
    from_right = np.zeros((2, N, H))
    for t in reversed(range(T)):
        top = (dys[:, t] + from_right[1]) * (1 - upper[:, t] ** 2)
        above = top @ second["W_xh"].T + skip * dys[:, t]
        bottom = (above + from_right[0]) * (1 - lower[:, t] ** 2)
        found[:, :, t] = bottom, top
        from_right = np.stack([bottom @ first["W_hh"].T, top @ second["W_hh"].T])
    return tuple(found)


def test_the_right_way_back_is_that_of_the_package():
    given = check.way_back.draw(np.random.default_rng(3))
    da_lower, da_upper = check.way_back.right(*given.values())
    # The inputs are found again from the states, so that the package can run the very same network.
    first, lower = given["first"], given["lower"]
    before = np.concatenate([np.zeros_like(lower[:, :1]), lower[:, :-1]], axis=1)
    xs = (np.arctanh(lower) - before @ first["W_hh"] - first["b_h"]) @ np.linalg.inv(first["W_xh"])
    run = scan(Stacked([RNN(3, 3), Residual(RNN(3, 3))]), named([first, given["second"]]), xs)
    assert np.allclose(run.ys, lower + given["upper"], atol=1e-6)
    dxs, _, grads = run.back(given["dys"])
    assert np.allclose(dxs, da_lower @ first["W_xh"].T, atol=1e-5)
    assert np.allclose(grads["layer1.b_h"], da_lower.sum(axis=(0, 1)), atol=1e-5)
    assert np.allclose(grads["layer2.b_h"], da_upper.sum(axis=(0, 1)), atol=1e-5)


def test_another_way_of_writing_the_way_back_passes_and_a_forgotten_skip_is_told():
    assert check.way_back(of_sums).passed
    assert check.way_back(
        lambda *given: dict(zip(("da_lower", "da_upper"), of_sums(*given), strict=True))
    ).passed
    assert "past the upper cell is missing" in told(
        check.way_back, lambda *given: of_sums(*given, skip=False)
    )


@pytest.mark.parametrize(
    "right", [lambda ys, p, u: ys * (u >= p) / (1 - p), lambda ys, p, u: np.where(u < p, 0.0, ys / (1 - p))]
)
def test_dropping_in_two_styles_passes(right):
    assert check.drop(right).passed


def test_what_is_dropped_wrongly_is_told():
    assert "or the mean falls" in told(check.drop, lambda ys, p, u: np.where(u < p, 0, ys))
    assert "the wrong numbers" in told(check.drop, lambda ys, p, u: np.where(u > p, 0, ys) / (1 - p))
