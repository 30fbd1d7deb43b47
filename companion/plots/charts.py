"""Charts of what was measured: a series over time, a small matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.dates as mdates
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from companion.plots import _checks
from companion.plots.style import BLUE, DIVERGING, GREY, INK, SIZE, VERMILION, number


def series(
    ax: Axes,
    time: ArrayLike,
    value: ArrayLike,
    *,
    label: str = "",
    mark: tuple[Any, Any] | None = None,
    note: str = "",
) -> Axes:
    """Draw a series over time, with a line at each year and, if asked, one interval marked and named.

    `time` (T,) is datetime64 or any numbers, `value` (T,) the measurements in the unit that `label` names;
    NaN leaves a gap. `mark` is the first and last time of the interval, `note` the words above it.

    Raises ValueError for arrays of other shapes, fewer than two points, infinities, or an interval outside
    the series.
    """
    times = np.asarray(time)
    values = _checks.array("value", value, ("T",), gaps=True)
    _checks.count("time", times if times.ndim else [times], values.size, "as many as value")
    _checks.at_least("the number of points", values.size, 2)
    dated = np.issubdtype(times.dtype, np.datetime64)
    ax.plot(times, values, color=BLUE)
    if dated:
        ax.xaxis.set_major_locator(mdates.YearLocator())  # type: ignore[no-untyped-call]
        ax.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))  # type: ignore[no-untyped-call]
    ax.grid(axis="x")
    ax.set_axisbelow(True)
    ax.set_ylabel(label)
    ax.margins(x=0.02, y=0.12)
    if mark is not None:
        _mark(ax, times, mark, note)
    return ax


def _mark(ax: Axes, times: Any, mark: tuple[Any, Any], note: str) -> None:
    dated = np.issubdtype(times.dtype, np.datetime64)
    first: Any
    last: Any
    first, last = [np.datetime64(m, "s") if dated else m for m in mark]
    if not (times.min() <= first <= last <= times.max()):
        raise ValueError(
            f"mark must lie between {times.min()} and {times.max()}, first to last, got {first} to {last}"
        )
    ax.axvspan(first, last, color=VERMILION, alpha=0.28, linewidth=0)
    middle = first + (last - first) / 2
    late = middle > times.min() + (times.max() - times.min()) * 0.6
    ax.annotate(
        note,
        (middle, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(-10 if late else 10, 3),
        textcoords="offset points",
        ha="right" if late else "left",
        va="bottom",
        color=VERMILION,
        annotation_clip=False,
    )


def matrix(
    ax: Axes,
    values: ArrayLike,
    row_labels: Sequence[str] | None = None,
    column_labels: Sequence[str] | None = None,
    *,
    title: str = "",
    limit: float | None = None,
    digits: int = 2,
) -> Axes:
    """Draw a small matrix (R, C) as cells with their numbers: blue below zero, white at it, vermilion above.

    `limit` is the absolute value of the full colour, by default the largest in the matrix: give the same to
    matrices that are compared. Numbers have `digits` decimals. Rows of the matrix are rows of the picture.

    Raises ValueError for anything but a non-empty matrix of finite numbers, labels of the wrong number, or a
    limit not above 0.
    """
    cells = _checks.array("values", values, ("R", "C"))
    rows, columns = cells.shape
    _checks.count("row_labels", row_labels, rows, "one a row")
    _checks.count("column_labels", column_labels, columns, "one a column")
    full = limit if limit is not None else float(np.abs(cells).max()) or 1.0
    if not (np.isfinite(full) and full > 0):
        raise ValueError(f"limit must be positive and finite, got {limit}")
    for (r, c), value in np.ndenumerate(cells):
        fill = DIVERGING(0.5 + 0.5 * float(np.clip(value / full, -1, 1)))
        ax.add_patch(
            Rectangle((c + 0.03, r + 0.03), 0.94, 0.94, facecolor=fill, edgecolor=GREY, linewidth=1.0)
        )
        ax.text(c + 0.5, r + 0.5, number(value, digits), ha="center", va="center")
    ax.set(xlim=(0, columns), ylim=(rows, 0), aspect="equal")
    ax.set_xticks([c + 0.5 for c in range(columns)] if column_labels else [], column_labels or None)
    ax.set_yticks([r + 0.5 for r in range(rows)] if row_labels else [], row_labels or None)
    ax.tick_params(length=0, labelcolor=INK, labelsize=SIZE, labeltop=True, labelbottom=False)
    ax.spines[:].set_visible(False)
    ax.set_title(title)
    return ax
