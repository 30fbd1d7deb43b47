"""The chapters as files: their generated cells, how they are run and stored, and the rules they keep.

A chapter is a notebook stored with its outputs. Two kinds of cell in it are generated: the first code cell
and the exercise templates. Importing this package needs the standard library only; what reads and runs
notebooks is loaded by the functions that use it.
"""

import textwrap

SOLUTION, END = "# --8<-- solution", "# --8<-- end"
PLACEHOLDER = "...  # your code here"

_BOOTSTRAP = """\
# Only Colab needs this cell: it fetches the course's package, and leaves all libraries there as they are.
from importlib.util import find_spec

if find_spec("companion") is None:
    %pip install -q "rnn-companion @ git+{address}"
"""


class NotebookError(ValueError):
    """A notebook that cannot be read, derived, run or stored as it stands."""


def bootstrap(address: str) -> str:
    """The first code cell of every chapter, for the repository at `address`."""
    return _BOOTSTRAP.format(address=address).rstrip()


def template(source: str) -> str:
    """The learner's template of a solution cell: each marked part becomes a placeholder, indented as it was.

    A part stands between the comment lines `# --8<-- solution` and `# --8<-- end`; one at least is needed.
    """
    kept: list[str] = []
    opened = 0  # number of the line that opened the part we are in, 0 outside
    parts = 0
    for number, line in enumerate(source.splitlines(), start=1):
        mark = line.strip()
        if mark == SOLUTION and opened:
            raise NotebookError(f"line {number}: expected '{END}' for line {opened}, got '{SOLUTION}'")
        if mark == END and not opened:
            raise NotebookError(f"line {number}: '{END}' without '{SOLUTION}' before it")
        if mark == SOLUTION:
            opened, parts = number, parts + 1
            kept.append(textwrap.indent(PLACEHOLDER, line[: line.index("#")]))
        elif mark == END:
            opened = 0
        elif not opened:
            kept.append(line)
    if opened:
        raise NotebookError(f"line {opened}: '{SOLUTION}' without '{END}' after it")
    if not parts:
        raise NotebookError(f"expected at least one part marked '{SOLUTION}', got none")
    return "\n".join(kept)
