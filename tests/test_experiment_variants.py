"""The protocol of the five networks on MNIST: data, Adam, curves, what may be recorded."""

import json
from dataclasses import replace

import numpy as np
import pytest

from companion import data, sweep, variants
from companion.experiments import variants as experiment
from companion.variants import READINGS, VARIANTS

SMALL = {"epochs": 2, "limit": 100}


def test_a_run_gives_curves_and_looks_again():
    figures = experiment.run("lag-2", "as meant", seed=1, weights=True, **SMALL)
    weights = figures.pop("weights")
    assert {k: np.shape(w) for k, w in weights.items()} == variants.shapes("lag-2")
    assert all(
        len(figures[f"{part}_{what}"]) == 2 for part in ("train", "test") for what in ("accuracy", "cost")
    )
    assert figures["diverged"] is None
    assert set(figures["again"]) == {f"test, noise {n}" for n in ("drawn", "mean", "none")} | {
        "train, noise drawn"
    }
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    assert experiment.run("lag-2", "as meant", seed=1, **SMALL) == figures
    assert experiment.run("lag-2", "as meant", seed=2, **SMALL) != figures


def test_internal_convolutions_change_nothing_as_published():
    runs = [experiment.run(v, "as published", seed=0, **SMALL) for v in ("vanilla", "internal-convolution")]
    assert runs[0] == runs[1]


def test_a_run_that_overflows_is_recorded_as_such():
    figures = experiment.run("concatenated", "as published", seed=0, epochs=2, limit=3500, weights=True)
    assert figures["diverged"]["epoch"] in (0, 1) and figures["again"] is figures["weights"] is None
    assert figures["test_cost"][1] is None and figures["test_accuracy"][1] is None
    json.dumps(figures, allow_nan=False)


def test_training_pictures_are_the_last_55000():
    labels = data.mnist()[0][1][-experiment.TRAINING :]
    assert round(float((labels == 6).mean()), 6) == 0.098491  # the share that the published log shows


def test_the_net_learns():
    rng = np.random.default_rng(0)
    (images, labels), _ = data.mnist()
    reading = READINGS["as meant"]
    net = experiment.Net("vanilla", reading, variants.initial("vanilla", reading, rng), 0.007, 100)
    seen = variants.inputs("vanilla", reading, images[:100], rng)
    costs = [net.learn(seen, labels[:100])[0] for _ in range(25)]
    assert costs[-1] < 0.97 * costs[0]
    cost, accuracy = net.test(seen, labels[:100])
    assert cost < 0.97 * costs[0] and 0 <= accuracy <= 1


def test_adam_is_tensorflows():
    import torch

    adam, w = experiment.Adam(0.007), torch.tensor([1.0, -2.0], dtype=torch.float64)
    m = v = np.zeros(2)
    expected = w.numpy().copy()
    for step in range(1, 5):
        g = np.array([0.3 * step, -(0.5**step)])
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        rate = 0.007 * (1 - 0.999**step) ** 0.5 / (1 - 0.9**step)
        expected = expected - rate * m / (np.sqrt(v) + 1e-8)
        adam.step({"w": w}, {"w": torch.tensor(g), "unused": None})
        assert np.allclose(w.numpy(), expected, atol=1e-15)


@pytest.mark.parametrize(
    ("variant", "read"), [("vanilla", [3]), ("lag-2", [3, 4]), ("concatenated", [0, 1, 2, 3, 4])]
)
def test_adam_on_the_record_moves_the_slots_that_the_last_step_reads(variant, read):
    (images, labels), _ = data.mnist()
    left = []
    for switch in (False, True):
        reading = replace(READINGS["as published"], adam_on_record=switch)
        weights = variants.initial(variant, reading, np.random.default_rng(1))
        net = experiment.Net(variant, reading, weights, 0.007, 100)
        seen = variants.inputs(variant, reading, images[:100], np.random.default_rng(2))
        net.learn(seen, labels[:100])
        left.append([np.zeros(1) if s is None else s.detach().cpu().numpy() for s in net.record])
    moved = [np.abs(a - b).max() for a, b in zip(*left, strict=True)]
    assert [i for i, by in enumerate(moved) if by > 0] == read
    assert max(moved) < 0.0071


def test_switches_differ_from_the_named_reading():
    base = experiment.run("vanilla", "as published", seed=0, epochs=1, limit=100)
    for switches in ({"record": "ordered"}, {"order": [1, 2, 3, 0]}, {"lr": 0.1}):
        assert experiment.run("vanilla", "as published", seed=0, epochs=1, limit=100, **switches) != base
    with pytest.raises(TypeError, match="no_such_switch"):
        experiment.run("vanilla", "as published", seed=0, epochs=1, limit=100, no_such_switch=True)
    for wrong, message in (
        ({"limit": 150}, "multiple of 100, got 150"),
        ({"epochs": 0}, "epochs must be at least 1, got 0"),
        ({"reading": "as ment"}, "reading must be one of as published, as meant, got 'as ment'"),
        ({"variant": "multi-stream", "order": [1, 2, 3, 0]}, "multi-stream net .* has no order"),
    ):
        given = {"variant": "vanilla", "reading": "as published", "seed": 0, "epochs": 1, "limit": 100}
        with pytest.raises(ValueError, match=message):
            experiment.run(**{**given, **wrong})


def test_what_is_recorded():
    wanted = sorted(json.dumps(s, sort_keys=True) for s in experiment.SETTINGS)
    every = sweep.load("variants")
    assert sorted(json.dumps(r["settings"], sort_keys=True) for r in every) == wanted
    for record in every:
        curves = [record["figures"][f"{a}_{b}"] for a in ("train", "test") for b in ("cost", "accuracy")]
        assert {len(curve) for curve in curves} == {record["settings"]["epochs"]}
        assert {"python", "numpy", "torch"} <= record["versions"].keys() and record["hardware"]
    for reading, seeds in (("as published", 5), ("as meant", 10)):
        for variant in VARIANTS:
            records = experiment.recorded(variant, reading)
            assert [r["settings"]["seed"] for r in records] == list(range(seeds))
            repeats = variant == "internal-convolution" and reading == "as published"
            whole = [r for r in records if r["settings"]["epochs"] == experiment.EPOCHS[reading]]
            assert len(whole) == (1 if repeats else seeds)
    assert [s["seed"] for s in experiment.SETTINGS] == sorted(s["seed"] for s in experiment.SETTINGS)
    assert experiment.rate("concatenated", "as published") == 1e-5
    assert experiment.rate("concatenated", "as meant") == experiment.rate("vanilla", "as published") == 0.007


def test_recorded_runs_are_found_by_exactly_their_switches(tmp_path):
    settings = [
        {"variant": "vanilla", "reading": "as published", "seed": seed, "epochs": 31, **switches}
        for seed, switches in ((1, {}), (0, {"weights": True}), (0, {"record": "ordered"}))
    ]
    sweep.sweep("variants", lambda **setting: {}, settings, tmp_path, progress=False)
    found = experiment.recorded("vanilla", "as published", tmp_path)
    assert [r["settings"] for r in found] == [settings[1], settings[0]]
    (found,) = experiment.recorded("vanilla", "as published", tmp_path, record="ordered")
    assert found["settings"] == settings[2]
    with pytest.raises(sweep.RecordError, match="no record with"):
        experiment.recorded("lag-2", "as published", tmp_path)
    sweep.sweep("variants", lambda **setting: {}, settings[2:], tmp_path / "other", progress=False)
    with pytest.raises(sweep.RecordError, match="no other switches"):
        experiment.recorded("vanilla", "as published", tmp_path / "other")
    longer = [{**settings[2], "epochs": 40}]
    sweep.sweep("variants", lambda **setting: {}, longer, tmp_path, progress=False)
    with pytest.raises(sweep.RecordError, match=r"twice for one seed, with epochs \[31, 40\]"):
        experiment.recorded("vanilla", "as published", tmp_path, record="ordered")
