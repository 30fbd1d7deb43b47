"""The letter network: right gradients, a faithful file, and a prediction loop that refuses bad letters."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion import data, letters, train
from companion.gradcheck import gradcheck
from companion.optim import Adam

ROOT = Path(__file__).resolve().parents[1]


def net(window=1, embedding=None, seed=0, epochs=300):
    xs, labels = data.letters(window=window)
    run = train.fit(
        letters.loss_and_grads,
        letters.init(np.random.default_rng(seed), embedding=embedding),
        train.shuffled(32, xs, labels),
        Adam(0.01),
        epochs=epochs,
        rng=np.random.default_rng(seed),
        progress=False,
    )
    return letters.LetterNet(run.best, "abcde", window)


@pytest.fixture(scope="module")
def trained():
    return net()


# Starting weights and gradients


@pytest.mark.parametrize(
    ("arguments", "count"), [((), 47), ((5, 3, 2), 48), ((26, 10, 2), 468), ((26, 10), 656)]
)
def test_init_has_as_many_numbers_as_the_sources_networks(arguments, count):
    params = letters.init(np.random.default_rng(0), *arguments)
    assert sum(p.size for p in params.values()) == count
    assert letters.LetterNet(params, "abcdefghijklmnopqrstuvwxyz"[: len(params["b_y"])])


def test_init_draws_as_keras_does():
    rng = np.random.default_rng(0)
    draws = [letters.init(rng, embedding=2) for _ in range(2000)]
    for name, limit in {"W_xh": np.sqrt(6 / 5), "W_hy": np.sqrt(6 / 8), "E": 0.05}.items():
        values = np.stack([d[name] for d in draws])
        assert 0.99 * limit < np.abs(values).max() <= limit
        assert values.std() == pytest.approx(limit / np.sqrt(3), rel=0.02)
    W_hh = np.stack([d["W_hh"] for d in draws])
    assert np.allclose(W_hh @ W_hh.swapaxes(1, 2), np.eye(3), atol=1e-12)
    assert np.abs(W_hh.mean(axis=0)).max() < 0.05  # no direction is preferred
    assert not any(d["b_h"].any() or d["b_y"].any() for d in draws)


@pytest.mark.frameworks
def test_keras_draws_within_the_same_limits():
    import keras

    keras.utils.set_random_seed(0)
    rnn, dense = keras.layers.SimpleRNN(3), keras.layers.Dense(5)
    table = keras.layers.Embedding(5, 2)
    for layer, shape in ((rnn, (1, 1, 5)), (dense, (1, 3)), (table, (1, 1))):
        layer.build(shape)
    W_xh, W_hh, b_h, W_hy, b_y, E = (
        w.numpy() for layer in (rnn, dense, table) for w in layer.trainable_weights
    )
    ours = letters.init(np.random.default_rng(0))
    assert np.abs(W_xh).max() <= np.sqrt(6 / 8) and np.abs(W_hy).max() <= np.sqrt(6 / 8)
    assert np.abs(E).max() <= 0.05
    assert np.allclose(W_hh @ W_hh.T, np.eye(3), atol=1e-5)
    assert not b_h.any() and not b_y.any()
    assert [w.shape for w in (W_xh, W_hh, b_h, W_hy, b_y)] == [p.shape for p in ours.values()]


@pytest.mark.parametrize("embedding", [None, 2])
@pytest.mark.parametrize("window", [1, 3, 4])
def test_gradients_are_those_of_the_loss(window, embedding):
    rng = np.random.default_rng(window)
    params = {name: rng.normal(size=p.shape) for name, p in letters.init(rng, embedding=embedding).items()}
    batch = data.letters(window=window)
    errors = gradcheck(lambda arrays: letters.loss_and_grads(arrays, batch), params)
    assert set(errors) == set(params) and max(errors.values()) < 1e-7


# The prediction loop


@pytest.mark.parametrize(("window", "embedding"), [(1, None), (1, 2), (4, None)])
def test_a_trained_network_goes_round_the_cycle(window, embedding):
    trained = net(window, embedding, epochs=450)
    for start in range(5):
        text = ("abcde" * 2)[start : start + window]
        assert trained.predict(text, 12) == ("abcde" * 5)[start + window :][:12]


def test_only_the_last_letters_are_read(trained):
    assert trained.predict("eeeda", 3) == trained.predict("a", 3) == "bcd"


def test_its_own_letters_are_read_in_their_turn(trained):
    one_by_one = ""
    for _ in range(7):
        one_by_one += letters.predict(trained.params, "c" + one_by_one)
    assert one_by_one == trained.predict("c", 7)


@pytest.mark.parametrize("text", ["x", "abx", "xa", "A", "a b", "é"])
def test_an_unknown_letter_is_named_wherever_it_stands(trained, text):
    position, letter = next((i, c) for i, c in enumerate(text) if c not in "abcde")
    words = f"unknown letter {letter!r} at position {position}: the alphabet is 'abcde'"
    with pytest.raises(ValueError, match=words):
        trained.predict(text)


@pytest.mark.parametrize(("arguments", "error"), [(("",), ValueError), (("a", 0), ValueError)])
def test_nothing_to_read_or_to_write_is_refused(trained, arguments, error):
    with pytest.raises(error, match="at least"):
        trained.predict(*arguments)
    with pytest.raises(TypeError, match="text must be a string"):
        trained.predict(5)


def test_probabilities_sum_to_one(trained):
    p = letters.probabilities(trained.params, "b")
    assert p.shape == (5,) and p.sum() == pytest.approx(1) and p.argmax() == 2


# The parameter file


@given(
    st.integers(2, 6),
    st.integers(1, 4),
    st.none() | st.integers(1, 3),
    st.integers(1, 5),
    st.floats(-1e300, 1e300),
)
def test_the_file_gives_back_every_bit(tmp_path_factory, K, H, embedding, window, number):
    path = tmp_path_factory.mktemp("nets") / "net.json"
    params = letters.init(np.random.default_rng(K), K, H, embedding)
    params["b_h"][0] = number
    letters.save(path, letters.LetterNet(params, "λab\"'\n"[:K], window))
    again = letters.load(path)
    assert again.alphabet == "λab\"'\n"[:K] and again.window == window
    assert list(again.params) == list(params)
    for name, value in params.items():
        assert again.params[name].dtype == np.float64 and np.array_equal(again.params[name], value)


def test_the_file_is_readable_text_one_row_a_line(trained, tmp_path):
    letters.save(tmp_path / "net.json", trained)
    lines = (tmp_path / "net.json").read_text().splitlines()
    assert len(lines) < 30 and '"alphabet": "abcde",' in lines
    assert json.loads((tmp_path / "net.json").read_text())["W_xh"] == trained.params["W_xh"].tolist()


def test_a_file_that_cannot_be_written_leaves_the_old_one(trained, tmp_path, monkeypatch):
    path = tmp_path / "net.json"
    letters.save(path, trained)
    before = path.read_bytes()
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="the old file is unchanged"):
        letters.save(path, net(seed=1, epochs=1))
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_a_file_cut_anywhere_is_refused(trained, tmp_path):
    path = tmp_path / "net.json"
    letters.save(path, trained)
    whole = path.read_bytes()
    for length in range(0, len(whole) - 2, 7):
        path.write_bytes(whole[:length])
        with pytest.raises(letters.LetterFileError, match="does not hold a complete letter network"):
            letters.load(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": "companion letter network 2"}, "another format"),
        ({"W_hh": [[1.0, 2.0], [3.0, 4.0]]}, r"W_hh must have shape \(3, 3\), got \(2, 2\)"),
        ({"W_hh": [[1.0], [2.0, 3.0]]}, "inhomogeneous"),
        ({"b_y": ["1", "2", "3", "4", "5"]}, "b_y must hold numbers"),
        ({"b_y": [True] * 5}, "b_y must hold numbers"),
        ({"b_y": [float("nan")] * 5}, "b_y must be finite"),
        ({"b_y": None}, "b_y must hold numbers"),
        ({"b_h": []}, "b_h must have shape"),
        ({"extra": [1.0]}, "params must hold"),
        ({"alphabet": "aacde"}, "each once"),
        ({"alphabet": "abcd"}, "shape"),
        ({"alphabet": 5}, "TypeError"),
        ({"window": 0}, "window must be at least 1"),
        ({"window": "1"}, "window must be an integer"),
    ],
)
def test_a_file_with_something_wrong_in_it_is_refused(trained, tmp_path, change, words):
    path = tmp_path / "net.json"
    letters.save(path, trained)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(letters.LetterFileError, match=words):
        letters.load(path)


@pytest.mark.parametrize("missing", ["format", "alphabet", "window", "W_xh", "b_h", "b_y"])
def test_a_file_with_something_missing_is_refused(trained, tmp_path, missing):
    path = tmp_path / "net.json"
    letters.save(path, trained)
    path.write_text(json.dumps({k: v for k, v in json.loads(path.read_text()).items() if k != missing}))
    with pytest.raises(letters.LetterFileError):
        letters.load(path)


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff\xfe", b"5", b"[" * 100_000, b"{}", b"\x80\x04."])
def test_another_kind_of_file_is_refused(tmp_path, content):
    (tmp_path / "net.json").write_bytes(content)
    with pytest.raises(letters.LetterFileError, match=r"net\.json does not hold"):
        letters.load(tmp_path / "net.json")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.json"):
        letters.load(tmp_path / "nowhere.json")


# The command


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "companion.letters", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )


def test_the_command_goes_on_with_a_text_or_says_why_not(trained, tmp_path):
    letters.save(tmp_path / "net.json", trained)
    said = run(tmp_path / "net.json", "a", "--count", 9)
    assert (said.returncode, said.stdout, said.stderr) == (0, "a -> bcdeabcde\n", "")
    said = run(tmp_path / "net.json", "ax")
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == "companion.letters: unknown letter 'x' at position 1: the alphabet is 'abcde'\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.json", "a"], "nowhere.json"),
        (["net.json", ""], "at least one letter"),
        (["net.json", "a", "--count", "0"], "count must be at least 1"),
        (["bad.json", "a"], "does not hold a complete letter network"),
    ],
)
def test_the_command_fails_in_one_line(trained, tmp_path, capsys, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    letters.save("net.json", trained)
    Path("bad.json").write_text("{}")
    assert letters.main(arguments) == 1
    said = capsys.readouterr()
    assert said.out == "" and words in said.err and said.err.count("\n") == 1
