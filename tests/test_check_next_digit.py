"""The checkers of the chapter on the next digit name the mistakes that people make."""

from collections import Counter

import numpy as np
import pytest

from companion.check import next_digit as check


def test_the_next_digit_may_be_found_in_other_ways():
    def by_loops(digits):
        return [int(row[-1] + (row[-1] - row[-2] + 10) % 10) % 10 for row in digits]

    assert check.next_digits(by_loops).passed
    assert check.next_digits(lambda digits: (digits[:, -1] + digits[:, 1] - digits[:, 0]) % 10).passed
    assert "must have shape (40,), got (40, 1)" in check.next_digits(lambda d: d[:, :1]).text


def by_flatnonzero(rng, digits, labels):
    places = np.empty_like(digits)
    for k in range(10):
        places[digits == k] = rng.choice(np.flatnonzero(labels == k), (digits == k).sum())
    return places


def test_pictures_may_be_chosen_in_other_ways():
    def one_by_one(rng, digits, labels):
        return [[rng.choice(np.flatnonzero(labels == k)) for k in row] for row in digits]

    def by_shuffling(rng, digits, labels):
        order = rng.permutation(len(labels))
        found = by_flatnonzero(rng, digits, labels[order])
        return order[found]

    assert all(check.choose(f).passed for f in (by_flatnonzero, one_by_one, by_shuffling))


OFF = {
    "another shape": (
        lambda rng, digits, labels: by_flatnonzero(rng, digits, labels)[:, :4],
        r"must have shape \(60, 9\), got \(60, 4\)",
    ),
    "floats": (lambda rng, digits, labels: by_flatnonzero(rng, digits, labels) * 1.0, "must be integers"),
    "training pictures": (
        lambda rng, digits, labels: by_flatnonzero(rng, digits, np.tile(labels, 80)),
        "Test sequences made of training pictures test nothing",
    ),
    "one too high": (
        lambda rng, digits, labels: by_flatnonzero(rng, (digits + 1) % 10, labels),
        "one too high: the labels are taken off by one",
    ),
    "one too low": (
        lambda rng, digits, labels: by_flatnonzero(rng, (digits - 1) % 10, labels),
        "one too low",
    ),
    "the digits themselves": (lambda rng, digits, labels: digits, "these are the digits themselves"),
    "numbers within a digit": (
        lambda rng, digits, labels: rng.integers(0, np.bincount(labels)[digits]),
        "count within the pictures of one digit",
    ),
    "any picture": (
        lambda rng, digits, labels: rng.integers(0, len(labels), digits.shape),
        "but the picture shows a",
    ),
    "the first picture": (
        lambda rng, digits, labels: np.array([np.flatnonzero(labels == k)[0] for k in range(10)])[digits],
        "every 0 is shown by the same picture",
    ),
    "few pictures": (
        lambda rng, digits, labels: by_flatnonzero(rng, digits, labels[:100]),
        "all must have their chance",
    ),
    "another generator": (
        lambda rng, digits, labels: by_flatnonzero(np.random.default_rng(), digits, labels),
        "draw with `rng` alone",
    ),
}


@pytest.mark.parametrize(("attempt", "words"), OFF.values(), ids=OFF)
def test_choose_names_the_mistake(attempt, words):
    report = check.choose(attempt)
    assert not report.passed
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(report.text)


def test_votes_may_be_counted_in_other_ways():
    def every_digit_votes(digits):
        T = digits.shape[1]
        found = []
        for row in digits:
            step = np.bincount(np.diff(row) % 10, minlength=10).argmax()
            found.append(np.bincount((row + step * (T - np.arange(T))) % 10).argmax())
        return found

    assert check.vote(every_digit_votes).passed
    assert not check.vote(lambda digits: (digits[:, -1] + 1) % 10).passed


@pytest.mark.parametrize(
    "clue",
    [
        lambda shown: (*sorted(shown), shown[-1]),
        lambda shown: (frozenset(Counter(shown).items()), shown[-1]),
        lambda shown: f"{sorted(shown[:-1])} then {shown[-1]}",
        lambda shown: sum(10**d for d in shown) + shown[-1] / 10,
    ],
)
def test_a_clue_may_be_made_of_anything_that_tells_the_right_rows_apart(clue):
    assert check.heap_and_last(clue).passed


@pytest.mark.parametrize("sentence", check.CLUES)
def test_every_wrong_clue_is_called_by_its_own_name(sentence):
    assert check.heap_and_last(check.CLUES[sentence]).text == f"heap_and_last: {sentence}"


def sorted_in_place(shown):
    shown.sort()
    return tuple(shown), shown[-1]


@pytest.mark.parametrize(
    ("clue", "words"),
    [
        (sorted_in_place, "changes its input shown in place"),
        (lambda shown: [sorted(shown), shown[-1]], "unhashable type: 'list'"),
        (lambda shown: None if shown[0] else 1, "must have different clues"),
        (lambda shown: (sorted(shown)[0], shown[-1]), "must have different clues"),
        (lambda shown: (tuple(sorted(shown)), shown[1], shown[-1]), "must have the same clue"),
    ],
)
def test_other_wrong_clues_are_shown_by_two_rows(clue, words):
    report = check.heap_and_last(clue)
    assert not report.passed
    assert words in report.text
