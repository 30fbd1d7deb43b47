"""The nine voices are as their documentation says, and a damaged file is refused."""

import io

import numpy as np
import pytest

from companion import _shipped, data

TRAIN, TEST = data.japanese_vowels()


@pytest.mark.parametrize(
    ("part", "count", "frames", "longest", "of_each"),
    [
        (TRAIN, 270, 4274, 26, [30] * 9),
        (TEST, 370, 5687, 29, [31, 35, 88, 44, 29, 24, 40, 50, 29]),
    ],
    ids=["train", "test"],
)
def test_the_utterances_are_as_documented(
    part: data.Utterances, count: int, frames: int, longest: int, of_each: list[int]
) -> None:
    assert part.xs.shape == (count, 29, 12)
    assert part.xs.dtype == np.float64
    assert part.lengths.dtype == part.labels.dtype == np.intp
    assert (part.lengths.min(), part.lengths.max(), part.lengths.sum()) == (7, longest, frames)
    assert np.bincount(part.labels).tolist() == of_each


@pytest.mark.parametrize("part", [TRAIN, TEST], ids=["train", "test"])
def test_real_frames_stand_first_and_padding_is_zero(part: data.Utterances) -> None:
    for x, length in zip(part.xs, part.lengths, strict=True):
        assert (x[:length] != 0).any(axis=1).all()
        assert (x[length:] == 0).all()


def test_frames_are_those_of_the_file_in_its_order() -> None:
    with np.load(io.BytesIO(_shipped.read("JapaneseVowels.npz"))) as stored:
        for name, part in (("train", TRAIN), ("test", TEST)):
            frames = np.concatenate([x[:n] for x, n in zip(part.xs, part.lengths, strict=True)])
            np.testing.assert_allclose(frames, stored[f"x_{name}"], rtol=0, atol=5e-7)
    first = [1.860936, -0.207383, 0.261557, -0.214562, -0.171253, -0.118167]
    assert TRAIN.xs[0, 0, :6].tolist() == first
