"""The grid of a stacked network, time to the right, layers up: its gradients, and the order of its steps."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from companion.plots import _checks
from companion.plots._sketch import Sheet
from companion.plots.style import GHOST, GREY, INK, WEIGHT_COLOURS, WIDTH

WIDE, TALL = 0.78, 0.60  # the box of a state, in inches like all that follows
BOX = 0.46  # height of the boxes of inputs and losses
RISE = 0.66  # length of an arrow between layers
ASIDE = 0.16  # how far to the right of its column's middle a gradient descends
LIFT = 0.13  # how far above the middle of its row a gradient goes back
MARGIN = 0.08


def grid_gradients(ax: Axes, layers: int = 2, steps: int = 3) -> Axes:
    """Draw the gradients that run back through `layers` layers, the first lowest, over `steps` time steps.

    Forward arrows are grey. In colour, down: what a state gets from above, green from its own loss and blue
    through the transpose of the next layer's W_xh. In colour, left: what it gets from the step after, through
    the transpose of its own layer's W_hh. A canvas 4.2 inches high suits two layers of three steps, 1.3 more
    each layer beyond. Raises ValueError for fewer than one layer or two steps.
    """
    _checks.at_least("layers", layers, 1)
    _checks.at_least("steps", steps, 2)
    gap = max(0.9, (WIDTH - 2 * MARGIN - 0.6 - steps * WIDE) / (steps - 1))
    columns = [MARGIN + WIDE / 2 + t * (WIDE + gap) for t in range(steps)]
    rows = [MARGIN + BOX + RISE + TALL / 2 + i * (TALL + RISE) for i in range(layers)]
    top = rows[-1] + TALL / 2 + RISE
    sheet = Sheet(ax, columns[-1] + WIDE / 2 + 0.6 + MARGIN, top + BOX + MARGIN)
    for t, x in enumerate(columns):
        sheet.box(x, MARGIN + BOX / 2, 0.62, BOX, [f"$x_{t + 1}$"], GREY)
        sheet.box(x, top + BOX / 2, 0.62, BOX, [f"$L_{t + 1}$"], GREY)
        for i, y in enumerate(rows):
            sheet.box(x, y, WIDE, TALL, [rf"$\bar{{a}}_{t + 1}^{{({i + 1})}}$"])
            _down(sheet, x, y + TALL / 2, i + 1, layers)
            sheet.arrow([(x - ASIDE, y - TALL / 2 - RISE), (x - ASIDE, y - TALL / 2)], GHOST)
            if t:
                _left(sheet, columns[t - 1] + WIDE / 2, x - WIDE / 2, y, i + 1)
        sheet.arrow([(x - ASIDE, top - RISE), (x - ASIDE, top)], GHOST)
    return ax


def _down(sheet: Sheet, x: float, y: float, layer: int, layers: int) -> None:
    """Draw what comes from above into the state whose upper edge is at y."""
    name = "W_hy" if layer == layers else "W_xh"
    label = r"W_{hy}^{\top}" if layer == layers else rf"W_{{xh}}^{{({layer + 1})\top}}"
    sheet.arrow([(x + ASIDE, y + RISE), (x + ASIDE, y)], WEIGHT_COLOURS[name], 2.8)
    sheet.text(x + ASIDE + 0.11, y + RISE / 2 + 0.04, f"${label}$", WEIGHT_COLOURS[name], 13.5, ha="left")


def _left(sheet: Sheet, end: float, start: float, y: float, layer: int) -> None:
    """Draw the forward arrow of a layer between two steps and, above it, what comes back from the later."""
    colour = WEIGHT_COLOURS["W_hh"]
    sheet.arrow([(end, y - LIFT), (start, y - LIFT)], GHOST)
    sheet.arrow([(start, y + LIFT), (end, y + LIFT)], colour, 2.8)
    middle = (start + end) / 2
    sheet.text(middle, y + LIFT + 0.09, rf"$W_{{hh}}^{{({layer})\top}}$", colour, 13.5, va="bottom")


def grid_order(ax: Axes, order: ArrayLike, title: str = "") -> Axes:
    """Draw a grid of steps, each with its number in `order` (layers, steps), layer 1 lowest.

    Steps of one number are taken at once and have one shade, the later the darker. Three grids of three
    layers and three steps side by side suit a figure 2.6 inches high. Raises ValueError unless `order` is a
    matrix of numbers.
    """
    numbers = _checks.array("order", order, ("L", "T"))
    layers, steps = numbers.shape
    size, gap = 0.48, 0.24
    pitch = size + gap
    left, low, head = 0.32, 0.36, 0.30
    sheet = Sheet(ax, left + steps * pitch, low + layers * pitch + head)
    sheet.text(left + (steps * pitch - gap) / 2, low + layers * pitch + 0.08, title, size=13.0)
    for (i, t), number in np.ndenumerate(numbers):
        x, y = left + t * pitch + size / 2, low + i * pitch + size / 2
        share = (number - numbers.min()) / max(float(np.ptp(numbers)), 1.0)
        sheet.cell(x, y, size, size, f"{number:.0f}", _shade(share), INK)
        if t + 1 < steps:
            sheet.arrow([(x + size / 2, y), (x + size / 2 + gap, y)], GREY, 1.6)
        if i + 1 < layers:
            sheet.arrow([(x, y + size / 2), (x, y + size / 2 + gap)], GREY, 1.6)
    for i in range(layers):
        sheet.text(left - 0.18, low + i * pitch + size / 2, f"{i + 1}", GREY, 13.5)
    for t in range(steps):
        sheet.text(left + t * pitch + size / 2, low - 0.20, f"$x_{t + 1}$", GREY, 13.5)
    return ax


def _shade(share: float) -> tuple[float, float, float]:
    """White to a light blue on which dark numbers can be read."""
    return 1 - 0.45 * share, 1 - 0.25 * share, 1 - 0.07 * share
