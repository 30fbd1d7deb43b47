"""What is made of Sphinx's pages: one style sheet, one script, less of both, and a description of each."""

from __future__ import annotations

import base64
import re
import sys
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / ".ci"))

from pages import Course, cards, figures, finish, head, maths, missing, scripts, styles  # noqa: E402

COURSE = Course("A Course", "https://github.com/Someone/course")
PAGE = """<!DOCTYPE html>
<html lang="en"><head>
    <title>One &#8212; A Course</title>
    <link href="../_static/styles/theme.css?digest=1" rel="stylesheet" />
    <link rel="stylesheet" type="text/css" href="../_static/course.css?v=2" />
  <script defer src="../_static/scripts/fontawesome.js?digest=1"></script>
  <link rel="preload" as="script" href="../_static/scripts/theme.js?digest=1" />
    <script src="../_static/documentation_options.js?v=3"></script>
    <script src="../_static/doctools.js?v=4"></script>
    <script>DOCUMENTATION_OPTIONS.pagename = 'book/one';</script>
    <script defer="defer" src="../_static/mathjax/tex-chtml.js"></script>
    <script src="../_static/searchtools.js"></script>
    <script src="../searchindex.js"></script>
  </head><body><article class="bd-article">
<h1>One<a class="headerlink" href="#one">#</a></h1>
<p>It <em>begins</em> here <span class="bibtex-citation" id="a">[<a href="#x">X, 2020</a>]</span>,
with \\(h_t\\).</p>
<img alt="a picture" src="../_images/a.png" />
</article>
<script defer src="../_static/scripts/theme.js?digest=1"></script>
</body></html>
"""


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A site of one page, as Sphinx would write it."""
    files = {
        "book/one.html": PAGE,
        "search.html": PAGE.replace("../", "").replace("book/one", "search"),
        "index.html": '<meta http-equiv="Refresh" content="0; url=book/one.html" />\n',
        "_static/styles/theme.css": '@import "../basic.css";\n.bd-article { background: url("../a.svg"); }',
        "_static/basic.css": "h1 { color: red }",
        "_static/course.css": ".nowhere { color: blue }\n.made { color: green }",
        "_static/documentation_options.js": "const DOCUMENTATION_OPTIONS = {};",
        "_static/doctools.js": '"use strict";\nconst first = 1;',
        "_static/scripts/theme.js": "document.body.classList.add('made');\n//# sourceMappingURL=theme.js.map",
        "_static/scripts/theme.js.map": "{}",
        "_static/scripts/fontawesome.js": "icons",
        "_static/searchtools.js": "search",
        "searchindex.js": "index",
    }
    for name, text in files.items():
        file = tmp_path / "raw" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path / "raw"


def contents(folder: Path) -> dict[str, bytes]:
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


# The whole


def test_the_site_holds_what_its_pages_load_and_nothing_that_was_bundled(raw: Path, tmp_path: Path) -> None:
    before = contents(raw)
    finish(raw, tmp_path / "site", COURSE)
    assert contents(raw) == before
    assert set(contents(tmp_path / "site")) == {
        "404.html", "index.html", "search.html", "searchindex.js", "book/one.html", "_static/cards/one.png",
        "_static/searchtools.js", "_static/basic.css", "_static/site.css", "_static/site.js",
    }  # fmt: skip


def test_a_site_that_cannot_be_finished_leaves_the_old_one(raw: Path, tmp_path: Path) -> None:
    finish(raw, tmp_path / "site", COURSE)
    before = contents(tmp_path / "site")
    (raw / "_static/course.css").unlink()
    with pytest.raises(FileNotFoundError):
        finish(raw, tmp_path / "site", COURSE)
    assert contents(tmp_path / "site") == before


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("https://github.com/Someone/course", "https://someone.github.io/course/"),
        ("https://github.com/Someone/Someone.github.io", "https://someone.github.io/"),
    ],
)
def test_address_of_the_pages_follows_from_the_repository_s(address: str, url: str) -> None:
    assert Course("", address).url == url


# Styles


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        (".used { a: b }", True),
        (".unused { a: b }", False),
        ("#here .used > p::before { a: b }", True),
        ("#there .used { a: b }", False),
        (".used:not(.unused, .other) { a: b }", True),
        ("html[data-theme='dark'] .used { a: b }", True),
        ("@media (max-width: 600px) { .used { a: b } }", True),
        ("@media (max-width: 600px) { .unused { a: b } }", False),
        ("@keyframes unused { from { a: b } }", True),
        (r".w\:used { a: b }", True),
        (".bs-tooltip-top { a: b }", True),
        ("/* it's a comment { */ .used { a: b }", True),
        (".used { content: '}' }", True),
    ],
)
def test_a_rule_goes_when_its_selector_needs_a_name_that_no_page_has(css: str, kept: bool) -> None:
    left = styles.without_unused(css, {"used", "here", "w:used"})
    assert bool(left) == kept
    assert left.count("{") == left.count("}") or "content" in left


def test_only_the_used_selectors_of_a_list_stay() -> None:
    assert styles.without_unused(".unused, .used:is(a, b) { c: d }", {"used"}) == ".used:is(a, b){c: d}"


def test_licences_stay_whole_and_comments_go() -> None:
    css = '@charset "UTF-8";\n/*! By A, B, C */.used { a: b } /* C */ .unused { c: d }'
    assert styles.without_unused(css, {"used"}) == "/*! By A, B, C */\n.used{a: b}"


def test_bundle_holds_imported_sheets_and_its_addresses_lead_on(raw: Path) -> None:
    css = styles.bundle(raw, {"book/one.html": PAGE})
    assert css == "h1{color: red}\n.bd-article{background: url(a.svg);}\n.made{color: green}"


def test_icon_fonts_hold_the_letters_that_rules_name() -> None:
    from fontTools.ttLib import TTFont

    (theme,) = find_spec("pydata_sphinx_theme").submodule_search_locations
    static = Path(theme) / "theme/pydata_sphinx_theme/static"
    face = "@font-face{font-family:Icons;src:url(vendor/fontawesome/webfonts/fa-solid-900.ttf)}"
    css = styles.with_icons_inside(face + '.a:before{content:"\\f0eb"}:root{--b:"\uf019"}', static)
    (stored,) = re.findall(r"url\(data:font/woff;base64,([^)]*)\)", css)
    assert set(TTFont(BytesIO(base64.b64decode(stored))).getBestCmap()) == {0xF0EB, 0xF019}
    assert len(stored) < 4_000


# Scripts


def test_page_loads_one_style_sheet_and_one_script_and_keeps_its_own_lines(raw: Path, tmp_path: Path) -> None:
    finish(raw, tmp_path / "site", COURSE)
    html = (tmp_path / "site/book/one.html").read_text(encoding="utf-8")
    loaded = re.findall(r'<(?:script|link)[^>]*?(?:src|href)="([^"?]*)', html)
    assert loaded == ["../_static/site.css", "../_static/site.js", "../_static/mathjax/tex-chtml.js"]
    assert html.index("const DOCUMENTATION_OPTIONS") < html.index("DOCUMENTATION_OPTIONS.pagename")


def test_only_the_page_that_searches_loads_the_index_and_after_the_bundle(raw: Path, tmp_path: Path) -> None:
    finish(raw, tmp_path / "site", COURSE)
    html = (tmp_path / "site/search.html").read_text(encoding="utf-8")
    deferred = re.findall(r'<script defer src="([^"?]*)', html)
    assert deferred == ["_static/site.js", "_static/searchtools.js", "searchindex.js"]


def test_scripts_run_in_the_order_in_which_the_browser_would_run_them(raw: Path) -> None:
    code = scripts.bundle(raw, {"book/one.html": PAGE})
    assert code.index("first = 1") < code.index("classList.add")
    assert code.startswith(";"), "a leading 'use strict' would bind all scripts"
    assert "sourceMappingURL" not in code


def test_maths_is_the_stock_bundle_without_its_menu(tmp_path: Path) -> None:
    stock = Path(find_spec("sphinx-mathjax-offline").submodule_search_locations[0]) / "static/mathjax"
    maths.write(stock, tmp_path / "mathjax")
    bundle = (tmp_path / "mathjax" / maths.FILE).read_text(encoding="utf-8")
    assert len(bundle) < 0.7 * (stock / maths.FILE).stat().st_size
    assert "assistive-mml" in bundle and "MJContextMenu" not in bundle
    assert (tmp_path / "mathjax/input/tex/extensions/boldsymbol.js").exists()


# Figures


def test_figures_wait_for_the_reader_in_a_place_of_their_size(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (40, 30)).save(tmp_path / "a.png")
    html = '<img alt="a wide picture" src="a.png" style="width: 20px;" />'
    lazy = figures.lazy(html, tmp_path / "page.html")
    assert lazy.startswith('<img loading="lazy" decoding="async" width="40" height="30" alt="a wide picture"')
    assert figures.lazy(lazy, tmp_path / "page.html") == lazy


# What a page says of itself


def test_description_is_the_opening_paragraph_as_a_reader_sees_it() -> None:
    assert head.title(PAGE) == "One"
    assert head.description(PAGE) == "It begins here, with h_t."


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("Short.", "Short."),
        (f"{'A sentence of words. ' * 20}", ("A sentence of words. " * 9).strip()),
        ("word " * 60, "word " * 38 + "word…"),
    ],
)
def test_long_description_is_cut_where_a_reader_would_pause(text: str, cut: str) -> None:
    described = head.description(f"<article><p>{text}</p>")
    assert described == cut
    assert len(described) <= 200


def test_short_opening_is_followed_by_the_next_paragraph() -> None:
    html = "<article><p>The loop.</p>\n<p></p><p>It runs a cell along a sequence and back.</p><p>C"
    assert head.description(html) == "The loop. It runs a cell along a sequence and back."


def test_page_carries_its_card_and_description(raw: Path, tmp_path: Path) -> None:
    finish(raw, tmp_path / "site", COURSE)
    html = (tmp_path / "site/book/one.html").read_text(encoding="utf-8")
    said = dict(re.findall(r'<meta (?:property|name)="([^"]*)" content="([^"]*)">', html))
    assert said["og:title"] == "One"
    assert said["og:description"] == said["description"] == "It begins here, with h_t."
    assert said["og:url"] == "https://someone.github.io/course/book/one.html"
    assert said["og:image"] == "https://someone.github.io/course/_static/cards/one.png"


def test_card_has_the_size_that_previews_show_and_is_drawn_once(tmp_path: Path) -> None:
    from PIL import Image

    title = "Backpropagation through time, and some more words"
    file = cards.card(tmp_path, title, "A Course")
    with Image.open(file) as image:
        assert image.size == (1200, 630)
    drawn = file.stat().st_mtime_ns
    assert cards.card(tmp_path, title, "A Course") == file
    assert file.stat().st_mtime_ns == drawn
    assert cards.card(tmp_path, "Another", "A Course") != file


def test_page_for_a_wrong_address_starts_from_where_the_course_is_published() -> None:
    html = missing.page(COURSE)
    assert '<base href="/course/">' in html
    assert not re.search(r'(?:src|href)="(?:https?:)?//', html), "it asks another host for something"
