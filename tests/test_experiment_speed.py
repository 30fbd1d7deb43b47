"""The recorded speed and the page made from it, and the command that times the course itself."""

import re
import sys

import pytest

from companion import _performance_page, sweep
from companion.bench import SIZES
from companion.experiments import course_times, speed


@pytest.fixture(scope="module")
def records():
    return sweep.load("speed")


def test_every_setting_is_recorded_once(records):
    assert sorted(str(r["settings"]) for r in records) == sorted(map(str, speed.SETTINGS))


def test_the_stored_page_is_the_one_of_the_records():
    stored = _performance_page.PAGE.read_text(encoding="utf-8")
    page = _performance_page.page(*_performance_page.recorded())
    assert stored == page, "run `python -m companion.bench page`"


def test_what_the_page_says_in_words_is_in_the_records(records):
    """Time and memory grow with T, and products at once are hardly quicker than step by step."""
    others = [r["figures"] for r in records if r["settings"]["against"] == "others"]
    large = [f for f, s in zip(others, SIZES * 3, strict=True) if s[3] >= _performance_page.LARGE]
    assert max(f["products by step"] / f["products at once"] for f in large) < 1.25
    shapes = [r["figures"] for r in records if r["settings"]["against"] == "shapes"]
    assert all(f["measured"] == pytest.approx(f["formula"], rel=0.05) for f in shapes)
    for cell in ("RNN", "LSTM", "GRU"):
        steps = [r for r in records if r["settings"]["against"] == "steps" and r["settings"]["cell"] == cell]
        seconds = [r["figures"]["companion"] for r in steps]
        assert _performance_page.exponent(speed.LENGTHS, seconds) == pytest.approx(1, abs=0.1)


def test_the_page_names_a_processor_and_no_host(records):
    end = _performance_page.page(records).partition("## Machine and versions")[2]
    assert re.search(r"\d+ cores, \w+\); python 3\.\d+", end)


def test_the_exponent_of_a_power_is_found():
    assert _performance_page.exponent([1, 2, 4], [3, 12, 48]) == pytest.approx(2)


def test_an_unknown_comparison_is_named():
    with pytest.raises(ValueError, match="against must be others, steps or shapes, got 'memory'"):
        speed.run("RNN", [1, 1, 1, 1], "memory")


# The course itself


def test_times_of_the_course_stand_on_the_page(records):
    figures = {
        "seconds": {"`make test`": 840.0, "- of it `make lint`": 31.0},
        "longest": {"test_site": 200.0, "book.3-bptt.letters.ipynb": 42.0},
    }
    done = {"settings": {"what": "tests"}, "figures": figures, "hardware": "x86_64, 2 cores, Linux"}
    page = _performance_page.page(records, [done])
    assert "| `make test` | 14.0 min |\n| - of it `make lint` | 31 s |" in page
    assert "most went to these files: test_site (3.3 min), letters (42 s)." in page
    assert "with 2 cores and with the environments ready." in page


def test_a_report_is_summed_by_file(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(
        '<testsuites><testsuite><testcase classname="tests.test_a" name="x" time="1.5"/>'
        '<testcase classname="tests.test_a" name="y" time="2"/>'
        '<testcase classname="book.intro.ipynb" name="Cell 0" time="0.25"/></testsuite></testsuites>'
    )
    assert course_times.by_file(report) == {"test_a": 3.5, "book.intro.ipynb": 0.25}


def test_a_command_that_fails_is_named_with_the_end_of_its_output(tmp_path):
    assert course_times.timed(tmp_path, sys.executable, "-c", "pass") >= 0
    with pytest.raises(RuntimeError, match=r"failed with 3 in .*\nlast words"):
        course_times.timed(tmp_path, sys.executable, "-c", "print('last words'); raise SystemExit(3)")


def test_an_unknown_task_is_named():
    with pytest.raises(ValueError, match="what must be one of site, chapters, tests, got 'all'"):
        course_times.run("all")
