"""Each rule of the stored chapters can fail: a fault planted in a good chapter brings a complaint of it."""

import base64
import copy
import io
import re

import pytest
from nbformat.v4 import new_output
from PIL import Image
from sample_chapter import write

from companion.notebooks.address import read_address
from companion.notebooks.rules import problems
from companion.notebooks.runs import ROOT, execute
from companion.notebooks.stored import code_cells, digest, read, text


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    path = write(tmp_path_factory.mktemp("good") / "sample.ipynb")
    execute(path)
    return read(path)


def complaints(notebook, folder):
    path = folder / "sample.ipynb"
    path.write_text(text(notebook), encoding="utf-8")
    return problems(path, read_address(ROOT))


def png(width, height=10, noise=False):
    """A picture that compresses well or, filled with noise, not at all."""
    stored = io.BytesIO()
    picture = Image.effect_noise((width, height), 100) if noise else Image.new("L", (width, height))
    picture.save(stored, format="PNG")
    return base64.b64encode(stored.getvalue()).decode()


def figure(notebook):
    return code_cells(notebook)[2]


def unrun(notebook):
    for cell in code_cells(notebook)[3:]:
        cell.update(execution_count=None, outputs=[])


def out_of_order(notebook):
    first, second = code_cells(notebook)[1:3]
    first["execution_count"], second["execution_count"] = 3, 2


def edited(notebook):
    code_cells(notebook)[1]["source"] += "  # twice"


def stderr(notebook):
    code_cells(notebook)[1]["outputs"].append(new_output("stream", name="stderr", text="warning"))


def error(notebook):
    code_cells(notebook)[1]["outputs"].append(new_output("error", ename="ValueError", evalue="no"))


def exempt_by_tag(notebook):
    code_cells(notebook)[1]["metadata"]["tags"] = ["nbval-ignore-output"]


def exempt_by_comment(notebook):
    replace_code(notebook, 1, "# NBVAL_SKIP\npass")


def other_address(notebook):
    code_cells(notebook)[0]["source"] = code_cells(notebook)[0]["source"].replace(
        "github.com/", "github.com/not-"
    )


def bootstrap_shown(notebook):
    code_cells(notebook)[0]["metadata"]["tags"] = []


def installs(notebook):
    replace_code(notebook, 1, "%pip install numpy")


def calls_the_shell(notebook):
    replace_code(notebook, 1, "    !ls")


def replace_code(notebook, number, source):
    """Change a cell's code and record it as run, so that only the fault itself is found."""
    code_cells(notebook)[number]["source"] = source
    cells = [cell["source"] for cell in code_cells(notebook)[1:]]
    notebook["metadata"]["companion"]["run"]["cells"] = digest(cells)


def template_edited(notebook):
    replace_code(notebook, 4, "def add(a, b):\n    return a + b")


def template_missing(notebook):
    del code_cells(notebook)[4]["metadata"]["exercise"]


def solution_twice(notebook):
    code_cells(notebook)[4]["metadata"]["exercise"]["role"] = "solution"


def solution_in_view(notebook):
    code_cells(notebook)[5]["metadata"]["tags"] = []


def prose(old, new):
    def plant(notebook):
        cells = [
            cell for cell in notebook["cells"] if cell["cell_type"] == "markdown" and old in cell["source"]
        ]
        assert len(cells) == 1
        cells[0]["source"] = cells[0]["source"].replace(old, new)

    return plant


def no_alt_text(notebook):
    figure(notebook)["metadata"]["mystnb"]["image"]["alt"] = "a figure"


def no_caption(notebook):
    del figure(notebook)["metadata"]["mystnb"]["figure"]["caption"]


def no_metadata(notebook):
    del figure(notebook)["metadata"]["mystnb"]


def heavy(notebook):
    width = figure(notebook)["outputs"][0]["metadata"]["image/png"]["width"]
    figure(notebook)["outputs"][0]["data"]["image/png"] = png(2 * width, 400, noise=True)


def single_resolution(notebook):
    figure(notebook)["outputs"][0]["data"]["image/png"] = png(640)


def width_unknown(notebook):
    figure(notebook)["outputs"][0]["metadata"] = {}


def timed(notebook):
    notebook["cells"][3]["metadata"]["execution"] = {"iopub.status.busy": "2020-01-01T00:00:00"}


def with_language(notebook):
    notebook["metadata"]["language_info"] = {"name": "python", "version": "3.11.7"}


def printed(line):
    def plant(notebook):
        code_cells(notebook)[1]["outputs"][0]["text"] = line

    return plant


def too_long(notebook):
    notebook["cells"][0]["source"] += "\n" + "word " * 130_000


@pytest.mark.parametrize(
    ("plant", "message"),
    [
        (unrun, r"code cell 3 \('from companion.claims .*'\): expected execution count 4, got None"),
        (out_of_order, "code cell 1 .*: expected execution count 2, got 3"),
        (edited, "the code was changed after the last run"),
        (stderr, "code cell 1 .*: stored with text on stderr: 'warning'"),
        (error, "code cell 1 .*: stored with an error, ValueError: no"),
        (exempt_by_tag, "the tag 'nbval-ignore-output' exempts it"),
        (exempt_by_comment, "the comment 'NBVAL_SKIP' exempts it"),
        (other_address, "the first code cell is not the generated one for https://github.com/"),
        (bootstrap_shown, "the first code cell lacks the tag 'remove-cell'"),
        (installs, "'%pip install numpy' is not plain Python"),
        (calls_the_shell, "'!ls' is not plain Python"),
        (template_edited, "exercise 'add': its template is not derived from its solution"),
        (template_missing, r"exercise 'add': expected a template and a solution cell, got \['solution'\]"),
        (
            solution_twice,
            "exercise 'add': expected one template and one solution cell, got another 'solution'",
        ),
        (solution_in_view, "exercise 'add': its solution cell lacks the tag 'hide-cell'"),
        (prose("{solution} ex-b", "{solution} ex-z"), r"none for \['ex-b'\], no exercise for \['ex-z'\]"),
        (prose("{exercise}\n:label: ex-b", "{note}"), "expected at least 3 exercises, got 2"),
        (prose(":label: ex-b\n", ""), "an exercise without ':label:'"),
        (no_alt_text, "code cell 2 .*: a figure without alt text"),
        (no_caption, "code cell 2 .*: a figure without caption"),
        (no_metadata, "code cell 2 .*: a figure without name"),
        (heavy, "expected a figure of at most 80,000 bytes, got "),
        (single_resolution, "expected a figure 1280 pixels wide, shown at 640, got 640"),
        (width_unknown, "a figure that is not stored at twice its shown size"),
        (
            prose("# A sample chapter", "A sample chapter"),
            r"expected one title \('# ...'\) in the first cell, got 0",
        ),
        (prose("## Recap", "## Summary"), "headings missing: Recap"),
        (prose("## Recap", "## References\n\n## Recap"), "expected the headings .* once each in this order"),
        (prose("Reading: about", "Reading"), "expected one line that starts with 'Reading: about', got 0"),
        (timed, "its metadata is not normalised"),
        (with_language, "its metadata is not normalised"),
        (printed("/home/someone/rnn"), "its output names a path of a machine, '/home/s'"),
        (printed(f"{ROOT}/book"), f"its output names a folder of this machine, {ROOT}"),
        (printed("Wall time: 3 s"), "its output holds a running time, 'Wall time'"),
        (printed("10/10 - 12ms/step"), "its output holds a running time, '12ms/step'"),
        (too_long, "expected a file of at most 600,000 bytes, got "),
    ],
)
def test_a_fault_is_named(good, tmp_path, plant, message):
    notebook = copy.deepcopy(good)
    plant(notebook)
    found = complaints(notebook, tmp_path)
    assert any(re.search(message, problem) for problem in found), found


def test_a_good_chapter_has_no_fault(good, tmp_path):
    assert complaints(copy.deepcopy(good), tmp_path) == []


def test_a_file_written_otherwise_is_a_fault(good, tmp_path):
    path = tmp_path / "sample.ipynb"
    path.write_text(text(good).replace("\n ", "\n  "), encoding="utf-8")
    assert problems(path, read_address(ROOT)) == ["the file is not written as `make execute` writes it"]
