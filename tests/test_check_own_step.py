"""A recurrent step of one's own is refused for what would not be one, each time for its own reason."""

import random

import numpy as np
import pytest
import torch

from companion import judging
from companion.check.own_step import recurrent_step
from companion.judging import base, conv, elu

numpys = np.random.random  # the generator that all of a program share
LAG = {"W_hh2": (1, 1, 5, 5)}


def carried(w, x, states):
    """The base's step, added to the state before."""
    made = base(w, x, states)
    return made + states[-1] if states else made


def lag_2(w, x, states):
    z = conv(x, w["W_xh"])
    for state, name in zip(reversed(states), ("W_hh", "W_hh2"), strict=False):
        z = z + conv(state, w[name])
    return elu(z)


def gated(w, x, states):
    made = base(w, x, states)
    if not states:
        return made
    g = torch.sigmoid(conv(x, w["W_xg"]) + w["b_g"])
    return g * made + (1 - g) * states[-1]


def all_four(w, x, states):
    made = base(w, x, states)
    return (made + sum(states)) / 4 if len(states) == 3 else made


def started(w, x, states):
    """Before the first step stands a state of zeros."""
    before = states[-1] if states else x.new_zeros(*x.shape[:3], 5)
    return conv(x, w["W_xh"]) + conv(before, w["W_hh"])


def by_hand(w, x, states):
    """Looks at a number, which cannot be done where nothing is computed."""
    made = carried(w, x, states)
    return made if made.abs().max().item() > 0 else made + 0


@pytest.mark.parametrize(
    ("step", "kernels"),
    [
        (started, None),
        (by_hand, None),
        (lambda w, x, states: carried(w, x, states) + (w.get("no_such") or 0), None),
        (carried, None),
        (lag_2, LAG),
        (gated, {"W_xg": (3, 3, 1, 5), "b_g": (5,)}),
        (all_four, {}),
    ],
)
def test_sound_steps_pass(step, kernels):
    report = recurrent_step(step, kernels)
    assert report.passed, report.text


kept = []


def stale(w, x, states):
    kept.append(carried(w, x, kept[-1:]).detach())
    return carried(w, x, states) + kept[-2] if len(kept) > 1 else carried(w, x, states)


def in_place(w, x, states):
    made = carried(w, x, states)
    if states:
        states[-1].detach().add_(1)
    return made


def dead(w, x, states):
    made = carried(w, x, states)
    elu(conv(made, w["W_hh2"]))
    return made


def unit_length(w, x, states):
    made = carried(w, x, states)
    return made / made.norm(dim=3, keepdim=True)


def rooted(w, x, states):
    made = carried(w, x, states)
    return made + ((made - made) ** 2).sqrt()


def trained_by_itself(w, x, states):
    with torch.no_grad():
        w["W_hh"] += 0.01
    return carried(w, x, states)


@pytest.mark.parametrize(
    ("step", "kernels", "words"),
    [
        (base, {}, "the base's own step"),
        (lambda w, x, states: elu(conv(x, w["W_xh"])), {}, "earlier states are not used"),
        (lambda w, x, states: states[-1] if states else base(w, x, states), {}, "the last step makes no"),
        (
            lambda w, x, states: lag_2({**w, "W_hh": 0 * w["W_hh"]}, x, states),
            LAG,
            "picture 1 never reaches the last state",
        ),
        (
            lambda w, x, states: carried(w, x, [s.detach() for s in states]),
            {},
            "picture 1 makes a difference, but no gradient",
        ),
        (lambda w, x, states: carried(w, x, states).detach(), {}, "made outside PyTorch"),
        (
            lambda w, x, states: carried(w, x, states).detach().numpy(),
            {},
            "must return a tensor, got ndarray",
        ),
        (
            lambda w, x, states: carried(w, x, states).mean(dim=3),
            {},
            "must have shape (3, 8, 8, 5), got (3, 8, 8)",
        ),
        (
            lambda w, x, states: conv(x, w["W_xh"], "valid"),
            {},
            "must have shape (3, 8, 8, 5), got (3, 6, 6, 5)",
        ),
        (lambda w, x, states: carried(w, x, states) / 0, {}, "infinite or undefined"),
        (in_place, {}, "changes an earlier state in place"),
        (stale, {}, "something is kept from one minibatch"),
        (lambda w, x, states: carried(w, x, states) + torch.rand(1), {}, "draws random numbers"),
        (lambda w, x, states: carried(w, x, states) + numpys(), {}, "draws random numbers"),
        (lambda w, x, states: carried(w, x, states) + random.random(), {}, "draws random numbers"),
        (unit_length, {}, "infinite or undefined"),
        (rooted, {}, "the gradient of pictures is infinite or undefined"),
        (trained_by_itself, {}, "changes the weight W_hh in place"),
        (
            lambda w, x, states: started(w, x, states or (torch.zeros(*x.shape[:3], 5),)),
            {},
            "make new tensors like x",
        ),
        (
            lambda w, x, states: carried(w, x, states) + 0.1 * torch.ones(*x.shape[:3], 5),
            {},
            "on a graphics card it would fail (make new tensors like x",
        ),
        (
            lambda w, x, states: carried(w, x, states) - carried(w, x, states).mean(dim=0),
            {},
            "must not depend on the others",
        ),
        (carried, LAG, "W_hh2 is never used"),
        (dead, LAG, "W_hh2 gets no gradient"),
        (lag_2, {}, "raised KeyError: 'W_hh2; give its shape in kernels'"),
        (carried, {"W_hh": (1, 1, 5, 5)}, "W_hh is the base's"),
        (carried, {"W": (5, 5)}, "kernels['W'] must be (height, width"),
        (carried, {"W": (2, 2, 5, 5)}, "odd edge, got 2 x 2"),
        (carried, ["W"], "must be a dict {name: shape}, got list"),
        (lambda w, x, states: carried(w, x, states) + torch.zeros(3, 8, 8, 5), {}, "raised RuntimeError"),
    ],
)
def test_each_fault_has_its_reason(step, kernels, words):
    kept.clear()
    report = recurrent_step(step, kernels)
    assert not report.passed
    assert words in report.text


def test_a_reader_draws_on_as_if_nothing_had_been_checked():
    def draws():
        return [float(torch.rand(1)), numpys(), random.random()]

    seeds = (torch.manual_seed, np.random.seed, random.seed)
    for seed in seeds:
        seed(5)
    wanted = draws()
    for seed in seeds:
        seed(5)
    assert recurrent_step(carried).passed
    assert draws() == wanted


def test_a_step_that_passes_can_be_compared():
    scale = judging.Scale(edge=14, train=100, epochs=1, batch=50, test=100)
    found = judging.compare(lag_2, LAG, seeds=(0, 1), scale=scale)
    assert found.yours.shape == (2,) and np.isfinite(found.yours).all()
