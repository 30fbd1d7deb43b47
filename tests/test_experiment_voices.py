"""The experiment with nine voices does what it says, and what was recorded is what it asks for."""

import numpy as np
import pytest

from companion import data, sweep
from companion.data import Utterances
from companion.experiments import voices
from companion.gradcheck import gradcheck
from companion.layers import softmax_cross_entropy

TRAIN, TEST = data.japanese_vowels()
FEW = voices.pick(voices.standardised(TRAIN)[0], np.arange(0, 270, 45))


def nets():
    return [voices.Net(4, **variant) for variant in voices.VARIANTS]


@pytest.mark.parametrize("net", nets(), ids=str)
def test_gradients_agree_with_differences(net):
    def loss_and_grads(params):
        scores, back = net.scores(params, FEW.xs, FEW.lengths)
        loss = softmax_cross_entropy(scores, FEW.labels)
        return loss.value, back(loss.back())

    errors = gradcheck(loss_and_grads, net.init(np.random.default_rng(0)))
    assert max(errors.values()) < 1e-7


@pytest.mark.parametrize("net", nets(), ids=str)
def test_only_a_net_without_mask_reads_the_padding(net):
    params = net.init(np.random.default_rng(0))
    noise = np.random.default_rng(1).normal(size=FEW.xs.shape)
    noisy = np.where(voices.real(FEW)[..., None], FEW.xs, noise)
    clean, dirty = (net.scores(params, xs, FEW.lengths)[0] for xs in (FEW.xs, noisy))
    assert np.allclose(clean, dirty, rtol=0, atol=1e-14) == net.mask


def test_the_mean_state_is_the_mean_of_the_real_states():
    net = voices.Net(4, "mean")
    params = net.init(np.random.default_rng(0))
    one_by_one = [
        net.scores(params, x[None, :n], np.array([n]))[0][0] for x, n in zip(FEW.xs, FEW.lengths, strict=True)
    ]
    np.testing.assert_allclose(net.scores(params, FEW.xs, FEW.lengths)[0], one_by_one, rtol=0, atol=1e-12)


def test_an_unknown_read_out_is_refused():
    with pytest.raises(ValueError, match="read must be last or mean, got 'first'"):
        voices.Net(4, "first")


def test_held_back_are_six_of_each_speaker_and_others_each_time():
    one, two = (voices.held_back(TRAIN.labels, np.random.default_rng(seed)) for seed in (0, 1))
    assert np.bincount(TRAIN.labels[one]).tolist() == [6] * 9
    assert (one != two).any()


def test_scaling_looks_at_the_real_frames_of_the_training_set_only():
    train, test = voices.standardised(TRAIN, TEST)
    frames = train.xs[voices.real(train)]
    np.testing.assert_allclose(frames.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(frames.std(axis=0), 1)
    assert (train.xs[~voices.real(train)] == 0).all() and (test.xs[~voices.real(test)] == 0).all()
    assert np.abs(test.xs[voices.real(test)].mean(axis=0)).max() > 0.01


@pytest.mark.parametrize("count", [1, 9, 29])
def test_last_frames_are_the_last_real_ones(count):
    end = voices.last_frames(FEW, count)
    for x, n, whole, length in zip(end.xs, end.lengths, FEW.xs, FEW.lengths, strict=True):
        np.testing.assert_array_equal(x[:n], whole[:length][-count:])


def test_warped_distances_agree_with_the_recursion_written_out():
    rng = np.random.default_rng(0)
    a = Utterances(rng.normal(size=(3, 5, 2)), np.array([5, 2, 3]), np.zeros(3, int))
    b = Utterances(rng.normal(size=(2, 4, 2)), np.array([1, 4]), np.zeros(2, int))

    def cost(x, y):
        if len(x) == 0 or len(y) == 0:
            return 0.0 if len(x) == len(y) else np.inf
        before = min(cost(x[:-1], y), cost(x, y[:-1]), cost(x[:-1], y[:-1]))
        return before + ((x[-1] - y[-1]) ** 2).sum()

    expected = [
        [cost(x[:n], y[:m]) for y, m in zip(b.xs, b.lengths, strict=True)]
        for x, n in zip(a.xs, a.lengths, strict=True)
    ]
    np.testing.assert_allclose(voices.dtw_distances(a, b), expected)


def test_a_short_run_repeats_itself_and_the_record():
    settings = {"hidden_size": 64, "lr": 0.01, "seed": 3, "validate": True}
    one, two = (voices.run(**settings, epochs=2) for _ in range(2))
    assert one == two
    (record,) = sweep.load("voices", **settings, read="last", mask=True)
    np.testing.assert_allclose(one["validation"], record["figures"]["validation"][:2], atol=1e-3)


def test_a_tested_run_reports_the_answers_it_counts():
    figures = voices.run(hidden_size=8, epochs=1)
    answers = np.array([int(digit) for digit in figures["answers"]])
    assert answers.shape == (370,)
    assert figures["right"] == (answers == TEST.labels).sum()
    assert figures["right_by_last_frames"][-1] == figures["right"]


@pytest.mark.frameworks
@pytest.mark.parametrize("library", ["torch", "keras"])
def test_the_libraries_learn_something_in_two_epochs(library):
    pytest.importorskip(library)
    assert voices.run(library=library, hidden_size=16, epochs=2)["right"] > 370 / 3


def test_what_is_recorded_is_what_the_experiment_asks_for():
    records = sweep.load("voices")
    assert [r["settings"] for r in records] == voices.SETTINGS


def test_each_variant_is_tested_as_its_validation_chose():
    for (read, mask), chosen in voices.CHOSEN.items():
        assert voices.best(sweep.load("voices", read=read, mask=mask, validate=True)) == chosen


def test_wilson_and_confusion_know_small_cases():
    assert np.round(voices.wilson(8, 10), 3).tolist() == [0.490, 0.943]
    assert voices.confusion(np.array([0, 0, 1]), np.array([1, 1, 1]), 2).tolist() == [[0, 2], [0, 1]]
