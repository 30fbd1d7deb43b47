"""Every backward pass is right. That the check which says so would see a bug is shown by the bug zoo."""

import re

import numpy as np
import pytest
import zoo
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from companion.cells import GRU, IDENTITY, LSTM, RELU, RNN, TANH, Activation, Highway
from companion.gradcheck import compare, gradcheck, measured_gradients, written_gradients
from companion.layers import Dense, softmax_cross_entropy, squared_error
from companion.scan import scan

RIGHT = 1e-7
NAMES = {"W_xh", "W_hh", "b_h", "xs", "h_0"}
LENGTHS = [7, 3, 5]


def refused(error, text):
    return pytest.raises(error, match=f"^{re.escape(text)}$")


# The backward passes of the package


@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["whole", "masked"])
@pytest.mark.parametrize("activation", [TANH, IDENTITY, RELU], ids=lambda a: a.name)
def test_every_gradient_over_seven_steps(activation, lengths):
    errors = gradcheck(RNN(2, 4, activation), N=3, T=7, lengths=lengths)
    assert set(errors) == NAMES
    assert max(errors.values()) < RIGHT
    assert min(errors.values()) > 0  # a comparison with nothing would be exactly 0


@st.composite
def distinct_sizes(draw):
    """N, T, D, H, all different, so that no two axes can be mistaken for each other; T is at least 3."""
    T = draw(st.integers(3, 7))
    others = st.sampled_from([n for n in (2, 3, 4, 5) if n != T])
    return (T, *draw(st.lists(others, min_size=3, max_size=3, unique=True)))


@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["whole", "masked"])
@pytest.mark.parametrize("name", [*zoo.CELLS, *zoo.WHOLE])
def test_every_gradient_of_every_cell_and_network(name, lengths):
    network = {**zoo.CELLS, **zoo.WHOLE}[name]
    errors = gradcheck(network, N=3, T=7, lengths=lengths)
    assert set(errors) == {*network.shapes, "xs", *(f"{state}_0" for state in network.state_names)}
    assert max(errors.values()) < RIGHT
    assert min(errors.values()) > 0


@settings(max_examples=12)
@given(distinct_sizes(), st.sampled_from([LSTM, GRU]), st.booleans(), st.booleans(), st.integers(0, 10**6))
def test_every_gradient_of_a_gated_cell_at_any_size(sizes, kind, highway, masked, seed):
    T, N, D, H = sizes
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, T + 1, N) if masked else None
    cell = Highway(kind(D, H)) if highway else kind(D, H)
    assert max(gradcheck(cell, rng=rng, N=N, T=T, lengths=lengths).values()) < RIGHT


@settings(max_examples=12)
@given(distinct_sizes(), st.sampled_from([TANH, IDENTITY, RELU]), st.booleans(), st.integers(0, 10**6))
def test_every_gradient_at_any_size(sizes, activation, masked, seed):
    T, N, D, H = sizes
    nearest = [np.inf]

    def f(a):
        nearest.append(np.abs(a).min())
        return activation.f(a)

    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, T + 1, N) if masked else None
    watched = RNN(D, H, Activation(activation.name, f, activation.slope))
    errors = gradcheck(watched, rng=rng, N=N, T=T, lengths=lengths)
    assume(activation is not RELU or min(nearest) > 1e-4)  # at the kink differences say nothing
    assert set(errors) == NAMES
    assert max(errors.values()) < RIGHT


def stack_of(loss, K, shape, mask):
    """A cell, a read-out and a loss over all steps, as one function of all their arrays."""
    N, T, D, H = shape
    cell, dense = RNN(D, H), Dense(H, K)
    rng = np.random.default_rng(3)
    arrays = {
        **cell.init(rng),
        **dense.init(rng),
        "xs": rng.normal(size=(N, T, D)),
        "h_0": rng.normal(size=(N, H)),
    }

    def f(arrays):
        run = scan(cell, {k: arrays[k] for k in cell.shapes}, arrays["xs"], (arrays["h_0"],))
        out = dense(arrays, run.ys)
        value, back = loss(out.y, mask)
        dys, read_out = out.back(back())
        dxs, (dh_0,), grads = run.back(dys)
        return value, {**grads, **read_out, "xs": dxs, "h_0": dh_0}

    return f, arrays


@pytest.mark.parametrize("masked", [False, True])
def test_a_whole_network_with_cross_entropy(masked):
    rng = np.random.default_rng(4)
    labels = rng.integers(0, 4, (3, 7))
    mask = rng.random((3, 7)) < 0.6 if masked else None
    errors = gradcheck(*stack_of(lambda y, m: softmax_cross_entropy(y, labels, m), 4, (3, 7, 2, 5), mask))
    assert set(errors) == NAMES | {"W_hy", "b_y"}
    assert max(errors.values()) < RIGHT


@pytest.mark.parametrize("masked", [False, True])
def test_a_whole_network_with_squared_error(masked):
    rng = np.random.default_rng(5)
    target = rng.normal(size=(3, 7, 4))
    mask = rng.random((3, 7, 4)) < 0.6 if masked else None
    errors = gradcheck(*stack_of(lambda y, m: squared_error(y, target, m), 4, (3, 7, 2, 5), mask))
    assert max(errors.values()) < RIGHT


@settings(max_examples=15)
@given(
    st.lists(st.integers(1, 4), min_size=0, max_size=3), st.integers(2, 5), st.booleans(), st.integers(0, 99)
)
def test_losses_of_any_shape(free, K, masked, seed):
    rng = np.random.default_rng(seed)
    labels, target = rng.integers(0, K, free), rng.normal(size=(*free, K))

    def mask(shape):
        keep = np.asarray(rng.random(shape) < 0.7)
        keep.flat[0] = True
        return keep if masked else None

    over_labels, over_values = mask(labels.shape), mask(target.shape)
    arrays = {"y": rng.normal(size=(*free, K))}

    def cross_entropy(arrays):
        loss = softmax_cross_entropy(arrays["y"], labels, over_labels)
        return loss.value, {"y": loss.back()}

    def squares(arrays):
        loss = squared_error(arrays["y"], target, over_values)
        return loss.value, {"y": loss.back()}

    assert gradcheck(cross_entropy, arrays)["y"] < RIGHT
    assert gradcheck(squares, arrays)["y"] < RIGHT


@pytest.mark.parametrize("free", [(), (3,), (3, 4), (2, 3, 4)])
def test_the_read_out_of_any_shape(free):
    rng = np.random.default_rng(6)
    dense, weight = Dense(5, 2), rng.normal(size=(*free, 2))

    def f(arrays):
        out = dense(arrays, arrays["h"])
        dh, grads = out.back(weight)
        return (out.y * weight).sum(), {**grads, "h": dh}

    errors = gradcheck(f, {**dense.init(rng), "h": rng.normal(size=(*free, 5))})
    assert set(errors) == {"W_hy", "b_y", "h"}
    assert max(errors.values()) < RIGHT


# The check itself


def cubes(arrays):
    return (arrays["a"] ** 3).sum(), {"a": 3 * arrays["a"] ** 2}


A = {"a": np.array([[1.0, -2.0, 0.5], [3.0, 1.5, -0.1]])}


def test_measured_and_written_gradients():
    np.testing.assert_allclose(measured_gradients(cubes, A)["a"], 3 * A["a"] ** 2, rtol=1e-8)
    np.testing.assert_array_equal(written_gradients(cubes, A)["a"], 3 * A["a"] ** 2)
    before = A["a"].copy()
    assert gradcheck(cubes, A)["a"] < 1e-9
    np.testing.assert_array_equal(A["a"], before)


def test_one_wrong_number_among_many_is_seen():
    def f(arrays):
        loss, grads = cubes(arrays)
        grads["a"][1, 2] += 0.01
        return loss, grads

    assert gradcheck(f, A)["a"] == pytest.approx(0.01 / 27, rel=1e-6)


def test_the_error_is_relative_to_the_larger_side():
    def error(written, measured):
        return compare({"a": np.array(written)}, {"a": np.array(measured)})["a"]

    assert error([1.0, 2.0], [1.0, 2.0]) == 0
    assert error([0.0, 0.0], [0.0, 0.0]) == 0
    assert error([0.0, 0.0], [0.0, 4.0]) == 1
    assert error([0.0, 4.0], [0.0, 0.0]) == 1
    assert error([1e-9, 0.0], [2e-9, 0.0]) == 0.5
    assert error([3.0, 0.0], [-3.0, 0.0]) == 2


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_is_infinitely_wrong(bad):
    one, other = {"a": np.array([bad, 1.0])}, {"a": np.array([1.0, 1.0])}
    assert compare(one, other) == compare(other, one) == compare(one, one) == {"a": np.inf}


def test_the_draw_can_be_chosen_and_repeated():
    cell = RNN(2, 3)
    assert gradcheck(cell) == gradcheck(cell) == gradcheck(cell, rng=np.random.default_rng(0))
    assert gradcheck(cell) != gradcheck(cell, rng=np.random.default_rng(1))


def test_what_cannot_be_checked_is_refused():
    a = {"a": np.ones((2, 3))}
    with refused(TypeError, "gradcheck(f, arrays) needs the arrays at which to check f, got none"):
        gradcheck(cubes)
    with refused(TypeError, "a must be a float64 array for a gradient check, got float32"):
        gradcheck(cubes, {"a": np.ones(3, np.float32)})
    with refused(TypeError, "a must be a float64 array for a gradient check, got list"):
        gradcheck(cubes, {"a": [1.0]})
    with refused(ValueError, "the loss must be one number, got shape (2, 3)"):
        gradcheck(lambda arrays: (arrays["a"], arrays), a)
    want = "gradients must have the names and shapes of the arrays {'a': (2, 3)}"
    with refused(ValueError, f"{want}, got {{}}"):
        gradcheck(lambda arrays: (1.0, {}), a)
    with refused(ValueError, f"{want}, got {{'a': (3,)}}"):
        gradcheck(lambda arrays: (1.0, {"a": np.ones(3)}), a)
    with refused(ValueError, "lengths must lie in 1..4, got 5 at index (1,)"):
        gradcheck(RNN(2, 3), N=2, T=4, lengths=[1, 5])
    with refused(ValueError, "xs must have shape (N, T, 2) with N, T >= 1, got (3, 0, 2)"):
        gradcheck(RNN(2, 3), T=0)
