"""MathJax as the pages need it: TeX in, HTML with its MathML for screen readers out, and the fonts.

The stock bundle also holds a menu with a settings dialogue, 40 % of its size, and the folder beside it 20
MB of other forms of the same program. The parts that MathJax itself ships are put together here; what a
formula may ask for later (a TeX extension) stays beside them.
"""

from __future__ import annotations

import shutil
from pathlib import Path

_PARTS = ["startup", "core", "input/tex", "output/chtml", "output/chtml/fonts/tex", "a11y/assistive-mml"]
# Told to its loader, so that an extension that builds on one of the parts does not fetch it again.
_LOADED = [*_PARTS, "loader", "output/chtml/fonts/tex.js"]
_BESIDE = ["input/tex/extensions", "output/chtml/fonts/woff-v2"]
FILE = "tex-chtml.js"


def write(stock: Path, folder: Path) -> None:
    """Writes the parts as one script under the stock bundle's name, with what it may load."""
    if not stock.is_dir():
        return
    parts = [(stock / f"{part}.js").read_text(encoding="utf-8") for part in _PARTS]
    told = f"MathJax.loader.preLoad({', '.join(map(repr, _LOADED))});"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text("\n;\n".join([*parts, told]), encoding="utf-8")
    for part in _BESIDE:
        shutil.copytree(stock / part, folder / part)
