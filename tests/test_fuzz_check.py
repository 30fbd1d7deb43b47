"""Checkers are given everything that Python can return, and answer with a report, whatever it is.

`pytest tests/test_fuzz_check.py --hypothesis-profile=long` tries twenty times as much, each time anew.
"""

import copy
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from test_check_all import CHECKERS, EXERCISES, over

from companion.check import Exercise, Report

ANY = st.sampled_from(list(CHECKERS.values()))


class Hostile:
    """An object that fails whatever it is asked."""

    def _fail(self, *given: Any, **named: Any) -> Any:
        raise RuntimeError("no")

    __len__ = __iter__ = __getitem__ = __float__ = __array__ = __bool__ = __eq__ = __repr__ = _fail
    __hash__ = None  # type: ignore[assignment]


class HostileMapping(Mapping[str, Any]):
    """A mapping that is none."""

    def __getitem__(self, key: str) -> Any:
        raise RuntimeError("no")

    def __iter__(self) -> Iterator[str]:
        raise RuntimeError("no")

    def __len__(self) -> int:
        raise RuntimeError("no")


def own_member() -> list[Any]:
    made: list[Any] = [1.0]
    made.append(made)
    return made


def deep() -> list[Any]:
    made: list[Any] = []
    for _ in range(3_000):
        made = [made]
    return made


def endless() -> Iterator[int]:
    while True:
        yield 1


def tensor() -> Any:
    import torch

    return torch.ones(2, requires_grad=True)


def hostile_members() -> np.ndarray:
    made = np.empty(2, dtype=object)
    made[:] = [Hostile] * 2
    made[0] = made[1]()
    return made


MADE: list[Callable[[], Any]] = [
    Hostile,
    HostileMapping,
    own_member,
    deep,
    endless,
    tensor,
    object,
    lambda: Hostile,
    lambda: ValueError("returned, not raised"),
    lambda: np.broadcast_to(0.0, (10**7, 10**7)),
    hostile_members,
    lambda: np.ma.masked_array([1.0, 2.0], [True, False]),
    lambda: np.zeros(2, dtype=[("a", "f8"), ("b", "U3")]),
    lambda: 10**400,
    lambda: "1.5",
    lambda: [[1.0], [1.0, 2.0]],
    lambda: {1.0, 2.0},
    lambda: memoryview(b"abc"),
]
numbers = st.one_of(st.integers(), st.floats(), st.complex_numbers(), st.fractions(), st.decimals())
dtypes = st.one_of(arrays.scalar_dtypes(), st.just(np.dtype(np.longdouble)))
leaves = st.one_of(
    st.sampled_from(MADE).map(lambda make: make()),
    st.none() | st.just(...) | st.booleans(),
    numbers,
    st.text(max_size=5) | st.binary(max_size=5),
    arrays.arrays(dtypes, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)),
)
odd = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3),
    ),
    max_leaves=6,
)


def run(checker: Any, attempt: Any) -> Report:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = checker(attempt)
    assert isinstance(report, Report)
    assert isinstance(report.passed, bool)
    assert isinstance(report.text, str)
    return report


@over(CHECKERS)
def test_a_strange_object_is_reported(checker: Any) -> None:
    for make in MADE:
        run(checker, lambda *given, make=make: make())
        run(checker, make())


@given(checker=ANY, returned=odd)
def test_whatever_is_returned_is_reported(checker: Any, returned: Any) -> None:
    run(checker, lambda *given: returned)


@given(checker=ANY, returned=odd)
def test_whatever_stands_in_place_of_a_function_is_reported(checker: Any, returned: Any) -> None:
    run(checker, returned)


def places(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths to all parts of an answer."""
    yield here
    if isinstance(value, dict | list | tuple):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*here, key))


def replaced(value: Any, path: tuple[Any, ...], part: Any) -> Any:
    """The same answer with another part at a path."""
    if not path:
        return part
    first, *rest = path
    if isinstance(value, dict):
        return {**value, first: replaced(value[first], tuple(rest), part)}
    changed = list(value)
    changed[first] = replaced(value[first], tuple(rest), part)
    return changed if isinstance(value, list) else tuple(changed)


@given(draw=st.data(), checker=st.sampled_from(list(EXERCISES.values())), part=odd)
def test_a_right_answer_with_one_odd_part_is_reported(draw: Any, checker: Exercise, part: Any) -> None:
    right = checker.right(*checker.draw(np.random.default_rng(0)).values())
    path = draw.draw(st.sampled_from(list(places(right))))

    def attempt(*given: Any) -> Any:
        answer = checker.right(*given)
        return replaced(answer, path, part) if path in set(places(answer)) else part

    run(checker, attempt)


def spoil(value: Any) -> None:
    """Change an input in every way that it allows."""
    if isinstance(value, np.ndarray) and value.flags.writeable and value.size:
        value[...] = np.zeros((), value.dtype)
    elif isinstance(value, dict):
        for part in list(value.values()):
            spoil(part)
        value.clear()
    elif isinstance(value, list | tuple):
        for part in value:
            spoil(part)
        if isinstance(value, list):
            value.append(None)
    elif hasattr(value, "__dict__") and not callable(value):
        vars(value).clear()


@over(CHECKERS)
def test_inputs_that_are_spoilt_harm_no_later_attempt(checker: Any) -> None:
    def zero(*given: Any) -> Any:
        return 0.0

    def spoils(*given: Any) -> Any:
        for value in given:
            spoil(value)
        return 0.0

    if isinstance(checker, Exercise):
        run(checker, spoils)
        assert run(checker, lambda *given: copy.deepcopy(checker.right(*given))).passed
    else:
        before = run(checker, zero)
        run(checker, spoils)
        assert run(checker, zero) == before


@over(CHECKERS)
def test_what_is_printed_is_shown(checker: Any, capsys: pytest.CaptureFixture[str]) -> None:
    def prints(*given: Any) -> None:
        print("seen")

    assert "is not started yet" in run(checker, prints).text
    assert set(capsys.readouterr().out.splitlines()) == {"seen"}
