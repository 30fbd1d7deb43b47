"""The letter network: it reads a few letters and says which one comes next.

Here stand what training needs (starting weights, the loss and its gradients), the prediction loop, and the
file that keeps a trained network: JSON, which people can read, exact to the last bit, written whole or not at
all. `python -m companion.letters FILE TEXT` loads such a file and goes on with a text.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from companion._arrays import Array, Grads, Params, Shapes, expect_params, expect_shape, expect_size
from companion._files import write_whole
from companion.cells import RNN
from companion.data import decode, one_hot
from companion.initial import orthogonal
from companion.layers import Dense, Output, softmax, softmax_cross_entropy
from companion.scan import Run, scan

FORMAT = "companion letter network 1"
Batch = tuple[Array, NDArray[np.intp]]


class LetterFileError(ValueError):
    """A file does not hold a complete letter network."""


def glorot(rng: np.random.Generator, rows: int, columns: int) -> Array:
    """Uniform in +-sqrt(6 / (rows + columns)) (Glorot and Bengio, 2010)."""
    limit = np.sqrt(6 / (rows + columns))
    return rng.uniform(-limit, limit, (rows, columns))


def init(rng: np.random.Generator, letters: int = 5, hidden: int = 3, embedding: int | None = None) -> Grads:
    """Starting weights as Keras draws them: glorot, orthogonal, and biases of zero.

    W_xh (D, H), W_hh (H, H), b_h (H,), W_hy (H, K), b_y (K,) with D = K for one-hot input; an `embedding` of
    D numbers a letter adds E (K, D), uniform in +-0.05.
    """
    width = letters if embedding is None else expect_size("embedding", embedding)
    table = {} if embedding is None else {"E": rng.uniform(-0.05, 0.05, (letters, width))}
    return table | {
        "W_xh": glorot(rng, width, hidden),
        "W_hh": orthogonal(hidden, rng),
        "b_h": np.zeros(hidden),
        "W_hy": glorot(rng, hidden, letters),
        "b_y": np.zeros(letters),
    }


def forward(params: Params, xs: Array) -> tuple[Run, Output]:
    """Read one-hot letters xs (N, T, K) from an empty memory; the output has the scores (N, K)."""
    # A one-hot row times E is the letter's row of E: an embedding is looked up by multiplication.
    inputs = xs @ params["E"] if "E" in params else xs
    cell, dense = RNN(inputs.shape[-1], len(params["b_h"])), Dense(*params["W_hy"].shape)
    run = scan(cell, {name: params[name] for name in cell.shapes}, inputs)
    return run, dense(params, run.state[0])


def loss_and_grads(params: Params, batch: Batch) -> tuple[float, Grads]:
    """The mean cross-entropy of a batch (xs (N, T, K), labels (N,)), and its gradients: for `train.fit`."""
    xs, labels = batch
    run, out = forward(params, xs)
    loss = softmax_cross_entropy(out.y, labels)
    dh, grads = out.back(loss.back())
    dinputs, _, of_cell = run.back(None, (dh,))
    grads |= of_cell
    if "E" in params:
        grads["E"] = np.einsum("ntk,ntd->kd", xs, dinputs)
    return loss.value, grads


def probabilities(params: Params, text: str, alphabet: str = "abcde") -> Array:
    """How probable each letter is after `text` (K,); ValueError for a letter that is not in the alphabet."""
    _, out = forward(params, one_hot(text, alphabet)[None])
    return softmax(out.y[0])


def predict(params: Params, text: str, count: int = 1, *, alphabet: str = "abcde", window: int = 1) -> str:
    """The next `count` letters after `text`: each is the most probable one, and is read in its turn.

    Before each letter the network reads the last `window` letters from an empty memory, as many as it saw in
    training. Raises ValueError, naming the letter, its place and the alphabet, for a letter that is unknown.
    """
    expect_size("count", count)
    expect_size("window", window)
    one_hot(text, alphabet)  # refuses a letter that no window may reach
    written = text
    for _ in range(count):
        written += decode(probabilities(params, written[-window:], alphabet)[None], alphabet)
    return written[len(text) :]


@dataclass(frozen=True)
class LetterNet:
    """A trained network with what is needed to use it: its alphabet, and how many letters it reads.

    Raises ValueError or TypeError unless the parameters, all float64, fit each other and the alphabet.
    """

    params: Params
    alphabet: str = "abcde"
    window: int = 1

    def __post_init__(self) -> None:
        expect_size("window", self.window)
        letters = one_hot(self.alphabet, self.alphabet).shape[1]
        expect_params(self.params, _shapes(self.params, letters), np.dtype(np.float64))

    def predict(self, text: str, count: int = 1) -> str:
        """The next `count` letters after `text`."""
        return predict(self.params, text, count, alphabet=self.alphabet, window=self.window)


def _shapes(params: Params, letters: int) -> Shapes:
    """The shapes that all parameters must have, the width of the embedding and the memory being free."""
    width, hidden = letters, 1
    if "E" in params:
        expect_shape("E", params["E"], letters, "D")
        width = params["E"].shape[1]
    if "b_h" in params:
        expect_shape("b_h", params["b_h"], "H")
        hidden = len(params["b_h"])
    table = {"E": (letters, width)} if "E" in params else {}
    return {**table, **RNN(width, hidden).shapes, **Dense(hidden, letters).shapes}


def save(path: str | os.PathLike[str], net: LetterNet) -> None:
    """Write a network to `path` as JSON, one row of a matrix a line, whole or not at all."""
    about = {"format": FORMAT, "alphabet": net.alphabet, "window": int(net.window)}
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in about.items()]
    lines += [f"{json.dumps(name)}: {_rows(value)}" for name, value in net.params.items()]
    write_whole(path, "{\n" + ",\n".join(lines) + "\n}\n")


def _rows(value: Array) -> str:
    """An array as JSON; Python writes a float with as many digits as are needed to read the same one back."""
    if value.ndim == 1:
        return json.dumps(value.tolist())
    return "[\n  " + ",\n  ".join(json.dumps(row) for row in value.tolist()) + "\n]"


def load(path: str | os.PathLike[str]) -> LetterNet:
    """Read the network at `path`, bit for bit as it was saved.

    Raises FileNotFoundError where there is no file, and LetterFileError, naming the file and what is wrong,
    for one that is damaged or holds something else.
    """
    content = Path(path).read_bytes()
    try:
        stored = json.loads(content)
        if not isinstance(stored, dict) or stored.pop("format", None) != FORMAT:
            raise ValueError("it is of another format")
        alphabet, window = stored.pop("alphabet"), stored.pop("window")
        return LetterNet({name: _array(name, rows) for name, rows in stored.items()}, alphabet, window)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise LetterFileError(
            f"{path} does not hold a complete letter network ({type(error).__name__}: {error}); "
            f"expected a file of the format {FORMAT!r}"
        ) from error


def _array(name: str, rows: Any) -> Array:
    array = np.array(rows)
    if array.dtype.kind not in "if":
        raise ValueError(f"{name} must hold numbers, got {array.dtype}")
    return array.astype(np.float64)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line: load a network and print how it goes on with a text."""
    parser = argparse.ArgumentParser(
        prog="python -m companion.letters", description="Let a letter network go on with a text."
    )
    parser.add_argument("file", help="a parameter file, as companion.letters.save writes it")
    parser.add_argument("text", help="what the network reads, in letters of its alphabet")
    parser.add_argument("--count", type=int, default=1, metavar="N", help="how many letters to add (1)")
    options = parser.parse_args(arguments)
    try:
        following = load(options.file).predict(options.text, options.count)
    except (ValueError, OSError) as error:
        print(f"companion.letters: {error}", file=sys.stderr)
        return 1
    print(f"{options.text} -> {following}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
