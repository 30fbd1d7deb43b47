"""The checkers of the chapter on the cell: each mistake by its name, each right style passes."""

import math

import numpy as np
import pytest

from companion.cells import RNN
from companion.check import the_cell as check
from companion.layers import Dense
from companion.scan import scan


def refused(checker, attempt, *words):
    report = checker(attempt)
    assert not report.passed
    for word in words:
        assert word in report.text, report.text


# The tower


def need(width, reach):
    return math.ceil((reach - 1) / (width - 1))


def weigh(n, width, D, H):
    return sum(width * (H if i else D) * H + H for i in range(n))


def counted(width, reach, D, H):
    """By laying one layer on another until the reach is there."""
    seen, found, numbers = 1, 0, 0
    while seen < reach:
        numbers += width * (H if found else D) * H + H
        found, seen = found + 1, seen + width - 1
    return {"layers": found, "parameters": numbers}


@pytest.mark.parametrize(
    "right", [counted, lambda w, reach, D, H: [np.int64(need(w, reach)), weigh(need(w, reach), w, D, H)]]
)
def test_a_tower_passes_in_any_style(right):
    assert check.tower(right).passed


@pytest.mark.parametrize(
    "layers, words",
    [
        (lambda w, reach: (reach - 1) // (w - 1), "layer is missing: round up"),
        (lambda w, reach: math.ceil(reach / w), "adds width - 1 steps"),
        (lambda w, reach: need(w, reach) - 1, "layer is missing"),
        (lambda w, reach: math.ceil((reach - w) / (w - 1)), "layer is missing"),
        (lambda w, reach: need(w, reach) + 1, "a layer too many"),
    ],
)
def test_wrongly_counted_layers_are_called_by_their_name(layers, words):
    def tower(width, reach, D, H):
        return layers(width, reach), weigh(layers(width, reach), width, D, H)

    refused(check.tower, tower, words)


@pytest.mark.parametrize(
    "weights, words",
    [
        (lambda n, w, D, H: weigh(n, w, D, H) - n * H, "biases are missing"),
        (lambda n, w, D, H: weigh(n, w, D, H) - (n - 1) * H, "biases are counted once"),
        (lambda n, w, D, H: n * (w * D * H + H), "as if they read D numbers"),
        (lambda n, w, D, H: n * (w * H * H + H), "as if they read H numbers"),
        (lambda n, w, D, H: weigh(n, 1, D, H), "each of its `width` steps"),
        (lambda n, w, D, H: weigh(1, w, D, H), "do not share their weights"),
        (lambda n, w, D, H: weigh(n, w, D, H) + 1, "parameters must be"),
    ],
)
def test_wrongly_counted_parameters_are_called_by_their_name(weights, words):
    refused(check.tower, lambda w, reach, D, H: (need(w, reach), weights(need(w, reach), w, D, H)), words)


# The shapes


def by_hand(D, H, K, G):
    return {"W_xh": (D, G * H), "W_hh": (H, G * H), "b_h": (G * H,), "W_hy": (H, K), "b_y": (K,)}


@pytest.mark.parametrize(
    "right",
    [
        by_hand,
        lambda D, H, K, G: {**by_hand(D, H, K, G), "b_h": G * H, "b_y": K},
        lambda D, H, K, G: {k: np.zeros(shape).shape for k, shape in by_hand(D, H, K, G).items()},
        lambda D, H, K, G: {**RNN(D, G * H).shapes, "W_hh": [H, G * H], **Dense(H, K).shapes},
        lambda *sizes: tuple(by_hand(*sizes).values()),
    ],
)
def test_shapes_pass_in_any_style(right):
    assert check.shapes(right).passed


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda D, H, K, G: by_hand(D, H, K, 1), "gates are left out"),
        (lambda D, H, K, G: {k: v[::-1] for k, v in by_hand(D, H, K, G).items()}, "transposed"),
        (lambda D, H, K, G: {"W_hh": (H, H), "b_h": (H,)}, "only W_xh has the gates"),
        (lambda D, H, K, G: {"b_h": (H,)}, "one number for each of the G * H sums"),
        (lambda D, H, K, G: {"b_h": H}, "one number for each of the G * H sums"),
        (lambda D, H, K, G: {"W_hh": (H, H)}, "goes into every gate"),
        (lambda D, H, K, G: {"W_hh": (G * H, G * H)}, "its rows are H"),
        (lambda D, H, K, G: {"W_hy": (G * H, K)}, "G does not concern it"),
        (lambda D, H, K, G: {"W_hh": (G * H, G * H), "W_hy": (G * H, K)}, "throughout"),
        (lambda D, H, K, G: {"W_xh": (G * D, H), "W_hh": (G * H, H)}, "on the wrong side"),
        (lambda D, H, K, G: {"b_h": (1, G * H), "b_y": (1, K)}, "one axis"),
        (lambda D, H, K, G: {"b_y": None}, "has no b_y"),
        (lambda D, H, K, G: {"b_y": (K + 1,)}, "b_y[0] must be"),
    ],
)
def test_wrong_shapes_are_called_by_their_name(change, words):
    refused(check.shapes, lambda *sizes: {**by_hand(*sizes), **change(*sizes)}, words)


# Column by column


def row_by_row(xs, layers):
    for p in layers:
        xs = scan(RNN(*p["W_xh"].shape), p, xs).ys
    return xs


def column_by_column(xs, layers, delayed=False, shared=False, kept=True, curve=np.tanh):
    """In one loop over time; the keywords make mistakes."""
    memories = [np.zeros((len(xs), 3)) for _ in layers]
    top = []
    for x in xs.swapaxes(0, 1):
        heard = [x, *memories]
        for i, p in enumerate(layers):
            own = 0 if shared else i
            old = memories[own] if kept else np.zeros_like(memories[own])
            source = heard[i] if delayed else x
            x = memories[own] = curve(source @ p["W_xh"] + old @ p["W_hh"] + p["b_h"])
        top.append(x)
    return np.stack(top, axis=1)


@pytest.mark.parametrize("right", [row_by_row, column_by_column, lambda *a: column_by_column(*a).tolist()])
def test_columns_pass_in_any_style(right):
    assert check.columns(right).passed


@pytest.mark.parametrize(
    "wrong, words",
    [
        (lambda xs, layers: column_by_column(xs, layers, shared=True), "share one memory"),
        (lambda xs, layers: column_by_column(xs, layers, delayed=True), "at the step before"),
        (lambda xs, layers: column_by_column(xs, layers, kept=False), "starts from zeros"),
        (lambda xs, layers: row_by_row(xs, layers[2:]), "every layer reads xs"),
        (lambda xs, layers: row_by_row(xs, layers[:1]), "lowest layer; the top one"),
        (lambda xs, layers: row_by_row(xs, layers[::-1]), "wrong order"),
        (lambda xs, layers: row_by_row(xs, layers[:1] * 3), "weights of the lowest"),
        (lambda xs, layers: row_by_row(xs, layers)[:, -1], "only the last step"),
        (lambda xs, layers: row_by_row(xs, layers).swapaxes(0, 1), "time first"),
        (lambda xs, layers: column_by_column(xs, layers, curve=lambda a: a), "tanh is missing"),
        (
            lambda xs, layers: row_by_row(xs, [{**p, "b_h": np.zeros(3)} for p in layers]),
            "biases are missing",
        ),
        (lambda xs, layers: row_by_row(xs, layers) + 1, "must be"),
    ],
)
def test_wrong_columns_are_called_by_their_name(wrong, words):
    refused(check.columns, wrong, words)


# Twice


def reading(xs, W_xh, W_hh, b_h, h=None):
    h = np.zeros((len(xs), len(W_hh))) if h is None else h
    for x in xs.swapaxes(0, 1):
        h = np.tanh(x @ W_xh + h @ W_hh + b_h)
    return h


def again(xs, *weights, second=lambda xs: xs):
    once = reading(xs, *weights)
    return once, reading(second(xs), *weights, once)


@pytest.mark.parametrize(
    "right",
    [
        again,
        lambda xs, *weights: {
            "once": reading(xs, *weights),
            "twice": reading(np.concatenate([xs, xs], axis=1), *weights),
        },
        lambda *arguments: np.stack(again(*arguments)).tolist(),
    ],
)
def test_two_readings_pass_in_any_style(right):
    assert check.read_twice(right).passed


def every_state(xs, *weights):
    p = dict(zip(("W_xh", "W_hh", "b_h"), weights, strict=True))
    run = scan(RNN(4, 3), p, xs)
    return run.ys, scan(RNN(4, 3), p, xs, run.state).ys


@pytest.mark.parametrize(
    "wrong, words",
    [
        (lambda xs, *w: (reading(xs, *w), reading(xs, *w)), "starts from zeros again"),
        (lambda xs, *w: (reading(xs, *w), reading(np.repeat(xs, 2, axis=1), *w)), "each step is read twice"),
        (lambda xs, *w: again(xs, *w, second=lambda xs: xs[:, ::-1]), "runs backwards"),
        (lambda *a: again(*a)[::-1], "wrong order"),
        (
            lambda xs, *w: again(xs, *w, second=lambda xs: np.concatenate([xs, xs], axis=1)),
            "three readings",
        ),
        (every_state, "states of all steps"),
        (lambda *a: again(*a)[0], "expected 2 values (once, twice), got ndarray"),
        (lambda *a: (again(*a)[0], again(*a)[1] + 1), "once is right"),
    ],
)
def test_wrong_readings_are_called_by_their_name(wrong, words):
    refused(check.read_twice, wrong, words)
