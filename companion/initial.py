"""Where the weights of a recurrent network may begin, other than at random.

Each function returns new parameters; those it is given stay as they are.
"""

from collections.abc import Callable

import numpy as np

from companion._arrays import Array, Grads, Params, expect_size


def orthogonal(n: int, rng: np.random.Generator, gain: float = 1.0) -> Array:
    """A random orthogonal (n, n) matrix times `gain`: every rotation and reflection equally likely.

    It keeps the length of every vector, so all its singular values are `gain` (Saxe et al., 2014).
    """
    n = expect_size("n", n)
    Q, R = np.linalg.qr(rng.normal(size=(n, n)))
    # QR leaves the signs of R to the library; with those of R's diagonal taken out, Q is uniform.
    turned: Array = gain * Q * np.sign(np.diag(R))
    return turned


def identity(n: int, gain: float = 1.0) -> Array:
    """The (n, n) identity times `gain`, with which a linear or ReLU cell begins by keeping its memory
    (Le et al., 2015)."""
    return gain * np.eye(expect_size("n", n))


def recurrent(params: Params, make: Callable[[int], Array]) -> Grads:
    """Return `params` with every block of every recurrent matrix W_hh (H, G*H) set to a make(H) of its own.

    Raises ValueError where there is no such matrix, or where make(H) is not (H, H).
    """
    begun = dict(params)
    for name in _ending(params, "W_hh"):
        H, width = params[name].shape
        blocks = [np.asarray(make(H)) for _ in range(width // H)]
        if wrong := [b.shape for b in blocks if b.shape != (H, H)]:
            raise ValueError(f"make({H}) must return a matrix of shape ({H}, {H}), got {wrong[0]}")
        begun[name] = np.concatenate(blocks, axis=1).astype(params[name].dtype)
    return begun


def forget_bias(params: Params, value: float = 1.0) -> Grads:
    """Return `params` with the forget gate's part of every LSTM's b_h set to `value`.

    A value of 1 lets an LSTM begin by remembering (Jozefowicz et al., 2015). Raises ValueError where no
    W_hh (H, 4H) shows an LSTM.
    """
    begun = dict(params)
    for name in _ending(params, "W_hh"):
        H, width = params[name].shape
        if width == 4 * H:
            bias_name = name.removesuffix("W_hh") + "b_h"
            begun[bias_name] = params[bias_name].copy()
            begun[bias_name][H : 2 * H] = value
    if not any(begun[name] is not value for name, value in params.items()):
        raise ValueError(f"params must hold an LSTM, W_hh (H, 4H), got {_shapes(params)}")
    return begun


def _ending(params: Params, name: str) -> list[str]:
    found = [k for k in params if k.split(".")[-1] == name]
    if not found:
        raise ValueError(f"params must hold {name}, got {', '.join(params) or 'none'}")
    return found


def _shapes(params: Params) -> str:
    return ", ".join(f"{name} {value.shape}" for name, value in params.items() if value.ndim == 2)
