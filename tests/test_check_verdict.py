"""The checkers of the chapter on the verdict name the mistakes that people make."""

from itertools import product

import numpy as np
import pytest

from companion.check import verdict as check


def test_sign_flip_accepts_loops_and_sums():
    def sign_flip(differences):
        sums = [sum(s * d for s, d in zip(signs, differences, strict=True))
                for signs in product((1, -1), repeat=len(differences))]  # fmt: skip
        return sum(abs(x) > abs(sum(differences)) - 1e-9 for x in sums) / len(sums)

    assert check.sign_flip(sign_flip).passed


def _flipped(d):
    signs = 1 - 2 * (np.arange(2 ** len(d))[:, None] >> np.arange(len(d)) & 1)
    return signs @ d / len(d)


@pytest.mark.parametrize(
    ("mistaken", "words"),
    [
        (lambda d: np.mean(np.abs(_flipped(d)) > abs(d.mean()) + 1e-12), "exactly as far"),
        (lambda d: np.mean(_flipped(d) * np.sign(d.mean()) >= abs(d.mean()) - 1e-9), "one side only"),
        (lambda d: np.sum(np.abs(_flipped(d)) >= abs(d.mean()) - 1e-9), "divide by the number"),
        (lambda d: 1 - np.mean(np.abs(_flipped(d)) >= abs(d.mean()) - 1e-9), "lie nearer to zero"),
    ],
)
def test_sign_flip_names_the_mistake(mistaken, words):
    report = check.sign_flip(mistaken)
    assert not report.passed
    assert words in report.text


def test_holm_accepts_a_loop():
    def holm(p):
        found, largest = [0.0] * len(p), 0.0
        for place, i in enumerate(sorted(range(len(p)), key=lambda i: p[i])):
            largest = max(largest, (len(p) - place) * p[i])
            found[i] = min(1.0, largest)
        return found

    assert check.holm(holm).passed


@pytest.mark.parametrize(
    ("mistaken", "words"),
    [
        (lambda p: [min(1, len(p) * x) for x in p], "Bonferroni's"),
        (
            lambda p: np.minimum(p * (len(p) - np.argsort(np.argsort(p))), 1),
            "smaller than that of a smaller p",
        ),
        (
            lambda p: np.minimum(np.maximum.accumulate(np.sort(p) * np.arange(len(p), 0, -1)), 1),
            "into the order",
        ),
    ],
)
def test_holm_names_the_mistake(mistaken, words):
    report = check.holm(mistaken)
    assert not report.passed
    assert words in report.text


def test_picture_error_accepts_a_count():
    def picture_error(truth, first, second):
        N = len(truth)
        won = int(sum((first == truth) & (second != truth)))
        lost = int(sum((first != truth) & (second == truth)))
        return {
            "difference": (won - lost) / N,
            "error": np.sqrt((won + lost) / N - ((won - lost) / N) ** 2) / N**0.5,
        }

    assert check.picture_error(picture_error).passed


@pytest.mark.parametrize(
    ("mistaken", "words"),
    [
        (
            lambda a, b: np.sqrt(a.mean() * (1 - a.mean()) / len(a) + b.mean() * (1 - b.mean()) / len(b)),
            "independent",
        ),
        (lambda a, b: (a - b).std(), "square root of their number"),
        (lambda a, b: (a - b).var() / len(a), "square of the error"),
    ],
)
def test_picture_error_names_the_mistake(mistaken, words):
    def attempt(truth, first, second):
        a, b = (first == truth).astype(float), (second == truth).astype(float)
        return a.mean() - b.mean(), mistaken(a, b)

    report = check.picture_error(attempt)
    assert not report.passed
    assert words in report.text
