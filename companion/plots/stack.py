"""Layers on top of one another, unrolled in time: what each starts from, and what is read off at the end."""

from __future__ import annotations

from matplotlib.axes import Axes

from companion.plots import _checks
from companion.plots._sketch import Sheet
from companion.plots.style import GREY, WEIGHT_COLOURS, WIDTH

WIDE, TALL = 0.78, 0.64  # the box of a state, in inches like all that follows
SIDE = 0.86  # width of the boxes of the first and the last states
BOX = 0.46  # height of the boxes of inputs and of the output
RISE = 0.54  # length of an upward arrow
MARGIN = 0.08
GREY_TEXT = 13.5  # points, for what is named as in code


def stacked(ax: Axes, layers: int = 2, steps: int = 3) -> Axes:
    """Draw `layers` recurrent layers unrolled over `steps` time steps, the first layer lowest.

    Each layer has its own first state, left, and its own last state, right, named as the slices of PyTorch's
    h_0 and h_n; the states of the top layer go up into the array `output`. A canvas 4.0 inches high suits two
    layers, 1.2 more each layer beyond. Raises ValueError for fewer than one layer or step.
    """
    _checks.at_least("layers", layers, 1)
    _checks.at_least("steps", steps, 1)
    sides = 2 * (MARGIN + SIDE)
    gap = max(0.58, (WIDTH - sides - steps * WIDE) / (steps + 1))
    columns = [MARGIN + SIDE + gap + WIDE / 2 + t * (WIDE + gap) for t in range(steps)]
    first = MARGIN + BOX + RISE + TALL / 2
    rows = [first + i * (TALL + RISE) for i in range(layers)]
    top = rows[-1] + TALL / 2 + RISE
    width = sides + steps * WIDE + (steps + 1) * gap
    sheet = Sheet(ax, width, top + BOX + MARGIN)

    for t, x in enumerate(columns):
        sheet.box(x, MARGIN + BOX / 2, 0.62, BOX, [f"$x_{t + 1}$"], GREY)
        for i, y in enumerate(rows):
            _rise(sheet, x, y - TALL / 2, i + 1)
        sheet.arrow([(x, rows[-1] + TALL / 2), (x, top)], GREY)
    for i, y in enumerate(rows):
        _layer(sheet, columns, y, i, width)
    span = columns[-1] - columns[0] + WIDE
    sheet.box((columns[0] + columns[-1]) / 2, top + BOX / 2, span, BOX, ["output"], GREY, size=GREY_TEXT)
    return ax


def _rise(sheet: Sheet, x: float, top: float, layer: int) -> None:
    """Draw the arrow into a state from below, with the name of its weight."""
    colour = WEIGHT_COLOURS["W_xh"]
    sheet.arrow([(x, top - RISE), (x, top)], colour, 2.6)
    sheet.text(x + 0.10, top - RISE / 2, f"$W_{{xh}}^{{({layer})}}$", colour, ha="left")


def _layer(sheet: Sheet, columns: list[float], y: float, i: int, width: float) -> None:
    """Draw the states of one layer, from its own first state to its own last one."""
    colour, start, end = WEIGHT_COLOURS["W_hh"], MARGIN + SIDE, width - MARGIN - SIDE
    sheet.box(start - SIDE / 2, y, SIDE, 0.5, [f"h_0[{i}]"], GREY, size=GREY_TEXT, dashed=True)
    before = start
    for t, x in enumerate(columns):
        sheet.arrow([(before, y), (x - WIDE / 2, y)], colour, 2.6)
        middle = (before + x - WIDE / 2) / 2 - 0.02
        sheet.text(middle, y + 0.09, f"$W_{{hh}}^{{({i + 1})}}$", colour, size=13.5, va="bottom")
        sheet.box(x, y, WIDE, TALL, [f"$h_{t + 1}^{{({i + 1})}}$"])
        before = x + WIDE / 2
    sheet.arrow([(before, y), (end, y)], GREY)
    sheet.box(end + SIDE / 2, y, SIDE, 0.5, [f"h_n[{i}]"], GREY, size=GREY_TEXT)
