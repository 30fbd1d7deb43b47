"""Recorded experiments: nothing lost, nothing counted twice, damage named."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from companion import sweep

SETTINGS = [{"cell": cell, "seed": seed} for cell in ("rnn", "lstm") for seed in range(3)]


def run(cell, seed):
    return {"accuracy": len(cell) / 10 + seed}


def test_a_sweep_records_every_setting_once_with_versions_and_hardware(tmp_path):
    records = sweep.sweep("toy", run, SETTINGS, tmp_path, progress=False)
    lines = (tmp_path / "toy.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == records
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
        deadline = time.monotonic() + 30
        before = _count(tmp_path)
        while _count(tmp_path) < before + 3 and time.monotonic() < deadline:
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert before + 3 <= _count(tmp_path) < 60
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert sorted(r["settings"]["seed"] for r in sweep.load("toy", tmp_path)) == list(range(60))


def _count(folder):
    return len(sweep.load("toy", folder)) if (folder / "toy.jsonl").exists() else 0


def test_load_picks_by_settings_and_names_what_is_missing(tmp_path):
    sweep.sweep("toy", run, SETTINGS, tmp_path, progress=False)
    assert [r["settings"]["seed"] for r in sweep.load("toy", tmp_path, cell="lstm")] == [0, 1, 2]
    with pytest.raises(sweep.RecordError, match=r"no record with \{'cell': 'gru'\}"):
        sweep.load("toy", tmp_path, cell="gru")
    with pytest.raises(sweep.RecordError, match=r"absent.jsonl is missing; .*companion.sweep absent"):
        sweep.load("absent", tmp_path)


@pytest.mark.parametrize("damage", ['{"settings": {}', "[]", '{"settings": {}}', "no json"])
def test_a_damaged_record_is_named_with_file_and_line(tmp_path, damage):
    sweep.sweep("toy", run, SETTINGS[:1], tmp_path, progress=False)
    with open(tmp_path / "toy.jsonl", "a") as file:
        file.write(damage + "\n")
    with pytest.raises(sweep.RecordError, match=r"toy.jsonl, line 2: expected one JSON record"):
        sweep.load("toy", tmp_path)


def test_settings_that_stand_twice_are_refused(tmp_path):
    with pytest.raises(ValueError, match="must stand once"):
        sweep.sweep("toy", run, [SETTINGS[0], SETTINGS[0]], tmp_path, progress=False)
