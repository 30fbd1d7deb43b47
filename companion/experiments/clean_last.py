"""The base network as published that sees its clean picture last, with more seeds and fewer epochs.

`companion.experiments.variants` has such runs of twelve epochs. There was no time for more of these, so here
are other seeds with the first five epochs of the same protocol.
"""

from __future__ import annotations

from typing import Any

from companion.experiments import variants

ORDER = (1, 2, 3, 0)  # normal, Poisson, uniform, clean


def run(seed: int, epochs: int = 5, limit: int = variants.TRAINING) -> dict[str, Any]:
    """The figures of one run, as `companion.experiments.variants.run` gives them."""
    return variants.run("vanilla", "as published", seed, epochs, limit, order=ORDER)


SETTINGS: list[dict[str, Any]] = [{"seed": seed} for seed in (2, 3, 4)]
