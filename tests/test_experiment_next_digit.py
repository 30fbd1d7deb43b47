"""The experiment on the next digit: fair sequences, short runs that learn, a record of every setting."""

import numpy as np
import pytest

from companion import data, sweep
from companion.experiments import next_digit

SHORT = {"seed": 3, "updates": 120, "pool": 3000, "epochs": 2, "tested": 200}


def test_digits_count_round_by_one_of_the_steps():
    digits = next_digit.counting(np.random.default_rng(0), 3000, 9)
    assert digits.shape == (3000, 10)
    steps = (digits[:, 1:] - digits[:, :-1]) % 10
    assert (steps == steps[:, :1]).all()
    starts = np.bincount(digits[:, 0], minlength=10)
    kinds = np.bincount(steps[:, 0], minlength=10)
    assert starts.min() > 230
    assert set(np.flatnonzero(kinds)) == {1, 2, 9}
    assert kinds[[1, 2, 9]].min() > 900


def test_every_picture_shows_its_digit_and_all_are_used():
    labels = np.random.default_rng(1).integers(0, 10, 500).astype(np.uint8)
    digits = next_digit.counting(np.random.default_rng(2), 1000, 8)
    places = next_digit.pictures(np.random.default_rng(3), digits, labels)
    np.testing.assert_array_equal(labels[places], digits)
    assert len(np.unique(places)) == 500


def test_exactly_one_digit_is_spoiled_and_by_another():
    digits = next_digit.counting(np.random.default_rng(0), 500, 8)
    place = np.random.default_rng(1).integers(0, 9, 500)
    wrong = next_digit.spoiled(np.random.default_rng(2), digits, place)
    changed = wrong != digits
    assert (changed.sum(axis=1) == 1).all()
    np.testing.assert_array_equal(changed.argmax(axis=1), place)
    assert wrong.min() == 0 and wrong.max() == 9


def test_what_a_net_sees():
    rng, places = np.random.default_rng(0), np.arange(80).reshape(10, 8)
    assert next_digit.shown(rng, places, "ordered") is places
    assert next_digit.shown(rng, places, "last").tolist() == [[8 * n + 7] for n in range(10)]
    shuffled = next_digit.shown(rng, places, "shuffled")
    assert (shuffled != places).any()
    np.testing.assert_array_equal(np.sort(shuffled, axis=1), places)
    with pytest.raises(ValueError, match="sees must be one of ordered, shuffled, last, got 'first'"):
        next_digit.shown(rng, places, "first")


def test_training_draws_from_the_training_pictures_alone(monkeypatch):
    seen = []

    def stand_in(xs, draw, seed):
        seen.append((xs, draw))
        return {}, lambda features: np.eye(10)[np.zeros(len(features), int)]

    monkeypatch.setattr(next_digit, "with_numpy", stand_in)
    next_digit.run("numpy", "ordered", **SHORT | {"updates": 5})
    ((xs, draw),) = seen
    (_, labels), _ = data.mnist()
    assert len(xs) == 3000
    for places, following in draw(np.random.default_rng(0)):
        assert places.max() < 3000
        if places.shape[1] > 1:
            digits = labels[places].astype(int)
            np.testing.assert_array_equal(following, (2 * digits[:, -1] - digits[:, -2]) % 10)


@pytest.mark.frameworks
def test_a_short_run_learns_from_order_and_repeats_itself():
    first = next_digit.run("numpy", "ordered", **SHORT)
    assert first == next_digit.run("numpy", "ordered", **SHORT)
    assert first["by_length"][8] > 0.8
    assert first["by_length"][0] < 0.5
    assert first["classifier"] > 0.75
    assert len(first["by_length"]) == 20 and len(first["wrong_at"]) == 9
    last = next_digit.run("numpy", "last", **SHORT)
    assert last["by_length"][8] < 0.5
    assert "wrong_at" not in last


@pytest.mark.frameworks
@pytest.mark.parametrize("net", ["keras", "torch"])
def test_the_other_nets_run_and_repeat_themselves(net):
    short = SHORT | {"updates": 20, "tested": 50}
    first = next_digit.run(net, "ordered", **short)
    assert first == next_digit.run(net, "ordered", **short)
    assert first["by_length"][8] > 0.15


@pytest.mark.parametrize("unknown", [{"net": "jax", "sees": "ordered"}, {"net": "numpy", "sees": "first"}])
def test_unknown_settings_are_refused(unknown):
    with pytest.raises(ValueError, match="must be one of"):
        next_digit.run(**unknown, **SHORT)


def test_every_setting_is_recorded_once_and_nothing_else():
    records = sweep.load("next_digit")
    recorded = [record["settings"] for record in records]
    assert sorted(map(repr, recorded)) == sorted(map(repr, next_digit.SETTINGS))
