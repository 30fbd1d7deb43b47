"""Files are written whole or not at all: refused, interrupted, killed or out of space, the old file stays."""

import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from companion._files import whole_file, write_whole

REPOSITORY = Path(__file__).resolve().parents[1]


def start(code: str, *arguments: Path) -> subprocess.Popen[str]:
    """A fresh Python that runs `code`, with `arguments` in sys.argv."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )


@pytest.fixture
def read_only_folder() -> Iterator[Path]:
    """A folder with a file in it, in which this process may write nothing, even when run as root."""
    folder = Path(tempfile.mkdtemp())
    (folder / "old").write_text("old")
    folder.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    yield folder
    if root:
        os.seteuid(0)
    folder.chmod(0o755)
    (folder / "old").unlink()
    folder.rmdir()


def test_the_package_writes_files_in_no_other_way() -> None:
    other = re.compile(r"\.write_(text|bytes)\(|\bopen\([^)]*[\"'][wax]b?\+?[\"']|np\.save\(")
    package = REPOSITORY / "companion"
    found = {path.name for path in package.rglob("*.py") if other.search(path.read_text(encoding="utf-8"))}
    assert found == {"_files.py", "course_times.py"}  # the latter in a clone that it throws away


@pytest.mark.parametrize("content", [b"\x00\r\n\xff", "naïve\r\nline\n", b"", ""])
def test_text_and_bytes_arrive_as_they_are(tmp_path: Path, content: bytes | str) -> None:
    write_whole(tmp_path / "file", content)
    assert (tmp_path / "file").read_bytes() == (content if isinstance(content, bytes) else content.encode())
    assert os.listdir(tmp_path) == ["file"]


def test_the_path_may_be_a_string_and_the_old_file_is_replaced(tmp_path: Path) -> None:
    path = str(tmp_path / "file")
    write_whole(path, "a long first version")
    write_whole(path, "short")
    assert Path(path).read_text() == "short"


def test_until_the_block_ends_readers_see_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with whole_file(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_text() == "old"
    assert path.read_text() == "new"


@pytest.mark.parametrize("failure", [ValueError("no"), KeyboardInterrupt()])
def test_a_block_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path, failure: BaseException) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(type(failure)), whole_file(path) as file:
        file.write(b"half of the n")
        raise failure
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


def test_an_error_about_another_file_keeps_its_own_text(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="elsewhere"), whole_file(tmp_path / "file"):
        (tmp_path / "elsewhere").read_bytes()
    assert os.listdir(tmp_path) == []


def test_mode_and_link_of_the_old_file_are_kept(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    write_whole(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_new_file_gets_the_usual_mode(tmp_path: Path) -> None:
    (tmp_path / "usual").write_text("")
    write_whole(tmp_path / "new", "")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"cannot write .*gone/file \(No such.*nothing was written"):
        write_whole(tmp_path / "gone" / "file", "new")


def test_a_folder_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(IsADirectoryError, match=r"cannot write .*file \(Is a directory\)"):
        write_whole(tmp_path / "file", "new")


def test_a_read_only_folder_is_refused_and_the_old_file_stays(read_only_folder: Path) -> None:
    with pytest.raises(PermissionError, match=r"cannot write .*old \(Permission.*the old file is unchanged"):
        write_whole(read_only_folder / "old", "new")
    with pytest.raises(PermissionError, match="nothing was written"):
        write_whole(read_only_folder / "new", "new")
    assert os.listdir(read_only_folder) == ["old"]
    assert (read_only_folder / "old").read_text() == "old"


def test_running_out_of_space_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    limited = (
        "import resource, sys; from companion._files import write_whole;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)); write_whole(sys.argv[1], b'x' * 100_000)"
    )
    output, _ = start(limited, path).communicate(timeout=60)
    assert "(File too large); the old file is unchanged" in output
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_process_killed_half_way_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    slow = (
        "import sys, time; from companion._files import whole_file\n"
        "with whole_file(sys.argv[1]) as file:\n"
        "    file.write(b'half of the n'); file.flush(); print('half', flush=True); time.sleep(60)"
    )
    process = start(slow, path)
    assert process.stdout is not None
    assert process.stdout.readline() == "half\n"
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=60)
    process.stdout.close()
    assert path.read_text() == "old"
    write_whole(path, "new")  # what the killed process left behind is in nobody's way
    assert path.read_text() == "new"
