"""The experiment on the next day has the windows, the nets and the measures that it says, and is recorded."""

import numpy as np
import pytest

from companion import sweep
from companion.experiments import electricity, next_day


def test_windows_of_the_two_parts():
    dates, meters, recorded = electricity.whole_days()
    power, days = meters[:, 0], next_day.examples()
    assert days.train_xs.shape == (1080, 60, 1)
    assert days.test_xs.shape == (240, 60, 1)
    np.testing.assert_allclose(days.scale.undo(days.train_xs[0, :, 0]), power[:60])
    np.testing.assert_allclose(days.scale.undo(days.train_ys[-1]), power[-301])
    np.testing.assert_allclose(days.scale.undo(days.test_xs[0, :, 0]), power[-300:-240])
    np.testing.assert_allclose(days.scale.undo(days.test_ys[:, 0]), power[-240:])
    np.testing.assert_array_equal(days.dates, dates[-240:])
    np.testing.assert_array_equal(days.recorded, recorded[-240:])


def test_the_scale_is_that_of_the_training_part():
    days = next_day.examples()
    _, meters, _ = electricity.whole_days()
    assert days.scale.shift == pytest.approx(meters[:-300, 0].min())
    assert days.scale.shift + days.scale.size == pytest.approx(meters[:-300, 0].max())


def test_rules_repeat_what_they_say():
    days = next_day.examples()
    _, meters, _ = electricity.whole_days()
    power, rules = meters[:, 0], next_day.by_rule(days)
    np.testing.assert_allclose(rules["yesterday"], power[-241:-1])
    np.testing.assert_allclose(rules["last week"], power[-247:-7])
    np.testing.assert_allclose(rules["week's mean"][0], power[-247:-240].mean())


def test_only_days_with_a_record_are_marked():
    days = next_day.examples()
    truth = days.scale.undo(days.test_ys[:, 0])
    forecast = np.where(days.recorded, truth + 0.5, 99)
    assert next_day.measures(forecast, days) == {"mse": 0.25, "rmse": 0.5, "mae": 0.5}


@pytest.mark.parametrize(("cell", "numbers"), [("RNN", 24_761), ("LSTM", 98_741), ("GRU", 74_621)])
def test_the_nets_have_as_many_numbers_as_the_source_says(cell, numbers):
    assert next_day.model(cell).count_params() == numbers
    for record in sweep.load("next_day", cell=cell):
        assert record["figures"]["numbers"] == numbers


def test_a_short_run_repeats_itself(monkeypatch):
    days = next_day.examples()
    few = days._replace(train_xs=days.train_xs[:64], train_ys=days.train_ys[:64])
    monkeypatch.setattr(next_day, "examples", lambda: few)
    figures = [next_day.run("RNN", seed, epochs=1) for seed in (1, 1, 2)]
    assert figures[0]["forecast"] == figures[1]["forecast"] != figures[2]["forecast"]
    assert len(figures[0]["forecast"]) == 240
    assert len(figures[0]["loss"]) == len(figures[0]["test_loss"]) == 1
    with pytest.raises(ValueError, match="cell must be one of RNN, LSTM, GRU, got 'SimpleRNN'"):
        next_day.run("SimpleRNN", 0)


def test_all_settings_are_recorded_and_no_others():
    stored = [record["settings"] for record in sweep.load("next_day")]
    assert sorted(map(str, stored)) == sorted(map(str, next_day.SETTINGS))


def test_recorded_measures_are_those_of_the_recorded_forecasts():
    days = next_day.examples()
    for record in sweep.load("next_day"):
        found = next_day.measures(np.array(record["figures"]["forecast"]), days)
        for name in ("mse", "rmse", "mae"):
            assert record["figures"][name] == pytest.approx(found[name], abs=5e-4)
