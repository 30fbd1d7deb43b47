"""The built site: complete without a network, readable on any screen, and the same as its sources.

`make test` builds the site first. The browser checks need Chromium (Debian's package `chromium`, or any
Chrome); where it is missing they are skipped, and in continuous integration (CI set) that is an error.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from functools import cache
from html import unescape
from pathlib import Path

import pytest
import site_checks as check
import yaml
from site_checks import MOST_BYTES

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / ".ci"))

from pages import styles  # noqa: E402

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
@pytest.mark.parametrize("page", [*pages(), "search", "genindex", "404"])
def test_page_in_a_browser(site: Path, browser, page: str) -> None:
    seen = check.visit(browser, site / f"{page}.html")
    faults = check.faults(seen)
    seen.page.context.close()
    assert faults == []


@pytest.mark.parametrize("page", [*pages(), "index", "search", "genindex", "404"])
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
def test_search_works_from_the_file_system_and_finds_functions(site: Path, browser) -> None:
    page = browser.new_context().new_page()
    page.set_default_timeout(check.LONGEST)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: line.type == "error" and errors.append(line.text))
    expected = {
        "recurrent": "book/intro.html",
        "clip_grad_norm": "book/appendix/api/optim.html#companion.optim.clip_grad_norm",
        "gradcheck": "book/appendix/api/gradcheck.html#companion.gradcheck.gradcheck",
    }
    for words, found in expected.items():
        page.goto((site / "search.html").as_uri() + f"?q={words}")
        page.wait_for_selector(f'#search-results li a[href="{found}"]')
    page.wait_for_timeout(200)  # late errors
    page.context.close()
    assert errors == []


@pytest.mark.parametrize("page", pages())
def test_page_describes_itself_to_those_who_share_it(site: Path, page: str) -> None:
    html = (site / f"{page}.html").read_text(encoding="utf-8")
    said = dict(re.findall(r'<meta (?:property|name)="([^"]*)" content="([^"]*)">', html))
    owner, name = CONFIG["repository"]["url"].removeprefix("https://github.com/").split("/")
    root = f"https://{owner.lower()}.github.io/{name}/"
    assert said["og:url"] == f"{root}{page}.html"
    assert said["og:image"].startswith(root)
    assert (site / said["og:image"].removeprefix(root)).is_file()
    assert said["og:title"]
    assert 40 <= len(unescape(said["description"])) <= 200, said["description"]
    assert said["og:description"] == said["description"]


@pytest.mark.browser
def test_wrong_address_of_any_depth_leads_back(site: Path, browser) -> None:
    name = CONFIG["repository"]["url"].rsplit("/", 1)[1]
    page = browser.new_context(viewport=check.PHONE).new_page()
    page.set_default_timeout(check.LONGEST)
    with check.served(site, f"/{name}/") as address:
        reply = page.goto(f"{address}book/no/such/place.html")
        assert reply.status == 404
        assert page.inner_text("h1") == "No such page"
        links = page.eval_on_selector_all("a", "(all) => all.map((link) => link.href)")
        assert links == [f"{address}index.html", f"{address}genindex.html"]
        assert [page.request.get(link).status for link in links] == [200, 200]
        assert page.evaluate("document.forms[0].action") == f"{address}search.html"
        page.context.close()


def selectors(css: str) -> list[str]:
    """Every selector of a style sheet, those within conditions too."""
    found = []
    for head, body in styles._rules(styles._without_comments(css)):
        if head.startswith(("@media", "@supports")):
            found += selectors(body or "")
        elif body is not None and not head.startswith("@"):
            found += styles._selectors(head.rsplit("*/", 1)[-1])
    return found


@pytest.mark.browser
@pytest.mark.parametrize("page", ["book/2-forward-pass/by-hand", "book/appendix/references"])
def test_no_rule_that_a_page_needs_was_left_out(site: Path, browser, page: str) -> None:
    """Asked of the page in the browser, with its menus open: what the dropped selectors choose."""
    raw = site.parent / "sphinx/_build/html"
    sheets = styles.listed({f"{page}.html": (raw / f"{page}.html").read_text(encoding="utf-8")})
    css = (site / "_static/site.css").read_text(encoding="utf-8")
    kept = selectors(css)
    dropped = sorted({one for sheet in sheets for one in selectors(styles._text(raw, sheet))} - {*kept})
    seen = check.visit(browser, site / f"{page}.html")
    seen.page.evaluate("() => document.querySelectorAll('[data-bs-toggle]').forEach((menu) => menu.click())")
    chosen = r"""(dropped) => dropped.filter((selector) => {
        try { return document.querySelector(selector.replace(/::?(before|after|marker|backdrop)\b/g, '')); }
        catch { return false; }
    })"""
    missed = seen.page.evaluate(chosen, dropped)
    read = """(css) => {
        const style = Object.assign(document.createElement('style'), { textContent: css });
        document.head.append(style);
        return style.sheet.cssRules.length;
    }"""
    rules = seen.page.evaluate(read, css)
    seen.page.context.close()
    assert len(dropped) > 1000
    assert missed == []
    assert rules > 800, f"the browser reads only the first {rules} rules"


# What is wrong with a page as it would be printed: what is seen and should not be, and the reverse.
ON_PAPER = r"""
() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const seen = (element) => element.checkVisibility({ opacityProperty: true });
  const told = (what) => (element) => `${what}: ${element.outerHTML.slice(0, 120)}`;
  const isClosed = (drop) => seen(drop) && !drop.closest('.explorer') && !seen(drop.lastElementChild);
  const isCut = (box) => seen(box) && (box.getBoundingClientRect().right > innerWidth + 2
    || (box.scrollWidth > box.clientWidth + 2 && getComputedStyle(box).overflowX !== 'visible'));
  const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/\d+/g);
  return [
    ...all('button, input, nav, .headerlink, .explorer > :not(p)').filter(seen).map(told('to press')),
    ...all('article details:not([name]), article .dropdown').filter(isClosed).map(told('closed')),
    ...all('article pre, article table, article img').filter(isCut).map(told('cut')),
    ...all('.cell:has(.quiz) pre, .quiz details p').filter(seen).map(told('answer')),
    ...all('article *').filter((one) => getComputedStyle(one).boxShadow !== 'none').map(told('shadow')),
    ...(Math.max(red, green, blue) < 128 ? ['dark paper'] : []),
  ];
}
"""


@pytest.mark.browser
def test_chapter_is_printed_light_and_whole_with_nothing_to_press(site: Path, browser) -> None:
    page = browser.new_context(viewport={"width": 680, "height": 960}, color_scheme="dark").new_page()
    page.set_default_timeout(check.LONGEST)
    page.goto((site / "book/2-forward-pass/by-hand.html").as_uri())
    page.evaluate("() => MathJax.startup.promise")
    page.wait_for_function("() => document.documentElement.dataset.theme === 'dark'")
    opened = "() => document.querySelectorAll('article details[open]').length"
    before = page.evaluate(opened)
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(ON_PAPER) != []
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    faults = page.evaluate(ON_PAPER)
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    after = page.evaluate(opened), page.evaluate("() => document.documentElement.dataset.theme")
    page.context.close()
    assert faults == []
    assert after == (before, "dark"), "printing leaves the page as it was"


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
    "text too dim to read in the dark": (
        "<style>@media (prefers-color-scheme: dark) { p { color: #333; background: #222 } }</style>"
        "<p>dim</p>",
        "color-contrast (dark",
    ),
    "a word of code too pale to read": (
        '<pre style="background: #fff"><span style="color: #111">ab</span> '
        '<span style="color: #ccc">cd</span></pre>',
        "color-contrast",
    ),
    "a word of code on the wrong ground": (
        '<pre style="background: #111"><span style="color: #ccc">cd</span></pre>'
        '<pre style="background: #fff"><span style="color: #ccc">cd</span></pre>',
        "color-contrast",
    ),
    "a word of code that is read after the same word unseen": (
        '<pre style="display: none; background: #fff"><span style="color: #ccc">cd</span></pre>'
        '<pre style="background: #fff"><span style="color: #ccc">cd</span></pre>',
        "color-contrast",
    ),
    "a link within the drawn half of a formula": (
        '<mjx-math aria-hidden="true"><a href="#x">x</a></mjx-math>',
        "aria-hidden-focus",
    ),
    "a first view of many requests": (
        "".join(f'<img alt="a picture" src="{number}.svg">' for number in range(20)),
        "first view of 22 requests, at most 20 are allowed",
    ),
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


@pytest.mark.browser
def test_first_view_that_is_too_heavy_is_caught(browser, tmp_path: Path) -> None:
    (tmp_path / "noise.js").write_bytes(b"//" + os.urandom(MOST_BYTES).hex().encode())
    (tmp_path / "late.js").write_bytes(b"//" + os.urandom(MOST_BYTES).hex().encode())
    file = tmp_path / "page.html"
    file.write_text(
        '<script src="noise.js"></script><img src="late.js" loading="lazy" style="margin-top: 9000px">'
    )
    seen = check.visit(browser, file)
    (fault,) = check.heavy_first_view(seen)
    seen.page.context.close()
    assert "compressed bytes, at most 400000 are allowed" in fault
    assert len(seen.loaded) == 2, "what waits for the reader is no part of the first view"


@pytest.mark.browser
def test_first_view_counts_what_a_server_would_send(site: Path, browser) -> None:
    """The pages are weighed as they open from the file system; a server that compresses sends the same."""
    name = "book/3-bptt/derivation.html"
    seen = check.visit(browser, site / name)
    seen.page.context.close()
    sent = check.sent_by_a_server(browser, site, name)
    assert len(sent) == len(seen.loaded)
    assert abs(sum(sent.values()) - check.weight(seen.loaded)) < 500


def test_zipped_site_can_be_sent_by_mail(site: Path, tmp_path: Path) -> None:
    size = Path(shutil.make_archive(str(tmp_path / "site"), "zip", site)).stat().st_size
    assert size < 30_000_000, f"the site's zip has {size} bytes"


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
