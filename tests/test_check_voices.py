"""The checkers of the chapter "Nine voices" name the mistakes that people make."""

import numpy as np
import pytest

from companion.check import voices as check
from companion.experiments import voices


def test_pad_accepts_another_way_of_writing_it():
    def pad(sequences):
        T = max(len(s) for s in sequences)
        rows = [np.vstack([s, np.zeros((T - len(s), s.shape[1]))]) for s in sequences]
        return np.array(rows), [len(s) for s in sequences]

    assert check.pad(pad).passed


def _padded(sequences, *, front=False, lengths=None, T=None):
    T = T or max(len(s) for s in sequences)
    rows = []
    for s in sequences:
        gap = np.zeros((T - len(s[:T]), s.shape[1]))
        rows.append(np.concatenate([gap, s[:T]] if front else [s[:T], gap]))
    return np.stack(rows), lengths or [len(s) for s in sequences]


@pytest.mark.parametrize(
    ("mistaken", "words"),
    [
        (lambda s: _padded(s, front=True), "the zeros stand in front"),
        (lambda s: _padded(s, lengths=[5] * 4), "the lengths are all that of the padded array"),
        (lambda s: _padded(s, T=2), "cut to the shortest"),
        (lambda s: (np.stack([np.vstack([x, *[x[-1:]] * (5 - len(x))]) for x in s]), [len(x) for x in s]),
         "the last frame is repeated"),
        (lambda s: (_padded(s)[0].transpose(1, 0, 2), _padded(s)[1]), "time first"),
        (lambda s: _padded(s)[0], "expected 2 values"),
    ],
)  # fmt: skip
def test_pad_names_the_mistake(mistaken, words):
    report = check.pad(mistaken)
    assert not report.passed
    assert words in report.text


def test_last_state_accepts_other_ways():
    assert check.last_state(lambda hs, lengths: hs[range(len(hs)), lengths - 1]).passed
    assert check.last_state(lambda hs, ls: np.array([h[n - 1] for h, n in zip(hs, ls, strict=True)])).passed
    picked = lambda hs, ls: np.take_along_axis(hs, (ls - 1)[:, None, None], axis=1)[:, 0]  # noqa: E731
    assert check.last_state(picked).passed


@pytest.mark.parametrize(
    ("mistaken", "words"),
    [
        (lambda hs, ls: hs[:, hs.shape[1] - 1], "the last state of the padded array"),
        (lambda hs, ls: np.stack([h[n] for h, n in zip(hs, ls, strict=True)]), "one step too late"),
        (lambda hs, ls: hs[:, max(ls) - 1, :], "that of the longest"),
        (lambda hs, ls: hs[:, ls - 1], "(N, N, H)"),
        (lambda hs, ls: hs[:, 0], "first step"),
    ],
)
def test_last_state_names_the_mistake(mistaken, words):
    report = check.last_state(mistaken)
    assert not report.passed
    assert words in report.text


def test_masked_mean_accepts_a_loop():
    loop = lambda hs, ls: np.stack([h[:n].mean(axis=0) for h, n in zip(hs, ls, strict=True)])  # noqa: E731
    assert check.masked_mean(loop).passed


def _by_sequence(of):
    return lambda hs, ls: np.stack([of(h, n, ls) for h, n in zip(hs, ls, strict=True)])


@pytest.mark.parametrize(
    ("mistaken", "words"),
    [
        (_by_sequence(lambda h, n, ls: h[:n].sum(axis=0) / len(h)), "divides by T"),
        (_by_sequence(lambda h, n, ls: h.mean(axis=0)), "the padding included"),
        (_by_sequence(lambda h, n, ls: h[:n].sum(axis=0)), "the sum of the real states"),
        (_by_sequence(lambda h, n, ls: h[: n + 1].mean(axis=0)), "one step too many"),
        (_by_sequence(lambda h, n, ls: h.sum(axis=0) / n), "sums the padding too"),
        (_by_sequence(lambda h, n, ls: h[:n].sum(axis=0) / max(ls)), "the longest length"),
    ],
)
def test_masked_mean_names_the_mistake(mistaken, words):
    report = check.masked_mean(mistaken)
    assert not report.passed
    assert words in report.text


def _counted(truth, answers, K):
    counts = [[0] * K for _ in range(K)]
    for t, a in zip(truth, answers, strict=True):
        counts[t][a] += 1
    return counts


def test_confusion_accepts_a_loop_and_a_histogram():
    assert check.confusion(_counted).passed
    assert check.confusion(lambda t, a, K: np.bincount(K * t + a, minlength=K * K).reshape(K, K)).passed


@pytest.mark.parametrize(
    ("mistaken", "words"),
    [
        (lambda t, a, K: np.transpose(_counted(t, a, K)), "transposed"),
        (lambda t, a, K: np.minimum(_counted(t, a, K), 1), "np.add.at"),
        (
            lambda t, a, K: np.array([np.array(r) / sum(r) for r in _counted(t, a, K)]),
            "divided by their sums",
        ),
        (lambda t, a, K: np.diag([((t == k) & (a == k)).sum() for k in range(K)]), "only the right answers"),
    ],
)
def test_confusion_names_the_mistake(mistaken, words):
    report = check.confusion(mistaken)
    assert not report.passed
    assert words in report.text


def _roots(right, total, z=1.96):
    """Wilson's interval by its definition: the shares p with |right/n - p| = z sqrt(p (1 - p) / n)."""
    seen = right / total
    return tuple(sorted(np.roots([1 + z**2 / total, -2 * seen - z**2 / total, seen**2])))


def test_wilson_follows_from_its_definition():
    assert check.wilson(_roots).passed
    assert np.round(voices.wilson(8, 10), 3).tolist() == [0.490, 0.943]
    low, high = voices.wilson(10, 10)
    assert high == pytest.approx(1)
    assert low > 0.7


@pytest.mark.parametrize(
    ("mistaken", "words"),
    [
        (lambda r, n: [r / n + sign * 1.96 * (r * (n - r) / n**3) ** 0.5 for sign in (-1, 1)],
         "simple interval"),
        (lambda r, n: tuple(end * (1 + 1.96**2 / n) for end in _roots(r, n)), "1 + z²/n is missing"),
        (lambda r, n: _roots(r, n, z=1), "z is 1"),
        (lambda r, n: tuple(100 * end for end in _roots(r, n)), "percentages"),
        (lambda r, n: _roots(r, n)[::-1], "swapped"),
    ],
)  # fmt: skip
def test_wilson_names_the_mistake(mistaken, words):
    report = check.wilson(mistaken)
    assert not report.passed
    assert words in report.text
