"""A small chapter that keeps every rule, for the tests that break it; made by code, run when it is needed."""

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

OPENING = """# A sample chapter

## What you will be able to do

- Add two numbers.

## What you need

Numbers.

Reading: about 0 minutes. Running: under 0 seconds."""

FIGURE = """import matplotlib.pyplot as plt

from companion.plots import use_style

use_style()
fig, ax = plt.subplots()
ax.plot([0, 1], [0, 1])
ax.plot([0, 1], [1, 0])
plt.show()"""

SOLUTION = """def add(a, b):
    # --8<-- solution
    return a + b
    # --8<-- end


print("right" if add(1, 2) == 3 else "not started yet")"""

CLAIM = """from companion.claims import judge

judge("S1-14", "holds", measured="6 weights + 1 bias = 7", because=6 + 1 == 7)"""

EXERCISE = "```{{exercise}}\n:label: {0}\n\nTry.\n```\n\n```{{solution}} {0}\n:class: dropdown\n\nDone.\n```"

ALT = "Two straight lines that cross, one rising and one falling."


def build():
    """The sample as its author leaves it: not run, generated cells empty."""
    figure = {"image": {"alt": ALT}, "figure": {"caption": "Two lines.", "name": "fig-lines"}}
    cells = [
        new_markdown_cell(OPENING),
        new_code_cell("# generated", metadata={"tags": ["remove-cell"]}),
        new_code_cell("total = 0.1 + 0.2\nprint(round(total, 4))\ntotal"),
        new_code_cell(FIGURE, metadata={"mystnb": figure}),
        new_code_cell(CLAIM),
        new_markdown_cell("## Exercises\n\n" + "\n\n".join(EXERCISE.format(f"ex-{name}") for name in "abc")),
        new_code_cell("", metadata={"exercise": {"name": "add", "role": "template"}}),
        new_code_cell(
            SOLUTION, metadata={"exercise": {"name": "add", "role": "solution"}, "tags": ["hide-cell"]}
        ),
        new_markdown_cell("## Recap\n\nDone.\n\n## References"),
    ]
    return new_notebook(cells=cells)


def write(path: Path, notebook=None) -> Path:
    nbformat.write(notebook or build(), path)
    return path
