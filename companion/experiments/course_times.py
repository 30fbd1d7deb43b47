"""How long the course itself takes: to execute every chapter, to build the site, to run all tests.

Each is timed on the clock in a fresh clone of what is committed, with the environments of this checkout, so
that nothing built here is touched. Only worth recording while the machine does nothing else: remove
data/results/course_times.jsonl, then `make record NAME=course_times`. It may be interrupted and goes on.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
EDITED = "book/3-bptt/derivation.ipynb"
CORES = 2
LONGEST = 8

SETTINGS = [{"what": "site"}, {"what": "chapters"}, {"what": "tests"}]


def run(what: str) -> dict[str, Any]:
    """The `seconds` of the parts of one task, by name, and of many files those that took `longest`.

    Raises ValueError for an unknown task, RuntimeError, with the end of its output, where a command fails.
    """
    tasks = {"site": site, "chapters": chapters, "tests": tests}
    if what not in tasks:
        raise ValueError(f"what must be one of {', '.join(tasks)}, got {what!r}")
    with clone() as folder:
        return tasks[what](folder)


def site(folder: Path) -> dict[str, Any]:
    """Build the site, and again after a sentence was added to a chapter."""
    clean = timed(folder, "make", "book")
    notebook = json.loads((folder / EDITED).read_text(encoding="utf-8"))
    last = [cell for cell in notebook["cells"] if cell["cell_type"] == "markdown"][-1]
    last["source"] += ["\n", "\n", "One more sentence."]
    (folder / EDITED).write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    edit = timed(folder, "make", "book")
    return {"seconds": {"`make book` from clean": clean, "`make book` after one edit": edit}}


def chapters(folder: Path) -> dict[str, Any]:
    """Execute every chapter and compare its outputs with the stored ones."""
    seconds, longest = tested(folder, "book")
    return {"seconds": {"every chapter executed": seconds}, "longest": longest}


def tests(folder: Path) -> dict[str, Any]:
    """Run what `make test` runs, part by part."""
    parts = {part: timed(folder, "make", part) for part in ("lint", "book")}
    seconds, longest = tested(folder)
    named = {f"- of it `make {part}`": taken for part, taken in parts.items()}
    return {"seconds": {"`make test`": seconds + sum(parts.values()), **named}, "longest": longest}


@contextmanager
def clone() -> Iterator[Path]:
    """A fresh clone of what is committed, with the environments of this checkout."""
    with tempfile.TemporaryDirectory() as outer:
        Path(outer).chmod(0o755)  # some tests read it as another user
        folder = Path(outer) / "course"
        timed(ROOT, "git", "clone", "--quiet", str(ROOT), str(folder))
        (folder / ".venv").symlink_to(ROOT / ".venv")
        yield folder


def tested(folder: Path, *paths: str) -> tuple[float, dict[str, float]]:
    """Run tests on CORES cores; return the time on the clock, and the files that took most of all cores."""
    report = folder.parent / "report.xml"
    python = folder / ".venv/test/bin/python"
    seconds = timed(
        folder, str(python), "-m", "pytest", "-q", "-n", str(CORES), f"--junitxml={report}", *paths
    )
    return seconds, dict(list(by_file(report).items())[:LONGEST])


def by_file(report: Path) -> dict[str, float]:
    """The seconds of each file of tests or chapter in a JUnit report, the longest first."""
    found: dict[str, float] = defaultdict(float)
    for case in ET.parse(report).iter("testcase"):
        name = case.get("classname", "").removeprefix("tests.")
        found[name] += float(case.get("time", 0))
    return {name: round(found[name], 2) for name in sorted(found, key=found.__getitem__, reverse=True)}


def timed(folder: Path, *command: str) -> float:
    """The seconds that a command takes in a folder."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    if done.returncode:
        end = "\n".join((done.stdout + done.stderr).splitlines()[-30:])
        raise RuntimeError(f"{' '.join(command)} failed with {done.returncode} in {folder}:\n{end}")
    return round(seconds, 1)


if sys.platform == "win32":  # make, and the links between folders
    raise ImportError("the times of the course are recorded on Linux or macOS")
