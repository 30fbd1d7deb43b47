"""What an update costs with each of the three cells, in several libraries, on one core.

The nets of `three_cells` are trained in turns, a few updates of one and then as many of the next, so that
whatever else the machine does falls on all of them alike. The time is that of the processor.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from companion.cells import GRU, LSTM, RNN
from companion.experiments.three_cells import BATCH, CELLS, RATE, UNITS, keras_net, mnist, torch_net, update
from companion.layers import Dense, softmax_cross_entropy
from companion.scan import scan

Train = Callable[[Any, Any], None]
"""Makes one update for every 64 of the pictures (N, 28, 28) with their labels (N,)."""


def in_keras(cell: str, jit: bool = False) -> Train:
    """Keras's `fit`."""
    import keras

    model = keras_net(cell)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(loss=loss, optimizer="sgd", metrics=["accuracy"], **({"jit_compile": True} if jit else {}))

    def train(images: Any, labels: Any) -> None:
        model.fit(images, labels, batch_size=BATCH, verbose=0)

    return train


def in_torch(cell: str) -> Train:
    """The loop of `three_cells`."""
    net = torch_net(cell)

    def train(images: Any, labels: Any) -> None:
        for i in range(0, len(images), BATCH):
            update(net, images[i : i + BATCH], labels[i : i + BATCH], RATE)

    return train


def in_numpy(cell: str) -> Train:
    """The course's own cells, in float64 and without batch normalisation."""
    rng = np.random.default_rng(0)
    ours = {"SimpleRNN": RNN, "LSTM": LSTM, "GRU": GRU}[cell](28, UNITS)
    dense = Dense(UNITS, 10)
    params = {**ours.init(rng), **dense.init(rng)}

    def train(images: Any, labels: Any) -> None:
        for i in range(0, len(images), BATCH):
            run = scan(
                ours, {name: params[name] for name in ours.shapes}, images[i : i + BATCH].astype(float)
            )
            out = dense(params, run.ys[:, -1])
            dh, grads = out.back(softmax_cross_entropy(out.y, labels[i : i + BATCH]).back())
            dys = np.zeros_like(run.ys)
            dys[:, -1] = dh
            for name, grad in {**run.back(dys)[2], **grads}.items():
                params[name] = params[name] - RATE * grad

    return train


WAYS: dict[str, Callable[[str], Train]] = {
    "Keras": in_keras,
    "Keras, XLA": lambda cell: in_keras(cell, jit=True),
    "PyTorch": in_torch,
    "NumPy": in_numpy,
}


def run(way: str, rounds: int = 10, updates: int = 50) -> dict[str, list[float]]:
    """Seconds of processor time that `updates` updates took with each cell, in each round.

    One more round comes first, uncounted, in which the libraries compile what they compile.
    """
    if way not in WAYS:
        raise ValueError(f"way must be one of {', '.join(WAYS)}, got {way!r}")
    (images, labels), _ = mnist(BATCH * updates)
    nets = {cell: WAYS[way](cell) for cell in CELLS}
    seconds: dict[str, list[float]] = {cell: [] for cell in CELLS}
    for _ in range(1 + rounds):
        for cell, train in nets.items():
            begun = time.process_time()
            train(images, labels)
            seconds[cell].append(round(time.process_time() - begun, 4))
    return {cell: values[1:] for cell, values in seconds.items()}


SETTINGS: list[dict[str, Any]] = [{"way": way} for way in WAYS]
