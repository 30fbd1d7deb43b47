"""Bugs of what runs cells: the loop over time, masks, cells made of cells, and networks both ways in time."""

from planted.bugs import Area, Bug
from planted.cells import ALL, PARAMS, TORCH, UNIT, parity

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
    Bug(
        "the initial state is not used",
        "state = checked_state(cell, state, N, xs.dtype)",
        "state = checked_state(cell, None, N, xs.dtype)",
        {"h_0"},
    ),
    Bug(
        "every step begins from nothing",
        "step = cell.step(weights, xs[:, t], state)",
        "step = cell.step(weights, xs[:, t], cell.zero_state(N, xs.dtype))",
        ALL - {"W_hh"},
    ),
    Bug(
        "outputs in reverse order",
        "outputs = np.stack(ys, axis=1)",
        "outputs = np.stack(ys[::-1], axis=1)",
        ALL,
    ),
    Bug(
        "inputs read one step late",
        "step = cell.step(weights, xs[:, t], state)",
        "step = cell.step(weights, xs[:, t - 1], state)",
        {"xs"},
    ),
    Bug(
        "the input of the first step at every step",
        "step = cell.step(weights, xs[:, t], state)",
        "step = cell.step(weights, xs[:, 0], state)",
        {"xs"},
    ),
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
    Bug(
        "one step too few is real",
        "(np.arange(T)[:, None] < lengths)",
        "(np.arange(T)[:, None] < lengths - 1)",
        nets=TORCH,
    ),
    Bug(
        "one step too many is real",
        "(np.arange(T)[:, None] < lengths)",
        "(np.arange(T)[:, None] <= lengths)",
        nets=TORCH,
    ),
    Bug(
        "padding in front",
        "(np.arange(T)[:, None] < lengths)",
        "(np.arange(T)[:, None] >= T - lengths)",
        nets=TORCH,
    ),
    Bug("outputs of padded steps are shown", "ys.append(keep(t, step.y, 0))", "ys.append(step.y)", ALL),
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
DROPPED = "Network(Dropping(Deep([RNN(2, 4), RNN(4, 4)], 0.5)))"
WHOLE_BUGS = [
    Bug("gradient of the inputs not turned back", "dxs + turn(turned)", "dxs + turned", {"xs"}),
    Bug("inputs read forwards have no gradient", "dxs + turn(turned)", "turn(turned)", {"xs"}),
    Bug("gradient of the outputs not turned", "second.back(turn(behind)", "second.back(behind", BEHIND),
    Bug("final states of the ways exchanged", "turn(behind), ways[1])", "turn(behind), ways[0])", BEHIND),
    Bug("dropped numbers have a gradient", "dys = dxs * masks[i - 1]", "dys = dxs", LOWER, on=DROPPED),
    Bug("what is kept is not scaled up", "kept /= 1 - self.dropout", "pass", nets=UNIT, on=DROPPED),
    Bug(
        "as many kept as should be dropped",
        ">= self.dropout)",
        "< self.dropout)",
        nets=UNIT,
        on="Network(Dropping(Deep([RNN(2, 4), RNN(4, 4)], 0.2)))",
    ),
    Bug("the inputs are dropped too", "rng if i > 1 else None", "rng", nets=UNIT, on=DROPPED),
]

WRAPPERS, SCAN = ("tests/test_cells_wrappers.py",), ("tests/test_scan.py", "tests/test_taps.py")


def wrapped(title: str, made: str, bugs: list[Bug], frameworks: tuple[str, ...] = ()) -> Area:
    return Area(title, "cells/wrappers", f"Network({made})", bugs, WRAPPERS, frameworks)


MASKED = "Network(RNN(2, 4), lengths=[5, 2, 3])"
AREAS = [
    Area("The loop over time", "scan", "Network(RNN(2, 4))", SCAN_BUGS, SCAN, parity("RNN")),
    Area("Sequences of different lengths", "scan", MASKED, MASK_BUGS, SCAN, parity("RNN")),
    wrapped("A stack", "Stacked([RNN(4, 4), RNN(4, 4)])", STACK_BUGS, parity("stack of RNNs")),
    wrapped("A skip", "Residual(RNN(4, 4))", RESIDUAL_BUGS),
    wrapped("A highway", "Highway(RNN(2, 4))", HIGHWAY_BUGS),
    wrapped("A longer look back", "Lag(RNN(2 + 2 * 4, 4), 3)", LAG_BUGS),
    wrapped("All earlier states", "Concatenated(RNN(2 + 8 * 2, 2), 8)", CONCATENATED_BUGS),
    Area(
        "Both ways and deep",
        "whole",
        "Network(Bidirectional(RNN(2, 4), RNN(2, 4)))",
        WHOLE_BUGS,
        ("tests/test_whole.py",),
        parity("LSTM both ways"),
    ),
]
