"""The matrix: what is set reaches the kernels, what fails is counted, the page shows the record."""

import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def matrix():
    sys.path.insert(0, str(ROOT / ".ci"))
    import matrix

    yield matrix
    sys.path.remove(str(ROOT / ".ci"))


def test_a_setting_reaches_the_kernel_past_what_the_tests_set(matrix, monkeypatch):
    monkeypatch.setitem(matrix.SETTINGS, "odd", ("", {"OMP_NUM_THREADS": "2", "TZ": "Pacific/Auckland"}))
    seen = matrix.probe("odd")  # RuntimeError where the environment of the kernel is another
    assert seen["threads"] == 2 and seen["clock"] in ("NZDT", "NZST")
    assert matrix.probe("older processor")["numpy"] == []


def test_cells_that_differ_are_counted(matrix, tmp_path):
    def printed(text, shown):
        cell = nbformat.v4.new_code_cell(f"print({text!r})", execution_count=1)
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=f"{shown}\n")]
        return cell

    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [printed("one", "one"), printed("two", "three")]
    nbformat.write(
        nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), tmp_path / "two.ipynb"
    )
    assert matrix.compare("as stored", tmp_path / "two.ipynb") == {"cells": 2, "failed": ["Cell 1"]}


def test_a_run_is_of_the_chapter_as_it_is(matrix):
    digests = {matrix.stored(chapter) for chapter in matrix.chapters()}
    assert len(digests) == len(matrix.chapters()) > 20


def test_every_record_is_of_a_setting_and_a_chapter(matrix):
    from companion.sweep import load

    for one in load(matrix.NAME):
        assert one["settings"]["setting"] in matrix.SETTINGS
        assert one["figures"]["cells"] > 0 and one["figures"]["processor"]


def test_the_page_shows_the_record(matrix):
    import matrix_page

    assert matrix_page.PAGE.read_text(encoding="utf-8") == matrix_page.page()
