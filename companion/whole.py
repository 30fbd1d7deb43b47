"""Networks that need the whole sequence before they can answer: both ways in time, and layer by layer.

A cell goes forward step by step. What is here goes along the sequence more than once, each time by
`companion.scan`, and is run by its own method `run`, which takes and returns what `scan` does (its way back
takes no tap).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from companion._arrays import Array, Grads, Params, Shapes, expect_params, expect_shape
from companion.cells.base import Cell, State
from companion.cells.wrappers import Layers, split, under
from companion.scan import Run, checked_state, scan


class Whole(ABC):
    """What reads whole sequences: sizes, names, parameters and memory as a cell has them, and `run`."""

    input_size: int
    hidden_size: int
    state_names: tuple[str, ...]

    @property
    @abstractmethod
    def shapes(self) -> Shapes: ...
    @abstractmethod
    def init(self, rng: np.random.Generator, dtype: Any = np.float64) -> Grads: ...
    @abstractmethod
    def zero_state(self, N: int, dtype: Any = np.float64) -> State: ...
    @abstractmethod
    def run(
        self, params: Params, xs: Array, state: State | None = None, lengths: ArrayLike | None = None
    ) -> Run: ...


class Bidirectional(Whole):
    """Two cells, one that reads each sequence forwards and one that reads it backwards (Schuster and Paliwal,
    1997).

    At every step the outputs of both stand side by side: ys (N, T, H_forward + H_backward). Parameters and
    states are named `forward.W_xh`, `backward.W_xh`, `forward.h`, `backward.h` and so on. A sequence of given
    length is turned round within that length. Raises ValueError where the cells read different sizes.
    """

    def __init__(self, forward: Cell, backward: Cell) -> None:
        if forward.input_size != backward.input_size:
            raise ValueError(
                f"both cells must read inputs of the same size, got {forward.input_size} and "
                f"{backward.input_size}"
            )
        self.cells = {"forward": forward, "backward": backward}
        self.input_size = forward.input_size
        self.hidden_size = forward.hidden_size + backward.hidden_size
        self.state_names = tuple(f"{way}.{k}" for way, cell in self.cells.items() for k in cell.state_names)

    @property
    def shapes(self) -> Shapes:
        """The shape of every parameter, by name."""
        return {f"{way}.{k}": shape for way, cell in self.cells.items() for k, shape in cell.shapes.items()}

    def init(self, rng: np.random.Generator, dtype: Any = np.float64) -> Grads:
        """Draw the parameters of the forward cell, then those of the backward cell."""
        drawn = [(way, cell.init(rng, dtype)) for way, cell in self.cells.items()]
        return {f"{way}.{name}": value for way, params in drawn for name, value in params.items()}

    def zero_state(self, N: int, dtype: Any = np.float64) -> State:
        """The empty memory of both cells."""
        return tuple(array for cell in self.cells.values() for array in cell.zero_state(N, dtype))

    def run(
        self, params: Params, xs: Array, state: State | None = None, lengths: ArrayLike | None = None
    ) -> Run:
        """Run both cells along xs (N, T, D); see `companion.scan.scan` for arguments and errors."""
        expect_shape("xs", xs, "N", "T", self.input_size)
        expect_params(params, self.shapes, xs.dtype)
        forward, backward = self.cells.values()
        N, T, _ = xs.shape
        ahead, behind = split(checked_state(self, state, N, xs.dtype), (forward, backward))
        first = scan(forward, under("forward.", params), xs, ahead, lengths)
        turn = _turner(lengths, N, T)
        second = scan(backward, under("backward.", params), turn(xs), behind, lengths)

        def back(dys: Array, dstate: State | None = None) -> tuple[Array, State, Grads]:
            expect_shape("dys", dys, N, T, self.hidden_size)
            ways = split(checked_state(self, dstate, N, xs.dtype, "d"), (forward, backward))
            ahead, behind = np.split(dys, [forward.hidden_size], axis=2)
            dxs, dstate0, grads = first.back(ahead, ways[0])
            turned, dstate0_behind, grads_behind = second.back(turn(behind), ways[1])
            named = {f"forward.{k}": g for k, g in grads.items()}
            named.update({f"backward.{k}": g for k, g in grads_behind.items()})
            return dxs + turn(turned), dstate0 + dstate0_behind, named

        return Run(np.concatenate([first.ys, turn(second.ys)], axis=2), first.state + second.state, back)


class Deep(Layers[Cell | Whole], Whole):
    """Layers one above the other, each run along the whole sequence before the next one starts.

    Of cells alone it computes what `Stacked` does, in another order; and its layers may be bidirectional.
    `dropout` is the share of the numbers between two layers that a training run sets to zero, drawn anew for
    every sequence and step, the others being divided by 1 - dropout (Srivastava et al., 2014). Names, shapes
    and errors are those of `companion.cells.wrappers.Layers`; ValueError for a share outside [0, 1).
    """

    def __init__(self, layers: Sequence[Cell | Whole], dropout: float = 0.0) -> None:
        super().__init__(layers)
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must lie in [0, 1), got {dropout}")
        self.dropout = dropout

    def run(
        self,
        params: Params,
        xs: Array,
        state: State | None = None,
        lengths: ArrayLike | None = None,
        rng: np.random.Generator | None = None,
    ) -> Run:
        """Run all layers along xs (N, T, D). Numbers are dropped only where an `rng` is given."""
        expect_shape("xs", xs, "N", "T", self.input_size)
        expect_params(params, self.shapes, xs.dtype)
        states = split(checked_state(self, state, len(xs), xs.dtype), self.layers)
        ys, runs, masks = xs, [], []
        for (i, layer), own in zip(self._numbered(), states, strict=True):
            masks.append(self._mask(ys, rng if i > 1 else None))
            done = run(layer, under(f"layer{i}.", params), ys * masks[-1], own, lengths)
            runs.append(done)
            ys = done.ys

        def back(dys: Array, dstate: State | None = None) -> tuple[Array, State, Grads]:
            dstates = split(checked_state(self, dstate, len(xs), xs.dtype, "d"), self.layers)
            dstate0: State = ()
            grads = {}
            for i, own_dstate in reversed(list(enumerate(dstates, start=1))):
                dxs, own_dstate0, own_grads = runs[i - 1].back(dys, own_dstate)
                dys = dxs * masks[i - 1]
                dstate0 = own_dstate0 + dstate0
                grads.update({f"layer{i}.{name}": grad for name, grad in own_grads.items()})
            return dys, dstate0, grads

        return Run(ys, tuple(array for done in runs for array in done.state), back)

    def _mask(self, ys: Array, rng: np.random.Generator | None) -> Array:
        if rng is None or self.dropout == 0:
            return np.ones((), ys.dtype)
        kept: Array = (rng.random(ys.shape) >= self.dropout).astype(ys.dtype)
        kept /= 1 - self.dropout
        return kept


def run(
    layer: Cell | Whole,
    params: Params,
    xs: Array,
    state: State | None = None,
    lengths: ArrayLike | None = None,
) -> Run:
    """Run a cell by `scan`, anything else by its own `run`."""
    if isinstance(layer, Whole):
        return layer.run(params, xs, state, lengths)
    return scan(layer, params, xs, state, lengths)


def _turner(lengths: ArrayLike | None, N: int, T: int) -> Callable[[Array], Array]:
    """turn(a) reverses each sequence of a (N, T, ...) within its length; done twice it undoes itself."""
    if lengths is None:
        return lambda a: a[:, ::-1]
    steps, ends = np.arange(T), np.asarray(lengths)[:, None]
    order = np.where(steps < ends, ends - 1 - steps, steps)
    return lambda a: np.take_along_axis(a, order[:, :, None], axis=1)
