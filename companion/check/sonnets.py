"""Checkers for the exercises of the chapter "Three cells on text and on electricity"."""

from collections.abc import Callable

import numpy as np

from companion._arrays import Array
from companion.check import Exercise, Inputs


def _total(nats: Array, counts: Array) -> float:
    return float((nats * counts).sum() / counts.sum())


bits_per_character = Exercise(
    name="bits_per_character",
    right=lambda nats, counts: _total(nats, counts) / np.log(2),
    draw=lambda rng: {"nats": rng.uniform(1.2, 2.5, 6), "counts": rng.integers(10, 60, 6)},
    mistakes={
        "this is still in nats; one bit is ln 2 = 0.693 nats, so divide by np.log(2).": _total,
        "the nats are multiplied by ln 2; a bit is the smaller unit, so there are more of them: divide.": (
            lambda nats, counts: _total(nats, counts) * np.log(2)
        ),
        "every chunk counts the same; the last one is shorter, so weigh each mean by its characters.": (
            lambda nats, counts: nats.mean() / np.log(2)
        ),
        "every chunk counts the same, whatever its length, and the result is still in nats.": (
            lambda nats, counts: nats.mean()
        ),
        "the logarithm of each chunk is taken; the nats are logarithms already, only their unit changes.": (
            lambda nats, counts: _total(np.log2(nats), counts)
        ),
        "this is the whole text's cost; divide by the number of its characters.": (
            lambda nats, counts: (nats * counts).sum() / np.log(2)
        ),
        "this is the perplexity, 2 to the power of the bits: among how many equal choices the net wavers.": (
            lambda nats, counts: np.exp(_total(nats, counts))
        ),
        "the nats are divided by ln 10; that would count decimal digits.": (
            lambda nats, counts: _total(nats, counts) / np.log(10)
        ),
    },
)


def _softmax(a: Array) -> Array:
    e = np.exp(a - a.max())
    p: Array = e / e.sum()
    return p


with_temperature = Exercise(
    name="with_temperature",
    right=lambda logits, temperature: _softmax(logits / temperature),
    draw=lambda rng: {
        "logits": rng.normal(scale=2.0, size=6),
        "temperature": float(rng.choice([0.4, 0.5, 1.6, 2.0])),
    },
    trials=6,
    mistakes={
        "the scores are multiplied by the temperature; divide, so that a high one makes them more alike.": (
            lambda logits, temperature: _softmax(logits * temperature)
        ),
        "the temperature changes nothing here.": lambda logits, temperature: _softmax(logits),
        "the probabilities are divided, and do not add up to one; divide the scores, before the softmax.": (
            lambda logits, temperature: _softmax(logits) / temperature
        ),
        "the probabilities, not the scores, go through a softmax; they are all between 0 and 1, so it makes "
        "them nearly alike.": lambda logits, temperature: _softmax(_softmax(logits) / temperature),
        "the powers of the probabilities do not add up to one; divide them by their sum.": (
            lambda logits, temperature: _softmax(logits) ** (1 / temperature)
        ),
        "these are scores; take the softmax of them.": lambda logits, temperature: logits / temperature,
    },
)


def _chunks(labels: Array, N: int, T: int, how: str = "") -> tuple[Array, Array]:
    """The right answer to `side_by_side`, and with `how` its mistakes."""
    length = (len(labels) - 1) // (N * T) * T
    inputs, following = labels[: N * length], labels[1 : N * length + 1]
    if how == "same":
        following = inputs
    if how == "in turn":
        return inputs.reshape(-1, N, T), following.reshape(-1, N, T)
    if how == "columns":
        cut = [a.reshape(length, N).T for a in (inputs, following)]
    else:
        cut = [a.reshape(N, length) for a in (inputs, following)]
    if how == "within":  # the last of a row gets the first of its own
        cut[1] = np.roll(cut[0], -1, axis=1)
    first, second = (a.reshape(N, -1, T) for a in cut)
    if how == "streams first":
        return first, second
    return first.swapaxes(0, 1), second.swapaxes(0, 1)


def _chunked(how: str) -> Callable[..., tuple[Array, Array]]:
    return lambda labels, N, T: _chunks(labels, N, T, how)


side_by_side = Exercise(
    name="side_by_side",
    right=_chunks,
    draw=lambda rng: {"labels": rng.permutation(100)[: int(rng.integers(77, 97))], "N": 3, "T": 5},
    results=("inputs", "targets"),
    mistakes={
        "each chunk holds neighbouring pieces of the text. The state that row 0 hands on then comes from far "
        "before its next piece; give each row one long stretch of the text, and cut that.": _chunked(
            "in turn"
        ),
        "the targets are the inputs; what follows stands one place later.": _chunked("same"),
        "the last target of a row is wrong: it is the text's next character, where the next row begins.": (
            _chunked("within")
        ),
        "a row takes every N-th character; it must be a piece of the text as it stands.": _chunked("columns"),
        "the streams come first; the first axis must count the chunks, in the order of reading.": (
            _chunked("streams first")
        ),
    },
)


def _scaled(series: Array, test: int, fitted_on: Array, low: float = 0.0) -> tuple[Array, Array]:
    """The series in two parts, on the scale on which `fitted_on` runs from `low` to 1."""
    smallest, largest = fitted_on.min(), fitted_on.max()
    scaled = low + (1 - low) * (series - smallest) / (largest - smallest)
    return scaled[:-test], scaled[-test:]


def _each_alone(series: Array, test: int) -> tuple[Array, Array]:
    train, rest = series[:-test], series[-test:]
    return _scaled(series, test, train)[0], _scaled(series, test, rest)[1]


def _draw_series(rng: np.random.Generator) -> Inputs:
    # One extreme of the series lies in the test, now this and now that: who looks there gives himself away.
    test = int(rng.integers(10, 20))
    series = np.cumsum(rng.normal(0.4, 1, 50)) + 20
    smallest, largest = rng.permutation([rng.integers(30), 50 - rng.integers(1, 10)])
    series[smallest], series[largest] = series.min() - 2, series.max() + 2
    return {"series": series, "test": test}


min_max = Exercise(
    name="min_max",
    right=lambda series, test: _scaled(series, test, series[:-test]),
    draw=_draw_series,
    results=("train", "test"),
    trials=6,
    mistakes={
        "smallest and largest value are those of all the series. The test's extremes leak into the training; "
        "take them from the training part.": lambda series, test: _scaled(series, test, series),
        "the smallest value is that of all the series, the range that of the training part; take both from "
        "the training part.": (
            lambda series, test: tuple(np.split((series - series.min()) / np.ptp(series[:-test]), [-test]))
        ),
        "each part has a scale of its own. The test must be scaled as the training was, or the net is shown "
        "other units than it learnt.": _each_alone,
        "the scale is fitted on the test, which nobody knows yet.": (
            lambda series, test: _scaled(series, test, series[-test:])
        ),
        "the test is cut off at 0 and 1; values beyond the training's range are news, and should stay.": (
            lambda series, test: tuple(np.clip(part, 0, 1) for part in _scaled(series, test, series[:-test]))
        ),
        "the training part runs from -1 to 1; it should run from 0 to 1.": (
            lambda series, test: _scaled(series, test, series[:-test], low=-1)
        ),
        "the smallest value is not subtracted; the training part must begin at 0.": (
            lambda series, test: (
                series[:-test] / series[:-test].max(),
                series[-test:] / series[:-test].max(),
            )
        ),
    },
)


Stepper = Callable[[Array, int], tuple[Array, Array]]


def _write(step: Stepper, state: Array, first: int, count: int, how: str = "") -> Array:
    """The right answer to `write_best`, and with `how` its mistakes."""
    written: list[int] = []
    label = first
    for _ in range(count + (how == "late")):
        scores, new = step(state, label)
        state = state if how == "forgets" else new
        written.append(int(np.argmin(scores) if how == "least" else np.argmax(scores)))
        label = first if how == "first again" else written[-1]
    if how == "with first":
        return np.array([first, *written])
    if how == "first counts":
        return np.array([first, *written[:-1]])
    return np.array(written[1:] if how == "late" else written)


def _draw_write(rng: np.random.Generator) -> Inputs:
    W, U, V = rng.normal(size=(7, 4)) * 2, rng.normal(size=(4, 4)), rng.normal(size=(4, 7)) * 2

    def step(state: Array, label: int) -> tuple[Array, Array]:
        new = np.tanh(W[label] + state @ U)
        return new @ V, new

    return {"step": step, "state": np.zeros(4), "first": int(rng.integers(7)), "count": 12}


def _writing(how: str) -> Callable[..., Array]:
    return lambda step, state, first, count: _write(step, state, first, count, how)


write_best = Exercise(
    name="write_best",
    right=_write,
    draw=_draw_write,
    trials=4,
    mistakes={
        "the state is not handed on; every character is read as if it were the first.": _writing("forgets"),
        "the first character is fed again and again; feed what the net has just written.": (
            _writing("first again")
        ),
        "the first character was given, not written: leave it out.": _writing("with first"),
        "the first character was given, not written; it stands in the place of the first that is.": (
            _writing("first counts")
        ),
        "the first character that the net writes is missing.": _writing("late"),
        "the least probable character is taken; take the one with the largest score.": _writing("least"),
    },
)
