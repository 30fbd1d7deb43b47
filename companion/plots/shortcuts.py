"""The ways on which an input reaches a later state, in a net that looks back several states."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from companion.plots import _checks
from companion.plots._sketch import Sheet
from companion.plots.style import GHOST, GREY, INK, WEIGHT_COLOURS, WIDTH

WIDE, TALL = 0.66, 0.46  # the box of a state, in inches like all that follows
BOX, RISE = 0.42, 0.36  # the boxes of the input and of the answer, and the arrows at them
ARCH = 0.24  # how much higher an arrow rises for every state that it skips
MARGIN = 0.08
SMALL = 12.5  # points


def shortcuts(ax: Axes, k: int, leaps: Sequence[int], *, title: str = "") -> Axes:
    """Draw a row of states, every arrow of length 1 to k between them in grey, and one way in orange.

    The way goes from the first state to the last in steps of the lengths `leaps`, the earliest first; below
    the first state stands the input that it carries, and the title beside it, above the last one the answer.
    A canvas 2.1 inches high suits up to k = 3. Raises ValueError for k below 1, and for no leaps, or one that
    is not 1 to k.
    """
    _checks.at_least("k", k, 1)
    if not leaps or min(leaps) < 1 or max(leaps) > k:
        raise ValueError(f"leaps must be one or more lengths from 1 to {k}, got {list(leaps)}")
    far = sum(leaps)
    gap = max(0.26, (WIDTH - 2 * MARGIN - (far + 1) * WIDE) / far)
    columns = [MARGIN + WIDE / 2 + s * (WIDE + gap) for s in range(far + 1)]
    y = MARGIN + BOX + RISE + TALL / 2
    above = max(RISE + BOX, ARCH * (k + 0.6))
    sheet = Sheet(ax, columns[-1] + WIDE / 2 + MARGIN, y + TALL / 2 + above + MARGIN)

    way = {(sum(leaps[:i]), leap) for i, leap in enumerate(leaps)}
    colour = WEIGHT_COLOURS["W_hh"]
    edges = [(s, j) for j in range(1, k + 1) for s in range(far + 1 - j)]
    for s, j in sorted(edges, key=lambda edge: edge in way):
        on = (s, j) in way
        _leap(sheet, columns[s], columns[s + j], y, j, colour if on else GHOST, 3.0 if on else 1.3)
    for s, x in enumerate(columns):
        back = far - s
        sheet.box(x, y, WIDE, TALL, [f"$h_{{t-{back}}}$" if back else "$h_t$"], size=SMALL)
    _ends(sheet, columns, y, far)
    sheet.text(columns[0] + WIDE / 2 + 0.2, MARGIN + BOX / 2, title, INK, ha="left")
    return ax


def _leap(sheet: Sheet, start: float, end: float, y: float, j: int, colour: str, width: float) -> None:
    """Draw an arrow between neighbours, or an arch over the states between."""
    if j == 1:
        sheet.arrow([(start + WIDE / 2, y), (end - WIDE / 2, y)], colour, width)
        return
    foot, high = y + TALL / 2, y + TALL / 2 + ARCH * (j + 0.4) * 4 / 3
    start, end = start + 0.12, end - 0.12
    lean = (end - start) / 5
    sheet.arrow([(start, foot), (start + lean, high), (end - lean, high), (end, foot)], colour, width)


def _ends(sheet: Sheet, columns: Sequence[float], y: float, far: int) -> None:
    """Draw the input below the first state and the answer above the last."""
    foot, head = y - TALL / 2, y + TALL / 2
    sheet.box(columns[0], MARGIN + BOX / 2, WIDE, BOX, [f"$x_{{t-{far}}}$"], GREY, size=SMALL)
    sheet.arrow([(columns[0], foot - RISE), (columns[0], foot)], WEIGHT_COLOURS["W_xh"], 2.6)
    sheet.arrow([(columns[-1], head), (columns[-1], head + RISE)], WEIGHT_COLOURS["W_hy"], 2.6)
    sheet.box(columns[-1], head + RISE + BOX / 2, WIDE, BOX, ["$y_t$"], GREY, size=SMALL)
