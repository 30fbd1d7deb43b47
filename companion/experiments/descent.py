"""What the chapter on gradient descent tried: three optimisers, seven ways to scale, and BPTT cut short.

Three studies share this module. `optimizers` names the first of four letters by cross-entropy; `scales`
trains source 001's network on its series in different units; `truncation` names the first of six numbers when
the gradient goes back k steps only. Every run gives one figure for each seed.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from companion import data
from companion._arrays import Array, Grads, Params
from companion.cells import RNN
from companion.experiments.toy_series import loss_and_grads, network
from companion.layers import Dense, softmax_cross_entropy, squared_error
from companion.optim import SGD, AdaGrad, Adam
from companion.scan import Run, scan
from companion.train import fit, shuffled

HIDDEN = 8
LETTERS, LENGTH, EPOCHS = "abcd", 4, 8
SEEDS = 12
KINDS: dict[str, Callable[[float], SGD | AdaGrad | Adam]] = {"SGD": SGD, "AdaGrad": AdaGrad, "Adam": Adam}
RATES = tuple(round(10 ** (e / 2), 5) for e in range(-7, 4))  # 0.00032 to 31.6, two to a power of ten

# What inputs and targets are divided by, after what is subtracted; then what the first W_xh is divided by.
SCALES: dict[str, tuple[float, float, float, float, float]] = {
    "raw": (0, 1, 0, 1, 1),
    "/10": (0, 10, 0, 10, 1),
    "/100": (0, 100, 0, 100, 1),
    "standardised": (45, 18.93, 65, 17.08, 1),
    "inputs /100": (0, 100, 0, 1, 1),
    "targets /100": (0, 1, 0, 100, 1),
    "targets, W_xh /100": (0, 1, 0, 100, 100),
}
RECALL_STEPS = 6

SETTINGS: list[dict[str, Any]] = [
    *(
        {"study": "optimizers", "optimizer": kind, "lr": lr, "batch": batch}
        for batch, rates in ((256, RATES), (16, RATES), (1, RATES[1:-3]))
        for kind in KINDS
        for lr in rates
    ),
    *({"study": "scales", "scale": scale, "lr": lr} for scale in SCALES for lr in (0.01, 0.03, 0.1, 0.3)),
    *({"study": "truncation", "steps": k} for k in range(1, RECALL_STEPS + 1)),
]


def run(study: str, **settings: Any) -> dict[str, list[float]]:
    """One study with one setting. Raises ValueError for a study that is not known."""
    studies: dict[str, Callable[..., dict[str, list[float]]]]
    studies = {"optimizers": optimizers, "scales": scales, "truncation": truncation}
    if study not in studies:
        raise ValueError(f"study must be one of {', '.join(studies)}, got {study!r}")
    return studies[study](**settings)


def first_letter() -> tuple[Array, Array]:
    """All sequences of four letters (256, 4, 4) and the number of each one's first letter (256,)."""
    index = np.indices((len(LETTERS),) * LENGTH).reshape(LENGTH, -1).T
    return np.eye(len(LETTERS))[index], index[:, 0]


def name_first(params: Params, batch: tuple[Array, ...]) -> tuple[float, Grads]:
    """Mean cross-entropy and gradients of a network that names a sequence's first letter after its last."""
    xs, labels = batch
    cell = RNN(xs.shape[-1], HIDDEN)
    states = scan(cell, {name: params[name] for name in cell.shapes}, xs)
    out = Dense(HIDDEN, len(LETTERS))(params, states.state[0])
    loss = softmax_cross_entropy(out.y, labels)
    dh, of_dense = out.back(loss.back())
    return loss.value, {**states.back(None, (dh,))[2], **of_dense}


def optimizers(
    optimizer: str, lr: float, batch: int, seeds: int = SEEDS, epochs: int = EPOCHS
) -> dict[str, list[float]]:
    """The loss over all sequences after training, one for each seed."""
    xs, labels = first_letter()
    losses = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        start = {**RNN(len(LETTERS), HIDDEN).init(rng), **Dense(HIDDEN, len(LETTERS)).init(rng)}
        trained = fit(
            name_first,
            start,
            shuffled(batch, xs, labels),
            KINDS[optimizer](lr),
            epochs=epochs,
            rng=rng,
            progress=False,
        )
        losses.append(_short(name_first(trained.params, (xs, labels))[0]))
    return {"loss": losses}


def scaled(scale: str) -> tuple[tuple[Array, Array], Callable[[Grads], Grads], float]:
    """The toy series in other units, what is done to the initial weights, and the unit of the targets."""
    x_zero, x_unit, y_zero, y_unit, weight = SCALES[scale]
    xs, targets = data.toy_series()
    batch = (xs[:-1] - x_zero) / x_unit, (targets[:-1] - y_zero) / y_unit
    return batch, lambda params: {**params, "W_xh": params["W_xh"] / weight}, y_unit


def scales(scale: str, lr: float, seeds: int = SEEDS, updates: int = 1000) -> dict[str, list[float]]:
    """For each seed the typical error on the six training rows, in the series' own unit, and at the start
    the share of states beyond 0.99."""
    batch, prepare, unit = scaled(scale)
    cell, dense = network("flatten")
    errors, saturated = [], []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        start = prepare({**cell.init(rng), **dense.init(rng)})
        states = scan(cell, {name: start[name] for name in cell.shapes}, batch[0]).ys
        saturated.append(_short(float(np.mean(np.abs(states) > 0.99))))

        def on_batch(params: Params, batch: tuple[Array, Array]) -> tuple[float, Mapping[str, Array]]:
            loss, _, grads = loss_and_grads(params, *batch, "flatten")
            return loss, grads

        trained = fit(on_batch, start, lambda _: [batch], Adam(lr), epochs=updates, rng=rng, progress=False)
        errors.append(_short(unit * on_batch(trained.params, batch)[0] ** 0.5))
    return {"error": errors, "saturated": saturated}


def last_steps(cell: RNN, weights: Params, xs: Array, k: int) -> tuple[Run, Callable[[Array], Grads]]:
    """Run along xs (N, T, D), and return the run of the last k steps with back(dh) -> grads, which goes no
    further than these."""
    before = scan(cell, weights, xs[:, :-k]).state if k < xs.shape[1] else None
    last = scan(cell, weights, xs[:, -k:], before)
    return last, lambda dh: last.back(None, (dh,))[2]


def recall(params: Params, xs: Array, k: int) -> tuple[float, Grads]:
    """Squared error and gradients, cut after k steps, of naming the first number of xs after the last."""
    cell = RNN(1, HIDDEN)
    last, back = last_steps(cell, {name: params[name] for name in cell.shapes}, xs, k)
    out = Dense(HIDDEN, 1)(params, last.state[0])
    loss = squared_error(out.y, xs[:, 0])
    dh, of_dense = out.back(loss.back())
    return loss.value, {**back(dh), **of_dense}


def truncation(steps: int, seeds: int = SEEDS, updates: int = 500) -> dict[str, list[float]]:
    """For each seed the loss on new sequences after training with a gradient that goes `steps` steps back."""
    losses = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        start = {**RNN(1, HIDDEN).init(rng), **Dense(HIDDEN, 1).init(rng)}
        trained = fit(
            lambda params, xs: recall(params, xs, steps),
            start,
            lambda rng: (rng.uniform(-1, 1, (32, RECALL_STEPS, 1)) for _ in range(updates)),
            Adam(0.02),
            epochs=1,
            rng=rng,
            progress=False,
        )
        test = np.random.default_rng(1000 + seed).uniform(-1, 1, (1000, RECALL_STEPS, 1))
        losses.append(_short(recall(trained.params, test, steps)[0]))
    return {"loss": losses}


def _short(value: float) -> float:
    """Six digits, which is more than any comparison needs."""
    return float(f"{value:.6g}")
