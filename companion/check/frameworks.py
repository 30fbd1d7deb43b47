"""Checkers for the exercises of the chapter on PyTorch and Keras.

The mistakes are those that shapes do not reveal: a square matrix left untransposed, a second bias dropped, a
layer started from another's last state, the backward half of a bidirectional layer read at the wrong end.
"""

from collections.abc import Callable

import numpy as np

from companion._arrays import Array, Grads
from companion.cells import RNN
from companion.check import Exercise, Inputs
from companion.check.choices import Choices
from companion.scan import scan

# Out of PyTorch: from_torch(weight_ih, weight_hh, bias_ih, bias_hh) -> W_xh, W_hh, b_h

Arrays = tuple[Array, ...]


def _from_torch(weight_ih: Array, weight_hh: Array, bias_ih: Array, bias_hh: Array) -> Arrays:
    return weight_ih.T, weight_hh.T, bias_ih + bias_hh


def _torch_arrays(rng: np.random.Generator) -> Inputs:
    shapes = {"weight_ih": (3, 2), "weight_hh": (3, 3), "bias_ih": (3,), "bias_hh": (3,)}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def _in_part(W_xh: bool, W_hh: bool, b_h: Callable[[Array, Array], Array]) -> Callable[..., Arrays]:
    """A `from_torch` that transposes only the matrices named, and makes b_h of the two biases as it likes."""

    def attempt(weight_ih: Array, weight_hh: Array, bias_ih: Array, bias_hh: Array) -> Arrays:
        return (
            weight_ih.T if W_xh else weight_ih,
            weight_hh.T if W_hh else weight_hh,
            b_h(bias_ih, bias_hh),
        )

    return attempt


_UNTURNED = {
    "W_xh is not transposed: it must be (D, H), PyTorch's weight_ih is (H, D)": (False, True),
    "W_hh is not transposed: it is square, so its shape cannot tell, but its numbers can": (True, False),
    "neither matrix is transposed: in PyTorch a row belongs to a unit, here a column does": (False, False),
}
_BIASES: dict[str, Callable[[Array, Array], Array]] = {
    "": lambda b_ih, b_hh: b_ih + b_hh,
    "bias_hh is dropped: b_h is the sum of both biases": lambda b_ih, b_hh: b_ih,
    "bias_ih is dropped: b_h is the sum of both biases": lambda b_ih, b_hh: b_hh,
    "b_h is the mean of the biases; they are added": lambda b_ih, b_hh: (b_ih + b_hh) / 2,
    "the biases are laid side by side; they are added, so that b_h is (H,)": (
        lambda b_ih, b_hh: np.concatenate([b_ih, b_hh])
    ),
}
_MISTAKES = {
    "; and ".join(filter(None, (turned, bias))) + ".": _in_part(*which, b_h)
    for turned, which in {"": (True, True), **_UNTURNED}.items()
    for bias, b_h in _BIASES.items()
    if turned or bias
}

from_torch = Exercise("from_torch", _from_torch, _torch_arrays, _MISTAKES, results=("W_xh", "W_hh", "b_h"))


# Two layers: stacked(xs, first, second) -> output (N, T, H), h_n (2, N, H)


def _stacked(
    xs: Array,
    first: Grads,
    second: Grads,
    carry: bool = False,
    read: Callable[[Array], Array] = lambda lower: lower,
) -> tuple[Array, Array]:
    """Two layers; if `carry`, the second starts from the last state of the first. It reads `read(states)`."""
    lower = scan(RNN(*first["W_xh"].shape), first, xs)
    state = lower.state if carry else None
    upper = scan(RNN(*second["W_xh"].shape), second, read(lower.ys), state)
    return upper.ys, np.stack([lower.state[0], upper.state[0]])


def _two_layers(rng: np.random.Generator) -> Inputs:
    # As many inputs as units: then the wrong layer's weights, and the inputs in the place of states, fit too.
    weights = [{k: rng.normal(size=shape) for k, shape in RNN(3, 3).shapes.items()} for _ in range(2)]
    return {"xs": rng.normal(size=(2, 4, 3)), "first": weights[0], "second": weights[1]}


def _beside(xs: Array, first: Grads, second: Grads) -> tuple[Array, Array]:
    one, two = (scan(RNN(*params["W_xh"].shape), params, xs) for params in (first, second))
    return two.ys, np.stack([one.state[0], two.state[0]])


def _changed(change: Callable[[Array, Array], tuple[Array, Array]]) -> Callable[..., tuple[Array, Array]]:
    return lambda xs, first, second: change(*_stacked(xs, first, second))


stacked = Exercise(
    "stacked",
    _stacked,
    _two_layers,
    {
        "the second layer starts from the last state of the first; each starts from zeros of its own.": (
            lambda xs, first, second: _stacked(xs, first, second, carry=True)
        ),
        "both layers read xs; the second reads the states of the first.": _beside,
        "the second layer reads only the last state of the first, at every step; "
        "at step t it reads the state of step t.": (
            lambda xs, first, second: _stacked(
                xs, first, second, read=lambda ys: np.repeat(ys[:, -1:], ys.shape[1], axis=1)
            )
        ),
        "both layers have the weights of the first.": lambda xs, first, _: _stacked(xs, first, first),
        "the layers are in the wrong order: `first` reads xs.": (
            lambda xs, first, second: _stacked(xs, second, first)
        ),
        "h_n holds the last state of the second layer only; it has one for each layer, (2, N, H).": _changed(
            lambda output, h_n: (output, h_n[1])
        ),
        "h_n holds the last state of the second layer only, with an axis for the layers; "
        "it has one for each layer, (2, N, H).": _changed(lambda output, h_n: (output, h_n[1:])),
        "h_n has the batch first; the layers come first, (2, N, H).": _changed(
            lambda output, h_n: (output, h_n.swapaxes(0, 1))
        ),
        "h_n has the layers in the wrong order: the first layer comes first.": _changed(
            lambda output, h_n: (output, h_n[::-1])
        ),
        "output holds the states of the first layer; it holds those of the second.": (
            lambda xs, first, second: (
                scan(RNN(*first["W_xh"].shape), first, xs).ys,
                _stacked(xs, first, second)[1],
            )
        ),
    },
    results=("output", "h_n"),
)


# The states that have read everything: final_states(output, lengths) -> (N, 2H)


def _final(output: Array, lengths: Array, there: Array | int, back: Array | int) -> Array:
    """The forward half of each sequence at step `there`, beside the backward half at step `back`."""
    rows, H = np.arange(len(output)), output.shape[-1] // 2
    return np.concatenate([output[rows, there, :H], output[rows, back, H:]], axis=1)


def _both_ways(rng: np.random.Generator) -> Inputs:
    # Drawn as any numbers: what to pick depends on the places alone, and so no two places look alike. No
    # sequence is as long as T, so that one step too far can be taken.
    return {"output": rng.normal(size=(4, 6, 4)), "lengths": rng.permutation(np.arange(2, 6))}


final_states = Exercise(
    "final_states",
    lambda output, lengths: _final(output, lengths, lengths - 1, 0),
    _both_ways,
    {
        "this is output[:, -1]: there the forward half stands in the padding, and the backward half "
        "has not begun.": lambda output, lengths: output[:, -1],
        "the backward half is read at its last real step, where it has read one input only; "
        "it has read everything at step 0.": lambda output, lengths: _final(
            output, lengths, lengths - 1, lengths - 1
        ),
        "the backward half is read at step T - 1, in the padding; it has read everything at step 0.": (
            lambda output, lengths: _final(output, lengths, lengths - 1, -1)
        ),
        "the forward half is read at step T - 1, in the padding; its last real step is lengths - 1.": (
            lambda output, lengths: _final(output, lengths, -1, 0)
        ),
        "the forward half is read one step too far: the last of `lengths` steps has the index "
        "lengths - 1.": lambda output, lengths: _final(output, lengths, lengths, 0),
        "the forward half is read at step 0, where it has read one input only.": (
            lambda output, lengths: _final(output, lengths, 0, 0)
        ),
        "the two halves are in the wrong order: the forward half comes first.": (
            lambda output, lengths: np.roll(
                _final(output, lengths, lengths - 1, 0), output.shape[-1] // 2, axis=1
            )
        ),
        "the two halves are mistaken for one another: the first H columns are the forward half.": (
            lambda output, lengths: _final(output, lengths, 0, lengths - 1)
        ),
        "every sequence is paired with every length: pair np.arange(N) with lengths - 1.": (
            lambda output, lengths: np.concatenate(
                [
                    output[:, lengths - 1, : output.shape[-1] // 2],
                    np.repeat(output[:, :1, output.shape[-1] // 2 :], len(lengths), axis=1),
                ],
                axis=-1,
            )
        ),
    },
)


# Counting: torch_parameters(D, H, layers, directions) -> number of weights and biases


def _count(D: int, H: int, layers: int, directions: int, biases: int = 2, read: int | None = None) -> int:
    """The numbers of a stack; each layer above the first reads `read` numbers a step."""
    above = directions * H if read is None else read
    return directions * sum(inputs * H + H * H + biases * H for inputs in (D, *[above] * (layers - 1)))


torch_parameters = Exercise(
    "torch_parameters",
    _count,
    lambda rng: {
        "D": int(rng.integers(2, 5)),
        "H": int(rng.integers(5, 9)),
        "layers": int(rng.integers(1, 4)),
        "directions": int(rng.integers(1, 3)),
    },
    {
        "one bias is missing: PyTorch keeps two of H numbers for each layer and direction.": (
            lambda D, H, layers, directions: _count(D, H, layers, directions, biases=1)
        ),
        "the biases are missing: PyTorch keeps two of H numbers for each layer and direction.": (
            lambda D, H, layers, directions: _count(D, H, layers, directions, biases=0)
        ),
        "every layer is counted as if it read D inputs; the layers above the first read states.": (
            lambda D, H, layers, directions: _count(D, H, layers, directions, read=D)
        ),
        "the layers above the first read both halves of the one below, directions * H numbers.": (
            lambda D, H, layers, directions: _count(D, H, layers, directions, read=H)
        ),
        "only one layer is counted.": lambda D, H, layers, directions: _count(D, H, 1, directions),
        "only one direction is counted.": lambda D, H, layers, directions: _count(D, H, layers, 1),
        "the two directions have weights of their own; the count of one must be doubled.": (
            lambda D, H, layers, directions: _count(D, H, layers, directions) // directions
        ),
    },
    trials=8,
)


# Error, silence or right? error_silent_or_right() -> {number of the input: what PyTorch does with it}

_ONE_SEQUENCE = "two axes are one sequence without a batch; its steps would have six numbers, and D is 2."
_STATE = "the state must be (1, N, H), and both N and H are known by then: this is checked."

error_silent_or_right = Choices(
    name="error_silent_or_right",
    right={1: "right", 2: "silent", 3: "error", 4: "silent", 5: "error"},
    options=("error", "silent", "right"),
    mistakes={
        (1, "error"): "three axes, the last of them D = 2: there is nothing to object to.",
        (1, "silent"): "batch_first is not set, so that three steps of five sequences is what it reads.",
        (2, "error"): "the last axis is D = 2, and that is all that can be checked.",
        (2, "right"): "batch_first is not set: it reads five steps of three sequences.",
        (3, "silent"): _ONE_SEQUENCE,
        (3, "right"): _ONE_SEQUENCE,
        (4, "error"): "two axes are allowed: they are one sequence without a batch.",
        (4, "right"): "it reads one sequence of fifteen steps; each of the five starts from the one before.",
        (5, "silent"): _STATE,
        (5, "right"): _STATE,
    },
)
