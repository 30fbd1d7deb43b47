"""The sonnets are whole, in order and without their numbers, and are refused when altered."""

from pathlib import Path

from companion import data

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
