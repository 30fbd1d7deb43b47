"""The checkers of the introduction accept right answers in any style and name the usual mistakes."""

from functools import reduce
from itertools import accumulate

import numpy as np

from companion.check import intro


def test_states_accepts_other_ways_of_writing_the_loop():
    assert intro.states(lambda step, start, xs: list(accumulate(xs, step, initial=start))[1:]).passed
    assert intro.states(
        lambda step, start, xs: np.array([reduce(step, xs[: i + 1], start) for i in range(len(xs))])
    ).passed


def test_same_month_accepts_a_loop_and_a_list():
    assert intro.same_month_last_year(lambda v: [v[i - 12] for i in range(12, len(v))]).passed


def test_an_unnamed_mistake_is_described_by_numbers():
    assert "must have shape" in intro.same_month_last_year(lambda v: v[:-24]).text
    assert "must be" in intro.same_month_last_year(lambda v: v[:-12] * 1.1).text
