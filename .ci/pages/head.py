"""What a page says of itself to search engines and to the previews of social networks."""

from __future__ import annotations

import re
from html import escape, unescape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import Course

_SHORTEST = 60
_LONGEST = 200  # characters of a description that search engines and previews show


def is_whole(html: str) -> bool:
    """Whether this is a page, and not the few lines that send a reader on to one."""
    return "</head>" in html


def title(html: str) -> str:
    """The page's first heading."""
    found = re.search(r"<h1\b[^>]*>(.*?)(?:<a class=\"headerlink\".*?)?</h1>", html, re.DOTALL)
    return _text(found[1]) if found else ""


def description(html: str) -> str:
    """The opening paragraph, or several where one says too little, cut after a sentence or a word."""
    text = ""
    for paragraph in re.findall(r"<p>(.*?)</p>", html[html.find("<article") :], re.DOTALL):
        if len(text) >= _SHORTEST:
            break
        text = f"{text} {_text(paragraph)}".strip()
    return _cut(text)


def _text(html: str) -> str:
    """What the reader sees of it, in one line: no citations, and formulas without their marks."""
    html = re.sub(r'<span class="bibtex-citation".*?</span>', "", html, flags=re.DOTALL)
    text = unescape(re.sub(r"<[^>]*>", "", html))
    text = re.sub(r"\\[()\[\]]", "", text)
    text = re.sub(r"\\(?:[a-zA-Z]+\s*\{([^{}]*)\}|([a-zA-Z]+))", lambda match: match[1] or match[2], text)
    return re.sub(r"\s+([.,;:])", r"\1", re.sub(r"\s+", " ", text)).strip()


def _cut(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    sentences = re.match(rf".{{60,{_LONGEST - 1}}}[.?!](?=\s)", text)
    return sentences[0] if sentences else text[: _LONGEST - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"


def metadata(title: str, text: str, url: str, card: str, course: Course) -> str:
    """The lines that describe a page; `card` is the address of its picture, or empty."""
    properties = {
        "og:type": "article" if card else "website",
        "og:site_name": course.title,
        "og:title": title,
        "og:description": text,
        "og:url": url,
    }
    if card:
        properties |= {"og:image": card, "og:image:width": "1200", "og:image:height": "630"}
        properties["og:image:alt"] = f"{title}: a chapter of {course.title}"
    lines = [
        f'<meta property="{key}" content="{escape(value)}">' for key, value in properties.items() if value
    ]
    if text:
        lines.append(f'<meta name="description" content="{escape(text)}">')
    lines.append(f'<meta name="twitter:card" content="{"summary_large_image" if card else "summary"}">')
    return "\n".join(f"    {line}" for line in lines)


def describe(html: str, name: str, course: Course, card: str) -> str:
    """The page with its description; `card` is its picture's path in the site, or empty."""
    picture = course.url + card if card else ""
    lines = metadata(title(html) or course.title, description(html), course.url + name, picture, course)
    return html.replace("</title>", f"</title>\n{lines}", 1)
