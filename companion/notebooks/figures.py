"""Compares stored figures with drawn ones, so that a chapter's pictures are tested like its numbers.

Two runs of one figure on one machine are the same to the pixel; another processor may round an edge a little
differently, by a level or two. What a reader could see, such as two curves swapped, moves far more pixels,
and further.
"""

import base64
import io
from typing import Any

LEVELS = 24  # of 255: how far a pixel may move before it counts as changed
SHARE = 1e-4  # the share of a figure's pixels that may change


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
    changed = (np.abs(after - before).max(axis=2) > LEVELS).mean()
    if changed <= SHARE:
        return ""
    return f"{changed:.2%} of the figure's pixels differ from the stored ones, at most {SHARE:.2%} may"
