"""LSTM and GRU on few pictures with rare digits: three digits of ten are a tenth as frequent as the others.

Which digits are rare, and which pictures are drawn, depends on the seed alone, so that the cells can be
compared pair by pair. The nets are those of `three_cells` in PyTorch, started by Keras's rules. When training
is over, the averages of the batch normalisation are taken afresh from all pictures that were learnt.
"""

from typing import Any

import numpy as np

from companion._arrays import Array
from companion.experiments.three_cells import mnist, torch_net, torch_scores, update

RATE, BATCH, RARE = 0.2, 32, 3


def drawn(labels: Array, size: int, seed: int, weight: float) -> tuple[Array, Array]:
    """`size` rows of the training set, and the three rare digits, `weight` times as probable as others."""
    rng = np.random.default_rng([seed, size])
    rare = rng.permutation(10)[:RARE]
    chances = np.where(np.isin(labels, rare), weight, 1.0)
    return rng.choice(len(labels), size, replace=False, p=chances / chances.sum()), rare


def refresh(net: Any, xs: Array) -> None:
    """Replace the running mean and variance of the batch normalisation by those over xs (N, T, D)."""
    import torch

    net.norm.reset_running_stats()
    net.norm.momentum = 1.0
    net.train()
    with torch.no_grad():
        net(torch.from_numpy(xs))


def run(cell: str, size: int, seed: int, weight: float = 0.1, updates: int = 600) -> dict[str, Any]:
    """Train on `size` pictures; the shares of right answers to all test pictures, common digits and rare."""
    import torch

    (images, labels), (test_images, truth) = mnist()
    rows, rare = drawn(labels, size, seed, weight)
    xs, ys = images[rows], labels[rows]
    torch.manual_seed(seed)
    rng, net, losses = np.random.default_rng(seed), torch_net(cell, start="keras"), []
    for _ in range(updates):
        some = rng.choice(size, BATCH, replace=False)
        losses.append(update(net, xs[some], ys[some], RATE)[0])
    refresh(net, xs)
    right = torch_scores(net, test_images).argmax(axis=1) == truth
    is_rare = np.isin(truth, rare)
    return {
        "rare_digits": rare.tolist(),
        "rare_pictures": int(np.isin(ys, rare).sum()),
        "train_loss": round(float(np.mean(losses[-50:])), 5),
        "accuracy": round(float(right.mean()), 5),
        "common": round(float(right[~is_rare].mean()), 5),
        "rare": round(float(right[is_rare].mean()), 5),
    }


SETTINGS: list[dict[str, Any]] = [
    {"cell": cell, "size": size, "seed": seed}
    for seed in range(8)
    for size in (100, 500, 1000, 5000)
    for cell in ("LSTM", "GRU")
]
