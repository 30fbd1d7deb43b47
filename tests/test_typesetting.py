"""On a page a formula stays in one line with the punctuation around it, and a number with its per cent."""

import importlib.util
import re
from pathlib import Path

import pytest
from docutils import nodes

SCRIPT = Path(__file__).parent.parent / ".ci/typesetting.py"
SPEC = importlib.util.spec_from_file_location("typesetting", SCRIPT)
assert SPEC is not None and SPEC.loader is not None
typesetting = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(typesetting)


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        ("the state ", ", and the", "x,"),
        ("shape (", "), as before", "(x),"),
        ("every ", "-th hour", "x-th"),
        ("that ", " holds", None),
        ("so that ", None, None),
    ],
)
def test_punctuation_stays_with_its_formula(before: str, after: str | None, kept: str | None) -> None:
    texts = [nodes.Text(before), nodes.math("x", "x"), *([nodes.Text(after)] if after else [])]
    line = nodes.paragraph("", "", *texts)
    words = line.astext()
    typesetting.keep_together(line[1])
    assert line.astext() == words
    found = [node.astext() for node in line.findall(nodes.inline)]
    assert found == ([kept] if kept else [])


def test_a_number_stays_with_its_per_cent_but_code_is_left_alone() -> None:
    line = nodes.paragraph("", "", nodes.Text("middle 95 % of 20 %"), nodes.literal("", "5 % 2"))
    for text in list(line.findall(nodes.Text)):
        typesetting.keep_per_cent(text)
    assert line.astext() == "middle 95\xa0% of 20\xa0%5 % 2"


def test_the_space_before_a_link_is_no_part_of_it() -> None:
    line = nodes.paragraph("", "Solution to", nodes.reference("", " Exercise 1", refuri="#1"))
    typesetting.move_space_out(line[1])
    assert line.astext() == "Solution to Exercise 1"
    assert [link.astext() for link in line.findall(nodes.reference)] == ["Exercise 1"]


def test_the_cells_after_an_exercise_are_told_apart_while_they_are_folded(site: Path) -> None:
    page = (site / "book/4-stacked/stacking.html").read_text(encoding="utf-8")
    after = page[page.index('id="ex-stacking-') :]
    found = re.findall(r'<p class="collapsed admonition-title">Show (.*?)</p>', after)
    assert "the solution’s code" in found and "what it does" in found
    at_work = [i for i, what in enumerate(found) if what == "what it does"]
    assert all(found[i - 1] == "the solution’s code" for i in at_work)


def test_on_every_page_commas_stay_with_their_formulas(site: Path) -> None:
    pages = {path: path.read_text(encoding="utf-8") for path in site.glob("book/**/*.html")}
    formula = r'<span class="math notranslate nohighlight">[^<]*</span>[,.;:!?]'
    assert sum(len(re.findall(formula, page)) for page in pages.values()) > 100
    alone = rf'(?<!<span class="together">)(?<!<span class="together">\(){formula}'
    assert {path.name: found for path, page in pages.items() if (found := re.findall(alone, page))} == {}
