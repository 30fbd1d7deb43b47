"""The recorded study of clipping: what is stored is what the code gives."""

import numpy as np
import pytest

from companion import sweep
from companion.experiments import clipping
from companion.experiments.memory_tasks import loss_and_grads
from companion.gradcheck import gradcheck
from companion.optim import clip_grad_norm, clip_grad_value


def test_every_setting_is_recorded_once_and_for_every_seed():
    key = lambda s: sorted((k, str(v)) for k, v in s.items())  # noqa: E731
    records = sweep.load("clipping")
    assert sorted(key(r["settings"]) for r in records) == sorted(map(key, clipping.SETTINGS))
    assert all(len(values) == clipping.SEEDS for r in records for values in r["figures"].values())


def test_a_recorded_run_can_be_repeated():
    for norm in (None, 1.0):
        (record,) = (r for r in sweep.load("clipping") if r["settings"] == {"lr": 0.03, "norm": norm})
        again = clipping.run(lr=0.03, norm=norm, seeds=1)
        assert (again["right"][0] >= 0.95) == (record["figures"]["right"][0] >= 0.95) == (norm == 1.0)
        assert again["loss"][0][0] == pytest.approx(record["figures"]["loss"][0][0], rel=0.1)


def test_the_same_seed_gives_the_same_run():
    settings = {"lr": 0.01, "norm": 1.0, "seeds": 2, "updates": 40}
    assert clipping.run(**settings) == clipping.run(**settings)


def test_gradients_are_clipped_as_asked():
    grads = {"W": np.array([[3.0, -4.0]]), "b": np.array([12.0])}
    assert clipping.clipped(grads, None, None)["b"] == 12
    for name, g in clip_grad_norm(grads, 1.0)[0].items():
        assert np.array_equal(clipping.clipped(grads, 1.0, None)[name], g)
    for name, g in clip_grad_value(grads, 5.0)[0].items():
        assert np.array_equal(clipping.clipped(grads, None, 5.0)[name], g)


def test_a_run_that_breaks_counts_as_blind_guessing():
    figures = clipping.run(lr=1e30, seeds=1)
    assert figures["broke"][0] < clipping.UPDATES
    assert figures["right"] == [0.25]
    assert figures["loss"] == [None]


def test_the_relu_network_begins_at_the_identity_and_its_gradients_are_right():
    rng = np.random.default_rng(0)
    cell, dense, params = clipping.network("identity, ReLU", rng)
    assert np.array_equal(params["W_hh"], np.eye(clipping.HIDDEN))
    assert not params["b_h"].any()
    # The same at a handful of units, moved away from the kink at zero.
    few = type(cell)(6, 3, cell.activation), type(dense)(3, 4)
    drawn = {**few[0].init(rng), **few[1].init(rng)}
    drawn["b_h"] = drawn["b_h"] + 1
    xs, letters = clipping.TASK.draw(rng, 4, 5)
    batch = xs.astype(np.float64), letters
    errors = gradcheck(lambda p: loss_and_grads(*few, clipping.TASK, p, batch), drawn)
    assert max(errors.values()) < 1e-7


def test_an_unknown_network_is_named():
    with pytest.raises(ValueError, match="net must be one of identity, ReLU; orthogonal; uniform, got 'GRU'"):
        clipping.run(lr=0.1, net="GRU")
