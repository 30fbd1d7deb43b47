"""Recurrent cells: what happens in one step of time, forward and backward.

A cell's `step` computes the new state and returns, beside it, the function that pulls gradients back through
that same step. Forward and backward stand together and share their local names. A cell knows nothing about
time: `companion.scan` owns the loop. A wrapper, such as a stack of cells, is itself a cell.
"""

from companion.cells.base import Back, Cell, State, Step
from companion.cells.gated import GRU, LSTM, GRUGates, LSTMGates, sigmoid
from companion.cells.simple import IDENTITY, RELU, RNN, TANH, Activation
from companion.cells.wrappers import Concatenated, Highway, Lag, Residual, Stacked

__all__ = [
    "GRU",
    "IDENTITY",
    "LSTM",
    "RELU",
    "RNN",
    "TANH",
    "Activation",
    "Back",
    "Cell",
    "Concatenated",
    "GRUGates",
    "Highway",
    "LSTMGates",
    "Lag",
    "Residual",
    "Stacked",
    "State",
    "Step",
    "sigmoid",
]
