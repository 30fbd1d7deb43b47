"""The recorded networks on the toy series: what is stored is what the code gives."""

import numpy as np
import pytest

from companion import sweep
from companion.experiments import toy_series
from companion.gradcheck import gradcheck


def test_every_setting_is_recorded_once():
    records = sweep.load("toy_series")
    key = lambda s: sorted(s.items())  # noqa: E731
    assert sorted(map(key, (r["settings"] for r in records))) == sorted(map(key, toy_series.SETTINGS))


def test_a_recorded_run_can_be_repeated():
    (record,) = sweep.load("toy_series", framework="numpy", readout="last", seed=3)
    again = toy_series.run("numpy", "last", seed=3)
    assert np.allclose(again["answers"], record["figures"]["answers"], atol=0.01)


@pytest.mark.parametrize("readout", toy_series.READOUTS)
def test_the_gradients_of_both_read_outs_are_right(readout):
    rng = np.random.default_rng(5)
    cell, dense = toy_series.network(readout)
    xs, targets = rng.normal(size=(4, 3, 1)), rng.normal(size=(4, 1))

    def f(params):
        loss, _, grads = toy_series.loss_and_grads(params, xs, targets, readout)
        return loss, grads

    assert max(gradcheck(f, {**cell.init(rng), **dense.init(rng)}).values()) < 1e-7


@pytest.mark.parametrize("framework", ["numpy", "torch", "keras"])
@pytest.mark.parametrize("readout", toy_series.READOUTS)
def test_a_short_run_learns_and_gives_seven_answers(framework, readout):
    few, more = (toy_series.run(framework, readout, seed=1, updates=n) for n in (1, 200))
    assert len(more["answers"]) == 7
    assert more["loss"] < few["loss"]


def test_unknown_settings_are_named():
    with pytest.raises(ValueError, match="framework must be one of numpy, torch, keras, got 'jax'"):
        toy_series.run("jax", "last", 0)
    with pytest.raises(ValueError, match="readout must be one of flatten, last, got 'first'"):
        toy_series.run("numpy", "first", 0)
