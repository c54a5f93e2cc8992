"""Code under test lives in virtual time: bending ``time`` and ``datetime`` to a cloud's clock.

Three ways, the first that fits:

freezegun    when the test has frozen time with it: what it reads its frozen moment from
time-machine when installed (the extra ``time``): everything that reads the time agrees, in C extensions too
plain        ``time.time`` and ``time.time_ns`` only

``time.sleep`` never waits: it lets virtual time pass. ``time.monotonic`` and ``time.perf_counter``, which time-machine leaves
alone, pass with it in each of these ways, so that "sleep until the deadline" ends.

All of it holds for the thread that travels. What is put in place looks at the calling thread each time and at that thread's
clock, so that threads in different clouds see different times, and ``from time import sleep`` in code under test stays right
after the journey as well. A journey of the test's own (``cloud.clock.travel()``) is also seen by the threads that are on none,
as with freezegun and time-machine themselves.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from .clock import Clock, from_timestamp, looking

Way = tuple[Clock, Callable[[float], None]]
_DATES = ("time", "time_ns")
_DURATIONS = ("sleep", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")
_real: dict[str, Callable[..., Any]] = {name: getattr(time, name) for name in (*_DATES, *_DURATIONS)}
_monotonic_since = time.time() - time.monotonic()
_perf_counter_since = time.time() - time.perf_counter()
_here = threading.local()
_lock = threading.Lock()
_installed: list[tuple[str, Callable[..., Any]]] = []
_journeys = 0
_seen_by_all: list[Way] = []
_bent: list[Bend] = []


class Bend(Protocol):
    """One of the three ways, in place while anybody travels."""

    def undo(self) -> None: ...


@contextmanager
def travelling(clock: Clock, sleep: Callable[[float], None], *, seen_by_all: bool = False) -> Iterator[None]:
    """While this is open, in this thread: the process' clocks show the cloud's time and ``time.sleep`` is ``sleep``.

    ``seen_by_all``: threads that are on no journey see the time as well (they sleep for real).
    """
    outer, way = journey(), (clock, sleep)
    _install()
    _here.journey = way
    if seen_by_all:
        _seen_by_all.append(way)
    try:
        yield
    finally:
        if seen_by_all:
            _seen_by_all.remove(way)
        _here.journey = outer
        _uninstall()


def sleeping() -> Callable[[float], None] | None:
    """What sleep does in this thread, while it travels."""
    way = journey()
    return way[1] if way is not None else None


def journey() -> Way | None:
    """Where this thread travels: the clock, and what sleep does."""
    return getattr(_here, "journey", None)


def join(way: Way | None) -> None:
    """Let this thread travel from now on as the one did that it works for."""
    _here.journey = way


def _clock_seen() -> Clock | None:
    """The clock that the calling thread sees in place of the machine's."""
    if getattr(looking, "through", False):
        return None
    way = journey() or (_seen_by_all[-1] if _seen_by_all else None)
    return None if way is None else way[0]


# ---------------------------------------------------------------------- the functions put in place


def virtual_sleep(seconds: float) -> None:
    """Stands in for ``time.sleep``: virtual where the calling thread travels, the real thing elsewhere."""
    journey = getattr(_here, "journey", None)
    if journey is None:
        _real["sleep"](seconds)
        return
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    journey[1](float(seconds))


def virtual_time() -> float:
    """Stands in for ``time.time`` where time-machine is not installed."""
    clock = _clock_seen()
    now: float = _real["time"]() if clock is None else clock.timestamp()
    return now


def virtual_time_ns() -> int:
    """Stands in for ``time.time_ns`` where time-machine is not installed."""
    clock = _clock_seen()
    now: int = _real["time_ns"]() if clock is None else round(clock.timestamp() * 1e9)
    return now


def _steady(name: str, since: float) -> Callable[[], Any]:
    """Stands in for a clock that counts from some moment, in seconds or (``..._ns``) nanoseconds.

    A running event loop of somebody else's has its timers on the machine's clock: there it stays that one.
    """
    real, nanoseconds = _real[name], name.endswith("_ns")

    def virtual() -> Any:
        journey = getattr(_here, "journey", None)
        if journey is None or _in_real_loop():
            return real()
        passed = journey[0].timestamp() - since
        return round(passed * 1e9) if nanoseconds else passed

    virtual.__name__ = virtual.__qualname__ = f"virtual_{name}"
    return virtual


def _in_real_loop() -> bool:
    events = sys.modules.get("asyncio.events")
    loop = events._get_running_loop() if events is not None else None
    return loop is not None and "time" not in getattr(loop, "__dict__", {})  # see loops.py


_STAND_INS: dict[str, Callable[..., Any]] = {
    "sleep": virtual_sleep,
    "time": virtual_time,
    "time_ns": virtual_time_ns,
    "monotonic": _steady("monotonic", _monotonic_since),
    "monotonic_ns": _steady("monotonic_ns", _monotonic_since),
    "perf_counter": _steady("perf_counter", _perf_counter_since),
    "perf_counter_ns": _steady("perf_counter_ns", _perf_counter_since),
}
# by identity: time-machine changes what these functions do and with it their hash
_by_id = {id(_real[name]): stand_in for name, stand_in in _STAND_INS.items()}


def stand_in(function: Any) -> Callable[..., Any] | None:
    """What stands in for a real function of ``time``, for names bound by ``from time import ...`` before the journey."""
    return _by_id.get(id(function))


def _install() -> None:
    global _journeys
    with _lock:
        _journeys += 1
        bend = _bend_needed()
        if bend is not None:
            _bent.append(bend())
        if _journeys > 1:
            return
        for name in _DURATIONS if _bent else (*_DATES, *_DURATIONS):
            current = getattr(time, name)
            if current is _real[name]:
                _installed.append((name, current))
                setattr(time, name, _STAND_INS[name])


def _uninstall() -> None:
    global _journeys
    with _lock:
        _journeys -= 1
        if _journeys == 0:
            while _installed:
                name, function = _installed.pop()
                if getattr(time, name) is _STAND_INS[name]:
                    setattr(time, name, function)
            while _bent:
                _bent.pop().undo()


# ---------------------------------------------------------------------- the ways that are somebody else's


def _bend_needed() -> type[_TimeMachine] | type[_Freezegun] | None:
    """What has to be put in place for the journey that begins and isn't yet."""
    factories: Any = getattr(sys.modules.get("freezegun.api"), "freeze_factories", None)
    if factories:
        return None if isinstance(factories[-1], _Freezegun) else _Freezegun
    if _bent or not _has_time_machine():
        return None
    return _TimeMachine


def _has_time_machine() -> bool:
    try:
        import time_machine
    except ImportError:
        return False
    return time_machine is not None


class _TimeMachine:
    """One journey of time-machine's for the whole process, whose time depends on who asks."""

    def __init__(self) -> None:
        import time_machine

        self.stack: list[Any] = (
            time_machine.traveller_stack if hasattr(time_machine, "traveller_stack") else time_machine.coordinates_stack
        )
        self.real = time_machine.escape_hatch.time.time_ns
        self.below = self.stack[-1] if self.stack else None
        self.travel = time_machine.travel(0.0, tick=False)
        self.traveller = self.travel.start()
        self.traveller.time_ns = self.time_ns

    def time_ns(self) -> int:
        clock = _clock_seen()
        if clock is not None:
            return round(clock.timestamp() * 1e9)
        now: int = self.below.time_ns() if self.below is not None and self.below in self.stack else self.real()
        return now

    def undo(self) -> None:
        if self.stack and self.stack[-1] is self.traveller:
            self.travel.stop()
        elif self.traveller in self.stack:  # a journey of the test's has begun meanwhile, in another thread
            self.stack.remove(self.traveller)


class _Freezegun:
    """Stands where freezegun reads its frozen moment from."""

    def __init__(self) -> None:
        self.factories: list[Any] = sys.modules["freezegun.api"].freeze_factories
        self.frozen = self.factories[-1]
        self.factories[-1] = self

    def __call__(self) -> Any:
        clock = _clock_seen()
        return self.frozen() if clock is None else from_timestamp(clock.timestamp()).replace(tzinfo=None)

    def undo(self) -> None:
        if self in self.factories:
            self.factories[self.factories.index(self)] = self.frozen
