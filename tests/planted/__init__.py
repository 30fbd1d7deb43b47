"""The bug zoo: every bug that is planted in the course on purpose, in one list, and the nets thrown at them.

A bug of the package is one line of a module changed, as people have changed it in their own code; a bug of an
exercise is one line of the solution that the book shows. A line that is no longer there fails the tests, so
that the zoo stays in step with the code. `python -m planted` (in the folder tests) throws every net at every
bug and stores what was caught in data/results/zoo.json, from which the page book/appendix/bug-zoo.md is made.
"""

from planted.bugs import Area, Bug, text_of
from planted.cells import AREAS as CELLS
from planted.elsewhere import AREAS as ELSEWHERE
from planted.loops import AREAS as LOOPS
from planted.training import AREAS as TRAINING

AREAS: list[Area] = [*CELLS, *LOOPS, *TRAINING, *ELSEWHERE]
ZOO: dict[str, tuple[Area, Bug]] = {
    f"{area.title}: {bug.name}": (area, bug) for area in AREAS for bug in area.bugs
}

__all__ = ["AREAS", "ZOO", "Area", "Bug", "text_of"]
