"""The page for an address that leads nowhere: complete in itself, since the host shows it at any depth."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from . import Course

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>No such page &#8212; {title}</title>
<base href="{base}">
<script>if (location.protocol === "file:") document.querySelector("base").href = "./";</script>
<link rel="icon" href="data:,">
<style>
:root {{ color-scheme: light dark; --paper: #fff; --ink: #1b1f24; --link: #0a5bc4; --edge: #6b7280; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --paper: #14181e; --ink: #ced6dd; --link: #7cb7ff; --edge: #9aa4af; }}
}}
body {{ background: var(--paper); color: var(--ink); font: 1.1rem/1.6 system-ui, sans-serif; margin: 0; }}
main {{ margin: 0 auto; max-width: 38rem; padding: 12vh 1.2rem 3rem; }}
a {{ color: var(--link); }}
form {{ display: flex; flex-wrap: wrap; gap: 0.5rem; margin: 1.5rem 0; }}
input, button {{
  background: var(--paper); border: 1px solid var(--edge); border-radius: 0.3rem;
  color: inherit; font: inherit; padding: 0.3rem 0.7rem;
}}
input {{ flex: 1 1 12rem; min-width: 0; }}
input::placeholder {{ color: var(--edge); opacity: 1; }}
</style>
</head>
<body>
<main>
<h1>No such page</h1>
<p>Nothing stands at this address; the page may have moved. The course begins at its
<a href="index.html">introduction</a>, and its index of terms is <a href="genindex.html">here</a>.</p>
<form action="search.html" role="search">
<input type="search" name="q" aria-label="Search the course" placeholder="Search the course">
<button>Search</button>
</form>
</main>
</body>
</html>
"""


def page(course: Course) -> str:
    """The page; its links start from the folder under which the course is published."""
    return _PAGE.format(title=escape(course.title), base=escape(urlsplit(course.url).path))
