"""A new chapter: it runs as it stands and keeps every rule, and a wrong place for it leaves all as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from companion.notebooks import NotebookError, skeleton
from companion.notebooks.address import read_address
from companion.notebooks.rules import problems
from companion.notebooks.runs import execute

ROOT = Path(__file__).resolve().parent.parent
TOC = """parts:
  - caption: One
    chapters:
      - file: book/1-one/first
      - file: book/1-one/second
  - caption: Two
    chapters:
      - file: book/2-two/third
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    (tmp_path / "book/1-one").mkdir(parents=True)
    (tmp_path / "_toc.yml").write_text(TOC)
    (tmp_path / "_config.yml").write_text(f"repository:\n  url: {read_address(ROOT)}\n")
    return tmp_path


def test_new_chapter_runs_keeps_the_rules_and_is_listed(book: Path) -> None:
    path = skeleton.start(book, "1-one/an-echo", "An echo")
    execute(path)
    assert problems(path, read_address(ROOT)) == []
    assert "not started yet" in (text := path.read_text(encoding="utf-8")) and '"right\\n"' in text
    second = "      - file: book/1-one/second\n"
    listed = (book / "_toc.yml").read_text()
    assert listed == TOC.replace(second, f"{second}      - file: book/1-one/an-echo\n")


@pytest.mark.parametrize(
    ("place", "title", "said"),
    [
        ("echo", "An echo", "expected a place like 3-bptt/echo and a title, got 'echo'"),
        ("1-one/../echo", "An echo", "expected a place like"),
        ("1-one/echo", " ", "expected a place like"),
        ("3-three/echo", "An echo", "expected one of the parts 1-one, 2-two, got '3-three'"),
        ("1-one/there", "An echo", "there.ipynb is there already"),
    ],
)
def test_wrong_place_is_refused(book: Path, place: str, title: str, said: str) -> None:
    (book / "book/1-one/there.ipynb").write_text("{}")
    with pytest.raises(NotebookError, match=said):
        skeleton.start(book, place, title)
    assert (book / "_toc.yml").read_text() == TOC
    assert [path.name for path in book.rglob("*.ipynb")] == ["there.ipynb"]
