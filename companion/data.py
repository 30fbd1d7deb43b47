"""The course's data: two toy sets made by rule, one household's electricity, nine voices, digits, sonnets.

What chapters load is checked, never guessed: a shipped file is compared with its sha256 whenever it is read;
an unknown letter or a value that is not finite is refused. Nothing here asks the network or unpickles.
"""

from __future__ import annotations

import io
import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from companion._arrays import Array, expect_floats, expect_integers, expect_size
from companion._shipped import SHA256 as SHA256
from companion._shipped import DataError as DataError
from companion._shipped import MissingDataError as MissingDataError
from companion._shipped import read

if TYPE_CHECKING:
    import pandas as pd

Float64 = NDArray[np.float64]

COLUMNS = {
    "n_minutes": "minutes of the record present in this hour, day or month",
    "Global_active_power": "mean active power of the whole house, kW",
    "Global_reactive_power": "mean reactive power of the whole house, kW (strictly, kvar)",
    "Voltage": "mean voltage, V",
    "Global_intensity": "mean current of the whole house, A",
    "Sub_metering_1": "kitchen, Wh a minute (1 Wh a minute is 0.06 kW)",
    "Sub_metering_2": "laundry, with a refrigerator and a light, Wh a minute",
    "Sub_metering_3": "water heater and air conditioner, Wh a minute",
}


def household_power(every: Literal["month", "day", "hour"] = "month") -> pd.DataFrame:
    """The electricity of one household near Paris, 16 December 2006 to 26 November 2010.

    One row for each of 48 months, 1,442 days or 34,589 hours, in order and without gaps, indexed by the time
    at which it begins; the first and the last are incomplete. The columns are those of `COLUMNS`: means over
    the minutes that are present, and `n_minutes`, how many these are. Of 2,075,259 minutes 25,979 are
    missing: 421 hours and 9 days hold none, so their `n_minutes` is 0 and their means are NaN. Nothing is
    filled in.

    Source: Hebrail and Berard, Individual Household Electric Power Consumption, UCI (CC BY 4.0).
    """
    files = {
        "month": "household_power_monthly.csv",
        "day": "household_power_daily.csv",
        "hour": "household_power_hourly.csv.gz",
    }
    if every not in files:
        raise ValueError(f"every must be one of {', '.join(files)}, got {every!r}")
    import pandas as pd

    name = files[every]
    return pd.read_csv(
        io.BytesIO(read(name)),
        compression="gzip" if name.endswith(".gz") else None,
        parse_dates=["time"],
        index_col="time",
    )


class Utterances(NamedTuple):
    """A set of utterances, padded to one length.

    xs       (N, 29, 12): twelve LPC cepstrum coefficients a frame, float64; zero beyond an utterance's length
    lengths  (N,): how many frames are real, 7 to 29
    labels   (N,): who spoke, 0 to 8
    """

    xs: Float64
    lengths: NDArray[np.intp]
    labels: NDArray[np.intp]


def japanese_vowels() -> tuple[Utterances, Utterances]:
    """Nine men saying the vowels /ae/: (train, test), of 270 utterances, 30 of each man, and 370, 24 to 88.

    The longest training utterance has 26 frames, but both sets are padded to 29. The test set was recorded
    on other occasions. Source: Kudo, Toyama and Shimbo, Japanese Vowels, UCI (CC BY 4.0).
    """
    with np.load(io.BytesIO(read("JapaneseVowels.npz")), allow_pickle=False) as stored:
        longest = max(int(stored[f"len_{part}"].max()) for part in ("train", "test"))
        train, test = (_padded(stored, part, longest) for part in ("train", "test"))
    return train, test


def _padded(stored: Mapping[str, Array], part: str, T: int) -> Utterances:
    """One part of the stored file, whose frames stand one utterance after another."""
    lengths = stored[f"len_{part}"].astype(np.intp)
    frames = stored[f"x_{part}"].astype(np.float64).round(6)  # float32 holds the six published decimals
    xs = np.zeros((len(lengths), T, frames.shape[1]))
    xs[np.arange(T) < lengths[:, None]] = frames
    return Utterances(xs, lengths, stored[f"y_{part}"].astype(np.intp))


def mnist() -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """MNIST: pictures of handwritten digits as ((images, labels), (images, labels)), train and test.

    The images are uint8 of shape (60000, 28, 28) and (10000, 28, 28), from 0, the paper, to 255, full ink;
    the labels 0..9 are uint8 of shape (60000,) and (10000,). The test digits were written by other people.

    Source: LeCun and Cortes (CC BY-SA 3.0).
    """
    with np.load(io.BytesIO(read("mnist.npz")), allow_pickle=False) as stored:
        train, test = ((stored[f"x_{part}"], stored[f"y_{part}"]) for part in ("train", "test"))
    return train, test


def sonnets() -> tuple[str, ...]:
    """Shakespeare's 154 sonnets in their order, each as its lines, without its number.

    A sonnet has 14 lines, but the 99th has 15 and the 126th 12. Spelling is modern, the last lines stand
    further in, and the characters are 61 of ASCII. Source: Project Gutenberg (public domain).
    """
    _, *poems = re.split(r"\n+[IVXLC]+\n\n", read("sonnets.txt").decode("ascii"))
    return tuple(poem.strip() for poem in poems)


def toy_series(start: int = 10, stop: int = 100, step: int = 10, window: int = 3) -> tuple[Float64, Float64]:
    """The series start, start + step, ..., stop, cut into rows of `window` values and the value that follows.

    Returns xs (N, window, 1) and ys (N, 1), in the order of the series. The defaults, source 001's, give
    seven rows, [10, 20, 30] -> 40 to [70, 80, 90] -> 100: `split(xs, ys)` keeps the last for the test.
    """
    start, stop, step = map(operator.index, (start, stop, step))  # Python's, which never overflow
    if step == 0 or (stop - start) % step or (stop - start) // step < 0:
        raise ValueError(f"step must lead from {start} to {stop} in whole steps, got {step}")
    return windows(np.arange(start, stop + step, step), window)


def windows(series: ArrayLike, window: int, horizon: int = 1, target: int = 0) -> tuple[Float64, Float64]:
    """Every run of `window` steps of a series, with the `horizon` values that follow it.

    `series` (T,) or (T, D), integers or floats, becomes xs (N, window, D) and ys (N, horizon), float64, in
    order, with N = T - window - horizon + 1, and D = 1 for (T,). `ys` holds column `target` of the series.
    """
    values = _numbers("series", series)
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2 or 0 in values.shape[1:]:
        raise ValueError(f"series must have shape (T,) or (T, D), got {np.shape(series)}")
    steps, features = values.shape
    needed = expect_size("window", window) + expect_size("horizon", horizon)
    if steps < needed:
        raise ValueError(
            f"series must have at least {needed} steps for window {window} and horizon {horizon}, got {steps}"
        )
    column = int(expect_integers("target", target, 0, features - 1))
    starts = np.arange(steps - needed + 1)[:, None]
    return values[starts + np.arange(window)], values[starts + window + np.arange(horizon), column]


def split(xs: Array, ys: Array, test: int = 1) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """The first rows to train on and the last `test` rows to test on: ((xs, ys), (xs, ys)), not shuffled."""
    if len(xs) != len(ys):
        raise ValueError(f"xs and ys must have equally many rows, got {len(xs)} and {len(ys)}")
    if expect_size("test", test) >= len(xs):
        raise ValueError(f"test must leave at least one of {len(xs)} rows to train on, got {test}")
    return (xs[:-test], ys[:-test]), (xs[-test:], ys[-test:])


@dataclass(frozen=True, eq=False)
class Scale:
    """A change of units, feature by feature: apply(x) = (x - shift) / size, and undo is its inverse.

    Fit it on training data only, (T,) or (..., D), where all axes but the last are pooled: `shift` and `size`
    have shape (D,). It then serves for every array whose last axis is D, and where D = 1 for every array.
    """

    shift: Float64
    size: Float64

    @classmethod
    def min_max(cls, train: ArrayLike) -> Self:
        """The scale on which the training data runs from 0 to 1."""
        rows = _rows(train)
        return cls(rows.min(axis=0), np.ptp(rows, axis=0))

    @classmethod
    def standard(cls, train: ArrayLike) -> Self:
        """The scale on which the training data has mean 0 and standard deviation 1."""
        rows = _rows(train)
        return cls(rows.mean(axis=0), rows.std(axis=0))

    def apply(self, values: ArrayLike) -> Float64:
        """`values` in the new units."""
        return (self._fitting(values) - self.shift) / self.size

    def undo(self, values: ArrayLike) -> Float64:
        """`values` back in the old units."""
        return self._fitting(values) * self.size + self.shift

    def _fitting(self, values: ArrayLike) -> Float64:
        array = _numbers("values", values)
        features = len(self.shift)
        if features > 1 and (array.ndim == 0 or array.shape[-1] != features):
            raise ValueError(f"values must have shape (..., {features}), got {array.shape}")
        return array


def letters(alphabet: str = "abcde", window: int = 1) -> tuple[Float64, NDArray[np.intp]]:
    """The cycle of source 002: after each letter comes the next of the alphabet, after the last the first.

    Returns xs (K, window, K), one-hot, and labels (K,), for an alphabet of K letters: by default a -> b, ...,
    e -> a; with `window=4` abcd -> e, bcde -> a, ..., eabc -> d.
    """
    K, length = len(_distinct(alphabet)), expect_size("window", window)
    steps = (np.arange(K)[:, None] + np.arange(length + 1)) % K
    return np.eye(K)[steps[:, :-1]], steps[:, -1]


def to_labels(text: str, alphabet: str = "abcde") -> NDArray[np.intp]:
    """The place of each letter in the alphabet, (T,); ValueError for a letter that is not in it."""
    places = {letter: place for place, letter in enumerate(_distinct(alphabet))}
    if not isinstance(text, str):
        raise TypeError(f"text must be a string, got {type(text).__name__}")
    if not text:
        raise ValueError("text must hold at least one letter, got ''")
    for position, letter in enumerate(text):
        if letter not in places:
            raise ValueError(
                f"unknown letter {letter!r} at position {position}: the alphabet is {alphabet!r}"
            )
    return np.array([places[letter] for letter in text], dtype=np.intp)


def one_hot(text: str, alphabet: str = "abcde") -> Float64:
    """A text as rows of zeros with a single one, (T, K); ValueError for an unknown letter."""
    return np.eye(len(alphabet))[to_labels(text, alphabet)]


def decode(output: ArrayLike, alphabet: str = "abcde") -> str:
    """The text of labels (T,), or of rows of scores (T, K), in each of which the largest decides."""
    K = len(_distinct(alphabet))
    array = np.asarray(output)
    if array.ndim == 2 and array.shape[1] == K:
        array = _numbers("output", array).argmax(axis=1)
    if array.ndim != 1:
        raise ValueError(f"output must have shape (T,) or (T, {K}), got {array.shape}")
    return "".join(alphabet[label] for label in expect_integers("output", array, 0, K - 1))


def _numbers(name: str, value: ArrayLike) -> Float64:
    """`value` as float64, or an error unless it holds integers or floats, all of them finite."""
    array = np.asarray(value)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be integers or floats, got {array.dtype}")
    array = array.astype(np.float64)
    expect_floats(name, array)
    return array


def _rows(train: ArrayLike) -> Float64:
    """Training data (T,) or (..., D) as rows (M, D), or ValueError where a feature never varies."""
    array = _numbers("train", train)
    if array.size == 0 or array.ndim == 0:
        raise ValueError(f"train must have shape (T,) or (..., D) and hold values, got {array.shape}")
    rows = array.reshape(-1, array.shape[-1] if array.ndim > 1 else 1)
    constant = np.flatnonzero(np.ptp(rows, axis=0) == 0)
    if constant.size:
        feature = constant[0]
        raise ValueError(
            f"train must vary in every feature, got {rows[0, feature]} throughout feature {feature}"
        )
    return rows


def _distinct(alphabet: str) -> str:
    """The alphabet, or ValueError unless it holds at least two letters, each once."""
    if len(alphabet) < 2 or len(set(alphabet)) < len(alphabet):
        raise ValueError(f"alphabet must hold two or more letters, each once, got {alphabet!r}")
    return alphabet
