"""Every file in `data/`, flipped, cut, swapped with another or missing, is refused by name and with a remedy.

The files are those that lie there: a new one is covered as soon as it does.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from companion import _shipped, claims, data, sweep
from companion.experiments import sonnets

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"
UNREAD = {"README.md", "results/zoo.json"}  # for people, and for the tests that recorded it
FILES = sorted(
    {path.relative_to(DATA).as_posix() for path in DATA.rglob("*") if path.is_file()}.difference(UNREAD)
)
LOADERS: dict[str, Callable[[], object]] = {
    "claims.csv": claims.load,
    "household_power_daily.csv": lambda: data.household_power("day"),
    "household_power_hourly.csv.gz": lambda: data.household_power("hour"),
    "household_power_monthly.csv": data.household_power,
    "JapaneseVowels.npz": data.japanese_vowels,
    "mnist.npz": data.mnist,
    "sonnet_cells.npz": lambda: sonnets.shipped("GRU"),
    "sonnets.txt": data.sonnets,
}


def flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1 << place % 8]) + content[place + 1 :]


def without_last_line(content: bytes) -> bytes:
    return content[: content.rstrip(b"\n").rfind(b"\n") + 1]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "first byte flipped": lambda content: flipped(content, 0),
    "byte in the middle flipped": lambda content: flipped(content, len(content) // 2),
    "last byte flipped": lambda content: flipped(content, len(content) - 1),
    "cut in the middle": lambda content: content[: len(content) // 2],
    "last line cut": without_last_line,
    "last byte cut": lambda content: content[:-1],
    "empty": lambda content: b"",
    "something added": lambda content: content + b"\n",
    "other line ends": lambda content: content.replace(b"\n", b"\r\n"),
}


def load(name: str) -> object:
    if name.startswith("results/"):
        return sweep.load(Path(name).stem)
    return LOADERS[name]()


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of a package, still empty."""
    (tmp_path / "results").mkdir()
    monkeypatch.setattr(_shipped, "folder", lambda: tmp_path)
    return tmp_path


def refused(path: Path, name: str) -> None:
    with pytest.raises((data.DataError, sweep.RecordError)) as caught:
        load(name)
    text = str(caught.value)
    assert str(path) in text
    assert f"restore it by `git checkout -- data/{name}`, or install the package again" in text


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_refused(alone: Path, name: str) -> None:
    good = (DATA / name).read_bytes()
    for damage, make in DAMAGES.items():
        bad = make(good)
        if bad != good:
            (alone / name).write_bytes(bad)
            print(damage)  # shown where the next line fails
            refused(alone / name, name)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(alone: Path, name: str) -> None:
    refused(alone / name, name)
    with pytest.raises(ValueError, match="is missing; restore it"):
        load(name)


@pytest.mark.parametrize("name", FILES)
def test_a_file_in_the_place_of_another_is_refused(alone: Path, name: str) -> None:
    alike = [other for other in FILES if Path(other).suffix == Path(name).suffix]
    others = alike if len(alike) > 1 else FILES
    shutil.copy(DATA / others[others.index(name) - 1], alone / name)
    refused(alone / name, name)


@pytest.mark.parametrize("name", sorted(_shipped.SHA256))
def test_any_flipped_bit_is_refused(alone: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    good = (DATA / name).read_bytes()
    for place in np.random.default_rng(0).integers(len(good), size=3 if len(good) > 1e6 else 20):
        (alone / name).write_bytes(flipped(good, int(place)))
        refused(alone / name, name)


def test_any_flipped_bit_of_a_record_is_refused(alone: Path) -> None:
    name = "results/read_order.jsonl"
    good = (DATA / name).read_bytes()
    for place in range(0, len(good), 7):
        (alone / name).write_bytes(flipped(good, place))
        refused(alone / name, name)


@pytest.mark.parametrize("name", FILES)
def test_the_shipped_file_itself_is_accepted(name: str) -> None:
    if name.startswith("results/"):
        assert load(name)
    else:
        assert _shipped.read(name)


def test_every_file_with_a_sha256_lies_there_and_has_a_loader_that_compares_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A loader that opened its file by itself would not be seen here."""
    assert set(_shipped.SHA256) == set(LOADERS) == {name for name in FILES if "/" not in name}
    seen: list[str] = []
    compare = _shipped.read
    for module in (data, claims, _shipped):
        monkeypatch.setattr(module, "read", lambda name: (seen.append(name), compare(name))[1])
    for name, loader in LOADERS.items():
        loader()
        assert seen.pop() == name
