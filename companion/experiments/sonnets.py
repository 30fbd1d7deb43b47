"""Shakespeare's sonnets, a character at a time: an RNN, an LSTM and a GRU learn to say what comes next.

The 154 sonnets are one text. The first 123 are for training, fifteen tell when to stop, and the last sixteen
are the test. The text is read in 32 streams, fifty characters at a time; the state is carried from chunk to
chunk, the gradient is not. The nets are PyTorch's, and so weigh a character the same as the course's own.
`python -m companion.experiments.sonnets` trains the three whose weights the course ships, and writes them.
"""

from __future__ import annotations

import io
import time
from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from companion import _shipped, data
from companion._arrays import Array
from companion._files import write_whole

ALPHABET = "\n !'(),-.:;?ABCDEFGHIJKLMNOPRSTUVWYabcdefghijklmnopqrstuvwxyz"  # all that the sonnets use
PARTS = {"train": slice(0, 123), "validation": slice(123, 138), "test": slice(138, 154)}
CELLS = ("RNN", "LSTM", "GRU")
SAME_WIDTH = {"RNN": 128, "LSTM": 128, "GRU": 128}
SAME_SIZE = {"RNN": 128, "LSTM": 59, "GRU": 70}  # about 32,200 numbers each, read-out and all
STREAMS, STEPS, RATE = 32, 50, 0.003
EPOCHS, PATIENCE = 80, 8  # at most so many epochs; so many without a better validation end the training
KINDS = ("first letter", "later letter", "space", "line break", "mark")
SHIPPED = "sonnet_cells.npz"

_NETS = [*SAME_SIZE.items(), ("LSTM", 128), ("GRU", 128)]
SETTINGS = [{"cell": cell, "hidden": H, "rate": RATE, "seed": seed} for seed in range(5) for cell, H in _NETS]

Labels = NDArray[np.intp]


def text(part: str) -> str:
    """The sonnets of one part, an empty line between two."""
    if part not in PARTS:
        raise ValueError(f"part must be one of {', '.join(PARTS)}, got {part!r}")
    return "\n\n".join(data.sonnets()[PARTS[part]])


def kinds(characters: str) -> Labels:
    """What each character is, as its place in `KINDS`; a first letter has no letter before it."""
    previous = " " + characters[:-1]
    found = [
        int(before.isalpha() or before == "'") if now.isalpha() else {" ": 2, "\n": 3}.get(now, 4)
        for before, now in zip(previous, characters, strict=True)
    ]
    return np.array(found, dtype=np.intp)


def streams(labels: Labels, N: int, T: int) -> list[tuple[Labels, Labels]]:
    """One epoch as chunks (N, T) of inputs and of what follows each; row n of a chunk goes on in the next.

    The text is cut into N pieces of equal length, side by side; what is left over at the end is not used.
    """
    length = (len(labels) - 1) // N // T * T
    if length == 0:
        raise ValueError(
            f"text must have more than {N * T} characters for {N} streams of {T}, got {len(labels)}"
        )
    inputs, following = (labels[at : at + N * length].reshape(N, length) for at in (0, 1))
    cuts = range(0, length, T)
    return [(inputs[:, cut : cut + T], following[:, cut : cut + T]) for cut in cuts]


def numbers(cell: str, hidden: int) -> int:
    """How many numbers such a net learns, the read-out's among them."""
    K, H, biases = len(ALPHABET), hidden, {"RNN": 1, "LSTM": 4, "GRU": 4}[cell]
    blocks = {"RNN": 1, "LSTM": 4, "GRU": 3}[cell]
    return blocks * (K * H + H * H) + biases * H + H * K + K


# What counts alone can do.


def n_grams(train: str, test: str, order: int) -> float:
    """Bits a character by counting what followed the last `order` characters, smoothed as by Witten and Bell.

    A context that was met n times, and followed by u different characters, has a share n / (n + u) in the
    forecast; the rest goes to the context that is one character shorter, and at last to a uniform guess.
    """
    counts: dict[str, Counter[str]] = {}
    for at, now in enumerate(train):
        for length in range(min(order, at) + 1):
            counts.setdefault(train[at - length : at], Counter())[now] += 1
    bits = 0.0
    for at, now in enumerate(test):
        p = 1 / len(ALPHABET)
        for length in range(min(order, at) + 1):
            if (seen := counts.get(test[at - length : at])) is None:
                break
            p = (seen[now] + len(seen) * p) / (seen.total() + len(seen))
        bits -= np.log2(p)
    return float(bits / len(test))


# The nets, in PyTorch.


def net(cell: str, hidden: int) -> Any:
    """A recurrent layer that reads one-hot characters, and a read-out of every state."""
    import torch

    if cell not in CELLS:
        raise ValueError(f"cell must be one of {', '.join(CELLS)}, got {cell!r}")
    K = len(ALPHABET)
    layer = getattr(torch.nn, cell)(K, hidden, batch_first=True)
    with torch.no_grad():
        layer.bias_hh_l0.zero_()
    layer.bias_hh_l0.register_hook(_only_needed(cell, hidden))
    return torch.nn.ModuleDict({"layer": layer, "read_out": torch.nn.Linear(hidden, K)})


def _only_needed(cell: str, hidden: int) -> Any:
    """PyTorch's second bias is only added to the first, but for the GRU's new state: hold it at zero."""

    def keep(grad: Any) -> Any:
        kept = grad.clone()
        kept[: 2 * hidden if cell == "GRU" else None] = 0
        return kept

    return keep


def scores(model: Any, labels: Labels, state: Any = None) -> tuple[Any, Any]:
    """The scores of what follows each character, (N, T, K), and the state after the last."""
    import torch

    one_hot = torch.eye(len(ALPHABET))[torch.as_tensor(labels)]
    ys, state = model["layer"](one_hot, state)
    return model["read_out"](ys), state


def bits(model: Any, labels: Labels) -> Array:
    """What each character but the first costs, in bits; the net reads the text once, from an empty state."""
    import torch

    with torch.no_grad():
        logits, _ = scores(model, labels[None, :-1])
        nats = torch.nn.functional.cross_entropy(logits[0], torch.as_tensor(labels[1:]), reduction="none")
    cost: Array = nats.numpy().astype(np.float64) / np.log(2)
    return cost


def train(
    cell: str, hidden: int, rate: float, seed: int, epochs: int = EPOCHS
) -> tuple[dict[str, Any], dict[str, Array]]:
    """The figures of `run`, and the weights of the epoch that did best in validation."""
    import torch

    torch.manual_seed(seed)
    model = net(cell, hidden)
    labels = {part: data.to_labels(text(part), ALPHABET) for part in PARTS}
    kind = kinds(text("validation"))[1:]
    chunks = streams(labels["train"], STREAMS, STEPS)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    curves: dict[str, list[Any]] = {"train": [], "validation": [], "test": [], "by_kind": []}
    best: dict[str, Array] = {}
    worked = 0.0
    for _ in range(epochs):
        started, state, losses = time.process_time(), None, []
        for inputs, following in chunks:
            logits, state = scores(model, inputs, state)
            state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
            loss = torch.nn.functional.cross_entropy(
                logits.flatten(0, 1), torch.as_tensor(following).flatten()
            )
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item() / np.log(2))
        worked += time.process_time() - started
        watched = bits(model, labels["validation"])
        curves["train"].append(float(np.mean(losses)))
        curves["validation"].append(float(watched.mean()))
        curves["test"].append(float(bits(model, labels["test"]).mean()))
        curves["by_kind"].append([float(watched[kind == k].mean()) for k in range(len(KINDS))])
        if curves["validation"][-1] == min(curves["validation"]):
            best = {name: w.detach().numpy().copy() for name, w in model.state_dict().items()}
        epoch = int(np.argmin(curves["validation"]))
        if len(curves["validation"]) > epoch + PATIENCE:
            break
    figures = {
        "epoch": epoch + 1,
        "bits": {part: round(curves[part][epoch], 4) for part in PARTS},
        "by_kind": np.round(curves.pop("by_kind"), 3).tolist(),
        "curves": {part: np.round(values, 4).tolist() for part, values in curves.items()},
        "cpu_seconds_an_epoch": round(worked / len(curves["train"]), 2),
    }
    return figures, best


def run(cell: str, hidden: int, rate: float, seed: int, epochs: int = EPOCHS) -> dict[str, Any]:
    """Train one net. All costs are in bits a character.

    epoch    that of the best validation
    bits     train, validation and test in that epoch; train is the mean over the epoch, while learning
    by_kind  for every epoch, the validation's mean for each of `KINDS`
    curves   train, validation and test, epoch by epoch
    cpu_seconds_an_epoch  what the training took, without the evaluation
    """
    return train(cell, hidden, rate, seed, epochs)[0]


# The weights that the course ships.


def shipped(cell: str) -> dict[str, Array]:
    """The weights of one trained net of `SAME_SIZE`, named as in PyTorch, float32."""
    if cell not in CELLS:
        raise ValueError(f"cell must be one of {', '.join(CELLS)}, got {cell!r}")
    with np.load(io.BytesIO(_shipped.read(SHIPPED)), allow_pickle=False) as stored:
        return {name.partition("/")[2]: stored[name] for name in stored.files if name.startswith(cell + "/")}


def main() -> None:
    """Train the nets to be shipped, with seed 0, and write their weights."""
    weights: dict[str, Any] = {}
    for cell, hidden in SAME_SIZE.items():
        figures, best = train(cell, hidden, RATE, 0)
        weights |= {f"{cell}/{name}": value for name, value in best.items()}
        print(f"{cell}: {figures['bits']['test']:.3f} bits a character in the test, epoch {figures['epoch']}")
    content = io.BytesIO()
    np.savez_compressed(content, **weights)
    write_whole(_shipped.folder() / SHIPPED, content.getvalue())


if __name__ == "__main__":
    main()
