"""The chart of points in groups: every group has its mark and its name, and levels lie where they should."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from companion import plots

X, Y = np.array([1e-6, 1e-3, 1.0]), np.array([0.2, 0.5, 1.0])


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_every_group_stands_where_it_is_and_is_named():
    _, ax = plt.subplots()
    assert plots.clouds(ax, {"a": (X, Y), "b": (X * 2, Y)}, log_x=True, levels=(0.25,)) is ax
    a, b, level = ax.lines
    assert np.array_equal(a.get_xdata(), X) and np.array_equal(b.get_ydata(), Y)
    assert a.get_color() != b.get_color() and a.get_marker() != b.get_marker()
    assert list(level.get_ydata()) == [0.25, 0.25]
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["a", "b"]
    assert ax.get_xscale() == "log"


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ({}, "named_points must hold 1 to 5 groups, got 0"),
        ({"a": (X, Y[:2])}, r"the ys of 'a' must have shape \(3,\), got \(2,\)"),
        ({"a": (X - 1, Y)}, "the xs of 'a' must be positive on a logarithmic axis"),
        ({"a": (X, [1, 2, np.nan])}, "the ys of 'a' must be finite, got nan"),
    ],
)
def test_it_says_what_is_wrong(points, message):
    with pytest.raises(ValueError, match=message):
        plots.clouds(plt.subplots()[1], points, log_x=True)
