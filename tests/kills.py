"""Kills training runs and sweeps, and looks at what they leave behind.

`python tests/kills.py` ends 100 training runs and 100 sweeps by SIGKILL at random moments, and one after the
other at every step of a write: before and after each call that opens, writes, brings to the disk or renames
(and each other call of C code, since they are not told apart). What is left must be a file that loads, or,
before the first write, none; it must hold what an undisturbed run has at that point, bit for bit, and so must
what it goes on to. What came out stands in tests/kills.json; what stands there is not run again. The tests
have a sample of it. TMPDIR=/dev/shm takes a few minutes where a disk takes an hour.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from companion import sweep, train  # noqa: E402
from companion._files import write_whole  # noqa: E402
from companion.layers import squared_error  # noqa: E402
from companion.optim import Adam  # noqa: E402

# Copies of a process share tqdm's own lock: one that dies while it holds it would hold up the others.
tqdm.set_lock(threading.RLock())
tqdm.monitor_interval = 0

RECORD = Path(__file__).with_suffix(".json")
EPOCHS, RUNS = 25, 20
WRITING = ("save_checkpoint", "_store")
SETTINGS = [{"seed": seed} for seed in range(RUNS)]
Found = Counter[str]


class Wrong(AssertionError):
    """What a killed process left behind is not what it must be."""


def require(holds: bool, what: str) -> None:
    if not holds:
        raise Wrong(what)


# Training: a small regression whose order and noise come from the generator, so that nothing repeats


def training(epochs: int, checkpoint: Path | None = None) -> str:
    """A digest of all that a run consists of, its generator included."""
    rng = np.random.default_rng(1)
    xs, targets = rng.normal(size=(2, 12, 3))
    params = {"W": rng.normal(size=(3, 3)), "b": np.zeros(3)}

    def loss_and_grads(params: Any, batch: Any) -> tuple[float, Any]:
        x, target = batch
        loss = squared_error(x @ params["W"] + params["b"], target)
        dy = loss.back()
        return loss.value, {"W": x.T @ dy, "b": dy.sum(axis=0)}

    def batches(rng: np.random.Generator) -> Any:
        for x, target in train.shuffled(5, xs, targets)(rng):
            yield x + 0.1 * rng.normal(size=x.shape), target

    run = train.fit(
        loss_and_grads,
        params,
        batches,
        Adam(0.01),
        epochs=epochs,
        rng=rng,
        checkpoint=checkpoint,
        progress=False,
    )
    parts = {**{f"{i}{k}": v for i, d in enumerate((run.params, run.best, run.memory)) for k, v in d.items()}}
    bits = [f"{name} {a.dtype} {a.shape}".encode() + a.tobytes() for name, a in sorted(parts.items())]
    others = repr((run.history, run.epoch, run.best_epoch, rng.bit_generator.state)).encode()
    return hashlib.sha256(b"\0".join([*bits, others])).hexdigest()


class Training:
    """Runs with a checkpoint, and what they must leave."""

    def __init__(self) -> None:
        self.right = {training(epochs): epochs for epochs in range(1, EPOCHS + 1)}

    def path(self, folder: Path) -> Path:
        return folder / "run.npz"

    def work(self, folder: Path, much: int = EPOCHS) -> None:
        training(much, self.path(folder))

    def progress(self, folder: Path) -> int:
        """How many epochs the checkpoint holds; Wrong unless they are those of an undisturbed run."""
        with np.load(self.path(folder)) as stored:
            epoch = int(json.loads(str(stored["about"]))["epoch"])
        if epoch:  # asked for no more epochs than there are, `fit` gives back what the file holds
            require(self.right.get(training(epoch, self.path(folder))) == epoch, f"epoch {epoch} differs")
        return epoch

    def complete(self, folder: Path) -> bool:
        return self.right.get(training(EPOCHS, self.path(folder))) == EPOCHS


# Sweeps


def figures(seed: int) -> dict[str, float]:
    return {"figure": float(np.random.default_rng(seed).normal(size=1000).sum())}


class Sweep:
    """Sweeps, and the records that they must leave."""

    def path(self, folder: Path) -> Path:
        return folder / "toy.jsonl"

    def work(self, folder: Path, much: int = RUNS) -> None:
        sweep.sweep("toy", figures, SETTINGS[:much], folder, progress=False)

    def progress(self, folder: Path) -> int:
        """How many records there are; Wrong unless they are the first ones, each once, with their figures."""
        content = self.path(folder).read_bytes().splitlines()
        require(content != [], "the file is empty")
        *lines, _ = content
        records = sweep.load("toy", folder) if lines else []
        require([r["settings"] for r in records] == SETTINGS[: len(lines)], "a record is lost or doubled")
        require(all(r["figures"] == figures(**r["settings"]) for r in records), "a figure differs")
        return len(lines)

    def complete(self, folder: Path) -> bool:
        self.work(folder)
        return self.progress(folder) == RUNS


Kind = Training | Sweep


def child(work: Callable[[], None]) -> int:
    """Start `work` in a process of its own, which is this one's copy, and return its number."""
    number = os.fork()
    if number:
        return number
    try:
        work()
        os._exit(0)
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(1)


def ended(number: int) -> bool:
    """Wait for a process; whether it was killed, or came to its end. Wrong for any other end."""
    _, status = os.waitpid(number, 0)
    code = os.waitstatus_to_exitcode(status)
    require(code in (0, -signal.SIGKILL), f"the process ended with {code}")
    return code != 0


def look(kind: Kind, folder: Path, before: int, found: Found) -> int:
    """What the killed process has left: how far it has come, which must not be less than before."""
    if not kind.path(folder).exists():
        require(before == 0, "the file is gone")
        found["before the first file"] += 1
        return 0
    there = kind.progress(folder)
    require(before <= there, f"{before} before the kill, {there} after it")
    found["files that load and are right"] += 1
    with tempfile.TemporaryDirectory() as other:
        shutil.copy(kind.path(folder), other)
        require(kind.complete(Path(other)), "going on from there ends otherwise than without a kill")
    found["going on is exact"] += 1
    return there


def at_random(kind: Kind, kills: int, rng: random.Random) -> Found:
    """Kill at random moments, a few times in the course of each run."""
    found: Found = Counter()
    with tempfile.TemporaryDirectory() as name:
        started = time.monotonic()
        kind.work(Path(name))
        long = time.monotonic() - started
    while found["kills"] < kills:
        with tempfile.TemporaryDirectory() as name:
            folder, there, running = Path(name), 0, True
            while running and found["kills"] < kills:
                process = child(lambda folder=folder: kind.work(folder))
                time.sleep(rng.uniform(0, long / 3))
                os.kill(process, signal.SIGKILL)
                running = ended(process)
                if running:
                    found["kills"] += 1
                    there = look(kind, folder, there, found)
                    found["left in the middle of a write"] += len(list(folder.glob(".*.tmp"))) > 0
                    for left in folder.glob(".*.tmp"):
                        left.unlink()
            if not running:
                require(kind.complete(folder), "the run that was killed ends otherwise than one that was not")
                found["runs that came to their end"] += 1
    return found


def at_step(kind: Kind, kills: int) -> Found:
    """Kill at steps spread evenly over two writes, at each one where `kills` is 0."""
    found: Found = Counter()
    with tempfile.TemporaryDirectory() as name:
        start = Path(name)
        kind.work(start, 1)
        steps = counted(kind, start)
        chosen = range(steps) if not kills else [steps * n // kills for n in range(kills)]
        for step in chosen:
            with tempfile.TemporaryDirectory() as other:
                folder = Path(other)
                shutil.copy(kind.path(start), folder)
                process = child(lambda folder=folder, step=step: stepping(lambda: kind.work(folder, 2), step))
                require(ended(process), f"the process came to its end before step {step} of {steps}")
                found["kills"] += 1
                found[f"{look(kind, folder, 1, found)} stored"] += 1
    return found


def counted(kind: Kind, start: Path) -> int:
    """How many steps a child takes that goes on from `start`."""
    with tempfile.TemporaryDirectory() as other:
        shutil.copy(kind.path(start), other)
        said = Path(other) / "steps"
        process = child(
            lambda: said.write_text(str(stepping(lambda: kind.work(Path(other), 2), -1))) and None
        )
        require(not ended(process), "the process was killed")
        return int(said.read_text())


def stepping(work: Callable[[], None], deadly: int) -> int:
    """Count the calls of C code and their returns inside the writing of a file, which `WRITING` names, and
    kill this process at the one numbered `deadly`."""
    steps = inside = 0

    def step(frame: Any, event: str, arg: Any) -> None:
        nonlocal steps, inside
        if frame.f_code.co_name in WRITING:
            inside += {"call": 1, "return": -1}.get(event, 0)
        if inside and event.startswith("c_"):
            if steps == deadly:
                os.kill(os.getpid(), signal.SIGKILL)
            steps += 1

    sys.setprofile(step)
    work()
    sys.setprofile(None)
    return steps


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Kill training runs and sweeps, and look at what is left.")
    parser.add_argument("--kills", type=int, default=100, help="at random moments, of each kind")
    parser.add_argument("--steps", type=int, default=0, help="steps of a write to kill at; 0, all of them")
    parser.add_argument("--seed", type=int, default=0, help="of the random moments")
    parser.add_argument("--record", type=Path, default=RECORD, help="where to write what came out")
    given = parser.parse_args(arguments)
    record = json.loads(given.record.read_text()) if given.record.exists() else {}
    for kind in (Training(), Sweep()):
        name = type(kind).__name__.lower()
        for where, kill in (
            ("at random moments", lambda kind=kind: at_random(kind, given.kills, random.Random(given.seed))),
            ("at steps of a write", lambda kind=kind: at_step(kind, given.steps)),
        ):
            if f"{name}, {where}" not in record:
                started = time.monotonic()
                found = {**kill(), "seconds": round(time.monotonic() - started)}
                print(f"{name}, {where}: {found}", flush=True)
                record |= {f"{name}, {where}": found}
                record |= {"versions": sweep._versions(), "hardware": sweep._hardware()}
                write_whole(given.record, json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
