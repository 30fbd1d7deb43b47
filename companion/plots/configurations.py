"""The four configurations of a recurrent network: where inputs enter, and where answers are read."""

from __future__ import annotations

from matplotlib.axes import Axes

from companion.plots._sketch import SIZE, Sheet
from companion.plots.style import GREY, WEIGHT_COLOURS, WIDTH

BOX, GAP = 0.40, 0.44  # size of a box and length of an arrow, in inches
PITCH = BOX + GAP
STEPS = 3
FLOOR, HEAD = 0.28, 0.75  # room below the middle of the lowest boxes, and above that of the highest
SHALLOW, DEEP = (FLOOR + rows * PITCH + HEAD for rows in (2, 3))  # panels of one layer and of two
BLUE, VERMILION, GREEN = (WEIGHT_COLOURS[name] for name in ("W_xh", "W_hh", "W_hy"))


def configurations(ax: Axes) -> Axes:
    """Draw many-to-one, many-to-many, one-to-many and stacked in two rows of two.

    Blue arrows bring inputs in, vermilion ones carry the state on, green ones read answers out; in
    one-to-many each answer is also the next input. A canvas 5.8 inches high suits.
    """
    sheet = Sheet(ax, WIDTH, SHALLOW + DEEP)
    half = WIDTH / 2
    _panel(sheet, 0, DEEP, SHALLOW, "many-to-one", inputs=range(STEPS), outputs=[STEPS - 1])
    _panel(sheet, half, DEEP, SHALLOW, "many-to-many", inputs=range(STEPS), outputs=range(STEPS))
    _panel(sheet, 0, 0, DEEP, "one-to-many", inputs=[0], outputs=range(STEPS), own_answers=True)
    _panel(sheet, half, 0, DEEP, "stacked", inputs=range(STEPS), outputs=[STEPS - 1], layers=2)
    return ax


def _panel(
    sheet: Sheet,
    left: float,
    bottom: float,
    height: float,
    title: str,
    *,
    inputs: range | list[int],
    outputs: range | list[int],
    layers: int = 1,
    own_answers: bool = False,
) -> None:
    wide = PITCH + 0.12
    columns = [left + WIDTH / 4 + (t - (STEPS - 1) / 2) * wide for t in range(STEPS)]
    rows = [bottom + FLOOR + row * PITCH for row in range(layers + 2)]  # inputs, each layer, outputs
    sheet.text(left + WIDTH / 4, bottom + height - 0.3, title, size=SIZE + 1)
    for t in inputs:
        sheet.box(columns[t], rows[0], BOX, BOX, edge=GREY)
    for t, x in enumerate(columns):
        if t in inputs:
            sheet.arrow([(x, rows[0] + BOX / 2), (x, rows[1] - BOX / 2)], BLUE)
        for y in rows[1:-1]:
            sheet.box(x, y, BOX, BOX)
            if t:
                sheet.arrow([(columns[t - 1] + BOX / 2, y), (x - BOX / 2, y)], VERMILION)
        for y in rows[1:layers]:
            sheet.arrow([(x, y + BOX / 2), (x, y + PITCH - BOX / 2)], BLUE)
        if t in outputs:
            sheet.arrow([(x, rows[-2] + BOX / 2), (x, rows[-1] - BOX / 2)], GREEN)
            sheet.box(x, rows[-1], BOX, BOX, edge=GREY)
        if own_answers and t:
            start, end = (columns[t - 1] + BOX / 2, rows[-1]), (x, rows[1] - BOX / 2)
            sheet.arrow([start, (start[0] + 0.32, start[1]), (start[0] + 0.14, rows[0] - 0.3), end], BLUE)
