"""Checkers for the exercises on sequences of different length: masks, un-padding, reversing, counting.

A real step may hold zeros and a padded one anything, so only the lengths tell them apart.
"""

import numpy as np

from companion._arrays import Array
from companion.check import Exercise, Inputs

# make_mask(lengths, T) -> (N, T), true where a step is real


def _mask(lengths: Array, T: int, shift: int = 0) -> Array:
    real: Array = np.arange(T) < lengths[:, None] + shift
    return real


def _lengths_and_steps(rng: np.random.Generator) -> Inputs:
    # T is beyond the longest, so that the array's width and the longest length differ; N differs from both.
    return {"lengths": rng.permutation([2, 5, 1, 4]), "T": 7}


make_mask = Exercise(
    "make_mask",
    _mask,
    _lengths_and_steps,
    {
        "one step too many is real: with t from 0 the last real step is length - 1, so t < length, not <=.": (
            lambda lengths, T: _mask(lengths, T, 1)
        ),
        "one step too few is real: of `length` steps, t = 0 to length - 1, all are.": (
            lambda lengths, T: _mask(lengths, T, -1)
        ),
        "it is transposed, (T, N); the course puts the batch first, (N, T).": (
            lambda lengths, T: _mask(lengths, T).T
        ),
        "it is inverted: true where a step is padding; make it true where the step is real.": (
            lambda lengths, T: ~_mask(lengths, T)
        ),
        "the padding stands in front; the real steps are the first ones.": (
            lambda lengths, T: _mask(lengths, T)[:, ::-1]
        ),
        "it is only as wide as the longest length; the array has T steps.": (
            lambda lengths, T: _mask(lengths, lengths.max())
        ),
    },
)


# unpad(ys, lengths) -> list of N arrays (length, H)

_COUNT = 3


def _unpad(ys: Array, lengths: Array, shift: int = 0) -> list[Array]:
    return [y[: n + shift] for y, n in zip(ys, lengths, strict=True)]


def _padded(rng: np.random.Generator) -> Inputs:
    """Sequences with zeros behind them, and a row of zeros within one, as a real step may be."""
    lengths = rng.permutation([3, 5, 2])
    ys = rng.normal(size=(_COUNT, 7, 2)) * _mask(lengths, 7)[:, :, None]
    ys[lengths.argmax(), 1] = 0
    return {"ys": ys, "lengths": lengths}


unpad = Exercise(
    "unpad",
    _unpad,
    _padded,
    {
        "rows of zeros are thrown out wherever they stand; a real step may be zero too: go by the lengths.": (
            lambda ys, lengths: [y[y.any(axis=1)] for y in ys]
        ),
        "nothing is cut off: every sequence still has T steps.": lambda ys, lengths: list(ys),
        "each sequence keeps one step of padding: y[:n] has n steps, y[:n + 1] one more.": (
            lambda ys, lengths: _unpad(ys, lengths, 1)
        ),
        "each sequence misses its last real step: y[:n] ends before index n already.": (
            lambda ys, lengths: _unpad(ys, lengths, -1)
        ),
        "all are cut to the shortest length; each has its own.": (
            lambda ys, lengths: [y[: lengths.min()] for y in ys]
        ),
        "all are cut to the longest length; each has its own.": (
            lambda ys, lengths: [y[: lengths.max()] for y in ys]
        ),
        "the last steps are kept, y[-n:], as if the padding stood in front; keep the first, y[:n].": (
            lambda ys, lengths: [y[-n:] for y, n in zip(ys, lengths, strict=True)]
        ),
    },
    results=tuple(f"sequence {n}" for n in range(_COUNT)),
)


# reverse(xs, lengths) -> (N, T, D)


def _reverse(xs: Array, lengths: Array, shift: int = 0) -> Array:
    result = xs.copy()
    for row, x, n in zip(result, xs, lengths, strict=True):
        row[: n + shift] = x[: n + shift][::-1]
    return result


def _noisy(rng: np.random.Generator) -> Inputs:
    # Noise stands in the padding: whoever moves it moves numbers that can be seen.
    return {"xs": rng.normal(size=(4, 6, 3)), "lengths": rng.permutation([2, 5, 3, 4])}


reverse = Exercise(
    "reverse",
    _reverse,
    _noisy,
    {
        "the padding comes first: xs[:, ::-1] reverses all T steps; reverse the real ones only.": (
            lambda xs, lengths: xs[:, ::-1]
        ),
        "one step of padding is reversed with each sequence: x[:n] has n steps, x[:n + 1] one more.": (
            lambda xs, lengths: _reverse(xs, lengths, 1)
        ),
        "the last real step stays where it was: x[:n] ends before index n already.": (
            lambda xs, lengths: _reverse(xs, lengths, -1)
        ),
        "nothing is reversed.": lambda xs, lengths: xs,
        "xs[::-1] reverses the order of the sequences; time is the second axis.": (
            lambda xs, lengths: xs[::-1]
        ),
        "the numbers within each step are reversed; time is the second axis.": (
            lambda xs, lengths: xs[:, :, ::-1]
        ),
        "every sequence is reversed up to the longest length; each has its own.": (
            lambda xs, lengths: _reverse(xs, np.full_like(lengths, lengths.max()))
        ),
    },
)


# running(lengths) -> (longest length,), how many sequences are real at each step


def _running(lengths: Array, shift: int = 0) -> Array:
    count: Array = _mask(lengths, lengths.max(), shift).sum(axis=0)
    return count


running = Exercise(
    "running",
    _running,
    # Some end together, and there are as many sequences as steps, so that no shape tells rows from columns.
    lambda rng: {"lengths": rng.permutation([2, 6, 4, 4, 1, 6])},
    {
        "this counts one step too many: with t from 0 a sequence is real at step t if t < length, not <=.": (
            lambda lengths: _running(lengths, 1)
        ),
        "this counts one step too few: of `length` steps, t = 0 to length - 1, all are real.": (
            lambda lengths: _running(lengths, -1)
        ),
        "a last step is counted at which nothing is real; the longest sequence ends before it.": (
            lambda lengths: np.append(_running(lengths), 0)
        ),
        "these are the lengths: the mask is summed along its rows; sum down its columns.": (
            lambda lengths: lengths
        ),
        "these are the sequences that have ended; count those still running.": (
            lambda lengths: len(lengths) - _running(lengths)
        ),
        "these are the sequences that end at each step; count those still running.": (
            lambda lengths: np.bincount(lengths)[1:]
        ),
        "the steps are in the wrong order: at the first one all sequences are running.": (
            lambda lengths: _running(lengths)[::-1]
        ),
    },
)
