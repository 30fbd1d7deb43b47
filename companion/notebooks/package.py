"""What the package offers, read from its source files without importing them: names, signatures, docstrings.

Nothing is run, so the pages about the package can be made where neither PyTorch nor TensorFlow is installed.
A name is public when it has no leading underscore; a package with `__all__` offers what stands there, and its
modules with further public names offer those under their own.
"""

import ast
import copy
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from companion.notebooks.sources import ROOT, _module_file

CLOSED = ("companion.check",)  # its modules are the checkers of the exercises: they are met in the chapters
Definition = ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign


@dataclass(frozen=True)
class Offer:
    """A public name: the module under which it is offered, the one that defines it, and its definition."""

    module: str
    name: str
    home: str
    node: Definition

    @property
    def path(self) -> str:
        return f"{self.module}.{self.name}"

    @property
    def kind(self) -> str:
        """The kind of object, in the words of Sphinx."""
        if isinstance(self.node, ast.ClassDef):
            return "class"
        return "function" if isinstance(self.node, ast.FunctionDef) else "data"


@cache
def tree(module: str) -> ast.Module:
    """The syntax tree of a module of the package; empty where there is no such module."""
    file = _module_file(module)
    return ast.parse(file.read_text(encoding="utf-8") if file else "")


@cache
def definitions(module: str) -> dict[str, Definition]:
    """The names that a module itself defines, in its order."""
    found: dict[str, Definition] = {}
    for node in tree(module).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in [part for target in targets for part in getattr(target, "elts", [target])]:
                if isinstance(name, ast.Name):
                    found[name.id] = node
    return found


@cache
def imported(module: str) -> dict[str, tuple[str, str]]:
    """The names that a module takes from others of the package: `{name: (module, name there)}`."""
    nodes = [node for node in tree(module).body if isinstance(node, ast.ImportFrom)]
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in nodes
        for alias in node.names
        if node.module and node.module.split(".")[0] == "companion"
    }


def find(module: str, name: str) -> tuple[str, Definition] | None:
    """The module that defines the name which `module` knows as `name`, and the definition."""
    if name in definitions(module):
        return module, definitions(module)[name]
    return find(*imported(module)[name]) if name in imported(module) else None


def exported(module: str) -> list[str]:
    """The public names of a module, in the order in which it gives them."""
    listed = definitions(module).get("__all__")
    if listed is not None:
        return list(ast.literal_eval(listed.value))  # type: ignore[union-attr, arg-type]
    return [name for name in definitions(module) if not name.startswith("_")]


def offers(module: str) -> list[Offer]:
    """What a module offers under its own name."""
    found = [(name, place) for name in exported(module) if (place := find(module, name))]
    return [Offer(module, name, *place) for name, place in found]


def children(module: str) -> list[str]:
    """The public modules inside a package, in alphabetical order."""
    file = _module_file(module)
    if file is None or file.name != "__init__.py":
        return []
    inside = {path.stem for path in file.parent.glob("*.py")}
    inside |= {path.parent.name for path in file.parent.glob("*/__init__.py")}
    return [f"{module}.{name}" for name in sorted(inside) if not name.startswith("_")]


def modules() -> list[str]:
    """The public modules and packages directly in `companion`: each has a page of its own."""
    return children("companion")


def sections(page: str) -> list[tuple[str, list[Offer]]]:
    """What the page of a module shows: its own offers, then what the modules inside have beside these."""
    own = offers(page)
    shown = {(offer.home, offer.name) for offer in own}
    found = [(page, own)]
    for child in children(page) if page not in CLOSED else []:
        found.append((child, [offer for offer in offers(child) if (offer.home, offer.name) not in shown]))
    return found


@cache
def by_definition() -> dict[tuple[str, str], Offer]:
    """Every name with a page by the module that defines it: all ways of importing it lead to one place."""
    return {
        (offer.home, offer.name): offer
        for page in modules()
        for _, shown in sections(page)
        for offer in shown
    }


def docstring(node: ast.AST) -> str:
    """The docstring of a definition, dedented; empty where it has none."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
        return ast.get_docstring(node) or ""
    return ""


def remark(module: str, node: Definition) -> str:
    """The string that follows a constant and tells what it is; empty where there is none."""
    body = tree(module).body
    following = body[body.index(node) + 1 : body.index(node) + 2]
    texts = [
        one.value.value
        for one in following
        if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)
    ]
    return texts[0] if texts and isinstance(texts[0], str) else ""


def summary(module: str) -> str:
    """The first sentence about a module, on one line."""
    first = inspect.cleandoc(docstring(tree(module))).split("\n\n")[0]
    return " ".join(first.split())


def bases(home: str, node: ast.ClassDef) -> Iterator[tuple[str, ast.ClassDef]]:
    """The class itself and the classes of the package that it is built on, nearest first."""
    yield home, node
    for base in node.bases:
        while isinstance(base, ast.Subscript):
            base = base.value
        place = find(home, base.id) if isinstance(base, ast.Name) else None
        if place and isinstance(place[1], ast.ClassDef):
            yield from bases(place[0], place[1])


def methods(home: str, node: ast.ClassDef) -> list[ast.FunctionDef]:
    """The public methods that a class has or inherits within the package, and `__call__`, each once."""
    told = [method for _, one in bases(home, node) for method in one.body if docstring(method)]
    found: dict[str, ast.FunctionDef] = {}
    for method in told:
        if isinstance(method, ast.FunctionDef) and (method.name[0] != "_" or method.name == "__call__"):
            found.setdefault(method.name, method)
    return list(found.values())


def _is_field_class(node: ast.ClassDef) -> bool:
    names = {ast.unparse(one).split("(")[0].split(".")[-1] for one in [*node.bases, *node.decorator_list]}
    return bool(names & {"NamedTuple", "dataclass"})


def _arguments(function: ast.FunctionDef, bound: bool) -> str:
    """The arguments of a function without their types, which the docstring states with the shapes."""
    arguments = copy.deepcopy(function.args)
    for one in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
        one.annotation = None
    for extra in (arguments.vararg, arguments.kwarg):
        if extra:
            extra.annotation = None
    static = any(isinstance(one, ast.Name) and one.id == "staticmethod" for one in function.decorator_list)
    if bound and not static:
        (arguments.posonlyargs or arguments.args).pop(0)
    return ast.unparse(arguments)


def _fields(node: ast.ClassDef) -> str:
    fields = [one for one in node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)]
    shown = []
    for one in fields:
        name = one.target.id  # type: ignore[union-attr]
        default = ast.unparse(one.value) if one.value else ""
        shown.append(f"{name}={default}" if default and not default.startswith("field(") else name)
    return ", ".join(shown)


def signature(home: str, node: Definition) -> str:
    """How a function or a class is called, such as `(cell, params, xs, state=None)`; empty for data."""
    if isinstance(node, ast.FunctionDef):
        return f"({_arguments(node, bound=False)})"
    if isinstance(node, ast.ClassDef):
        for _, one in bases(home, node):
            if _is_field_class(one):
                return f"({_fields(one)})"
            for method in one.body:
                if isinstance(method, ast.FunctionDef) and method.name == "__init__":
                    return f"({_arguments(method, bound=True)})"
    return ""


def method_signature(method: ast.FunctionDef) -> str:
    return f"({_arguments(method, bound=True)})"


def is_property(method: ast.FunctionDef) -> bool:
    return any(
        ast.unparse(one).split(".")[-1] in ("property", "cached_property") for one in method.decorator_list
    )


def source_file(module: str) -> Path | None:
    """The file of a module of the package, below the repository's root."""
    file = _module_file(module)
    return file.relative_to(ROOT) if file else None
