"""One style sheet for the whole site, without the rules that no page can need, and with its icons inside.

A rule goes when its selector asks for a class or an id that stands on no page and in no script. Icons are
letters of a font of two thousand: the few that the remaining rules call for are cut out and stored in the
sheet itself.
"""

from __future__ import annotations

import base64
import io
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from posixpath import dirname, join, normpath

from fontTools import subset  # comes with matplotlib
from fontTools.ttLib import TTFont

logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells of every table that it cuts
LINK = re.compile(r'[ \t]*<link (?=[^>]*rel="stylesheet")[^>]*?href="(?!https?:|//)([^"?]*)[^"]*"[^>]*>\n?')
_STRINGS_AND_COMMENTS = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|/\*.*?\*/', re.DOTALL)
_NAME = re.compile(r"[.#]((?:[\w-]|\\.)+)")
_NESTED = re.compile(r"\[[^\]]*\]|:(?:not|is|where|has)\([^()]*\)")
_MADE_BY_SCRIPTS = re.compile(
    r"bs-|tooltip|popover|dropdown|collaps|fade|show"
)  # names put together at run time
_ICON = re.compile(r"\\(f[0-9a-f]{3})\b|([\ue000-\uf8ff])")


def listed(pages: dict[str, str]) -> list[str]:
    """The style sheets that the pages load, in their order, as paths in the site."""
    found = [normpath(join(dirname(name), url)) for name, html in pages.items() for url in LINK.findall(html)]
    return list(dict.fromkeys(found))


def bundle(raw: Path, pages: dict[str, str]) -> str:
    """All style sheets of the site as one text, to be stored in _static."""
    css = "\n".join(_text(raw, file) for file in listed(pages))
    code = "\n".join(file.read_text(encoding="utf-8") for file in _scripts(raw / "_static"))
    return with_icons_inside(without_unused(css, names(pages.values(), code)), raw / "_static")


def _scripts(static: Path) -> Iterator[Path]:
    """The scripts that may put classes on a page: neither the formulas' nor the one that draws icons."""
    yield from (
        file for file in sorted(static.rglob("*.js")) if not {"mathjax", "fontawesome.js"} & set(file.parts)
    )


def link(html: str, name: str, address: str) -> str:
    """The page with one style sheet, where the first one stood."""
    root = "../" * name.count("/")
    one = iter([f'    <link rel="stylesheet" href="{root}{address}">\n'])
    return LINK.sub(lambda _: next(one, ""), html)


def names(pages: Iterator[str] | list[str], scripts: str) -> set[str]:
    """Classes and ids on the pages, and every word of the scripts, any of which may become one."""
    attributes = re.compile(r'\b(?:class|id)="([^"]*)"')
    found = {name for html in pages for value in attributes.findall(html) for name in value.split()}
    return found | set(re.findall(r"[A-Za-z_][\w-]*", scripts))


def without_unused(css: str, used: set[str]) -> str:
    """The style sheet without comments, except licences, and without rules that need an unused name."""
    return "\n".join(filter(None, _kept(_without_comments(css), used)))


def _without_comments(css: str) -> str:
    return _STRINGS_AND_COMMENTS.sub(
        lambda match: "" if match[0].startswith("/*") and not match[0].startswith("/*!") else match[0], css
    )


def _kept(css: str, used: set[str]) -> Iterator[str]:
    for head, body in _rules(css):
        *licences, head = re.split(r"(?<=\*/)\s*", head) if head.startswith("/*!") else [head]
        yield from licences
        if body is None:
            yield "" if head.startswith("@charset") else f"{head};"
        elif head.startswith(("@media", "@supports")):
            if inner := "\n".join(_kept(body, used)):
                yield f"{head}{{{inner}}}"
        elif head.startswith("@"):
            yield f"{head}{{{body}}}"
        elif selectors := [selector for selector in _selectors(head) if _is_used(selector, used)]:
            yield f"{','.join(selectors)}{{{body.strip()}}}"


def _rules(css: str) -> Iterator[tuple[str, str | None]]:
    """Pairs of what stands before a brace and within it; a statement such as @charset has no body."""
    start, depth, brace = 0, 0, 0
    for match in re.finditer(_STRINGS_AND_COMMENTS.pattern + r"|[{};]", css, re.DOTALL):
        mark = match[0]
        if mark == "{":
            brace = match.start() if depth == 0 else brace
            depth += 1
        elif mark == "}":
            depth -= 1
            if depth == 0:
                yield css[start:brace].strip(), css[brace + 1 : match.start()]
                start = match.end()
        elif mark == ";" and depth == 0:
            yield css[start : match.start()].strip(), None
            start = match.end()


def _selectors(head: str) -> list[str]:
    """The selectors of a list; a comma within brackets separates none."""
    return [part.strip() for part in re.split(r",(?![^(\[]*[)\]])", head)]


def _is_used(selector: str, used: set[str]) -> bool:
    plain, was = selector, ""
    while plain != was:
        plain, was = _NESTED.sub("", plain), plain
    needed = [re.sub(r"\\(.)", r"\1", name) for name in _NAME.findall(plain)]
    return all(name in used or _MADE_BY_SCRIPTS.search(name) for name in needed)


def with_icons_inside(css: str, static: Path) -> str:
    """The style sheet with each icon font cut down to the icons it names, and stored in it."""
    wanted = {int(code, 16) if code else ord(letter) for code, letter in _ICON.findall(css)}

    def embed(face: re.Match[str]) -> str:
        files = re.findall(r"url\(([^)]*\.ttf)\)", face[0])
        if not files:
            return face[0]
        font = base64.b64encode(_cut(static / files[0], wanted)).decode()
        return re.sub(r"src:[^;}]*", f'src:url(data:font/woff;base64,{font}) format("woff")', face[0])

    return re.sub(r"@font-face\s*\{[^}]*\}", embed, css)


def _cut(file: Path, letters: set[int]) -> bytes:
    font = TTFont(file)
    options = subset.Options(flavor="woff", hinting=False, layout_features=[], notdef_outline=True)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=letters & set(font.getBestCmap()))
    cutter.subset(font)
    font.flavor = "woff"
    font.save(stored := io.BytesIO())
    return stored.getvalue()


def _text(raw: Path, file: str) -> str:
    """A style sheet with those it imports; its addresses, relative to its own folder, start in _static."""
    css = (raw / file).read_text(encoding="utf-8")
    imported = re.compile(r'@import (?:url\()?["\']([^"\']+)["\']\)?;')
    css = imported.sub(lambda match: _text(raw, normpath(join(dirname(file), match[1]))), css)
    folder = dirname(file).removeprefix("_static").strip("/")
    address = re.compile(r"url\((['\"]?)(?!data:|https?:|#|/)([^)'\"]+)\1\)")
    return address.sub(lambda match: f"url({normpath(join(folder, match[2]))})", css)
