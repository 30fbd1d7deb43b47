"""The checkers of the chapter on electricity name the mistakes that people make."""

import numpy as np
import pytest

from companion.check import electricity as check


def _windows_by_loop(power, days, window, fitted_on=None):
    known = power[:days] if fitted_on is None else fitted_on(power, days)
    mean, deviation = np.mean(known), np.std(known)
    xs, ys = [], []
    for t in range(window, days):
        xs.append([(power[t - back] - mean) / deviation for back in range(window, 0, -1)])
        ys.append((power[t] - mean) / deviation)
    return np.array(xs), np.array(ys)


def test_training_windows_may_be_written_in_another_way():
    assert check.training_windows(_windows_by_loop).passed

    def by_stride(power, days, window):
        train = (power[:days] - power[:days].mean()) / power[:days].std()
        rows = np.lib.stride_tricks.sliding_window_view(train, window + 1)
        return {"xs": rows[:, :-1], "ys": rows[:, -1]}

    assert check.training_windows(by_stride).passed


def test_a_scale_that_knows_the_future_is_named():
    report = check.training_windows(lambda p, d, w: _windows_by_loop(p, d, w, lambda p, d: p))
    assert not report.passed
    assert "the scale is fitted on all the data" in report.text
    assert "leak" in report.text
    late = check.training_windows(lambda p, d, w: _windows_by_loop(p, d, w, lambda p, d: p[d:]))
    assert "nobody knows yet" in late.text


def test_same_weekday_may_be_written_in_another_way():
    assert check.same_weekday(
        lambda known, horizon: [known[len(known) - 7 + k % 7] for k in range(horizon)]
    ).passed

    def one_by_one(known, horizon):
        seen = list(known)
        for _ in range(horizon):
            seen.append(seen[-7])
        return seen[-horizon:]

    assert check.same_weekday(one_by_one).passed


@pytest.mark.parametrize(
    ("lag", "words"),
    [(8, "not `known[-8]`"), (6, "day after tomorrow"), (1, "persistence"), (14, "before last")],
)
def test_a_wrong_lag_is_named(lag, words):
    def attempt(known, horizon):
        first = len(known) - lag
        if lag == 1:
            return np.full(horizon, known[-1])
        week = [known[first + k] if first + k < len(known) else known[first + k - 7] for k in range(7)]
        return np.resize(week, horizon)

    report = check.same_weekday(attempt)
    assert not report.passed
    assert words in report.text


def test_recursive_may_be_written_in_another_way():
    def growing(forecast, series, start, window, horizon):
        known = list(series[:start])
        for _ in range(horizon):
            known.append(forecast(np.array(known[-window:])))
        return known[start:]

    assert check.recursive(growing).passed


def test_feeding_the_truth_is_named():
    def peeking(forecast, series, start, window, horizon):
        return [forecast(series[day - window : day]) for day in range(start, start + horizon)]

    report = check.recursive(peeking)
    assert not report.passed
    assert "the truth is fed back" in report.text


def test_the_interval_may_be_written_in_another_way():
    def by_loop(a, b, picks):
        weeks = [np.mean(a[7 * w : 7 * w + 7] - b[7 * w : 7 * w + 7]) for w in range(len(a) // 7)]
        means = sorted(np.mean([weeks[w] for w in row]) for row in picks)
        return tuple(np.quantile(means, [0.025, 0.975]))

    assert check.interval_over_weeks(by_loop).passed


def test_an_interval_of_days_or_of_single_weeks_is_named():
    days = check.interval_over_weeks(lambda a, b, p: np.percentile((a - b)[p].mean(axis=1), [2.5, 97.5]))
    assert "numbers of weeks" in days.text

    def spread(a, b, picks):
        return np.percentile((a - b)[:91].reshape(13, 7).mean(axis=1), [2.5, 97.5])

    assert "percentiles of the weeks themselves" in check.interval_over_weeks(spread).text
