"""Boxes, arrows and labels on a sheet measured in inches, from which the diagrams are composed.

A sheet is scaled, letters and lines included, to whatever axes it is given, so a diagram keeps its
proportions at any size. Arrows run exactly from edge to edge: they neither stop short of a box nor reach into
it.
"""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.path import Path
from matplotlib.typing import ColorType

from companion.plots.style import GHOST, GREY, INK, PAPER

SIZE = 15.0  # points; a little larger than in charts, for the sake of the subscripts

Point = tuple[float, float]


class Sheet:
    """A drawing area `width` x `height` inches, fitted into `ax`, with the origin at the lower left."""

    def __init__(self, ax: Axes, width: float, height: float) -> None:
        ax.set(xlim=(0, width), ylim=(0, height), aspect="equal")
        ax.axis("off")
        self.ax = ax
        extent = ax.get_window_extent()
        dpi = ax.figure.dpi
        self.scale = min(extent.width / dpi / width, extent.height / dpi / height)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        colour: str = INK,
        size: float = SIZE,
        ha: str = "center",
        va: str = "center",
    ) -> None:
        """Write `text` at (x, y), `size` in points before scaling."""
        self.ax.text(x, y, text, color=colour, fontsize=size * self.scale, ha=ha, va=va, zorder=5)

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        lines: Sequence[str] = (),
        edge: str = INK,
        fill: ColorType = PAPER,
        size: float = SIZE,
        line_width: float = 1.6,
        dashed: bool = False,
    ) -> None:
        """Draw a rounded box centred on (x, y), its `lines` of text evenly spaced from top to bottom."""
        corner = min(0.1, height / 2, width / 2)
        self.ax.add_patch(
            FancyBboxPatch(
                (x - width / 2, y - height / 2),
                width,
                height,
                boxstyle=f"round,pad=0,rounding_size={corner}",
                facecolor=fill,
                edgecolor=edge,
                linewidth=line_width * self.scale,
                linestyle="--" if dashed else "-",
                zorder=3,
            )
        )
        for i, line in enumerate(lines):
            self.text(x, y + height * (0.5 - (i + 0.5) / len(lines)), line, size=size)

    def cell(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        text: str = "",
        fill: ColorType = PAPER,
        colour: str = INK,
    ) -> None:
        """Draw one cell of an array, a plain rectangle centred on (x, y), with `text` in it."""
        corner = (x - width / 2, y - height / 2)
        self.ax.add_patch(
            Rectangle(
                corner, width, height, facecolor=fill, edgecolor=INK, linewidth=1.4 * self.scale, zorder=3
            )
        )
        if text:
            self.text(x, y, text, colour, SIZE - 1)

    def line(self, start: Point, end: Point, colour: str, width: float) -> None:
        """Draw a straight line, beneath everything else."""
        self.ax.plot(*zip(start, end, strict=True), color=colour, linewidth=width * self.scale, zorder=1)

    def disc(
        self,
        x: float,
        y: float,
        radius: float,
        text: str = "",
        edge: str = INK,
        fill: ColorType = PAPER,
        colour: str = INK,
        size: float = SIZE,
    ) -> None:
        """Draw a circle centred on (x, y) with `text` in it."""
        self.ax.add_patch(
            Circle((x, y), radius, facecolor=fill, edgecolor=edge, linewidth=1.6 * self.scale, zorder=3)
        )
        if text:
            self.text(x, y, text, colour, size)

    def arrow(
        self,
        points: Sequence[Point],
        colour: str = GREY,
        width: float = 2.0,
    ) -> None:
        """Draw an arrow through two points (straight) or four (a Bezier curve: start, two controls, end)."""
        codes = {2: [Path.MOVETO, Path.LINETO], 4: [Path.MOVETO, *[Path.CURVE4] * 3]}[len(points)]
        self.ax.add_patch(
            FancyArrowPatch(
                path=Path(list(points), codes),
                arrowstyle="-|>,head_length=0.45,head_width=0.22",
                mutation_scale=(11 + 2.4 * width) * self.scale,
                color=colour,
                linewidth=width * self.scale,
                joinstyle="miter",
                capstyle="butt",
                shrinkA=0,
                shrinkB=0,
                zorder=2,
            )
        )

    def cross(self, x: float, y: float, reach: float = 0.11, colour: str = GHOST) -> None:
        """Draw an X centred on (x, y) whose arms reach `reach` to every side."""
        for sign in (1, -1):
            self.ax.plot(
                [x - reach, x + reach],
                [y - sign * reach, y + sign * reach],
                color=colour,
                linewidth=3.4 * self.scale,
                solid_capstyle="round",
                zorder=6,
            )
