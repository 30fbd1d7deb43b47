"""The page of the matrix, book/appendix/any-machine.md, made from the record of its runs."""

from collections.abc import Mapping
from typing import Any

from matrix import NAME, ROOT, SETTINGS

from companion.notebooks.figures import LEVELS, PIXELS
from companion.sweep import load

PAGE = ROOT / "book" / "appendix" / "any-machine.md"
HEAD = """\
<!-- Written by `make matrix` from data/results/matrix.jsonl: edit .ci/matrix_page.py, not this page. -->

# Any machine

A course that prints numbers must print the same ones on the reader's machine. Libraries choose their
instructions by the processor they find, add in another order with more threads, and so round otherwise in
the last digits; a network that trains for many steps can make a large difference of it. The chapters print
no more digits than survive this. Whether they do is checked here: chapters are run again in settings that
stand for other machines, and their printed lines and figures are compared with the stored ones.

## What was set

{settings}

## What came out

{summary}

{table}
{failed}
## Figures

Numbers in figures are compared as pictures. Drawn again on one machine, a figure is the same to the pixel;
on another, curves move by less than a pixel. It passes if at most {pixels} of its pixels differ by more than
{levels} of 255 levels in any colour. For comparison: one wrong digit in a small label changes hundreds of
pixels, two exchanged curves thousands. The tests draw figures with exchanged colours, with a shifted curve,
without their legend and with a changed digit, and demand that each is refused.

## Repeat it

`make matrix` runs what is not recorded yet, `make matrix SETTING="all at once"` one setting of those that
stand in `.ci/matrix.py`. It may be stopped at any time, and goes on where it was. Before the first chapter a
probe inside a kernel says what each library has made of the setting:

{seen}
"""


def page() -> str:
    """The page from the newest record of every chapter in every setting."""
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    for one in load(NAME):
        newest[one["settings"]["setting"], one["settings"]["chapter"]] = one
    settings = [name for name in SETTINGS if any(setting == name for setting, _ in newest)]
    names = sorted({chapter for _, chapter in newest})
    failures = {key: one["figures"]["failed"] for key, one in newest.items() if one["figures"]["failed"]}
    letters = dict(zip(settings, "ABCDEFGHIJ", strict=False))
    columns = len(settings)
    lines = [f"| chapter | {' | '.join(letters.values())} |", "|:--|" + ":-:|" * columns]
    for chapter in names:
        marks = [_mark(newest.get((setting, chapter))) for setting in settings]
        lines.append(f"| {chapter.rpartition('/')[2]} | {' | '.join(marks)} |")
    cells = sum(one["figures"]["cells"] for one in newest.values())
    agree = len(newest) - len(failures)
    summary = (
        f"{len(newest)} runs of a chapter, {cells} cells compared: {agree} runs agree in every cell, "
        f"{len(failures)} do not. A tick is that of the chapter as it stood when it was run."
    )
    if len(newest) < len(names) * columns:
        summary += " A dash says that a chapter has not been run in a setting."
    return HEAD.format(
        settings="\n".join(f"- **{letters[s]}**, {s}: {_told(s)}." for s in settings),
        summary=summary,
        table="\n".join(lines),
        failed="".join(f"\n- {', '.join(key)}: {', '.join(cells)}" for key, cells in failures.items()) + "\n",
        pixels=PIXELS,
        levels=LEVELS,
        seen="\n".join(_seen(letters[s], newest, s) for s in settings),
    )


def _mark(one: Mapping[str, Any] | None) -> str:
    return "–" if one is None else str(len(one["figures"]["failed"])) if one["figures"]["failed"] else "✓"


def _told(setting: str) -> str:
    words, changed = SETTINGS[setting]
    return words + (f" ({', '.join(f'`{k}={v}`' for k, v in changed.items())})" if changed else "")


def _seen(letter: str, newest: Mapping[tuple[str, str], Any], setting: str) -> str:
    one = next(one for (name, _), one in newest.items() if name == setting)
    seen = one["figures"]["seen"]
    numpy = ", ".join(seen["numpy"]) or "none beyond SSE 4.2"
    threads = f"{seen['threads']} thread{'s' if seen['threads'] > 1 else ''}"
    return (
        f"- **{letter}**: Python {seen['python']}; PyTorch computes with {seen['torch']} on {threads}; "
        f"OpenBLAS takes the processor for {seen['openblas']}; NumPy's wider instructions: {numpy}; a half "
        f"is written {seen['half']}; {one['figures']['processor']}."
    )
