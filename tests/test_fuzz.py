"""Files and arguments of every kind: read rightly or refused by our own errors; no code is run from them.

`pytest tests/test_fuzz.py --hypothesis-profile=long` tries twenty times as much, each time anew.
"""

import contextlib
import io
import json
import pickle
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sample_chapter
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from test_train import SGD, Fit, drawn, trained

from companion import _performance_page, bench, claims, data, explorers, quiz, sweep
from companion.notebooks import NotebookError, runs
from companion.notebooks import __main__ as notebooks
from companion.notebooks.stored import read
from companion.train import CheckpointError, load_checkpoint

SETTINGS = [{"seed": seed} for seed in range(3)]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def mutated(draw: Any, good: bytes) -> bytes:
    """A good file with a few bytes changed, taken out, put in, doubled, or cut off."""
    content = bytearray(good)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = min(start + draw(st.integers(0, 40)), len(content))
        kind = draw(st.sampled_from(["flip", "take out", "put in", "double", "cut off"]))
        if kind == "flip" and start < len(content):
            content[start] ^= 1 << draw(st.integers(0, 7))
        elif kind == "take out":
            del content[start:end]
        elif kind == "put in":
            content[start:start] = draw(st.binary(max_size=12))
        elif kind == "double":
            content[end:end] = content[start:end]
        elif kind == "cut off":
            del content[start:]
    return bytes(content)


@st.composite
def altered(draw: Any, good: Any) -> Any:
    """A good piece of JSON of which one part is another."""
    here, value = [], good
    while isinstance(value, dict | list) and value and draw(st.booleans() | st.just(True)):
        keys = sorted(value) if isinstance(value, dict) else range(len(value))
        here.append(draw(st.sampled_from(list(keys))))
        value = value[here[-1]]
    changed = json.loads(json.dumps(good))
    inner = changed
    for key in here[:-1]:
        inner = inner[key]
    if not here:
        return draw(json_values)
    if draw(st.booleans()):
        inner[here[-1]] = draw(json_values)
    else:
        del inner[here[-1]]
    return changed


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


# No code from files


class Payload:
    """Unpickled, it leaves a file behind."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (str(self.mark), "w")


def as_array(payload: Payload) -> np.ndarray:
    array = np.empty(1, dtype=object)
    array[0] = payload
    return array


def in_checkpoint(name: str) -> Callable[[Path, Payload], None]:
    def write(path: Path, payload: Payload) -> None:
        trained(2, checkpoint=path)
        with np.load(path) as stored:
            members = {key: stored[key] for key in stored.files}
        np.savez(path, **{**members, name: as_array(payload)})

    return write


def whole_pickle(path: Path, payload: Payload) -> None:
    path.write_bytes(pickle.dumps(payload))


def array_pickle(path: Path, payload: Payload) -> None:
    with open(path, "wb") as file:
        np.save(file, as_array(payload), allow_pickle=True)


def pickle_in_zip(path: Path, payload: Payload) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("about", "about.npy", "params/W.npy", "data.pkl"):
            archive.writestr(name, pickle.dumps(payload))


PICKLES = {
    "a pickle": whole_pickle,
    "an array of objects": array_pickle,
    "pickles in a zip": pickle_in_zip,
    "the description": in_checkpoint("about"),
    "a parameter": in_checkpoint("params/W"),
    "the memory": in_checkpoint("memory/v.W"),
    "the history": in_checkpoint("history/loss"),
    "one more member": in_checkpoint("params/more"),
}


@pytest.mark.parametrize("write", PICKLES.values(), ids=PICKLES)
def test_a_pickled_payload_is_refused_and_never_run(
    tmp_path: Path, write: Callable[[Path, Payload], None]
) -> None:
    path, mark = tmp_path / "run.npz", tmp_path / "mark"
    write(path, Payload(mark))
    with pytest.raises(CheckpointError):
        trained(4, checkpoint=path)
    with pytest.raises(sweep.RecordError):
        sweep._read(path)
    with pytest.raises(NotebookError):
        read(path)
    assert not mark.exists()


def test_the_payload_is_a_live_one(tmp_path: Path) -> None:
    array_pickle(tmp_path / "array.npy", Payload(tmp_path / "mark"))
    np.load(tmp_path / "array.npy", allow_pickle=True)
    assert (tmp_path / "mark").exists()


# Checkpoints


def good_checkpoint() -> bytes:
    with tempfile.TemporaryDirectory() as name:
        trained(3, checkpoint=Path(name) / "run.npz")
        return (Path(name) / "run.npz").read_bytes()


GOOD = good_checkpoint()


def checkpoint(path: Path) -> Fit | None:
    """The run in a file, if it is one."""
    params, *_ = drawn()
    optimizer = SGD(0.1, 0.9)
    start = Fit(params, params, optimizer.start(params), {}, 0, 0)
    rng = np.random.default_rng(99)
    before = rng.bit_generator.state
    try:
        run = load_checkpoint(path, start, optimizer, rng)
    except CheckpointError as error:
        assert str(path) in str(error)
        assert rng.bit_generator.state == before
        return None
    assert isinstance(run.epoch, int) and 0 <= run.best_epoch <= run.epoch
    assert all(len(values) == run.epoch for values in run.history.values())
    return run


@given(content=st.one_of(st.binary(max_size=300), mutated(GOOD)))
def test_a_file_of_any_bytes_is_a_checkpoint_or_refused(folder: Path, content: bytes) -> None:
    path = folder / "run.npz"
    path.write_bytes(content)
    found = checkpoint(path)
    if found:
        path.write_bytes(GOOD)
        right = checkpoint(path)
        assert {k: a.tobytes() for k, a in found.params.items()} == {
            k: a.tobytes() for k, a in right.params.items()
        }
        assert found.history == right.history


def members(content: bytes) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(content)) as stored:
        return {key: stored[key] for key in stored.files}


MEMBERS = members(GOOD)
ABOUT = json.loads(str(MEMBERS["about"]))
any_array = arrays.arrays(arrays.scalar_dtypes(), arrays.array_shapes(min_dims=0, max_side=3))


@given(
    about=altered(ABOUT) | st.just(ABOUT),
    more=st.dictionaries(st.sampled_from([*MEMBERS, "history/x", "x/y", "params"]), any_array, max_size=2),
    gone=st.sets(st.sampled_from(list(MEMBERS)), max_size=1),
)
def test_a_checkpoint_put_together_otherwise_is_refused_or_whole(
    folder: Path, about: Any, more: dict[str, np.ndarray], gone: set[str]
) -> None:
    put = {**MEMBERS, "about": np.array(json.dumps(about)), **more}
    np.savez(folder / "run.npz", **{name: a for name, a in put.items() if name not in gone})
    checkpoint(folder / "run.npz")


@given(
    header=st.sampled_from(
        ["(10000000000000,)", "(-1,)", "(2, 2)", "(0,)", "()", "(1,", "x", "(3, 2), 'q': 1"]
    ),
    kind=st.sampled_from(["<f8", "|O", "<f2", "|V8", "<U9", "zz", "<M8[s]", "f8, f8"]),
    version=st.sampled_from([1, 2, 3, 9]),
)
def test_an_array_that_claims_anything_is_refused(folder: Path, header: str, kind: str, version: int) -> None:
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {header}}}\n".encode()
    length = len(text).to_bytes(2 if version == 1 else 4, "little")
    path = folder / "run.npz"
    path.write_bytes(GOOD)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["params/W.npy"] = b"\x93NUMPY" + bytes([version, 0]) + length + text + b"\0" * 48
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert checkpoint(path) is None or kind == "<f8"


@pytest.mark.parametrize("kind", [np.random.MT19937, np.random.Philox])
@pytest.mark.parametrize("place", [-1, 625, 10**9])
def test_a_generator_that_stands_beyond_its_buffer_is_refused(folder: Path, kind: type, place: int) -> None:
    """NumPy would take it, and draw numbers from other memory."""
    path = folder / "generator.npz"
    path.unlink(missing_ok=True)
    trained(1, kind=kind, checkpoint=path)
    stored = members(path.read_bytes())
    about = json.loads(str(stored["about"]))
    (about["rng"] if kind is np.random.Philox else about["rng"]["state"]).update(buffer_pos=place, pos=place)
    np.savez(path, **{**stored, "about": np.array(json.dumps(about))})
    with pytest.raises(CheckpointError, match=f"pos is {place}"):
        trained(2, kind=kind, checkpoint=path)


# Records


def run(seed: int) -> dict[str, int]:
    return {"figure": seed}


def good_records() -> bytes:
    return sweep._text("toy", [{"settings": s, "figures": run(**s), "seconds": 0.0} for s in SETTINGS])


RECORDS = good_records()


def records(folder: Path) -> list[Any] | None:
    """What is read from the file, and, where it is refused, that nothing was written over it."""
    before = (folder / "toy.jsonl").read_bytes()
    try:
        return sweep.load("toy", folder)
    except sweep.RecordError as error:
        assert "toy.jsonl" in str(error)
    with contextlib.suppress(sweep.RecordError):
        sweep.sweep("toy", run, SETTINGS, folder, progress=False)  # reads a file without a seal, too
        assert [r["settings"] for r in sweep.load("toy", folder)][: len(SETTINGS)]
        return None
    assert (folder / "toy.jsonl").read_bytes() == before
    return None


@given(content=st.one_of(st.binary(max_size=200), mutated(RECORDS)))
def test_a_file_of_any_bytes_holds_the_records_or_is_refused(folder: Path, content: bytes) -> None:
    (folder / "toy.jsonl").write_bytes(content)
    found = records(folder)
    assert found is None or content == RECORDS


@given(lines=st.lists(altered({"settings": {"seed": 7}, "figures": {"a": [1.5, None]}}), max_size=3))
def test_any_lines_of_json_are_records_or_refused(folder: Path, lines: list[Any]) -> None:
    (folder / "toy.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    records(folder)


def test_json_nested_too_deep_is_refused(folder: Path) -> None:
    (folder / "toy.jsonl").write_text("[" * 100_000 + "\n")
    assert records(folder) is None


# Chapters, claims and quick questions

CHAPTER = json.loads(json.dumps(sample_chapter.build()))
CHAPTER["cells"][4]["outputs"] = [
    {
        "output_type": "execute_result",
        "execution_count": 1,
        "metadata": {},
        "data": claims.judge("S1-14", "holds", measured="7", because=True)._repr_mimebundle_(),
    }
]
CHAPTER["metadata"]["companion"] = {
    "run": {"cells": "", "package": "", "time": "x", "versions": {"Python": "3"}}
}
chapters = st.one_of(
    st.binary(max_size=50),
    mutated(json.dumps(CHAPTER).encode()),
    json_values.map(json.dumps).map(str.encode),
    altered(CHAPTER).map(json.dumps).map(str.encode),
)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A small course in whose folder the commands work, and a kernel that runs nothing."""
    root = tmp_path_factory.mktemp("course")
    (root / "book/appendix").mkdir(parents=True)
    (root / "_toc.yml").write_text("  - file: book/2-a/first\n")
    (root / "book/2-a").mkdir()
    (root / "_config.yml").write_text("repository:\n  url: https://github.com/one/course\n")
    sample_chapter.write(root / "book/sample.ipynb")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.setattr(notebooks, "ROOT", root)
        patch.setattr(runs, "ROOT", root)
        patch.setattr(runs, "run_cells", lambda notebook, folder: 1.0)
        patch.setattr(runs, "versions", lambda notebook: {"Python": "3", "NumPy": "2"})
        patch.setattr(sweep, "sweep", lambda *given, **named: [])
        patch.setattr(explorers, "FOLDER", root)
        patch.setattr(bench, "CELLS", {})
        patch.setattr(_performance_page, "PAGE", root / "performance.md")
        patch.setattr(explorers, "MADE", {"variant-runs": dict})
        yield root


def ended(main: Callable[[list[str]], int], arguments: list[str]) -> int:
    """How a command ends; any other end than with a status is a crash."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
        try:
            status = main(arguments)
        except SystemExit as end:
            status = end.code
    assert status in (0, 1, 2)
    assert status == 0 or said.getvalue().strip()
    return status


@given(command=st.sampled_from(["execute", "check", "template", "stamp"]), content=chapters)
def test_any_chapter_is_worked_on_or_refused(book: Path, command: str, content: bytes) -> None:
    path = book / "book/other.ipynb"
    path.write_bytes(content)
    status = ended(notebooks.main, [command, str(path)])
    if status and command in ("template", "stamp"):
        assert path.read_bytes() == content


@given(content=chapters)
def test_claims_of_any_chapter_are_collected_or_refused(book: Path, content: bytes) -> None:
    (book / "book/other.ipynb").write_bytes(content)
    ended(claims.main, [str(book / "book")])


texts = st.one_of(st.text(max_size=5), json_values)


@given(
    question=texts, choices=st.lists(st.tuples(texts, texts | st.booleans(), texts) | json_values, max_size=3)
)
def test_a_question_is_asked_or_refused(question: Any, choices: list[Any]) -> None:
    with contextlib.suppress(quiz.QuizError, TypeError):
        made = [quiz.choice(*one) if isinstance(one, tuple) else one for one in choices]
        asked = quiz.quiz(question, *made)
        assert sum(one.holds for one in asked.choices) == 1
        assert set(asked._repr_mimebundle_()) == {"text/plain", "text/html"}


# Data


@given(
    call=st.sampled_from(
        [
            data.household_power,
            data.windows,
            data.split,
            data.letters,
            data.to_labels,
            data.one_hot,
            data.decode,
            data.Scale.min_max,
            data.Scale.standard,
            data.toy_series,
        ]
    ),
    arguments=st.lists(
        st.one_of(json_values.filter(lambda v: not isinstance(v, int)), st.integers(-9, 9), any_array),
        max_size=4,
    ),
)
def test_data_are_made_or_refused(call: Callable[..., Any], arguments: list[Any]) -> None:
    with contextlib.suppress(ValueError, TypeError):
        call(*arguments)


# Command lines

plain = st.text(st.characters(exclude_characters="\0/", exclude_categories=["Cs"]), max_size=6)
ADDRESSES = ["https://github.com/two/course", "https://github.com/x/y.git"]
WORDS = ["execute", "check", "template", "stamp", "sheets", "address", "--all", "new", "2-a/b"]
COMMANDS: dict[str, tuple[Callable[[list[str]], int], list[str]]] = {
    "notebooks": (notebooks.main, [*WORDS, *ADDRESSES]),
    "bench": (bench.main, ["page", "--page", "-h"]),
    "claims": (claims.main, ["book", "appendix", "book/sample.ipynb", "--help"]),
    "sweep": (sweep.main, ["toy_series", "--jobs", "0", "-1", "--jobs=x", "--cluster", "tcp://nowhere:1"]),
    "explorers": (explorers.main, ["variant-runs", "--all"]),
}


@given(command=st.sampled_from(list(COMMANDS)), draw=st.data())
def test_any_arguments_are_followed_or_refused(book: Path, command: str, draw: Any) -> None:
    main, words = COMMANDS[command]
    ended(main, draw.draw(st.lists(st.sampled_from(words) | plain, max_size=4)))
