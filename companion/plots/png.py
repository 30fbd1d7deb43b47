"""How a figure becomes a stored picture: exactly its size, at twice the screen's resolution, in few bytes.

A figure of this course has few colours, so a palette of 256 of them loses nothing that can be seen and keeps
the notebooks, and with them the repository's history, about a third of the size.
"""

from __future__ import annotations

import base64
import io
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image  # comes with matplotlib

COLOURS = 256
RESOLUTION = 200  # dots per inch: twice what a page shows


def png(figure: Figure) -> bytes:
    """Return `figure` as a PNG of 200 dots per inch in a palette of 256 colours, never cropped."""
    before, canvas = figure.dpi, figure.canvas
    drawn = io.BytesIO()
    try:
        FigureCanvasAgg(figure).print_figure(drawn, dpi=RESOLUTION, format="png", bbox_inches=None)
    finally:
        figure.set_canvas(canvas)
        figure.set_dpi(before)
    pixels = np.asarray(Image.open(drawn).convert("RGB"))
    stored = io.BytesIO()
    _with_palette(pixels).save(stored, "PNG", optimize=True)
    return stored.getvalue()


def _with_palette(pixels: NDArray[np.uint8]) -> Image.Image:
    """Return an image (height, width, 3) in 256 of its colours, every other pixel in the nearest of them.

    Half of the palette are the commonest colours, which are thus exact: the paper, the ink, the lines. The
    other half are those farthest from all chosen before, so that no shade at the edge of a letter goes far
    astray.
    """
    packed = pixels.astype(np.int64) @ np.array([65536, 256, 1])
    found, where, counts = np.unique(packed, return_inverse=True, return_counts=True)
    colours = np.stack([found // 65536, found // 256 % 256, found % 256], axis=1)
    chosen = np.argsort(-counts, kind="stable")[: COLOURS // 2].tolist()
    nearest = np.zeros(len(colours), dtype=np.uint8)
    distance = np.full(len(colours), np.inf)
    for i in range(min(COLOURS, len(colours))):
        if i >= len(chosen):
            chosen.append(int(distance.argmax()))
        new = np.square(colours - colours[chosen[i]]).sum(axis=1)
        nearest[new < distance] = i
        distance = np.minimum(distance, new)
    image = Image.fromarray(nearest[where].reshape(packed.shape))
    image.putpalette(colours[chosen].astype(np.uint8).tobytes())
    return image


def in_notebooks() -> None:
    """In a notebook, show figures by `png`, with their width on the page; elsewhere do nothing."""
    try:
        from IPython import get_ipython
    except ImportError:
        return
    shell: Any = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return
    plt.switch_backend(plt.get_backend())  # starts the inline backend, which sets formats of its own, once
    for formatter in shell.display_formatter.formatters.values():
        formatter.pop(Figure, None)
    shell.display_formatter.formatters["image/png"].for_type(Figure, _shown)


def _shown(figure: Figure) -> tuple[str, dict[str, int]] | None:
    if not (figure.axes or figure.lines):
        return None
    # The width alone: a page that shrinks the picture to a phone's column then shrinks its height with it.
    width = round(figure.get_size_inches()[0] * RESOLUTION / 2)
    return base64.b64encode(png(figure)).decode("ascii"), {"width": width}
