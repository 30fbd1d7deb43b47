"""The pages about the package: complete, true to the code, linked with the chapters both ways."""

from __future__ import annotations

import importlib
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import site_checks as check

from companion.experiments import toy_series
from companion.notebooks import api, package

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted((ROOT / api.PAGES).glob("*.md"))
# Modules that need neither PyTorch nor Keras, whose signatures Python itself can be asked for.
LIGHT = [
    f"companion.{name}"
    for name in ("cells", "scan", "gradcheck", "layers", "optim", "train", "initial", "whole", "data", "taps")
]


def test_every_public_module_has_a_page_of_its_own() -> None:
    titles = [page.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ") for page in PAGES]
    assert titles == [f"companion.{page.stem}" for page in PAGES]
    assert titles == package.modules()


@pytest.mark.parametrize("module", LIGHT)
def test_signatures_and_docstrings_are_those_that_python_sees(module: str) -> None:
    loaded = importlib.import_module(module)
    shown = [offer for offer in package.offers(module) if offer.kind != "data"]
    assert shown
    for offer in shown:
        real = getattr(loaded, offer.name)
        assert package.docstring(offer.node) == (inspect.getdoc(real) or ""), offer.path
        if offer.kind == "function":
            written = f"def f{package.signature(offer.home, offer.node)}: ..."
            made: dict[str, object] = {}
            names = inspect.signature(real).parameters
            exec(re.sub(r"=[^,)]+(\([^)]*\))?", "=0", written), made)
            assert list(inspect.signature(made["f"]).parameters) == list(names), offer.path  # type: ignore[arg-type]


def test_classes_show_what_they_inherit() -> None:
    (lstm,) = [offer for offer in package.offers("companion.cells") if offer.name == "LSTM"]
    shown = api.entry(lstm)
    assert "{py:class} LSTM(input_size, hidden_size)" in shown
    for method in (
        "init(rng, dtype=np.float64)",
        "zero_state(N, dtype=np.float64)",
        "step(params, x, state)",
    ):
        assert f"{{py:method}} {method}" in shown
    assert "{py:property} shapes" in shown
    (run,) = [offer for offer in package.offers("companion.scan") if offer.name == "Run"]
    assert "{py:class} Run(ys, state, back)" in api.entry(run)


@pytest.mark.parametrize(
    ("docstring", "expected"),
    [
        ("Read `W_xh`, then h_t * c.", r"Read `W_xh`, then h\_t \* c."),
        ("As follows.\n\n    h_t = a * b\n      + c", "As follows.\n\n```text\nh_t = a * b\n  + c\n```"),
        ("So:\n    h = 1", "So:\n\n```text\nh = 1\n```"),
        ("y    (N, H)\nback  the way\n      back", "- **y**: (N, H)\n- **back**: the way back"),
        ("One\nline.\n\nTwo.", "One line.\n\nTwo."),
        ("", ""),
    ],
)
def test_docstrings_become_markdown(docstring: str, expected: str) -> None:
    assert api.markdown(docstring) == expected


def test_every_way_of_importing_a_function_leads_to_its_entry(tmp_path: Path) -> None:
    import nbformat
    from nbformat.v4 import new_code_cell, new_notebook

    cells = [
        "%pip install nothing",
        "from companion.cells import LSTM as Long\nfrom companion import data, plots as p",
        "import companion.scan\nLong; data.Scale.standard; p.unrolled",
        "companion.scan.scan; data.no_such_name",
    ]
    notebook = tmp_path / "chapter.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(cell) for cell in cells]), notebook)
    assert [offer.path for offer in api.uses(notebook)] == [
        "companion.cells.LSTM",
        "companion.data.Scale",
        "companion.plots.unrolled",
        "companion.scan.scan",
    ]
    assert "{py:class}`LSTM <companion.cells.LSTM>`" in api.used_by(notebook)


def test_constant_named_beside_others_shows_its_own_value() -> None:
    wanted = f"{toy_series.__name__}.SCALE"
    (scale,) = (offer for offer in package.by_definition().values() if offer.path == wanted)
    (line,) = re.findall(r"^:value: (.*)$", api.entry(scale), re.MULTILINE)
    assert float(json.loads(line)) == toy_series.SCALE


@pytest.mark.parametrize("chapter", api.chapters(), ids=lambda path: path.stem)
def test_a_chapter_and_the_pages_of_what_it_uses_name_each_other(chapter: Path) -> None:
    place = chapter.relative_to(ROOT).with_suffix("").as_posix()
    offers = api.uses(chapter)
    assert offers
    for offer in offers:
        assert api.is_shown(offer), f"{offer.path} has no entry"
        lines = [line for line in api.used_in(offer.module) if f"`/{place}`" in line]
        assert len(lines) == 1 and f"`{offer.name}`" in lines[0]
        assert f"<{offer.path}>`" in api.used_by(chapter)


def test_the_pages_are_made_without_importing_what_they_show() -> None:
    program = (
        "import sys\nfrom companion.notebooks import api, package\n"
        "for module in package.modules(): api.page(module)\n"
        "print(sorted({'numpy', 'torch', 'keras', 'matplotlib'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout == "[]\n"


def test_built_pages_hold_every_entry_and_chapters_lead_there(site: Path) -> None:
    for module in package.modules():
        ids = check.anchors(site / f"{api.page_of(module)}.html").ids
        entries = [offer for _, offers in package.sections(module) for offer in offers if api.is_shown(offer)]
        assert [offer.path for offer in entries if offer.path not in ids] == []
    for chapter in api.chapters():
        built = check.anchors(site / chapter.relative_to(ROOT).with_suffix(".html"))
        ends = {link.split("#")[-1] for link in built.links}
        assert {offer.path for offer in api.uses(chapter)} - ends == set()


@pytest.mark.browser
@pytest.mark.parametrize("name", ["companion.optim.clip_grad_norm", "companion.cells.Highway"])
def test_search_finds_functions_of_the_package(site: Path, browser, name: str) -> None:
    page = browser.new_context().new_page()
    page.goto((site / "search.html").as_uri() + f"?q={name.split('.')[-1]}")
    page.wait_for_selector(f"#search-results li a[href*='{name}']", timeout=10_000)
    page.context.close()
