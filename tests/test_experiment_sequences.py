"""The experiment on sequences: its tasks ask what they say, a short run works, and the records are whole."""

import numpy as np
import pytest

from companion import sweep
from companion.experiments import sequences as experiment
from companion.experiments.sequences import PRONOUNS, WORDS, Reader, encode

SHORT = {"shortest": 5, "longest": 9, "updates": 100}


def test_a_short_run_learns_something_and_can_be_repeated():
    settings = {"task": "first_letter", "way": "rnn", "shortest": 1, "longest": 4, "updates": 300}
    figures = experiment.run(**settings, seed=0)
    assert set(figures["accuracy"]) == {"4", "100", "1000"}
    assert figures["accuracy"]["4"] > 0.5
    assert experiment.run(**settings, seed=0) == figures
    assert experiment.run(**settings, seed=1) != figures


@pytest.mark.parametrize("way", ["rnn", "window", "bag"])
@pytest.mark.parametrize("task", ["which_first", "whose", "back_4"])
def test_every_way_reads_every_task(task, way):
    figures = experiment.run(task, way, **SHORT | {"shortest": 7}, seed=0)
    assert all(0 <= value <= 1 for value in figures["accuracy"].values())


def test_what_is_recorded_is_what_the_settings_say():
    recorded = [record["settings"] for record in sweep.load("sequences")]
    assert recorded == experiment.SETTINGS


def test_the_labels_are_right():
    rng = np.random.default_rng(0)
    tokens, first = experiment.first_letter(rng, 50, 6)
    assert np.array_equal(tokens[:, 0], first)
    tokens, label = experiment.letter_back(rng, 50, 6, back=2)
    assert np.array_equal(tokens[:, 3], label)
    tokens, label = experiment.which_first(rng, 50, 6)
    for row, one_first in zip(tokens.tolist(), label, strict=True):
        assert row.count(0) == row.count(1) == 1
        assert one_first == (row.index(1) < row.index(0))


def owner(words):
    if words[1] in ("rode", "bought"):
        return words[0]
    assert words[1] == "sold"
    return words[5]


@pytest.mark.parametrize("T", [7, 9, 21])
def test_every_sentence_is_completed_by_its_owner(T):
    people = experiment.PEOPLE.split()
    tokens, labels = experiment.whose(np.random.default_rng(0), 600, T)
    assert tokens.shape == (600, T)
    sentences = [[WORDS[i] for i in row] for row in tokens]
    assert {words[1] for words in sentences} == ({"rode"} if T == 7 else {"rode", "bought", "sold"})
    for words, label in zip(sentences, labels, strict=True):
        assert people.index(owner(words)) // 4 == label
        kinds = {people.index(word) // 4 for word in words if word in people}
        assert len(kinds) == (1 if words[1] == "rode" else 2)
        assert words[-2] == words[3]
        assert words[-3::2] == ["the", "is"]
        assert not {"mary", "bicycle"} <= set(words)
    assert set(labels) == set(range(len(PRONOUNS)))


def test_mary_meets_the_bicycle_when_asked_for():
    tokens, labels = experiment.whose(np.random.default_rng(0), 50, 13, mary=True)
    assert {owner([WORDS[i] for i in row]) for row in tokens} == {"mary"}
    assert (tokens[:, -2] == WORDS.index("bicycle")).all()
    assert not labels.any()
    assert [WORDS[i] for i in encode("mary rode the bicycle")] == ["mary", "rode", "the", "bicycle"]


def test_a_bag_sees_no_order_and_a_window_only_the_end():
    tokens = np.array([[0, 1, 2, 3, 3]])
    bag, window = Reader("bag", 4, 2), Reader("window", 4, 2, window=3)
    assert np.array_equal(bag.steps(tokens), bag.steps(tokens[:, ::-1]))
    assert np.array_equal(window.steps(tokens), window.steps(tokens[:, 2:]))
    assert window.steps(tokens[:, :1]).shape == window.steps(tokens).shape == (1, 1, 12)
    assert Reader("rnn", 4, 2).steps(tokens).shape == (1, 5, 4)
    with pytest.raises(ValueError, match="way must be one of rnn, window, bag, got 'cnn'"):
        Reader("cnn", 4, 2)
