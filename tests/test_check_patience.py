"""Learners' code that never ends, or will not stop, hangs nothing and leaves nothing running."""

import signal
import sys
import threading
import time

import numpy as np
import pytest

from companion.check import patience
from companion.check.patience import TooLong, patiently


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(patience, "PATIENCE", 0.1)


def deaf(rounds):
    """A loop that catches whatever reaches it, several times."""
    while True:
        try:
            while True:
                pass
        except BaseException:
            rounds.append(1)
            if len(rounds) == 4:
                raise


@pytest.mark.usefixtures("impatient")
def test_a_loop_is_stopped_even_one_that_catches_everything():
    before, rounds = threading.active_count(), []
    with pytest.raises(TooLong, match=r"did not end within 0\.1 seconds"):
        patiently(deaf)(rounds)
    assert len(rounds) == 4
    assert threading.active_count() == before


def loops():
    while True:
        pass


def running(function):
    """The threads that are in a function now, whatever they say of themselves."""
    return [1 for frame in sys._current_frames().values() if frame.f_code is function.__code__]


@pytest.mark.usefixtures("impatient")
def test_a_loop_within_a_call_that_is_watched_already_is_stopped_with_it(monkeypatch):
    def nested():
        time.sleep(0.05)  # by now somebody waits outside
        monkeypatch.setattr(patience, "PATIENCE", 5)  # so that the call outside is the first to give up
        patiently(loops)()

    with pytest.raises(TooLong):
        patiently(nested)()
    assert not running(loops)


def test_a_loop_ends_with_an_interrupt_of_the_reader():
    interrupt = threading.Timer(0.2, signal.pthread_kill, [threading.main_thread().ident, signal.SIGINT])
    interrupt.start()
    with pytest.raises(KeyboardInterrupt):
        patiently(loops)()
    assert not running(loops)


@pytest.mark.usefixtures("impatient")
def test_what_cannot_be_stopped_is_left_behind():
    started = time.monotonic()
    with pytest.raises(TooLong):
        patiently(time.sleep)(4)  # asleep, it hears nothing
    assert time.monotonic() - started < 3


def test_results_errors_and_printed_lines_come_through(capsys):
    def divided(a, by=1):
        print("dividing")
        return a / by

    assert patiently(divided)(6, by=3) == 2
    assert capsys.readouterr().out == "dividing\n"
    with pytest.raises(ZeroDivisionError, match="division by zero") as caught:
        patiently(divided)(1, by=0)
    assert any(entry.name == "divided" for entry in caught.traceback)


def test_what_numpy_was_told_about_divisions_holds_inside():
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        patiently(lambda: np.ones(1) / np.zeros(1))()


def test_an_interrupt_of_its_own_does_not_end_the_program():
    def interrupts():
        raise KeyboardInterrupt

    with pytest.raises(patience.Left, match="by KeyboardInterrupt"):
        patiently(interrupts)()
