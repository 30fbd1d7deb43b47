"""Between the course's networks and Keras's SimpleRNN, LSTM and GRU.

Keras shapes its matrices as the course does. Its LSTM has the course's order of gates, i f g o; its GRU keeps
z before r, and two rows of biases.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from companion._arrays import Array, Grads, Params
from companion.cells import GRU, IDENTITY, LSTM, RELU, RNN, TANH, Cell
from companion.interop.parts import Basic, Part, name_of, put_together, take_apart
from companion.whole import Deep, Whole

if TYPE_CHECKING:
    import keras

_ACTIVATIONS = {"tanh": TANH, "relu": RELU, "linear": IDENTITY}


def to_keras(network: Cell | Whole, params: Params) -> "keras.Layer":
    """Return a built Keras layer with the weights of a network of RNN, LSTM or GRU cells.

    One cell becomes a `SimpleRNN`, `LSTM` or `GRU` and `Bidirectional` a `keras.layers.Bidirectional`, which
    both give all steps and the state; `Stacked` and `Deep` become a `keras.Sequential` of such layers, which
    gives all steps. Raises ValueError for an activation that Keras does not have, TypeError for another
    network.
    """
    import keras

    rows, dtype = take_apart(network, params)
    layers = [_to(row, dtype.name, return_state=len(rows) == 1) for row in rows]
    dropout = network.dropout if isinstance(network, Deep) else 0.0
    size = network.input_size
    for layer, row in zip(layers, rows, strict=True):
        layer.build((None, None, size))
        layer.set_weights([weight for part in row for weight in _weights(part)])
        size = sum(part.cell.hidden_size for part in row)
    if len(layers) == 1:
        return layers[0]
    between: list[Any] = [keras.layers.Input((None, network.input_size), dtype=dtype.name), layers[0]]
    for layer in layers[1:]:
        between += [keras.layers.Dropout(dropout, dtype=dtype.name)] * (dropout > 0) + [layer]
    return keras.Sequential(between)


def from_keras(layer: "keras.Layer") -> tuple[Any, Grads]:
    """Return (network, params) with the weights of a built Keras layer; the inverse of `to_keras`.

    A `SimpleRNN`, `LSTM`, `GRU`, a `Bidirectional` of these that joins both outputs side by side, or a
    `Sequential` of them, with or without `Dropout` of one rate between; the round trip is exact. Raises
    TypeError for another kind of layer, ValueError for one that is not built yet or that computes something
    the course's cells do not: another activation, one that runs backwards, a GRU with its reset before the
    product.
    """
    import keras

    layers = layer.layers if isinstance(layer, keras.Sequential) else [layer]
    rates = {other.rate for other in layers if isinstance(other, keras.layers.Dropout)}
    if len(rates) > 1:
        raise ValueError(f"all Dropout layers must have one rate, got {', '.join(map(str, sorted(rates)))}")
    rows = [_from(other) for other in layers if not isinstance(other, keras.layers.Dropout)]
    return put_together(rows, rates.pop() if rates else 0.0)


def _to(row: list[Part], dtype: str, return_state: bool) -> Any:
    """A layer of Keras without weights for one row of a network."""
    import keras

    settings = {"return_sequences": True, "return_state": return_state, "dtype": dtype}
    ways = [_empty(part.cell, go_backwards=bool(i), **settings) for i, part in enumerate(row)]
    if len(ways) == 1:
        return ways[0]
    return keras.layers.Bidirectional(ways[0], backward_layer=ways[1], dtype=dtype)


def _empty(cell: Basic, **settings: Any) -> Any:
    import keras

    if isinstance(cell, LSTM):
        return keras.layers.LSTM(cell.hidden_size, **settings)
    if isinstance(cell, GRU):
        return keras.layers.GRU(cell.hidden_size, reset_after=True, **settings)
    name = name_of(cell.activation, _ACTIVATIONS, "keras.layers.SimpleRNN")
    return keras.layers.SimpleRNN(cell.hidden_size, activation=name, **settings)


def _weights(part: Part) -> list[Array]:
    """The weights of one cell in Keras's order."""
    cell, params = part
    if not isinstance(cell, GRU):
        return [params["W_xh"], params["W_hh"], params["b_h"]]
    second = np.zeros_like(params["b_h"])
    second[2 * cell.hidden_size :] = params["b_hn"]
    return [_swapped(params["W_xh"]), _swapped(params["W_hh"]), np.stack([_swapped(params["b_h"]), second])]


def _from(layer: Any) -> list[Part]:
    """The cells of one layer of Keras."""
    import keras

    if isinstance(layer, keras.layers.Bidirectional):
        if layer.merge_mode != "concat":
            raise ValueError(f"merge_mode must be 'concat', got {layer.merge_mode!r}")
        return [_cell(layer.forward_layer), _cell(layer.backward_layer, backwards=True)]
    return [_cell(layer)]


def _cell(layer: Any, backwards: bool = False) -> Part:
    import keras

    if not isinstance(layer, keras.layers.SimpleRNN | keras.layers.LSTM | keras.layers.GRU):
        raise TypeError(f"layer must be a keras SimpleRNN, LSTM or GRU, got {type(layer).__name__}")
    if not layer.built:
        raise ValueError(
            "layer must be built, so that it has weights; got a layer that has not seen an input"
        )
    if layer.go_backwards != backwards:
        raise ValueError(f"layer must run {'back' if backwards else 'for'}wards in time, got the other way")
    W_xh, W_hh, *bias = (np.array(w) for w in layer.get_weights())
    D, H = len(W_xh), len(W_hh)
    if isinstance(layer, keras.layers.SimpleRNN):
        b_h = bias[0] if bias else np.zeros(H, W_hh.dtype)
        cell = RNN(D, H, _known(layer.activation, _ACTIVATIONS))
        return Part(cell, {"W_xh": W_xh, "W_hh": W_hh, "b_h": b_h})
    _known(layer.activation, {"tanh": TANH})
    _known(layer.recurrent_activation, {"sigmoid": TANH}, "recurrent_activation")
    if isinstance(layer, keras.layers.LSTM):
        b_h = bias[0] if bias else np.zeros(4 * H, W_hh.dtype)
        return Part(LSTM(D, H), {"W_xh": W_xh, "W_hh": W_hh, "b_h": b_h})
    if not layer.reset_after:
        raise ValueError("a GRU must apply its reset after the product, got reset_after=False")
    first, second = bias[0] if bias else np.zeros((2, 3 * H), W_hh.dtype)
    second = _swapped(second)
    b_h = _swapped(first)
    b_h[: 2 * H] += second[: 2 * H]
    params = {"W_xh": _swapped(W_xh), "W_hh": _swapped(W_hh), "b_h": b_h, "b_hn": second[2 * H :]}
    return Part(GRU(D, H), params)


def _swapped(blocks: Array) -> Array:
    """The first two of three blocks of columns exchanged: r z n becomes z r n, and the other way round."""
    one, two, three = np.split(blocks, 3, axis=-1)
    return np.concatenate([two, one, three], axis=-1)


def _known(activation: Any, names: dict[str, Any], what: str = "activation") -> Any:
    """What the course calls an activation of Keras; ValueError for one it does not have."""
    import keras

    known = {keras.activations.get(name): ours for name, ours in names.items()}
    if activation not in known:
        got = getattr(activation, "__name__", activation)
        raise ValueError(f"{what} must be one of {', '.join(names)}, got {got}")
    return known[activation]
