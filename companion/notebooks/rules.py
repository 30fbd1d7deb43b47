"""The rules that every stored chapter keeps. Each is a function that yields what it finds wrong, in words."""

import ast
import copy
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from companion.notebooks import NotebookError, bootstrap, figures, template
from companion.notebooks.sources import ROOT, sources
from companion.notebooks.stored import Notebook, code_cells, exercises, normalise, read, record, text
from companion.notebooks.times import TIME_LINE

FIGURE_BYTES = 80_000
NOTEBOOK_BYTES = 600_000
EXERCISES = 3
HEADINGS = ("What you will be able to do", "What you need", "Exercises", "Recap", "References")
_EXEMPT = {
    "nbval-skip",
    "nbval-ignore-output",
    "nbval-raises-exception",
    "raises-exception",
    "skip-execution",
}
_WALL_TIME = re.compile(
    r"[Ww]all time|CPU times|\b\d+(\.\d+)? ?(ms|µs|us|s)/(step|it)\b|\dit/s\b|\b\d+:\d\d<"
)
_MACHINE_PATH = re.compile(
    r"(?<![\w:/.])/(home|Users|root|tmp|var|usr|private)/\w|[A-Z]:\\Users|site-packages"
)
_DIRECTIVE = re.compile(
    r"^[`:]{3,}\{(exercise|exercise-start|solution|solution-start)\}[ \t]*(\S*)", re.MULTILINE
)


def _prose(notebook: Notebook) -> str:
    return "\n\n".join(cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "markdown")


def _name(number: int, cell: dict[str, Any]) -> str:
    return f"code cell {number} ('{cell['source'].strip().split(chr(10))[0][:40]}')"


def _tags(cell: dict[str, Any]) -> list[str]:
    return cell["metadata"].get("tags", [])  # type: ignore[no-any-return]


def ran_in_order(notebook: Notebook) -> Iterator[str]:
    """Every code cell has run, once, from top to bottom."""
    for number, cell in enumerate(code_cells(notebook)):
        if (count := cell["execution_count"]) != number + 1:
            yield f"{_name(number, cell)}: expected execution count {number + 1}, got {count}"


def ran_as_it_stands(notebook: Notebook) -> Iterator[str]:
    """The outputs were made by the code that is stored."""
    if record(notebook).get("cells") != sources(notebook)["cells"]:
        yield "the code was changed after the last run: run `make execute`"


def quiet(notebook: Notebook) -> Iterator[str]:
    """No output is an error or was written to stderr."""
    for number, cell in enumerate(code_cells(notebook)):
        for out in cell["outputs"]:
            if out["output_type"] == "error":
                yield f"{_name(number, cell)}: stored with an error, {out['ename']}: {out['evalue']}"
            elif out.get("name") == "stderr":
                yield f"{_name(number, cell)}: stored with text on stderr: {out['text'][:80]!r}"


def all_compared(notebook: Notebook) -> Iterator[str]:
    """No cell is exempt from being run and compared."""
    for number, cell in enumerate(code_cells(notebook)):
        for tag in sorted(set(_tags(cell)) & _EXEMPT):
            yield f"{_name(number, cell)}: the tag '{tag}' exempts it from the tests"
        for mark in re.findall(r"#\s*(NBVAL_\w+|PYTEST_VALIDATE\w+)", cell["source"]):
            yield f"{_name(number, cell)}: the comment '{mark}' exempts it from the tests"


def starts_with_bootstrap(notebook: Notebook, address: str) -> Iterator[str]:
    """The first code cell is the generated one, hidden on the site; the others are plain Python."""
    first, *others = code_cells(notebook) or [{"source": "", "metadata": {}}]
    if first["source"] != bootstrap(address):
        yield f"the first code cell is not the generated one for {address}: run `make execute`"
    if "remove-cell" not in _tags(first):
        yield "the first code cell lacks the tag 'remove-cell'"
    for number, cell in enumerate(others, start=1):
        for line in re.findall(r"^\s*([%!].*)$", cell["source"], re.MULTILINE):
            yield f"{_name(number, cell)}: '{line}' is not plain Python"


def templates_derived(notebook: Notebook) -> Iterator[str]:
    """Every exercise template is what its solution gives, and every solution is folded away."""
    try:
        for name, cells in exercises(notebook).items():
            if cells["template"]["source"] != template(cells["solution"]["source"]):
                yield f"exercise '{name}': its template is not derived from its solution: run `make execute`"
            if "hide-cell" not in _tags(cells["solution"]):
                yield f"exercise '{name}': its solution cell lacks the tag 'hide-cell'"
    except NotebookError as error:
        yield str(error)


def exercises_solved(notebook: Notebook) -> Iterator[str]:
    """There are enough exercises, and every one has a worked solution."""
    prose = _prose(notebook)
    labels: list[str] = []
    solved: list[str] = []
    for found in _DIRECTIVE.finditer(prose):
        if found[1].startswith("solution"):
            solved.append(found[2])
        elif label := re.match(r"[^\n]*\n(?::(?!label)[^\n]*\n)*:label:[ \t]*(\S+)", prose[found.start() :]):
            labels.append(label[1])
        else:
            yield f"'{prose[found.start() :].splitlines()[0]}': an exercise without ':label:'"
    if len(labels) < EXERCISES:
        yield f"expected at least {EXERCISES} exercises, got {len(labels)}"
    if sorted(labels) != sorted(solved):
        unsolved, unknown = sorted(set(labels) - set(solved)), sorted(set(solved) - set(labels))
        yield f"each exercise needs one solution: none for {unsolved}, no exercise for {unknown}"


def _calls(source: str, name: str) -> list[ast.Call]:
    try:
        nodes = ast.walk(ast.parse(source))
    except SyntaxError:
        return []
    return [node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func) == name]


def quizzes_computed(notebook: Notebook) -> Iterator[str]:
    """Of every choice in a quiz the cell computes whether it holds; the code is folded away."""
    for number, cell in enumerate(code_cells(notebook)):
        choices = _calls(cell["source"], "choice")
        if not choices:  # something else may well be called quiz
            continue
        for call in choices:
            text, holds = ast.unparse(call.args[0]), call.args[1]
            if not any(isinstance(node, ast.Name) for node in ast.walk(holds)):
                yield f"{_name(number, cell)}: {text}: its truth is typed, not computed"
        last = ast.unparse(ast.parse(cell["source"]).body[-1])
        if not last.startswith("quiz("):
            yield f"{_name(number, cell)}: the quiz must be the last line, got '{last}'"
        if "hide-input" not in _tags(cell):
            yield f"{_name(number, cell)}: a quiz lacks the tag 'hide-input'"


def figures_complete(notebook: Notebook) -> Iterator[str]:
    """Every figure has alt text, a caption and a name, is stored at twice its shown size, and is small."""
    for number, cell in enumerate(code_cells(notebook)):
        outputs = [out for out in cell["outputs"] if "image/png" in out.get("data", {})]
        for out, png in zip(outputs, figures.pictures(outputs), strict=True):
            where = _name(number, cell)
            shown = cell["metadata"].get("mystnb", {})
            if len(shown.get("image", {}).get("alt", "")) < 20:
                yield f"{where}: a figure without alt text (mystnb.image.alt)"
            for key in ("caption", "name"):
                if not shown.get("figure", {}).get(key):
                    yield f"{where}: a figure without {key} (mystnb.figure.{key})"
            if len(png) > FIGURE_BYTES:
                yield f"{where}: expected a figure of at most {FIGURE_BYTES:,} bytes, got {len(png):,}"
            if (width := out.get("metadata", {}).get("image/png", {}).get("width")) is None:
                yield f"{where}: a figure that is not stored at twice its shown size"
            elif abs((stored := figures.size(png)[0]) - 2 * width) > 1:
                yield f"{where}: expected a figure {2 * width} pixels wide, shown at {width}, got {stored}"


def structured(notebook: Notebook) -> Iterator[str]:
    """A title, then the parts that every chapter has, in their order, and one line with the times."""
    prose = re.sub(r"^(`{3,}).*?^\1`*$", "", _prose(notebook), flags=re.DOTALL | re.MULTILINE)
    titles = re.findall(r"^# +(.+)$", prose, re.MULTILINE)
    if len(titles) != 1 or not notebook["cells"][0]["source"].lstrip().startswith(("# ", "(")):
        yield f"expected one title ('# ...') in the first cell, got {len(titles)}: {titles}"
    headings = [heading.strip() for heading in re.findall(r"^## +(.+)$", prose, re.MULTILINE)]
    if missing := [heading for heading in HEADINGS if heading not in headings]:
        yield f"headings missing: {', '.join(missing)}"
    elif [heading for heading in headings if heading in HEADINGS] != list(HEADINGS):
        yield f"expected the headings {', '.join(HEADINGS)} once each in this order, got {headings}"
    if len(TIME_LINE.findall(prose)) != 1:
        yield f"expected one line that starts with 'Reading: about', got {len(TIME_LINE.findall(prose))}"


def normalised(notebook: Notebook) -> Iterator[str]:
    """Nothing in it differs from machine to machine or from run to run."""
    tidy = copy.deepcopy(notebook)
    normalise(tidy)
    for cell, was in zip(tidy["cells"], notebook["cells"], strict=True):
        cell["id"] = was["id"]  # made from the text when the chapter is run; prose may be edited after that
    if tidy != notebook:
        yield "its metadata is not normalised: run `make execute`"
    for number, cell in enumerate(code_cells(notebook)):
        for out in cell["outputs"]:
            data = {
                kind: value for kind, value in out.get("data", {}).items() if not kind.startswith("image/")
            }
            shown = out.get("text", "") + str(data)
            for place in {str(ROOT), sys.prefix, str(Path.home())} - {"/"}:
                if place in shown:
                    yield f"{_name(number, cell)}: its output names a folder of this machine, {place}"
            if found := _MACHINE_PATH.search(shown):
                yield f"{_name(number, cell)}: its output names a path of a machine, '{found[0]}'"
            if found := _WALL_TIME.search(shown):
                yield f"{_name(number, cell)}: its output holds a running time, '{found[0]}'"


def problems(path: Path, address: str) -> list[str]:
    """Everything that is wrong with the chapter stored at `path`; empty when all is well."""
    notebook = read(path)
    found = [
        *ran_in_order(notebook),
        *ran_as_it_stands(notebook),
        *quiet(notebook),
        *all_compared(notebook),
        *starts_with_bootstrap(notebook, address),
        *templates_derived(notebook),
        *exercises_solved(notebook),
        *quizzes_computed(notebook),
        *figures_complete(notebook),
        *structured(notebook),
        *normalised(notebook),
    ]
    stored = path.read_text(encoding="utf-8")
    if stored != text(notebook):
        found.append("the file is not written as `make execute` writes it")
    if len(stored.encode()) > NOTEBOOK_BYTES:
        found.append(f"expected a file of at most {NOTEBOOK_BYTES:,} bytes, got {len(stored.encode()):,}")
    return found
