"""The charts of a classification show what they are given, and refuse what they cannot show."""

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from companion import plots


@pytest.fixture(autouse=True)
def _style():
    plots.use_style()
    yield
    plt.close("all")


def axes():
    return plt.subplots()[1]


def words(ax):
    return {t.get_text() for t in ax.texts}


def test_heat_map_has_time_to_the_right_and_hatches_the_padding():
    values = np.random.default_rng(0).normal(size=(5, 3))
    ax = plots.heat_map(axes(), values, steps=8, limit=2.0, title="a", x_label="frame")
    (image,) = ax.images
    np.testing.assert_array_equal(image.get_array(), values.T)
    assert image.get_clim() == (-2.0, 2.0)
    assert ax.get_xlim() == (0.5, 8.5)
    (padding,) = ax.patches
    assert (padding.get_x(), padding.get_width(), padding.get_hatch()) == (5.5, 3, "///")
    assert not plots.heat_map(axes(), values).patches


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ([1, 2], {}, r"values must have shape \(T, D\), got \(2,\)"),
        ([[np.nan]], {}, "values must be finite"),
        (np.ones((4, 2)), {"steps": 3}, "steps must be at least 4, got 3"),
        ([[1.0]], {"limit": 0.0}, "limit must be positive and finite, got 0"),
    ],
)
def test_heat_map_says_what_is_wrong(values, options, message):
    with pytest.raises(ValueError, match=message):
        plots.heat_map(axes(), values, **options)


def test_confusion_has_the_truth_in_rows_and_leaves_what_never_occurred_empty():
    ax = plots.confusion(axes(), [[3, 1, 0], [0, 4, 0], [1, 0, 399]], of="speaker")
    where = {t.get_text(): t.get_position() for t in ax.texts}
    assert where["25"] == (1.5, 0.5) and where["75"] == (0.5, 0.5) and where["<1"] == (0.5, 2.5)
    assert len(ax.texts) == 5
    assert ax.get_ylim() == (3, 0)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("answered", "speaker")
    fills = [p.get_facecolor() for p in ax.patches]
    assert fills[0][2] > fills[0][0] and fills[1][0] > fills[1][2]  # right is blue, wrong is vermilion
    assert np.allclose(fills[2][:3], to_rgb(plots.PAPER), atol=0.01)


@pytest.mark.parametrize(
    ("counts", "labels", "message"),
    [
        (np.ones((2, 3)), None, r"counts must have shape \(K, K\), got \(2, 3\)"),
        ([[1, -1], [0, 1]], None, "counts must not be negative, got -1"),
        ([[1, 0], [0, 0]], None, "every row must count something, got none in row 1"),
        (np.eye(2), ["a"], r"labels must have length 2 \(one a class\), got 1"),
    ],
)
def test_confusion_says_what_is_wrong(counts, labels, message):
    with pytest.raises(ValueError, match=message):
        plots.confusion(axes(), counts, labels)


def test_results_have_a_row_for_each_method_in_order():
    values = {"net": [0.9, 0.94, 0.98], "rule": 0.8}
    ax = plots.results(axes(), values, intervals={"net": (0.9, 0.97)}, published={"paper": 0.941})
    assert [t.get_text() for t in ax.get_yticklabels()] == ["net", "rule", "paper"]
    bar, rings, mean, rule, paper = ax.lines
    assert list(bar.get_xdata()) == [0.9, 0.97]
    assert list(rings.get_xdata()) == values["net"]
    assert float(mean.get_xdata()[0]) == pytest.approx(0.94)
    assert float(rule.get_xdata()[0]) == 0.8 and float(paper.get_xdata()[0]) == 0.941
    assert paper.get_marker() == "D" != rule.get_marker()


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ({}, {}, "values must hold at least one method, got none"),
        ({"a": []}, {}, r"the runs of 'a' must have shape \(N,\), got \(0,\)"),
        ({"a": np.nan}, {}, "the runs of 'a' must be finite"),
        ({"a": 1}, {"intervals": {"b": (0, 1)}}, "intervals must be those of a, got b"),
        ({"a": 1}, {"intervals": {"a": (1, 0)}}, r"the interval of 'a' must be \(low, high\)"),
        ({"a": 1}, {"published": {"p": np.inf}}, "the result 'p' must be finite"),
    ],
)
def test_results_say_what_is_wrong(values, options, message):
    with pytest.raises(ValueError, match=message):
        plots.results(axes(), values, **options)
