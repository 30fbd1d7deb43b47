"""The gated cells: one step of an LSTM and of a GRU as a diagram, and gates at work along a text."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from companion.plots import _checks
from companion.plots._sketch import Sheet
from companion.plots.style import BLUE, GHOST, GREEN, GREY, INK, PAPER, PURPLE, SIZE, VERMILION

WIDE, TALL = 0.66, 0.46  # a box, in inches like all that follows
RADIUS = 0.17  # of the discs in which two numbers meet
ROAD, MEET, ROW, BUS, LOW = 3.28, 2.42, 1.52, 0.72, 0.26  # heights, from the road of memory down to the input
SMALL = 12.5  # points
SHADES = LinearSegmentedColormap.from_list("closed-open", [PAPER, "#80bada", BLUE])
MARKS = {"\n": "\u21b5", " ": "\u00b7"}


def lstm_cell(ax: Axes) -> Axes:
    """Draw one step of an LSTM: the road of the cell state above, the gates below it, the way to h_t right.

    Boxes compute, discs multiply or add what meets in them. A canvas 3.7 inches high suits.
    """
    sheet = Sheet(ax, 6.7, 3.72)
    f, i, g, o, out = 1.45, 2.45, 3.45, 4.55, 5.45
    _road(sheet, "c", 6.32, [(f, "×"), (g, "+")])
    _bus(sheet, [f, i, g, o])
    for x, name in ((f, "$f_t$"), (i, "$i_t$"), (o, "$o_t$")):
        _gate(sheet, x, name)
    sheet.box(g, ROW, WIDE, TALL, ["$g_t$"], PURPLE)
    sheet.arrow([(f, ROW + TALL / 2), (f, ROAD - RADIUS)], GREEN)
    _disc(sheet, g, MEET, "×")
    sheet.arrow([(g, ROW + TALL / 2), (g, MEET - RADIUS)], PURPLE)
    sheet.line((i, ROW + TALL / 2), (i, MEET), GREEN, 2.0)
    sheet.arrow([(i, MEET), (g - RADIUS, MEET)], GREEN)
    sheet.arrow([(g, MEET + RADIUS), (g, ROAD - RADIUS)], INK)
    sheet.arrow([(out, ROAD), (out, MEET + 0.36 / 2)], INK)
    sheet.box(out, MEET, 0.62, 0.36, ["tanh"], INK, size=SMALL)
    sheet.arrow([(out, MEET - 0.36 / 2), (out, ROW + RADIUS)], INK)
    _disc(sheet, out, ROW, "×")
    sheet.arrow([(o + WIDE / 2, ROW), (out - RADIUS, ROW)], GREEN)
    sheet.arrow([(out + RADIUS, ROW), (6.0, ROW)], VERMILION, 2.6)
    sheet.box(6.32, ROW, WIDE - 0.02, TALL, ["$h_t$"], VERMILION)
    return ax


def gru_cell(ax: Axes) -> Axes:
    """Draw one step of a GRU: the road of the state above, one gate that divides it, and one that guards it.

    Boxes compute, discs multiply or add what meets in them. A canvas 3.7 inches high suits.
    """
    sheet = Sheet(ax, 6.7, 3.72)
    z, r, reset, n = 1.45, 2.5, 3.5, 4.7
    _road(sheet, "h", 6.32, [(z, "×"), (n, "+")])
    _bus(sheet, [z, r], until=n)
    sheet.arrow([(reset, BUS), (reset, ROW - RADIUS)], VERMILION)
    sheet.text(reset + 0.08, (BUS + ROW) / 2 - 0.1, "$m_t$", VERMILION, ha="left")
    sheet.arrow([(n, BUS - 0.1), (n, ROW - TALL / 2)], BLUE)
    _gate(sheet, z, "$z_t$")
    _gate(sheet, r, "$r_t$")
    _disc(sheet, reset, ROW, "×")
    sheet.box(n, ROW, WIDE, TALL, ["$n_t$"], PURPLE)
    sheet.arrow([(r + WIDE / 2, ROW), (reset - RADIUS, ROW)], GREEN)
    sheet.arrow([(reset + RADIUS, ROW), (n - WIDE / 2, ROW)], VERMILION)
    _disc(sheet, n, MEET, "×")
    sheet.arrow([(z, ROW + TALL / 2), (z, ROAD - RADIUS)], GREEN)
    sheet.arrow([(z, MEET), (n - RADIUS, MEET)], GREEN)
    sheet.text((z + n) / 2, MEET + 0.09, "$1 - z_t$", GREEN, va="bottom")
    sheet.arrow([(n, ROW + TALL / 2), (n, MEET - RADIUS)], PURPLE)
    sheet.arrow([(n, MEET + RADIUS), (n, ROAD - RADIUS)], INK)
    return ax


def _road(sheet: Sheet, name: str, end: float, stops: list[tuple[float, str]]) -> None:
    """Draw the upper road from the old memory to the new one, through discs."""
    colour = VERMILION if name == "h" else INK
    x = 0.47
    sheet.box(x, ROAD, WIDE + 0.16, TALL, [f"${name}_{{t-1}}$"], colour)
    x += (WIDE + 0.16) / 2
    for stop, sign in stops:
        sheet.arrow([(x, ROAD), (stop - RADIUS, ROAD)], colour, 2.6)
        _disc(sheet, stop, ROAD, sign)
        x = stop + RADIUS
    sheet.arrow([(x, ROAD), (end - WIDE / 2, ROAD)], colour, 2.6)
    sheet.box(end, ROAD, WIDE - 0.02, TALL, [f"${name}_t$"], colour)


def _bus(sheet: Sheet, boxes: list[float], until: float | None = None) -> None:
    """Draw where h_{t-1} and x_t come in, and the line along which both reach every box."""
    sheet.box(0.47, BUS, WIDE + 0.16, TALL, ["$h_{t-1}$"], VERMILION)
    sheet.box(0.47, LOW - 0.03, WIDE, 0.4, ["$x_t$"], BLUE)
    right = max(boxes) if until is None else until
    sheet.line((0.88, BUS), (right, BUS), VERMILION, 2.0)
    low = BUS - 0.1
    sheet.line((1.0, low), (right, low), BLUE, 2.0)
    sheet.line((0.8, LOW), (1.0, LOW), BLUE, 2.0)
    sheet.line((1.0, LOW), (1.0, low), BLUE, 2.0)
    for x in boxes:
        sheet.arrow([(x, low), (x, ROW - TALL / 2)], GREY)


def _gate(sheet: Sheet, x: float, name: str) -> None:
    sheet.box(x, ROW, WIDE, TALL, [name], GREEN)


def _disc(sheet: Sheet, x: float, y: float, sign: str) -> None:
    sheet.disc(x, y, RADIUS, sign, size=15)


def gate_traces(ax: Axes, text: str, values: ArrayLike, labels: list[str], *, title: str = "") -> Axes:
    """Draw gates along a text: a column for each character, a row for each gate, darker the more it is open.

    `values` (R, T) lie in 0 to 1, one row for each of `labels`, one column for each character of `text`.
    A figure 0.4 inch high a row, and 1.0 more, suits, and at most 40 characters can be read.

    Raises ValueError for an empty text, values of another shape, or values outside 0 to 1.
    """
    cells = _checks.array("values", values, ("R", "T"))
    _checks.count("text", text, cells.shape[1], "one character for each column of values")
    _checks.count("labels", labels, cells.shape[0], "one for each row of values")
    if cells.min() < 0 or cells.max() > 1:
        raise ValueError(f"values must lie in [0, 1], got {cells.min():.3g} to {cells.max():.3g}")
    R, T = cells.shape
    for row in range(R):
        for column in range(T):
            ax.add_patch(
                Rectangle(
                    (column, row + 0.06), 1, 0.88, facecolor=SHADES(cells[row, column]), edgecolor="none"
                )
            )
        ax.add_patch(Rectangle((0, row + 0.06), T, 0.88, facecolor="none", edgecolor=GHOST, linewidth=1.0))
    ax.set(xlim=(0, T), ylim=(R, 0))
    ax.set_xticks([column + 0.5 for column in range(T)], [MARKS.get(c, c) for c in text])
    ax.set_yticks([row + 0.5 for row in range(R)], labels)
    ax.tick_params(length=0, labelcolor=INK, labelsize=SIZE)
    ax.tick_params(axis="x", labelsize=SIZE - 1)
    ax.spines[:].set_visible(False)
    ax.set_title(title, loc="left")
    return ax
