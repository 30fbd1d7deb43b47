"""Checkers for the exercises of the chapter on nets that look back several states."""

from collections.abc import Callable
from math import comb

import numpy as np

from companion._arrays import Array
from companion.check import Exercise, Inputs

# count_ways(d, k) -> (d + 1,): how many ways of 0, 1, ..., d edges lead over d steps in leaps of 1 to k


def _ways(d: int, k: int, shortest: int = 1) -> Array:
    """The right answer; with `shortest` above 1, that of somebody who leaves short leaps out."""
    ways = np.zeros((d + 1, d + 1))  # by distance and by number of edges
    ways[0, 0] = 1
    for far in range(1, d + 1):
        for leap in range(shortest, min(k, far) + 1):
            ways[far, 1:] += ways[far - leap, :-1]
    last: Array = ways[d]
    return last


def _unordered(d: int, k: int) -> Array:
    """The same where the order of the leaps does not count."""
    ways = np.zeros((d + 1, d + 1))
    ways[0, 0] = 1
    for leap in range(1, k + 1):
        for far in range(leap, d + 1):
            ways[far, 1:] += ways[far - leap, :-1]
    last: Array = ways[d]
    return last


def _one_or_k(d: int, k: int) -> Array:
    """Leaps of 1 and of k alone: `long` of the second kind leave d - k long of the first."""
    ways = np.zeros(d + 1)
    for long in range(d // k + 1):
        edges = long + d - k * long
        ways[edges] += comb(edges, long)
    return ways


count_ways = Exercise(
    name="count_ways",
    right=_ways,
    draw=lambda rng: {"d": int(rng.integers(5, 10)), "k": int(rng.integers(2, 5))},
    mistakes={
        "the order of the leaps counts: 1 then 2 is another way than 2 then 1.": _unordered,
        "leaps longer than k are counted; no arrow is that long.": lambda d, k: _ways(d, d),
        "all leaps from 1 to k are there, not only those of 1 and of k.": _one_or_k,
        "leaps of 1 are missing: the state before is read as well.": lambda d, k: _ways(d, k, shortest=2),
        "this is how many ways there are in all; tell them apart by their number of edges.": (
            lambda d, k: _ways(d, k).sum()
        ),
        "the ways with no edge, of which there are none, are left out: begin with 0 edges.": (
            lambda d, k: _ways(d, k)[1:]
        ),
        "they are ordered from the longest way to the shortest; begin with 0 edges.": (
            lambda d, k: _ways(d, k)[::-1]
        ),
        "these are the ways over d - 1 steps.": lambda d, k: np.append(_ways(d - 1, k), 0),
    },
    trials=6,
)


# side_by_side(xs, k) -> (N, T, k D): the last k inputs of every step, newest first


def _beside(
    xs: Array, k: int, order: int = 1, sign: int = 1, first: int = 0, edge: str = "constant"
) -> Array:
    """The right answer to `side_by_side`, and with other arguments its mistakes."""
    T, far = xs.shape[1], k + first
    padded = np.pad(xs, ((0, 0), (far, far), (0, 0)), mode=edge)  # type: ignore[call-overload]
    parts = [padded[:, far - sign * j :][:, :T] for j in range(first, far)]
    beside: Array = np.concatenate(parts[::order], axis=2)
    return beside


def _by_number(xs: Array, k: int) -> Array:
    N, T, D = xs.shape
    return _beside(xs, k).reshape(N, T, k, D).swapaxes(2, 3).reshape(N, T, k * D)


side_by_side = Exercise(
    name="side_by_side",
    right=_beside,
    draw=lambda rng: {"xs": rng.normal(size=(2, 6, 2)), "k": 3},
    mistakes={
        "the inputs of the steps to come are joined, which nobody knows yet.": (
            lambda xs, k: _beside(xs, k, sign=-1)
        ),
        "the oldest input stands first; begin with that of the step itself.": (
            lambda xs, k: _beside(xs, k, order=-1)
        ),
        "the sequence is bent to a ring: before the first step its last ones are read. Put zeros there.": (
            lambda xs, k: _beside(xs, k, edge="wrap")
        ),
        "the first input is repeated before the first step; put zeros there.": (
            lambda xs, k: _beside(xs, k, edge="edge")
        ),
        "the input of the step itself is missing, and one that is too old is there.": (
            lambda xs, k: _beside(xs, k, first=1)
        ),
        "the numbers of one input must stand together, then those of the next older one.": _by_number,
        "the first k - 1 steps are missing; keep them, with zeros for what was before.": (
            lambda xs, k: _beside(xs, k)[:, k - 1 :]
        ),
        "one input too many is joined: the step's own is one of the k.": lambda xs, k: _beside(xs, k + 1),
    },
)


# roads_back(direct, slopes, Ws) -> (T, H): the whole gradient of every state, from what comes of it from the
# step's own answer, the slopes of the tanh, and the recurrent matrices (k, H, H), that of h_{t-1} first


def _back(
    leaps: Callable[[int], list[int]] = lambda k: list(range(1, k + 1)),
    *,
    turned: bool = True,
    reversed_order: bool = False,
    slope: str = "later",
    through: str = "whole",
    own: bool = True,
) -> Callable[[Array, Array, Array], Array]:
    """The gradients, with all leaps and everything in its place, or with a mistake."""

    def back(direct: Array, slopes: Array, Ws: Array) -> Array:
        T, k = len(direct), len(Ws)
        whole = np.zeros_like(direct)
        for s in reversed(range(T)):
            whole[s] = direct[s] if own or s == T - 1 else 0
            for j in leaps(k):
                if s + j < T:
                    later = (whole if through == "whole" else direct)[s + j]
                    factor = {"later": slopes[s + j], "own": slopes[s], "none": 1.0}[slope]
                    W = Ws[k - j if reversed_order else j - 1]
                    whole[s] += (later * factor) @ (W.T if turned else W)
        return whole

    return back


def _draw_roads(rng: np.random.Generator) -> Inputs:
    return {
        "direct": rng.normal(size=(6, 3)),
        "slopes": rng.uniform(0.2, 1, size=(6, 3)),
        "Ws": rng.normal(size=(3, 3, 3)) / 2,
    }


roads_back = Exercise(
    name="roads_back",
    right=_back(),
    draw=_draw_roads,
    mistakes={
        "only the next step is asked; the steps after it, up to k, read the state too.": _back(lambda k: [1]),
        "only the step k later is asked; the nearer ones read the state too.": _back(lambda k: [k]),
        "the longest road is missing: step t + k reads the state too.": _back(lambda k: list(range(1, k))),
        "a gradient goes back through the transpose of the matrix.": _back(turned=False),
        "the matrices are taken in the wrong order: Ws[0] read the state just before.": _back(
            reversed_order=True
        ),
        "the slope is that of the step that reads the state, s + j, not of the state's own step.": _back(
            slope="own"
        ),
        "the slope of the tanh is missing.": _back(slope="none"),
        "only ways of one edge are followed: hand back the whole gradient of the later state.": _back(
            through="direct"
        ),
        "the part from the state's own answer is missing, but for the last state.": _back(own=False),
        "the slope of the state's own step is multiplied in already; that comes with the next leap.": (
            lambda direct, slopes, Ws: _back()(direct, slopes, Ws) * slopes
        ),
        "this is the part from the own answer alone; no gradient comes back through time.": (
            lambda direct, slopes, Ws: direct.copy()
        ),
    },
)
