"""The checks of what is to be drawn: each says what was expected and what came."""

from __future__ import annotations

from collections.abc import Sized
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

ReadOut = Literal["last", "every", "flatten"]
Floats = NDArray[np.float64]


def read_out(name: str, value: str) -> None:
    """Raise ValueError unless `value` is one of the read-outs."""
    if value not in get_args(ReadOut):
        raise ValueError(f"{name} must be one of {', '.join(get_args(ReadOut))}, got {value!r}")


def at_least(name: str, value: int, least: int) -> None:
    """Raise ValueError unless `value` is at least `least`."""
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {value}")


def count(name: str, values: Sized | None, expected: int, what: str) -> None:
    """Raise ValueError if `values` are given and are not `expected` in number; `what` says why so many."""
    if values is not None and len(values) != expected:
        raise ValueError(f"{name} must have length {expected} ({what}), got {len(values)}")


def array(name: str, values: ArrayLike, shape: tuple[int | str, ...], gaps: bool = False) -> Floats:
    """Return `values` as floats of the given shape (a letter stands for any length but zero), all finite.

    `gaps=True` lets NaN through, which is drawn as a gap.
    """
    try:
        result = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be numbers of shape {_show(shape)}, got {_brief(values)}") from error
    fits = result.ndim == len(shape) and all(
        got > 0 if isinstance(want, str) else got == want
        for want, got in zip(shape, result.shape, strict=True)
    )
    if not fits:
        raise ValueError(f"{name} must have shape {_show(shape)}, got {result.shape}")
    bad = np.isinf(result) if gaps else ~np.isfinite(result)
    if bad.any():
        raise ValueError(f"{name} must be finite, got {result[bad][0]} at {np.argwhere(bad)[0].tolist()}")
    return result


def _show(shape: tuple[int | str, ...]) -> str:
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"


def _brief(values: Any) -> str:
    text = repr(values)
    return text if len(text) <= 60 else text[:57] + "..."
