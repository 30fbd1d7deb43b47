"""Nine speakers told apart by recurrent networks in NumPy, PyTorch and Keras: the chapter "Nine voices".

With `validate` a run holds back six training utterances of each speaker and reports, after every epoch, how
the network does on these; it does not look at the test set. Without it a run trains on all 270 utterances for
a given number of epochs and reports what the network answers to the 370 of the test set.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from companion import data
from companion._arrays import Array, Grads, Params
from companion.cells import RNN
from companion.data import Utterances
from companion.layers import Dense, softmax_cross_entropy
from companion.optim import Adam, clip_grad_norm
from companion.scan import scan
from companion.train import fit, shuffled

SPEAKERS, COEFFICIENTS = 9, 12
HELD_BACK, BATCH, MAX_NORM = 6, 27, 1.0

Predict = Callable[[Utterances], Array]
"""From utterances to the scores of the nine speakers, (N, 9)."""


@dataclass(frozen=True)
class Net:
    """A simple recurrent network that answers once for each utterance.

    read  "last": the read-out sees the last state; "mean": it sees the mean of the states.
    mask  whether lengths are obeyed; without it padding is read as if it were speech.
    """

    hidden_size: int
    read: str = "last"
    mask: bool = True

    def __post_init__(self) -> None:
        if self.read not in ("last", "mean"):
            raise ValueError(f"read must be last or mean, got {self.read!r}")

    @property
    def layers(self) -> tuple[RNN, Dense]:
        return RNN(COEFFICIENTS, self.hidden_size), Dense(self.hidden_size, SPEAKERS)

    def init(self, rng: np.random.Generator) -> Grads:
        """Random weights for the cell and the read-out."""
        cell, dense = self.layers
        return {**cell.init(rng), **dense.init(rng)}

    def scores(self, params: Params, xs: Array, lengths: Array) -> tuple[Array, Callable[[Array], Grads]]:
        """The scores (N, 9), and back(dscores) -> gradients."""
        cell, dense = self.layers
        N, T, _ = xs.shape
        lengths = lengths if self.mask else np.full(N, T)
        run = scan(cell, {name: params[name] for name in cell.shapes}, xs, lengths=lengths)
        # Beyond a sequence's length the outputs are zero, so their sum is that of the real states.
        h = run.state[0] if self.read == "last" else run.ys.sum(axis=1) / lengths[:, None]
        out = dense(params, h)

        def back(dscores: Array) -> Grads:
            dh, of_read_out = out.back(dscores)
            if self.read == "last":
                return {**run.back(None, (dh,))[2], **of_read_out}
            dys = np.broadcast_to((dh / lengths[:, None])[:, None], run.ys.shape)
            return {**run.back(dys)[2], **of_read_out}

        return out.y, back

    def loss_and_grads(self, params: Params, batch: tuple[Array, ...]) -> tuple[float, Grads]:
        """The mean cross-entropy of a batch (xs, lengths, labels) and its clipped gradients."""
        xs, lengths, labels = batch
        scores, back = self.scores(params, xs, lengths)
        loss = softmax_cross_entropy(scores, labels)
        grads, _ = clip_grad_norm(back(loss.back()), MAX_NORM)
        return loss.value, grads


def held_back(labels: Array, rng: np.random.Generator) -> Array:
    """A mask (N,), true for the utterances kept for validation: equally many of each speaker."""
    mask = np.zeros(len(labels), bool)
    for speaker in range(SPEAKERS):
        mask[rng.choice(np.flatnonzero(labels == speaker), HELD_BACK, replace=False)] = True
    return mask


def pick(utterances: Utterances, rows: Array) -> Utterances:
    """The utterances of these rows."""
    return Utterances(utterances.xs[rows], utterances.lengths[rows], utterances.labels[rows])


def standardised(train: Utterances, *others: Utterances) -> list[Utterances]:
    """All sets, with each coefficient at mean 0 and deviation 1 over the training frames; padding stays 0."""
    scale = data.Scale.standard(train.xs[real(train)])
    return [u._replace(xs=np.where(real(u)[..., None], scale.apply(u.xs), 0)) for u in (train, *others)]


def real(utterances: Utterances) -> Array:
    """(N, T), true where a frame is speech and not padding."""
    mask: Array = np.arange(utterances.xs.shape[1]) < utterances.lengths[:, None]
    return mask


def last_frames(utterances: Utterances, count: int) -> Utterances:
    """Only the last `count` real frames of each utterance, or all where there are fewer."""
    lengths = np.minimum(utterances.lengths, count)
    steps = (utterances.lengths - lengths)[:, None] + np.arange(count)
    steps = np.minimum(steps, utterances.xs.shape[1] - 1)
    xs = np.take_along_axis(utterances.xs, steps[:, :, None], axis=1)
    return Utterances(xs, lengths, utterances.labels)


def dtw_distances(some: Utterances, others: Utterances) -> Array:
    """The cost of the best alignment in time (dynamic time warping) of every pair, (N, M).

    The cost of a pair of frames is their squared Euclidean distance; an alignment starts at both first
    frames, ends at both last, and moves on by one frame in one of the two or in both.
    """
    N, M, T = len(some.xs), len(others.xs), others.xs.shape[1]
    result = np.full((N, M), np.inf)
    before = np.full((T + 1, N, M), np.inf)
    before[0] = 0
    for i in range(some.xs.shape[1]):
        now = np.full_like(before, np.inf)
        for j in range(T):
            cost = _squared_distances(some.xs[:, i], others.xs[:, j])
            now[j + 1] = cost + np.minimum(np.minimum(now[j], before[j + 1]), before[j])
            ends = (some.lengths == i + 1)[:, None] & (others.lengths == j + 1)
            result[ends] = now[j + 1][ends]
        before = now
    return result


def _squared_distances(a: Array, b: Array) -> Array:
    return np.maximum((a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T, 0)  # type: ignore[no-any-return]


def confusion(truth: Array, answers: Array, K: int = SPEAKERS) -> Array:
    """How often class r was answered c, at row r, column c: (K, K) integers."""
    counts = np.zeros((K, K), dtype=np.intp)
    np.add.at(counts, (truth, answers), 1)
    return counts


def wilson(right: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval for a share of which `right` of `total` were seen; z = 1.96 stands for 95 %."""
    p, extra = right / total, z**2 / total
    centre = (p + extra / 2) / (1 + extra)
    half = z * np.sqrt(p * (1 - p) / total + extra / (4 * total)) / (1 + extra)
    return float(centre - half), float(centre + half)


def _numpy(
    net: Net, train: Utterances, lr: float, epochs: int, rng: np.random.Generator, evaluate: Any = None
) -> tuple[Grads, dict[str, list[float]]]:
    batches = shuffled(BATCH, *train)
    done = fit(
        net.loss_and_grads,
        net.init(rng),
        batches,
        Adam(lr=lr),
        epochs=epochs,
        rng=rng,
        evaluate=evaluate,
        progress=False,
    )
    return done.params, done.history


def _torch(net: Net, train: Utterances, lr: float, epochs: int, rng: np.random.Generator) -> Predict:
    """The same network and training in PyTorch: packed sequences, and PyTorch's own initial weights."""
    import torch

    torch.manual_seed(int(rng.integers(2**31)))
    rnn = torch.nn.RNN(COEFFICIENTS, net.hidden_size, batch_first=True).double()
    linear = torch.nn.Linear(net.hidden_size, SPEAKERS).double()
    weights = [*rnn.parameters(), *linear.parameters()]
    optimizer = torch.optim.Adam(weights, lr=lr)

    def scores(xs: Array, lengths: Array) -> Any:
        packed = torch.nn.utils.rnn.pack_padded_sequence(
            torch.tensor(xs), torch.tensor(lengths), batch_first=True, enforce_sorted=False
        )
        return linear(rnn(packed)[1][0])

    for _ in range(epochs):
        for xs, lengths, labels in shuffled(BATCH, *train)(rng):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(scores(xs, lengths), torch.tensor(labels)).backward()
            torch.nn.utils.clip_grad_norm_(weights, MAX_NORM)
            optimizer.step()
    return lambda u: scores(u.xs, u.lengths).detach().numpy()


def _keras(net: Net, train: Utterances, lr: float, epochs: int, rng: np.random.Generator) -> Predict:
    """The same network and training with Keras: a `Masking` layer, and Keras's own initial weights."""
    import keras

    keras.utils.set_random_seed(int(rng.integers(2**31)))
    model = keras.Sequential(
        [
            keras.layers.Input((None, COEFFICIENTS)),
            keras.layers.Masking(0.0),
            keras.layers.SimpleRNN(net.hidden_size),
            keras.layers.Dense(SPEAKERS),
        ]
    )
    model.compile(
        keras.optimizers.Adam(lr, global_clipnorm=MAX_NORM),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    model.fit(train.xs, train.labels, batch_size=BATCH, epochs=epochs, verbose=0)
    return lambda u: model.predict(u.xs, batch_size=len(u.xs), verbose=0)


def run(
    library: str = "numpy",
    read: str = "last",
    mask: bool = True,
    hidden_size: int = 64,
    lr: float = 0.01,
    epochs: int = 60,
    seed: int = 0,
    validate: bool = False,
) -> dict[str, Any]:
    """One training run.

    With `validate`: the validation loss and the share of right answers after each epoch. Otherwise the test
    answers, as a string of 370 digits, and how many are right; for NumPy also how many are right when the
    trained network runs on without its mask, and when it hears only the last 1, 2, ... frames.
    """
    net, rng = Net(hidden_size, read, mask), np.random.default_rng(seed)
    train, test = data.japanese_vowels()
    if validate:
        back = held_back(train.labels, rng)
        train, kept = standardised(pick(train, ~back), pick(train, back))

        def evaluate(params: Params) -> dict[str, float]:
            scores, _ = net.scores(params, kept.xs, kept.lengths)
            loss = softmax_cross_entropy(scores, kept.labels).value
            return {"validation": loss, "right": _right(scores, kept) / len(kept.labels)}

        _, history = _numpy(net, train, lr, epochs, rng, evaluate)
        return {name: [round(v, 4) for v in history[name]] for name in ("validation", "right")}

    train, test = standardised(train, test)
    if library != "numpy":
        scores = {"torch": _torch, "keras": _keras}[library](net, train, lr, epochs, rng)(test)
        return _answers(scores, test)
    params, _ = _numpy(net, train, lr, epochs, rng)

    def right(net: Net, heard: Utterances) -> int:
        return _right(net.scores(params, heard.xs, heard.lengths)[0], heard)

    return {
        **_answers(net.scores(params, test.xs, test.lengths)[0], test),
        "right_without_mask": right(Net(hidden_size, read, mask=False), test),
        "right_by_last_frames": [
            right(net, last_frames(test, count)) for count in range(1, test.xs.shape[1] + 1)
        ],
    }


def _right(scores: Array, utterances: Utterances) -> int:
    return int((scores.argmax(axis=1) == utterances.labels).sum())


def _answers(scores: Array, test: Utterances) -> dict[str, Any]:
    return {"right": _right(scores, test), "answers": "".join(map(str, scores.argmax(axis=1)))}


VARIANTS: tuple[dict[str, Any], ...] = tuple(
    {"read": read, "mask": mask} for read, mask in product(("last", "mean"), (True, False))
)
CANDIDATES: list[dict[str, Any]] = [
    {**variant, "hidden_size": hidden_size, "lr": lr, "epochs": 60, "seed": seed, "validate": True}
    for variant in VARIANTS
    for hidden_size in (32, 64)
    for lr in (0.003, 0.01)
    for seed in range(5)
]


def best(records: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The sizes, the learning rate and the number of epochs with the lowest mean validation loss."""
    losses: dict[tuple[int, float], list[list[float]]] = {}
    for record in records:
        settings = record["settings"]
        key = settings["hidden_size"], settings["lr"]
        losses.setdefault(key, []).append(record["figures"]["validation"])
    means = {key: np.mean(curves, axis=0) for key, curves in losses.items()}
    hidden_size, lr = min(means, key=lambda key: float(means[key].min()))
    epochs = int(means[hidden_size, lr].argmin()) + 1
    return {"hidden_size": hidden_size, "lr": lr, "epochs": epochs}


# What `best` gives for each variant, from the records of its candidates.
CHOSEN: dict[tuple[str, bool], dict[str, Any]] = {
    ("last", True): {"hidden_size": 64, "lr": 0.01, "epochs": 32},
    ("last", False): {"hidden_size": 32, "lr": 0.003, "epochs": 52},
    ("mean", True): {"hidden_size": 64, "lr": 0.01, "epochs": 29},
    ("mean", False): {"hidden_size": 32, "lr": 0.01, "epochs": 56},
}
TESTS: list[dict[str, Any]] = [
    {"library": "numpy", **variant, **CHOSEN[variant["read"], variant["mask"]], "seed": seed}
    for variant in VARIANTS
    for seed in range(10)
] + [
    {"library": library, "read": "last", "mask": True, **CHOSEN["last", True], "seed": seed}
    for library in ("torch", "keras")
    for seed in range(5)
]
SETTINGS = CANDIDATES + TESTS
