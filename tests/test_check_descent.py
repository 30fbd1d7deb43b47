"""The checkers of the chapter on gradient descent name the mistakes that people make."""

import numpy as np

from companion.check import descent
from companion.optim import Adam
from companion.scan import scan


def test_gd_update_takes_a_loop_and_refuses_to_change_parameters_in_place():
    def by_loop(params, grads, lr):
        new = {}
        for name in params:
            new[name] = params[name].copy()
            new[name] -= lr * grads[name]
        return new

    def in_place(params, grads, lr):
        for name in params:
            params[name] -= lr * grads[name]
        return params

    assert descent.gd_update(by_loop).passed
    assert "changes its input params in place" in descent.gd_update(in_place).text


def test_adagrad_update_takes_another_way_of_writing_it():
    def numpy(w, g, s, lr, eps):
        s = s + np.square(g)
        return w - lr * np.divide(g, s**0.5 + eps), s

    assert descent.adagrad_update(numpy).passed


def test_adam_update_agrees_with_the_package_over_five_steps():
    rng = np.random.default_rng(1)
    w = {"w": rng.normal(size=(2, 3))}
    memory = Adam(0.1).start(w)
    mine, m, v = w["w"], np.zeros((2, 3)), np.zeros((2, 3))
    for t in range(1, 6):
        g = rng.normal(size=(2, 3))
        w, memory = Adam(0.1).update(w, {"w": g}, memory)
        mine, m, v = descent.adam_update.right(mine, g, m, v, t, 0.1)
    assert np.allclose(mine, w["w"], rtol=1e-12)


def test_stream_grads_takes_a_loop_over_cut_arrays():
    def grads(cell, weights, xs, dys, k):
        cuts = range(k, xs.shape[1], k)
        total = {name: np.zeros_like(w) for name, w in weights.items()}
        state = None
        for x, dy in zip(np.split(xs, cuts, axis=1), np.split(dys, cuts, axis=1), strict=True):
            run = scan(cell, weights, x, state)
            state = run.state
            for name, g in run.back(dy)[2].items():
                total[name] = total[name] + g
        return total

    assert descent.stream_grads(grads).passed


def test_a_chunk_as_long_as_the_stream_is_full_bptt():
    inputs = descent.stream_grads.draw(np.random.default_rng(2))
    cell, weights, xs, dys = (inputs[name] for name in ("cell", "weights", "xs", "dys"))
    found = descent.stream_grads.right(cell, weights, xs, dys, 8)
    full = scan(cell, weights, xs).back(dys)[2]
    assert all(np.allclose(found[name], full[name], rtol=1e-12) for name in full)


def test_near_the_bottom_agrees_with_steps_on_a_parabola():
    def tried_out(curvature, rate):
        d = 3.0
        return (d - rate * curvature * d) / d, 2 * np.reciprocal(curvature)

    assert descent.near_the_bottom(tried_out).passed
