"""Training: epochs, history, and checkpoints from which a run goes on exactly as if it had never stopped.

`fit` knows nothing about recurrent networks. It takes a function that gives the loss and the gradients of one
batch, and leaves parameters, optimiser and random generator in a state that is saved after every epoch.
"""

import io
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike
from tqdm import tqdm

from companion._arrays import Array, Grads, NotFinite, Params, expect_floats, expect_size
from companion._files import whole_file
from companion.optim import Optimizer

Batch = TypeVar("Batch")
FORMAT = "companion checkpoint 1"
_NOT_MADE = (
    "This update was not made, and a checkpoint still holds the last complete epoch. "
    "A smaller learning rate or clipped gradients may help."
)


class NonFiniteLoss(FloatingPointError):
    """The loss or a gradient became infinite or undefined; the update was not made."""


class CheckpointError(ValueError):
    """A checkpoint cannot be read, or belongs to another run."""


@dataclass(frozen=True)
class Fit:
    """A training run after some number of epochs.

    params      the parameters after the last epoch
    best        the parameters after the epoch with the lowest value of what was monitored
    memory      what the optimiser remembers
    history     {name: one number per epoch}: "loss" is the mean over the batches of an epoch, taken while the
                parameters move; what `evaluate` returns is measured after the epoch
    epoch       how many epochs have been completed
    best_epoch  which of them, counted from 1, gave `best`; 0 while no epoch has given a finite value
    """

    params: Grads
    best: Grads
    memory: Grads = field(repr=False)
    history: dict[str, list[float]]
    epoch: int
    best_epoch: int


def fit(
    loss_and_grads: Callable[[Params, Batch], tuple[float, Mapping[str, Array]]],
    params: Params,
    batches: Callable[[np.random.Generator], Iterable[Batch]],
    optimizer: Optimizer,
    *,
    epochs: int,
    rng: np.random.Generator,
    evaluate: Callable[[Params], Mapping[str, float]] | None = None,
    monitor: str = "loss",
    checkpoint: str | os.PathLike[str] | None = None,
    progress: bool = True,
) -> Fit:
    """Train until `epochs` epochs are complete, and return the `Fit`.

    loss_and_grads(params, batch) -> (loss, grads) for one batch of any kind.
    batches(rng)                  -> the batches of one epoch, in the order in which they are to be used.
    evaluate(params)              -> further figures for the history, such as a validation loss.

    With a `checkpoint` path the run is saved after every epoch, whole or not at all; where the file is there
    already, the run goes on from it, bit for bit as if it had not been interrupted (parameters, optimiser and
    generator included). A run that is killed loses at most the epoch in progress; one with `epochs` epochs or
    more behind it is returned as it stands.

    Raises NonFiniteLoss before a bad update is made, CheckpointError for a damaged checkpoint or one of
    another run, OSError for a checkpoint that cannot be written, before any work is done, and ValueError
    where gradients do not fit the parameters or an epoch has no batch.
    """
    expect_size("epochs", epochs)
    for name, value in params.items():
        expect_floats(name, value)
    run = Fit(dict(params), dict(params), optimizer.start(params), {}, 0, 0)
    if checkpoint is not None and Path(checkpoint).exists():
        run = load_checkpoint(checkpoint, run, optimizer, rng)
    if checkpoint is not None and run.epoch < epochs:
        save_checkpoint(checkpoint, run, optimizer, rng)  # a path that cannot be written is better known now
    with tqdm(total=epochs, initial=run.epoch, unit="epoch", disable=not progress) as bar:
        while run.epoch < epochs:
            run = _one_epoch(run, loss_and_grads, batches(rng), optimizer, evaluate, monitor)
            if checkpoint is not None:
                save_checkpoint(checkpoint, run, optimizer, rng)
            bar.set_postfix({name: f"{values[-1]:.4g}" for name, values in run.history.items()})
            bar.update()
    return run


def shuffled(size: int, *arrays: Array) -> Callable[[np.random.Generator], Iterator[tuple[Array, ...]]]:
    """Return a function batches(rng) that cuts `arrays` into newly shuffled batches of `size` rows.

    Row i of each array belongs to row i of every other; the last batch may be smaller. Raises ValueError
    where the arrays have different lengths.
    """
    expect_size("size", size)
    rows = {len(a) for a in arrays}
    if len(rows) != 1 or 0 in rows:
        raise ValueError(
            f"arrays must all have the same number of rows, at least 1, got {[len(a) for a in arrays]}"
        )

    def batches(rng: np.random.Generator) -> Iterator[tuple[Array, ...]]:
        order = rng.permutation(len(arrays[0]))
        for start in range(0, len(order), size):
            yield tuple(a[order[start : start + size]] for a in arrays)

    return batches


def _one_epoch(
    run: Fit,
    loss_and_grads: Callable[[Params, Batch], tuple[float, Mapping[str, Array]]],
    batches: Iterable[Batch],
    optimizer: Optimizer,
    evaluate: Callable[[Params], Mapping[str, float]] | None,
    monitor: str,
) -> Fit:
    params, memory = run.params, run.memory
    losses = []
    for number, batch in enumerate(batches, start=1):
        where = f"epoch {run.epoch + 1}, batch {number}"
        try:
            loss, grads = loss_and_grads(params, batch)
        except NotFinite as error:
            raise NonFiniteLoss(f"{where}: {error}. {_NOT_MADE}") from error
        if np.ndim(loss) != 0:
            raise ValueError(f"the loss must be one number, got shape {np.shape(loss)}")
        _expect_finite(where, {"the loss": loss, **{f"the gradient of {k}": g for k, g in grads.items()}})
        updated, memory = optimizer.update(params, grads, memory)
        _expect_finite(where, {f"the new {name}": value for name, value in updated.items()})
        params = updated
        losses.append(float(loss))
    if not losses:
        raise ValueError("an epoch must have at least 1 batch, got none")
    figures = {"loss": float(np.mean(losses)), **(evaluate(params) if evaluate else {})}
    history = {name: [*run.history.get(name, []), float(value)] for name, value in figures.items()}
    if monitor not in history:
        raise ValueError(f"monitor must be one of {', '.join(history)}, got {monitor!r}")
    epoch, value = run.epoch + 1, history[monitor][-1]
    is_best = np.isfinite(value) and (run.best_epoch == 0 or value <= history[monitor][run.best_epoch - 1])
    best, best_epoch = (params, epoch) if is_best else (run.best, run.best_epoch)
    return Fit(params, best, memory, history, epoch, best_epoch)


def _expect_finite(where: str, numbers: Mapping[str, ArrayLike]) -> None:
    bad = {name: np.asarray(value)[~np.isfinite(value)] for name, value in numbers.items()}
    if found := ", ".join(f"{values[0]} in {name}" for name, values in bad.items() if values.size):
        raise NonFiniteLoss(f"{where}: {found}; expected finite numbers. {_NOT_MADE}")


def save_checkpoint(
    path: str | os.PathLike[str], run: Fit, optimizer: Optimizer, rng: np.random.Generator
) -> None:
    """Write a run to `path` as npz, whole or not at all: arrays and plain text only, no pickles."""
    groups = {
        "params": run.params,
        "best": run.best,
        "memory": run.memory,
        "history": {name: np.array(values) for name, values in run.history.items()},
    }
    arrays = {f"{group}/{name}": value for group, named in groups.items() for name, value in named.items()}
    about = {
        "format": FORMAT,
        "epoch": run.epoch,
        "best_epoch": run.best_epoch,
        "optimizer": repr(optimizer),
        "rng": rng.bit_generator.state,
    }
    arrays["about"] = np.array(json.dumps(about, default=np.ndarray.tolist))
    if pickled := [name for name, value in arrays.items() if value.dtype.hasobject]:
        raise TypeError(f"a checkpoint must hold arrays of numbers, got objects in {', '.join(pickled)}")
    with whole_file(path) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # NumPy before 2.1 takes allow_pickle for an array


def load_checkpoint(
    path: str | os.PathLike[str], run: Fit, optimizer: Optimizer, rng: np.random.Generator
) -> Fit:
    """Read the run at `path`, which must fit `run`'s parameters, the optimiser and the kind of generator.

    Sets `rng` to where it stood. Raises CheckpointError naming the file, what was expected and what it holds.
    """
    content = Path(path).read_bytes()
    with _reading(path):
        about, groups = _read(content)
    kind = type(rng.bit_generator)
    _expect_equal(path, "the optimiser", repr(optimizer), about["optimizer"])
    _expect_equal(path, "the random generator", kind.__name__, about["rng"]["bit_generator"])
    for group, here in (("params", run.params), ("best", run.best), ("memory", run.memory)):
        _expect_equal(path, group, _kinds(here), _kinds(groups[group]))
    with _reading(path):
        _set_state(kind(), about["rng"])  # on trial: what is refused leaves `rng` as it was
    _set_state(rng.bit_generator, about["rng"])
    history = {name: values.tolist() for name, values in groups["history"].items()}
    return Fit(
        groups["params"], groups["best"], groups["memory"], history, about["epoch"], about["best_epoch"]
    )


@contextmanager
def _reading(path: str | os.PathLike[str]) -> Iterator[None]:
    """Call whatever zipfile, NumPy and json make of a damaged file by one name."""
    try:
        yield
    except Exception as error:
        raise CheckpointError(
            f"{path} is not a complete checkpoint ({type(error).__name__}: {error}); expected an npz file of "
            f"the format {FORMAT!r}. Remove the file to start anew, or put back a copy."
        ) from error


def _read(content: bytes) -> tuple[dict[str, Any], dict[str, Grads]]:
    """The description and the groups of arrays that a checkpoint holds."""
    groups: dict[str, Grads] = {"params": {}, "best": {}, "memory": {}, "history": {}}
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        about = json.loads(str(stored["about"]))
        for key in set(stored.files) - {"about"}:
            group, _, name = key.partition("/")
            groups[group][name] = stored[key]
    if about["format"] != FORMAT:
        raise ValueError(f"its format is {about['format']!r}")
    epoch, best_epoch = about["epoch"], about["best_epoch"]
    if not (type(epoch) is type(best_epoch) is int and 0 <= best_epoch <= epoch):
        raise ValueError(f"its epochs are {epoch!r} and {best_epoch!r}")
    for name, values in groups["history"].items():
        if values.dtype != np.float64 or values.shape != (epoch,):
            raise ValueError(f"its history of {name} is {values.dtype}{list(values.shape)}")
    about["optimizer"], about["rng"]["bit_generator"]
    return about, groups


def _set_state(generator: np.random.BitGenerator, state: Mapping[str, Any]) -> None:
    """Set a generator's state; ValueError for a place in its buffer that is beyond it, which NumPy takes."""
    for part, place, size in ((state["state"], "pos", 624), (state, "buffer_pos", 4)):
        if not 0 <= part.get(place, 0) <= size:
            raise ValueError(f"{place} is {part[place]}")
    generator.state = state


def _kinds(arrays: Mapping[str, Array]) -> str:
    return ", ".join(f"{name} {a.dtype}{list(a.shape)}" for name, a in sorted(arrays.items())) or "nothing"


def _expect_equal(path: str | os.PathLike[str], what: str, expected: str, found: str) -> None:
    if expected != found:
        raise CheckpointError(f"{path} belongs to another run: expected {what} to be {expected}, got {found}")
