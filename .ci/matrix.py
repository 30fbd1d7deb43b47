"""The comparison of all chapters with their stored outputs, on machines other than this one: `make matrix`.

Each setting of SETTINGS makes libraries compute as they would elsewhere (an older processor, more threads,
another language), and each chapter is run in it as the tests run it: by nbval, with the figures compared. A
run is recorded in data/results/matrix.jsonl as soon as it ends, and is not repeated until the chapter
changes; the page book/appendix/any-machine.md is written from the record.

This file is also the plugin that pytest loads for such a run: it sets the environment when all else is set,
so that the kernels inherit it, and a probe inside a kernel says whether it got there.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NAME = "matrix"

OLD = {
    "ATEN_CPU_CAPABILITY": "default",
    "MKL_CBWR": "COMPATIBLE",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "OPENBLAS_CORETYPE": "Prescott",
}
ELSEWHERE = {
    "LC_ALL": "de_DE.UTF-8",
    "MKL_NUM_THREADS": "2",
    "OMP_NUM_THREADS": "2",
    "OPENBLAS_NUM_THREADS": "2",
    "PYTHONHASHSEED": "20261121",
    "TZ": "Pacific/Auckland",
}
ONEDNN = {"TF_ENABLE_ONEDNN_OPTS": "1"}

# What a name stands for: a few words for the page, and what is set in the kernel. The first is all at once:
# a chapter that agrees in it needs the others only for the sake of order.
SETTINGS: dict[str, tuple[str, dict[str, str]]] = {
    "all at once": (
        "the instructions of about 2008 (SSE 4.2), two threads, another hash seed, German numbers, the time "
        "of Auckland, and oneDNN, the faster kernels of TensorFlow that the tests switch off",
        {**OLD, **ELSEWHERE, **ONEDNN},
    ),
    "older processor": (
        "the instructions of about 2008 (SSE 4.2) wherever a library lets itself be held back",
        OLD,
    ),
    "another day": (
        "two threads, another hash seed, German numbers where a program asks for them, the time of Auckland",
        ELSEWHERE,
    ),
    "oneDNN on": ("TensorFlow with the faster kernels that the tests switch off", ONEDNN),
    "Python 3.12": ("the other Python that the course supports", {}),
    "processor of 2013": (
        "instructions up to AVX2, and no wider",
        {
            "ATEN_CPU_CAPABILITY": "avx2",
            "MKL_CBWR": "AVX2",
            "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL",
            "ONEDNN_MAX_CPU_ISA": "AVX2",
            "OPENBLAS_CORETYPE": "Haswell",
        },
    ),
    "no language": ("the C locale and the time of Greenwich", {"LC_ALL": "C", "TZ": "UTC"}),
    "as stored": ("nothing changed, on the machine of the record", {}),
}

PROBE = """\
# NBVAL_IGNORE_OUTPUT
import ctypes, json, locale, os, sys, time
import numpy as np, torch
maps = open("/proc/self/maps").read() if os.path.exists("/proc/self/maps") else ""
paths = {line.split(maxsplit=5)[-1] for line in maps.splitlines() if "openblas" in line}  # with spaces
blas = ""
for path in sorted(paths):
    name = getattr(ctypes.CDLL(path), "scipy_openblas_get_corename64_", None)
    if name is not None:
        name.restype = ctypes.c_char_p
        blas = name().decode()
        break
from numpy._core._multiarray_umath import __cpu_features__ as features
locale.setlocale(locale.LC_ALL, "")
seen = {
    "python": "{}.{}".format(*sys.version_info), "hash": hash("course"),
    "torch": torch.backends.cpu.get_cpu_capability(), "threads": torch.get_num_threads(),
    "openblas": blas, "numpy": [k for k in ("X86_V3", "X86_V4", "AVX512_ICL") if features.get(k)],
    "half": locale.str(0.5), "clock": time.strftime("%Z"), "environment": dict(os.environ),
}
with open(os.environ["MATRIX_PROBE"], "w") as file:
    json.dump(seen, file)
"""


# The plugin


class Results:
    """Counts the cells of a chapter and remembers those that fail."""

    def __init__(self) -> None:
        self.cells, self.failed = 0, []

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.cells += report.when == "call"
        if report.failed:
            self.failed.append(report.nodeid.rpartition("::")[2])


def pytest_configure(config: Any) -> None:
    """After the conftest, which sets the environment of all tests, set what is to be otherwise."""
    os.environ.update(json.loads(os.environ["MATRIX"]))
    if "TZ" in os.environ:
        import time

        time.tzset()
    config.pluginmanager.register(Results(), "matrix-results")


def pytest_sessionfinish(session: Any) -> None:
    results = session.config.pluginmanager.get_plugin("matrix-results")
    Path(os.environ["MATRIX_RESULTS"]).write_text(json.dumps(vars(results)), encoding="utf-8")


# One run


def environment(setting: str) -> dict[str, str]:
    """What a setting sets; a German locale is made on the spot where the system has none."""
    wanted = dict(SETTINGS[setting][1])
    if wanted.get("LC_ALL", "C") != "C" and (folder := locale_folder(wanted["LC_ALL"])):
        wanted["LOCPATH"] = str(folder)
    return wanted


def locale_folder(name: str) -> Path | None:
    """A folder with the locale `name`, made by localedef; None where the system has it."""
    import locale

    before = locale.setlocale(locale.LC_NUMERIC)
    try:
        locale.setlocale(locale.LC_NUMERIC, name)
        return None
    except locale.Error:
        folder = Path(tempfile.gettempdir()) / "matrix-locales"
        folder.mkdir(exist_ok=True)
        if not (folder / name).exists():
            language, charset = name.split(".")
            command = ["localedef", "-i", language, "-f", charset, str(folder / name)]
            subprocess.run(command, check=True, capture_output=True)
        return folder
    finally:
        locale.setlocale(locale.LC_NUMERIC, before)


def compare(setting: str, notebook: Path, python: str = sys.executable, **more: str) -> dict[str, Any]:
    """Run a notebook by nbval in a setting: {"cells": how many, "failed": which}."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.json"
        changed = {"MATRIX": json.dumps({**environment(setting), **more}), "MATRIX_RESULTS": str(results)}
        path = os.pathsep.join([str(ROOT), str(ROOT / ".ci")])
        options = [
            "-p",
            "matrix",
            "-p",
            "no:cacheprovider",
            "-q",
            "-n0",
            "-o",
            "timeout=0",
            "-c",
            "pyproject.toml",
        ]
        command = [python, "-m", "pytest", *options, f"--rootdir={ROOT}", "-p", "conftest", str(notebook)]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **changed, "PYTHONPATH": path},
            capture_output=True,
            text=True,
        )
        if done.returncode not in (0, 1) or not results.exists():
            raise RuntimeError(
                f"{notebook.name} in {setting!r} could not be run:\n{done.stdout}\n{done.stderr}"
            )
        found: dict[str, Any] = json.loads(results.read_text(encoding="utf-8"))
        if found["failed"]:
            print(done.stdout[-6000:], file=sys.stderr)
        return found


def probe(setting: str, python: str = sys.executable) -> dict[str, Any]:
    """What a kernel finds in a setting; RuntimeError where it is not what was set."""
    import nbformat

    with tempfile.TemporaryDirectory() as folder:
        notebook, said = Path(folder) / "probe.ipynb", Path(folder) / "said.json"
        cells = [nbformat.v4.new_code_cell(PROBE)]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), notebook)
        compare(setting, notebook, python, MATRIX_PROBE=str(said))
        seen: dict[str, Any] = json.loads(said.read_text(encoding="utf-8"))
    inside = seen.pop("environment")
    if lost := {k: inside.get(k) for k, v in environment(setting).items() if inside.get(k) != v}:
        raise RuntimeError(f"{setting!r} does not reach the kernel: it finds {lost}")
    return seen


# All runs


def chapters() -> list[str]:
    """All chapters of the book, as in _toc.yml."""
    found = []
    for path in (ROOT / "book").rglob("*.ipynb"):
        if not any(part.startswith((".", "_")) for part in path.relative_to(ROOT).parts):
            found.append(path.relative_to(ROOT / "book").with_suffix("").as_posix())
    return sorted(found)


def stored(chapter: str) -> str:
    """A digest of a chapter's code and stored outputs, by which a run knows what it is a run of."""
    cells = json.loads((ROOT / "book" / f"{chapter}.ipynb").read_bytes())["cells"]
    code = [[cell["source"], cell["outputs"]] for cell in cells if cell["cell_type"] == "code"]
    return hashlib.sha256(json.dumps(code, sort_keys=True).encode()).hexdigest()[:12]


def record(settings: Iterable[str], only: Iterable[str], python: str) -> None:
    """Run what has no record yet: every setting in turn, and in it every chapter."""
    from companion.sweep import sweep

    for setting in settings:
        seen = probe(setting, python)
        print(f"{setting}: {json.dumps(seen)}", flush=True)

        def run(chapter: str, seen: Mapping[str, Any] = seen, **settings: str) -> dict[str, Any]:
            found = compare(settings["setting"], ROOT / "book" / f"{chapter}.ipynb", python)
            state = f"FAILED in {found['failed']}" if found["failed"] else "passed"
            print(f"{settings['setting']}, {chapter}: {state}", flush=True)
            return {**found, "processor": processor(), "seen": dict(seen)}

        wanted = [{"setting": setting, "chapter": c, "stored": stored(c)} for c in only or chapters()]
        sweep(NAME, run, wanted, progress=False)


def processor() -> str:
    """The processor by its name, where the system tells."""
    import platform

    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--setting", action="append", choices=SETTINGS, help="only this one")
    parser.add_argument("--chapter", action="append", help="only this one, such as 3-bptt/derivation")
    parser.add_argument("--python", default=sys.executable, help="whose kernels to use")
    parser.add_argument("--page", action="store_true", help="only write the page from the record")
    given = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if not given.page:
        new = sys.version_info[:2] == (3, 12)
        here = ["Python 3.12"] if new else [name for name in SETTINGS if name != "Python 3.12"]
        record(given.setting or here, given.chapter or [], given.python)
    import matrix_page

    from companion._files import write_whole

    write_whole(matrix_page.PAGE, matrix_page.page())


if __name__ == "__main__":
    main()
