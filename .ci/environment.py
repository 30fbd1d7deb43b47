"""Builds the virtual environment a make target needs, or leaves it alone when it is ready.

Ready means that its Python runs and that the fingerprint stored in it (packages, constraints, Python version)
is the one wanted now; then pip is not called and no network is needed. Otherwise a new environment is built
beside the old one and takes its place only when complete. Both can be moved about because nothing in them is
ever started by a console script: those hold paths.
"""

import sys

VERSION = ".".join(map(str, sys.version_info[:2]))
if VERSION not in ("3.11", "3.12"):  # before anything an older Python would stumble over
    wanted = "Python 3.11 or 3.12 is needed: name one, for instance `make book PYTHON=python3.12`"
    sys.exit(f"{wanted}. {sys.executable} is {VERSION}.")

import hashlib
import os
import shutil
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = {
    "book": ["book"],
    "print": ["print"],
    "test": ["book", "cluster", "lab", "tensorflow", "test", "torch"],
}


def requirements(name: str) -> list[str]:
    """The packages that pyproject.toml asks for: the base ones and those of the environment's extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    return sorted({*project["dependencies"], *(line for extra in EXTRAS[name] for line in extras[extra])})


def fingerprint(wanted: list[str]) -> str:
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    parts = [VERSION, *wanted, constraints]
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


def build(environment: Path, packages: list[str]) -> None:
    """Builds into a new folder. Torch comes first where TORCH_INDEX names a place that has its CPU build."""
    shutil.rmtree(environment, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    pip = [environment / "bin/python", "-m", "pip", "install", "--constraint", ROOT / "constraints.txt"]
    pip += ["--quiet", "--no-input", "--disable-pip-version-check"]
    torch = [line for line in packages if line.startswith("torch")]
    if torch and os.environ.get("TORCH_INDEX"):
        subprocess.run([*pip, "--no-deps", "--index-url", os.environ["TORCH_INDEX"], *torch], check=True)
    subprocess.run([*pip, *packages], check=True)


def main(name: str) -> None:
    environment = ROOT / ".venv" / name
    packages = requirements(name)
    wanted = fingerprint(packages)
    if is_ready(environment, wanted):
        return
    print(f"Building .venv/{name}: {len(packages)} packages and what they need ...", flush=True)
    fresh = environment.with_name(f"{name}.new")
    try:
        build(fresh, packages)
    except (OSError, subprocess.CalledProcessError) as error:
        kept = " The one that stands is kept as it was." if environment.exists() else ""
        sys.exit(
            f"Building .venv/{name} failed ({error}).{kept} Run the same command again; it starts afresh."
        )
    (fresh / "ready").write_text(wanted, encoding="utf-8")
    shutil.rmtree(environment, ignore_errors=True)
    fresh.rename(environment)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in EXTRAS:
        sys.exit(f"usage: environment.py {'|'.join(EXTRAS)}")
    main(sys.argv[1])
