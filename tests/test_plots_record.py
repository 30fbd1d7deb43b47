"""The drawing of the record: which state leads to which."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.patches import FancyArrowPatch

from companion import plots
from companion.plots.record import COLUMNS, ROWS
from companion.plots.style import WEIGHT_COLOURS


@pytest.fixture(autouse=True)
def style():
    plots.use_style()
    yield
    plt.close("all")


def reads(ax):
    """(minibatch, step) of the state that is read and of the one that reads it, counted from 0."""
    colour = matplotlib.colors.to_rgba(WEIGHT_COLOURS["W_hh"])
    arrows = [p for p in ax.patches if isinstance(p, FancyArrowPatch) and p.get_edgecolor() == colour]

    def place(point):
        row, column = (
            int(np.argmin(np.abs(np.subtract(g, at)))) for g, at in ((ROWS, point[1]), (COLUMNS, point[0]))
        )
        return row, column

    return sorted(tuple(map(place, arrow._path_original.vertices)) for arrow in arrows)


def test_as_meant_a_step_reads_the_step_before():
    ax = plots.canvas(3.0)
    assert plots.record_reads(ax, late=False) is ax
    assert reads(ax) == [((row, t), (row, t + 1)) for row in (0, 1) for t in range(3)]


def test_as_published_it_reads_the_minibatch_before():
    ax = plots.record_reads(plots.canvas(3.0), late=True)
    assert reads(ax) == [((0, t), (1, t + 1)) for t in range(3)]
    assert "as published" in {text.get_text() for text in ax.texts}
