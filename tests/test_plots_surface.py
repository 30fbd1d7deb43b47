"""The surface shows every path and every named point, shades each power of ten, and refuses what misfits."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from companion import plots

X, Y = np.linspace(-1, 1, 21), np.linspace(0, 2, 11)
LOSSES = X[None] ** 2 + (Y[:, None] - 1) ** 2
PATHS = {"a": ([-0.5, 0.0], [0.5, 1.0]), "b": ([0.5, 9.0, 0.1], [1.5, 9.0, 1.0])}


@pytest.fixture
def ax():
    plots.use_style()
    _, ax = plt.subplots()
    yield ax
    plt.close("all")


def test_every_path_and_point_stands_where_it_is_and_is_named(ax):
    assert plots.surface(ax, X, Y, LOSSES, paths=PATHS, points={"best": (0.0, 1.0)}) is ax
    lines = {line.get_label(): line for line in ax.lines}
    for name, (xs, ys) in PATHS.items():
        assert list(lines[name].get_xdata()) == xs and list(lines[name].get_ydata()) == ys
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["a", "b"]
    assert {t.get_text(): t.xy for t in ax.texts} == {"best": (0.0, 1.0)}
    assert ax.get_xlim() == (-1, 1) and ax.get_ylim() == (0, 2)  # a path that leaves does not widen it


def test_there_is_a_shade_for_each_power_of_ten(ax):
    plots.surface(ax, X, Y, LOSSES * 1000, least=1e-2)
    bar = ax.figure.axes[1]
    assert [t.get_text() for t in bar.get_yticklabels()] == [f"$10^{{{d}}}$" for d in (-2, 0, 2, 4)]


def test_what_does_not_fit_is_refused(ax):
    with pytest.raises(ValueError, match=r"losses must have shape \(11, 21\), got \(21, 11\)"):
        plots.surface(ax, X, Y, LOSSES.T)
    with pytest.raises(ValueError, match="across must hold at least two weights that rise"):
        plots.surface(ax, X[::-1], Y, LOSSES)
    with pytest.raises(ValueError, match="losses must not be below 0"):
        plots.surface(ax, X, Y, LOSSES - 1)
    with pytest.raises(ValueError, match=r"the way of 'a' up must have shape \(2,\), got \(1,\)"):
        plots.surface(ax, X, Y, LOSSES, paths={"a": ([1.0, 2.0], [1.0])})
    with pytest.raises(ValueError, match="paths must hold at most 4 paths, got 5"):
        plots.surface(ax, X, Y, LOSSES, paths={str(i): ([0.0], [0.0]) for i in range(5)})
