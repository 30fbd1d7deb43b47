"""Texts of different length in one array: which cells are real or padding, and where each text ends."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from companion.plots._sketch import SIZE, Sheet
from companion.plots.style import GHOST, GREY, INK, VERMILION

PITCH, ROW = 0.72, 0.54  # width and height of a cell, in inches like all that follows
SIDE, HEAD, MARGIN = 1.10, 0.40, 0.10


def padded(ax: Axes, texts: Sequence[str]) -> Axes:
    """Draw each of `texts` as a row of cells, one a letter, filled up with hatched cells to the longest.

    The last real cell of every row is framed, the steps are numbered above, and each row's length stands at
    its right. A canvas 2.8 inches high suits four texts. Raises ValueError for no texts, or an empty one.
    """
    if isinstance(texts, str) or not texts or not all(texts):
        raise ValueError(f"texts must be several, none of them empty, got {texts!r}")
    T, top = max(map(len, texts)), MARGIN + len(texts) * ROW
    sheet = Sheet(ax, 2 * SIDE + T * PITCH, top + HEAD)
    for t in range(T):
        sheet.text(SIDE + (t + 0.5) * PITCH, top + HEAD / 2, str(t + 1), GREY, SIZE - 1)
    sheet.text(SIDE - 0.15, top + HEAD / 2, "step", GREY, SIZE - 1, ha="right")
    sheet.text(SIDE + T * PITCH + SIDE / 2, top + HEAD / 2, "length", GREY, SIZE - 1)
    for n, text in enumerate(texts):
        y = top - (n + 1) * ROW
        for t in range(T):
            x = SIDE + t * PITCH
            if t < len(text):
                _cell(sheet, x, y)
                sheet.text(x + PITCH / 2, y + ROW / 2, text[t])
            else:
                _cell(sheet, x, y, padding=True)
        _frame(sheet, SIDE + (len(text) - 1) * PITCH, y)
        sheet.text(SIDE + T * PITCH + SIDE / 2, y + ROW / 2, str(len(text)))
    return ax


def _cell(sheet: Sheet, x: float, y: float, padding: bool = False) -> None:
    sheet.ax.add_patch(
        Rectangle(
            (x, y),
            PITCH,
            ROW,
            facecolor="none",
            edgecolor=GHOST if padding else INK,
            hatch="///" if padding else None,
            linewidth=1.2 * sheet.scale,
            zorder=1 if padding else 2,
        )
    )


def _frame(sheet: Sheet, x: float, y: float) -> None:
    """Frame the cell that holds a text's last letter."""
    inset = 0.05
    sheet.ax.add_patch(
        Rectangle(
            (x + inset, y + inset),
            PITCH - 2 * inset,
            ROW - 2 * inset,
            fill=False,
            edgecolor=VERMILION,
            linewidth=3.0 * sheet.scale,
            zorder=4,
        )
    )
