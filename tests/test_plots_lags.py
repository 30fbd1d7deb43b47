"""The chart of gradients by lag: several draws become a band and a median, bounds become dotted lines."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from companion import plots

LAGS = np.arange(6)
DRAWS = np.array([0.5**LAGS, 0.6**LAGS, 0.8**LAGS])


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_draws_become_their_median_and_a_band_between_smallest_and_largest():
    _, ax = plt.subplots()
    plots.gradient_by_lag(ax, LAGS, {"a": DRAWS, "b": 1.1**LAGS})
    assert np.array_equal(ax.lines[0].get_ydata(), DRAWS[1])
    assert np.array_equal(ax.lines[1].get_ydata(), 1.1**LAGS)
    (band,) = ax.collections
    corners = band.get_paths()[0].vertices
    assert corners[:, 1].min() == DRAWS.min() and corners[:, 1].max() == 1
    at_end = corners[corners[:, 0] == 5, 1]
    assert at_end.min() == pytest.approx(0.5**5) and at_end.max() == pytest.approx(0.8**5)


def test_a_bound_has_the_colour_of_its_line():
    _, ax = plt.subplots()
    plots.gradient_by_lag(ax, LAGS, {"a": DRAWS, "b": 0.3**LAGS}, bounds={"b": 0.9**LAGS})
    bound, _, b = ax.lines
    assert np.array_equal(bound.get_ydata(), 0.9**LAGS)
    assert bound.get_color() == b.get_color() and bound.get_zorder() < b.get_zorder()


@pytest.mark.parametrize(
    ("norms", "bounds", "message"),
    [
        ({"a": DRAWS}, {"b": 0.9**LAGS}, "bounds must be those of a, got b"),
        ({"a": DRAWS}, {"a": [1, 2]}, r"the bound of 'a' must have shape \(6,\), got \(2,\)"),
        ({"a": DRAWS[:, :3]}, None, r"the norms of 'a' must have shape \(S, 6\), got \(3, 3\)"),
        ({"a": -DRAWS}, None, "must be positive on a logarithmic axis"),
    ],
)
def test_it_says_what_is_wrong(norms, bounds, message):
    with pytest.raises(ValueError, match=message):
        plots.gradient_by_lag(plt.subplots()[1], LAGS, norms, bounds=bounds)
