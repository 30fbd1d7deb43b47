"""A harness that judges a recurrent step of your own against the step of the base network of source 000.

Both networks are trained from the same first weights on the same pictures, in the same order and with the
same noise, once for each seed, and their test accuracies are compared in pairs. All but the step is the
base's as it was meant: four versions of a picture, the trunk, Adam, and gradients through time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from companion._arrays import Array, Grads, Shapes, expect_size
from companion.experiments.variants import EPOCHS, TRAINING, Adam, Pictures, load
from companion.statistics import Difference, paired_difference
from companion.variants import READINGS, initial, noisy_versions, shapes
from companion.variants.network import trunk
from companion.variants.with_torch import OPS, device

Tensor = Any
Step = Callable[[Mapping[str, Tensor], Tensor, Sequence[Tensor]], Tensor]

conv, elu = OPS.conv, OPS.elu  # of pictures (N, height, width, channels), with zeros beyond the edge


def base(w: Mapping[str, Tensor], x: Tensor, states: Sequence[Tensor]) -> Tensor:
    """The step of the base network: `elu(W_xh * x + W_hh * s)`, with the last of the states for s."""
    z = conv(x, w["W_xh"])
    if states:
        z = z + conv(states[-1], w["W_hh"])
    return elu(z)


@dataclass(frozen=True)
class Scale:
    """How much is trained and tested.

    edge      width and height of the pictures, 28 as they are or 14, where each pixel is the mean of four
    train     how many training pictures there are, the first of the 55,000, and `epochs` how often they are
              all seen, in minibatches of `batch`
    test      how many test pictures are named after the last epoch
    """

    edge: int
    train: int
    epochs: int
    batch: int
    test: int
    lr: float = 0.007

    def __post_init__(self) -> None:
        if self.edge not in (14, 28):
            raise ValueError(f"edge must be 14 or 28, got {self.edge}")
        for name, most in (("train", TRAINING), ("test", 10_000), ("batch", TRAINING), ("epochs", None)):
            value = expect_size(name, getattr(self, name))
            if most is not None and value > most:
                raise ValueError(f"{name} must be at most {most}, got {value}")
        if self.train % self.batch or self.train < self.batch:
            raise ValueError(f"train must be a multiple of batch = {self.batch}, got {self.train}")


SMALL = Scale(edge=14, train=2500, epochs=1, batch=25, test=1000)  # less than a second a network
FULL = Scale(edge=28, train=TRAINING, epochs=EPOCHS["as meant"], batch=100, test=10_000)  # as recorded


@dataclass(frozen=True)
class Comparison:
    """Test accuracies of both networks, one a seed, and the paired difference: yours minus the base's."""

    seeds: tuple[int, ...]
    base: Array
    yours: Array

    @property
    def difference(self) -> Difference:
        return paired_difference(self.yours, self.base)

    def __repr__(self) -> str:
        found = self.difference
        rows = [
            f"{s:4d} {b:7.1%} {y:7.1%}" for s, b, y in zip(self.seeds, self.base, self.yours, strict=True)
        ]
        mean, low, high = (100 * value for value in found[:3])
        told = f"yours - base: {mean:.1f} points ({low:.1f} to {high:.1f}), p = {found.p:.2g}"
        return "\n".join(["seed    base   yours", *rows, told])


def compare(
    step: Step,
    kernels: Mapping[str, tuple[int, ...]] | None = None,
    seeds: Sequence[int] = range(5),
    scale: Scale = SMALL,
    progress: bool = False,
) -> Comparison:
    """Train a network with your step and the base, for each seed, and compare them.

    step       step(w, x, states) makes the next state (N, edge, edge, 5) from the picture x, which is
               (N, edge, edge, 1), and all earlier states, oldest first, none at the first picture. Its
               weights are `w["W_xh"]`, `w["W_hh"]` and your own; `conv` and `elu` are those of the base.
    kernels    {name: shape} of the weights beyond those of the base: (height, width, channels in, out) for a
               kernel, which starts at variance 1 / (number of inputs), or (channels,) for biases, which are 0

    Raises ValueError where a name is taken or a seed stands twice, before any training, or where the cost of
    a network is no longer finite. Yours is trained first, so that a step that fails does so early.
    """
    if len(seeds) < 2:
        raise ValueError(f"a paired difference needs at least two seeds, got {len(seeds)}")
    if len(set(seeds)) < len(seeds):
        raise ValueError(f"every seed must stand once, got {list(seeds)}")
    _expect_free(kernels or {})
    found: dict[str, list[float]] = {"base": [], "yours": []}
    for seed in tqdm(seeds, desc="pairs", disable=not progress):
        found["yours"].append(accuracy(step, kernels or {}, seed, scale))
        found["base"].append(accuracy(base, {}, seed, scale))
    return Comparison(tuple(seeds), np.array(found["base"]), np.array(found["yours"]))


def accuracy(step: Step, kernels: Mapping[str, tuple[int, ...]], seed: int, scale: Scale = SMALL) -> float:
    """The share of test pictures named rightly by a network with this step, after its last epoch.

    With the base's step and the scale FULL this repeats the recorded run of the base as meant.
    """
    start, noise, order = (np.random.default_rng([seed, number]) for number in range(3))
    on = device()
    weights = {name: torch.tensor(w, device=on).requires_grad_() for name, w in first(kernels, start).items()}
    adam = Adam(scale.lr)
    train, test = _pictures(scale)

    def batches(pictures: Pictures, rows: Array) -> Iterator[tuple[Tensor, Tensor]]:
        """Scores and labels, minibatch by minibatch."""
        for chosen in np.split(rows, range(scale.batch, len(rows), scale.batch)):
            seen = torch.tensor(noisy_versions(pictures[0][chosen], noise), device=on)
            yield scores(step, weights, seen), torch.tensor(pictures[1][chosen], device=on)

    right = 0
    for epoch in range(scale.epochs):
        for found, labels in batches(train, order.permutation(scale.train)):
            cost = torch.nn.functional.cross_entropy(found, labels)
            if not math.isfinite(cost.item()):
                raise ValueError(f"with seed {seed} the cost is not finite any more in epoch {epoch + 1}")
            grads = torch.autograd.grad(cost, list(weights.values()), allow_unused=True)
            adam.step(weights, dict(zip(weights, grads, strict=True)))
        with torch.no_grad():  # after every epoch, as in the recorded runs, whose noise goes on from here
            answers = batches(test, np.arange(scale.test))
            right = sum(int((found.argmax(1) == labels).sum()) for found, labels in answers)
    return right / scale.test


def scores(step: Step, weights: Mapping[str, Tensor], seen: Tensor) -> Tensor:
    """The ten scores (N, 10) for four versions (4, N, edge, edge, 1): the trunk reads the last state."""
    states: list[Tensor] = []
    for x in seen:
        states.append(step(weights, x, tuple(states)))
    return trunk(OPS, weights, states[-1])


def first(kernels: Mapping[str, tuple[int, ...]], rng: np.random.Generator) -> Grads:
    """First weights in float32: the base's, drawn before all others, and those of the given shapes."""
    weights = initial("vanilla", READINGS["as meant"], rng)
    _expect_free(kernels)
    for name, shape in kernels.items():
        spread = 0.0 if len(shape) == 1 else 1 / math.sqrt(math.prod(shape[:-1]))
        weights[name] = (spread * rng.standard_normal(shape)).astype(np.float32)
    return weights


def _expect_free(kernels: Mapping[str, tuple[int, ...]]) -> None:
    known: Shapes = shapes("vanilla")
    if taken := sorted(known.keys() & kernels.keys()):
        raise ValueError(f"kernels must have names of their own, got {taken[0]!r}, which the base has")


@lru_cache(maxsize=1)
def _pictures(scale: Scale) -> tuple[Pictures, Pictures]:
    """Training and test pictures (M, edge, edge, 1) from 0, the paper, to 1, with labels for PyTorch."""

    def shown(images: Array, labels: Array) -> Pictures:
        clean = images.astype(np.float32) / np.float32(255)
        if scale.edge == 14:
            clean = clean.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4))
        return clean[..., None], labels.astype(np.int64)

    train, test = load(max(scale.train, scale.test))
    return shown(*train), shown(*test)
