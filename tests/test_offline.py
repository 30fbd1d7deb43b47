"""What a reader takes along: the zip is the whole site, the PDF the whole book, and nothing is half made."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from conftest import missing

ROOT = Path(__file__).resolve().parent.parent
NAME = "recurrent-neural-networks-tested"
FIRST = """<h1 id="first">First chapter</h1><p>See <a href="2/other.html#place">the other</a>,
<a href="2/other.html">all of it</a>, <a href="sheet.ipynb">a notebook</a> and
<a href="https://a.org/x">a site</a>.
<img src="picture.png" alt="a square" loading="lazy"></p>
<details><summary>Solution</summary>An answer</details>"""
OTHER = """<h1 id="place">Other chapter</h1><p>Back to <a href="../first.html">the first</a>, up to
<a href="#place">the title</a>.</p>"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A small built site, in a folder with a space in its name, with its settings beside it."""
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"))):
        missing("no browser to print with")
    root = tmp_path / "a book"
    (root / "site/book/2").mkdir(parents=True)
    (root / "_toc.yml").write_text("root: book/first\nparts:\n  - chapters:\n    - file: book/2/other\n")
    (root / "_config.yml").write_text("repository:\n  url: https://github.com/SOMEONE/COURSE\n")
    for name, text in (("first", FIRST), ("2/other", OTHER)):
        head = '<!doctype html><meta charset="utf-8"><title>A page — A book</title>'
        menu = '<div style="display: none"><img src="late.png" loading="lazy" alt=""></div>'
        page = f'{head}{menu}<article class="bd-article">{text}</article>'
        (root / f"site/book/{name}.html").write_text(page, encoding="utf-8")
    (root / "site/book/sheet.ipynb").write_text("{}")
    Image.new("RGB", (20, 20), "red").save(root / "site/book/picture.png")
    return root


def targets(pdf: pikepdf.Pdf) -> tuple[set[str], set[str]]:
    """Where the links of a PDF lead: to named places in it, each of which must be there, and to addresses."""
    links = [link for page in pdf.pages for link in page.get("/Annots", []) if link.Subtype == "/Link"]
    named = {str(link.Dest).removeprefix("/") for link in links if "/Dest" in link}
    assert named <= {str(name).removeprefix("/") for name in pdf.Root.Dests}
    return named, {str(link.A.URI) for link in links if "/A" in link}


def offline(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / ".ci/offline.py", "--root", root, "--site", root / "site"]
    return subprocess.run([*command, "--out", root / "out"], capture_output=True, text=True)


@pytest.mark.browser
def test_the_zip_is_the_site_and_the_pdf_is_the_book(book: Path) -> None:
    run = offline(book)
    assert run.returncode == 0, run.stderr
    with zipfile.ZipFile(book / f"out/{NAME}.zip") as zipped:
        assert zipped.testzip() is None
        for file in (path for path in (book / "site").rglob("*") if path.is_file()):
            inside = f"{NAME}/{file.relative_to(book / 'site').as_posix()}"
            assert zipped.read(inside) == file.read_bytes()

    with pikepdf.open(book / f"out/{NAME}.pdf") as pdf:
        assert len(pdf.pages) == 2
        assert pdf.docinfo.Title == "A book"
        with pdf.open_outline() as outline:
            assert [item.title for item in outline.root] == ["First chapter", "Other chapter"]
        places, addresses = targets(pdf)
    assert places == {"book/first", "book/2/other", "book/2/other--place"}
    # What is not in the PDF is on the published site.
    assert addresses == {"https://a.org/x", "https://someone.github.io/COURSE/book/sheet.ipynb"}

    again = (book / f"out/{NAME}.zip").read_bytes()
    assert offline(book).returncode == 0
    assert (book / f"out/{NAME}.zip").read_bytes() == again


@pytest.mark.browser
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('src="picture.png"', 'src="gone.png"', "no picture: file:"),
        ("An answer", r'<span class="math">\(a\)</span>', r"no formula: \(a\)"),
    ],
)
def test_a_book_with_a_fault_is_not_written(book: Path, old: str, new: str, said: str) -> None:
    page = book / "site/book/first.html"
    page.write_text(page.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    run = offline(book)
    assert run.returncode == 1
    assert "the book cannot be printed" in run.stderr and said in run.stderr
    assert list((book / "out").iterdir()) == []


def test_a_site_that_is_not_built_is_named(book: Path) -> None:
    (book / "site/book/2/other.html").unlink()
    run = offline(book)
    assert run.returncode == 1
    assert "lacks book/2/other: run `make book` first" in run.stderr
    assert not (book / "out").exists()
