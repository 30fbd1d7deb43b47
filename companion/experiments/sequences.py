"""Three networks that differ only in how a sequence is handed to them, on tasks in which order matters.

Each is a memory of 16 numbers with a read-out. "rnn" reads one element a step. "window" gets the last
elements side by side in a single step, and "bag" the mean of all elements in a single step. A network that
takes one step from an empty memory never uses its recurrence, so the last two are feed-forward networks.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from companion._arrays import Array, Grads, Params
from companion.cells import RNN
from companion.layers import Dense, softmax_cross_entropy
from companion.optim import Adam, clip_grad_norm
from companion.scan import scan
from companion.train import Fit, fit

Batch = tuple[Array, Array]
Draw = Callable[[np.random.Generator, int, int], Batch]

# A small language: four people to a pronoun, and the past tense, in which no verb gives a plural away.
PRONOUNS = ("hers", "his", "theirs")
PEOPLE = "mary anna emma lucy john paul peter tom students farmers twins neighbours"
THINGS = "bicycle horse camel donkey scooter pony"
PHRASES = ("on monday", "after lunch", "in spring", "near home", "by chance", "at noon", "without hurry")
FORMS = ("OWNER rode the THING", "OWNER bought the THING from OTHER", "OTHER sold the THING to OWNER")
END = "the THING is"
WORDS = tuple(f"{PEOPLE} {THINGS} {' '.join(PHRASES)} rode bought from sold to the is".split())


def first_letter(rng: np.random.Generator, N: int, T: int) -> Batch:
    """Letters 0 to 3 drawn at random, (N, T), and the first of each row."""
    tokens = rng.integers(4, size=(N, T))
    return tokens, tokens[:, 0]


def letter_back(rng: np.random.Generator, N: int, T: int, back: int) -> Batch:
    """Letters 0 to 3 drawn at random, (N, T), and the one that stands `back` places before the last."""
    tokens = rng.integers(4, size=(N, T))
    return tokens, tokens[:, -1 - back]


def which_first(rng: np.random.Generator, N: int, T: int) -> Batch:
    """Letters 2 and 3 with a single 0 and a single 1 among them, (N, T); 1 where the 1 comes first."""
    tokens = rng.integers(2, 4, size=(N, T))
    places = rng.permuted(np.tile(np.arange(T), (N, 1)), axis=1)[:, :2]
    np.put_along_axis(tokens, places, np.array([[0, 1]]), axis=1)
    return tokens, (places[:, 1] < places[:, 0]).astype(int)


def whose(
    rng: np.random.Generator, N: int, T: int, forms: Sequence[str] = FORMS, mary: bool = False
) -> Batch:
    """Sentences of T words (N, T), T = 7, 9, 11, ..., and the place in PRONOUNS of the word they lack.

    OWNER and OTHER ask for different pronouns. A form that is too long for T is left out. Mary and the
    bicycle never meet, unless `mary` is true: then the owner is always Mary, and the thing the bicycle.
    """
    label = np.zeros(N, int) if mary else rng.integers(3, size=N)
    owner = 4 * label + (0 if mary else rng.integers(4, size=N))
    other = 4 * ((label + rng.integers(1, 3, size=N)) % 3) + rng.integers(4, size=N)
    thing = np.zeros(N, int) if mary else rng.integers(6, size=N)
    meet = (thing == 0) & ((owner == 0) | (other == 0))
    if not mary:
        thing[meet] = rng.integers(1, 6, size=meet.sum())
    slots = {"OWNER": owner, "OTHER": other, "THING": 12 + thing}

    def fill(template: str) -> Array:
        columns = [slots[w] if w in slots else np.full(N, WORDS.index(w)) for w in template.split()]
        return np.stack(columns, axis=1)

    phrases = encode(" ".join(PHRASES)).reshape(-1, 2)[rng.integers(len(PHRASES), size=(N, T // 2))]
    fitting = [form for form in forms if len(f"{form} {END}".split()) <= T]
    kinds = []
    for form in fitting:
        spare = T - len(f"{form} {END}".split())
        kinds.append(np.hstack([fill(form), phrases.reshape(N, -1)[:, :spare], fill(END)]))
    return np.stack(kinds)[rng.integers(len(kinds), size=N), np.arange(N)], label


def encode(text: str) -> Array:
    """The place of each word in WORDS, (T,)."""
    return np.array([WORDS.index(word) for word in text.split()])


BACKS = (1, 2, 4, 6, 8, 10, 12)
TASKS: dict[str, Draw] = {
    "first_letter": first_letter,
    "which_first": which_first,
    "whose": whose,
    **{f"back_{back}": partial(letter_back, back=back) for back in BACKS},
}
SIZES = {"which_first": (4, 2), "whose": (len(WORDS), len(PRONOUNS))}  # tokens and answers; else 4 and 4


class Reader:
    """A network of H units that answers a question about a sequence of tokens.

    way      "rnn", "window" or "bag": how tokens (N, T) become steps (N, steps, D)
    window   how many elements the window holds; a shorter sequence is filled up in front with zeros
    """

    def __init__(self, way: str, vocabulary: int, answers: int, window: int = 1, H: int = 16) -> None:
        if way not in ("rnn", "window", "bag"):
            raise ValueError(f"way must be one of rnn, window, bag, got {way!r}")
        self.way, self.vocabulary, self.window = way, vocabulary, window
        self.cell = RNN(vocabulary * (window if way == "window" else 1), H)
        self.dense = Dense(H, answers)

    def init(self, rng: np.random.Generator) -> Grads:
        """Fresh parameters of the cell and of the read-out."""
        return {**self.cell.init(rng), **self.dense.init(rng)}

    def steps(self, tokens: Array) -> Array:
        """What the network reads, (N, steps, D)."""
        one_hot: Array = np.eye(self.vocabulary)[tokens]
        if self.way == "rnn":
            return one_hot
        if self.way == "bag":
            mean: Array = one_hot.mean(axis=1, keepdims=True)
            return mean
        N, T, V = one_hot.shape
        padding = np.zeros((N, max(0, self.window - T), V))
        last: Array = np.concatenate([padding, one_hot], axis=1)[:, -self.window :]
        return last.reshape(N, 1, -1)

    def states(self, params: Params, tokens: Array) -> Array:
        """The memory after every step, (N, steps, H)."""
        return scan(self.cell, self._of_cell(params), self.steps(tokens)).ys

    def logits(self, params: Params, tokens: Array) -> Array:
        """A score for every answer, (N, K), read from the last memory."""
        scores: Array = self.dense(params, self.states(params, tokens)[:, -1]).y
        return scores

    def accuracy(self, params: Params, batch: Batch) -> float:
        """The share of sequences that are answered rightly."""
        tokens, labels = batch
        return float((self.logits(params, tokens).argmax(axis=1) == labels).mean())

    def loss_and_grads(self, params: Params, batch: Batch) -> tuple[float, Grads]:
        """The cross-entropy of a batch, and its gradients with their common norm cut at 1."""
        tokens, labels = batch
        run = scan(self.cell, self._of_cell(params), self.steps(tokens))
        out = self.dense(params, run.ys[:, -1])
        loss = softmax_cross_entropy(out.y, labels)
        dh, dense_grads = out.back(loss.back())
        _, _, cell_grads = run.back(None, (dh,))
        return loss.value, clip_grad_norm({**cell_grads, **dense_grads}, 1.0)[0]

    def _of_cell(self, params: Params) -> Grads:
        return {name: params[name] for name in self.cell.shapes}


def train(
    task: str, way: str, shortest: int, longest: int, seed: int, updates: int = 2000
) -> tuple[Reader, Fit]:
    """Train on `updates` batches of 50 new sequences, all of a batch as long, from `shortest` to `longest`.

    The window is as long as the longest sequence, but for sentences it holds the last 9 words.
    """
    draw = TASKS[task]
    lengths = np.arange(shortest, longest + 1, 2 if task == "whose" else 1)
    net = Reader(way, *SIZES.get(task, (4, 4)), window=9 if task == "whose" else longest)
    rng = np.random.default_rng(seed)

    def batches(rng: np.random.Generator) -> Iterator[Batch]:
        for _ in range(100):
            yield draw(rng, 50, int(rng.choice(lengths)))

    optimizer, params = Adam(0.003), net.init(rng)
    epochs = updates // 100
    return net, fit(net.loss_and_grads, params, batches, optimizer, epochs=epochs, rng=rng, progress=False)


def exams(task: str, longest: int) -> dict[str, Batch]:
    """By name, 500 new sequences each to be examined on; always the same ones."""
    rng = np.random.default_rng(123_456)
    if task == "whose":
        trades = partial(whose, forms=FORMS[1:])
        return {
            **{f"traded {T}": trades(rng, 500, T) for T in (9, 11, 13, 15, 17, 21, 31, 41)},
            **{f"rode {T}": whose(rng, 500, T, forms=FORMS[:1]) for T in (9, 21, 41)},
            "mary 21": trades(rng, 500, 21, mary=True),
        }
    others = (
        (100, 1000) if task == "first_letter" else (20,) if task.startswith("back") else (10, 20, 30, 50, 100)
    )
    return {str(T): TASKS[task](rng, 500, T) for T in sorted({longest, *others})}


def run(task: str, way: str, shortest: int, longest: int, seed: int, updates: int = 2000) -> dict[str, Any]:
    """Train one network and examine it: its last loss, and its accuracy in every exam."""
    net, fitted = train(task, way, shortest, longest, seed, updates)
    accuracy = {name: net.accuracy(fitted.params, exam) for name, exam in exams(task, longest).items()}
    return {"loss": round(fitted.history["loss"][-1], 4), "accuracy": accuracy}


_GRID = (
    *(("which_first", "rnn", shortest, 20) for shortest in (20, 2)),
    *(("which_first", way, 20, 20) for way in ("window", "bag")),
    *(("first_letter", "rnn", T, T) for T in (2, 4, 6, 8, 10, 15, 20)),
    ("first_letter", "rnn", 1, 20),
    *((f"back_{back}", "rnn", back + 1, 20) for back in BACKS),
    *(("whose", way, 7, 21) for way in ("rnn", "window", "bag")),
)
SETTINGS: list[dict[str, Any]] = [
    {"task": task, "way": way, "shortest": shortest, "longest": longest, "seed": seed}
    for seed in range(10)
    for task, way, shortest, longest in _GRID
]
