"""The checkers of the part on backpropagation through time name the mistakes that people make."""

import numpy as np
import pytest

from companion.cells import RNN, Step
from companion.check import bptt


def test_by_hand_knows_the_gradient_and_two_wrong_ones():
    # measured, not copied: w is moved up and down in the forward pass itself
    def loss(w):
        h = 0.0
        for x in (1.0, 2.0, 3.0):
            h = w * h + x
        return 0.5 * (h - 5) ** 2

    measured = (loss(0.5 + 1e-6) - loss(0.5 - 1e-6)) / 2e-6
    assert bptt.by_hand(round(measured, 6)).passed
    assert "only the last step" in bptt.by_hand(-1.875).text
    assert "sign" in bptt.by_hand(2.25).text
    assert not bptt.by_hand(-2.0).passed
    assert "not started" in bptt.by_hand(...).text  # a number, not a function


def _backward_last(params, xs, labels, *, met=0, recursion=True, slope=True, mean=False):
    """A right answer written with loops over sequences, and the ways to get it wrong."""
    grads = {name: np.zeros_like(p) for name, p in params.items()}
    for x, k in zip(xs, labels, strict=True):
        hs = [np.zeros(len(params["b_h"]))]
        for row in x:
            hs.append(np.tanh(row @ params["W_xh"] + hs[-1] @ params["W_hh"] + params["b_h"]))
        o = hs[-1] @ params["W_hy"] + params["b_y"]
        do = np.exp(o) / np.exp(o).sum()
        do[k] -= 1
        if mean:
            do = do / len(xs)
        grads["W_hy"] += np.outer(hs[-1], do)
        grads["b_y"] += do
        dh = params["W_hy"] @ do
        for t in reversed(range(len(x))):
            da = dh * (1 - hs[t + 1] ** 2) if slope else dh
            grads["W_xh"] += np.outer(x[t], da)
            grads["W_hh"] += np.outer(hs[t + met], da)
            grads["b_h"] += da
            dh = params["W_hh"] @ da if recursion else np.zeros_like(dh)
    return grads


def test_backward_last_accepts_another_way_of_writing_it():
    assert bptt.backward_last(_backward_last).passed
    assert bptt.backward_last(lambda *a: tuple(_backward_last(*a)[k] for k in bptt.FIVE)).passed


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        ({"recursion": False}, "the road from the next step is missing"),
        ({"slope": False}, "the slope of the tanh"),
        ({"met": 1}, "needs h_{t-1}, not h_t"),
        ({"mean": True}, "sum over the sequences"),
    ],
)
def test_backward_last_names_the_mistake(mistake, words):
    report = bptt.backward_last(lambda *a: _backward_last(*a, **mistake))
    assert not report.passed
    assert words in report.text


def test_to_states_tells_swapped_axes_from_cut_rows():
    assert bptt.to_states(lambda d, T: np.stack(np.split(d, T, axis=1), axis=1)).passed
    swapped = bptt.to_states(lambda d, T: np.swapaxes(d.reshape(len(d), -1, T), 1, 2))
    assert "the numbers are not" in swapped.text
    assert "steps must come before" in bptt.to_states(lambda d, T: d.reshape(len(d), -1, T)).text
    assert "must have shape (4, 5, 3), got (4, 15)" in bptt.to_states(lambda d, T: d + 0.0).text


def test_central_difference_takes_another_style():
    def by_halves(f, a, epsilon):
        return ((f(a + epsilon) - f(a)) / epsilon + (f(a) - f(a - epsilon)) / epsilon) / 2

    assert bptt.central_difference(by_halves).passed


def _cell(back):
    """A cell whose way back is back(params, x, h_prev, h, dy, dh) -> dx, dh_prev, grads."""

    class Mended(RNN):
        def step(self, params, x, state):
            (h_prev,) = state
            h = np.tanh(x @ params["W_xh"] + h_prev @ params["W_hh"] + params["b_h"])

            def way_back(dy, dstate):
                dx, dh_prev, grads = back(params, x, h_prev, h, dy, dstate[0])
                return dx, (dh_prev,), grads

            return Step(h, (h,), way_back)

    return Mended


def _by_einsum(params, x, h_prev, h, dy, dh, *, turned=True):
    da = np.einsum("nh,nh->nh", dy + dh, 1 - h * h)
    grads = {
        "W_xh": np.einsum("nd,nh->dh", x, da),
        "W_hh": np.einsum("ng,nh->gh", h_prev, da),
        "b_h": np.einsum("nh->h", da),
    }
    back = np.einsum("nh,gh->ng" if turned else "ng,gh->nh", da, params["W_hh"])
    return np.einsum("nh,dh->nd", da, params["W_xh"]), back, grads


def test_a_mended_cell_passes_in_any_style_and_an_unmended_one_is_told():
    assert bptt.mended(RNN).passed
    assert bptt.mended(_cell(_by_einsum)).passed
    report = bptt.mended(_cell(lambda *given: _by_einsum(*given, turned=False)))
    assert not report.passed
    assert "still not transposed" in report.text


def test_an_unfinished_cell_is_not_started():
    class Unfinished(RNN):
        def step(self, params, x, state):
            def back(dy, dstate): ...

            return Step(x, state, back)

    assert "not started" in bptt.mended(Unfinished).text
