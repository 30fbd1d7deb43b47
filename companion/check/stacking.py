"""Checkers for the exercises of the chapter on stacked networks.

They know the ways in which a grid is walked wrongly: a layer that reads the old state of the one below, a
road of the gradient that is forgotten or takes another layer's matrix, weights that are counted twice.
"""

from collections.abc import Callable, Sequence
from math import comb
from typing import Any

import numpy as np

from companion._arrays import Array, Grads
from companion.cells import RNN
from companion.check import Exercise, Inputs
from companion.scan import scan

# One column of the grid: column(x, states, layers) -> new states (L, N, H)


def _column(
    x: Array,
    states: Array,
    layers: Sequence[Grads],
    reads: Callable[[Array, Array, Array, int], Array] = lambda x, new, old, i: new,
) -> Array:
    """One step up through all layers; layer i > 0 reads reads(x, new state below, old state below, i)."""
    new: list[Array] = []
    for i, (h, layer) in enumerate(zip(states, layers, strict=True)):
        below = reads(x, new[-1], states[i - 1], i) if i else x
        new.append(np.tanh(below @ layer["W_xh"] + h @ layer["W_hh"] + layer["b_h"]))
    return np.stack(new)


def _without_memory(x: Array, states: Array, layers: Sequence[Grads]) -> Array:
    return _column(x, np.zeros_like(states), layers)


def _layers(rng: np.random.Generator, L: int, H: int = 3) -> list[Grads]:
    return [{k: rng.normal(size=shape) for k, shape in RNN(H, H).shapes.items()} for _ in range(L)]


column = Exercise(
    "column",
    _column,
    lambda rng: {
        "x": rng.normal(size=(2, 3)),
        "states": rng.normal(size=(3, 2, 3)),
        "layers": _layers(rng, 3),
    },
    {
        "each layer reads the old state of the layer below; the arrow goes straight up, to the same step, "
        "so it reads the new one.": (
            lambda x, states, layers: _column(x, states, layers, lambda x, new, old, i: old)
        ),
        "every layer reads x; only the lowest does, the others read the state of the layer below.": (
            lambda x, states, layers: _column(x, states, layers, lambda x, new, old, i: x)
        ),
        "all layers have the weights of the lowest.": (
            lambda x, states, layers: _column(x, states, [layers[0]] * len(layers))
        ),
        "all layers start from the state of the lowest; each has a state of its own.": (
            lambda x, states, layers: _column(x, np.repeat(states[:1], len(states), axis=0), layers)
        ),
        "the old states are not used: each layer also reads its own, through W_hh.": _without_memory,
        "the layers are gone through from the top down; the lowest comes first.": (
            lambda x, states, layers: _column(x, states[::-1], layers[::-1])[::-1]
        ),
        "only the state of the top layer is returned; the next column needs that of every layer.": (
            lambda x, states, layers: _column(x, states, layers)[-1]
        ),
        "the states have the layers in the wrong order: the lowest comes first.": (
            lambda x, states, layers: _column(x, states, layers)[::-1]
        ),
    },
)


# How many units for a budget: units(budget, layers, D) -> H


def _largest(count: Callable[[int, int, int], int]) -> Callable[[int, int, int], int]:
    """The largest H with count(H, layers, D) <= budget."""

    def units(budget: int, layers: int, D: int) -> int:
        H = 0
        while count(H + 1, layers, D) <= budget:
            H += 1
        return H

    return units


def _numbers(H: int, layers: int, D: int) -> int:
    return D * H + H * H + H + (layers - 1) * (2 * H * H + H)


_units = _largest(_numbers)


def _budget(rng: np.random.Generator) -> Inputs:
    """A budget with which each way of counting leads to another H."""
    while True:
        layers, D = int(rng.integers(2, 5)), int(rng.integers(20, 40))
        budget = _numbers(int(rng.integers(30, 60)), layers, D) + int(rng.integers(5, 25))
        found = [way(budget, layers, D) for way in (_units, *_MISCOUNTED.values())]
        if len(set(found)) == len(found):
            return {"budget": budget, "layers": layers, "D": D}


_MISCOUNTED: dict[str, Callable[[int, int, int], int]] = {
    "this is one too many: the network is larger than the budget.": (
        lambda budget, layers, D: _units(budget, layers, D) + 1
    ),
    "this is one too few: one more unit still fits.": lambda budget, layers, D: _units(budget, layers, D) - 1,
    "every layer is counted as if it read D numbers; those above the lowest read H.": _largest(
        lambda H, layers, D: layers * (D * H + H * H + H)
    ),
    "every layer is counted as if it read H numbers; the lowest reads D.": _largest(
        lambda H, layers, D: layers * (2 * H * H + H)
    ),
    "the lowest layer is counted, the layers above it are not.": _largest(
        lambda H, layers, D: _numbers(H, 1, D)
    ),
    "the layers above the lowest have two matrices, W_xh and W_hh, of H x H each.": _largest(
        lambda H, layers, D: D * H + H * H + H + (layers - 1) * (H * H + H)
    ),
}

units = Exercise("units", _units, _budget, _MISCOUNTED, trials=4)


# Roads through the grid: roads(layers, steps) -> how many


def _grid(rng: np.random.Generator) -> Inputs:
    layers = int(rng.integers(3, 6))
    return {"layers": layers, "steps": layers + int(rng.integers(2, 6))}


roads = Exercise(
    "roads",
    lambda layers, steps: comb(steps + layers - 2, layers - 1),
    _grid,
    {
        "a road goes right steps - 1 times, not steps times: it starts at the first step already.": (
            lambda layers, steps: comb(steps + layers - 1, layers - 1)
        ),
        "a road goes up layers - 1 times, not layers times: it enters in the lowest layer.": (
            lambda layers, steps: comb(steps + layers - 1, layers)
        ),
        "these are the arrows that one road follows; how many roads are there?": (
            lambda layers, steps: steps + layers - 2
        ),
        "these are the boxes of the grid; a road goes through some of them.": lambda layers, steps: (
            layers * steps
        ),
        "not every choice of right or up leads to the goal: exactly layers - 1 of them must be up.": (
            lambda layers, steps: 2 ** (steps + layers - 2)
        ),
        "a road may go up at any step, also several times in one.": lambda layers, steps: comb(
            steps, layers - 1
        ),
    },
    trials=4,
)


# The way back past a skip: way_back(dys, lower, upper, first, second) -> da_lower, da_upper


def _way_back(
    dys: Array,
    lower: Array,
    upper: Array,
    first: Grads,
    second: Grads,
    past: Callable[[Array, Grads], Array] = lambda dy, second: dy,
    above: bool = True,
    right: tuple[bool, bool] = (True, True),
    slopes: tuple[bool, bool] = (True, True),
    turned: bool = False,
    loud: bool = False,
) -> tuple[Array, Array]:
    """The gradients of both sums, with any of the roads left out.

    past    what goes past the upper cell, from the gradient of the output
    above   whether anything comes through the upper cell
    right   whether something comes back from the step after, in the lower and in the upper layer
    slopes  whether the slope of the tanh is there, in the lower and in the upper layer
    turned  whether the transpose of the upper W_xh is forgotten
    loud    whether what goes past the upper cell also joins that cell's own road from the right
    """
    a_lower, a_upper = np.zeros_like(lower), np.zeros_like(upper)
    back_lower, back_upper = np.zeros_like(lower[:, 0]), np.zeros_like(upper[:, 0])
    for t in reversed(range(dys.shape[1])):
        slope_lower, slope_upper = (
            1 - h[:, t] ** 2 if there else np.ones_like(h[:, t])
            for h, there in zip((lower, upper), slopes, strict=True)
        )
        a_upper[:, t] = (dys[:, t] + back_upper) * slope_upper
        W = second["W_xh"] if turned else second["W_xh"].T
        arrived = past(dys[:, t] + (back_upper if loud else 0), second) + above * (a_upper[:, t] @ W)
        a_lower[:, t] = (arrived + back_lower) * slope_lower
        back_upper = right[1] * (a_upper[:, t] @ second["W_hh"].T)
        back_lower = right[0] * (a_lower[:, t] @ first["W_hh"].T)
    return a_lower, a_upper


def _two_layers(rng: np.random.Generator) -> Inputs:
    xs, dys = rng.normal(size=(2, 2, 4, 3))
    first, second = _layers(rng, 2)
    lower = scan(RNN(3, 3), first, xs).ys
    upper = scan(RNN(3, 3), second, lower).ys
    return {"dys": dys, "lower": lower, "upper": upper, "first": first, "second": second}


def _but(**changes: Any) -> Callable[..., tuple[Array, Array]]:
    return lambda *given: _way_back(*given, **changes)


way_back = Exercise(
    "way_back",
    _way_back,
    _two_layers,
    {
        "the road past the upper cell is missing: the lower state is a part of the output itself.": _but(
            past=lambda dy, second: np.zeros_like(dy)
        ),
        "the road through the upper cell is missing in the lower layer.": _but(above=False),
        "the road past the upper cell has no matrix on it: dys goes down as it is.": _but(
            past=lambda dy, second: dy @ second["W_xh"].T
        ),
        "the skip carries what comes from above, not what comes from the right of the upper layer.": _but(
            loud=True
        ),
        "the lower layer hears nothing from the step after.": _but(right=(False, True)),
        "the upper layer hears nothing from the step after, and so the lower hears too little.": _but(
            right=(True, False)
        ),
        "neither layer hears anything from the step after.": _but(right=(False, False)),
        "the slope of the tanh is missing in the lower layer.": _but(slopes=(False, True)),
        "the slope of the tanh is missing in the upper layer.": _but(slopes=(True, False)),
        "the slope of the tanh is missing in both layers.": _but(slopes=(False, False)),
        "W_xh of the upper layer is not transposed on the way down; it is square, so no shape complains.": (
            _but(turned=True)
        ),
        "on its way down the gradient passes W_xh of the upper layer, not of the lower.": (
            lambda dys, lower, upper, first, second: _way_back(
                dys, lower, upper, first, {**second, "W_xh": first["W_xh"]}
            )
        ),
        "the W_hh of the two layers are mistaken for one another.": (
            lambda dys, lower, upper, first, second: _way_back(
                dys,
                lower,
                upper,
                {**first, "W_hh": second["W_hh"]},
                {**second, "W_hh": first["W_hh"]},
            )
        ),
        "W_hh is not transposed on the way back; it is square, so no shape complains.": (
            lambda dys, lower, upper, first, second: _way_back(
                dys,
                lower,
                upper,
                {**first, "W_hh": first["W_hh"].T},
                {**second, "W_hh": second["W_hh"].T},
            )
        ),
        "the two results are in the wrong order: the lower layer comes first.": (
            lambda *given: _way_back(*given)[::-1]
        ),
    },
    results=("da_lower", "da_upper"),
)


# Drop, and keep the mean: drop(ys, share, u) -> what the upper layer reads


def _drop(ys: Array, share: float, u: Array) -> Array:
    return (u >= share) * ys / (1 - share)


drop = Exercise(
    "drop",
    _drop,
    lambda rng: {
        "ys": rng.normal(size=(2, 4, 5)),
        "share": float(rng.uniform(0.2, 0.4)),
        "u": rng.random((2, 4, 5)),
    },
    {
        "what stays must be divided by 1 - share, or the mean falls.": lambda ys, share, u: (u >= share) * ys,
        "what stays is divided by share; a share of 1 - share stays, so divide by that.": (
            lambda ys, share, u: (u >= share) * ys / share
        ),
        "what stays is multiplied by 1 - share; it must grow, not shrink.": (
            lambda ys, share, u: (u >= share) * ys * (1 - share)
        ),
        "the wrong numbers are dropped: those with u below share go, the others stay.": (
            lambda ys, share, u: (u < share) * ys / (1 - share)
        ),
        "the wrong numbers are dropped, and what stays is divided by share: those with u below share go.": (
            lambda ys, share, u: (u < share) * ys / share
        ),
        "every number is divided by 1 - share, and none is dropped.": lambda ys, share, u: ys / (1 - share),
        "one draw serves all steps; each number has a draw of its own.": (
            lambda ys, share, u: _drop(ys, share, np.broadcast_to(u[:, :1], u.shape))
        ),
        "one draw serves all units of a step; each number has a draw of its own.": (
            lambda ys, share, u: _drop(ys, share, np.broadcast_to(u[..., :1], u.shape))
        ),
    },
)
