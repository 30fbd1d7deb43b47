"""Runs chapters as Colab would: each alone in an empty folder, with Colab's libraries, without the package.

    python .ci/in_colab.py oldest [book/intro.ipynb ...]

Colab is imitated by a new virtual environment that links to the libraries of another one, and by a git that
finds this checkout, edits and all, under the public address. Nothing is fetched: pip has no index, and every
other way out leads to a closed port. The libraries are those of `.venv/colab-oldest`, or `-newest`. What has
run is noted in `_build/colab`, and is not repeated unless the chapter, the package or a library changed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distributions
from itertools import zip_longest
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the package of this checkout

from companion._files import write_whole  # noqa: E402
from companion.notebooks import NotebookError  # noqa: E402
from companion.notebooks.address import files, read_address  # noqa: E402
from companion.notebooks.runs import ENVIRONMENT, run_cells  # noqa: E402
from companion.notebooks.sources import sources  # noqa: E402
from companion.notebooks.stored import Notebook, code_cells, digest, read  # noqa: E402

PLAIN_GIT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
FRAMEWORKS = ["numpy", "torch", "keras", "tensorflow-cpu" if sys.platform != "darwin" else "tensorflow"]
LIBRARIES = [*FRAMEWORKS, "ipykernel", "matplotlib", "pandas", "pip", "scipy", "setuptools", "tqdm", "wheel"]


def canonical(name: str) -> str:
    return re.sub("[-_.]+", "-", name).lower()


def library(python: Path) -> Path:
    """The folder into which the packages of a Python are installed."""
    ask = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    return Path(subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip())


def installed(folder: Path) -> dict[str, Distribution]:
    return {canonical(one.metadata["Name"]): one for one in distributions(path=[str(folder)])}


def versions(folder: Path) -> dict[str, str]:
    return {name: one.version for name, one in installed(folder).items()}


def closure(names: Iterable[str], here: dict[str, Distribution]) -> Iterator[Distribution]:
    """The distributions of these names and all that they require, of those that are installed."""
    waiting, found = [canonical(name) for name in names], set()
    while waiting:
        name = waiting.pop()
        if name in found or name not in here:
            continue
        found.add(name)
        yield here[name]
        needed = map(Requirement, here[name].requires or [])
        needed = (one for one in needed if one.marker is None or one.marker.evaluate({"extra": ""}))
        waiting += [canonical(one.name) for one in needed]


def colab_python(folder: Path, libraries_of: Path) -> Path:
    """A Python in `folder` with the libraries of Colab, in the versions that `libraries_of` has."""
    subprocess.run([libraries_of, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin/python"
    target = library(python)
    for distribution in closure(LIBRARIES, installed(library(libraries_of))):
        for top in {file.parts[0] for file in distribution.files or []} - {"..", "__pycache__"}:
            if not (target / top).exists():
                (target / top).symlink_to(Path(distribution.locate_file(top)))
    return python


def published(folder: Path) -> Path:
    """A repository that holds this checkout as it is now, in one commit."""
    for file in files(ROOT):
        copy = folder / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    author = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    for command in (["init", "-q"], ["add", "-A"], [*author, "commit", "-q", "-m", "As it is now"]):
        subprocess.run(["git", "-C", folder, *command], check=True, env={**os.environ, **PLAIN_GIT})
    return folder


def outside(repository: Path) -> dict[str, str]:
    """The environment variables of a Colab whose every request for the course is answered by `repository`."""
    closed = dict.fromkeys(["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"], "http://127.0.0.1:9")
    redirected = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{repository.as_uri()}/.insteadOf",
        "GIT_CONFIG_VALUE_0": read_address(ROOT),
    }
    # pip reads this variable the wrong way round: 0 means that nothing is fetched for building.
    pip = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_CONFIG_FILE": os.devnull}
    left_out = {"PYTHONPATH", "VIRTUAL_ENV", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CONSTRAINT"}
    inherited = {name: value for name, value in {**os.environ, **ENVIRONMENT}.items() if name not in left_out}
    return {**inherited, **closed, **redirected, **pip, **PLAIN_GIT}


def shown(cell: dict[str, Any]) -> list[dict[str, Any]]:
    """What a cell shows as text, without its pictures."""
    data = [out.get("data", {"text": out.get("text")}) for out in cell["outputs"]]
    return [{kind: value for kind, value in one.items() if not kind.startswith("image/")} for one in data]


def differences(ran: Notebook, stored: Notebook) -> list[str]:
    """The first line of each cell that shows another text than is stored; the first cell only installs."""
    pairs = zip(code_cells(ran)[1:], code_cells(stored)[1:], strict=True)
    return [kept["source"].split("\n")[0] for new, kept in pairs if shown(new) != shown(kept)]


def _lines(cell: dict[str, Any]) -> list[str]:
    return [line for one in shown(cell) for kind in sorted(one) for line in str(one[kind]).split("\n")]


def first_difference(ran: Notebook, stored: Notebook) -> list[str]:
    """Where the text first differs, the line that is stored and the one that came."""
    for new, kept in zip(code_cells(ran)[1:], code_cells(stored)[1:], strict=True):
        for pair in zip_longest(_lines(kept), _lines(new), fillvalue=""):
            if pair[0] != pair[1]:
                return list(pair)
    return []


def alone(chapter: Path, folder: Path) -> Path:
    """A copy of a chapter in a new folder in which there is nothing else."""
    folder.mkdir()
    return Path(shutil.copy(chapter, folder))


def run_chapter(chapter: Path, libraries_of: Path, repository: Path) -> dict[str, Any]:
    """Run one chapter in a Colab of its own. What it did: its error, the cells that show another text than
    is stored, and the libraries whose version it changed."""
    with tempfile.TemporaryDirectory() as folder:
        python = colab_python(Path(folder) / "python", libraries_of)
        before = versions(library(python))
        copy = alone(chapter, Path(folder) / "content")
        notebook, stored = read(copy), read(copy)
        started, error = time.monotonic(), ""
        try:
            run_cells(notebook, copy.parent, python, outside(repository))
        except NotebookError as failure:
            error = str(failure)
        after = versions(library(python))
        left = sorted(path.name for path in copy.parent.iterdir() if path != copy)
    return {
        "error": error,
        "shows another text": [] if error else differences(notebook, stored),
        "first": [] if error else first_difference(notebook, stored),
        "changed": sorted(name for name in before if after.get(name) != before[name]),
        "left behind": left,
        "seconds": round(time.monotonic() - started),
    }


def told(outcome: dict[str, Any]) -> str:
    """One line about a chapter."""
    if outcome["error"]:
        return "FAILED\n" + outcome["error"]
    if outcome["changed"] or outcome["left behind"]:
        return f"FAILED: changed {outcome['changed']}, left behind {outcome['left behind']}"
    other = outcome["shows another text"]
    if not other:
        return "runs, same text"
    was, came = outcome["first"]
    return f"runs; {len(other)} cells show another text, first {came!r} for {was!r}"


def main() -> int:
    parser = argparse.ArgumentParser(description="Run chapters as Colab would.")
    parser.add_argument("versions", choices=["oldest", "newest"])
    parser.add_argument("chapters", nargs="*", type=Path, help="notebooks; all of them when none is named")
    options = parser.parse_args()
    libraries_of = ROOT / f".venv/colab-{options.versions}/bin/python"
    have = versions(library(libraries_of))
    print("Libraries:", ", ".join(f"{name} {have[name]}" for name in FRAMEWORKS))
    note = ROOT / f"_build/colab/{options.versions}.json"
    note.parent.mkdir(parents=True, exist_ok=True)
    known = json.loads(note.read_text(encoding="utf-8")) if note.exists() else {}
    well = True
    with tempfile.TemporaryDirectory() as folder:
        repository = published(Path(folder))
        chapters = options.chapters or [ROOT / "book" / path for path in _notebooks()]
        for chapter in (path.resolve() for path in chapters):
            name = chapter.relative_to(ROOT).as_posix()
            of = digest([*sources(read(chapter)).values(), json.dumps(have, sort_keys=True)])
            if known.get(name, {}).get("of") != of or known[name]["error"]:
                known[name] = {"of": of, **run_chapter(chapter, libraries_of, repository)}
                write_whole(note, json.dumps(known, indent=1).encode())
            line = told(known[name])
            well = well and not line.startswith("FAILED")
            print(f"{name}: {line}", flush=True)
    return 0 if well else 1


def _notebooks() -> list[str]:
    paths = (path.relative_to(ROOT / "book") for path in (ROOT / "book").rglob("*.ipynb"))
    return sorted(path.as_posix() for path in paths if ".ipynb_checkpoints" not in path.parts)


if __name__ == "__main__":
    sys.exit(main())
