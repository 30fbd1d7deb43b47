"""Whose state a step reads: as meant, that of the step before; as published, one left a minibatch ago.

Two minibatches stand one above the other, the earlier one on top, and each has a box for every state.
"""

from __future__ import annotations

from itertools import pairwise

from matplotlib.axes import Axes

from companion.plots._sketch import Sheet
from companion.plots.style import GREEN, GREY, INK, WEIGHT_COLOURS, WIDTH

COLUMNS = (1.74, 2.84, 3.94, 5.04)  # centres of the boxes, in inches like all that follows
ROWS = (2.12, 0.80)  # of the earlier and of the later minibatch
WIDE, TALL = 0.66, 0.54
HEIGHT = 3.0
NAMES = ("earlier", "later")


def record_reads(ax: Axes, *, late: bool) -> Axes:
    """Draw which state each of four steps reads, in two minibatches, one after the other.

    With `late` a step reads what the minibatch before wrote at the step before; else what its own did. A
    canvas 3.0 inches high suits it.
    """
    sheet = Sheet(ax, WIDTH, HEIGHT)
    sheet.text(0.08, HEIGHT - 0.22, "as published" if late else "as meant", ha="left")
    for name, y in zip(NAMES, ROWS, strict=True):
        sheet.text(0.08, y + 0.13, name, GREY, 13.0, ha="left")
        sheet.text(0.08, y - 0.13, "minibatch", GREY, 13.0, ha="left")
        for t, x in enumerate(COLUMNS):
            sheet.arrow([(x, y - TALL / 2 - 0.34), (x, y - TALL / 2)], WEIGHT_COLOURS["W_xh"], 2.2)
            sheet.box(x, y, WIDE, TALL, [f"$s_{t + 1}$"], INK)
        sheet.arrow([(COLUMNS[3] + WIDE / 2, y), (COLUMNS[3] + 0.66, y)], GREEN, 2.6)
        sheet.text(COLUMNS[3] + 0.72, y, "digit", GREEN, 13.0, ha="left")
    for start, end in pairwise(COLUMNS):
        if late:
            lower = (end - WIDE / 2 + 0.06, ROWS[1] + TALL / 2)
            sheet.arrow([(start + WIDE / 2 - 0.06, ROWS[0] - TALL / 2), lower], WEIGHT_COLOURS["W_hh"], 2.6)
        else:
            for y in ROWS:
                sheet.arrow([(start + WIDE / 2, y), (end - WIDE / 2, y)], WEIGHT_COLOURS["W_hh"], 2.6)
    return ax
