"""Between the course's networks and `torch.nn.RNN`, `torch.nn.LSTM` and `torch.nn.GRU`.

PyTorch orders the gates as the course does (i f g o and r z n) and applies the reset after the product, but
transposes every matrix and keeps two biases for each sum.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from companion._arrays import Array, Grads, Params
from companion.cells import GRU, LSTM, RELU, RNN, TANH, Cell
from companion.interop.parts import Basic, Part, name_of, put_together, take_apart
from companion.whole import Whole

if TYPE_CHECKING:
    import torch

_ACTIVATIONS = {"tanh": TANH, "relu": RELU}


def to_torch(network: Cell | Whole, params: Params) -> "torch.nn.RNNBase":
    """Return a batch-first layer of `torch.nn` with the weights of a network of RNN, LSTM or GRU cells.

    The network is one cell, `Stacked`, `Bidirectional` or `Deep`; PyTorch wants all its cells of one kind and
    size. Of PyTorch's two biases ours goes into the first (`bias_ih`); the second is zero, except that it
    holds a GRU's b_hn. Raises ValueError for what PyTorch does not have, TypeError for another network.
    """
    import torch

    rows, dtype = take_apart(network, params)
    first = rows[0][0].cell
    settings: dict[str, Any] = {
        "num_layers": len(rows),
        "bidirectional": len(rows[0]) == 2,
        "dropout": getattr(network, "dropout", 0.0),
    }
    kind = getattr(torch.nn, type(first).__name__)
    if isinstance(first, RNN):
        settings["nonlinearity"] = name_of(first.activation, _ACTIVATIONS, "torch.nn.RNN")
    _expect_alike(rows)
    layer = kind(first.input_size, first.hidden_size, batch_first=True, **settings)
    layer = layer.to(getattr(torch, dtype.name))
    weights = {
        f"{name}_l{i}{'_reverse' if way else ''}": torch.tensor(np.ascontiguousarray(value))
        for i, row in enumerate(rows)
        for way, part in enumerate(row)
        for name, value in _to(part).items()
    }
    layer.load_state_dict(weights)
    return layer


def from_torch(layer: "torch.nn.RNNBase") -> tuple[Any, Grads]:
    """Return (network, params) with the weights of a `torch.nn.RNN`, `LSTM` or `GRU`.

    The network is a cell, `Bidirectional`, `Stacked` (several layers) or `Deep` (several layers both ways, or
    with dropout). b_h is the sum of PyTorch's two biases, which cannot be told apart afterwards; with the
    second zero, as `to_torch` leaves it, the round trip is exact. Raises TypeError for another kind of layer,
    ValueError for an LSTM with projections.
    """
    import torch

    if not isinstance(layer, torch.nn.RNN | torch.nn.LSTM | torch.nn.GRU):
        raise TypeError(f"layer must be a torch.nn.RNN, LSTM or GRU, got {type(layer).__name__}")
    if layer.proj_size:
        raise ValueError(f"an LSTM must have no projections, got proj_size={layer.proj_size}")
    weights = {name: tensor.detach().cpu().numpy().copy() for name, tensor in layer.named_parameters()}
    ways = ("", "_reverse")[: 1 + layer.bidirectional]
    rows = [[_from(layer, weights, f"_l{i}{way}") for way in ways] for i in range(layer.num_layers)]
    return put_together(rows, layer.dropout)


def _to(part: Part) -> Grads:
    """The weights of one cell by PyTorch's names, without the number of the layer."""
    cell, params = part
    second = np.zeros_like(params["b_h"])
    if isinstance(cell, GRU):
        second[2 * cell.hidden_size :] = params["b_hn"]
    return {
        "weight_ih": params["W_xh"].T,
        "weight_hh": params["W_hh"].T,
        "bias_ih": params["b_h"],
        "bias_hh": second,
    }


def _from(layer: "torch.nn.RNNBase", weights: Params, suffix: str) -> Part:
    W_xh, W_hh = (weights[f"weight_{which}{suffix}"].T.copy() for which in ("ih", "hh"))
    D, H, width = len(W_xh), *W_hh.shape
    first, second = (
        weights.get(f"bias_{which}{suffix}", np.zeros(width, W_hh.dtype)) for which in ("ih", "hh")
    )
    params: dict[str, Array] = {"W_xh": W_xh, "W_hh": W_hh, "b_h": first + second}
    cell: Basic
    if layer.mode == "LSTM":
        cell = LSTM(D, H)
    elif layer.mode == "GRU":
        cell = GRU(D, H)
        params["b_h"][2 * H :] = first[2 * H :]
        params["b_hn"] = second[2 * H :].copy()
    else:
        cell = RNN(D, H, _ACTIVATIONS[layer.nonlinearity])
    return Part(cell, params)


def _expect_alike(rows: list[list[Part]]) -> None:
    """Raise ValueError unless every row has as many cells, and every cell the same kind and size."""

    def kind(cell: Basic) -> str:
        activation = f", {cell.activation.name}" if isinstance(cell, RNN) else ""
        return f"{type(cell).__name__} with {cell.hidden_size} units{activation}"

    kinds = sorted({f"{len(row)} x {kind(part.cell)}" for row in rows for part in row})
    if len(kinds) > 1:
        raise ValueError(f"PyTorch wants all layers alike, got {'; '.join(kinds)}")
