"""The five networks of source 000 on MNIST, in the article's protocol.

Training pictures are the last 55,000 of MNIST's 60,000, as the published programs had them, shuffled before
every epoch, in minibatches of 100; Adam's rate is 0.007, and 0.00001 for the concatenated net as published.
After every epoch the net names the 10,000 test pictures. Runs as published have the 31 epochs of the article;
those as meant, which learn faster and whose epochs take longer, have 10, so that there was time for ten
seeds. The internal convolution as published has 31 epochs for one seed and 5 for the others, which suffice to
show that it repeats vanilla's run. Networks of one seed start from the same shared weights and see the same
pictures in the same order, with the same noise, so that their results can be compared in pairs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from companion import data, sweep
from companion._arrays import Array, Params, expect_size
from companion.variants import READINGS, VARIANTS, Reading, empty_record, forward, initial, inputs

TRAINING, BATCH = 55_000, 100
EPOCHS = {"as published": 31, "as meant": 10}
NOISES = ("drawn", "mean", "none")
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


def rate(variant: str, reading: str) -> float:
    """Adam's learning rate: only the concatenated net was published with another one than the rest."""
    return 1e-5 if (variant, reading) == ("concatenated", "as published") else 0.007


class Adam:
    """Adam as TensorFlow's first version has it, for tensors by name, which it changes in place.

    With m and v the running means of a gradient g and of its square, at step t:
    w <- w - lr sqrt(1 - 0.999^t) / (1 - 0.9^t) m / (sqrt(v) + 1e-8)
    """

    def __init__(self, lr: float) -> None:
        self.lr, self.steps = lr, 0
        self.means: dict[str, Any] = {}
        self.squares: dict[str, Any] = {}

    def step(self, tensors: dict[str, Any], grads: dict[str, Any]) -> None:
        """Change every tensor that has a gradient. One whose gradient is None keeps its value; zeros would
        still move it by its momentum."""
        import torch

        self.steps += 1
        lr = self.lr * math.sqrt(1 - BETA2**self.steps) / (1 - BETA1**self.steps)
        with torch.no_grad():
            for name, g in grads.items():
                if g is None:
                    continue
                m = self.means.setdefault(name, torch.zeros_like(g)).mul_(BETA1).add_(g, alpha=1 - BETA1)
                v = self.squares.setdefault(name, torch.zeros_like(g))
                v.mul_(BETA2).addcmul_(g, g, value=1 - BETA2)
                tensors[name].addcdiv_(m, v.sqrt().add_(EPSILON), value=-lr)


class Net:
    """One of the networks in training: its weights, the record that it drags along, and Adam's means."""

    def __init__(self, variant: str, reading: Reading, weights: Params, lr: float, batch: int) -> None:
        import torch

        from companion.variants.with_torch import OPS, device

        self.variant, self.reading, self.ops = variant, reading, OPS
        self.device = device()
        self.weights = {
            name: torch.tensor(w, device=self.device).requires_grad_() for name, w in weights.items()
        }
        start = empty_record(variant, batch, zeros=reading.adam_on_record)
        self.record = [None if s is None else torch.tensor(s, device=self.device) for s in start]
        self.adam = Adam(lr)

    def look(self, seen: Array, labels: Array) -> tuple[Any, float]:
        """The mean cross-entropy of naming the pictures, and the share named rightly."""
        import torch

        target = torch.tensor(labels.astype(np.int64), device=self.device)
        pictures = torch.tensor(seen, device=self.device)
        scores, self.record = forward(
            self.ops, self.variant, self.reading, self.weights, pictures, self.record
        )
        loss = torch.nn.functional.cross_entropy(scores, target)
        return loss, (scores.detach().argmax(1) == target).float().mean().item()

    def learn(self, seen: Array, labels: Array) -> tuple[float, float]:
        """Look, and take one step of Adam; cost and accuracy before the step."""
        import torch

        read: dict[str, Any] = {}
        if self.reading.adam_on_record:
            self.record = [s.requires_grad_() for s in self.record if s is not None]
            read = {f"slot {i}": s for i, s in enumerate(self.record)}
        loss, accuracy = self.look(seen, labels)
        tensors = {**self.weights, **read}
        grads = torch.autograd.grad(loss, list(tensors.values()), allow_unused=True)
        written = {f"slot {i}": s for i, s in enumerate(self.record)}  # changed in place of what was read
        self.adam.step({**self.weights, **written}, dict(zip(tensors, grads, strict=True)))
        return loss.item(), accuracy

    def test(self, seen: Array, labels: Array) -> tuple[float, float]:
        """Look without learning; the record is written all the same."""
        import torch

        with torch.no_grad():
            loss, accuracy = self.look(seen, labels)
        return loss.item(), accuracy

    def rounded(self) -> dict[str, Any]:
        """The weights as lists, to six digits."""
        return {
            name: np.vectorize(lambda number: float(f"{number:.6g}"))(w.detach().cpu().numpy()).tolist()
            for name, w in self.weights.items()
        }


Draw = Callable[[Array, str], Array]  # pictures, noise -> what the net is shown
Pictures = tuple[Array, Array]  # images (M, 28, 28) and labels (M,)


def expect_whole_batches(limit: int) -> None:
    """Raise ValueError unless so many pictures make whole minibatches."""
    if limit < BATCH or limit % BATCH:
        raise ValueError(f"limit must be a multiple of {BATCH}, got {limit}")


def load(limit: int) -> tuple[Pictures, Pictures]:
    """Training and test pictures, no more than `limit` of each."""
    (images, labels), (test_images, test_labels) = data.mnist()
    train = images[-TRAINING:][:limit], labels[-TRAINING:][:limit]
    return train, (test_images[:limit], test_labels[:limit])


def through(
    look: Callable[[Array, Array], tuple[float, float]],
    draw: Draw,
    pictures: Pictures,
    noise: str = "drawn",
    rng: np.random.Generator | None = None,
) -> dict[str, Any]:
    """Mean cost and accuracy over all minibatches, shuffled where a generator is given.

    Where a cost is infinite or undefined, it stops there and tells the minibatch, counted from 0.
    """
    images, labels = pictures
    rows = np.arange(len(images)) if rng is None else rng.permutation(len(images))
    costs, accuracies = [], []
    for number, chosen in enumerate(np.split(rows, len(rows) // BATCH)):
        cost, accuracy = look(draw(images[chosen], noise), labels[chosen])
        if not math.isfinite(cost):
            return {"cost": None, "accuracy": None, "minibatch": number}
        costs.append(cost)
        accuracies.append(accuracy)
    return {"cost": float(f"{np.mean(costs):.6g}"), "accuracy": round(float(np.mean(accuracies)), 6)}


def epochs_of(
    net: Net, draw: Draw, train: Pictures, test: Pictures, epochs: int, rng: np.random.Generator
) -> Iterator[dict[str, Any]]:
    """Train, and after each epoch give {"train": ..., "test": ...}; the one that diverges is the last."""
    for _ in range(epochs):
        while_learning = through(net.learn, draw, train, rng=rng)
        if while_learning["cost"] is None:
            yield {"train": while_learning, "test": while_learning}
            return
        after = through(net.test, draw, test, net.reading.noise_at_test)
        yield {"train": while_learning, "test": after}
        if after["cost"] is None:
            return


def run(
    variant: str,
    reading: str,
    seed: int,
    epochs: int,
    limit: int = TRAINING,
    lr: float | None = None,
    weights: bool = False,
    **switches: Any,
) -> dict[str, Any]:
    """Train one network and test it after every epoch.

    limit       uses no more than so many pictures of each kind, a multiple of 100
    lr          Adam's rate, if not the article's
    weights     whether to give the trained weights as well, for a network that is small
    switches    fields of `companion.variants.Reading` that are to differ from the named reading

    Curves have a value an epoch, and None from where a cost was infinite or undefined; "diverged" then tells
    the epoch and the minibatch. "train" is the running mean while the net learns, as the article gives it;
    "again" looks at the same pictures once more after the last epoch, and at the test pictures with their
    noise as drawn, as its mean, and without any.
    """
    if reading not in READINGS:
        raise ValueError(f"reading must be one of {', '.join(READINGS)}, got {reading!r}")
    expect_size("epochs", epochs)
    expect_whole_batches(limit)
    if idle := {"order", "noise_at_test"} & switches.keys() if variant == "multi-stream" else ():
        raise ValueError(f"the multi-stream net is shown clean pictures: it has no {sorted(idle)[0]}")
    if "order" in switches:
        switches["order"] = tuple(switches["order"])
    semantics = replace(READINGS[reading], **switches)
    start, noise, order = (np.random.default_rng([seed, number]) for number in range(3))
    lr = rate(variant, reading) if lr is None else lr
    net = Net(variant, semantics, initial(variant, semantics, start), lr, BATCH)

    def draw(images: Array, kind: str) -> Array:
        return inputs(variant, semantics, images, noise, kind)

    train, test = load(limit)
    found = list(epochs_of(net, draw, train, test, epochs, order))
    last, missing = found[-1], [None] * (epochs - len(found))
    diverged = next((part["minibatch"] for part in last.values() if "minibatch" in part), None)
    curves = {
        f"{part}_{what}": [epoch[part][what] for epoch in found] + missing
        for part in ("train", "test")
        for what in ("accuracy", "cost")
    }
    again = None
    if diverged is None:
        again = {"train, noise drawn": through(net.test, draw, train)}
        again |= {f"test, noise {kind}": through(net.test, draw, test, kind) for kind in NOISES}
    return {
        **curves,
        "diverged": None if diverged is None else {"epoch": len(found) - 1, "minibatch": diverged},
        "again": again,
        **({"weights": net.rounded() if diverged is None else None} if weights else {}),
    }


def recorded(variant: str, reading: str, folder: Path | None = None, **switches: Any) -> list[sweep.Record]:
    """The recorded runs of a variant in a reading with exactly these switches, by seed.

    Raises `companion.sweep.RecordError` where there is none, or several of one seed.
    """
    wanted = {"variant": variant, "reading": reading, **switches}
    free = {"seed", "epochs", "weights"}
    found = sweep.load("variants", folder, **wanted)
    exact = [r for r in found if r["settings"].keys() - free == wanted.keys() - free]
    if not exact:
        raise sweep.RecordError(f"no run of the variants is recorded with {wanted} and no other switches")
    by_seed = {r["settings"]["seed"]: r for r in exact}
    if len(by_seed) < len(exact):
        epochs = sorted({r["settings"]["epochs"] for r in exact})
        raise sweep.RecordError(f"runs of {wanted} are recorded twice for one seed, with epochs {epochs}")
    return [by_seed[seed] for seed in sorted(by_seed)]


def _settings() -> Iterator[dict[str, Any]]:
    """All variants in both readings, then what lies between them, seed after seed, so that a sweep cut short
    has runs of every kind."""
    base = {"variant": "vanilla", "reading": "as published", "epochs": 12}
    meant = {"variant": "vanilla", "reading": "as meant", "epochs": EPOCHS["as meant"]}
    joined = {"variant": "concatenated", "reading": "as published", "epochs": 4}
    between: tuple[tuple[int, dict[str, Any]], ...] = (
        (5, {**base, "order": [1, 2, 3, 0]}),  # the clean picture last
        (1, {**base, "record": "ordered"}),
        (1, {**base, "record": "fresh", "through_time": True}),
        (1, {**base, "adam_on_record": True}),
        (3, {**meant, "order": [1, 2, 3, 0]}),
        (3, {**meant, "order": [0, 0, 0, 0]}),  # clean all the time
        (1, {**joined, "record": "fresh"}),  # what keeps the concatenated net from learning?
        (1, {**joined, "record": "fresh", "lr": 0.007}),
        (1, {**joined, "scaled": True, "lr": 0.007}),
    )
    for seed in range(10):
        for reading, seeds in (("as published", 5), ("as meant", 10)):
            for variant in VARIANTS if seed < seeds else ():
                kept = {"weights": True} if seed == 0 and variant != "multi-stream" else {}
                repeats = variant == "internal-convolution" and reading == "as published" and seed > 0
                epochs = 5 if repeats else EPOCHS[reading]
                yield {"variant": variant, "reading": reading, "seed": seed, "epochs": epochs, **kept}
        for seeds, switches in between:
            if seed < seeds:
                yield {**switches, "seed": seed}


SETTINGS = list(_settings())
