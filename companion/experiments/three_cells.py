"""A simple recurrent network, an LSTM and a GRU read MNIST row by row: the chapter "Three cells on MNIST".

The net, the data and the settings are those of source 004: 64 units, batch normalisation and ten logits;
plain gradient descent at Keras's default rate, 64 pictures a batch, ten epochs. Only the cell differs. The
figures are taken after each epoch; nothing is chosen by them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from companion import data
from companion._arrays import Array

CELLS = ("SimpleRNN", "LSTM", "GRU")
UNITS, BATCH, RATE, EPOCHS = 64, 64, 0.01, 10
HELD_OUT = 10  # the source keeps the last ten test pictures apart
HELD_BACK = 5000  # what the clean protocol takes from the training pictures for validation
FIGURES = (
    "train_loss",
    "train_accuracy",
    "validation_accuracy",
    "test_accuracy",
    "cpu_seconds",
    "wall_seconds",
)

Labelled = tuple[Array, Array]
"""Sequences (N, T, D), float32, and their labels (N,): pictures as 28 rows of 28 numbers from 0 to 1."""
Epochs = Iterator[tuple[float, float, Callable[[Array], Array]]]
"""After each epoch: training loss, training accuracy, and a function from sequences to scores (N, K)."""


def mnist(pool: int = 60_000) -> tuple[Labelled, Labelled]:
    """Training pictures, the first `pool` of them, and all test pictures."""
    (images, labels), (test_images, test_labels) = data.mnist()
    scaled = [
        (x / np.float32(255), y.astype(np.int64))
        for x, y in ((images[:pool], labels[:pool]), (test_images, test_labels))
    ]
    return scaled[0], scaled[1]


def divided(train: Labelled, test: Labelled, protocol: str, seed: int = 0) -> tuple[Labelled, Labelled]:
    """What a net trains on, and what it is watched on.

    "source": it trains on all training pictures; all test pictures but the last ten serve for validation.
    "clean": 5,000 training pictures, drawn by chance, are held back for validation.
    """
    if protocol == "source":
        return train, (test[0][:-HELD_OUT], test[1][:-HELD_OUT])
    if protocol == "clean":
        if len(train[0]) <= HELD_BACK:
            raise ValueError(f"train must hold more than {HELD_BACK} pictures, got {len(train[0])}")
        order = np.random.default_rng(seed).permutation(len(train[0]))
        kept, back = order[HELD_BACK:], order[:HELD_BACK]
        return (train[0][kept], train[1][kept]), (train[0][back], train[1][back])
    raise ValueError(f"protocol must be source or clean, got {protocol!r}")


def keras_net(cell: str, shape: tuple[int, int] = (28, 28), classes: int = 10) -> Any:
    """The source's three layers in Keras, not yet compiled; `cell` is the name of Keras's layer."""
    import keras

    return keras.Sequential(
        [
            keras.Input(shape),
            getattr(keras.layers, expect_cell(cell))(UNITS),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(classes),
        ]
    )


def torch_net(cell: str, features: int = 28, classes: int = 10, start: str = "torch") -> Any:
    """The same three layers in PyTorch.

    start  "torch": initial weights and constants of the batch normalisation as PyTorch sets them;
           "keras": both by Keras's rules
    """
    from torch import nn

    class ThreeLayers(nn.Module):  # type: ignore[misc, unused-ignore]
        """The last state of a recurrent layer, normalised over the batch, then one score a class."""

        def __init__(self) -> None:
            super().__init__()
            kind = {"SimpleRNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}[expect_cell(cell)]
            self.recurrent = kind(features, UNITS, batch_first=True)
            self.norm = nn.BatchNorm1d(UNITS)
            self.dense = nn.Linear(UNITS, classes)

        def forward(self, xs: Any) -> Any:
            ys, _ = self.recurrent(xs)
            return self.dense(self.norm(ys[:, -1]))

    net = ThreeLayers()
    if start == "keras":
        as_keras_starts(net)
    elif start != "torch":
        raise ValueError(f"start must be torch or keras, got {start!r}")
    return net


def as_keras_starts(net: Any) -> None:
    """Draw the weights of a `torch_net` anew as Keras would, and take over its batch normalisation."""
    from torch import nn

    layer = net.recurrent
    nn.init.xavier_uniform_(layer.weight_ih_l0)  # Glorot and Bengio's rule, over all gates at once
    nn.init.orthogonal_(layer.weight_hh_l0)
    nn.init.xavier_uniform_(net.dense.weight)
    for bias in (layer.bias_ih_l0, layer.bias_hh_l0, net.dense.bias):
        nn.init.zeros_(bias)
    if isinstance(layer, nn.LSTM):
        nn.init.ones_(layer.bias_ih_l0[UNITS : 2 * UNITS])  # the forget gate, second in PyTorch's order
    net.norm.momentum, net.norm.eps = 0.01, 0.001


def expect_cell(cell: str) -> str:
    """`cell`, or ValueError where it is not one of the three."""
    if cell not in CELLS:
        raise ValueError(f"cell must be one of {', '.join(CELLS)}, got {cell!r}")
    return cell


def with_keras(
    cell: str, train: Labelled, seed: int, epochs: int, jit: bool = False, reshuffle: bool = False
) -> Epochs:
    """Train as the source does, an epoch at a time.

    jit        XLA compiles the step, which is faster
    reshuffle  the pictures come in a new order in each epoch, as they do where no seed is set; with one seed
               for the whole run, Keras shows them in the same order every time
    """
    import keras

    keras.utils.set_random_seed(seed)
    model = keras_net(cell, train[0].shape[1:], int(train[1].max()) + 1)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(loss=loss, optimizer="sgd", metrics=["accuracy"], **({"jit_compile": True} if jit else {}))

    def scores(images: Array) -> Array:
        answer: Array = model.predict(images, batch_size=1000, verbose=0)
        return answer

    for epoch in range(epochs):
        if reshuffle:
            keras.utils.set_random_seed(1000 * (epoch + 1) + seed)
        history = model.fit(*train, batch_size=BATCH, epochs=1, verbose=0).history
        yield history["loss"][0], history["accuracy"][0], scores


def with_torch(cell: str, train: Labelled, seed: int, epochs: int, start: str = "torch") -> Epochs:
    """The same in PyTorch."""
    import torch

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = torch_net(cell, train[0].shape[2], int(train[1].max()) + 1, start)
    for _ in range(epochs):
        lost, right = 0.0, 0
        for rows in np.split(order := rng.permutation(len(train[0])), range(BATCH, len(order), BATCH)):
            loss, hits = update(net, train[0][rows], train[1][rows], RATE)
            lost, right = lost + loss * len(rows), right + hits
        yield lost / len(order), right / len(order), lambda xs: torch_scores(net, xs)


def update(net: Any, xs: Array, labels: Array, rate: float) -> tuple[float, int]:
    """One step of gradient descent, written out; the loss before it, and how many answers were right."""
    import torch

    truth = torch.from_numpy(labels)
    net.train()
    net.zero_grad()
    out = net(torch.from_numpy(xs))
    loss = torch.nn.functional.cross_entropy(out, truth)
    loss.backward()
    with torch.no_grad():
        for weight in net.parameters():
            weight -= rate * weight.grad
    return loss.item(), int((out.argmax(1) == truth).sum())


def torch_scores(net: Any, xs: Array) -> Array:
    """What the net answers when it is used, not trained: scores (N, K)."""
    import torch

    net.eval()
    with torch.no_grad():
        parts = [net(torch.from_numpy(part)).numpy() for part in np.array_split(xs, 1 + len(xs) // 1000)]
    return np.concatenate(parts)


def run(
    cell: str,
    library: str = "keras",
    protocol: str = "source",
    seed: int = 0,
    epochs: int = EPOCHS,
    pool: int = 60_000,
    **how: Any,
) -> dict[str, Any]:
    """Train one net; what is known of it after each epoch, and its answers to the last ten test pictures.

    test_accuracy is always that on all 10,000 test pictures; cpu_seconds and wall_seconds are those of the
    training alone, the first epoch with the loading of the library. `how` is for `with_keras`, `with_torch`.
    """
    trainers: dict[str, Callable[..., Epochs]] = {"keras": with_keras, "torch": with_torch}
    if library not in trainers:
        raise ValueError(f"library must be one of {', '.join(trainers)}, got {library!r}")
    (images, labels), test = mnist(pool)
    train, validation = divided((images, labels), test, protocol, seed)
    measured: list[tuple[float, ...]] = []
    cpu, wall = time.process_time(), time.perf_counter()
    for loss, accuracy, scores in trainers[library](cell, train, seed, epochs, **how):
        seconds = time.process_time() - cpu, time.perf_counter() - wall
        answers = scores(test[0]).argmax(axis=1)
        watched = (scores(validation[0]).argmax(axis=1) == validation[1]).mean()
        measured.append((loss, accuracy, watched, (answers == test[1]).mean(), *seconds))
        cpu, wall = time.process_time(), time.perf_counter()
    columns = np.round(np.array(measured).T, 5).tolist()
    return {**dict(zip(FIGURES, columns, strict=True)), "held_out_answers": answers[-HELD_OUT:].tolist()}


SETTINGS: list[dict[str, Any]] = [
    {"cell": cell, **how, "seed": seed}
    for seeds, cells, how in (
        (range(5), CELLS, {"library": "keras", "protocol": "source"}),
        (range(3), CELLS, {"library": "torch", "protocol": "source", "start": "torch"}),
        (range(1), CELLS[:2], {"library": "torch", "protocol": "source", "start": "keras"}),
        (range(5), CELLS, {"library": "keras", "protocol": "clean", "jit": True}),
    )
    for seed in seeds
    for cell in cells
]
