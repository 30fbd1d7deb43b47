"""The solutions of the exercises as the chapters show them, each run with what it needs of its chapter."""

import ast
import builtins
import copy
import json
import symtable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from planted.bugs import ROOT
from planted.slips import Slip


class Solution(NamedTuple):
    """The cell of a solution, and the text of the code before it in its chapter."""

    source: str
    before: tuple[str, ...]


@cache
def solutions() -> dict[str, Solution]:
    """All solutions of the book, by "chapter/exercise"."""
    found = {}
    for path in sorted((ROOT / "book").rglob("*.ipynb")):
        before: list[str] = []
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] != "code":
                continue
            source = "".join(cell["source"])
            exercise = cell["metadata"].get("exercise")
            if exercise and exercise["role"] == "solution":
                found[f"{path.stem}/{exercise['name']}"] = Solution(source, tuple(before[1:]))
            elif not exercise:
                before.append(source)
    return found


def checked(solution: Solution, source: str) -> tuple[Any, Any, Any]:
    """Run a solution's cell, changed or not: what was written, its checker, and what that says of it."""
    *body, last = ast.parse(source).body
    assert isinstance(last, ast.Expr) and isinstance(last.value, ast.Call), "a solution ends with its checker"
    names = context(solution)
    exec(compile(ast.Module(body, []), "solution", "exec"), names)
    checker, *given = (eval(ast.unparse(part), names) for part in (last.value.func, *last.value.args))
    return given[0], checker, checker(*given)


def answers(slip: Slip) -> dict[str, str | None]:
    """What two nets say of a slip: the shapes of its answers, where its checker compares arrays, and the
    checker itself, whose reason this is; "" where a net is content."""
    from companion.check import Exercise

    solution = solutions()[slip.solution]
    assert solution.source.count(slip.right) == 1, f"{slip.right!r} must stand once in {slip.solution}"
    written, checker, report = checked(solution, solution.source.replace(slip.right, slip.wrong))
    shapes = _misshapen(checker, written) if isinstance(checker, Exercise) else None
    return {"shapes": shapes, "checker": "" if report.passed else report.text}


def _misshapen(exercise: Any, written: Any) -> str:
    """The parts of the answer that have another shape than those of the right one."""
    rng = np.random.default_rng(0)
    for _ in range(exercise.trials):
        inputs = exercise.draw(rng)
        right, found = (
            exercise._parts(function(*copy.deepcopy(inputs).values()))
            for function in (exercise.right, written)
        )
        if wrong := [name for name in right if right[name].shape != found[name].shape]:
            return " ".join(wrong)
    return ""


def context(solution: Solution) -> dict[str, Any]:
    """The names that a solution needs, made by those statements of its chapter that make them."""
    statements = [s for source in solution.before for s in _parsed(source)]
    needed, chosen = _needed(solution.source), set[int]()
    while missing := needed - {n for i in chosen for n in _made(statements[i])}:
        makers = [i for i, s in enumerate(statements) if i not in chosen and _made(s) & missing]
        assert makers, f"nothing in the chapter makes {', '.join(sorted(missing))}"
        chosen.add(makers[-1])
        needed |= _needed(ast.unparse(statements[makers[-1]]))
    names: dict[str, Any] = {}
    for i in sorted(chosen):
        exec(compile(ast.Module([statements[i]], []), "chapter", "exec"), names)
    return names


def _parsed(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(source).body
    except SyntaxError:  # a cell with a line of the shell
        return []


def _needed(source: str) -> set[str]:
    """The names that a piece of code takes from outside, builtins left out."""
    top = symtable.symtable(source, "code", "exec")
    own = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
    scopes, read = [top], set[str]()
    while scopes:
        scope = scopes.pop()
        scopes += scope.get_children()
        read |= {
            s.get_name() for s in scope.get_symbols() if s.is_referenced() and (s.is_global() or scope is top)
        }
    return read - own - set(dir(builtins))


def _made(statement: ast.stmt) -> set[str]:
    """The names that a statement of a chapter makes."""
    top = symtable.symtable(ast.unparse(statement), "code", "exec")
    return {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
