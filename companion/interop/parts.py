"""A network of the course taken apart into its cells, and put together from them.

A network is rows of cells, one row a layer: one cell in a row that reads forwards only, two (forwards, then
backwards) in a row that reads both ways.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from companion._arrays import Grads, Params, expect_floats, expect_params
from companion.cells import GRU, LSTM, RNN, Activation, Cell, Stacked
from companion.cells.wrappers import under
from companion.whole import Bidirectional, Deep, Whole

Basic = RNN | LSTM | GRU


class Part(NamedTuple):
    """A cell of a network with the parameters that are its own."""

    cell: Basic
    params: Grads


def take_apart(network: Cell | Whole, params: Params) -> tuple[list[list[Part]], "np.dtype[Any]"]:
    """Return (rows, dtype) of a cell, a stack of cells or a network both ways in time.

    Raises TypeError for any other network, and whatever is wrong with the parameters.
    """
    if not hasattr(network, "shapes"):
        raise TypeError(f"network must be a cell or a network of cells, got {type(network).__name__}")
    expect_params(params, network.shapes)
    first = next(iter(params.values()))
    for name, value in params.items():
        expect_floats(name, value, first.dtype)
    return [_row(layer, own) for layer, own in _layers(network, params)], first.dtype


def put_together(rows: Sequence[Sequence[Part]], dropout: float = 0.0) -> tuple[Any, Grads]:
    """Return (network, params): a cell, Bidirectional, Stacked or Deep, the simplest that has these rows."""
    layers = [_layer(row) for row in rows]
    if len(layers) == 1:
        return layers[0]
    networks = [network for network, _ in layers]
    params = {
        f"layer{i}.{name}": value for i, (_, own) in enumerate(layers, 1) for name, value in own.items()
    }
    both_ways = any(isinstance(network, Bidirectional) for network in networks)
    return Deep(networks, dropout) if both_ways or dropout else Stacked(networks), params


def name_of(activation: Activation, names: dict[str, Activation], where: str) -> str:
    """What a framework calls an activation of the course; ValueError where it has none such."""
    for name, known in names.items():
        if known is activation:
            return name
    raise ValueError(f"activation must be one of {', '.join(names)} in {where}, got {activation.name}")


def _layers(network: Cell | Whole, params: Params) -> list[tuple[Cell | Whole, Params]]:
    if isinstance(network, Stacked | Deep):
        return [(layer, under(f"layer{i}.", params)) for i, layer in enumerate(network.layers, start=1)]
    return [(network, params)]


def _row(layer: Cell | Whole, params: Params) -> list[Part]:
    cells: list[tuple[Any, Grads]] = [(layer, dict(params))]
    if isinstance(layer, Bidirectional):
        cells = [(cell, under(f"{way}.", params)) for way, cell in layer.cells.items()]
    for cell, _ in cells:
        if not isinstance(cell, Basic):
            raise TypeError(f"a cell must be RNN, LSTM or GRU to be carried over, got {type(cell).__name__}")
    return [Part(cell, own) for cell, own in cells]


def _layer(row: Sequence[Part]) -> tuple[Any, Grads]:
    if len(row) == 1:
        return row[0].cell, row[0].params
    ways = dict(zip(("forward", "backward"), row, strict=True))
    params = {f"{way}.{name}": value for way, part in ways.items() for name, value in part.params.items()}
    return Bidirectional(ways["forward"].cell, ways["backward"].cell), params
