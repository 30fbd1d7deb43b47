"""The files in `data/`: where they lie, and whether they are the ones that this version was made for.

They are found beside `companion/` in a checkout and inside it where the package is installed. Whenever one is
read, its sha256 is compared with the one written here. Recorded runs, in `data/results/`, grow: each of their
files carries its own sha256 (`companion.sweep`).
"""

import hashlib
from pathlib import Path

SHA256 = {
    "claims.csv": "1f434f34755321ca4582e20b6986344451bf0a1c44d65f7f2fb23787bdd2fbac",
    "household_power_daily.csv": "e23eb5db1853f5d7e6285117d790506d3c033f98ab93c28c84d20f8f52d9a611",
    "household_power_hourly.csv.gz": "b8c62a89749ffffeebb87ed0af7b0b6949078660a35a49252cabade91327a52e",
    "household_power_monthly.csv": "ae5941bae66548120e1c3d01715e5dcfbcebbfe5c7389627bc824e41168e196c",
    "JapaneseVowels.npz": "d23fa8b5c15eb863ab550e87a9ef715d081260d6e288ee34ce00a7009344e43c",
    "mnist.npz": "99b6212d8b734503d7fa2e29ea6413bad62226998e56555f4a6b0b30072f1aec",
    "sonnet_cells.npz": "3d9be8fd00b60bc52afdd1de1640d8a7bd5d770f669b345de9af256163a65e97",
    "sonnets.txt": "edb826e5a801c955ab21026b3660306838fbf29ec29ea01886b2854c6d639b55",
}


class DataError(ValueError):
    """A shipped data file is not the one that this version of the package was made for."""


class MissingDataError(DataError, FileNotFoundError):
    """A shipped data file is not there."""


def folder() -> Path:
    """Where the shipped files lie: `companion/_data` when installed, `data/` in a checkout."""
    installed = Path(__file__).with_name("_data")
    return installed if installed.is_dir() else Path(__file__).parents[1] / "data"


def locate(name: str) -> Path:
    """The path of a shipped file, or MissingDataError, which names the path and the remedy."""
    path = folder() / name
    if not path.is_file():
        raise MissingDataError(f"{path} is missing; {remedy(name)}")
    return path


def read(name: str) -> bytes:
    """The content of a shipped file, or DataError where its sha256 is not the one in `SHA256`."""
    if name not in SHA256:
        raise ValueError(f"name must be one of {', '.join(SHA256)}, got {name!r}")
    path = locate(name)
    content = path.read_bytes()
    actual = hashlib.sha256(content).hexdigest()
    if actual != SHA256[name]:
        raise DataError(
            f"{path} was altered or cut short: its sha256 must begin {SHA256[name][:12]}, got {actual[:12]} "
            f"({len(content)} bytes); {remedy(name)}"
        )
    return content


def remedy(name: str) -> str:
    """What to do about a file of `data/` that is missing or damaged."""
    return f"restore it by `git checkout -- data/{name}`, or install the package again"
