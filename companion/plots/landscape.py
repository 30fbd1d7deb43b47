"""A loss over one weight, with its points of zero slope and the ways that balls take down it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from companion.plots import _checks
from companion.plots.lines import MARKERS
from companion.plots.style import GREY, INK, PALETTE


def landscape(
    ax: Axes,
    weights: ArrayLike,
    losses: ArrayLike,
    *,
    points: Mapping[str, tuple[float, float]] | None = None,
    paths: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
    x_label: str = "weight w",
    y_label: str = "loss L",
) -> Axes:
    """Draw a loss (M,) over `weights` (M,), with named `points` and named `paths` on it.

    A point is (weight, loss); its name stands below it in a valley, else above. A path is (weights (S,),
    losses (S,)): a ball stands at each of the S places, the first one open, and an arrow leads to each from
    the one before.
    Raises ValueError for more than five paths, and for numbers that are not finite or not in pairs.
    """
    across = _checks.array("weights", weights, ("M",))
    height = _checks.array("losses", losses, (across.size,))
    if len(paths or {}) > len(PALETTE):
        raise ValueError(f"paths must hold at most {len(PALETTE)} paths, got {len(paths or {})}")
    ax.plot(across, height, color=GREY if paths else INK)
    for name, place in (points or {}).items():
        x, y = _checks.array(f"the point {name!r}", place, (2,))
        ax.plot(x, y, "o", color=PALETTE[0], markersize=8)
        reach = 0.02 * np.ptp(across)
        valley = np.interp([x - reach, x + reach], across, height).min() > y
        ax.annotate(
            name,
            (x, y),
            xytext=(0, -9 if valley else 9),
            textcoords="offset points",
            ha="center",
            va="top" if valley else "bottom",
        )
    for colour, marker, (name, (xs, ys)) in zip(PALETTE, MARKERS, (paths or {}).items(), strict=False):
        x = _checks.array(f"the weights of {name!r}", xs, ("S",))
        y = _checks.array(f"the losses of {name!r}", ys, (x.size,))
        ax.plot(x, y, marker, color=colour, markersize=7)
        ax.plot(x[:1], y[:1], marker, color=colour, markersize=9, markerfacecolor="white")
        for start, end in zip(zip(x, y, strict=True), zip(x[1:], y[1:], strict=True), strict=False):
            ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 1.6})
        right = x[-1] > x[0]  # the name stands on the free side: where the ball is going
        ax.annotate(
            name,
            (x[0], y[0]),
            xytext=(8 if right else -8, 4),
            textcoords="offset points",
            ha="left" if right else "right",
            va="bottom",
            color=colour,
        )
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.xaxis.set_major_locator(MaxNLocator(6))
    ax.margins(x=0.08, y=0.14)
    ax.set(xlabel=x_label, ylabel=y_label)
    return ax
