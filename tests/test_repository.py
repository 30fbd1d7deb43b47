"""The repository as a whole: one public address, pinned versions, a complete wheel, commands that exist."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from companion.notebooks import api
from companion.notebooks.address import files, read_address, set_address

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / ".ci"))

import changed  # noqa: E402
import environment  # noqa: E402

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MODULES = sorted(ROOT.glob("companion/**/*.py"))


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def requirements() -> list[str]:
    extras = PROJECT["project"]["optional-dependencies"].values()
    return [*PROJECT["project"]["dependencies"], *(line for extra in extras for line in extra)]


def canonical(requirement: str) -> str:
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name is not None, requirement
    return re.sub(r"[-_.]+", "-", name.group()).lower()


@pytest.fixture(scope="module")
def copied_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's own files, without its history, environments and built site."""
    tree = tmp_path_factory.mktemp("copy of the course")
    for file in files(ROOT):
        target = tree / file.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, target)
    return tree


# The public address


def test_every_copy_of_the_public_address_agrees_with_the_config() -> None:
    address = read_address(ROOT)
    assert yaml.safe_load(text("_config.yml"))["repository"]["url"] == address
    assert PROJECT["project"]["urls"]["Repository"] == address
    assert yaml.safe_load(text("CITATION.cff"))["repository-code"] == address
    assert f"git clone {address}" in text("README.md")


def test_the_public_address_is_changed_everywhere(copied_tree: Path, tmp_path: Path) -> None:
    tree = shutil.copytree(copied_tree, tmp_path / "tree")
    old = read_address(tree).removeprefix("https://github.com/")
    set_address(tree, "https://github.com/someone-else/other.course")
    assert read_address(tree) == "https://github.com/someone-else/other.course"
    left = [file for file in files(tree) if re.search(rf"\b{re.escape(old)}\b".encode(), file.read_bytes())]
    assert left == []
    for name in ["README.md", "CITATION.cff", "pyproject.toml"]:
        assert "https://github.com/someone-else/other.course" in (tree / name).read_text(encoding="utf-8")


# Versions


def test_constraints_pin_everything_that_is_asked_for_and_name_no_place() -> None:
    lines = [line for line in text("constraints.txt").splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==[0-9a-z.]+", line)] == []
    pinned = {canonical(line) for line in lines}
    assert {canonical(line) for line in requirements()} - pinned == set()


def test_dependencies_of_the_package_are_lower_bounds_only() -> None:
    for line in PROJECT["project"]["dependencies"]:
        assert re.fullmatch(r"[a-z]+>=[0-9.]+", line), line


def test_binder_gets_what_the_chapters_need() -> None:
    version = text(".binder/runtime.txt").strip().removeprefix("python-")
    assert version in re.findall(r"3\.\d+", text(".ci/environment.py"))
    asked = text(".binder/requirements.txt").splitlines()
    assert (ROOT / ".binder" / next(line for line in asked if line.startswith("-c "))[3:]).resolve().is_file()
    (extras,) = re.findall(r"^\.\[(.+)\]$", "\n".join(asked), re.MULTILINE)
    assert set(extras.split(",")) <= set(PROJECT["project"]["optional-dependencies"])


def test_pre_commit_uses_the_ruff_that_is_pinned() -> None:
    hooks = yaml.safe_load(text(".pre-commit-config.yaml"))["repos"]
    (revision,) = [repo["rev"] for repo in hooks if "ruff" in repo["repo"]]
    assert f"ruff=={revision.removeprefix('v')}\n" in text("constraints.txt")


def test_versions_of_the_package_agree() -> None:
    import companion

    assert companion.__version__ == PROJECT["project"]["version"]
    assert yaml.safe_load(text("CITATION.cff"))["version"] == companion.__version__


# The package


def test_importing_the_package_loads_no_framework() -> None:
    heavy = ("torch", "tensorflow", "keras", "matplotlib")
    for module in [
        "companion",
        *(f"companion.{name}" for name in ("cells", "scan", "gradcheck", "layers", "optim")),
    ]:
        program = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"
        run = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert run.stdout.strip() == "[]", f"import {module} loads {run.stdout}"


def test_wheel_carries_every_module_and_the_data(copied_tree: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--no-index", "-q"]
    subprocess.run([*command, "-w", tmp_path, copied_tree], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("rnn_companion-*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    expected = {str(file.relative_to(ROOT)) for file in [*MODULES, ROOT / "companion/py.typed"]}
    data = [file for file in files(ROOT) if file.is_relative_to(ROOT / "data")]
    expected |= {f"companion/_data/{file.relative_to(ROOT / 'data').as_posix()}" for file in data}
    assert expected - held == set()

    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    program = "import companion, companion.data as d; print(companion.__file__, len(d.household_power()))"
    run = subprocess.run(
        [
            sys.executable,
            "-I",
            "-c",
            f"import sys; sys.path.insert(0, {str(tmp_path / 'installed')!r}); {program}",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split(" ")[-1].strip() == "48"
    assert str(tmp_path) in run.stdout


# The workflows

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def jobs(file: Path) -> list[dict[str, object]]:
    return list(yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"].values())


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_workflow_calls_what_exists(file: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))
    runs = "\n".join(step.get("run", "") for job in jobs(file) for step in job["steps"])
    scripts = re.findall(r"(?<![\w/])\.ci/\w+", runs)
    assert set(re.findall(r"\bmake ([a-z]+)", runs)) <= targets
    assert [name for name in scripts if not os.access(ROOT / name, os.X_OK)] == []
    assert all((ROOT / name).is_file() for name in re.findall(r"/course/(\S+)", runs))
    assert re.search(r"make |\.ci/", runs), "it does nothing of the course"


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_workflow_sets_up_what_the_commands_accept(file: Path) -> None:
    accepted = re.findall(r"3\.\d+", text(".ci/environment.py").split("not in", 1)[1].splitlines()[0])
    for job in jobs(file):
        matrix = job.get("strategy", {}).get("matrix", {})
        cells = [*matrix.get("include", []), *({"python": one} for one in matrix.get("python", []))]
        asked = [
            step["with"]["python-version"]
            for step in job["steps"]
            if "python-version" in step.get("with", {})
        ]
        pythons = [one for one in asked if "matrix" not in one] + [cell["python"] for cell in cells]
        assert set(pythons) <= {*accepted}
        assert {cell["versions"] for cell in cells if "versions" in cell} <= {"newest", "oldest"}
        assert bool(pythons) == bool(asked)


@pytest.mark.parametrize(
    ("open_issues", "expected"),
    [
        ([], "issue create --title A chapter fails --body It failed: https://a.org/1"),
        ([{"number": 3, "title": "A chapter fails, I think"}], "issue create --title A chapter fails"),
        (
            [{"number": 3, "title": "Other"}, {"number": 7, "title": "A chapter fails"}],
            "issue comment 7 --body It failed again: https://a.org/1",
        ),
    ],
)
def test_a_failure_is_told_once(tmp_path: Path, open_issues: list[object], expected: str) -> None:
    """A `gh` that knows these open issues writes down what it is asked to do."""
    program = tmp_path / "gh"
    listed = shlex.quote(json.dumps(open_issues))
    program.write_text(f'#!/bin/sh\n[ "$2" = list ] && echo {listed} || echo "$@" > {tmp_path}/asked\n')
    program.chmod(0o755)
    path = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    subprocess.run([ROOT / ".ci/report", "A chapter fails", "https://a.org/1"], env=path, check=True)
    assert (tmp_path / "asked").read_text().startswith(expected)


def test_changed_chapters_are_found_by_what_they_use() -> None:
    def found(*names: str) -> set[str]:
        files = {ROOT / name for name in names}
        return {path.stem for path in api.chapters() if changed.touched(path, files)}

    assert found("book/3-bptt/letters.ipynb") == {"letters"}
    assert found("companion/check/letters.py") == {"letters"}
    assert found("companion/check/lags.py", "README.md") == {"lags"}
    assert {"gated-cells", "letters"} <= found("companion/_arrays.py"), "reached through other modules"
    assert found("data/results/depth.jsonl") == {"what-depth-buys"}
    assert found("tests/conftest.py") == set()


def test_changes_since_a_commit_include_those_of_no_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def git(*command: str) -> None:
        who = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
        subprocess.run(["git", "-C", tmp_path, *who, *command], check=True, capture_output=True)

    for name in ("same", "edited", "committed"):
        (tmp_path / name).write_text("before")
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "Before")
    git("checkout", "-q", "-b", "branch")
    (tmp_path / "committed").write_text("after")
    git("commit", "-q", "-a", "-m", "After")
    (tmp_path / "edited").write_text("after")
    (tmp_path / "new").write_text("after")
    monkeypatch.setattr(changed, "ROOT", tmp_path)
    assert {file.name for file in changed.changes("main")} == {"committed", "edited", "new"}


def test_oldest_versions_are_the_lower_bounds() -> None:
    asked = [
        "numpy>=1.26",
        "jupyter-book>=1.0.4,<2",
        "ruff",
        "tensorflow-cpu>=2.18; sys_platform != 'darwin'",
    ]
    bound = ["numpy==1.26", "jupyter-book==1.0.4", "tensorflow-cpu==2.18; sys_platform != 'darwin'"]
    assert environment.oldest(asked) == bound
    assert environment.wanted("test-newest") == (environment.wanted("test")[0], "")
    assert {"numpy==2.0", "torch==2.4"} <= {*environment.wanted("test-oldest")[1].split()}
    assert "pytest" not in environment.wanted("test-oldest")[1], "tools may be of any version"
    assert "numpy==" in environment.wanted("test")[1]
    assert {line.split("==")[0] for line in environment.wanted("colab-oldest")[0]} >= {
        "numpy",
        "torch",
        "keras",
    }


# The documents


def test_commands_named_in_the_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))
    for name in ["README.md", "CONTRIBUTING.md"]:
        named = set(re.findall(r"(?:^|`)make ([a-z]+)", text(name), re.MULTILINE))
        assert named, name
        assert named <= targets, f"{name} names {named - targets}, the Makefile has {targets}"


def test_make_help_lists_every_target() -> None:
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE)) - {"help"}
    assert {target for target in targets if f"make {target}" not in listed} == set()


def test_links_from_the_readme_to_files_resolve() -> None:
    for document in ["README.md", "CONTRIBUTING.md"]:
        links = re.findall(r"\]\(([^)#:]+)\)", text(document))
        assert [link for link in links if not (ROOT / link).exists()] == []


def test_examples_in_the_readme_run(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"```python\n(.*?)```", text("README.md"), re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {"__name__": "readme"})
        printed = capsys.readouterr().out.splitlines()
        assert printed == re.findall(r"^print\(.*\)  # (.+)$", block, re.MULTILINE)


def test_every_page_of_the_book_is_in_the_table_of_contents() -> None:
    toc = text("_toc.yml")
    pages = [file for suffix in ("ipynb", "md") for file in ROOT.glob(f"book/**/*.{suffix}")]
    pages = [page.relative_to(ROOT) for page in pages if ".ipynb_checkpoints" not in page.parts]
    assert [str(page) for page in pages if f": {page.with_suffix('').as_posix()}\n" not in toc + "\n"] == []


def test_files_are_small_and_hold_no_pickles() -> None:
    pickles = {".pkl", ".pickle", ".pt", ".pth", ".joblib", ".h5", ".pyc"}
    for file in files(ROOT):
        assert file.suffix not in pickles, f"{file.relative_to(ROOT)} is or may hold a pickle"
        assert file.stat().st_size < 15_000_000, f"{file.relative_to(ROOT)} is larger than 15 MB"
        if file.suffix == ".npz":
            import numpy as np

            with np.load(file, allow_pickle=False) as arrays:
                assert all(arrays[name].dtype != object for name in arrays.files)
