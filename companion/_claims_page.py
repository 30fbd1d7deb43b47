"""The appendix page of claims and verdicts, as MyST Markdown.

Links to verdicts are written in HTML, because a verdict is an element of a chapter's output, which MyST's own
links do not know.
"""

import html
import re
from collections import Counter
from collections.abc import Iterable

from companion.claims import VERDICTS, Claim, Finding, load

OPEN = "not yet judged"

SOURCES = {
    "S0": (
        "Multi-stream RNN, concat RNN, internal conv RNN, lag 2 RNN in TensorFlow",
        "Jae Duk Seo, Towards Data Science, 2018, with the published code and logs it links to",
        "https://towardsdatascience.com/multi-stream-rnn-concat-rnn-internal-conv-rnn-lag-2-rnn-in-tensorflow-f4f17189a208",
    ),
    "S1": (
        "RNNs: from theory to PyTorch",
        "Towards Data Science, 2020",
        "https://towardsdatascience.com/rnns-from-theory-to-pytorch-f0af30b610e1",
    ),
    "S2": (
        "Cyclic neural network",
        "a note of 2022 on Cao Jian's TensorFlow 2 course at Peking University, and that course's examples",
        "",
    ),
    "S3": (
        "Recurrent neural networks (RNNs) for sequence classification",
        "Sarvesh Khetan, Level Up Coding, 2025",
        "https://khetansarvesh.medium.com/recurrent-neural-networks-rnns-for-sequence-classification-0efd31cd36a0",
    ),
    "S4": (
        "Three types of recurrent neural networks",
        "Yujian Tang, Towards AI",
        "https://pub.towardsai.net/three-types-of-recurrent-neural-networks-567b4e9c4261",
    ),
}

HEAD = """\
<!-- Written by `python -m companion.claims` from the stored chapters: edit the chapters, not this page. -->

# Claims and verdicts

The course mirrors five published articles. Here is everything they claim, in our words, and what the chapters
found. A verdict stands where its evidence is computed: its link leads to the cell.

- **Holds**, **holds in part** or **does not hold**: measured in a chapter.
- **Cannot be checked**: what one would need, such as a lost figure or a lost set of weights, is not public,
  or our runs leave the question open, and the verdict then says by how much.
"""
TO_COME = "- **Not yet judged**: the chapter is still to be written.\n"


def page(findings: Iterable[Finding]) -> str:
    """The page for these verdicts: all claims, by source, with verdict, measured figure and link."""
    found = {finding.verdict.claim.id: finding for finding in findings}
    claims = list(load().values())
    head = HEAD + TO_COME * (len(found) < len(claims))
    parts = [head, _count(f"All {len(claims)} claims", claims, found)]
    for source, (title, origin, address) in SOURCES.items():
        own = [claim for claim in claims if claim.source == source]
        name = f"[{_plain(title)}]({address})" if address else _plain(title)
        parts.append(f"## {source}: {_plain(title)}\n")
        parts.append(f"Source: {name}, {_plain(origin)}.\n")
        parts.append(_count(f"{len(own)} claims", own, found))
        parts.extend(_row(claim, found.get(claim.id)) for claim in own)
    return "\n".join(parts)


def _count(what: str, claims: list[Claim], found: dict[str, Finding]) -> str:
    counts = Counter(found[claim.id].verdict.verdict if claim.id in found else OPEN for claim in claims)
    shown = [*VERDICTS, OPEN] if counts[OPEN] else VERDICTS
    return f"{what}: " + ", ".join(f"{verdict} {counts[verdict]}" for verdict in shown) + ".\n"


def _row(claim: Claim, finding: Finding | None) -> str:
    verdict = finding.verdict.verdict if finding else OPEN
    if finding is None:
        outcome = f"**{OPEN.capitalize()}**"
    else:
        address = f"../{finding.chapter.removesuffix('.ipynb')}.html#{claim.anchor}"
        link = f'<a class="reference internal" href="{html.escape(address)}">{_plain(finding.title)}</a>'
        outcome = f"**{verdict.capitalize()}:** {_plain(finding.verdict.measured)} ({link})"
    box = f'<div class="claim-verdict claim-{verdict.replace(" ", "-")}" data-verdict="{verdict}" '
    return f'{box}id="{claim.id.lower()}">\n\n{claim.id}. {_plain(claim.text)}\n\n{outcome}\n\n</div>\n'


def _plain(text: str) -> str:
    """Text that Markdown shows as it stands."""
    return re.sub(r"([\\`*_{}\[\]<>#$|~&])", r"\\\1", text)
