"""The benchmark compares equal work: all contestants compute the same gradients."""

import numpy as np

from companion import bench


def test_every_contestant_runs_and_has_a_time():
    times = bench.medians(bench.contestants(3, 4, 2, 5), repeats=2)
    assert list(times) == ["companion", "torch", "keras", "products"]
    assert all(t > 0 for t in times.values())


def test_the_contestants_compute_the_same_gradients():
    works = bench.contestants(3, 4, 2, 5)
    _, _, ours = works["companion"]()
    theirs = [g.numpy() for g in works["keras"]()]
    for name, grad in zip(("W_xh", "W_hh", "b_h"), theirs, strict=True):
        assert np.allclose(ours[name], grad, atol=1e-5), name


def test_contestants_take_turns():
    order = []
    bench.medians({name: lambda name=name: order.append(name) for name in "ab"}, repeats=2)
    assert order == ["a", "b"] * 3
