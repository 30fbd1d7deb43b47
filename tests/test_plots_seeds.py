"""The chart of seeds shows every run, the mean, and the level; what does not fit is refused."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from companion import plots

LENGTHS = [10, 20, 50]
RUNS = {"rnn": np.array([[0.9, 1.0, 0.7], [0.8, 1.0, 0.5]]), "bag": np.full((2, 3), 0.5)}


@pytest.fixture
def ax():
    plots.use_style()
    _, ax = plt.subplots()
    yield ax
    plt.close("all")


def test_every_run_and_the_mean_are_drawn(ax):
    assert plots.seeds(ax, LENGTHS, RUNS, level=0.5, x_label="length", y_label="right") is ax
    drawn = [line.get_ydata() for line in ax.lines]
    for runs in RUNS.values():
        for row in [*runs, runs.mean(axis=0)]:
            assert any(len(y) == 3 and np.allclose(y, row) for y in drawn)
    assert any(set(y) == {0.5} and len(y) == 2 for y in drawn)
    assert {text.get_text() for text in ax.texts} == set(RUNS)
    assert ax.get_xticks().tolist() == LENGTHS


def test_names_stand_at_the_height_of_their_means(ax):
    plots.seeds(ax, LENGTHS, RUNS)
    low, high = ax.get_ylim()
    for text in ax.texts:
        end = RUNS[text.get_text()].mean(axis=0)[-1]
        assert low + text.xy[1] * (high - low) == pytest.approx(end, abs=0.06)


def test_runs_of_another_shape_are_refused(ax):
    with pytest.raises(ValueError, match=r"the runs of 'rnn' must have shape \(S, 3\), got \(2, 2\)"):
        plots.seeds(ax, LENGTHS, {"rnn": RUNS["rnn"][:, :2]})
    with pytest.raises(ValueError, match="must hold 1 to 5 series, got 0"):
        plots.seeds(ax, LENGTHS, {})


def test_on_a_logarithmic_axis_the_means_are_geometric(ax):
    plots.seeds(ax, [1, 2], {"loss": [[0.01, 0.5], [1.0, 0.02]]}, log=True)
    assert ax.get_yscale() == "log"
    assert any(np.allclose(line.get_ydata(), [0.1, 0.1]) for line in ax.lines)
    with pytest.raises(ValueError, match="the runs of 'loss' must be positive on a logarithmic axis, got 0"):
        plots.seeds(ax, [1, 2], {"loss": [[0.01, 0.5], [1.0, 0.0]]}, log=True)
