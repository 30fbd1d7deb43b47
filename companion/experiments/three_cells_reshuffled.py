"""The nets of `three_cells` in Keras once more, with a new order of the pictures in each epoch.

With one seed for a whole run Keras shows the pictures in the same order in every epoch. Here it is seeded
anew before each, so that a run can be repeated and its epochs still differ.
"""

from typing import Any

from companion.experiments import three_cells


def run(cell: str, seed: int, epochs: int = three_cells.EPOCHS, pool: int = 60_000) -> dict[str, Any]:
    """One run of `three_cells` by the protocol of the source; the figures are the same."""
    return three_cells.run(cell, seed=seed, epochs=epochs, pool=pool, jit=True, reshuffle=True)


SETTINGS: list[dict[str, Any]] = [
    {"cell": cell, "seed": seed} for seed in range(5) for cell in three_cells.CELLS
]
