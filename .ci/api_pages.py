"""Gives Sphinx what is generated: the pages about the package, and the links at the end of chapters.

Nearly every chapter has a part in nearly every page about the package, by the functions that it uses. So that
one edit does not build all of them anew, a page is read again only where its generated text has changed.
"""

import json
import sys
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the package of this checkout

from companion.notebooks import api  # noqa: E402


def generated(docname: str) -> str:
    """What is added to the text of a page; empty for most pages."""
    if docname == api.PAGES:
        return api.overview()
    if docname.startswith(f"{api.PAGES}/"):
        return api.page(f"companion.{docname.rsplit('/')[-1]}")
    notebook = ROOT / f"{docname}.ipynb"
    return api.used_by(notebook) if notebook in api.chapters() else ""


def on_source_read(app, docname: str, source: list[str]) -> None:
    """Add to the text of a page, in memory only, what is generated for it."""
    added = generated(docname)
    remembered(app.env)[docname] = digest(added)
    if added and docname.startswith(api.PAGES):
        source[0] += f"\n{added}"
    elif added:
        chapter = json.loads(source[0])
        chapter["cells"].append({"cell_type": "markdown", "id": "functions", "metadata": {}, "source": added})
        source[0] = json.dumps(chapter)


def outdated(app, env, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """The pages whose generated text is another than when they were last read."""
    known = remembered(env).items()
    return [page for page, was in known if page not in removed and was != digest(generated(page))]


def remembered(env) -> dict[str, str]:
    """The digests of what was generated; Sphinx keeps them from one build to the next."""
    if not hasattr(env, "generated_text"):
        env.generated_text = {}
    return env.generated_text


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def setup(app) -> dict[str, bool | str]:
    app.connect("source-read", on_source_read)
    app.connect("env-get-outdated", outdated)
    return {"version": "2", "env_version": 1, "parallel_read_safe": False, "parallel_write_safe": True}
