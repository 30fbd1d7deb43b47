"""The harness that judges a recurrent step: fair to both networks, repeatable, and clear about bad input."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from companion import judging, variants
from companion.experiments import variants as experiment
from companion.judging import Comparison, Scale, base, compare, conv, elu
from companion.variants import READINGS

TINY = Scale(edge=14, train=100, epochs=1, batch=50, test=100)
LAG = {"W_hh2": (1, 1, 5, 5), "b_h": (5,)}


def lag_2(w, x, states):
    z = conv(x, w["W_xh"]) + w["b_h"]
    for state, name in zip(reversed(states), ("W_hh", "W_hh2"), strict=False):
        z = z + conv(state, w[name])
    return elu(z)


def test_the_base_is_that_of_the_variants():
    from companion.variants import with_torch

    rng = np.random.default_rng(0)
    meant = READINGS["as meant"]
    weights = variants.initial("vanilla", meant, rng)
    seen = variants.noisy_versions(rng.random((3, 28, 28, 1), np.float32), rng)
    theirs = with_torch.loss_and_grads("vanilla", meant, weights, seen, np.zeros(3, int))[1]
    ours = judging.scores(base, {k: torch.tensor(w) for k, w in weights.items()}, torch.tensor(seen))
    np.testing.assert_array_equal(ours.numpy(), theirs)


def test_at_full_scale_it_repeats_the_recorded_protocol():
    scale = replace(judging.FULL, train=200, test=200, epochs=2)
    recorded = experiment.run("vanilla", "as meant", seed=3, epochs=2, limit=200)
    assert judging.accuracy(base, {}, 3, scale) == pytest.approx(recorded["test_accuracy"][-1], abs=1e-6)
    assert (judging.FULL.train, judging.FULL.test) == (experiment.TRAINING, 10_000)
    assert judging.FULL.epochs == experiment.EPOCHS["as meant"]
    assert judging.FULL.lr == judging.SMALL.lr == experiment.rate("vanilla", "as meant")


def test_both_networks_of_a_pair_start_alike_and_own_kernels_come_on_top():
    ours = judging.first(LAG, np.random.default_rng(5))
    theirs = judging.first({}, np.random.default_rng(5))
    for name, w in theirs.items():
        np.testing.assert_array_equal(ours[name], w)
    assert ours.keys() - theirs.keys() == LAG.keys()
    assert not ours["b_h"].any()
    wide = judging.first({"W": (3, 3, 50, 40)}, np.random.default_rng(0))["W"]
    assert wide.std() == pytest.approx(1 / np.sqrt(9 * 50), rel=0.02)


def test_a_comparison_is_paired_and_repeatable():
    found = compare(lag_2, LAG, seeds=(4, 7), scale=TINY)
    again = compare(lag_2, LAG, seeds=(4, 7), scale=TINY)
    assert found.seeds == (4, 7)
    np.testing.assert_array_equal(found.yours, again.yours)
    np.testing.assert_array_equal(found.base, again.base)
    assert found.base[0] == judging.accuracy(base, {}, 4, TINY)
    assert found.difference.mean == pytest.approx((found.yours - found.base).mean())
    same = compare(base, seeds=(4, 7), scale=TINY)
    np.testing.assert_array_equal(same.yours, same.base)


def test_what_it_shows():
    found = Comparison((0, 1, 2), np.array([0.5, 0.6, 0.7]), np.array([0.54, 0.63, 0.75]))
    lines = repr(found).splitlines()
    assert lines[:2] == ["seed    base   yours", "   0   50.0%   54.0%"]
    assert lines[-1] == "yours - base: 4.0 points (1.5 to 6.5), p = 0.02"
    assert max(map(len, lines)) <= 50


def test_what_can_be_known_is_refused_before_any_training(monkeypatch):
    monkeypatch.setattr(judging, "accuracy", lambda *given: pytest.fail("a network was trained"))
    for given in ({"kernels": {"W_hh": (1, 1, 5, 5)}}, {"seeds": (1, 1)}, {"seeds": (1,)}):
        with pytest.raises(ValueError):
            compare(base, scale=TINY, **given)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: compare(base, {"W_hh": (1, 1, 5, 5)}, (0, 1), TINY), "names of their own, got 'W_hh'"),
        (lambda: compare(base, seeds=(0,)), "needs at least two seeds, got 1"),
        (lambda: compare(base, seeds=(3, 4, 3)), r"every seed must stand once, got \[3, 4, 3\]"),
        (lambda: replace(TINY, edge=20), "edge must be 14 or 28, got 20"),
        (lambda: replace(TINY, train=120), "train must be a multiple of batch = 50, got 120"),
        (lambda: replace(TINY, train=60_000), "train must be at most 55000, got 60000"),
        (lambda: replace(TINY, test=20_000), "test must be at most 10000, got 20000"),
        (lambda: replace(TINY, test=0), "test must be at least 1, got 0"),
        (lambda: replace(TINY, epochs=0), "epochs must be at least 1, got 0"),
        (lambda: replace(TINY, batch=0), "batch must be at least 1, got 0"),
        (
            lambda: judging.accuracy(lambda w, x, s: base(w, x, s) / 0, {}, 8, TINY),
            "with seed 8 the cost is not finite any more in epoch 1",
        ),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
