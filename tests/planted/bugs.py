"""What a bug of the package is, and where its text stands."""

from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]


class Bug(NamedTuple):
    """One line as it is, and as it would be wrong.

    name    what is wrong
    right   the text as it stands, once in the module
    wrong   the text in its place
    spoils  the arrays whose gradients it spoils; none where the way back still belongs to the way forth
    nets    the nets that must catch it; "gradients" must wherever something is spoilt
    on      what the nets are thrown at, where it is not what the area says
    file    the module it stands in, where it is not the area's
    source  where it was published as correct
    """

    name: str
    right: str
    wrong: str
    spoils: frozenset[str] | set[str] = frozenset()
    nets: tuple[str, ...] = ()
    on: str = ""
    file: str = ""
    source: str = ""

    @property
    def must(self) -> set[str]:
        """The nets that must catch it."""
        return {*self.nets, *(["gradients"] if self.spoils else [])}


class Area(NamedTuple):
    """Bugs of one kind.

    title       what they have in common
    file        the module in which they stand, below companion/
    on          the subject for the nets, as an expression of `planted.subjects`
    tests       the unit tests of that module; none where there are no others than those below
    frameworks  the tests that compare with PyTorch and Keras, and which of them (a -k of pytest)
    """

    title: str
    file: str
    on: str
    bugs: list[Bug]
    tests: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = ()


def path_of(area: Area, bug: Bug) -> Path:
    return ROOT / "companion" / f"{bug.file or area.file}.py"


def text_of(area: Area, bug: Bug) -> str:
    """The text of the module with the bug in it; AssertionError where the line to change does not stand once.

    Where there is no line to change, the bug is what the nets are thrown at.
    """
    path = path_of(area, bug)
    source = path.read_text(encoding="utf-8")
    if not bug.right:
        return source
    where = path.relative_to(ROOT)
    assert source.count(bug.right) == 1, (
        f"{bug.name}: {bug.right!r} must stand once in {where}; bring tests/planted up to date"
    )
    return source.replace(bug.right, bug.wrong)
