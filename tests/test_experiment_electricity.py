"""The experiment on electricity looks at nothing that is not known yet, and is recorded as it stands."""

import numpy as np
import pytest

from companion import data, sweep
from companion.experiments import electricity
from companion.gradcheck import gradcheck

DAY = np.timedelta64(1, "D")


@pytest.fixture(scope="module")
def days():
    return electricity.whole_days()


@pytest.mark.parametrize("year", electricity.ENDS)
@pytest.mark.parametrize("horizon", [1, 12])
def test_the_parts_follow_one_another_and_hold_what_they_say(days, year, horizon):
    dates, meters, recorded = days
    cut = electricity.examples(year, horizon)
    end = dates[0]
    for part, until in zip(cut[:3], electricity.ENDS[year], strict=True):
        assert part.first.min() > end
        end = np.datetime64(until)
        assert (part.first + (horizon - 1) * DAY).max() <= end
        assert part.xs.shape == (len(part.first), electricity.WINDOW, 15)
        at = np.searchsorted(dates, part.first)
        np.testing.assert_allclose(cut.scale.undo(part.ys), meters[at[:, None] + np.arange(horizon), 0])
        np.testing.assert_allclose(cut.scale.undo(part.xs[:, -1, 0]), meters[at - 1, 0])
        assert recorded[at[:, None] + np.arange(horizon)].all()


def test_no_input_changes_when_the_days_to_come_do(monkeypatch):
    before = electricity.examples(2010, 1)
    table = data.household_power("day").copy()
    later = table.index >= "2010-06-01"
    table.loc[later, electricity.POWER + electricity.METERS] *= 3.0
    monkeypatch.setattr(data, "household_power", lambda every: table)
    after = electricity.examples(2010, 1)
    for part in ("train", "validation"):
        for a, b in zip(getattr(before, part), getattr(after, part), strict=True):
            np.testing.assert_array_equal(a, b)
    known = before.test.first <= np.datetime64("2010-06-01")
    np.testing.assert_array_equal(before.test.xs[known], after.test.xs[known])
    assert not np.array_equal(before.test.xs, after.test.xs)


def test_scales_are_those_of_the_training_days(days):
    dates, meters, _ = days
    training = dates <= np.datetime64("2008-04-30")
    cut = electricity.examples(2008, 1)
    assert cut.scale.shift == pytest.approx(meters[training, 0].mean())
    assert cut.scale.size == pytest.approx(meters[training, 0].std())


def test_the_calendar_is_that_of_the_day_to_be_forecast():
    (monday,) = electricity.calendar(np.array(["2010-01-04"], "datetime64[D]"))
    np.testing.assert_array_equal(monday[2:], [1, 0, 0, 0, 0, 0, 0])
    cut = electricity.examples(2010, 1)
    np.testing.assert_allclose(cut.test.xs[:, -1, 1:10], electricity.calendar(cut.test.first))


@pytest.mark.parametrize("anchored", [False, True])
def test_gradients_are_right(anchored):
    cut = electricity.examples(2010, 3)
    forecaster = electricity.Forecaster(electricity.CONTEXTS["both"], 3, 4, anchored)
    rng = np.random.default_rng(1)
    params = forecaster.init(rng)
    xs = cut.train.xs[:5]
    batch = xs, forecaster(params, xs) + 0.1 * rng.normal(size=(5, 3))  # near, so that nothing is clipped
    errors = gradcheck(lambda arrays: forecaster.loss_and_grads(arrays, batch), params)
    assert max(errors.values()) < 1e-7


def test_forecasters_with_and_without_context_begin_alike():
    few, many = (
        electricity.Forecaster(electricity.CONTEXTS[c], 1, 4).init(np.random.default_rng(2))
        for c in ("none", "both")
    )
    np.testing.assert_array_equal(few["W_xh"], many["W_xh"][:1])
    for name in ("W_hh", "b_h", "W_hy", "b_y"):
        np.testing.assert_array_equal(few[name], many[name])


def test_an_anchored_forecast_moves_with_the_level():
    forecaster = electricity.Forecaster([0], 2, 3, anchored=True)
    params = {name: np.zeros_like(p) for name, p in forecaster.init(np.random.default_rng(0)).items()}
    xs = np.random.default_rng(1).normal(size=(4, electricity.WINDOW, 15))
    np.testing.assert_allclose(forecaster(params, xs)[:, 1], xs[:, -7:, 0].mean(axis=1))


def test_a_short_run_repeats_itself():
    settings = {"year": 2008, "horizon": 12, "context": "calendar", "seed": 3, "epochs": 2, "hidden_size": 4}
    figures = electricity.run(**settings)
    assert figures == electricity.run(**settings)
    assert figures != electricity.run(**{**settings, "seed": 4})
    assert len(figures["mae"]) == len(figures["rmse"]) == 12
    assert len(figures["weekly"]) == len(electricity.examples(2008, 12).test.ys) // 7
    assert figures["epoch"] in (1, 2)


def test_weekly_means_leave_out_a_rest():
    errors = np.arange(15.0)[:, None] * [1, -1]
    np.testing.assert_allclose(electricity.weekly(errors), [3, 10])


def test_wrong_settings_are_refused():
    with pytest.raises(ValueError, match="year must be one of 2008, 2010, got 2009"):
        electricity.run(2009, 1, "none", 0)
    with pytest.raises(ValueError, match="context must be one of none, calendar, meters, both, got 'people'"):
        electricity.run(2010, 1, "people", 0)


def test_all_settings_are_recorded_and_no_others():
    stored = [record["settings"] for record in sweep.load("electricity")]
    assert sorted(map(str, stored)) == sorted(map(str, electricity.SETTINGS))


def test_a_recorded_run_can_be_repeated():
    record = sweep.load("electricity", year=2008, horizon=1, context="none", anchored=False)[0]
    figures = electricity.run(**record["settings"])
    assert figures["mae"] == pytest.approx(record["figures"]["mae"], abs=0.005)
    assert figures["forecast"] == pytest.approx(record["figures"]["forecast"], abs=0.05)
