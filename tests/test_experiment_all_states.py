"""The older network that reads all four states: its shapes, its copies of a picture, and what is recorded."""

import numpy as np
import torch

from companion import sweep
from companion.experiments import all_states


def test_all_states_reach_the_scores():
    rng = np.random.default_rng(0)
    weights = {name: torch.tensor(w) for name, w in all_states.initial(rng).items()}
    assert weights["dense1"].shape == (13_824, 512)
    seen = torch.tensor(rng.random((4, 2, 28, 28, 1), np.float32), requires_grad=True)
    found = all_states.scores(weights, seen)
    assert found.shape == (2, 10)
    (grads,) = torch.autograd.grad(found.sum(), seen)
    assert all(grads[t].abs().max() > 0 for t in range(4))


def test_every_copy_is_noisy():
    copies = all_states.noisy_copies(np.zeros((5, 28, 28, 1), np.float32), np.random.default_rng(0))
    assert copies.shape == (4, 5, 28, 28, 1) and copies.dtype == np.float32
    np.testing.assert_allclose(copies.mean(axis=(1, 2, 3, 4)), [0, 0.1, 0.1, 0.45], atol=0.01)
    assert copies.std(axis=(1, 2, 3, 4)).min() > 0.05


def test_a_short_run_learns_and_repeats():
    found = all_states.run(seed=0, epochs=1, limit=300)
    assert found == all_states.run(seed=0, epochs=1, limit=300)
    assert found["test_cost"][0] < 2.4


def test_all_settings_are_recorded():
    assert [r["settings"] for r in sweep.load("all_states")] == all_states.SETTINGS
