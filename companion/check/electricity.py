"""Checkers for the exercises of the chapter on a household's electricity."""

from collections.abc import Callable

import numpy as np

from companion._arrays import Array
from companion.check import Exercise, Inputs


def _windows(
    power: Array, days: int, window: int, fitted_on: str = "train", until: int = 0, lag: int = 0
) -> tuple[Array, Array]:
    """The right answer to `training_windows`, and with other arguments its mistakes."""
    known = {"train": power[:days], "all": power, "rest": power[days:]}.get(fitted_on, power[:days])
    scaled = (power - known.mean()) / (known.var() if fitted_on == "variance" else known.std())
    if fitted_on == "none":
        scaled = power
    ends = range(window, days + until - lag)
    xs = np.stack([scaled[end - window : end] for end in ends])
    return xs, np.stack([scaled[end + lag] for end in ends])


training_windows = Exercise(
    name="training_windows",
    right=_windows,
    draw=lambda rng: {"power": rng.gamma(4, 0.3, 60), "days": int(rng.integers(30, 45)), "window": 5},
    results=("xs", "ys"),
    mistakes={
        "the scale is fitted on all the data. Mean and deviation of the days to come leak into the training; "
        "fit them on the first `days` days only.": lambda p, d, w: _windows(p, d, w, "all"),
        "the scale is fitted on all the data, and the windows run on beyond the training days: two leaks.": (
            lambda p, d, w: _windows(p, d, w, "all", until=len(p) - d)
        ),
        "the windows run on beyond the training days; the last answer must be the last training day.": (
            lambda p, d, w: _windows(p, d, w, until=len(p) - d)
        ),
        "the scale is fitted on the days after the training, which nobody knows yet.": (
            lambda p, d, w: _windows(p, d, w, "rest")
        ),
        "the last window is missing: its answer is day `days` - 1, which is still a training day.": (
            lambda p, d, w: _windows(p, d, w, until=-1)
        ),
        "the answer is inside its own window; it is the day after the window's last.": (
            lambda p, d, w: (_windows(p, d, w)[0], _windows(p, d, w)[0][:, -1])
        ),
        "a day is skipped between the window and its answer.": lambda p, d, w: _windows(p, d, w, lag=1),
        "the power is divided by the variance; divide by its root, the standard deviation.": (
            lambda p, d, w: _windows(p, d, w, "variance")
        ),
        "the power is not standardised: subtract the mean and divide by the standard deviation.": (
            lambda p, d, w: _windows(p, d, w, "none")
        ),
    },
)


same_weekday = Exercise(
    name="same_weekday",
    right=lambda known, horizon: np.resize(known[-7:], horizon),
    draw=lambda rng: {"known": rng.gamma(4, 0.3, 40), "horizon": 12},
    mistakes={
        "the forecast is off by one: tomorrow's weekday was last seen seven days before tomorrow, "
        "which is `known[-7]`, and not `known[-8]`.": lambda known, horizon: np.resize(known[-8:-1], horizon),
        "the forecast is off by one: it begins with the weekday of the day after tomorrow, `known[-6]`.": (
            lambda known, horizon: np.resize(np.roll(known[-7:], -1), horizon)
        ),
        "every day repeats the last known one; that is persistence.": (
            lambda known, horizon: np.full(horizon, known[-1])
        ),
        "these are values of the week before last, where the last week has newer ones.": (
            lambda known, horizon: np.resize(known[-14:-7], horizon)
        ),
        "the days run straight on from two weeks ago; for the first seven the last week has newer values.": (
            lambda known, horizon: known[-14:][:horizon]
        ),
        "every day gets the mean of the last week; its weekday is lost.": (
            lambda known, horizon: np.full(horizon, known[-7:].mean())
        ),
        "the last week is read backwards.": lambda known, horizon: np.resize(known[-7:][::-1], horizon),
    },
)


def _recursive(
    forecast: Callable[[Array], float],
    series: Array,
    start: int,
    window: int,
    horizon: int,
    fed: str = "own",
) -> Array:
    """The right answer to `recursive`, and with other things `fed` back its mistakes."""
    seen = list(series[start - window + (fed == "late") : start + (fed == "late")])
    answers = []
    for step in range(horizon):
        answer = forecast(np.array(seen))
        answers.append(answer)
        if fed == "truth":
            seen = [*seen[1:], series[start + step]]
        elif fed == "repeat":
            seen = [*seen[1:], seen[-1]]
        elif fed == "front":
            seen = [answer, *seen[:-1]]
        elif fed != "nothing":
            seen = [*seen[1:], answer]
    return np.array(answers)


def _draw_recursive(rng: np.random.Generator) -> Inputs:
    weights = rng.normal(size=4) * 0.6
    return {
        "forecast": lambda seen: float(np.tanh(weights @ np.asarray(seen) + 0.1)),
        "series": rng.normal(size=30),
        "start": int(rng.integers(6, 20)),
        "window": 4,
        "horizon": 6,
    }


def _feeding(fed: str) -> Callable[..., Array]:
    return lambda forecast, series, start, window, horizon: _recursive(
        forecast, series, start, window, horizon, fed
    )


recursive = Exercise(
    name="recursive",
    right=_recursive,
    draw=_draw_recursive,
    mistakes={
        "the truth is fed back where the forecast should be: on the second day the first is not known yet, "
        "and this makes several forecasts of a single day out of one of several days.": _feeding("truth"),
        "the window does not move: every day gets the forecast of the first.": _feeding("nothing"),
        "the forecast is put in at the front; the newest day stands last.": _feeding("front"),
        "the last known day is repeated in the place of the forecasts.": _feeding("repeat"),
        "the first window holds day `start` itself, which is to be forecast.": _feeding("late"),
    },
)


def _by_weeks(errors: Array) -> Array:
    means: Array = errors[: len(errors) // 7 * 7].reshape(-1, 7).mean(axis=1)
    return means


def _ends(values: Array, outside: float = 2.5) -> Array:
    ends: Array = np.percentile(values, [outside, 100 - outside])
    return ends


interval_over_weeks = Exercise(
    name="interval_over_weeks",
    right=lambda a, b, picks: _ends(_by_weeks(a - b)[picks].mean(axis=1)),
    draw=lambda rng: {
        "a": rng.gamma(2, 0.1, 94),
        "b": rng.gamma(2, 0.1, 94),
        "picks": rng.integers(0, 13, (200, 13)),
    },
    mistakes={
        "these are percentiles of the weeks themselves. They say how much weeks differ; wanted is how much "
        "the mean would differ, so take the mean of each row of `picks` first.": (
            lambda a, b, picks: _ends(_by_weeks(a - b))
        ),
        "these are percentiles of all picked weeks; take the mean of each row of `picks` first.": (
            lambda a, b, picks: _ends(_by_weeks(a - b)[picks])
        ),
        "`picks` are used as numbers of days; they are numbers of weeks.": (
            lambda a, b, picks: _ends((a - b)[picks].mean(axis=1))
        ),
        "the sign is turned: the difference is a - b.": (
            lambda a, b, picks: _ends(_by_weeks(b - a)[picks].mean(axis=1))
        ),
        "only `a` is resampled: a pair belongs to one week, so both must be taken from the same weeks.": (
            lambda a, b, picks: _ends(_by_weeks(a)[picks].mean(axis=1) - _by_weeks(b).mean())
        ),
        "5 and 95 percent leave out a tenth; for 95 percent inside, take 2.5 and 97.5.": (
            lambda a, b, picks: _ends(_by_weeks(a - b)[picks].mean(axis=1), 5)
        ),
        "the means of the rows are right; now give their 2.5 and 97.5 percentiles.": (
            lambda a, b, picks: _by_weeks(a - b)[picks].mean(axis=1)
        ),
    },
)
