"""A chart of many networks that differ only in their seed: every one of them, and their mean."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from companion.plots import _checks
from companion.plots.lines import MARKERS, curves
from companion.plots.style import GREY, PALETTE


def seeds(
    ax: Axes,
    xs: ArrayLike,
    named_runs: Mapping[str, ArrayLike],
    *,
    level: float | None = None,
    log: bool = False,
    x_label: str = "",
    y_label: str = "",
) -> Axes:
    """Draw runs (S, T) over `xs` (T,): a small open mark for each of S seeds, and a line through their means.

    The lines are named at their ends, and ticks stand at `xs`; `level`, such as that of blind guessing, is a
    dotted line across. With `log` the axis is logarithmic, and the means are geometric. Raises ValueError as
    `curves` does, and for runs that are not rows as long as `xs` or that a logarithmic axis cannot show.
    """
    across = _checks.array("xs", xs, ("T",))
    runs = {
        name: _checks.array(f"the runs of {name!r}", given, ("S", across.size))
        for name, given in named_runs.items()
    }
    for name, values in runs.items():
        if log and values.min() <= 0:
            raise ValueError(
                f"the runs of {name!r} must be positive on a logarithmic axis, got {values.min()}"
            )
    # Marks and level come first: `curves` places the names within the limits that it finds.
    for colour, marker, values in zip(PALETTE, MARKERS, runs.values(), strict=False):
        ax.plot(across, values.T, marker, color=colour, markersize=6, markerfacecolor="none", clip_on=False)
    if level is not None:
        ax.axhline(level, color=GREY, linestyle=":", linewidth=1.6, zorder=0)
    means = {
        name: np.exp(np.log(values).mean(axis=0)) if log else values.mean(axis=0)
        for name, values in runs.items()
    }
    curves(ax, across, means, log=log, x_label=x_label, y_label=y_label)
    ax.set_xticks(across, [f"{x:g}" for x in across])
    return ax
