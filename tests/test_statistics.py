"""Intervals and paired comparisons: against scipy's own tests, printed tables, and repeated drawing."""

import numpy as np
import pytest
from scipy import stats

from companion.statistics import mean_interval, paired_difference, seeds_needed

rng = np.random.default_rng(0)


@pytest.mark.parametrize(("n", "student"), [(3, 4.303), (5, 2.776), (10, 2.262)])
def test_the_interval_has_the_factor_of_the_printed_tables(n, student):
    values = rng.normal(size=n)
    mean, low, high = mean_interval(values)
    half = student * values.std(ddof=1) / np.sqrt(n)
    assert mean == pytest.approx(values.mean())
    assert (low, high) == pytest.approx((mean - half, mean + half), rel=1e-3)


def test_nineteen_of_twenty_intervals_hold_the_truth():
    hits = [low <= 3 <= high for _, low, high in (mean_interval(3 + rng.normal(size=5)) for _ in range(2000))]
    assert 0.935 < np.mean(hits) < 0.965


def test_pairs_are_compared_as_scipy_does():
    a = rng.normal(size=8)
    b = a + 0.3 + 0.1 * rng.normal(size=8)
    found, theirs = paired_difference(a, b), stats.ttest_rel(a, b)
    interval = theirs.confidence_interval(0.95)
    assert found.p == pytest.approx(theirs.pvalue)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert found.effect == pytest.approx((a - b).mean() / (a - b).std(ddof=1))
    assert found.n == 8


def test_pairing_sees_what_two_separate_spreads_hide():
    common = 10 * rng.normal(size=10)
    a, b = common + 0.1 + 0.05 * rng.normal(size=10), common
    assert paired_difference(a, b).p < 0.01 < stats.ttest_ind(a, b).pvalue


@pytest.mark.parametrize(("by", "p", "effect"), [(0.0, 1, 0), (0.5, 0, np.inf), (-0.5, 0, -np.inf)])
def test_differences_all_alike(by, p, effect):
    a = np.arange(4.0)
    found = paired_difference(a + by, a)
    assert found == (by, by, by, p, effect, 4)


@pytest.mark.parametrize(("effect", "needed"), [(0.2, 199), (0.5, 34), (0.8, 15), (-0.5, 34)])
def test_seeds_needed_as_in_printed_power_tables(effect, needed):
    assert seeds_needed(effect) == needed


def test_a_larger_effect_never_needs_more_seeds():
    needed = [seeds_needed(effect) for effect in np.arange(0.2, 30, 0.2)]
    assert needed == sorted(needed, reverse=True)
    assert {seeds_needed(effect) for effect in (5, 6, 8, 10)} == {3}  # integrated numerically


def test_seeds_needed_find_the_effect_as_often_as_promised():
    n = seeds_needed(1.0)
    draws = 1.0 + rng.normal(size=(4000, n))
    found = np.mean([paired_difference(d, np.zeros(n)).p < 0.05 for d in draws])
    assert 0.78 < found < 0.90
    assert seeds_needed(1.0, power=0.95) > n


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mean_interval([1.0]), r"values must be a list of at least two numbers, got shape \(1,\)"),
        (lambda: mean_interval([1.0, np.nan]), "values must be finite, got nan"),
        (lambda: mean_interval([1, 2], level=95), "level must lie between 0 and 1, got 95"),
        (
            lambda: paired_difference([1, 2], [1, 2, 3]),
            "as many of the second kind as of the first, got 2 and 3",
        ),
        (lambda: seeds_needed(0), "effect must be a finite number other than 0, got 0"),
        (lambda: seeds_needed(1, power=1), "power must lie between 0 and 1, got 1"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
