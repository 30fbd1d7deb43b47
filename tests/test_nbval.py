"""Re-running a chapter catches what it shows and does not compute: a digit, a curve, a figure, a verdict."""

import copy
import io
import re
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sample_chapter import write

from companion.notebooks.figures import PIXELS, difference
from companion.notebooks.runs import execute, run_cells
from companion.notebooks.stored import code_cells, read

ROOT = Path(__file__).resolve().parents[1]
PRINTS, DRAWS, JUDGES = 1, 2, 3  # numbers of the sample's code cells


@pytest.fixture(scope="module")
def rerun(tmp_path_factory):
    """The stored sample, the sample with one fault in each of three cells, and the sample without its figure,
    all run again by pytest in a process of its own: the cells that fail in each, and what was printed."""
    folder = tmp_path_factory.mktemp("chapters")
    execute(write(folder / "unchanged.ipynb"))
    good = read(folder / "unchanged.ipynb")

    faulty = copy.deepcopy(good)
    swap_curves(faulty)
    code_cells(faulty)[PRINTS]["outputs"][0]["text"] = "0.3001\n"
    shown = code_cells(faulty)[JUDGES]["outputs"][0]["data"]
    shown["text/html"] = shown["text/html"].replace("bias = 7", "bias = 8")
    write(folder / "faulty.ipynb", faulty)

    bare = copy.deepcopy(good)
    del code_cells(bare)[DRAWS]["outputs"][0]["data"]["image/png"]
    write(folder / "bare.ipynb", bare)

    options = ["-c", "pyproject.toml", f"--rootdir={folder}", "-p", "conftest", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *options, "--color=no", "-rA", "-q", str(folder)]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    cells = re.findall(r"^(PASSED|FAILED) \S*?(\w+)\.ipynb::Cell (\d+)", printed, re.MULTILINE)
    assert len(cells) == 3 * len(code_cells(good)), printed
    failed = {name: [] for _, name, _ in cells}
    for result, name, number in cells:
        failed[name] += [int(number)] if result == "FAILED" else []
    return failed, printed


def swap_curves(notebook):
    """Give the figure's cell the picture it would draw with its two curves in the other order."""
    other = copy.deepcopy(notebook)
    cell = code_cells(other)[DRAWS]
    rising, falling = "ax.plot([0, 1], [0, 1])", "ax.plot([0, 1], [1, 0])"
    assert f"{rising}\n{falling}" in cell["source"]
    cell["source"] = cell["source"].replace(f"{rising}\n{falling}", f"{falling}\n{rising}")
    run_cells(other, ROOT)
    code_cells(notebook)[DRAWS]["outputs"] = cell["outputs"]


def test_an_unchanged_chapter_passes(rerun):
    assert rerun[0]["unchanged"] == []


def test_a_digit_a_curve_and_a_verdict_fail_their_cells_and_no_other(rerun):
    assert rerun[0]["faulty"] == [PRINTS, DRAWS, JUDGES]


def test_a_missing_figure_fails_its_cell(rerun):
    assert rerun[0]["bare"] == [DRAWS]
    assert "0 stored, 1 drawn" in rerun[1]


def test_the_report_says_how_far_a_figure_is_off(rerun):
    assert re.search(r"Cell figure 0 differs: \d+ pixels differ from the stored ones, at most", rerun[1])


def drawn(scale=1.0, label="0.7358", width=6.4, colours=("C0", "C1"), shift=0.0, legend=True):
    """A figure of the course's size, as PNG."""
    figure, axes = plt.subplots(figsize=(width, 3.8))
    x = np.linspace(0, 10, 50)
    axes.plot(x, scale * np.sin(x), label=label, color=colours[0])
    axes.plot(x, np.cos(x) + shift, label="cosine", color=colours[1])
    if legend:
        axes.legend()
    stored = io.BytesIO()
    figure.savefig(stored, format="png", dpi=200)
    plt.close(figure)
    return stored.getvalue()


def test_rounding_is_no_difference():
    assert difference(drawn(), drawn(scale=1 + 1e-6)) == ""


FAULTS = {
    "a digit in a label": {"label": "0.7359"},
    "a curve one percent too high": {"scale": 1.01},
    "a curve upside down": {"scale": -1.0},
    "colours exchanged": {"colours": ("C1", "C0")},
    "a curve shifted": {"shift": 0.01},
    "no legend": {"legend": False},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_what_a_reader_could_see_is_a_difference(fault):
    assert re.fullmatch(
        r"\d+ pixels differ from the stored ones, at most 60 may", difference(drawn(), drawn(**fault))
    )


def test_what_the_appendix_says_of_the_tolerance_was_measured():
    """One wrong digit in a small label changes hundreds of pixels, two exchanged curves thousands."""

    def pixels(**fault):
        return int(difference(drawn(), drawn(**fault)).split()[0])

    assert 2 * PIXELS < pixels(label="0.7359") < 1000 < pixels(colours=("C1", "C0"))


def test_another_size_is_a_difference():
    assert difference(drawn(), drawn(width=6.5)) == "stored figure is 1280x760 pixels, drawn figure 1300x760"
