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
        (lambda rng, xs, ys: xs, "must return two arrays"),
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


def test_a_text_may_be_turned_in_other_ways():
    assert check.turned(
        lambda text, known: "".join(reversed(text[:known])) + "".join(reversed(text[known:]))
    ).passed
    assert check.turned(lambda text, known: [*text[known - 1 :: -1], *text[: known - 1 : -1]]).passed


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda text, known: text[::-1], "other letters are tested now"),
        (lambda text, known: text[known:][::-1] + text[:known][::-1], "other letters are tested now"),
        (lambda text, known: (text[:known][::-1], text[known:][::-1]), "join them"),
        (lambda text, known: text[:known][::-1], "must have shape (40,)"),
        (lambda text, known: 7, "raised TypeError"),
    ],
)
def test_a_text_turned_wrongly_is_told_what_is_wrong(attempt, words):
    report = check.turned(attempt)
    assert not report.passed
    assert words in report.text
