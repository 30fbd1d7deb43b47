"""Optimisers: from parameters and gradients to better parameters.

Nothing is changed in place. `start` gives an optimiser's memory as a dict of arrays, and `update` returns new
parameters and new memory, so that a checkpoint is simply all of these arrays.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from companion._arrays import Grads, Params


class Optimizer(Protocol):
    """What `companion.train.fit` asks of an optimiser.

    A checkpoint knows it by its repr, which must name the kind and all settings, as that of a dataclass does.
    """

    def start(self, params: Params) -> Grads: ...
    def update(self, params: Params, grads: Params, memory: Params) -> tuple[Grads, Grads]: ...


@dataclass(frozen=True)
class SGD:
    """Gradient descent, p <- p - lr v, where v <- momentum v + g (v is g itself without momentum)."""

    lr: float
    momentum: float = 0.0

    def start(self, params: Params) -> Grads:
        """One velocity per parameter, at rest; none without momentum."""
        return _zeros("v", params) if self.momentum else {}

    def update(self, params: Params, grads: Params, memory: Params) -> tuple[Grads, Grads]:
        """Return (params, memory) after one step."""
        _expect_same(params, grads)
        if not self.momentum:
            return {k: p - self.lr * grads[k] for k, p in params.items()}, {}
        v = {k: self.momentum * memory[f"v.{k}"] + grads[k] for k in params}
        return {k: p - self.lr * v[k] for k, p in params.items()}, {f"v.{k}": a for k, a in v.items()}


@dataclass(frozen=True)
class AdaGrad:
    """AdaGrad (Duchi et al., 2011): p <- p - lr g / (sqrt(s) + eps), where s sums all g^2 so far."""

    lr: float
    eps: float = 1e-10

    def start(self, params: Params) -> Grads:
        """One sum of squares per parameter, at zero."""
        return _zeros("s", params)

    def update(self, params: Params, grads: Params, memory: Params) -> tuple[Grads, Grads]:
        """Return (params, memory) after one step."""
        _expect_same(params, grads)
        s = {k: memory[f"s.{k}"] + grads[k] ** 2 for k in params}
        new = {k: p - self.lr * grads[k] / (np.sqrt(s[k]) + self.eps) for k, p in params.items()}
        return new, {f"s.{k}": a for k, a in s.items()}


@dataclass(frozen=True)
class Adam:
    """Adam (Kingma and Ba, 2015): p <- p - lr m^ / (sqrt(v^) + eps).

    m and v are running means of g and g^2, with m^ = m / (1 - beta1^t) and v^ = v / (1 - beta2^t) at step t.
    """

    lr: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8

    def start(self, params: Params) -> Grads:
        """Two running means per parameter, at zero, and the count of steps."""
        return {**_zeros("m", params), **_zeros("v", params), "t": np.zeros(())}

    def update(self, params: Params, grads: Params, memory: Params) -> tuple[Grads, Grads]:
        """Return (params, memory) after one step."""
        _expect_same(params, grads)
        t = memory["t"] + 1
        new, kept = {}, {"t": np.asarray(t)}
        for k, p in params.items():
            kept[f"m.{k}"] = m = self.beta1 * memory[f"m.{k}"] + (1 - self.beta1) * grads[k]
            kept[f"v.{k}"] = v = self.beta2 * memory[f"v.{k}"] + (1 - self.beta2) * grads[k] ** 2
            m_hat = m / float(1 - self.beta1**t)
            v_hat = v / float(1 - self.beta2**t)
            new[k] = p - self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
        return new, kept


def clip_grad_norm(grads: Params, max_norm: float) -> tuple[Grads, float]:
    """Scale all gradients together so that their common norm is at most `max_norm`.

    Returns the gradients and the norm they had before: g <- g min(1, max_norm / |g|). Gradients that are not
    finite come back as they are.
    """
    if not max_norm > 0:
        raise ValueError(f"max_norm must be above 0, got {max_norm}")
    largest = float(np.max([np.abs(g).max() for g in grads.values()], initial=0.0))
    if not 0 < largest < np.inf:
        return dict(grads), largest
    # In units of the largest number, so that the squares of exploding gradients do not overflow.
    units = [g.astype(np.float64) / largest for g in grads.values()]
    norm = largest * float(np.sqrt(sum(float((u**2).sum()) for u in units)))
    scale = min(1.0, max_norm / norm)
    return {k: g * scale for k, g in grads.items()}, norm


def clip_grad_value(grads: Params, max_value: float) -> tuple[Grads, float]:
    """Cut every single number of the gradients back to [-max_value, max_value].

    Returns the gradients and the largest size a number had before. Unlike `clip_grad_norm` this may change
    the direction of the step. An infinite number is cut like any other; nan stays nan.
    """
    if not max_value > 0:
        raise ValueError(f"max_value must be above 0, got {max_value}")
    largest = float(np.max([np.abs(g).max() for g in grads.values()], initial=0.0))
    return {k: np.clip(g, -max_value, max_value) for k, g in grads.items()}, largest


def _zeros(prefix: str, params: Params) -> Grads:
    return {f"{prefix}.{k}": np.zeros_like(p) for k, p in params.items()}


def _expect_same(params: Params, grads: Params) -> None:
    want, have = ({k: (a.dtype, a.shape) for k, a in arrays.items()} for arrays in (params, grads))
    if want != have:
        expected, got = (
            {k: f"{t}{list(shape)}" for k, (t, shape) in kinds.items()} for kinds in (want, have)
        )
        raise ValueError(f"grads must be like the parameters {expected}, got {got}")
