"""The published bugs, restated: each is wrong where the chapter says and right where a short test would look,
and its forward pass is that of the cell it comes from."""

import numpy as np
import pytest

from companion.cells import GRU, IDENTITY, LSTM, RNN
from companion.gradcheck import compare, gradcheck
from companion.published_bugs import FAULTS, Blocks, Detour, Linear, Misread, NotCarried, Overwritten, Slots
from companion.whole import run

D, H, N = 3, 4, 2
OF_AN_LSTM = {
    "Overwritten": Overwritten(D, H),
    "Detour": Detour(D, H),
    "NotCarried": NotCarried(D, H),
    **{f"Blocks, {fault}": Blocks(D, H, (fault,)) for fault in FAULTS},
}


def drawn(cell, T, seed=0):
    rng = np.random.default_rng(seed)
    params = {name: rng.normal(scale=0.6, size=shape) for name, shape in cell.shapes.items()}
    return params, rng.normal(size=(N, T, D)), rng.normal(size=(N, T, H))


def errors(buggy, T, *, last_only=True):
    """The relative error of each gradient against the LSTM's, from an empty memory."""
    params, xs, dys = drawn(buggy, T)
    if last_only:
        dys[:, :-1] = 0
    found, right = (run(cell, params, xs).back(dys) for cell in (buggy, LSTM(D, H)))
    return compare({**found[2], "xs": found[0]}, {**right[2], "xs": right[0]})


@pytest.mark.parametrize("name", OF_AN_LSTM)
def test_the_forward_pass_is_that_of_the_lstm(name):
    params, xs, _ = drawn(LSTM(D, H), 5)
    found, right = (run(cell, params, xs) for cell in (OF_AN_LSTM[name], LSTM(D, H)))
    assert np.allclose(found.ys, right.ys, rtol=0, atol=1e-14)
    assert all(np.allclose(a, b, rtol=0, atol=1e-14) for a, b in zip(found.state, right.state, strict=True))


@pytest.mark.parametrize(
    ("name", "T", "right"),
    [
        ("Overwritten", 1, {"W_xh", "W_hh", "b_h", "xs"}),
        ("Overwritten", 2, {"W_hh"}),
        ("Overwritten", 3, set()),
        ("Detour", 2, {"W_xh", "W_hh", "b_h", "xs"}),
        ("Detour", 3, {"W_hh"}),
        ("Detour", 4, set()),
        ("NotCarried", 1, {"W_xh", "W_hh", "b_h", "xs"}),
        ("NotCarried", 2, {"W_hh"}),
        ("NotCarried", 3, set()),
        ("Blocks, first step", 1, {"W_hh"}),
        ("Blocks, first step", 3, {"W_hh"}),
        ("Blocks, late state", 3, {"W_xh", "b_h", "xs"}),
        ("Blocks, weights added", 3, {"xs"}),
    ],
)
def test_the_arrays_that_are_right_at_a_length(name, T, right):
    found = {array for array, error in errors(OF_AN_LSTM[name], T).items() if error < 1e-12}
    assert found == right


@pytest.mark.parametrize("name", OF_AN_LSTM)
def test_gradcheck_finds_it_by_far(name):
    assert max(gradcheck(OF_AN_LSTM[name], N=2, T=4).values()) > 1e-2


def test_without_its_faults_the_block_form_is_right():
    assert max(gradcheck(Blocks(D, H, ()), N=2, T=4).values()) < 1e-7


def test_the_first_input_has_no_gradient_in_blocks():
    params, xs, dys = drawn(LSTM(D, H), 5)
    dxs, _, _ = run(Blocks(D, H), params, xs).back(dys)
    assert not dxs[:, 0].any() and dxs[:, 1:].all()


def test_an_unknown_fault_is_refused():
    with pytest.raises(
        ValueError, match="faults must be some of first step, late state, weights added, got x"
    ):
        Blocks(D, H, ("x",))


@pytest.mark.parametrize("cell", [Linear(D, H), Misread(D, H)])
def test_gradcheck_cannot_find_what_is_wrong_forwards(cell):
    assert max(gradcheck(cell, N=2, T=4).values()) < 1e-7


def test_linear_is_the_rnn_without_its_tanh():
    params, xs, _ = drawn(RNN(D, H), 5)
    assert np.array_equal(run(Linear(D, H), params, xs).ys, run(RNN(D, H, IDENTITY), params, xs).ys)


def test_misread_is_a_gru_whose_first_two_blocks_are_exchanged():
    params, xs, _ = drawn(GRU(D, H), 5)
    order = np.r_[H : 2 * H, :H, 2 * H : 3 * H]
    other = {name: a if name == "b_hn" else a[..., order] for name, a in params.items()}
    assert np.array_equal(run(Misread(D, H), params, xs).ys, run(GRU(D, H), other, xs).ys)
    assert np.abs(run(Misread(D, H), params, xs).ys - run(GRU(D, H), params, xs).ys).max() > 0.1


def test_slots_read_what_the_run_before_has_left():
    cell = Slots(D, H)
    params, xs, dys = drawn(cell, 4)
    rnn = RNN(D, H)
    first, second = cell.run(params, xs), cell.run(params, xs)
    alone = run(rnn, params, xs[:, 2:3]).ys[:, 0]
    assert np.allclose(first.ys[:, 2], alone)  # every step starts from nothing
    after = rnn.step(params, xs[:, 2], (first.ys[:, 1],)).y
    assert np.allclose(second.ys[:, 2], after)  # from the step before, of the run before
    _, _, grads = first.back(dys)
    _, _, wanted = rnn.step(params, xs[:, 0], rnn.zero_state(N)).back(dys[:, 0], rnn.zero_state(N))
    only_first = np.zeros_like(dys)
    only_first[:, 0] = dys[:, 0]
    assert max(compare(first.back(only_first)[2], wanted).values()) < 1e-12
    assert not grads["W_hh"].any()  # nothing was read but zeros


def test_slots_repeat_themselves_once_the_slots_are_full():
    cell = Slots(D, H)
    params, xs, _ = drawn(cell, 4)
    runs = [cell.run(params, xs).ys for _ in range(6)]
    assert not np.allclose(runs[0], runs[1])
    assert np.array_equal(runs[4], runs[5])
    assert np.allclose(runs[5], run(RNN(D, H), params, xs).ys)  # the same batch again and again
