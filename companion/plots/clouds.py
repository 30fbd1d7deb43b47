"""A chart of two figures of many networks, one against the other."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from companion.plots import _checks
from companion.plots.lines import MARKERS
from companion.plots.style import GREY, PALETTE


def clouds(
    ax: Axes,
    named_points: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    log_x: bool = False,
    levels: tuple[float, ...] = (),
    x_label: str = "",
    y_label: str = "",
) -> Axes:
    """Draw a group of points (xs, ys) for each name, with a mark of its own and its name above the chart.

    `levels` are heights that matter, such as that of blind guessing: dotted lines across. Raises ValueError
    for no group or more than five, for xs and ys of different length, numbers that are not finite, and xs
    that a logarithmic axis cannot show.
    """
    if not 1 <= len(named_points) <= len(PALETTE):
        raise ValueError(f"named_points must hold 1 to {len(PALETTE)} groups, got {len(named_points)}")
    for (name, (given_x, given_y)), colour, marker in zip(
        named_points.items(), PALETTE, MARKERS, strict=False
    ):
        xs = _checks.array(f"the xs of {name!r}", given_x, ("N",))
        ys = _checks.array(f"the ys of {name!r}", given_y, (xs.size,))
        if log_x and xs.min() <= 0:
            raise ValueError(f"the xs of {name!r} must be positive on a logarithmic axis, got {xs.min():g}")
        ax.plot(xs, ys, marker, color=colour, markerfacecolor="none", markersize=8, label=name, clip_on=False)
    for level in levels:
        ax.axhline(level, color=GREY, linestyle=":", linewidth=1.6, zorder=0)
    if log_x:
        ax.set_xscale("log")
        ax.tick_params(axis="x", which="minor", length=0)
    ax.set(xlabel=x_label, ylabel=y_label)
    ax.legend(
        loc="lower left",
        bbox_to_anchor=(-0.02, 1.0),
        ncols=len(named_points),
        frameon=False,
        handletextpad=0.1,
        columnspacing=1.0,
    )
    return ax
