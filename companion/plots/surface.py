"""A loss over two weights, seen from above, with the ways that training takes over it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from companion.plots import _checks
from companion.plots.style import GREEN, GREY, INK, PAPER, PURPLE, SIZE, VERMILION

# White where the loss is least. All shades are pale enough for ink and for the paths to stand out.
HEIGHTS = LinearSegmentedColormap.from_list("heights", [PAPER, "#c4dfee", "#7fb4d6"])
PATHS = (VERMILION, GREEN, PURPLE, INK)
DASHES = ("-", (0, (4, 1)), (0, (1.5, 0.8)), (0, (6, 1, 1.5, 1)))


def surface(
    ax: Axes,
    across: ArrayLike,
    up: ArrayLike,
    losses: ArrayLike,
    *,
    least: float = 1e-3,
    paths: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
    points: Mapping[str, tuple[float, float]] | None = None,
    x_label: str = "",
    y_label: str = "",
    label: str = "loss",
) -> Axes:
    """Draw a loss (U, A) over one weight `across` (A,) and another `up` (U,), a shade for each power of ten.

    All that lies below `least` has the palest shade. A path is (xs (S,), ys (S,)): a line from an open mark
    to a full one, named above the chart; what leaves the chart is cut off. A point is (x, y), with its name
    beside it. Raises ValueError for weights that do not rise, a loss below zero, numbers that are not finite
    or not in pairs, and more than four paths.
    """
    x, y = _checks.array("across", across, ("A",)), _checks.array("up", up, ("U",))
    heights = _checks.array("losses", losses, (y.size, x.size))
    for name, weights in (("across", x), ("up", y)):
        if weights.size < 2 or (np.diff(weights) <= 0).any():
            raise ValueError(f"{name} must hold at least two weights that rise, got {weights}")
    if heights.min() < 0 or least <= 0:
        raise ValueError(f"losses must not be below 0, nor least 0, got {heights.min():g} and {least:g}")
    if len(paths or {}) > len(PATHS):
        raise ValueError(f"paths must hold at most {len(PATHS)} paths, got {len(paths or {})}")
    lowest = int(np.floor(np.log10(least)))
    highest = max(lowest + 1, int(np.ceil(np.log10(max(heights.max(), least)))))
    decades = np.arange(lowest, highest + 1)
    logs = np.clip(np.log10(np.maximum(heights, least / 10)), lowest, highest)
    shades = ax.contourf(x, y, logs, levels=decades, cmap=HEIGHTS)
    ax.contour(x, y, logs, levels=decades[1:], colors=GREY, linewidths=0.6, linestyles="-")
    bar = ax.figure.colorbar(shades, ax=ax, pad=0.02, fraction=0.06)
    shown = decades[:: max(1, -(-len(decades) // 6))]
    bar.set_ticks([float(d) for d in shown], labels=[f"$10^{{{d}}}$" for d in shown])
    bar.ax.tick_params(length=0)
    bar.ax.set_title(label, fontsize=SIZE - 1, loc="left")
    for colour, dash, (name, (xs, ys)) in zip(PATHS, DASHES, (paths or {}).items(), strict=False):
        px = _checks.array(f"the way of {name!r} across", xs, ("S",))
        py = _checks.array(f"the way of {name!r} up", ys, (px.size,))
        ax.plot(px, py, color=colour, linestyle=dash, linewidth=2.0, label=name)
        ax.plot(px[:1], py[:1], "o", color=colour, markerfacecolor=PAPER, markersize=9)
        ax.plot(px[-1:], py[-1:], "o", color=colour, markersize=8)
    for name, place in (points or {}).items():
        point = _checks.array(f"the point {name!r}", place, (2,))
        ax.plot(*point, "o", color=INK, markersize=5, zorder=5)
        ax.annotate(name, (point[0], point[1]), xytext=(8, 1), textcoords="offset points", va="center")
    ax.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]), xlabel=x_label, ylabel=y_label)
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.yaxis.set_major_locator(MaxNLocator(5))
    if paths:
        ax.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=len(paths), frameon=False)
    return ax
