"""The grid of a stacked network: where its gradients go, and in which order its boxes are numbered."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.patches import FancyArrowPatch, Rectangle

from companion import plots


@pytest.fixture(autouse=True)
def style():
    plots.use_style()
    yield
    plt.close("all")


def arrows(ax, colour):
    """The vectors from start to end of all arrows of one colour, in inches of the sheet."""
    found = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    wanted = [patch for patch in found if matplotlib.colors.to_hex(patch.get_edgecolor()) == colour]
    return [np.subtract(*patch._path_original.vertices[[-1, 0]]) for patch in wanted]  # type: ignore[attr-defined]


@pytest.mark.parametrize("layers, steps", [(1, 2), (2, 3), (3, 4)])
def test_gradients_go_down_between_layers_and_back_within_them(layers, steps):
    ax = plots.canvas(4.2 + 1.3 * (layers - 2))
    assert plots.grid_gradients(ax, layers, steps) is ax
    from_losses, from_layers, from_steps = (
        arrows(ax, colour) for colour in (plots.GREEN, plots.BLUE, plots.VERMILION)
    )
    assert [len(from_losses), len(from_layers), len(from_steps)] == [
        steps,
        (layers - 1) * steps,
        layers * (steps - 1),
    ]
    assert all(right == pytest.approx(0) and up < -0.3 for right, up in from_losses + from_layers)
    assert all(right < -0.3 and up == pytest.approx(0) for right, up in from_steps)
    names = [text.get_text() for text in ax.texts]
    assert names.count(r"$W_{hy}^{\top}$") == steps
    assert names.count(r"$W_{xh}^{(1)\top}$") == 0
    for i in range(2, layers + 1):
        assert names.count(rf"$W_{{xh}}^{{({i})\top}}$") == steps


def test_the_texts_do_not_collide():
    ax = plots.grid_gradients(plots.canvas(4.2))
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    inside = ax.figure.bbox
    for i, box in enumerate(boxes):
        assert inside.x0 <= box.x0 and box.x1 <= inside.x1 and inside.y0 <= box.y0 and box.y1 <= inside.y1
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])


def test_every_box_has_its_number_and_the_lowest_layer_is_lowest():
    _, ax = plt.subplots(figsize=(2.1, 2.6))
    order = np.array([[1, 3, 5], [2, 4, 6]])
    assert plots.grid_order(ax, order, "some order") is ax
    boxes = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    assert len(boxes) == 6
    places = {text.get_text(): text.get_position() for text in ax.texts}
    assert places["some order"][1] > places["2"][1]
    numbered = {text.get_text(): text.get_position() for text in ax.texts[1:7]}
    assert numbered["1"][1] < numbered["2"][1] and numbered["1"][0] < numbered["3"][0]
    shades = {text.get_text(): box.get_facecolor() for text, box in zip(ax.texts[1:7], boxes, strict=True)}
    assert shades["1"] == (1, 1, 1, 1) and shades["6"] < shades["4"] < shades["2"]


def test_steps_taken_at_once_have_one_shade():
    _, ax = plt.subplots()
    plots.grid_order(ax, [[1, 2], [2, 3]])
    first, right, up, last = (p.get_facecolor() for p in ax.patches if isinstance(p, Rectangle))
    assert right == up
    assert len({first, right, last}) == 3


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="layers must be at least 1, got 0"):
        plots.grid_gradients(plots.canvas(4.2), 0)
    with pytest.raises(ValueError, match="steps must be at least 2, got 1"):
        plots.grid_gradients(plots.canvas(4.2), 2, 1)
    with pytest.raises(ValueError, match=r"order must be numbers of shape|order must have shape \(L, T\)"):
        plots.grid_order(plots.canvas(2.6), [1, 2])
