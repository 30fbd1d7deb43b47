"""Plants a bug: from then on, importing the package in this process gives the module with the bug in it."""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType

from planted.bugs import ROOT


class _Changed(SourceFileLoader):
    """Loads a module from its file, with another text than the file holds."""

    def __init__(self, name: str, path: Path, text: str) -> None:
        super().__init__(name, str(path))
        self.text = text

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.text.encode(), self.path)


class _Finder(MetaPathFinder):
    def __init__(self, path: Path, text: str) -> None:
        parts = path.relative_to(ROOT).with_suffix("").parts
        self.name, self.path, self.text = ".".join(parts).removesuffix(".__init__"), path, text

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        loader = _Changed(fullname, self.path, self.text)
        return spec_from_file_location(fullname, self.path, loader=loader)


def plant(path: Path, text: str) -> None:
    """Let the module at `path` be `text`, in a process that has not imported the package yet."""
    loaded = [name for name in sys.modules if name.split(".")[0] == "companion"]
    assert not loaded, f"a bug must be planted before the package is imported, and {loaded[0]} is"
    sys.meta_path.insert(0, _Finder(path, text))
