"""What depth buys: networks of one to four layers with equally many weights, on tasks that differ in nesting.

Every task asks, at each step, about the same stretch of a random series, x_t back to x_{t-3}, so that all of
them need the same memory. They differ in how many differences are nested in the answer:

    echo    y_t = x_{t-3}
    one     y_t = |x_t - x_{t-3}|
    two     y_t = |u_t - u_{t-2}|    with u_t = |x_t - x_{t-1}|
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from companion._arrays import Array, Grads, Params
from companion.cells import RNN, Cell, Residual, Stacked
from companion.layers import Dense, squared_error
from companion.optim import Adam, clip_grad_norm
from companion.scan import Run, scan
from companion.train import fit

REACH, STEPS = 3, 9  # how far the tasks look back, and how many answers of a sequence count
BATCH, EPOCH = 50, 50  # sequences in a batch, batches in an epoch
Batch = tuple[Array, Array]


def echo(xs: Array) -> Array:
    """The value three steps back."""
    return xs[:, :-REACH]


def one(xs: Array) -> Array:
    """The distance to the value three steps back."""
    distance: Array = np.abs(xs[:, REACH:] - xs[:, :-REACH])
    return distance


def two(xs: Array) -> Array:
    """How much the distance between neighbours has changed over two steps: a difference of differences."""
    u = np.abs(xs[:, 1:] - xs[:, :-1])
    change: Array = np.abs(u[:, 2:] - u[:, :-2])
    return change


TASKS: dict[str, Callable[[Array], Array]] = {"echo": echo, "one": one, "two": two}


def draw(task: str, rng: np.random.Generator, N: int, later: int = 0) -> Batch:
    """Series (N, T, 1), even between -1 and 1, and the answers (N, STEPS, 1) wanted in the last steps.

    With `later` the answer of a step is wanted that many steps later, from series so much longer.
    """
    xs = rng.uniform(-1, 1, (N, REACH + STEPS + later))
    answers = TASKS[task](xs[:, : REACH + STEPS])
    return xs[..., None], answers[..., None]


def count(layers: int, H: int, D: int, K: int) -> int:
    """How many numbers a stack of `layers` layers of H units has, with its read-out of K numbers."""
    return (D * H + H * H + H) + (layers - 1) * (2 * H * H + H) + (H * K + K)


def units(layers: int, weights: int, D: int, K: int) -> int:
    """The number of units a layer for which the whole network comes nearest to so many weights."""
    return min(range(1, weights), key=lambda H: abs(count(layers, H, D, K) - weights))


def tower(layers: int, H: int, D: int, skips: bool = False) -> Stacked:
    """A stack of simple cells, with a skip around each but the lowest where `skips` is true."""
    upper: list[Cell] = [RNN(H, H) for _ in range(layers - 1)]
    return Stacked([RNN(D, H), *(Residual(cell) if skips else cell for cell in upper)])


class Network:
    """A stack with a linear read-out at every step."""

    def __init__(self, cell: Stacked) -> None:
        self.cell, self.dense = cell, Dense(cell.hidden_size, 1)

    def init(self, rng: np.random.Generator) -> Grads:
        """Fresh parameters of the stack and of the read-out."""
        return {**self.cell.init(rng), **self.dense.init(rng)}

    def error(self, params: Params, batch: Batch) -> float:
        """The mean squared error over the steps that count."""
        return squared_error(self.dense(params, self._read(params, batch).ys[:, -STEPS:]).y, batch[1]).value

    def loss_and_grads(self, params: Params, batch: Batch) -> tuple[float, Grads]:
        """The same error, and its gradients with their common norm cut at 1."""
        run = self._read(params, batch)
        out = self.dense(params, run.ys[:, -STEPS:])
        loss = squared_error(out.y, batch[1])
        dlast, of_dense = out.back(loss.back())
        dys = np.zeros_like(run.ys)
        dys[:, -STEPS:] = dlast
        return loss.value, clip_grad_norm({**run.back(dys)[2], **of_dense}, 1.0)[0]

    def _read(self, params: Params, batch: Batch) -> Run:
        return scan(self.cell, {name: params[name] for name in self.cell.shapes}, batch[0])


def run(
    task: str,
    layers: int,
    skips: bool,
    lr: float,
    seed: int,
    later: int = 0,
    weights: int = 1700,
    updates: int = 1000,
) -> dict[str, Any]:
    """Train one network on ever new series and examine it on 1000 others, always the same ones.

    Errors are shares of the answers' variance: guessing their mean leaves 1, a perfect answer 0. Networks of
    one seed read the same series in the same order, whatever their layers. "curve" holds the mean error of
    every 50 updates.
    """
    H = units(layers, weights, 1, 1)
    net = Network(tower(layers, H, 1, skips))
    exam = draw(task, np.random.default_rng(123_456), 1000, later)
    variance = float(exam[1].var())

    def batches(rng: np.random.Generator) -> Iterator[Batch]:
        for _ in range(EPOCH):
            yield draw(task, rng, BATCH, later)

    fitted = fit(
        net.loss_and_grads,
        net.init(np.random.default_rng([seed, 0])),
        batches,
        Adam(lr),
        epochs=updates // EPOCH,
        rng=np.random.default_rng([seed, 1]),
        progress=False,
    )
    return {
        "units": H,
        "parameters": count(layers, H, 1, 1),
        "curve": [round(loss / variance, 4) for loss in fitted.history["loss"]],
        "left": round(net.error(fitted.params, exam) / variance, 5),
    }


NETWORKS = [(layers, skips) for layers in (1, 2, 3, 4) for skips in (False, True) if layers > 1 or not skips]
RATES = (0.003, 0.01, 0.03)
_GRID: list[dict[str, Any]] = [
    {"task": "two", "layers": n, "skips": s, "lr": lr}
    for lr in RATES
    for n, s in NETWORKS
    if not s or lr == 0.01
] + [
    {"task": task, "layers": n, "skips": False, "lr": lr, **more}
    for task, layers, lr, more in (
        ("echo", (1, 2, 3, 4), 0.003, {}),
        ("one", (1, 2, 3, 4), 0.003, {}),
        ("two", (1,), 0.1, {}),  # whether one layer wants a still higher rate
        # And what time does for it.
        *(("two", (1,), lr, {"later": later}) for lr in (0.01, 0.03) for later in (1, 2)),
    )
    for n in layers
]
SETTINGS: list[dict[str, Any]] = [{**setting, "seed": seed} for seed in range(10) for setting in _GRID]
