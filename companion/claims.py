"""What the five sources claim, and what the chapters found.

A chapter judges a claim where its evidence stands, by `judge`, which refuses a verdict that the computed
values do not bear out. The verdict is stored with the chapter's outputs, and `python -m companion.claims`
collects all of them into the appendix page.
"""

from __future__ import annotations

import csv
import html
import json
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from companion._shipped import DataError, read

FILE = "claims.csv"
VERDICTS = ("holds", "holds in part", "does not hold", "cannot be checked")
COUNTS = {"S0": 36, "S1": 29, "S2": 29, "S3": 15, "S4": 25}
PARTS = ("1-concepts", "2-forward-pass", "3-bptt", "4-stacked", "5-gradient-problems", "6-variants")


class ClaimError(ValueError):
    """A claim that does not exist, or a verdict that its evidence, its form or another verdict forbids."""


@dataclass(frozen=True)
class Claim:
    """One statement of a source, in our words, and the part of the book in which it is due."""

    id: str
    source: str
    part: str
    text: str

    @property
    def anchor(self) -> str:
        """The id of the element on a chapter's page that shows the verdict."""
        return f"claim-{self.id.lower()}"


def load() -> dict[str, Claim]:
    """All claims by id, in the order of their sources; DataError where the file was altered."""
    _, *rows = csv.reader(read(FILE).decode().splitlines())
    return {row[0]: Claim(*row) for row in rows}


_MARK = '<div class="claim-verdict'  # by which a verdict is known among other outputs


@dataclass(frozen=True)
class Verdict:
    """The verdict on a claim, with the figure it rests on; a notebook shows it and stores it."""

    claim: Claim
    verdict: str
    measured: str

    def __str__(self) -> str:
        return f"{self.claim.id} {self.verdict}: {self.measured}"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        claim, verdict = self.claim, self.verdict
        return {
            "text/plain": str(self),
            "text/html": (
                f'{_MARK} claim-{verdict.replace(" ", "-")}" data-verdict="{verdict}" '
                f'id="{claim.anchor}"><p>{claim.id}. {html.escape(claim.text)}</p>'
                f"<p><strong>{verdict.capitalize()}:</strong> {html.escape(self.measured)}</p></div>"
            ),
        }


def judge(claim: str, verdict: str, *, measured: str, because: bool | np.bool_) -> Verdict:
    """The verdict on the claim with the id `claim`, as the last line of a cell.

    `verdict` is one of VERDICTS; `measured` says in a line what was found; `because` is computed in the cell
    from the measured values and says whether they bear the verdict out. ClaimError where they do not.
    """
    if not isinstance(because, bool | np.bool_):
        raise TypeError(f"because must be a bool computed from measured values, got {type(because).__name__}")
    found = _verdict(load(), claim, verdict, measured)
    if not because:
        raise ClaimError(f"{claim}: {verdict!r} is not borne out by what was measured ({found.measured})")
    return found


def _verdict(known: dict[str, Claim], claim: str, verdict: str, measured: str) -> Verdict:
    if claim not in known:
        raise ClaimError(f"unknown claim {claim!r}: the claims are {', '.join(map(_span, COUNTS))}")
    if verdict not in VERDICTS:
        raise ClaimError(f"{claim}: the verdict must be one of {', '.join(VERDICTS)}, got {verdict!r}")
    if not isinstance(measured, str) or not measured.strip():
        raise ClaimError(f"{claim}: measured must say in a line what was found, got {measured!r}")
    return Verdict(known[claim], verdict, " ".join(measured.split()))


def _span(source: str) -> str:
    return f"{source}-1 to {source}-{COUNTS[source]}"


@dataclass(frozen=True)
class Finding:
    """A verdict and the stored chapter that shows it: its path in the book, and its title."""

    verdict: Verdict
    chapter: str
    title: str


def collect(book: Path) -> list[Finding]:
    """The verdicts in the stored outputs of all chapters below `book`, in the order of the claims.

    ClaimError names the chapter whose verdict is malformed, on no known claim, or the second on its claim.
    """
    if not book.is_dir():
        raise ClaimError(f"{book} must be the folder of the chapters, and is no folder")
    known = load()
    found: dict[str, Finding] = {}
    for path in sorted(book.rglob("*.ipynb")):
        chapter = path.relative_to(book)
        if any(name.startswith((".", "_")) for name in chapter.parts):
            continue  # a notebook editor's backups, and what was built
        for finding in _findings(path, chapter.as_posix(), known):
            id = finding.verdict.claim.id
            if id in found:
                raise ClaimError(f"{id} is judged twice, in {found[id].chapter} and in {finding.chapter}")
            found[id] = finding
    return [found[id] for id in known if id in found]


def _findings(path: Path, chapter: str, known: dict[str, Claim]) -> list[Finding]:
    try:
        cells = json.loads(path.read_bytes())["cells"]
        data = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
        shown = [{kind: "".join(one.get(kind, "")) for kind in ("text/plain", "text/html")} for one in data]
        prose = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise ClaimError(f"{chapter} cannot be read as a notebook ({reason})") from error
    title = next((line[2:].strip() for line in prose.splitlines() if line.startswith("# ")), chapter)
    try:
        verdicts = [_stored(known, one) for one in shown if one["text/html"].startswith(_MARK)]
    except ClaimError as error:
        raise ClaimError(f"{chapter}: {error}") from error
    return [Finding(verdict, chapter, title) for verdict in verdicts]


def _stored(known: dict[str, Claim], shown: dict[str, str]) -> Verdict:
    """The verdict that a stored output shows, read from its line of text."""
    line = re.fullmatch(r"(\S+) ([^:]+): (.+)", shown["text/plain"])
    if line is None:
        raise ClaimError(f"a verdict must read 'ID VERDICT: MEASURED', got {shown['text/plain']!r}")
    found = _verdict(known, *line.groups())
    if found._repr_mimebundle_() != shown:
        raise ClaimError(f"{found.claim.id} would be shown otherwise today: run the chapter again")
    return found


def missing(findings: Iterable[Finding]) -> list[str]:
    """The ids of the claims that have no verdict; the tests of the book fail where there is one."""
    judged = {finding.verdict.claim.id for finding in findings}
    return [name for name in load() if name not in judged]


def main(arguments: Sequence[str]) -> int:
    """Write the appendix page of the book in the folder named first, or of the book beside the package."""
    from companion._claims_page import page
    from companion._files import write_whole

    book = Path(arguments[0]) if arguments else Path(__file__).parents[1] / "book"
    try:
        findings = collect(book)
        target = book / "appendix" / "claims.md"
        write_whole(target, page(findings))
    except (ClaimError, DataError, OSError) as error:
        print(f"companion.claims: {error}", file=sys.stderr)
        return 1
    print(f"{target}: {len(findings)} of {len(load())} claims judged")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
