"""The picture of the ways between states: every arrow there is, and one way among them."""

import matplotlib.pyplot as plt
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch

from companion import plots


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def arrows(ax, colour):
    return sum(
        isinstance(patch, FancyArrowPatch) and to_hex(patch.get_edgecolor()) == colour for patch in ax.patches
    )


@pytest.mark.parametrize(("k", "leaps"), [(1, [1, 1, 1]), (2, [2, 1]), (3, [3, 3]), (4, [2, 1, 3])])
def test_every_arrow_is_drawn_and_the_way_has_the_colour_of_the_recurrence(k, leaps):
    ax = plots.canvas(2.2)
    assert plots.shortcuts(ax, k, leaps, title="ways") is ax
    far = sum(leaps)
    assert arrows(ax, plots.VERMILION) == len(leaps)
    assert arrows(ax, plots.style.GHOST) == sum(far + 1 - j for j in range(1, k + 1)) - len(leaps)
    texts = [text.get_text() for text in ax.texts]
    assert {"$h_t$", f"$h_{{t-{far}}}$", f"$x_{{t-{far}}}$", "$y_t$", "ways"} <= set(texts)


@pytest.mark.parametrize("leaps", [[], [3], [1, 0], [-1, 2]])
def test_leaps_that_no_arrow_makes_are_refused(leaps):
    with pytest.raises(ValueError, match=r"leaps must be one or more lengths from 1 to 2, got \["):
        plots.shortcuts(plots.canvas(2.2), 2, leaps)


def test_a_net_looks_back_at_least_one_state():
    with pytest.raises(ValueError, match="k must be at least 1, got 0"):
        plots.shortcuts(plots.canvas(2.2), 0, [1])
