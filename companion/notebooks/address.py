"""The repository's public address: it stands in `_config.yml`, and one command changes every copy of it."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from companion.notebooks import NotebookError

SOURCE = "_config.yml"
_IN_SOURCE = re.compile(r"^repository:.*\n(?:[ \t]+.*\n)*?[ \t]+url:[ \t]*[\"']?([^\s\"']+)", re.MULTILINE)
_FORM = re.compile(r"https://github\.com/([A-Za-z0-9][A-Za-z0-9-]*)/([A-Za-z0-9._-]+)")
_UNTRACKED = {".git", ".venv", "_build", "build", "dist", "__pycache__"}


def _owner_and_repository(url: str) -> tuple[str, str]:
    match = _FORM.fullmatch(url)
    if match is None or match[2].endswith(".git") or not match[2].strip("."):
        raise NotebookError(f"expected an address like https://github.com/someone/course, got '{url}'")
    return match[1], match[2]


def read_address(root: Path) -> str:
    """The address that stands in `_config.yml` under `repository: url:`."""
    path = root / SOURCE
    found = _IN_SOURCE.search(path.read_text(encoding="utf-8"))
    if found is None:
        raise NotebookError(f"{path}: expected the address under 'repository: url:', found none")
    _owner_and_repository(found[1])
    return found[1]


def replaced(text: str, old: str, new: str) -> str:
    """`text` with each form of the address changed: the repository's, Colab's, Binder's, its pages'."""
    (owner, name), (new_owner, new_name) = _owner_and_repository(old), _owner_and_repository(new)
    before, after = r"(?<![\w.-])", r"(?![\w-])"
    for was, becomes in (
        (f"{owner}/{name}", f"{new_owner}/{new_name}"),
        (f"{owner}.github.io/{name}", f"{new_owner}.github.io/{new_name}"),
    ):
        text = re.sub(before + re.escape(was) + after, lambda _, to=becomes: to, text)  # type: ignore[misc]
    return text


def files(root: Path) -> Iterator[Path]:
    """The files of the course: those git knows or would take; all that are there where there is no git."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
        paths = [root / name for name in listed if name]
    except (OSError, subprocess.CalledProcessError):
        paths = [path for path in root.rglob("*") if not _UNTRACKED & set(path.relative_to(root).parts)]
    yield from sorted({path for path in paths if path.is_file() and not path.is_symlink()})


def set_address(root: Path, url: str) -> list[Path]:
    """Change the address in every text file of the course to `url`; return the files that changed.

    Each file is written whole, `_config.yml` last, so that a run that was cut short can be started again.
    """
    from companion._files import write_whole

    _owner_and_repository(url)
    old, changed = read_address(root), []
    for path in sorted(files(root), key=lambda path: path == root / SOURCE):
        try:
            before = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            continue  # not a text file
        after = replaced(before, old, url)
        if after != before:
            write_whole(path, after.encode())
            changed.append(path)
    return changed
