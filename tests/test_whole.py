"""Networks over whole sequences: both ways in time, layer by layer, with dropout between."""

import re

import numpy as np
import pytest
import zoo

from companion.cells import GRU, LSTM, RNN, Stacked
from companion.gradcheck import gradcheck
from companion.scan import scan
from companion.whole import Bidirectional, Deep, run

N, T, D = 3, 7, 2
LENGTHS = [7, 3, 5]
CLOSE = {"rtol": 1e-12, "atol": 1e-14}


def drawn(network, seed=1):
    rng = np.random.default_rng(seed)
    state = tuple(rng.normal(size=h.shape) for h in network.zero_state(N))
    return network.init(rng), rng.normal(size=(N, T, network.input_size)), state


def refused(error, text):
    return pytest.raises(error, match=f"^{re.escape(text)}$")


def own(prefix, params):
    return {k.removeprefix(prefix): v for k, v in params.items() if k.startswith(prefix)}


def test_both_ways_is_a_run_forwards_beside_a_run_backwards():
    network = Bidirectional(LSTM(D, 3), GRU(D, 5))
    params, xs, state = drawn(network)
    done = network.run(params, xs, state)
    ahead = scan(LSTM(D, 3), own("forward.", params), xs, state[:2])
    behind = scan(GRU(D, 5), own("backward.", params), xs[:, ::-1], state[2:])
    np.testing.assert_array_equal(done.ys[:, :, :3], ahead.ys)
    np.testing.assert_array_equal(done.ys[:, :, 3:], behind.ys[:, ::-1])
    assert network.state_names == ("forward.h", "forward.c", "backward.h")
    for a, b in zip(done.state, ahead.state + behind.state, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", zoo.WHOLE)
def test_a_batch_of_unequal_lengths_is_each_sequence_on_its_own(name):
    network = zoo.WHOLE[name]
    params, xs, state = drawn(network)
    padded = xs.copy()
    for n, length in enumerate(LENGTHS):
        padded[n, length:] = 99.0
    done = network.run(params, padded, state, LENGTHS)
    dys = np.random.default_rng(3).normal(size=done.ys.shape)
    dxs, dstate0, grads = done.back(dys)
    summed = dict.fromkeys(grads, 0)
    for n, length in enumerate(LENGTHS):
        alone = network.run(params, xs[n : n + 1, :length], tuple(s[n : n + 1] for s in state))
        np.testing.assert_allclose(done.ys[n : n + 1, :length], alone.ys, **CLOSE)
        assert not done.ys[n, length:].any()
        for s, s_alone in zip(done.state, alone.state, strict=True):
            np.testing.assert_allclose(s[n : n + 1], s_alone, **CLOSE)
        own_dxs, own_dstate0, own_grads = alone.back(dys[n : n + 1, :length])
        np.testing.assert_allclose(dxs[n : n + 1, :length], own_dxs, **CLOSE)
        assert not dxs[n, length:].any()
        for d, d_alone in zip(dstate0, own_dstate0, strict=True):
            np.testing.assert_allclose(d[n : n + 1], d_alone, **CLOSE)
        summed = {k: summed[k] + g for k, g in own_grads.items()}
    for name, grad in grads.items():
        np.testing.assert_allclose(grad, summed[name], **CLOSE)


@pytest.mark.parametrize("lengths", [None, LENGTHS])
def test_row_by_row_is_column_by_column(lengths):
    layers = [RNN(D, 3), LSTM(3, 5), GRU(5, 4)]
    params, xs, state = drawn(Stacked(layers))
    rows, columns = (
        Deep(layers).run(params, xs, state, lengths),
        scan(Stacked(layers), params, xs, state, lengths),
    )
    np.testing.assert_allclose(rows.ys, columns.ys, **CLOSE)
    dys = np.random.default_rng(3).normal(size=rows.ys.shape)
    found = [r.back(dys, r.state) for r in (rows, columns)]
    np.testing.assert_allclose(found[0][0], found[1][0], **CLOSE)
    for a, b in zip(found[0][1], found[1][1], strict=True):
        np.testing.assert_allclose(a, b, **CLOSE)
    for name, grad in found[0][2].items():
        np.testing.assert_allclose(grad, found[1][2][name], **CLOSE)
    assert Deep(layers).shapes == Stacked(layers).shapes
    assert Deep(layers).state_names == Stacked(layers).state_names


def test_dropout_is_for_training_only_and_between_layers_only():
    layers = [RNN(D, 40), RNN(40, 30)]
    plain, network = Deep(layers), Deep(layers, dropout=0.25)
    params, xs, _ = drawn(plain)
    np.testing.assert_array_equal(network.run(params, xs).ys, plain.run(params, xs).ys)
    one, again, other = (network.run(params, xs, rng=np.random.default_rng(s)).ys for s in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)
    # What the upper layer is given: that of the lower one, a quarter of it zero, the rest divided by 3/4.
    lower = scan(layers[0], own("layer1.", params), xs).ys
    kept = np.random.default_rng(0).random(lower.shape) >= 0.25
    expected = scan(layers[1], own("layer2.", params), lower * kept / 0.75).ys
    np.testing.assert_allclose(one, expected, **CLOSE)
    assert 0.7 < kept.mean() < 0.8
    single = Deep(layers[:1], dropout=0.9)
    params = {f"layer1.{k}": v for k, v in own("layer1.", params).items()}
    np.testing.assert_array_equal(single.run(params, xs, rng=np.random.default_rng(0)).ys, lower)


@pytest.mark.parametrize("lengths", [None, LENGTHS])
def test_every_gradient_through_dropout(lengths):
    network = Deep([Bidirectional(GRU(D, 3), GRU(D, 3)), LSTM(6, 4)], dropout=0.4)
    params, xs, _ = drawn(network)
    dys = np.random.default_rng(2).normal(size=(N, T, 4))

    def f(arrays):
        weights = {k: arrays[k] for k in params}
        done = network.run(weights, arrays["xs"], None, lengths, np.random.default_rng(7))
        dxs, _, grads = done.back(dys)
        return float((done.ys * dys).sum()), {**grads, "xs": dxs}

    assert max(gradcheck(f, {**params, "xs": xs}).values()) < 1e-7


def test_run_takes_cells_and_networks():
    cell, network = RNN(D, 3), Bidirectional(RNN(D, 3), RNN(D, 3))
    params, xs, state = drawn(cell)
    np.testing.assert_array_equal(run(cell, params, xs, state).ys, scan(cell, params, xs, state).ys)
    params, xs, state = drawn(network)
    expected = network.run(params, xs, state, LENGTHS).ys
    np.testing.assert_array_equal(run(network, params, xs, state, LENGTHS).ys, expected)


@pytest.mark.parametrize("name", zoo.WHOLE)
def test_what_does_not_fit_is_refused(name):
    network = zoo.WHOLE[name]
    params, xs, state = drawn(network)
    with refused(ValueError, f"xs must have shape (N, T, 2), got {xs.shape[:2]}"):
        network.run(params, xs[:, :, 0], state)
    names = ", ".join(network.state_names)
    with refused(ValueError, f"state must be a tuple ({names}) of {len(state)}, got {len(state) + 1} arrays"):
        network.run(params, xs, (*state, state[0]))
    with refused(ValueError, "lengths must lie in 1..7, got 8 at index (2,)"):
        network.run(params, xs, state, [7, 3, 8])
    done = network.run(params, xs, state)
    H = network.hidden_size
    with refused(ValueError, f"dys must have shape (3, 7, {H}), got (3, 7, {H + 1})"):
        done.back(np.zeros((N, T, H + 1)))
    with pytest.raises(ValueError, match="params must hold "):
        network.run({}, xs, state)


def test_networks_that_cannot_be_are_refused():
    with refused(ValueError, "both cells must read inputs of the same size, got 2 and 3"):
        Bidirectional(RNN(2, 4), RNN(3, 4))
    with refused(ValueError, "layer 2 must read the 8 numbers that layer 1 shows, got input_size=4"):
        Deep([Bidirectional(RNN(2, 4), RNN(2, 4)), RNN(4, 4)])
    for bad in (1.0, -0.1, float("nan")):
        with refused(ValueError, f"dropout must lie in [0, 1), got {bad}"):
            Deep([RNN(2, 4)], dropout=bad)
