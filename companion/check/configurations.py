"""Checkers for the exercises on the four configurations."""

from collections.abc import Callable

import numpy as np

from companion._arrays import Array
from companion.check import Exercise, Inputs
from companion.check.choices import Choices

Step = Callable[[int, int], tuple[int, int]]


def _last(lengths: Array, T: int) -> Array:
    mask: Array = np.arange(T) == np.asarray(lengths)[:, None] - 1
    return mask


steps_that_count = Exercise(
    name="steps_that_count",
    right=_last,
    draw=lambda rng: {"lengths": rng.integers(1, 6, 4), "T": 7},
    mistakes={
        "every real step is true; only the last one counts.": (
            lambda lengths, T: np.arange(T) < np.asarray(lengths)[:, None]
        ),
        "the step after the last real one is true; Python counts from 0.": (
            lambda lengths, T: np.arange(T) == np.asarray(lengths)[:, None]
        ),
        "the last column is true, which is padding for the shorter sequences.": (
            lambda lengths, T: np.broadcast_to(np.arange(T) == T - 1, (len(lengths), T))
        ),
        "the axes are swapped: sequences come first, steps second.": (lambda lengths, T: _last(lengths, T).T),
    },
)


inputs_and_labels = Exercise(
    name="inputs_and_labels",
    right=lambda ids: (ids[:, :-1], ids[:, 1:]),
    draw=lambda rng: {"ids": rng.permutation(30).reshape(5, 6)},
    results=("inputs", "labels"),
    mistakes={
        "inputs and labels are the same symbols, so the task is only to copy.": (
            lambda ids: (ids[:, :-1], ids[:, :-1])
        ),
        "inputs and labels are exchanged: the network would guess the past.": (
            lambda ids: (ids[:, 1:], ids[:, :-1])
        ),
        "the sequences are cut, not the steps: time is the second axis.": lambda ids: (ids[:-1], ids[1:]),
        "the labels wrap around: after the last symbol nothing follows.": (
            lambda ids: (ids, np.roll(ids, -1, axis=1))
        ),
    },
)


def _generate(step: Step, state: int, symbol: int, n: int) -> list[int]:
    written = []
    for _ in range(n):
        state, symbol = step(state, symbol)
        written.append(symbol)
    return written


def _with_a_fixed_state(step: Step, state: int, symbol: int, n: int) -> list[int]:
    written = []
    for _ in range(n):
        _, symbol = step(state, symbol)
        written.append(symbol)
    return written


def _with_a_fixed_symbol(step: Step, state: int, symbol: int, n: int) -> list[int]:
    written = []
    for _ in range(n):
        state, following = step(state, symbol)
        written.append(following)
    return written


def _draw_writer(rng: np.random.Generator) -> Inputs:
    table = rng.integers(0, 97, size=(97, 97))
    return {
        "step": lambda state, symbol: ((3 * state + symbol + 1) % 97, int(table[state, symbol])),
        "state": int(rng.integers(97)),
        "symbol": int(rng.integers(97)),
        "n": 6,
    }


generate = Exercise(
    name="generate",
    right=_generate,
    draw=_draw_writer,
    mistakes={
        "the state is not carried on; each step needs that of the step before.": _with_a_fixed_state,
        "the first symbol goes in every time; each step must read the symbol just written.": (
            _with_a_fixed_symbol
        ),
        "the given symbol is among the answers; only those that follow are wanted.": (
            lambda step, state, symbol, n: [symbol, *_generate(step, state, symbol, n)]
        ),
        "the given symbol takes the first place, and the last one is missing.": (
            lambda step, state, symbol, n: [symbol, *_generate(step, state, symbol, n - 1)]
        ),
    },
)


_READ_THEN_WRITE = "many-to-one, then one-to-many"

configurations = Choices(
    name="configurations",
    right={
        "translation": _READ_THEN_WRITE,
        "names": "many-to-many",
        "caption": "one-to-many",
        "machine": "many-to-one",
        "temperature": "many-to-many",
    },
    options=("one-to-many", "many-to-one", "many-to-many", _READ_THEN_WRITE),
    mistakes={
        ("translation", "many-to-many"): "a word for each word would make the translation as long as the "
        "sentence, and begin it before the sentence is read.",
        ("translation", "many-to-one"): "the translation is a sequence too: many words come out.",
        ("translation", "one-to-many"): "the sentence is a sequence: many words go in.",
        ("names", "many-to-one"): "one answer would say whether there is a name in the text, not where.",
        ("names", "one-to-many"): "the text is a sequence: many words go in.",
        ("names", _READ_THEN_WRITE): "there are as many answers as words, so each can stand at its word.",
        ("caption", "many-to-one"): "it is the other way round: one picture goes in, many words come out.",
        ("caption", "many-to-many"): "what goes in is one picture, not a sequence.",
        ("caption", _READ_THEN_WRITE): "there is nothing to be read step by step: one picture goes in.",
        (
            "machine",
            "many-to-many",
        ): "one answer is wanted, when the minute is over, not one a step.",
        ("machine", "one-to-many"): "it is the other way round: a minute goes in, one answer comes out.",
        ("machine", _READ_THEN_WRITE): "one answer is wanted, not a sequence of answers.",
        ("temperature", "many-to-one"): "a forecast is wanted at every hour, not only at the last.",
        ("temperature", "one-to-many"): "the record is a sequence: an hour goes in at each step.",
        ("temperature", _READ_THEN_WRITE): "the record runs on: there is no end at which to begin to answer.",
    },
)
