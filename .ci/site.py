"""Builds the site into _build/html, with warnings as errors, reading again only the pages that changed.

Sphinx writes into a folder of its own; the site is what `pages` makes of it.

Sphinx reports a page's warnings only when it reads that page, and puts a page's title into the side bars of
others only when it writes those. So an incremental build is trusted only after a build that ended well, with
the same table of contents, settings, extensions, styles, bibliography and titles; otherwise everything is
built anew.
"""

import contextlib
import hashlib
import io
import re
import shutil
import sys
from pathlib import Path

import yaml
from jupyter_book.cli.main import main as jupyter_book
from pages import Course, finish

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "_build"
SPHINX, SITE = BUILD / "sphinx", BUILD / "html"
LAST_GOOD = BUILD / "last-good"


def fingerprint() -> str:
    """What all pages depend on, as one hash."""
    digest = hashlib.sha256(str(ROOT).encode())
    names = ["_config.yml", "_toc.yml", "constraints.txt", "book/references.bib"]
    for file in [
        *(ROOT / name for name in names),
        *sorted(ROOT.glob(".ci/*.py")),  # the extensions among them
        *sorted(filter(Path.is_file, ROOT.glob("book/_assets/**/*"))),
    ]:
        digest.update(file.read_bytes())
    for page in sorted([*ROOT.glob("book/**/*.ipynb"), *ROOT.glob("book/**/*.md")]):
        title = re.search(r'^\s*"?# .*$', page.read_text(encoding="utf-8"), re.MULTILINE)
        digest.update(f"{page.relative_to(ROOT)}: {title and title.group()}\n".encode())
    return digest.hexdigest()


def build() -> int:
    arguments = ["build", str(ROOT), "--path-output", str(SPHINX), "-W", "--keep-going", "-n", "-q"]
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # warnings and errors come by stderr
            jupyter_book(arguments)
    except SystemExit as end:
        return int(bool(end.code))
    return 0


def reason(error: OSError) -> str:
    """What went wrong; of a folder that could not be copied only the first file."""
    first = error.args[0][0] if isinstance(error, shutil.Error) and error.args[0] else error
    return str(first[2] if isinstance(first, tuple) else first)


def main() -> int:
    wanted = fingerprint()
    if not LAST_GOOD.exists() or LAST_GOOD.read_text(encoding="utf-8") != wanted:
        shutil.rmtree(SPHINX, ignore_errors=True)
    LAST_GOOD.unlink(missing_ok=True)  # until this build has ended well
    if build():
        print("The site has errors: see the warnings above.", file=sys.stderr)
        return 1
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    try:
        finish(SPHINX / "_build/html", SITE, Course(config["title"], config["repository"]["url"]))
        LAST_GOOD.write_text(wanted, encoding="utf-8")
    except OSError as error:
        print(f"The site could not be written into {SITE}: {reason(error)}", file=sys.stderr)
        return 1
    print(f"The site is ready. Open {(SITE / 'index.html').as_uri()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
