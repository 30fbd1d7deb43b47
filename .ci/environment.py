"""Builds the virtual environment a make target needs, or leaves it alone when it is ready.

Ready means that its Python runs and that the fingerprint stored in it (packages, constraints, Python version)
is the one wanted now; then pip is not called and no network is needed. Otherwise a new environment is built
beside the old one and takes its place only when complete. Both can be moved about because nothing in them is
ever started by a console script: those hold paths.

The tested versions are those in constraints.txt. `test-newest` has the newest that there are instead, and
`test-oldest` the lower bounds in pyproject.toml; `colab-newest` and `colab-oldest` what a file here says.
"""

import sys

VERSION = ".".join(map(str, sys.version_info[:2]))
if VERSION not in ("3.11", "3.12"):  # before anything an older Python would stumble over
    wanted = "Python 3.11 or 3.12 is needed: name one, for instance `make book PYTHON=python3.12`"
    sys.exit(f"{wanted}. {sys.executable} is {VERSION}.")

import hashlib
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = {
    "book": ["book"],
    "print": ["print"],
    "test": ["book", "cluster", "lab", "print", "tensorflow", "test", "torch"],
}
USED = ["cluster", "tensorflow", "torch"]  # by the package itself; the rest are tools
OTHERS = ["colab-newest", "colab-oldest", "test-newest", "test-oldest"]


def requirements(extras: list[str]) -> list[str]:
    """The packages that pyproject.toml asks for: the base ones and those of these extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = project["optional-dependencies"]
    return sorted({*project["dependencies"], *(line for extra in extras for line in optional[extra])})


def wanted(name: str) -> tuple[list[str], str]:
    """The packages of an environment, and the text of the constraints on them and on what they need."""
    base, _, versions = name.partition("-")
    if base == "colab":
        text = (ROOT / f".ci/{name}.txt").read_text(encoding="utf-8")
        return [line for line in text.splitlines() if not line.startswith("#")], ""
    packages = requirements(EXTRAS[base])
    if versions == "newest":
        return packages, ""
    if versions == "oldest":
        return packages, "\n".join(oldest(requirements(USED)))
    return packages, (ROOT / "constraints.txt").read_text(encoding="utf-8")


def oldest(packages: list[str]) -> list[str]:
    """The lower bound of each package that has one, as the only version allowed."""
    bounded = (re.match(r"([\w-]+)>=([\d.]+)[^;]*(;.*)?$", package) for package in packages)
    return [f"{found[1]}=={found[2]}{found[3] or ''}" for found in bounded if found]


def fingerprint(packages: list[str], constraints: str) -> str:
    parts = [VERSION, *packages, constraints]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def is_ready(environment: Path, wanted: str) -> bool:
    """Asks the environment's own Python, so that one whose base interpreter has gone counts as not ready."""
    try:
        if (environment / "ready").read_text(encoding="utf-8") != wanted:
            return False
        subprocess.run([environment / "bin/python", "-c", "import pip"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def build(environment: Path, packages: list[str], constraints: str) -> None:
    """Builds into a new folder. Torch comes first where TORCH_INDEX names a place that has its CPU build."""
    shutil.rmtree(environment, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    bound = environment / "constraints.txt"
    bound.write_text(constraints, encoding="utf-8")
    pip = [environment / "bin/python", "-m", "pip", "install", "--constraint", bound]
    pip += ["--quiet", "--no-input", "--disable-pip-version-check"]
    torch = [line for line in packages if line.startswith("torch")]
    if torch and os.environ.get("TORCH_INDEX"):
        subprocess.run([*pip, "--no-deps", "--index-url", os.environ["TORCH_INDEX"], *torch], check=True)
    subprocess.run([*pip, *packages], check=True)


def main(name: str) -> None:
    environment = ROOT / ".venv" / name
    packages, constraints = wanted(name)
    mark = fingerprint(packages, constraints)
    if is_ready(environment, mark):
        return
    print(f"Building .venv/{name}: {len(packages)} packages and what they need ...", flush=True)
    fresh = environment.with_name(f"{name}.new")
    try:
        build(fresh, packages, constraints)
    except (OSError, subprocess.CalledProcessError) as error:
        kept = " The one that stands is kept as it was." if environment.exists() else ""
        sys.exit(
            f"Building .venv/{name} failed ({error}).{kept} Run the same command again; it starts afresh."
        )
    (fresh / "ready").write_text(mark, encoding="utf-8")
    shutil.rmtree(environment, ignore_errors=True)
    fresh.rename(environment)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in [*EXTRAS, *OTHERS]:
        sys.exit(f"usage: environment.py {'|'.join([*EXTRAS, *OTHERS])}")
    main(sys.argv[1])
