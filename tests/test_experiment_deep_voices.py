"""Deeper networks for nine voices: equal sizes, settings chosen without the test, records whole."""

import numpy as np
import pytest

from companion import sweep
from companion.experiments import deep_voices
from companion.gradcheck import compare, measured_gradients


def test_a_short_run_can_be_repeated():
    figures = deep_voices.run(layers=2, lr=0.01, epochs=2, seed=0)
    assert 370 / 9 < figures["right"] <= 370
    assert deep_voices.run(layers=2, lr=0.01, epochs=2, seed=0) == figures
    losses = deep_voices.run(layers=1, lr=0.01, epochs=2, seed=0, validate=True)["validation"]
    assert len(losses) == 2 and losses[1] < losses[0]


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_networks_have_nearly_the_same_number_of_weights(layers):
    net = deep_voices.Listener(layers)
    numbers = sum(p.size for p in net.init(np.random.default_rng(0)).values())
    assert numbers == net.parameters
    assert abs(numbers / deep_voices.WEIGHTS - 1) < 0.02


def test_the_gradient_is_that_of_the_loss():
    rng = np.random.default_rng(0)
    net = deep_voices.Listener(2)
    net.cell, net.dense = deep_voices.tower(2, 3, 12), deep_voices.Dense(3, 9)
    params = net.init(rng)
    batch = rng.normal(size=(4, 5, 12)), np.array([5, 2, 4, 1]), np.array([0, 3, 8, 3])
    _, grads = net.loss_and_grads(params, batch)
    measured = measured_gradients(lambda arrays: net.loss_and_grads(arrays, batch), params)
    norm = np.sqrt(sum((g**2).sum() for g in measured.values()))
    clipped = {name: g * min(1.0, 1.0 / norm) for name, g in measured.items()}
    assert max(compare(grads, clipped).values()) < 1e-6


def test_settings_were_chosen_by_the_candidates():
    for layers, chosen in deep_voices.CHOSEN.items():
        assert deep_voices.best(sweep.load("deep_voices", layers=layers, validate=True)) == chosen


def test_what_is_recorded_is_what_the_settings_say():
    assert [record["settings"] for record in sweep.load("deep_voices")] == deep_voices.SETTINGS
