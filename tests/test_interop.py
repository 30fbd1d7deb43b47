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

from companion.cells import IDENTITY, RELU, RNN, TANH, Activation
from companion.interop import from_keras, from_torch, to_keras, to_torch
from companion.scan import scan

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.frameworks
ROOT = Path(__file__).resolve().parents[1]
TORCH, KERAS = {"rtol": 1e-10, "atol": 1e-10}, {"rtol": 1e-6, "atol": 1e-6}
SINGLE = {"rtol": 1e-5, "atol": 1e-5}


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


def refused(error, text):
    return pytest.raises(error, match=f"^{re.escape(text)}$")


def drawn(shape, activation=TANH, dtype=np.float64, seed=0):
    """A cell, its parameters, inputs, initial state, and gradients for the outputs and the final state."""
    N, T, D, H = shape
    rng = np.random.default_rng(seed)
    cell = RNN(D, H, activation)
    arrays = [rng.normal(size=s).astype(dtype) for s in ((N, T, D), (N, H), (N, T, H), (N, H))]
    return cell, cell.init(rng, dtype), *arrays


def everything(cell, params, xs, h0, dys, dh, lengths=None):
    """Outputs, final state and every gradient of our run, by name."""
    run = scan(cell, params, xs, (h0,), lengths)
    dxs, (dh0,), grads = run.back(dys, (dh,))
    return {"ys": run.ys, "h": run.state[0], "dxs": dxs, "dh_0": dh0, **grads}


def torch_everything(layer, xs, h0, dys, dh, lengths=None):
    """The same of a torch.nn.RNN; its second bias comes as one name more."""
    xs, h0 = (torch.tensor(a, requires_grad=True) for a in (xs, h0))
    if lengths is None:
        ys, h = layer(xs, h0[None])
    else:
        pack = torch.nn.utils.rnn.pack_padded_sequence(xs, lengths, batch_first=True, enforce_sorted=False)
        packed, h = layer(pack, h0[None])
        ys, _ = torch.nn.utils.rnn.pad_packed_sequence(packed, batch_first=True, total_length=xs.shape[1])
    ((ys * torch.tensor(dys)).sum() + (h[0] * torch.tensor(dh)).sum()).backward()
    found = {"ys": ys.detach(), "h": h[0].detach(), "dxs": xs.grad, "dh_0": h0.grad}
    found |= {"W_xh": layer.weight_ih_l0.grad.T, "W_hh": layer.weight_hh_l0.grad.T}
    found |= {"b_h": layer.bias_ih_l0.grad, "b_hh": layer.bias_hh_l0.grad}
    return {name: tensor.numpy() for name, tensor in found.items()}


def keras_everything(layer, xs, h0, dys, dh, lengths=None):
    """The same of a keras SimpleRNN; what it repeats beyond a sequence's length is cut off here."""
    import tensorflow as tf

    xs, h0 = tf.constant(xs), tf.constant(h0)
    live = np.arange(xs.shape[1]) < np.array(lengths)[:, None] if lengths is not None else None
    if live is not None:
        dys = dys * live[:, :, None]
    with tf.GradientTape() as tape:
        tape.watch([xs, h0])
        ys, h = layer(xs, initial_state=[h0], mask=None if live is None else tf.constant(live))
        loss = tf.reduce_sum(ys * dys) + tf.reduce_sum(h * dh)
    weights = [w.value for w in layer.weights]
    dxs, dh0, *grads = tape.gradient(loss, [xs, h0, *weights])
    ys = np.array(ys) * (1 if live is None else live[:, :, None])
    found = {
        "ys": ys,
        "h": h,
        "dxs": dxs,
        "dh_0": dh0,
        **dict(zip(("W_xh", "W_hh", "b_h"), grads, strict=True)),
    }
    return {name: np.array(value) for name, value in found.items()}


def assert_same(ours, theirs, tolerance):
    assert ours.keys() == theirs.keys()
    for name in ours:
        assert ours[name].dtype == theirs[name].dtype, name
        np.testing.assert_allclose(ours[name], theirs[name], **tolerance, err_msg=name)


# Equal to PyTorch


def both_biases(ours):
    """Our one bias stands for torch's two, which add up, so that each must have its gradient."""
    return {**ours, "b_hh": ours["b_h"]}


@st.composite
def distinct_sizes(draw):
    """N, T, D, H, all different; T is at least 3."""
    T = draw(st.integers(3, 9))
    return (
        T,
        *draw(
            st.lists(st.sampled_from(sorted({1, 2, 3, 4, 5, 6} - {T})), min_size=3, max_size=3, unique=True)
        ),
    )


@settings(max_examples=30)
@given(distinct_sizes(), st.sampled_from([TANH, RELU]), st.booleans(), st.integers(0, 10**6))
def test_torch_at_any_size(sizes, activation, masked, seed):
    T, N, D, H = sizes
    cell, params, *arrays = drawn((N, T, D, H), activation, seed=seed)
    lengths = np.random.default_rng(seed).integers(1, T + 1, N).tolist() if masked else None
    theirs = torch_everything(to_torch(cell, params), *arrays, lengths)
    assert_same(both_biases(everything(cell, params, *arrays, lengths)), theirs, TORCH)


def test_torch_over_seven_steps_with_two_biases():
    """A layer as torch makes it, both biases in use, carried here."""
    torch.manual_seed(1)
    layer = torch.nn.RNN(3, 5, batch_first=True, dtype=torch.float64)
    cell, params = from_torch(layer)
    _, _, *arrays = drawn((4, 7, 3, 5))
    assert_same(both_biases(everything(cell, params, *arrays)), torch_everything(layer, *arrays), TORCH)
    np.testing.assert_array_equal(params["b_h"], (layer.bias_ih_l0 + layer.bias_hh_l0).detach().numpy())


@pytest.mark.parametrize("lengths", [None, [7, 2, 4, 1]])
def test_torch_in_single_precision(lengths):
    cell, params, *arrays = drawn((4, 7, 3, 5), dtype=np.float32)
    theirs = torch_everything(to_torch(cell, params), *arrays, lengths)
    assert theirs["ys"].dtype == np.float32
    assert_same(both_biases(everything(cell, params, *arrays, lengths)), theirs, SINGLE)


# Equal to Keras


@pytest.mark.parametrize("lengths", [None, [7, 2, 4, 1]], ids=["whole", "masked"])
@pytest.mark.parametrize("activation", [TANH, RELU, IDENTITY], ids=lambda a: a.name)
def test_keras_over_seven_steps(keras, activation, lengths):
    cell, params, *arrays = drawn((4, 7, 3, 5), activation)
    theirs = keras_everything(to_keras(cell, params), *arrays, lengths)
    assert_same(everything(cell, params, *arrays, lengths), theirs, KERAS)


@pytest.mark.parametrize("shape", [(1, 3, 2, 4), (5, 4, 1, 2), (2, 9, 6, 1)])
def test_keras_at_other_sizes(keras, shape):
    cell, params, *arrays = drawn(shape, seed=sum(shape))
    theirs = keras_everything(to_keras(cell, params), *arrays)
    assert_same(everything(cell, params, *arrays), theirs, KERAS)


def test_keras_in_single_precision(keras):
    cell, params, *arrays = drawn((4, 7, 3, 5), dtype=np.float32)
    theirs = keras_everything(to_keras(cell, params), *arrays, [7, 2, 4, 1])
    assert theirs["ys"].dtype == np.float32
    assert_same(everything(cell, params, *arrays, [7, 2, 4, 1]), theirs, SINGLE)


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


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", [TANH, RELU], ids=lambda a: a.name)
def test_there_and_back_through_torch(activation, dtype):
    cell = RNN(3, 5, activation)
    params = extremes(cell, dtype)
    layer = to_torch(cell, params)
    assert (layer.batch_first, layer.nonlinearity, layer.num_layers) == (True, activation.name, 1)
    assert not layer.bias_hh_l0.any()
    assert all(p.requires_grad for p in layer.parameters())
    again, back = from_torch(layer)
    assert (again.input_size, again.hidden_size, again.activation) == (3, 5, activation)
    assert_bits(back, params)
    assert_bits({k: v.numpy() for k, v in to_torch(again, back).state_dict().items()}, state(layer))


def state(layer):
    return {k: v.numpy() for k, v in layer.state_dict().items()}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", [TANH, RELU, IDENTITY], ids=lambda a: a.name)
def test_there_and_back_through_keras(keras, activation, dtype):
    cell = RNN(3, 5, activation)
    params = extremes(cell, dtype)
    layer = to_keras(cell, params)
    again, back = from_keras(layer)
    assert (again.input_size, again.hidden_size, again.activation) == (3, 5, activation)
    assert_bits(back, params)
    assert_bits(dict(enumerate(to_keras(again, back).get_weights())), dict(enumerate(layer.get_weights())))


def test_the_copies_are_independent(keras):
    cell, params, *_ = drawn((2, 3, 3, 4))
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
def test_layers_of_torch_with_other_settings(batch_first, bias):
    layer = torch.nn.RNN(3, 5, nonlinearity="relu", bias=bias, batch_first=batch_first, dtype=torch.float64)
    cell, params = from_torch(layer)
    _, _, xs, h0, *_ = drawn((4, 7, 3, 5))
    theirs = torch.tensor(xs if batch_first else xs.swapaxes(0, 1))
    ys, _ = layer(theirs, torch.tensor(h0)[None])
    ys = ys.detach().numpy()
    np.testing.assert_allclose(
        scan(cell, params, xs, (h0,)).ys, ys if batch_first else ys.swapaxes(0, 1), **TORCH
    )
    assert params["b_h"].any() == bias


def test_layers_of_keras_with_other_settings(keras):
    layer = keras.layers.SimpleRNN(5, use_bias=False, dtype="float64")
    _, _, xs, *_ = drawn((4, 7, 3, 5))
    last = np.array(layer(xs))
    cell, params = from_keras(layer)
    np.testing.assert_allclose(scan(cell, params, xs).ys[:, -1], last, **KERAS)
    assert not params["b_h"].any()


# What is refused


def test_what_torch_cannot_take_or_give():
    _, params, *_ = drawn((2, 3, 3, 4))
    with refused(ValueError, "activation must be one of tanh, relu in torch.nn.RNN, got identity"):
        to_torch(RNN(3, 4, IDENTITY), params)
    with refused(TypeError, "layer must be a torch.nn.RNN, got LSTM"):
        from_torch(torch.nn.LSTM(3, 4))
    with refused(TypeError, "layer must be a torch.nn.RNN, got RNNCell"):
        from_torch(torch.nn.RNNCell(3, 4))
    with refused(ValueError, "layer must have 1 layer and 1 direction, got 2 and 1"):
        from_torch(torch.nn.RNN(3, 4, num_layers=2))
    with refused(ValueError, "layer must have 1 layer and 1 direction, got 1 and 2"):
        from_torch(torch.nn.RNN(3, 4, bidirectional=True))


def test_what_keras_cannot_take_or_give(keras):
    swish = Activation("swish", lambda a: a / (1 + np.exp(-a)), lambda h: h)
    _, params, *_ = drawn((2, 3, 3, 4))
    text = "activation must be one of tanh, relu, linear in keras.layers.SimpleRNN, got swish"
    with refused(ValueError, text):
        to_keras(RNN(3, 4, swish), params)
    with refused(TypeError, "layer must be a keras.layers.SimpleRNN, got GRU"):
        from_keras(keras.layers.GRU(4))
    text = "layer must be built, so that it has weights; got a layer that has not seen an input"
    with refused(ValueError, text):
        from_keras(keras.layers.SimpleRNN(4))

    def tanh(a):
        return a

    for settings_, text in [
        ({"activation": "sigmoid"}, "activation must be one of tanh, relu, linear, got sigmoid"),
        ({"activation": tanh}, "activation must be one of tanh, relu, linear, got tanh"),
        ({"go_backwards": True}, "layer must run forwards in time, got one with go_backwards=True"),
    ]:
        layer = keras.layers.SimpleRNN(4, **settings_)
        layer.build((None, None, 3))
        with refused(ValueError, text):
            from_keras(layer)


@pytest.mark.parametrize("carry", [to_torch, to_keras])
def test_parameters_that_do_not_fit(keras, carry):
    cell, params, *_ = drawn((2, 3, 3, 4))
    with refused(TypeError, "cell must be an RNN, got str"):
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
