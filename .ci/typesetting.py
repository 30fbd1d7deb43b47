"""Keeps in one line what belongs together: a formula and its punctuation, a number and its per cent.

Besides, the space before a link is no part of it, since all of a link is underlined, and the two cells that
follow an exercise are told apart while they are folded: its solution, and what can be seen with it.
"""

import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

# Browsers break a line on both sides of a formula, whatever stands there.
OPENING = re.compile(r"[(\[“‘]+$")
CLOSING = re.compile(r"^(?:[,.;:!?)\]”’]+|-\w+)")


def keep_together(formula: nodes.math) -> None:
    """Put a formula, the brackets before it and the marks or the syllable after it into one inline node."""
    parent, kept = formula.parent, [formula]
    at = parent.index(formula)
    after = parent[at + 1] if at + 1 < len(parent) else None
    before = parent[at - 1] if at > 0 else None
    if isinstance(after, nodes.Text) and (found := CLOSING.search(after)):
        kept.append(nodes.Text(found.group()))
        parent[at + 1] = nodes.Text(after[found.end() :])
    if isinstance(before, nodes.Text) and (found := OPENING.search(before)):
        kept.insert(0, nodes.Text(found.group()))
        parent[at - 1] = nodes.Text(before[: found.start()])
    if len(kept) > 1:
        parent[at] = nodes.inline("", "", *kept, classes=["together"])


def keep_per_cent(text: nodes.Text) -> None:
    """Put a space that does not break between a number and its %, but not in code."""
    joined = re.sub(r"(?<=\d) (?=%)", "\N{NO-BREAK SPACE}", text)
    if joined != text and not isinstance(text.parent, nodes.literal | nodes.literal_block):
        text.parent.replace(text, nodes.Text(joined))


def move_space_out(link: nodes.reference) -> None:
    """Put the space with which the words of a link begin before the link."""
    if link.children and isinstance(words := link[0], nodes.Text) and words.startswith(" "):
        link[0] = nodes.Text(words.lstrip())
        link.parent.insert(link.parent.index(link), nodes.Text(" "))


def name_folded(cell: nodes.container) -> None:
    """Let the button of a folded cell tell a solution from the cell that shows what the solution does."""
    role = cell["cell_metadata"].get("exercise", {}).get("role")
    what = "the solution’s code" if role == "solution" else "what it does"
    cell["prompt_show"], cell["prompt_hide"] = f"Show {what}", f"Hide {what}"


class Folded(SphinxPostTransform):
    """Names all folded cells of a page just before they are given their buttons."""

    default_priority = 198
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        for cell in self.document.findall(nodes.container):
            if cell.get("hide_mode") == "all":
                name_folded(cell)


class Typesetting(SphinxPostTransform):
    """Applies the other functions above to all formulas, text and links of a page."""

    default_priority = 900
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        for formula in list(self.document.findall(nodes.math)):
            keep_together(formula)
        for text in list(self.document.findall(nodes.Text)):
            keep_per_cent(text)
        for link in list(self.document.findall(nodes.reference)):
            move_space_out(link)


def setup(app) -> dict[str, bool]:
    app.add_post_transform(Folded)
    app.add_post_transform(Typesetting)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
