"""Recording experiments that take longer than a reader wants to wait.

`python -m companion.sweep NAME` runs every setting of an experiment that has no record yet and keeps one
JSON record a run in data/results/NAME.jsonl, with its settings, figures, versions and hardware. It may be
killed at any moment: the file is replaced whole after each run, so nothing is lost but the run in progress,
and nothing counts twice.
"""

import argparse
import importlib
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from tqdm import tqdm

from companion import _shipped
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
) -> list[Record]:
    """Run every setting without a record, storing each at once; return the records of all, in order.

    `run(**setting)` must return figures that JSON can hold. Raises ValueError where a setting stands twice.
    """
    wanted = [_key(s) for s in settings]
    if twice := {key for key in wanted if wanted.count(key) > 1}:
        raise ValueError(f"every setting must stand once, got twice: {', '.join(sorted(twice))}")
    path = _path(name, folder)
    records = _read(path) if path.is_file() else []
    done = {_key(r["settings"]) for r in records}
    todo = [s for s in settings if _key(s) not in done]
    for setting in tqdm(todo, desc=name, unit="run", disable=not progress):
        started = time.perf_counter()
        figures = dict(run(**setting))
        seconds = round(time.perf_counter() - started, 1)
        records.append(
            {
                "settings": dict(setting),
                "figures": figures,
                "seconds": seconds,
                "versions": _versions(),
                "hardware": _hardware(),
            }
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, "".join(json.dumps(r) + "\n" for r in records))
    by_key = {_key(r["settings"]): r for r in records}
    return [by_key[key] for key in wanted]


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
    return f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}"


def main() -> None:
    """The command line: record one experiment."""
    parser = argparse.ArgumentParser(prog="python -m companion.sweep", description="Record an experiment.")
    here = Path(__file__).parent / "experiments"
    names = sorted(p.stem for p in here.glob("*.py") if p.stem != "__init__")
    parser.add_argument("name", choices=names, help="the experiment")
    name = parser.parse_args().name
    experiment = importlib.import_module(f"companion.experiments.{name}")
    records = sweep(name, experiment.run, experiment.SETTINGS)
    print(f"{_path(name, None)}: {len(records)} runs recorded")


if __name__ == "__main__":
    main()
