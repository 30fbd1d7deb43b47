"""What the package accepts as an array, and the words in which it refuses everything else.

Every check names what was expected and what came, and runs before any work is done.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Params = Mapping[str, Array]
Grads = dict[str, Array]
Shapes = dict[str, tuple[int, ...]]


class NotFinite(ValueError):
    """An array holds infinite or undefined numbers."""


def expect_shape(name: str, value: object, *sizes: int | str) -> None:
    """Raise unless `value` is an array of the shape given by `sizes`.

    An integer asks for exactly that size; a letter, such as "N", asks for any size of at least 1.
    """
    if not isinstance(value, np.ndarray):
        raise TypeError(
            f"{name} must be a numpy array of shape {_written(sizes)}, got {type(value).__name__}"
        )
    fits = len(value.shape) == len(sizes) and all(
        have == want if isinstance(want, int) else have >= 1
        for have, want in zip(value.shape, sizes, strict=True)
    )
    if not fits:
        free = ", ".join(size for size in sizes if isinstance(size, str))
        at_least = f" with {free} >= 1" if free and 0 in value.shape else ""
        raise ValueError(f"{name} must have shape {_written(sizes)}{at_least}, got {value.shape}")


def expect_floats(name: str, value: object, dtype: np.dtype | None = None) -> None:
    """Raise unless `value` is an array of finite floats, of exactly `dtype` where one is given."""
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{name} must be a numpy array of floats, got {type(value).__name__}")
    if value.dtype not in (np.float32, np.float64):
        raise TypeError(f"{name} must be float32 or float64, got {value.dtype}")
    if dtype is not None and value.dtype != dtype:
        raise TypeError(f"{name} must be {dtype} like the inputs, got {value.dtype}")
    finite = np.isfinite(value)
    if not finite.all():
        where = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise NotFinite(f"{name} must be finite, got {value[where]} at index {where}")


def expect_params(
    params: Params, shapes: Mapping[str, tuple[int, ...]], dtype: np.dtype | None = None
) -> None:
    """Raise unless `params` holds exactly the arrays named in `shapes`, each with its shape."""
    if not isinstance(params, Mapping):
        raise TypeError(f"params must be a dict of arrays by name, got {type(params).__name__}")
    if set(params) != set(shapes):
        raise ValueError(
            f"params must hold {', '.join(sorted(shapes))}, got {', '.join(sorted(params)) or 'none'}"
        )
    for name, shape in shapes.items():
        expect_shape(name, params[name], *shape)
        expect_floats(name, params[name], dtype)


def expect_integers(name: str, value: object, low: int, high: int) -> NDArray[np.intp]:
    """Return `value` as an array of integers, or raise unless all of them lie in low..high."""
    array = np.asarray(value)
    if not np.issubdtype(array.dtype, np.integer):
        raise TypeError(f"{name} must be integers, got {array.dtype}")
    outside = (array < low) | (array > high)
    if outside.any():
        where = tuple(int(i) for i in np.argwhere(outside)[0])
        raise ValueError(f"{name} must lie in {low}..{high}, got {array[where]} at index {where}")
    return array.astype(np.intp)


def expect_size(name: str, value: object) -> int:
    """Return `value`, or raise unless it is an integer of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be an integer, got {type(value).__name__}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {value}")
    return int(value)


def _written(sizes: tuple[int | str, ...]) -> str:
    return f"({', '.join(str(size) for size in sizes)}{',' if len(sizes) == 1 else ''})"
