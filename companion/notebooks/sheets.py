"""Exercise sheets: of each chapter the exercises, without their solutions, as a notebook that runs.

A sheet holds the cell that fetches the package, those cells of the chapter whose names the exercises need,
and the exercises with their templates, whose checkers tell a learner what is missing.
"""

import ast
import builtins
import re
import symtable
from collections.abc import Iterable

from companion.notebooks import NotebookError
from companion.notebooks.stored import Notebook, code_cells, normalise

_EXERCISE = re.compile(
    r"^(?P<fence>[`:]{3,})\{exercise\}[ \t]*(?P<title>[^\n]*)\n(?P<body>.*?)^(?P=fence)[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
_ROLE = re.compile(r"\{(?P<role>[\w:]+)\}`(?P<text>[^`]*)`")
_SPOKEN = {"eq": "in the chapter", "numref": "the figure in the chapter", "cite:p": "", "cite:t": ""}
_CHANGES = {
    "append",
    "extend",
    "update",
    "add",
    "insert",
}  # methods by which a cell changes what another made


def plain(text: str) -> str:
    """Markdown without the book's own roles, which a notebook elsewhere shows as they are typed."""

    def spoken(match: re.Match[str]) -> str:
        if match["role"] in _SPOKEN:
            return _SPOKEN[match["role"]]
        named = re.fullmatch(r"(.*?)\s*<[^>]*>", match["text"])
        return named[1] if named else match["text"].rsplit("/", 1)[-1]

    return _ROLE.sub(spoken, text)


def exercises(text: str) -> list[tuple[str, str]]:
    """The exercises in a piece of a chapter's prose: title and text of each."""
    found = []
    for match in _EXERCISE.finditer(text):
        body = re.sub(r"\A(:[\w-]+:[^\n]*\n)+", "", match["body"])
        found.append((match["title"].strip(), plain(body).strip()))
    return found


def _read(table: symtable.SymbolTable) -> set[str]:
    """The names that a piece of code takes from outside: read at its top, or global inside its functions."""
    top = table.get_type() == "module"
    own = {one.get_name() for one in table.get_symbols() if one.is_referenced() and (top or one.is_global())}
    return own.union(*map(_read, table.get_children()))


def _base(node: ast.expr) -> str:
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _changed(statement: ast.stmt) -> set[str]:
    """The names whose value a statement changes in place."""
    found = set()
    for node in ast.walk(statement):
        stored = isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store)
        if stored or (isinstance(node, ast.Attribute) and node.attr in _CHANGES):
            found.add(_base(node))  # type: ignore[arg-type]
    return found


def names(source: str) -> tuple[set[str], set[str], set[str]]:
    """The names that a cell gives a value, those whose value it changes in place, and those it needs."""
    given: set[str] = set()
    changed: set[str] = set()
    wanted: set[str] = set()
    for statement in ast.parse(source).body:
        table = symtable.symtable(ast.unparse(statement), "cell", "exec")
        loops = [node.target for node in ast.walk(statement) if isinstance(node, ast.For)]
        counted = {node.id for loop in loops for node in ast.walk(loop) if isinstance(node, ast.Name)}
        wanted |= _read(table) - given - counted - set(dir(builtins))
        given |= {one.get_name() for one in table.get_symbols() if one.is_assigned() or one.is_imported()}
        changed |= _changed(statement)
    return given, changed, wanted


def needed(cells: Iterable[str], wanted: Iterable[str]) -> list[str]:
    """Of the cells of a chapter those without which the code in `wanted` cannot run, in their order."""
    missing = set().union(*(names(source)[2] for source in wanted))
    kept: list[str] = []
    for source in reversed(list(cells)):
        given, changed, reads = names(source)
        if missing & (given | changed):
            missing = (missing - given) | reads
            kept.append(source)
    return kept[::-1]


def sheet(notebook: Notebook, address: str) -> Notebook:
    """The exercise sheet of a chapter; `address` is where the course is published.

    Raises NotebookError for a chapter without exercises.
    """
    import nbformat
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    bootstrap, *_ = code_cells(notebook)
    story: list[str] = []  # the chapter's code outside its exercises
    tasks: list[tuple[str, str]] = []  # ("markdown" or "code", text), in the order of the sheet
    solved = False  # whether a solution has been passed, and no new exercise begun
    asked = False  # whether an exercise has begun whose template is still to come
    count = 0
    for cell in notebook["cells"][notebook["cells"].index(bootstrap) + 1 :]:
        role = cell["metadata"].get("exercise", {}).get("role")
        if cell["cell_type"] == "markdown":
            for title, body in exercises(cell["source"]):
                count, asked, solved = count + 1, True, False
                tasks.append(("markdown", f"## Exercise {count}. {title}\n\n{body}"))
        elif role == "solution":
            solved = True
        elif role == "template" or asked:
            tasks.append(("code", cell["source"]))
            asked = role != "template"
        elif not solved:
            story.append(cell["source"])
    if not count:
        raise NotebookError("a chapter without exercises has no exercise sheet")
    title = re.findall(r"^# +(.+)$", notebook["cells"][0]["source"], re.MULTILINE)[0]
    head = (
        f"# Exercises: {title}\n\nThe exercises of the chapter, without their solutions. Run the cells from "
        f"the top; each template ends in a checker that says what is missing. The course: {address}"
    )
    setting = needed(story, [text for kind, text in tasks if kind == "code"])
    cells = [new_markdown_cell(head), new_code_cell(bootstrap["source"])]  # type: ignore[no-untyped-call, unused-ignore]
    if setting:
        cells.append(new_markdown_cell("## What the exercises build on"))  # type: ignore[no-untyped-call, unused-ignore]
        cells += [new_code_cell(source) for source in setting]  # type: ignore[no-untyped-call, unused-ignore]
    make = {"markdown": new_markdown_cell, "code": new_code_cell}
    cells += [make[kind](text) for kind, text in tasks]  # type: ignore[no-untyped-call, unused-ignore]
    made_sheet: Notebook = new_notebook(cells=cells)  # type: ignore[no-untyped-call, unused-ignore]
    normalise(made_sheet)
    made_sheet["metadata"].pop("companion")
    nbformat.validate(made_sheet)
    return made_sheet
