"""Bugs to plant: one line of the package changed, as people have changed it in published code.

Each is given as the line as it is, the line as it would be wrong, and the arrays whose gradients it spoils. A
line that is not found fails the test, so that the bugs stay in step with the code.
"""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

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


def mutant(module: str, bug: Bug) -> ModuleType:
    """A copy of a module of the package with the bug in it; the real one stays as it is."""
    source = (COMPANION / f"{module}.py").read_text(encoding="utf-8")
    assert source.count(bug.right) == 1, f"{bug.right!r} must stand once in {module}.py"
    spec = importlib.util.spec_from_loader(f"mutant_{module}", loader=None)
    assert spec is not None
    copy = importlib.util.module_from_spec(spec)
    exec(compile(source.replace(bug.right, bug.wrong), f"{module}.py with a bug", "exec"), copy.__dict__)
    return copy
