"""What a few runs with different seeds can tell: intervals, paired differences, and how many runs it takes.

All of it is Student's, for values that scatter about normally. It speaks of new seeds on the same data; what
other data would change, it cannot know.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from companion._arrays import Array


class Interval(NamedTuple):
    """A mean, and from where to where it may lie."""

    mean: float
    low: float
    high: float


class Difference(NamedTuple):
    """How much larger the first of two kinds of run is than the second.

    mean      of the differences, pair by pair, with the interval from `low` to `high`
    p         how often chance alone makes a mean at least so far from 0, by Student's paired test
    effect    the mean in standard deviations of the differences (Cohen's d for pairs)
    n         the number of pairs
    """

    mean: float
    low: float
    high: float
    p: float
    effect: float
    n: int


def mean_interval(values: ArrayLike, level: float = 0.95) -> Interval:
    """The mean of values (n,) and Student's interval around it; n at least 2."""
    from scipy import stats

    values = _several("values", values)
    _expect_share("level", level)
    n = len(values)
    half = float(stats.t.ppf((1 + level) / 2, n - 1) * values.std(ddof=1) / np.sqrt(n))
    mean = float(values.mean())
    return Interval(mean, mean - half, mean + half)


def paired_difference(first: ArrayLike, second: ArrayLike, level: float = 0.95) -> Difference:
    """Compare two kinds of run, (n,) each, where first[i] and second[i] share what chance decided.

    Differences that are all alike have no spread to judge them by: p is then 0, or 1 where all are 0, and the
    effect infinite, or 0.
    """
    from scipy import stats

    a, b = _several("first", first), _several("second", second)
    if len(a) != len(b):
        raise ValueError(f"pairs need as many of the second kind as of the first, got {len(a)} and {len(b)}")
    differences = a - b
    mean, low, high = mean_interval(differences, level)
    spread, n = float(differences.std(ddof=1)), len(differences)
    if spread == 0:
        return Difference(mean, low, high, float(mean == 0), float(np.sign(mean)) * _ratio(mean), n)
    effect = mean / spread
    p = 2 * float(stats.t.sf(abs(effect) * np.sqrt(n), n - 1))
    return Difference(mean, low, high, p, effect, n)


def seeds_needed(effect: float, power: float = 0.8, level: float = 0.95) -> int:
    """How many pairs the paired test at `level` needs to find such an effect with the chance `power`.

    effect    the difference in standard deviations of the differences, as in `Difference.effect`
    """
    from scipy import stats

    if not np.isfinite(effect) or effect == 0:
        raise ValueError(f"effect must be a finite number other than 0, got {effect}")
    _expect_share("power", power)
    _expect_share("level", level)

    def found(n: int) -> float:
        critical, away = stats.t.ppf((1 + level) / 2, n - 1), abs(effect) * np.sqrt(n)
        return float(stats.ncf.sf(critical**2, 1, n - 1, away**2))  # of t squared: both sides at once

    most = 2
    while found(most) < power:
        most *= 2
    least = most // 2
    while most - least > 1:  # found(n) grows with n
        middle = (least + most) // 2
        least, most = (least, middle) if found(middle) >= power else (middle, most)
    return most


def _ratio(mean: float) -> float:
    return float("inf") if mean else 0.0


def _several(name: str, values: ArrayLike) -> Array:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or len(array) < 2:
        raise ValueError(f"{name} must be a list of at least two numbers, got shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got {array[~np.isfinite(array)][0]}")
    return array


def _expect_share(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise ValueError(f"{name} must lie between 0 and 1, got {value}")
