"""One household's electricity, the next day from the sixty before, by the nets of a forecast of share prices.

The split, the nets and the training are those of that program: the last 300 values are cut off for the test,
the rest runs from 0 to 1, two recurrent layers of 80 and 100 units have a dropout after each, and Adam works
for 50 epochs. The nets are Keras's. A day without a record is not marked.
"""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from companion import data
from companion._arrays import Array
from companion.experiments import electricity

WINDOW, TEST, EPOCHS, BATCH, RATE = 60, 300, 50, 64, 0.001
LAYERS = {"RNN": "SimpleRNN", "LSTM": "LSTM", "GRU": "GRU"}
SETTINGS = [{"cell": cell, "seed": seed} for seed in range(5) for cell in LAYERS]


class Days(NamedTuple):
    """What a net learns from and what it is tested on.

    train_xs, train_ys    (1080, 60, 1) and (1080, 1), on the scale that runs from 0 to 1 in training
    test_xs, test_ys      (240, 60, 1) and (240, 1), on the same scale
    scale                 scale.undo(ys) is in kW
    dates, recorded       (240,): the days to be forecast, and which of them have a record
    """

    train_xs: Array
    train_ys: Array
    test_xs: Array
    test_ys: Array
    scale: data.Scale
    dates: electricity.Days
    recorded: NDArray[np.bool_]


def examples() -> Days:
    """The household's days, cut in two; no window reaches from one part into the other."""
    dates, meters, recorded = electricity.whole_days()
    train, test = meters[:-TEST, 0], meters[-TEST:, 0]
    scale = data.Scale.min_max(train)
    of_train, of_test = (data.windows(scale.apply(part), WINDOW) for part in (train, test))
    first = WINDOW - TEST
    return Days(*of_train, *of_test, scale, dates[first:], recorded[first:])


def by_rule(days: Days) -> dict[str, Array]:
    """What simple rules forecast for the test, kW: the same as some days before, or their mean."""
    seen = days.scale.undo(days.test_xs[:, :, 0])
    return {"yesterday": seen[:, -1], "last week": seen[:, -7], "week's mean": seen[:, -7:].mean(axis=1)}


def model(cell: str) -> Any:
    """The net: two recurrent layers with dropout after each, and one number out."""
    import keras

    if cell not in LAYERS:
        raise ValueError(f"cell must be one of {', '.join(LAYERS)}, got {cell!r}")
    layer = getattr(keras.layers, LAYERS[cell])
    return keras.Sequential(
        [
            keras.Input((WINDOW, 1)),
            layer(80, return_sequences=True),
            keras.layers.Dropout(0.2),
            layer(100),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(1),
        ]
    )


def measures(forecast: Array, days: Days) -> dict[str, float]:
    """MSE in kW², RMSE and MAE in kW, over the test days that have a record."""
    error = (forecast - days.scale.undo(days.test_ys[:, 0]))[days.recorded]
    mse = float((error**2).mean())
    return {"mse": round(mse, 5), "rmse": round(mse**0.5, 4), "mae": round(float(np.abs(error).mean()), 4)}


def run(cell: str, seed: int, epochs: int = EPOCHS) -> dict[str, Any]:
    """Train one net and test it.

    mse, rmse, mae  of the test after the last epoch, in kW² and kW
    forecast        every forecast of the test, kW
    loss, test_loss mean squared error on the scale, epoch by epoch; the first with dropout, while learning
    numbers         how many numbers the net learns
    cpu_seconds     what the training took
    """
    import keras

    days = examples()
    keras.utils.set_random_seed(seed)
    net = model(cell)
    net.compile(keras.optimizers.Adam(RATE), "mse")
    started = time.process_time()
    fitted = net.fit(
        days.train_xs,
        days.train_ys,
        batch_size=BATCH,
        epochs=epochs,
        validation_data=(days.test_xs, days.test_ys),  # to be looked at: no choice is made by it
        verbose=0,
    )
    worked = time.process_time() - started
    forecast = days.scale.undo(net.predict(days.test_xs, verbose=0)[:, 0])
    return {
        **measures(forecast, days),
        "forecast": forecast.round(3).tolist(),
        "loss": np.round(fitted.history["loss"], 6).tolist(),
        "test_loss": np.round(fitted.history["val_loss"], 6).tolist(),
        "numbers": net.count_params(),
        "cpu_seconds": round(worked, 1),
    }
