"""The words in which arrays, sizes and parameters are refused, exactly as a reader meets them."""

import re

import numpy as np
import pytest

from companion._arrays import (
    NotFinite,
    expect_floats,
    expect_integers,
    expect_params,
    expect_shape,
    expect_size,
)


def refused(error, text):
    return pytest.raises(error, match=f"^{re.escape(text)}$")


def test_fitting_shapes_pass():
    expect_shape("xs", np.zeros((2, 5, 3)), "N", "T", 3)
    expect_shape("b", np.zeros(4), 4)
    expect_shape("b", np.zeros(0), 0)
    expect_shape("loss", np.zeros(()))


@pytest.mark.parametrize(
    ("value", "sizes", "text"),
    [
        (np.zeros((5, 3)), ("N", "T", 3), "xs must have shape (N, T, 3), got (5, 3)"),
        (np.zeros((2, 5, 4)), ("N", "T", 3), "xs must have shape (N, T, 3), got (2, 5, 4)"),
        (np.zeros((2, 0, 3)), ("N", "T", 3), "xs must have shape (N, T, 3) with N, T >= 1, got (2, 0, 3)"),
        (np.zeros((0, 5, 3)), ("N", "T", 3), "xs must have shape (N, T, 3) with N, T >= 1, got (0, 5, 3)"),
        (np.zeros((4, 1)), (4,), "xs must have shape (4,), got (4, 1)"),
        (np.zeros(()), ("N",), "xs must have shape (N,), got ()"),
        (np.zeros(0), (4,), "xs must have shape (4,), got (0,)"),
    ],
)
def test_other_shapes_are_refused(value, sizes, text):
    with refused(ValueError, text):
        expect_shape("xs", value, *sizes)


@pytest.mark.parametrize(("value", "kind"), [([[1.0]], "list"), (None, "NoneType"), (1.0, "float")])
def test_what_is_no_array_is_refused(value, kind):
    with refused(TypeError, f"xs must be a numpy array of shape (N, T, 3), got {kind}"):
        expect_shape("xs", value, "N", "T", 3)
    with refused(TypeError, f"xs must be a numpy array of floats, got {kind}"):
        expect_floats("xs", value)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_pass(dtype):
    expect_floats("xs", np.ones((2, 3), dtype))
    expect_floats("xs", np.ones((2, 3), dtype), np.dtype(dtype))


@pytest.mark.parametrize("dtype", ["int64", "bool", "float16", "complex128", "object", ">f8"])
def test_other_types_are_refused(dtype):
    with refused(TypeError, f"xs must be float32 or float64, got {np.dtype(dtype)}"):
        expect_floats("xs", np.ones(3, dtype))


def test_a_mixture_of_types_is_refused():
    with refused(TypeError, "W must be float32 like the inputs, got float64"):
        expect_floats("W", np.ones(3), np.dtype(np.float32))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_first_number_that_is_not_finite_is_shown(bad):
    xs = np.ones((2, 3))
    xs[1, 0] = bad
    xs[1, 2] = np.nan
    with refused(NotFinite, f"xs must be finite, got {bad} at index (1, 0)"):
        expect_floats("xs", xs)
    assert issubclass(NotFinite, ValueError)


SHAPES = {"W": (2, 3), "b": (3,)}


def params(**others):
    return {"W": np.ones((2, 3)), "b": np.ones(3), **others}


def test_parameters_are_refused_by_name():
    expect_params(params(), SHAPES)
    with refused(ValueError, "params must hold W, b, got W, b, c"):
        expect_params(params(c=np.ones(1)), SHAPES)
    with refused(ValueError, "params must hold W, b, got b"):
        expect_params({"b": np.ones(3)}, SHAPES)
    with refused(ValueError, "params must hold W, b, got none"):
        expect_params({}, SHAPES)
    with refused(ValueError, "W must have shape (2, 3), got (3, 2)"):
        expect_params(params(W=np.ones((3, 2))), SHAPES)
    with refused(TypeError, "b must be a numpy array of shape (3,), got list"):
        expect_params(params(b=[1.0, 1.0, 1.0]), SHAPES)
    with refused(TypeError, "W must be float32 or float64, got int64"):
        expect_params(params(W=np.ones((2, 3), np.int64)), SHAPES)
    with refused(TypeError, "W must be float32 like the inputs, got float64"):
        expect_params(params(), SHAPES, np.dtype(np.float32))
    with refused(ValueError, "b must be finite, got nan at index (1,)"):
        expect_params(params(b=np.array([0, np.nan, 0])), SHAPES)
    for value in (None, [1, 2], np.ones(3)):
        with refused(TypeError, f"params must be a dict of arrays by name, got {type(value).__name__}"):
            expect_params(value, SHAPES)


def test_integers_come_back_as_an_array():
    array = expect_integers("lengths", [3, 1, 2], 1, 3)
    assert array.dtype == np.intp
    assert array.tolist() == [3, 1, 2]
    assert expect_integers("labels", np.array([[2, 0]], np.uint8), 0, 2).tolist() == [[2, 0]]


def test_what_is_no_integer_in_the_range_is_refused():
    with refused(ValueError, "lengths must lie in 1..5, got 6 at index (2,)"):
        expect_integers("lengths", [1, 5, 6], 1, 5)
    with refused(ValueError, "lengths must lie in 1..5, got 0 at index (0,)"):
        expect_integers("lengths", [0, 5, 6], 1, 5)
    with refused(ValueError, "labels must lie in 0..2, got -1 at index (0, 1)"):
        expect_integers("labels", [[0, -1]], 0, 2)
    for values, dtype in [
        ([1.0, 2.0], "float64"),
        ([True, False], "bool"),
        (["1"], "<U1"),
        ([None], "object"),
    ]:
        with refused(TypeError, f"lengths must be integers, got {dtype}"):
            expect_integers("lengths", values, 1, 5)


def test_sizes():
    assert expect_size("hidden_size", np.int32(4)) == 4
    assert type(expect_size("hidden_size", np.int32(4))) is int
    with refused(ValueError, "hidden_size must be at least 1, got 0"):
        expect_size("hidden_size", 0)
    with refused(ValueError, "hidden_size must be at least 1, got -3"):
        expect_size("hidden_size", -3)
    for value in (4.0, True, np.True_, "4", None, np.ones(1, int)):
        with refused(TypeError, f"hidden_size must be an integer, got {type(value).__name__}"):
            expect_size("hidden_size", value)
