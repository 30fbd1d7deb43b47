"""Recording experiments that take longer than a reader wants to wait.

`python -m companion.sweep NAME` runs every setting of an experiment that has no record yet and keeps one
JSON record a run in data/results/NAME.jsonl, with its settings, figures, versions and hardware. It may be
killed at any moment: the file is replaced whole after each run, so nothing is lost but the runs in progress,
and nothing counts twice. Its last line is a seal, by which a file that was altered, cut short or put in the
place of another is known. `--jobs 4` has four runs at a time, each in a process of its own, and
`--cluster tcp://host:8786` as many as this Dask cluster has cores; only the sweep itself writes the file.
"""

import argparse
import hashlib
import importlib
import json
import os
import platform
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
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
_SEAL = b'{"experiment": '  # how a seal begins, and no record


class RecordError(ValueError):
    """A file of records cannot be read, or does not hold what was asked for."""


def load(name: str, folder: Path | None = None, **settings: Any) -> list[Record]:
    """The records of experiment `name` whose settings agree with all those given, oldest first.

    A record is a dict of "settings", "figures", "versions", "hardware" and "seconds". Raises RecordError,
    naming the file, where it is missing or damaged or no record fits.
    """
    path = _path(name, folder)
    if not path.is_file():
        remedy = f"{_shipped.remedy(f'results/{name}.jsonl')}, or record it: python -m companion.sweep {name}"
        raise RecordError(f"{path} is missing; {remedy}")
    wanted = json.loads(json.dumps(settings))  # with lists for tuples, as in the file
    fitting = [r for r in _read(path) if wanted.items() <= r["settings"].items()]
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
    A file without a seal, of which lines were removed by hand, is sealed anew. Raises ValueError where a
    setting stands twice or `jobs` is not at least 1, RecordError for a damaged file, and OSError for one that
    cannot be written, before any run.
    """
    expect_size("jobs", jobs)
    wanted = [_key(s) for s in settings]
    if twice := _twice(wanted):
        raise ValueError(f"every setting must stand once, got twice: {twice}")
    path = _path(name, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    stored = path.read_bytes() if path.is_file() else b""
    records = _records(path, stored, sealed=False)
    done = {_key(r["settings"]) for r in records}
    todo = [s for s in settings if _key(s) not in done]
    if todo or stored != _text(path.stem, records):
        records = _store(path)  # a file that cannot be written is better known now
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

        if cluster is not None:
            from distributed import Client
    except ImportError as error:
        raise ImportError(f"{error}; several runs at a time need rnn-companion[cluster]") from error
    tasks = (joblib.delayed(_record)(run, setting, os.getpid()) for setting in todo)
    at_once = {"return_as": "generator_unordered", "batch_size": 1}
    if cluster is None:
        with joblib.parallel_config("loky", n_jobs=jobs, inner_max_num_threads=1):
            yield from joblib.Parallel(**at_once)(tasks)
        return
    with Client(cluster) as client, joblib.parallel_config("dask", client=client):  # type: ignore[no-untyped-call]
        yield from joblib.Parallel(**at_once)(tasks)


def _record(run: Callable[..., Mapping[str, Any]], setting: Settings, sweep: int | None = None) -> Record:
    """Run one setting and say where and with what; in a child of process `sweep`, not beyond its end."""
    if sweep == os.getppid():
        _end_with_parent()
    started = time.perf_counter()
    try:
        figures = dict(run(**setting))
        json.dumps(figures)  # what no file can hold is better known where it was made
    except Exception as error:
        error.add_note(f"in the run {dict(setting)}")
        raise
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


def _store(path: Path, *new: Record) -> list[Record]:
    """Add records to the file where their runs have none; return all, those of another sweep included."""
    with _alone(path.parent):
        records = _records(path, path.read_bytes(), sealed=False) if path.is_file() else []
        done = {_key(r["settings"]) for r in records}
        records += [json.loads(json.dumps(r)) for r in new if _key(r["settings"]) not in done]
        write_whole(path, _text(path.stem, records))
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


def _text(name: str, records: Sequence[Record]) -> bytes:
    """The content of the file of these records."""
    lines = "".join(json.dumps(r) + "\n" for r in records).encode()
    return lines + _seal(name, lines)


def _seal(name: str, lines: bytes) -> bytes:
    """The last line of a file: of which experiment it is, how many records stand above, and their sha256."""
    digest = hashlib.sha256(lines).hexdigest()
    return json.dumps({"experiment": name, "records": lines.count(b"\n"), "sha256": digest}).encode() + b"\n"


def _read(path: Path) -> list[Record]:
    return _records(path, path.read_bytes(), sealed=True)


def _records(path: Path, content: bytes, sealed: bool) -> list[Record]:
    """The records in the content of a file; where it is not `sealed`, the seal may be missing."""
    lines = content.splitlines(keepends=True)
    if sealed or any(line.startswith(_SEAL) for line in lines[-1:]):
        *lines, seal = lines or [b""]
        if seal != (expected := _seal(path.stem, b"".join(lines))):
            raise RecordError(
                f"{path} was altered, cut short or put in the place of another: its last line must be "
                f"{_shown(expected)}, got {_shown(seal)}; {_remedy(path.stem)}"
            )
    records = [_record_of(path, number, line) for number, line in enumerate(lines, start=1)]
    if twice := _twice([_key(r["settings"]) for r in records]):
        raise RecordError(f"{path}: every setting must have one record, got several for {twice}")
    return records


def _record_of(path: Path, number: int, line: bytes) -> Record:
    try:
        record = json.loads(line)
        if not all(isinstance(record[part], dict) for part in ("settings", "figures")):
            raise ValueError("a record has settings and figures")
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise RecordError(
            f"{path}, line {number}: expected one JSON record, got {_shown(line[:40])} ({error!r}); "
            f"{_remedy(path.stem)}"
        ) from error
    return record  # type: ignore[no-any-return]


def _remedy(name: str) -> str:
    return (
        f"{_shipped.remedy(f'results/{name}.jsonl')}. Where lines were removed on purpose, remove the last, "
        f"the seal, too, and run: python -m companion.sweep {name}"
    )


def _shown(line: bytes) -> str:
    return repr(line.decode(errors="replace").rstrip("\n"))


def _twice(keys: Sequence[str]) -> str:
    return ", ".join(sorted(key for key, count in Counter(keys).items() if count > 1))


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


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line: record one experiment."""
    parser = argparse.ArgumentParser(prog="python -m companion.sweep", description="Record an experiment.")
    here = Path(__file__).parent / "experiments"
    names = sorted(p.stem for p in here.glob("*.py") if p.stem != "__init__")
    parser.add_argument("name", choices=names, help="the experiment")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="runs at a time on this machine")
    parser.add_argument("--cluster", metavar="ADDRESS", help="a Dask scheduler, such as tcp://host:8786")
    given = parser.parse_args(arguments)
    if given.jobs < 1:
        parser.error(f"argument --jobs: must be at least 1, got {given.jobs}")
    name = given.name
    try:
        experiment = importlib.import_module(f"companion.experiments.{name}")
        os.environ.update(getattr(experiment, "ENVIRONMENT", {}))  # for the frameworks, which load later
        records = sweep(name, experiment.run, experiment.SETTINGS, jobs=given.jobs, cluster=given.cluster)
    except (RecordError, ImportError, OSError) as error:
        print(f"companion.sweep: {error}", *getattr(error, "__notes__", ()), file=sys.stderr)
        return 1
    except BrokenExecutor as error:
        print(
            f"companion.sweep: a worker died ({type(error).__name__}), perhaps for want of memory. What has "
            "ended is recorded; the same command goes on from there.",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print(
            "Interrupted. What has ended is recorded; the same command goes on from there.", file=sys.stderr
        )
        return 130
    print(f"{_path(name, None)}: {len(records)} runs recorded")
    return 0


if __name__ == "__main__":
    from companion import sweep as module  # workers must find its functions, and know no __main__

    raise SystemExit(module.main())
