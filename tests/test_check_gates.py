"""The checkers of the chapter on gated cells name the mistakes that people make."""

import numpy as np
import pytest

from companion.check import gates


def test_a_step_written_unit_by_unit_passes():
    def lstm_step(W_xh, W_hh, b_h, x, h, c):
        W, H = np.vstack([W_xh, W_hh]), h.shape[1]
        joined = np.hstack([x, h])
        new_h, new_c = np.empty_like(h), np.empty_like(c)
        for j in range(H):
            i, f, g, o = (joined @ W[:, k * H + j] + b_h[k * H + j] for k in range(4))
            i, f, o = (1 / (1 + np.exp(-a)) for a in (i, f, o))
            new_c[:, j] = f * c[:, j] + i * np.tanh(g)
            new_h[:, j] = o * np.tanh(new_c[:, j])
        return {"c": new_c, "h": new_h}

    assert gates.lstm_step(lstm_step).passed


def test_a_gru_taken_back_gate_by_gate_passes():
    def gru_step_back(params, x, h_prev, dh):
        H = h_prev.shape[1]
        W, U, b = (params[name] for name in ("W_xh", "W_hh", "b_h"))
        part = {"r": slice(0, H), "z": slice(H, 2 * H), "n": slice(2 * H, None)}
        r, z = (1 / (1 + np.exp(-(x @ W[:, p] + h_prev @ U[:, p] + b[p]))) for p in (part["r"], part["z"]))
        m = h_prev @ U[:, part["n"]] + params["b_hn"]
        n = np.tanh(x @ W[:, part["n"]] + b[part["n"]] + r * m)
        outer = {"z": dh * (h_prev - n) * z * (1 - z), "n": dh * (1 - z) * (1 - n**2)}
        outer["r"] = outer["n"] * m * r * (1 - r)
        inner = {**outer, "n": outer["n"] * r}
        dh_prev = dh * z + sum(inner[k] @ U[:, p].T for k, p in part.items())
        of_W, of_U = (np.hstack([a.T @ d[k] for k in "rzn"]) for a, d in ((x, outer), (h_prev, inner)))
        b_h = np.hstack([outer[k].sum(axis=0) for k in "rzn"])
        return dh_prev, of_W, of_U, b_h, inner["n"].sum(axis=0)

    assert gates.gru_step_back(gru_step_back).passed


def test_other_styles_of_the_short_ones_pass():
    def road(f):
        rows = [np.ones(f.shape[1])]
        for gate in reversed(f):
            rows.append(rows[-1] * gate)
        return rows

    assert gates.left_along_the_road(road).passed
    assert gates.bias_for(lambda share, lag: -np.log(np.exp(-np.log(share) / lag) - 1)).passed


def built(*, letter=(20, 20, 20, 0), line_break=(-20, -20, 0, 0), b=(0, 0, 0, 0), w=0.0):
    return lambda: (np.array([letter, line_break], float), np.array([[w, 0, 0, 0]]), np.array(b, float))


def test_a_counter_may_be_built_in_several_ways():
    assert gates.counter(built()).text == "counter: right."
    assert gates.counter(built(letter=(0, 0, 15, 0), line_break=(-40, -40, 0, 3), b=(20, 20, 0, 5))).passed
    assert gates.counter(lambda: [[[20, 20, 20, 0], [-20, -20, 0, 0]], [[0] * 4], [0] * 4]).passed


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (built(line_break=(-20, 20, 0, 0)), "never starts again"),
        (built(letter=(20, 20, -20, 0)), "downwards"),
        (built(line_break=(20, -20, 20, 0)), "counts the break as well"),
        (built(letter=(20, 2, 20, 0)), "is the forget gate near 1"),
        (
            lambda: (np.zeros((4, 2)), np.zeros((1, 4)), np.zeros(4)),
            "W_xh must have shape (2, 4), got (4, 2)",
        ),
        (lambda: np.zeros(4), "three arrays"),
        (lambda: (np.full((2, 4), np.nan), np.zeros((1, 4)), np.zeros(4)), "finite"),
    ],
)
def test_a_counter_that_does_not_count_is_told_why(weights, words):
    report = gates.counter(weights)
    assert not report.passed
    assert words in report.text
