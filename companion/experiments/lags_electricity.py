"""Nets with a lag on a household's electricity, which forecast the next day from the fortnight before it.

Days, parts, training and figures are those of `companion.experiments.electricity`. The net of lag 1 is the
one trained there, number for number, so that its ten recorded runs serve here too.
"""

from typing import Any

import numpy as np

from companion._arrays import Array, Grads, Params
from companion.experiments import electricity, lags
from companion.experiments.memory_tasks import short
from companion.layers import squared_error
from companion.optim import Adam, clip_grad_norm
from companion.train import fit, shuffled

YEAR, EPOCHS = 2010, 60
SETTINGS: list[dict[str, Any]] = [
    {"kind": kind, "k": k, "seed": seed}
    for seed in range(10)
    for kind, ks in {"lag": (2, 3, 4, 7), "window": (4,), "weights": (4,)}.items()
    for k in ks
]


def forecast(net: lags.Net, params: Params, xs: Array) -> Array:
    """The standardised power of the next day (N, 1), from xs (N, 14, 1)."""
    (h, *_) = net.read(params, xs).state
    return net.dense(params, h).y


def loss_and_grads(net: lags.Net, params: Params, batch: tuple[Array, ...]) -> tuple[float, Grads]:
    """The mean squared error of a batch and its gradients, clipped to a norm of 1."""
    xs, ys = batch
    run = net.read(params, xs)
    out = net.dense(params, run.state[0])
    loss = squared_error(out.y, ys)
    dh, of_read_out = out.back(loss.back())
    older = tuple(np.zeros_like(s) for s in run.state[1:])
    _, _, of_cell = run.back(None, (dh, *older))
    return loss.value, clip_grad_norm({**of_cell, **of_read_out}, 1.0)[0]


def run(kind: str, k: int, seed: int, epochs: int = EPOCHS) -> dict[str, Any]:
    """Train one forecaster and test it on 2010. Runs of one seed begin alike and see the same batches.

    weights     how many numbers the net learns
    epoch       that of the best validation, whose parameters are tested
    validation  mean absolute error in the validation, kW
    mae         mean absolute error of the test, kW
    weekly      the same for each seven consecutive forecasts
    """
    days = electricity.examples(YEAR, 1)
    rng = np.random.default_rng(seed)
    plain = electricity.Forecaster([0], 1, lags.HIDDEN).init(rng)
    net = lags.network(kind, k, plain, np.random.default_rng([seed, k]))
    train, validation, test = ((part.xs[:, :, :1], part.ys) for part in days[:3])

    def watch(params: Params) -> dict[str, float]:
        return {"validation": squared_error(forecast(net, params, validation[0]), validation[1]).value}

    fitted = fit(
        lambda params, batch: loss_and_grads(net, params, batch),
        net.params,
        shuffled(32, *train),
        Adam(lr=0.003),
        epochs=epochs,
        rng=rng,
        evaluate=watch,
        monitor="validation",
        progress=False,
    )
    watched, tested = (
        days.scale.undo(forecast(net, fitted.best, xs)) - days.scale.undo(ys) for xs, ys in (validation, test)
    )
    return {
        "weights": sum(p.size for p in net.params.values()),
        "epoch": fitted.best_epoch,
        "validation": short(np.abs(watched).mean()),
        "mae": round(float(np.abs(tested).mean()), 4),
        "weekly": electricity.weekly(tested).round(4).tolist(),
    }
