"""The appendix page on performance, as MyST Markdown, from the records of `speed` and `course_times`."""

import math
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from companion import sweep
from companion._files import write_whole
from companion.bench import CELLS, KEPT, SIZES, ratios

PAGE = Path(__file__).resolve().parents[1] / "book" / "appendix" / "performance.md"

LARGE = 64
"""The hidden size from which on a step is more than calls of Python."""

HEAD = """\
<!-- Written by `python -m companion.bench page` from data/results: repeat the records, not this page. -->

# Performance

How fast the course's own cells are beside PyTorch and Keras, and how much time and memory backpropagation
through time takes. Everything here was recorded on one machine, named at the end; `make bench` prints the
first table on yours.
"""

AGAINST = """\
## Against PyTorch, Keras and the bare products

One forward and one backward pass in float32 on one thread, over a batch of N sequences of T steps with D
numbers a step, by a cell of H units. The contestants take turns on the same numbers; ms is the time of the
package, and a column says how many times as long as the contestant of that name it took, by the medians of
their processor times. Below 1, the package is the quicker one. *Bare* are the matrix products that the
mathematics needs and nothing else, so that column says what all the rest costs: sums, gates, the tanh, and
Python itself.
"""

BARE = """\
Would the package be quicker if it made the products that do not wait for one another, such as $x_t W_{{xh}}$,
for all steps at once? The bare products were timed in both forms. From H = {H} on, step by step took {low} to
{high} times as long as at once, so there is little to gain: what is saved in calls is mostly lost on the way
to memory and back, as the numbers of one step fit into the processor's cache and those of all steps do not.
So a step of a cell is computed as it is written.
"""

STEPS = """\
## Time grows with the number of steps

Batches of {N} sequences with D = {D} and H = {H}. Were time exactly in proportion to $T$, the time of a
step would be the same in each row, and the
exponent $p$ of the best fit of time by $c\\,T^p$ would be 1.
"""

MEMORY = """\
## Memory of backpropagation through time

A step must keep what its way back needs until that way is walked. In arrays of shape $N \\times H$ these
are {kept}; and `ys`, the outputs of all steps, holds one more. Each takes $4NH$ bytes in float32, so memory,
too, is in proportion to $T$. Measured is what `tracemalloc`, Python's own count of memory, finds a step
between a run of {T} steps and one of {double}, with {sizes}.
"""

COURSE = """\
## The course itself

How long it takes to build and to test, on the clock, with {cores} and with the environments ready.
`python -m companion.sweep course_times` repeats it.
"""

SLOWEST = {
    "chapters": "Of the chapters these took longest:",
    "tests": "Of the tests' time most went to these files:",
}


def page(speed: Sequence[sweep.Record], course: Sequence[sweep.Record] = ()) -> str:
    """The page of these records; what has no record yet is left out."""
    parts = [HEAD, *_against(speed), *_steps(speed), *_memory(speed), *_course(course), _machine(speed)]
    return "\n".join(parts)


def write() -> str:
    """Write the page of the records in data/results; return one line that says so."""
    write_whole(PAGE, page(*recorded()))
    return f"{PAGE}: written"


def recorded() -> tuple[list[sweep.Record], list[sweep.Record]]:
    """The records of `speed` and, where there are any yet, those of `course_times`."""
    try:
        course = sweep.load("course_times")
    except sweep.RecordError as error:
        if "is missing" not in str(error):
            raise
        course = []
    return sweep.load("speed"), course


def _against(records: Sequence[sweep.Record]) -> list[str]:
    found = _kind(records, "others")
    rows = []
    for cell in CELLS:
        for sizes in SIZES:
            times = found[cell, sizes]
            ratio = ratios(times)
            columns = [f"{ratio[name]:.2f}" for name in ("torch", "keras", "products")]
            rows.append([cell, _written(sizes), _milliseconds(times["companion"]), *columns])
    names = ["cell", "N, T, D, H", "ms", "PyTorch", "Keras", "bare"]
    forms = [
        f["products by step"] / f["products at once"] for (_, sizes), f in found.items() if sizes[3] >= LARGE
    ]
    bare = BARE.format(H=LARGE, low=f"{min(forms):.2f}", high=f"{max(forms):.2f}")
    return [AGAINST, _table(names, rows), _wrapped(bare)]


def _steps(records: Sequence[sweep.Record]) -> list[str]:
    found = _kind(records, "steps")
    lengths = sorted({sizes[1] for _, sizes in found})
    (N, _, D, H), *_ = (sizes for _, sizes in found)
    seconds = {cell: [found[cell, (N, T, D, H)]["companion"] for T in lengths] for cell in CELLS}
    rows = [[str(T), *(f"{seconds[cell][k] / T * 1e6:.0f}" for cell in CELLS)] for k, T in enumerate(lengths)]
    rows.append(["$p$", *(f"{exponent(lengths, seconds[cell]):.3f}" for cell in CELLS)])
    names = ["T", *(f"{cell}, µs a step" for cell in CELLS)]
    return [_wrapped(STEPS.format(N=N, D=D, H=H)), _table(names, rows)]


def exponent(lengths: Sequence[int], seconds: Sequence[float]) -> float:
    """The p of the least-squares fit of log(seconds) by log(c) + p log(T)."""
    return float(np.polyfit(np.log(lengths), np.log(seconds), 1)[0])


def _memory(records: Sequence[sweep.Record]) -> list[str]:
    found = _kind(records, "shapes")
    rows = [
        [
            cell,
            f"{KEPT[cell]} + 1",
            str(f["formula"]),
            f"{f['measured']:.0f}",
            f"{f['measured'] / f['formula']:.3f}",
        ]
        for (cell, _), f in found.items()
    ]
    (_, (N, T, D, H)), *_ = found
    kept = ", ".join(f"{count} for the {cell}" for cell, count in KEPT.items())
    text = _wrapped(MEMORY.format(kept=kept, T=T, double=2 * T, sizes=f"N = {N}, D = {D} and H = {H}"))
    return [text, _table(["cell", "arrays", "bytes a step, by shapes", "measured", "ratio"], rows)]


def _course(records: Sequence[sweep.Record]) -> list[str]:
    if not records:
        return []
    rows, notes = [], []
    for record in records:
        figures = record["figures"]
        rows += [[what, _minutes(seconds)] for what, seconds in figures["seconds"].items()]
        if longest := figures.get("longest"):
            notes.append(f"{SLOWEST[record['settings']['what']]} {_longest(longest)}.\n")
    cores = records[0]["hardware"].split(", ")[1]
    return [COURSE.format(cores=cores), _table(["what", "time"], rows), *notes]


def _longest(longest: dict[str, float]) -> str:
    """Files with their times; a chapter, "book.3-bptt.letters.ipynb" in the report, by its own name."""
    named = {name.removesuffix(".ipynb").rpartition(".")[2]: seconds for name, seconds in longest.items()}
    return ", ".join(f"{name} ({_minutes(seconds)})" for name, seconds in named.items())


def _machine(records: Sequence[sweep.Record]) -> str:
    record = max(records, key=lambda r: len(r["versions"]))
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    processor = " ".join(filter(None, [record["figures"]["processor"], f"({record['hardware']})"]))
    return f"## Machine and versions\n\n{processor}; {versions}.\n"


def _kind(records: Sequence[sweep.Record], against: str) -> dict[tuple[str, tuple[int, ...]], dict[str, Any]]:
    """The figures of one kind of record, by cell and sizes."""
    fitting = (r for r in records if r["settings"]["against"] == against)
    return {(r["settings"]["cell"], tuple(r["settings"]["sizes"])): r["figures"] for r in fitting}


def _wrapped(text: str) -> str:
    """The same paragraphs in lines of even length."""
    paragraphs = (part.split() for part in text.split("\n\n"))
    return (
        "\n\n".join(textwrap.fill(" ".join(words), 110, break_on_hyphens=False) for words in paragraphs)
        + "\n"
    )


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [names, [":--", *["--:"] * (len(names) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _written(sizes: Sequence[int]) -> str:
    return ", ".join(map(str, sizes))


def _milliseconds(seconds: float) -> str:
    """Three digits that count."""
    return f"{seconds * 1e3:.{max(0, 2 - math.floor(math.log10(seconds * 1e3)))}f}"


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.1f} min"
