"""What every page of the built site must satisfy, as functions that return the faults they find.

They are used twice: on the real pages, which must have none, and on pages with planted faults, which must be
caught.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
LOADING_LINKS = ["stylesheet", "preload", "icon", "preconnect", "dns-prefetch", "modulepreload"]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

# Formulas: an error MathJax shows, an unknown macro it prints in red, and markup that never became a formula.
BROKEN_MATHS = r"""
() => {
  const faults = [];
  for (const node of document.querySelectorAll('mjx-merror, [data-mjx-error], .MathJax_Error'))
    faults.push('formula with an error: ' + (node.getAttribute('data-mjx-error') || node.textContent));
  for (const node of document.querySelectorAll('mjx-container [style*="color: red"]'))
    faults.push('unknown macro in a formula: ' + node.closest('mjx-container').textContent);
  for (const node of document.querySelectorAll('article .math:not(:has(mjx-container))'))
    faults.push('formula not rendered: ' + node.textContent.slice(0, 80));
  const skip = 'script, style, pre, code, .math, mjx-container, .cell_input, .cell_output';
  const article = document.querySelector('article') || document.body;
  const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent;
    if (/\$|\\[(\[]|\\[a-z]+\{/.test(text) && !walker.currentNode.parentElement.closest(skip))
      faults.push('formula left as text: ' + text.trim().slice(0, 80));
  }
  return faults;
}
"""

BAD_ALT = r"""
() => [...document.querySelectorAll('article img, article svg[role="img"]')].flatMap((image) => {
  const alt = (image.getAttribute('alt') || image.getAttribute('aria-label') || '').trim();
  if (!alt) return ['image without alt text: ' + (image.getAttribute('src') || 'svg')];
  const isPath = /\.(png|svg|jpe?g|gif|webp)$/i.test(alt) || /^(\.\.\/|_images\/)/.test(alt);
  return isPath ? ['alt text is a path: ' + alt] : [];
})
"""

TOO_WIDE = r"""
() => {
  const page = document.documentElement, room = page.clientWidth;
  if (page.scrollWidth <= room) return [];
  const tooWide = (element) => element.getBoundingClientRect().right > room + 1;
  const wide = [...document.querySelectorAll('article *')].find(tooWide);
  return [`page is ${page.scrollWidth} px wide in a window of ${room} px; first wide element: ` +
          (wide ? wide.outerHTML.slice(0, 120) : 'outside the article')];
}
"""


@dataclass
class Visit:
    """A page opened in the browser, with what it asked of other hosts and what it complained of."""

    page: Page
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def visit(browser: Browser, file: Path) -> Visit:
    """Opens a file; requests to any host are blocked and recorded. Returns once its formulas are typeset."""
    page = browser.new_context(viewport=DESKTOP, color_scheme="light").new_page()
    seen = Visit(page)

    def block(route: Any) -> None:
        seen.outside.append(f"request to another host: {route.request.url}")
        route.abort()

    page.route(re.compile(r"^(https?|ftp):"), block)
    page.on("websocket", lambda socket: seen.outside.append(f"connection to another host: {socket.url}"))
    page.on("console", lambda line: line.type == "error" and seen.errors.append(f"console: {line.text}"))
    page.on("pageerror", lambda error: seen.errors.append(f"script error: {error}"))
    page.goto(file.as_uri())
    page.evaluate("() => window.MathJax && MathJax.startup && MathJax.startup.promise")
    page.wait_for_timeout(100)  # late requests and errors
    return seen


def broken_maths(page: Page) -> list[str]:
    return page.evaluate(BROKEN_MATHS)


def bad_alt_texts(page: Page) -> list[str]:
    return page.evaluate(BAD_ALT)


def resize(page: Page, viewport: Any) -> None:
    """Changes the size of the window; 300 ms later the theme lets the keyboard reach what scrolls."""
    if page.viewport_size != viewport:
        page.set_viewport_size(viewport)
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 400)))")


def prefer(page: Page, scheme: str) -> list[str]:
    """Asks for light or dark, and waits until the theme follows; a page without one has nothing to do."""
    from playwright.sync_api import TimeoutError

    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    follows = "(scheme) => [scheme, undefined].includes(document.documentElement.dataset.theme)"
    try:
        page.wait_for_function(follows, arg=scheme, timeout=5_000)
    except TimeoutError:
        return [f"the page does not turn {scheme} where that is preferred"]
    return []


def sideways_scroll(page: Page) -> list[str]:
    """What makes the page wider than a telephone."""
    resize(page, PHONE)
    return page.evaluate(TOO_WIDE)


def accessibility(page: Page) -> list[str]:
    """axe-core's violations of WCAG A and AA on a telephone and on a desktop, in light and in dark."""
    from axe_playwright_python.sync_playwright import Axe

    options = {"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"], "preload": False}
    faults = []
    for viewport, scheme in product([PHONE, DESKTOP], ["light", "dark"]):
        resize(page, viewport)
        # Judging colours takes longest, and they depend neither on the width nor on being part of a formula.
        colours = viewport == DESKTOP
        options["rules"] = {"color-contrast": {"enabled": colours}}
        context = {"exclude": [["mjx-container"]]} if colours else None
        faults += prefer(page, scheme)
        for rule in Axe().run(page, context=context, options=options).response["violations"]:
            for node in rule["nodes"]:
                faults.append(f"{rule['id']} ({scheme}, {viewport['width']} px): {node['html'][:160]}")
    return faults


def faults(seen: Visit) -> list[str]:
    """Everything that is wrong with an opened page."""
    page = seen.page
    found = broken_maths(page) + bad_alt_texts(page) + sideways_scroll(page) + accessibility(page)
    return seen.outside + seen.errors + found


class _Anchors(HTMLParser):
    """Collects the ids a page offers, the links it makes and the files it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "link" and given.get("rel") in LOADING_LINKS:
            self.loads.append(given.get("href", ""))
        elif tag in ("script", "img", "iframe", "source", "video", "audio") and given.get("src"):
            self.loads.append(given["src"])


def anchors(file: Path) -> _Anchors:
    parser = _Anchors()
    parser.feed(file.read_text(encoding="utf-8"))
    return parser


def broken_links(file: Path) -> list[str]:
    """Links and loaded files inside the site that lead nowhere, and anything loaded from another host."""
    page = anchors(file)
    faults = [f"loads from another host: {url}" for url in page.loads if re.match(r"(https?:)?//", url)]
    for url in [*page.links, *page.loads]:
        parts = urlsplit(url)
        if parts.scheme or parts.netloc:
            continue
        target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
        if not target.is_file():
            faults.append(f"leads to no file: {url}")
        elif (
            parts.fragment and target.suffix == ".html" and unquote(parts.fragment) not in anchors(target).ids
        ):
            faults.append(f"leads to no place on the page: {url}")
    return faults
