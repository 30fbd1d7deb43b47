"""The checkers of the chapter on lags take other right styles, and agree with the package."""

import itertools

import numpy as np
import pytest

from companion.cells import RNN, Lag
from companion.check import lags as check
from companion.experiments import lags
from companion.scan import scan


def test_count_ways_takes_an_enumeration_and_a_recursion():
    def by_enumeration(d, k):
        counts = [0] * (d + 1)
        for edges in range(1, d + 1):
            for way in itertools.product(range(1, k + 1), repeat=edges):
                counts[edges] += sum(way) == d
        return counts

    def by_recursion(d, k):
        if d == 0:
            return np.ones(1)
        total = np.zeros(d + 1)
        for leap in range(1, min(k, d) + 1):
            rest = by_recursion(d - leap, k)
            total[1 : len(rest) + 1] += rest
        return total

    assert check.count_ways(by_enumeration).passed
    assert check.count_ways(by_recursion).passed


@pytest.mark.parametrize(("d", "k"), [(6, 1), (6, 2), (7, 3), (9, 4)])
def test_the_shortest_way_has_as_many_edges_as_whole_leaps_are_needed(d, k):
    ways = check.count_ways.right(d, k)
    assert np.flatnonzero(ways)[0] == -(-d // k)
    assert ways[d] == 1


def test_side_by_side_takes_a_loop_and_agrees_with_the_package():
    def by_loop(xs, k):
        N, T, D = xs.shape
        beside = np.zeros((N, T, k * D))
        for t in range(T):
            for j in range(min(k, t + 1)):
                beside[:, t, j * D : (j + 1) * D] = xs[:, t - j]
        return beside

    assert check.side_by_side(by_loop).passed
    assert check.side_by_side(lags.side_by_side).passed


def test_roads_back_takes_a_push_to_earlier_states():
    def push(direct, slopes, Ws):
        whole = direct.copy()
        for t in range(len(direct) - 1, -1, -1):
            for j, W in enumerate(Ws, start=1):
                if t >= j:
                    whole[t - j] += W @ (whole[t] * slopes[t])
        return whole

    assert check.roads_back(push).passed


def test_roads_back_is_what_the_cell_does():
    rng = np.random.default_rng(3)
    D, H, k, T = 2, 3, 3, 6
    cell = Lag(RNN(D + (k - 1) * H, H), k)
    params = cell.init(rng)
    run = scan(cell, params, rng.normal(size=(1, T, D)))
    direct = rng.normal(size=(T, H))
    from_later = {}
    run.back(direct[None], tap=lambda t, dstate: from_later.update({t: dstate[0][0]}))
    Ws = np.concatenate([params["W_hh"], params["W_xh"][D:]]).reshape(k, H, H)
    whole = check.roads_back.right(direct, 1 - run.ys[0] ** 2, Ws)
    for t in range(T):
        assert whole[t] == pytest.approx(direct[t] + from_later[t], rel=1e-12)
