"""What the published programs do and what their author meant, as switches that can be set one by one.

`READINGS` holds the two readings of the article. Between them lie others, for instance a state in the right
order but without gradient through time: `replace(READINGS["as published"], record="ordered")`.
"""

import re
from dataclasses import dataclass

VARIANTS = ("vanilla", "multi-stream", "concatenated", "internal-convolution", "lag-2")


def _expect(name: str, value: object, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}, got {value!r}")


@dataclass(frozen=True)
class Reading:
    """How one of the five networks is to be read.

    through_time    the gradient flows back through the states of all four steps; otherwise the last step
                    alone is trained and the states count as constants
    record          what a step reads: "stale", what the minibatch before left; "ordered", what the step
                    before has just written, in a record that is never emptied; "fresh", the same in a record
                    that is empty at the start of every minibatch
    activated       the state carried on is elu(z) rather than z, so that the recurrence is not linear
    all_streams     the multi-stream net reads its streams 1, 2, 3, 4 rather than 1, 1, 2, 3
    internal        the internal convolutions act on the state that is carried on, rather than on a copy that
                    nothing reads
    scaled          weights start at variance 1 / (number of inputs of the kernel), rather than as published
    adam_on_record  Adam also takes a step on the part of the record that the last step reads
    noise_at_test   "drawn" as in training, "mean" for the noise's mean in its place, or "none"
    order           in which order the four versions of a picture are shown, counted from 0
    """

    through_time: bool
    record: str
    activated: bool
    all_streams: bool
    internal: bool
    scaled: bool
    adam_on_record: bool = False
    noise_at_test: str = "drawn"
    order: tuple[int, ...] = (0, 1, 2, 3)

    def __post_init__(self) -> None:
        """Raise ValueError for a switch that has no such position."""
        _expect("record", self.record, ("stale", "ordered", "fresh"))
        _expect("noise_at_test", self.noise_at_test, ("drawn", "mean", "none"))
        if len(self.order) != 4 or not set(self.order) <= {0, 1, 2, 3}:
            raise ValueError(f"order must be four numbers of 0..3, got {self.order}")
        if self.adam_on_record and self.record != "stale":
            raise ValueError(f"adam_on_record needs a record that is stale, got {self.record!r}")


READINGS = {
    "as published": Reading(
        through_time=False,
        record="stale",
        activated=False,
        all_streams=False,
        internal=False,
        scaled=False,
    ),
    "as meant": Reading(
        through_time=True,
        record="fresh",
        activated=True,
        all_streams=True,
        internal=True,
        scaled=True,
    ),
}


def lag_of(variant: str) -> int:
    """How many earlier states a step reads one by one: k for "lag-k", 1 for the others.

    Raises ValueError for a name that is none of the variants.
    """
    if lag := re.fullmatch(r"lag-([1-9])", variant):
        return int(lag[1])
    if variant not in VARIANTS:
        raise ValueError(f"variant must be one of {', '.join(VARIANTS)}, or lag-1 to lag-9, got {variant!r}")
    return 1
