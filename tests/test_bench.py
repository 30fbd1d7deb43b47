"""The benchmark compares equal work: all contestants compute the same gradients."""

import os
import subprocess
import sys

import numpy as np
import pytest

from companion import bench, interop
from companion.cells import LSTM


@pytest.fixture(scope="module", params=bench.CELLS.values(), ids=bench.CELLS)
def contest(request):
    cell = request.param(2, 5)
    return cell, bench.contestants(cell, 3, 4)


def test_every_contestant_runs_and_has_a_time(contest):
    times = bench.medians(contest[1], turns=2, least=0)
    assert list(times) == ["companion", "torch", "keras", "products by step", "products at once"]
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


def test_both_forms_of_the_products_make_all_that_the_mathematics_needs(monkeypatch):
    """What they compute is thrown away, so count its multiplications: three times those of the way there."""
    counted = [0]

    class Counting(np.ndarray):
        def __matmul__(self, other):
            counted[-1] += self.size * other.shape[-1]
            return np.asarray(self) @ np.asarray(other)

        def __rmatmul__(self, other):
            return other.view(Counting) @ self

    monkeypatch.setattr(np, "ascontiguousarray", lambda a: a.copy(order="C"))  # which keeps the class
    N, T, D, H = 3, 4, 2, 5
    params, *arrays = bench.drawn(LSTM(D, H), N, T)
    works = bench.products(
        {k: p.view(Counting) for k, p in params.items()}, *(a.view(Counting) for a in arrays)
    )
    for work in works.values():
        counted.append(0)
        work()
    assert counted[1:] == [3 * N * T * (D + H) * 4 * H] * 2


def test_contestants_take_turns_and_the_first_turn_is_not_counted():
    order = []
    times = bench.medians({name: lambda name=name: order.append(name) for name in "ab"}, turns=2, least=0)
    assert order == ["a", "a", "b", "b"] * 3  # each call that counts follows one that does not
    assert list(times) == ["a", "b"]


def test_short_work_is_called_as_often_as_fills_a_turn():
    calls = []
    bench.medians({"short": lambda: calls.append(1)}, turns=1, least=1e-3)
    assert len(calls) > 50


def test_ratios_are_against_the_quicker_form_of_the_products():
    times = {"companion": 6.0, "torch": 3.0, "keras": 12.0, "products by step": 2.0, "products at once": 4.0}
    assert bench.ratios(times) == {"torch": 2, "keras": 0.5, "products": 3}


@pytest.mark.parametrize("name", bench.CELLS)
def test_the_memory_of_a_step_is_that_of_the_arrays_it_keeps(name):
    cell, N, T = bench.CELLS[name](28, 64), 64, 8
    measured = (bench.kept_bytes(cell, N, 2 * T) - bench.kept_bytes(cell, N, T)) / T
    assert measured == pytest.approx(bench.step_bytes(cell, N), rel=0.1)  # one array more would be 14 %


def test_only_a_command_that_measures_sets_the_environment():
    """A test or a chapter that imports the module keeps its own threads."""
    mark = "import os; before = dict(os.environ); import companion.bench; assert dict(os.environ) == before"
    clean = {name: value for name, value in os.environ.items() if name not in bench.ENVIRONMENT}
    subprocess.run([sys.executable, "-c", mark], env=clean, check=True)
