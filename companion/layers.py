"""What stands between a cell's states and the loss: the read-out, the softmax and two losses.

As in a cell's step, each returns its value together with the function that leads back through it.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from companion._arrays import (
    Array,
    Grads,
    Params,
    Shapes,
    expect_floats,
    expect_integers,
    expect_params,
    expect_shape,
    expect_size,
)


class Output(NamedTuple):
    """A layer's output y, and back(dy) -> (dh, grads)."""

    y: Array
    back: Callable[[Array], tuple[Array, Grads]]


class Loss(NamedTuple):
    """A loss as a number, and back() -> its gradient with respect to the first argument of the loss."""

    value: float
    back: Callable[[], Array]


class Dense:
    """The linear read-out y = h W_hy + b_y, with W_hy (H, K) and b_y (K,).

    It takes h (..., H) and gives y (..., K): one state, a batch of them, or a batch of whole sequences.
    """

    def __init__(self, input_size: int, output_size: int) -> None:
        self.input_size = expect_size("input_size", input_size)
        self.output_size = expect_size("output_size", output_size)

    @property
    def shapes(self) -> Shapes:
        """The shape of every parameter, by name."""
        return {"W_hy": (self.input_size, self.output_size), "b_y": (self.output_size,)}

    def init(self, rng: np.random.Generator, dtype: Any = np.float64) -> Grads:
        """Draw every parameter uniformly from (-1/sqrt(H), 1/sqrt(H)), as `torch.nn.Linear` does."""
        bound = self.input_size**-0.5
        return {name: rng.uniform(-bound, bound, shape).astype(dtype) for name, shape in self.shapes.items()}

    def __call__(self, params: Params, h: Array) -> Output:
        """Read h (..., H); raises ValueError or TypeError, naming expected and actual, for anything else."""
        params = {name: params[name] for name in self.shapes if name in params}
        expect_floats("h", h)
        if h.ndim == 0 or h.shape[-1] != self.input_size or h.size == 0:
            raise ValueError(f"h must have shape (..., {self.input_size}) and hold values, got {h.shape}")
        expect_params(params, self.shapes, h.dtype)
        W_hy = params["W_hy"]

        def back(dy: Array) -> tuple[Array, Grads]:
            expect_shape("dy", dy, *h.shape[:-1], self.output_size)
            rows_h, rows_dy = h.reshape(-1, self.input_size), dy.reshape(-1, self.output_size)
            return dy @ W_hy.T, {"W_hy": rows_h.T @ rows_dy, "b_y": rows_dy.sum(axis=0)}

        return Output(h @ W_hy + params["b_y"], back)


def softmax(logits: Array) -> Array:
    """Turn logits (..., K) into probabilities that are positive and sum to 1 over the last axis."""
    # The largest logit is subtracted first: it cancels in the ratio, and exp cannot overflow.
    powers: Array = np.exp(logits - logits.max(axis=-1, keepdims=True))
    powers /= powers.sum(axis=-1, keepdims=True)
    return powers


def softmax_cross_entropy(logits: Array, labels: ArrayLike, mask: ArrayLike | None = None) -> Loss:
    """The mean over all entries of -log softmax(logits)[label], in nats.

    logits (..., K), labels (...) integers in 0..K-1; `mask` (...) of booleans keeps only the true entries.
    """
    expect_floats("logits", logits)
    if logits.ndim == 0 or logits.size == 0:
        raise ValueError(f"logits must have shape (..., K) and hold values, got {logits.shape}")
    K = logits.shape[-1]
    labels = expect_integers("labels", labels, 0, K - 1)
    expect_shape("labels", labels, *logits.shape[:-1])
    weights = _weights(mask, labels.shape, logits.dtype)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    picked = np.take_along_axis(log_p, labels[..., None], axis=-1)[..., 0]

    def back() -> Array:
        dlogits: Array = (np.exp(log_p) - (np.arange(K) == labels[..., None])) * weights[..., None]
        return dlogits

    return Loss(float(-(weights * picked).sum()), back)


def squared_error(prediction: Array, target: Array, mask: ArrayLike | None = None) -> Loss:
    """The mean over all entries of (prediction - target)^2; both of the same shape, `mask` as above."""
    expect_floats("prediction", prediction)
    expect_shape("target", target, *prediction.shape)
    expect_floats("target", target, prediction.dtype)
    weights = _weights(mask, prediction.shape, prediction.dtype)
    error = prediction - target
    return Loss(float((weights * error**2).sum()), lambda: 2 * weights * error)


def _weights(mask: ArrayLike | None, shape: tuple[int, ...], dtype: np.dtype) -> Array:
    """The weight of every entry in the mean: 1/count where it counts, 0 elsewhere."""
    counted = np.ones(shape, bool) if mask is None else np.asarray(mask)
    if counted.shape != shape or counted.dtype != bool:
        raise ValueError(
            f"mask must be booleans of shape {shape}, got {counted.dtype} of shape {counted.shape}"
        )
    if not counted.any():
        raise ValueError(f"mask must keep at least one of {counted.size} entries, got none")
    weights: Array = counted.astype(dtype) / dtype.type(counted.sum())
    return weights
