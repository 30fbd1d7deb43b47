"""The drawings of the five networks: who reads whose state; and pictures side by side in one scale."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from companion import plots
from companion.plots.style import WEIGHT_COLOURS
from companion.plots.variants import COLUMNS
from companion.variants import VARIANTS


@pytest.fixture(autouse=True)
def style():
    plots.use_style()
    yield
    plt.close("all")


def drawn(name):
    ax = plots.canvas(4.0)
    assert plots.variant(ax, name) is ax
    return ax


def reads(ax):
    """From which state to which an orange arrow leads, counted from 1."""
    colour = matplotlib.colors.to_rgba(WEIGHT_COLOURS["W_hh"])
    found = [p for p in ax.patches if isinstance(p, FancyArrowPatch) and p.get_edgecolor() == colour]
    ends = [patch._path_original.vertices[[0, -1], 0] for patch in found]
    return sorted(tuple(int(np.argmin(np.abs(np.array(COLUMNS) - x))) + 1 for x in pair) for pair in ends)


CHAIN = [(1, 2), (2, 3), (3, 4)]


@pytest.mark.parametrize(
    ("name", "further"),
    [
        ("vanilla", []),
        ("multi-stream", []),
        ("internal-convolution", []),
        ("lag-2", [(1, 3), (2, 4)]),
        ("concatenated", [(1, 3), (1, 4), (2, 4)]),
    ],
)
def test_arrows_lead_from_each_state_to_those_that_read_it(name, further):
    assert reads(drawn(name)) == sorted(CHAIN + further)


def test_all_five_have_their_boxes():
    for name in VARIANTS:
        ax = drawn(name)
        words = [text.get_text() for text in ax.texts]
        boxes = sum(isinstance(patch, FancyBboxPatch) for patch in ax.patches)
        assert boxes == 12 + (name == "multi-stream")
        assert {f"$s_{t}$" for t in (1, 2, 3, 4)} <= set(words)
        assert words.count("$*$") == (3 if name == "internal-convolution" else 0)
        assert words.count("dense") == (2 if name == "multi-stream" else 0)
        assert ("Poisson" in words) == (name != "multi-stream")


def test_an_unknown_network_is_refused():
    with pytest.raises(ValueError, match=r"name must be one of vanilla, .* got 'gru'"):
        plots.variant(plots.canvas(4.0), "gru")


def test_pictures_stand_in_one_scale():
    _, axes = plt.subplots(1, 3)
    images = np.arange(3 * 4 * 4).reshape(3, 4, 4)
    assert plots.versions(axes, images, ["a", "b", "c"]) is axes
    assert {ax.images[0].get_clim() for ax in axes} == {(0, 47)}
    assert [ax.get_title() for ax in axes] == ["a", "b", "c"]
    with pytest.raises(ValueError, match="names"):
        plots.versions(axes, images, ["a"])
