"""Checkers for the exercises of the chapter on bugs that passed their tests."""

from collections.abc import Callable
from typing import Any

import numpy as np

from companion._arrays import Array, Params
from companion.cells import IDENTITY, LSTM, RELU, RNN, Cell
from companion.check import Exercise, Inputs, Report, _is_missing
from companion.gradcheck import Function, gradcheck
from companion.published_bugs import Detour, NotCarried, Overwritten
from companion.whole import Whole, run

# The smallest length at which a test sees a bug


def from_empty(network: Cell | Whole, T: int, answers: str = "last") -> tuple[Function, Params]:
    """(f, params) for `gradcheck(f, params)`: a run of T steps from an empty memory, and a loss that weighs
    the `answers` ("last" or "every" output) by random numbers."""
    rng = np.random.default_rng(T)
    params = {name: rng.normal(scale=0.6, size=shape) for name, shape in network.shapes.items()}
    xs = rng.normal(size=(2, T, network.input_size))
    dys = rng.normal(size=(2, T, network.hidden_size))
    if answers == "last":
        dys[:, :-1] = 0

    def f(arrays: Params) -> tuple[float, Params]:
        done = run(network, arrays, xs)
        return float((done.ys * dys).sum()), done.back(dys)[2]

    return f, params


def _smallest(errors: Callable[[Any, int], list[float]], lengths: Any = range(1, 7)) -> Callable[[Any], int]:
    def smallest_length(network: Any) -> int:
        return next((T for T in lengths if max(errors(network, T)) > 1e-6), 0)

    return smallest_length


def _all_arrays(network: Any, T: int) -> list[float]:
    return list(gradcheck(*from_empty(network, T)).values())


def _draw_network(rng: np.random.Generator) -> Inputs:
    kind = (NotCarried, Detour, Overwritten, LSTM)[int(rng.integers(4))]
    return {"network": kind(1, 1)}


smallest_length = Exercise(
    name="smallest_length",
    right=_smallest(_all_arrays),
    draw=_draw_network,
    trials=6,
    mistakes={
        "only W_hh is compared; it meets an empty memory at the first step and notices last.": _smallest(
            lambda network, T: [gradcheck(*from_empty(network, T))["W_hh"]]
        ),
        "this is the last length at which all is well; asked is the first at which it is not.": (
            lambda network: max(_smallest(_all_arrays)(network) - 1, 0)
        ),
        "a right backward pass must give 0.": lambda network: _smallest(_all_arrays)(network) or 7,
        "the lengths begin at 1.": _smallest(_all_arrays, range(3, 7)),
        "a whole gradcheck of the cell looks at the state too; here only the parameters count.": _smallest(
            lambda network, T: list(gradcheck(network, N=2, T=T).values())
        ),
    },
)


# Is a recurrence linear?


def _states(rng: np.random.Generator) -> Inputs:
    kinds = ("tanh", "linear", "linear without bias", "small tanh", "relu")
    kind = kinds[int(rng.integers(len(kinds)))]
    activation = {"linear": IDENTITY, "linear without bias": IDENTITY, "relu": RELU}.get(kind)
    cell = RNN(2, 3, activation) if activation else RNN(2, 3)
    scale = 0.03 if kind == "small tanh" else 0.6
    params = {name: rng.normal(scale=scale, size=shape) for name, shape in cell.shapes.items()}
    if kind == "linear without bias":
        params["b_h"] = np.zeros(3)
    first, second = rng.normal(size=(2, 4, 5, 2))

    def states(xs: Array) -> Array:
        found: Array = run(cell, params, np.asarray(xs, dtype=np.float64)).ys
        return found

    return {"states": states, "a": first, "b": second}


def _is_linear(states: Callable[[Array], Array], a: Array, b: Array) -> bool:
    nothing = states(0 * a)
    return bool(np.allclose(states(a + b) + nothing, states(a) + states(b), rtol=0, atol=1e-9))


def _no_constant(states: Callable[[Array], Array], a: Array, b: Array) -> bool:
    return bool(np.allclose(states(a + b), states(a) + states(b), rtol=0, atol=1e-9))


def _loose(states: Callable[[Array], Array], a: Array, b: Array) -> bool:
    nothing = states(0 * a)
    return bool(np.allclose(states(a + b) + nothing, states(a) + states(b), rtol=0, atol=0.05))


is_linear = Exercise(
    name="is_linear",
    right=_is_linear,
    draw=_states,
    trials=12,
    mistakes={
        "a bias gives a constant, once on one side and twice on the other: allow for states(0).": (
            _no_constant
        ),
        "the tolerance is too wide: for small weights tanh is almost a straight line, but not one.": _loose,
        "every recurrence is called linear.": lambda states, a, b: True,
        "every recurrence is called curved.": lambda states, a, b: False,
        "the answer is turned round.": lambda states, a, b: not _is_linear(states, a, b),
    },
)


# An LSTM to be mended: its carry leaves out what reached c through h

_PARTS = ("dx", "dh_prev", "dc_prev", "W_xh", "W_hh", "b_h")


def _back(params: Params, x: Array, h: Array, c: Array, dy: Array, dh: Array, dc: Array) -> tuple[Array, ...]:
    step = LSTM(x.shape[1], h.shape[1]).step(params, x, (h, c))
    dx, (dh_prev, dc_prev), grads = step.back(dy, (dh, dc))
    return dx, dh_prev, dc_prev, grads["W_xh"], grads["W_hh"], grads["b_h"]


def _mistaken(what: str) -> Callable[..., tuple[Array, ...]]:
    def back(
        params: Params, x: Array, h_prev: Array, c_prev: Array, dy: Array, dh: Array, dc: Array
    ) -> tuple[Array, ...]:
        i, f, g, o = LSTM(x.shape[1], h_prev.shape[1]).look(params, x, (h_prev, c_prev))
        tanh_c = np.tanh(f * c_prev + i * g)
        arrives = dh + dy
        through_h = arrives * o * (1 - tanh_c**2)
        total = {"no dc": through_h, "no dh": dc, "no slope": dc + arrives * o}.get(what, dc + through_h)
        carried = {"as it was": dc * f, "only h": through_h * f, "no f": total}.get(what, total * f)
        met = f * c_prev + i * g if what == "new c" else c_prev
        da = np.concatenate(
            [
                total * g * i * (1 - i),
                total * met * f * (1 - f),
                total * i * (1 - g**2),
                arrives * tanh_c * o * (1 - o),
            ],
            axis=1,
        )
        return (
            da @ params["W_xh"].T,
            da @ params["W_hh"].T,
            carried,
            x.T @ da,
            h_prev.T @ da,
            da.sum(axis=0),
        )

    return back


def _draw_step(rng: np.random.Generator) -> Inputs:
    N, D, H = 4, 3, 2
    params = {name: rng.normal(size=shape) for name, shape in LSTM(D, H).shapes.items()}
    h, c, dy, dh, dc = rng.normal(size=(5, N, H))
    return {"params": params, "x": rng.normal(size=(N, D)), "h": h, "c": c, "dy": dy, "dh": dh, "dc": dc}


_mended = Exercise(
    name="Mended",
    right=_back,
    draw=_draw_step,
    results=_PARTS,
    mistakes={
        "dc_prev is still dc * f: what reached c through h at this step is not handed on.": _mistaken(
            "as it was"
        ),
        "dc_prev has now lost what came from the step after; both parts must be handed on.": _mistaken(
            "only h"
        ),
        "dc_prev must pass the forget gate.": _mistaken("no f"),
        "the gates have lost dc, which comes from the step after.": _mistaken("no dc"),
        "the gates have lost what reaches c through h at this step, dh * o * (1 - tanh(c)**2).": (
            _mistaken("no dh")
        ),
        "the slope of the tanh of c is lost.": _mistaken("no slope"),
        "the forget gate met the old memory, c_prev, which was right as it stood.": _mistaken("new c"),
    },
)


def mended(cell: Callable[[int, int], Any]) -> Report:
    """Check the way back of a cell class with the parameters and the state of an LSTM."""
    if not callable(cell):
        return Report(False, f"Mended must be a class, got {type(cell).__name__}.")

    def back(params: Params, x: Array, h: Array, c: Array, dy: Array, dh: Array, dc: Array) -> Any:
        made = cell(x.shape[1], h.shape[1])
        step: Any = made if _is_missing(made) else made.step(params, x, (h, c))
        returned: Any = step if _is_missing(step) else step.back(dy, (dh, dc))
        if _is_missing(returned):
            return None
        dx, (dh_prev, dc_prev), grads = returned
        return {"dx": dx, "dh_prev": dh_prev, "dc_prev": dc_prev, **grads}

    return _mended(back)
