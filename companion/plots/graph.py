"""The cell with its loop, and the same cell unrolled in time.

Each weight has one colour and keeps it at every step: that the steps share their weights is seen before it is
read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from companion.plots import _checks
from companion.plots._checks import ReadOut
from companion.plots._sketch import Sheet
from companion.plots.style import GREY, INK, WEIGHT_COLOURS, WIDTH, number, symbol

BOX = 0.46  # height of the boxes of inputs and outputs, in inches like all that follows
RISE = 0.52  # length of an upward arrow
MARGIN = 0.08
LABEL = 0.20  # room right of the last column for the name of a weight, and NAMES for it and its bias
NAMES = 0.56
START = 0.56  # width of the box of h_0
FOLDED = 1.90  # room for the cell with its loop


@dataclass(frozen=True)
class Layout:
    """Where the parts of an unrolled graph stand: centres of the columns and of the rows, and the size of a
    state's box."""

    columns: list[float]
    inputs: float
    states: float
    flat: float
    outputs: float
    wide: float
    tall: float
    start: float
    width: float
    height: float


def unrolled(
    ax: Axes,
    steps: int = 3,
    *,
    inputs: Sequence[str] | None = None,
    hidden: ArrayLike | None = None,
    outputs: Sequence[str] | None = None,
    initial: str = "",
    readout: ReadOut = "last",
    folded: bool = True,
    hidden_size: int = 2,
    digits: int = 3,
) -> Axes:
    """Draw the cell with its loop and, beside it, the same cell unrolled over `steps` time steps.

    `readout` says what feeds the output layer: the last state, every state, or all states flattened into one
    array. Values are optional; without them each box holds its symbol. `inputs` is one text a step, `hidden`
    an array (steps, H) printed with `digits` decimals, `outputs` one text for each output, `initial` the text
    for h_0. `hidden_size` is the number of cells that "flatten" draws for a state whose values are not given.
    `folded=False` leaves out the cell with its loop and gives its room to the steps. A canvas 2.8 inches high
    suits; 3.4 with values beside the folded cell, 3.8 with values and without it; "flatten" takes 0.8 more.

    Raises ValueError for an unknown read-out, fewer than one step, or values that do not match the steps.
    """
    _checks.read_out("readout", readout)
    _checks.at_least("steps", steps, 1)
    _checks.at_least("hidden_size", hidden_size, 1)
    _checks.count("inputs", inputs, steps, "one a step")
    _checks.count("outputs", outputs, steps if readout == "every" else 1, f"read-out {readout!r}")
    states = None if hidden is None else _checks.array("hidden", hidden, (steps, "H"))
    units = hidden_size if states is None else states.shape[1]
    printed = [[] if states is None else [number(v, digits) for v in states[t]] for t in range(steps)]

    at = _layout(steps, units if hidden is not None else 0, bool(inputs), bool(outputs), readout, folded)
    sheet = Sheet(ax, at.width, at.height)
    if folded:
        _loop(sheet, at, readout == "every")
    _states(sheet, at, inputs, printed, initial, ["W_xh"] if folded else ["W_xh", "b_h"])
    if readout == "flatten":
        _flattened(sheet, at, printed, units, outputs[0] if outputs else "")
    else:
        names = ["W_hy"] if folded and readout == "every" else ["W_hy", "b_y"]
        _outputs(sheet, at, 0 if readout == "every" else steps - 1, outputs, names)
    return ax


def _layout(steps: int, printed: int, inputs: bool, outputs: bool, readout: str, folded: bool) -> Layout:
    wide, tall = (0.96, 0.42 + 0.28 * printed) if printed else (0.74, 0.66)
    left = MARGIN + (FOLDED if folded else 0) + START
    flat_row = readout == "flatten"
    right = 0.0 if flat_row else LABEL if folded else NAMES
    room = WIDTH - MARGIN - left - right - steps * wide
    gap = max(0.56, room / (steps + 0.5 if flat_row else steps))
    if flat_row:  # the row of the flattened array ends half a gap after the last column
        right = max(gap / 2, LABEL if folded else NAMES)
    row_x = MARGIN + (0.32 if inputs else 0) + BOX / 2
    row_h = row_x + BOX / 2 + RISE + tall / 2
    flat = row_h + tall / 2 + 0.44 + 0.18
    row_y = (flat + 0.18 if readout == "flatten" else row_h + tall / 2) + RISE + BOX / 2
    columns = [left + gap + wide / 2 + t * (wide + gap) for t in range(steps)]
    height = row_y + BOX / 2 + (0.34 if outputs else 0) + MARGIN
    width = columns[-1] + wide / 2 + right + MARGIN
    return Layout(columns, row_x, row_h, flat, row_y, wide, tall, left - START / 2, width, height)


def _loop(sheet: Sheet, at: Layout, output: bool) -> None:
    """Draw the folded cell: input, state with its loop and, if every step has one, the output."""
    x, wide, tall = MARGIN + 0.37, 0.74, 0.66
    top = at.states + tall / 2
    sheet.box(x, at.inputs, 0.62, BOX, ["$x_t$"], GREY)
    _rise(sheet, x, at.inputs + BOX / 2, at.states - tall / 2, "W_xh", ["W_xh", "b_h"])
    sheet.box(x, at.states, wide, tall, ["$h_t$"])
    side, colour = x + wide / 2, WEIGHT_COLOURS["W_hh"]
    reach = ((0, 0.2), (0.46, 0.34), (0.46, -0.34), (0, -0.2))
    sheet.arrow([(side + across, at.states + up) for across, up in reach], colour, 2.6)
    sheet.text(side + 0.39, at.states, symbol("W_hh"), colour, ha="left")
    sheet.text(MARGIN + FOLDED - 0.19, at.states, "=", GREY, size=20)
    if output:
        _rise(sheet, x, top, top + RISE, "W_hy", ["W_hy", "b_y"])
        sheet.box(x, top + RISE + BOX / 2, 0.62, BOX, [r"$\hat{y}_t$"], GREY)


def _states(
    sheet: Sheet,
    at: Layout,
    inputs: Sequence[str] | None,
    printed: list[list[str]],
    initial: str,
    names: Sequence[str],
) -> None:
    sheet.box(
        at.start,
        at.states,
        START,
        0.66 if initial else 0.5,
        ["$h_0$", initial][: 2 if initial else 1],
        GREY,
        dashed=True,
    )
    before, colour = at.start + START / 2, WEIGHT_COLOURS["W_hh"]
    for t, x in enumerate(at.columns):
        _labelled(sheet, x, at.inputs, f"$x_{t + 1}$", inputs[t] if inputs else "", -1)
        _rise(sheet, x, at.inputs + BOX / 2, at.states - at.tall / 2, "W_xh", names)
        sheet.arrow([(before, at.states), (x - at.wide / 2, at.states)], colour, 2.6)
        sheet.text(
            (before + x - at.wide / 2) / 2 - 0.02, at.states + 0.08, symbol("W_hh"), colour, va="bottom"
        )
        sheet.box(x, at.states, at.wide, at.tall, [f"$h_{t + 1}$", *printed[t]])
        before = x + at.wide / 2


def _outputs(
    sheet: Sheet, at: Layout, first: int, outputs: Sequence[str] | None, names: Sequence[str]
) -> None:
    for i, x in enumerate(at.columns[first:]):
        _rise(sheet, x, at.states + at.tall / 2, at.outputs - BOX / 2, "W_hy", names, left=first > 0)
        _labelled(sheet, x, at.outputs, rf"$\hat{{y}}_{first + i + 1}$", outputs[i] if outputs else "", +1)


def _flattened(sheet: Sheet, at: Layout, printed: list[list[str]], units: int, output: str) -> None:
    """Draw the states laid side by side in one row of cells, and the one output read from all of them."""
    middle = (at.columns[0] + at.columns[-1]) / 2
    share = at.columns[1] - at.columns[0] if len(at.columns) > 1 else at.wide  # of the row, for one state
    cell = share / units
    for t, x in enumerate(at.columns):
        sheet.arrow([(x, at.states + at.tall / 2), (x, at.flat - 0.18)], GREY)
        for u in range(units):
            value = printed[t][u] if printed[t] and cell > 0.76 else ""
            sheet.cell(x + (u - (units - 1) / 2) * cell, at.flat, cell, 0.36, value)
    _rise(sheet, middle, at.flat + 0.18, at.outputs - BOX / 2, "W_hy", ["W_hy", "b_y"])
    _labelled(sheet, middle, at.outputs, r"$\hat{y}$", output, +1)


def _rise(
    sheet: Sheet, x: float, bottom: float, top: float, weight: str, names: Sequence[str], left: bool = False
) -> None:
    """Draw the arrow of a weight upwards, its names to the right or, where the room is there, to the left."""
    colour, text = WEIGHT_COLOURS[weight], ", ".join(map(symbol, names))
    sheet.arrow([(x, bottom), (x, top)], colour, 2.6)
    sheet.text(
        x + (-0.12 if left else 0.10), (bottom + top) / 2, text, colour, ha="right" if left else "left"
    )


def _labelled(sheet: Sheet, x: float, y: float, name: str, value: str, side: int) -> None:
    """Draw an input's or output's box: the symbol in it or, when there is a value, the value in it and the
    symbol outside."""
    sheet.box(x, y, 0.74 if value else 0.62, BOX, [value or name], GREY if not value else INK)
    if value:
        sheet.text(x, y + side * (BOX / 2 + 0.17), name, GREY)
