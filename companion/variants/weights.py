"""The weights of the five networks: a dict of arrays, the same for PyTorch and TensorFlow.

Kernels are (height, width, channels in, channels out), as TensorFlow keeps them. There are no biases.
"""

import math

import numpy as np

from companion._arrays import Grads, Shapes
from companion.variants.readings import Reading, lag_of

CHANNELS, JOINED = 5, 3  # of the state; of each state of the concatenated net
SLOTS = 5  # that the concatenated net sets side by side: one before the first step, and one a step


def shapes(variant: str) -> Shapes:
    """The name and shape of every weight.

    W_xh reads the picture and W_hh the state one step before; W_hh2, W_hh3, ... read those further back.
    What the networks share comes first, so that those of one seed start alike.
    """
    k = lag_of(variant)
    C = JOINED if variant == "concatenated" else CHANNELS
    states = SLOTS * C if variant == "concatenated" else C
    found: Shapes = {
        "W_xh": (3, 3, 1, C),
        "W_hh": (1, 1, states, states),
        "trunk1": (3, 3, C, 7),
        "trunk2": (3, 3, 7, 9),
        "trunk3": (1, 1, 9, 10),
    }
    if variant == "multi-stream":
        conv, dense = (3, 3, 1, 1), (784, 676)
        found |= {"stream1": conv, "stream2": dense, "stream3": conv, "stream4": dense}
    if variant == "internal-convolution":
        found |= {f"internal{t}": (1, 1, C, C) for t in (1, 2, 3)}
    return found | {f"W_hh{j}": (1, 1, C, C) for j in range(2, k + 1)}


def size(variant: str) -> int:
    """How many weights the network has."""
    return sum(math.prod(shape) for shape in shapes(variant).values())


def initial(variant: str, reading: Reading, rng: np.random.Generator) -> Grads:
    """New weights in float32, drawn from normal distributions around 0.

    As published, the recurrent kernels and dense streams have standard deviation 1 and all other kernels
    0.05; in the concatenated net all have 1. Otherwise it is 1 / sqrt(inputs of the kernel).
    """

    def deviation(name: str, shape: tuple[int, ...]) -> float:
        if reading.scaled:
            return 1 / math.sqrt(math.prod(shape[:-1]))
        wide = variant == "concatenated" or name.startswith("W_") or len(shape) == 2
        return 1.0 if wide else 0.05

    return {
        name: (deviation(name, shape) * rng.standard_normal(shape)).astype(np.float32)
        for name, shape in shapes(variant).items()
    }
