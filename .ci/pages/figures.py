"""Figures load when the reader comes near them, in a place kept free for them, so that nothing jumps."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

_IMAGE = re.compile(r'<img (?![^>]*\bloading=)([^>]*?)src="([^":]+)"([^>]*?)\s*/?>')


def lazy(html: str, page: Path) -> str:
    """The page with sizes and late loading on its images; those it cannot measure only load late."""

    def waiting(match: re.Match[str]) -> str:
        before, source, after = match.groups()
        size = "" if re.search(r'\s(?:width|height)="', f" {before}{after}") else _size(page.parent / source)
        return f'<img loading="lazy" decoding="async" {size}{before}src="{source}"{after}>'

    return _IMAGE.sub(waiting, html)


def _size(file: Path) -> str:
    if not file.is_file() or file.suffix not in (".png", ".jpg", ".jpeg", ".webp", ".gif"):
        return ""
    with Image.open(file) as image:
        return f'width="{image.width}" height="{image.height}" '
