"""Makes what a reader can take along: the site as a zip, and the book as one PDF, printed by Chromium.

The PDF is printed from one page into which all pages of the table of contents are put in reading order. So
links between chapters stay links, the outline is that of the headings, and pages are numbered throughout.
Both files are written whole or not at all. Explorers and quick questions ask for a screen: the PDF has their
text. Chromium leaves most of a tagged PDF uncompressed, so pikepdf packs it.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import shutil
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the package of this checkout

from companion._files import whole_file, write_whole  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Page

NAME = "recurrent-neural-networks-tested"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
LONG = 30 * 60_000  # milliseconds: a whole book on a slow machine
FOOT = '<div style="font-size: 8px; width: 100%; text-align: center"><span class="pageNumber"></span></div>'

# Gives the article of one page as text. Every place in it gets the page's name before its own, so that places
# of different pages keep apart; links to other pages of the book become links inside the PDF, the others lead
# to the published site; what a reader would open stands open, except the answers to quick questions.
COLLECT = r"""
([name, names, base, site]) => {
  const place = (page, id) => `${page}--${id}`;
  const article = document.querySelector('article').cloneNode(true);
  for (const unused of article.querySelectorAll('.headerlink, .prev-next-footer, .course-progress, script'))
    unused.remove();
  for (const node of article.querySelectorAll('[id]')) node.id = place(name, node.id);
  for (const node of article.querySelectorAll('[aria-labelledby], [for]'))
    for (const key of ['aria-labelledby', 'for'])
      if (node.hasAttribute(key)) node.setAttribute(key, place(name, node.getAttribute(key)));
  for (const image of article.querySelectorAll('img')) {
    image.src = new URL(image.getAttribute('src'), document.baseURI).href;
    image.removeAttribute('loading');
  }
  for (const link of article.querySelectorAll('a[href]')) {
    const url = new URL(link.getAttribute('href'), document.baseURI);
    if (url.protocol !== 'file:') continue;
    const path = url.href.slice(base.length).split(/[?#]/)[0];
    const page = path.replace(/\.html$/, '');
    const id = decodeURIComponent(url.hash.slice(1));
    if (names.includes(page)) link.setAttribute('href', '#' + (id ? place(page, id) : page));
    else link.setAttribute('href', site + path + url.hash);
  }
  for (const node of article.querySelectorAll('details:not(.quiz details)')) node.open = true;
  for (const node of article.querySelectorAll('.toggle-hidden')) node.classList.remove('toggle-hidden');
  return `<section id="${name}" class="printed">${article.innerHTML}</section>`;
}
"""
STYLE = """
.printed { break-before: page; }
.printed:first-child { break-before: auto; }
.printed pre { white-space: pre-wrap; }
.printed figure, .printed img, .printed .cell_input, .printed .admonition { break-inside: avoid; }
.printed h1 { display: block !important; }
.printed h1, .printed h2, .printed h3 { break-after: avoid; }
#jb-print-docs-body, .onlyprint,
.bd-header, .bd-header-article, .bd-sidebar, .bd-sidebar-primary, .bd-sidebar-secondary, .bd-footer,
.bd-footer-content, footer, .prev-next-area, button { display: none !important; }
.bd-main .bd-content .bd-article-container { max-width: 100% !important; }
"""
FAULTS = r"""
() => [
  ...[...document.querySelectorAll('article img')].filter((one) => !one.naturalWidth).map((one) =>
    'no picture: ' + one.src),
  ...[...document.querySelectorAll('.math:not(:has(mjx-container))')].map((one) =>
    'no formula: ' + one.textContent),
]
"""


class OfflineError(RuntimeError):
    """Something that a reader would miss in what is taken along."""


def reading_order(toc: Path) -> list[str]:
    """The pages of the table of contents, from the root of the site, without suffix."""
    return re.findall(r"^\s*(?:- )?(?:root|file): *(\S+)", toc.read_text(encoding="utf-8"), re.MULTILINE)


def zip_site(site: Path, target: Path) -> None:
    """The whole site in a folder of its own; order and dates are the same in every run."""
    with (
        whole_file(target) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as zipped,
    ):
        for path in sorted(path for path in site.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(f"{target.stem}/{path.relative_to(site).as_posix()}")
            entry.external_attr = 0o644 << 16
            zipped.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)


def collect(page: Page, site: Path, names: list[str], url: str) -> str:
    """The articles of all pages, one after the other."""
    page.route("**/mathjax/**", lambda route: route.abort())  # formulas are typeset once, in the end
    parts = []
    for name in names:
        page.goto((site / f"{name}.html").as_uri(), wait_until="domcontentloaded")
        parts.append(page.evaluate(COLLECT, [name, names, site.as_uri() + "/", url]))
    page.unroute("**/mathjax/**")
    return "\n".join(parts)


def print_book(site: Path, names: list[str], url: str) -> bytes:
    """The PDF of these pages. OfflineError names the pictures and the formulas that did not come out."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        raise OfflineError(f"no browser to print with: none of {', '.join(BROWSERS)} is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        page = browser.new_context(color_scheme="light").new_page()
        page.set_default_timeout(LONG)
        page.route(re.compile(r"^(https?|ftp|wss?):"), lambda route: route.abort())
        text = collect(page, site, names, url)
        page.goto((site / f"{names[0]}.html").as_uri())
        title = page.title().split(" — ")[-1]  # the book's, after the page's
        page.evaluate("(title) => { document.title = title; }", title)
        page.add_style_tag(content=STYLE)
        page.emulate_media(media="print", color_scheme="light")
        page.evaluate("(text) => { document.querySelector('article').innerHTML = text; }", text)
        page.evaluate("() => window.MathJax?.typesetPromise?.()")
        # Not the pictures of the menus, which load when they are seen, and never are.
        page.wait_for_function("[...document.querySelectorAll('article img')].every((one) => one.complete)")
        if faults := page.evaluate(FAULTS):
            raise OfflineError("the book cannot be printed:\n" + "\n".join(faults[:20]))
        margin = {"top": "18mm", "bottom": "18mm", "left": "18mm", "right": "18mm"}
        pdf = page.pdf(
            format="A4", scale=0.85, margin=margin, tagged=True, outline=True, print_background=True,
            display_header_footer=True, header_template="<span></span>", footer_template=FOOT,
        )  # fmt: skip
        browser.close()
    return pdf


def packed(pdf: bytes) -> bytes:
    """The same PDF with everything in it compressed."""
    import pikepdf

    small = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as book:
        objects = pikepdf.ObjectStreamMode.generate
        book.save(small, object_stream_mode=objects, recompress_flate=True, deterministic_id=True)
    return small.getvalue()


def published(config: Path) -> str:
    """Where GitHub publishes the site of the repository that `_config.yml` names."""
    text = config.read_text(encoding="utf-8")
    owner, name = re.findall(r"url: *https://github\.com/([^/\s]+)/(\S+)", text)[0]
    return f"https://{owner.lower()}.github.io/{name}/"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Make the zip and the PDF of the built site.")
    parser.add_argument("--root", type=Path, default=ROOT, help="where _toc.yml and _config.yml are")
    parser.add_argument("--site", type=Path, default=ROOT / "_build/html")
    parser.add_argument("--out", type=Path, default=ROOT / "_build/offline")
    options = parser.parse_args(arguments)
    names = reading_order(options.root / "_toc.yml")
    if missing := [name for name in names if not (options.site / f"{name}.html").is_file()]:
        print(f"{options.site} lacks {', '.join(missing)}: run `make book` first", file=sys.stderr)
        return 1
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        pdf = print_book(options.site.resolve(), names, published(options.root / "_config.yml"))
        write_whole(options.out / f"{NAME}.pdf", packed(pdf))
        zip_site(options.site, options.out / f"{NAME}.zip")
    except (OfflineError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    for suffix in ("pdf", "zip"):
        file = options.out / f"{NAME}.{suffix}"
        print(f"{os.path.relpath(file)}: {file.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
