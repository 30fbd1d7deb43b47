"""A chapter opened in Colab: alone in an empty folder, with the libraries of Colab and without the package.

`make colab` runs every chapter so, with older and newer libraries; here are a few, with those of the tests.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from companion import judging, variants
from companion.experiments.variants import Net
from companion.notebooks import figures
from companion.notebooks.runs import run_cells
from companion.notebooks.stored import code_cells, read

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / ".ci"))

import in_colab as colab  # noqa: E402

CHAPTERS = ["3-bptt/voices", "5-gradient-problems/gated-cells"]  # they need data, recorded runs and weights

REPORT = """
import json, companion
from companion import _shipped
print(json.dumps([companion.__file__, str(_shipped.locate("claims.csv"))]))
"""


@pytest.mark.colab
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_runs_in_colab(chapter: str, tmp_path: Path) -> None:
    python = colab.colab_python(tmp_path / "python", Path(sys.executable))
    before = colab.versions(colab.library(python))
    environment = colab.outside(colab.published(tmp_path / "repository"))
    notebook = colab.alone(ROOT / "book" / f"{chapter}.ipynb", tmp_path / "content")
    ask = [python, "-c", "import companion"]
    assert subprocess.run(ask, env=environment, cwd=notebook.parent, capture_output=True).returncode == 1

    ran, stored = read(notebook), read(notebook)
    run_cells(ran, notebook.parent, python, environment)

    assert colab.differences(ran, stored) == []
    for drawn, kept in zip(code_cells(ran), code_cells(stored), strict=True):
        pairs = zip(figures.pictures(kept["outputs"]), figures.pictures(drawn["outputs"]), strict=True)
        assert not any(figures.difference(*pair) for pair in pairs)
    assert list(notebook.parent.iterdir()) == [notebook]

    after = colab.versions(colab.library(python))
    assert after.pop("rnn-companion")
    assert after == before
    assert {"numpy", "torch", "keras"} <= before.keys()
    ask = [python, "-c", REPORT]
    told = subprocess.run(ask, env=environment, cwd=notebook.parent, capture_output=True, check=True).stdout
    assert all(Path(place).is_relative_to(tmp_path / "python") for place in json.loads(told))


def ran_well(**changes: object) -> dict[str, object]:
    return {"error": "", "shows another text": [], "changed": [], "left behind": [], "seconds": 1, **changes}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "runs, same text"),
        (
            {"shows another text": ["print(1)", "x"], "first": ["1", "2"]},
            "runs; 2 cells show another text, first '2' for '1'",
        ),
        ({"error": "NameError: x"}, "FAILED\nNameError: x"),
        ({"changed": ["numpy"]}, "FAILED: changed ['numpy'], left behind []"),
        ({"left behind": ["run.npz"]}, "FAILED: changed [], left behind ['run.npz']"),
    ],
)
def test_what_is_told_of_a_chapter(changes: dict[str, object], told: str) -> None:
    assert colab.told(ran_well(**changes)) == told


def test_a_cell_that_shows_another_text_is_named() -> None:
    def notebook(*texts: str) -> dict[str, object]:
        cells = [
            {"cell_type": "code", "source": f"cell_{number}()\n", "outputs": [{"text": text}]}
            for number, text in enumerate(texts)
        ]
        return {"cells": cells}

    stored = notebook("installing", "1", "2")
    ran = notebook("fetching", "1", "same\n3")
    assert colab.differences(ran, stored) == ["cell_2()"]
    assert colab.first_difference(ran, stored) == ["2", "same"]
    assert colab.first_difference(stored, stored) == []


def test_a_chapter_that_fails_is_told_with_its_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> float:
        raise colab.NotebookError("NameError: name 'x' is not defined")

    monkeypatch.setattr(colab, "run_cells", fail)
    outcome = colab.run_chapter(ROOT / "book/intro.ipynb", Path(sys.executable), tmp_path)
    assert colab.told(outcome) == "FAILED\nNameError: name 'x' is not defined"


@pytest.mark.parametrize(("there", "place"), [(True, "cuda"), (False, "cpu")])
def test_a_gpu_is_used_where_there_is_one_and_never_needed(
    monkeypatch: pytest.MonkeyPatch, there: bool, place: str
) -> None:
    """Tensors are made where they were asked for as far as this machine can, which is on the processor."""
    make, asked = torch.tensor, []

    def tensor(values: object, device: str | None = None, **more: object) -> torch.Tensor:
        asked.append(device)
        return make(values, **more)

    monkeypatch.setattr(torch, "tensor", tensor)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    rng, reading = np.random.default_rng(0), variants.READINGS["as published"]
    seen = variants.inputs("vanilla", reading, rng.random((2, 28, 28)), rng)
    net = Net("vanilla", reading, variants.initial("vanilla", reading, rng), 0.007, 2)
    net.learn(seen, np.array([3, 1]))
    tiny = judging.Scale(edge=14, train=2, epochs=1, batch=2, test=2)
    judging.accuracy(judging.base, {}, 0, tiny)
    assert set(asked) == {place}
