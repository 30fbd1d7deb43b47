"""A chapter opened in Colab: alone in an empty folder, with the libraries of Colab and without the package.

Colab is imitated by a new virtual environment that links to those libraries of this environment, and by a git
that finds this checkout, edits and all, under the public address. Nothing is fetched: pip has no index, and
every other way out leads to a closed port.
"""

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from companion.notebooks import figures
from companion.notebooks.address import files, read_address
from companion.notebooks.runs import ENVIRONMENT, run_cells
from companion.notebooks.stored import code_cells, read

ROOT = Path(__file__).resolve().parents[1]
FRAMEWORKS = ["numpy", "torch", "keras", "tensorflow-cpu" if sys.platform != "darwin" else "tensorflow"]
COLAB = [*FRAMEWORKS, "ipykernel", "matplotlib", "pandas", "pip", "scipy", "setuptools", "tqdm", "wheel"]
# The others need shipped data, recorded runs, and the weights of trained networks.
CHAPTERS = ["3-bptt/derivation", "3-bptt/voices", "5-gradient-problems/gated-cells"]

REPORT = """
import json, companion
from importlib.metadata import version
from companion import _shipped
print(json.dumps({
    "versions": {name: version(name) for name in %r},
    "places": [companion.__file__, str(_shipped.locate("claims.csv"))],
}))
"""


def closure(names):
    """The distributions of these names and all that they require, of those that are installed here."""
    found, waiting = {}, [re.sub("[-_.]+", "-", name).lower() for name in names]
    while waiting:
        name = waiting.pop()
        if name not in found and (distribution := installed(name)):
            found[name] = distribution
            needed = map(Requirement, distribution.requires or [])
            here = [one for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]
            waiting += [re.sub("[-_.]+", "-", one.name).lower() for one in here]
    return found.values()


def installed(name):
    try:
        return importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def link(distribution, target):
    """Link what the distribution has in site-packages into `target`."""
    tops = {file.parts[0] for file in distribution.files or []} - {"..", "__pycache__"}
    for top in tops:
        if not (target / top).exists():
            (target / top).symlink_to(Path(distribution.locate_file(top)))


def colab_python(folder):
    venv.create(folder, symlinks=True)
    target = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    for distribution in closure(COLAB):
        link(distribution, target)
    return folder / "bin" / "python"


def published(folder):
    """A repository that holds this checkout as it is now, in one commit."""
    for file in files(ROOT):
        copy = folder / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    author = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    for command in (["init", "-q"], ["add", "-A"], [*author, "commit", "-q", "-m", "As it is now"]):
        subprocess.run(["git", "-C", folder, *command], check=True, env={**os.environ, **PLAIN_GIT})
    return folder


PLAIN_GIT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def outside(repository):
    """The environment variables of a Colab whose every request for the course is answered by `repository`."""
    closed = dict.fromkeys(["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"], "http://127.0.0.1:9")
    redirected = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{repository.as_uri()}/.insteadOf",
        "GIT_CONFIG_VALUE_0": read_address(ROOT),
    }
    # pip reads this variable the wrong way round: 0 means that nothing is fetched for building.
    pip = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_CONFIG_FILE": os.devnull}
    left_out = {"PYTHONPATH", "VIRTUAL_ENV", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CONSTRAINT"}
    inherited = {name: value for name, value in {**os.environ, **ENVIRONMENT}.items() if name not in left_out}
    return {**inherited, **closed, **redirected, **pip, **PLAIN_GIT}


def shown(cell):
    """What a cell shows as text, without its pictures."""
    data = [out.get("data", {"text": out.get("text")}) for out in cell["outputs"]]
    return [{kind: value for kind, value in one.items() if not kind.startswith("image/")} for one in data]


@pytest.mark.colab
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_runs_in_colab(chapter, tmp_path):
    python = colab_python(tmp_path / "python")
    environment = outside(published(tmp_path / "repository"))
    content = tmp_path / "content"
    content.mkdir()
    notebook = content / shutil.copy(ROOT / "book" / f"{chapter}.ipynb", content)
    ask = [python, "-c", "import companion"]
    assert subprocess.run(ask, env=environment, cwd=content, capture_output=True, check=False).returncode == 1

    ran, stored = read(notebook), code_cells(read(notebook))
    run_cells(ran, content, python, environment)

    assert [shown(cell) for cell in code_cells(ran)[1:]] == [shown(cell) for cell in stored[1:]]
    for drawn, kept in zip(code_cells(ran), stored, strict=True):
        pairs = zip(figures.pictures(kept["outputs"]), figures.pictures(drawn["outputs"]), strict=True)
        assert not any(figures.difference(*pair) for pair in pairs)
    assert list(content.iterdir()) == [notebook]

    ask = [python, "-c", REPORT % FRAMEWORKS]
    found = json.loads(
        subprocess.run(ask, env=environment, cwd=content, capture_output=True, check=True).stdout
    )
    assert found["versions"] == {name: importlib.metadata.version(name) for name in FRAMEWORKS}
    assert all(Path(place).is_relative_to(tmp_path / "python") for place in found["places"])
