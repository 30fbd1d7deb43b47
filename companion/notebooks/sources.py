"""Tells whether a chapter's stored outputs belong to the code that is there now.

A chapter is out of date when its own code, or a file of the package that it imports, is not what
it last ran with.
"""

import ast
from collections.abc import Set
from functools import cache
from pathlib import Path

from companion.notebooks.stored import Notebook, code_cells, digest, record

ROOT = Path(__file__).resolve().parents[2]


@cache
def imports(source: str) -> frozenset[str]:
    """The dotted names that a piece of Python imports; none where it is not plain Python (the first cell)."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return frozenset()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(names)


def _module_file(name: str) -> Path | None:
    path = ROOT.joinpath(*name.split("."))
    return next((file for file in (path / "__init__.py", path.with_suffix(".py")) if file.is_file()), None)


def _package_files(names: Set[str]) -> list[Path]:
    """The files of the package that these imports reach, directly or through other files of the package."""
    reached: set[Path] = set()
    while names:
        files = {_module_file(name) for name in names if name.split(".")[0] == "companion"} - {None} - reached
        reached |= files  # type: ignore[arg-type]
        names = {name for file in files if file for name in imports(file.read_text(encoding="utf-8"))}
    return sorted(reached)


def _code(notebook: Notebook) -> list[str]:
    """The chapter's own code; not the first cell, which changes with the address."""
    return [cell["source"] for cell in code_cells(notebook)[1:]]


def files_behind(notebook: Notebook) -> list[Path]:
    """The files of the package that a chapter's code imports, directly or through others."""
    return _package_files({name for cell in _code(notebook) for name in imports(cell)})


def sources(notebook: Notebook) -> dict[str, str]:
    """Digests of what the outputs come from: the chapter's code, and what it imports from the package."""
    package = [file.read_text(encoding="utf-8") for file in files_behind(notebook)]
    return {"cells": digest(_code(notebook)), "package": digest(package)}


def changed(notebook: Notebook) -> bool:
    """Whether the stored outputs come from other code than the chapter and the package now hold."""
    stored = record(notebook)
    return any(stored.get(key) != digest for key, digest in sources(notebook).items())
