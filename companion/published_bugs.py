"""Backward passes that were published as correct and are not, each restated in this course's words.

Every class here makes the mistake of one published program, and nothing else; what was looked at, and where,
is told in the chapter on bugs that passed. The forward pass of each is that of its parent, unless it says
otherwise. Nothing in the course uses these but that chapter and its tests.
"""

import numpy as np
from numpy.typing import ArrayLike

from companion._arrays import Array, Grads, Params
from companion.cells import GRU, IDENTITY, LSTM, RNN
from companion.cells.base import State, Step
from companion.cells.wrappers import Wrapper
from companion.scan import Run
from companion.whole import Whole


class Overwritten(LSTM):
    """The gradient of the old hidden state is computed first and stored under the name of the new one, which
    the next line, that of the cell state, still needs."""

    def step(self, params: Params, x: Array, state: State) -> Step:
        step = super().step(params, x, state)
        _, f, _, o = self.look(params, x, state)
        slope = 1 - np.tanh(step.state[1]) ** 2

        def back(dy: Array, dstate: State) -> tuple[Array, State, Grads]:
            dx, (dh, _), grads = step.back(dy, dstate)
            # By now dh is the gradient of the step before,
            # and is taken for that of this step.
            dc = dstate[1] * f + dh * o * slope * f
            return dx, (dh, dc), grads

        return step._replace(back=back)


class Detour(LSTM):
    """What came back along the cell state is left out of the gradient of the old hidden state: only the part
    that reached c_t through h_t goes on to h_{t-1}."""

    def step(self, params: Params, x: Array, state: State) -> Step:
        step = super().step(params, x, state)

        def back(dy: Array, dstate: State) -> tuple[Array, State, Grads]:
            dh, dc = dstate
            dx, dprev, grads = step.back(dy, dstate)
            only_dh = (dh, np.zeros_like(dc))
            _, (dh_prev, _), _ = step.back(dy, only_dh)
            return dx, (dh_prev, dprev[1]), grads

        return step._replace(back=back)


class NotCarried(LSTM):
    """The step's own gradients are right, and the loop never hands them to the step before."""

    def step(self, params: Params, x: Array, state: State) -> Step:
        step = super().step(params, x, state)

        def back(dy: Array, dstate: State) -> tuple[Array, State, Grads]:
            dx, dprev, grads = step.back(dy, dstate)
            nothing = tuple(0 * d for d in dprev)
            return dx, nothing, grads

        return step._replace(back=back)


class Linear(RNN):
    """A recurrent cell whose state is a weighted sum and nothing more: the tanh was forgotten. Its way back
    is right."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size, IDENTITY)


class Misread(GRU):
    """A GRU that takes the first two blocks of its weights for z and r, where they are r and z. Its way back
    is right."""

    def step(self, params: Params, x: Array, state: State) -> Step:
        step = super().step(_swapped(params, self.hidden_size), x, state)

        def back(dy: Array, dstate: State) -> tuple[Array, State, Grads]:
            dx, dstate_prev, grads = step.back(dy, dstate)
            return dx, dstate_prev, _swapped(grads, self.hidden_size)

        return step._replace(back=back)


def _swapped(arrays: Params, H: int) -> Grads:
    """The same arrays with their first two blocks of H columns exchanged; b_hn, which has one, as it is."""
    order = np.r_[H : 2 * H, :H, 2 * H : 3 * H]
    return {name: a if name == "b_hn" else a[..., order] for name, a in arrays.items()}


FAULTS = ("first step", "late state", "weights added")


class Blocks(Wrapper, Whole):
    """An LSTM that keeps the numbers of all steps in blocks and multiplies these at the end. It has three
    faults, which may be had one by one:

    first step     the loop runs over pairs of neighbouring steps and never enters the first one, whose
                   gradients stay zero
    late state     the block of the states meets that of the gates of the same step, not of the step after
    weights added  the sums begin with the weights, where they should begin with zeros
    """

    def __init__(self, input_size: int, hidden_size: int, faults: tuple[str, ...] = FAULTS) -> None:
        if unknown := set(faults) - set(FAULTS):
            raise ValueError(f"faults must be some of {', '.join(FAULTS)}, got {', '.join(sorted(unknown))}")
        super().__init__(LSTM(input_size, hidden_size))
        self.faults = faults

    def run(
        self, params: Params, xs: Array, state: State | None = None, lengths: ArrayLike | None = None
    ) -> Run:
        """Run from `state` along xs (N, T, D), all of them of full length."""
        cell = LSTM(self.input_size, self.hidden_size)
        N, T, _ = xs.shape
        states = [self.zero_state(N, xs.dtype) if state is None else state]
        gates = []
        for t in range(T):
            gates.append(cell.look(params, xs[:, t], states[t]))
            states.append(cell.step(params, xs[:, t], states[t]).state)
        hs, cs = (np.stack(arrays, axis=1) for arrays in zip(*states, strict=True))

        def back(dys: Array | None, dstate: State | None = None) -> tuple[Array, State, Grads]:
            dh, dc = self.zero_state(N, xs.dtype) if dstate is None else dstate
            dys = np.zeros_like(hs[:, 1:]) if dys is None else dys
            da = np.zeros((N, T, 4 * self.hidden_size), xs.dtype)
            for t in reversed(range(T)):
                if t == 0 and "first step" in self.faults:
                    dh, dc = self.zero_state(N, xs.dtype)
                    break
                i, f, g, o = gates[t]
                tanh_c = np.tanh(cs[:, t + 1])
                dh = dh + dys[:, t]
                dc = dc + dh * o * (1 - tanh_c**2)
                da[:, t] = np.concatenate(
                    [
                        dc * g * i * (1 - i),
                        dc * cs[:, t] * f * (1 - f),
                        dc * i * (1 - g**2),
                        dh * tanh_c * o * (1 - o),
                    ],
                    axis=1,
                )
                dh, dc = da[:, t] @ params["W_hh"].T, dc * f
            met = hs[:, 1:] if "late state" in self.faults else hs[:, :-1]
            grads = {
                "W_xh": np.einsum("ntd,nth->dh", xs, da),
                "W_hh": np.einsum("ntg,nth->gh", met, da),
                "b_h": da.sum(axis=(0, 1)),
            }
            if "weights added" in self.faults:
                grads = {name: grad + params[name] for name, grad in grads.items()}
            return da @ params["W_xh"].T, (dh, dc), grads

        return Run(hs[:, 1:], states[-1], back)


class Slots(Wrapper, Whole):
    """A simple recurrent cell whose states pass from step to step through slots that outlive a run.

    Step t reads what the run before left in the slot of step t - 1, and a slot is a constant to the gradient.
    So no gradient flows through time, the first run reads zeros at every step, and each later one the states
    of other sequences. One object serves one size of batch and one number of steps.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(RNN(input_size, hidden_size))
        self.slots: list[State] = []

    def run(
        self, params: Params, xs: Array, state: State | None = None, lengths: ArrayLike | None = None
    ) -> Run:
        """Run along xs (N, T, D), all of them of full length, from what the run before has left."""
        N, T, _ = xs.shape
        zero = self.zero_state(N, xs.dtype)
        left = self.slots or [zero] * T
        read = [zero if state is None else state, *left[: T - 1]]
        steps = [self.cell.step(params, xs[:, t], read[t]) for t in range(T)]
        self.slots = [step.state for step in steps]

        def back(dys: Array | None, dstate: State | None = None) -> tuple[Array, State, Grads]:
            dys = np.zeros((N, T, self.hidden_size), xs.dtype) if dys is None else dys
            dstates = [zero] * (T - 1) + [zero if dstate is None else dstate]
            done = [steps[t].back(dys[:, t], dstates[t]) for t in range(T)]
            grads = {name: sum((d[2][name] for d in done), np.zeros_like(p)) for name, p in params.items()}
            return np.stack([d[0] for d in done], axis=1), done[0][1], grads

        return Run(np.stack([step.y for step in steps], axis=1), steps[-1].state, back)
