"""Two tasks that need a memory of a chosen length, and what recurrent networks make of them.

`recall` asks, after the last step, which letter stood at the first. `adding` asks for the sum of two marked
numbers, the first of them in the early half of the sequence. Both are learnt from sequences drawn anew for
every update, by the course's own cells in single precision. A run also tells how the gradient of the loss
fades on its way back, before and after training.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from companion._arrays import Array, Grads, Params
from companion.cells import GRU, LSTM, RNN, Cell, Highway
from companion.initial import forget_bias, identity, orthogonal, recurrent
from companion.layers import Dense, Loss, softmax_cross_entropy, squared_error
from companion.optim import Adam, clip_grad_norm
from companion.scan import scan
from companion.taps import GradientNorms
from companion.train import NonFiniteLoss, fit

LETTERS, FILLERS = 4, 2
HIDDEN, BATCH, TESTED, POINTS = 32, 32, 500, 20

Batch = tuple[Array, Array]  # xs (N, lag + 1, D) and what to answer after the last step


def recall(rng: np.random.Generator, N: int, lag: int) -> Batch:
    """One of four letters, then `lag` fillers of two kinds, all one-hot (N, lag + 1, 6); which letter it was
    (N,)."""
    letters = rng.integers(0, LETTERS, N)
    fillers = rng.integers(LETTERS, LETTERS + FILLERS, (N, lag))
    symbols = np.concatenate([letters[:, None], fillers], axis=1)
    return np.eye(LETTERS + FILLERS, dtype=np.float32)[symbols], letters


def adding(rng: np.random.Generator, N: int, lag: int) -> Batch:
    """Numbers between 0 and 1 with a mark beside two of them, one in each half (N, lag + 1, 2); the sum of
    the marked ones (N, 1). At most `lag` steps lie between a marked number and the answer."""
    T = lag + 1
    numbers, marks, rows = rng.random((N, T)), np.zeros((N, T)), np.arange(N)
    marks[rows, rng.integers(0, T // 2, N)] = 1
    marks[rows, rng.integers(T // 2, T, N)] = 1
    sums = (numbers * marks).sum(axis=1, keepdims=True)
    return np.stack([numbers, marks], axis=2).astype(np.float32), sums.astype(np.float32)


class Task(NamedTuple):
    """A task: how to draw it, its sizes, its loss, and how an answer is scored.

    ignorance  the score of whoever has seen nothing;  half  the score below which (recall) or above which
    (adding) a network counts as having failed: half way to a perfect one.
    """

    draw: Callable[[np.random.Generator, int, int], Batch]
    inputs: int
    outputs: int
    loss: Callable[[Array, Array], Loss]
    score: Callable[[Array, Array], float]
    ignorance: float
    half: float


def right(scores: Array, letters: Array) -> float:
    """The share of letters named right."""
    return float((scores.argmax(axis=1) == letters).mean())


def squared(answers: Array, sums: Array) -> float:
    """The mean squared error."""
    return float(((answers - sums) ** 2).mean())


TASKS = {
    "recall": Task(recall, LETTERS + FILLERS, LETTERS, softmax_cross_entropy, right, 1 / 4, 5 / 8),
    # The sum of two numbers drawn evenly from 0 to 1 has the variance 1/6, and each of them half of that.
    "adding": Task(adding, 2, 1, squared_error, squared, 1 / 6, 1 / 12),
}
CELLS: dict[str, Callable[[int, int], Cell]] = {"RNN": RNN, "LSTM": LSTM, "GRU": GRU}


def with_radius(radius: float) -> Callable[[int, np.random.Generator], Array]:
    """A maker of normal random matrices, each scaled to the spectral radius given."""

    def make(n: int, rng: np.random.Generator) -> Array:
        W = rng.normal(size=(n, n))
        scaled: Array = W * (radius / np.abs(np.linalg.eigvals(W)).max())
        return scaled

    return make


# How the recurrent weights may begin; "uniform" leaves them as the cell draws them.
INITS: dict[str, Callable[[int, np.random.Generator], Array]] = {
    "orthogonal": orthogonal,
    "identity": lambda n, rng: identity(n),
    "radius 0.5": with_radius(0.5),
    "radius 1": with_radius(1.0),
    "radius 1.5": with_radius(1.5),
}


def network(
    cell: str,
    task: Task,
    hidden: int,
    rng: np.random.Generator,
    init: str = "uniform",
    highway: float | None = None,
    forget: float | None = None,
) -> tuple[Cell, Dense, Grads]:
    """A cell, its read-out, and the parameters of both together, in single precision."""
    made = CELLS[cell](task.inputs, hidden)
    if highway is not None:
        made = Highway(made)
    params = made.init(rng, np.float32)
    if init != "uniform":
        params = recurrent(params, lambda n: INITS[init](n, rng))
    if forget is not None:
        params = forget_bias(params, forget)
    if highway is not None:
        params["b_g"] = np.full_like(params["b_g"], highway)
    dense = Dense(hidden, task.outputs)
    return made, dense, {**params, **dense.init(rng, np.float32)}


def loss_and_grads(
    cell: Cell, dense: Dense, task: Task, params: Params, batch: Batch, tap: GradientNorms | None = None
) -> tuple[float, Grads]:
    """The mean loss of the answers after the last step, and the gradients of all parameters."""
    xs, wanted = batch
    states = scan(cell, {name: params[name] for name in cell.shapes}, xs)
    out = dense(params, states.state[0])
    loss = task.loss(out.y, wanted)
    dh, of_dense = out.back(loss.back())
    others = tuple(np.zeros_like(s) for s in states.state[1:])
    return loss.value, {**states.back(None, (dh, *others), tap=tap)[2], **of_dense}


def answers(cell: Cell, dense: Dense, params: Params, xs: Array) -> Array:
    """What the network says after the last step of xs (N, T, D): (N, K)."""
    states = scan(cell, {name: params[name] for name in cell.shapes}, xs)
    return dense(params, states.state[0]).y


def fading(cell: Cell, dense: Dense, task: Task, params: Params, batch: Batch) -> list[float]:
    """The norm of the gradient of one sequence's loss with respect to the state, by lag: 0 is the state after
    the last step. A mean over the sequences of the batch."""
    tap = GradientNorms()
    loss_and_grads(cell, dense, task, params, batch, tap)
    return [short(norm) for norm in len(batch[0]) * tap.norms[:0:-1].mean(axis=1)]


def run(
    task: str,
    lag: int,
    seed: int,
    cell: str = "RNN",
    init: str = "uniform",
    clip: float | None = 1.0,
    highway: float | None = None,
    forget: float | None = None,
    updates: int = 2000,
    lr: float = 0.002,
    hidden: int = HIDDEN,
) -> dict[str, Any]:
    """Train one network by Adam on one task, and measure it on 500 sequences that it has not seen.

    cell     RNN, LSTM or GRU;  init  "uniform" or one of INITS, for every recurrent matrix
    clip     the largest norm of all gradients together, or None
    highway  where a number is given: the cell within a Highway whose gate begins with this bias
    forget   where a number is given: the bias with which an LSTM's forget gates begin

    Returns `at`, the numbers of updates after which it was tested (20 of them); the test `loss` and `score`
    at each; the largest `norm` of the gradients since the one before, ahead of clipping; the gradient by lag
    `before` and `after` training; and `broke`, the number of batches read until a number was not finite, or
    None.
    """
    kind, rng = TASKS[task], np.random.default_rng(seed)
    net, dense, params = network(cell, kind, hidden, rng, init, highway, forget)
    test = kind.draw(np.random.default_rng([seed, 1]), TESTED, lag)
    figures: dict[str, Any] = {"at": [], "loss": [], "score": [], "norm": []}
    figures["before"] = fading(net, dense, kind, params, test)
    norms: list[float] = []
    every = updates // POINTS

    def on_batch(params: Params, batch: Batch) -> tuple[float, Grads]:
        loss, grads = loss_and_grads(net, dense, kind, params, batch)
        clipped, norm = clip_grad_norm(grads, clip or np.inf)
        norms.append(norm)
        return loss, clipped

    def batches(rng: np.random.Generator) -> Iterator[Batch]:
        return (kind.draw(rng, BATCH, lag) for _ in range(every))

    def evaluate(params: Params) -> dict[str, float]:
        said = answers(net, dense, params, test[0])
        figures["at"].append(len(norms))
        figures["loss"].append(short(kind.loss(said, test[1]).value))
        figures["score"].append(short(kind.score(said, test[1])))
        figures["norm"].append(short(max(norms[-every:])))
        return {}

    try:
        trained = fit(
            on_batch, params, batches, Adam(lr), epochs=POINTS, rng=rng, evaluate=evaluate, progress=False
        )
    except NonFiniteLoss:
        return {**figures, "after": None, "broke": len(norms)}
    return {**figures, "after": fading(net, dense, kind, trained.params, test), "broke": None}


def short(value: float) -> float:
    """Four digits, which is more than any comparison needs."""
    return float(f"{value:.4g}")


SETTINGS: list[dict[str, Any]] = [
    *(
        {"task": task, "lag": lag, "seed": seed}
        for seed in range(10)
        for task in TASKS
        for lag in (5, 10, 15, 20, 25, 30, 40)
    ),
    *(
        {"task": "recall", "lag": lag, "seed": seed, "init": init}
        for seed in range(5)
        for init, lags in {
            "radius 0.5": (5, 10, 20),
            "radius 1": (20, 40, 80),
            "radius 1.5": (20, 40, 80),
        }.items()
        for lag in lags
    ),
    *({"task": "recall", "lag": 30, "seed": seed, "updates": 6000} for seed in range(3)),
]
