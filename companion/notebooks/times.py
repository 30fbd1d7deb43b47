"""The generated line of a chapter: how long it takes to read and to run, and when it last ran, with what."""

import importlib.metadata
import math
import re
import sys
from datetime import date

from companion.notebooks import NotebookError
from companion.notebooks.sources import imports
from companion.notebooks.stored import Notebook, code_cells, record

WORDS_A_MINUTE = 200
TIME_LINE = re.compile(r"^Reading: about .*$", re.MULTILINE)
_NO_WORDS = re.compile(r"\$\$[^$]*\$\$|\$[^$]*\$|\]\([^)]*\)|^:.*$|^`{3,}.*$", re.MULTILINE)
LIBRARIES = {"NumPy": "numpy", "PyTorch": "torch", "Keras": "keras", "TensorFlow": "tensorflow"}


def reading_minutes(notebook: Notebook) -> int:
    """Minutes to read the prose, in steps of five; formulas, fences and links' addresses are no words."""
    prose = "\n".join(cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    prose = _NO_WORDS.sub(" ", prose)
    minutes = len(re.findall(r"[A-Za-z][\w’'-]*", prose)) / WORDS_A_MINUTE
    return 5 * max(1, math.ceil(minutes / 5))


def running_time(seconds: float) -> str:
    """A coarse upper bound, so that it seldom changes from run to run."""
    for bound in (10, 30):
        if seconds < bound:
            return f"under {bound} seconds"
    for minutes in (1, 2, 5, 10):
        if seconds < 60 * minutes:
            return f"under {minutes} minute{'s' * (minutes > 1)}"
    return f"about {math.ceil(seconds / 600) * 10} minutes"


def time_line(notebook: Notebook, day: date, verified: bool = False) -> str:
    """The generated line of a chapter: how long it takes, with what it ran, and when: on `day`, on which its
    outputs were made, or verified by the tests."""
    stored = record(notebook)
    labels = [label for label in ("Python", *LIBRARIES) if label in stored["versions"]]
    versions = ", ".join(f"{label} {stored['versions'][label]}" for label in labels)
    when = f"{day.day} {day:%B %Y}"
    times = f"Reading: about {reading_minutes(notebook)} minutes. Running: {stored['time']}."
    if verified:
        return f"{times} Run with {versions}; last verified on {when}."
    return f"{times} Last run on {when} with {versions}."


def write_time_line(notebook: Notebook, line: str) -> None:
    """Put `line` in the place of the one line of the chapter that starts with `Reading: about`."""
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    found = [cell for cell in cells for _ in TIME_LINE.findall(cell["source"])]
    if len(found) != 1:
        raise NotebookError(f"expected one line that starts with 'Reading: about', got {len(found)}")
    found[0]["source"] = TIME_LINE.sub(lambda _: line, found[0]["source"])


def versions(notebook: Notebook) -> dict[str, str]:
    """The versions of Python and of the libraries the chapter imports, NumPy always among them."""
    imported = {name.split(".")[0] for cell in code_cells(notebook) for name in imports(cell["source"])}
    found = {"Python": ".".join(map(str, sys.version_info[:2]))}
    distributions = importlib.metadata.packages_distributions()
    for label, module in LIBRARIES.items():
        if module in imported | {"numpy"}:
            if module not in distributions:
                raise NotebookError(f"expected {label} to be installed, since the chapter imports it")
            found[label] = importlib.metadata.version(distributions[module][0]).split("+")[0]
    return found
