"""Charts of several lines over one axis.

Lines are named at their ends instead of in a legend, and differ in dash and marker as well as in colour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullFormatter
from numpy.typing import ArrayLike

from companion.plots import _checks
from companion.plots.style import PALETTE, SIZE

DASHES: tuple[Any, ...] = (
    "-",
    (0, (5, 1.5)),
    (0, (1.2, 1.2)),
    (0, (6, 1.5, 1.2, 1.5)),
    (0, (3, 1)),
)
MARKERS = "osD^v"


def curves(
    ax: Axes,
    xs: ArrayLike,
    named_series: Mapping[str, ArrayLike],
    *,
    log: bool = False,
    x_label: str = "",
    y_label: str = "",
    markers: bool = False,
) -> Axes:
    """Draw one line for each name over the same `xs` (T,), named at its end.

    Each series is (T,); NaN leaves a gap. At most five lines can be told apart. Raises ValueError for none or
    more than five, lengths that differ from that of `xs`, infinities, a series of NaN only, or values that a
    logarithmic axis cannot show.
    """
    if not 1 <= len(named_series) <= len(PALETTE):
        raise ValueError(f"named_series must hold 1 to {len(PALETTE)} series, got {len(named_series)}")
    across = _checks.array("xs", xs, ("T",))
    ends = {}
    for i, (name, given) in enumerate(named_series.items()):
        values = _checks.array(f"the series {name!r}", given, (across.size,), gaps=True)
        known = np.flatnonzero(~np.isnan(values))
        if not known.size:
            raise ValueError(f"the series {name!r} must hold a number, got NaN only")
        if log and np.nanmin(values) <= 0:
            raise ValueError(
                f"the series {name!r} must be positive on a logarithmic axis, got {np.nanmin(values)}"
            )
        ax.plot(across, values, color=PALETTE[i], linestyle=DASHES[i], marker=MARKERS[i] if markers else None)
        ends[name] = float(values[known[-1]])
    if log:
        ax.set_yscale("log")
        ax.yaxis.set_minor_formatter(NullFormatter())
    else:
        ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=bool((across == np.round(across)).all())))
    ax.grid(axis="y")
    ax.set(xlabel=x_label, ylabel=y_label)
    ax.margins(x=0.03 if markers else 0)
    _name_ends(ax, ends)
    return ax


def _name_ends(ax: Axes, ends: dict[str, float]) -> None:
    """Write each name beside its line's end, moved apart where they would touch."""
    low, high = ax.get_ylim()
    ax.set_ylim(low, high)
    scale = ax.transAxes.inverted()
    heights = [
        scale.transform(ax.transData.transform((0.0 if ax.get_xscale() == "linear" else 1.0, y)))[1]
        for y in ends.values()
    ]
    apart = SIZE * 1.35 / 72 * ax.figure.dpi / ax.get_window_extent().height
    for i, (name, y) in enumerate(zip(ends, _spread(heights, apart), strict=True)):
        ax.annotate(
            name,
            (1.0, y),
            xycoords="axes fraction",
            xytext=(7, 0),
            textcoords="offset points",
            color=PALETTE[i],
            va="center",
            annotation_clip=False,
        )


def _spread(heights: Sequence[float], apart: float) -> list[float]:
    """Return `heights` in their order, moved until they are `apart` and, if there is room, within 0 to 1."""
    order = np.argsort(heights, kind="stable")
    # Neighbours that touch form a block centred on the mean of its members; blocks that touch merge.
    blocks: list[list[float]] = []
    for h in np.asarray(heights, dtype=float)[order]:
        blocks.append([h])
        while (
            len(blocks) > 1
            and _bottom(blocks[-1], apart) < _bottom(blocks[-2], apart) + len(blocks[-2]) * apart
        ):
            last = blocks.pop()
            blocks[-1] += last
    placed = [_bottom(block, apart) + i * apart for block in blocks for i in range(len(block))]
    result = np.empty(len(heights))
    result[order] = placed
    return [float(h) for h in result]


def _bottom(block: list[float], apart: float) -> float:
    """Return where a block's lowest member stands: the block centred on its mean, but within 0 to 1."""
    reach = (len(block) - 1) * apart
    return max(0.0, min(1.0 - reach, sum(block) / len(block) - reach / 2))


def gradient_by_lag(
    ax: Axes,
    lags: ArrayLike,
    norms_by_name: Mapping[str, ArrayLike],
    *,
    bounds: Mapping[str, ArrayLike] | None = None,
    x_label: str = "steps back in time",
    y_label: str = "norm of the gradient",
) -> Axes:
    """Draw the norm of the gradient against the number of steps it has come back, on a logarithmic axis.

    `lags` (T,) are whole numbers; the norms of each name are positive, (T,), or (S, T) for S draws: then the
    line is their median and a band reaches from the smallest to the largest. `bounds` holds for some of the
    names what theory says cannot be passed (T,): thin lines of dots. Raises ValueError as `curves` does, for
    lags that are not whole, and for a bound of an unknown name.
    """
    steps = _checks.array("lags", lags, ("T",))
    if (steps != np.round(steps)).any():
        raise ValueError(f"lags must be whole numbers, got {steps[steps != np.round(steps)][0]}")
    if unknown := set(bounds or {}) - set(norms_by_name):
        raise ValueError(
            f"bounds must be those of {', '.join(norms_by_name)}, got {', '.join(sorted(unknown))}"
        )
    middles: dict[str, ArrayLike] = {}
    for colour, (name, given) in zip(PALETTE, norms_by_name.items(), strict=False):
        if np.ndim(given) == 1:
            middles[name] = given
        else:
            draws = _checks.array(f"the norms of {name!r}", given, ("S", steps.size))
            ax.fill_between(
                steps, draws.min(axis=0), draws.max(axis=0), color=colour, alpha=0.18, linewidth=0
            )
            middles[name] = np.median(draws, axis=0)
        if bounds and name in bounds:
            limit = _checks.array(f"the bound of {name!r}", bounds[name], (steps.size,))
            ax.plot(steps, limit, color=colour, linestyle=(0, (1, 3)), linewidth=1.8, zorder=1)
    curves(ax, steps, middles, log=True, x_label=x_label, y_label=y_label, markers=len(steps) <= 30)
    return ax
