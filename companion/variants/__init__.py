"""The five recurrent networks of source 000, each as its author published it and as he meant it.

All of them read four pictures in turn with a recurrent convolution and share one trunk, which names the digit
from what stands after the fourth. `forward` states the networks once; `with_torch` and `with_keras` run it
in PyTorch and in TensorFlow from the same weights, a dict of arrays. Importing this loads neither.
"""

from companion.variants.network import STEPS, empty_record, forward
from companion.variants.pictures import inputs, noisy_versions
from companion.variants.readings import READINGS, VARIANTS, Reading, lag_of
from companion.variants.weights import initial, shapes, size

__all__ = [
    "READINGS",
    "STEPS",
    "VARIANTS",
    "Reading",
    "empty_record",
    "forward",
    "initial",
    "inputs",
    "lag_of",
    "noisy_versions",
    "shapes",
    "size",
]
