"""Shipped files are the right ones or refused; the toy sets and the helpers do what their docstrings say."""

import re
import shutil
import string
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import companion
from companion import _shipped, data

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "data" / "README.md").read_text(encoding="utf-8")


# The shipped files


def test_the_readme_lists_every_file_and_its_sha256() -> None:
    table = set(re.findall(r"^\| `(\w+\.[a-z.]+)` \|", README, re.MULTILINE))
    hashes = dict(line.split()[::-1] for line in re.findall(r"^[0-9a-f]{64}  \S+$", README, re.MULTILINE))
    assert table == set(data.SHA256)
    assert hashes == data.SHA256


def test_the_folder_holds_what_the_readme_lists_and_nothing_unnamed() -> None:
    names = {file.name for file in (ROOT / "data").iterdir() if file.is_file()}
    assert names == {*data.SHA256, "README.md"}


def test_the_readme_explains_every_column() -> None:
    columns = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", README, re.MULTILINE))
    del columns["time"]
    assert columns == data.COLUMNS


def test_only_shipped_files_are_read() -> None:
    with pytest.raises(
        ValueError, match=r"name must be one of .*household_power_daily.csv, .*, got '../LICENSE'"
    ):
        _shipped.read("../LICENSE")


def test_files_are_found_in_an_installed_package(tmp_path: Path) -> None:
    package = tmp_path / "site" / "companion"
    shutil.copytree(Path(companion.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "data", package / "_data")
    (tmp_path / "site" / "data").mkdir()  # some other package's folder, which must not be mistaken for ours
    program = (
        f"import sys; sys.path.insert(0, {str(package.parent)!r}); from companion import _shipped, data; "
    )
    program += "print(_shipped.folder(), len(data.household_power('day')))"
    run = subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == [str(package / "_data"), "1442"]


def test_importing_data_loads_neither_pandas_nor_a_framework() -> None:
    heavy = ("pandas", "matplotlib", "torch", "tensorflow", "keras")
    program = f"import sys, companion.data; print([name for name in {heavy} if name in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout == "[]\n"


# One household's electricity


@pytest.mark.parametrize(
    ("every", "rows", "frequency", "first", "last", "empty", "partial"),
    [
        ("month", 48, "MS", "2006-12-01", "2010-11-01", 0, None),
        ("day", 1442, "D", "2006-12-16", "2010-11-26", 9, 75),
        ("hour", 34589, "h", "2006-12-16 17:00", "2010-11-26 21:00", 421, 83),
    ],
)
def test_household_power_is_as_documented(
    every: str, rows: int, frequency: str, first: str, last: str, empty: int, partial: int | None
) -> None:
    pd = pytest.importorskip("pandas")
    frame = data.household_power(every)
    assert frame.index.name == "time"
    assert frame.index.equals(pd.date_range(first, last, freq=frequency))
    assert len(frame) == rows
    assert list(frame.columns) == list(data.COLUMNS)
    assert frame["n_minutes"].sum() == 2_075_259 - 25_979
    nothing = frame["n_minutes"] == 0
    assert nothing.sum() == empty
    assert (frame.drop(columns="n_minutes").isna().all(axis=1) == nothing).all()
    assert (frame.drop(columns="n_minutes").isna().any(axis=1) == nothing).all()
    if partial is not None:
        assert (~nothing & (frame["n_minutes"] < {"day": 1440, "hour": 60}[every])).sum() == partial


def test_august_2008_stands_out() -> None:
    power = data.household_power()["Global_active_power"]
    august = power[power.index.month == 8].round(2)
    assert dict(zip(august.index.year, august, strict=True)) == {
        2007: 0.76,
        2008: 0.28,
        2009: 0.66,
        2010: 0.59,
    }
    assert power.idxmin().strftime("%Y-%m") == "2008-08"
    assert data.household_power()["n_minutes"].loc["2008-08-01"] == 31 * 1440 - 2
    days = data.household_power("day")["Global_active_power"].loc["2008-08-06":"2008-08-30"]
    assert len(days) == 25
    assert days.max() < 0.26


def test_the_three_files_tell_the_same_story() -> None:
    hours, days, months = (data.household_power(every) for every in ("hour", "day", "month"))
    for coarse, period in [(days, "D"), (months, "M")]:
        group = hours.index.to_period(period)
        minutes = hours["n_minutes"].groupby(group).sum()
        np.testing.assert_array_equal(minutes, coarse["n_minutes"])
        for column in list(data.COLUMNS)[1:]:
            energy = (hours[column].fillna(0) * hours["n_minutes"]).groupby(group).sum()
            with np.errstate(invalid="ignore"):
                mean = energy.to_numpy() / minutes.to_numpy()
            np.testing.assert_allclose(mean, coarse[column], atol=2e-4)


def test_the_units_fit_together() -> None:
    days = data.household_power("day").dropna()
    meters = days[["Sub_metering_1", "Sub_metering_2", "Sub_metering_3"]].sum(axis=1) * 0.06
    assert (meters < days["Global_active_power"]).all()  # kW: the meters see a part of the house
    apparent = np.hypot(days["Global_active_power"], days["Global_reactive_power"])
    assert abs(1000 * apparent / days["Voltage"] / days["Global_intensity"] - 1).median() < 0.02  # A


def test_an_unknown_period_is_refused() -> None:
    with pytest.raises(ValueError, match="every must be one of month, day, hour, got 'week'"):
        data.household_power("week")  # type: ignore[arg-type]


# Windows, the toy series, scales


def test_the_toy_series_is_the_one_of_the_source() -> None:
    xs, ys = data.toy_series()
    assert (xs.shape, ys.shape) == ((7, 3, 1), (7, 1))
    assert xs.dtype == ys.dtype == np.float64
    assert xs[0].ravel().tolist() == [10, 20, 30]
    assert ys.ravel().tolist() == [40, 50, 60, 70, 80, 90, 100]
    (train_xs, train_ys), (test_xs, test_ys) = data.split(xs, ys)
    assert (len(train_xs), len(train_ys)) == (6, 6)
    assert test_xs.ravel().tolist() == [70, 80, 90]
    assert test_ys.tolist() == [[100]]


def test_other_toy_series() -> None:
    assert data.toy_series(5, 1, -2, window=2)[0].ravel().tolist() == [5, 3]
    for start, stop, step in [(10, 100, 7), (10, 100, 0), (10, 100, -10)]:
        with pytest.raises(ValueError, match=f"step must lead from 10 to 100 in whole steps, got {step}"):
            data.toy_series(start, stop, step)


@given(st.data(), st.integers(1, 6), st.integers(1, 4), st.integers(1, 3))
def test_windows_hold_each_run_and_what_follows(
    draw: st.DataObject, window: int, horizon: int, D: int
) -> None:
    T = draw.draw(st.integers(window + horizon, window + horizon + 8))
    target = draw.draw(st.integers(0, D - 1))
    series = np.random.default_rng(T).normal(size=(T, D))
    xs, ys = data.windows(series, window, horizon, target)
    assert xs.shape == (T - window - horizon + 1, window, D)
    assert ys.shape == (T - window - horizon + 1, horizon)
    for n in range(len(xs)):
        joined = np.concatenate([xs[n, :, target], ys[n]])
        np.testing.assert_array_equal(joined, series[n : n + window + horizon, target])
        np.testing.assert_array_equal(xs[n], series[n : n + window])


def test_windows_are_copies() -> None:
    series = np.arange(6.0)
    xs, ys = data.windows(series, 2)
    xs[:], ys[:] = -1, -1
    assert series.tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "series", [[1, 2, 3, 4], np.arange(1, 5, dtype=np.int8), np.arange(1, 5, dtype="f4")]
)
def test_windows_take_integers_and_make_float64(series: object) -> None:
    xs, ys = data.windows(series, 3)
    assert xs.dtype == ys.dtype == np.float64
    assert (xs.ravel().tolist(), ys.tolist()) == ([1, 2, 3], [[4]])


@pytest.mark.parametrize(
    ("series", "arguments", "error", "text"),
    [
        (
            np.arange(3),
            (3,),
            ValueError,
            "series must have at least 4 steps for window 3 and horizon 1, got 3",
        ),
        (
            np.zeros(0),
            (1,),
            ValueError,
            "series must have at least 2 steps for window 1 and horizon 1, got 0",
        ),
        (np.zeros((4, 3, 2)), (1,), ValueError, "series must have shape (T,) or (T, D), got (4, 3, 2)"),
        (np.float64(3), (1,), ValueError, "series must have shape (T,) or (T, D), got ()"),
        (np.zeros((4, 0)), (1,), ValueError, "series must have shape (T,) or (T, D), got (4, 0)"),
        ([1, np.nan, 3], (1,), ValueError, "series must be finite, got nan at index (1,)"),
        ([True, False], (1,), TypeError, "series must be integers or floats, got bool"),
        (["1", "2"], (1,), TypeError, "series must be integers or floats, got <U1"),
        (np.arange(4), (0,), ValueError, "window must be at least 1, got 0"),
        (np.arange(4), (2.0,), TypeError, "window must be an integer, got float"),
        (np.arange(4), (1, 0), ValueError, "horizon must be at least 1, got 0"),
        (np.zeros((4, 2)), (1, 1, 2), ValueError, "target must lie in 0..1, got 2"),
    ],
)
def test_windows_name_what_is_wrong(
    series: object, arguments: tuple, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=re.escape(text)):
        data.windows(series, *arguments)


def test_split_keeps_the_order_and_names_what_is_wrong() -> None:
    xs, ys = np.arange(5), np.arange(5) * 10
    train, test = data.split(xs, ys, test=2)
    assert [a.tolist() for a in train] == [[0, 1, 2], [0, 10, 20]]
    assert [a.tolist() for a in test] == [[3, 4], [30, 40]]
    with pytest.raises(ValueError, match="test must leave at least one of 5 rows to train on, got 5"):
        data.split(xs, ys, test=5)
    with pytest.raises(ValueError, match="xs and ys must have equally many rows, got 5 and 4"):
        data.split(xs, ys[:4])


finite = st.floats(-1e6, 1e6, allow_subnormal=False)


@given(
    arrays.arrays(
        np.float64, st.tuples(st.integers(2, 5), st.integers(2, 4), st.integers(1, 3)), elements=finite
    )
)
def test_a_scale_is_fitted_feature_by_feature_and_undone(train: np.ndarray) -> None:
    train += np.arange(len(train))[:, None, None] * 1e3  # so that every feature varies
    train[0, 0], train[-1, -1] = -1e7, 1e7
    narrow = data.Scale.min_max(train).apply(train)
    np.testing.assert_allclose(narrow.min(axis=(0, 1)), 0)
    np.testing.assert_allclose(narrow.max(axis=(0, 1)), 1)
    scale = data.Scale.standard(train)
    np.testing.assert_allclose(scale.apply(train).mean(axis=(0, 1)), 0, atol=1e-9)
    np.testing.assert_allclose(scale.apply(train).std(axis=(0, 1)), 1)
    np.testing.assert_allclose(scale.undo(scale.apply(train)), train, atol=1e-6)


def test_a_scale_of_one_feature_serves_inputs_and_targets() -> None:
    (xs, ys), (test_xs, test_ys) = data.split(*data.toy_series())
    scale = data.Scale.min_max(xs)
    assert scale.shift.tolist() == [10]
    assert scale.size.tolist() == [70]
    assert scale.apply(ys).shape == (6, 1)
    assert scale.apply(test_xs).max() > 1  # the test row lies outside what was trained on
    np.testing.assert_allclose(scale.undo(scale.apply(test_ys)), [[100]])


def test_a_scale_names_what_is_wrong() -> None:
    with pytest.raises(ValueError, match=r"train must vary in every feature, got 0\.1 throughout feature 1"):
        data.Scale.standard([[1, 0.1], [2, 0.1], [3, 0.1]])
    with pytest.raises(
        ValueError, match=r"train must have shape \(T,\) or \(..., D\) and hold values, got \(0,\)"
    ):
        data.Scale.min_max(np.zeros(0))
    with pytest.raises(ValueError, match=r"values must have shape \(..., 2\), got \(4, 1\)"):
        data.Scale.min_max([[1, 2], [3, 4]]).apply(np.zeros((4, 1)))
    with pytest.raises(ValueError, match=r"values must be finite, got inf at index \(0,\)"):
        data.Scale.min_max([1, 2]).undo([np.inf])


# Letters


def test_letters_are_the_cycle_of_the_source() -> None:
    xs, labels = data.letters()
    assert xs.dtype == np.float64
    np.testing.assert_array_equal(xs, np.eye(5)[:, None])
    assert data.decode(labels) == "bcdea"


def test_four_letters_lead_to_the_next() -> None:
    xs, labels = data.letters(window=4)
    assert xs.shape == (5, 4, 5)
    assert [data.decode(x) for x in xs] == ["abcd", "bcde", "cdea", "deab", "eabc"]
    assert data.decode(labels) == "eabcd"


@given(st.data(), st.text(string.printable, min_size=2, max_size=30))
def test_text_survives_coding(draw: st.DataObject, characters: str) -> None:
    alphabet = "".join(sorted(set(characters + "ab")))
    text = draw.draw(st.text(alphabet, min_size=1))
    coded = data.one_hot(text, alphabet)
    assert coded.shape == (len(text), len(alphabet))
    assert (coded.sum(axis=1) == 1).all()
    assert data.decode(coded, alphabet) == data.decode(data.to_labels(text, alphabet), alphabet) == text


def test_the_largest_score_decides() -> None:
    assert data.decode([[-0.7, -0.5, 3.3, 0.0, -0.7]]) == "c"


@pytest.mark.parametrize("function", [data.one_hot, data.to_labels])
def test_bad_text_is_refused(function: object) -> None:
    assert callable(function)
    with pytest.raises(ValueError, match=r"^unknown letter 'z' at position 0: the alphabet is 'abcde'$"):
        function("z")
    with pytest.raises(ValueError, match="unknown letter 'B' at position 1"):
        function("aB")
    with pytest.raises(ValueError, match="text must hold at least one letter, got ''"):
        function("")
    with pytest.raises(TypeError, match="text must be a string, got list"):
        function(["a"])


def test_bad_alphabets_and_outputs_are_refused() -> None:
    for alphabet in ["", "a", "abca"]:
        with pytest.raises(ValueError, match=f"must hold two or more letters, each once, got '{alphabet}'"):
            data.letters(alphabet)
    with pytest.raises(ValueError, match=r"output must have shape \(T,\) or \(T, 5\), got \(2, 4\)"):
        data.decode(np.zeros((2, 4)))
    with pytest.raises(ValueError, match=r"output must lie in 0..4, got 5 at index \(1,\)"):
        data.decode([0, 5])
    with pytest.raises(ValueError, match=r"output must be finite, got nan at index \(0, 2\)"):
        data.decode([[0, 0, np.nan, 0, 0]])
    with pytest.raises(ValueError, match="window must be at least 1, got 0"):
        data.letters(window=0)
