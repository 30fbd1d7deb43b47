"""The experiment on the sonnets keeps its parts apart, reads in order, counts right, and is recorded."""

import numpy as np
import pytest

from companion import data, interop, sweep
from companion.cells import GRU, LSTM, RNN
from companion.experiments import sonnets
from companion.layers import Dense
from companion.scan import scan

KINDS = {"RNN": RNN, "LSTM": LSTM, "GRU": GRU}


def test_the_parts_are_all_the_sonnets_once_each_and_in_order():
    poems = data.sonnets()
    assert "\n\n".join(poems) == "\n\n".join(sonnets.text(part) for part in sonnets.PARTS)
    assert "".join(sorted(set("".join(poems)))) == sonnets.ALPHABET
    with pytest.raises(ValueError, match="part must be one of train, validation, test, got 'all'"):
        sonnets.text("all")


def test_kinds_of_characters():
    found = sonnets.kinds("Thy self's\nO, no")
    assert [sonnets.KINDS[k][:5] for k in found] == [
        *["first", "later", "later", "space", "first", "later", "later", "later", "mark", "later"],
        *["line ", "first", "mark", "space", "first", "later"],
    ]


def test_each_stream_goes_on_where_it_was_cut():
    labels = np.arange(1000)
    chunks = sonnets.streams(labels, 4, 30)
    inputs, following = (np.concatenate(side, axis=1) for side in zip(*chunks, strict=True))
    assert inputs.shape == (4, 240)
    np.testing.assert_array_equal(inputs, np.arange(960).reshape(4, 240))
    np.testing.assert_array_equal(following, inputs + 1)
    with pytest.raises(
        ValueError, match="text must have more than 120 characters for 4 streams of 30, got 100"
    ):
        sonnets.streams(labels[:100], 4, 30)


def test_counting_on_a_text_so_small_that_it_can_be_done_by_hand():
    K = len(sonnets.ALPHABET)
    a = (2 + 2 / K) / (3 + 2)  # "aab" holds 3 characters, 2 different, of them 2 a's
    b = (1 + 2 / K) / (3 + 2)
    np.testing.assert_allclose(sonnets.n_grams("aab", "ab", 0), -np.log2([a, b]).mean())
    after_a = (1 + 2 * b) / (2 + 2)  # after an a came an a and a b
    np.testing.assert_allclose(sonnets.n_grams("aab", "ab", 1), -np.log2([a, after_a]).mean())


@pytest.mark.parametrize("order", [0, 2])
def test_counted_probabilities_add_up_to_one(order):
    train = sonnets.text("train")[:500]
    known = "From fairest creatures"
    costs = [
        sonnets.n_grams(train, known + k, order) * (len(known) + 1)
        - sonnets.n_grams(train, known, order) * len(known)
        for k in sonnets.ALPHABET
    ]
    assert np.exp2(-np.array(costs)).sum() == pytest.approx(1)


@pytest.mark.parametrize("cell", sonnets.CELLS)
def test_numbers_are_those_of_the_courses_own_cells(cell):
    K, H = len(sonnets.ALPHABET), 7
    shapes = [*KINDS[cell](K, H).shapes.values(), *Dense(H, K).shapes.values()]
    assert sonnets.numbers(cell, H) == sum(int(np.prod(shape)) for shape in shapes)
    assert abs(sonnets.numbers(cell, sonnets.SAME_SIZE[cell]) / sonnets.numbers("RNN", 128) - 1) < 0.003


@pytest.mark.parametrize("cell", sonnets.CELLS)
def test_biases_that_the_course_does_not_have_stay_at_zero(cell):
    _, best = sonnets.train(cell, 4, 0.003, 0, epochs=1)
    second = best["layer.bias_hh_l0"]
    spare = second[:8] if cell == "GRU" else second
    assert (spare == 0).all()
    assert cell != "GRU" or (second[8:] != 0).all()


@pytest.mark.parametrize("cell", sonnets.CELLS)
def test_the_shipped_weights_give_the_same_scores_in_numpy_and_in_pytorch(cell):
    import torch

    model = sonnets.net(cell, sonnets.SAME_SIZE[cell])
    weights = sonnets.shipped(cell)
    model.load_state_dict({name: torch.tensor(w) for name, w in weights.items()})
    own, params = interop.from_torch(model["layer"])
    labels = data.to_labels(sonnets.text("test")[:200], sonnets.ALPHABET)
    ys = scan(own, params, np.eye(61, dtype=np.float32)[labels][None]).ys
    scores = ys @ weights["read_out.weight"].T + weights["read_out.bias"]
    with torch.no_grad():
        of_torch, _ = sonnets.scores(model, labels[None])
    np.testing.assert_allclose(scores, of_torch.numpy(), atol=2e-5)
    assert sum(w.size for w in params.values()) == sonnets.numbers(cell, sonnets.SAME_SIZE[cell]) - sum(
        w.size for name, w in weights.items() if name.startswith("read_out")
    )


@pytest.mark.parametrize("cell", sonnets.CELLS)
def test_the_shipped_weights_are_those_of_a_recorded_run(cell):
    import torch

    model = sonnets.net(cell, sonnets.SAME_SIZE[cell])
    model.load_state_dict({name: torch.tensor(w) for name, w in sonnets.shipped(cell).items()})
    (record,) = sweep.load("sonnets", cell=cell, hidden=sonnets.SAME_SIZE[cell], seed=0, rate=sonnets.RATE)[
        :1
    ]
    cost = sonnets.bits(model, data.to_labels(sonnets.text("test"), sonnets.ALPHABET)).mean()
    assert cost == pytest.approx(record["figures"]["bits"]["test"], abs=2e-3)


def test_a_short_run_repeats_itself_and_ends_where_it_no_longer_gains(monkeypatch):
    figures = [sonnets.run("RNN", 4, 0.003, seed, epochs=2) for seed in (3, 3, 4)]
    for run in figures:
        run.pop("cpu_seconds_an_epoch")
    assert figures[0] == figures[1] != figures[2]
    assert len(figures[0]["by_kind"]) == len(figures[0]["curves"]["test"]) == 2
    monkeypatch.setattr(sonnets, "PATIENCE", 1)
    hasty = sonnets.run("RNN", 4, 1.0, 0, epochs=20)
    assert len(hasty["curves"]["validation"]) == hasty["epoch"] + 1 < 20


def test_wrong_settings_are_refused():
    for wrong in (sonnets.net, lambda cell, H: sonnets.shipped(cell)):
        with pytest.raises(ValueError, match="cell must be one of RNN, LSTM, GRU, got 'rnn'"):
            wrong("rnn", 4)


def test_all_settings_are_recorded_and_no_others():
    stored = [record["settings"] for record in sweep.load("sonnets")]
    assert sorted(map(str, stored)) == sorted(map(str, sonnets.SETTINGS))
