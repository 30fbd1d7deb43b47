"""Guessing a digit that is not shown, from pictures of the digits before it.

The digits of a sequence count up by one, down by one or up by two, round the ten of them, from any start, and
each is shown by a picture drawn anew from MNIST. A small convolutional network makes a row of features out of
each picture, and a recurrent one reads these rows. Beside the net that reads in order stand one that reads
the same pictures shuffled and one that sees the last alone. Training sequences hold training pictures only,
test sequences test pictures only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from companion import data
from companion._arrays import Array, Grads, Params
from companion.cells import RNN
from companion.layers import Dense, softmax, softmax_cross_entropy
from companion.optim import Adam, clip_grad_norm
from companion.scan import scan
from companion.train import fit

STEPS = (1, -1, 2)
LONGEST = 9  # pictures in a training sequence; each batch has a length from 1 to this
FEATURES, HIDDEN, BATCH, RATE = 32, 64, 64, 0.002

Read = Callable[[Array], Array]  # features (N, T, 32) -> probabilities of the next digit (N, 10)
Net = tuple[Array, Read]  # the features of the test pictures (10000, 32), and what reads them

# The sequences.


def counting(rng: np.random.Generator, N: int, T: int) -> Array:
    """Digits (N, T + 1): T to be shown and the one that comes next, each row with its own start and step."""
    start, step = rng.integers(0, 10, (N, 1)), rng.choice(STEPS, (N, 1))
    digits: Array = (start + step * np.arange(T + 1)) % 10
    return digits


def pictures(rng: np.random.Generator, digits: Array, labels: Array) -> Array:
    """For each digit the number of a picture with this label, drawn by chance; of the shape of `digits`."""
    by_label, counts = np.argsort(labels, kind="stable"), np.bincount(labels, minlength=10)
    first = np.cumsum(counts) - counts
    drawn: Array = by_label[first[digits] + (rng.random(digits.shape) * counts[digits]).astype(int)]
    return drawn


def spoiled(rng: np.random.Generator, digits: Array, place: Array) -> Array:
    """The digits (N, T) with that at `place` (N,) replaced by another one."""
    rows, wrong = np.arange(len(digits)), digits.copy()
    wrong[rows, place] = (digits[rows, place] + rng.integers(1, 10, len(digits))) % 10
    return wrong


def shown(rng: np.random.Generator, places: Array, sees: str) -> Array:
    """What a net gets to see of the pictures (N, T): all in order, all in another order, or the last."""
    if sees not in ("ordered", "shuffled", "last"):
        raise ValueError(f"sees must be one of ordered, shuffled, last, got {sees!r}")
    if sees == "shuffled":
        return rng.permuted(places, axis=1)
    return places[:, -1:] if sees == "last" else places


def batches(labels: Array, sees: str, updates: int, wrong: float) -> Callable[..., Iterator[Any]]:
    """A function of a generator that yields pairs: pictures (64, T) as seen, and the next digits (64,).

    A share `wrong` of the sequences has one picture of a digit that does not belong.
    """

    def draw(rng: np.random.Generator) -> Iterator[tuple[Array, Array]]:
        for _ in range(updates):
            T = int(rng.integers(1, LONGEST + 1))
            digits = counting(rng, BATCH, T)
            seen = digits[:, :T]
            if wrong:
                faulty = (rng.random(BATCH) < wrong)[:, None]
                seen = np.where(faulty, spoiled(rng, seen, rng.integers(0, T, BATCH)), seen)
            yield shown(rng, pictures(rng, seen, labels), sees), digits[:, T]

    return draw


# The encoder, in PyTorch.


def encoder() -> Any:
    """A new network from pictures (M, 1, 28, 28) to features (M, 32), between -1 and 1."""
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(1, 8, 5, stride=2),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, stride=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(400, FEATURES),
        nn.Tanh(),
    )


def pixels(images: Array) -> Any:
    """Images (M, 28, 28) of bytes as a tensor (M, 1, 28, 28) from 0 to 1."""
    import torch

    return torch.tensor(images[:, None], dtype=torch.float32) / 255


def encode(net: Any, images: Array) -> Array:
    """The features of the images as float64, (M, 32)."""
    import torch

    with torch.no_grad():
        parts = [net(pixels(part)).numpy() for part in np.array_split(images, 1 + len(images) // 5000)]
    return np.concatenate(parts).astype(np.float64)


@lru_cache(maxsize=1)
def classified(seed: int, pool: int, epochs: int) -> tuple[Any, Array, Array, Array]:
    """An encoder trained to name digits: itself, its features of the first `pool` training pictures and of
    the test pictures, and its own names for the test pictures (10000,)."""
    import torch

    (images, labels), (test_images, _) = data.mnist()
    torch.manual_seed(seed)
    net, head, rng = encoder(), torch.nn.Linear(FEATURES, 10), np.random.default_rng(seed)
    optimizer = torch.optim.Adam([*net.parameters(), *head.parameters()], lr=RATE)
    for _ in range(epochs):
        for rows in np.array_split(rng.permutation(pool), pool // BATCH):
            scores = head(net(pixels(images[rows])))
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(scores, torch.tensor(labels[rows].astype(int))).backward()
            optimizer.step()
    test = encode(net, test_images)
    with torch.no_grad():
        names = head(torch.tensor(test, dtype=torch.float32)).argmax(1).numpy()
    return net, encode(net, images[:pool]), test, names


# Three ways to train the recurrent part.


def loss_and_grads(params: Params, batch: tuple[Array, Array]) -> tuple[float, Grads]:
    """The mean cross-entropy of naming `labels` (N,) after reading xs (N, T, D); its gradients, clipped."""
    xs, labels = batch
    cell, dense = RNN(xs.shape[2], len(params["b_h"])), Dense(*params["W_hy"].shape)
    run = scan(cell, {name: params[name] for name in cell.shapes}, xs)
    out = dense(params, run.state[0])
    loss = softmax_cross_entropy(out.y, labels)
    dh, of_read_out = out.back(loss.back())
    return loss.value, clip_grad_norm({**run.back(None, (dh,))[2], **of_read_out}, 1.0)[0]


def with_numpy(xs: Array, draw: Callable[..., Iterator[Any]], seed: int) -> tuple[Params, Read]:
    """Train the course's own RNN on the features xs; its parameters, and what it makes of others."""
    rng = np.random.default_rng(seed)
    cell, dense = RNN(FEATURES, HIDDEN), Dense(HIDDEN, 10)
    params = {**cell.init(rng), **dense.init(rng)}

    def encoded(rng: np.random.Generator) -> Iterator[tuple[Array, Array]]:
        for places, labels in draw(rng):
            yield xs[places], labels

    trained = fit(loss_and_grads, params, encoded, Adam(lr=RATE), epochs=1, rng=rng, progress=False).params
    core = {name: trained[name] for name in cell.shapes}
    return trained, lambda seen: softmax(dense(trained, scan(cell, core, seen).state[0]).y)


def with_keras(xs: Array, draw: Callable[..., Iterator[Any]], seed: int) -> Read:
    """Train Keras's SimpleRNN in the same way."""
    import keras

    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.layers.Input((None, FEATURES)),
            keras.layers.SimpleRNN(HIDDEN),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    optimizer = keras.optimizers.Adam(RATE, global_clipnorm=1.0)
    model.compile(optimizer, loss="sparse_categorical_crossentropy")
    for places, labels in draw(np.random.default_rng(seed)):
        model.train_on_batch(xs[places].astype(np.float32), labels)
    return lambda seen: np.asarray(model(seen.astype(np.float32)), dtype=np.float64)


def end_to_end(images: Array, draw: Callable[..., Iterator[Any]], seed: int) -> tuple[Any, Read]:
    """Train encoder and RNN together in PyTorch: no picture's digit is ever told, only the next one."""
    import torch

    torch.manual_seed(seed)
    parts = encoder(), torch.nn.RNN(FEATURES, HIDDEN, batch_first=True), torch.nn.Linear(HIDDEN, 10)
    net, rnn, read_out = parts
    weights = [weight for part in parts for weight in part.parameters()]
    optimizer = torch.optim.Adam(weights, lr=RATE)
    for places, labels in draw(np.random.default_rng(seed)):
        features = net(pixels(images[places.ravel()])).reshape(*places.shape, FEATURES)
        _, last = rnn(features)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(read_out(last[0]), torch.tensor(labels)).backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()

    def read(seen: Array) -> Array:
        with torch.no_grad():
            _, last = rnn(torch.tensor(seen, dtype=torch.float32))
            return softmax(read_out(last[0]).numpy().astype(np.float64))

    return net, read


# What is measured.


def accuracies(read: Read, xs: Array, labels: Array, sees: str, seed: int, tested: int) -> dict[str, Any]:
    """The share of right guesses on `tested` sequences of test pictures, by length and beyond; and for the
    net that reads in order also with one wrong picture, by its place, and for 0, 1, ..., 8."""

    def right(digits: Array, visible: Array, rng: np.random.Generator) -> float:
        seen = shown(rng, pictures(rng, visible, labels), sees)
        return float((read(xs[seen]).argmax(axis=1) == digits[:, -1]).mean())

    found: dict[str, Any] = {"by_length": []}
    for T in range(1, 21):
        rng = np.random.default_rng([seed, T])
        digits = counting(rng, tested, T)
        found["by_length"].append(right(digits, digits[:, :T], rng))
    if sees == "ordered":
        found["wrong_at"] = []
        for place in range(LONGEST):
            rng = np.random.default_rng([seed, 100 + place])
            digits = counting(rng, tested, LONGEST)
            faulty = spoiled(rng, digits[:, :-1], np.full(tested, place))
            found["wrong_at"].append(right(digits, faulty, rng))
        ten = np.tile(np.arange(10), (tested, 1))
        found["zero_to_eight"] = right(ten, ten[:, :-1], np.random.default_rng([seed, 200]))
    return found


def example(read: Read, xs: Array, labels: Array) -> dict[str, Any]:
    """One sequence, 3, 5, 7, ..., 9: its test pictures, and the probabilities after each of them."""
    digits = (3 + 2 * np.arange(LONGEST)) % 10
    places = pictures(np.random.default_rng(4), digits, labels)
    after = [read(xs[None, places[: T + 1]])[0].round(4).tolist() for T in range(LONGEST)]
    return {"pictures": places.tolist(), "probabilities": after}


def run(
    net: str,
    sees: str,
    seed: int,
    updates: int,
    wrong: float = 0.0,
    pool: int = 20_000,
    epochs: int = 3,
    tested: int = 2000,
) -> dict[str, Any]:
    """Train one net on sequences of the first `pool` training pictures, and test it.

    net      "numpy" or "keras": the recurrent part alone, on features of an encoder that was trained for
             `epochs` epochs to name digits; "torch": encoder and recurrent part together
    sees     "ordered", "shuffled" or "last"
    wrong    the share of training sequences with one picture that does not belong
    """
    (images, labels), (test_images, test_labels) = data.mnist()
    images, labels = images[:pool], labels[:pool]
    draw = batches(labels, sees, updates, wrong)
    figures: dict[str, Any] = {}
    if net == "torch":
        together, read = end_to_end(images, draw, seed)
        test = encode(together, test_images)
    elif net in ("numpy", "keras"):
        _, xs, test, names = classified(seed, pool, epochs)
        figures["classifier"] = float((names == test_labels).mean())
        read = with_keras(xs, draw, seed) if net == "keras" else with_numpy(xs, draw, seed)[1]
    else:
        raise ValueError(f"net must be one of numpy, keras, torch, got {net!r}")
    figures |= accuracies(read, test, test_labels, sees, seed, tested)
    if sees == "ordered":
        figures["example"] = example(read, test, test_labels)
    return figures


SEEDS = range(5)
SETTINGS: list[dict[str, Any]] = [
    *(
        {"net": "numpy", "sees": sees, "seed": seed, "updates": 5000}
        for seed in SEEDS
        for sees in ("ordered", "shuffled", "last")
    ),
    *({"net": "numpy", "sees": "ordered", "seed": s, "updates": 5000, "wrong": 0.5} for s in SEEDS),
    {"net": "numpy", "sees": "shuffled", "seed": 0, "updates": 20_000},
    *({"net": "keras", "sees": "ordered", "seed": seed, "updates": 2000} for seed in SEEDS),
    *(
        {"net": "torch", "sees": sees, "seed": seed, "updates": 1200}
        for seed in SEEDS
        for sees in ("ordered", "shuffled", "last")
    ),
]
