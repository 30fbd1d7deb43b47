"""Claims are all there, a verdict needs its evidence, and the appendix page says what the chapters say."""

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from companion import _shipped, claims
from companion._claims_page import SOURCES, page
from companion._files import write_whole
from companion.claims import ClaimError, collect, judge

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "book"


# The book as it is stored


def test_the_stored_page_is_the_one_of_the_stored_chapters() -> None:
    stored = (BOOK / "appendix" / "claims.md").read_text(encoding="utf-8")
    assert stored == page(collect(BOOK)), "run `python -m companion.claims`"


def test_every_claim_has_its_verdict() -> None:
    assert claims.missing(collect(BOOK)) == []


def test_every_link_of_the_page_leads_to_a_stored_verdict() -> None:
    links = re.findall(r'href="\.\./([^"]+)\.html#claim-([^"]+)"', page(collect(BOOK)))
    assert len(links) == len(collect(BOOK))
    for chapter, claim in links:
        assert f'id=\\"claim-{claim}\\"' in (BOOK / f"{chapter}.ipynb").read_text(encoding="utf-8")


# The claims


def test_all_claims_of_all_sources_are_there() -> None:
    known = claims.load()
    assert len(known) == 134
    assert Counter(claim.source for claim in known.values()) == {
        "S0": 36,
        "S1": 29,
        "S2": 29,
        "S3": 15,
        "S4": 25,
    }
    counted = [f"{source}-{n}" for source, count in claims.COUNTS.items() for n in range(1, count + 1)]
    assert list(known) == [claim.id for claim in known.values()] == counted
    assert set(SOURCES) == set(claims.COUNTS)
    for claim in known.values():
        assert claim.id.startswith(claim.source + "-")
        assert claim.part in claims.PARTS
    assert len({claim.text for claim in known.values()}) == 134


def test_claims_read_as_sentences() -> None:
    for claim in claims.load().values():
        assert 20 < len(claim.text) <= 200, claim
        assert re.fullmatch(r'[A-Z0-9].*[.)"]', claim.text), claim
        assert re.search(r"\[(source|rec|inf|checked)|\$|\\|  |\bpp\b|\bep\d", claim.text) is None, claim


def test_a_missing_list_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_shipped, "folder", lambda: tmp_path)
    with pytest.raises(FileNotFoundError, match=r"claims\.csv is missing"):
        judge("S1-14", "holds", measured="7", because=True)


# Verdicts


def test_a_verdict_shows_itself_as_text_and_as_html() -> None:
    verdict = judge("S1-14", "holds in part", measured="6 weights\n + 1 bias = 7", because=np.bool_(True))
    shown = verdict._repr_mimebundle_()
    assert shown == verdict._repr_mimebundle_()
    assert shown["text/plain"] == "S1-14 holds in part: 6 weights + 1 bias = 7"
    assert shown["text/html"].startswith(
        '<div class="claim-verdict claim-holds-in-part" data-verdict="holds in part"'
    )
    assert 'id="claim-s1-14"' in shown["text/html"]
    assert verdict.claim.text in shown["text/html"]
    assert "<strong>Holds in part:</strong> 6 weights + 1 bias = 7</p>" in shown["text/html"]
    assert set(shown) == {"text/plain", "text/html"}  # the site is built with warnings on any other kind


def test_markup_in_a_measured_figure_is_shown_and_not_obeyed() -> None:
    verdict = judge("S1-14", "holds", measured="<script>a & b</script>", because=True)
    assert "&lt;script&gt;a &amp; b" in verdict._repr_mimebundle_()["text/html"]


@pytest.mark.parametrize("verdict", claims.VERDICTS)
def test_a_verdict_that_the_values_do_not_bear_out_is_refused(verdict: str) -> None:
    with pytest.raises(
        ClaimError, match=f"^S1-14: '{verdict}' is not borne out by what was measured \\(8 numbers\\)$"
    ):
        judge("S1-14", verdict, measured="8 numbers", because=False)


def test_bad_verdicts_are_refused() -> None:
    with pytest.raises(
        ClaimError, match=r"unknown claim 'S1-99': the claims are S0-1 to S0-36, S1-1 to S1-29, "
    ):
        judge("S1-99", "holds", measured="7", because=True)
    with pytest.raises(
        ClaimError, match=r"S1-14: the verdict must be one of holds, holds in part, .*, got 'true'"
    ):
        judge("S1-14", "true", measured="7", because=True)
    with pytest.raises(ClaimError, match="S1-14: measured must say in a line what was found, got ' '"):
        judge("S1-14", "holds", measured=" ", because=True)
    for because in (np.array([True, True]), "yes", 1, None):
        with pytest.raises(TypeError, match="because must be a bool computed from measured values, got "):
            judge("S1-14", "holds", measured="7", because=because)  # type: ignore[arg-type]


# Collecting


def chapter(title: str, *outputs: claims.Verdict | dict[str, str]) -> str:
    """The text of a notebook that shows `outputs`, one a cell."""
    cells: list[dict[str, object]] = [
        {
            "cell_type": "code",
            "source": ["import companion"],
            "outputs": [{"output_type": "stream", "text": "hi"}],
        },
        {"cell_type": "markdown", "source": ["Before\n", f"# {title}\n", "## A section"]},
    ]
    for output in outputs:
        shown = output._repr_mimebundle_() if isinstance(output, claims.Verdict) else output
        displayed = {"output_type": "execute_result", "data": {kind: [text] for kind, text in shown.items()}}
        cells.append({"cell_type": "code", "source": "claims.judge(...)", "outputs": [displayed]})
    return json.dumps({"cells": cells})


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A book with two verdicts in two chapters, and with notebooks that are no chapters."""
    first = judge("S1-14", "holds", measured="6 + 1 = 7", because=True)
    second = judge("S0-3", "does not hold", measured="a < b & *c*_d_ [e](f) `g` $h$", because=True)
    for name, text in {
        "2-forward-pass/by-hand.ipynb": chapter("Forward pass by hand", first),
        "intro.ipynb": chapter("Introduction"),
        "6-variants/base.ipynb": chapter("The base & its inputs", second),
        "2-forward-pass/.ipynb_checkpoints/by-hand-checkpoint.ipynb": chapter("Forward pass by hand", first),
        "_build/by-hand.ipynb": "not a notebook",
        "appendix/claims.md": "old",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_stored_verdicts_are_collected_in_the_order_of_the_claims(book: Path) -> None:
    found = collect(book)
    assert [(f.verdict.claim.id, f.chapter, f.title) for f in found] == [
        ("S0-3", "6-variants/base.ipynb", "The base & its inputs"),
        ("S1-14", "2-forward-pass/by-hand.ipynb", "Forward pass by hand"),
    ]
    assert found[1].verdict == judge("S1-14", "holds", measured="6 + 1 = 7", because=True)


def test_the_page_counts_links_and_escapes(book: Path) -> None:
    text = page(collect(book))
    assert (
        "All 134 claims: holds 1, holds in part 0, does not hold 1, cannot be checked 0, not yet judged 132."
        in text
    )
    assert (
        "36 claims: holds 0, holds in part 0, does not hold 1, cannot be checked 0, not yet judged 35."
        in text
    )
    address = "../2-forward-pass/by-hand.html#claim-s1-14"
    link = f'<a class="reference internal" href="{address}">Forward pass by hand</a>'
    assert f"**Holds:** 6 + 1 = 7 ({link})" in text
    assert r"a \< b \& \*c\*\_d\_ \[e\](f) \`g\` \$h\$" in text
    assert text.count("\n**Not yet judged**\n") == 132
    for id in claims.load():
        assert text.count(f'id="{id.lower()}">\n\n{id}. ') == 1


def test_a_claim_judged_twice_is_refused(book: Path) -> None:
    shutil.copy(book / "6-variants/base.ipynb", book / "6-variants/lag.ipynb")
    with pytest.raises(
        ClaimError, match=r"S0-3 is judged twice, in 6-variants/base.ipynb and in 6-variants/lag.ipynb"
    ):
        collect(book)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("S9-1 holds: 7", "unknown claim 'S9-1'"),
        ("S1-14 maybe: 7", "S1-14: the verdict must be one of .*, got 'maybe'"),
        ("S1-14 holds", "a verdict must read 'ID VERDICT: MEASURED', got 'S1-14 holds'"),
        ("", "a verdict must read 'ID VERDICT: MEASURED', got ''"),
        ("S1-14 holds: 8", "S1-14 would be shown otherwise today: run the chapter again"),
    ],
)
def test_a_stored_verdict_that_was_altered_is_refused(book: Path, line: str, error: str) -> None:
    shown = judge("S1-14", "holds", measured="7", because=True)._repr_mimebundle_()
    (book / "2-forward-pass/by-hand.ipynb").write_text(chapter("By hand", shown | {"text/plain": line}))
    with pytest.raises(ClaimError, match=f"^2-forward-pass/by-hand.ipynb: {error}"):
        collect(book)


def test_a_verdict_whose_claim_was_reworded_since_is_refused(book: Path) -> None:
    path = book / "2-forward-pass/by-hand.ipynb"
    path.write_text(path.read_text().replace("flattened", "unrolled"))
    with pytest.raises(ClaimError, match="S1-14 would be shown otherwise today: run the chapter again"):
        collect(book)


@pytest.mark.parametrize("text", ["", '{"cells": [', "[]", "{}", '{"cells": 3}', "\x00"])
def test_a_file_that_is_no_notebook_is_refused(book: Path, text: str) -> None:
    (book / "intro.ipynb").write_text(text)
    with pytest.raises(ClaimError, match=r"^intro\.ipynb cannot be read as a notebook"):
        collect(book)


def test_claims_without_a_verdict_are_listed(book: Path) -> None:
    lacking = claims.missing(collect(book))
    assert lacking == [name for name in claims.load() if name not in ("S0-3", "S1-14")]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "companion.claims", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_the_command_writes_the_page(book: Path) -> None:
    done = run(book)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{book}/appendix/claims.md: 2 of 134 claims judged\n"
    assert (book / "appendix/claims.md").read_text() == page(collect(book))


def test_the_command_keeps_the_old_page_when_something_is_wrong(book: Path) -> None:
    write_whole(book / "intro.ipynb", "{}")
    done = run(book)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("companion.claims: intro.ipynb cannot be read as a notebook")
    assert (book / "appendix/claims.md").read_text() == "old"
    assert "must be the folder of the chapters" in run(book / "nowhere").stderr
