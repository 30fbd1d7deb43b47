"""Checkers for the exercises of "Three cells on MNIST": to count, to compare, to choose, to read in order."""

import numpy as np

from companion._arrays import Array
from companion.check import Exercise, Inputs

# totals(D, H, K) -> the totals of the nets with SimpleRNN, LSTM and GRU cells, as Keras counts them


def _totals(
    D: int,
    H: int,
    K: int,
    *,
    bias: int = 1,
    second_bias: int = 1,
    norm: int = 4,
    read_out: bool = True,
    blocks: tuple[int, int, int] = (1, 4, 3),
) -> tuple[int, ...]:
    one = D * H + H * H + bias * H
    rest = norm * H + (H * K + K if read_out else 0)
    extra = (0, 0, 3 * H * second_bias)
    return tuple(b * one + more + rest for b, more in zip(blocks, extra, strict=True))


totals = Exercise(
    "totals",
    _totals,
    lambda rng: {"D": int(rng.integers(20, 30)), "H": int(rng.integers(40, 60)), "K": 10},
    {
        "the GRU lacks 3 H: Keras's GRU has a second bias for each of its three blocks.": lambda D, H, K: (
            _totals(D, H, K, second_bias=0)
        ),
        "the batch normalisation lacks 2 H: the running means and variances are counted too, "
        "though no gradient moves them.": lambda D, H, K: _totals(D, H, K, norm=2),
        "the batch normalisation is missing: 4 H numbers.": lambda D, H, K: _totals(D, H, K, norm=0),
        "these are the recurrent layers alone; add the batch normalisation and the read-out.": (
            lambda D, H, K: _totals(D, H, K, norm=0, read_out=False)
        ),
        "the read-out is missing: H K weights and K biases.": lambda D, H, K: _totals(
            D, H, K, read_out=False
        ),
        "the recurrent layers have no bias; each of their blocks has H.": lambda D, H, K: _totals(
            D, H, K, bias=0
        ),
        "the LSTM is counted with three blocks: besides its three gates it has the candidate g.": (
            lambda D, H, K: _totals(D, H, K, blocks=(1, 3, 3))
        ),
        "the GRU is counted with two blocks: besides its two gates it has the candidate n.": (
            lambda D, H, K: (
                *_totals(D, H, K)[:2],
                _totals(D, H, K, blocks=(1, 4, 2), second_bias=0)[2] + 2 * H,
            )
        ),
    },
    results=("simple", "lstm", "gru"),
)


# paired(a, b, t) -> low, high: the interval of the mean difference of runs that share their seeds


def _around(values: Array, t: float, *, ddof: int = 1, root: bool = True) -> tuple[float, float]:
    half = t * values.std(ddof=ddof) / (np.sqrt(len(values)) if root else 1)
    return float(values.mean() - half), float(values.mean() + half)


def _unpaired(a: Array, b: Array, t: float) -> tuple[float, float]:
    half = t * np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / len(a))
    middle = a.mean() - b.mean()
    return float(middle - half), float(middle + half)


def _pairs(rng: np.random.Generator) -> Inputs:
    # What the seed does to both is larger than the difference, so that pairing shows.
    seed = rng.normal(0.9, 0.03, 6)
    return {"a": seed + rng.normal(0.01, 0.004, 6), "b": seed, "t": 2.571}


paired = Exercise(
    "paired",
    lambda a, b, t: _around(a - b, t),
    _pairs,
    {
        "the runs are not paired: take the differences first, then their mean and deviation.": _unpaired,
        "the sign is turned round: a - b is asked for.": lambda a, b, t: _around(b - a, t),
        "the deviation is not divided by the square root of the number of runs: "
        "this says where single runs lie, not their mean.": lambda a, b, t: _around(a - b, t, root=False),
        "the standard deviation divides by n; for a sample it is n - 1, ddof=1.": (
            lambda a, b, t: _around(a - b, t, ddof=0)
        ),
        "1.96 is for many runs; for few take the t that is given.": lambda a, b, t: _around(a - b, 1.96),
    },
    results=("low", "high"),
)


# rows_in_own_order(images, orders) -> (N, T, D)


def _own_order(images: Array, orders: Array) -> Array:
    rows: Array = np.take_along_axis(images, orders[:, :, None], axis=1)
    return rows


def _pictures(rng: np.random.Generator) -> Inputs:
    # Square pictures, as many as rows: an answer that mixes up the axes has the right shape.
    orders = rng.permuted(np.tile(np.arange(5), (5, 1)), axis=1)
    return {"images": rng.normal(size=(5, 5, 5)), "orders": orders}


own_order = Exercise(
    "own_order",
    _own_order,
    _pictures,
    {
        "every picture gets the order of the first; each has its own.": lambda images, orders: images[
            :, orders[0]
        ],
        "images[:, orders] gives every picture all the orders, (N, N, T, D); "
        "pair each picture with its own.": (lambda images, orders: images[:, orders]),
        "the columns are put in order, not the rows: time is axis 1.": lambda images, orders: (
            np.take_along_axis(images, orders[:, None, :], axis=2)
        ),
        "this is the way back: row orders[n, t] of the picture belongs at step t, "
        "not row t at step orders[n, t].": (
            lambda images, orders: _own_order(images, np.argsort(orders, axis=1))
        ),
        "the pictures change places, not their rows.": lambda images, orders: images[orders[0]],
    },
)


# choose(validation, test) -> honest, flattering: mean test accuracy at the epochs chosen by either


def _chosen(by: Array, test: Array) -> float:
    return float(test[np.arange(len(test)), by.argmax(axis=1)].mean())


def _curves(rng: np.random.Generator) -> Inputs:
    # Up and down again, so that the best epoch is not the last.
    rise = 0.98 - 0.01 * np.abs(np.arange(8) - 4)
    return {name: rise + rng.normal(0, 0.02, (4, 8)) for name in ("validation", "test")}


choose = Exercise(
    "choose",
    lambda validation, test: (_chosen(validation, test), float(test.max(axis=1).mean())),
    _curves,
    {
        "the honest figure chooses by the test accuracy; choose by the validation, and report the test.": (
            lambda validation, test: (float(test.max(axis=1).mean()), float(test.max(axis=1).mean()))
        ),
        "the honest figure is the validation accuracy itself; report the test accuracy at that epoch.": (
            lambda validation, test: (float(validation.max(axis=1).mean()), float(test.max(axis=1).mean()))
        ),
        "one epoch is chosen for all runs; each run has its own best.": lambda validation, test: (
            float(test[:, validation.mean(axis=0).argmax()].mean()),
            float(test.mean(axis=0).max()),
        ),
        "the last epoch is no choice; take the one with the highest validation accuracy.": (
            lambda validation, test: (float(test[:, -1].mean()), float(test.max(axis=1).mean()))
        ),
        "the two figures are swapped: the honest one comes first.": lambda validation, test: (
            float(test.max(axis=1).mean()),
            _chosen(validation, test),
        ),
        "the lowest accuracy is chosen; the highest is the best.": lambda validation, test: (
            _chosen(-validation, test),
            float(test.max(axis=1).mean()),
        ),
    },
    results=("honest", "flattering"),
)


# balanced(truth, answers, K) -> the mean of the shares of right answers, class by class


def _recalls(truth: Array, answers: Array, K: int) -> Array:
    return np.array([np.mean(answers[truth == k] == k) for k in range(K)])


def _answered(rng: np.random.Generator) -> Inputs:
    truth = np.concatenate([np.arange(4), rng.choice(4, 36, p=[0.5, 0.3, 0.15, 0.05])])
    answers = np.where(rng.random(40) < 0.7, truth, rng.integers(0, 4, 40))
    answers[:4] = np.arange(4)
    return {"truth": truth, "answers": answers, "K": 4}


balanced = Exercise(
    "balanced",
    lambda truth, answers, K: float(_recalls(truth, answers, K).mean()),
    _answered,
    {
        "this is the plain accuracy, in which frequent classes count more; average over the classes.": (
            lambda truth, answers, K: float(np.mean(truth == answers))
        ),
        "it divides by how often a class was answered (its precision); "
        "divide by how often it was the truth.": (
            lambda truth, answers, K: float(_recalls(answers, truth, K).mean())
        ),
        "these are the shares of all classes; take their mean.": _recalls,
        "this is the worst class; the mean over the classes is asked for.": (
            lambda truth, answers, K: float(_recalls(truth, answers, K).min())
        ),
    },
)
