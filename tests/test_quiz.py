"""Quick questions: the right choice is computed, and a key that is wrong or typed is refused."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import site_checks as check

from companion.notebooks.rules import quizzes_computed
from companion.notebooks.stored import code_cells, read
from companion.quiz import QuizError, choice, quiz

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = sorted((ROOT / "book").rglob("*.ipynb"))
ASKING = [path for path in CHAPTERS if "companion.quiz" in path.read_text(encoding="utf-8")]


def sized(size: int):
    """A question about a number that is computed elsewhere."""
    return quiz(
        "How many numbers has `W_hh` with H = 3?",
        choice("6", size == 6, "That is a row & a column."),
        choice("9", size == 9, "H rows of H numbers."),
    )


def test_one_choice_opens_as_right_and_the_others_as_wrong() -> None:
    shown = sized(9)._repr_mimebundle_()
    assert shown["text/plain"] == "How many numbers has `W_hh` with H = 3?\n  a) 6\n  b) 9"
    assert re.findall(r"<summary>(\d)</summary><p class=\"quiz-(\w+)\">", shown["text/html"]) == [
        ("6", "wrong"),
        ("9", "right"),
    ]
    assert "<code>W_hh</code>" in shown["text/html"] and "row &amp; a" in shown["text/html"]
    assert len(set(re.findall(r'details name="([\w-]+)"', shown["text/html"]))) == 1


@pytest.mark.parametrize("size", [6, 8])
def test_a_wrong_key_fails(size: int) -> None:
    """Where another choice is true the stored output no longer fits; where none is true the cell fails."""
    if size == 8:
        with pytest.raises(QuizError, match="expected one choice that holds, got none"):
            sized(size)
    else:
        assert sized(size)._repr_mimebundle_() != sized(9)._repr_mimebundle_()


def test_two_right_choices_are_refused() -> None:
    with pytest.raises(QuizError, match=r"expected one choice that holds, got \['a', 'b'\]"):
        quiz("Which?", choice("a", np.True_, "yes"), choice("b", 1 == 1.0, "yes"))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: choice("a", "yes", "why"), TypeError, "holds must be a bool .* got str"),
        (lambda: choice("", True, "why"), QuizError, "text must be a line of text, got ''"),
        (lambda: choice("a", True, " "), QuizError, "said must be a line of text"),
        (lambda: quiz("Which?", choice("a", True, "yes")), QuizError, "two choices or more, got 1"),
        (lambda: quiz("", choice("a", True, "yes")), QuizError, "the question must be a line of text"),
    ],
)
def test_what_cannot_be_asked_is_refused(make, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


def planted(source: str, tags: tuple[str, ...] = ("hide-input",)) -> list[str]:
    first = {"cell_type": "code", "source": "# the generated one", "metadata": {}, "outputs": []}
    cell = {"cell_type": "code", "source": source, "metadata": {"tags": list(tags)}, "outputs": []}
    return list(quizzes_computed({"cells": [first, cell]}))


GOOD = 'quiz("Q?", choice("a", n == 1, "no"), choice("b", n == 2, "yes"))'


def test_the_rule_wants_a_computed_truth_at_the_end_of_a_folded_cell() -> None:
    assert planted(GOOD) == []
    assert "'b': its truth is typed, not computed" in planted(GOOD.replace("n == 2", "True"))[0]
    assert "'b': its truth is typed, not computed" in planted(GOOD.replace("n == 2", "2 == 2"))[0]
    assert "must be the last line" in planted(f"{GOOD}\nprint(n)")[0]
    assert "lacks the tag 'hide-input'" in planted(GOOD, tags=())[0]


def test_parts_two_three_and_five_ask() -> None:
    assert {path.parent.name[0] for path in ASKING} >= {"2", "3", "5"}


@pytest.mark.parametrize("path", ASKING, ids=lambda path: path.stem)
def test_every_stored_quiz_shows_one_right_choice(path: Path) -> None:
    shown = [
        "".join(out["data"]["text/html"])
        for cell in code_cells(read(path))
        for out in cell["outputs"]
        if '<div class="quiz"' in "".join(out.get("data", {}).get("text/html", ""))
    ]
    assert shown
    assert [html.count('class="quiz-right"') for html in shown] == [1] * len(shown)


@pytest.mark.browser
def test_a_quiz_answers_by_key_without_scripts(site: Path, browser) -> None:
    page_file = site / ASKING[0].relative_to(ROOT).with_suffix(".html")
    context = browser.new_context(java_script_enabled=False, viewport=check.PHONE)
    context.set_default_timeout(120_000)
    page = context.new_page()
    page.goto(page_file.as_uri(), wait_until="domcontentloaded")
    for kind, other in (("wrong", "right"), ("right", "wrong")):
        chosen = page.locator(".quiz").first.locator("details", has=page.locator(f".quiz-{kind}")).first
        chosen.locator("summary").press("Enter")
        assert chosen.locator("p").is_visible()
        assert page.locator(f".quiz-{other}:visible").count() == 0
    context.close()
