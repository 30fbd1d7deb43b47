"""The checkers of the forward pass: every named mistake is recognised, and every right style passes."""

import warnings

import numpy as np
import pytest

from companion.check import forward_pass as check


def refused(checker, attempt, *words):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a warning would stand in the chapter's output
        report = checker(attempt)
    assert not report.passed
    for word in words:
        assert word in report.text, report.text


# One step


def joined_step(x, h, W_xh, W_hh, b_h):
    return np.tanh(np.concatenate([x, h], axis=1) @ np.concatenate([W_xh, W_hh]) + b_h)


def step_by_rows(x, h, W_xh, W_hh, b_h):
    return [
        [
            np.tanh(row @ W_xh[:, j] + old @ W_hh[:, j] + b_h[j])
            for j in range(len(b_h))
        ]
        for row, old in zip(x, h, strict=True)
    ]  # fmt: skip


def step_by_exponentials(x, h, W_xh, W_hh, b_h):
    return 1 - 2 / (np.exp(2 * (x.dot(W_xh) + h.dot(W_hh) + b_h)) + 1)


@pytest.mark.parametrize("right", [joined_step, step_by_rows, step_by_exponentials])
def test_a_right_step_passes_in_any_style(right):
    assert check.rnn_step(right).passed


@pytest.mark.parametrize(
    "wrong, word",
    [
        (lambda x, h, W_xh, W_hh, b_h: x @ W_xh + h @ W_hh + b_h, "tanh is missing"),
        (lambda x, h, W_xh, W_hh, b_h: np.tanh(x @ W_xh + h @ W_hh.T + b_h), "W_hh is transposed"),
        (lambda x, h, W_xh, W_hh, b_h: np.tanh(x @ W_xh + h @ W_hh), "bias b_h is missing"),
        (lambda x, h, W_xh, W_hh, b_h: np.tanh(x @ W_xh + b_h), "old state is not used"),
        (lambda x, h, W_xh, W_hh, b_h: np.tanh(x @ W_xh) + np.tanh(h @ W_hh + b_h), "tanh comes too early"),
        (lambda x, h, W_xh, W_hh, b_h: np.tanh(x @ W_xh + h @ W_hh + b_h)[0], "shape (4, 3), got (3,)"),
        (lambda x, h, W_xh, W_hh, b_h: np.tanh(x @ W_xh + h @ W_hh - b_h), "must be"),
    ],
)
def test_a_wrong_step_is_called_by_its_name(wrong, word):
    refused(check.rnn_step, wrong, word)


def test_a_step_that_changes_its_input_is_refused():
    def in_place(x, h, W_xh, W_hh, b_h):
        h[:] = np.tanh(x @ W_xh + h @ W_hh + b_h)
        return h

    refused(check.rnn_step, in_place, "changes its input h")


# The loop over time


def walk(xs, W_xh, W_hh, b_h):
    """The states, step by step, (T, N, H)."""
    h, hs = np.zeros((len(xs), len(W_hh))), []
    for x in xs.swapaxes(0, 1):
        h = np.tanh(x @ W_xh + h @ W_hh + b_h)
        hs.append(h)
    return hs


def filled(xs, W_xh, W_hh, b_h):
    N, T, _ = xs.shape
    hs = np.zeros((N, T + 1, len(b_h)))
    for n in range(N):
        for t in range(T):
            hs[n, t + 1] = np.tanh(xs[n, t] @ W_xh + hs[n, t] @ W_hh + b_h)
    return hs[:, 1:]


def overwritten(xs, W_xh, W_hh, b_h):
    h, hs = np.zeros((len(xs), len(W_hh))), []
    for t in range(xs.shape[1]):
        h[:] = np.tanh(xs[:, t] @ W_xh + h @ W_hh + b_h)
        hs.append(h)
    return np.stack(hs, axis=1)


def started_from_ones(xs, W_xh, W_hh, b_h):
    h, hs = np.ones((len(xs), len(W_hh))), []
    for t in range(xs.shape[1]):
        h = np.tanh(xs[:, t] @ W_xh + h @ W_hh + b_h)
        hs.append(h)
    return np.stack(hs, axis=1)


def along_the_batch(xs, W_xh, W_hh, b_h):
    h, hs = np.zeros((xs.shape[1], len(W_hh))), []
    for x in xs:
        h = np.tanh(x @ W_xh + h @ W_hh + b_h)
        hs.append(h)
    return hs


def without_tanh(xs, W_xh, W_hh, b_h):
    h, hs = np.zeros((len(xs), len(W_hh))), []
    for t in range(xs.shape[1]):
        h = xs[:, t] @ W_xh + h @ W_hh + b_h
        hs.append(h)
    return np.stack(hs, axis=1)


@pytest.mark.parametrize("right", [filled, lambda *given: np.stack(walk(*given), axis=1)])
def test_a_right_loop_passes_in_any_style(right):
    assert check.forward(right).passed


@pytest.mark.parametrize(
    "wrong, word",
    [
        (lambda xs, W_xh, W_hh, b_h: np.tanh(xs @ W_xh + b_h), "not carried on"),
        (started_from_ones, "starts as ones"),
        (lambda *given: np.stack(walk(*given)), "time first"),
        (along_the_batch, "along the batch"),
        (lambda *given: np.stack(along_the_batch(*given), axis=1), "axes swapped"),
        (overwritten, "holds the last state"),
        (lambda *given: walk(*given)[-1], "only the last state"),
        (lambda xs, *weights: filled(xs[:, ::-1], *weights), "read backwards"),
        (without_tanh, "tanh is missing"),
        (lambda xs, W_xh, W_hh, b_h: filled(xs, W_xh, W_hh, np.zeros(3)), "bias b_h is missing"),
        (lambda xs, W_xh, W_hh, b_h: filled(xs, W_xh, W_hh.T, b_h), "W_hh is transposed"),
        (lambda *given: filled(*given)[:, :-1], "must have shape (2, 5, 3), got (2, 4, 3)"),
    ],
)
def test_a_wrong_loop_is_called_by_its_name(wrong, word):
    refused(check.forward, wrong, word)


# Counting


def counted(D, H, K, T, flattened):
    return sum([D * H, H * H, H, K, K * H * (T if flattened else 1)])


def test_a_right_count_passes_as_any_kind_of_number():
    assert check.parameters(counted).passed
    assert check.parameters(lambda *given: np.float64(counted(*given))).passed
    assert check.parameters(lambda *given: np.int64(counted(*given))).passed


@pytest.mark.parametrize(
    "wrong, word",
    [
        (lambda D, H, K, T, flattened: counted(D, H, K, T, flattened) - H - K, "biases are missing"),
        (
            lambda D, H, K, T, flattened: T * H * (D + H + 1) + K * H * (T if flattened else 1) + K,
            "once a step",
        ),
        (lambda D, H, K, T, flattened: counted(D, H, K, T, False), "reads T states"),
        (lambda D, H, K, T, flattened: counted(D, H, K, T, True), "only where `flattened`"),
        (lambda D, H, K, T, flattened: counted(D, H, K, T, flattened) - H * H, "from state to state"),
        (lambda D, H, K, T, flattened: counted(D, H, K, T, flattened) + H, "PyTorch keeps two"),
        (lambda D, H, K, T, flattened: 47, "must be"),
    ],
)
def test_a_wrong_count_is_called_by_its_name(wrong, word):
    refused(check.parameters, wrong, word)


def test_the_counts_drawn_hold_both_kinds_of_read_out():
    rng = np.random.default_rng(0)
    drawn = [check.parameters.draw(rng) for _ in range(check.parameters.trials)]
    assert {inputs["flattened"] for inputs in drawn} == {True, False}


# Weights by hand

SHIFT = np.diag([1.0, 1.0], k=1)


def queue(**changed):
    given = {
        "W_xh": np.array([[1.0, 0, 0]]), "W_hh": SHIFT, "b_h": np.zeros(3),
        "W_hy": np.array([[3.0], [-3], [1]]), "b_y": np.zeros(1), **changed,
    }  # fmt: skip
    return lambda: tuple(given.values())


def test_right_weights_pass_whatever_they_are():
    assert check.squares(queue()).passed
    as_lists = [array.tolist() for array in queue()()]
    assert check.squares(lambda: as_lists).passed

    # The same net in other coordinates of its memory, with a bias that the read-out takes away again.
    M = np.random.default_rng(1).normal(size=(3, 3)) + 2 * np.eye(3)
    inverse = np.linalg.inv(M)
    W_xh, W_hh, _, W_hy, _ = queue()()
    b_h = np.array([0.5, -1.0, 2.0])
    at_rest = b_h + b_h @ SHIFT + b_h @ SHIFT @ SHIFT
    assert check.squares(
        lambda: (W_xh @ M, inverse @ W_hh @ M, b_h @ M, inverse @ W_hy, -at_rest @ W_hy)
    ).passed


@pytest.mark.parametrize(
    "wrong, word",
    [
        (queue(W_hh=SHIFT.T), "W_hh is transposed"),
        (queue(W_hy=np.array([[2.0], [-1], [0]])), "straight lines, but not parabolas"),
        (queue(W_hy=np.array([[1.0], [-3], [3]])), "must be continued by 16, these weights give"),
        (queue(W_xh=np.array([1.0, 0, 0])), "W_xh must have shape (1, 3), got (3,)"),
        (lambda: queue()()[:3], "must return 5 arrays: W_xh, W_hh, b_h, W_hy, b_y"),
        (lambda: 47, "must return 5 arrays"),
        (queue(b_h="zeros"), "raised ValueError"),
        (queue(W_hy=np.full((3, 1), np.nan)), "W_hy must be finite"),
    ],
)
def test_wrong_weights_are_called_by_their_mistake(wrong, word):
    refused(check.squares, wrong, word)


# The softmax


def stable(logits):
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def row_by_row(logits):
    return [[1 / sum(np.exp(np.clip(row - z, None, 700))) for z in row] for row in logits]


@pytest.mark.parametrize(
    "right", [stable, row_by_row, lambda z: np.exp(z - np.logaddexp.reduce(z, -1)[:, None])]
)
def test_a_right_softmax_passes_in_any_style(right):
    assert check.softmax(right).passed


@pytest.mark.parametrize(
    "wrong, word",
    [
        (lambda z: np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True), "overflows"),
        (
            lambda z: np.exp(z - z.max()) / np.exp(z - z.max()).sum(axis=-1, keepdims=True),
            "its own largest logit",
        ),
        (lambda z: np.exp(z), "not divided by their sum"),
        (lambda z: np.exp(z) / np.exp(z).sum(), "whole array"),
        (lambda z: np.exp(z) / np.exp(z).sum(axis=0), "down the columns"),
        (lambda z: z / z.sum(axis=-1, keepdims=True), "exponential is missing"),
        (lambda z: np.exp(z - z.max(axis=-1, keepdims=True)), "not divided by their sum"),
        (lambda z: stable(z)[0], "must have shape (3, 5), got (5,)"),
    ],
)
def test_a_wrong_softmax_is_called_by_its_name(wrong, word):
    refused(check.softmax, wrong, word)


def test_a_softmax_that_clips_its_logits_does_not_pass():
    refused(check.softmax, lambda z: stable(np.clip(z, -100, 100)), "safe_softmax")


# What plain sums can do


def by_solving(answer):
    windows = np.array([[1.0, 2, 3], [2, 0, 1], [0, 1, 1], [5, 1, 0]])
    return np.linalg.solve(np.insert(windows, 0, 1, axis=1), [answer(w) for w in windows])


def from_the_weights(answer):
    """Not from the weights of the network asked, but from those of another."""
    return [0.5, 1.0, 2.0, 3.0]


def test_four_numbers_may_be_found_by_any_four_questions():
    assert check.four_numbers(by_solving).passed
    assert not check.four_numbers(from_the_weights).passed


def test_four_numbers_that_keep_c0_in_each_are_named():
    refused(
        check.four_numbers,
        lambda answer: [answer(row) for row in ([0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1])],
        "c0 must be taken away",
    )
