"""Exercise sheets: all exercises and no solution, and nothing that the code of a sheet needs is missing."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from companion.notebooks import SOLUTION, sheets
from companion.notebooks.address import read_address
from companion.notebooks.runs import run_cells
from companion.notebooks.stored import code_cells, exercises, read

ROOT = Path(__file__).resolve().parent.parent
TOC = (ROOT / "_toc.yml").read_text(encoding="utf-8")
NAMES = re.findall(r"(?:root|file): (\S+)", TOC)
CHAPTERS = [path for name in NAMES if (path := ROOT / f"{name}.ipynb").exists()]


def sheet(path: Path):
    return sheets.sheet(read(path), read_address(ROOT))


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_sheet_has_every_exercise_and_no_solution(path: Path) -> None:
    chapter, made = read(path), sheet(path)
    prose = "\n".join(cell["source"] for cell in chapter["cells"] if cell["cell_type"] == "markdown")
    asked = re.findall(r"^[`:]{3,}\{exercise\} *(.*)$", prose, re.MULTILINE)
    told = "\n".join(cell["source"] for cell in made["cells"])
    assert re.findall(r"^## Exercise \d+\. (.*)$", told, re.MULTILINE) == asked
    sources = [cell["source"] for cell in code_cells(made)]
    for cells in exercises(chapter).values():
        assert cells["template"]["source"] in sources
        assert cells["solution"]["source"] not in sources
    assert SOLUTION not in told and "{solution}" not in told
    assert not re.search(r"\{[\w:]+\}`", told), "a role of the book is left in a sheet"
    assert all(not cell["outputs"] for cell in code_cells(made))


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_the_code_of_a_sheet_finds_all_its_names(path: Path) -> None:
    known: set[str] = set()
    for cell in code_cells(sheet(path))[1:]:
        given, _, wanted = sheets.names(cell["source"])
        assert wanted - known == set(), cell["source"]
        known |= given


def test_a_sheet_runs_and_its_checkers_say_what_is_missing(tmp_path: Path) -> None:
    path = ROOT / "book/2-forward-pass/by-hand.ipynb"
    made = sheet(path)
    run_cells(made, tmp_path)
    said = [out.get("data", {}).get("text/plain", "") for cell in code_cells(made) for out in cell["outputs"]]
    assert "".join(said).count("not started yet") == len(exercises(read(path)))


def test_only_what_is_needed_is_taken() -> None:
    cells = [
        "import numpy as np",
        "a = np.ones(3)",
        "b = 2\nprint(b)",
        "rows = []",
        "for a_row in a:\n    rows.append(a_row)",
        "def f(x):\n    return x * len(rows)",
        "a = 5",
    ]
    assert sheets.needed(cells, ["f(1)"]) == [cells[0], cells[1], cells[3], cells[4], cells[5]]
    assert sheets.needed(cells, ["print(1)"]) == []


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("see {doc}`the derivation <../3-bptt/derivation>`", "see the derivation"),
        ("in {doc}`../3-bptt/letters`", "in letters"),
        ("equation {eq}`eq-tanh`", "equation in the chapter"),
        ("`plain` code", "`plain` code"),
    ],
)
def test_roles_are_spoken(typed: str, shown: str) -> None:
    assert sheets.plain(typed) == shown


def test_the_plans_for_teachers_name_the_chapters() -> None:
    text = (ROOT / "book/appendix/teaching.md").read_text(encoding="utf-8")
    six, twelve = (re.split(r"^## ", text, flags=re.MULTILINE)[number] for number in (2, 3))
    for plan, count in ((six, 6), (twelve, 12)):
        assert re.findall(r"^(\d+)\. ", plan, re.MULTILINE) == [str(number + 1) for number in range(count)]
        named = re.findall(r"\{doc\}`\.\./([\w/-]+)`", plan)
        assert {name for name in named if not (ROOT / f"book/{name}.ipynb").exists()} == set()
        assert len(named) == len(set(named))
    chapters = {path.relative_to(ROOT / "book").with_suffix("").as_posix() for path in CHAPTERS}
    assert set(re.findall(r"\{doc\}`\.\./([\w/-]+)`", twelve)) == chapters


def test_the_command_writes_every_sheet(tmp_path: Path, monkeypatch, capsys) -> None:
    from companion.notebooks import __main__ as command

    shutil.copytree(ROOT / "book/2-forward-pass", tmp_path / "book/2-forward-pass")
    shutil.copy(ROOT / "_config.yml", tmp_path)
    monkeypatch.setattr(command, "ROOT", tmp_path)
    assert command.main(["sheets", str(tmp_path / "sheets")]) == 0
    written = sorted(path.name for path in (tmp_path / "sheets").rglob("*.ipynb"))
    assert written == ["by-hand.ipynb", "frameworks.ipynb", "lengths-and-masks.ipynb"]
    assert "exercise sheets of 3 chapters" in capsys.readouterr().out
