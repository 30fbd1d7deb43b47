"""The checkers of the chapter on the five variants: other right styles, and mistakes written otherwise."""

import numpy as np

from companion.check import five_variants as check


def test_lags_may_be_walked_in_other_ways():
    def by_padding(x, past, W_xh, kernels):
        longest = max(kernels)
        states = [np.zeros_like(past[0])] * longest + list(past)
        return np.tanh(x @ W_xh + sum(states[len(states) - j] @ W for j, W in kernels.items()))

    def joined(x, past, W_xh, kernels):
        read = [j for j in kernels if j <= len(past)]
        together = np.concatenate([x] + [past[-j] for j in read], axis=1)
        return np.tanh(together @ np.concatenate([W_xh] + [kernels[j] for j in read]))

    assert check.lags(by_padding).passed and check.lags(joined).passed


def test_a_lag_counted_from_the_oldest_state_is_named():
    def from_the_oldest(x, past, W_xh, kernels):
        z = x @ W_xh
        for i, state in enumerate(past):
            z = z + state @ kernels.get(i + 1, np.zeros((3, 3)))
        return np.tanh(z)

    assert "counted from the oldest" in check.lags(from_the_oldest).text


def test_a_lag_that_falls_off_the_list_is_reported():
    def blind(x, past, W_xh, kernels):
        return np.tanh(x @ W_xh + sum(past[-j] @ W for j, W in kernels.items()))

    assert "IndexError" in check.lags(blind).text


def test_slots_may_be_filled_in_other_ways():
    def one_by_one(kernels):
        C = len(kernels[0])
        W = np.zeros((5 * C, 5 * C))
        for step in (2, 3, 4):
            for slot in range(1, step):
                W[C * slot : C * slot + C, C * step - C : C * step] = kernels[step - slot - 1]
        return W

    assert check.slots(one_by_one).passed


def test_a_slot_too_high_is_named():
    def shifted(kernels):
        return np.roll(check.slots.right(kernels), -len(kernels[0]), axis=0)

    assert "a slot too high" in check.slots(shifted).text


def test_weights_may_be_counted_with_the_package():
    from companion import variants

    assert check.count_lag.right(3, 5, 4)[0] == variants.size("lag-3")
    assert check.count_lag.right(4, 5, 4) == (variants.size("lag-4"), variants.size("lag-3"))

    def by_sums(k, C, T):
        kernels = [(3, 1, C), (3, C, 7), (3, 7, 9), (1, 9, 10)]
        rest = sum(e * e * a * b for e, a, b in kernels)
        return {"weights": rest + k * C**2, "reached": rest + C**2 * len(range(1, T)[:k])}

    assert check.count_lag(by_sums).passed


def test_lag_two_as_lag_one_computes_the_same():
    from companion.cells import IDENTITY, RNN, Lag
    from companion.scan import scan

    rng = np.random.default_rng(0)
    W_xh, W1, W2 = rng.normal(size=(2, 3)), rng.normal(size=(3, 3)), rng.normal(size=(3, 3))
    xs, lag = rng.normal(size=(2, 6, 2)), Lag(RNN(5, 3, IDENTITY), 2)
    wide_x, wide_h = check.as_lag_one.right(W_xh, W1, W2)
    wide = scan(RNN(2, 6, IDENTITY), {"W_xh": wide_x, "W_hh": wide_h, "b_h": np.zeros(6)}, xs)
    long = scan(lag, {"W_xh": np.vstack([W_xh, W2]), "W_hh": W1, "b_h": np.zeros(3)}, xs)
    assert np.allclose(wide.ys[..., :3], long.ys, atol=1e-12)


def test_blocks_may_be_set_one_by_one():
    def by_hand(W_xh, W1, W2):
        D, H = W_xh.shape
        wide_x, wide_h = np.zeros((D, 2 * H)), np.zeros((2 * H, 2 * H))
        wide_x[:, :H], wide_h[:H, :H], wide_h[H:, :H] = W_xh, W1, W2
        wide_h[np.arange(H), np.arange(H, 2 * H)] = 1
        return {"W_hh": wide_h, "W_xh": wide_x}

    assert check.as_lag_one(by_hand).passed
    turned = check.as_lag_one(lambda *given: (by_hand(*given)["W_xh"], by_hand(*given)["W_hh"].T))
    assert "transposed as a whole" in turned.text
