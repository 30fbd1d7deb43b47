"""One script for the whole site, and the search index only on the page that searches.

The theme draws its icons twice: as letters of a font, and by a script of 1.5 MB that puts drawings in their
place. Without the script the letters remain.
"""

from __future__ import annotations

import re
from pathlib import Path
from posixpath import dirname, join, normpath

SCRIPT = re.compile(
    r'[ \t]*<script(?=[\s>])(?P<attributes>[^>]*?) src="(?P<url>[^"?]*)[^"]*"[^>]*></script>\n?'
)
_PRELOAD = re.compile(r'[ \t]*<link rel="preload" as="script"[^>]*>\n?')
_ICONS = "_static/scripts/fontawesome.js"
_OPTIONS = "_static/documentation_options.js"
_SEARCH = ("_static/searchtools.js", "_static/language_data.js", "searchindex.js")
_MATHS = "_static/mathjax/"


def _path(name: str, url: str) -> str:
    return normpath(join(dirname(name), url))


def _is_bundled(path: str) -> bool:
    return path not in (_ICONS, _OPTIONS, *_SEARCH) and not path.startswith((_MATHS, "http"))


def listed(pages: dict[str, str]) -> list[str]:
    """Every script that becomes part of the bundle or of the pages, or is of no use."""
    found = {_path(name, match["url"]) for name, html in pages.items() for match in SCRIPT.finditer(html)}
    return [path for path in found if _is_bundled(path) or path in (_ICONS, _OPTIONS)]


def bundle(raw: Path, pages: dict[str, str]) -> str:
    """The scripts of the site as one: those that a page loads at once before those that it defers."""
    order: dict[bool, dict[str, None]] = {False: {}, True: {}}
    for name, html in pages.items():
        for match in SCRIPT.finditer(html):
            if _is_bundled(path := _path(name, match["url"])):
                order["defer" in match["attributes"]][path] = None
    texts = [(raw / path).read_text(encoding="utf-8") for path in {**order[False], **order[True]}]
    # A leading semicolon: "use strict" at the top of one script is not meant for the others.
    return ";\n" + "\n;\n".join(
        re.sub(r"^//# sourceMappingURL=.*$", "", text, flags=re.MULTILINE) for text in texts
    )


def link(html: str, name: str, address: str, raw: Path) -> str:
    """The page with the bundle; the options, which its own lines read at once, become part of it."""
    root = "../" * name.count("/")
    # In the first one's place: scripts that follow, such as the search, use what it defines.
    one = iter([f'    <script defer src="{root}{address}"></script>\n'])

    def replaced(match: re.Match[str]) -> str:
        path = _path(name, match["url"])
        if path == _OPTIONS:
            return f"    <script>{(raw / path).read_text(encoding='utf-8')}</script>\n"
        if path in _SEARCH:
            return match[0].replace("<script", "<script defer", 1) if name == "search.html" else ""
        if _is_bundled(path):
            return next(one, "")
        return "" if path == _ICONS else match[0]

    return _PRELOAD.sub("", SCRIPT.sub(replaced, html))
