"""Training: it learns, it stops before damage, and it goes on bit for bit from where it was interrupted."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from companion import data
from companion.cells import IDENTITY, RNN
from companion.layers import Dense, softmax_cross_entropy, squared_error
from companion.optim import SGD, AdaGrad, Adam, clip_grad_norm
from companion.scan import scan
from companion.train import (
    FORMAT,
    CheckpointError,
    Fit,
    NonFiniteLoss,
    fit,
    load_checkpoint,
    save_checkpoint,
    shuffled,
)

ROOT = Path(__file__).resolve().parents[1]
OPTIMIZERS = [SGD(0.1), SGD(0.05, momentum=0.9), Adam(0.02), AdaGrad(0.1)]
GENERATORS = [np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64]


def refused(error, text):
    return pytest.raises(error, match=f"^{re.escape(text)}$")


# A small regression: the order and the noise of its batches come from the generator, so that nothing repeats.


def drawn(dtype=np.float64):
    rng = np.random.default_rng(1)
    xs = rng.normal(size=(10, 3)).astype(dtype)
    params = {"W": rng.normal(size=(3, 2)).astype(dtype), "b": rng.normal(size=2).astype(dtype)}
    return params, xs, xs @ rng.normal(size=(3, 2)).astype(dtype)


def loss_and_grads(params, batch):
    x, target = batch
    loss = squared_error(x @ params["W"] + params["b"], target)
    dy = loss.back()
    return loss.value, {"W": x.T @ dy, "b": dy.sum(axis=0)}


def noisy(xs, targets):
    def batches(rng):
        for x, target in shuffled(4, xs, targets)(rng):
            yield x + 0.1 * rng.normal(size=x.shape).astype(x.dtype), target

    return batches


def trained(epochs, optimizer=SGD(0.1, 0.9), kind=np.random.PCG64, dtype=np.float64, **more):  # noqa: B008
    params, xs, targets = drawn(dtype)
    rng = np.random.Generator(kind(7))
    settings = {"progress": False, "evaluate": lambda p: {"size": float(np.abs(p["W"]).sum())}, **more}
    run = fit(loss_and_grads, params, noisy(xs, targets), optimizer, epochs=epochs, rng=rng, **settings)
    return run, rng


def assert_same_run(one, other):
    """The same bits in everything that a run consists of, generator included."""
    (a, rng_a), (b, rng_b) = one, other
    for named, others in ((a.params, b.params), (a.best, b.best), (a.memory, b.memory)):
        assert named.keys() == others.keys()
        for k in named:
            assert (named[k].dtype, named[k].shape) == (others[k].dtype, others[k].shape)
            assert named[k].tobytes() == others[k].tobytes()
    assert a.history == b.history
    assert (a.epoch, a.best_epoch) == (b.epoch, b.best_epoch)
    assert rng_a.normal(size=100).tolist() == rng_b.normal(size=100).tolist()


# Going on


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_ten_epochs_are_five_and_five_more(tmp_path, optimizer):
    path = tmp_path / "run.npz"
    trained(5, optimizer, checkpoint=path)
    resumed = trained(10, optimizer, checkpoint=path)
    assert_same_run(resumed, trained(10, optimizer))
    assert len(resumed[0].history["loss"]) == 10


@pytest.mark.parametrize("kind", GENERATORS, ids=lambda k: k.__name__)
def test_every_generator_goes_on(tmp_path, kind):
    path = tmp_path / "run.npz"
    trained(3, kind=kind, checkpoint=path)
    assert_same_run(trained(6, kind=kind, checkpoint=path), trained(6, kind=kind))


def test_a_generator_goes_on_in_the_middle_of_a_drawn_word(tmp_path):
    """32-bit draws leave half a word behind in the generator, and the half must not be lost."""
    path = tmp_path / "run.npz"

    def batches(rng):
        yield [float(n) for n in rng.integers(0, 100, 3, dtype=np.uint32)]

    def odd(epochs, **more):
        rng = np.random.default_rng(3)
        grads = lambda params, batch: (sum(batch), {"W": params["W"] * 0 + batch[0]})  # noqa: E731
        settings = {"epochs": epochs, "rng": rng, "progress": False, **more}
        return fit(grads, {"W": np.ones(2)}, batches, SGD(0.1), **settings), rng

    odd(1, checkpoint=path)
    assert_same_run(odd(4, checkpoint=path), odd(4))


def test_single_precision_and_one_epoch_at_a_time(tmp_path):
    path = str(tmp_path / "run.npz")  # a path may be a string
    for epochs in range(1, 6):
        run = trained(epochs, Adam(0.02), dtype=np.float32, checkpoint=path)
    assert_same_run(run, trained(5, Adam(0.02), dtype=np.float32))
    assert run[0].params["W"].dtype == np.float32


def test_a_finished_run_is_given_back_as_it_is(tmp_path):
    path = tmp_path / "run.npz"
    done = trained(4, checkpoint=path)
    written = path.read_bytes(), path.stat().st_mtime_ns
    for epochs in (4, 2):
        assert_same_run(trained(epochs, checkpoint=path), done if epochs == 4 else trained(4))
    assert (path.read_bytes(), path.stat().st_mtime_ns) == written


def test_a_checkpoint_changes_nothing_in_the_run(tmp_path):
    assert_same_run(trained(4, checkpoint=tmp_path / "run.npz"), trained(4))
    assert os.listdir(tmp_path) == ["run.npz"]


KILLED = """
import sys, time
sys.path.insert(0, "tests")
import test_train as t
print("ready", flush=True)
t.trained(60, t.Adam(0.02), checkpoint=sys.argv[1], evaluate=lambda p: time.sleep(0.005) or {"size": 0.5})
print("done", flush=True)
"""


def test_killed_at_any_moment_it_goes_on_bit_for_bit(tmp_path):
    """Kill the process again and again, a little after some progress, then let it come to the end."""
    path = tmp_path / "run.npz"
    pauses = np.random.default_rng(11).uniform(0, 0.02, 4)
    epochs = [0]
    for pause in [*pauses, None]:
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, path],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        if pause is not None:
            while stored_epoch(path) == epochs[-1] and process.poll() is None:
                time.sleep(0.001)
            time.sleep(pause)
            process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate(timeout=60)
        assert rest == ("done\n" if pause is None else ""), rest
        epochs.append(stored_epoch(path))
    evaluate = lambda p: {"size": 0.5}  # noqa: E731
    resumed = trained(60, Adam(0.02), checkpoint=path, evaluate=evaluate)
    assert_same_run(resumed, trained(60, Adam(0.02), evaluate=evaluate))
    assert epochs == sorted(epochs)
    assert 0 < epochs[1] < 60
    assert epochs[-1] == 60


def stored_epoch(path):
    if not path.exists():
        return 0
    with np.load(path, allow_pickle=False) as stored:
        return json.loads(str(stored["about"]))["epoch"]


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), RuntimeError("no more data")])
def test_an_interrupted_epoch_is_lost_and_no_other(tmp_path, failure):
    path = tmp_path / "run.npz"
    calls = []

    def breaking(params, batch):
        calls.append(batch)
        if len(calls) == 8:  # 3 batches an epoch: in the middle of the third
            raise failure
        return loss_and_grads(params, batch)

    params, xs, targets = drawn()
    rng = np.random.default_rng(7)
    with pytest.raises(type(failure)):
        fit(
            breaking,
            params,
            noisy(xs, targets),
            SGD(0.1, 0.9),
            epochs=5,
            rng=rng,
            checkpoint=path,
            progress=False,
        )
    assert stored_epoch(path) == 2
    same = {"evaluate": None}
    assert_same_run(trained(5, checkpoint=path, **same), trained(5, **same))


def test_an_interrupted_first_epoch_starts_anew_from_the_same_draw(tmp_path):
    """The start is saved too: whoever comes with another seed still gets the run that was begun."""
    path = tmp_path / "run.npz"
    params, xs, targets = drawn()

    def interrupted(params, batch):
        raise KeyboardInterrupt

    settings = {"epochs": 2, "checkpoint": path, "progress": False}
    with pytest.raises(KeyboardInterrupt):
        fit(interrupted, params, noisy(xs, targets), SGD(0.1, 0.9), rng=np.random.default_rng(7), **settings)
    rng = np.random.default_rng(1234)
    run = fit(loss_and_grads, params, noisy(xs, targets), SGD(0.1, 0.9), rng=rng, **settings)
    assert_same_run((run, rng), trained(2, evaluate=None))


# The file


def test_a_checkpoint_holds_arrays_and_text_only(tmp_path):
    path = tmp_path / "run.npz"
    run, _ = trained(3, Adam(0.02), kind=np.random.MT19937, checkpoint=path)
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        for name in names:
            content = archive.read(name)
            assert content.startswith(b"\x93NUMPY")
            header = content[: 10 + int.from_bytes(content[8:10], "little")]
            assert re.search(rb"'descr': '(<f8|<U\d+)'", header), header
    assert names == {
        *(f"{group}/{name}.npy" for group in ("params", "best") for name in ("W", "b")),
        *(f"memory/{m}.{name}.npy" for m in "mv" for name in ("W", "b")),
        "memory/t.npy",
        "history/loss.npy",
        "history/size.npy",
        "about.npy",
    }
    with np.load(path, allow_pickle=False) as stored:
        about = json.loads(str(stored["about"]))
        assert about["format"] == FORMAT
        assert about["epoch"] == 3
        np.testing.assert_array_equal(stored["params/W"], run.params["W"])
        assert stored["history/loss"].tolist() == run.history["loss"]


@dataclass(frozen=True)
class Hoarder(SGD):
    """An optimiser whose memory could only be stored as a pickle."""

    def start(self, params):
        return {"things": np.array([object()])}


def test_what_would_need_a_pickle_is_not_written(tmp_path):
    text = "a checkpoint must hold arrays of numbers, got objects in memory/things"
    with refused(TypeError, text):
        trained(1, Hoarder(0.1), checkpoint=tmp_path / "run.npz")
    assert os.listdir(tmp_path) == []


def good_file(path):
    path.unlink(missing_ok=True)
    run, rng = trained(3, checkpoint=path)
    return run, rng.normal(size=5).tolist(), path.read_bytes()


def loaded(path):
    params, *_ = drawn()
    optimizer = SGD(0.1, 0.9)
    rng = np.random.default_rng(99)
    run = load_checkpoint(path, Fit(params, params, optimizer.start(params), {}, 0, 0), optimizer, rng)
    return run, rng


def assert_damaged(path):
    before = path.read_bytes()
    start = f"{path} is not a complete checkpoint ("
    end = f"); expected an npz file of the format '{FORMAT}'. "
    end += "Remove the file to start anew, or put back a copy."
    expected = f"^{re.escape(start)}(.|\n)*{re.escape(end)}$"
    with pytest.raises(CheckpointError, match=expected):
        trained(4, checkpoint=path)
    assert path.read_bytes() == before  # it may be all that is left


def test_cut_short_at_any_length(tmp_path):
    path = tmp_path / "run.npz"
    *_, good = good_file(path)
    for length in [*range(0, len(good), 97), 1, 3, 4, 5, len(good) - 22, len(good) - 1]:
        path.write_bytes(good[:length])
        assert_damaged(path)


def test_a_history_that_claims_to_be_shorter_is_refused(tmp_path):
    """One flipped bit makes (700,) to (300,), which NumPy would read without coming to the checksum."""
    path = tmp_path / "run.npz"
    run, rng = trained(1)
    long = replace(run, history={"loss": [float(n) for n in range(700)]}, epoch=700)
    save_checkpoint(path, long, SGD(0.1, 0.9), rng)
    good = path.read_bytes()
    assert good.count(b"'shape': (700,)") == 1
    path.write_bytes(good.replace(b"(700,)", b"(300,)"))
    assert_damaged(path)


def test_any_flipped_bit_is_refused_or_without_effect(tmp_path):
    """Some bytes, such as the hour of writing, may change; what is read is right or refused."""
    path = tmp_path / "run.npz"
    run, numbers, good = good_file(path)
    refusals = 0
    rng = np.random.default_rng(0)
    places = rng.permutation(len(good))[:300]
    for place in places:
        bad = bytearray(good)
        bad[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(bad)
        try:
            found, generator = loaded(path)
        except CheckpointError as error:
            assert str(path) in str(error)
            refusals += 1
        else:
            same = np.random.default_rng()
            same.bit_generator.state = generator.bit_generator.state
            assert same.normal(size=5).tolist() == numbers
            assert found.history == run.history
            assert found.epoch == 3
            for group in ("params", "best", "memory"):
                one, other = getattr(found, group), getattr(run, group)
                assert {k: a.tobytes() for k, a in one.items()} == {k: a.tobytes() for k, a in other.items()}
    assert refusals > 0.6 * len(places)


def rewritten(path, **changes):
    """The same file, put together anew with some of its arrays replaced, or taken out by None."""
    with np.load(path) as stored:
        arrays = {**{k: stored[k] for k in stored.files}, **changes}
    np.savez(path, **{k: a for k, a in arrays.items() if a is not None})


def test_what_is_no_checkpoint(tmp_path):
    path = tmp_path / "run.npz"

    def about(**changes):
        good_file(path)
        with np.load(path) as stored:
            described = {**json.loads(str(stored["about"])), **changes}
        rewritten(path, about=np.array(json.dumps({k: v for k, v in described.items() if v is not None})))

    def text_file():
        path.write_text("epoch 3, loss 0.5\n")

    def array_file():
        with open(path, "wb") as file:
            np.save(file, np.ones(3))

    def pickle_file():
        np.save(path.with_suffix(".npy"), np.array([{}], dtype=object), allow_pickle=True)
        path.with_suffix(".npy").replace(path)

    def other_zip():
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("readme.txt", "nothing")

    def without(name):
        good_file(path)
        rewritten(path, **{name: None})

    for make in (
        text_file,
        array_file,
        pickle_file,
        other_zip,
        lambda: np.savez(path, weights=np.ones(3)),
        lambda: about(format="companion checkpoint 2"),
        lambda: about(format=None),
        lambda: about(epoch=None),
        lambda: about(optimizer=None),
        lambda: about(rng=None),
        lambda: about(rng="PCG64"),
        lambda: about(best_epoch=None),
        lambda: without("about"),
        lambda: rewritten_extra(path),
    ):
        make()
        assert_damaged(path)


def rewritten_extra(path):
    good_file(path)
    rewritten(path, **{"elsewhere/W": np.ones(2)})


def test_the_format_of_another_version_is_named(tmp_path):
    path = tmp_path / "run.npz"
    good_file(path)
    rewritten(path, about=np.array(json.dumps({"format": "companion checkpoint 2"})))
    with pytest.raises(CheckpointError, match=r"its format is 'companion checkpoint 2'\)"):
        trained(4, checkpoint=path)


def test_the_checkpoint_of_another_run_is_refused(tmp_path):
    path = tmp_path / "run.npz"
    *_, good = good_file(path)
    start = f"{path} belongs to another run: expected "
    sgd = "SGD(lr=0.1, momentum=0.9)"
    for text, other in [
        (f"the optimiser to be SGD(lr=0.2, momentum=0.9), got {sgd}", {"optimizer": SGD(0.2, 0.9)}),
        (f"the optimiser to be AdaGrad(lr=0.1, eps=1e-10), got {sgd}", {"optimizer": AdaGrad(0.1)}),
        ("the random generator to be Philox, got PCG64", {"kind": np.random.Philox}),
        (
            "params to be W float32[3, 2], b float32[2], got W float64[3, 2], b float64[2]",
            {"dtype": np.float32},
        ),
    ]:
        with refused(CheckpointError, start + text):
            trained(4, checkpoint=path, **other)
    rng = np.random.default_rng(5)
    state = rng.bit_generator.state
    for params, kinds in [
        ({"W": np.ones((3, 4)), "b": np.ones(4)}, "W float64[3, 4], b float64[4]"),
        ({"W": np.ones((3, 2))}, "W float64[3, 2]"),
    ]:
        run = Fit(params, params, SGD(0.1, 0.9).start(params), {}, 0, 0)
        with refused(CheckpointError, f"{start}params to be {kinds}, got W float64[3, 2], b float64[2]"):
            load_checkpoint(path, run, SGD(0.1, 0.9), rng)
    assert rng.bit_generator.state == state  # a refusal leaves the generator alone
    assert path.read_bytes() == good


def test_loading_gives_what_was_saved(tmp_path):
    path = tmp_path / "run.npz"
    run, rng = trained(3)
    save_checkpoint(path, run, SGD(0.1, 0.9), rng)
    assert_same_run(loaded(path), (run, rng))
    with pytest.raises(FileNotFoundError, match=re.escape(str(tmp_path / "none.npz"))):
        loaded(tmp_path / "none.npz")


def test_a_folder_that_is_missing_is_known_before_the_first_epoch(tmp_path):
    def never(params, batch):
        raise AssertionError("no work may be done")

    params, xs, targets = drawn()
    settings = {"epochs": 2, "rng": np.random.default_rng(0), "progress": False}
    with pytest.raises(FileNotFoundError, match=r"cannot write .*gone/run\.npz \(No such file"):
        fit(never, params, noisy(xs, targets), SGD(0.1), checkpoint=tmp_path / "gone" / "run.npz", **settings)


def test_a_read_only_folder_is_known_before_the_first_epoch():
    folder = Path(tempfile.mkdtemp())
    path = folder / "run.npz"
    trained(2, checkpoint=path)
    good = path.read_bytes()
    folder.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        with pytest.raises(
            PermissionError, match=r"cannot write .*run\.npz \(Permission denied\); the old file"
        ):
            trained(3, checkpoint=path)
        assert_same_run(trained(2, checkpoint=path), trained(2))  # a finished run needs no writing
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o755)
    assert path.read_bytes() == good
    path.unlink()
    folder.rmdir()


# What stops a run


def stopping(loss_and_grads, epochs=3, optimizer=SGD(0.1), **more):  # noqa: B008
    """Three epochs of the numbers 0, 1, 2 as batches."""
    settings = {"epochs": epochs, "rng": np.random.default_rng(0), "progress": False, **more}
    return fit(
        loss_and_grads, {"W": np.ones(2), "b": np.ones(1)}, lambda rng: range(3), optimizer, **settings
    )


END = (
    "This update was not made, and a checkpoint still holds the last complete epoch. "
    "A smaller learning rate or clipped gradients may help."
)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_stop_before_the_update(tmp_path, bad):
    ones = {"W": np.ones(2), "b": np.ones(1)}
    seen = []

    def grads(loss, **changes):
        def f(params, batch):
            seen.append(params["W"][0])
            return (loss, {**ones, **changes}) if len(seen) == 5 else (1.0, ones)

        return f

    spoilt = np.array([1.0, bad])
    for loss, changes, found in [
        (bad, {}, f"{bad} in the loss"),
        (1.0, {"W": spoilt}, f"{bad} in the gradient of W"),
        (bad, {"W": spoilt}, f"{bad} in the loss, {bad} in the gradient of W"),
    ]:
        seen.clear()
        path = tmp_path / f"{found}.npz"
        with refused(NonFiniteLoss, f"epoch 2, batch 2: {found}; expected finite numbers. {END}"):
            stopping(grads(loss, **changes), checkpoint=path)
        assert stored_epoch(path) == 1
        assert len(seen) == 5


@pytest.mark.filterwarnings("ignore:overflow")
def test_an_update_that_overflows_is_not_made(tmp_path):
    path = tmp_path / "run.npz"
    huge = {"W": np.full(2, 1e200), "b": np.ones(1)}
    text = f"epoch 1, batch 1: -inf in the new W; expected finite numbers. {END}"
    with refused(NonFiniteLoss, text):
        stopping(lambda params, batch: (1.0, huge), optimizer=SGD(1e200), checkpoint=path)
    with np.load(path) as stored:
        np.testing.assert_array_equal(stored["params/W"], [1, 1])


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid")
def test_a_diverging_network_is_named_with_epoch_and_batch():
    """The package's own layers meet the first infinite number; the run still says where it was."""
    cell, dense = RNN(1, 3, IDENTITY), Dense(3, 1)
    rng = np.random.default_rng(0)
    xs, ys = rng.normal(size=(4, 20, 1)), rng.normal(size=(4, 1))
    network = last_step(cell, dense, max_norm=np.inf)
    params = {**cell.init(rng), **dense.init(rng)}
    with pytest.raises(
        NonFiniteLoss, match=r"^epoch \d+, batch [12]: .*(finite|inf|nan).*A smaller learning rate"
    ):
        fit(network, params, shuffled(2, xs, ys), SGD(50.0), epochs=30, rng=rng, progress=False)
    spoilt = xs.copy()
    spoilt[1, 2] = np.nan
    text = r"^epoch 1, batch [12]: xs must be finite, got nan at index \([01], 2, 0\)\. "
    with pytest.raises(NonFiniteLoss, match=text):
        fit(network, params, shuffled(2, spoilt, ys), SGD(0.1), epochs=1, rng=rng, progress=False)


def test_what_does_not_fit_is_refused():
    ones = {"W": np.ones(2), "b": np.ones(1)}
    want = "grads must be like the parameters {'W': 'float64[2]', 'b': 'float64[1]'}, got "
    with refused(ValueError, want + "{'W': 'float64[2]'}"):
        stopping(lambda params, batch: (1.0, {"W": np.ones(2)}))
    with refused(ValueError, "the loss must be one number, got shape (2,)"):
        stopping(lambda params, batch: (np.ones(2), ones))
    with refused(ValueError, "monitor must be one of loss, accuracy, got 'acuracy'"):
        stopping(lambda params, batch: (1.0, ones), evaluate=lambda p: {"accuracy": 1.0}, monitor="acuracy")
    with refused(ValueError, "epochs must be at least 1, got 0"):
        stopping(lambda params, batch: (1.0, ones), epochs=0)
    with refused(TypeError, "epochs must be an integer, got float"):
        stopping(lambda params, batch: (1.0, ones), epochs=1.5)
    settings = {"epochs": 1, "rng": np.random.default_rng(0), "progress": False}
    for batches in ([], iter(())):
        with refused(ValueError, "an epoch must have at least 1 batch, got none"):
            fit(None, ones, lambda rng, batches=batches: batches, SGD(0.1), **settings)
    for W, error, text in [
        ([1.0], TypeError, "W must be a numpy array of floats, got list"),
        (np.ones(2, int), TypeError, "W must be float32 or float64, got int64"),
        (np.array([1, np.nan]), ValueError, "W must be finite, got nan at index (1,)"),
    ]:
        with refused(error, text):
            fit(None, {"W": W}, lambda rng: range(3), SGD(0.1), **settings)


# History, best, batches, bar


def test_best_is_the_epoch_with_the_lowest_monitored_figure():
    figures = [3.0, 1.0, np.nan, 2.0, 1.5]
    seen = []

    def evaluate(params):
        seen.append(params["W"].copy())
        return {"validation": figures[len(seen) - 1]}

    def grads(params, batch):
        return 10.0 - len(seen), {"W": np.ones(2), "b": np.zeros(1)}

    run = stopping(grads, epochs=5, evaluate=evaluate, monitor="validation")
    np.testing.assert_array_equal(run.best["W"], seen[1])
    assert run.best_epoch == 2
    np.testing.assert_array_equal(run.params["W"], seen[4])
    assert not np.array_equal(run.best["W"], run.params["W"])
    np.testing.assert_array_equal(run.history["validation"], figures)
    assert run.history["loss"] == [10, 9, 8, 7, 6]
    seen.clear()
    by_loss = stopping(grads, epochs=5, evaluate=evaluate)  # the loss falls throughout
    np.testing.assert_array_equal(by_loss.best["W"], by_loss.params["W"])
    assert by_loss.best_epoch == 5


def test_a_figure_that_is_nan_at_first_does_not_freeze_the_best():
    figures = iter([np.nan, 2.0, 3.0])
    grads = lambda params, batch: (1.0, {"W": np.ones(2), "b": np.zeros(1)})  # noqa: E731
    run = stopping(grads, evaluate=lambda p: {"validation": next(figures)}, monitor="validation")
    np.testing.assert_allclose(run.best["W"], 1 - 0.1 * 6)
    assert run.best_epoch == 2


def test_without_any_finite_figure_the_best_is_the_start():
    grads = lambda params, batch: (1.0, {"W": np.ones(2), "b": np.zeros(1)})  # noqa: E731
    run = stopping(grads, evaluate=lambda p: {"validation": np.nan}, monitor="validation")
    np.testing.assert_array_equal(run.best["W"], [1, 1])
    assert run.best_epoch == 0


def test_best_survives_a_resumption(tmp_path):
    def figures(params):
        return {
            "validation": abs(float(params["W"][0]) - 0.7)
        }  # lowest after one epoch of three steps of 0.1

    def grads(params, batch):
        return 1.0, {"W": np.ones(2), "b": np.zeros(1)}

    for epochs in (2, 4):
        settings = {"evaluate": figures, "monitor": "validation", "checkpoint": tmp_path / "run.npz"}
        run = stopping(grads, epochs=epochs, **settings)
        np.testing.assert_allclose(run.best["W"], 0.7)
        assert run.best_epoch == 1


def test_the_loss_of_an_epoch_is_the_mean_over_its_batches():
    ones = {"W": np.ones(2), "b": np.ones(1)}
    run = stopping(lambda params, batch: (float(batch**2), ones))
    assert run.history == {"loss": [5 / 3] * 3}
    assert run.epoch == 3
    assert "memory" not in repr(run)


def test_what_was_given_is_not_changed():
    params, xs, targets = drawn()
    before = {k: a.copy() for k, a in params.items()}
    run = fit(
        loss_and_grads,
        params,
        noisy(xs, targets),
        Adam(),
        epochs=2,
        rng=np.random.default_rng(0),
        progress=False,
    )
    assert all(np.array_equal(params[k], before[k]) and run.params[k] is not params[k] for k in params)


def test_shuffled_batches_hold_every_row_once_and_keep_rows_together():
    xs, ys = np.arange(10)[:, None] * np.ones((10, 3)), np.arange(10)
    batches = shuffled(4, xs, ys)
    rng = np.random.default_rng(0)
    orders = []
    for _ in range(2):
        epoch = list(batches(rng))
        assert [len(x) for x, _ in epoch] == [4, 4, 2]
        assert all(np.array_equal(x[:, 0], y) for x, y in epoch)
        orders.append([int(n) for _, y in epoch for n in y])
        assert sorted(orders[-1]) == list(range(10))
    assert orders[0] != orders[1]
    again = [int(n) for _, y in batches(np.random.default_rng(0)) for n in y]
    assert again == orders[0]
    with refused(ValueError, "arrays must all have the same number of rows, at least 1, got [10, 9]"):
        shuffled(4, xs, ys[:9])
    with refused(ValueError, "arrays must all have the same number of rows, at least 1, got [0]"):
        shuffled(4, xs[:0])
    with refused(ValueError, "arrays must all have the same number of rows, at least 1, got []"):
        shuffled(4)
    with refused(ValueError, "size must be at least 1, got 0"):
        shuffled(0, xs)


def test_the_bar_is_shown_or_silent(capfd, tmp_path):
    trained(2)
    assert capfd.readouterr() == ("", "")
    trained(2, progress=True, checkpoint=tmp_path / "run.npz")
    out, err = capfd.readouterr()
    assert out == ""
    assert "2/2" in err
    assert "loss=" in err
    assert "size=" in err
    trained(3, progress=True, checkpoint=tmp_path / "run.npz")
    assert "2/3" in capfd.readouterr().err  # a resumed run counts on


# Real training


def last_step(cell, dense, loss=squared_error, max_norm=5.0):
    """The loss of a read-out of the last state, and all its gradients, clipped."""

    def f(params, batch):
        xs, ys = batch
        run = scan(cell, {k: params[k] for k in cell.shapes}, xs)
        out = dense(params, run.state[0])
        value, back = loss(out.y, ys)
        dh, read_out = out.back(back())
        _, _, grads = run.back(None, (dh,))
        return value, clip_grad_norm({**grads, **read_out}, max_norm)[0]

    return f


def test_a_network_recalls_a_bit_after_ten_steps():
    """The label is the first input; noise follows. Without gradients through time this cannot be learnt."""
    rng = np.random.default_rng(0)
    first = rng.integers(0, 2, 200)
    xs = 0.3 * rng.normal(size=(200, 10, 1))
    xs[:, 0, 0] = 2 * first - 1
    cell, dense = RNN(1, 8), Dense(8, 2)
    params = {**cell.init(rng), **dense.init(rng)}

    def accuracy(params, rows):
        run = scan(cell, {k: params[k] for k in cell.shapes}, xs[rows])
        return float((dense(params, run.state[0]).y.argmax(axis=1) == first[rows]).mean())

    train, test = slice(0, 150), slice(150, None)
    settings = {"epochs": 30, "rng": rng, "progress": False}
    full = last_step(cell, dense, softmax_cross_entropy)
    run = fit(full, params, shuffled(25, xs[train], first[train]), Adam(0.01), **settings)
    assert run.history["loss"][0] > 0.6
    assert run.history["loss"][-1] < 0.05
    assert accuracy(run.params, test) > 0.98

    def last_step_only(params, batch):
        """The same, with the gradient cut after one step back."""
        xs, ys = batch
        own = {k: params[k] for k in cell.shapes}
        before = scan(cell, own, xs[:, :-1])
        last = scan(cell, own, xs[:, -1:], before.state)
        out = dense(params, last.state[0])
        loss = softmax_cross_entropy(out.y, ys)
        dh, read_out = out.back(loss.back())
        return loss.value, {**last.back(None, (dh,))[2], **read_out}

    cut = fit(last_step_only, params, shuffled(25, xs[train], first[train]), Adam(0.01), **settings)
    assert cut.history["loss"][-1] > 5 * run.history["loss"][-1]


def test_a_network_learns_the_toy_series():
    xs, ys = data.toy_series()
    scale = data.Scale.min_max(xs)
    xs, ys = scale.apply(xs), scale.apply(ys)
    cell, dense = RNN(xs.shape[2], 6), Dense(6, ys.shape[1])
    rng = np.random.default_rng(0)
    params = {**cell.init(rng), **dense.init(rng)}
    run = fit(
        last_step(cell, dense), params, shuffled(3, xs, ys), Adam(0.02), epochs=150, rng=rng, progress=False
    )
    guess = float(((ys - ys.mean(axis=0)) ** 2).mean())  # the best answer that ignores the input
    assert run.history["loss"][-1] < guess / 100


def test_a_run_is_a_value():
    run, _ = trained(1)
    with pytest.raises(AttributeError):
        run.epoch = 5
    assert replace(run, epoch=5).epoch == 5
