"""One household's electricity, forecast from two weeks: one day ahead or twelve, with context or without.

The days are split by time. What the network is told about a day is what was known on that evening: the power,
the other meters, and the calendar of the day that follows. Scales are fitted on the training days only.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from companion import data
from companion._arrays import Array, Grads, Params
from companion.cells import RNN
from companion.layers import Dense, squared_error
from companion.optim import Adam, clip_grad_norm
from companion.scan import scan
from companion.train import Fit, fit, shuffled

WINDOW = 14
POWER = ["Global_active_power"]
METERS = ["Global_reactive_power", "Voltage", "Sub_metering_1", "Sub_metering_2", "Sub_metering_3"]

# Of the table of a day's features: the power itself, the calendar (sin and cos of the year, the weekday as
# seven zeros and ones), the five other meters.
CONTEXTS = {
    "none": [0],
    "calendar": list(range(10)),
    "meters": [0, *range(10, 15)],
    "both": list(range(15)),
}

# The last day to train on, to validate on and to test on. The first test begins with the drop of August 2008.
ENDS = {
    2008: ("2008-04-30", "2008-07-31", "2008-12-31"),
    2010: ("2008-12-31", "2009-12-31", "2010-11-25"),
}

SETTINGS = [
    {"year": year, "horizon": horizon, "context": context, "anchored": anchored, "seed": seed}
    for anchored, contexts in ((False, list(CONTEXTS)), (True, ["none", "calendar"]))
    for year in ENDS
    for horizon in (1, 12)
    for context in contexts
    for seed in range(10)
]

Days = NDArray[np.datetime64]


class Part(NamedTuple):
    """Examples of one stretch of time.

    xs     (N, WINDOW, 15): the standardised features of the days before, all columns of the table.
    ys     (N, horizon): the standardised power of the days to be forecast.
    first  (N,): the first of these days.
    """

    xs: Array
    ys: Array
    first: Days


class Examples(NamedTuple):
    """The three parts in the order of time, and the scale of the power: scale.undo(ys) is in kW."""

    train: Part
    validation: Part
    test: Part
    scale: data.Scale


def whole_days() -> tuple[Days, Array, NDArray[np.bool_]]:
    """The 1,440 whole days: their dates, power and meters (T, 6), and which of them were recorded.

    The nine days without a record repeat the day before, as they must for a forecaster who waits for news.
    """
    table = data.household_power("day").iloc[1:-1]
    recorded = table["n_minutes"].to_numpy() > 0
    dates = table.index.to_numpy().astype("datetime64[D]")
    return dates, table[POWER + METERS].ffill().to_numpy(), recorded


def calendar(dates: Days) -> Array:
    """What is known of each date beforehand (T, 9): sin and cos of the time of year, Monday to Sunday."""
    of_year = (dates - dates.astype("datetime64[Y]")) / np.timedelta64(1, "D")
    angle = 2 * np.pi * of_year / 365.25
    weekday = (dates.astype("datetime64[D]").astype(np.int64) + 3) % 7  # 1 January 1970 was a Thursday
    return np.column_stack([np.sin(angle), np.cos(angle), np.eye(7)[weekday]])


def examples(year: int, horizon: int) -> Examples:
    """Cut the days into examples to train, to validate and to test on, the test being in `year`.

    No example reaches beyond its part, and none has a day to be forecast that was not recorded.
    """
    if year not in ENDS:
        raise ValueError(f"year must be one of {', '.join(map(str, ENDS))}, got {year}")
    dates, meters, recorded = whole_days()
    ends = [np.datetime64(end) for end in ENDS[year]]
    training = dates <= ends[0]
    power, others = (
        data.Scale.standard(columns[training]).apply(columns) for columns in (meters[:, :1], meters[:, 1:])
    )
    table = np.hstack([power, calendar(dates + 1), others])
    xs, ys = data.windows(table, WINDOW, horizon)
    _, known = data.windows(recorded.astype(float), WINDOW, horizon)
    first = dates[WINDOW : len(dates) - horizon + 1]
    last = first + (horizon - 1)

    def part(after: np.datetime64, until: np.datetime64) -> Part:
        kept = (first > after) & (last <= until) & known.all(axis=1)
        return Part(xs[kept], ys[kept], first[kept])

    scale = data.Scale.standard(meters[training, 0])
    return Examples(part(dates[0], ends[0]), part(ends[0], ends[1]), part(ends[1], ends[2]), scale)


class Forecaster:
    """A recurrent cell that reads the days, and a read-out of its last state that gives all steps at once.

    If `anchored`, the read-out gives the difference from the mean power of the last seven days.
    """

    def __init__(self, columns: list[int], horizon: int, hidden_size: int, anchored: bool = False) -> None:
        self.columns = columns
        self.anchored = anchored
        self.cell = RNN(len(columns), hidden_size)
        self.dense = Dense(hidden_size, horizon)

    def init(self, rng: np.random.Generator) -> Grads:
        """Initial parameters, the same with other columns as far as both have them."""
        everything = RNN(15, self.cell.hidden_size).init(rng)
        everything["W_xh"] = everything["W_xh"][self.columns]
        return {**everything, **self.dense.init(rng)}

    def __call__(self, params: Params, xs: Array) -> Array:
        """The forecast (N, horizon) from all columns of the days before (N, WINDOW, 15)."""
        (h,) = scan(self.cell, self._recurrent(params), xs[:, :, self.columns]).state
        return self.dense(params, h).y + self._anchor(xs)

    def loss_and_grads(self, params: Params, batch: tuple[Array, ...]) -> tuple[float, Grads]:
        """The mean squared error of a batch and its gradients, clipped to a norm of 1."""
        xs, ys = batch
        read = scan(self.cell, self._recurrent(params), xs[:, :, self.columns])
        out = self.dense(params, read.state[0])
        loss = squared_error(out.y + self._anchor(xs), ys)
        dh, of_read_out = out.back(loss.back())
        _, _, of_cell = read.back(None, (dh,))
        return loss.value, clip_grad_norm({**of_cell, **of_read_out}, 1.0)[0]

    def _anchor(self, xs: Array) -> Array:
        """What the read-out's numbers are counted from: (N, 1)."""
        week: Array = xs[:, -7:, 0].mean(axis=1, keepdims=True)
        return week if self.anchored else np.zeros_like(week)

    def _recurrent(self, params: Params) -> Grads:
        return {name: params[name] for name in self.cell.shapes}


def train(
    forecaster: Forecaster, days: Examples, seed: int, epochs: int, checkpoint: str | None = None
) -> Fit:
    """Train on the one part and watch the other; `best` of the result did best in validation."""
    rng = np.random.default_rng(seed)
    xs, ys, _ = days.validation
    return fit(
        forecaster.loss_and_grads,
        forecaster.init(rng),
        shuffled(32, *days.train[:2]),
        Adam(lr=0.003),
        epochs=epochs,
        rng=rng,
        evaluate=lambda params: {"validation": squared_error(forecaster(params, xs), ys).value},
        monitor="validation",
        checkpoint=checkpoint,
        progress=False,
    )


def weekly(errors: Array) -> Array:
    """The mean of each seven consecutive forecasts' absolute errors (N, horizon); a rest is left out."""
    weeks = len(errors) // 7
    means: Array = np.abs(errors[: weeks * 7]).reshape(weeks, -1).mean(axis=1)
    return means


def run(
    year: int,
    horizon: int,
    context: str,
    seed: int,
    anchored: bool = False,
    epochs: int = 60,
    hidden_size: int = 16,
) -> dict[str, Any]:
    """Train one forecaster and test it. All figures but `epoch`, that of the best validation, are in kW.

    validation  mean absolute error in the validation
    mae, rmse   mean absolute and root mean squared error of the test, one number for each step ahead
    weekly      mean absolute error of each seven consecutive forecasts of the test
    forecast    every forecast of the test, if it is for one day
    """
    if context not in CONTEXTS:
        raise ValueError(f"context must be one of {', '.join(CONTEXTS)}, got {context!r}")
    days = examples(year, horizon)
    forecaster = Forecaster(CONTEXTS[context], horizon, hidden_size, anchored)
    fitted = train(forecaster, days, seed, epochs)
    watched, tested = (
        days.scale.undo(forecaster(fitted.best, part.xs)) for part in (days.validation, days.test)
    )
    error = tested - days.scale.undo(days.test.ys)
    return {
        "epoch": int(np.argmin(fitted.history["validation"])) + 1,
        "validation": float(np.abs(watched - days.scale.undo(days.validation.ys)).mean()),
        "mae": np.abs(error).mean(axis=0).round(4).tolist(),
        "rmse": np.sqrt((error**2).mean(axis=0)).round(4).tolist(),
        "weekly": weekly(error).round(4).tolist(),
        **({"forecast": tested[:, 0].round(3).tolist()} if horizon == 1 else {}),
    }
