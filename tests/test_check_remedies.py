"""The checkers of the chapter on remedies take other right styles, and agree with the package."""

import numpy as np
import pytest

from companion.cells import LSTM
from companion.check import remedies as check
from companion.gradcheck import measured_gradients
from companion.initial import forget_bias, orthogonal


def test_clip_together_takes_a_loop_and_a_joined_row():
    def by_loop(grads, max_norm):
        total = 0.0
        for g in grads.values():
            for number in g.ravel():
                total += number**2
        if total**0.5 <= max_norm:
            return grads
        return {name: g / total**0.5 * max_norm for name, g in grads.items()}

    def joined(grads, max_norm):
        norm = np.linalg.norm(np.concatenate([g.ravel() for g in grads.values()]))
        return {name: g / max(1, norm / max_norm) for name, g in grads.items()}

    assert check.clip_together(by_loop).passed
    assert check.clip_together(joined).passed


def test_clip_together_says_more_than_wrong_where_it_knows_no_name():
    text = check.clip_together(lambda grads, max_norm: {**grads, "b_h": 0 * grads["b_h"]}).text
    assert "W_hh[0, 0] must be" in text


def test_the_drawn_gradients_lie_on_both_sides_of_the_limit():
    rng = np.random.default_rng(0)
    drawn = [check.clip_together.draw(rng) for _ in range(check.clip_together.trials)]
    over = {check._common(inputs["grads"]) > inputs["max_norm"] for inputs in drawn}
    assert over == {True, False}


def test_keeps_length_may_ask_the_transpose_the_inverse_or_the_columns():
    for other in (
        lambda W: np.allclose(W.T @ W, np.eye(len(W))),
        lambda W: np.allclose(W @ W.T, np.eye(len(W))),
        lambda W: np.abs(W.T @ W - np.eye(len(W))).max() < 1e-8,
        lambda W: np.isclose(np.linalg.cond(W), 1) and np.isclose(np.linalg.norm(W, 2), 1),
    ):
        assert check.keeps_length(other).passed


def test_the_drawn_matrices_are_of_every_kind():
    rng = np.random.default_rng(0)
    drawn = [check.keeps_length.draw(rng)["W"] for _ in range(check.keeps_length.trials)]
    kept = [check.keeps_length.right(W) for W in drawn]
    assert 0.3 < np.mean(kept) < 0.6
    assert all(check.keeps_length.right(orthogonal(n, rng)) for n in (1, 3, 8))


def test_highway_step_takes_another_way_of_writing_it():
    def step(params, x, h):
        both = np.hstack([x, h])
        gate = 1 / (1 + np.exp(-(both @ np.vstack([params["W_xg"], params["W_hg"]]) + params["b_g"])))
        made = np.tanh(both @ np.vstack([params["W_xh"], params["W_hh"]]) + params["b_h"])
        return h + gate * (made - h)

    assert check.highway_step(step).passed


def test_highway_back_is_what_the_forward_pass_does():
    inputs = check.highway_back.draw(np.random.default_rng(1))
    params, x, h, dnew = inputs.values()

    def loss(arrays):
        return float((check.highway_step.right(params, x, arrays["h"]) * dnew).sum()), {}

    measured = measured_gradients(loss, {"h": h})["h"]
    assert check.highway_back.right(params, x, h, dnew) == pytest.approx(measured, abs=1e-8)


def test_begin_remembering_agrees_with_the_package_and_takes_a_split():
    params = LSTM(2, 3).init(np.random.default_rng(0))
    mine = check.begin_remembering.right(params["b_h"], 2.0)
    assert np.array_equal(mine, forget_bias(params, 2.0)["b_h"])

    def by_split(b_h, value):
        i, f, g, o = np.split(b_h, 4)
        return np.concatenate([i, np.full_like(f, value), g, o])

    assert check.begin_remembering(by_split).passed
