"""The recorded ladders of lags: what is stored is what the code gives, and each remedy is what it says."""

import numpy as np
import pytest

from companion import sweep
from companion.cells import LSTM, RNN, Highway, Lag
from companion.experiments import memory_tasks, remedies
from companion.gradcheck import gradcheck
from companion.layers import Dense


def begun(name):
    return remedies.network(remedies.REMEDIES[name], np.random.default_rng(0))


def test_every_remedy_is_recorded_once_and_for_every_seed():
    records = sweep.load("remedies")
    key = lambda s: sorted((k, str(v)) for k, v in s.items())  # noqa: E731
    assert sorted(key(r["settings"]) for r in records) == sorted(map(key, remedies.SETTINGS))
    assert all(len(values) == remedies.SEEDS for r in records for values in r["figures"].values())


def test_a_climb_is_told_consistently():
    for record in sweep.load("remedies"):
        ladder = tuple(record["settings"].get("ladder", remedies.LADDER))
        figures = record["figures"]
        for longest, updates, before in zip(
            figures["longest"], figures["updates"], figures["before"], strict=True
        ):
            assert longest == (ladder[len(updates) - 1] if updates else 0)
            tried = ladder[: len(updates) + 1]
            assert (before is not None) == (remedies.SHOWN in tried)


def test_a_recorded_climb_can_be_repeated():
    (record,) = sweep.load("remedies", remedy="identity, ReLU")
    again = remedies.run("identity, ReLU", seeds=1, ladder=(5, 10))
    assert again["longest"] == [10]
    assert abs(again["updates"][0][0] - record["figures"]["updates"][0][0]) <= remedies.EVERY
    assert again == remedies.run("identity, ReLU", seeds=1, ladder=(5, 10))


def test_a_ladder_ends_where_nothing_is_learnt():
    figures = remedies.climb(remedies.REMEDIES["LSTM 0"], 0, ladder=(20, 40), updates=25)
    assert figures["longest"] == 0
    assert figures["updates"] == []
    assert len(figures["before"]) == len(figures["after"]) == 21


def test_biases_stand_where_they_belong():
    H = remedies.HIDDEN
    assert (begun("highway -4")[2]["b_g"] == -4).all()
    assert (begun("LSTM 2")[2]["b_h"][H : 2 * H] == 2).all()
    update = begun("GRU 2")[2]["b_h"]
    assert (update[H : 2 * H] == 2).all()
    assert len(np.unique(np.delete(update, np.s_[H : 2 * H]))) == 2 * H
    cells = [type(begun(name)[0]) for name in ("highway -4", "LSTM 2", "none", "direct links")]
    assert cells == [Highway, LSTM, RNN, Lag]


def test_links_are_together_as_strong_as_no_links():
    cell, _, params = begun("direct links")
    D, H = remedies.TASK.inputs, remedies.HIDDEN
    assert cell.input_size == D
    recurrent = np.concatenate([params["W_xh"][D:], params["W_hh"]])
    assert recurrent.shape == (5 * H, H)
    assert np.sqrt((recurrent**2).sum(axis=0).mean()) == pytest.approx(3**-0.5, rel=0.05)


def test_a_gradient_that_is_cut_goes_no_further():
    rng = np.random.default_rng(0)
    cell, dense = LSTM(6, 3), Dense(3, 4)
    params = {**cell.init(rng), **dense.init(rng)}
    xs, letters = remedies.TASK.draw(rng, 4, 7)
    batch = xs.astype(np.float64), letters
    whole, all_grads = memory_tasks.loss_and_grads(cell, dense, remedies.TASK, params, batch)
    for back in (2, 8, 20):
        loss, grads = remedies.truncated(cell, dense, params, batch, back)
        assert loss == pytest.approx(whole, rel=1e-12)
        same = all(np.allclose(grads[name], all_grads[name], rtol=1e-10) for name in grads)
        assert same == (back >= 8)
    # The letters stand at the first step only, so that a gradient which is cut never reaches their weights.
    assert not remedies.truncated(cell, dense, params, batch, 2)[1]["W_xh"][:4].any()
    errors = gradcheck(lambda p: remedies.truncated(cell, dense, p, batch, 8), params)
    assert max(errors.values()) < 1e-7


def test_an_unknown_remedy_is_named():
    with pytest.raises(ValueError, match=r"remedy must be one of none; clipping; .*, got 'hope'"):
        remedies.run("hope")
