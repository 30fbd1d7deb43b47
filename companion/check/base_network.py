"""Checkers for the exercises of the chapter on the base network of source 000."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from companion._arrays import Array
from companion.check import Exercise, Inputs, Report
from companion.check.patience import patient

# The neighbourhoods of a convolution.


def _patches(images: Array, k: int, mode: str = "constant") -> Array:
    _, H, W = images.shape
    edge = k // 2
    padded = np.pad(images, ((0, 0), (edge, edge), (edge, edge)), mode=mode)  # type: ignore[call-overload]
    rows = [padded[:, i : i + H, j : j + W] for i in range(k) for j in range(k)]
    return np.stack(rows, axis=-1)


def _columns_first(images: Array, k: int) -> Array:
    return _patches(images.transpose(0, 2, 1), k).transpose(0, 2, 1, 3)


def _three(images: Array, k: int) -> Array:
    return _patches(images, 3)


def _inner(images: Array, k: int) -> Array:
    edge = k // 2
    return _patches(images, k)[:, edge:-edge, edge:-edge]


patches = Exercise(
    name="patches",
    right=_patches,
    draw=lambda rng: {"images": rng.standard_normal((2, 8, 9)), "k": int(rng.choice([5, 7]))},
    mistakes={
        "this makes neighbourhoods of 3 x 3 pixels whatever k is.": _three,
        "beyond the edge there must be zeros, not the pixels at the edge once more.": (
            lambda images, k: _patches(images, k, "edge")
        ),
        "beyond the edge there must be zeros; here the other side of the picture comes in.": (
            lambda images, k: _patches(images, k, "wrap")
        ),
        "the numbers must go row by row through the neighbourhood, these go column by column.": (
            _columns_first
        ),
        "the numbers stand in the opposite order: the first is the neighbour above on the left.": (
            lambda images, k: _patches(images, k)[..., ::-1]
        ),
        "pixels at the edge have neighbourhoods too: put a border of zeros round the picture first.": _inner,
        "the numbers of a neighbourhood belong last, (N, H, W, k * k); here they stand first.": (
            lambda images, k: np.moveaxis(_patches(images, k), -1, 0)
        ),
    },
)

# Halving a picture.


def _halve(x: Array) -> Array:
    means: Array = _blocks(x).mean(axis=(2, 4))
    return means


def _blocks(x: Array) -> Array:
    N, H, W, C = x.shape
    return x[:, : H // 2 * 2, : W // 2 * 2].reshape(N, H // 2, 2, W // 2, 2, C)


def _sliding(x: Array) -> Array:
    return (x[:, :-1, :-1] + x[:, 1:, :-1] + x[:, :-1, 1:] + x[:, 1:, 1:]) / 4


def _with_odd_edge(x: Array) -> Array:
    return _halve(np.pad(x, ((0, 0), (0, x.shape[1] % 2), (0, x.shape[2] % 2), (0, 0))))


halve = Exercise(
    name="halve",
    right=_halve,
    draw=lambda rng: {"x": rng.standard_normal((2, *rng.permutation([7, 6]), 3))},
    mistakes={
        "this is the largest of the four numbers; their mean is wanted.": (
            lambda x: _blocks(x).max(axis=(2, 4))
        ),
        "this is the sum of the four numbers; divide it by four.": lambda x: _blocks(x).sum(axis=(2, 4)),
        "this takes one pixel of four and throws the others away.": lambda x: _blocks(x)[:, :, 0, :, 0],
        "the squares overlap here; each pixel must count in one of them only.": _sliding,
        "a row or column that is left over at the end must be dropped, not averaged with zeros.": (
            _with_odd_edge
        ),
        "the channels must be kept apart.": lambda x: _halve(x).mean(axis=3),
    },
)

# Counting weights.


def _kernels(rng: np.random.Generator) -> Inputs:
    channels = rng.integers(2, 12, 5)
    edges = rng.choice([1, 3, 5], 4)
    return {
        "kernels": [(int(k), int(a), int(b)) for k, a, b in zip(edges, channels, channels[1:], strict=False)]
    }


def _counted(one: Callable[[int, int, int], int]) -> Callable[[Iterable[tuple[int, int, int]]], int]:
    return lambda kernels: sum(one(*kernel) for kernel in kernels)


count_weights = Exercise(
    name="count_weights",
    right=_counted(lambda k, a, b: k * k * a * b),
    draw=_kernels,
    mistakes={
        "this counts a bias for each output channel; these networks have none.": (
            _counted(lambda k, a, b: k * k * a * b + b)
        ),
        "a kernel is a square: its edge counts twice.": _counted(lambda k, a, b: k * a * b),
        "each output channel has its own weights for every input channel, so multiply by both.": (
            _counted(lambda k, a, b: k * k * b)
        ),
        "the two numbers of channels must be multiplied, not added.": (
            _counted(lambda k, a, b: k * k * (a + b))
        ),
    },
)

# The noisy versions.


@patient
def versions(attempt: Callable[..., Any]) -> Report:
    """Check versions(x, rng): the clean picture and three noisy ones, (4, H, W), judged by what was added."""
    if not callable(attempt):
        return Report(False, f"versions must be a function, got {type(attempt).__name__}.")
    x = np.random.default_rng(0).random((200, 200)) * 0.9
    try:
        given = x.copy()
        returned = attempt(given, np.random.default_rng(1))
        if returned is None or returned is Ellipsis:
            return Report(False, "versions is not started yet: it returns nothing.")
        found = np.asarray(returned, dtype=np.float64)
        again = np.asarray(attempt(x.copy(), np.random.default_rng(1)), dtype=np.float64)
    except NotImplementedError:
        return Report(False, "versions is not started yet: it returns nothing.")
    except Exception as error:
        return Report(False, f"versions raised {type(error).__name__}: {error}")
    if not np.array_equal(given, x):
        return Report(False, "versions changes its input x in place; work on a copy.")
    if found.shape != (4, *x.shape):
        return Report(False, f"versions: the result must have shape {(4, *x.shape)}, got {found.shape}.")
    if not np.array_equal(found, again):
        return Report(False, "versions: two calls with equal generators differ; draw with `rng` alone.")
    if wrong := next((words for words, holds in _faults(x, found) if holds), None):
        return Report(False, f"versions: {wrong}")
    return Report(True, "versions: right.")


def _faults(x: Array, found: Array) -> list[tuple[str, bool]]:
    """What may be wrong with the noise that was added, and whether it is; means are known to 0.002."""
    added = found - x
    clean, normal, poisson, uniform = added
    means, deviations = added.mean(axis=(1, 2)), added.std(axis=(1, 2))

    def near(value: float, wanted: float) -> bool:
        return abs(value - wanted) < 0.004

    counts = poisson * 10
    return [
        ("the first picture must stay clean.", bool(np.abs(clean).max() > 1e-6)),
        (
            "the noise must be drawn anew for every pixel; here a picture gets the same everywhere.",
            bool((deviations[1:] < 1e-6).any()),
        ),
        (
            "the noisy pictures are cut off at 0 or 1; the published programs let them go beyond.",
            bool(found.min() >= 0 or found.max() <= 1),
        ),
        ("the normal noise must be multiplied by 0.1.", bool(deviations[1] > 0.5)),
        (
            "the Poisson picture holds normal noise as well: each noise is added to the clean picture.",
            bool(np.abs(counts - counts.round()).max() > 1e-4) and near(means[2], 0.1),
        ),
        ("the Poisson noise must be multiplied by 0.1.", bool(means[2] > 0.5)),
        ("the Poisson noise must keep its mean, here it is taken away.", near(means[2], 0)),
        ("the uniform noise begins at 0; it must lie between 0.5 and 1.", near(means[3], 0.3)),
        ("the uniform noise must be multiplied by 0.6.", near(means[3], 0.75)),
        ("the uniform noise must keep its mean, here it is taken away.", near(means[3], 0)),
        (
            "what was added has not the means 0, 0, 0.1 and 0.45, to 0.004, but "
            f"{', '.join(f'{m:.3f}' for m in means)}.",
            not all(map(near, means, (0, 0, 0.1, 0.45))),
        ),
        (
            "what was added has not the deviations 0, 0.1, 0.1 and 0.0866, to 0.004, but "
            f"{', '.join(f'{d:.3f}' for d in deviations)}.",
            not all(map(near, deviations, (0, 0.1, 0.1, 0.0866))),
        ),
        (
            "the second picture's noise is not normal, though its mean and its deviation are right.",
            bool(abs((normal**4).mean() / (normal**2).mean() ** 2 - 3) > 0.3),
        ),
        (
            "the uniform noise must lie between 0.3 and 0.6.",
            bool(uniform.min() < 0.299 or uniform.max() > 0.601),
        ),
    ]
