"""What every cell has in common: the form of a step, and the parameters of a cell with its own weights."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np

from companion._arrays import Array, Grads, Params, Shapes, expect_shape, expect_size

State = tuple[Array, ...]
Back = Callable[[Array, State], tuple[Array, State, Grads]]


class Step(NamedTuple):
    """One step of a cell: its output, its new state, and the way back.

    y      (N, H): what the cell shows to the outside at this step.
    state  tuple of (N, H): what the cell hands to its next step.
    back   back(dy, dstate) -> (dx, dstate_prev, grads): from the gradients of the loss with respect to `y`
           and to the new state, those with respect to the step's input, its old state, and every parameter.
    """

    y: Array
    state: State
    back: Back


class Part(Protocol):
    """What all recurrent networks have, whether they go step by step or read whole sequences."""

    input_size: int
    hidden_size: int
    state_names: tuple[str, ...]

    @property
    def shapes(self) -> Shapes: ...
    def init(self, rng: np.random.Generator, dtype: Any = np.float64) -> Grads: ...
    def zero_state(self, N: int, dtype: Any = np.float64) -> State: ...


class Cell(Part, Protocol):
    """What `scan` and `gradcheck` ask of a cell."""

    def step(self, params: Params, x: Array, state: State) -> Step: ...


class Basic:
    """The parameters and the memory of a cell that computes `gates` sums of H numbers side by side.

    W_xh (D, G*H), W_hh (H, G*H), b_h (G*H,), where D is `input_size`, H is `hidden_size` and G is `gates`.
    Raises TypeError or ValueError where a size is not an integer of at least 1.
    """

    gates = 1
    state_names: tuple[str, ...] = ("h",)

    def __init__(self, input_size: int, hidden_size: int) -> None:
        self.input_size = expect_size("input_size", input_size)
        self.hidden_size = expect_size("hidden_size", hidden_size)

    @property
    def shapes(self) -> Shapes:
        """The shape of every parameter, by name."""
        D, H, G = self.input_size, self.hidden_size, self.gates
        return {"W_xh": (D, G * H), "W_hh": (H, G * H), "b_h": (G * H,)}

    def init(self, rng: np.random.Generator, dtype: Any = np.float64) -> Grads:
        """Draw every parameter uniformly from (-1/sqrt(H), 1/sqrt(H)), as the layers of `torch.nn` do."""
        bound = self.hidden_size**-0.5
        return {name: rng.uniform(-bound, bound, shape).astype(dtype) for name, shape in self.shapes.items()}

    def zero_state(self, N: int, dtype: Any = np.float64) -> State:
        """The empty memory before the first step: an (N, H) array of zeros for each of `state_names`."""
        return tuple(np.zeros((N, self.hidden_size), dtype) for _ in self.state_names)

    def _blocks(self, a: Array) -> list[Array]:
        """The sums of each gate, (N, H), out of those of all gates side by side."""
        H = self.hidden_size
        return [a[:, g * H : (g + 1) * H] for g in range(self.gates)]

    def _expect(self, x: Array, state: State) -> None:
        expect_shape("x", x, "N", self.input_size)
        for name, value in zip(self.state_names, state, strict=True):
            expect_shape(name, value, len(x), self.hidden_size)
