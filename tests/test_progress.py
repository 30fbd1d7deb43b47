"""What a reader has read: ticked by real keys and clicks in Chromium, on pages opened from disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import site_checks as check

pytestmark = pytest.mark.browser
CHAPTER, OTHER, APPENDIX = "book/2-forward-pass/by-hand", "book/3-bptt/derivation", "book/appendix/notation"
BOX = ".course-progress input"
TICKED = ".bd-sidebar-primary a:has(.course-tick)"


@pytest.fixture
def context(browser) -> Iterator[object]:
    """A reader who has read nothing yet; formulas, which take longest, are left alone."""
    fresh = browser.new_context(viewport=check.DESKTOP)
    fresh.set_default_timeout(120_000)
    fresh.route("**/mathjax/**", lambda route: route.abort())
    yield fresh
    fresh.close()


def opened(context, site: Path, page: str):
    shown = context.new_page()
    shown.goto((site / f"{page}.html").as_uri(), wait_until="domcontentloaded")
    return shown


def ticked(page) -> list[str]:
    return [link.evaluate("a => a.firstChild.textContent.trim()") for link in page.query_selector_all(TICKED)]


def test_a_tick_by_key_stays_and_shows_on_every_page(context, site: Path) -> None:
    page = opened(context, site, CHAPTER)
    title = page.inner_text("h1").removesuffix("#").strip()
    assert page.get_by_label("I have read this chapter").is_checked() is False
    assert ticked(page) == []
    page.focus(BOX)
    page.keyboard.press("Space")
    assert ticked(page) == [title]
    assert page.inner_text(".course-progress [role=status]").startswith("1 of ")
    assert page.get_by_role("img", name="read", exact=True).count() == 1
    page.reload(wait_until="domcontentloaded")
    assert page.is_checked(BOX)

    other = opened(context, site, OTHER)
    assert ticked(other) == [title]
    assert not other.is_checked(BOX)
    other.get_by_text("I have read this chapter").click()
    page.wait_for_function(
        "document.querySelectorAll('.course-tick').length === 2"
    )  # the tab that is still open

    page.uncheck(BOX)
    assert len(ticked(page)) == 1
    assert opened(context, site, CHAPTER).is_checked(BOX) is False


def test_the_appendix_has_no_box_but_shows_the_ticks(context, site: Path) -> None:
    opened(context, site, CHAPTER).check(BOX)
    page = opened(context, site, APPENDIX)
    assert page.query_selector(BOX) is None
    assert len(ticked(page)) == 1


@pytest.mark.parametrize("stored", ["no list", '{"a": 1}', "null", '["book/gone.html"]'])
def test_what_others_left_in_the_storage_does_no_harm(context, site: Path, stored: str) -> None:
    page = opened(context, site, CHAPTER)
    page.evaluate("text => localStorage.setItem('recurrent-neural-networks-tested: read', text)", stored)
    page.reload(wait_until="domcontentloaded")
    assert ticked(page) == []
    page.check(BOX)
    assert len(ticked(page)) == 1


def test_where_the_browser_keeps_nothing_there_is_no_box(context, site: Path) -> None:
    refuse = "Storage.prototype.setItem = () => { throw new DOMException('no', 'SecurityError') }"
    page = context.new_page()
    page.add_init_script(refuse)
    page.goto((site / f"{CHAPTER}.html").as_uri(), wait_until="domcontentloaded")
    assert page.query_selector("article.bd-article") is not None
    assert page.query_selector(".course-progress") is None


def test_a_page_with_ticks_is_accessible(context, site: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = opened(context, site, CHAPTER)
    page.check(BOX)
    only = {"include": [[".bd-sidebar-primary"], [".course-progress"]]}
    for scheme in ("light", "dark"):
        assert check.prefer(page, scheme) == []
        assert Axe().run(page, context=only).response["violations"] == []
