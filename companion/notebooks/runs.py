"""Runs chapters in a fresh kernel and stores them with their outputs, whole or not at all."""

import copy
import os
import re
import sys
import textwrap
from datetime import date
from pathlib import Path

from companion.notebooks import NotebookError, figures
from companion.notebooks.address import read_address
from companion.notebooks.sources import ROOT, sources
from companion.notebooks.stored import KERNELSPEC, Notebook, code_cells, normalise, read, refresh, text
from companion.notebooks.times import running_time, time_line, versions, write_time_line

SECONDS_A_CELL = 120

# What kernels run with, here and in the tests: no graphics card, one thread, no messages from TensorFlow,
# the package of this checkout. An empty MPLBACKEND lets the kernel draw into the notebook.
ENVIRONMENT = {
    "CUDA_VISIBLE_DEVICES": "",
    "MPLBACKEND": "",
    "OMP_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONPATH": str(ROOT),
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "TF_ENABLE_ONEDNN_OPTS": "0",
}


def run_cells(
    notebook: Notebook,
    folder: Path,
    python: Path = Path(sys.executable),
    environment: dict[str, str] | None = None,
) -> float:
    """Run all cells in a fresh kernel of `python`, started in `folder`; return the seconds it took of a core.

    `environment` replaces the environment variables, which are else those of this process with ENVIRONMENT.
    """
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    class OneKernel(KernelSpecManager):
        """Knows only the kernel of `python`: one that was installed under the same name is not used."""

        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            command = [
                str(python),
                "-m",
                "ipykernel_launcher",
                "-f",
                "{connection_file}",
                "--log-level=ERROR",
            ]
            return KernelSpec(argv=command, display_name=kernel_name, language="python")

    client = NotebookClient(
        notebook,  # type: ignore[arg-type]
        timeout=SECONDS_A_CELL,
        coalesce_streams=True,
        record_timing=False,
        resources={"metadata": {"path": str(folder)}},
        km=AsyncKernelManager(kernel_name=KERNELSPEC["name"], kernel_spec_manager=OneKernel()),
    )
    started = _seconds_of_children()
    try:
        client.execute(cleanup_kc=True, env=environment or {**os.environ, **ENVIRONMENT})
    except Exception as error:
        # Interrupted, nbclient ends the kernel behind this future, and then stumbles over its absence.
        if getattr(client, "_async_cleanup_kernel_future", None) is not None:
            raise KeyboardInterrupt from error
        if isinstance(error, CellTimeoutError):
            raise NotebookError(f"a cell ran for more than {SECONDS_A_CELL} s:\n{error}") from error
        if isinstance(error, CellExecutionError | DeadKernelError):
            raise NotebookError(re.sub(r"\x1b\[[0-9;]*m", "", str(error))) from error
        raise
    return _seconds_of_children() - started


def _seconds_of_children() -> float:
    """The seconds of a core that all children took which have ended by now. Unlike the clock on the wall they
    do not say what else the machine had to do; a reader's machine does one thing at a time."""
    used = os.times()
    return used.children_user + used.children_system


def _require_quiet(notebook: Notebook) -> None:
    for number, cell in enumerate(code_cells(notebook)):
        for out in cell["outputs"]:
            if out.get("name") == "stderr":
                begin = textwrap.shorten(cell["source"], 60)
                raise NotebookError(f"code cell {number} ('{begin}') wrote to stderr: {out['text'][:500]}")


def _keep_figures(notebook: Notebook, before: Notebook) -> None:
    """Keep the stored bytes of each figure that came out the same, so that history does not grow by it."""
    stored = {cell["source"]: cell["outputs"] for cell in code_cells(before)}
    for cell in code_cells(notebook):
        old = [out for out in stored.get(cell["source"], []) if "image/png" in out.get("data", {})]
        new = [out for out in cell["outputs"] if "image/png" in out.get("data", {})]
        pairs = zip(figures.pictures(old), figures.pictures(new), old, new, strict=False)
        for stored_png, drawn_png, stored_out, drawn_out in pairs:
            if not figures.difference(stored_png, drawn_png):
                drawn_out["data"]["image/png"] = stored_out["data"]["image/png"]


def execute(path: Path) -> float:
    """Run one chapter and store it with its outputs, whole or not at all; return the seconds."""
    from companion._files import write_whole

    before = read(path)
    notebook = copy.deepcopy(before)
    refresh(notebook, read_address(ROOT))
    for cell in code_cells(notebook):
        cell["outputs"], cell["execution_count"] = [], None
    seconds = run_cells(notebook, path.parent)
    _require_quiet(notebook)
    _keep_figures(notebook, before)
    notebook["metadata"].setdefault("companion", {})["run"] = {
        **sources(notebook),
        "time": running_time(seconds),
        "versions": versions(notebook),
    }
    write_time_line(notebook, time_line(notebook, date.today()))
    normalise(notebook)
    write_whole(path, text(notebook).encode())
    return seconds
