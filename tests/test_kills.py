"""A sample of tests/kills.py, and that it would notice: the whole of it takes minutes and is recorded."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
MEMORY = Path("/dev/shm")  # where it is there, the many small writes do not wait for a disk
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be copied here")


def kill(folder: Path, *arguments: str, first: str = "") -> subprocess.CompletedProcess[str]:
    """Run a sample in a process of its own, since copies of one with threads may hang; `first` changes it."""
    code = f"import kills\n{first}\nkills.main({[*arguments, '--record', str(folder / 'record.json')]})"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=TESTS,
        env={**os.environ, "TMPDIR": str(MEMORY if MEMORY.is_dir() else folder)},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_what_is_killed_leaves_what_is_right_and_goes_on_exactly(tmp_path: Path) -> None:
    done = kill(tmp_path, "--kills", "5", "--steps", "12")
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "record.json").read_text())
    for kind in ("training", "sweep"):
        for where, kills in (("at random moments", 5), ("at steps of a write", 12)):
            assert_all_right(found[f"{kind}, {where}"], kills)


def assert_all_right(found: dict[str, int], kills: int) -> None:
    none = found.get("before the first file", 0)
    assert found["kills"] == kills
    assert found["files that load and are right"] == found["going on is exact"] == kills - none


PLAIN = """
def written_in_place(path, content):
    with open(path, "wb") as file:
        for byte in range(0, len(content), 100):
            file.write(content[byte : byte + 100])
            file.flush()
kills.sweep.write_whole = written_in_place
kills.Training = kills.Sweep
"""
FORGETFUL = "kills.Training.work = lambda self, folder, much=5: kills.training(much)"
DOUBLED = """
records = kills.sweep._text
kills.sweep._text = lambda name, found: records(name, [*found, *found[3:4]])
kills.Training = kills.Sweep
"""
OTHER_DRAWS = """
load = kills.train.load_checkpoint
def drawn_anew(path, run, optimizer, rng):
    state = rng.bit_generator.state
    found = load(path, run, optimizer, rng)
    rng.bit_generator.state = state
    return found
kills.train.load_checkpoint = drawn_anew
"""


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (PLAIN, "RecordError|Wrong: "),
        (FORGETFUL, "FileNotFoundError"),
        (DOUBLED, "RecordError: .*several for|the process ended with 1"),
        (OTHER_DRAWS, "Wrong: epoch .* differs|Wrong: going on from there ends otherwise"),
    ],
    ids=["written in place", "nothing saved", "a record doubled", "the generator not restored"],
)
def test_a_fault_is_noticed(tmp_path: Path, fault: str, said: str) -> None:
    done = kill(tmp_path, "--kills", "5", "--steps", "12", first=fault)
    assert done.returncode != 0
    assert re.search(said, done.stderr), done.stderr


def test_a_hundred_of_each_and_every_step_of_a_write_are_recorded() -> None:
    recorded = json.loads((TESTS / "kills.json").read_text())
    for kind in ("training", "sweep"):
        assert_all_right(recorded[f"{kind}, at random moments"], 100)
        steps = recorded[f"{kind}, at steps of a write"]
        assert_all_right(steps, steps["1 stored"] + steps["2 stored"])
        assert steps["kills"] > 500
