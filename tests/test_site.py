"""The built site: complete without a network, readable on any screen, and the same as its sources.

`make test` builds the site first. The browser checks need Chromium (Debian's package `chromium`, or any
Chrome); where it is missing they are skipped, and in continuous integration (CI set) that is an error.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import site_checks as check
import yaml

ROOT = Path(__file__).resolve().parent.parent
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))


def pages() -> list[str]:
    """The pages in the table of contents, in reading order, without suffix."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [chapter for part in toc["parts"] for chapter in part["chapters"]]
    sections = [[chapter, *chapter.get("sections", [])] for chapter in chapters]
    return [toc["root"], *(entry["file"] for group in sections for entry in group)]


@cache
def source(page: str) -> Path:
    return next(file for suffix in (".ipynb", ".md") if (file := ROOT / f"{page}{suffix}").exists())


@pytest.mark.browser
@pytest.mark.parametrize("page", [*pages(), "search", "genindex"])
def test_page_in_a_browser(site: Path, browser, page: str) -> None:
    seen = check.visit(browser, site / f"{page}.html")
    faults = check.faults(seen)
    seen.page.context.close()
    assert faults == []


@pytest.mark.parametrize("page", [*pages(), "index", "search", "genindex"])
def test_links_inside_the_site_resolve(site: Path, page: str) -> None:
    assert check.broken_links(site / f"{page}.html") == []


@pytest.mark.parametrize("page", pages())
def test_page_is_built_from_the_source_as_it_stands(site: Path, page: str) -> None:
    file = source(page)
    built = site / "_sources" / file.relative_to(ROOT)
    same = built.read_bytes() == file.read_bytes()  # apart from the assert: pytest would print both files
    assert same, f"{file.name} has changed since the site was built: run `make book`"


@pytest.mark.parametrize("page", [page for page in pages() if source(page).suffix == ".ipynb"])
def test_chapter_can_be_launched_and_downloaded(site: Path, page: str) -> None:
    address = CONFIG["repository"]["url"].removeprefix("https://github.com/")
    links = check.anchors(site / f"{page}.html").links
    assert f"https://colab.research.google.com/github/{address}/blob/main/{page}.ipynb" in links
    assert f"https://mybinder.org/v2/gh/{address}/main?urlpath=tree/{page}.ipynb" in links
    assert any(link.endswith(f"_sources/{page}.ipynb") for link in links)


@pytest.mark.browser
def test_search_works_from_the_file_system(site: Path, browser) -> None:
    page = browser.new_context().new_page()
    page.goto((site / "search.html").as_uri() + "?q=recurrent")
    page.wait_for_selector("#search-results li a", timeout=10_000)
    page.context.close()


PLANTED = {
    "an outside image": ('<img src="https://example.org/x.png" alt="a picture">', "request to another host"),
    "a formula that MathJax rejects": (r'<div class="math">\[\frac{a}\]</div>', "formula with an error"),
    "a formula with an open brace": (r'<div class="math">\[\frac{a}{\]</div>', "formula not rendered"),
    "a formula with an unknown macro": (r'<span class="math">\(\sigmoidd(x)\)</span>', "unknown macro"),
    "a formula that is not typeset": (r"<p>so that $h_t$ follows</p>", "formula left as text"),
    "an image without alt text": ('<img src="x.png">', "image without alt text"),
    "alt text that is a path": ('<img src="x.png" alt="../../_images/ab12.png">', "alt text is a path"),
    "a line wider than a telephone": (
        '<div style="width: 900px">wide</div>',
        "px wide in a window of 360 px",
    ),
    "text too pale to read": ('<p style="color: #ccc; background: #fff">pale</p>', "color-contrast"),
    "a script that fails": ("<script>throw new Error('planted')</script>", "script error"),
    "a script that complains": ("<script>console.error('planted')</script>", "console: planted"),
}


@pytest.mark.browser
@pytest.mark.parametrize("fault", PLANTED)
def test_planted_fault_is_caught(site: Path, browser, tmp_path: Path, fault: str) -> None:
    """The page borrows the site's MathJax; all else on it is the fault."""
    html, expected = PLANTED[fault]
    file = tmp_path / "planted.html"
    mathjax = (site / "_static/mathjax/tex-chtml.js").as_uri()
    head = f'<meta charset="utf-8"><title>planted</title><script defer src="{mathjax}"></script>'
    body = f"<main><article>{html}</article></main>"
    file.write_text(f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>', "utf-8")
    seen = check.visit(browser, file)
    faults = check.faults(seen)
    seen.page.context.close()
    assert [line for line in faults if expected in line] != []


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<a href="nowhere.html">', "leads to no file: nowhere.html"),
        ('<a href="#nowhere">', "leads to no place on the page: #nowhere"),
        ('<script src="https://a.org/x.js"></script>', "loads from another host: https://a.org/x.js"),
        ('<link rel="stylesheet" href="//a.org/x.css">', "loads from another host: //a.org/x.css"),
        ('<a id="here" href="#here">', None),
        ('<a href="https://a.org">', None),
    ],
)
def test_broken_links_are_caught(tmp_path: Path, html: str, expected: str | None) -> None:
    file = tmp_path / "page.html"
    file.write_text(html, encoding="utf-8")
    assert check.broken_links(file) == ([expected] if expected else [])
