"""The package equals PyTorch and Keras, in outputs and every gradient, and weights come back bit for bit."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # both before TensorFlow is imported
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

from companion.cells import GRU, IDENTITY, LSTM, RELU, RNN, Activation, Highway, Residual, Stacked
from companion.interop import from_keras, from_torch, to_keras, to_torch
from companion.scan import scan
from companion.whole import Bidirectional, Deep, run

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.frameworks
ROOT = Path(__file__).resolve().parents[1]
TORCH, KERAS = {"rtol": 1e-10, "atol": 1e-10}, {"rtol": 1e-6, "atol": 1e-6}
SINGLE = {"rtol": 1e-5, "atol": 1e-5}
MASKED = pytest.mark.parametrize("lengths", [None, [7, 2, 4, 1]], ids=["whole", "masked"])

# Every network that is carried over: how it is made, and the beginnings of its parts' names, by rows.
NETWORKS = {
    "RNN": (lambda D, H: RNN(D, H), [[""]]),
    "RNN with ReLU": (lambda D, H: RNN(D, H, RELU), [[""]]),
    "LSTM": (LSTM, [[""]]),
    "GRU": (GRU, [[""]]),
    "stack of RNNs": (
        lambda D, H: Stacked([RNN(D, H), RNN(H, H), RNN(H, H)]),
        [["layer1."], ["layer2."], ["layer3."]],
    ),
    "stack of LSTMs": (lambda D, H: Stacked([LSTM(D, H), LSTM(H, H)]), [["layer1."], ["layer2."]]),
    "stack of GRUs": (lambda D, H: Stacked([GRU(D, H), GRU(H, H)]), [["layer1."], ["layer2."]]),
    "LSTM both ways": (
        lambda D, H: Bidirectional(LSTM(D, H), LSTM(D, H)),
        [["forward.", "backward."]],
    ),
    "GRU both ways": (lambda D, H: Bidirectional(GRU(D, H), GRU(D, H)), [["forward.", "backward."]]),
    "stack both ways": (
        lambda D, H: Deep([Bidirectional(GRU(D, H), GRU(D, H)), Bidirectional(GRU(2 * H, H), GRU(2 * H, H))]),
        [["layer1.forward.", "layer1.backward."], ["layer2.forward.", "layer2.backward."]],
    ),
}
EVERY_NETWORK = pytest.mark.parametrize("name", NETWORKS)


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


def refused(error, text):
    return pytest.raises(error, match=f"^{re.escape(text)}$")


def drawn(network, N, T, dtype=np.float64, seed=0):
    """Parameters, inputs, an initial state, and gradients for the outputs and the final state."""
    rng = np.random.default_rng(seed)

    def state():
        return tuple(rng.normal(size=h.shape).astype(dtype) for h in network.zero_state(N))

    xs, dys = (
        rng.normal(size=(N, T, size)).astype(dtype) for size in (network.input_size, network.hidden_size)
    )
    return network.init(rng, dtype), xs, state(), dys, state()


def everything(network, params, xs, state, dys, dstate, lengths=None):
    """Outputs, final state and every gradient of our run, by name."""
    done = run(network, params, xs, state, lengths)
    dxs, dstate0, grads = done.back(dys, dstate)
    return {"ys": done.ys, "dxs": dxs, **grads, **by_name(network, done.state, dstate0)}


def by_name(network, final, dstate0):
    names = network.state_names
    gradients = {f"d{name}_0": d for name, d in zip(names, dstate0, strict=True)}
    return dict(zip(names, final, strict=True)) | gradients


def torch_everything(name, layer, network, xs, state, dys, dstate, lengths=None):
    """The same of a layer of torch, which keeps all h of a state together, and all c."""
    xs, state = torch.tensor(xs, requires_grad=True), [torch.tensor(s, requires_grad=True) for s in state]
    kinds = [[i for i, k in enumerate(network.state_names) if k.endswith(kind)] for kind in "hc"]
    given = [torch.stack([state[i] for i in indices]) for indices in kinds if indices]
    begun = tuple(given) if len(given) == 2 else given[0]
    if lengths is None:
        ys, final = layer(xs, begun)
    else:
        pack = torch.nn.utils.rnn.pack_padded_sequence(xs, lengths, batch_first=True, enforce_sorted=False)
        packed, final = layer(pack, begun)
        ys, _ = torch.nn.utils.rnn.pad_packed_sequence(packed, batch_first=True, total_length=xs.shape[1])
    found = dict.fromkeys(range(len(state)))
    for indices, together in zip(kinds, final if len(given) == 2 else (final,), strict=False):
        found.update(zip(indices, together, strict=True))
    final = [found[i] for i in range(len(state))]
    loss = (ys * torch.tensor(dys)).sum() + sum(
        (s * torch.tensor(d)).sum() for s, d in zip(final, dstate, strict=True)
    )
    loss.backward()
    tensors = {"ys": ys, "dxs": xs.grad, **by_name(network, final, [s.grad for s in state])}
    grads = {key: weight.grad for key, weight in layer.named_parameters()}
    for i, row in enumerate(NETWORKS[name][1]):
        for way, part in zip(("", "_reverse"), row, strict=False):
            tensors |= {
                f"{part}W_xh": grads[f"weight_ih_l{i}{way}"].T,
                f"{part}W_hh": grads[f"weight_hh_l{i}{way}"].T,
                f"{part}b_h": grads[f"bias_ih_l{i}{way}"],
                f"{part}second": grads[f"bias_hh_l{i}{way}"],
            }
    return {key: tensor.detach().numpy() for key, tensor in tensors.items()}


def both_biases(ours):
    """Torch's second bias is added to the first, except in a GRU's candidate, where it is our b_hn."""
    second = {}
    for name, grad in ours.items():
        if name.endswith("b_h"):
            own = ours.get(f"{name}n")
            kept = grad if own is None else np.concatenate([grad[: 2 * len(own)], own])
            second[name.removesuffix("b_h") + "second"] = kept
    return {**{name: a for name, a in ours.items() if not name.endswith("b_hn")}, **second}


def keras_everything(name, layer, network, xs, state, dys, dstate, lengths=None):
    """The same of a layer of Keras; what it repeats beyond a sequence's length is cut off here.

    A Sequential takes and gives no state: it begins at zero.
    """
    import tensorflow as tf

    rows = NETWORKS[name][1]
    whole = len(rows) > 1
    xs, state = tf.constant(xs), [tf.constant(s) for s in state]
    live = np.arange(xs.shape[1]) < np.array(lengths)[:, None] if lengths is not None else None
    dys = dys if live is None else dys * live[:, :, None]
    mask = None if live is None else tf.constant(live)
    with tf.GradientTape() as tape:
        tape.watch([xs, *state])
        if whole:
            ys, final = layer(xs, mask=mask), []
        else:
            ys, *final = layer(xs, initial_state=state, mask=mask)
        loss = tf.reduce_sum(ys * dys) + sum(
            tf.reduce_sum(s * d) for s, d in zip(final, dstate, strict=False)
        )
    weights = [w.value for w in layer.weights]
    dxs, *others = tape.gradient(loss, [xs, *([] if whole else state), *weights])
    dstate0, grads = others[: len(others) - len(weights)], others[len(others) - len(weights) :]
    ys = np.array(ys) * (1 if live is None else live[:, :, None])
    found = {"ys": ys, "dxs": dxs} | ({} if whole else by_name(network, final, dstate0))
    for i, part in enumerate(part for row in rows for part in row):
        kernel, recurrent, bias = (np.array(grad) for grad in grads[3 * i : 3 * i + 3])
        if np.ndim(bias) == 2:
            kernel, recurrent, bias, second = (
                np.concatenate(np.split(a, 3, axis=-1)[1::-1] + np.split(a, 3, axis=-1)[2:], axis=-1)
                for a in (kernel, recurrent, bias[0], bias[1])
            )
            found[f"{part}b_hn"] = second[2 * len(recurrent) :]
        found |= {f"{part}W_xh": kernel, f"{part}W_hh": recurrent, f"{part}b_h": bias}
    return {key: np.array(value) for key, value in found.items()}


def assert_same(ours, theirs, tolerance):
    assert ours.keys() == theirs.keys()
    for name in ours:
        assert ours[name].dtype == theirs[name].dtype, name
        np.testing.assert_allclose(ours[name], theirs[name], **tolerance, err_msg=name)


# Equal to PyTorch


@st.composite
def distinct_sizes(draw):
    """N, T, D, H, all different; T is at least 3."""
    T = draw(st.integers(3, 9))
    others = st.sampled_from(sorted({1, 2, 3, 4, 5, 6} - {T}))
    return (T, *draw(st.lists(others, min_size=3, max_size=3, unique=True)))


@settings(max_examples=60)
@given(distinct_sizes(), st.sampled_from(sorted(NETWORKS)), st.booleans(), st.integers(0, 10**6))
def test_torch_at_any_size(sizes, name, masked, seed):
    T, N, D, H = sizes
    network = NETWORKS[name][0](D, H)
    params, *arrays = drawn(network, N, T, seed=seed)
    lengths = np.random.default_rng(seed).integers(1, T + 1, N).tolist() if masked else None
    theirs = torch_everything(name, to_torch(network, params), network, *arrays, lengths)
    assert_same(both_biases(everything(network, params, *arrays, lengths)), theirs, TORCH)


@MASKED
@EVERY_NETWORK
def test_torch_over_seven_steps(name, lengths):
    network = NETWORKS[name][0](3, 5)
    params, *arrays = drawn(network, 4, 7)
    theirs = torch_everything(name, to_torch(network, params), network, *arrays, lengths)
    assert_same(both_biases(everything(network, params, *arrays, lengths)), theirs, TORCH)


@EVERY_NETWORK
def test_a_layer_as_torch_makes_it(name):
    """Both of its biases are in use; carried here, and with other weights than ours."""
    ours = NETWORKS[name][0](3, 5)
    layer = to_torch(ours, ours.init(np.random.default_rng(0)))
    torch.manual_seed(1)
    layer.reset_parameters()
    network, params = from_torch(layer)
    assert network.shapes == ours.shapes
    _, *arrays = drawn(network, 4, 7)
    theirs = torch_everything(name, layer, network, *arrays)
    assert_same(both_biases(everything(network, params, *arrays)), theirs, TORCH)
    assert all(layer.get_parameter(f"bias_hh_l{i}").any() for i in range(layer.num_layers))


@MASKED
@EVERY_NETWORK
def test_torch_in_single_precision(name, lengths):
    network = NETWORKS[name][0](3, 5)
    params, *arrays = drawn(network, 4, 7, np.float32)
    theirs = torch_everything(name, to_torch(network, params), network, *arrays, lengths)
    assert theirs["ys"].dtype == np.float32
    assert_same(both_biases(everything(network, params, *arrays, lengths)), theirs, SINGLE)


# Equal to Keras


def same_as_keras(name, N, T, D, H, lengths, tolerance, dtype=np.float64):
    network = NETWORKS[name][0](D, H)
    params, *arrays = drawn(network, N, T, dtype, seed=N + T)
    if len(NETWORKS[name][1]) > 1:  # a Sequential begins at zero and does not show its states
        arrays[1] = arrays[3] = network.zero_state(N, dtype)
    layer = to_keras(network, params)
    theirs = keras_everything(name, layer, network, *arrays, lengths)
    ours = everything(network, params, *arrays, lengths)
    assert theirs["ys"].dtype == dtype
    assert_same({k: ours[k] for k in theirs}, theirs, tolerance)
    assert set(ours) - set(theirs) <= {k for s in network.state_names for k in (s, f"d{s}_0")}


@pytest.mark.filterwarnings("ignore:Layer 'sequential.*does not support masking")  # its layers do
@MASKED
@EVERY_NETWORK
def test_keras_over_seven_steps(keras, name, lengths):
    same_as_keras(name, 4, 7, 3, 5, lengths, KERAS)


@MASKED
def test_keras_without_a_squashing_function(keras, monkeypatch, lengths):
    monkeypatch.setitem(NETWORKS, "linear", (lambda D, H: RNN(D, H, IDENTITY), [[""]]))
    same_as_keras("linear", 4, 7, 3, 5, lengths, KERAS)


@pytest.mark.parametrize("shape", [(1, 3, 2, 4), (5, 4, 1, 2), (2, 9, 6, 1)])
@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_keras_at_other_sizes(keras, name, shape):
    same_as_keras(name, *shape, None, KERAS)


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_keras_in_single_precision(keras, name):
    same_as_keras(name, 4, 7, 3, 5, [7, 2, 4, 1], SINGLE, np.float32)


# There and back


def assert_bits(one, other):
    assert one.keys() == other.keys()
    for name in one:
        assert (one[name].dtype, one[name].shape) == (other[name].dtype, other[name].shape)
        assert one[name].tobytes() == other[name].tobytes()


def extremes(cell, dtype):
    """Parameters with many magnitudes, so that any arithmetic on the way would leave a trace."""
    rng = np.random.default_rng(5)
    return {
        name: (rng.normal(size=shape) * 10.0 ** rng.integers(-30, 30, shape)).astype(dtype)
        for name, shape in cell.shapes.items()
    }


def state(layer):
    return {k: v.numpy() for k, v in layer.state_dict().items()}


def same_network(one, other):
    """Of one kind and size all the way down."""
    assert (type(one), one.input_size, one.hidden_size) == (type(other), other.input_size, other.hidden_size)
    assert getattr(one, "activation", None) == getattr(other, "activation", None)
    assert getattr(one, "dropout", None) == getattr(other, "dropout", None)
    inside = [list(getattr(n, "cells", {}).values()) or getattr(n, "layers", ()) for n in (one, other)]
    for a, b in zip(*inside, strict=True):
        same_network(a, b)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@EVERY_NETWORK
def test_there_and_back_through_torch(name, dtype):
    network = NETWORKS[name][0](3, 5)
    params = extremes(network, dtype)
    layer = to_torch(network, params)
    assert layer.batch_first
    assert all(p.requires_grad for p in layer.parameters())
    again, back = from_torch(layer)
    same_network(again, network)
    assert_bits(back, params)
    assert_bits(state(to_torch(again, back)), state(layer))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@EVERY_NETWORK
def test_there_and_back_through_keras(keras, name, dtype):
    network = NETWORKS[name][0](3, 5)
    params = extremes(network, dtype)
    layer = to_keras(network, params)
    again, back = from_keras(layer)
    same_network(again, network)
    assert_bits(back, params)
    assert_bits(dict(enumerate(to_keras(again, back).get_weights())), dict(enumerate(layer.get_weights())))


@pytest.mark.parametrize("both_ways", [False, True])
def test_dropout_goes_along(keras, both_ways):
    first = Bidirectional(GRU(3, 2), GRU(3, 2)) if both_ways else GRU(3, 4)
    second = Bidirectional(GRU(4, 2), GRU(4, 2)) if both_ways else GRU(4, 4)
    network = Deep([first, second], dropout=0.25)
    params = network.init(np.random.default_rng(0))
    for there, back in ((to_torch, from_torch), (to_keras, from_keras)):
        again, carried = back(there(network, params))
        same_network(again, network)
        assert_bits(carried, params)
    assert to_torch(network, params).dropout == 0.25
    xs = np.random.default_rng(1).normal(size=(3, 6, 3))
    expected = network.run(params, xs).ys
    np.testing.assert_allclose(np.array(to_keras(network, params)(xs)), expected, **KERAS)


def test_the_copies_are_independent(keras):
    cell = LSTM(3, 4)
    params = cell.init(np.random.default_rng(0))
    before = {k: a.copy() for k, a in params.items()}
    layer, other = to_torch(cell, params), to_keras(cell, params)
    with torch.no_grad():
        for weight in layer.parameters():
            weight += 1
    other.set_weights([w + 1 for w in other.get_weights()])
    assert_bits(params, before)
    for _, carried in (from_torch(layer), from_keras(other)):
        kept = layer.weight_ih_l0.detach().clone().numpy(), other.get_weights()[0]
        carried["W_xh"] += 1
        np.testing.assert_array_equal(layer.weight_ih_l0.detach().numpy(), kept[0])
        np.testing.assert_array_equal(other.get_weights()[0], kept[1])


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_layers_of_torch_with_other_settings(kind, bias, batch_first):
    layer = getattr(torch.nn, kind)(3, 5, bias=bias, batch_first=batch_first, dtype=torch.float64)
    cell, params = from_torch(layer)
    _, xs, *_ = drawn(cell, 4, 7)
    ys, _ = layer(torch.tensor(xs if batch_first else xs.swapaxes(0, 1)))
    ys = ys.detach().numpy()
    np.testing.assert_allclose(scan(cell, params, xs).ys, ys if batch_first else ys.swapaxes(0, 1), **TORCH)
    assert params["b_h"].any() == bias


@pytest.mark.parametrize("kind", ["SimpleRNN", "LSTM", "GRU"])
def test_layers_of_keras_with_other_settings(keras, kind):
    layer = getattr(keras.layers, kind)(5, use_bias=False, dtype="float64")
    xs = np.random.default_rng(0).normal(size=(4, 7, 3))
    last = np.array(layer(xs))
    cell, params = from_keras(layer)
    np.testing.assert_allclose(scan(cell, params, xs).ys[:, -1], last, **KERAS)
    assert not params["b_h"].any()


def test_a_gru_of_keras_with_both_rows_of_biases(keras):
    layer = keras.layers.GRU(5, return_sequences=True, dtype="float64")
    layer.build((None, None, 3))
    rng = np.random.default_rng(0)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.get_weights()])
    xs = rng.normal(size=(4, 7, 3))
    cell, params = from_keras(layer)
    np.testing.assert_allclose(scan(cell, params, xs).ys, np.array(layer(xs)), **KERAS)


# What is refused


def weights_of(network):
    return network.init(np.random.default_rng(0))


def test_what_torch_cannot_take_or_give():
    def refuses(network, error, text):
        with refused(error, text):
            to_torch(network, weights_of(network))

    text = "activation must be one of tanh, relu in torch.nn.RNN, got identity"
    refuses(RNN(3, 4, IDENTITY), ValueError, text)
    text = "PyTorch wants all layers alike, got 1 x GRU with 4 units; 1 x LSTM with 4 units"
    refuses(Stacked([LSTM(3, 4), GRU(4, 4)]), ValueError, text)
    text = "PyTorch wants all layers alike, got 1 x GRU with 4 units; 1 x GRU with 5 units"
    refuses(Stacked([GRU(3, 4), GRU(4, 5)]), ValueError, text)
    text = "PyTorch wants all layers alike, got 1 x GRU with 4 units; 2 x GRU with 4 units"
    refuses(Deep([Bidirectional(GRU(3, 4), GRU(3, 4)), GRU(8, 4)]), ValueError, text)
    text = "PyTorch wants all layers alike, got 1 x RNN with 4 units, relu; 1 x RNN with 4 units, tanh"
    refuses(Stacked([RNN(3, 4), RNN(4, 4, RELU)]), ValueError, text)
    with refused(TypeError, "layer must be a torch.nn.RNN, LSTM or GRU, got RNNCell"):
        from_torch(torch.nn.RNNCell(3, 4))
    with refused(ValueError, "an LSTM must have no projections, got proj_size=2"):
        from_torch(torch.nn.LSTM(3, 4, proj_size=2))


def test_what_keras_cannot_take_or_give(keras):
    swish = RNN(3, 4, Activation("swish", lambda a: a / (1 + np.exp(-a)), lambda h: h))
    text = "activation must be one of tanh, relu, linear in keras.layers.SimpleRNN, got swish"
    with refused(ValueError, text):
        to_keras(swish, weights_of(swish))
    with refused(TypeError, "layer must be a keras SimpleRNN, LSTM or GRU, got Dense"):
        from_keras(keras.layers.Dense(4))
    text = "layer must be built, so that it has weights; got a layer that has not seen an input"
    with refused(ValueError, text):
        from_keras(keras.layers.SimpleRNN(4))

    def tanh(a):
        return a

    for kind, settings_, text in [
        ("SimpleRNN", {"activation": "sigmoid"}, "activation must be one of tanh, relu, linear, got sigmoid"),
        ("SimpleRNN", {"activation": tanh}, "activation must be one of tanh, relu, linear, got tanh"),
        ("SimpleRNN", {"go_backwards": True}, "layer must run forwards in time, got the other way"),
        ("LSTM", {"activation": "relu"}, "activation must be one of tanh, got relu"),
        (
            "GRU",
            {"recurrent_activation": "hard_sigmoid"},
            "recurrent_activation must be one of sigmoid, got hard_sigmoid",
        ),
        (
            "GRU",
            {"reset_after": False},
            "a GRU must apply its reset after the product, got reset_after=False",
        ),
    ]:
        layer = getattr(keras.layers, kind)(4, **settings_)
        layer.build((None, None, 3))
        with refused(ValueError, text):
            from_keras(layer)

    added = keras.layers.Bidirectional(keras.layers.GRU(4), merge_mode="sum")
    added.build((None, None, 3))
    with refused(ValueError, "merge_mode must be 'concat', got 'sum'"):
        from_keras(added)
    layers = [keras.layers.GRU(4, return_sequences=True) for _ in range(3)]
    dropped = [keras.layers.Dropout(rate) for rate in (0.1, 0.2)]
    uneven = keras.Sequential(
        [keras.layers.Input((None, 3)), layers[0], dropped[0], layers[1], dropped[1], layers[2]]
    )
    with refused(ValueError, "all Dropout layers must have one rate, got 0.1, 0.2"):
        from_keras(uneven)


@pytest.mark.parametrize("carry", [to_torch, to_keras])
def test_networks_and_parameters_that_do_not_fit(keras, carry):
    cell = RNN(3, 4)
    params = weights_of(cell)
    for other in (Highway(RNN(3, 4)), Stacked([RNN(3, 4), Residual(RNN(4, 4))])):
        name = type(other).__name__ if isinstance(other, Highway) else "Residual"
        with refused(TypeError, f"a cell must be RNN, LSTM or GRU to be carried over, got {name}"):
            carry(other, weights_of(other))
    with refused(TypeError, "network must be a cell or a network of cells, got str"):
        carry("RNN", params)
    with refused(ValueError, "W_xh must have shape (3, 4), got (4, 3)"):
        carry(cell, {**params, "W_xh": params["W_xh"].T})
    with refused(ValueError, "params must hold W_hh, W_xh, b_h, got W_hh, W_xh"):
        carry(cell, {k: a for k, a in params.items() if k != "b_h"})
    with refused(TypeError, "b_h must be float64 like the inputs, got float32"):
        carry(cell, {**params, "b_h": params["b_h"].astype(np.float32)})


def test_neither_framework_is_loaded_before_it_is_needed():
    code = (
        "import sys, companion.interop as interop\n"
        "assert not {'torch', 'keras', 'tensorflow'} & set(sys.modules)\n"
        "import numpy as np; from companion.cells import RNN\n"
        "cell = RNN(2, 3); interop.to_torch(cell, cell.init(np.random.default_rng(0)))\n"
        "assert 'torch' in sys.modules and not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (run.returncode, run.stderr) == (0, "")
