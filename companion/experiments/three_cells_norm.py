"""What batch normalisation remembers, and how far the network has moved on since.

A simple recurrent network in PyTorch learns MNIST as in `three_cells`. Every fifty updates it answers 2,000
test pictures twice: with the running averages that a network in use relies on, and with the mean and the
deviation of these very pictures.
"""

from typing import Any

import numpy as np

from companion._arrays import Array
from companion.experiments.three_cells import BATCH, RATE, mnist, torch_net, torch_scores, update

EVERY, TESTED = 50, 2000


def both(net: Any, xs: Array) -> tuple[Array, Array, float]:
    """Scores by the running averages, scores by the statistics of `xs`, and how far the averages are off.

    The last is that of the unit with the largest distance between the two means, in its own deviations.
    """
    import torch

    averaged = torch_scores(net, xs)
    with torch.no_grad():
        h = net.recurrent(torch.from_numpy(xs))[0][:, -1]
        own = torch.nn.functional.batch_norm(
            h, None, None, net.norm.weight, net.norm.bias, True, 0, net.norm.eps
        )
        off = ((net.norm.running_mean - h.mean(0)).abs() / h.std(0)).max().item()
        return averaged, net.dense(own).numpy(), off


def run(seed: int, updates: int = 2800, start: str = "torch") -> dict[str, list[float]]:
    """The test accuracies by running averages and by the pictures' own statistics, every fifty updates.

    `start` says whose first weights and whose batch normalisation, PyTorch's or Keras's.
    """
    import torch

    (images, labels), (test_images, truth) = mnist()
    some = np.random.default_rng(0).permutation(len(truth))[:TESTED]
    torch.manual_seed(seed)
    rng, net = np.random.default_rng(seed), torch_net("SimpleRNN", start=start)
    figures: dict[str, list[float]] = {"averages": [], "own": [], "off": []}
    order = np.concatenate([rng.permutation(len(labels)) for _ in range(1 + updates * BATCH // len(labels))])
    for number in range(1, updates + 1):
        rows = order[(number - 1) * BATCH : number * BATCH]
        update(net, images[rows], labels[rows], RATE)
        if number % EVERY == 0:
            *scores, off = both(net, test_images[some])
            shares = [round(float((s.argmax(axis=1) == truth[some]).mean()), 4) for s in scores]
            for name, value in zip(figures, (*shares, round(off, 3)), strict=True):
                figures[name].append(value)
    return figures


SETTINGS: list[dict[str, Any]] = [
    {"seed": s, "start": start} for start in ("torch", "keras") for s in range(3)
]
