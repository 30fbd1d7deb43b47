"""The five networks, stated once for PyTorch and TensorFlow.

At step t the recurrent convolution adds what it sees of picture x_t and of earlier states,
z_t = W_xh * x_t + W_hh * s_{t-1}, and leaves a state s_t in a record. The record is what the published
programs go wrong with: `Reading` says when it is read, and whether gradients go through it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from companion._arrays import Array
from companion.variants.readings import Reading, lag_of
from companion.variants.weights import CHANNELS, JOINED, SLOTS

STEPS = 4
Tensor = Any  # of either framework
Weights = Mapping[str, Tensor]
Record = Sequence[Tensor | None]  # a state (N, s, s, C) for each slot, None where nothing was written


class Ops(Protocol):
    """What `forward` asks of a framework; pictures and states are (N, height, width, channels)."""

    def conv(self, x: Tensor, w: Tensor, padding: str = "same") -> Tensor: ...
    def elu(self, x: Tensor) -> Tensor: ...
    def tanh(self, x: Tensor) -> Tensor: ...
    def matmul(self, x: Tensor, w: Tensor) -> Tensor: ...
    def reshape(self, x: Tensor, shape: tuple[int, ...]) -> Tensor: ...
    def concat(self, xs: Sequence[Tensor]) -> Tensor: ...
    def halve(self, x: Tensor) -> Tensor: ...
    def average(self, x: Tensor) -> Tensor: ...
    def stop(self, x: Tensor) -> Tensor: ...


def empty_record(variant: str, N: int, zeros: bool = False) -> list[Array | None]:
    """A record before the first minibatch: one slot for each state that exists before the first step, and
    one for each step. Empty slots are None, which counts as zero, or, if asked for, arrays of zeros."""
    edge = 26 if variant == "multi-stream" else 28
    channels = JOINED if variant == "concatenated" else CHANNELS
    slots = STEPS + lag_of(variant)
    return [np.zeros((N, edge, edge, channels), np.float32) if zeros else None for _ in range(slots)]


def forward(
    ops: Ops,
    variant: str,
    reading: Reading,
    weights: Weights,
    seen: Tensor,
    record: Record | None = None,
    copies: list[Tensor] | None = None,
) -> tuple[Tensor, list[Tensor | None]]:
    """The scores (N, 10) of the digits, and the record as this minibatch leaves it, cut off from gradients.

    seen      what `inputs` makes of the pictures
    record    as the minibatch before left it; not used where the reading's record is fresh
    copies    a list to which the dead internal convolutions of the published program append what they make
    """
    k = lag_of(variant)
    before: list[Tensor | None] = [None] * (STEPS + k)
    if record is not None and reading.record != "fresh":
        before = list(record)
    slots = list(before)
    read = before if reading.record == "stale" else slots
    for t, x in enumerate(_pictures(ops, variant, reading, weights, seen)):
        z = ops.conv(x, weights["W_xh"])
        for state, kernel in _recurrent(ops, variant, weights, read, t):
            z = z + ops.conv(state, kernel)
        state = ops.elu(z) if reading.activated else z
        if variant == "internal-convolution" and t < STEPS - 1:
            if reading.internal:
                state = ops.elu(ops.conv(ops.elu(z), weights[f"internal{t + 1}"]))
            elif copies is not None:
                copies.append(ops.elu(ops.elu(ops.conv(ops.elu(z), weights[f"internal{t + 1}"]))))
        slots[t + k] = state if reading.through_time else ops.stop(state)
    scores = trunk(ops, weights, ops.elu(z))
    return scores, [None if state is None else ops.stop(state) for state in slots]


def _pictures(ops: Ops, variant: str, reading: Reading, weights: Weights, seen: Tensor) -> list[Tensor]:
    """The picture that each step reads: four versions, or two convolutions and two dense layers of one."""
    if variant != "multi-stream":
        return [seen[t] for t in range(STEPS)]
    flat = ops.reshape(seen, (-1, 784))

    def stream(number: int) -> Tensor:
        w = weights[f"stream{number}"]
        if number % 2:
            return ops.elu(ops.conv(seen, w, "valid"))
        return ops.reshape(ops.tanh(ops.matmul(flat, w)), (-1, 26, 26, 1))

    read = (1, 2, 3, 4) if reading.all_streams else (1, 1, 2, 3)
    made = {number: stream(number) for number in set(read)}
    return [made[number] for number in read]


def _recurrent(
    ops: Ops, variant: str, weights: Weights, slots: Record, t: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """The earlier states that step t reads, each with its kernel; empty ones are left out."""
    if variant == "concatenated":
        filled = [i for i in range(SLOTS) if slots[i] is not None]
        if filled:  # a run of neighbours, since they are written in order
            rows = slice(JOINED * filled[0], JOINED * (filled[-1] + 1))
            columns = slice(JOINED * t, JOINED * (t + 1))
            yield ops.concat([slots[i] for i in filled]), weights["W_hh"][:, :, rows, columns]
        return
    k = lag_of(variant)
    for j in range(1, k + 1):
        state = slots[t + k - j]
        if state is not None:
            yield state, weights["W_hh" if j == 1 else f"W_hh{j}"]


def trunk(ops: Ops, weights: Weights, x: Tensor) -> Tensor:
    """Ten scores (N, 10) from a state x (N, height, width, channels), as all five networks make them.

    Three convolutions, the first two followed by averages over 2 x 2, and the average over the picture.
    """
    x = ops.halve(ops.elu(ops.conv(x, weights["trunk1"])))
    x = ops.halve(ops.elu(ops.conv(x, weights["trunk2"])))
    return ops.average(ops.elu(ops.conv(x, weights["trunk3"])))
