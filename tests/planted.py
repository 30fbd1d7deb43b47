"""Bugs to plant: one line of the package changed, as people have changed it in published code.

Each is given as the line as it is, the line as it would be wrong, and the arrays whose gradients it spoils. A
line that is not found fails the test, so that the bugs stay in step with the code.
"""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from companion.cells import RNN

COMPANION = Path(__file__).resolve().parents[1] / "companion"
PARAMS = {"W_xh", "W_hh", "b_h"}
ALL = {*PARAMS, "xs", "h_0"}


class Bug(NamedTuple):
    name: str
    right: str
    wrong: str
    spoils: set[str]


CELL_BUGS = [
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
]

SCAN_BUGS = [
    Bug("only one step counts", "grads[name] += grad", "grads[name] = grad", PARAMS),
    Bug("only the last step counts", "grads[name] += grad", "grads[name] += grad * (t == T - 1)", PARAMS),
    Bug("steps walked forwards", "for t in reversed(range(T)):", "for t in range(T):", ALL),
    Bug("dxs in reverse order", "dxs[:, t] = dx", "dxs[:, T - 1 - t] = dx", {"xs"}),
    Bug(
        "carry dropped between steps",
        "keep(t, new, old) for new, old in zip(dstate_prev, dstate, strict=True)",
        "0 * d if t else d for d in dstate_prev",
        ALL,
    ),
    Bug("dys read one step late", "dys[:, t], 0", "dys[:, t - 1], 0", ALL),
    Bug("gradient of the final state ignored", "(cell, dstate, N,", "(cell, None, N,", ALL),
]

MASK_BUGS = [
    Bug("mask of the outputs ignored", "keep(t, dys[:, t], 0)", "dys[:, t]", PARAMS | {"xs"}),
    Bug("mask of the states ignored", "keep(t, d, 0) for d", "d for d", PARAMS | {"xs"}),
    Bug(
        "ended sequences lose their gradient",
        "keep(t, new, old) for new, old in zip(dstate_prev, dstate, strict=True)",
        "dstate_prev",
        ALL,
    ),
    Bug(
        "ended sequences run on",
        "keep(t, new, old) for new, old in zip(step.state, state, strict=True)",
        "step.state",
        ALL,
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
]

LOWER = {f"layer1.{name}" for name in PARAMS} | {"xs", "layer1.h_0"}
UPPER = {f"layer2.{name}" for name in PARAMS} | {"layer2.h_0"}
STACK_BUGS = [
    Bug("gradients of the states exchanged", "own_dprev + dprev", "dprev + own_dprev", LOWER | UPPER),
    Bug("layers walked upwards", "reversed(list(parts))", "list(parts)", LOWER | UPPER),
    Bug("nothing comes from above", "dy, own_dprev, own_grads =", "_, own_dprev, own_grads =", LOWER),
]

RESIDUAL_BUGS = [Bug("the skip has no gradient", "return dx + dy, dprev", "return dx, dprev", {"xs"})]

HIGHWAY_ARRAYS = {*ALL, "W_xg", "W_hg", "b_g"}
HIGHWAY_BUGS = [
    Bug("memory that passes by has no gradient", "through + d * (1 - g) for", "through for", HIGHWAY_ARRAYS),
    Bug("memory that passes by whole", "through + d * (1 - g) for", "through + d for", HIGHWAY_ARRAYS),
    Bug("no road to memory through the gate", "dh_prev + da @ W_hg.T", "dh_prev", HIGHWAY_ARRAYS),
    Bug("no road to the input through the gate", "dx + da @ W_xg.T", "dx", {"xs"}),
    Bug("g and 1 - g exchanged", "tuple(d * g for", "tuple(d * (1 - g) for", HIGHWAY_ARRAYS),
    Bug("sign of the gate", "d * (s - s_prev)", "d * (s_prev - s)", HIGHWAY_ARRAYS),
    Bug("slope of the gate forgotten", "da = dg * g * (1 - g)", "da = dg", HIGHWAY_ARRAYS),
]

LAG_ARRAYS = {*ALL, "lag2.h_0", "lag3.h_0"}
LAG_BUGS = [
    Bug("memories handed on have no gradient", "dstates[j] = dstates[j] + d", "pass", LAG_ARRAYS),
    Bug(
        "memories handed on a place too far",
        "enumerate(dremembered)",
        "enumerate(dremembered, 1)",
        LAG_ARRAYS,
    ),
    Bug(
        "older memories read without gradient",
        "[dprev[0], *dolder]",
        "[dprev[0], *(0 * d for d in dolder)]",
        LAG_ARRAYS,
    ),
]

CONCATENATED_ARRAYS = {*ALL, "clock_0", *(f"slot{i}.h_0" for i in range(1, 9))}
CONCATENATED_BUGS = [
    Bug("what is written has no gradient", "(d * here for", "(0 * d * here for", CONCATENATED_ARRAYS),
    Bug("slots have no memory", "*(a + b for a, b", "*(b for a, b", CONCATENATED_ARRAYS),
    Bug("slots are not read", "*(a + b for a, b", "*(a for a, b", CONCATENATED_ARRAYS),
    Bug("all slots count as the first", "(d * here for", "(d * now[0] for", CONCATENATED_ARRAYS),
    Bug("a time stays where it is", "(dlater + dnow)[:, 1:]", "(dlater + dnow)[:, :-1]", {"clock_0"}),
    Bug("a time counts although it is over", ", axis=1) - dnow", ", axis=1)", {"clock_0"}),
]

BEHIND = {f"backward.{name}" for name in PARAMS} | {"xs", "backward.h_0"}
WHOLE_BUGS = [
    Bug("gradient of the inputs not turned back", "dxs + turn(turned)", "dxs + turned", {"xs"}),
    Bug("inputs read forwards have no gradient", "dxs + turn(turned)", "turn(turned)", {"xs"}),
    Bug("gradient of the outputs not turned", "second.back(turn(behind)", "second.back(behind", BEHIND),
    Bug("final states of the ways exchanged", "turn(behind), ways[1])", "turn(behind), ways[0])", BEHIND),
]

# Where each list is planted, and what is then checked, made from the module with the bug in it.
ELSEWHERE: list[tuple[str, Callable[[ModuleType], Any], list[Bug]]] = [
    ("cells/gated", lambda m: m.LSTM(2, 4), LSTM_BUGS),
    ("cells/gated", lambda m: m.GRU(2, 4), GRU_BUGS),
    ("cells/wrappers", lambda m: m.Stacked([RNN(4, 4), RNN(4, 4)]), STACK_BUGS),
    ("cells/wrappers", lambda m: m.Residual(RNN(4, 4)), RESIDUAL_BUGS),
    ("cells/wrappers", lambda m: m.Highway(RNN(2, 4)), HIGHWAY_BUGS),
    ("cells/wrappers", lambda m: m.Lag(RNN(2 + 2 * 4, 4), 3), LAG_BUGS),
    ("cells/wrappers", lambda m: m.Concatenated(RNN(2 + 8 * 2, 2), 8), CONCATENATED_BUGS),
    ("whole", lambda m: m.Bidirectional(RNN(2, 4), RNN(2, 4)), WHOLE_BUGS),
]


def mutant(module: str, bug: Bug) -> ModuleType:
    """A copy of a module of the package with the bug in it; the real one stays as it is."""
    source = (COMPANION / f"{module}.py").read_text(encoding="utf-8")
    assert source.count(bug.right) == 1, f"{bug.right!r} must stand once in {module}.py"
    spec = importlib.util.spec_from_loader(f"mutant_{module}", loader=None)
    assert spec is not None
    copy = importlib.util.module_from_spec(spec)
    exec(compile(source.replace(bug.right, bug.wrong), f"{module}.py with a bug", "exec"), copy.__dict__)
    return copy
