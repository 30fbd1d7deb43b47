"""The chart of differences draws every run and every interval, and refuses what it cannot show."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from companion import plots


@pytest.fixture
def ax():
    fig, ax = plt.subplots()
    yield ax
    plt.close(fig)


def test_every_run_is_a_dot_and_every_interval_a_bar(ax):
    runs = {"better": [0.1, 0.2, 0.3], "worse": [-0.3, -0.2], "either": [-0.1, 0.2]}
    intervals = {"better": (0.12, 0.28), "worse": (-0.3, -0.2), "either": (-0.1, 0.2)}
    assert plots.differences(ax, runs, intervals, title="t", x_label="x") is ax
    dots, bars = ax.lines[0:6:2], ax.lines[1:6:2]
    for name, dot, bar in zip(runs, dots, bars, strict=True):
        np.testing.assert_array_equal(dot.get_xdata(), runs[name])
        assert tuple(bar.get_xdata()) == intervals[name]
    assert [bar.get_color() for bar in bars] == [plots.BLUE, plots.VERMILION, plots.GREY]
    assert [label.get_text() for label in ax.get_yticklabels()] == list(runs)


def test_the_first_row_stands_on_top(ax):
    plots.differences(ax, {"a": [1.0], "b": [2.0]}, {"a": (1, 1), "b": (2, 2)})
    low, high = ax.get_ylim()
    assert low > high


@pytest.mark.parametrize(
    ("runs", "intervals", "words"),
    [
        ({}, {}, "at least one row"),
        ({"a": [1.0]}, {}, "must be those of a, got none"),
        ({"a": []}, {"a": (0, 1)}, r"the runs of 'a' must have shape \(N,\)"),
        ({"a": [np.nan]}, {"a": (0, 1)}, "must be finite"),
        ({"a": [1.0]}, {"a": (1, 0)}, r"must be \(low, high\), got \(1.0, 0.0\)"),
    ],
)
def test_what_cannot_be_drawn_is_refused(ax, runs, intervals, words):
    with pytest.raises(ValueError, match=words):
        plots.differences(ax, runs, intervals)
