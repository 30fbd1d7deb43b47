"""Bugs of one step of a cell, forward and backward: every term of the backward pass, the order of gates."""

from planted.bugs import Area, Bug

PARAMS = {"W_xh", "W_hh", "b_h"}
ALL = {*PARAMS, "xs", "h_0"}
TORCH, UNIT = ("frameworks",), ("unit tests",)


def parity(name: str) -> tuple[str, ...]:
    """The comparisons with PyTorch, then with Keras, of one network of tests/test_interop.py."""
    over = "torch_over_seven or keras_over_seven"
    return ("tests/test_interop.py", "-k", f"({over}) and {' and '.join(name.split())}-")


RNN_BUGS = [
    Bug("sign of the recurrent gradient", "(da @ W_hh.T,)", "(-da @ W_hh.T,)", ALL),
    Bug("W_hh not transposed", "(da @ W_hh.T,)", "(da @ W_hh,)", ALL),
    Bug("carry to the step before dropped", "(da @ W_hh.T,)", "(np.zeros_like(dh),)", ALL),
    Bug("carry from the step after ignored", "(dy + dh) *", "dy *", ALL),
    Bug("gradient of the output ignored", "(dy + dh) *", "dh *", ALL),
    Bug("slope forgotten", "(dy + dh) * self.activation.slope(h)", "dy + dh", ALL),
    Bug("slope at the old state", "self.activation.slope(h)", "self.activation.slope(h_prev)", ALL),
    Bug(
        "slope on the output's road only",
        "(dy + dh) * self.activation.slope(h)",
        "dy * (1 - h * h) + dh",
        ALL,
    ),
    Bug("h in place of h_prev", "h_prev.T @ da", "h.T @ da", {"W_hh"}),
    Bug("da overwritten before it is used", "grads = {", "da = da @ W_hh.T; grads = {", ALL),
    Bug("bias averaged over the batch", "da.sum(axis=0)", "da.mean(axis=0)", {"b_h"}),
    Bug("bias summed over the units", "da.sum(axis=0)", "da.sum(axis=1)", {"b_h"}),
    Bug("dx dropped", "return da @ W_xh.T", "return np.zeros_like(x)", {"xs"}),
    Bug(
        "no tanh, both ways",
        "activation: Activation = TANH",
        "activation: Activation = IDENTITY",
        nets=TORCH,
        source="the tutorials of PyTorch on names, `char_rnn_classification_tutorial.py` and its sister",
    ),
    Bug(
        "W_hh transposed on the way forth",
        'W_xh, W_hh, b_h = params["W_xh"], params["W_hh"],',
        'W_xh, W_hh, b_h = params["W_xh"], params["W_hh"].T,',
        {"W_hh"},
    ),
    Bug("bias forgotten", "+ h_prev @ W_hh + b_h)", "+ h_prev @ W_hh)", {"b_h"}),
    Bug("old state read through the tanh again", "h_prev @ W_hh + b_h", "np.tanh(h_prev) @ W_hh + b_h", ALL),
    Bug(
        "memory begins with ones",
        "np.zeros((N, self.hidden_size), dtype)",
        "np.ones((N, self.hidden_size), dtype)",
        nets=UNIT,
        file="cells/base",
    ),
    Bug(
        "first weights too large",
        "self.hidden_size**-0.5",
        "self.hidden_size**0.5",
        nets=UNIT,
        file="cells/base",
    ),
]

LSTM_ARRAYS = {*ALL, "c_0"}
LSTM_BUGS = [
    Bug("carry of the memory dropped", "dc * f), grads", "np.zeros_like(dc)), grads", LSTM_ARRAYS),
    Bug("carry of the memory not through the forget gate", "dc * f), grads", "dc), grads", LSTM_ARRAYS),
    Bug("carry of h dropped", "(da @ W_hh.T, dc * f)", "(np.zeros_like(dh), dc * f)", LSTM_ARRAYS),
    Bug("i and f exchanged", "[da_i, da_f, da_g, da_o]", "[da_f, da_i, da_g, da_o]", LSTM_ARRAYS),
    Bug("g and o exchanged", "[da_i, da_f, da_g, da_o]", "[da_i, da_f, da_o, da_g]", LSTM_ARRAYS),
    Bug("slope of tanh(c) forgotten", "dc + dh * o * (1 - tanh_c * tanh_c)", "dc + dh * o", LSTM_ARRAYS),
    Bug("h does not reach the memory", "dc = dc + dh * o * (1 - tanh_c * tanh_c)", "dc = dc", LSTM_ARRAYS),
    Bug("gradient of the next memory ignored", "dc = dc + dh * o", "dc = dh * o", LSTM_ARRAYS),
    Bug("the new memory in place of the old", "dc * c_prev * f", "dc * c * f", LSTM_ARRAYS),
    Bug("candidate with the slope of a gate", "i * (1 - g * g)", "i * g * (1 - g)", LSTM_ARRAYS),
    Bug("slope of the output gate forgotten", "tanh_c * o * (1 - o)", "tanh_c", LSTM_ARRAYS),
    Bug("c in place of tanh(c)", "dh * tanh_c * o", "dh * c * o", LSTM_ARRAYS),
    Bug("h in place of h_prev", '"W_hh": h_prev.T @ da', '"W_hh": h.T @ da', {"W_hh"}),
    Bug("bias averaged over the batch", '"b_h": da.sum(axis=0)}', '"b_h": da.mean(axis=0)}', {"b_h"}),
    Bug(
        "input and forget gate exchanged on the way forth",
        "a_i, a_f, a_g, a_o = self",
        "a_f, a_i, a_g, a_o = self",
        LSTM_ARRAYS,
    ),
    Bug("blocks read as i f o g", "a_i, a_f, a_g, a_o = self", "a_i, a_f, a_o, a_g = self", LSTM_ARRAYS),
    Bug(
        "the forget gate forgets what it says",
        "c = f * c_prev + i * g",
        "c = (1 - f) * c_prev + i * g",
        LSTM_ARRAYS,
    ),
    Bug("memory shown without its tanh", "h = o * np.tanh(c)", "h = o * c", LSTM_ARRAYS),
    Bug(
        "first two blocks of sums exchanged on the way forth",
        "return [a[:, g * H : (g + 1) * H] for g in range(self.gates)]",
        "return [a[:, g * H : (g + 1) * H] for g in (1, 0, *range(2, self.gates))]",
        LSTM_ARRAYS,
        file="cells/base",
    ),
    Bug(
        "gates twice as steep",
        "s = np.tanh(0.5 * a)",
        "s = np.tanh(a)",
        LSTM_ARRAYS,
    ),
]

GRU_ARRAYS = {*ALL, "b_hn"}
GRU_BUGS = [
    Bug("kept memory has no gradient", "du @ W_hh.T + dh * z,", "du @ W_hh.T,", GRU_ARRAYS),
    Bug("z and 1 - z exchanged", "W_hh.T + dh * z,", "W_hh.T + dh * (1 - z),", GRU_ARRAYS),
    Bug("reset not on the memory's road", "dm = da_n * r", "dm = da_n", GRU_ARRAYS),
    Bug("the memory's road taken from the input's", "[da_r, da_z, dm]", "[da_r, da_z, da_n]", GRU_ARRAYS),
    Bug("sign of the update gate", "(h_prev - n)", "(n - h_prev)", GRU_ARRAYS),
    Bug("reset gate sees h in place of the product", "da_n * m * r", "da_n * h_prev * r", GRU_ARRAYS),
    Bug("r and z exchanged", "[da_r, da_z, da_n]", "[da_z, da_r, da_n]", {*PARAMS, "xs"} - {"W_hh"}),
    Bug("slope of the candidate forgotten", "(1 - z) * (1 - n * n)", "(1 - z)", GRU_ARRAYS),
    Bug("bias inside without the reset", '"b_hn": dm.sum', '"b_hn": da_n.sum', {"b_hn"}),
    Bug("h in place of h_prev", "h_prev.T @ du", "h.T @ du", {"W_hh"}),
    Bug("W_hh from the input's sums", "h_prev.T @ du", "h_prev.T @ da", {"W_hh"}),
    Bug("b_h from the memory's sums", '"b_h": da.sum(axis=0),', '"b_h": du.sum(axis=0),', {"b_h"}),
    Bug(
        "r and z exchanged on the way forth",
        "return GRUGates(r, sigmoid(a_z + u_z), np.tanh(a_n + r * m), m)",
        "z = sigmoid(a_z + u_z); return GRUGates(z, r, np.tanh(a_n + z * m), m)",
        GRU_ARRAYS,
    ),
    Bug("z keeps the candidate", "h = (1 - z) * n + z * h_prev", "h = z * n + (1 - z) * h_prev", GRU_ARRAYS),
    Bug("bias inside forgotten", 'u_n + params["b_hn"]', "u_n", {"b_hn"}),
    Bug("the reset gate does not reset", "np.tanh(a_n + r * m)", "np.tanh(a_n + m)", GRU_ARRAYS),
]

AREAS = [
    Area(
        "The simple cell",
        "cells/simple",
        "Network(RNN(2, 4))",
        RNN_BUGS,
        ("tests/test_cells.py",),
        parity("RNN"),
    ),
    Area(
        "The LSTM",
        "cells/gated",
        "Network(LSTM(2, 4))",
        LSTM_BUGS,
        ("tests/test_cells_gated.py",),
        parity("LSTM"),
    ),
    Area(
        "The GRU",
        "cells/gated",
        "Network(GRU(2, 4))",
        GRU_BUGS,
        ("tests/test_cells_gated.py",),
        parity("GRU"),
    ),
]
