"""A chapter as slides: turned by keys in Chromium, with every figure on one slide and no solution on any."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import site_checks as check

pytestmark = pytest.mark.browser
CHAPTER = "book/2-forward-pass/by-hand"
SHOWN = "[...document.querySelectorAll('article {}')].filter((one) => one.checkVisibility())"


@pytest.fixture
def page(site: Path, browser) -> Iterator[object]:
    context = browser.new_context(viewport=check.DESKTOP)
    context.set_default_timeout(120_000)
    context.route("**/mathjax/**", lambda route: route.abort())
    shown = context.new_page()
    shown.goto((site / f"{CHAPTER}.html").as_uri() + "?slides", wait_until="domcontentloaded")
    yield shown
    context.close()


def place(page) -> list[int]:
    return [int(number) for number in page.inner_text("nav.course-slides span").split(" of ")]


def test_every_figure_and_exercise_is_on_one_slide_and_no_solution_on_any(page) -> None:
    figures = page.evaluate("document.querySelectorAll('article figure').length")
    exercises = page.evaluate("document.querySelectorAll('article .exercise').length")
    _, count = place(page)
    seen = {"figure": 0, ".exercise": 0, ".solution": 0, ".tag_hide-cell": 0}
    for number in range(1, count + 1):
        assert place(page) == [number, count]
        assert page.evaluate(f"{SHOWN.format(':is(h1, h2, h3)')}.length") == 1
        for what in seen:
            seen[what] += page.evaluate(f"{SHOWN.format(what)}.length")
        page.keyboard.press("ArrowRight")
    assert seen == {"figure": figures, ".exercise": exercises, ".solution": 0, ".tag_hide-cell": 0}
    assert figures > 2 and exercises > 2


def test_slides_turn_both_ways_and_end_where_the_chapter_does(page) -> None:
    _, count = place(page)
    page.keyboard.press("ArrowLeft")
    assert place(page) == [1, count]
    page.keyboard.press("End")
    page.keyboard.press("PageDown")
    assert place(page) == [count, count]
    page.get_by_role("button", name="Slide before").click()
    assert place(page) == [count - 1, count]
    page.keyboard.press("Home")
    page.get_by_role("button", name="Next slide").click()
    assert place(page) == [2, count]


def test_escape_and_the_link_at_the_chapters_end_lead_to_and_fro(page) -> None:
    page.keyboard.press("Escape")
    page.wait_for_function(
        "!document.querySelector('nav.course-slides') && document.querySelector('article')"
    )
    page.get_by_role("link", name="Show this chapter as slides").click(no_wait_after=True)
    page.wait_for_selector("nav.course-slides")
    assert place(page)[0] == 1
