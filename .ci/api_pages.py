"""Gives Sphinx what is generated: the pages about the package, and the links at the end of chapters."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the package of this checkout

from companion.notebooks import api  # noqa: E402


def on_source_read(app, docname: str, source: list[str]) -> None:
    """Add to the text of a page, in memory only, what is generated for it; note what that is made from."""
    added, files = "", []
    if docname == api.PAGES:
        added, files = api.overview(), api.dependencies("companion")
    elif docname.startswith(f"{api.PAGES}/"):
        module = f"companion.{docname.rsplit('/')[-1]}"
        added, files = api.page(module), api.dependencies(module)
    elif (notebook := ROOT / f"{docname}.ipynb") in api.chapters():
        added, files = api.used_by(notebook), api.files_behind(notebook)
    for file in files:
        app.env.note_dependency(str(file))
    if added and docname.startswith(api.PAGES):
        source[0] += f"\n{added}"
    elif added:
        chapter = json.loads(source[0])
        chapter["cells"].append({"cell_type": "markdown", "id": "functions", "metadata": {}, "source": added})
        source[0] = json.dumps(chapter)


def setup(app) -> dict[str, bool]:
    app.connect("source-read", on_source_read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
