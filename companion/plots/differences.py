"""A chart of differences: what several runs say about the same question, and where zero lies."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from companion.plots import _checks
from companion.plots.style import BLUE, GREY, INK, VERMILION, name_rows


def differences(
    ax: Axes,
    runs: Mapping[str, ArrayLike],
    intervals: Mapping[str, tuple[float, float]],
    *,
    title: str = "",
    x_label: str = "",
) -> Axes:
    """Draw a row for each name: one dot a run, and over the dots the interval of their mean.

    An interval is blue where all of it lies above zero, vermilion where all of it lies below, grey where it
    holds zero, which is marked by a line. Rows stand in the order of `runs`; a figure 0.5 inch high a row,
    and 1.2 more, suits.

    Raises ValueError for no rows, a row without runs, numbers that are not finite, or an interval that is
    missing or whose ends are the wrong way round.
    """
    if not runs:
        raise ValueError("runs must hold at least one row, got none")
    if set(intervals) != set(runs):
        raise ValueError(
            f"intervals must be those of {', '.join(runs)}, got {', '.join(intervals) or 'none'}"
        )
    for row, (name, given) in enumerate(runs.items()):
        values = _checks.array(f"the runs of {name!r}", given, ("N",))
        low, high = _checks.array(f"the interval of {name!r}", intervals[name], (2,))
        if low > high:
            raise ValueError(f"the interval of {name!r} must be (low, high), got ({low}, {high})")
        colour = BLUE if low > 0 else VERMILION if high < 0 else GREY
        ax.plot(
            values, np.full(len(values), row + 0.16), "o", color=GREY, markersize=5, markerfacecolor="none"
        )
        ax.plot([low, high], [row - 0.16] * 2, color=colour, linewidth=6, solid_capstyle="butt")
    ax.axvline(0, color=INK, linewidth=1.6, zorder=0)
    ax.set_title(title, loc="left")
    name_rows(ax, list(runs), x_label)
    return ax
