"""The five networks of source 000: sizes, both frameworks alike, and what the published programs do."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from companion import variants
from companion.variants import READINGS, VARIANTS, Reading

PUBLISHED, MEANT = READINGS["as published"], READINGS["as meant"]
N = 3


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def given(variant, reading, rng, dtype=np.float64):
    """Weights, what is seen, labels and a record, all of them random."""
    weights = {k: w.astype(dtype) for k, w in variants.initial(variant, reading, rng).items()}
    images = rng.integers(0, 256, (N, 28, 28), dtype=np.uint8)
    seen = variants.inputs(variant, reading, images, rng).astype(dtype)
    record = [
        rng.standard_normal(s.shape).astype(dtype) for s in variants.empty_record(variant, N, zeros=True)
    ]
    return weights, seen, rng.integers(0, 10, N), record


def in_torch(*arguments):
    from companion.variants import with_torch

    return with_torch.loss_and_grads(*arguments)


def in_keras(*arguments):
    from companion.variants import with_keras

    return with_keras.loss_and_grads(*arguments)


def test_importing_loads_no_framework():
    code = "import sys, companion.variants, companion.experiments.variants\n"
    code += "sys.exit(bool({'torch', 'keras', 'tensorflow'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_base_has_1042_weights():
    sizes = {name: int(np.prod(shape)) for name, shape in variants.shapes("vanilla").items()}
    assert sizes == {"W_xh": 45, "W_hh": 25, "trunk1": 315, "trunk2": 567, "trunk3": 90}
    assert variants.size("vanilla") == variants.size("lag-1") == 1042


@pytest.mark.parametrize(
    ("variant", "weights"),
    [
        ("multi-stream", 1042 + 2 * 9 + 2 * 784 * 676),
        ("concatenated", 27 + 225 + 189 + 567 + 90),
        ("internal-convolution", 1042 + 3 * 25),
        ("lag-2", 1042 + 25),
        ("lag-4", 1042 + 75),
    ],
)
def test_the_others_have_theirs(variant, weights):
    assert variants.size(variant) == weights


@pytest.mark.frameworks
@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("variant", [*VARIANTS, "lag-3"])
def test_torch_and_keras_agree(variant, reading, rng):
    for dtype, tolerance in ((np.float64, 1e-12), (np.float32, 1e-5)):
        arguments = given(variant, READINGS[reading], rng, dtype)
        ours = in_torch(variant, READINGS[reading], *arguments)
        theirs = in_keras(variant, READINGS[reading], *arguments)
        assert ours[1].shape == (N, 10) and ours[1].dtype == dtype
        pairs = {"loss": (ours[0], theirs[0]), "scores": (ours[1], theirs[1])}
        pairs |= {name: (ours[2][name], theirs[2][name]) for name in variants.shapes(variant)}
        pairs |= {f"slot {i}": pair for i, pair in enumerate(zip(ours[3], theirs[3], strict=True))}
        for name, (a, b) in pairs.items():
            if a is None or b is None:
                assert a is b, name
            else:
                assert np.shape(a) == np.shape(b)
                assert np.abs(a - b).max() <= tolerance * max(1, np.abs(a).max()), name


def convolved(x, w):
    """A convolution written down plainly, for (N, 28, 28, C) and an odd kernel."""
    edge = w.shape[0] // 2
    padded = np.pad(x, ((0, 0), (edge, edge), (edge, edge), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, w.shape[:2], axis=(1, 2))
    return np.einsum("nyxcij,ijco->nyxo", windows, w)


def elu(x):
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def trunk(weights, z):
    for name in ("trunk1", "trunk2", "trunk3"):
        z = elu(convolved(elu(z) if name == "trunk1" else z, weights[name]))
        if name != "trunk3":
            edge = 2 * (z.shape[1] // 2)
            z = z[:, :edge, :edge].reshape(N, edge // 2, 2, edge // 2, 2, -1).mean((2, 4))
    return z.mean((1, 2))


def test_as_published_a_step_reads_what_the_minibatch_before_left(rng):
    weights, seen, labels, record = given("vanilla", PUBLISHED, rng)
    states = [convolved(seen[t], weights["W_xh"]) + convolved(record[t], weights["W_hh"]) for t in range(4)]
    _, scores, _, left = in_torch("vanilla", PUBLISHED, weights, seen, labels, record)
    assert np.allclose(left, [record[0], *states], atol=1e-12)
    assert np.allclose(scores, trunk(weights, states[3]), atol=1e-12)


def test_as_meant_a_step_reads_the_activated_state_of_the_step_before(rng):
    weights, seen, labels, record = given("vanilla", MEANT, rng)
    state = np.zeros((N, 28, 28, 5))
    for t in range(4):
        z = convolved(seen[t], weights["W_xh"]) + convolved(state, weights["W_hh"])
        state = elu(z)
    assert np.allclose(
        in_torch("vanilla", MEANT, weights, seen, labels, record)[1], trunk(weights, z), atol=1e-12
    )


def test_as_published_lag_2_reads_two_slots_of_the_record(rng):
    weights, seen, labels, record = given("lag-2", PUBLISHED, rng)
    last = convolved(record[4], weights["W_hh"]) + convolved(record[3], weights["W_hh2"])
    left = in_torch("lag-2", PUBLISHED, weights, seen, labels, record)[3]
    assert len(left) == 6
    assert np.allclose(left[5], convolved(seen[3], weights["W_xh"]) + last, atol=1e-12)


def test_lag_1_is_the_base(rng):
    for reading in READINGS.values():
        arguments = given("vanilla", reading, rng)
        base, lag = in_torch("vanilla", reading, *arguments), in_torch("lag-1", reading, *arguments)
        assert base[0] == lag[0] and all(np.array_equal(base[2][k], lag[2][k]) for k in base[2])


@pytest.mark.parametrize("variant", ["vanilla", "concatenated", "internal-convolution", "lag-2"])
def test_as_published_only_the_last_picture_is_trained_on(variant, rng):
    weights, seen, labels, record = given(variant, PUBLISHED, rng)
    other = seen.copy()
    other[:3] = rng.random(other[:3].shape)
    first, second = (in_torch(variant, PUBLISHED, weights, xs, labels, record) for xs in (seen, other))
    assert first[0] == second[0]
    assert all(np.array_equal(first[2][k], second[2][k]) for k in weights)
    first, second = (in_torch(variant, MEANT, weights, xs, labels, record) for xs in (seen, other))
    assert first[0] != second[0]


def test_the_dead_streams_have_no_gradient_as_published(rng):
    weights, seen, labels, record = given("multi-stream", PUBLISHED, rng)
    loss, _, grads, _ = in_torch("multi-stream", PUBLISHED, weights, seen, labels, record)
    assert [k for k in weights if not grads[k].any()] == ["stream1", "stream2", "stream4"]
    nothing = {**weights, "stream4": weights["stream4"] * 0}
    assert in_torch("multi-stream", PUBLISHED, nothing, seen, labels, record)[0] == loss
    ordered = replace(PUBLISHED, record="ordered", through_time=True)
    grads = in_torch("multi-stream", ordered, weights, seen, labels, record)[2]
    assert [k for k in weights if not grads[k].any()] == ["stream4"]
    weights = given("multi-stream", MEANT, rng)[0]
    assert all(g.any() for g in in_torch("multi-stream", MEANT, weights, seen, labels, None)[2].values())


def test_streams_are_two_smaller(rng):
    weights, seen, labels, _ = given("multi-stream", MEANT, rng)
    assert seen.shape == (N, 28, 28, 1)
    left = in_torch("multi-stream", MEANT, weights, seen, labels)[3]
    assert [s if s is None else s.shape for s in left] == [None, *[(N, 26, 26, 5)] * 4]


def test_the_internal_convolutions_are_dead_as_published(rng):
    weights, seen, labels, record = given("internal-convolution", PUBLISHED, rng)
    others = {k: rng.standard_normal(w.shape) if "internal" in k else w for k, w in weights.items()}
    base = {k: w for k, w in weights.items() if "internal" not in k}
    wanted = in_torch("vanilla", PUBLISHED, base, seen, labels, record)
    made = []
    for given_weights in (weights, others):
        copies = []
        found = in_torch("internal-convolution", PUBLISHED, given_weights, seen, labels, record, copies)
        made.append(copies)
        assert np.array_equal(found[1], wanted[1])
        assert all(np.array_equal(found[2][k], wanted[2][k]) for k in base)
        assert all(np.array_equal(a, b) for a, b in zip(found[3], wanted[3], strict=True))
        assert not any(found[2][f"internal{t}"].any() for t in (1, 2, 3))
    assert len(made[0]) == 3 and not np.allclose(
        made[0], made[1]
    )  # they are computed, and nothing reads them


def test_the_internal_convolutions_live_as_meant(rng):
    weights, seen, labels, _ = given("internal-convolution", MEANT, rng)
    grads = in_torch("internal-convolution", MEANT, weights, seen, labels)[2]
    assert all(grads[f"internal{t}"].any() for t in (1, 2, 3))


@pytest.mark.parametrize("variant", VARIANTS)
def test_which_readings_remember_the_minibatch_before(variant, rng):
    weights, seen, labels, record = given(variant, PUBLISHED, rng)

    def remembers(reading):
        alone = in_torch(variant, reading, weights, seen, labels)[0]
        return in_torch(variant, reading, weights, seen, labels, record)[0] != alone

    assert remembers(PUBLISHED)
    ordered = replace(PUBLISHED, record="ordered")
    record = [record[0] * 0, *record[1:]]  # no program writes the slots before the first step
    if variant == "lag-2":
        record[1] = record[1] * 0
    assert remembers(ordered) == (variant == "concatenated")
    assert not remembers(replace(PUBLISHED, record="fresh")) and not remembers(MEANT)


def test_empty_slots_of_the_concatenated_net_add_nothing(rng):
    reading = replace(PUBLISHED, record="ordered", through_time=True)
    weights, seen, labels, _ = given("concatenated", reading, rng)
    zeros = [s.astype(np.float64) for s in variants.empty_record("concatenated", N, zeros=True)]
    with_zeros = in_torch("concatenated", reading, weights, seen, labels, zeros)
    grown = in_torch("concatenated", reading, weights, seen, labels)
    assert np.allclose(with_zeros[1], grown[1], atol=1e-12)
    assert all(np.allclose(with_zeros[2][k], grown[2][k], atol=1e-12) for k in weights)
    assert np.count_nonzero(grown[2]["W_hh"]) == 9 + 18 + 27  # of 225: the blocks that meet a filled slot


def test_the_versions_of_a_picture(rng):
    images = rng.random((50, 28, 28, 1)).astype(np.float32)
    versions = variants.noisy_versions(images, rng)
    added = versions.astype(np.float64) - images
    assert versions.shape == (4, 50, 28, 28, 1) and versions.dtype == np.float32
    assert not added[0].any()
    assert np.allclose(added.mean((1, 2, 3, 4)), [0, 0, 0.1, 0.45], atol=2e-3)
    assert np.allclose(added.std((1, 2, 3, 4)), [0, 0.1, 0.1, 0.3 / 12**0.5], atol=2e-3)
    assert np.allclose(added[2] * 10, (added[2] * 10).round(), atol=1e-4)
    assert added[3].min() >= 0.3 - 1e-6 and added[3].max() <= 0.6 + 1e-6
    mean = variants.noisy_versions(images, rng, "mean") - images
    assert np.allclose(mean, np.reshape([0, 0, 0.1, 0.45], (4, 1, 1, 1, 1)), atol=1e-6)
    assert not (variants.noisy_versions(images, rng, "none") - images).any()


def test_the_order_of_the_versions(rng):
    images = rng.integers(0, 256, (N, 28, 28), dtype=np.uint8)
    clean_last = replace(MEANT, order=(1, 2, 3, 0))
    seen = variants.inputs("vanilla", clean_last, images, rng)
    assert np.array_equal(seen[3], (images / np.float32(255))[..., None])


def test_weights_start_as_published_or_scaled_to_their_inputs(rng):
    drawn = variants.initial("multi-stream", PUBLISHED, rng)
    deviations = {k: float(drawn[k].std()) for k in ("W_xh", "stream2", "trunk1", "trunk2")}
    assert deviations == pytest.approx({"W_xh": 1, "stream2": 1, "trunk1": 0.05, "trunk2": 0.05}, rel=0.35)
    assert variants.initial("concatenated", PUBLISHED, rng)["trunk2"].std() == pytest.approx(1, rel=0.2)
    drawn = variants.initial("multi-stream", MEANT, rng)
    assert drawn["stream2"].std() == pytest.approx(784**-0.5, rel=0.01)
    assert drawn["trunk2"].std() == pytest.approx(63**-0.5, rel=0.2)


def test_networks_of_one_seed_share_what_they_have_in_common():
    drawn = {v: variants.initial(v, MEANT, np.random.default_rng(5)) for v in VARIANTS if v != "concatenated"}
    for weights in drawn.values():
        assert all(np.array_equal(weights[k], w) for k, w in drawn["vanilla"].items())


def test_what_is_refused(rng):
    for wrong in ("gru", "lag-12", "lag-1 to lag-9"):
        with pytest.raises(ValueError, match=f"variant must be one of vanilla, .* lag-9, got '{wrong}'"):
            variants.shapes(wrong)
    with pytest.raises(ValueError, match="record must be one of stale, ordered, fresh, got 'late'"):
        replace(PUBLISHED, record="late")
    with pytest.raises(ValueError, match="noise_at_test must be one of"):
        replace(PUBLISHED, noise_at_test="off")
    with pytest.raises(ValueError, match=r"order must be four numbers of 0..3, got \(0, 1\)"):
        replace(PUBLISHED, order=(0, 1))
    with pytest.raises(ValueError, match="needs a record that is stale, got 'fresh'"):
        replace(MEANT, adam_on_record=True)
    with pytest.raises(ValueError, match="noise must be one of drawn, mean, none, got 'off'"):
        variants.noisy_versions(np.zeros((1, 28, 28, 1)), rng, "off")
    assert isinstance(PUBLISHED, Reading)
