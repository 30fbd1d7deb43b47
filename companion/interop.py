"""Carrying weights between the course's cells and the layers of PyTorch and Keras.

Every number is copied as it is, so that the same input gives the same output on both sides. Neither framework
is loaded before a function that needs it is called.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from companion._arrays import Array, Grads, Params, expect_floats, expect_params
from companion.cells import IDENTITY, RELU, RNN, TANH, Activation

if TYPE_CHECKING:
    import keras
    import torch

_TORCH_NAMES = {"tanh": TANH, "relu": RELU}
_KERAS_NAMES = {"tanh": TANH, "relu": RELU, "linear": IDENTITY}


def to_torch(cell: RNN, params: Params) -> "torch.nn.RNN":
    """Return a one-layer, batch-first `torch.nn.RNN` with the weights of `cell`, in their dtype.

    PyTorch keeps two biases and adds them; ours goes into `bias_ih_l0`, and `bias_hh_l0` is zero. Raises
    ValueError for an activation that `torch.nn.RNN` does not have.
    """
    import torch

    dtype = _expect_own(cell, params)
    name = _name_of(cell.activation, _TORCH_NAMES, "torch.nn.RNN")
    layer = torch.nn.RNN(cell.input_size, cell.hidden_size, nonlinearity=name, batch_first=True)
    layer = layer.to(getattr(torch, dtype.name))
    weights = {
        "weight_ih_l0": params["W_xh"].T,
        "weight_hh_l0": params["W_hh"].T,
        "bias_ih_l0": params["b_h"],
        "bias_hh_l0": np.zeros_like(params["b_h"]),
    }
    layer.load_state_dict({name: torch.tensor(np.ascontiguousarray(w)) for name, w in weights.items()})
    return layer


def from_torch(layer: "torch.nn.RNN") -> tuple[RNN, Grads]:
    """Return (cell, params) with the weights of a one-layer, one-way `torch.nn.RNN`.

    b_h is the sum of PyTorch's two biases, which cannot be told apart afterwards; with one of them zero, as
    `to_torch` leaves it, the round trip is exact. Raises TypeError for another kind of layer, ValueError for
    more layers or two directions.
    """
    import torch

    if not isinstance(layer, torch.nn.RNN):
        raise TypeError(f"layer must be a torch.nn.RNN, got {type(layer).__name__}")
    if layer.num_layers != 1 or layer.bidirectional:
        directions = 2 if layer.bidirectional else 1
        raise ValueError(f"layer must have 1 layer and 1 direction, got {layer.num_layers} and {directions}")
    weights = {name: tensor.detach().cpu().numpy().copy() for name, tensor in layer.named_parameters()}
    W_hh = weights["weight_hh_l0"].T.copy()
    b_h = weights["bias_ih_l0"] + weights["bias_hh_l0"] if layer.bias else np.zeros(len(W_hh), W_hh.dtype)
    cell = RNN(layer.input_size, layer.hidden_size, _TORCH_NAMES[layer.nonlinearity])
    return cell, {"W_xh": weights["weight_ih_l0"].T.copy(), "W_hh": W_hh, "b_h": b_h}


def to_keras(cell: RNN, params: Params) -> "keras.layers.SimpleRNN":
    """Return a built `keras.layers.SimpleRNN` with the weights of `cell`, giving all steps and the state.

    Keras orders and shapes its weights as the course does: kernel W_xh, recurrent kernel W_hh, bias b_h.
    """
    import keras

    dtype = _expect_own(cell, params)
    name = _name_of(cell.activation, _KERAS_NAMES, "keras.layers.SimpleRNN")
    layer = keras.layers.SimpleRNN(
        cell.hidden_size, activation=name, return_sequences=True, return_state=True, dtype=dtype.name
    )
    layer.build((None, None, cell.input_size))
    layer.set_weights([params["W_xh"], params["W_hh"], params["b_h"]])
    return layer


def from_keras(layer: "keras.layers.SimpleRNN") -> tuple[RNN, Grads]:
    """Return (cell, params) with the weights of a built `keras.layers.SimpleRNN`; the round trip is exact.

    Raises TypeError for another kind of layer, ValueError for one that is not built yet, runs backwards in
    time, or has an activation that the course does not have.
    """
    import keras

    if not isinstance(layer, keras.layers.SimpleRNN):
        raise TypeError(f"layer must be a keras.layers.SimpleRNN, got {type(layer).__name__}")
    if not layer.built:
        raise ValueError(
            "layer must be built, so that it has weights; got a layer that has not seen an input"
        )
    if layer.go_backwards:
        raise ValueError("layer must run forwards in time, got one with go_backwards=True")
    known = {keras.activations.get(name): ours for name, ours in _KERAS_NAMES.items()}
    if layer.activation not in known:
        got = getattr(layer.activation, "__name__", layer.activation)
        raise ValueError(f"activation must be one of {', '.join(_KERAS_NAMES)}, got {got}")
    W_xh, W_hh, *bias = (np.array(w) for w in layer.get_weights())
    b_h = bias[0] if bias else np.zeros(len(W_hh), W_hh.dtype)
    return RNN(len(W_xh), len(W_hh), known[layer.activation]), {"W_xh": W_xh, "W_hh": W_hh, "b_h": b_h}


def _expect_own(cell: RNN, params: Params) -> "np.dtype[Any]":
    """The one dtype of the parameters, once they are known to fit the cell."""
    if not isinstance(cell, RNN):
        raise TypeError(f"cell must be an RNN, got {type(cell).__name__}")
    expect_params(params, cell.shapes)
    first: Array = params["W_xh"]
    for name, value in params.items():
        expect_floats(name, value, first.dtype)
    return first.dtype


def _name_of(activation: Activation, names: dict[str, Activation], where: str) -> str:
    for name, known in names.items():
        if known is activation:
            return name
    raise ValueError(f"activation must be one of {', '.join(names)} in {where}, got {activation.name}")
