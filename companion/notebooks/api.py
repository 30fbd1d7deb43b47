"""The appendix pages about the package, and the links between them and the chapters, as MyST Markdown.

All of it is generated when the site is built: a page from the docstrings of one module, and at the end of a
chapter the functions that its code uses. No name is typed by hand, so none can be forgotten or go stale.
"""

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from companion.notebooks import package
from companion.notebooks.package import Offer
from companion.notebooks.sources import ROOT

PAGES = "book/appendix/api"
_FIELD = re.compile(r"^(\S+(?: \S+)*) {2,}(\S.*)$")
_CODE = re.compile(r"(`[^`]+`)")


def page_of(module: str) -> str:
    """The page, from the root of the book and without suffix, that shows a module."""
    return f"{PAGES}/{module.split('.')[1]}"


# Docstrings


def _prose(text: str) -> str:
    """A paragraph of a docstring with only its `code` marked up: what else Markdown would read is escaped."""
    parts = _CODE.split(" ".join(text.split()))
    parts[::2] = [re.sub(r"([\\*_$\[\]<>{}|~])", r"\\\1", part) for part in parts[::2]]
    return "".join(parts)


def _blocks(text: str) -> Iterator[list[str]]:
    """Paragraphs; where indented lines follow others, as an equation does its sentence, both are given apart.

    A list of names with what they mean, in two columns, stays together.
    """
    for paragraph in re.split(r"\n\s*\n", text):
        lines = paragraph.splitlines()
        if _FIELD.match(lines[0]):
            yield lines
            continue
        block: list[str] = []
        for line in lines:
            if block and line.startswith(" ") != block[0].startswith(" "):
                yield block
                block = []
            block.append(line)
        yield block


def _fields(lines: list[str]) -> str:
    items: list[str] = []
    for line in lines:
        if found := _FIELD.match(line):
            items.append(f"- **{_prose(found[1])}**: {_prose(found[2])}")
        else:
            items[-1] += f" {_prose(line)}"
    return "\n".join(items)


def markdown(text: str) -> str:
    """A docstring as Markdown: paragraphs, equations in a block of their own, columns as a list."""
    shown = []
    for block in _blocks(text) if text else []:
        if _FIELD.match(block[0]):
            shown.append(_fields(block))
        elif block[0].startswith(" "):
            indent = min(len(line) - len(line.lstrip()) for line in block)
            code = "\n".join(line[indent:] for line in block)
            shown.append(f"```text\n{code}\n```")
        else:
            shown.append(_prose("\n".join(block)))
    return "\n\n".join(shown)


# Pages


def _entry(directive: str, head: str, body: str, options: str = "", fence: int = 4) -> str:
    marks = "`" * fence
    return f"{marks}{{py:{directive}}} {head}\n{options}\n{body}\n{marks}\n"


def _data(offer: Offer) -> str:
    value = _value(offer)
    options = f":value: {json.dumps(value)}\n" if 0 < len(value) <= 100 else ""
    return _entry("data", offer.name, markdown(package.remark(offer.home, offer.node)), options)


def _value(offer: Offer) -> str:
    """The code of a constant's value; of several that one line names side by side, its own."""
    value, targets = getattr(offer.node, "value", None), getattr(offer.node, "targets", [])
    if isinstance(value, ast.Tuple) and targets and isinstance(targets[0], ast.Tuple):
        named = zip(map(ast.unparse, targets[0].elts), value.elts, strict=True)
        value = dict(named)[offer.name]
    return ast.unparse(value) if value else ""


def entry(offer: Offer) -> str:
    """A function, a class with its methods, or a constant."""
    if offer.kind == "data":
        return _data(offer)
    head = offer.name + package.signature(offer.home, offer.node)
    body = markdown(package.docstring(offer.node))
    if offer.kind == "function":
        return _entry("function", head, body)
    assert isinstance(offer.node, ast.ClassDef)
    for method in package.methods(offer.home, offer.node):
        is_property = package.is_property(method)
        called = method.name + ("" if is_property else package.method_signature(method))
        told = markdown(package.docstring(method))
        body += "\n\n" + _entry("property" if is_property else "method", called, told)
    return _entry("class", head, body, fence=5)


def is_shown(offer: Offer) -> bool:
    """Whether a name has an entry: it is documented, or a constant that is exported or used by a chapter."""
    return (
        bool(package.docstring(offer.node))
        or offer.path in _used()
        or (offer.kind == "data" and "__all__" in package.definitions(offer.module))
    )


@cache
def _used() -> frozenset[str]:
    return frozenset(offer.path for chapter in chapters() for offer in uses(chapter))


def _section(module: str, offers: list[Offer], heading: str) -> str:
    ordered = sorted(offers, key=lambda offer: offer.kind == "data")  # constants last
    shown = [entry(offer) for offer in ordered if is_shown(offer)]
    about = markdown(package.docstring(package.tree(module)))
    parent, _, name = module.rpartition(".")
    hidden = (
        ":no-index:\n" if name in package.exported(parent) else ""
    )  # a function of that name is what is meant
    return "\n".join([heading, f"```{{py:module}} {module}\n{hidden}```\n", about, "", *shown])


def page(module: str) -> str:
    """What the page of a module shows below its title; a module inside it is headed by its own last name."""
    (_, own), *inside = package.sections(module)
    parts = [_section(module, own, "")]
    parts += [
        _section(name, offers, f"## `{name.removeprefix(f'{module}.')}`\n")
        for name, offers in inside
        if any(map(is_shown, offers))
    ]
    if readers := list(used_in(module)):
        parts.append("## Chapters that use it\n\n" + "\n".join(readers) + "\n")
    return "\n".join(parts)


def overview() -> str:
    """The list of all modules with what each is for."""
    lines = [f"- {{py:mod}}`{name}`: {_prose(package.summary(name))}" for name in package.modules()]
    return "\n".join(lines) + "\n"


# Chapters


@cache
def chapters() -> list[Path]:
    """The notebooks in the table of contents, in reading order."""
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    named = [ROOT / f"{name}.ipynb" for name in re.findall(r"(?:root|file):\s*(\S+)", toc)]
    return [path for path in named if path.is_file()]


def _cells(notebook: Path, kind: str) -> Iterator[str]:
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == kind:
            yield "".join(cell["source"])


def _names(source: str, known: dict[str, str]) -> Iterator[str]:
    """The dotted names of the package that a piece of code uses; `known` learns what it imports."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:  # the first cell is not plain Python
        return
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "companion":
            known.update({one.asname or one.name: f"{node.module}.{one.name}" for one in node.names})
        elif isinstance(node, ast.Import):
            known.update({one.name.split(".")[0]: one.name.split(".")[0] for one in node.names})
    for node in nodes:
        if (first := _first(node)) in known:
            _, *rest = ast.unparse(node).split(".")
            yield ".".join([known[first], *rest])


def _first(node: ast.AST) -> str:
    """The name with which a dotted name begins; empty for anything else."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _offer(dotted: str) -> Offer | None:
    """The documented name that a dotted name leads to, however it was imported."""
    module, _, name = dotted.rpartition(".")
    place = package.find(module, name) if module else None
    return package.by_definition().get((place[0], name)) if place else None


@cache
def uses(notebook: Path) -> list[Offer]:
    """What a chapter's code uses of the package: functions, classes and constants, in alphabetical order."""
    known: dict[str, str] = {}
    names = {name for source in _cells(notebook, "code") for name in _names(source, known)}
    found = {offer for offer in map(_offer, names) if offer}
    return sorted(found, key=lambda offer: offer.path)


def _linked(offers: Iterable[Offer]) -> str:
    roles = {"function": "func", "class": "class", "data": "data"}
    return ", ".join(f"{{py:{roles[one.kind]}}}`{one.name} <{one.path}>`" for one in offers)


def used_by(notebook: Path) -> str:
    """The section at the end of a chapter that leads to what its code uses; empty where it uses nothing."""
    groups: dict[str, list[Offer]] = defaultdict(list)
    for offer in uses(notebook):
        groups[offer.module].append(offer)
    lines = [f"- {{py:mod}}`{module}`: {_linked(offers)}" for module, offers in groups.items()]
    return "\n".join(["## Functions used in this chapter", "", *lines]) if lines else ""


def used_in(module: str) -> Iterator[str]:
    """The lines of a module's page that lead to the chapters which use it, in reading order."""
    for notebook in chapters():
        if found := [offer for offer in uses(notebook) if page_of(offer.module) == page_of(module)]:
            place = notebook.relative_to(ROOT).with_suffix("").as_posix()
            yield f"- {{doc}}`/{place}`: " + ", ".join(f"`{offer.name}`" for offer in found)
