"""The course's figures. Each function draws on the axes it is given, computes nothing, and returns them.

Importing this package imports matplotlib; `import companion` does not. Call `use_style()` once, before the
first figure; make the axes of a diagram with `canvas(height)` and those of a chart with `plt.subplots()`.
"""

from companion.plots.charts import matrix, series
from companion.plots.clouds import clouds
from companion.plots.configurations import configurations
from companion.plots.differences import differences
from companion.plots.digits import digit_guesses
from companion.plots.flow import gradient_flow
from companion.plots.gates import gate_traces, gru_cell, lstm_cell
from companion.plots.graph import unrolled
from companion.plots.grid import grid_gradients, grid_order
from companion.plots.landscape import landscape
from companion.plots.letter import letter_net
from companion.plots.lines import curves, gradient_by_lag
from companion.plots.outcomes import confusion, heat_map, results
from companion.plots.padding import padded
from companion.plots.png import png
from companion.plots.record import record_reads
from companion.plots.seeds import seeds
from companion.plots.shortcuts import shortcuts
from companion.plots.stack import stacked
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
from companion.plots.surface import surface
from companion.plots.training import embedding, histogram, runs_in_turn
from companion.plots.variants import variant, versions

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
    "clouds",
    "configurations",
    "confusion",
    "curves",
    "differences",
    "digit_guesses",
    "embedding",
    "gate_traces",
    "gradient_by_lag",
    "gradient_flow",
    "grid_gradients",
    "grid_order",
    "gru_cell",
    "heat_map",
    "histogram",
    "landscape",
    "letter_net",
    "lstm_cell",
    "matrix",
    "padded",
    "png",
    "record_reads",
    "results",
    "runs_in_turn",
    "seeds",
    "series",
    "shortcuts",
    "stacked",
    "surface",
    "symbol",
    "unrolled",
    "use_style",
    "variant",
    "versions",
]
