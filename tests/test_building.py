"""The set-up behind make: environments and the site, from every state in which a reader may find them.

A small project stands in for the course: its only requirement is pip, which a new environment already has, so
that real environments are built here in seconds and without a network.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NO_NETWORK = {**os.environ, "PIP_NO_INDEX": "1", "PIP_INDEX_URL": "http://127.0.0.1:9", "TORCH_INDEX": ""}
STAMP = """
def setup(app):
    app.connect("html-page-context", lambda app, page, template, context, tree: context.update(
        body=context.get("body", "") + "{}"))
"""  # an extension of the site's
PROJECT = '[project]\ndependencies = ["pip"]\n[project.optional-dependencies]\nbook = []\n'


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project whose environment is ready, in a folder with a space in its name."""
    root = tmp_path_factory.mktemp("a small project")
    (root / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/environment.py", root / ".ci")
    (root / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    (root / "constraints.txt").write_text("", encoding="utf-8")
    run = environment(root)
    assert run.returncode == 0, run.stderr
    assert "Building .venv/book" in run.stdout
    return root


@pytest.fixture
def project(built: Path, tmp_path: Path) -> Path:
    """A copy of the small project, which is thereby a folder that was moved."""
    return shutil.copytree(built, tmp_path / "moved here", symlinks=True)


def environment(root: Path, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    command = [python, root / ".ci/environment.py", "book"]
    return subprocess.run(command, env=NO_NETWORK, capture_output=True, text=True)


def test_ready_environment_is_left_alone_even_after_a_move(project: Path) -> None:
    run = environment(project)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_half_made_environment_is_built_anew(project: Path) -> None:
    (project / ".venv/book/ready").unlink()
    (project / ".venv/book/lib").rename(project / ".venv/book/broken")
    shutil.copytree(project / ".venv/book/broken", project / ".venv/book.new/lib", symlinks=True)
    run = environment(project)
    assert run.returncode == 0, run.stderr
    assert not (project / ".venv/book/broken").exists()
    assert not (project / ".venv/book.new").exists()


def test_environment_whose_interpreter_has_gone_is_built_anew(project: Path) -> None:
    for link in (project / ".venv/book/bin").glob("python*"):
        link.unlink()
        link.symlink_to("/nowhere/python3")
    run = environment(project)
    assert run.returncode == 0, run.stderr
    assert environment(project).stdout == ""


def test_environment_that_cannot_be_renewed_is_kept(project: Path) -> None:
    (project / "constraints.txt").write_text("pip==0.1\n", encoding="utf-8")
    run = environment(project)
    assert run.returncode != 0
    assert "The one that stands is kept" in run.stderr
    (project / "constraints.txt").write_text("", encoding="utf-8")
    assert environment(project).stdout == ""


def test_a_touched_file_with_the_same_content_renews_nothing(project: Path) -> None:
    os.utime(project / "constraints.txt")
    os.utime(project / "pyproject.toml")
    assert environment(project).stdout == ""


def test_another_python_is_refused_with_its_version(project: Path) -> None:
    """No other version need be installed: the one at hand is made to say that it is 3.9."""
    script = project / ".ci/environment.py"
    script.write_text("import sys\nsys.version_info = (3, 9, 1)\n" + script.read_text(encoding="utf-8"))
    run = environment(project)
    assert run.returncode != 0
    assert "Python 3.11 or 3.12 is needed" in run.stderr
    assert "is 3.9" in run.stderr


def test_site_with_a_fault_fails_every_time_and_recovers(tmp_path: Path) -> None:
    """An incremental build would not mention the fault again: the second build must fail as the first did."""
    root = tmp_path / "a small book"
    shutil.copytree(ROOT / ".ci", root / ".ci")
    (root / "book").mkdir()
    (root / "_toc.yml").write_text("format: jb-book\nroot: book/intro\nchapters:\n  - file: book/other\n")
    (root / "_config.yml").write_text(
        'title: Small\nonly_build_toc_files: true\nexecute: {execute_notebooks: "off"}\n'
        "repository: {url: https://github.com/someone/small}\n"
        "sphinx: {local_extensions: {stamp: .ci}}\n"
    )
    (root / ".ci/stamp.py").write_text(STAMP.format("the first stamp"))
    (root / "constraints.txt").touch()
    (root / "book/references.bib").touch()
    (root / "book/intro.md").write_text("# First\n\nSee {ref}`nowhere`.\n")
    (root / "book/other.md").write_text("# Second\n")

    def site() -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, root / ".ci/site.py"], capture_output=True, text=True)

    assert "undefined label" in (first := site()).stderr and first.returncode != 0
    assert "undefined label" in (second := site()).stderr and second.returncode != 0
    (root / "book/intro.md").write_text("# First\n\nSee nothing.\n")
    third = site()
    assert third.returncode == 0, third.stderr
    (root / "book/other.md").write_text("# Renamed\n")
    assert site().returncode == 0
    page = (root / "_build/html/book/intro.html").read_text(encoding="utf-8")
    assert "Renamed" in page and "the first stamp" in page
    (root / ".ci/stamp.py").write_text(STAMP.format("another stamp"))
    assert site().returncode == 0
    assert "another stamp" in (root / "_build/html/book/intro.html").read_text(encoding="utf-8")
