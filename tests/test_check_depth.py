"""The checkers of the chapter on depth: other styles pass, mistakes are called by their names."""

import numpy as np
import pytest

from companion.check import depth as check


def told(checker, attempt):
    report = checker(attempt)
    assert not report.passed
    return report.text


def by_loops(xs, lags):
    rows = [list(row) for row in xs]
    for lag in lags:
        rows = [[abs(row[t] - row[t - lag]) for t in range(lag, len(row))] for row in rows]
    return rows


def test_nested_differences_by_loops_pass():
    assert check.nested(by_loops).passed
    assert "wrong order" in told(check.nested, lambda xs, lags: by_loops(xs, lags[::-1]))
    assert "over all lags together" in told(check.nested, lambda xs, lags: by_loops(xs, [sum(lags)]))


def rolled(xs, lags):
    for lag in lags:
        xs = np.abs(xs - np.roll(xs, lag, axis=1))
    return xs


def test_rolled_differences_pass_only_where_the_first_steps_are_cut_off():
    assert check.nested(lambda xs, lags: rolled(xs, lags)[:, sum(lags) :]).passed
    assert "Cut them off" in told(check.nested, rolled)


def test_an_interval_by_hand_passes_as_a_dict():
    def by_hand(a, b):
        d = [x - y for x, y in zip(a, b, strict=True)]
        mean = sum(d) / 10
        error = (sum((x - mean) ** 2 for x in d) / 9 / 10) ** 0.5
        return {"high": mean + 2.262 * error, "mean": mean, "low": mean - 2.262 * error}

    assert check.paired_interval(by_hand).passed


def test_an_interval_that_forgets_the_pairs_is_told_so():
    def welch(a, b):
        mean, error = a.mean() - b.mean(), np.hypot(a.std(ddof=1), b.std(ddof=1)) / 10**0.5
        return mean, mean - 2.262 * error, mean + 2.262 * error

    assert "the pairs are lost" in told(check.paired_interval, welch)


def cell(W_xh, links, W_hy):
    W_hh = np.zeros((len(W_xh), len(W_xh)))
    for (start, end), weight in links.items():
        W_hh[start, end] = weight
    return [W_xh], W_hh, np.zeros(len(W_xh)), W_hy


HELD = {(0, 2): 1, (1, 3): 1}
EXCESS = {(0, 4): -1, (1, 4): 1}


def test_another_cell_that_finds_the_larger_value_passes():
    # max(a, b) = (a + b + |a - b|) / 2, on six units, and the read-out as a column
    links = {**HELD, (0, 4): -1, (1, 4): 1, (0, 5): 1, (1, 5): -1}
    half = np.full((6, 1), 0.5) * np.array([[1], [-1], [1], [-1], [1], [1]])
    assert check.larger_of_two(lambda: cell([1, -1, 0, 0, 1, -1], links, half)).passed


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (
            cell([1, -1, 0, 0, -1], {**HELD, (0, 4): 1, (1, 4): -1}, [0, 0, 1, -1, -1]),
            "the smaller of the two",
        ),
        (cell([1, -1, 0, 0, 1], {**HELD, **EXCESS}, [1, -1, 0, 0, 0]), "this is x_t itself"),
        (cell([1, -1, 0, 0, 1], {**HELD, **EXCESS}, [0, 0, 1, -1, 0]), "this is x_{t-1}"),
        (cell([1, -1, 0, 0, 1], {**HELD, **EXCESS}, [0, 0, 0, 0, 1]), "x_{t-1} is still to be added"),
        (cell([1, -1, 0, 0, 1], {**HELD, **EXCESS}, [1, -1, 0, 0, 1]), "have moved on to x_t"),
    ],
)
def test_cells_that_go_wrong_are_told_how(weights, words):
    assert words in told(check.larger_of_two, lambda: weights)


def test_weights_that_do_not_fit_are_reported():
    assert "W_xh" in told(check.larger_of_two, lambda: cell([[1], [1]], {}, [1, 1]))
