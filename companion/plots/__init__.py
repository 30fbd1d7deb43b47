"""The course's figures. Each function draws on the axes it is given, computes nothing, and returns them.

Importing this package imports matplotlib; `import companion` does not. Call `use_style()` once, before the
first figure; make the axes of a diagram with `canvas(height)` and those of a chart with `plt.subplots()`.
"""

from companion.plots.charts import error_bars_by_parameter, matrix, series
from companion.plots.flow import gradient_flow
from companion.plots.graph import unrolled
from companion.plots.letter import letter_net
from companion.plots.lines import curves, gradient_by_lag
from companion.plots.png import png
from companion.plots.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    PALETTE,
    PAPER,
    PURPLE,
    VERMILION,
    WEIGHT_COLOURS,
    WIDTH,
    canvas,
    canvases,
    symbol,
    use_style,
)

__all__ = [
    "BLUE",
    "GREEN",
    "GREY",
    "INK",
    "PALETTE",
    "PAPER",
    "PURPLE",
    "VERMILION",
    "WEIGHT_COLOURS",
    "WIDTH",
    "canvas",
    "canvases",
    "curves",
    "error_bars_by_parameter",
    "gradient_by_lag",
    "gradient_flow",
    "letter_net",
    "matrix",
    "png",
    "series",
    "symbol",
    "unrolled",
    "use_style",
]
