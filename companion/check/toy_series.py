"""Checkers for the exercises on the series 10, 20, 30."""

from collections.abc import Callable, Sequence

import numpy as np

from companion._arrays import Array
from companion.check import Exercise, Inputs

Forecast = Callable[[Sequence[float]], float]


def _cut(series: Array, width: int, *, fewer: int = 0, ahead: int = 0) -> tuple[Array, Array]:
    count = len(series) - width - fewer - ahead
    windows = np.array([series[i : i + width] for i in range(count)])
    return windows, series[width + ahead : width + ahead + count]


cut = Exercise(
    name="cut",
    right=_cut,
    draw=lambda rng: {"series": rng.normal(size=11), "width": 4},
    results=("windows", "successors"),
    mistakes={
        "the last window is missing: a series of n values has n - width of them.": (
            lambda series, width: _cut(series, width, fewer=1)
        ),
        "the successors come one step too late; the first is series[width].": (
            lambda series, width: _cut(series, width, ahead=1)
        ),
        "the windows do not overlap; each begins one step after the one before.": (
            lambda series, width: (
                np.array([series[i : i + width] for i in range(0, len(series) - width, width)]),
                np.array([series[i + width] for i in range(0, len(series) - width, width)]),
            )
        ),
        "each successor is the last value of its own window, so there is nothing left to forecast.": (
            lambda series, width: (_cut(series, width)[0], series[width - 1 : -1])
        ),
    },
)


def _go_on(forecast: Forecast, window: Array, steps: int) -> list[float]:
    held, found = list(window), []
    for _ in range(steps):
        found.append(forecast(held))
        held = [*held[1:], found[-1]]
    return found


def _growing(forecast: Forecast, window: Array, steps: int) -> list[float]:
    held = list(window)
    for _ in range(steps):
        held.append(forecast(held))
    return held[len(window) :]


def _with_a_window(forecast: Forecast, window: Array, steps: int) -> list[float]:
    return [*window, *_go_on(forecast, window, steps)]


def _draw_forecast(rng: np.random.Generator) -> Inputs:
    weight = rng.uniform(0.5, 0.9)
    # The weights depend on the place and on the width, so that a window of another width is noticed.
    return {
        "forecast": lambda values: float(sum(v * weight ** (i + 1) for i, v in enumerate(values))),
        "window": rng.uniform(1, 2, size=3),
        "steps": 5,
    }


go_on = Exercise(
    name="go_on",
    right=_go_on,
    draw=_draw_forecast,
    mistakes={
        "the same window is used at every step; the answer must become its newest value.": (
            lambda forecast, window, steps: [forecast(list(window))] * steps
        ),
        "the window grows; its oldest value must leave when an answer joins.": _growing,
        "the answers join at the front; the newest value stands last.": (
            lambda forecast, window, steps: _at_the_front(forecast, window, steps)
        ),
        "the given window is among the answers.": _with_a_window,
    },
)


def _at_the_front(forecast: Forecast, window: Array, steps: int) -> list[float]:
    held, found = list(window), []
    for _ in range(steps):
        found.append(forecast(held))
        held = [found[-1], *held[:-1]]
    return found


as_differences = Exercise(
    name="as_differences",
    right=lambda windows, targets: targets - windows[:, -1],
    draw=lambda rng: {"windows": rng.normal(size=(6, 3)), "targets": rng.normal(size=6)},
    mistakes={
        "the sign is turned: the difference is the target less the last value.": (
            lambda windows, targets: windows[:, -1] - targets
        ),
        "the first value of the window is subtracted, not the last.": (
            lambda windows, targets: targets - windows[:, 0]
        ),
        "the mean of the window is subtracted, not its last value.": (
            lambda windows, targets: targets - windows.mean(axis=1)
        ),
    },
)


middle_90 = Exercise(
    name="middle_90",
    right=lambda values: (np.quantile(values, 0.05), np.quantile(values, 0.95)),
    draw=lambda rng: {"values": rng.exponential(size=60)},
    results=("low", "high"),
    mistakes={
        "these are the smallest and the largest value, which hold all of them.": (
            lambda values: (np.min(values), np.max(values))
        ),
        "a tenth is cut off at each end, so that the middle 80 % are left.": (
            lambda values: (np.quantile(values, 0.1), np.quantile(values, 0.9))
        ),
        "the mean and 1.645 standard deviations suit a bell curve only; count the values instead.": (
            lambda values: (
                np.mean(values) - 1.645 * np.std(values),
                np.mean(values) + 1.645 * np.std(values),
            )
        ),
        "the larger number comes first; low comes before high.": (
            lambda values: (np.quantile(values, 0.95), np.quantile(values, 0.05))
        ),
    },
)
