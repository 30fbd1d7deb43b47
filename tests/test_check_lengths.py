"""The checkers on sequences of different length: each mistake by its name, each right style passes."""

import numpy as np
import pytest
import torch

from companion.check import lengths as check


def refused(checker, attempt, words):
    report = checker(attempt)
    assert not report.passed
    assert words in report.text, report.text


# A mask from lengths


@pytest.mark.parametrize(
    "right",
    [
        lambda ls, T: np.array([[t < n for t in range(T)] for n in ls]),
        lambda ls, T: [[1] * int(n) + [0] * (T - int(n)) for n in ls],
        lambda ls, T: np.tril(np.ones((T, T)))[ls - 1],
        lambda ls, T: torch.arange(T) < torch.tensor(ls)[:, None],
    ],
)
def test_masks_of_any_style_pass(right):
    assert check.make_mask(right).passed


@pytest.mark.parametrize(
    ("mistaken", "words"),
    [
        (lambda ls, T: np.array([[t <= n for t in range(T)] for n in ls]), "not <="),
        (lambda ls, T: np.array([[t < n - 1 for t in range(T)] for n in ls]), "one step too few"),
        (lambda ls, T: np.arange(T)[:, None] < ls, "transposed"),
        (lambda ls, T: np.arange(T) >= ls[:, None], "inverted"),
        (lambda ls, T: np.arange(T) >= T - ls[:, None], "the padding stands in front"),
        (lambda ls, T: np.arange(max(ls)) < ls[:, None], "only as wide as the longest"),
    ],
)
def test_mask_names_the_mistake(mistaken, words):
    refused(check.make_mask, mistaken, words)


# Back to single sequences


def test_unpadded_sequences_of_any_style_pass():
    assert check.unpad(lambda ys, ls: tuple(ys[i, : ls[i]] for i in range(len(ys)))).passed
    assert check.unpad(lambda ys, ls: [y[np.arange(len(y)) < n] for y, n in zip(ys, ls, strict=True)]).passed


def each(of):
    return lambda ys, ls: [of(y, n, ls) for y, n in zip(ys, ls, strict=True)]


@pytest.mark.parametrize(
    ("mistaken", "words"),
    [
        (each(lambda y, n, ls: y[(y != 0).all(axis=1)]), "a real step may be zero too"),
        (lambda ys, ls: ys, "expected 3 values"),
        (each(lambda y, n, ls: y), "nothing is cut off"),
        (each(lambda y, n, ls: y[: n + 1]), "one step of padding"),
        (each(lambda y, n, ls: y[: n - 1]), "misses its last real step"),
        (each(lambda y, n, ls: y[: min(ls)]), "the shortest length"),
        (each(lambda y, n, ls: y[: max(ls)]), "the longest length"),
        (each(lambda y, n, ls: y[len(y) - n :]), "as if the padding stood in front"),
        (each(lambda y, n, ls: y[:n] + 1), "must be"),
    ],
)
def test_unpad_names_the_mistake(mistaken, words):
    refused(check.unpad, mistaken, words)


# Reversed in time


def by_index(xs, ls):
    t = np.arange(xs.shape[1])
    order = np.where(t < ls[:, None], ls[:, None] - 1 - t, t)
    return np.take_along_axis(xs, order[:, :, None], axis=1)


def test_reversed_sequences_of_any_style_pass():
    assert check.reverse(by_index).passed
    assert check.reverse(each(lambda x, n, ls: np.concatenate([np.flip(x[:n], axis=0), x[n:]]))).passed


def test_a_reversal_in_place_is_seen():
    def reverse(xs, ls):
        for x, n in zip(xs, ls, strict=True):
            x[:n] = x[:n][::-1].copy()
        return xs

    refused(check.reverse, reverse, "changes its input xs in place")


@pytest.mark.parametrize(
    ("mistaken", "words"),
    [
        (lambda xs, ls: np.flip(xs, axis=1), "the padding comes first"),
        (lambda xs, ls: by_index(xs, ls + 1), "one step of padding"),
        (lambda xs, ls: by_index(xs, ls - 1), "the last real step stays"),
        (lambda xs, ls: xs, "nothing is reversed"),
        (lambda xs, ls: np.flip(xs, axis=0), "the order of the sequences"),
        (lambda xs, ls: np.flip(xs, axis=2), "within each step"),
        (lambda xs, ls: by_index(xs, np.full(len(xs), max(ls))), "up to the longest length"),
    ],
)
def test_reverse_names_the_mistake(mistaken, words):
    refused(check.reverse, mistaken, words)


# How many are still running


def by_packing(lengths):
    sequences = [torch.zeros(n) for n in lengths]
    return torch.nn.utils.rnn.pack_sequence(sequences, enforce_sorted=False).batch_sizes


def counted(is_counted, steps=lambda ls: range(max(ls))):
    return lambda ls: [sum(is_counted(t, n) for n in ls) for t in steps(ls)]


@pytest.mark.parametrize("right", [by_packing, counted(lambda t, n: t < n)])
def test_counts_of_any_style_pass(right):
    assert check.running(right).passed


@pytest.mark.parametrize(
    ("mistaken", "words"),
    [
        (counted(lambda t, n: t <= n), "not <="),
        (counted(lambda t, n: t < n - 1), "one step too few"),
        (counted(lambda t, n: t < n, lambda ls: range(max(ls) + 1)), "at which nothing is real"),
        (lambda ls: (np.arange(max(ls)) < ls[:, None]).sum(axis=1), "these are the lengths"),
        (counted(lambda t, n: t >= n), "that have ended"),
        (counted(lambda t, n: t + 1 == n), "that end at each step"),
        (counted(lambda t, n: t < n, lambda ls: range(max(ls))[::-1]), "the wrong order"),
    ],
)
def test_running_names_the_mistake(mistaken, words):
    refused(check.running, mistaken, words)
