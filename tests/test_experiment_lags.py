"""The recorded experiments on lags: what is stored is what the code gives, and kinds differ as they say."""

import numpy as np
import pytest

from companion import sweep
from companion.cells import Lag
from companion.experiments import electricity, lags, lags_electricity
from companion.gradcheck import gradcheck

BOTH = {"lags": lags, "lags_electricity": lags_electricity}


def size(net):
    return sum(p.size for p in net.params.values())


@pytest.mark.parametrize("name", BOTH)
def test_every_setting_is_recorded_once(name):
    stored = [record["settings"] for record in sweep.load(name)]
    key = lambda s: sorted((k, str(v)) for k, v in s.items())  # noqa: E731
    assert sorted(map(key, stored)) == sorted(map(key, BOTH[name].SETTINGS))


def test_a_recorded_copy_can_be_repeated():
    (record,) = sweep.load("lags", kind="lag", k=4, delay=6, seed=0)
    again = lags.run(**record["settings"])
    assert abs(again["learnt"] - record["figures"]["learnt"]) <= lags.EVERY
    assert again == lags.run(**record["settings"])
    assert len(again["before"]) == len(again["after"]) == 6
    assert again["right"] >= lags.LEARNT


def test_lag_one_is_the_net_of_the_chapter_on_electricity():
    settings = {"year": 2010, "horizon": 1, "context": "none", "seed": 3, "epochs": 2}
    theirs, ours = electricity.run(**settings), lags_electricity.run("lag", 1, 3, epochs=2)
    assert [ours["mae"]] == theirs["mae"]
    assert ours["weekly"] == theirs["weekly"]
    assert ours["weights"] == 305


def test_answers_are_the_signs_of_some_steps_before():
    rng, delay = np.random.default_rng(0), 5
    xs = lags.signs(rng, 4, delay)
    assert set(np.unique(xs)) == {-1, 1} and xs.shape == (4, delay + lags.ASKED, 1)
    # A window that reaches back to the answer needs no state: one weight copies it.
    net = lags.begin("window", delay + 1, 0)
    params = {name: np.zeros_like(p) for name, p in net.params.items()}
    params["W_xh"][delay, 0] = 20
    params["W_hy"][0] = 1
    loss, _ = lags.loss_and_grads(net, params, xs, delay)
    assert loss < 1e-6
    assert lags.right(net, params, xs, delay) == 1


def test_kinds_have_the_sizes_that_they_are_named_after():
    lag, H = lags.begin("lag", 4, 0), lags.HIDDEN
    assert isinstance(lag.cell, Lag) and lag.cell.input_size == 1
    weights, memory = lags.begin("weights", 4, 0), lags.begin("memory", 4, 0)
    fewer = weights.cell.hidden_size - 1
    assert fewer + fewer**2 + fewer + fewer + 1 < size(lag) <= size(weights)
    assert memory.cell.hidden_size == sum(s.shape[1] for s in lag.cell.zero_state(1)) == 4 * H
    window = lags.begin("window", 4, 0)
    assert window.cell.input_size == 4 and size(window) == size(lags.begin("lag", 1, 0)) + 3 * H


def test_kinds_of_one_seed_begin_alike():
    plain, window = lags.begin("lag", 1, 5).params, lags.begin("window", 3, 5).params
    lag, turned = lags.begin("lag", 3, 5).params, lags.begin("orthogonal", 1, 5).params
    for name in ("b_h", "W_hy", "b_y"):
        assert all(np.array_equal(plain[name], other[name]) for other in (window, lag, turned))
    assert np.array_equal(window["W_hh"], plain["W_hh"])
    assert np.allclose(lag["W_hh"] * 3**0.5, plain["W_hh"])
    assert np.allclose(turned["W_hh"] @ turned["W_hh"].T, np.eye(lags.HIDDEN), atol=1e-5)
    recurrent = np.concatenate([lag["W_hh"], lag["W_xh"][1:]])
    assert np.sqrt((recurrent**2).sum(axis=0).mean()) == pytest.approx(3**-0.5, rel=0.1)


@pytest.mark.parametrize(("kind", "k"), [("lag", 3), ("window", 3), ("weights", 2)])
def test_gradients_are_right(kind, k):
    rng = np.random.default_rng(1)
    plain = {name: p[:3, :3] if p.ndim == 2 else p[:3] for name, p in lags.begin("lag", 1, 0).params.items()}
    plain["W_hy"] = plain["W_hy"][:, :1]
    plain = {name: p.astype(np.float64) for name, p in plain.items()}
    net = lags.network(kind, k, plain, rng)
    xs = rng.normal(size=(3, 6, 1))
    copied = gradcheck(lambda p: lags.loss_and_grads(net, p, xs, 2), net.params)
    near = lags_electricity.forecast(net, net.params, xs) + 0.1  # so that nothing is clipped
    ahead = gradcheck(lambda p: lags_electricity.loss_and_grads(net, p, (xs, near)), net.params)
    assert max([*copied.values(), *ahead.values()]) < 1e-7


def test_an_unknown_kind_is_named():
    with pytest.raises(ValueError, match=r"kind must be one of lag, window, .*, got 'hope' with k=2"):
        lags.begin("hope", 2, 0)
