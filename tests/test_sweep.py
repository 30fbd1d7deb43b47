"""Recorded experiments: nothing lost, nothing counted twice, damage named."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
import pytest

from companion import sweep

SETTINGS = [{"cell": cell, "seed": seed} for cell in ("rnn", "lstm") for seed in range(3)]


def run(cell, seed):
    return {"accuracy": len(cell) / 10 + seed}


def test_a_sweep_records_every_setting_once_with_versions_and_hardware(tmp_path):
    records = sweep.sweep("toy", run, SETTINGS, tmp_path, progress=False)
    lines = (tmp_path / "toy.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines[:-1]] == records  # the last is the seal
    assert [r["settings"] for r in records] == SETTINGS
    assert [r["figures"]["accuracy"] for r in records] == [0.3, 1.3, 2.3, 0.4, 1.4, 2.4]
    assert all({"python", "numpy", "rnn-companion"} <= r["versions"].keys() for r in records)
    assert all(r["hardware"] and r["seconds"] >= 0 for r in records)


def test_a_second_sweep_runs_only_what_has_no_record(tmp_path):
    calls = []

    def counted(**settings):
        calls.append(settings)
        return run(**settings)

    sweep.sweep("toy", counted, SETTINGS[:4], tmp_path, progress=False)
    records = sweep.sweep("toy", counted, SETTINGS, tmp_path, progress=False)
    assert calls == SETTINGS
    assert [r["settings"] for r in records] == SETTINGS


def test_a_run_that_fails_leaves_the_earlier_records(tmp_path):
    def failing(cell, seed):
        if seed == 2:
            raise KeyboardInterrupt
        return run(cell, seed)

    with pytest.raises(KeyboardInterrupt):
        sweep.sweep("toy", failing, SETTINGS, tmp_path, progress=False)
    assert [r["settings"] for r in sweep.load("toy", tmp_path)] == SETTINGS[:2]


def test_a_killed_sweep_goes_on_without_loss_or_double(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from companion import sweep\n"
        "def run(seed):\n    time.sleep(0.01)\n    return {'seed': seed}\n"
        "sweep.sweep('toy', run, [{'seed': s} for s in range(60)], Path(sys.argv[1]), progress=False)\n"
    )
    for _ in range(4):
        process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)])
        deadline = time.monotonic() + 120
        before = _count(tmp_path)
        while _count(tmp_path) < before + 3 and time.monotonic() < deadline:
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert before + 3 <= _count(tmp_path) < 60
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert sorted(r["settings"]["seed"] for r in sweep.load("toy", tmp_path)) == list(range(60))


PARALLEL = """
import os, sys, time
from pathlib import Path
from companion import sweep

folder = Path(sys.argv[1])

def run(seed):
    with open(folder / "started", "a") as log:
        log.write(f"{os.getpid()} {seed}\\n")
    time.sleep(0.03)
    return {"seed": seed}

settings = [{"seed": s} for s in range(40)]
sweep.sweep("toy", run, settings, folder, progress=False, jobs=3)
"""


def test_a_parallel_sweep_killed_at_any_moment_goes_on_without_loss_or_double(tmp_path):
    pytest.importorskip("joblib")
    command = [sys.executable, "-c", PARALLEL, str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        _wait_until(lambda: _count(tmp_path) >= 5)
        os.kill(process.pid, signal.SIGKILL)
    recorded = {r["settings"]["seed"] for r in sweep.load("toy", tmp_path)}
    assert 5 <= len(recorded) < 40
    workers = {int(line.split()[0]) for line in (tmp_path / "started").read_text().splitlines()}
    assert len(workers) > 1 and process.pid not in workers
    _wait_until(lambda: not any(_alive(pid) for pid in workers))  # orphans do not go on
    (tmp_path / "started").unlink()
    subprocess.run(command, check=True)
    assert sorted(r["settings"]["seed"] for r in sweep.load("toy", tmp_path)) == list(range(40))
    again = {int(line.split()[1]) for line in (tmp_path / "started").read_text().splitlines()}
    assert again == set(range(40)) - recorded


def deadly(folder, seed):
    """A run whose fourth seed kills its worker the first time."""
    time.sleep(0.05)
    mark = Path(folder) / "died"
    if seed == 3 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return {"seed": seed, "worker": os.getpid()}


@pytest.mark.slow
@patch.dict(os.environ)  # where Dask leaves the threads and the hash seed of its workers
def test_a_cluster_that_loses_a_worker_in_the_middle_records_every_run_once(tmp_path):
    distributed = pytest.importorskip("distributed")
    settings = [{"folder": str(tmp_path), "seed": seed} for seed in range(12)]
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs="CRITICAL"
    ) as cluster:
        address = cluster.scheduler_address
        records = sweep.sweep("toy", deadly, settings, tmp_path, progress=False, cluster=address)
    assert (tmp_path / "died").exists()
    assert [r["settings"] for r in records] == settings
    assert sorted(r["settings"]["seed"] for r in sweep.load("toy", tmp_path)) == list(range(12))
    assert os.getpid() not in {r["figures"]["worker"] for r in records}


def failing(seed):
    if seed == 2:
        raise ValueError("bad number")
    return {"seed": np.float32(1)} if seed == 3 else {"seed": seed}


@pytest.mark.parametrize(("seed", "reason"), [(2, "bad number"), (3, "float32 is not JSON serializable")])
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_run_that_fails_is_named(tmp_path, seed, reason, jobs):
    with pytest.raises((ValueError, TypeError), match=reason) as caught:
        sweep.sweep("toy", failing, [{"seed": seed}], tmp_path, progress=False, jobs=jobs)
    assert caught.value.__notes__ == [f"in the run {{'seed': {seed}}}"]


def lacking(seed):
    import no_such_library  # noqa: F401


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_a_run_cannot_import_is_not_blamed_on_the_sweep(tmp_path, jobs):
    with pytest.raises(ModuleNotFoundError, match=r"^No module named 'no_such_library'\nin the run"):
        sweep.sweep("toy", lacking, [{"seed": 0}], tmp_path, progress=False, jobs=jobs)


CONTEST = """
import sys
from pathlib import Path
from companion import sweep

first = int(sys.argv[2])
settings = [{"seed": s} for s in range(first, first + 60)]
sweep.sweep("toy", lambda seed: {"seed": seed}, settings, Path(sys.argv[1]), progress=False)
"""


def test_two_processes_that_record_at_once_lose_nothing(tmp_path):
    command = [sys.executable, "-c", CONTEST, str(tmp_path)]
    processes = [subprocess.Popen([*command, str(first)]) for first in (0, 60)]
    assert [process.wait(120) for process in processes] == [0, 0]
    assert sorted(r["settings"]["seed"] for r in sweep.load("toy", tmp_path)) == list(range(120))


def whose(seed, ending="well"):
    if ending == "by hand":
        raise KeyboardInterrupt
    if ending == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    return {"seed": seed, "process": os.getpid(), "mode": os.environ.get("TOY_MODE")}


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """An experiment that the command line knows by the name of another one."""

    def made(ending="well"):
        settings = [{"seed": seed, "ending": ending} for seed in range(4)]
        module = SimpleNamespace(run=whose, SETTINGS=settings, ENVIRONMENT={"TOY_MODE": "quiet"})
        monkeypatch.setitem(sys.modules, "companion.experiments.read_order", module)

    monkeypatch.setattr(sweep._shipped, "folder", lambda: tmp_path)
    with patch.dict(os.environ):
        yield made


@pytest.mark.parametrize("jobs", [1, 2])
def test_one_command_records_an_experiment(toy, capsys, jobs):
    toy()
    assert sweep.main(["read_order", "--jobs", str(jobs)]) == 0
    records = sweep.load("read_order")
    assert sorted(r["settings"]["seed"] for r in records) == [0, 1, 2, 3]
    assert {r["figures"]["mode"] for r in records} == {"quiet"}
    assert (os.getpid() in {r["figures"]["process"] for r in records}) == (jobs == 1)
    assert capsys.readouterr().out.endswith("read_order.jsonl: 4 runs recorded\n")


@pytest.mark.parametrize(
    ("ending", "more", "status", "said"),
    [
        ("by hand", [], 130, "the same command goes on from there"),
        ("killed", ["--jobs", "2"], 1, "a worker died"),
        ("well", ["--cluster", "tcp://127.0.0.1:9"], 1, "companion.sweep: "),
    ],
)
def test_the_command_says_how_it_ended(toy, capsys, ending, more, status, said):
    dask = pytest.importorskip("dask")
    toy(ending)
    with dask.config.set({"distributed.comm.timeouts.connect": "1s"}):
        assert sweep.main(["read_order", *more]) == status
    assert said in capsys.readouterr().err


def test_two_sweeps_of_one_experiment_keep_each_others_records(tmp_path):
    def meanwhile(cell, seed):
        if (cell, seed) == ("rnn", 1):  # another sweep records this run and one more before this run ends
            sweep.sweep("toy", run, [SETTINGS[1], SETTINGS[5]], tmp_path, progress=False)
        return run(cell, seed)

    sweep.sweep("toy", meanwhile, SETTINGS[:3], tmp_path, progress=False)
    stored = [r["settings"] for r in sweep.load("toy", tmp_path)]
    assert stored == [SETTINGS[0], SETTINGS[1], SETTINGS[5], SETTINGS[2]]


def test_how_many_jobs_may_be_asked_for(tmp_path):
    with pytest.raises(ValueError, match="jobs must be at least 1, got 0"):
        sweep.sweep("toy", run, SETTINGS, tmp_path, jobs=0)


def _wait_until(holds):
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def _alive(pid):
    """Whether the process runs; one that has ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _count(folder):
    path = folder / "toy.jsonl"
    return len(path.read_bytes().splitlines()) - 1 if path.exists() else 0  # the last line is the seal


def test_load_picks_by_settings_and_names_what_is_missing(tmp_path):
    sweep.sweep("toy", run, SETTINGS, tmp_path, progress=False)
    assert [r["settings"]["seed"] for r in sweep.load("toy", tmp_path, cell="lstm")] == [0, 1, 2]
    sweep.sweep("pair", lambda order: {}, [{"order": (1, 2)}], tmp_path, progress=False)
    assert (
        len(sweep.load("pair", tmp_path, order=(1, 2)))
        == len(sweep.load("pair", tmp_path, order=[1, 2]))
        == 1
    )
    with pytest.raises(sweep.RecordError, match=r"no record with \{'cell': 'gru'\}"):
        sweep.load("toy", tmp_path, cell="gru")
    with pytest.raises(sweep.RecordError, match=r"absent.jsonl is missing; .*companion.sweep absent"):
        sweep.load("absent", tmp_path)


@pytest.mark.parametrize("damage", ['{"settings": {}', "[]", '{"settings": {}}', "no json"])
def test_a_damaged_record_is_named_with_file_and_line(tmp_path, damage):
    unsealed(tmp_path, lambda records: [*records, damage])
    with pytest.raises(sweep.RecordError, match=r"toy.jsonl, line 7: expected one JSON record"):
        sweep.sweep("toy", run, SETTINGS, tmp_path, progress=False)
    with pytest.raises(
        sweep.RecordError, match=r"toy.jsonl was altered, cut short or .*git checkout -- data/res"
    ):
        sweep.load("toy", tmp_path)


def unsealed(folder, change):
    """Record all runs, then change the lines of the file by hand and leave out the seal."""
    sweep.sweep("toy", run, SETTINGS, folder, progress=False)
    *lines, _ = (folder / "toy.jsonl").read_text().splitlines()
    (folder / "toy.jsonl").write_text("".join(line + "\n" for line in change(lines)))


def test_lines_removed_with_the_seal_are_recorded_again(tmp_path):
    unsealed(tmp_path, lambda records: records[1:])
    records = sweep.sweep("toy", run, SETTINGS, tmp_path, progress=False)
    assert [r["settings"] for r in records] == SETTINGS
    assert [r["settings"] for r in sweep.load("toy", tmp_path)] == [*SETTINGS[1:], SETTINGS[0]]


def test_a_file_without_a_seal_is_sealed_anew_though_nothing_is_left_to_run(tmp_path):
    unsealed(tmp_path, lambda records: records)
    records = sweep.sweep("toy", run, SETTINGS, tmp_path, progress=False)
    assert sweep.load("toy", tmp_path) == records


def test_a_record_that_stands_twice_is_refused(tmp_path):
    unsealed(tmp_path, lambda records: [*records, records[0]])
    with pytest.raises(sweep.RecordError, match=r"toy.jsonl: .*one record, got several for .*rnn"):
        sweep.sweep("toy", run, SETTINGS, tmp_path, progress=False)


def test_a_file_that_cannot_be_written_is_known_before_any_run(tmp_path):
    (tmp_path / "toy.jsonl").mkdir()
    with pytest.raises(IsADirectoryError, match=r"cannot write .*toy\.jsonl"):
        sweep.sweep("toy", lambda cell, seed: pytest.fail("it ran"), SETTINGS, tmp_path, progress=False)


def test_settings_that_stand_twice_are_refused(tmp_path):
    with pytest.raises(ValueError, match="must stand once"):
        sweep.sweep("toy", run, [SETTINGS[0], SETTINGS[0]], tmp_path, progress=False)
