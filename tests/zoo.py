"""Every kind of cell and network of the package, and compositions of them, for tests over all of them."""

from companion.cells import GRU, IDENTITY, LSTM, RELU, RNN, Concatenated, Highway, Lag, Residual, Stacked
from companion.whole import Bidirectional, Deep

D, H = 2, 4
CELLS = {
    "RNN": RNN(D, H),
    "linear RNN": RNN(D, H, IDENTITY),
    "LSTM": LSTM(D, H),
    "GRU": GRU(D, H),
    "stack of different cells": Stacked([RNN(D, 3), LSTM(3, 5), GRU(5, H)]),
    "stack with skips": Stacked([GRU(D, H), Residual(LSTM(H, H)), Residual(RNN(H, H))]),
    "highway RNN": Highway(RNN(D, H)),
    "highway LSTM": Highway(LSTM(D, H)),
    "stack of highway LSTMs": Stacked([Highway(LSTM(D, 3)), Highway(LSTM(3, H))]),
    "lag 1": Lag(RNN(D, H), 1),
    "lag 2": Lag(RNN(D + H, H), 2),
    "lag 3 LSTM": Lag(LSTM(D + 2 * H, H), 3),
    "lag 2 of a highway": Lag(Highway(GRU(D + H, H)), 2),
    "highway past a lag": Highway(Lag(GRU(D + H, H), 2)),
    "concatenated": Concatenated(RNN(D + 8 * 2, 2), 8),
    "concatenated LSTM": Concatenated(LSTM(D + 8 * H, H), 8),
    "stack of stacks": Stacked([Stacked([RNN(D, 3), GRU(3, 3)]), LSTM(3, H)]),
}
WHOLE = {
    "RNN both ways": Bidirectional(RNN(D, 3), RNN(D, 5)),
    "different cells both ways": Bidirectional(LSTM(D, 3), Stacked([GRU(D, 2), Highway(RNN(2, 3))])),
    "deep of one": Deep([LSTM(D, H)]),
    "deep of cells": Deep([RNN(D, 3), LSTM(3, 5), GRU(5, H)]),
    "deep both ways": Deep([Bidirectional(GRU(D, 3), GRU(D, 3)), Bidirectional(LSTM(6, 2), LSTM(6, 2))]),
    "both ways, then one": Deep([Bidirectional(GRU(D, 3), LSTM(D, 3)), Highway(LSTM(6, H))]),
}
RELU_CELLS = {"ReLU RNN": RNN(D, H, RELU)}
EVERYTHING = {**CELLS, **RELU_CELLS, **WHOLE}
