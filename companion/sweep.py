"""Recording experiments that take longer than a reader wants to wait.

`python -m companion.sweep NAME` runs every setting of an experiment that has no record yet and keeps one
JSON record a run in data/results/NAME.jsonl, with its settings, figures, versions and hardware. It may be
killed at any moment: the file is replaced whole after each run, so nothing is lost but the runs in progress,
and nothing counts twice. `--jobs 4` has four runs at a time, each in a process of its own, and
`--cluster tcp://host:8786` as many as this Dask cluster has cores; only the sweep itself writes the file.
"""

import argparse
import importlib
import json
import os
import platform
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from tqdm import tqdm

from companion import _shipped
from companion._arrays import expect_size
from companion._files import write_whole

Settings = Mapping[str, Any]
Record = dict[str, Any]
LIBRARIES = ("numpy", "torch", "keras", "tensorflow")


class RecordError(ValueError):
    """A file of records cannot be read, or does not hold what was asked for."""


def load(name: str, folder: Path | None = None, **settings: Any) -> list[Record]:
    """The records of experiment `name` whose settings agree with all those given, oldest first.

    A record is a dict of "settings", "figures", "versions", "hardware" and "seconds". Raises RecordError,
    naming the file, where it is missing or damaged or no record fits.
    """
    path = _path(name, folder)
    if not path.is_file():
        raise RecordError(f"{path} is missing; record it with: python -m companion.sweep {name}")
    fitting = [r for r in _read(path) if settings.items() <= r["settings"].items()]
    if not fitting:
        raise RecordError(f"{path} holds no record with {dict(settings)}")
    return fitting


def sweep(
    name: str,
    run: Callable[..., Mapping[str, Any]],
    settings: Sequence[Settings],
    folder: Path | None = None,
    progress: bool = True,
    jobs: int = 1,
    cluster: str | None = None,
) -> list[Record]:
    """Run every setting without a record, storing each at once; return the records of all, in order.

    `run(**setting)` must return figures that JSON can hold. With `jobs` above 1 so many run at a time, with
    `cluster`, the address of a Dask scheduler, as many as it has cores; the workers must have this package.
    Raises ValueError where a setting stands twice or `jobs` is not at least 1.
    """
    expect_size("jobs", jobs)
    wanted = [_key(s) for s in settings]
    if twice := {key for key in wanted if wanted.count(key) > 1}:
        raise ValueError(f"every setting must stand once, got twice: {', '.join(sorted(twice))}")
    path = _path(name, folder)
    records = _read(path) if path.is_file() else []
    done = {_key(r["settings"]) for r in records}
    todo = [s for s in settings if _key(s) not in done]
    path.parent.mkdir(parents=True, exist_ok=True)
    with tqdm(total=len(todo), desc=name, unit="run", disable=not progress) as bar:
        for record in _recorded(run, todo, jobs, cluster):
            records = _store(path, record)
            bar.update()
    by_key = {_key(r["settings"]): r for r in records}
    return [by_key[key] for key in wanted]


def _recorded(
    run: Callable[..., Mapping[str, Any]], todo: Sequence[Settings], jobs: int, cluster: str | None
) -> Iterator[Record]:
    """The record of each run, in the order in which they end."""
    if cluster is None and jobs == 1:
        yield from (_record(run, setting) for setting in todo)
        return
    try:
        import joblib

        tasks = (joblib.delayed(_record)(run, setting, os.getpid()) for setting in todo)
        at_once = {"return_as": "generator_unordered", "batch_size": 1}
        if cluster is None:
            with joblib.parallel_config("loky", n_jobs=jobs, inner_max_num_threads=1):
                yield from joblib.Parallel(**at_once)(tasks)
            return
        from distributed import Client
    except ImportError as error:
        raise ImportError(f"{error}; several runs at a time need rnn-companion[cluster]") from error
    with Client(cluster) as client, joblib.parallel_config("dask", client=client):  # type: ignore[no-untyped-call]
        yield from joblib.Parallel(**at_once)(tasks)


def _record(run: Callable[..., Mapping[str, Any]], setting: Settings, sweep: int | None = None) -> Record:
    """Run one setting and say where and with what; in a child of process `sweep`, not beyond its end."""
    if sweep == os.getppid():
        _end_with_parent()
    started = time.perf_counter()
    figures = dict(run(**setting))
    return {
        "settings": dict(setting),
        "figures": figures,
        "seconds": round(time.perf_counter() - started, 1),
        "versions": _versions(),
        "hardware": _hardware(),
    }


@cache
def _end_with_parent() -> None:
    """End this process soon after its parent has, so that a killed sweep leaves no runs behind."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _store(path: Path, record: Record) -> list[Record]:
    """Add a record to the file unless its run has one, and return all, those of another sweep included."""
    with _alone(path.parent):
        records = _read(path) if path.is_file() else []
        if _key(record["settings"]) not in {_key(r["settings"]) for r in records}:
            records.append(json.loads(json.dumps(record)))
            write_whole(path, "".join(json.dumps(r) + "\n" for r in records))
        return records


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other sweeps from writing in this folder meanwhile, on systems that can lock one."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)  # which unlocks


def _path(name: str, folder: Path | None) -> Path:
    return (folder or _shipped.folder() / "results") / f"{name}.jsonl"


def _read(path: Path) -> list[Record]:
    records = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            record = json.loads(line)
            if not {"settings", "figures"} <= record.keys():
                raise ValueError("a record has settings and figures")
        except (ValueError, AttributeError) as error:
            raise RecordError(
                f"{path}, line {number}: expected one JSON record, got {line[:40]!r} ({error}); "
                "restore the file, or remove the line to have that run repeated"
            ) from error
        records.append(record)
    return records


def _key(settings: Settings) -> str:
    return json.dumps(dict(settings), sort_keys=True)


def _versions() -> dict[str, str]:
    """The versions of Python and of the libraries that the run has loaded."""
    loaded = [name for name in LIBRARIES if name in sys.modules]
    found = {name: sys.modules[name].__version__ for name in loaded}
    return {"python": platform.python_version(), "rnn-companion": _own_version(), **found}


def _own_version() -> str:
    try:
        return metadata.version("rnn-companion")
    except metadata.PackageNotFoundError:  # run from a checkout
        import companion

        return companion.__version__


def _hardware() -> str:
    torch = sys.modules.get("torch")
    gpu = f", {torch.cuda.get_device_name()}" if torch is not None and torch.cuda.is_available() else ""
    return f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}{gpu}"


def main() -> None:
    """The command line: record one experiment."""
    parser = argparse.ArgumentParser(prog="python -m companion.sweep", description="Record an experiment.")
    here = Path(__file__).parent / "experiments"
    names = sorted(p.stem for p in here.glob("*.py") if p.stem != "__init__")
    parser.add_argument("name", choices=names, help="the experiment")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="runs at a time on this machine")
    parser.add_argument("--cluster", metavar="ADDRESS", help="a Dask scheduler, such as tcp://host:8786")
    given = parser.parse_args()
    name = given.name
    experiment = importlib.import_module(f"companion.experiments.{name}")
    records = sweep(name, experiment.run, experiment.SETTINGS, jobs=given.jobs, cluster=given.cluster)
    print(f"{_path(name, None)}: {len(records)} runs recorded")


if __name__ == "__main__":
    from companion import sweep as module  # workers must find its functions, and know no __main__

    module.main()
