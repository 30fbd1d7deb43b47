"""The picture that stands beside a shared link: the chapter's title over a network unrolled in time."""

from __future__ import annotations

import hashlib
import textwrap
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

_PAPER, _INK, _SOFT = "#ffffff", "#1b1f24", "#57606a"
_IN, _AROUND, _OUT = "#0072b2", "#d55e00", "#009e73"  # the colours of W_xh, W_hh and W_hy in all figures


def card(store: Path, title: str, course: str) -> Path:
    """The picture's file in the store, drawn unless a picture of these words by this code is there."""
    words = "\0".join([title, course, Path(__file__).read_text(encoding="utf-8")])
    file = store / f"{hashlib.sha256(words.encode()).hexdigest()[:16]}.png"
    if not file.exists():
        draw(file.with_suffix(".new"), title, course)
        file.with_suffix(".new").rename(file)
    return file


def draw(file: Path, title: str, course: str) -> None:
    """Writes a PNG of 1200 by 630 pixels, the size that previews are cut to."""
    figure = Figure(figsize=(12, 6.3), dpi=100, facecolor=_PAPER)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, 12), ylim=(0, 6.3))
    axes.axis("off")
    lines = textwrap.wrap(title, 26)[:3] or [""]
    size = {1: 58, 2: 52, 3: 46}[len(lines)]
    axes.text(0.8, 5.6, "\n".join(lines), size=size, weight="bold", color=_INK, va="top", linespacing=1.15)
    axes.text(0.8, 0.62, course, size=26, color=_SOFT, va="center")
    for step in range(6):
        _cell(axes, 0.8 + 1.78 * step, last=step == 5)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as stored:
        FigureCanvasAgg(figure).print_png(stored)


def _cell(axes, left: float, last: bool) -> None:
    box = FancyBboxPatch(
        (left, 1.75), 0.9, 0.6, boxstyle="round,pad=0,rounding_size=0.12", fc=_PAPER, ec=_INK, lw=3
    )
    axes.add_patch(box)
    middle = left + 0.45
    from_below = ((middle, 1.25), (middle, 1.72), _IN)
    onwards = ((left + 0.93, 2.05), (left + 1.75, 2.05), _AROUND)
    upwards = ((middle, 2.38), (middle, 2.85), _OUT)
    for start, end, colour in [from_below, upwards if last else onwards]:
        arrow = {"arrowstyle": "-|>", "mutation_scale": 24, "shrinkA": 0, "shrinkB": 0}
        axes.add_patch(FancyArrowPatch(start, end, lw=4, color=colour, **arrow))
