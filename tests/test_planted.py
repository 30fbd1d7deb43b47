"""The bug zoo: every bug is still caught by the nets that must catch it; the page shows the record."""

import json
import subprocess
import sys

import pytest
from planted import AREAS, ZOO, Area, Bug, book, page, record, text_of
from planted.bugs import ROOT
from planted.slips import SLIPS, Slip

pytestmark = pytest.mark.timeout(900)  # the first test waits for the nets of all others
NAMES = pytest.mark.parametrize("name", ZOO)
EACH_SLIP = pytest.mark.parametrize("slip", SLIPS, ids=[slip.key for slip in SLIPS])
SUBJECTS = [(area.title, on) for on, area in record.SUBJECTS if on]
MASKS, WHOLE = "Sequences of different lengths", "Network(RNN(2, 4))"
ALONE = "The simple cell: bias averaged over the batch"


@pytest.fixture(scope="module")
def asked():
    """The answers of the nets, from a process without the package: (name, subject) -> answer."""
    jobs = [(name, "", sorted({"shapes", *bug.must})) for name, (_, bug) in ZOO.items()]
    jobs += [(title, on, ["shapes", "gradients"]) for title, on in SUBJECTS]
    jobs += [(name, WHOLE, ["gradients"]) for name in ZOO if name.startswith(MASKS)]
    jobs += [(ALONE, "Network(RNN(2, 4), N=1)", ["gradients"])]
    command = [sys.executable, "-m", "planted", "--ask"]
    done = subprocess.run(
        command, cwd=ROOT / "tests", input=json.dumps(jobs), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return {(name, on): answer for (name, on, _), answer in zip(jobs, json.loads(done.stdout), strict=True)}


def test_the_zoo_is_large_and_every_bug_has_a_net():
    assert len(ZOO) == sum(len(area.bugs) for area in AREAS) >= 60  # no two of one name
    assert not [name for name, (_, bug) in ZOO.items() if not bug.must]
    assert len({slip.key for slip in SLIPS}) == len(SLIPS)


@NAMES
def test_a_bug_is_caught_by_its_nets(name, asked):
    bug, answer = ZOO[name][1], asked[name, ""]
    assert "error" not in answer, answer["error"]
    assert not [net for net in bug.must if not answer[net]]
    if bug.spoils:
        assert set(answer["gradients"].split()) == bug.spoils


@NAMES
def test_the_record_is_of_this_bug_and_still_true(name, asked):
    area, bug = ZOO[name]
    stored = record.load()["bugs"][name]
    assert stored["patch"] == record.digest(area, bug), "changed since: run `make zoo`"
    answer = {net: words for net, words in asked[name, ""].items() if net != "error"}
    assert {net: bool(stored["caught"][net]) for net in answer} == {net: bool(answer[net]) for net in answer}


@pytest.mark.parametrize(("title", "on"), SUBJECTS)
def test_the_nets_are_content_where_nothing_is_planted(title, on, asked):
    for answer in (asked[title, on], record.load()["content"][on]):
        assert not [f"{net}: {words}" for net, words in answer.items() if words]


@pytest.mark.parametrize("name", [name for name in ZOO if name.startswith(MASKS)])
def test_a_bug_in_a_mask_is_seen_with_lengths_only(name, asked):
    assert asked[name, WHOLE]["gradients"] == ""


def test_a_batch_of_one_hides_an_averaged_bias(asked):
    assert asked[ALONE, "Network(RNN(2, 4), N=1)"]["gradients"] == ""


def test_what_a_check_over_one_step_cannot_see_goes_between_steps():
    hidden = {
        name.partition(": ")[2]
        for name, bug in record.load()["bugs"].items()
        if name.startswith(("The simple cell", "The loop")) and not bug["caught"]["one step"]
    }
    assert {"W_hh not transposed", "carry to the step before dropped", "only one step counts"} <= hidden
    assert not hidden & {"slope forgotten", "dx dropped", "bias averaged over the batch"}


@EACH_SLIP
def test_a_slip_is_refused_for_the_right_reason(slip):
    answer = book.answers(slip)
    assert answer["checker"].partition(": ")[2].startswith(slip.says)
    assert answer == record.load()["slips"][slip.key]


def test_a_line_that_is_gone_is_not_passed_over():
    area = Area("", "cells/simple", "", [])
    with pytest.raises(AssertionError, match=r"'no such line' must stand once in companion/cells/simple\.py"):
        text_of(area, Bug("", "no such line", ""))
    with pytest.raises(AssertionError, match="'no such line' must stand once in by-hand/forward"):
        book.answers(Slip("by-hand/forward", "no such line", "", ""))


def test_the_page_shows_the_record():
    assert page.PATH.read_text(encoding="utf-8") == page.text()
