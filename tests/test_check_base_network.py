"""The checkers of the chapter on the base network: other right styles, and mistakes in the noise."""

import numpy as np
import pytest

from companion import variants
from companion.check import base_network as check


def test_neighbourhoods_may_be_cut_in_other_ways():
    def by_windows(images, k):
        padded = np.pad(images, ((0, 0), (k // 2, k // 2), (k // 2, k // 2)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (k, k), axis=(1, 2))
        return windows.reshape(*images.shape, k * k)

    def by_loops(images, k):
        N, H, W = images.shape
        found = np.zeros((N, H, W, k * k))
        for y in range(H):
            for x in range(W):
                for n in range(k * k):
                    i, j = y + n // k - k // 2, x + n % k - k // 2
                    if 0 <= i < H and 0 <= j < W:
                        found[:, y, x, n] = images[:, i, j]
        return found

    assert check.patches(by_windows).passed and check.patches(by_loops).passed


def test_halving_may_be_written_in_other_ways():
    def by_slices(x):
        x = x[:, : x.shape[1] // 2 * 2, : x.shape[2] // 2 * 2]
        return (x[:, ::2, ::2] + x[:, 1::2, ::2] + x[:, ::2, 1::2] + x[:, 1::2, 1::2]) / 4

    assert check.halve(by_slices).passed


def test_weights_may_be_counted_in_other_ways():
    assert check.count_weights(lambda ks: int(sum(np.prod([k, k, a, b]) for k, a, b in ks))).passed


def noisy(x, rng, normal=0.1, poisson=0.1, uniform=0.6, low=0.5):
    return [
        x,
        x + normal * rng.standard_normal(x.shape),
        x + poisson * rng.poisson(1.0, x.shape),
        x + uniform * rng.uniform(low, 1, x.shape),
    ]


def test_the_package_and_a_plain_version_pass():
    assert check.versions(noisy).passed
    assert check.versions(lambda x, rng: variants.noisy_versions(x, rng).astype(float)).passed


def cumulative(x, rng):
    first = x + 0.1 * rng.standard_normal(x.shape)
    return [x, first, first + 0.1 * rng.poisson(1.0, x.shape), x + rng.uniform(0.3, 0.6, x.shape)]


WRONG = {
    "stay clean": lambda x, rng: [x + 0.01, *noisy(x, rng)[1:]],
    "the same everywhere": lambda x, rng: [x + d for d in (0, 0.1 * rng.normal(), 0.1, 0.45)],
    "cut off at 0 or 1": lambda x, rng: np.clip(noisy(x, rng), 0, 1),
    "normal noise must be multiplied": lambda x, rng: noisy(x, rng, normal=1),
    "holds normal noise as well": cumulative,
    "Poisson noise must be multiplied": lambda x, rng: noisy(x, rng, poisson=1),
    "uniform noise begins at 0": lambda x, rng: noisy(x, rng, low=0),
    "uniform noise must be multiplied": lambda x, rng: noisy(x, rng, uniform=1),
    "Poisson noise must keep its mean": lambda x, rng: (
        np.array(noisy(x, rng)) - np.reshape([0, 0, 0.1, 0], (4, 1, 1))
    ),
    "uniform noise must keep its mean": lambda x, rng: (
        np.array(noisy(x, rng)) - np.reshape([0, 0, 0, 0.45], (4, 1, 1))
    ),
    "has not the deviations": lambda x, rng: noisy(x, rng, normal=0.2),
    "has not the means": lambda x, rng: noisy(x, rng, poisson=0.2),
    "noise is not normal": lambda x, rng: [
        x,
        x + 0.1 * 3**0.5 * rng.uniform(-1, 1, x.shape),
        *noisy(x, rng)[2:],
    ],
    "between 0.3 and 0.6": lambda x, rng: [
        *noisy(x, rng)[:3],
        x + 0.45 + 0.0866 * rng.standard_normal(x.shape),
    ],
    "must have shape (4, 200, 200)": lambda x, rng: noisy(x, rng)[:3],
    "equal generators differ": lambda x, rng: noisy(x, np.random.default_rng()),
}


@pytest.mark.parametrize("words", WRONG)
def test_mistakes_in_the_noise_are_named(words):
    report = check.versions(WRONG[words])
    assert not report.passed and words in report.text


def test_an_input_changed_in_place_is_named():
    def adds(x, rng):
        x += 0
        found = noisy(x.copy(), rng)
        x += 1
        return found

    assert "in place" in check.versions(adds).text
