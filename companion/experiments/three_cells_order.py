"""MNIST read in other orders than row by row: columns, single pixels, and rows shuffled in two ways.

The nets are those of `three_cells` in PyTorch, started by Keras's rules. "permuted" puts the rows of all
pictures into one new order; "shuffled" gives every picture an order of its own, in training and in the test.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from companion._arrays import Array
from companion.experiments.three_cells import mnist, with_torch


def permuted(images: Array, rng: np.random.Generator) -> Array:
    """The rows of all pictures (N, 28, 28) in one new order, always the same."""
    return images[:, np.random.default_rng(0).permutation(images.shape[1])]


def shuffled(images: Array, rng: np.random.Generator) -> Array:
    """The rows of each picture in an order of its own."""
    orders = rng.permuted(np.tile(np.arange(images.shape[1]), (len(images), 1)), axis=1)
    return np.take_along_axis(images, orders[:, :, None], axis=1)


VIEWS: dict[str, Callable[[Array, np.random.Generator], Array]] = {
    "rows": lambda images, rng: images,
    "columns": lambda images, rng: np.ascontiguousarray(images.swapaxes(1, 2)),
    "permuted": permuted,
    "shuffled": shuffled,
    "pixels": lambda images, rng: images.reshape(len(images), -1, 1),
}


def run(
    view: str, cell: str, seed: int, epochs: int = 2, pool: int = 60_000, tested: int = 10_000
) -> dict[str, Any]:
    """Train one net on one view; its loss, and its accuracy on `tested` test pictures, after each epoch.

    test_accuracy_shuffled is that with the rows of each test picture shuffled, for the view "rows" only.
    """
    if view not in VIEWS:
        raise ValueError(f"view must be one of {', '.join(VIEWS)}, got {view!r}")
    rng = np.random.default_rng([seed, 1])
    (images, labels), (test_images, truth) = mnist(pool)
    some = np.random.default_rng(0).permutation(len(truth))[:tested]
    train, test = VIEWS[view](images, rng), VIEWS[view](test_images[some], rng)
    figures: dict[str, Any] = {"train_loss": [], "test_accuracy": []}
    for loss, _, scores in with_torch(cell, (train, labels), seed, epochs, start="keras"):
        figures["train_loss"].append(round(loss, 5))
        figures["test_accuracy"].append(_share(scores(test), truth[some]))
    if view == "rows":
        figures["test_accuracy_shuffled"] = _share(scores(shuffled(test, rng)), truth[some])
    return figures


def _share(scores: Array, truth: Array) -> float:
    return round(float((scores.argmax(axis=1) == truth).mean()), 5)


FULL: dict[str, Any] = {"pool": 60_000}
SHORT: dict[str, Any] = {"pool": 9600, "tested": 2000}  # 300 updates, since one on pixels takes so long
SETTINGS: list[dict[str, Any]] = [
    {"view": view, "cell": cell, "seed": seed, **how}
    for seeds, views, how in (
        (range(3), ("rows", "columns", "permuted", "shuffled"), FULL),
        (range(1), ("rows", "pixels"), SHORT),
    )
    for seed in seeds
    for cell in ("SimpleRNN", "LSTM")
    for view in views
]
