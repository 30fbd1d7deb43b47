"""Checkers for the exercises of "Nine voices": padding, read-outs that obey lengths, and counting.

Where lengths matter the inputs hold numbers beyond them too, so that an answer which reads padding shows it.
"""

import numpy as np

from companion._arrays import Array
from companion.check import Exercise, Inputs
from companion.experiments.voices import confusion as right_confusion
from companion.experiments.voices import wilson as right_wilson

# pad(sequences) -> xs (N, T, D), lengths (N,)


def _pad(sequences: list[Array], front: bool = False) -> tuple[Array, Array]:
    lengths = np.array([len(s) for s in sequences])
    xs = np.zeros((len(sequences), lengths.max(), sequences[0].shape[1]))
    for x, s in zip(xs, sequences, strict=True):
        start = len(x) - len(s) if front else 0
        x[start : start + len(s)] = s
    return xs, lengths


def _repeated(sequences: list[Array]) -> tuple[Array, Array]:
    xs, lengths = _pad(sequences)
    return np.stack(
        [x[np.minimum(np.arange(len(x)), n - 1)] for x, n in zip(xs, lengths, strict=True)]
    ), lengths


def _cut(sequences: list[Array]) -> tuple[Array, Array]:
    shortest = min(len(s) for s in sequences)
    return np.stack([s[:shortest] for s in sequences]), np.array([len(s) for s in sequences])


def _ragged(rng: np.random.Generator) -> Inputs:
    lengths = rng.permutation([2, 5, 3, 4])
    return {"sequences": [rng.normal(size=(n, 3)) for n in lengths]}


pad = Exercise(
    "pad",
    _pad,
    _ragged,
    {
        "the lengths are all that of the padded array; keep how long each sequence was.": lambda sequences: (
            _pad(sequences)[0],
            np.full(len(sequences), max(map(len, sequences))),
        ),
        "the zeros stand in front; put them after the sequence.": lambda s: _pad(s, front=True),
        "the sequences are cut to the shortest; the longest decides T, and nothing is lost.": _cut,
        "the last frame is repeated to fill up; pad with zeros.": _repeated,
        "the result has time first, (T, N, D); the course puts the batch first.": lambda sequences: (
            _pad(sequences)[0].swapaxes(0, 1),
            _pad(sequences)[1],
        ),
    },
    results=("xs", "lengths"),
)


# last_state(hs, lengths) -> (N, H)


def _last_state(hs: Array, lengths: Array, shift: int = 1) -> Array:
    states: Array = hs[np.arange(len(hs)), lengths - shift]
    return states


def _states(rng: np.random.Generator) -> Inputs:
    # Every length stays below T, so that a state one step too late is still there to be taken.
    return {"hs": rng.normal(size=(4, 7, 3)), "lengths": rng.permutation([2, 6, 3, 5])}


last_state = Exercise(
    "last_state",
    _last_state,
    _states,
    {
        "it takes the last state of the padded array; take that of each sequence's own last step.": (
            lambda hs, lengths: hs[:, -1]
        ),
        "it takes the state one step too late: the last real step of length L has index L - 1.": (
            lambda hs, lengths: _last_state(hs, lengths, 0)
        ),
        "it takes the state one step too early: index L - 1 is the last real step, not the last but one.": (
            lambda hs, lengths: _last_state(hs, lengths, 2)
        ),
        "every sequence is read at the same step, that of the longest.": (
            lambda hs, lengths: hs[:, lengths.max() - 1]
        ),
        "hs[:, lengths - 1] takes all the steps of all sequences, (N, N, H): "
        "pair each row with its own step, hs[np.arange(N), lengths - 1].": (
            lambda hs, lengths: hs[:, lengths - 1]
        ),
        "the sequences are read at their first step.": lambda hs, lengths: hs[:, 0],
    },
)


# masked_mean(hs, lengths) -> (N, H)


def _masked_sum(hs: Array, lengths: Array) -> Array:
    live = np.arange(hs.shape[1]) < lengths[:, None]
    total: Array = np.where(live[:, :, None], hs, 0).sum(axis=1)
    return total


masked_mean = Exercise(
    "masked_mean",
    lambda hs, lengths: _masked_sum(hs, lengths) / lengths[:, None],
    _states,
    {
        "it divides by T; divide by the number of real steps.": (
            lambda hs, lengths: _masked_sum(hs, lengths) / hs.shape[1]
        ),
        "it averages over all steps, the padding included.": lambda hs, lengths: hs.mean(axis=1),
        "this is the sum of the real states; divide it by their number.": _masked_sum,
        "one step too many is counted: the mask is t < length, with t from 0.": (
            lambda hs, lengths: _masked_sum(hs, lengths + 1) / (lengths + 1)[:, None]
        ),
        "it sums the padding too, though it divides by the lengths.": (
            lambda hs, lengths: hs.sum(axis=1) / lengths[:, None]
        ),
        "every sequence is divided by the longest length; each has its own.": (
            lambda hs, lengths: _masked_sum(hs, lengths) / lengths.max()
        ),
    },
)


# confusion(truth, answers, K) -> (K, K)


def _once(truth: Array, answers: Array, K: int) -> Array:
    counts = np.zeros((K, K))
    counts[truth, answers] += 1
    return counts


def _labels(rng: np.random.Generator) -> Inputs:
    # A pair stands twice at least, every class occurs, and confusions go one way more often than the other.
    truth = np.concatenate([np.arange(4), rng.integers(0, 4, 20), [1, 1, 1]])
    answers = np.concatenate([np.arange(4), rng.integers(0, 4, 20), [2, 2, 2]])
    return {"truth": truth, "answers": answers, "K": 4}


confusion = Exercise(
    "confusion",
    right_confusion,
    _labels,
    {
        "it is transposed: rows are for the truth, columns for the answers.": (
            lambda truth, answers, K: right_confusion(answers, truth, K)
        ),
        "repeated pairs are counted once: counts[truth, answers] += 1 adds only one to an index "
        "that occurs often; np.add.at adds them all.": _once,
        "the rows are divided by their sums; counts are asked for.": lambda truth, answers, K: (
            right_confusion(truth, answers, K) / right_confusion(truth, answers, K).sum(axis=1, keepdims=True)
        ),
        "only the right answers are counted, on the diagonal.": lambda truth, answers, K: np.diag(
            np.diag(right_confusion(truth, answers, K))
        ),
    },
)


# wilson(right, total) -> (low, high)


def _around(p: float, half: float) -> tuple[float, float]:
    return p - half, p + half


def _wilson_with(right: int, total: int, *, scaled: bool = True, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval with another z, or without the division by 1 + z^2/n."""
    p = right / total
    centre = p + z**2 / (2 * total)
    half = z * np.sqrt(p * (1 - p) / total + z**2 / (4 * total**2))
    shrink = 1 + z**2 / total if scaled else 1.0
    return _around(centre / shrink, half / shrink)


def _simple(right: int, total: int) -> tuple[float, float]:
    p = right / total
    return _around(p, 1.96 * np.sqrt(p * (1 - p) / total))


wilson = Exercise(
    "wilson",
    right_wilson,
    lambda rng: {"right": int(rng.integers(30, 39)), "total": 40},
    {
        "this is the simple interval p ± 1.96 sqrt(p (1 - p) / n); near 1 it is too narrow and can pass 1.": (
            _simple
        ),
        "the division by 1 + z²/n is missing.": lambda right, total: _wilson_with(right, total, scaled=False),
        "z is 1; for 95 % it is 1.96.": lambda right, total: _wilson_with(right, total, z=1.0),
        "these are percentages; give shares from 0 to 1.": lambda right, total: tuple(
            100 * end for end in right_wilson(right, total)
        ),
        "the ends are swapped: low comes first.": lambda right, total: right_wilson(right, total)[::-1],
    },
    results=("low", "high"),
)
