"""The benchmark compares equal work: all contestants compute the same gradients."""

import numpy as np
import pytest

from companion import bench, interop


@pytest.fixture(scope="module", params=bench.CELLS.values(), ids=bench.CELLS)
def contest(request):
    cell = request.param(2, 5)
    return cell, bench.contestants(cell, 3, 4)


def test_every_contestant_runs_and_has_a_time(contest):
    times = bench.medians(contest[1], repeats=2)
    assert list(times) == ["companion", "torch", "keras", "products"]
    assert all(t > 0 for t in times.values())


def test_the_contestants_compute_the_same_gradients(contest):
    cell, works = contest
    _, _, ours = works["companion"]()
    *kernels, bias = interop.to_keras(cell, ours).get_weights()  # in Keras' own order
    *their_kernels, their_bias = (g.numpy() for g in works["keras"]())
    for have, want in zip(kernels, their_kernels, strict=True):
        assert np.allclose(have, want, atol=1e-5)
    # Keras' GRU has a second row of biases, of which we have one sum; both get the same gradient.
    assert np.allclose(np.atleast_2d(bias)[0], np.atleast_2d(their_bias)[0], atol=1e-5)


def test_contestants_take_turns():
    order = []
    bench.medians({name: lambda name=name: order.append(name) for name in "ab"}, repeats=2)
    assert order == ["a", "b"] * 3
