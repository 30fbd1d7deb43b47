"""The page of the zoo, book/appendix/bug-zoo.md, made from the record."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from planted import AREAS, ZOO
from planted.bugs import ROOT
from planted.nets import NETS
from planted.record import load, write_whole
from planted.slips import SLIPS, Slip

PATH = ROOT / "book" / "appendix" / "bug-zoo.md"
LETTERS = dict(zip(NETS, "SL1GFU", strict=True))
Caught = Mapping[str, str | None]

HEAD = """\
<!-- Written by `make zoo` from data/results/zoo.json: edit tests/planted, not this page. -->

# The bug zoo

A test is worth what it catches. So we keep bugs: {bugs} lines of the course's package, each changed the way
people change such lines by mistake, and {slips} lines of the exercises' solutions. They are planted one at a
time, and every net is thrown at each. The lines stand in `tests/planted`; when one of them is no longer in
the code, the tests fail, and whoever edits a chapter or the package learns at once whether its bugs are
still caught.

## The nets

- **S**, shapes: every array has the shape it should have, and holds finite numbers.
- **L**, a falling loss: sixty steps of training bring the loss below a half of what it was.
- **1**, one step: central differences for parameters and inputs, over sequences of one step.
- **G**, the gradient check: every parameter, input and initial state, over five steps, with a gradient at
  every output and at the end.
- **F**, the frameworks: outputs, states, gradients and updates against PyTorch and Keras.
- **U**, the unit tests of the module that holds the bug, without those that are G or F.

A tick says that the net caught the bug, a dot that the bug slipped through, a dash that the net has nothing
to ask: an optimiser has no gradient to check, and no framework has all our cells. A bug whose name ends in
"both ways" is wrong forwards and backwards alike.

## What each net catches

{totals}

Of the bugs that they were shown, the net of shapes caught {shapes}, and a falling loss {trains}. Every bug
that makes the way back another than the way forth was caught by the gradient check, {gradients} in all;
{hidden} of them pass a check over a single step. What the gradient check lets through is wrong in both
directions, or is no gradient: there the comparison with somebody else's work and plain unit tests have to
stand. {through}

In the exercises the net is the checker, which must not only refuse an answer but give the right reason. It
did so for all {slips}; of the {shown} wrong answers whose shapes can be compared, {fit} have the right ones.
"""


def text() -> str:
    """The whole page."""
    found = load()
    bugs, slips = found["bugs"], found["slips"]
    caught = {name: bugs[name]["caught"] for name in ZOO}
    backward = [name for name, (_, bug) in ZOO.items() if bug.spoils]
    asked = [name for name in backward if caught[name]["one step"] is not None]
    shapes = [slip["shapes"] for slip in slips.values() if slip["shapes"] is not None]
    parts = [
        HEAD.format(
            bugs=len(ZOO),
            slips=len(SLIPS),
            totals="\n".join(totals(caught)),
            shapes=share(caught.values(), "shapes"),
            trains=share(caught.values(), "trains"),
            gradients=sum(bool(caught[name]["gradients"]) for name in backward),
            hidden=sum(not caught[name]["one step"] for name in asked),
            through=slipped(caught),
            fit=sum(not words for words in shapes),
            shown=len(shapes),
        )
    ]
    for area in AREAS:
        parts.append(f"## {area.title}\n")
        parts.append(
            "\n".join(
                [*head("bug"), *(row(bug.name, caught[f"{area.title}: {bug.name}"]) for bug in area.bugs)]
            )
        )
        parts += [f"\n{note}" for note in sources(area.bugs)]
        parts.append("")
    parts.append(
        "## Exercises\n\nA line names the chapter and its exercise; the words are those by which the checker "
        "knows the mistake.\n"
    )
    parts.append("| exercise | the checker says | S |\n|:--|:--|:-:|")
    parts += [slip_row(slip, slips[slip.key]) for slip in SLIPS]
    versions = ", ".join(f"{name} {number}" for name, number in found["versions"].items())
    parts.append(f"\nRecorded with {versions}.\n")
    return "\n".join(parts)


def slipped(caught: Mapping[str, Caught]) -> str:
    """Which bugs no net has caught."""
    free = [name for name, nets in caught.items() if not any(nets.values())]
    return f"Through all of them slip: {'; '.join(free)}." if free else "No bug of the zoo slips through all."


def head(first: str) -> list[str]:
    return [f"| {first} | {' | '.join(LETTERS.values())} |", "|:--|" + ":-:|" * len(NETS)]


def row(name: str, caught: Caught) -> str:
    return f"| {name} | {' | '.join(mark(caught[net]) for net in NETS)} |"


def slip_row(slip: Slip, said: Caught) -> str:
    exercise = slip.solution.replace("/", ", ")
    return f"| {exercise} | {clause(said['checker'] or '')} | {mark(said['shapes'])} |"


def clause(report: str) -> str:
    """The first clause of what a checker says, without the name of the function."""
    return re.split(r"[;:] |\. ", report.partition(": ")[2])[0].rstrip(".")


def mark(words: str | None) -> str:
    return "–" if words is None else "✓" if words else "·"


def totals(caught: Mapping[str, Caught]) -> list[str]:
    """One line for each area, and one for all of them: how many each net caught."""
    lines = head("bugs of")
    for area in AREAS:
        of_area = [caught[f"{area.title}: {bug.name}"] for bug in area.bugs]
        lines.append(f"| {area.title} ({len(of_area)}) | {' | '.join(count(of_area, net) for net in NETS)} |")
    every = list(caught.values())
    lines.append(f"| **All ({len(every)})** | {' | '.join(f'**{count(every, net)}**' for net in NETS)} |")
    return lines


def count(caught: Iterable[Caught], net: str) -> str:
    words = [c[net] for c in caught if c[net] is not None]
    return str(sum(map(bool, words))) if words else "–"


def share(caught: Iterable[Caught], net: str) -> str:
    words = [c[net] for c in caught if c[net] is not None]
    return f"{sum(map(bool, words))} of {len(words)}"


def sources(bugs: Iterable[Any]) -> list[str]:
    """Where bugs were published as correct."""
    by_source: dict[str, list[str]] = {}
    for bug in bugs:
        if bug.source:
            by_source.setdefault(bug.source, []).append(bug.name)
    if not by_source:
        return []
    quoted = {source: ", ".join(f'"{name}"' for name in names) for source, names in by_source.items()}
    told = "; ".join(f"{names}: {source}" for source, names in quoted.items())
    return [
        f"Published as correct: {told}. The chapters {{doc}}`../5-gradient-problems/bugs-that-passed` and "
        "{doc}`../6-variants/as-published` tell what was looked at, and where."
    ]


def write() -> None:
    write_whole(PATH, text())
