"""The record of the zoo: which net has caught which bug, in data/results/zoo.json."""

import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterable
from importlib.metadata import version
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from planted import AREAS, ZOO, Area, Bug
from planted.bugs import ROOT
from planted.nets import NETS, Answer, in_child, throw
from planted.slips import SLIPS

PATH = ROOT / "data" / "results" / "zoo.json"
SUBJECTS = list(
    {bug.on or area.on: area for area, bug in ZOO.values() if area.file != "published_bugs"}.items()
)
LIBRARIES = ("numpy", "torch", "keras", "tensorflow")


def digest(area: Area, bug: Bug) -> str:
    """By which a record knows its bug: what is changed, where, and what the nets are thrown at."""
    about = [bug.file or area.file, bug.right, bug.wrong, bug.on or area.on, *area.tests, *area.frameworks]
    return hashlib.sha256("\n".join(about).encode()).hexdigest()[:12]


def load() -> dict[str, Any]:
    """The record: {"bugs": {name: {"patch", "caught": {net: words or null}}}, "slips", "content", ...}.

    "content" holds what the nets that need no tests say of every subject with nothing planted.
    """
    if not PATH.exists():
        return {"bugs": {}, "slips": {}, "content": {}}
    found: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
    return found


def record(again: bool = False) -> None:
    """Throw every net at every bug that has no record yet, or at all of them; each is stored at once."""
    found = load()
    stored = {} if again else found["bugs"]
    bugs, others = {}, {"slips": in_child(of_slips), "content": {} if again else found.get("content", {})}
    for on, area in SUBJECTS:
        if on and on not in others["content"]:
            others["content"][on] = throw(area._replace(on=on), None, NETS[:4])
            print(on, others["content"][on], flush=True)
            _store({**found["bugs"], **stored}, others)
    for name, (area, bug) in ZOO.items():
        patch = digest(area, bug)
        if stored.get(name, {}).get("patch") != patch:
            stored[name] = {"patch": patch, "caught": throw(area, bug, NETS)}
            print(name, "|", *(net for net, words in stored[name]["caught"].items() if words), flush=True)
            _store({**bugs, **stored}, others)
        bugs[name] = stored[name]
    _store(bugs, others)


def of_slips() -> Answer:
    """What the nets say of every slip."""
    os.chdir(ROOT)
    from planted.book import answers

    return {slip.key: answers(slip) for slip in SLIPS}


def ask(jobs: Iterable[tuple[str, str, list[str]]]) -> list[Answer]:
    """What some nets say now: jobs are (name of a bug, what to throw them at if not as usual, nets).

    In the place of a bug the title of an area may stand, for the package as it is. Of the tests that make up
    a net, the one that is on record runs. Ends with the process that asked.
    """
    areas, parent, stored = {area.title: area for area in AREAS}, os.getppid(), load()["bugs"]
    answers = []
    for name, on, nets in jobs:
        if os.getppid() != parent:
            break
        caught = stored.get(name, {"caught": {}})["caught"]
        tests = {net: (words or "").partition("[")[0] for net, words in caught.items()}
        try:
            answers.append(_asked(areas, name, on, nets, tests))
        except AssertionError as error:  # of this bug alone, such as a line that is gone
            answers.append({"error": str(error)})
    return answers


def _asked(areas: dict[str, Area], name: str, on: str, nets: list[str], tests: dict[str, str]) -> Answer:
    if name in areas:
        return throw(areas[name]._replace(on=on or areas[name].on), None, nets)
    area, bug = ZOO[name]
    return throw(area, bug._replace(on=on or bug.on), nets, tests)


def _store(bugs: dict[str, Any], others: dict[str, Answer]) -> None:
    versions = {"python": platform.python_version(), **{name: version(_package(name)) for name in LIBRARIES}}
    about = {"versions": versions, "bugs": bugs, **others}
    write_whole(PATH, json.dumps(about, indent=1) + "\n")


def _package(name: str) -> str:
    return "tensorflow-cpu" if name == "tensorflow" and sys.platform != "darwin" else name


def write_whole(path: Path, text: str) -> None:
    """The package's own function, taken from its file: this process must not import the package."""
    spec = spec_from_file_location("files", ROOT / "companion" / "_files.py")
    assert spec is not None and spec.loader is not None
    files = module_from_spec(spec)
    spec.loader.exec_module(files)
    files.write_whole(path, text)
