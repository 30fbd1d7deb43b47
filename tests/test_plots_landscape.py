"""The landscape shows the loss, every named point and every step of a path; what does not fit is refused."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from companion import plots

WEIGHTS = np.linspace(-2, 2, 41)
LOSSES = WEIGHTS**2
PATHS = {"left": ([-2.0, -1.0, -0.5], [4.0, 1.0, 0.25]), "right": ([1.5, 0.5], [2.25, 0.25])}


@pytest.fixture
def ax():
    plots.use_style()
    _, ax = plt.subplots()
    yield ax
    plt.close("all")


def test_the_loss_the_points_and_the_paths_are_drawn(ax):
    assert plots.landscape(ax, WEIGHTS, LOSSES, points={"minimum": (0.0, 0.0)}, paths=PATHS) is ax
    drawn = [(line.get_xdata(), line.get_ydata()) for line in ax.lines]
    for xs, ys in [(WEIGHTS, LOSSES), *PATHS.values()]:
        assert any(len(x) == len(xs) and np.allclose(x, xs) and np.allclose(y, ys) for x, y in drawn)
    named = {text.get_text(): text.xy for text in ax.texts if text.get_text()}
    assert named == {"minimum": (0.0, 0.0), "left": (-2.0, 4.0), "right": (1.5, 2.25)}


def test_an_arrow_leads_from_each_place_to_the_next(ax):
    plots.landscape(ax, WEIGHTS, LOSSES, paths=PATHS)
    arrows = {(text.xyann[0], text.xy[0]) for text in ax.texts if not text.get_text()}
    assert arrows == {(-2.0, -1.0), (-1.0, -0.5), (1.5, 0.5)}


def test_what_does_not_fit_is_refused(ax):
    with pytest.raises(ValueError, match=r"losses must have shape \(41,\), got \(40,\)"):
        plots.landscape(ax, WEIGHTS, LOSSES[1:])
    with pytest.raises(ValueError, match="the point 'p' must have shape"):
        plots.landscape(ax, WEIGHTS, LOSSES, points={"p": (1.0, 2.0, 3.0)})
    with pytest.raises(ValueError, match="the losses of 'left' must have shape"):
        plots.landscape(ax, WEIGHTS, LOSSES, paths={"left": ([1.0, 2.0], [1.0])})
    with pytest.raises(ValueError, match="paths must hold at most 5 paths, got 6"):
        plots.landscape(ax, WEIGHTS, LOSSES, paths={str(i): ([0.0], [0.0]) for i in range(6)})


def test_a_name_stands_below_a_valley_and_above_a_hill(ax):
    plots.landscape(ax, WEIGHTS, LOSSES, points={"valley": (0.0, 0.0), "side": (1.0, 1.0)})
    sides = {text.get_text(): text.get_va() for text in ax.texts}
    assert sides == {"valley": "top", "side": "bottom"}
