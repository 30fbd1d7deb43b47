"""The experiments of the chapter "Three cells on MNIST": small live runs, and what was recorded."""

import importlib

import numpy as np
import pytest

from companion import sweep
from companion.experiments import deep_voices
from companion.experiments import three_cells as cells
from companion.experiments import three_cells_norm as norm
from companion.experiments import three_cells_order as order
from companion.experiments import three_cells_rare as rare
from companion.experiments import three_cells_reshuffled as reshuffled
from companion.experiments import three_cells_time as timing
from companion.experiments import three_cells_voices as voices

SMALL = {"epochs": 1, "pool": 1280}


@pytest.mark.frameworks
@pytest.mark.parametrize(("library", "protocol"), [("keras", "source"), ("torch", "clean")])
def test_a_live_run_gives_each_figure_once_an_epoch(library, protocol):
    pytest.importorskip(library)
    pool = 1280 + (cells.HELD_BACK if protocol == "clean" else 0)
    figures = cells.run("SimpleRNN", library, protocol, epochs=2, pool=pool)
    assert all(len(figures[name]) == 2 for name in cells.FIGURES)
    assert figures["train_loss"][1] < figures["train_loss"][0]
    assert len(figures["held_out_answers"]) == cells.HELD_OUT


@pytest.mark.frameworks
def test_a_run_that_is_reshuffled_can_be_repeated_and_is_another_run():
    pytest.importorskip("keras")
    first, second = (reshuffled.run("SimpleRNN", seed=1, epochs=2, pool=640) for _ in range(2))
    frozen = cells.run("SimpleRNN", seed=1, epochs=2, pool=640, jit=True)
    assert np.allclose(first["train_loss"], second["train_loss"], rtol=1e-3)
    assert not np.allclose(first["train_loss"], frozen["train_loss"], rtol=1e-3)


@pytest.mark.frameworks
@pytest.mark.parametrize("cell", cells.CELLS)
def test_a_seed_gives_the_same_run_twice(cell):
    pytest.importorskip("torch")
    first, second = (cells.run(cell, "torch", seed=3, start="keras", **SMALL) for _ in range(2))
    for name in set(first) - {"cpu_seconds", "wall_seconds"}:
        assert first[name] == second[name]


@pytest.mark.frameworks
@pytest.mark.parametrize(("cell", "total"), [("SimpleRNN", 6858), ("LSTM", 24714), ("GRU", 18954)])
def test_the_nets_of_both_libraries_have_the_same_sizes(cell, total):
    pytest.importorskip("keras")
    torch = pytest.importorskip("torch")
    assert cells.keras_net(cell).count_params() == total
    net = cells.torch_net(cell)
    statistics = 2 * cells.UNITS
    second_bias = {"SimpleRNN": 1, "LSTM": 4, "GRU": 0}[cell] * cells.UNITS
    assert sum(weight.numel() for weight in net.parameters()) == total - statistics + second_bias
    started = cells.torch_net(cell, start="keras").recurrent
    product = started.weight_hh_l0.T @ started.weight_hh_l0
    assert torch.allclose(product, torch.eye(cells.UNITS), atol=1e-5)


def test_an_lstm_started_as_in_keras_remembers_at_first():
    pytest.importorskip("torch")
    bias = cells.torch_net("LSTM", start="keras").recurrent.bias_ih_l0.detach().numpy()
    assert bias.reshape(4, -1).sum(axis=1).tolist() == [0, cells.UNITS, 0, 0]


def test_protocols_divide_the_pictures_as_they_say():
    train, test = cells.mnist()
    kept, watched = cells.divided(train, test, "source")
    assert len(kept[0]) == 60_000
    assert np.array_equal(watched[0], test[0][:9990])
    kept, watched = cells.divided(train, test, "clean", seed=1)
    assert (len(kept[0]), len(watched[0])) == (55_000, 5000)
    together = np.concatenate([kept[1], watched[1]])
    assert np.array_equal(np.bincount(together), np.bincount(train[1]))
    assert (train[0].min(), train[0].max()) == (0, 1)


def test_errors_name_what_is_known():
    train, test = cells.mnist(10)
    with pytest.raises(ValueError, match="protocol must be source or clean, got 'other'"):
        cells.divided(train, test, "other")
    with pytest.raises(ValueError, match="library must be one of keras, torch, got 'jax'"):
        cells.run("GRU", "jax")
    with pytest.raises(ValueError, match="cell must be one of SimpleRNN, LSTM, GRU, got 'RNN'"):
        cells.expect_cell("RNN")
    with pytest.raises(ValueError, match=r"view must be one of rows, .*, got 'diagonals'"):
        order.run("diagonals", "GRU", 0)
    with pytest.raises(ValueError, match=r"way must be one of Keras, .*, got 'JAX'"):
        timing.run("JAX")


def test_views_keep_the_pixels_and_change_their_order():
    images = np.random.default_rng(0).random((6, 28, 28))
    seen = {name: view(images, np.random.default_rng(1)) for name, view in order.VIEWS.items()}
    for name, given in seen.items():
        assert np.array_equal(np.sort(given.reshape(6, -1)), np.sort(images.reshape(6, -1))), name
    assert np.array_equal(seen["columns"][:, 3], images[:, :, 3])
    assert seen["pixels"].shape == (6, 784, 1)
    places = lambda given: (given[:, :, None] == images[:, None]).all(axis=-1).argmax(axis=2)  # noqa: E731
    assert np.ptp(places(seen["permuted"]), axis=0).max() == 0
    assert np.ptp(places(seen["shuffled"]), axis=0).min() > 0


@pytest.mark.frameworks
def test_a_net_reads_a_view():
    pytest.importorskip("torch")
    figures = order.run("rows", "SimpleRNN", 0, epochs=1, pool=640, tested=100)
    assert {len(figures["train_loss"]), len(figures["test_accuracy"])} == {1}
    assert 0 <= figures["test_accuracy_shuffled"] <= 1


@pytest.mark.frameworks
def test_rare_digits_are_rare_and_the_cells_see_the_same_pictures():
    pytest.importorskip("torch")
    lstm, gru = (rare.run(cell, 200, seed=1, updates=5) for cell in ("LSTM", "GRU"))
    assert lstm["rare_digits"] == gru["rare_digits"]
    assert lstm["rare_pictures"] == gru["rare_pictures"] < 200 * 0.1
    assert 0 <= gru["rare"] <= 1


@pytest.mark.frameworks
def test_refreshed_averages_are_those_of_the_pictures():
    pytest.importorskip("torch")
    net, (xs, _) = cells.torch_net("SimpleRNN"), cells.mnist(300)[0]
    rare.refresh(net, xs)
    by_averages, by_pictures, off = norm.both(net, xs)
    assert np.allclose(by_averages, by_pictures, atol=0.02)  # but for n and n - 1 in the variance
    assert off < 1e-4


@pytest.mark.frameworks
def test_averages_that_are_off_are_found_out():
    torch = pytest.importorskip("torch")
    net, (xs, _) = cells.torch_net("SimpleRNN"), cells.mnist(300)[0]
    rare.refresh(net, xs)
    net.norm.running_mean += 2 * torch.sqrt(net.norm.running_var)
    assert abs(norm.both(net, xs)[2] - 2) < 1e-3
    assert [len(values) for values in norm.run(seed=0, updates=100).values()] == [2, 2, 2]


@pytest.mark.frameworks
def test_a_voice_run_reports_what_it_was_asked():
    pytest.importorskip("torch")
    watched = voices.run("GRU", 0.01, 0, epochs=2, validate=True)
    assert len(watched["validation"]) == len(watched["right"]) == 2
    assert voices.run("LSTM", 0.01, 0, epochs=2)["right"] > 370 / 3


def test_our_own_cells_can_be_timed():
    seconds = timing.run("NumPy", rounds=2, updates=1)
    assert {cell: len(values) for cell, values in seconds.items()} == dict.fromkeys(cells.CELLS, 2)


@pytest.mark.parametrize("name", ["", "_norm", "_order", "_rare", "_reshuffled", "_time", "_voices"])
def test_what_is_recorded_is_what_the_experiment_asks_for(name):
    experiment = importlib.import_module(f"companion.experiments.three_cells{name}")
    records = sweep.load(f"three_cells{name}")
    assert [r["settings"] for r in records] == experiment.SETTINGS


def test_each_cell_hears_the_test_voices_as_its_validation_chose():
    for cell in cells.CELLS:
        records = sweep.load("three_cells_voices", cell=cell, validate=True)
        assert deep_voices.best(records) == voices.CHOSEN[cell]
