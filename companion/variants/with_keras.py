"""The networks in Keras on TensorFlow."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops as K

from companion._arrays import Array, Grads, Params
from companion.variants.network import Record, Tensor, forward
from companion.variants.readings import Reading


class KerasOps:
    """What `forward` asks for, in Keras."""

    def conv(self, x: Tensor, w: Tensor, padding: str = "same") -> Tensor:
        return K.conv(x, w, padding=padding)

    def halve(self, x: Tensor) -> Tensor:
        return K.average_pool(x, 2, strides=2, padding="valid")

    def elu(self, x: Tensor) -> Tensor:
        return K.elu(x)

    def tanh(self, x: Tensor) -> Tensor:
        return K.tanh(x)

    def matmul(self, x: Tensor, w: Tensor) -> Tensor:
        return K.matmul(x, w)

    def reshape(self, x: Tensor, shape: tuple[int, ...]) -> Tensor:
        return K.reshape(x, shape)

    def concat(self, xs: Sequence[Tensor]) -> Tensor:
        return K.concatenate(list(xs), axis=3)

    def average(self, x: Tensor) -> Tensor:
        return K.mean(x, axis=(1, 2))

    def stop(self, x: Tensor) -> Tensor:
        return K.stop_gradient(x)


OPS = KerasOps()


def loss_and_grads(
    variant: str,
    reading: Reading,
    weights: Params,
    seen: Array,
    labels: Array,
    record: Record | None = None,
    copies: list[Any] | None = None,
) -> tuple[float, Array, Grads, list[Array | None]]:
    """What `companion.variants.with_torch.loss_and_grads` gives, computed by Keras: see there."""
    variables = {name: tf.Variable(w) for name, w in weights.items()}
    kept = None if record is None else [None if s is None else tf.constant(s) for s in record]
    made: list[Tensor] = []
    with tf.GradientTape() as tape:
        scores, left = forward(OPS, variant, reading, variables, tf.constant(seen), kept, made)
        target = np.asarray(labels, np.int64)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(target, scores))
    found = tape.gradient(loss, variables, unconnected_gradients="zero")
    if copies is not None:
        copies.extend(copy.numpy() for copy in made)
    return (
        float(loss),
        scores.numpy(),
        {name: np.asarray(g) for name, g in found.items()},
        [None if state is None else state.numpy() for state in left],
    )
