"""Tests the chapters that a branch changed, before all others.

Changed is a chapter whose notebook is not what it was where the branch began, and one that uses a module of
the package or a data file that is not.
"""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the package of this checkout

from companion.notebooks import api  # noqa: E402
from companion.notebooks.sources import files_behind  # noqa: E402
from companion.notebooks.stored import code_cells, read  # noqa: E402


def changes(base: str) -> set[Path]:
    """The files that are not what they were where HEAD left `base`; new ones too, and those of no commit."""

    def git(*command: str) -> list[str]:
        run = subprocess.run(["git", *command], cwd=ROOT, check=True, capture_output=True, text=True)
        return run.stdout.split("\n")

    (began, *_) = git("merge-base", base, "HEAD")
    names = [*git("diff", "--name-only", began), *git("ls-files", "--others", "--exclude-standard")]
    return {ROOT / name for name in names if name}


@cache
def uses(chapter: Path) -> tuple[set[Path], str]:
    """The files that a chapter is and runs, and its code."""
    notebook = read(chapter)
    code = "\n".join(cell["source"] for cell in code_cells(notebook))
    return {chapter, *files_behind(notebook)}, code


def touched(chapter: Path, changed: set[Path]) -> bool:
    """Whether one of these files is or is run by a chapter; a data file counts where it is named."""
    files, code = uses(chapter)
    data = [file.name.split(".")[0] for file in changed if file.is_relative_to(ROOT / "data")]
    return bool(files & changed) or any(f'"{name}"' in code for name in data)


def main(base: str) -> int:
    try:
        changed = changes(base)
    except subprocess.CalledProcessError as error:
        print(f"No branch or commit {base} to compare with: {error.stderr.strip()}", file=sys.stderr)
        return 1
    chapters = [chapter for chapter in api.chapters() if touched(chapter, changed)]
    names = [str(chapter.relative_to(ROOT)) for chapter in chapters]
    print(f"Changed since {base}: {len(chapters)} chapters", *names, sep="\n  ")
    if not chapters:
        return 0
    return subprocess.run([sys.executable, "-m", "pytest", "-q", *names], cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
