"""The command line: `python -m companion.notebooks execute | new | check | template | stamp | ...`."""

import argparse
import sys
from datetime import date
from pathlib import Path

from companion._files import write_whole
from companion.notebooks import NotebookError
from companion.notebooks.address import read_address, set_address
from companion.notebooks.rules import problems
from companion.notebooks.runs import execute
from companion.notebooks.sheets import sheet
from companion.notebooks.skeleton import start
from companion.notebooks.sources import ROOT, changed
from companion.notebooks.stored import read, record, refresh, text
from companion.notebooks.times import time_line, write_time_line


def chapters(paths: list[Path]) -> list[Path]:
    """The notebooks named, or every notebook of the book."""
    found = paths or sorted((ROOT / "book").rglob("*.ipynb"))
    return [path.resolve() for path in found if ".ipynb_checkpoints" not in path.parts]


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def run_execute(options: argparse.Namespace) -> bool:
    well = True
    for path in chapters(options.paths):
        if not (options.paths or options.all or changed(read(path))):
            print(f"{shown(path)}: unchanged since it was last run")
            continue
        try:
            seconds = execute(path)
        except NotebookError as error:
            print(f"{shown(path)}: not stored. {error}", file=sys.stderr)
            well = False
        else:
            print(f"{shown(path)}: run in {seconds:.0f} s and stored")
            well = report(path) and well
    return well


def run_check(options: argparse.Namespace) -> bool:
    reports = [report(path) for path in chapters(options.paths)]
    return all(reports)


def report(path: Path) -> bool:
    """Print what the tests will find wrong with a stored chapter."""
    found = problems(path, read_address(ROOT))
    for problem in found:
        print(f"{shown(path)}: {problem}", file=sys.stderr)
    return not found


def run_template(options: argparse.Namespace) -> bool:
    for path in chapters(options.paths):
        notebook = read(path)
        refresh(notebook, read_address(ROOT))
        write_whole(path, text(notebook).encode())
    return True


def run_stamp(options: argparse.Namespace) -> bool:
    for path in chapters(options.paths):
        notebook = read(path)
        if not record(notebook):
            raise NotebookError(f"{shown(path)}: never run, so there is nothing to stamp")
        write_time_line(notebook, time_line(notebook, date.today(), verified=True))
        write_whole(path, text(notebook).encode())
        print(f"{shown(path)}: stamped as verified")
    return True


def run_sheets(options: argparse.Namespace) -> bool:
    for path in chapters([]):
        target = options.folder / path.relative_to(ROOT / "book")
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, text(sheet(read(path), read_address(ROOT))).encode())
    print(f"The exercise sheets of {len(chapters([]))} chapters are in {options.folder}")
    return True


def run_new(options: argparse.Namespace) -> bool:
    path = start(ROOT, options.place, options.title)
    print(f"{shown(path)}: a new chapter, at the end of its part in _toc.yml")
    return True


def run_address(options: argparse.Namespace) -> bool:
    for path in set_address(ROOT, options.url):
        print(f"{shown(path)}: address changed")
    return True


def main(arguments: list[str] | None = None) -> int:
    about = "Run and store the chapters."
    parser = argparse.ArgumentParser(prog="python -m companion.notebooks", description=about)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, run, purpose in (
        ("execute", run_execute, "run the chapters that changed, or those named, and store their outputs"),
        ("check", run_check, "list what the tests would find wrong with the stored chapters"),
        ("template", run_template, "write the generated cells anew without running anything"),
        ("stamp", run_stamp, "note in each chapter that its outputs were verified today"),
    ):
        command = commands.add_parser(name, help=purpose, description=purpose)
        command.add_argument("paths", nargs="*", type=Path, help="notebooks; all of them when none is named")
        command.set_defaults(run=run)
        if name == "execute":
            command.add_argument("--all", action="store_true", help="run unchanged chapters too")
    command = commands.add_parser("sheets", help="write the exercises of each chapter, without solutions")
    command.add_argument("folder", type=Path, help="where the notebooks go")
    command.set_defaults(run=run_sheets)
    command = commands.add_parser("new", help="start a chapter that runs and keeps every rule")
    command.add_argument("place", help="its part and name, such as 3-bptt/echo")
    command.add_argument("title", help="its title")
    command.set_defaults(run=run_new)
    command = commands.add_parser("address", help="set the repository's public address everywhere")
    command.add_argument("url", help="such as https://github.com/someone/course")
    command.set_defaults(run=run_address)
    options = parser.parse_args(arguments)
    try:
        return 0 if options.run(options) else 1
    except (NotebookError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. The chapter that was running is stored as it was before.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
