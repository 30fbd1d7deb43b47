"""The letter net at work: one letter in, three units of memory, one probability for each letter that may
follow."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from companion.plots import _checks
from companion.plots._sketch import Sheet
from companion.plots.style import (
    DIVERGING,
    GHOST,
    GREEN,
    GREY,
    INK,
    PAPER,
    WEIGHT_COLOURS,
    number,
    symbol,
)

PITCH = 0.62  # from one letter's row to the next, in inches
X, H, Y = 0.75, 2.65, 4.40  # centres of the three columns
RADIUS = 0.36
BAR = 1.00  # length of a bar of 100 %


def letter_net(
    ax: Axes,
    x: ArrayLike,
    h: ArrayLike,
    probabilities: ArrayLike,
    alphabet: str = "abcde",
    *,
    digits: int = 1,
) -> Axes:
    """Draw the net that reads one letter and predicts the next: `x` one-hot (K,), `h` (H,), `probabilities`
    (K,).

    The letter that came in and the most probable next letter are filled; the units of memory are coloured by
    sign, from blue (-1) to vermilion (+1), with their values to `digits` decimals. A canvas 3.8 inches high
    suits K = 5, H = 3.

    Raises ValueError if `x` is not one-hot, a length differs from the alphabet's, or the probabilities are
    not between 0 and 1 with sum 1 (to within 0.02, since printed ones are rounded).
    """
    letters = len(alphabet)
    _checks.at_least("the alphabet's length", letters, 1)
    inputs = _checks.array("x", x, (letters,))
    units = _checks.array("h", h, ("H",))
    outputs = _checks.array("probabilities", probabilities, (letters,))
    if sorted(inputs) != [0.0] * (letters - 1) + [1.0]:
        raise ValueError(f"x must be one-hot (a single 1, else 0), got {inputs.tolist()}")
    if outputs.min() < 0 or abs(outputs.sum() - 1) > 0.02:
        raise ValueError(
            f"probabilities must be at least 0 and sum to 1, "
            f"got {outputs.tolist()} with sum {outputs.sum():.4g}"
        )

    body = max(letters * PITCH, units.size * 0.95)
    sheet = Sheet(ax, 6.4, body + 0.70)
    rows = [0.16 + body / 2 + (0.5 * (letters - 1) - i) * PITCH for i in range(letters)]
    spread = min(1.05, body / units.size)
    centres = [0.16 + body / 2 + (0.5 * (units.size - 1) - i) * spread for i in range(units.size)]
    given, best = int(np.argmax(inputs)), int(np.argmax(outputs))
    _lines(sheet, rows, centres, given, best)
    _inputs(sheet, rows, alphabet, given)
    _memory(sheet, centres, units, digits)
    _outputs(sheet, rows, alphabet, outputs, best)
    _headings(sheet, body + 0.42)
    return ax


def _lines(sheet: Sheet, rows: list[float], centres: list[float], given: int, best: int) -> None:
    """Draw every weight as a line: coloured if the letter uses it, thick if it also feeds the prediction."""
    into, out = WEIGHT_COLOURS["W_xh"], WEIGHT_COLOURS["W_hy"]
    for hidden in centres:
        for i, y in enumerate(rows):
            colour, width = (into, 2.4) if i == given else (GHOST, 0.9)
            sheet.line((X + 0.21, y), (H - RADIUS, hidden), colour, width)
            sheet.line((H + RADIUS, hidden), (Y - 0.21, y), out, 2.4 if i == best else 0.9)


def _inputs(sheet: Sheet, rows: list[float], alphabet: str, given: int) -> None:
    for i, y in enumerate(rows):
        chosen = i == given
        fill, colour = (WEIGHT_COLOURS["W_xh"], PAPER) if chosen else (PAPER, GREY)
        sheet.text(X - 0.46, y, alphabet[i], INK if chosen else GREY)
        sheet.cell(X, y, 0.42, 0.42, "1" if chosen else "0", fill, colour)


def _memory(sheet: Sheet, centres: list[float], units: _checks.Floats, digits: int) -> None:
    for y, value in zip(centres, units, strict=True):
        fill = DIVERGING(0.5 + 0.5 * float(np.clip(value, -1, 1)))
        sheet.disc(H, y, RADIUS, number(value, digits), fill=fill)


def _outputs(sheet: Sheet, rows: list[float], alphabet: str, outputs: _checks.Floats, best: int) -> None:
    for i, y in enumerate(rows):
        chosen = i == best
        sheet.disc(
            Y,
            y,
            0.21,
            alphabet[i],
            GREEN if chosen else GREY,
            GREEN if chosen else PAPER,
            PAPER if chosen else INK,
        )
        length = BAR * outputs[i]
        sheet.ax.add_patch(
            Rectangle(
                (Y + 0.32, y - 0.13), length, 0.26, facecolor=GREEN if chosen else GREY, linewidth=0, zorder=3
            )
        )
        sheet.text(
            Y + 0.32 + length + 0.07, y, f"{100 * outputs[i]:.0f} %", INK if chosen else GREY, ha="left"
        )


def _headings(sheet: Sheet, y: float) -> None:
    for x, text, colour in (
        (X, "$x_t$", INK),
        ((X + H) / 2, symbol("W_xh"), WEIGHT_COLOURS["W_xh"]),
        (H, "$h_t$", INK),
        ((H + Y) / 2, symbol("W_hy"), WEIGHT_COLOURS["W_hy"]),
        (Y, r"$\hat{y}_t$", INK),
    ):
        sheet.text(x, y, text, colour)
