"""The checkers of the chapter on the published programs: other right styles, mistakes written otherwise."""

import numpy as np
import pytest

from companion.check import as_published as check


def late_by_loops(minibatches, W_xh, W_hh):
    states = np.zeros((*minibatches.shape[:3], W_hh.shape[1]))
    for m in range(len(minibatches)):
        for t in range(minibatches.shape[2]):
            states[m, :, t] = minibatches[m, :, t] @ W_xh
            if m and t:
                states[m, :, t] += states[m - 1, :, t - 1] @ W_hh
    return states


def late_by_a_record(minibatches, W_xh, W_hh):
    _, N, T, _ = minibatches.shape
    record, states = np.zeros((T + 1, N, W_hh.shape[0])), []
    for xs in minibatches:
        new = [xs[:, t] @ W_xh + record[t] @ W_hh for t in range(T)]
        record[1:] = new
        states.append(np.stack(new, axis=1))
    return states


def written_at_once(minibatches, W_xh, W_hh):
    _, N, T, _ = minibatches.shape
    record, states = np.zeros((T + 1, N, W_hh.shape[0])), []
    for xs in minibatches:
        for t in range(T):
            record[t + 1] = xs[:, t] @ W_xh + record[t] @ W_hh
        states.append(record[1:].transpose(1, 0, 2).copy())
    return np.array(states)


def test_late_states_may_be_written_in_other_ways():
    assert check.late_states(late_by_loops).passed and check.late_states(late_by_a_record).passed


def test_a_record_that_is_written_at_once_is_read_in_order():
    assert "reads in order" in check.late_states(written_at_once).text


def by_counting(train, test, labels, test_labels):
    for digit in range(10):
        if np.isclose(np.mean(labels == digit), train) and np.isclose(np.mean(test_labels == digit), test):
            return digit
    raise AssertionError


def test_the_digit_may_be_found_in_other_ways():
    assert check.constant_digit(by_counting).passed


@pytest.mark.parametrize(
    ("words", "attempt"),
    [
        (
            "look at the test too",
            lambda a, b, y, yt: [np.isclose(np.mean(y == k), a) for k in range(10)].index(1),
        ),
        (
            "look at the training labels too",
            lambda a, b, y, yt: [np.isclose(np.mean(yt == k), b) for k in range(10)].index(1),
        ),
        ("the most frequent digit", lambda a, b, y, yt: max(range(10), key=list(y).count)),
    ],
)
def test_half_of_the_evidence_is_not_enough(words, attempt):
    assert words in check.constant_digit(attempt).text


def test_a_curve_may_be_put_back_in_other_ways():
    def by_solving(drawn, a, cost_a, b, cost_b):
        stretch, shift = np.linalg.solve([[drawn[a], 1], [drawn[b], 1]], [cost_a, cost_b])
        return [stretch * height + shift for height in drawn]

    def by_interpolating(drawn, a, cost_a, b, cost_b):
        return np.polyval(np.polyfit(drawn[[a, b]], [cost_a, cost_b], 1), drawn)

    assert check.unscaled(by_solving).passed and check.unscaled(by_interpolating).passed


def test_costs_taken_for_the_ends_are_named():
    def from_ends(drawn, a, cost_a, b, cost_b):
        low, high = sorted([cost_a, cost_b])
        return low * (1 - drawn) + high * drawn

    assert "need not be the largest and the smallest" in check.unscaled(from_ends).text


def test_growth_may_be_found_in_other_ways():
    def by_powers(W_hh, C):
        M = W_hh[C:, : W_hh.shape[1] - C]
        return max(abs(np.roots(np.poly(M))))

    assert check.growth(by_powers).passed


@pytest.mark.parametrize(
    ("words", "attempt"),
    [
        ("cut the loop out", lambda W, C: max(abs(np.linalg.eigvals(W)))),
        ("of the rows the first C", lambda W, C: max(abs(np.linalg.eigvals(W[: 4 * C, : 4 * C])))),
        ("singular value", lambda W, C: np.linalg.svd(W[C:, :-C])[1][0]),
        ("largest real part", lambda W, C: np.linalg.eigvals(W[C:, :-C]).real.max()),
    ],
)
def test_other_measures_of_a_loop_are_named(words, attempt):
    assert words in check.growth(attempt).text
