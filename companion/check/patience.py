"""Running what a learner wrote, which may never come to an end.

The call runs in a thread of its own. If it takes longer than PATIENCE seconds, the checker says so and goes
on; the thread is told to stop, and, should it not even hear that, is left behind and ends with the notebook.
"""

import contextvars
import ctypes
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

PATIENCE = 30.0  # seconds, for exercises that take milliseconds
T = TypeVar("T")
watched = contextvars.ContextVar("watched", default=False)
"""Whether somebody waits for the code that runs here."""


class TooLong(Exception):
    """What a learner wrote did not end in time."""


class Left(Exception):
    """What a learner wrote tried to end the whole program."""


def patiently(attempt: Callable[..., T]) -> Callable[..., T]:
    """The same function, but one that raises TooLong where it does not end in PATIENCE seconds.

    An attempt to leave the program, by exit() or a KeyboardInterrupt of its own, is raised as Left. Within a
    call that is watched already, a further one is not: whoever waits must not be stopped before what it
    waits for.
    """

    @wraps(attempt)
    def call(*given: Any, **named: Any) -> T:
        if watched.get():
            return attempt(*given, **named)
        outcome: list[Callable[[], T]] = []
        ended = threading.Event()
        context = contextvars.copy_context()  # numpy keeps there what is to become of a division by zero
        context.run(watched.set, True)

        def run() -> None:
            try:
                value = context.run(attempt, *given, **named)
                outcome.append(lambda: value)
            except TooLong:
                return
            except Exception as error:
                outcome.append(_raiser(error))
            except BaseException as error:
                outcome.append(_raiser(Left(f"it tries to end the program, by {type(error).__name__}")))
            finally:
                ended.set()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            ended.wait(PATIENCE)  # not thread.join: interrupted there, Python takes a thread for dead
        finally:
            if not ended.is_set():
                _stop(thread)
        if outcome:
            return outcome[0]()
        raise TooLong(f"it did not end within {PATIENCE:g} seconds; does a loop go on for ever?")

    return call


def patient(checker: Callable[..., T]) -> Callable[..., T]:
    """Make a checker, a function whose first argument is what the learner wrote, run that patiently."""

    @wraps(checker)
    def check(attempt: Any, *others: Any, **named: Any) -> T:
        return checker(patiently(attempt) if callable(attempt) else attempt, *others, **named)

    return check


def _raiser(error: BaseException) -> Callable[[], Any]:
    def again() -> Any:
        raise error

    return again


def _stop(thread: threading.Thread) -> None:
    """Raise TooLong inside the thread until it ends; one that catches everything is asked ten times."""
    for _ in range(10):
        if not thread.is_alive() or thread.ident is None:
            return
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(TooLong))
        thread.join(0.05)
