"""Charts of a classification: the sequences that came in, the answers, and how many were right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from companion.plots import _checks
from companion.plots.style import BLUE, DIVERGING, GHOST, GREY, INK, SIZE, VERMILION, name_rows


def heat_map(
    ax: Axes,
    values: ArrayLike,
    *,
    steps: int | None = None,
    limit: float | None = None,
    title: str = "",
    x_label: str = "",
    y_label: str = "",
) -> Axes:
    """Draw a sequence (T, D) with time to the right: blue below zero, white at it, vermilion above.

    What lies beyond the sequence, up to `steps`, is hatched as padding. `limit` is the absolute value of the
    full colour, by default the largest in the sequence: give the same to sequences that are compared.

    Raises ValueError for anything but a non-empty matrix of finite numbers, fewer `steps` than T, or a limit
    not above 0.
    """
    cells = _checks.array("values", values, ("T", "D"))
    T, D = cells.shape
    shown = T if steps is None else steps
    _checks.at_least("steps", shown, T)
    full = limit if limit is not None else float(np.abs(cells).max()) or 1.0
    if not (np.isfinite(full) and full > 0):
        raise ValueError(f"limit must be positive and finite, got {limit}")
    ax.imshow(
        cells.T,
        cmap=DIVERGING,
        vmin=-full,
        vmax=full,
        extent=(0.5, T + 0.5, 0.5, D + 0.5),
        origin="lower",
        aspect="auto",
        interpolation="nearest",
    )
    if shown > T:
        ax.add_patch(
            Rectangle(
                (T + 0.5, 0.5), shown - T, D, facecolor="none", edgecolor=GHOST, hatch="///", linewidth=0
            )
        )
    ax.axvline(T + 0.5, color=INK, linewidth=1.6)
    ax.set(xlim=(0.5, shown + 0.5), ylim=(0.5, D + 0.5), xlabel=x_label, ylabel=y_label)
    ax.set_title(title, loc="left")
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    return ax


def confusion(ax: Axes, counts: ArrayLike, labels: Sequence[str] | None = None, *, of: str = "class") -> Axes:
    """Draw how often each class (row) was answered by each (column): blue where right, vermilion where wrong.

    A cell is the darker the larger its share of its row; its number is that share in percent, rounded, and
    cells that never occurred stay empty. `of` names what is classified. Best in a square figure.

    Raises ValueError unless `counts` is a square matrix (K, K) of numbers from 0 with no empty row.
    """
    cells = _checks.array("counts", counts, ("K", "K"))
    K = len(cells)
    if cells.shape != (K, K):
        raise ValueError(f"counts must have shape (K, K), got {cells.shape}")
    if cells.min() < 0:
        raise ValueError(f"counts must not be negative, got {cells.min()}")
    if not cells.sum(axis=1).all():
        raise ValueError(f"every row must count something, got none in row {cells.sum(axis=1).argmin()}")
    _checks.count("labels", labels, K, "one a class")
    names = labels if labels is not None else [str(k) for k in range(K)]
    shares = cells / cells.sum(axis=1, keepdims=True)
    for (r, c), share in np.ndenumerate(shares):
        # Errors are rare: their colour is full at a tenth, so that they can be seen at all.
        depth = -share if r == c else min(1.0, 10 * share)
        ax.add_patch(
            Rectangle(
                (c + 0.03, r + 0.03),
                0.94,
                0.94,
                facecolor=DIVERGING(0.5 + 0.5 * depth),
                edgecolor=GHOST,
                linewidth=1.0,
            )
        )
        if share:
            text = "<1" if share < 0.01 else f"{100 * share:.0f}"
            ax.text(c + 0.5, r + 0.5, text, ha="center", va="center", fontsize=SIZE - 2)
    ax.set(xlim=(0, K), ylim=(K, 0), aspect="equal", xlabel="answered", ylabel=of)
    ax.set_xticks([k + 0.5 for k in range(K)], names)
    ax.set_yticks([k + 0.5 for k in range(K)], names)
    ax.tick_params(length=0, labelcolor=INK)
    ax.spines[:].set_visible(False)
    return ax


def results(
    ax: Axes,
    values: Mapping[str, ArrayLike],
    *,
    intervals: Mapping[str, tuple[float, float]] | None = None,
    published: Mapping[str, float] | None = None,
    x_label: str = "",
) -> Axes:
    """Draw a row for each method: small rings for its runs, a bar for its interval, a dot for its mean.

    `values` holds each method's runs, one number or many (N,); `intervals` a (low, high) for some of them;
    `published` results of others, which stand below as vermilion diamonds. A figure 0.42 inch high a row, and
    1.2 more, suits.

    Raises ValueError for no method, a method without runs, numbers that are not finite, an interval of an
    unknown method or whose ends are the wrong way round.
    """
    if not values:
        raise ValueError("values must hold at least one method, got none")
    known, others = dict(intervals or {}), dict(published or {})
    if unknown := set(known) - set(values):
        raise ValueError(f"intervals must be those of {', '.join(values)}, got {', '.join(sorted(unknown))}")
    for row, (name, given) in enumerate(values.items()):
        runs = _checks.array(f"the runs of {name!r}", np.atleast_1d(np.asarray(given)), ("N",))
        if name in known:
            low, high = _checks.array(f"the interval of {name!r}", known[name], (2,))
            if low > high:
                raise ValueError(f"the interval of {name!r} must be (low, high), got ({low}, {high})")
            ax.plot([low, high], [row, row], color=BLUE, linewidth=6, alpha=0.45, solid_capstyle="butt")
        if len(runs) > 1:
            ax.plot(
                runs, np.full(len(runs), row - 0.22), "o", color=GREY, markersize=4, markerfacecolor="none"
            )
        ax.plot([runs.mean()], [row], "o", color=BLUE)
    for row, (name, value) in enumerate(others.items(), start=len(values)):
        ax.plot(_checks.array(f"the result {name!r}", [value], (1,)), [row], "D", color=VERMILION)
    name_rows(ax, [*values, *others], x_label)
    return ax
