"""The charts of what training gave: what is drawn where, and what is refused."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from companion import plots

LOSSES = np.random.default_rng(0).uniform(0.2, 0.7, 200)
FALLING = [np.exp(-np.arange(s, s + 100) / 70) for s in (0, 100, 200)]


@pytest.fixture(autouse=True)
def style():
    plots.use_style()
    yield
    plt.close("all")


def words(ax):
    return {t.get_text() for t in ax.texts}


def test_histogram_counts_every_value_and_names_its_marks():
    _, ax = plt.subplots()
    assert plots.histogram(ax, LOSSES, marks={"published": 0.04}, x_label="loss") is ax
    assert sum(bar.get_height() for bar in ax.patches) == 200
    assert ax.get_xlim()[0] == 0 and "published" in words(ax)
    assert [line.get_xdata()[0] for line in ax.lines] == [0.04]
    assert ax.get_xlabel() == "loss" and ax.get_ylabel() == "networks"


def test_histogram_shows_negative_values():
    _, ax = plt.subplots()
    plots.histogram(ax, LOSSES - 0.4)
    assert ax.get_xlim()[0] < -0.19 and not words(ax)


def test_runs_stand_one_after_another():
    _, ax = plt.subplots()
    other = [0.5 * run for run in FALLING]
    assert plots.runs_in_turn(ax, {"kept": FALLING, "fresh": other}, mark=("0.04", 0.04)) is ax
    assert {"kept", "fresh", "run 1", "run 2", "run 3", "0.04"} == words(ax)
    assert np.array_equal(ax.lines[0].get_xdata(), np.arange(1, 301))
    assert np.array_equal(ax.lines[1].get_ydata(), np.concatenate(other))
    assert ax.get_yscale() == "log" and list(ax.get_xticks()) == [1, 100, 200, 300]


def test_letters_stand_where_they_are_embedded():
    _, ax = plt.subplots()
    points = np.array([[1.0, 2.0], [-3.0, 0.5]])
    assert plots.embedding(ax, points, "ab", groups=[0, 1]) is ax
    assert [(t.get_text(), t.get_position()) for t in ax.texts] == [("a", (1, 2)), ("b", (-3, 0.5))]
    assert [t.get_color() for t in ax.texts] == [plots.BLUE, plots.VERMILION]
    assert ax.get_xlim()[0] < -3 and ax.get_xlim()[1] > 3


def test_letters_that_would_cover_each_other_are_named_together():
    _, ax = plt.subplots()
    points = np.array([[1.0, 1.0], [-1.0, 0.0], [1.02, 0.99]])
    plots.embedding(ax, points, "abc")
    assert words(ax) == {"a c", "b"}
    dots = next(line for line in ax.lines if line.get_marker() == "o")
    assert np.array_equal(np.stack([dots.get_xdata(), dots.get_ydata()], axis=1), points[[0, 2]])


@pytest.mark.parametrize(
    ("draw", "expected"),
    [
        (lambda ax: plots.histogram(ax, []), r"values must have shape \(M,\)"),
        (lambda ax: plots.histogram(ax, [1, np.nan]), "values must be finite"),
        (lambda ax: plots.histogram(ax, [1], bins=0), "bins must be at least 1"),
        (lambda ax: plots.histogram(ax, [1], marks={"x": np.inf}), "marks must be finite"),
        (lambda ax: plots.runs_in_turn(ax, {}), "1 or 2 ways"),
        (lambda ax: plots.runs_in_turn(ax, {"a": [[1, 0]]}), "above 0"),
        (lambda ax: plots.runs_in_turn(ax, {"a": [[1]], "b": [[1, 2]]}), "the same lengths"),
        (lambda ax: plots.embedding(ax, np.zeros((2, 3)), "ab"), "points must have shape"),
        (lambda ax: plots.embedding(ax, np.zeros((2, 2)), "abc"), "letters must have length 2"),
        (lambda ax: plots.embedding(ax, np.zeros((2, 2)), "ab", groups=[1]), "groups must have length 2"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw, expected):
    with pytest.raises(ValueError, match=expected):
        draw(plt.subplots()[1])


@pytest.mark.parametrize("name", ["histogram", "runs", "embedding"])
def test_png_is_small_and_its_letters_are_large_enough_for_a_phone(name):
    fig, ax = plt.subplots()
    {
        "histogram": lambda: plots.histogram(ax, LOSSES, marks={"published 0.0400": 0.04}),
        "runs": lambda: plots.runs_in_turn(ax, {"kept": FALLING}, mark=("0.0400", 0.04)),
        "embedding": lambda: plots.embedding(ax, np.eye(5)[:, :2], "abcde"),
    }[name]()
    assert len(plots.png(fig)) < 80_000
    fig.canvas.draw()
    seen = [*ax.texts, *ax.get_xticklabels(), *ax.get_yticklabels()]
    assert min(t.get_fontsize() for t in seen) / 72 / plots.WIDTH * 340 >= 9
    page, drawn = fig.bbox, ax.get_tightbbox()
    assert page.x0 - 1 <= drawn.x0 and drawn.x1 <= page.x1 + 1
    assert page.y0 - 1 <= drawn.y0 and drawn.y1 <= page.y1 + 1
