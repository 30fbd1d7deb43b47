"""The four configurations: how many boxes and arrows of each kind there are says which is which."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from companion import plots


def test_inputs_states_and_answers_are_drawn_where_they_belong():
    plots.use_style()
    ax = plots.canvas(5.8)
    assert plots.configurations(ax) is ax
    assert [text.get_text() for text in ax.texts] == [
        "many-to-one",
        "many-to-many",
        "one-to-many",
        "stacked",
    ]
    colours = [to_hex(p.get_edgecolor()) for p in ax.patches if isinstance(p, FancyArrowPatch)]
    assert colours.count(to_hex(plots.WEIGHT_COLOURS["W_xh"])) == 3 + 3 + (1 + 2) + (3 + 3)
    assert colours.count(to_hex(plots.WEIGHT_COLOURS["W_hh"])) == 2 + 2 + 2 + 2 * 2
    assert colours.count(to_hex(plots.WEIGHT_COLOURS["W_hy"])) == 1 + 3 + 3 + 1
    assert sum(isinstance(p, FancyBboxPatch) for p in ax.patches) == (3 + 3 + 1) + 9 + (1 + 3 + 3) + (
        3 + 6 + 1
    )
    assert len(plots.png(ax.figure)) < 80_000
    plt.close("all")


def test_everything_stays_on_the_sheet():
    plots.use_style()
    ax = plots.configurations(plots.canvas(5.8))
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    for patch in ax.patches:
        extent = patch.get_path().get_extents()
        assert left <= extent.x0 <= extent.x1 <= right
        assert bottom <= extent.y0 <= extent.y1 <= top
    plt.close("all")
