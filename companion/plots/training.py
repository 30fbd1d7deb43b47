"""Charts of what training gave: the spread over many networks, runs that took each other up, an embedding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullFormatter
from numpy.typing import ArrayLike

from companion.plots import _checks
from companion.plots.style import BLUE, GHOST, GREY, INK, PALETTE, PAPER, SIZE, VERMILION


def histogram(
    ax: Axes,
    values: ArrayLike,
    *,
    marks: Mapping[str, float] | None = None,
    bins: int = 24,
    x_label: str = "",
    y_label: str = "networks",
) -> Axes:
    """Draw how often each size of `values` (M,) came, with a named line at each of `marks`.

    The axis begins at zero where no value is negative, so that a mark can be seen to lie far off. Raises
    ValueError for anything but finite numbers, or fewer than one bin.
    """
    numbers = _checks.array("values", values, ("M",))
    _checks.at_least("bins", bins, 1)
    named = dict(marks or {})
    _checks.array("marks", list(named.values()) or [0.0], ("M",))
    ax.hist(numbers, bins=bins, color=BLUE, edgecolor=PAPER, linewidth=1.0)
    if min([*numbers, *named.values()]) >= 0:
        ax.set_xlim(left=0)
    for name, place in named.items():
        ax.axvline(place, color=VERMILION)
        ax.annotate(
            name,
            (place, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(8, -2),
            textcoords="offset points",
            color=VERMILION,
            ha="left",
            va="top",
        )
    ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.set(xlabel=x_label, ylabel=y_label)
    return ax


def runs_in_turn(
    ax: Axes,
    runs: Mapping[str, Sequence[ArrayLike]],
    *,
    mark: tuple[str, float] | None = None,
    x_label: str = "updates",
    y_label: str = "loss",
) -> Axes:
    """Draw runs that took each other up, one after another along the axis, for one or two ways of doing so.

    `runs` gives each way a list of runs, every run (S,) losses; all ways have the same runs of the same
    lengths. A dotted line stands where a run took the last one up, `mark` is a level with its name, and the
    losses are on a logarithmic axis. Raises ValueError for no way or more than two, for other shapes, or for
    losses that are not above zero.
    """
    if not 1 <= len(runs) <= 2:
        raise ValueError(f"runs must hold 1 or 2 ways, got {len(runs)}")
    joined = {}
    for way, parts in runs.items():
        arrays = [_checks.array(f"run {i} of {way!r}", part, ("S",)) for i, part in enumerate(parts, start=1)]
        joined[way] = (np.concatenate(arrays), [0, *np.cumsum([len(a) for a in arrays])])
        if (lowest := joined[way][0].min()) <= 0:
            raise ValueError(f"losses must be above 0 on a logarithmic axis, got {lowest} in {way!r}")
    (_, ends), *others = joined.values()
    if any(other[1] != ends for other in others):
        raise ValueError(
            f"all ways must have runs of the same lengths, got {[e for _, e in joined.values()]}"
        )
    for i, (way, (losses, _)) in enumerate(joined.items()):
        ax.plot(np.arange(1, len(losses) + 1), losses, color=PALETTE[i], linestyle=("-", (0, (5, 1.5)))[i])
        ax.annotate(
            way,
            (1.0, losses[-1]),
            xycoords=("axes fraction", "data"),
            xytext=(7, 0),
            textcoords="offset points",
            color=PALETTE[i],
            va="center",
            annotation_clip=False,
        )
    ax.set(yscale="log", xlim=(1, ends[-1]), xlabel=x_label, ylabel=y_label)
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.set_xticks([1, *ends[1:]])
    for number, (start, end) in enumerate(pairwise(ends), start=1):
        if start:
            ax.axvline(start, color=GREY, linestyle=":", linewidth=1.6)
        ax.annotate(
            f"run {number}",
            ((start + end) / 2, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 4),
            textcoords="offset points",
            ha="center",
            color=GREY,
        )
    if mark is not None:
        name, level = mark
        ax.axhline(level, color=INK, linewidth=1.6, linestyle=(0, (1.2, 1.2)))
        ax.annotate(
            name,
            (0.0, level),
            xycoords=("axes fraction", "data"),
            xytext=(6, 4),
            textcoords="offset points",
            va="bottom",
        )
    return ax


def embedding(
    ax: Axes,
    points: ArrayLike,
    letters: Sequence[str],
    *,
    groups: Sequence[int] | None = None,
    title: str = "",
) -> Axes:
    """Draw what each letter is embedded as, `points` (K, 2), by the letter itself, in its group's colour.

    Letters that would cover each other are drawn as dots, and named together beside them. Raises ValueError
    for points of another shape, or for letters or groups that are not one a point.
    """
    places = _checks.array("points", points, ("K", 2))
    _checks.count("letters", letters, len(places), "one a point")
    _checks.count("groups", groups, len(places), "one a point")
    colours = [PALETTE[g % len(PALETTE)] for g in groups] if groups is not None else [BLUE] * len(places)
    reach = 1.15 * float(np.abs(places).max()) or 1.0
    ax.axhline(0, color=GHOST, linewidth=1.0, zorder=0)
    ax.axvline(0, color=GHOST, linewidth=1.0, zorder=0)
    for crowd in _crowds(places, 0.2 * reach):
        x, y = places[crowd].mean(axis=0)
        colour = colours[crowd[0]]
        if len(crowd) > 1:
            ax.plot(*places[crowd].T, "o", color=colour, markersize=5)
            y -= 0.22 * reach * np.sign(y)  # towards the middle, where there is room
            x = float(np.clip(x, -0.5 * reach, 0.5 * reach))
        name = " ".join(letters[i] for i in crowd)
        ax.text(x, y, name, color=colour, ha="center", va="center", fontsize=SIZE + 2, fontweight="bold")
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", title=title)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    return ax


def _crowds(places: _checks.Floats, near: float) -> list[list[int]]:
    """The points put together with those that lie near them, each in one crowd."""
    crowds: list[list[int]] = []
    for i, place in enumerate(places):
        for crowd in crowds:
            if np.abs(places[crowd[0]] - place).max() < near:
                crowd.append(i)
                break
        else:
            crowds.append([i])
    return crowds
