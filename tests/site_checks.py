"""What every page of the built site must satisfy, as functions that return the faults they find.

They are used twice: on the real pages, which must have none, and on pages with planted faults, which must be
caught.
"""

from __future__ import annotations

import gzip
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

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
OF_COLOURS = ["color-contrast", "link-in-text-block"]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LONGEST = 120_000  # milliseconds that a page may take on a busy machine
MOST_BYTES, MOST_REQUESTS = 400_000, 20  # of a page's first view, compressed

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


# For axe: a page with the same styles and less of each. Thousands of coloured words of code differ in a dozen
# ways: each look, on each ground, keeps one sample. Of a formula stays what a screen reader gets; its drawn
# half is hidden from screen readers, and stays only where it holds something to click.
THIN = r"""
() => {
  const kept = [];
  const empty = (node, ...content) => {
    kept.push([node, [...node.childNodes]]);
    node.replaceChildren(...content);
  };
  const ground = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const { backgroundColor, backgroundImage, opacity, filter } = getComputedStyle(at);
      layers.push(backgroundColor, backgroundImage, opacity, filter);
      if (backgroundImage === 'none' && /^rgb\(/.test(backgroundColor)) break;
    }
    return layers.join();
  };
  const seen = new Set();
  const isNew = (element) => {
    const { color, fontSize, fontWeight, textShadow } = getComputedStyle(element);
    const look = [color, fontSize, fontWeight, textShadow, element.checkVisibility(), ground(element)].join();
    return !seen.has(look) && seen.add(look);
  };
  for (const pre of document.querySelectorAll('pre')) {
    if (pre.querySelector(':not(span), span span')) continue;
    // axe does not judge single characters; each sample has a line of its own, so that no line gets longer.
    const samples = [...pre.children].filter((span) => span.textContent.trim().length > 1 && isNew(span));
    empty(pre, ...samples.flatMap((span) => [span.cloneNode(true), '\n']), pre.textContent);
  }
  for (const drawn of document.querySelectorAll('mjx-math[aria-hidden="true"]'))
    if (!drawn.querySelector('a, button, input, select, textarea, [tabindex], [contenteditable]'))
      empty(drawn);
  window.thickened = () => kept.forEach(([node, content]) => node.replaceChildren(...content));
}
"""


@dataclass
class Visit:
    """An opened page: what it loaded at once, what it asked of other hosts and what it complained of."""

    page: Page
    loaded: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def visit(browser: Browser, file: Path) -> Visit:
    """Opens a file; requests to any host are blocked and recorded. Returns once its formulas are typeset."""
    page = browser.new_context(viewport=DESKTOP, color_scheme="light").new_page()
    page.set_default_timeout(LONGEST)
    seen, requests = Visit(page), []

    def block(route: Any) -> None:
        seen.outside.append(f"request to another host: {route.request.url}")
        route.abort()

    page.route(re.compile(r"^(https?|ftp):"), block)
    page.on("request", lambda request: requests.append(request.url))
    page.on("websocket", lambda socket: seen.outside.append(f"connection to another host: {socket.url}"))
    page.on("console", lambda line: line.type == "error" and seen.errors.append(f"console: {line.text}"))
    page.on("pageerror", lambda error: seen.errors.append(f"script error: {error}"))
    page.goto(file.as_uri())
    page.evaluate("() => window.MathJax && MathJax.startup && MathJax.startup.promise")
    page.evaluate("() => document.fonts.ready.then(() => null)")
    page.wait_for_timeout(100)  # late requests and errors
    seen.loaded = [url for url in requests if url.startswith("file:")]
    return seen


@cache
def _compressed(file: Path, changed: int) -> int:
    """Bytes that a server sends of a file as it stood when `changed`; pictures are packed already."""
    content = file.read_bytes()
    return min(len(content), len(gzip.compress(content, mtime=0)))


def weight(loaded: list[str]) -> int:
    """The compressed size of what a page loaded from its own files."""
    files = [Path(url2pathname(urlsplit(url).path)) for url in loaded]
    return sum(_compressed(file, file.stat().st_mtime_ns) for file in files if file.is_file())


@contextmanager
def served(site: Path, prefix: str = "/") -> Iterator[str]:
    """The site on a local server that compresses, with 404.html for what is missing; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path).removeprefix(prefix)
            file = site / path / "index.html" if (site / path).is_dir() else site / path
            found = file if file.is_file() else site / "404.html"
            plain = found.read_bytes()
            body = min(gzip.compress(plain, mtime=0), plain, key=len)
            self.send_response(200 if found is file else 404)
            self.send_header("Content-Type", guess_type(found.name)[0] or "application/octet-stream")
            if body is not plain:
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}{prefix}"
        server.shutdown()


def sent_by_a_server(browser: Browser, site: Path, name: str) -> dict[str, int]:
    """What a local server sends for a page's first view: the bytes of each address."""
    sent: dict[str, int] = {}
    page = browser.new_context(viewport=DESKTOP, color_scheme="light").new_page()
    page.set_default_timeout(LONGEST)
    page.on("response", lambda reply: sent.update({reply.url: int(reply.headers.get("content-length", 0))}))
    with served(site) as address:
        page.goto(address + name)
        page.evaluate("() => window.MathJax && MathJax.startup && MathJax.startup.promise")
        page.wait_for_load_state("networkidle")
        page.context.close()
    return sent


def heavy_first_view(seen: Visit) -> list[str]:
    """Whether a page loads more at once than a reader on a slow line should wait for."""
    faults, size = [], weight(seen.loaded)
    if len(seen.loaded) > MOST_REQUESTS:
        faults.append(f"first view of {len(seen.loaded)} requests, at most {MOST_REQUESTS} are allowed")
    if size > MOST_BYTES:
        faults.append(f"first view of {size} compressed bytes, at most {MOST_BYTES} are allowed")
    return faults


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
        page.wait_for_function(follows, arg=scheme, timeout=60_000)
    except TimeoutError:
        return [f"the page does not turn {scheme} where that is preferred"]
    return []


def sideways_scroll(page: Page) -> list[str]:
    """What makes the page wider than a telephone."""
    resize(page, PHONE)
    return page.evaluate(TOO_WIDE)


def accessibility(page: Page) -> list[str]:
    """axe-core's violations of WCAG A and AA: on a desktop in light and in dark, and on a telephone."""
    from axe_playwright_python.base import AXE_SCRIPT

    page.evaluate(AXE_SCRIPT)
    every = {"type": "tag", "values": WCAG}
    # Colours do not depend on the width, take longest to judge, and are those of the text around a formula.
    not_colours = {rule: {"enabled": False} for rule in OF_COLOURS}
    colours = {"type": "rule", "values": OF_COLOURS}
    text = {"exclude": [["mjx-container"]]}
    return [
        *_violations(page, DESKTOP, "light", {"runOnly": every}, text),
        *_violations(page, DESKTOP, "dark", {"runOnly": colours}, text),
        *_violations(page, PHONE, "light", {"runOnly": every, "rules": not_colours}),
    ]


def _violations(page: Page, viewport: Any, scheme: str, options: Any, part: Any = None) -> list[str]:
    resize(page, viewport)
    faults = prefer(page, scheme)
    page.evaluate(THIN)
    found = page.evaluate(
        "([part, options]) => axe.run(part || document, options)",
        [part, {"resultTypes": ["violations"], "preload": False, **options}],
    )
    page.evaluate("() => thickened()")
    for rule in found["violations"]:
        for node in rule["nodes"]:
            faults.append(f"{rule['id']} ({scheme}, {viewport['width']} px): {node['html'][:160]}")
    return faults


def faults(seen: Visit) -> list[str]:
    """Everything that is wrong with an opened page."""
    page = seen.page
    found = broken_maths(page) + bad_alt_texts(page) + accessibility(page) + sideways_scroll(page)
    return heavy_first_view(seen) + seen.outside + seen.errors + found


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
    return _anchors(file, file.stat().st_mtime_ns)


@cache
def _anchors(file: Path, changed: int) -> _Anchors:
    """Of a file as it stood when `changed`: most pages lead to most others."""
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
