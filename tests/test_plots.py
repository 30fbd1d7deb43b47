"""The figures: what is drawn where, that nothing collides, that it is seen in the light and in the dark."""

from __future__ import annotations

import base64
import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.path import Path
from matplotlib.text import Text
from PIL import Image

from companion import plots
from companion.plots import style
from companion.plots.lines import _spread
from companion.plots.png import _shown

RNG = np.random.default_rng(5)
STATES = np.array([[0.125, -0.25], [0.5, 0.75], [-0.999, 0.001]])
MONTHS = np.arange("2006-12", "2010-12", dtype="datetime64[M]")
POWER = 1 + 0.4 * np.cos(np.arange(48) / 6 * np.pi)
EPOCHS = np.arange(40)
FALLING = {
    "SGD": np.exp(-EPOCHS / 20) + 0.20,
    "Adam": np.exp(-EPOCHS / 9) + 0.19,
    "AdaGrad": np.exp(-EPOCHS / 12) + 0.21,
}
LAGS = np.arange(12)
NORMS = {"0.5": 0.5**LAGS, "1.0": 0.9 * 1.0**LAGS, "1.5": 1.5**LAGS}
NUMBERS: dict[str, Any] = {
    "inputs": ("10", "20", "30"),
    "hidden": STATES,
    "outputs": ("40.12",),
    "initial": "0",
}

DIAGRAMS: dict[str, tuple[float, Callable[[Axes], Axes]]] = {
    "unrolled last": (2.8, lambda ax: plots.unrolled(ax)),
    "unrolled last, numbers": (3.4, lambda ax: plots.unrolled(ax, **NUMBERS)),
    "unrolled last, unfolded only": (2.8, lambda ax: plots.unrolled(ax, 4, folded=False)),
    "unrolled every": (2.8, lambda ax: plots.unrolled(ax, readout="every")),
    "unrolled every, unfolded only": (2.8, lambda ax: plots.unrolled(ax, 4, readout="every", folded=False)),
    "unrolled flatten": (3.6, lambda ax: plots.unrolled(ax, readout="flatten")),
    "unrolled flatten, numbers": (
        4.6,
        lambda ax: plots.unrolled(ax, readout="flatten", folded=False, **NUMBERS),
    ),
    "unrolled once": (3.6, lambda ax: plots.unrolled(ax, 1, readout="flatten", hidden_size=3)),
    "gradient flow every": (3.6, lambda ax: plots.gradient_flow(ax)),
    "gradient flow last": (3.6, lambda ax: plots.gradient_flow(ax, loss="last")),
    "gradient flow flatten, norms": (
        3.6,
        lambda ax: plots.gradient_flow(
            ax, 3, loss="flatten", direct_norms=[0.5, 1.25, 2.0], recurrent_norms=[0.3125, 1.3]
        ),
    ),
    "gradient flow cut": (3.6, lambda ax: plots.gradient_flow(ax, cut=True)),
    "gradient flow last cut": (3.6, lambda ax: plots.gradient_flow(ax, loss="last", cut=True)),
    "letter net": (
        3.8,
        lambda ax: plots.letter_net(ax, [0, 1, 0, 0, 0], [-0.9, 0.8, 0.7], [0.02, 0.02, 0.91, 0.03, 0.02]),
    ),
}
CHARTS: dict[str, tuple[float, Callable[[Axes], Axes]]] = {
    "series": (
        3.8,
        lambda ax: plots.series(
            ax, MONTHS, POWER, label="mean power, kW", mark=("2008-07-15", "2008-08-15"), note="August 2008"
        ),
    ),
    "curves": (3.8, lambda ax: plots.curves(ax, EPOCHS, FALLING, log=True, x_label="epoch", y_label="loss")),
    "gradient by lag": (3.8, lambda ax: plots.gradient_by_lag(ax, LAGS, NORMS)),
    "matrix": (
        3.8,
        lambda ax: plots.matrix(ax, RNG.normal(size=(3, 5)), ["a", "b", "c"], list("vwxyz"), title="W"),
    ),
}
FIGURES = DIAGRAMS | CHARTS


@pytest.fixture(autouse=True)
def _style() -> Iterator[None]:
    plots.use_style()
    yield
    plt.close("all")
    matplotlib.rcdefaults()


def draw(name: str) -> Axes:
    height, function = FIGURES[name]
    if name in DIAGRAMS:
        return function(plots.canvas(height))
    return function(plt.subplots(figsize=(plots.WIDTH, height))[1])


def texts(ax: Axes) -> list[Text]:
    ax.figure.canvas.draw()
    unseen: set[Any] = set()  # an axis also makes ticks beyond its ends, which it does not draw
    for axis in (ax.xaxis, ax.yaxis):
        low, high = sorted(axis.get_view_interval())
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
            if not low <= tick.get_loc() <= high:
                unseen |= {tick.label1, tick.label2}
    found = [t for t in ax.findobj(Text) if isinstance(t, Text) and t not in unseen]
    return [t for t in found if t.get_visible() and t.get_text().strip()]


def words(ax: Axes) -> set[str]:
    return {text.get_text() for text in texts(ax)}


# -- every figure ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FIGURES)
def test_draws_on_the_axes_given_and_on_no_other(name: str) -> None:
    height, function = FIGURES[name]
    _, (target, bystander) = plt.subplots(2, 1, figsize=(plots.WIDTH, 2 * height))
    other = plt.figure()
    before = len(bystander.get_children())
    assert function(target) is target
    assert len(target.findobj()) > 20
    assert plt.gcf() is other and not other.axes
    assert len(bystander.get_children()) == before and len(plt.get_fignums()) == 2


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_touches_another_or_leaves_the_figure(name: str) -> None:
    ax = draw(name)
    page = ax.figure.bbox
    boxes = [(t.get_text(), t.get_window_extent()) for t in texts(ax)]
    assert boxes
    for text, box in boxes:
        assert page.x0 - 1 <= box.x0 and box.x1 <= page.x1 + 1, f"{text!r} leaves the figure sideways"
        assert page.y0 - 1 <= box.y0 and box.y1 <= page.y1 + 1, f"{text!r} leaves the figure"
    for (one, a), (other, b) in combinations(boxes, 2):
        across = min(a.x1, b.x1) - max(a.x0, b.x0)
        up = min(a.y1, b.y1) - max(a.y0, b.y0)
        assert across <= 0 or up <= 0.5, f"{one!r} and {other!r} overlap by {across:.1f} x {up:.1f} pixels"


@pytest.mark.parametrize("name", DIAGRAMS)
def test_no_arrow_runs_through_a_label(name: str) -> None:
    ax = draw(name)
    boxes = [(t.get_text(), t.get_window_extent()) for t in texts(ax)]
    for arrow in (p for p in ax.patches if isinstance(p, FancyArrowPatch)):
        outline = arrow.get_transform().transform_path(arrow.get_path())
        path = np.concatenate(
            [Path(p).interpolated(20).vertices for p in outline.to_polygons(closed_only=False)]
        )
        for text, box in boxes:
            inside = (path >= box.min) & (path <= box.max)
            assert not inside.all(axis=1).any(), f"an arrow runs through {text!r}"


@pytest.mark.parametrize("name", [n for n in DIAGRAMS if n != "letter net"])
def test_text_in_a_box_fits_it(name: str) -> None:
    ax = draw(name)
    rooms = [p.get_window_extent() for p in ax.patches if isinstance(p, FancyBboxPatch)]
    for text in texts(ax):
        box = text.get_window_extent()
        middle = ((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)
        for room in rooms:
            if room.contains(*middle):
                assert room.x0 < box.x0 and box.x1 < room.x1, f"{text.get_text()!r} is wider than its box"


@pytest.mark.parametrize("name", FIGURES)
def test_letters_are_large_enough_for_a_phone(name: str) -> None:
    ax = draw(name)
    column = 340  # pixels, against the figure's width in points
    smallest = min(t.get_fontsize() for t in texts(ax))
    assert smallest / 72 / plots.WIDTH * column >= 9


@pytest.mark.parametrize("name", FIGURES)
def test_png_is_small_twice_the_size_opaque_and_the_same_each_time(name: str) -> None:
    ax = draw(name)
    stored = plots.png(ax.figure.figure)
    picture = Image.open(io.BytesIO(stored))
    assert len(stored) < 80_000
    assert picture.size == pytest.approx((1280, FIGURES[name][0] * 200), abs=1)
    assert picture.mode == "P" and "transparency" not in picture.info
    assert np.allclose(np.array(picture.convert("RGB"))[2, 2] / 255, to_rgb(plots.PAPER))
    assert plots.png(ax.figure.figure) == stored
    plt.close("all")
    if name != "matrix":
        assert plots.png(draw(name).figure.figure) == stored


def test_palette_of_the_png_changes_no_colour_that_is_seen() -> None:
    ax = draw("unrolled last")
    drawn = io.BytesIO()
    ax.figure.figure.savefig(drawn, dpi=200)
    exact = np.array(Image.open(drawn).convert("RGB"), dtype=int)
    stored = np.array(Image.open(io.BytesIO(plots.png(ax.figure.figure))).convert("RGB"), dtype=int)
    difference = np.abs(exact - stored).max(axis=2)
    assert difference.max() <= 24 and difference.mean() < 0.2


def test_png_leaves_the_figure_as_it_was() -> None:
    figure = draw("curves").figure.figure
    canvas = figure.canvas
    plots.png(figure)
    assert figure.canvas is canvas and figure.dpi == 100


def test_notebooks_get_the_width_but_no_height() -> None:
    shown = _shown(draw("unrolled last").figure.figure)
    assert shown is not None
    picture, metadata = shown
    assert metadata == {"width": 640}
    assert base64.b64decode(picture).startswith(b"\x89PNG")
    assert _shown(plt.figure()) is None


# -- colours ---------------------------------------------------------------------------------------

COLOURS = {"INK": plots.INK, "GREY": plots.GREY, **{f"palette {i}": c for i, c in enumerate(plots.PALETTE)}}


def linear(colour: Any) -> Any:
    c = np.array(to_rgb(colour))
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(one: Any, other: Any) -> float:
    """Return the contrast ratio of two colours by WCAG 2, from 1 to 21."""

    def luminance(colour: Any) -> float:
        return float(linear(colour) @ [0.2126, 0.7152, 0.0722])

    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


def dark(colour: Any, inverted: float) -> tuple[float, float, float]:
    """Return what the CSS filter `invert(inverted) hue-rotate(180deg)` makes of a colour."""
    turned = inverted + np.array(to_rgb(colour)) * (1 - 2 * inverted)
    grey = np.array([0.213, 0.715, 0.072])
    # hue-rotate by 180 degrees keeps the luminance and negates the rest (Filter Effects 1, feColorMatrix).
    rotation = 2 * np.tile(grey, (3, 1)) - np.eye(3)
    r, g, b = np.clip(rotation @ turned, 0, 1)
    return float(r), float(g), float(b)


@pytest.mark.parametrize("colour", COLOURS.values(), ids=COLOURS)
def test_colours_stand_out_from_the_paper_in_light_and_dark(colour: str) -> None:
    assert contrast(colour, plots.PAPER) >= 4.5
    for inverted in (0.92, 0.93):
        assert contrast(dark(colour, inverted), dark(plots.PAPER, inverted)) >= 4.5


@pytest.mark.parametrize("value", np.linspace(-1, 1, 21))
def test_numbers_in_cells_can_be_read_in_light_and_dark(value: float) -> None:
    fill = style.DIVERGING(0.5 + 0.5 * value)
    assert contrast(plots.INK, fill) >= 4.5
    assert contrast(dark(plots.INK, 0.93), dark(fill, 0.93)) >= 4.5


# Machado, Oliveira and Fernandes 2009: what is seen without the first, second or third kind of cone.
VISION = {
    "full": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


@pytest.mark.parametrize("vision", VISION.values(), ids=VISION)
@pytest.mark.parametrize("inverted", [0.0, 0.92, 0.93])
def test_colours_differ_to_every_kind_of_colour_vision(vision: Any, inverted: float) -> None:
    def lab(colour: Any) -> Any:
        seen = np.clip(np.asarray(vision) @ linear(dark(colour, inverted) if inverted else colour), 0, 1)
        xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ seen
        x, y, z = np.cbrt(xyz / [0.9505, 1.0, 1.089])
        return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])

    apart = {(a, b): np.linalg.norm(lab(a) - lab(b)) for a, b in combinations(plots.PALETTE, 2)}
    assert min(apart.values()) > 10, min(apart, key=apart.__getitem__)  # 2.3 is the least that is noticed


def test_weights_have_colours_of_their_own() -> None:
    assert len(set(plots.WEIGHT_COLOURS.values())) == 3
    assert set(plots.WEIGHT_COLOURS.values()) <= set(plots.PALETTE)
    assert len(set(plots.PALETTE)) == 5


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("white", "black") == pytest.approx(21)
    assert contrast("#767676", "white") == pytest.approx(4.54, abs=0.01)


# -- style and helpers -----------------------------------------------------------------------------


def test_style_undoes_whatever_was_set_before() -> None:
    wanted = dict(matplotlib.rcParams)
    matplotlib.rcParams.update({"font.size": 3, "lines.dashed_pattern": (1, 9), "axes.grid": True})
    plots.use_style()
    assert dict(matplotlib.rcParams) == wanted
    assert matplotlib.rcParams["font.family"] == ["DejaVu Sans"]


def test_importing_the_package_does_not_import_matplotlib() -> None:
    code = "import companion, sys; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_canvas_fills_its_figure() -> None:
    ax = plots.canvas(2.5)
    assert ax.get_position().bounds == (0, 0, 1, 1)
    assert tuple(ax.figure.figure.get_size_inches()) == (plots.WIDTH, 2.5)
    top, bottom = plots.canvases(2, 5.0)
    assert top.get_position().y0 == bottom.get_position().y1 == 0.5


def test_symbols_and_numbers() -> None:
    assert (
        plots.symbol("W_xh") == "$W_{xh}$" and plots.symbol("b_h") == "$b_{h}$" and plots.symbol("xs") == "xs"
    )
    assert (
        style.number(-0.25, 2) == "−0.25"
        and style.number(-0.001, 2) == "0.00"
        and style.number(40, 0) == "40"
    )


def test_public_names_are_documented() -> None:
    for name in plots.__all__:
        thing = getattr(plots, name)
        if callable(thing):
            assert thing.__doc__, name


# -- unrolled --------------------------------------------------------------------------------------


def arrows(ax: Axes, colour: str) -> list[FancyArrowPatch]:
    return [
        p for p in ax.patches
        if isinstance(p, FancyArrowPatch) and np.allclose(to_rgb(p.get_edgecolor()[:3]), to_rgb(colour))
    ]  # fmt: skip


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 6])
@pytest.mark.parametrize(("readout", "outputs"), [("last", 1), ("every", None), ("flatten", 1)])
def test_unrolled_has_one_arrow_a_weight_a_step(steps: int, readout: Any, outputs: int | None) -> None:
    ax = plots.unrolled(plots.canvas(3.6), steps, readout=readout, folded=False)
    assert len(arrows(ax, plots.WEIGHT_COLOURS["W_xh"])) == steps
    assert len(arrows(ax, plots.WEIGHT_COLOURS["W_hh"])) == steps
    assert len(arrows(ax, plots.WEIGHT_COLOURS["W_hy"])) == (outputs or steps)
    assert {f"$h_{t}$" for t in range(steps + 1)} | {f"$x_{t + 1}$" for t in range(steps)} <= words(ax)


def test_unrolled_shows_the_cell_with_its_loop_only_when_asked() -> None:
    assert {"$h_t$", "$x_t$", "="} <= words(plots.unrolled(plots.canvas(2.8)))
    assert not {"$h_t$", "$x_t$", "="} & words(plots.unrolled(plots.canvas(2.8), folded=False))
    assert r"$\hat{y}_t$" in words(plots.unrolled(plots.canvas(2.8), readout="every"))
    assert r"$\hat{y}_t$" not in words(plots.unrolled(plots.canvas(2.8), readout="last"))


def test_unrolled_prints_the_values_it_is_given() -> None:
    shown = words(draw("unrolled flatten, numbers"))
    assert {"10", "20", "30", "0.125", "−0.250", "0.500", "0.750", "−0.999", "0.001", "40.12", "0"} <= shown
    cells = [p for p in draw("unrolled flatten, numbers").patches if type(p) is Rectangle]
    assert len(cells) == STATES.size


def test_arrows_end_at_the_borders_of_boxes() -> None:
    ax = plots.unrolled(plots.canvas(2.8), folded=False)
    boxes = [p.get_bbox() for p in ax.patches if isinstance(p, FancyBboxPatch)]
    for arrow in (p for p in ax.patches if isinstance(p, FancyArrowPatch)):
        path = arrow._path_original  # type: ignore[attr-defined]
        for x, y in (path.vertices[0], path.vertices[-1]):
            gaps = [max(b.x0 - x, x - b.x1, b.y0 - y, y - b.y1) for b in boxes]
            assert min(abs(g) for g in gaps) < 1e-9


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "steps must be at least 1, got 0"),
        ({"inputs": ("10", "20")}, r"inputs must have length 3 \(one a step\), got 2"),
        ({"outputs": ("1", "2", "3")}, r"outputs must have length 1 \(read-out 'last'\), got 3"),
        ({"outputs": ("1",), "readout": "every"}, "outputs must have length 3"),
        ({"hidden": np.zeros((2, 2))}, r"hidden must have shape \(3, H\), got \(2, 2\)"),
        ({"hidden": np.zeros((3, 0))}, r"hidden must have shape \(3, H\), got \(3, 0\)"),
        ({"hidden": np.full((3, 2), np.nan)}, r"hidden must be finite, got nan at \[0, 0\]"),
        ({"hidden": [["a", "b"]] * 3}, "hidden must be numbers"),
        ({"readout": "first"}, "readout must be one of last, every, flatten, got 'first'"),
        ({"hidden_size": 0}, "hidden_size must be at least 1, got 0"),
    ],
)
def test_unrolled_says_what_is_wrong(options: dict[str, Any], message: str) -> None:
    ax = plots.canvas(2.8)
    with pytest.raises(ValueError, match=message):
        plots.unrolled(ax, **options)
    assert not ax.patches and not ax.texts


# -- gradient flow ---------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [2, 3, 4, 5])
@pytest.mark.parametrize("loss", ["every", "last", "flatten"])
def test_gradient_flow_has_the_arrows_of_the_recursion(steps: int, loss: Any) -> None:
    ax = plots.gradient_flow(plots.canvas(3.6), steps, loss=loss)
    assert len(arrows(ax, plots.GREEN)) == (1 if loss == "last" else steps)
    assert len(arrows(ax, plots.VERMILION)) == steps - 1
    assert sum(t.get_text() == "+" for t in ax.texts) == (0 if loss == "last" else steps - 1)
    assert {rf"$\bar{{a}}_{t + 1}$" for t in range(steps)} <= words(ax)


def test_cut_leaves_only_the_direct_gradients() -> None:
    ax = plots.gradient_flow(plots.canvas(3.6), 4, cut=True)
    assert not arrows(ax, plots.VERMILION)
    assert len(arrows(ax, style.GHOST)) == 3 and len(arrows(ax, plots.GREEN)) == 4
    assert len(ax.lines) == 6  # two strokes for each cross


def test_arrows_are_as_wide_as_the_norms_are_large() -> None:
    ax = plots.gradient_flow(
        plots.canvas(3.6), 3, loss="flatten", direct_norms=[0.0, 1.0, 2.0], recurrent_norms=[1.0, 0.5]
    )
    direct = [a.get_linewidth() for a in arrows(ax, plots.GREEN)]
    recurrent = [a.get_linewidth() for a in arrows(ax, plots.VERMILION)]
    assert direct[1] == recurrent[0]
    assert direct[2] - direct[1] == pytest.approx(direct[1] - direct[0])
    assert {"0.0", "1.0", "2.0", "0.50"} <= words(ax)
    silent = plots.gradient_flow(plots.canvas(3.6), 2, direct_norms=[0, 0], recurrent_norms=[0])
    assert len(arrows(silent, plots.GREEN)) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 1}, "steps must be at least 2, got 1"),
        ({"loss": "all"}, "loss must be one of last, every, flatten, got 'all'"),
        ({"direct_norms": [1] * 4}, "must be given together"),
        (
            {"direct_norms": [1] * 3, "recurrent_norms": [1] * 3},
            r"direct_norms must have shape \(4,\), got \(3,\)",
        ),
        (
            {"direct_norms": [1] * 4, "recurrent_norms": [1, -1, 1]},
            "recurrent_norms must not be negative, got -1",
        ),
        (
            {"direct_norms": [1, np.inf, 1, 1], "recurrent_norms": [1] * 3},
            "direct_norms must be finite, got inf",
        ),
    ],
)
def test_gradient_flow_says_what_is_wrong(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plots.gradient_flow(plots.canvas(3.6), **options)


# -- letter net ------------------------------------------------------------------------------------


def test_letter_net_shows_letters_memory_and_probabilities() -> None:
    ax = draw("letter net")
    assert {*"abcde", "1", "0", "−0.9", "0.8", "0.7", "91 %", "2 %", "3 %"} <= words(ax)
    bars = [
        p.get_width() for p in ax.patches if type(p) is Rectangle and p.get_height() == pytest.approx(0.26)
    ]
    assert np.allclose(np.array(bars) / bars[2], np.array([0.02, 0.02, 0.91, 0.03, 0.02]) / 0.91)


@pytest.mark.parametrize(
    ("x", "h", "p", "message"),
    [
        ([0, 1, 0, 0], [0.1], [0.2] * 5, r"x must have shape \(5,\), got \(4,\)"),
        ([0, 1, 1, 0, 0], [0.1], [0.2] * 5, "x must be one-hot"),
        ([0, 1, 0, 0, 0], [], [0.2] * 5, r"h must have shape \(H,\), got \(0,\)"),
        ([0, 1, 0, 0, 0], [0.1], [0.3] * 5, "probabilities must be at least 0 and sum to 1"),
        ([0, 1, 0, 0, 0], [0.1], [-0.2, 0.6, 0.2, 0.2, 0.2], "probabilities must be at least 0"),
    ],
)
def test_letter_net_says_what_is_wrong(x: Any, h: Any, p: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plots.letter_net(plots.canvas(3.8), x, h, p)


# -- charts ----------------------------------------------------------------------------------------


def test_series_holds_the_data_and_the_mark() -> None:
    values = POWER.copy()
    values[7] = np.nan
    ax = plots.series(
        plt.subplots()[1], MONTHS, values, label="kW", mark=("2008-07-15", "2008-08-15"), note="here"
    )
    assert np.array_equal(np.asarray(ax.lines[0].get_xdata(orig=True)), MONTHS)
    assert np.array_equal(np.asarray(ax.lines[0].get_ydata(orig=True)), values, equal_nan=True)
    assert {"2007", "2008", "2009", "2010", "here", "kW"} <= words(ax)
    plain = plots.series(plt.subplots()[1], np.arange(5), np.arange(5.0), mark=(1, 2), note="x")
    assert len(plain.lines) == 1


@pytest.mark.parametrize(
    ("time", "value", "options", "message"),
    [
        (MONTHS[:3], POWER[:2], {}, r"time must have length 2 \(as many as value\), got 3"),
        (MONTHS[:1], POWER[:1], {}, "the number of points must be at least 2, got 1"),
        (MONTHS[:2], [[1, 2]], {}, r"value must have shape \(T,\), got \(1, 2\)"),
        (MONTHS[:2], [1, np.inf], {}, r"value must be finite, got inf at \[1\]"),
        (MONTHS, POWER, {"mark": ("2011-01", "2011-02")}, "mark must lie between 2006-12 and 2010-11"),
        (MONTHS, POWER, {"mark": ("2008-02", "2008-01")}, "first to last"),
    ],
)
def test_series_says_what_is_wrong(time: Any, value: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plots.series(plt.subplots()[1], time, value, **options)


def test_curves_hold_the_data_and_differ_in_colour_and_dash() -> None:
    ax = draw("curves")
    for line, values in zip(ax.lines, FALLING.values(), strict=True):
        assert np.array_equal(np.asarray(line.get_xdata()), EPOCHS) and np.array_equal(
            np.asarray(line.get_ydata()), values
        )
    looks = {(line.get_color(), str(line._unscaled_dash_pattern)) for line in ax.lines}  # type: ignore[attr-defined]
    assert len(looks) == len({c for c, _ in looks}) == len({d for _, d in looks}) == 3
    assert ax.get_yscale() == "log" and ax.get_legend() is None
    assert {"SGD", "Adam", "AdaGrad", "epoch", "loss"} <= words(ax)


def test_names_stand_beside_the_ends_of_their_lines() -> None:
    ax = plots.curves(plt.subplots()[1], [0, 1], {"low": [0, 1], "high": [0, 9]})
    heights = {t.get_text(): t.get_window_extent().y0 for t in texts(ax)}
    assert heights["high"] > heights["low"]


@pytest.mark.parametrize("count", [2, 4, 5])
def test_names_of_lines_that_end_together_do_not_touch(count: int) -> None:
    ax = plots.curves(plt.subplots()[1], [0, 1], {f"line {i}": [i, 1 + i / 1000] for i in range(count)})
    boxes = [t.get_window_extent() for t in texts(ax) if t.get_text().startswith("line")]
    assert len(boxes) == count and not any(a.overlaps(b) for a, b in combinations(boxes, 2))


def test_spread_keeps_order_and_distance_and_moves_nothing_needlessly() -> None:
    for _ in range(200):
        heights = RNG.uniform(0, 1, size=RNG.integers(1, 7))
        placed = np.array(_spread(list(heights), 0.1))
        order = np.argsort(heights)
        assert (np.diff(placed[order]) >= 0.1 - 1e-12).all()
        assert placed.min() >= -1e-12 and placed.max() <= 1 + 1e-12
        if heights.size == 1 or np.diff(np.sort(heights)).min() >= 0.1:
            assert np.allclose(placed, heights)


@pytest.mark.parametrize(
    ("xs", "lines", "options", "message"),
    [
        ([0, 1], {}, {}, "named_series must hold 1 to 5 series, got 0"),
        ([0, 1], {str(i): [0, 1] for i in range(6)}, {}, "named_series must hold 1 to 5 series, got 6"),
        ([0, 1], {"a": [1, 2, 3]}, {}, r"the series 'a' must have shape \(2,\), got \(3,\)"),
        (
            [0, 1],
            {"a": [1, 0]},
            {"log": True},
            "the series 'a' must be positive on a logarithmic axis, got 0",
        ),
        ([0, 1], {"a": [1, -np.inf]}, {}, "the series 'a' must be finite, got -inf"),
        ([0, 1], {"a": [np.nan, np.nan]}, {}, "the series 'a' must hold a number, got NaN only"),
    ],
)
def test_curves_say_what_is_wrong(xs: Any, lines: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plots.curves(plt.subplots()[1], xs, lines, **options)


def test_gradient_by_lag_is_logarithmic_over_whole_lags() -> None:
    ax = draw("gradient by lag")
    assert ax.get_yscale() == "log"
    assert np.array_equal(np.asarray(ax.lines[2].get_ydata()), NORMS["1.5"])
    assert all(float(t).is_integer() for t in ax.get_xticks())
    with pytest.raises(ValueError, match=r"lags must be whole numbers, got 0\.5"):
        plots.gradient_by_lag(plt.subplots()[1], [0, 0.5], {"a": [1, 2]})


def test_matrix_puts_rows_in_rows_and_colours_by_sign() -> None:
    ax = plots.matrix(
        plt.subplots()[1], [[1.0, -2.0, 0.0], [0.5, 0.25, 4.0]], ["r1", "r2"], ["c1", "c2", "c3"], digits=1
    )
    where = {t.get_text(): t.get_position() for t in ax.texts}
    assert where["−2.0"] == (1.5, 0.5) and where["4.0"] == (2.5, 1.5)
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    fills = [p.get_facecolor() for p in ax.patches]
    assert np.allclose(fills[2][:3], to_rgb(plots.PAPER), atol=0.01)
    assert np.allclose(fills[5][:3], style.DIVERGING(1.0)[:3], atol=0.01)
    assert fills[1][2] > fills[1][0]
    shared = plots.matrix(plt.subplots()[1], [[4.0, 8.0]], limit=4)
    assert np.allclose(shared.patches[0].get_facecolor(), shared.patches[1].get_facecolor())
    assert plots.matrix(plt.subplots()[1], [[0.0]]).texts[0].get_text() == "0.00"


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ([1, 2], {}, r"values must have shape \(R, C\), got \(2,\)"),
        (np.zeros((0, 2)), {}, r"values must have shape \(R, C\), got \(0, 2\)"),
        ([[np.nan]], {}, "values must be finite, got nan"),
        ([[1.0]], {"row_labels": ["a", "b"]}, r"row_labels must have length 1 \(one a row\), got 2"),
        ([[1.0]], {"column_labels": []}, r"column_labels must have length 1 \(one a column\), got 0"),
        ([[1.0]], {"limit": 0}, "limit must be positive and finite, got 0"),
    ],
)
def test_matrix_says_what_is_wrong(values: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plots.matrix(plt.subplots()[1], values, **options)
