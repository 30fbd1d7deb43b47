"""Throws nets at a package with a bug in it. Each runs in a child process of its own, with the bug planted.

A net says in a few words what it has caught, says nothing ("") where it is content, and None where it has
nothing to ask: an optimiser has no gradient to check, and PyTorch has no highway to compare with.
"""

import contextlib
import gc
import io
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from planted.bugs import ROOT, Area, Bug, path_of, text_of
from planted.plant import plant

NETS = ("shapes", "trains", "one step", "gradients", "frameworks", "unit tests")
Answer = dict[str, Any]
SECONDS = 120  # for all nets thrown at one bug
OPTIONS = ["-c", os.devnull, f"--rootdir={ROOT}", f"--confcutdir={ROOT / 'tests'}", "-x", "-q"]
OPTIONS += ["-p", "no:cacheprovider", "-p", "no:unraisableexception", "-p", "no:threadexception"]


def in_child(work: Callable[..., Answer], *given: Any) -> Answer:
    """What `work` returns, done in a child of this process; AssertionError with what went wrong there."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(SECONDS)
        try:
            answer = work(*given)
        except BaseException:
            answer = {"error": traceback.format_exc()}
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(json.dumps(answer).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    found: Answer = json.loads(said) if said else {"error": f"no answer within {SECONDS} seconds"}
    assert "error" not in found, found["error"]
    return found


def throw(area: Area, bug: Bug | None, nets: Iterable[str], tests: Mapping[str, str] | None = None) -> Answer:
    """What each of these nets says of a bug; without a bug, what it says of the package as it is.

    `tests` may name, for a net that is made of tests, the one by which it is known to have caught the bug.
    """
    try:
        return in_child(_answers, area, bug, list(nets), tests or {})
    except AssertionError as error:
        raise AssertionError(f"{area.title}: {bug.name if bug else 'nothing planted'}:\n{error}") from error


def _answers(area: Area, bug: Bug | None, nets: Iterable[str], tests: Mapping[str, str]) -> Answer:
    if bug is not None:
        plant(path_of(area, bug), text_of(area, bug))
    return {net: _answer(net, area, bug, tests.get(net, "")) for net in nets}


def _answer(net: str, area: Area, bug: Bug | None, test: str) -> str | None:
    if net == "unit tests":
        return _tests(area.tests, "not frameworks", test, skip_gradients=True)
    if net == "frameworks":
        return _tests(area.frameworks, "frameworks", test)
    from planted.subjects import subject

    expression = (bug.on if bug else "") or area.on
    if not expression:
        return None
    try:
        ask = getattr(subject(expression), net.replace(" ", "_"), None)
        return ask() if ask else None
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"


class _First:
    """Remembers the first test that fails."""

    def __init__(self) -> None:
        self.failed = ""

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid.rpartition("::")[2]

    def pytest_collectreport(self, report: Any) -> None:
        assert not report.failed, report.longrepr


def _tests(paths: tuple[str, ...], marked: str, only: str, skip_gradients: bool = False) -> str | None:
    """The first of these tests that fails. Those that check gradients are another net, and are skipped."""
    if not paths:
        return None
    import pytest

    if skip_gradients:
        import companion.gradcheck

        def gradcheck(*given: Any, **named: Any) -> Any:
            pytest.skip("another net")

        companion.gradcheck.gradcheck = gradcheck  # type: ignore[assignment]
    os.chdir(ROOT)
    first, printed = _First(), io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        code = pytest.main([*OPTIONS, "-m", marked, *paths, *(["-k", only] if only else [])], plugins=[first])
    assert code in (0, 1), printed.getvalue()
    return first.failed


def preload() -> None:
    """Import here, once, what the children need and is not of the package, so that each begins at once."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    import hypothesis.extra.numpy
    import matplotlib
    import pandas
    import pytest
    import scipy.stats
    import site_checks
    import torch

    matplotlib.use("agg")
    torch.set_num_threads(1)
    weight = torch.nn.Parameter(torch.zeros(1))
    weight.sum().backward()
    torch.optim.Adam([weight]).step()  # the first step of an optimiser imports much
    loaded = (hypothesis, pandas, pytest, scipy, site_checks)
    assert all(module.__name__ in sys.modules for module in loaded)
    gc.collect()
    gc.freeze()  # or every child would walk through all of it
