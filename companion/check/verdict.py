"""Checkers for the exercises of the chapter on the verdict; a step of your own is checked by `own_step`."""

from collections.abc import Callable
from itertools import product

import numpy as np

from companion._arrays import Array
from companion.check import Exercise, Inputs

# A test by turning signs.


def _all_means(d: Array) -> Array:
    """The mean of the differences under every choice of signs."""
    signs = np.array(list(product((1, -1), repeat=len(d))))
    means: Array = signs @ d / len(d)
    return means


def _share(beyond: Callable[[Array, float], Array]) -> Callable[[Array], float]:
    """A share of all choices of signs: those for which `beyond(means, mean)` is true."""
    return lambda d: float(beyond(_all_means(d), float(np.mean(d))).mean())


def _students(d: Array) -> float:
    from scipy import stats

    return float(stats.ttest_1samp(d, 0).pvalue)


_SLACK = 1e-9  # a mean summed in another order may differ in its last digit

sign_flip = Exercise(
    name="sign_flip",
    right=_share(lambda means, mean: np.abs(means) >= abs(mean) - _SLACK),
    draw=lambda rng: {"differences": np.round(rng.normal(0.4, 1.0, int(rng.integers(5, 8))), 3)},
    mistakes={
        "this looks to one side only: a mean as far below zero must count as well.": (
            _share(lambda means, mean: means * np.sign(mean) >= abs(mean) - _SLACK)
        ),
        "a mean exactly as far from zero counts too, that of the differences as they are among them.": (
            _share(lambda means, mean: np.abs(means) > abs(mean) + _SLACK)
        ),
        "this is the share of the means that lie nearer to zero; those at least as far away are wanted.": (
            _share(lambda means, mean: np.abs(means) < abs(mean) - _SLACK)
        ),
        "this is how many there are; divide by the number of all choices of signs.": (
            lambda d: _share(lambda means, mean: np.abs(means) >= abs(mean) - _SLACK)(d) * 2 ** len(d)
        ),
        "signs can be chosen in 2 to the power of n ways; here only one sign is turned at a time.": (
            lambda d: float(
                np.mean(np.abs([d.mean(), *(d.mean() - 2 * d / len(d))]) >= abs(d.mean()) - _SLACK)
            )
        ),
        "this is Student's test; turn the signs instead.": _students,
    },
)

# The correction for several comparisons.


def _holm(p: Array, factor: Callable[[int, int], float], running: bool = True, cap: bool = True) -> Array:
    """Every p, from the smallest on, times `factor(its place from 0, m)`."""
    m, order = len(p), np.argsort(p)
    adjusted = p[order] * [factor(place, m) for place in range(m)]
    if running:
        adjusted = np.maximum.accumulate(adjusted)
    if cap:
        adjusted = np.minimum(adjusted, 1)
    back = np.empty(m)
    back[order] = adjusted
    return back


def _step_up(p: Array) -> Array:
    """Benjamini and Hochberg's adjustment."""
    m, order = len(p), np.argsort(p)
    adjusted = np.minimum.accumulate((p[order] * m / np.arange(1, m + 1))[::-1])[::-1]
    back = np.empty(m)
    back[order] = adjusted
    return back


def _several_p(rng: np.random.Generator) -> Inputs:
    p = np.array([0.004, 0.02, 0.022, 0.3, 0.6, 0.8]) * rng.uniform(0.95, 1.05, 6)
    return {"p": rng.permutation(p)}


def _down(place: int, m: int) -> float:
    return m - place


holm = Exercise(
    name="holm",
    right=lambda p: _holm(p, _down),
    draw=_several_p,
    mistakes={
        "this is Bonferroni's: every p times m. Only the smallest is multiplied by m, the next by m - 1.": (
            lambda p: _holm(p, lambda place, m: m)
        ),
        "an adjusted p may not be smaller than that of a smaller p: take the largest so far.": (
            lambda p: _holm(p, _down, running=False)
        ),
        "no p may be larger than 1.": lambda p: _holm(p, _down, cap=False),
        "put them back into the order in which they came.": lambda p: np.sort(_holm(p, _down)),
        "the smallest must be multiplied by m, not by m - 1.": (
            lambda p: _holm(p, lambda place, m: m - place - 1)
        ),
        "this multiplies the largest p by m; the smallest must be.": (
            lambda p: _holm(p, lambda place, m: place + 1)
        ),
        "this is the rule of Benjamini and Hochberg, which promises something else.": _step_up,
        "the factors must follow the size of the p, not the order in which they came.": (
            lambda p: np.minimum(p * np.arange(len(p), 0, -1), 1)
        ),
    },
)

# What the choice of test pictures does.


def _answers(rng: np.random.Generator) -> Inputs:
    truth = rng.integers(0, 10, 400)

    def net(wrong: float) -> Array:
        return np.where(rng.random(400) < wrong, (truth + rng.integers(1, 10, 400)) % 10, truth)

    first, second = net(0.15), net(0.2)
    both = rng.random(400) < 0.1  # pictures that nobody can read
    for answers in (first, second):
        answers[both] = (truth[both] + 1) % 10
    return {"truth": truth, "first": first, "second": second}


def _of_pictures(
    spread: Callable[[Array, Array], float],
) -> Callable[[Array, Array, Array], tuple[float, float]]:
    """The difference in accuracy, and an error made of which pictures are right in either network."""

    def found(truth: Array, first: Array, second: Array) -> tuple[float, float]:
        a, b = (np.asarray(answers) == truth for answers in (first, second))
        return float(a.mean() - b.mean()), spread(a.astype(float), b.astype(float))

    return found


def _error(a: Array, b: Array) -> float:
    return float((a - b).std() / np.sqrt(len(a)))


def _turned(truth: Array, first: Array, second: Array) -> tuple[float, float]:
    return _of_pictures(_error)(truth, second, first)


picture_error = Exercise(
    name="picture_error",
    right=_of_pictures(_error),
    draw=_answers,
    results=("difference", "error"),
    mistakes={
        "the difference must be the first network's accuracy less the second's.": _turned,
        "this takes the two networks for independent, but they answer the same pictures.": (
            _of_pictures(lambda a, b: float(np.sqrt((a.var() + b.var()) / len(a))))
        ),
        "this is the spread over single pictures; divide it by the square root of their number.": (
            _of_pictures(lambda a, b: float((a - b).std()))
        ),
        "this is the square of the error; take its root.": _of_pictures(lambda a, b: _error(a, b) ** 2),
        "this forgets that pictures on which both are right, or both wrong, count in the number too.": (
            _of_pictures(lambda a, b: float((a - b)[a != b].std() / np.sqrt((a != b).sum())))
        ),
        "this asks where the answers differ; of interest is which of them are right.": (
            lambda truth, first, second: (
                float((first == truth).mean() - (second == truth).mean()),
                float((first != second).astype(float).std() / np.sqrt(len(truth))),
            )
        ),
    },
)
