"""Compares stored figures with drawn ones, so that a chapter's pictures are tested like its numbers.

Drawn again, a figure is the same to the pixel; values off by one part in ten thousand, far more than another
processor's rounding, moved 20 pixels visibly. One wrong digit in a small label moves 270, two swapped curves
thousands. All measured on figures of the course's size.
"""

import base64
import io
from typing import Any

LEVELS = 24  # of 255: how far a pixel may move before it counts as changed
PIXELS = 60  # how many pixels of a figure may change


def pictures(outputs: list[dict[str, Any]]) -> list[bytes]:
    """The PNG pictures among a cell's outputs, in order."""
    data = [out.get("data", {}) for out in outputs]
    return [base64.b64decode(shown["image/png"]) for shown in data if "image/png" in shown]


def size(png: bytes) -> tuple[int, int]:
    """Width and height in pixels."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as image:
        return image.size


def difference(stored: bytes, drawn: bytes) -> str:
    """What tells two figures apart, in words; empty when they are the same."""
    if stored == drawn:
        return ""
    if size(stored) != size(drawn):
        return "stored figure is {}x{} pixels, drawn figure {}x{}".format(*size(stored), *size(drawn))
    import numpy as np
    from PIL import Image

    images = [Image.open(io.BytesIO(png)).convert("RGBA") for png in (stored, drawn)]
    before, after = (np.asarray(image, dtype=int) for image in images)
    changed = (np.abs(after - before).max(axis=2) > LEVELS).sum()
    if changed <= PIXELS:
        return ""
    return f"{changed} pixels differ from the stored ones, at most {PIXELS} may"
