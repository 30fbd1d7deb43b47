"""Makes of what Sphinx wrote the site that readers get: the same pages, with only what they use.

The stock theme loads forty files for a chapter, 1.5 MB compressed: every icon that exists (twice), every
rule of a large style sheet, the whole search index, and MathJax with its menu. Here the style sheets become
one file without the rules that no page can need, the scripts become one file, figures load as the reader
comes near, and each page gets its description and its card for social networks. What Sphinx wrote is read
only; the site is a new folder that takes the old one's place when it is complete.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from . import cards, figures, head, maths, missing, scripts, styles

# What the theme copies for its developers (maps to its sources, translations, templates), and MathJax.
_LEFT_OUT = ["*.map", "*.LICENSE.txt", ".buildinfo", "locales", "vendor", "mathjax", "*webpack-macros.html"]


@dataclass(frozen=True)
class Course:
    """What the pages say of the course as a whole."""

    title: str
    address: str  # of the repository: `repository.url` in _config.yml

    @property
    def url(self) -> str:
        """Where GitHub publishes the repository's pages."""
        owner, name = self.address.removeprefix("https://github.com/").split("/")
        host = f"{owner.lower()}.github.io"
        return f"https://{host}/" if name.lower() == host else f"https://{host}/{name}/"


def finish(raw: Path, site: Path, course: Course) -> None:
    """Writes the site whole, from the folder that Sphinx wrote; where that fails, the old one stays."""
    fresh = site.with_name(f"{site.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        _write(raw, fresh, course)
        _take_the_place(fresh, site)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _write(raw: Path, fresh: Path, course: Course) -> None:
    shutil.copytree(raw, fresh, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    pages = _pages(raw)
    for bundled in [*styles.listed(pages), *scripts.listed(pages)]:
        (fresh / bundled).unlink(missing_ok=True)
    maths.write(raw / "_static/mathjax", fresh / "_static/mathjax")
    css = _store(fresh, "site.css", styles.bundle(raw, pages))
    js = _store(fresh, "site.js", scripts.bundle(raw, pages))
    for name, html in pages.items():
        html = scripts.link(styles.link(html, name, css), name, js, raw)
        html = figures.lazy(html, fresh / name)
        html = head.describe(html, name, course, _card(fresh, name, head.title(html), course))
        (fresh / name).write_text(html, encoding="utf-8")
    (fresh / "404.html").write_text(missing.page(course), encoding="utf-8")


def _pages(raw: Path) -> dict[str, str]:
    """The text of every page, by its path in the site; not the lines that send a reader on to a page."""
    files = [file for file in sorted(raw.rglob("*.html")) if "_static" not in file.relative_to(raw).parts]
    texts = {file.relative_to(raw).as_posix(): file.read_text(encoding="utf-8") for file in files}
    return {name: html for name, html in texts.items() if head.is_whole(html)}


def _store(site: Path, name: str, text: str) -> str:
    """Stores a bundle; its address ends in its content's hash, so that no browser shows an old one."""
    (site / "_static" / name).write_text(text, encoding="utf-8")
    return f"_static/{name}?v={hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _card(site: Path, name: str, title: str, course: Course) -> str:
    """The path of a page's picture; only pages of the book have one. Drawings are kept beside the site."""
    if not name.startswith("book/"):
        return ""
    path = f"_static/cards/{name.removeprefix('book/').removesuffix('.html').replace('/', '-')}.png"
    (site / path).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(cards.card(site.parent / "cards", title, course.title), site / path)
    return path


def _take_the_place(fresh: Path, site: Path) -> None:
    old = site.with_name(f"{site.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if site.exists():
        site.rename(old)
    fresh.rename(site)
    shutil.rmtree(old, ignore_errors=True)
