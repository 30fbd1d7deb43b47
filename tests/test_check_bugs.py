"""The checkers of the chapter on bugs that passed: other right styles, and mistakes written otherwise."""

import numpy as np
import pytest

from companion.cells import LSTM
from companion.cells.base import Step
from companion.check import bugs
from companion.gradcheck import gradcheck, measured_gradients, written_gradients
from companion.published_bugs import Detour, NotCarried, Overwritten


@pytest.mark.parametrize(("kind", "T"), [(Overwritten, 2), (Detour, 3), (NotCarried, 2), (LSTM, 0)])
def test_what_is_expected_is_what_the_differences_say(kind, T):
    assert bugs.smallest_length.right(kind(1, 1)) == T
    assert bugs.smallest_length.right(kind(2, 3)) == T


def test_a_loop_by_hand_passes_for_the_smallest_length():
    def smallest_length(network):
        T = 1
        while T < 7:
            f, params = bugs.from_empty(network, T)
            written, measured = written_gradients(f, params), measured_gradients(f, params)
            if any(np.abs(written[k] - measured[k]).max() > 1e-6 for k in params):
                return T
            T += 1
        return 0

    assert bugs.smallest_length(smallest_length).passed


def test_from_empty_is_a_function_for_gradcheck():
    for answers in ("last", "every"):
        assert max(gradcheck(*bugs.from_empty(LSTM(2, 2), 3, answers)).values()) < 1e-6


def test_linearity_may_be_tested_by_a_weighted_mean_or_by_differences():
    def by_mean(states, a, b):
        return np.abs(states(0.3 * a + 0.7 * b) - 0.3 * states(a) - 0.7 * states(b)).max() < 1e-10

    def by_differences(states, a, b):
        return bool(np.allclose(states(a + b) - states(b), states(a) - states(0 * a)))

    assert bugs.is_linear(by_mean).passed
    assert bugs.is_linear(by_differences).passed


class Mended(LSTM):
    """The way back of an LSTM, with the carry in two parts."""

    def step(self, params, x, state):
        step = super().step(params, x, state)
        f = self.look(params, x, state).f

        def back(dy, dstate):
            dx, (dh_prev, _), grads = step.back(dy, dstate)
            o = self.look(params, x, state).o
            from_h = (dy + dstate[0]) * o * (1 - np.tanh(step.state[1]) ** 2)
            return dx, (dh_prev, dstate[1] * f + from_h * f), grads

        return Step(step.y, step.state, back)


class StillWrong(Mended):
    def step(self, params, x, state):
        step = LSTM.step(self, params, x, state)
        f = self.look(params, x, state).f

        def back(dy, dstate):
            dx, (dh_prev, _), grads = step.back(dy, dstate)
            return dx, (dh_prev, dstate[1] * f), grads

        return step._replace(back=back)


def test_a_mended_cell_passes_and_one_that_is_not_is_told_what_is_missing():
    assert bugs.mended(Mended).text == "Mended: right."
    assert bugs.mended(LSTM).passed
    assert "dc_prev is still dc * f" in bugs.mended(StillWrong).text
    assert bugs.mended(3).text == "Mended must be a class, got int."
