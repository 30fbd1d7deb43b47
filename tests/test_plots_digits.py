"""The row of pictures and guesses shows each picture, each probability and what came; nothing collides."""

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from companion import plots

IMAGES = np.random.default_rng(0).integers(0, 256, (9, 28, 28))
GUESSES = np.random.default_rng(1).dirichlet(np.full(10, 0.3), 9)
CAME = np.arange(9)


@pytest.fixture(autouse=True)
def _style():
    plots.use_style()
    yield
    plt.close("all")


def draw():
    return plots.digit_guesses(plots.canvas(4.6), IMAGES, GUESSES, CAME)


def test_every_picture_is_shown_and_every_probability_written():
    ax = draw()
    for shown, image in zip(ax.images, IMAGES, strict=True):
        np.testing.assert_array_equal(shown.get_array(), image)
    written = sorted(text.get_text() for text in ax.texts if text.get_text())
    wanted = [f"{100 * p:.0f}" for p in GUESSES.ravel() if p >= 0.005] + [str(k) for k in range(10)]
    assert written == sorted(wanted)


def test_what_came_is_framed():
    ax = draw()
    frames = [p for p in ax.patches if isinstance(p, Rectangle) and not p.get_fill()]
    assert len(frames) == 9
    assert all(to_rgb(f.get_edgecolor()[:3]) == to_rgb(plots.GREEN) for f in frames)
    heights = [f.get_y() for f in frames]
    assert heights == sorted(heights, reverse=True)  # 0 stands on top, and CAME counts up


def test_no_text_touches_another_or_leaves_the_figure_and_the_file_is_small():
    ax = draw()
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts if text.get_text()]
    page = ax.figure.bbox
    assert all(page.contains(*corner) for box in boxes for corner in (box.min, box.max))
    for a, b in combinations(boxes, 2):
        assert min(a.x1, b.x1) <= max(a.x0, b.x0) or min(a.y1, b.y1) <= max(a.y0, b.y0) + 0.5
    assert len(plots.png(ax.figure)) < 80_000


@pytest.mark.parametrize(
    ("images", "guesses", "came", "words"),
    [
        (IMAGES[:3], GUESSES, CAME, r"images must have shape \(9, H, W\), got \(3, 28, 28\)"),
        (IMAGES, GUESSES[0], CAME, r"probabilities must have shape \(T, K\), got \(10,\)"),
        (IMAGES, GUESSES * 2, CAME, "sum to 1 in each row"),
        (IMAGES, GUESSES, CAME + 2, "following must be digits 0..9"),
        (np.tile(IMAGES, (2, 1, 1)), np.tile(GUESSES, (2, 1)), CAME, "at most 9 rows, got 18"),
    ],
)
def test_what_cannot_be_drawn_is_refused(images, guesses, came, words):
    with pytest.raises(ValueError, match=words):
        plots.digit_guesses(plots.canvas(4.6), images, guesses, came)
