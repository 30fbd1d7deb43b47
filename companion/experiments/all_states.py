"""The network that the author of source 000 had built before: dense layers read the states of all four steps.

Every step sees a noisy copy of the picture, with normal, Poisson, gamma and uniform noise. A recurrent
convolution of 5 x 5 makes states of 24 x 24 pixels and 6 channels, s_t = relu(W_xh * x_t + W_hh * s_{t-1}).
All four of them, 13,824 numbers side by side, go through dense layers of 512 and 256 sigmoids to ten scores.

This is the network as meant: the state is that of the step before, gradients go through time, weights start
at variance 1 / (number of inputs), and the scores are not squashed before the softmax, as they were in the
published program, whose own training took some 800 epochs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from companion._arrays import Array, Grads, Shapes
from companion.experiments.variants import Adam, Draw, Pictures, expect_whole_batches, load, through

EDGE, CHANNELS = 24, 6
SHAPES: Shapes = {
    "W_xh": (5, 5, 1, CHANNELS),
    "W_hh": (1, 1, CHANNELS, CHANNELS),
    "dense1": (4 * EDGE * EDGE * CHANNELS, 512),
    "dense2": (512, 256),
    "dense3": (256, 10),
}


def noisy_copies(clean: Array, rng: np.random.Generator) -> Array:
    """Four copies (4, N, 28, 28, 1) of the pictures (N, 28, 28, 1), all of them noisy, in float32."""
    noises = (
        0.1 * rng.standard_normal(clean.shape),
        0.1 * rng.poisson(1.0, clean.shape),
        0.1 * rng.gamma(1.0, size=clean.shape),
        0.6 * rng.uniform(0.5, 1.0, clean.shape),
    )
    return np.stack([clean + noise.astype(np.float32) for noise in noises])


def initial(rng: np.random.Generator) -> Grads:
    """New weights in float32, drawn from normal distributions around 0."""
    return {
        name: (rng.standard_normal(shape) / np.sqrt(np.prod(shape[:-1]))).astype(np.float32)
        for name, shape in SHAPES.items()
    }


def scores(weights: dict[str, Any], seen: Any) -> Any:
    """Ten scores (N, 10) from four copies of the pictures (4, N, 28, 28, 1)."""
    import torch

    from companion.variants.with_torch import OPS

    states: list[Any] = []
    for x in seen:
        z = OPS.conv(x, weights["W_xh"], "valid")
        if states:
            z = z + OPS.conv(states[-1], weights["W_hh"])
        states.append(torch.relu(z))
    y = torch.cat(states, dim=3).flatten(start_dim=1)
    for name in ("dense1", "dense2"):
        y = torch.sigmoid(y @ weights[name])
    return y @ weights["dense3"]


def run(seed: int, epochs: int, limit: int = 55_000, lr: float = 0.001) -> dict[str, list[float]]:
    """Train with Adam in minibatches of 100, and test after every epoch: cost and accuracy, one an epoch.

    `limit` uses no more than so many pictures of each kind, a multiple of 100.
    """
    import torch

    from companion.variants.with_torch import device

    expect_whole_batches(limit)
    start, noise, order = (np.random.default_rng([seed, number]) for number in range(3))
    on = device()
    weights = {name: torch.tensor(w, device=on).requires_grad_() for name, w in initial(start).items()}
    adam = Adam(lr)

    def look(seen: Array, labels: Array) -> tuple[Any, float]:
        target = torch.tensor(labels.astype(np.int64), device=on)
        found = scores(weights, torch.tensor(seen, device=on))
        accuracy = (found.detach().argmax(1) == target).float().mean().item()
        return torch.nn.functional.cross_entropy(found, target), accuracy

    def learn(seen: Array, labels: Array) -> tuple[float, float]:
        loss, accuracy = look(seen, labels)
        adam.step(weights, dict(zip(weights, torch.autograd.grad(loss, list(weights.values())), strict=True)))
        return loss.item(), accuracy

    def test(seen: Array, labels: Array) -> tuple[float, float]:
        with torch.no_grad():
            loss, accuracy = look(seen, labels)
        return loss.item(), accuracy

    def draw(images: Array, kind: str) -> Array:
        return noisy_copies(images[..., None].astype(np.float32) / np.float32(255), noise)

    return _curves(learn, test, draw, load(limit), epochs, order)


def _curves(
    learn: Any,
    test: Any,
    draw: Draw,
    pictures: tuple[Pictures, Pictures],
    epochs: int,
    order: np.random.Generator,
) -> dict[str, list[float]]:
    train, tested = pictures
    curves: dict[str, list[float]] = {"train_cost": [], "test_cost": [], "test_accuracy": []}
    for _ in range(epochs):
        while_learning = through(learn, draw, train, rng=order)
        after = through(test, draw, tested)
        curves["train_cost"].append(while_learning["cost"])
        curves["test_cost"].append(after["cost"])
        curves["test_accuracy"].append(after["accuracy"])
    return curves


# For want of time one run sees all pictures once, and three see 20,000.
SETTINGS: list[dict[str, Any]] = [
    {"seed": 0, "epochs": 1},
    *({"seed": seed, "epochs": 1, "limit": 20_000} for seed in range(3)),
]
