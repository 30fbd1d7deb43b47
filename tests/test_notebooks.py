"""Every stored chapter keeps the rules, and what is generated, run and rewritten comes out as it should."""

import ast
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sample_chapter import build, write

from companion.notebooks import NotebookError, bootstrap, template
from companion.notebooks.__main__ import main
from companion.notebooks.address import read_address, replaced, set_address
from companion.notebooks.rules import problems
from companion.notebooks.runs import execute
from companion.notebooks.sources import changed, sources
from companion.notebooks.stored import code_cells, read
from companion.notebooks.times import reading_minutes, running_time

ROOT = Path(__file__).resolve().parents[1]
STORED = {str(path.relative_to(ROOT).with_suffix("")) for path in (ROOT / "book").rglob("*.ipynb")}
OLD, NEW = "https://github.com/one/course", "https://github.com/Two-2/rnn.course"


# The book as it is stored


@pytest.mark.parametrize("chapter", sorted(STORED))
def test_a_chapter_keeps_the_rules(chapter):
    assert problems(ROOT / f"{chapter}.ipynb", read_address(ROOT)) == []


def test_the_table_of_contents_lists_every_chapter_and_nothing_else():
    contents = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    listed = set(re.findall(r"^[\s-]*(?:root|file):\s*(\S+)", contents, re.MULTILINE))
    assert listed >= STORED
    assert not [page for page in listed if page not in STORED and not (ROOT / f"{page}.md").is_file()]


# The generated cells


def test_the_bootstrap_installs_only_where_the_package_is_missing():
    source = bootstrap("https://github.com/someone/course")
    assert '%pip install -q "rnn-companion @ git+https://github.com/someone/course"' in source
    plain = source.replace("%pip", "pass  # %pip")
    install = next(node for node in ast.parse(plain).body if isinstance(node, ast.If))
    assert ast.unparse(install.test) == "find_spec('companion') is None"
    assert source.count("%") == 1


def test_a_template_leaves_out_what_is_to_be_written():
    source = (
        "def step(x):\n    h = 0\n    # --8<-- solution\n    h = x + 1\n\n    h = h * 2\n    # --8<-- end\n"
        "    if h:\n        # --8<-- solution\n        return h\n        # --8<-- end\n\ncheck(step)"
    )
    assert template(source) == (
        "def step(x):\n    h = 0\n    ...  # your code here\n"
        "    if h:\n        ...  # your code here\n\ncheck(step)"
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("a\n# --8<-- solution\nb", "line 2: '# --8<-- solution' without '# --8<-- end' after it"),
        ("a\n# --8<-- end", "line 2: '# --8<-- end' without '# --8<-- solution' before it"),
        ("# --8<-- solution\n# --8<-- solution\n# --8<-- end", "line 2: expected '# --8<-- end' for line 1"),
        ("a = 1", "at least one part marked '# --8<-- solution', got none"),
    ],
)
def test_marks_that_do_not_pair_are_refused(source, message):
    with pytest.raises(NotebookError, match=re.escape(message)):
        template(source)


# Running and storing


def test_a_run_chapter_keeps_the_rules_and_is_unchanged_until_its_code_changes(tmp_path):
    path = write(tmp_path / "sample.ipynb")
    assert changed(read(path))
    assert execute(path) > 0.1  # seconds of a core: to start a kernel takes more
    assert problems(path, read_address(ROOT)) == []
    notebook = read(path)
    assert not changed(notebook)
    assert "Reading: about 5 minutes. Running: under" in notebook["cells"][0]["source"]
    assert code_cells(notebook)[4]["outputs"][0]["text"] == "not started yet\n"
    execute(path)
    assert read(path)["cells"][1:] == notebook["cells"][1:]  # the first holds the time line
    code_cells(notebook)[1]["source"] += " "
    assert changed(notebook)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import warnings\nwarnings.warn('old')", r"code cell 1 \('import warnings .*'\) wrote to stderr"),
        ("import os\nos.write(2, b'from C')", "wrote to stderr: from C"),
        ("import os\nos._exit(1)", "died"),
    ],
)
def test_a_chapter_that_fails_or_is_not_quiet_is_not_stored(tmp_path, monkeypatch, source, message):
    monkeypatch.delenv(
        "PYTEST_CURRENT_TEST"
    )  # under pytest a kernel does not show what C code writes to stderr
    notebook = build()
    code_cells(notebook)[1]["source"] = source
    path = write(tmp_path / "sample.ipynb", notebook)
    before = path.read_bytes()
    with pytest.raises(NotebookError, match=f"(?s).*{message}"):
        execute(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["sample.ipynb"]


def test_a_cell_that_takes_too_long_is_not_stored(tmp_path, monkeypatch):
    monkeypatch.setattr("companion.notebooks.runs.SECONDS_A_CELL", 1)
    notebook = build()
    code_cells(notebook)[1]["source"] = "import time\ntime.sleep(60)"
    path = write(tmp_path / "sample.ipynb", notebook)
    before = path.read_bytes()
    with pytest.raises(NotebookError, match="ran for more than 1 s"):
        execute(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_run_stores_nothing_and_leaves_nothing_behind(tmp_path, how):
    notebook = build()
    begun = "import os, time\nopen('kernel', 'w').write(str(os.getpid()))\nos.rename('kernel', 'started')"
    code_cells(notebook)[1]["source"] = f"{begun}\ntime.sleep(60)"
    path = write(tmp_path / "sample.ipynb", notebook)
    before = path.read_bytes()
    command = [sys.executable, "-m", "companion.notebooks", "execute", str(path)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as running:
        wait_until((tmp_path / "started").exists)
        running.send_signal(how)
        said = running.communicate(timeout=30)[1]
    assert (running.returncode, "Interrupted." in said) == (
        (130, True) if how == signal.SIGINT else (-9, False)
    )
    assert path.read_bytes() == before
    assert {file.name for file in tmp_path.iterdir()} == {"sample.ipynb", "started"}
    kernel = int((tmp_path / "started").read_text())
    wait_until(lambda: not alive(kernel))  # it notices by itself that its client has gone


def wait_until(holds):
    until = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def alive(process):
    """Whether a process runs; one that has ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_file_that_is_no_notebook_is_named(tmp_path, capsys):
    (tmp_path / "torn.ipynb").write_text('{"cells": [', encoding="utf-8")
    assert main(["execute", str(tmp_path / "torn.ipynb")]) == 1
    assert re.search(r"torn\.ipynb: expected a Jupyter notebook", capsys.readouterr().err)


def test_a_chapter_depends_on_the_modules_it_imports_and_on_theirs(monkeypatch, tmp_path):
    package = tmp_path / "companion"
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    for name, source in {"a": "from companion import b", "b": "x = 1", "c": "x = 1"}.items():
        (package / f"{name}.py").write_text(source, encoding="utf-8")
    monkeypatch.setattr("companion.notebooks.sources.ROOT", tmp_path)
    notebook = build()
    code_cells(notebook)[1]["source"] = "from companion.a import b"
    before = sources(notebook)
    (package / "c.py").write_text("x = 2", encoding="utf-8")
    assert sources(notebook) == before
    (package / "b.py").write_text("x = 2", encoding="utf-8")
    assert sources(notebook) != before


def test_times_are_coarse():
    notebook = build()
    notebook["cells"][0]["source"] += "\n\n" + "word " * 1100 + "$a + b$ " * 1000
    assert reading_minutes(notebook) == 10
    seconds = {3.2: "under 10 seconds", 29: "under 30 seconds", 45: "under 1 minute", 61: "under 2 minutes"}
    assert {measured: running_time(measured) for measured in seconds} == seconds


def test_a_stamp_says_when_the_outputs_were_verified(tmp_path, capsys):
    path = write(tmp_path / "sample.ipynb")
    assert main(["stamp", str(path)]) == 1
    assert "never run" in capsys.readouterr().err
    execute(path)
    assert "Last run on" in read(path)["cells"][0]["source"]
    assert main(["stamp", str(path)]) == 0
    line = r"Run with Python 3\.\d+, NumPy [\d.]+; last verified on \d+ \w+ \d{4}\.$"
    assert re.search(line, read(path)["cells"][0]["source"])


# The address


def test_the_address_changes_in_every_form():
    text = (
        "https://github.com/one/course.git, https://github.com/one/course/blob/main/x "
        "https://colab.research.google.com/github/one/course/blob/main/x "
        "https://mybinder.org/v2/gh/one/course/main "
        "https://one.github.io/course/ https://github.com/one/course-notes none/course"
    )
    assert replaced(text, OLD, NEW) == (
        "https://github.com/Two-2/rnn.course.git, https://github.com/Two-2/rnn.course/blob/main/x "
        "https://colab.research.google.com/github/Two-2/rnn.course/blob/main/x "
        "https://mybinder.org/v2/gh/Two-2/rnn.course/main "
        "https://Two-2.github.io/rnn.course/ https://github.com/one/course-notes none/course"
    )
    assert replaced(replaced(text, OLD, NEW), NEW, OLD) == text


def test_one_command_changes_the_address_in_every_text_file(tmp_path):
    (tmp_path / "book").mkdir()
    config = "title: x\n\nrepository:\n  # the one source\n  url: {}\n  branch: main\n"
    (tmp_path / "_config.yml").write_text(config.format(OLD), encoding="utf-8")
    (tmp_path / "README.md").write_text(f"See {OLD}.\r\n", encoding="utf-8", newline="")
    (tmp_path / "book/image.png").write_bytes(b"\xff\xfe" + OLD.encode())
    write(tmp_path / "book/chapter.ipynb", build())
    assert [path.name for path in set_address(tmp_path, NEW)] == ["README.md", "_config.yml"]
    assert (tmp_path / "_config.yml").read_text(encoding="utf-8") == config.format(NEW)
    assert (tmp_path / "README.md").read_bytes() == f"See {NEW}.\r\n".encode()
    assert (tmp_path / "book/image.png").read_bytes() == b"\xff\xfe" + OLD.encode()
    assert set_address(tmp_path, NEW) == []


@pytest.mark.parametrize(
    "url",
    ["", "github.com/a/b", "http://github.com/a/b", f"{OLD}/", f"{OLD}.git", "https://github.com/a", "a b"],
)
def test_a_malformed_address_is_refused_before_anything_changes(tmp_path, url):
    (tmp_path / "_config.yml").write_text(f"repository:\n  url: {OLD}\n", encoding="utf-8")
    with pytest.raises(NotebookError, match="expected an address like"):
        set_address(tmp_path, url)
    assert read_address(tmp_path) == OLD


def test_a_missing_address_is_named(tmp_path):
    (tmp_path / "_config.yml").write_text(f"title: x\nother:\n  url: {OLD}\n", encoding="utf-8")
    with pytest.raises(NotebookError, match=r"_config\.yml: expected the address under 'repository: url:'"):
        read_address(tmp_path)


def test_the_address_can_be_changed_with_nothing_installed():
    code = "import sys, companion.notebooks.__main__; print({'numpy', 'nbformat'} & set(sys.modules))"
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout == "set()\n"
