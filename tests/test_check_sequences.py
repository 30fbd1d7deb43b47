"""The checkers of the chapter on sequences accept right answers in any style and name the usual mistakes."""

import numpy as np
import pytest

from companion.check import sequences as check


def by_permutation(rng, xs, ys):
    order = rng.permutation(len(xs))
    return xs[order], ys[order]


def by_shuffled_list(rng, xs, ys):
    order = list(range(len(xs)))
    rng.shuffle(order)
    return [xs[i] for i in order], [ys[i] for i in order]


def by_sorting_chances(rng, xs, ys):
    order = rng.random(len(xs)).argsort()
    return xs.take(order, axis=0), ys.take(order)


@pytest.mark.parametrize("attempt", [by_permutation, by_shuffled_list, by_sorting_chances])
def test_any_way_of_shuffling_pairs_is_right(attempt):
    report = check.shuffle_pairs(attempt)
    assert report.passed
    assert report.text == "shuffle_pairs: right."


def in_place(rng, xs, ys):
    state = rng.bit_generator.state
    rng.shuffle(xs)
    rng.bit_generator.state = state
    rng.shuffle(ys)


def with_repeats(rng, xs, ys):
    order = rng.integers(len(xs), size=len(xs))
    return xs[order], ys[order]


def own_generator(rng, xs, ys):
    return by_permutation(np.random.default_rng(), xs, ys)


def fixed_generator(rng, xs, ys):
    return by_permutation(np.random.default_rng(7), xs, ys)


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda rng, xs, ys: ..., "is not started yet"),
        (lambda rng, xs, ys: xs, "must return two arrays"),
        (lambda rng, xs, ys: 1 / 0, "raised ZeroDivisionError"),
        (lambda rng, xs, ys: (xs, ys), "still stand in their old order"),
        (lambda rng, xs, ys: (xs[1:], ys[1:]), "the shapes must stay"),
        (lambda rng, xs, ys: (rng.permutation(xs), ys), "only the sequences are shuffled"),
        (lambda rng, xs, ys: (rng.permutation(xs), rng.permutation(ys)), "have parted"),
        (lambda rng, xs, ys: (rng.permuted(xs, axis=1), ys), "inside the sequences"),
        (lambda rng, xs, ys: (rng.permutation(xs, axis=1), ys), "inside the sequences"),
        (in_place, "in place"),
        (with_repeats, "draw a permutation"),
        (own_generator, "does not come from `rng`"),
        (fixed_generator, "does not come from `rng`"),
    ],
)
def test_a_wrong_shuffle_is_told_what_is_wrong(attempt, words):
    report = check.shuffle_pairs(attempt)
    assert not report.passed
    assert words in report.text


def test_right_answers_may_be_written_otherwise():
    assert check.thin(lambda values, k: values[(len(values) - 1) % k :: k]).passed
    assert check.thin(
        lambda values, k: [v for i, v in enumerate(values) if (len(values) - 1 - i) % k == 0]
    ).passed
    assert check.bag(lambda tokens, V: [[np.mean(row == v) for v in range(V)] for row in tokens]).passed

    def by_loop(answers, labels, lengths):
        found = sorted(set(lengths.tolist()))
        return found, [(answers == labels)[lengths == T].mean() for T in found]

    assert check.accuracy_by_length(by_loop).passed


@pytest.mark.parametrize("exercise", [check.thin, check.bag, check.accuracy_by_length], ids=lambda e: e.name)
def test_every_named_mistake_is_called_by_its_own_name(exercise):
    for sentence, mistaken in exercise.mistakes.items():
        report = exercise(mistaken)
        assert not report.passed
        assert report.text == f"{exercise.name}: {sentence}"


@pytest.mark.parametrize("exercise", [check.thin, check.bag, check.accuracy_by_length], ids=lambda e: e.name)
def test_what_is_not_started_is_called_so(exercise):
    assert "is not started yet" in exercise(lambda *arguments: ...).text
