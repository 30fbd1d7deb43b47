"""Reads chapters and writes what in them is generated: the first code cell, the templates, the metadata."""

import hashlib
from pathlib import Path
from typing import Any

from companion.notebooks import NotebookError, bootstrap, template

KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}

Notebook = dict[str, Any]


def read(path: Path) -> Notebook:
    """Read a notebook as format 4; NotebookError names the file when it is none."""
    import nbformat

    try:
        notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call, unused-ignore]
        nbformat.validate(notebook)
        _expect_own(notebook)
    except OSError:
        raise
    except Exception as error:  # nbformat has many
        reason = f"{type(error).__name__}: {error}".split("\n")[0]
        raise NotebookError(f"{path}: expected a Jupyter notebook, got {reason}") from error
    return notebook  # type: ignore[no-any-return]


def _expect_own(notebook: Notebook) -> None:
    """TypeError unless the course's own metadata have the form that the functions below rely on."""
    run = notebook["metadata"].get("companion", {}).get("run", {})
    texts = [run.get("time", ""), *run.get("versions", {}).values()]
    for cell in notebook["cells"]:
        if mark := cell["metadata"].get("exercise"):
            texts += [mark["name"], mark["role"]]
    if strangers := [one for one in texts if not isinstance(one, str)]:
        raise TypeError(f"metadata of the course must be text, got {strangers[0]!r}")


def text(notebook: Notebook) -> str:
    """The text under which a notebook is stored."""
    import nbformat

    return nbformat.writes(notebook, indent=1, ensure_ascii=False) + "\n"  # type: ignore[no-any-return, no-untyped-call, unused-ignore]


def code_cells(notebook: Notebook) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def record(notebook: Notebook) -> dict[str, Any]:
    """What the last run left in the metadata: digests, running time, versions; empty before the first run."""
    return notebook["metadata"].get("companion", {}).get("run", {})  # type: ignore[no-any-return]


def digest(parts: list[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def exercises(notebook: Notebook) -> dict[str, dict[str, dict[str, Any]]]:
    """The cells of each code exercise by role: `{name: {"template": cell, "solution": cell}}`."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for cell in code_cells(notebook):
        if mark := cell["metadata"].get("exercise"):
            cells = found.setdefault(mark["name"], {})
            if mark["role"] not in ("template", "solution") or mark["role"] in cells:
                expected = "expected one template and one solution cell"
                raise NotebookError(f"exercise '{mark['name']}': {expected}, got another '{mark['role']}'")
            cells[mark["role"]] = cell
    for name, cells in found.items():
        if len(cells) != 2:
            raise NotebookError(f"exercise '{name}': expected a template and a solution cell, got {[*cells]}")
    return found


def refresh(notebook: Notebook, address: str) -> None:
    """Write the generated cells anew: the first code cell and every exercise template."""
    first = next(iter(code_cells(notebook)), None)
    if first is None or "remove-cell" not in first["metadata"].get("tags", []):
        raise NotebookError("expected a first code cell with the tag 'remove-cell', to hold the bootstrap")
    first["source"] = bootstrap(address)
    for name, cells in exercises(notebook).items():
        try:
            cells["template"]["source"] = template(cells["solution"]["source"])
        except NotebookError as error:
            raise NotebookError(f"exercise '{name}': {error}") from error


def normalise(notebook: Notebook) -> None:
    """Drop what differs from run to run or between machines; give cells identities made from their text."""
    notebook["metadata"] = {
        "companion": notebook["metadata"].get("companion", {}),
        "kernelspec": dict(KERNELSPEC),
    }
    notebook["nbformat"], notebook["nbformat_minor"] = 4, 5
    taken: set[str] = set()
    for cell in notebook["cells"]:
        cell["source"] = cell["source"].strip("\n")
        for key in ("execution", "collapsed", "jupyter", "lines_to_next_cell"):
            cell["metadata"].pop(key, None)
        copies = 0
        while (name := digest([cell["cell_type"], cell["source"], str(copies)])[:8]) in taken:
            copies += 1
        taken.add(name)
        cell["id"] = name
