"""The stacked network: every layer has its own first and last state, and no arrow joins the two."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import pytest
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from companion import plots


@pytest.fixture(autouse=True)
def style():
    plots.use_style()
    yield
    plt.close("all")


def drawn(layers=2, steps=3, height=4.0):
    ax = plots.canvas(height)
    assert plots.stacked(ax, layers, steps) is ax
    return ax


def arrows(ax):
    """The two ends of every arrow, in inches of the sheet."""
    found = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    return [patch._path_original.vertices[[0, -1]] for patch in found]  # type: ignore[attr-defined]


@pytest.mark.parametrize("layers, steps", [(1, 1), (2, 3), (3, 4)])
def test_every_layer_has_its_own_first_and_last_state(layers, steps):
    ax = drawn(layers, steps, 4.0 + 1.2 * (layers - 2))
    names = [text.get_text() for text in ax.texts]
    for i in range(layers):
        assert names.count(f"h_0[{i}]") == names.count(f"h_n[{i}]") == 1
        assert names.count(f"$W_{{hh}}^{{({i + 1})}}$") == names.count(f"$W_{{xh}}^{{({i + 1})}}$") == steps
    assert names.count("output") == 1
    assert len([patch for patch in ax.patches if isinstance(patch, FancyBboxPatch)]) == (
        layers * (steps + 2) + steps + 1
    )


def test_arrows_go_right_within_a_layer_and_up_between_layers_and_nowhere_else():
    for start, end in arrows(drawn()):
        right, up = end - start
        assert (right > 0.3 and up == pytest.approx(0)) or (up > 0.3 and right == pytest.approx(0))


def test_the_texts_do_not_collide():
    ax = drawn()
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    inside = ax.figure.bbox
    for i, box in enumerate(boxes):
        assert inside.x0 <= box.x0 and box.x1 <= inside.x1 and inside.y0 <= box.y0 and box.y1 <= inside.y1
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])


@pytest.mark.parametrize("layers, steps", [(0, 3), (2, 0)])
def test_a_network_of_nothing_is_refused(layers, steps):
    with pytest.raises(ValueError, match="must be at least 1, got 0"):
        plots.stacked(plots.canvas(4.0), layers, steps)
