"""The checkers of the chapter "Three cells on MNIST" name the mistakes that people make."""

import numpy as np
import pytest

from companion.check import three_cells as check


def _net(D, H, K, *, gru=2, norm=4, blocks=(1, 4, 3)):
    """Totals block by block; `gru` is the number of biases of a GRU's block."""
    biases = (1, 1, gru)
    return tuple(b * (D + H + n) * H + norm * H + (H + 1) * K for b, n in zip(blocks, biases, strict=True))


def test_totals_accepts_other_ways_of_counting():
    assert check.totals(_net).passed
    assert check.totals(lambda *sizes: dict(zip(("simple", "lstm", "gru"), _net(*sizes), strict=True))).passed


@pytest.mark.parametrize(
    ("mistaken", "words"),
    [
        (lambda D, H, K: _net(D, H, K, gru=1), "second bias"),
        (lambda D, H, K: _net(D, H, K, norm=2), "running means and variances"),
        (lambda D, H, K: _net(D, H, K, norm=0), "batch normalisation is missing"),
        (lambda D, H, K: [n - (H + 1) * K for n in _net(D, H, K, norm=0)], "recurrent layers alone"),
        (lambda D, H, K: [n - (H + 1) * K for n in _net(D, H, K)], "the read-out is missing"),
        (
            lambda D, H, K: [
                b * (D + H) * H + e * H + 4 * H + (H + 1) * K for b, e in ((1, 0), (4, 0), (3, 3))
            ],
            "have no bias",
        ),
        (lambda D, H, K: _net(D, H, K, blocks=(1, 3, 3)), "candidate g"),
        (lambda D, H, K: _net(D, H, K, blocks=(1, 4, 2)), "candidate n"),
        (lambda D, H, K: _net(D, H, K)[0], "expected 3 values"),
    ],
)
def test_totals_names_the_mistake(mistaken, words):
    report = check.totals(mistaken)
    assert not report.passed
    assert words in report.text


def test_paired_accepts_plain_python():
    def paired(a, b, t):
        d = [float(x) - float(y) for x, y in zip(a, b, strict=True)]
        mean = sum(d) / len(d)
        half = t * (sum((x - mean) ** 2 for x in d) / (len(d) - 1) / len(d)) ** 0.5
        return [mean - half, mean + half]

    assert check.paired(paired).passed


def _interval(d, t, ddof=1, n=None):
    half = t * np.std(d, ddof=ddof) / np.sqrt(n or len(d))
    return np.mean(d) - half, np.mean(d) + half


@pytest.mark.parametrize(
    ("mistaken", "words"),
    [
        (
            lambda a, b, t: tuple(
                a.mean() - b.mean() + s * t * np.hypot(a.std(ddof=1), b.std(ddof=1)) / np.sqrt(len(a))
                for s in (-1, 1)
            ),
            "not paired",
        ),
        (lambda a, b, t: _interval(b - a, t), "sign is turned round"),
        (lambda a, b, t: _interval(a - b, t, n=1), "square root"),
        (lambda a, b, t: _interval(a - b, t, ddof=0), "ddof=1"),
        (lambda a, b, t: _interval(a - b, 1.96), "1.96"),
    ],
)
def test_paired_names_the_mistake(mistaken, words):
    report = check.paired(mistaken)
    assert not report.passed
    assert words in report.text


def test_own_order_accepts_a_loop_and_pairs_of_indices():
    assert check.own_order(
        lambda xs, orders: np.stack([x[o] for x, o in zip(xs, orders, strict=True)])
    ).passed
    assert check.own_order(lambda xs, orders: xs[np.arange(len(xs))[:, None], orders]).passed


@pytest.mark.parametrize(
    ("mistaken", "words"),
    [
        (lambda xs, orders: np.stack([x[orders[0]] for x in xs]), "the order of the first"),
        (lambda xs, orders: xs[:, orders], "pair each picture with its own"),
        (lambda xs, orders: np.stack([x[:, o] for x, o in zip(xs, orders, strict=True)]), "columns"),
        (
            lambda xs, orders: np.stack([x[np.argsort(o)] for x, o in zip(xs, orders, strict=True)]),
            "the way back",
        ),
        (lambda xs, orders: xs[orders[0]], "pictures change places"),
    ],
)
def test_own_order_names_the_mistake(mistaken, words):
    report = check.own_order(mistaken)
    assert not report.passed
    assert words in report.text


def _pick(by, of):
    return np.mean([row[np.argmax(key)] for key, row in zip(by, of, strict=True)])


def test_choose_accepts_a_loop():
    assert check.choose(lambda v, t: (_pick(v, t), _pick(t, t))).passed
    assert check.choose(lambda v, t: {"honest": _pick(v, t), "flattering": _pick(t, t)}).passed


@pytest.mark.parametrize(
    ("mistaken", "words"),
    [
        (lambda v, t: (_pick(v, v), _pick(t, t)), "the validation accuracy itself"),
        (
            lambda v, t: (t[:, v.mean(0).argmax()].mean(), t[:, t.mean(0).argmax()].mean()),
            "each run has its own",
        ),
        (lambda v, t: (t[:, -1].mean(), _pick(t, t)), "the last epoch is no choice"),
        (lambda v, t: (_pick(t, t), _pick(v, t)), "swapped"),
        (lambda v, t: (_pick(-v, t), _pick(t, t)), "the lowest accuracy"),
    ],
)
def test_choose_names_the_mistake(mistaken, words):
    report = check.choose(mistaken)
    assert not report.passed
    assert words in report.text


def test_balanced_accepts_a_confusion_matrix():
    def balanced(truth, answers, K):
        counts = np.zeros((K, K))
        np.add.at(counts, (truth, answers), 1)
        return np.mean(np.diag(counts) / counts.sum(axis=1))

    assert check.balanced(balanced).passed


@pytest.mark.parametrize(
    ("mistaken", "words"),
    [
        (lambda truth, answers, K: np.mean(truth == answers), "plain accuracy"),
        (
            lambda truth, answers, K: np.mean([np.mean(truth[answers == k] == k) for k in range(K)]),
            "precision",
        ),
        (lambda truth, answers, K: [np.mean(answers[truth == k] == k) for k in range(K)], "take their mean"),
        (lambda truth, answers, K: min(np.mean(answers[truth == k] == k) for k in range(K)), "worst class"),
    ],
)
def test_balanced_names_the_mistake(mistaken, words):
    report = check.balanced(mistaken)
    assert not report.passed
    assert words in report.text
