"""Makes what is published of one version, into `_build/release`: wheel, source, site, PDF, and checksums.

The tree must be clean, and its version the same wherever it stands, so that what is published can be made
again from the commit. All files are made in a folder beside the old one, which takes its place when complete.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path

import offline

ROOT = Path(__file__).resolve().parent.parent
BUILD = """
import sys, setuptools.build_meta as backend
folder = sys.argv[1]  # the backend replaces the arguments
backend.build_sdist(folder)
backend.build_wheel(folder)
"""


class ReleaseError(RuntimeError):
    """Why there is no release, and what to do."""


def git(root: Path, *command: str) -> str:
    run = subprocess.run(["git", "-C", root, *command], check=True, capture_output=True, text=True)
    return run.stdout.strip()


def version(root: Path) -> str:
    """The version of this tree; ReleaseError where two places say different ones."""
    package = (root / "companion/__init__.py").read_text(encoding="utf-8")
    citation = (root / "CITATION.cff").read_text(encoding="utf-8")
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = {
        "pyproject.toml": project["version"],
        "companion/__init__.py": re.findall(r'^__version__ = "(.+)"', package, re.MULTILINE)[0],
        "CITATION.cff": re.findall(r'^version: "?([^"\n]+)', citation, re.MULTILINE)[0],
    }
    if len(set(found.values())) > 1:
        told = ", ".join(f"{name} says {said}" for name, said in found.items())
        raise ReleaseError(f"{told}: make them the same")
    return found["pyproject.toml"]


def check(root: Path, wanted: str | None) -> str:
    """The version to release; ReleaseError where the tree does not allow it."""
    found = version(root)
    if wanted and wanted != found:
        raise ReleaseError(f"the tree has version {found}, not {wanted}: change it, or ask for {found}")
    if changes := git(root, "status", "--porcelain"):
        raise ReleaseError(f"the tree has changes that no commit holds: commit or remove them.\n{changes}")
    return found


def packages(root: Path, folder: Path) -> None:
    """The source and the wheel, made from the files of the commit alone and dated as it is."""
    with tempfile.TemporaryDirectory() as place:
        tree = Path(place) / "tree.tar"
        git(root, "archive", "--output", str(tree), "HEAD")
        with tarfile.open(tree) as files:
            files.extractall(Path(place) / "tree", filter="data")
        dated = {**os.environ, "SOURCE_DATE_EPOCH": git(root, "log", "-1", "--format=%ct")}
        command = [sys.executable, "-c", BUILD, folder]
        run = subprocess.run(command, cwd=Path(place) / "tree", env=dated, capture_output=True, text=True)
    if run.returncode:
        raise ReleaseError(f"the package cannot be built:\n{run.stderr[-2000:]}")


def site_and_book(root: Path, folder: Path) -> None:
    """The zip and the PDF of the site that is built."""
    if offline.main(["--root", str(root), "--site", str(root / "_build/html"), "--out", str(folder)]):
        raise ReleaseError("the site or the book is not complete: see above")


def checksums(folder: Path) -> str:
    """A line for each file, as `sha256sum --check` reads them."""
    files = sorted(folder.iterdir())
    return "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files)


def release(root: Path, wanted: str | None, parts: list[Callable[[Path, Path], None]]) -> Path:
    """Make every part into a new folder; the last release is replaced once all of them are there."""
    check(root, wanted)
    made, fresh = root / "_build/release", root / "_build/release.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for part in parts:
        part(root, fresh)
    (fresh / "SHA256SUMS").write_text(checksums(fresh), encoding="utf-8")
    shutil.rmtree(made, ignore_errors=True)
    return fresh.rename(made)


def main() -> int:
    parser = argparse.ArgumentParser(description="Make what is published of one version.")
    parser.add_argument("version", nargs="?", help="refuse to release any other")
    parser.add_argument("--check", action="store_true", help="only say whether the tree can be released")
    options = parser.parse_args()
    try:
        if options.check:
            print(f"Version {check(ROOT, options.version)} can be released.")
            return 0
        folder = release(ROOT, options.version, [packages, site_and_book])
    except ReleaseError as error:
        print(f"No release: {error}", file=sys.stderr)
        return 1
    for file in sorted(folder.iterdir()):
        print(f"{file.relative_to(ROOT)}: {file.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
