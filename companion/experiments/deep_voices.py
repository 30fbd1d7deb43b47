"""Nine speakers told apart by one, two and three layers with equally many weights.

The data, the batches and the way of choosing are those of `companion.experiments.voices`. With `validate` a
run holds back six training utterances of each speaker and reports how it does on these after every epoch;
without it a run trains on all 270 for a given number of epochs and answers the test.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from companion import data
from companion._arrays import Array, Grads, Params
from companion.experiments.depth import count, tower, units
from companion.experiments.voices import (
    BATCH,
    COEFFICIENTS,
    MAX_NORM,
    SPEAKERS,
    held_back,
    pick,
    standardised,
)
from companion.layers import Dense, softmax_cross_entropy
from companion.optim import Adam, clip_grad_norm
from companion.scan import scan
from companion.train import fit, shuffled

WEIGHTS = count(1, 64, COEFFICIENTS, SPEAKERS)  # one layer of 64 units, which "Nine voices" chose


class Listener:
    """A stack that answers once for each utterance, from the last state of its top layer."""

    def __init__(self, layers: int) -> None:
        self.units = units(layers, WEIGHTS, COEFFICIENTS, SPEAKERS)
        self.parameters = count(layers, self.units, COEFFICIENTS, SPEAKERS)
        self.cell = tower(layers, self.units, COEFFICIENTS)
        self.dense = Dense(self.units, SPEAKERS)

    def init(self, rng: np.random.Generator) -> Grads:
        """Fresh parameters of the stack and of the read-out."""
        return {**self.cell.init(rng), **self.dense.init(rng)}

    def scores(self, params: Params, xs: Array, lengths: Array) -> tuple[Array, Callable[[Array], Grads]]:
        """The scores (N, 9), and back(dscores) -> gradients."""
        own = {name: params[name] for name in self.cell.shapes}
        run = scan(self.cell, own, xs, lengths=lengths)
        out = self.dense(params, run.state[-1])

        def back(dscores: Array) -> Grads:
            dh, of_dense = out.back(dscores)
            below = self.cell.zero_state(len(xs))[:-1]
            return {**run.back(None, (*below, dh))[2], **of_dense}

        return out.y, back

    def loss_and_grads(self, params: Params, batch: tuple[Array, ...]) -> tuple[float, Grads]:
        """The mean cross-entropy of a batch (xs, lengths, labels) and its clipped gradients."""
        xs, lengths, labels = batch
        scores, back = self.scores(params, xs, lengths)
        loss = softmax_cross_entropy(scores, labels)
        return loss.value, clip_grad_norm(back(loss.back()), MAX_NORM)[0]


def run(layers: int, lr: float, epochs: int, seed: int, validate: bool = False) -> dict[str, Any]:
    """One training run: with `validate` the validation loss after each epoch, else how many of the 370 test
    utterances are answered rightly."""
    net, rng = Listener(layers), np.random.default_rng(seed)
    train, test = data.japanese_vowels()
    back = held_back(train.labels, rng) if validate else np.zeros(len(train.labels), bool)
    train, exam = standardised(pick(train, ~back), pick(train, back) if validate else test)

    def evaluate(params: Params) -> dict[str, float]:
        scores, _ = net.scores(params, exam.xs, exam.lengths)
        return {"validation": softmax_cross_entropy(scores, exam.labels).value}

    done = fit(
        net.loss_and_grads,
        net.init(rng),
        shuffled(BATCH, *train),
        Adam(lr),
        epochs=epochs,
        rng=rng,
        evaluate=evaluate if validate else None,
        progress=False,
    )
    if validate:
        return {"validation": [round(loss, 4) for loss in done.history["validation"]]}
    scores, _ = net.scores(done.params, exam.xs, exam.lengths)
    right = int((scores.argmax(axis=1) == exam.labels).sum())
    return {"right": right, "units": net.units, "parameters": net.parameters}


CANDIDATES: list[dict[str, Any]] = [
    {"layers": layers, "lr": lr, "epochs": 40, "seed": seed, "validate": True}
    for seed in range(5)
    for layers in (1, 2, 3)
    for lr in (0.003, 0.01)
]


def best(records: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The learning rate and the number of epochs with the lowest mean validation loss."""
    losses: dict[float, list[list[float]]] = {}
    for record in records:
        losses.setdefault(record["settings"]["lr"], []).append(record["figures"]["validation"])
    means = {lr: np.mean(curves, axis=0) for lr, curves in losses.items()}
    lr = min(means, key=lambda lr: float(means[lr].min()))
    return {"lr": lr, "epochs": int(means[lr].argmin()) + 1}


# What `best` gives for each number of layers, from the records of its candidates.
CHOSEN: dict[int, dict[str, Any]] = {
    1: {"lr": 0.01, "epochs": 32},
    2: {"lr": 0.003, "epochs": 22},
    3: {"lr": 0.003, "epochs": 23},
}
TESTS: list[dict[str, Any]] = [
    {"layers": layers, **CHOSEN[layers], "seed": seed} for seed in range(10) for layers in CHOSEN
]
SETTINGS = CANDIDATES + TESTS
