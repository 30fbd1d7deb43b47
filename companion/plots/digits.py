"""Pictures of digits in a row, and below each what a net expects to come next."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from companion.plots import _checks
from companion.plots._sketch import Sheet
from companion.plots.style import DIVERGING, GHOST, GREEN, GREY, INK

LEFT, PITCH, ROW = 0.50, 0.64, 0.36  # the first column's edge, and a cell's width and height, in inches
FOOT = 0.10
LEAST = 0.005  # a smaller probability is not written


def digit_guesses(ax: Axes, images: ArrayLike, probabilities: ArrayLike, following: ArrayLike) -> Axes:
    """Draw the pictures `images` (T, H, W) in a row and under each the `probabilities` (T, K) of the next.

    A cell is the darker and its number, in per cent, the larger the more probable its digit is; the digit
    that did follow, `following` (T,), is framed. A canvas 4.6 inches high suits T = 9, K = 10.

    Raises ValueError for arrays of other shapes, more than nine pictures, probabilities that are not between
    0 and 1 with sum 1 (to within 0.02), or a digit outside 0..K-1.
    """
    grid = _checks.array("probabilities", probabilities, ("T", "K"))
    T, K = grid.shape
    if T > 9:
        raise ValueError(f"probabilities must have at most 9 rows, got {T}")
    shown = _checks.array("images", images, (T, "H", "W"))
    came = _checks.array("following", following, (T,))
    if grid.min() < 0 or np.abs(grid.sum(axis=1) - 1).max() > 0.02:
        raise ValueError(
            f"probabilities must be at least 0 and sum to 1 in each row, got sums {grid.sum(axis=1)}"
        )
    if not np.isin(came, np.arange(K)).all():
        raise ValueError(f"following must be digits 0..{K - 1}, got {came.tolist()}")
    top = FOOT + K * ROW
    sheet = Sheet(ax, 6.4, top + 0.80)
    for k in range(K):
        sheet.text(LEFT - 0.20, top - (k + 0.5) * ROW, str(k), GREY)
    for t in range(T):
        x = LEFT + t * PITCH
        extent = (x + 0.04, x + PITCH - 0.04, top + 0.14, top + 0.70)
        ax.imshow(shown[t], cmap="gray_r", extent=extent, interpolation="nearest", zorder=3)
        for k, p in enumerate(grid[t]):
            fill = DIVERGING(0.5 + 0.5 * float(p))
            text = f"{100 * p:.0f}" if p >= LEAST else ""
            corner = (x, top - (k + 1) * ROW)
            cell = Rectangle(corner, PITCH, ROW, facecolor=fill, edgecolor=GHOST, linewidth=0.8 * sheet.scale)
            sheet.ax.add_patch(cell)
            sheet.text(x + PITCH / 2, top - (k + 0.5) * ROW, text, INK if p >= 0.5 else GREY, 14)
        y = top - (int(came[t]) + 1) * ROW
        frame = Rectangle(
            (x + 0.02, y + 0.02),
            PITCH - 0.04,
            ROW - 0.04,
            fill=False,
            edgecolor=GREEN,
            linewidth=2.4 * sheet.scale,
            zorder=4,
        )
        sheet.ax.add_patch(frame)
    ax.set(xlim=(0, 6.4), ylim=(0, top + 0.80))  # imshow has moved them
    return ax
