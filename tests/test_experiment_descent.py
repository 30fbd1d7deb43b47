"""The recorded studies of gradient descent: what is stored is what the code gives."""

import numpy as np
import pytest

from companion import data, sweep
from companion.cells import RNN
from companion.experiments import descent
from companion.gradcheck import gradcheck
from companion.layers import Dense
from companion.scan import scan


def test_every_setting_is_recorded_once():
    key = lambda s: sorted(s.items())  # noqa: E731
    recorded = [key(r["settings"]) for r in sweep.load("descent")]
    assert sorted(recorded) == sorted(map(key, descent.SETTINGS))


@pytest.mark.parametrize(
    "settings",
    [
        {"study": "optimizers", "optimizer": "AdaGrad", "lr": 0.1, "batch": 16},
        {"study": "scales", "scale": "standardised", "lr": 0.01},
        {"study": "truncation", "steps": 2},
    ],
    ids=lambda s: s["study"],
)
def test_a_recorded_run_can_be_repeated(settings):
    (record,) = sweep.load("descent", **settings)
    again = descent.run(**settings, seeds=1)
    for name, values in again.items():
        assert len(record["figures"][name]) == descent.SEEDS
        assert values[0] == pytest.approx(record["figures"][name][0], rel=0.05)


def test_the_gradients_are_right():
    rng = np.random.default_rng(0)
    xs, labels = descent.first_letter()
    params = {**RNN(4, descent.HIDDEN).init(rng), **Dense(descent.HIDDEN, 4).init(rng)}
    assert max(gradcheck(lambda p: descent.name_first(p, (xs[::9], labels[::9])), params).values()) < 1e-7
    params = {**RNN(1, descent.HIDDEN).init(rng), **Dense(descent.HIDDEN, 1).init(rng)}
    numbers = rng.normal(size=(3, 6, 1))
    assert max(gradcheck(lambda p: descent.recall(p, numbers, 6), params).values()) < 1e-7


@pytest.mark.parametrize("k", [1, 3, 5, 6])
def test_the_last_steps_are_those_of_the_whole_run_and_the_gradient_goes_no_further(k):
    rng = np.random.default_rng(1)
    cell = RNN(1, 4)
    weights, xs, dh = cell.init(rng), rng.normal(size=(2, 6, 1)), rng.normal(size=(2, 4))
    whole = scan(cell, weights, xs)
    last, back = descent.last_steps(cell, weights, xs, k)
    assert np.allclose(last.ys, whole.ys[:, -k:], rtol=1e-14)
    assert all(np.allclose(back(dh)[n], whole.back(None, (dh,))[2][n]) for n in weights) == (k == 6)


def test_all_sequences_stand_in_the_task_once():
    xs, labels = descent.first_letter()
    texts = {data.decode(x, descent.LETTERS) for x in xs}
    assert len(texts) == len(xs) == 256
    assert [descent.LETTERS[k] for k in labels] == [data.decode(x, descent.LETTERS)[0] for x in xs]


def test_standardised_means_the_mean_and_the_standard_deviation_of_the_training_rows():
    (xs, targets), _, unit = descent.scaled("standardised")
    for values in (xs, targets):
        assert values.mean() == pytest.approx(0, abs=1e-12)
        assert values.std() == pytest.approx(1, abs=1e-3)
    assert unit == 17.08


def test_only_the_weights_from_the_input_are_made_smaller():
    weights = RNN(1, 2).init(np.random.default_rng(0))
    _, prepare, _ = descent.scaled("targets, W_xh /100")
    after = prepare(weights)
    assert np.allclose(after["W_xh"], weights["W_xh"] / 100)
    assert np.array_equal(after["W_hh"], weights["W_hh"])


def test_an_unknown_study_is_named():
    with pytest.raises(ValueError, match="study must be one of optimizers, scales, truncation, got 'rates'"):
        descent.run("rates")
