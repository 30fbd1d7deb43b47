"""Carrying weights between the course's networks and the layers of PyTorch and Keras.

Every number is copied as it is, so that the same input gives the same output on both sides. Neither framework
is loaded before a function that needs it is called.
"""

from companion.interop.with_keras import from_keras, to_keras
from companion.interop.with_torch import from_torch, to_torch

__all__ = ["from_keras", "from_torch", "to_keras", "to_torch"]
