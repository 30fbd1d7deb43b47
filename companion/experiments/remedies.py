"""How many steps of memory each remedy buys: the chapter "Remedies".

A network climbs a ladder of lags of the recall task, from fresh weights at every rung, until it meets the
first lag that it does not learn in 400 updates. Only the remedy differs between the networks.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from companion._arrays import Grads, Params
from companion.cells import RNN, Cell, Lag
from companion.experiments import clipping
from companion.experiments import memory_tasks as tasks
from companion.experiments.memory_tasks import HIDDEN, Batch
from companion.layers import Dense
from companion.optim import Adam, clip_grad_norm
from companion.scan import scan

TASK = tasks.TASKS["recall"]
LADDER = (5, 10, 20, 40, 80, 160)
SHOWN = 20  # the rung at which the gradient by lag is kept
SEEDS, UPDATES, RATE, BATCH, TESTED = 10, 400, 0.005, 32, 200
LEARNT, EVERY = 0.95, 25  # learnt means: so many letters right, looked at after every 25 updates
CUT = 10

Network = tuple[Cell, Dense, Grads]


class Remedy(NamedTuple):
    """How a network is made and its gradient treated. The defaults, without clip, are no remedy at all."""

    cell: str = "RNN"
    init: str = "uniform"  # or "identity, ReLU", or one of memory_tasks.INITS
    highway: float | None = None  # the bias with which the highway's gates begin, if there are any
    forget: float | None = None  # the same for the forget gates of an LSTM
    update: float | None = None  # and for the update gates of a GRU
    links: int = 1  # how many earlier states the cell reads
    back: int | None = None  # how many steps the gradient goes back; None is all of them
    clip: float | None = 1.0  # the largest norm of all gradients together


REMEDIES = {
    "none": Remedy(clip=None),
    "clipping": Remedy(),
    "truncated": Remedy(back=CUT),
    "larger weights": Remedy(init="radius 1.5"),
    "orthogonal": Remedy(init="orthogonal"),
    "identity": Remedy(init="identity"),
    "identity, ReLU": Remedy(init="identity, ReLU"),
    "direct links": Remedy(links=5),
    "highway 0": Remedy(highway=0.0),
    "highway -2": Remedy(highway=-2.0),
    "highway -4": Remedy(highway=-4.0),
    "LSTM 0": Remedy(cell="LSTM", forget=0.0),
    "LSTM 1": Remedy(cell="LSTM", forget=1.0),
    "LSTM 2": Remedy(cell="LSTM", forget=2.0),
    "LSTM 4": Remedy(cell="LSTM", forget=4.0),
    "GRU 0": Remedy(cell="GRU", update=0.0),
    "GRU 2": Remedy(cell="GRU", update=2.0),
    "highway -4, cut": Remedy(highway=-4.0, back=CUT),
}
# Not every kind is sent to the top: it would have taken too long.
TO_THE_TOP = (
    "none",
    "clipping",
    "truncated",
    "larger weights",
    "orthogonal",
    "identity",
    "identity, ReLU",
    "direct links",
    "highway 0",
    "LSTM 0",
    "LSTM 1",
    "LSTM 2",
)
TO_80 = ("highway -2", "highway -4", "highway -4, cut", "LSTM 4", "GRU 0", "GRU 2")
SETTINGS: list[dict[str, Any]] = [
    *({"remedy": name} for name in TO_THE_TOP),
    *({"remedy": name, "ladder": list(LADDER[:-1])} for name in TO_80),
]


def network(remedy: Remedy, rng: np.random.Generator) -> Network:
    """The cell, its read-out, and the parameters of both together, in single precision."""
    if remedy.links > 1:
        return _linked(remedy.links, rng)
    if remedy.init == "identity, ReLU":
        return clipping.network(remedy.init, rng)
    cell, dense, params = tasks.network(
        remedy.cell, TASK, HIDDEN, rng, remedy.init, remedy.highway, remedy.forget
    )
    if remedy.update is not None:
        params["b_h"] = params["b_h"].copy()
        params["b_h"][HIDDEN : 2 * HIDDEN] = remedy.update
    return cell, dense, params


def _linked(k: int, rng: np.random.Generator) -> Network:
    """A simple cell that reads its k last states, with weights as much smaller as there are more of them."""
    cell = Lag(RNN(TASK.inputs + (k - 1) * HIDDEN, HIDDEN), k)
    dense, params = Dense(HIDDEN, TASK.outputs), cell.init(rng, np.float32)
    smaller = np.float32(k**-0.5)
    params["W_xh"][TASK.inputs :] *= smaller
    params["W_hh"] *= smaller
    return cell, dense, {**params, **dense.init(rng, np.float32)}


def truncated(cell: Cell, dense: Dense, params: Params, batch: Batch, back: int) -> tuple[float, Grads]:
    """The loss and its gradients, which go only `back` steps back."""
    xs, letters = batch
    weights = {name: params[name] for name in cell.shapes}
    before = scan(cell, weights, xs[:, :-back]).state if back < xs.shape[1] else None
    last = scan(cell, weights, xs[:, -back:], before)
    out = dense(params, last.state[0])
    loss = TASK.loss(out.y, letters)
    dh, of_dense = out.back(loss.back())
    others = tuple(np.zeros_like(s) for s in last.state[1:])
    return loss.value, {**last.back(None, (dh, *others))[2], **of_dense}


def learn(remedy: Remedy, lag: int, seed: int, updates: int = UPDATES) -> dict[str, Any]:
    """Train one network at one lag: after how many updates it was `learnt`, or None, and the gradient by lag
    `before` and `after`."""
    rng = np.random.default_rng(seed)
    cell, dense, params = network(remedy, rng)
    test = TASK.draw(np.random.default_rng([seed, 1]), TESTED, lag)
    before = tasks.fading(cell, dense, TASK, params, test)
    rule, learnt = Adam(RATE), None
    memory = rule.start(params)
    for update in range(1, updates + 1):
        batch = TASK.draw(rng, BATCH, lag)
        if remedy.back is None:
            _, grads = tasks.loss_and_grads(cell, dense, TASK, params, batch)
        else:
            _, grads = truncated(cell, dense, params, batch, remedy.back)
        grads, _ = clip_grad_norm(grads, remedy.clip or np.inf)
        params, memory = rule.update(params, grads, memory)
        if update % EVERY == 0 and right(cell, dense, params, test) >= LEARNT:
            learnt = update
            break
    return {"learnt": learnt, "before": before, "after": tasks.fading(cell, dense, TASK, params, test)}


def right(cell: Cell, dense: Dense, params: Params, test: Batch) -> float:
    """The share of letters named right."""
    return TASK.score(tasks.answers(cell, dense, params, test[0]), test[1])


def climb(
    remedy: Remedy, seed: int, ladder: Sequence[int] = LADDER, updates: int = UPDATES
) -> dict[str, Any]:
    """Climb the ladder: the `longest` lag below the first that was not learnt (0 if none), the `updates` that
    each rung took, and the gradient by lag at the rung SHOWN, as far as the network came to try it."""
    figures: dict[str, Any] = {"longest": 0, "updates": [], "before": None, "after": None}
    for lag in ladder:
        found = learn(remedy, lag, seed, updates)
        if lag == SHOWN:
            figures.update(before=found["before"], after=found["after"])
        if found["learnt"] is None:
            break
        figures["longest"] = lag
        figures["updates"].append(found["learnt"])
    return figures


def run(
    remedy: str, seeds: int = SEEDS, ladder: Sequence[int] = LADDER, updates: int = UPDATES
) -> dict[str, list[Any]]:
    """The figures of `climb`, for each seed. Raises ValueError for a remedy that is not known."""
    if remedy not in REMEDIES:
        raise ValueError(f"remedy must be one of {'; '.join(REMEDIES)}, got {remedy!r}")
    climbs = [climb(REMEDIES[remedy], seed, ladder, updates) for seed in range(seeds)]
    return {name: [figures[name] for figures in climbs] for name in climbs[0]}
