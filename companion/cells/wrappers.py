"""Cells made of cells: a stack, a skip around a cell, a highway through time, and longer looks back."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Generic, TypeVar

import numpy as np

from companion._arrays import Array, Grads, Params, Shapes, expect_size
from companion.cells.base import Cell, Part, State, Step
from companion.cells.gated import sigmoid

P = TypeVar("P", bound=Part)


class Layers(Generic[P]):
    """The parameters and the memory of layers one above the other, each with its number, counted from 1.

    Parameters are `layer1.W_xh`, ..., `layer2.W_xh`, ...; the state is that of layer 1, then that of layer 2,
    and so on: `layer1.h`, `layer2.h`, ... Raises ValueError for an empty stack and where a layer does not
    read as many numbers as the one below shows.
    """

    def __init__(self, layers: Sequence[P]) -> None:
        self.layers = tuple(layers)
        _expect_chain(self.layers)
        self.input_size, self.hidden_size = self.layers[0].input_size, self.layers[-1].hidden_size
        self.state_names = tuple(
            f"layer{i}.{name}" for i, layer in self._numbered() for name in layer.state_names
        )

    @property
    def shapes(self) -> Shapes:
        """The shape of every parameter, by name."""
        return {f"layer{i}.{k}": shape for i, layer in self._numbered() for k, shape in layer.shapes.items()}

    def init(self, rng: np.random.Generator, dtype: Any = np.float64) -> Grads:
        """Draw the parameters of every layer, from the lowest up."""
        drawn = [(i, layer.init(rng, dtype)) for i, layer in self._numbered()]
        return {f"layer{i}.{name}": value for i, params in drawn for name, value in params.items()}

    def zero_state(self, N: int, dtype: Any = np.float64) -> State:
        """The empty memory of every layer."""
        return tuple(array for layer in self.layers for array in layer.zero_state(N, dtype))

    def _numbered(self) -> list[tuple[int, P]]:
        return list(enumerate(self.layers, start=1))


class Stacked(Layers[Cell]):
    """Cells one above the other: each reads, at the same step, what the one below it shows.

        y_t^(l), state_t^(l) = cell_l(y_t^(l-1), state_{t-1}^(l))        y_t^(0) = x_t        y_t = y_t^(L)

    Made as Stacked([cell_1, ..., cell_L]); names, shapes and errors are those of `Layers`.
    """

    def step(self, params: Params, x: Array, state: State) -> Step:
        """Go one step forward through all layers."""
        y, backs = x, []
        new: list[Array] = []
        for (i, cell), own in zip(self._numbered(), split(state, self.layers), strict=True):
            y, own_new, own_back = cell.step(under(f"layer{i}.", params), y, own)
            new += own_new
            backs.append(own_back)

        def back(dy: Array, dstate: State) -> tuple[Array, State, Grads]:
            dprev: State = ()
            grads = {}
            parts = zip(self._numbered(), backs, split(dstate, self.layers), strict=True)
            for (i, _), own_back, own_dstate in reversed(list(parts)):
                dy, own_dprev, own_grads = own_back(dy, own_dstate)
                dprev = own_dprev + dprev
                grads.update({f"layer{i}.{name}": grad for name, grad in own_grads.items()})
            return dy, dprev, grads

        return Step(y, tuple(new), back)


class Wrapper:
    """A cell around one other cell, with that cell's sizes, parameters and state unless it says otherwise."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.input_size, self.hidden_size = cell.input_size, cell.hidden_size
        self.state_names = cell.state_names

    @property
    def shapes(self) -> Shapes:
        """The shape of every parameter, by name."""
        return self.cell.shapes

    def init(self, rng: np.random.Generator, dtype: Any = np.float64) -> Grads:
        """Draw the parameters as the wrapped cell does."""
        return self.cell.init(rng, dtype)

    def zero_state(self, N: int, dtype: Any = np.float64) -> State:
        """The empty memory of the wrapped cell."""
        return self.cell.zero_state(N, dtype)


class Residual(Wrapper):
    """A skip around a cell (He et al., 2016): y_t = x_t + the cell's own output.

    Raises ValueError unless the cell shows as many numbers as it reads.
    """

    def __init__(self, cell: Cell) -> None:
        super().__init__(cell)
        if cell.input_size != cell.hidden_size:
            raise ValueError(
                f"a skip adds input and output: both must have the same size, "
                f"got {cell.input_size} and {cell.hidden_size}"
            )

    def step(self, params: Params, x: Array, state: State) -> Step:
        """Go one step forward."""
        y, new, own_back = self.cell.step(params, x, state)

        def back(dy: Array, dstate: State) -> tuple[Array, State, Grads]:
            dx, dprev, grads = own_back(dy, dstate)
            return dx + dy, dprev, grads

        return Step(x + y, new, back)


class Highway(Wrapper):
    """A direct connection through time beside a cell (after Srivastava et al., 2015).

        g_t = sigmoid(x_t W_xg + h_{t-1} W_hg + b_g)        s_t = g_t * s~_t + (1 - g_t) * s_{t-1}

    s~_t is what the cell makes of its state s_{t-1}, and every array of the state passes by the same gate;
    y_t = h_t, the first of them. W_xg (D, H), W_hg (H, H), b_g (H,) come beside the cell's own parameters.
    Raises ValueError for a cell that shows something else than the first array of its state.
    """

    def __init__(self, cell: Cell) -> None:
        super().__init__(cell)
        _expect_state_shown(cell, "a highway")
        if "W_xg" in cell.shapes:
            raise ValueError("a highway needs the names W_xg, W_hg and b_g, which the cell already has")

    @property
    def shapes(self) -> Shapes:
        """The shape of every parameter, by name."""
        D, H = self.input_size, self.hidden_size
        return {**self.cell.shapes, "W_xg": (D, H), "W_hg": (H, H), "b_g": (H,)}

    def init(self, rng: np.random.Generator, dtype: Any = np.float64) -> Grads:
        """Draw the cell's parameters, then those of the gate from (-1/sqrt(H), 1/sqrt(H))."""
        bound, own = self.hidden_size**-0.5, self.cell.init(rng, dtype)
        gate = {k: shape for k, shape in self.shapes.items() if k not in own}
        return {**own, **{k: rng.uniform(-bound, bound, shape).astype(dtype) for k, shape in gate.items()}}

    def step(self, params: Params, x: Array, state: State) -> Step:
        """Go one step forward."""
        W_xg, W_hg, b_g = params["W_xg"], params["W_hg"], params["b_g"]
        own = {name: params[name] for name in self.cell.shapes}
        y, made, own_back = self.cell.step(own, x, state)
        h_prev = state[0]
        g = sigmoid(x @ W_xg + h_prev @ W_hg + b_g)
        new = tuple(g * s + (1 - g) * s_prev for s, s_prev in zip(made, state, strict=True))

        def back(dy: Array, dstate: State) -> tuple[Array, State, Grads]:
            ds = (dy + dstate[0], *dstate[1:])
            dg = sum(d * (s - s_prev) for d, s, s_prev in zip(ds, made, state, strict=True))
            da = dg * g * (1 - g)
            dx, dprev, grads = own_back(np.zeros_like(y), tuple(d * g for d in ds))
            # The old state reaches the new one through the cell, past it, and through the gate.
            dh_prev, *others = (through + d * (1 - g) for through, d in zip(dprev, ds, strict=True))
            gate = {"W_xg": x.T @ da, "W_hg": h_prev.T @ da, "b_g": da.sum(axis=0)}
            return dx + da @ W_xg.T, (dh_prev + da @ W_hg.T, *others), {**grads, **gate}

        return Step(new[0], new, back)


class Lag(Wrapper):
    """A cell that looks back k steps: beside h_{t-1} it reads h_{t-2}, ..., h_{t-k}.

        y_t, state_t = cell([x_t  h_{t-2}  ...  h_{t-k}], state_{t-1})

    The older states join the input, so a cell of input size D + (k-1) H makes a Lag of input size D, and its
    last (k-1) H rows of W_xh are the weights of the older states. The state is the cell's own, then
    `lag2.h` (N, H) to `lagk.h`. Raises ValueError where the cell reads too few numbers for that, and for a
    cell that shows something else than the first array of its state.
    """

    def __init__(self, cell: Cell, k: int) -> None:
        super().__init__(cell)
        _expect_state_shown(cell, "a lag")
        self.k = expect_size("k", k)
        self.input_size = cell.input_size - (k - 1) * cell.hidden_size
        if self.input_size < 1:
            raise ValueError(
                f"a cell with {cell.hidden_size} units that looks back {k} steps must read at least "
                f"{(k - 1) * cell.hidden_size + 1} numbers, got input_size={cell.input_size}"
            )
        self.state_names = cell.state_names + tuple(f"lag{j}.h" for j in range(2, k + 1))

    def zero_state(self, N: int, dtype: Any = np.float64) -> State:
        """The empty memory of the wrapped cell, and k - 1 arrays (N, H) of zeros."""
        older = tuple(np.zeros((N, self.hidden_size), dtype) for _ in range(self.k - 1))
        return self.cell.zero_state(N, dtype) + older

    def step(self, params: Params, x: Array, state: State) -> Step:
        """Go one step forward."""
        own, older = split(state, [self.cell])[0], state[len(self.cell.state_names) :]
        y, new, own_back = self.cell.step(params, np.concatenate([x, *older], axis=1), own)
        remembered = (own[0], *older)[: self.k - 1]

        def back(dy: Array, dstate: State) -> tuple[Array, State, Grads]:
            dnew, dremembered = dstate[: len(new)], dstate[len(new) :]
            dx_all, dprev, grads = own_back(dy, dnew)
            dx, *dolder = np.split(dx_all, self._cuts(), axis=1)
            dstates = [dprev[0], *dolder]
            for j, d in enumerate(dremembered):  # each was also handed on, one place further
                dstates[j] = dstates[j] + d
            return dx, (dstates[0], *dprev[1:], *dstates[1:]), grads

        return Step(y, (*new, *remembered), back)

    def _cuts(self) -> list[int]:
        return [self.input_size + j * self.hidden_size for j in range(self.k - 1)]


class Concatenated(Wrapper):
    """A cell that reads all its earlier states side by side, each in a place of its own.

        y_t, state_t = cell([x_t  h_1  ...  h_{t-1}  0  ...  0], state_{t-1})

    Each of `steps` slots is zero until its step has written it. They join the input, so a cell of input size
    D + steps * H makes one of input size D. The state is the cell's own, then `clock` (N, steps), which has a
    one for every step taken, then `slot1.h` (N, H), `slot2.h`, ... Raises ValueError where the cell reads too
    few numbers for that, for a cell that shows something else than the first array of its state, and at a
    step for which no slot is left.
    """

    def __init__(self, cell: Cell, steps: int) -> None:
        super().__init__(cell)
        _expect_state_shown(cell, "a concatenation")
        self.steps = expect_size("steps", steps)
        self.input_size = cell.input_size - steps * cell.hidden_size
        if self.input_size < 1:
            raise ValueError(
                f"a cell with {cell.hidden_size} units and {steps} slots must read at least "
                f"{steps * cell.hidden_size + 1} numbers, got input_size={cell.input_size}"
            )
        slots = tuple(f"slot{i}.h" for i in range(1, steps + 1))
        self.state_names = (*cell.state_names, "clock", *slots)

    def zero_state(self, N: int, dtype: Any = np.float64) -> State:
        """The empty memory of the wrapped cell, a clock that has not begun, and empty slots."""
        slots = tuple(np.zeros((N, self.hidden_size), dtype) for _ in range(self.steps))
        return (*self.cell.zero_state(N, dtype), np.zeros((N, self.steps), dtype), *slots)

    def step(self, params: Params, x: Array, state: State) -> Step:
        """Go one step forward."""
        inner = len(self.cell.state_names)
        own, clock, slots = state[:inner], state[inner], state[inner + 1 :]
        if (clock[:, -1] == 1).any():
            raise ValueError(f"a sequence may have no more steps than there are slots, {self.steps}")
        y, new, own_back = self.cell.step(params, np.concatenate([x, *slots], axis=1), own)
        later = np.concatenate([np.ones_like(clock[:, :1]), clock[:, :-1]], axis=1)
        now = np.split(later - clock, self.steps, axis=1)  # a one at the slot of this step
        written = tuple(slot + here * new[0] for slot, here in zip(slots, now, strict=True))

        def back(dy: Array, dstate: State) -> tuple[Array, State, Grads]:
            dnew, dlater, dslots = dstate[:inner], dstate[inner], dstate[inner + 1 :]
            dh = sum((d * here for d, here in zip(dslots, now, strict=True)), start=dnew[0])
            dx_all, dprev, grads = own_back(dy, (dh, *dnew[1:]))
            dx, *dread = np.split(dx_all, self._cuts(), axis=1)
            dnow = np.stack([(d * new[0]).sum(axis=1) for d in dslots], axis=1)
            # A time on the clock moves on to the next place, and is taken away where this step writes.
            moved = (dlater + dnow)[:, 1:]
            dclock = np.concatenate([moved, np.zeros_like(clock[:, :1])], axis=1) - dnow
            return dx, (*dprev, dclock, *(a + b for a, b in zip(dslots, dread, strict=True))), grads

        return Step(y, (*new, later, *written), back)

    def _cuts(self) -> list[int]:
        return [self.input_size + i * self.hidden_size for i in range(self.steps)]


def _expect_chain(layers: Sequence[Part]) -> None:
    """Raise ValueError unless each layer reads as many numbers as the one below shows."""
    if not layers:
        raise ValueError("a stack must hold at least one layer, got none")
    for i, (below, layer) in enumerate(pairwise(layers), start=2):
        if layer.input_size != below.hidden_size:
            raise ValueError(
                f"layer {i} must read the {below.hidden_size} numbers that layer {i - 1} shows, "
                f"got input_size={layer.input_size}"
            )


def _expect_state_shown(cell: Cell, what: str) -> None:
    """Raise ValueError unless the cell's output is the first of several state arrays of one shape."""
    params = {name: np.zeros(shape) for name, shape in cell.shapes.items()}
    y, state, _ = cell.step(params, np.zeros((1, cell.input_size)), cell.zero_state(1))
    if y is not state[0] or any(array.shape != y.shape for array in state):
        raise ValueError(
            f"{what} needs a cell that shows the first array of its state, with all of them of one shape; "
            f"got {type(cell).__name__}"
        )


def under(prefix: str, arrays: Params) -> Grads:
    """The arrays whose names begin with `prefix`, without it."""
    return {k.removeprefix(prefix): value for k, value in arrays.items() if k.startswith(prefix)}


def split(state: State, layers: Sequence[Part]) -> list[State]:
    """The state of several layers, cut into that of each."""
    parts, start = [], 0
    for layer in layers:
        parts.append(state[start : start + len(layer.state_names)])
        start += len(layer.state_names)
    return parts
