"""The networks in PyTorch.

Tensors keep channels last, in memory too: with so few channels that makes convolutions several times faster.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from companion._arrays import Array, Grads, Params
from companion.variants.network import Record, Tensor, forward
from companion.variants.readings import Reading


class TorchOps:
    """What `forward` asks for, in PyTorch."""

    def conv(self, x: Tensor, w: Tensor, padding: str = "same") -> Tensor:
        channels_first, kernel = x.permute(0, 3, 1, 2), w.permute(3, 2, 0, 1)
        around = w.shape[0] // 2 if padding == "same" else 0
        return functional.conv2d(channels_first, kernel, padding=around).permute(0, 2, 3, 1)

    def halve(self, x: Tensor) -> Tensor:
        return functional.avg_pool2d(x.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)

    def elu(self, x: Tensor) -> Tensor:
        return functional.elu(x)

    def tanh(self, x: Tensor) -> Tensor:
        return torch.tanh(x)

    def matmul(self, x: Tensor, w: Tensor) -> Tensor:
        return x @ w

    def reshape(self, x: Tensor, shape: tuple[int, ...]) -> Tensor:
        return x.reshape(shape)

    def concat(self, xs: Sequence[Tensor]) -> Tensor:
        return torch.cat(list(xs), dim=3)

    def average(self, x: Tensor) -> Tensor:
        return x.mean(dim=(1, 2))

    def stop(self, x: Tensor) -> Tensor:
        return x.detach()


OPS = TorchOps()


def device() -> str:
    """Where to train: "cuda" on a machine with a graphics card, with exact and repeatable arithmetic."""
    if not torch.cuda.is_available():
        return "cpu"
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.allow_tf32 = False
    return "cuda"


def loss_and_grads(
    variant: str,
    reading: Reading,
    weights: Params,
    seen: Array,
    labels: Array,
    record: Record | None = None,
    copies: list[Any] | None = None,
) -> tuple[float, Array, Grads, list[Array | None]]:
    """Mean cross-entropy, scores (N, 10), the cross-entropy's gradient for every weight, and the record left.

    seen      what `companion.variants.inputs` makes of N pictures: (4, N, 28, 28, 1), or (N, 28, 28, 1) for
              the multi-stream net; of the same precision as the weights
    labels    the digits (N,)
    record    the states that the minibatch before left, (N, height, width, channels) or None
    copies    a list, to which the internal convolutions as published append what they make
    """
    tensors = {name: torch.tensor(w, requires_grad=True) for name, w in weights.items()}
    kept = None if record is None else [None if s is None else torch.tensor(s) for s in record]
    made: list[Tensor] = []
    scores, left = forward(OPS, variant, reading, tensors, torch.tensor(seen), kept, made)
    loss = functional.cross_entropy(scores, torch.tensor(np.asarray(labels, np.int64)))
    found = torch.autograd.grad(loss, list(tensors.values()), allow_unused=True, materialize_grads=True)
    if copies is not None:
        copies.extend(copy.detach().numpy() for copy in made)
    return (
        loss.item(),
        scores.detach().numpy(),
        {name: g.detach().numpy() for name, g in zip(tensors, found, strict=True)},
        [None if state is None else state.numpy() for state in left],
    )
