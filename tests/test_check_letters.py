"""The checkers of the letters chapter name the mistakes that people make, and accept any right way."""

import copy

import numpy as np
import pytest

from companion.check import letters as check

# Embedding


def embed_with(add):
    def embed(E, labels, dx):
        dE = np.zeros_like(E)
        add(dE, labels, dx)
        return E[labels], dE

    return embed


def one_by_one(dE, labels, dx):
    for label, row in zip(labels, dx, strict=True):
        dE[label] += row


def test_embed_accepts_other_right_ways():
    assert check.embed(embed_with(one_by_one)).passed
    assert check.embed(lambda E, k, dx: (np.eye(len(E))[k] @ E, np.eye(len(E))[k].T @ dx)).passed
    assert check.embed(lambda E, k, dx: {"x": E[k], "dE": np.eye(len(E))[k].T @ dx}).passed


def buffered(dE, labels, dx):
    dE[labels] += dx


def written(dE, labels, dx):
    for label, row in zip(labels, dx, strict=True):
        dE[label] = row


@pytest.mark.parametrize("add", [buffered, written])
def test_embed_knows_a_gradient_that_is_written_over(add):
    assert "written instead of added" in check.embed(embed_with(add)).text


def test_embed_says_which_half_is_right():
    assert "(x is right.)" in check.embed(lambda E, k, dx: (E[k], np.zeros_like(E))).text


# Shuffling


def by_index(xs, labels, rng):
    order = rng.permutation(len(xs))
    return xs[order], labels[order]


def by_sorting(xs, labels, rng):
    pairs = sorted(zip(rng.random(len(xs)), xs.tolist(), labels, strict=True))
    return [x for _, x, _ in pairs], [label for *_, label in pairs]


def by_two_equal_generators(xs, labels, rng):
    state = rng.bit_generator.state
    xs = rng.permutation(xs)
    rng.bit_generator.state = state
    return xs, rng.permutation(labels)


@pytest.mark.parametrize("right", [by_index, by_sorting, by_two_equal_generators])
def test_shuffle_pairs_accepts_every_right_way(right):
    assert check.shuffle_pairs(right).passed


def twice(xs, labels, rng):
    order = rng.integers(0, len(xs), len(xs))
    return xs[order], labels[order]


def in_place(xs, labels, rng):
    order = rng.permutation(len(xs))
    xs[:], labels[:] = xs[order], labels[order]
    return xs, labels


def fixed(xs, labels, rng):
    return by_index(xs, labels, np.random.default_rng(7))


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda xs, labels, rng: (rng.permutation(xs), rng.permutation(labels)), "draws a new order"),
        (lambda xs, labels, rng: (rng.permutation(xs), labels), "leaves the labels"),
        (lambda xs, labels, rng: (xs, rng.permutation(labels)), "leaves the inputs"),
        (lambda xs, labels, rng: (rng.permuted(xs, axis=1), labels), "within the inputs"),
        (lambda xs, labels, rng: (xs, labels), "nothing is shuffled"),
        (fixed, "whatever the generator"),
        (twice, "draws some pairs twice"),
        (in_place, "in place"),
        (lambda xs, labels, rng: xs, "two arrays"),
        (lambda xs, labels, rng: (xs[1:], labels[1:]), "must return shapes"),
        (lambda xs, labels, rng: ("ab", "cd"), "must return two arrays"),
    ],
)
def test_shuffle_pairs_names_the_mistake(attempt, words):
    report = check.shuffle_pairs(attempt)
    assert not report.passed and words in report.text


# The prediction loop


def test_write_accepts_other_right_ways():
    def recursive(scores, first, count):
        if count == 0:
            return []
        letter = scores(first).tolist().index(max(scores(first)))
        return [letter, *recursive(scores, letter, count - 1)]

    assert check.write(recursive).passed
    assert check.write(lambda s, f, n: np.array(recursive(s, f, n))).passed


# Keeping the best


def keep(copied, better, start):
    def keep_best(training, epochs):
        best, lowest = copied(training.params), start
        for _ in range(epochs):
            loss = training.step()
            if better(loss, lowest):
                best, lowest = copied(training.params), loss
        return best

    return keep_best


def each(params):
    return {name: value.copy() for name, value in params.items()}


@pytest.mark.parametrize("copied", [each, copy.deepcopy])
def test_keep_best_accepts_copies(copied):
    assert check.keep_best(keep(copied, np.less, np.inf)).passed


@pytest.mark.parametrize("copied", [lambda p: p, dict, copy.copy])
def test_keep_best_knows_a_second_name_for_the_same_arrays(copied):
    assert "a second name for the same arrays" in check.keep_best(keep(copied, np.less, np.inf)).text


def test_keep_best_knows_the_worst_and_the_untouched():
    assert "highest loss" in check.keep_best(keep(each, np.greater, -np.inf)).text
    assert "before training" in check.keep_best(keep(each, np.greater, np.inf)).text


@pytest.mark.parametrize("seed", range(20))
def test_the_steps_of_keep_best_have_their_best_in_the_middle(seed):
    training = check.Training(np.random.default_rng(seed))
    losses = [training.step() for _ in range(9)]
    assert np.argmin(losses) == 3 and np.argmax(losses) not in (0, 2, 3, 8)


# The wall


def by_counting(K):
    swing = [*range(K - 1), *range(K - 1, 0, -1)]
    following = {letter: set() for letter in range(K)}
    for i, letter in enumerate(swing):
        following[letter].add(swing[(i + 1) % len(swing)])
    costs = [np.log(len(following[letter])) for letter in swing]
    return len(swing), len(following), np.mean(costs)


def test_the_wall_may_be_found_by_walking_along_the_swing():
    assert by_counting(5)[:2] == (8, 5)
    assert check.wall(by_counting).passed
