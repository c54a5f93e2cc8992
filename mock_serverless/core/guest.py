"""User code is a guest: handlers and stub callables run without our locks held, may call back in, may raise anything.

While a guest runs, the process' clocks show virtual time and ``time.sleep`` lets virtual time pass; no event loop counts as
running, so that a handler may call ``asyncio.run`` although the test itself runs in one; event loops that it makes live in
virtual time (loops.py); the calls it makes are journalled under its name; and threads that it starts count as it does.

Guests are lent things that the process has once only (its clock, its environment variables, its modules), so they take turns:
one at a time, and while it waits for guests that it has called itself, one of those.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from . import loops, travel

_here = threading.local()
_real_start = threading.Thread.start
_lock = threading.Lock()
_ground = threading.RLock()
PATIENCE = 10.0
"""Real seconds to wait for one's turn; then a guest goes ahead, since the others may be waiting for it."""
_guests = 0


class TimeIsUp(BaseException):
    """Thrown into a guest at the moment when its virtual time is used up; no ``except Exception`` holds it."""


class Visit:
    """One run of a guest: its name, and the virtual time it may use and has used by sleeping, in seconds.

    A guest that waits for another one (``outer`` has called it) uses up its own time as well. ``ended``: it has been told that
    its time is up.
    """

    __slots__ = ("ended", "floor", "limit", "name", "outer", "over", "used")

    def __init__(self, name: str, limit: float | None = None) -> None:
        self.name = name
        self.limit = limit
        self.used = 0.0
        self.outer: Visit | None = None
        self.over = False
        self.ended = False
        self.floor = threading.RLock()

    def left(self) -> float:
        """Seconds left; infinite without a limit."""
        return float("inf") if self.limit is None else max(0.0, self.limit - self.used)

    def overdrawn(self) -> bool:
        """Has more time passed than it may use? (It held TimeIsUp, or the guests that it has called slept on.)"""
        return self.ended or (self.limit is not None and self.used > self.limit)

    def sleep(self, seconds: float, advance: Callable[[float], Any]) -> None:
        """Let virtual time pass, at most what is left; TimeIsUp when that is not enough."""
        left = self.left()
        passing = min(seconds, left)
        visit: Visit | None = self
        while visit is not None:
            visit.used += passing
            visit = visit.outer
        advance(passing)
        if seconds >= left:
            self.ended = True
            raise TimeIsUp


def is_signal(error: Exception) -> bool:
    """Does a guest speak to the test runner with it? (Most of such exceptions, pytest's skip and fail, are no Exceptions.)"""
    kind = type(error)
    return f"{kind.__module__}.{kind.__name__}" in ("unittest.case.SkipTest", "_pytest.outcomes.Exit")


def caller() -> str:
    """Who calls, for the journal: the name of the guest that runs in this thread, or ``test``."""
    visit = current_visit()
    return "test" if visit is None else visit.name


def current_visit() -> Visit | None:
    """The guest that runs in this thread."""
    visits = getattr(_here, "visits", None)
    return visits[-1] if visits and not visits[-1].over else None


@contextmanager
def visiting(visit: Visit) -> Iterator[None]:
    """Name the guest, and hide a running event loop from it."""
    visits = getattr(_here, "visits", None)
    if visits is None:
        visits = _here.visits = []
    visit.outer = current_visit()
    host = visit.outer or getattr(_here, "asleep", None)
    turn = _ground if host is None else host.floor
    my_turn = turn.acquire(timeout=PATIENCE)
    visits.append(visit)
    show = _hide_event_loop()
    _adopt_threads(1)
    try:
        yield
    finally:
        _adopt_threads(-1)
        show()
        visits.pop()
        visit.over = True
        if my_turn:
            turn.release()


@contextmanager
def nobody_visiting() -> Iterator[None]:
    """Work in the background: it may run while a guest sleeps, but not on the guest's account."""
    visits = getattr(_here, "visits", None)
    if not visits:
        yield
        return
    before = getattr(_here, "asleep", None)
    _here.visits, _here.asleep = [], visits[-1]
    try:
        yield
    finally:
        _here.visits, _here.asleep = visits, before


# ---------------------------------------------------------------------- event loops and threads


def _hide_event_loop() -> Callable[[], Any]:
    """Make no event loop count as running in this thread; the function given back undoes that."""
    if "asyncio" not in sys.modules:
        return lambda: None
    from asyncio import events, tasks

    loop = events._get_running_loop()
    if loop is None:
        return lambda: None
    task = tasks.current_task(loop)  # None in a callback of the loop, which Python 3.12 can't swap
    swap: Any = getattr(tasks, "_swap_current_task", None) if task is not None else None  # since Python 3.12
    if swap is not None:
        swap(loop, None)
    events._set_running_loop(None)

    def show() -> None:
        events._set_running_loop(loop)
        if swap is not None:
            swap(loop, task)

    return show


def _adopt_threads(change: int) -> None:
    """While there are guests, threads which they start and event loops which they make are looked after."""
    global _guests
    with _lock:
        _guests += change
        if _guests == 1 and change == 1:
            threading.Thread.start = _start  # type: ignore[method-assign, assignment]
            loops.watch(_in_virtual_time)
        elif _guests == 0:
            threading.Thread.start = _real_start  # type: ignore[method-assign]
            loops.unwatch()


def _in_virtual_time() -> Any:
    return travel.journey() if current_visit() is not None else None


def _start(thread: threading.Thread) -> None:
    """Stands in for ``Thread.start``: what a guest starts runs on its account and in its time."""
    visit, journey = current_visit(), travel.journey()
    if visit is not None:
        run = thread.run

        def adopted() -> None:
            _here.visits = [visit]
            travel.join(journey)
            with suppress(TimeIsUp):  # the guest has been told
                run()

        thread.run = adopted  # type: ignore[method-assign]
    _real_start(thread)
