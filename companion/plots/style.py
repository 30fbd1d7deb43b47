"""The look of the course's figures: one palette, one font, one size.

The colours are Okabe and Ito's, darkened until each stands out from the paper by 4.5 to 1, so that they serve
for text as well as for lines, and moved apart in lightness, so that they differ to every kind of colour
vision. All this holds too where the site turns a figure dark by `invert() hue-rotate(180deg)`. A weight has
one colour in every figure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.layout_engine import PlaceHolderLayoutEngine
from matplotlib.ticker import MaxNLocator

from companion.plots.png import RESOLUTION, in_notebooks

WIDTH = 6.4  # inches: twice 640 pixels when stored, about half that on a phone
SIZE = 14.0  # points: 10 pixels on a phone

PAPER = "#ffffff"
INK = "#1a1a1a"
GREY = "#5f5f5f"
GHOST = "#c8c8c8"  # for what is there only to be seen as absent; never for text

BLUE = "#005f9e"
VERMILION = "#c65100"
GREEN = "#008558"
PURPLE = "#a03b78"
PALETTE = (BLUE, VERMILION, GREEN, PURPLE, INK)

WEIGHT_COLOURS = {"W_xh": BLUE, "W_hh": VERMILION, "W_hy": GREEN}
# Paler than the lines: ink can be read on every shade of it.
DIVERGING = LinearSegmentedColormap.from_list("below-zero-above", ["#80bada", PAPER, "#e5aa80"])

SETTINGS: Any = {
    "figure.figsize": (WIDTH, 3.8),
    "figure.dpi": 100,
    "figure.facecolor": PAPER,
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.w_pad": 0.08,
    "figure.constrained_layout.h_pad": 0.08,
    "savefig.dpi": RESOLUTION,
    "savefig.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.linewidth": 1.0,
    "axes.titlesize": SIZE,
    "axes.labelsize": SIZE,
    "axes.prop_cycle": cycler(color=PALETTE),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "font.family": "DejaVu Sans",
    "font.size": SIZE,
    "mathtext.fontset": "dejavusans",
    "text.color": INK,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelsize": SIZE - 1,
    "ytick.labelsize": SIZE - 1,
    "grid.color": "#dddddd",
    "grid.linewidth": 1.0,
    "lines.linewidth": 2.4,
    "lines.markersize": 7.0,
    "svg.hashsalt": "companion",
}


def use_style() -> None:
    """Reset matplotlib to its defaults, then to the course's style; in a notebook, store figures by `png`.

    Whatever matplotlibrc a reader has, the same figure comes out. A figure 6.4 inches wide is stored 1280
    pixels wide and shown 640 pixels wide, its exact size kept (no cropping to the drawing).
    """
    matplotlib.rcdefaults()
    matplotlib.rcParams.update(SETTINGS)
    in_notebooks()


def canvas(height: float, width: float = WIDTH) -> Axes:
    """Return the axes of a new figure for a diagram, filling it to the edges; sizes in inches."""
    return canvases(1, height, width)[0]


def canvases(rows: int, height: float, width: float = WIDTH) -> list[Axes]:
    """Return the axes, top first, of a new figure that holds `rows` diagrams one above the other.

    `height` and `width` are those of the whole figure, in inches. Raises ValueError unless all three are
    positive.
    """
    if rows < 1 or height <= 0 or width <= 0:
        raise ValueError(f"rows, height and width must be positive, got {rows}, {height} and {width}")
    edges = {"left": 0, "right": 1, "bottom": 0, "top": 1, "hspace": 0}
    # An engine that moves nothing: without one, matplotlib turns to that of its settings after a save.
    still = PlaceHolderLayoutEngine(adjust_compatible=True, colorbar_gridspec=True)
    size = (width, height)
    _, axes = plt.subplots(rows, 1, figsize=size, gridspec_kw=edges, layout=still, squeeze=False)
    return list(axes[:, 0])


def name_rows(ax: Axes, names: Sequence[str], x_label: str = "") -> None:
    """Name the rows of a chart, row 0 at the top, whose values lie along x; a grid helps to read them off."""
    ax.set(ylim=(len(names) - 0.5, -0.6), xlabel=x_label)
    ax.set_yticks(range(len(names)), names)
    ax.tick_params(axis="y", length=0, labelcolor=INK, labelsize=SIZE)
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.grid(axis="x")
    ax.set_axisbelow(True)
    ax.spines["left"].set_visible(False)


def symbol(name: str) -> str:
    """Return a parameter's name as it is printed: "W_xh" as `$W_{xh}$`, "b_h" as `$b_{h}$`; others
    unchanged."""
    match = re.fullmatch(r"([A-Za-z])_([A-Za-z0-9]+)", name)
    return rf"${match[1]}_{{{match[2]}}}$" if match else name


def number(value: float, digits: int) -> str:
    """Return `value` with `digits` decimals and a true minus sign, which zero does not get."""
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", "\N{MINUS SIGN}")
