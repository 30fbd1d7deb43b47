"""The checkers of the chapter that counts ones agree with the package, and take other styles."""

import numpy as np

from companion.cells import IDENTITY, RNN
from companion.check import count_the_ones as check
from companion.layers import squared_error
from companion.scan import scan

CELL = RNN(1, 1, IDENTITY)


def params(w_x, w_rec):
    return {"W_xh": np.array([[w_x]]), "W_hh": np.array([[w_rec]]), "b_h": np.zeros(1)}


def by_package(w_x, w_rec, x, y):
    """The states, and the gradients of the mean squared error of all answers."""
    run = scan(CELL, params(w_x, w_rec), x[None, :, None])
    error = squared_error(run.ys, y[None, :, None])
    grads = run.back(error.back())[2]
    return run, grads["W_xh"].item(), grads["W_hh"].item()


def test_running_gradients_are_those_of_the_package():
    assert check.running_gradients(lambda *given: by_package(*given)[1:]).passed


def test_running_gradients_may_be_added_up_from_all_pairs_of_steps():
    def pairs(w_x, w_rec, x, y):
        T, S = len(x), [0.0]
        for x_k in x:
            S.append(w_rec * S[-1] + w_x * x_k)
        of_x = of_rec = 0.0
        for t in range(1, T + 1):
            for k in range(1, t + 1):
                d = 2 / T * (S[t] - y[t - 1]) * w_rec ** (t - k)
                of_x, of_rec = of_x + d * x[k - 1], of_rec + d * S[k - 1]
        return {"of_x": of_x, "of_rec": of_rec}

    assert check.running_gradients(pairs).passed


def test_forward_gradients_are_those_of_the_way_back():
    def backwards(w_x, w_rec, x):
        run = scan(CELL, params(w_x, w_rec), x[None, :, None])
        grads = run.back(None, (np.ones((1, 1)),))[2]
        return run.state[0].item(), grads["W_xh"].item(), grads["W_hh"].item()

    assert check.forward_gradients(backwards).passed


def test_best_w_x_is_what_least_squares_finds():
    def fitted(w_rec, X, y):
        readings = scan(CELL, params(1.0, w_rec), X[:, :, None]).state[0]
        return np.linalg.lstsq(readings, y, rcond=None)[0].item()

    assert check.best_w_x(fitted).passed


def test_epochs_needed_may_be_counted_on_a_bowl():
    def counted(H, rates, share):
        values, vectors = np.linalg.eig(rates[:, None] * H)
        way = vectors[:, np.abs(1 - values).argmax()]  # stays on its line, and only shrinks
        start, n = np.linalg.norm(way), 0
        while np.linalg.norm(way) > share * start:
            way, n = way - rates * (H @ way), n + 1
        return n

    assert check.epochs_needed(counted).passed
