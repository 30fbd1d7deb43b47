"""What readers can touch: networks and recorded runs, stored as scripts beside the explorers in book/_assets.

`python -m companion.explorers` trains the networks again, in about two minutes, and writes all scripts, or
those that are named: `variant-runs` only writes the recorded runs. An explorer stays below 30 kB, so that the
networks are small and their numbers rounded to the digits that a page can carry.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from companion import data, letters
from companion._arrays import Array, Grads, Params
from companion._files import write_whole
from companion.cells import GRU, LSTM, Cell
from companion.experiments.variants import recorded
from companion.layers import Dense, softmax_cross_entropy
from companion.optim import Adam, clip_grad_norm
from companion.scan import scan
from companion.sweep import RecordError
from companion.train import fit, shuffled
from companion.variants import READINGS, VARIANTS

FOLDER = Path(__file__).resolve().parents[1] / "book" / "_assets" / "explorers"
ALPHABET = " abcdefghijklmnopqrstuvwxyz"
UNITS, STEPS, BATCH, EPOCHS, RATE = 8, 32, 64, 150, 0.01


def letter_net() -> Grads:
    """The network of the chapter on letters after 300 updates, with two decimals as the chapter prints it."""
    xs: Array = data.one_hot("abcde", "abcde")[:, None]
    labels: Array = np.array([1, 2, 3, 4, 0])
    batches: Any = shuffled(32, xs, labels)
    done = fit(
        letters.loss_and_grads,
        letters.init(np.random.default_rng(7)),
        batches,
        Adam(lr=0.01, eps=1e-7),
        epochs=300,
        rng=np.random.default_rng(7),
        progress=False,
    )
    return {name: value.round(2) + 0.0 for name, value in done.best.items()}


def plain_text() -> str:
    """The sonnets in small letters with single spaces, and nothing else."""
    return re.sub("[^a-z]+", " ", "\n".join(data.sonnets()).lower().replace("'", "")).strip()


def bits_per_character(cell: Cell, params: Params, text: str) -> float:
    """The cost of every character of `text` but the first, read once from an empty memory."""
    found = np.array([ALPHABET.index(character) for character in text])
    scores, _ = _scores(cell, params, found[None, :-1])
    return softmax_cross_entropy(scores, found[None, 1:]).value / float(np.log(2))


def gated_nets(epochs: int = EPOCHS) -> dict[str, Grads]:
    """An LSTM and a GRU of eight units that have read the first nine tenths of the sonnets."""
    return {type(cell).__name__: _trained(cell, epochs) for cell in _cells()}


def held_out() -> str:
    """The last tenth of the text, which the gated networks have not read."""
    text = plain_text()
    return text[len(text) * 9 // 10 :]


def _cells() -> tuple[LSTM, GRU]:
    return LSTM(len(ALPHABET), UNITS), GRU(len(ALPHABET), UNITS)


def _scores(cell: Cell, params: Params, found: Array) -> tuple[Array, Any]:
    run = scan(cell, {name: params[name] for name in cell.shapes}, np.eye(len(ALPHABET))[found])
    out = Dense(UNITS, len(ALPHABET))(params, run.ys)
    return out.y, (run, out)


def _trained(cell: Cell, epochs: int) -> Grads:
    text = plain_text()[: -len(held_out())]
    found = np.array([ALPHABET.index(character) for character in text])
    rows = (len(found) - 1) // STEPS
    inputs, following = (found[at : at + rows * STEPS].reshape(rows, STEPS) for at in (0, 1))
    rng = np.random.default_rng(0)
    params = {**cell.init(rng), **Dense(UNITS, len(ALPHABET)).init(rng)}
    optimizer = Adam(RATE)
    memory = optimizer.start(params)
    for _ in tqdm(range(epochs), desc=type(cell).__name__, unit="epoch", disable=epochs < EPOCHS):
        for batch, labels in shuffled(BATCH, inputs, following)(rng):
            scores, (run, out) = _scores(cell, params, batch)
            dhs, of_read_out = out.back(softmax_cross_entropy(scores, labels).back())
            grads, _ = clip_grad_norm({**run.back(dhs)[2], **of_read_out}, 1.0)
            params, memory = optimizer.update(params, grads, memory)
    return {name: value.round(2) + 0.0 for name, value in params.items()}


def variant_runs() -> dict[str, Any]:
    """Test accuracies of the five variants' recorded runs, epoch by epoch, and Student's factors for them."""
    from scipy import stats

    readings: dict[str, dict[str, Any]] = {}
    for reading in READINGS:
        for variant in VARIANTS:
            records = recorded(variant, reading)
            readings.setdefault(reading, {})[variant] = {
                "seeds": [r["settings"]["seed"] for r in records],
                "curves": [_known(r["figures"]["test_accuracy"]) for r in records],
            }
    most = max(len(runs["seeds"]) for variants in readings.values() for runs in variants.values())
    student = {n: float(stats.t.ppf(0.975, n - 1)) for n in range(2, most + 1)}
    return {"readings": readings, "student": student}


def _known(curve: list[float | None]) -> list[float]:
    """A curve up to where the cost overflows."""
    return [value for value in curve if value is not None]


def script(name: str, value: Any) -> str:
    """A script that puts a value where the explorers find it: `course.data[name]`."""
    return f"(course.data ??= {{}})[{json.dumps(name)}] = {json.dumps(value, separators=(',', ':'))};\n"


def stored(name: str) -> Any:
    """The value in a script written by `main`."""
    text = (FOLDER / f"{name}.js").read_text(encoding="utf-8")
    return json.loads(text[text.index("= {", text.index(")[")) + 2 : text.rindex(";")])


def _listed(params: Params) -> dict[str, Any]:
    return {name: value.tolist() for name, value in params.items()}


def _gated() -> dict[str, Any]:
    return {"alphabet": ALPHABET, "nets": {name: _listed(params) for name, params in gated_nets().items()}}


MADE: dict[str, Callable[[], Any]] = {
    "variant-runs": variant_runs,
    "letter-net": lambda: _listed(letter_net()),
    "gated-nets": _gated,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Train what is to be trained, and write the scripts."""
    parser = argparse.ArgumentParser(prog="python -m companion.explorers", description=main.__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"one of {', '.join(MADE)}; all when none is named"
    )
    names = parser.parse_args(arguments).names or list(MADE)
    if unknown := [name for name in names if name not in MADE]:
        parser.error(f"NAME must be one of {', '.join(MADE)}, got {unknown[0]!r}")
    try:
        for name in names:
            write_whole(FOLDER / f"{name}.js", script(name, MADE[name]()))
    except (data.DataError, RecordError, OSError) as error:
        print(f"companion.explorers: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
