"""What clipping does to training by plain gradient descent: the chapter "Remedies".

The task is to recall a letter after twenty steps, and the network is one whose gradients explode: a ReLU cell
that begins at the identity. An orthogonal one and one whose gradients vanish stand beside it. Nothing differs
between the runs of a network but the learning rate, the optimiser, and how gradients are clipped.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from companion._arrays import Grads, NotFinite, Params
from companion.cells import RELU, RNN, Cell
from companion.experiments.memory_tasks import HIDDEN, TASKS, answers, loss_and_grads, short
from companion.experiments.memory_tasks import network as other_network
from companion.initial import identity, recurrent
from companion.layers import Dense
from companion.optim import SGD, Adam, clip_grad_norm, clip_grad_value

TASK, LAG, BATCH, TESTED = TASKS["recall"], 20, 32, 500
SEEDS, UPDATES, POINTS = 10, 400, 20
NETWORKS = ("identity, ReLU", "orthogonal", "uniform")
OPTIMIZERS: dict[str, Callable[[float], SGD | Adam]] = {"SGD": SGD, "Adam": Adam}
RATES = (0.001, 0.003, 0.01, 0.03, 0.1)

SETTINGS: list[dict[str, Any]] = [
    *({"lr": lr, "norm": norm} for lr in RATES for norm in (None, 0.1, 1.0, 10.0, 100.0)),
    *({"lr": lr, "value": value} for lr in (0.01, 0.03, 0.1) for value in (0.001, 0.01, 0.1, 1.0)),
    *({"lr": lr, "norm": norm, "optimizer": "Adam"} for lr in RATES[:-1] for norm in (None, 1.0)),
    *({"lr": lr, "norm": norm, "net": "orthogonal"} for lr in (0.03, 0.1, 0.3) for norm in (None, 1.0)),
    *({"lr": lr, "norm": norm, "net": "uniform"} for lr in (0.03, 0.1, 0.3) for norm in (None, 1.0)),
]


def network(net: str, rng: np.random.Generator) -> tuple[Cell, Dense, Grads]:
    """One of NETWORKS: its cell, its read-out, and the parameters of both, in single precision."""
    if net not in NETWORKS:
        raise ValueError(f"net must be one of {'; '.join(NETWORKS)}, got {net!r}")
    if net != "identity, ReLU":
        return other_network("RNN", TASK, HIDDEN, rng, net, None, None)
    cell, dense = RNN(TASK.inputs, HIDDEN, RELU), Dense(HIDDEN, TASK.outputs)
    params = recurrent(cell.init(rng, np.float32), identity)
    params["b_h"] = np.zeros_like(params["b_h"])
    return cell, dense, {**params, **dense.init(rng, np.float32)}


def clipped(grads: Params, norm: float | None, value: float | None) -> Grads:
    """The gradients, clipped by norm, by value, or not at all."""
    if value is not None:
        return clip_grad_value(grads, value)[0]
    return clip_grad_norm(grads, np.inf if norm is None else norm)[0]


def one(
    net: str, lr: float, norm: float | None, value: float | None, optimizer: str, seed: int, updates: int
) -> dict[str, Any]:
    """Train one network: the share of letters right at the end, and the training loss and the largest norm of
    the gradient in each of POINTS parts of the run. A run ends at the first number that is not finite."""
    rng = np.random.default_rng(seed)
    cell, dense, params = network(net, rng)
    rule = OPTIMIZERS[optimizer](lr)
    memory = rule.start(params)
    losses, norms = [], []
    try:
        for _ in range(updates):
            loss, grads = loss_and_grads(cell, dense, TASK, params, TASK.draw(rng, BATCH, LAG))
            losses.append(loss)
            norms.append(clip_grad_norm(grads, np.inf)[1])
            params, memory = rule.update(params, clipped(grads, norm, value), memory)
        xs, letters = TASK.draw(np.random.default_rng([seed, 1]), TESTED, LAG)
        right = TASK.score(answers(cell, dense, params, xs), letters)
    except NotFinite:
        return {"right": TASK.ignorance, "loss": None, "norm": None, "broke": len(losses)}
    parts = [slice(i, i + updates // POINTS) for i in range(0, updates, updates // POINTS)]
    return {
        "right": short(right),
        "loss": [short(float(np.mean(losses[part]))) for part in parts],
        "norm": [short(float(np.max(norms[part]))) for part in parts],
        "broke": None,
    }


def run(
    lr: float,
    norm: float | None = None,
    value: float | None = None,
    optimizer: str = "SGD",
    net: str = "identity, ReLU",
    seeds: int = SEEDS,
    updates: int = UPDATES,
) -> dict[str, list[Any]]:
    """For each seed `right`, the share of letters named right after training, the `loss` and the largest
    `norm` of the gradient before clipping, in 20 parts of the run, and `broke`: the number of updates before
    one that was not finite, which counts as blind guessing, or None.

    `norm` clips all gradients together, `value` every number. Raises ValueError for a network that is not
    known.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # exploding is the subject
        runs = [one(net, lr, norm, value, optimizer, seed, updates) for seed in range(seeds)]
    return {name: [figures[name] for figures in runs] for name in ("right", "loss", "norm", "broke")}
