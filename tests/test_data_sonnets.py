"""The sonnets are whole, in order and without their numbers, and are refused when altered."""

import shutil
from pathlib import Path

import pytest

from companion import _shipped, data

ROOT = Path(__file__).resolve().parents[1]


def test_the_sonnets_are_as_the_readme_says() -> None:
    poems = data.sonnets()
    assert len(poems) == 154
    lines = [len(poem.splitlines()) for poem in poems]
    assert {number: n for number, n in enumerate(lines, start=1) if n != 14} == {99: 15, 126: 12}
    assert all(line.strip() for poem in poems for line in poem.splitlines())
    assert len(set("".join(poems))) == 61
    assert poems[151].endswith("a lie.!")


def test_the_sonnets_stand_in_their_order() -> None:
    poems = data.sonnets()
    assert poems[0].startswith("From fairest creatures we desire increase,")
    assert poems[17].startswith("Shall I compare thee to a summer's day?")
    assert poems[153].endswith("water cools not love.")


def test_altered_sonnets_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "data", tmp_path / "data")
    monkeypatch.setattr(_shipped, "folder", lambda: tmp_path / "data")
    path = tmp_path / "data" / "sonnets.txt"
    path.write_bytes(path.read_bytes().replace(b"summer", b"winter", 1))
    with pytest.raises(data.DataError, match=r"sonnets\.txt was altered .* must begin edb826e5a801"):
        data.sonnets()
