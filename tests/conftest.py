"""Settings of the tests in this folder: examples drawn the same way each time, no windows, one browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import pytest
import site_checks
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("long", max_examples=2_000, deadline=None)  # by --hypothesis-profile=long
settings.load_profile("repeatable")


@pytest.fixture(autouse=True, scope="session")
def no_windows():
    matplotlib.use("agg")


def missing(what: str) -> None:
    """Skips, stating the reason; where skipping would hide a fault, fails."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="module")
def site() -> Path:
    if not (ROOT / "_build" / "last-good").exists():
        missing("the site is not built, or its last build ended with errors: run `make book`")
    return ROOT / "_build" / "html"


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        missing(f"no browser: none of {', '.join(names)} is installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=site_checks.CHROMIUM_FLAGS)
        yield chromium
        chromium.close()
