"""Checkers for the exercises of the introduction."""

from collections.abc import Callable
from typing import Any

import numpy as np

from companion._arrays import Array
from companion.check import Exercise, Inputs
from companion.check.choices import Choices


def _states(step: Callable[[Any, Any], Any], start: Any, xs: Array) -> list[Any]:
    found = []
    for x in xs:
        start = step(start, x)
        found.append(start)
    return found


def _draw_loop(rng: np.random.Generator) -> Inputs:
    weight = rng.uniform(0.3, 0.9)
    return {
        "step": lambda state, x: weight * state + x,
        "start": rng.normal(),
        "xs": rng.normal(size=5),
    }


states = Exercise(
    name="states",
    right=_states,
    draw=_draw_loop,
    mistakes={
        "every step begins from `start` again; the new state must go into the next step.": (
            lambda step, start, xs: [step(start, x) for x in xs]
        ),
        "only the last state is returned; all of them are wanted.": (
            lambda step, start, xs: _states(step, start, xs)[-1]
        ),
        "`start` itself is among the states; the list begins after the first element.": (
            lambda step, start, xs: [start, *_states(step, start, xs)]
        ),
        "`start` takes the place of the first state, and the last state is missing.": (
            lambda step, start, xs: [start, *_states(step, start, xs)][:-1]
        ),
        "the elements are read from the last to the first.": (
            lambda step, start, xs: _states(step, start, xs[::-1])
        ),
        "the arguments of `step` are the wrong way round: it is step(state, x).": (
            lambda step, start, xs: _states(lambda state, x: step(x, state), start, xs)
        ),
    },
)


same_month_last_year = Exercise(
    name="same_month_last_year",
    right=lambda values: values[:-12],
    draw=lambda rng: {"values": rng.uniform(0.3, 1.9, size=int(rng.integers(30, 60)))},
    mistakes={
        "these are the months to be forecast, not their forecasts.": lambda values: values[12:],
        "the forecasts come from eleven months earlier; a year has twelve.": lambda values: values[1:-11],
        "the forecasts come from thirteen months earlier; a year has twelve.": lambda values: values[:-13],
        "this is the value of the month before, not of the year before.": lambda values: values[11:-1],
        "the first twelve months have no forecast: return only what comes after them.": (
            lambda values: np.concatenate([values[:12], values[:-12]])
        ),
    },
)


order_matters = Choices(
    name="order_matters",
    right={"words": "true", "patients": "false", "frames": "true", "ingredients": "false", "steps": "true"},
    options=("true", "false"),
    mistakes={
        ("words", "false"): "the dog bites the man, the man bites the dog: the same words.",
        (
            "patients",
            "true",
        ): "each row stands for itself, and does not say when the patient came.",
        ("frames", "false"): "a door that opens and a door that closes have the same frames.",
        (
            "ingredients",
            "true",
        ): "what is needed may be listed in any order; it is the steps that may not.",
        ("steps", "false"): "chop, then cook: who does it the other way round has another soup.",
    },
)
