"""Source 001's network on 10, 20, ..., 100: trained on six windows, asked about the seventh.

A recurrent layer of two units reads three values; a linear layer reads all three states (`flatten`) or the
last one (`last`). Values are divided by 100. The same protocol in NumPy, PyTorch and Keras: full batch,
squared error, Adam at 0.01, each library with its own usual initial weights.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from companion import data
from companion._arrays import Array, Grads, Params
from companion.cells import RNN
from companion.layers import Dense, squared_error
from companion.optim import Adam
from companion.scan import scan
from companion.train import fit

HIDDEN, STEPS, SCALE, LEARNING_RATE = 2, 3, 100, 0.01
READOUTS = {"flatten": STEPS * HIDDEN, "last": HIDDEN}

SETTINGS = [
    {"framework": framework, "readout": readout, "seed": seed}
    for framework, seeds in (("numpy", 100), ("torch", 20), ("keras", 10))
    for readout in READOUTS
    for seed in range(seeds)
]


def run(framework: str, readout: str, seed: int, updates: int = 2000) -> dict[str, Any]:
    """Train one network; return its training loss and its answers to all seven windows, on the scale 10..100.

    framework "numpy", "torch" or "keras"; readout "flatten" or "last". Raises ValueError for any other.
    """
    trainers = {"numpy": _numpy, "torch": _torch, "keras": _keras}
    for name, value, known in (("framework", framework, trainers), ("readout", readout, READOUTS)):
        if value not in known:
            raise ValueError(f"{name} must be one of {', '.join(known)}, got {value!r}")
    xs, targets = data.toy_series()
    answers = trainers[framework](readout, seed, updates, xs / SCALE, targets / SCALE)
    loss = float(np.mean((answers[:-1] - targets[:-1, 0] / SCALE) ** 2))
    return {"loss": loss, "answers": [round(float(a) * SCALE, 4) for a in answers]}


def network(readout: str) -> tuple[RNN, Dense]:
    """The recurrent cell and its read-out."""
    return RNN(1, HIDDEN), Dense(READOUTS[readout], 1)


def loss_and_grads(params: Params, xs: Array, targets: Array, readout: str) -> tuple[float, Array, Grads]:
    """(mean squared error, answers (N, 1), gradients) for xs (N, 3, 1) and targets (N, 1)."""
    cell, dense = network(readout)
    run = scan(cell, {name: params[name] for name in cell.shapes}, xs)
    read = run.ys.reshape(len(xs), -1) if readout == "flatten" else run.ys[:, -1]
    out = dense(params, read)
    loss = squared_error(out.y, targets)
    dread, of_dense = out.back(loss.back())
    dys = np.zeros_like(run.ys)
    if readout == "flatten":
        dys[:] = dread.reshape(run.ys.shape)
    else:
        dys[:, -1] = dread
    return loss.value, out.y, {**run.back(dys)[2], **of_dense}


def _numpy(readout: str, seed: int, updates: int, xs: Array, targets: Array) -> Array:
    rng = np.random.default_rng(seed)
    cell, dense = network(readout)

    def on_batch(params: Params, batch: tuple[Array, Array]) -> tuple[float, Mapping[str, Array]]:
        loss, _, grads = loss_and_grads(params, *batch, readout)
        return loss, grads

    trained = fit(
        on_batch,
        {**cell.init(rng), **dense.init(rng)},
        lambda _: [(xs[:-1], targets[:-1])],
        Adam(LEARNING_RATE),
        epochs=updates,
        rng=rng,
        progress=False,
    )
    return loss_and_grads(trained.params, xs, targets, readout)[1][:, 0]


def _torch(readout: str, seed: int, updates: int, xs: Array, targets: Array) -> Array:
    import torch

    torch.manual_seed(seed)
    layer = torch.nn.RNN(1, HIDDEN, batch_first=True).double()
    linear = torch.nn.Linear(READOUTS[readout], 1).double()
    optimizer = torch.optim.Adam([*layer.parameters(), *linear.parameters()], lr=LEARNING_RATE)
    inputs, wanted = torch.tensor(xs), torch.tensor(targets)

    def answer(inputs: Any) -> Any:
        states, _ = layer(inputs)
        return linear(states.flatten(1) if readout == "flatten" else states[:, -1])

    for _ in range(updates):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(answer(inputs[:-1]), wanted[:-1]).backward()
        optimizer.step()
    with torch.no_grad():
        return np.asarray(answer(inputs)[:, 0].numpy())


def _keras(readout: str, seed: int, updates: int, xs: Array, targets: Array) -> Array:
    import keras

    keras.utils.set_random_seed(seed)
    layers = [
        keras.layers.Input((STEPS, 1)),
        keras.layers.SimpleRNN(HIDDEN, return_sequences=readout == "flatten"),
        keras.layers.Flatten(),
        keras.layers.Dense(1),
    ]
    model = keras.Sequential(layers)
    model.compile(optimizer=keras.optimizers.Adam(LEARNING_RATE), loss="mse")
    # One epoch over copies of the batch: the same updates as one epoch each, without the cost of 2000 epochs.
    many = [np.concatenate([a[:-1]] * updates).astype(np.float32) for a in (xs, targets)]
    model.fit(*many, batch_size=len(xs) - 1, shuffle=False, verbose=0)
    return np.asarray(model.predict_on_batch(xs.astype(np.float32)))[:, 0].astype(np.float64)
