"""The exercises that matter most, each solved by quite another algorithm or layout: all of these pass.

What is general, such as lists in the place of arrays or columns stored first, is tested over all checkers in
test_check_all.py; other styles of a single chapter stand in the file of its checkers.
"""

import numpy as np
import pytest

from companion.cells import sigmoid
from companion.check import (
    bptt,
    bugs,
    count_the_ones,
    descent,
    forward_pass,
    gates,
    lengths,
    remedies,
    stacking,
)

torch = pytest.importorskip("torch")


# The forward pass: states as columns, one product for all inputs, an array filled in place


def states_as_columns(xs, W_xh, W_hh, b_h):
    h = np.zeros((len(W_hh), len(xs)), xs.dtype)
    hs = np.empty((xs.shape[1], *h.shape), xs.dtype, order="F")
    for t in range(len(hs)):
        np.tanh(W_xh.T @ xs[:, t].T + W_hh.T @ h + b_h[:, None], out=hs[t])
        h = hs[t]
    return hs.transpose(2, 0, 1)


def inputs_beforehand(xs, W_xh, W_hh, b_h):
    hs = np.einsum("ntd,dh->nth", xs, W_xh) + b_h
    for t in range(xs.shape[1]):
        if t:
            hs[:, t] += hs[:, t - 1] @ W_hh
        hs[:, t] = np.tanh(hs[:, t])
    return hs


def in_single_precision(xs, W_xh, W_hh, b_h):
    return states_as_columns(*(a.astype(np.float32) for a in (xs, W_xh, W_hh, b_h)))


def by_torch(xs, W_xh, W_hh, b_h):
    layer = torch.nn.RNN(*W_xh.shape, batch_first=True).double()
    weights = {"weight_ih_l0": W_xh.T, "weight_hh_l0": W_hh.T, "bias_ih_l0": b_h, "bias_hh_l0": 0 * b_h}
    layer.load_state_dict({name: torch.tensor(np.ascontiguousarray(w)) for name, w in weights.items()})
    return layer(torch.tensor(xs))[0].detach().numpy()


@pytest.mark.parametrize("right", [states_as_columns, inputs_beforehand, in_single_precision, by_torch])
def test_forward(right):
    assert forward_pass.forward(right).passed


def test_a_rounding_in_between_is_told_from_a_mistake():
    report = forward_pass.forward(lambda *given: in_single_precision(*given).astype(float))
    assert "was it worked out in single precision?" in report.text


# The way back: automatic differentiation, all steps at once, gradients along the way forth


def by_autograd(params, xs, labels):
    own = {name: torch.tensor(value, requires_grad=True) for name, value in params.items()}
    h = torch.zeros(len(xs), len(params["b_h"]), dtype=torch.float64)
    for x in torch.tensor(xs).unbind(1):
        h = torch.tanh(x @ own["W_xh"] + h @ own["W_hh"] + own["b_h"])
    scores = h @ own["W_hy"] + own["b_y"]
    torch.nn.functional.cross_entropy(scores, torch.tensor(labels), reduction="sum").backward()
    return {name: value.grad.numpy() for name, value in own.items()}


def by_blocks(params, xs, labels):
    """Gradients of all sums first, then one product for each matrix, with inputs and states side by side."""
    W = np.vstack([params["W_xh"], params["W_hh"], params["b_h"]])
    D, H = params["W_xh"].shape
    read, h = [], np.zeros((len(xs), H))
    for x in xs.swapaxes(0, 1):
        read.append(np.hstack([x, h, np.ones((len(xs), 1))]))
        h = np.tanh(read[-1] @ W)
    scores = np.exp(h @ params["W_hy"] + params["b_y"])
    dy = scores / scores.sum(axis=1, keepdims=True)
    dy[np.arange(len(xs)), labels] -= 1
    of_read_out, das, dh = h.T @ dy, [], dy @ params["W_hy"].T
    for row in [*read[1:], None][::-1]:
        das.append(dh * (1 - (h if row is None else row[:, D : D + H]) ** 2))
        dh = das[-1] @ params["W_hh"].T
    dW = np.tensordot(np.stack(read), np.stack(das[::-1]), axes=([0, 1], [0, 1]))
    return dW[:D], dW[D:-1], dW[-1], of_read_out, dy.sum(axis=0)


@pytest.mark.parametrize("right", [by_autograd, by_blocks])
def test_backward_last(right):
    assert bptt.backward_last(right).passed


def test_running_gradients_may_be_carried_forwards():
    def forwards(w_x, w_rec, x, y):
        S = by_x = by_rec = 0.0
        total = np.zeros(2)
        for x_k, y_k in zip(x, y, strict=True):
            by_x, by_rec, S = x_k + w_rec * by_x, S + w_rec * by_rec, w_rec * S + w_x * x_k
            total += 2 / len(x) * (S - y_k) * np.array([by_x, by_rec])
        return total

    assert count_the_ones.running_gradients(forwards).passed


def test_a_way_back_through_two_layers_may_be_that_of_autograd():
    def by_autograd(dys, lower, upper, first, second):
        own = [{k: torch.tensor(w) for k, w in layer.items()} for layer in (first, second)]
        low, high = (torch.tensor(np.arctanh(h), requires_grad=True) for h in (lower, upper))
        # The sums are leaves; what reaches them later is added by hand, as a change that is zero.
        loss, T = 0.0, dys.shape[1]
        h_low = h_high = torch.zeros_like(low[:, 0])
        for t in range(T):
            a = low[:, t] + (h_low - h_low.detach()) @ own[0]["W_hh"]
            h_low = torch.tanh(a)
            b = high[:, t] + (h_low - h_low.detach()) @ own[1]["W_xh"]
            b = b + (h_high - h_high.detach()) @ own[1]["W_hh"]
            h_high = torch.tanh(b)
            loss = loss + ((h_low + h_high) * torch.tensor(dys[:, t])).sum()
        loss.backward()
        return low.grad.numpy(), high.grad.numpy()

    assert stacking.way_back(by_autograd).passed


# Gates: four matrices in a row, cells built of the frameworks' own, steps in place


def test_an_lstm_of_four_matrices_in_place():
    def lstm_step(W_xh, W_hh, b_h, x, h, c):
        H = h.shape[1]
        gates = np.empty((4, *h.shape), order="F")
        for k, out in enumerate(gates):
            block = slice(k * H, (k + 1) * H)
            np.matmul(x, W_xh[:, block], out=out)
            out += h.dot(W_hh[:, block])
            out += b_h[block]
        i, f, g, o = gates
        for gate in (i, f, o):
            np.negative(gate, out=gate)
            np.exp(gate, out=gate)
            gate += 1
            np.reciprocal(gate, out=gate)
        new_c = c.copy()
        new_c *= f
        new_c += i * np.tanh(g)
        return [o * np.tanh(new_c), new_c]

    assert gates.lstm_step(lstm_step).passed


def test_a_gru_taken_back_by_autograd():
    def gru_step_back(params, x, h_prev, dh):
        own = {k: torch.tensor(w, requires_grad=True) for k, w in params.items()}
        old = torch.tensor(h_prev, requires_grad=True)
        a, u = torch.tensor(x) @ own["W_xh"] + own["b_h"], old @ own["W_hh"]
        (a_r, a_z, a_n), (u_r, u_z, u_n) = a.chunk(3, 1), u.chunk(3, 1)
        r, z = torch.sigmoid(a_r + u_r), torch.sigmoid(a_z + u_z)
        new = torch.lerp(torch.tanh(a_n + r * (u_n + own["b_hn"])), old, z)
        new.backward(torch.tensor(dh))
        return {"h_prev": old.grad, **{k: w.grad for k, w in own.items()}}

    assert gates.gru_step_back(gru_step_back).passed


def test_a_highway_taken_back_by_its_jacobian():
    def highway_back(params, x, h, dnew):
        def step(row, n):
            g = sigmoid(x[n] @ params["W_xg"] + row @ params["W_hg"] + params["b_g"])
            return g * np.tanh(x[n] @ params["W_xh"] + row @ params["W_hh"] + params["b_h"]) + (1 - g) * row

        def along(n, unit):
            return (step(h[n] + 1e-5 * unit, n) - step(h[n] - 1e-5 * unit, n)) / 2e-5

        units = np.eye(h.shape[1])
        return [[along(n, unit) @ dnew[n] for unit in units] for n in range(len(h))]

    assert remedies.highway_back(highway_back).passed


def test_an_lstm_mended_by_autograd():
    from companion.cells import LSTM, Step

    class Mended(LSTM):
        def step(self, params, x, state):
            names = ("x", "h", "c", *params)
            own = dict(zip(names, map(torch.tensor, (x, *state, *params.values())), strict=True))
            for tensor in own.values():
                tensor.requires_grad_()
            i, f, g, o = (own["x"] @ own["W_xh"] + own["h"] @ own["W_hh"] + own["b_h"]).chunk(4, 1)
            c = torch.sigmoid(f) * own["c"] + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)

            def back(dy, dstate):
                loss = (h * torch.tensor(dy + dstate[0])).sum() + (c * torch.tensor(dstate[1])).sum()
                found = torch.autograd.grad(loss, list(own.values()))
                dx, dh, dc, *grads = (g.numpy() for g in found)
                return dx, (dh, dc), dict(zip(params, grads, strict=True))

            made = h.detach().numpy(), c.detach().numpy()
            return Step(made[0], made, back)

    assert bugs.mended(Mended).passed


# Masks, Adam, clipping


@pytest.mark.parametrize(
    "right",
    [
        lambda lengths, T: np.tri(T + 1, T, -1)[lengths],
        lambda lengths, T: [[1] * n + [0] * (T - n) for n in lengths],
        lambda lengths, T: np.cumsum(np.eye(T + 1)[lengths], axis=1)[:, :T] == 0,
        lambda lengths, T: np.less.outer(np.arange(T), lengths).T,
    ],
)
def test_masks(right):
    assert lengths.make_mask(right).passed


def test_adam_in_place_on_copies_and_by_torch():
    def in_place(w, g, m, v, t, lr):
        w, m, v = w.copy(), m.copy(), v.copy()
        m += 0.1 * (g - m)
        v += 0.001 * (g * g - v)
        w -= lr * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (np.sqrt(v) + 1e-8 * np.sqrt(1 - 0.999**t))
        return w, m, v

    def by_torch(w, g, m, v, t, lr):
        weight = torch.nn.Parameter(torch.tensor(w))
        weight.grad = torch.tensor(g)
        adam = torch.optim.Adam([weight], lr)
        kept = {"step": torch.tensor(float(t - 1)), "exp_avg": torch.tensor(m), "exp_avg_sq": torch.tensor(v)}
        adam.state[weight] = kept
        adam.step()
        return weight.detach(), kept["exp_avg"], kept["exp_avg_sq"]

    assert descent.adam_update(in_place).passed
    assert descent.adam_update(by_torch).passed


def test_clipping_by_hypotenuses_and_in_place():
    def by_hypotenuses(grads, max_norm):
        norm = np.hypot.reduce([abs(x) for g in grads.values() for x in g.flat])
        return {k: g if norm <= max_norm else g / norm * max_norm for k, g in grads.items()}

    def in_place(grads, max_norm):
        row = np.concatenate([g.ravel() for g in grads.values()])
        row /= max(1, np.linalg.norm(row) / max_norm)
        ends = np.cumsum([g.size for g in grads.values()])[:-1]
        return {
            k: part.reshape(g.shape) for (k, g), part in zip(grads.items(), np.split(row, ends), strict=True)
        }

    assert remedies.clip_together(by_hypotenuses).passed
    assert remedies.clip_together(in_place).passed
