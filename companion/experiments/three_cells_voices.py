"""The nine voices told apart by a simple recurrent network, an LSTM and a GRU, in PyTorch.

Data, read-out of the last real state, batches and clipping are those of the chapter "Nine voices". For each
cell learning rate and epochs are chosen on utterances held back, and the test set is answered once.
"""

from typing import Any

import numpy as np

from companion import data
from companion.data import Utterances
from companion.experiments import voices
from companion.experiments.three_cells import CELLS, expect_cell
from companion.train import shuffled

UNITS, RATES, LONGEST = 64, (0.003, 0.01), 60


def run(cell: str, lr: float, seed: int, epochs: int = LONGEST, validate: bool = False) -> dict[str, Any]:
    """Train one net.

    With `validate`: the loss and the share of right answers on 54 held-back utterances after each epoch.
    Otherwise how many of the 370 test utterances are answered rightly after the last.
    """
    import torch

    expect_cell(cell)
    rng = np.random.default_rng(seed)
    train, other = data.japanese_vowels()
    if validate:
        back = voices.held_back(train.labels, rng)
        train, other = voices.pick(train, ~back), voices.pick(train, back)
    train, other = voices.standardised(train, other)

    torch.manual_seed(seed)
    kind = {"SimpleRNN": torch.nn.RNN, "LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU}[cell]
    layer = kind(voices.COEFFICIENTS, UNITS, batch_first=True)
    linear = torch.nn.Linear(UNITS, voices.SPEAKERS)
    weights = [*layer.parameters(), *linear.parameters()]
    optimizer = torch.optim.Adam(weights, lr=lr)

    def loss_of(u: Utterances) -> tuple[Any, int]:
        packed = torch.nn.utils.rnn.pack_padded_sequence(
            torch.tensor(u.xs, dtype=torch.float32), torch.tensor(u.lengths), True, enforce_sorted=False
        )
        state = layer(packed)[1]
        scores = linear((state[0] if cell == "LSTM" else state)[0])
        truth = torch.tensor(u.labels)
        return torch.nn.functional.cross_entropy(scores, truth), int((scores.argmax(1) == truth).sum())

    history: dict[str, list[float]] = {"validation": [], "right": []}
    right = 0
    for epoch in range(1, epochs + 1):
        for batch in shuffled(voices.BATCH, *train)(rng):
            optimizer.zero_grad()
            loss_of(Utterances(*batch))[0].backward()
            torch.nn.utils.clip_grad_norm_(weights, voices.MAX_NORM)
            optimizer.step()
        if validate or epoch == epochs:
            with torch.no_grad():
                loss, right = loss_of(other)
            history["validation"].append(round(loss.item(), 4))
            history["right"].append(round(right / len(other.labels), 4))
    return history if validate else {"right": right}


CANDIDATES: list[dict[str, Any]] = [
    {"cell": cell, "lr": lr, "seed": seed, "validate": True}
    for cell in CELLS
    for lr in RATES
    for seed in range(5)
]
# What `deep_voices.best` gives for each cell, from the records of its candidates.
CHOSEN: dict[str, dict[str, Any]] = {
    "SimpleRNN": {"lr": 0.003, "epochs": 30},
    "LSTM": {"lr": 0.003, "epochs": 16},
    "GRU": {"lr": 0.01, "epochs": 16},
}
TESTS: list[dict[str, Any]] = [
    {"cell": cell, **CHOSEN[cell], "seed": seed} for cell in CHOSEN for seed in range(10)
]
SETTINGS = CANDIDATES + TESTS
