"""The gated cells as diagrams, and gates along a text."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.patches import FancyBboxPatch, Rectangle

from companion import plots


@pytest.fixture(autouse=True)
def style():
    plots.use_style()
    yield
    plt.close("all")


LSTM = {"$c_{t-1}$", "$c_t$", "$h_{t-1}$", "$h_t$", "$x_t$", "$f_t$", "$i_t$", "$g_t$", "$o_t$", "tanh"}
GRU = {"$h_{t-1}$", "$h_t$", "$x_t$", "$z_t$", "$r_t$", "$n_t$"}


@pytest.mark.parametrize(
    "draw, boxes, discs, extra",
    [
        (plots.lstm_cell, LSTM, ["×", "×", "×", "+"], set()),
        (plots.gru_cell, GRU, ["×", "×", "×", "+"], {"$m_t$", "$1 - z_t$"}),
    ],
)
def test_a_cell_shows_every_quantity_of_its_equations(draw, boxes, discs, extra):
    ax = plots.canvas(3.7)
    assert draw(ax) is ax
    texts = [text.get_text() for text in ax.texts]
    assert set(texts) == boxes | set(discs) | extra
    assert sorted(t for t in texts if t in "×+") == sorted(discs)
    # the old state of a GRU comes in twice: on the road of memory, and to the gates
    twice = 1 if draw is plots.gru_cell else 0
    assert sum(isinstance(patch, FancyBboxPatch) for patch in ax.patches) == len(boxes) + twice


@pytest.mark.parametrize("draw", [plots.lstm_cell, plots.gru_cell])
def test_the_texts_do_not_collide(draw):
    ax = draw(plots.canvas(3.7))
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    inside = ax.figure.bbox
    for i, box in enumerate(boxes):
        assert inside.x0 <= box.x0 and box.x1 <= inside.x1 and inside.y0 <= box.y0 and box.y1 <= inside.y1
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])


def test_traces_have_a_cell_for_each_gate_and_character_darker_the_more_it_is_open():
    _, ax = plt.subplots()
    values = np.array([[0.0, 0.5, 1.0], [1.0, 0.2, 0.0]])
    assert plots.gate_traces(ax, "a \n", values, ["f", "i"], title="gates") is ax
    cells = [p for p in ax.patches if isinstance(p, Rectangle) and p.get_width() == 1]
    light = [sum(cell.get_facecolor()[:3]) for cell in cells]
    assert np.array_equal(np.argsort(light, kind="stable"), np.argsort(-values.ravel(), kind="stable"))
    assert [t.get_text() for t in ax.get_xticklabels()] == ["a", "·", "↵"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["f", "i"]


@pytest.mark.parametrize(
    "text, values, labels, message",
    [
        ("ab", [[0.1, 0.2, 0.3]], ["f"], "text must have length 3"),
        ("abc", [[0.1, 0.2, 0.3]], [], "labels must have length 1"),
        ("ab", [[0.1, 1.2]], ["f"], r"must lie in \[0, 1\], got 0.1 to 1.2"),
        ("ab", [0.1, 0.2], ["f"], "values must have shape"),
    ],
)
def test_what_cannot_be_drawn_is_refused(text, values, labels, message):
    with pytest.raises(ValueError, match=message):
        plots.gate_traces(plt.subplots()[1], text, values, labels)
