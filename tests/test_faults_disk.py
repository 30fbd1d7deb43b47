"""A full disk, a read-only folder: everything that writes says which file, leaves the old one and no litter.

Each writer first writes into a good folder, then meets trouble in one like it. Full and read-only disks are
real ones, in memory, where this process may mount them; where it may not, a limit on the size of files stands
in for the full one.
"""

from __future__ import annotations

import importlib.util
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import sample_chapter
from test_train import trained

from companion import _performance_page, bench, claims, explorers, sweep
from companion._files import write_whole
from companion.notebooks import __main__ as notebooks
from companion.notebooks import runs
from companion.notebooks.address import set_address

ROOT = Path(__file__).resolve().parents[1]
Patch = pytest.MonkeyPatch
Writing = tuple[Path, Callable[[], object]]  # the file that is written, and what writes it
Trouble = tuple[Path, Callable[[], object]]  # a folder, and what makes the trouble in it
NOBODY = 65534


def script(name: str) -> object:
    """A module of .ci/, which is no package."""
    sys.path.insert(0, str(ROOT / ".ci"))  # for what it imports
    spec = importlib.util.spec_from_file_location(f"ci_{name}", ROOT / f".ci/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# The writers: each prepares a folder and gives the file that it writes, and what writes it


def checkpoint(folder: Path, patch: Patch) -> Writing:
    trained(1, checkpoint=folder / "run.npz")
    return folder / "run.npz", lambda: trained(3, checkpoint=folder / "run.npz")


def records(folder: Path, patch: Patch) -> Writing:
    def run(seed: int) -> dict[str, int]:
        return {"figure": seed}

    def work(count: int) -> object:
        return sweep.sweep("toy", run, [{"seed": s} for s in range(count)], folder, progress=False)

    work(1)
    return folder / "toy.jsonl", lambda: work(3)


def claims_page(folder: Path, patch: Patch) -> Writing:
    (folder / "appendix").mkdir()
    (folder / "appendix/claims.md").write_text("old")
    return folder / "appendix/claims.md", lambda: claims.main([str(folder)])


def executed(folder: Path, patch: Patch) -> Writing:
    patch.setattr(runs, "run_cells", lambda notebook, folder: 1.0)  # to start a kernel takes a while
    patch.setattr(runs, "versions", lambda notebook: {"Python": "3", "NumPy": "2"})  # which takes a second
    path = sample_chapter.write(folder / "sample.ipynb")
    return path, lambda: notebooks.main(["execute", str(path)])


def template(folder: Path, patch: Patch) -> Writing:
    path = sample_chapter.write(folder / "sample.ipynb")
    return path, lambda: notebooks.main(["template", str(path)])


def sheets(folder: Path, patch: Patch) -> Writing:
    target = folder / "3-bptt/derivation.ipynb"
    target.parent.mkdir()
    target.write_text("old")
    patch.setattr(notebooks, "chapters", lambda paths: [ROOT / "book/3-bptt/derivation.ipynb"])
    return target, lambda: notebooks.main(["sheets", str(folder)])


def address(folder: Path, patch: Patch) -> Writing:
    (folder / "_config.yml").write_text("repository:\n  url: https://github.com/one/course\n")
    return folder / "_config.yml", lambda: set_address(folder, "https://github.com/two/course")


def explorer(folder: Path, patch: Patch) -> Writing:
    patch.setattr(explorers, "FOLDER", folder)
    patch.setitem(explorers.MADE, "variant-runs", lambda: list(range(9)))
    (folder / "variant-runs.js").write_text("old")
    return folder / "variant-runs.js", lambda: explorers.main(["variant-runs"])


def speed_page(folder: Path, patch: Patch) -> Writing:
    patch.setattr(_performance_page, "PAGE", folder / "performance.md")
    (folder / "performance.md").write_text("old")
    return folder / "performance.md", lambda: bench.main(["page"])


def book_zip(folder: Path, patch: Patch) -> Writing:
    return offline(folder, patch, "zip")


def book_pdf(folder: Path, patch: Patch) -> Writing:
    return offline(folder, patch, "pdf")


def offline(folder: Path, patch: Patch, kind: str) -> Writing:
    make = script("offline")
    rng = np.random.default_rng(0)
    patch.setattr(make, "print_book", lambda *given: rng.bytes(5000))
    patch.setattr(make, "packed", lambda pdf: pdf, raising=False)
    if kind == "zip":  # the PDF, which is the first, meets no trouble
        patch.setattr(make, "write_whole", lambda path, content: None)
    out, source = folder / "out", folder / "source"
    for part in (out, source, source / "site"):
        part.mkdir()
    for name in ("pdf", "zip"):
        (out / f"{make.NAME}.{name}").write_text("old")
    (source / "site/intro.html").write_bytes(rng.bytes(5000))
    (source / "_toc.yml").write_text("root: intro\n")
    (source / "_config.yml").write_text("repository:\n  url: https://github.com/one/course\n")
    arguments = ["--root", str(source), "--site", str(source / "site"), "--out", str(out)]
    return out / f"{make.NAME}.{kind}", lambda: make.main(arguments)


def text_file(folder: Path, patch: Patch) -> Writing:
    (folder / "file").write_text("old")
    return folder / "file", lambda: write_whole(folder / "file", "new " * 30_000)


FUNCTIONS = [text_file, checkpoint, records, address]  # which raise
COMMANDS = [  # which end with 1
    claims_page,
    executed,
    template,
    sheets,
    explorer,
    speed_page,
    book_zip,
    book_pdf,
]
WRITERS = [*FUNCTIONS, *COMMANDS]


# The troubles: each makes a folder, and then trouble in it


@contextmanager
def mounted() -> Iterator[Path]:
    """An empty disk of 512 kB in memory; skips where this process may mount none."""
    folder = Path(tempfile.mkdtemp())
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k,mode=755", "none", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        folder.rmdir()
        pytest.skip("this process may not mount a disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()


@contextmanager
def full_disk() -> Iterator[Trouble]:
    def fill() -> None:
        with open(folder / "filler", "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                return

    with mounted() as folder:
        yield folder, fill


@contextmanager
def read_only_disk() -> Iterator[Trouble]:
    with mounted() as folder:
        again = ["mount", "-o", "remount,ro", str(folder)]
        yield folder, lambda: subprocess.run(again, check=True, capture_output=True)


@contextmanager
def small_files() -> Iterator[Trouble]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with tempfile.TemporaryDirectory() as name:
            yield Path(name), lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20, before[1]))
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def read_only_folder() -> Iterator[Trouble]:
    """For root, who may write anywhere, another user's."""

    def protect() -> None:
        for inner in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
            inner.chmod(0o555)
        if os.geteuid() == 0:
            os.seteuid(NOBODY)
            if not os.access(ROOT / "data", os.R_OK, effective_ids=True):
                pytest.skip("the other user may not read this checkout either")

    folder = Path(tempfile.mkdtemp())
    user = os.geteuid()
    try:
        yield folder, protect
    finally:
        os.seteuid(user)
        for inner in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
            inner.chmod(0o755)
        shutil.rmtree(folder)


TROUBLES = {
    full_disk: "No space left on device",
    read_only_disk: "Read-only file system",
    small_files: "File too large",
    read_only_folder: "Permission denied",
}


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def complaint(work: Callable[[], object], capsys: pytest.CaptureFixture[str]) -> str:
    """What a writer says: the OSError of a function, what a command prints that ends with 1; else nothing."""
    capsys.readouterr()
    try:
        ended = work()
    except OSError as error:
        return f"OSError: {error}"
    return capsys.readouterr().err if ended == 1 else ""


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.__name__)
def test_a_writer_writes(
    writer: Callable[[Path, Patch], Writing],
    tmp_path: Path,
    monkeypatch: Patch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Otherwise the test below would prove nothing."""
    target, work = writer(tmp_path, monkeypatch)
    before = target.read_bytes()
    assert "cannot write" not in complaint(work, capsys)
    assert target.read_bytes() != before
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.__name__)
@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.__name__)
def test_trouble_is_named_and_the_old_file_stays(
    writer: Callable[[Path, Patch], Writing],
    trouble: Callable[[], AbstractContextManager[Trouble]],
    tmp_path: Path,
    monkeypatch: Patch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    complaint(writer(tmp_path, monkeypatch)[1], capsys)  # loads what the other user may not read
    with trouble() as (folder, make_trouble):
        target, work = writer(folder, monkeypatch)
        make_trouble()
        before = contents(folder)
        said = complaint(work, capsys)
        assert contents(folder) == before
    assert f"cannot write {target} ({TROUBLES[trouble]}); the old file is unchanged" in said
    assert said.startswith("OSError: ") == (writer in FUNCTIONS)


@pytest.mark.parametrize("trouble", [full_disk, small_files], ids=lambda trouble: trouble.__name__)
def test_a_site_that_cannot_be_written_leaves_the_old_one(
    trouble: Callable[[], AbstractContextManager[Trouble]],
    monkeypatch: Patch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(
        sys.modules, "jupyter_book.cli.main", SimpleNamespace(main=None)
    )  # slow, and not used
    make = script("site")
    with trouble() as (folder, make_trouble):
        raw, site = folder / "sphinx/_build/html", folder / "html"
        for where, name in ((raw, "new.html"), (site, "old.html")):
            where.mkdir(parents=True)
            (where / name).write_text("page " * 1000)
        places = {
            "BUILD": folder,
            "SPHINX": folder / "sphinx",
            "SITE": site,
            "LAST_GOOD": folder / "last-good",
        }
        for place, path in places.items():
            monkeypatch.setattr(make, place, path)
        monkeypatch.setattr(make, "build", lambda: 0)
        monkeypatch.setattr(make, "fingerprint", lambda: "x")
        places["LAST_GOOD"].write_text("x")
        make_trouble()
        before = contents(folder)
        said = complaint(make.main, capsys)
        del before["last-good"]  # so that the next build is not taken for a repetition
        assert contents(folder) == before
    assert f"The site could not be written into {site}: " in said
    assert TROUBLES[trouble] in said
