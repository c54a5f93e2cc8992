"""User code is a guest: handlers and stub callables run without our locks held, may call back in, may raise anything.

While a guest runs, the process' clocks show virtual time and ``time.sleep`` lets virtual time pass; no event loop counts as
running, so that a handler may call ``asyncio.run`` although the test itself runs in one; and the calls it makes are
journalled under its name.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_here = threading.local()


class TimeIsUp(BaseException):
    """Thrown into a guest at the moment when its virtual time is used up; no ``except Exception`` holds it."""


class Visit:
    """One run of a guest: its name, and the virtual time it may use and has used by sleeping, in seconds."""

    __slots__ = ("limit", "name", "used")

    def __init__(self, name: str, limit: float | None = None) -> None:
        self.name = name
        self.limit = limit
        self.used = 0.0

    def left(self) -> float:
        """Seconds left; infinite without a limit."""
        return float("inf") if self.limit is None else max(0.0, self.limit - self.used)

    def sleep(self, seconds: float, advance: Callable[[float], None]) -> None:
        """Let virtual time pass, at most what is left; TimeIsUp when that is not enough."""
        if seconds < self.left():
            self.used += seconds
            advance(seconds)
            return
        rest, self.used = self.left(), self.limit or 0.0
        advance(rest)
        raise TimeIsUp


def caller() -> str:
    """Who calls, for the journal: the name of the guest that runs in this thread, or ``test``."""
    visits = getattr(_here, "visits", None)
    return visits[-1].name if visits else "test"


def current_visit() -> Visit | None:
    """The guest that runs in this thread."""
    visits = getattr(_here, "visits", None)
    return visits[-1] if visits else None


@contextmanager
def visiting(visit: Visit) -> Iterator[None]:
    """Name the guest, and hide a running event loop from it."""
    visits = getattr(_here, "visits", None)
    if visits is None:
        visits = _here.visits = []
    visits.append(visit)
    show = _hide_event_loop()
    try:
        yield
    finally:
        show()
        visits.pop()


def _hide_event_loop() -> Callable[[], Any]:
    """Make no event loop count as running in this thread; the function given back undoes that."""
    import sys

    if "asyncio" not in sys.modules:
        return lambda: None
    from asyncio import events, tasks

    loop = events._get_running_loop()
    if loop is None:
        return lambda: None
    swap: Any = getattr(tasks, "_swap_current_task", None)  # since Python 3.12
    task = swap(loop, None) if swap is not None else None
    events._set_running_loop(None)

    def show() -> None:
        events._set_running_loop(loop)
        if swap is not None:
            swap(loop, task)

    return show
