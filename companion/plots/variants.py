"""The five networks of source 000, drawn as they are meant: pictures below, states above them, trunk on top.

And the pictures themselves, version beside version in one scale of greys.
"""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from companion.plots import _checks
from companion.plots._sketch import Sheet
from companion.plots.style import GREEN, GREY, INK, PURPLE, WEIGHT_COLOURS, WIDTH

COLUMNS = (0.80, 2.40, 4.00, 5.60)  # centres of the boxes, in inches like all that follows
WIDE, TALL = 1.06, 0.54
RISE = 0.52  # the arrows from the pictures up to the states
ARCH = 0.66  # how far the curved arrows rise above the states
MARGIN = 0.08
SMALL = 13.0  # points

VERSIONS = ("clean", "normal", "Poisson", "uniform")
STREAMS = ("conv", "dense", "conv", "dense")
CURVES = {"lag-2": 2, "concatenated": 3}  # the longest way that a state goes to a later one


def variant(ax: Axes, name: str) -> Axes:
    """Draw one of "vanilla", "multi-stream", "concatenated", "internal-convolution" and "lag-2".

    Orange arrows lead from a state to later ones, blue ones from the pictures into the states, green ones
    through the trunk. A canvas 4.0 inches high suits all of them. Raises ValueError for another name.
    """
    known = ("vanilla", "multi-stream", "concatenated", "internal-convolution", "lag-2")
    if name not in known:
        raise ValueError(f"name must be one of {', '.join(known)}, got {name!r}")
    foot = MARGIN + (TALL + RISE if name == "multi-stream" else 0)
    inputs = foot + TALL / 2
    states = inputs + TALL + RISE
    top = states + TALL + ARCH + 0.20
    sheet = Sheet(ax, WIDTH, top + TALL / 2 + MARGIN)
    for t, x in enumerate(COLUMNS):
        words = STREAMS[t] if name == "multi-stream" else VERSIONS[t]
        sheet.box(x, inputs, WIDE, TALL, [words], GREY, size=SMALL)
        sheet.arrow([(x, inputs + TALL / 2), (x, states - TALL / 2)], WEIGHT_COLOURS["W_xh"], 2.6)
        sheet.box(x, states, WIDE, TALL, [f"$s_{t + 1}$"])
    if name == "multi-stream":
        _picture(sheet, inputs)
    _recurrent(sheet, states, name)
    _trunk(sheet, states, top)
    return ax


def _picture(sheet: Sheet, inputs: float) -> None:
    """Draw the one picture from which all streams are made."""
    y = MARGIN + TALL / 2
    sheet.box(WIDTH / 2, y, COLUMNS[3] - COLUMNS[0] + WIDE, TALL, ["picture"], GREY, size=SMALL)
    for x in COLUMNS:
        sheet.arrow([(x, y + TALL / 2), (x, inputs - TALL / 2)], PURPLE, 2.0)


def _recurrent(sheet: Sheet, y: float, name: str) -> None:
    """Draw the arrows from each state to the later ones that read it."""
    colour = WEIGHT_COLOURS["W_hh"]
    for t in range(3):
        start, end = COLUMNS[t] + WIDE / 2, COLUMNS[t + 1] - WIDE / 2
        sheet.arrow([(start, y), (end, y)], colour, 2.6)
        if name == "internal-convolution":
            sheet.disc(start + 0.19, y, 0.16, "", PURPLE)
            sheet.text(start + 0.19, y, "$*$", PURPLE, SMALL)
    for far in range(2, CURVES.get(name, 1) + 1):
        for t in range(4 - far):
            start, end = COLUMNS[t] + 0.12 * far, COLUMNS[t + far] - 0.12 * far
            high = y + TALL / 2 + ARCH * (0.55 + 0.30 * far)
            foot = y + TALL / 2
            sheet.arrow([(start, foot), (start + 0.3, high), (end - 0.3, high), (end, foot)], colour, 2.0)


def _trunk(sheet: Sheet, states: float, top: float) -> None:
    """Draw the way from the last state through the three convolutions, from right to left."""
    words = (["mean,", "softmax"], ["conv", "9 → 10"], ["conv", "7 → 9"], ["conv", "→ 7"])
    sheet.arrow([(COLUMNS[3], states + TALL / 2), (COLUMNS[3], top - TALL / 2)], GREEN, 2.6)
    for x, lines in zip(COLUMNS, words, strict=True):
        sheet.box(x, top, WIDE, TALL, lines, INK, size=SMALL - 1.5)
    for right, left in ((3, 2), (2, 1), (1, 0)):
        sheet.arrow([(COLUMNS[right] - WIDE / 2, top), (COLUMNS[left] + WIDE / 2, top)], GREEN, 2.6)


def versions(axes: Sequence[Axes], images: ArrayLike, names: Sequence[str]) -> Sequence[Axes]:
    """Draw the images (K, H, W) on K axes, in one scale from the lightest value, white, to the darkest.

    Raises ValueError unless there are as many axes and names as images.
    """
    shown = _checks.array("images", images, ("K", "H", "W"))
    _checks.count("axes", axes, len(shown), "one for each image")
    _checks.count("names", names, len(shown), "one for each image")
    for ax, image, name in zip(axes, shown, names, strict=True):
        ax.imshow(image, cmap="gray_r", vmin=shown.min(), vmax=shown.max(), interpolation="nearest")
        ax.set_title(name)
        ax.axis("off")
    return axes
