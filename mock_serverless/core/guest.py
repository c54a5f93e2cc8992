"""User code is a guest: handlers and stub callables run without our locks held, may call back in, may raise anything.

While a guest runs, the process' clocks show virtual time and ``time.sleep`` lets virtual time pass; no event loop counts as
running, so that a handler may call ``asyncio.run`` although the test itself runs in one; event loops that it makes live in
virtual time (loops.py); the calls it makes are journalled under its name; and threads that it starts, and work that it gives
to thread pools, count as it does.

Guests of several threads run at the same time, and nothing makes them wait for each other. What a process has once only (its
clock, its environment variables, its modules ...) is lent to each by stand-ins that look at the calling thread: at its journey
(travel.py) and at its :func:`place`.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import thread as pools
from contextlib import contextmanager, suppress
from typing import Any

from . import loops, travel

_here = threading.local()
_real_start = threading.Thread.start
_real_submit = pools.ThreadPoolExecutor.submit
_lock = threading.Lock()
_guests = 0


class TimeIsUp(BaseException):
    """Thrown into a guest at the moment when its virtual time is used up; no ``except Exception`` holds it."""


class Visit:
    """One run of a guest: its name, and the virtual time it may use and has used by sleeping, in seconds.

    A guest that waits for another one (``outer`` has called it) uses up its own time as well. ``ended``: it has been told that
    its time is up.
    """

    __slots__ = ("ended", "limit", "name", "outer", "over", "used")

    def __init__(self, name: str, limit: float | None = None) -> None:
        self.name = name
        self.limit = limit
        self.used = 0.0
        self.outer: Visit | None = None
        self.over = False
        self.ended = False

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


@contextmanager
def nobody_visiting() -> Iterator[None]:
    """Work in the background: it may run while a guest sleeps, but not on the guest's account."""
    visits = getattr(_here, "visits", None)
    if not visits:
        yield
        return
    before = place()
    _here.visits, _here.place = [], None
    try:
        yield
    finally:
        _here.visits, _here.place = visits, before


def place() -> Any:
    """What the guest in this thread sees of the process, as whoever runs it has given it (:func:`at`); None outside.

    It stays with the threads that the guest has started, for all of their lives.
    """
    return getattr(_here, "place", None)


@contextmanager
def at(somewhere: Any) -> Iterator[None]:
    """Give the guest in the body its place."""
    before = place()
    _here.place = somewhere
    try:
        yield
    finally:
        _here.place = before


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
            pools.ThreadPoolExecutor.submit = _submit  # type: ignore[method-assign]
            loops.watch(_in_virtual_time)
        elif _guests == 0:
            threading.Thread.start = _real_start  # type: ignore[method-assign]
            pools.ThreadPoolExecutor.submit = _real_submit  # type: ignore[method-assign]
            loops.unwatch()


def _in_virtual_time() -> Any:
    return travel.journey() if current_visit() is not None else None


def _start(thread: threading.Thread) -> None:
    """Stands in for ``Thread.start``: what a guest starts runs on its account, in its time and at its place.

    The workers of thread pools belong to nobody, each piece of their work to whom it is done for; a pool's initializer runs as
    the guest whose work has made the worker.
    """
    target: Any = getattr(thread, "_target", None)
    if current_visit() is not None and target is _worker:
        _carry_initializer(thread)
    elif current_visit() is not None:
        run = _carried(thread.run)

        def adopted() -> None:
            with suppress(TimeIsUp):  # the guest has been told
                run()

        thread.run = adopted  # type: ignore[method-assign]
    _real_start(thread)


def _carry_initializer(thread: Any) -> None:
    arguments = list(thread._args)
    if len(arguments) == 4:  # a reference to the pool, its queue, the initializer, that one's arguments
        if arguments[2] is not None:
            arguments[2] = _carried(arguments[2])
            thread._args = tuple(arguments)
    elif hasattr(arguments[1], "initialize"):  # since Python 3.14 there is a context of the worker
        arguments[1].initialize = _carried(arguments[1].initialize)


_worker = getattr(pools, "_worker", _start)


def _submit(pool: Any, function: Any, /, *args: Any, **kwargs: Any) -> Any:
    """Stands in for ``ThreadPoolExecutor.submit``."""
    return _real_submit(pool, function if current_visit() is None else _carried(function), *args, **kwargs)


def _carried(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` to be called in another thread, as if it were the guest of this one."""
    visit, way, somewhere = current_visit(), travel.journey(), place()

    def carried(*args: Any, **kwargs: Any) -> Any:
        before = getattr(_here, "visits", []), travel.journey(), place()
        _here.visits, _here.place = [visit], somewhere
        travel.join(way)
        try:
            return function(*args, **kwargs)
        finally:
            _here.visits, _, _here.place = before
            travel.join(before[1])

    return carried
