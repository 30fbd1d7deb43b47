"""A new chapter to start from: it runs, keeps every rule, and stands in the table of contents."""

import re
from pathlib import Path
from typing import Any

from companion._files import write_whole
from companion.notebooks import NotebookError
from companion.notebooks.address import read_address
from companion.notebooks.stored import Notebook, normalise, refresh, text

_FORM = re.compile(r"[1-9]-[a-z-]+/[a-z0-9-]+")

_OPENING = """# {title}

What the chapter is about, in two or three sentences: the question it asks, and what the reader takes along.

## What you will be able to do

- Say what holds for one thing, and show it.

## What you need

{{doc}}`The forward pass <../2-forward-pass/by-hand>`.

Reading: about 0 minutes. Running: under 0 seconds."""

_FIRST = """import matplotlib.pyplot as plt
import numpy as np

from companion import plots
from companion.cells import RNN
from companion.scan import scan

plots.use_style()"""

_QUESTION = """## A question

Ask it, let the next cell compute the answer, and say what the answer shows."""

_FIGURE = """cell = RNN(input_size=1, hidden_size=1)
params = {"W_xh": np.array([[1.0]]), "W_hh": np.array([[0.5]]), "b_h": np.zeros(1)}
run = scan(cell, params, np.array([[[1.0], [0.0], [0.0], [0.0]]]))
print("states", run.ys[0, :, 0].round(4))
fig, ax = plt.subplots()
plots.curves(ax, np.arange(1, 5), {"state": run.ys[0, :, 0]}, x_label="step", y_label="state")
plt.show()"""

_EXERCISE = """```{{exercise}} {what}
:label: ex-{name}-{number}

{task}
```"""

_SOLUTION = """````{{solution}} ex-{name}-{number}
:class: dropdown

Why the answer is what it is.
````"""

_SOLVED = """def double(x):
    # --8<-- solution
    return 2 * x
    # --8<-- end


print("right" if double(3) == 6 else "not started yet")"""

_CLOSING = """## Recap

What the reader now knows, in a paragraph.

## References

Where it comes from: {cite:t}`elman1990`."""


def _markdown(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def _code(source: str, **metadata: Any) -> dict[str, Any]:
    cell = {"cell_type": "code", "execution_count": None, "metadata": metadata}
    return {**cell, "outputs": [], "source": source}


def _exercises(name: str) -> list[dict[str, Any]]:
    """Three, of which the first is to be written as code and checked."""
    tasks = [("Double it", "Write `double(x)`."), ("Say why", "Say why."), ("Go on", "Try another.")]
    mark = {"name": f"{name}-1", "role": "template"}
    cells = []
    for number, (what, task) in enumerate(tasks, 1):
        cells.append(_markdown(_EXERCISE.format(what=what, task=task, name=name, number=number)))
        if number == 1:
            cells.append(_code("", exercise=mark))
        cells.append(_markdown(_SOLUTION.format(name=name, number=number)))
        if number == 1:
            cells.append(_code(_SOLVED, exercise={**mark, "role": "solution"}, tags=["hide-cell"]))
    return cells


def chapter(title: str, name: str, address: str) -> Notebook:
    """The notebook of a new chapter; `name` begins the names of its exercises and figures."""
    import nbformat

    shown = {
        "image": {"alt": "A falling curve: the state halves, and a little more, at each step."},
        "figure": {"caption": "What to see in the picture.", "name": f"fig-{name}-state"},
    }
    cells = [
        _markdown(_OPENING.format(title=title)),
        _code("", tags=["remove-cell"]),
        _code(_FIRST),
        _markdown(_QUESTION),
        _code(_FIGURE, mystnb=shown),
        _markdown("## Exercises"),
        *_exercises(name),
        _markdown(_CLOSING),
    ]
    made = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    notebook: Notebook = nbformat.from_dict(made)  # type: ignore[no-untyped-call, unused-ignore]
    refresh(notebook, address)
    normalise(notebook)
    return notebook


def listed(toc: str, place: str) -> str:
    """The table of contents with the chapter at the end of its part; NotebookError for an unknown part."""
    part = place.split("/")[0]
    entries = list(re.finditer(rf"^( *- file: book/){re.escape(part)}/.*\n", toc, re.MULTILINE))
    if not entries:
        parts = ", ".join(sorted(set(re.findall(r"file: book/([1-9][^/\n]*)/", toc))))
        raise NotebookError(f"expected one of the parts {parts}, got '{part}'")
    end = entries[-1].end()
    return f"{toc[:end]}{entries[-1][1]}{place}\n{toc[end:]}"


def start(root: Path, place: str, title: str) -> Path:
    """Write the new chapter `place`, such as 3-bptt/echo, and its line in the table of contents."""
    path, toc = root / f"book/{place}.ipynb", root / "_toc.yml"
    if not _FORM.fullmatch(place) or not title.strip():
        raise NotebookError(f"expected a place like 3-bptt/echo and a title, got '{place}' and '{title}'")
    if path.exists():
        raise NotebookError(f"{path} is there already")
    contents = listed(toc.read_text(encoding="utf-8"), place)
    write_whole(path, text(chapter(title, place.split("/")[1], read_address(root))).encode())
    write_whole(toc, contents.encode())
    return path
