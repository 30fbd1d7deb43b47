"""The experiment on the order of reading and writing: what it counts, and that it is recorded."""

import numpy as np
import pytest

from companion import sweep
from companion.experiments import read_order


def test_a_state_is_late_in_order_or_torn():
    late, in_order = np.zeros((2, 3)), np.ones((2, 3))
    torn = np.array([[0, 0, 0], [1, 1, 1]])
    kinds = [read_order.kind(found, late, in_order) for found in (late + 1e-5, in_order, torn)]
    assert kinds == ["late", "in order", "torn"]
    with pytest.raises(ValueError, match="nobody has written"):
        read_order.kind(late + 0.5, late, in_order)


@pytest.mark.frameworks
def test_a_graph_that_writes_first_is_read_in_order_and_the_published_one_late():
    told = read_order.run(threads=1, batch=2, minibatches=5, written_first=True)
    assert told == {"late": [0, 0, 0], "in order": [5, 5, 5], "torn": [0, 0, 0]}
    published = read_order.run(threads=1, minibatches=5)
    assert sum(published["late"]) > sum(published["in order"])


@pytest.mark.frameworks
def test_every_read_is_counted():
    counts = read_order.run(threads=1, batch=2, minibatches=5)
    assert list(counts) == list(read_order.KINDS)
    assert np.sum(list(counts.values()), axis=0).tolist() == [5, 5, 5]
    assert np.sum(counts["torn"]) < 15


def test_the_record_holds_all_settings():
    assert [r["settings"] for r in sweep.load("read_order")] == read_order.SETTINGS
