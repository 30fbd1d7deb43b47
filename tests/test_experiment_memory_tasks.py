"""The tasks that need a memory: they ask what they say, and what is stored is what the code gives."""

import numpy as np
import pytest

from companion import sweep
from companion.experiments import memory_tasks as tasks
from companion.gradcheck import gradcheck

LAGS = (1, 2, 7, 20)


def test_every_setting_is_recorded_once():
    key = lambda s: sorted((k, str(v)) for k, v in s.items())  # noqa: E731
    recorded = [key(r["settings"]) for r in sweep.load("memory_tasks")]
    assert sorted(recorded) == sorted(map(key, tasks.SETTINGS))


@pytest.mark.parametrize("lag", LAGS)
def test_recall_asks_for_the_letter_lag_steps_back_and_shows_no_other(lag):
    xs, letters = tasks.recall(np.random.default_rng(lag), 200, lag)
    assert xs.shape == (200, lag + 1, 6) and (xs.sum(axis=2) == 1).all()
    assert (xs[:, -1 - lag].argmax(axis=1) == letters).all()
    assert not xs[:, 1:, : tasks.LETTERS].any()
    assert set(letters) == set(range(tasks.LETTERS))


@pytest.mark.parametrize("lag", LAGS)
def test_adding_marks_one_number_in_each_half(lag):
    xs, sums = tasks.adding(np.random.default_rng(lag), 200, lag)
    values, marks = xs[..., 0], xs[..., 1]
    half = (lag + 1) // 2
    assert xs.shape == (200, lag + 1, 2) and sums.shape == (200, 1)
    assert (marks[:, :half].sum(axis=1) == 1).all() and (marks[:, half:].sum(axis=1) == 1).all()
    assert np.allclose((values * marks).sum(axis=1), sums[:, 0])


def test_the_scores_of_ignorance():
    rng = np.random.default_rng(0)
    _, sums = tasks.adding(rng, 100_000, 5)
    assert tasks.squared(np.ones_like(sums), sums) == pytest.approx(tasks.TASKS["adding"].ignorance, rel=0.02)
    # Whoever knows one of the two numbers is half way.
    xs, sums = tasks.adding(rng, 100_000, 5)
    second = (xs[:, 3:, 0] * xs[:, 3:, 1]).sum(axis=1, keepdims=True)
    assert tasks.squared(second + 0.5, sums) == pytest.approx(tasks.TASKS["adding"].half, rel=0.02)
    _, letters = tasks.recall(rng, 100_000, 5)
    guesses = np.eye(4)[rng.integers(0, 4, 100_000)]
    assert tasks.right(guesses, letters) == pytest.approx(tasks.TASKS["recall"].ignorance, rel=0.02)


@pytest.mark.parametrize("task", tasks.TASKS)
@pytest.mark.parametrize(
    "settings",
    [
        {"cell": "RNN"},
        {"cell": "GRU", "init": "orthogonal"},
        {"cell": "LSTM", "forget": 1.0},
        {"cell": "RNN", "highway": -2.0, "clip": None},
    ],
    ids=lambda s: "-".join(map(str, s.values())),
)
def test_any_cell_learns_a_task_without_delay(task, settings):
    figures = tasks.run(task, lag=2, seed=0, updates=400, lr=0.01, hidden=16, **settings)
    score, kind = figures["score"][-1], tasks.TASKS[task]
    assert score > kind.half if task == "recall" else score < kind.half
    assert figures["at"] == [20 * k for k in range(1, 21)] and figures["broke"] is None
    assert len(figures["before"]) == len(figures["after"]) == 3
    assert figures["norm"][0] > 0


def test_the_gradients_are_right():
    for name, kind in tasks.TASKS.items():
        rng = np.random.default_rng(3)
        cell, dense, params = tasks.network("RNN", kind, 4, rng, "radius 1", highway=-1.0)
        doubles = {k: p.astype(np.float64) for k, p in params.items()}
        xs, wanted = kind.draw(rng, 3, 4)
        wanted = wanted.astype(np.float64) if name == "adding" else wanted
        batch = xs.astype(np.float64), wanted
        errors = gradcheck(
            lambda p, b=batch, k=kind, c=cell, d=dense: tasks.loss_and_grads(c, d, k, p, b), doubles
        )
        assert max(errors.values()) < 1e-7


def test_the_fading_is_the_norm_by_lag_of_one_sequences_gradient():
    kind = tasks.TASKS["recall"]
    cell, dense, params = tasks.network("RNN", kind, 8, np.random.default_rng(0))
    batch = kind.draw(np.random.default_rng(1), 5, 6)
    norms = tasks.fading(cell, dense, kind, params, batch)
    alone = [
        tasks.fading(cell, dense, kind, params, (batch[0][n : n + 1], batch[1][n : n + 1])) for n in range(5)
    ]
    assert norms == pytest.approx(np.mean(alone, axis=0), rel=0.01)
    assert norms[-1] < norms[0]


@pytest.mark.filterwarnings("ignore:overflow")
def test_a_run_that_breaks_says_when():
    figures = tasks.run("adding", lag=5, seed=0, clip=None, lr=1e38, updates=100, hidden=4)
    assert figures["broke"] is not None and figures["after"] is None


@pytest.mark.parametrize("radius", [0.5, 1.0, 1.5])
def test_with_radius_has_it(radius):
    W = tasks.INITS[f"radius {radius:g}"](20, np.random.default_rng(0))
    assert np.abs(np.linalg.eigvals(W)).max() == pytest.approx(radius)


def test_a_recorded_run_can_be_repeated():
    (record,) = sweep.load("memory_tasks", task="recall", lag=5, seed=0, init="radius 0.5")
    again = tasks.run(**{**record["settings"], "updates": 20})
    assert again["before"] == pytest.approx(record["figures"]["before"], rel=0.01)
