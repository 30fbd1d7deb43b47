"""The handwritten digits are the published ones, whole, quickly read and refused when altered."""

import hashlib
import time
from pathlib import Path

import numpy as np
import pytest

from companion import data

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def digits():
    return data.mnist()


def test_the_pictures_are_the_published_ones(digits):
    (images, labels), (test_images, test_labels) = digits
    assert images.shape == (60_000, 28, 28)
    assert test_images.shape == (10_000, 28, 28)
    assert (labels.shape, test_labels.shape) == ((60_000,), (10_000,))
    assert {array.dtype for part in digits for array in part} == {np.dtype(np.uint8)}
    # The published file begins with four big-endian numbers: its kind, and the three sizes.
    published = np.array([0x803, *images.shape], dtype=">u4").tobytes() + images.tobytes()
    assert hashlib.sha256(published).hexdigest().startswith("ba891046e6505d7aadcbbe25680a0738")


def test_the_labels_are_as_the_readme_says(digits):
    (_, labels), (_, test_labels) = digits
    counts = np.bincount(labels)
    assert (len(counts), counts[1], counts[5]) == (10, 6742, 5421)
    assert (counts.argmax(), counts.argmin()) == (1, 5)
    assert labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert test_labels[:5].tolist() == [7, 2, 1, 0, 4]


def test_ink_is_bright_and_stands_in_the_middle(digits):
    (images, _), _ = digits
    mean = images.mean(axis=0)
    assert images.max() == 255
    assert mean[10:18, 10:18].mean() > 80
    assert mean[:2].max() < 1


def test_reading_takes_well_under_a_second():
    started = time.process_time()
    data.mnist()
    assert time.process_time() - started < 0.9
