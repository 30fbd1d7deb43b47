"""What the networks are shown: a picture in four versions, three of them noisy.

The first is clean; to the others come 0.1 times normal noise, 0.1 times Poisson noise of mean 1, and 0.6
times uniform noise between 0.5 and 1, which lifts the whole picture by 0.45 on average.
"""

import numpy as np

from companion._arrays import Array
from companion.variants.readings import Reading

MEANS = (0.0, 0.0, 0.1, 0.45)  # what the noise of each version adds on average


def noisy_versions(images: Array, rng: np.random.Generator, noise: str = "drawn") -> Array:
    """Four versions (4, ...) of images of any shape, such as (N, 28, 28, 1), in float32, drawn anew.

    noise "mean" adds its mean instead, and "none" nothing at all.
    """
    if noise not in ("drawn", "mean", "none"):
        raise ValueError(f"noise must be one of drawn, mean, none, got {noise!r}")
    versions = np.empty((4, *images.shape), np.float32)
    versions[:] = images
    if noise == "mean":
        versions += np.array(MEANS, np.float32).reshape(-1, *[1] * images.ndim)
    if noise == "drawn":
        versions[1] += np.float32(0.1) * rng.standard_normal(images.shape, np.float32)
        versions[2] += np.float32(0.1) * rng.poisson(1.0, images.shape).astype(np.float32)
        versions[3] += np.float32(0.3) * (1 + rng.random(images.shape, np.float32))
    return versions


def inputs(
    variant: str, reading: Reading, images: Array, rng: np.random.Generator, noise: str = "drawn"
) -> Array:
    """What `forward` takes for images of bytes (N, 28, 28): four versions in the reading's order, or, for the
    multi-stream net, which makes its own, the clean pictures (N, 28, 28, 1)."""
    clean = images[..., None].astype(np.float32) / np.float32(255)
    if variant == "multi-stream":
        return clean
    versions = noisy_versions(clean, rng, noise)
    return versions if reading.order == (0, 1, 2, 3) else versions[list(reading.order)]
