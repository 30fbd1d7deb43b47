"""The checker behind the exercises: right in any style, mistakes by name, never an exception of its own."""

import numpy as np
import pytest

from companion.check import Exercise, Report, number


def backward(h, dh, W):
    da = dh * (1 - h**2)
    return da @ W.T, h.T @ da


def draw(rng):
    return {
        "h": np.tanh(rng.normal(size=(3, 4))),
        "dh": rng.normal(size=(3, 4)),
        "W": rng.normal(size=(4, 4)),
    }


EXERCISE = Exercise(
    "backward",
    backward,
    draw,
    mistakes={
        "the slope of the tanh is missing.": lambda h, dh, W: (dh @ W.T, h.T @ dh),
        "W must be transposed.": lambda h, dh, W: (dh * (1 - h**2) @ W, h.T @ (dh * (1 - h**2))),
    },
    results=("dh_prev", "dW"),
)
PARAMS = Exercise(
    "loss",
    lambda params, x: (params["W"] * x).sum(),
    lambda rng: {"params": {"W": rng.normal(size=3)}, "x": rng.normal(size=3)},
)


def with_loops(h, dh, W):
    da = [[dh[n, j] * (1 - h[n, j] ** 2) for j in range(4)] for n in range(3)]
    dh_prev = [[sum(da[n][j] * W[i, j] for j in range(4)) for i in range(4)] for n in range(3)]
    return dh_prev, [[sum(h[n, i] * da[n][j] for n in range(3)) for j in range(4)] for i in range(4)]


RIGHT = {
    "a tuple": backward,
    "a list": lambda *a: list(backward(*a)),
    "a dict": lambda *a: dict(zip(("dh_prev", "dW"), backward(*a), strict=True)),
    "a dict with more": lambda *a: {**dict(zip(("dW", "dh_prev"), backward(*a)[::-1], strict=True)), "da": 0},
    "loops and lists": with_loops,
    "einsum": lambda h, dh, W: (
        np.einsum("nj,ij->ni", dh * (1 - h * h), W),
        np.einsum("ni,nj->ij", h, dh * (1 - h * h)),
    ),
    "another precision": lambda *a: tuple(p.astype(np.longdouble) for p in backward(*a)),
    "rounding": lambda *a: tuple(p * (1 + 1e-9) for p in backward(*a)),
}


@pytest.mark.parametrize("style", RIGHT)
def test_a_right_answer_passes_in_any_style(style):
    report = EXERCISE(RIGHT[style])
    assert report == Report(True, "backward: right.")
    assert repr(report) == "backward: right."


def slope_twice_in_dW(h, dh, W):
    return backward(h, dh, W)[0], h.T @ (dh * (1 - h**2) ** 2)


def says(attempt, text, exercise=EXERCISE):
    report = exercise(attempt)
    assert report == Report(False, text)


def test_known_mistakes_are_called_by_name():
    says(lambda h, dh, W: (dh @ W.T, h.T @ dh), "backward: the slope of the tanh is missing.")
    # the mistake counts in the part that is wrong, however it is written there
    says(lambda *a: (with_loops(*a)[0], a[0].T @ a[1]), "backward: the slope of the tanh is missing.")
    says(
        lambda h, dh, W: (with_loops(h, dh, W.T)[0], backward(h, dh, W)[1]), "backward: W must be transposed."
    )


def test_an_unknown_mistake_is_shown_by_its_first_number():
    inputs = draw(np.random.default_rng(0))
    right, wrong = backward(**inputs)[1][0, 0], slope_twice_in_dW(**inputs)[1][0, 0]
    says(slope_twice_in_dW, f"backward: dW[0, 0] must be {right:.6g}, got {wrong:.6g}. (dh_prev is right.)")
    text = EXERCISE(lambda *a: (0 * a[0], 0 * a[2])).text
    assert text == f"backward: dh_prev[0, 0] must be {backward(**inputs)[0][0, 0]:.6g}, got 0."
    assert "dW[1, 2] must be" in EXERCISE(lambda *a: (backward(*a)[0], spoil(backward(*a)[1]))).text
    assert "got nan" in EXERCISE(lambda *a: (a[0] * np.nan, a[2])).text


def spoil(dW):
    dW[1, 2] += 1e-3
    return dW


def test_a_wrong_shape_is_shown():
    says(
        lambda *a: (backward(*a)[0].T, backward(*a)[1]),
        "backward: dh_prev must have shape (3, 4), got (4, 3). (dW is right.)",
    )
    # broadcasting must not make a row of equal numbers right
    one = Exercise("ones", lambda x: np.ones(3), lambda rng: {"x": rng.normal()})
    says(lambda x: 1.0, "ones: result must have shape (3,), got ().", one)


def test_a_partial_answer_is_told_what_is_missing():
    says(lambda *a: {"dh_prev": backward(*a)[0]}, "backward: the result has no dW.")
    says(lambda *a: (backward(*a)[0], None), "backward: the result has no dW.")
    says(lambda *a: (backward(*a)[0], ...), "backward: the result has no dW.")
    says(lambda *a: {}, "backward: the result has no dh_prev, dW.")
    says(lambda *a: backward(*a)[0], "backward: expected 2 values (dh_prev, dW), got ndarray.")
    says(lambda *a: (*backward(*a), 1), "backward: expected 2 values (dh_prev, dW), got 3 values.")


def raise_not_implemented(*inputs):
    raise NotImplementedError


@pytest.mark.parametrize(
    "attempt",
    [lambda *a: None, lambda *a: ..., lambda *a: (None, None), lambda *a: (..., ...), raise_not_implemented],
)
def test_what_is_not_started_is_no_failure_of_the_cell(attempt):
    says(attempt, "backward is not started yet: it returns nothing.")


def test_whatever_the_answer_does_becomes_a_sentence():
    says(lambda *a: 1 / 0, "backward raised ZeroDivisionError: division by zero")
    says(lambda *a: a[0] @ a[1], "backward raised ValueError: " + matmul_error())
    assert EXERCISE(lambda h: h).text.startswith("backward raised TypeError: ")
    says(None, "backward must be a function, got NoneType.")
    says(np.ones(3), "backward must be a function, got ndarray.")
    for odd in ("text", object(), [[1.0], [1.0, 2.0]], {1: 2}, 10**400, 1j, len):
        report = EXERCISE(lambda *a, odd=odd: (odd, odd))
        assert not report.passed
        assert report.text.startswith("backward: ")


def matmul_error():
    with pytest.raises(ValueError, match="matmul") as caught:
        np.ones((3, 4)) @ np.ones((3, 4))
    return str(caught.value)


def test_a_change_in_place_is_found():
    def slope_in_place(h, dh, W):
        dh *= 1 - h**2
        return dh @ W.T, h.T @ dh

    says(slope_in_place, "backward changes its input dh in place; work on a copy.")

    def weights_in_place(params, x):
        params["W"] *= x
        return params["W"].sum()

    def a_weight_less(params, x):
        return (params.pop("W") * x).sum()

    says(weights_in_place, "loss changes its input params in place; work on a copy.", PARAMS)
    says(a_weight_less, "loss changes its input params in place; work on a copy.", PARAMS)
    assert PARAMS(lambda params, x: params["W"] @ x).passed


def test_an_answer_that_is_right_on_some_inputs_only_is_wrong():
    positive = Exercise(
        "f", np.abs, lambda rng: {"x": rng.permutation([1.0, 2.0, -3.0, 4.0, 5.0])[:2]}, trials=8
    )
    report = positive(lambda x: x)
    assert not report.passed
    assert "must be 3, got -3." in report.text
    calls = []

    def first_only(x):
        calls.append(x)
        return np.abs(x) if len(calls) == 1 else np.zeros(2)

    assert "result[0] must be" in positive(first_only).text


def test_the_inputs_are_the_same_for_everyone_and_differ_between_trials():
    seen = []
    EXERCISE(lambda *a: seen.append(a) or backward(*a))
    EXERCISE(lambda *a: seen.append(a) or backward(*a))
    assert len(seen) == 2 * EXERCISE.trials
    for one, other in zip(seen[:3], seen[3:], strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert not np.array_equal(seen[0][0], seen[1][0])


def test_many_rows_in_place_of_few_results_are_not_gone_through():
    class Rows(np.ndarray):
        def __iter__(self):
            raise MemoryError("far too many")

    report = EXERCISE(lambda *given: np.broadcast_to(0.0, (10**7, 10**7)).view(Rows))
    assert f"expected {len(EXERCISE.results)} values" in report.text


def test_numbers():
    mistakes = {"the sign is wrong.": -0.5, "the factor 2 is missing.": 0.25}
    for right in (0.5, np.float32(0.5), 0.5 * (1 + 1e-8)):
        assert number("slope", right, 0.5, mistakes) == Report(True, "slope: right.")
    assert number("steps", 7, 7).passed
    for given, text in [
        (-0.5, "slope: the sign is wrong."),
        (0.25, "slope: the factor 2 is missing."),
        (0.51, "slope: 0.51 is not right."),
        (float("nan"), "slope: nan is not right."),
        (None, "slope is not started yet."),
        (..., "slope is not started yet."),
        ("0.5", "slope must be a number, got str."),
        ([0.5], "slope must be a number, got list."),
    ]:
        assert number("slope", given, 0.5, mistakes) == Report(False, text)
    assert not number("zero", 1e-9, 0.0).passed
