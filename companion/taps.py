"""What the way back shows of itself: the size of the gradient at every step."""

import numpy as np

from companion._arrays import Array
from companion.cells.base import Part, State


class GradientNorms:
    """A tap for `run.back(dys, dstate, tap=...)` that keeps the norm of the gradient at every step.

    What it keeps is the gradient of the loss with respect to the state after each step, as it comes from
    later steps and from the final state; the step's own output is not in it. One tap serves one way back, and
    none of its results is there before: ValueError.
    """

    def __init__(self) -> None:
        self._squares: dict[int, Array] = {}

    def __call__(self, t: int, dstate: State) -> None:
        """Keep the gradient `dstate` with respect to the state after step t; t = -1 is the initial state."""
        if t in self._squares:
            raise ValueError(f"a tap serves one way back, got step {t} a second time; make a new one")
        self._squares[t] = np.stack([(d.astype(np.float64) ** 2).sum(axis=1) for d in dstate])

    @property
    def norms(self) -> Array:
        """(T + 1, N): the norm over all state arrays together; row 0 is the initial state, row t + 1 the
        state after step t."""
        norms: Array = np.sqrt(self._all().sum(axis=1))
        return norms

    def by_name(self, cell: Part) -> dict[str, Array]:
        """The same for each array of the state of `cell` by its own, {name: (T + 1, N)}."""
        return dict(zip(cell.state_names, np.sqrt(self._all()).swapaxes(0, 1), strict=True))

    def _all(self) -> Array:
        if -1 not in self._squares:
            raise ValueError("a tap is empty until a way back has passed it: run.back(dys, tap=tap)")
        return np.stack([self._squares[t] for t in sorted(self._squares)])
