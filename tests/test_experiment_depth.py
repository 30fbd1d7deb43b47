"""The experiment on depth: tasks ask what they say, networks are of one size, records are whole."""

import numpy as np
import pytest

from companion import sweep
from companion.cells import Residual
from companion.experiments import depth

SHORT = {"layers": 2, "skips": True, "lr": 0.01, "updates": 50, "weights": 200}


def test_a_short_run_learns_something_and_can_be_repeated():
    figures = depth.run("echo", **{**SHORT, "updates": 300}, seed=0)
    assert figures["left"] < 0.7
    assert len(figures["curve"]) == 6
    assert figures["parameters"] == depth.count(2, figures["units"], 1, 1)
    short = depth.run("two", **SHORT, seed=0)
    assert depth.run("two", **SHORT, seed=0) == short
    assert depth.run("two", **SHORT, seed=1) != short


@pytest.mark.parametrize("later", [0, 2])
def test_the_answers_are_those_of_the_series(later):
    for task in depth.TASKS:
        xs, ys = depth.draw(task, np.random.default_rng(0), 4, later)
        assert xs.shape == (4, 12 + later, 1) and ys.shape == (4, 9, 1)
        for x, y in zip(xs[..., 0], ys[..., 0], strict=True):
            for i, t in enumerate(range(3, 12)):
                wanted = {
                    "echo": x[t - 3],
                    "one": abs(x[t] - x[t - 3]),
                    "two": abs(abs(x[t] - x[t - 1]) - abs(x[t - 2] - x[t - 3])),
                }
                assert y[i] == pytest.approx(wanted[task], abs=1e-14)


def test_an_answer_that_is_wanted_later_is_still_of_the_same_inputs():
    at_once, later = (depth.draw("two", np.random.default_rng(0), 1, wait) for wait in (0, 2))
    assert np.array_equal(at_once[0], later[0][:, :12])
    assert np.array_equal(at_once[1], later[1])


@pytest.mark.parametrize("layers, skips", depth.NETWORKS)
def test_counts_are_those_of_the_networks_and_nearly_equal(layers, skips):
    H = depth.units(layers, 1700, 1, 1)
    net = depth.Network(depth.tower(layers, H, 1, skips))
    numbers = sum(p.size for p in net.init(np.random.default_rng(0)).values())
    assert numbers == depth.count(layers, H, 1, 1)
    assert abs(numbers - 1700) < 50
    assert [isinstance(cell, Residual) for cell in net.cell.layers] == [False] + [skips] * (layers - 1)


def test_what_is_recorded_is_what_the_settings_say():
    assert [record["settings"] for record in sweep.load("depth")] == depth.SETTINGS
