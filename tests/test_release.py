"""The release: only of a clean tree and one version, the same files from one commit, all of them or none."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / ".ci"))

import release  # noqa: E402

FILES = {
    "pyproject.toml": '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
    '[project]\nname = "small"\nversion = "1.2"\n[tool.setuptools]\npackages = ["companion"]\n',
    "companion/__init__.py": '"""Small."""\n\n__version__ = "1.2"\n',
    "CITATION.cff": "cff-version: 1.2.0\nversion: 1.2\n",
    ".gitignore": "/_build/\n",
}


def git(root: Path, *command: str) -> None:
    who = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    subprocess.run(["git", "-C", root, *who, *command], check=True, capture_output=True)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small package in a repository of its own, with one commit."""
    root = tmp_path / "a tree"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "All of it")
    return root


def a_file(root: Path, folder: Path) -> None:
    (folder / "a.txt").write_text("made")


def fail(root: Path, folder: Path) -> None:
    raise release.ReleaseError("the book is not complete")


def test_what_is_released_has_checksums(tree: Path) -> None:
    folder = release.release(tree, "1.2", [a_file])
    assert {file.name for file in folder.iterdir()} == {"a.txt", "SHA256SUMS"}
    assert (folder / "SHA256SUMS").read_text() == f"{hashlib.sha256(b'made').hexdigest()}  a.txt\n"
    assert release.check(tree, None) == "1.2", "a release leaves the tree clean"


def test_a_release_that_fails_leaves_the_last_one(tree: Path) -> None:
    release.release(tree, None, [a_file])
    with pytest.raises(release.ReleaseError, match="the book is not complete"):
        release.release(tree, None, [fail, a_file])
    assert (tree / "_build/release/a.txt").read_text() == "made"
    assert release.release(tree, None, [a_file]).name == "release", "and the next one is not disturbed by it"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("new.txt", "", "the tree has changes that no commit holds(.|\n)*new.txt"),
        (".gitignore", "", "the tree has changes that no commit holds(.|\n)*.gitignore"),
        ("CITATION.cff", "version: 1.3\n", "pyproject.toml says 1.2, .*CITATION.cff says 1.3"),
        (
            "companion/__init__.py",
            '__version__ = "1"\n',
            "companion/__init__.py says 1, CITATION.cff says 1.2",
        ),
    ],
)
def test_a_tree_that_is_not_as_published_is_refused(tree: Path, name: str, text: str, said: str) -> None:
    (tree / name).write_text(text)
    with pytest.raises(release.ReleaseError, match=said):
        release.release(tree, None, [a_file])
    assert not (tree / "_build").exists()


def test_another_version_than_the_one_asked_for_is_refused(tree: Path) -> None:
    with pytest.raises(release.ReleaseError, match=r"the tree has version 1\.2, not 1\.3"):
        release.check(tree, "1.3")


def test_packages_are_made_of_the_commit_and_can_be_made_again(tree: Path, tmp_path: Path) -> None:
    (tree / "companion/stray.py").write_text("not committed")
    made = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        release.packages(tree, tmp_path / name)
        made.append({file.name: file.read_bytes() for file in (tmp_path / name).iterdir()})
    assert made[0].keys() == {"small-1.2-py3-none-any.whl", "small-1.2.tar.gz"}
    wheel = "small-1.2-py3-none-any.whl"
    assert made[0][wheel] == made[1][wheel]
    names = {
        file for file in zipfile.ZipFile(tmp_path / "first" / wheel).namelist() if "dist-info" not in file
    }
    assert names == {"companion/__init__.py"}
    with tarfile.open(tmp_path / "first/small-1.2.tar.gz") as source:
        assert {"small-1.2/pyproject.toml", "small-1.2/companion/__init__.py"} <= set(source.getnames())
