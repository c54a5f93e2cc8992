"""Code under test lives in virtual time: bending ``time`` and ``datetime`` to a cloud's clock.

Three ways, the first that fits:

freezegun    when the test has frozen time with it: its own frozen moment is moved
time-machine when installed (the extra ``time``): everything that reads the time agrees, in C extensions too
plain        ``time.time`` and ``time.time_ns`` only

``time.sleep`` never waits: it lets virtual time pass. ``time.monotonic`` and ``time.perf_counter``, which time-machine leaves
alone, pass with it in each of these ways, so that "sleep until the deadline" ends. That holds for the thread which travels; the
functions put in place are permanent ones which look at the calling thread, so that ``from time import sleep`` in code under
test stays right after the journey as well.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .clock import Clock, from_timestamp

_DATES = ("time", "time_ns")
_DURATIONS = ("sleep", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")
_real: dict[str, Callable[..., Any]] = {name: getattr(time, name) for name in (*_DATES, *_DURATIONS)}
_monotonic_since = time.time() - time.monotonic()
_perf_counter_since = time.time() - time.perf_counter()
_here = threading.local()
_lock = threading.Lock()
_installed: list[tuple[str, Callable[..., Any]]] = []
_journeys = 0


@contextmanager
def travelling(clock: Clock, sleep: Callable[[float], None]) -> Iterator[None]:
    """While this is open, in this thread: the process' clocks show the cloud's time and ``time.sleep`` is ``sleep``."""
    outer = getattr(_here, "journey", None)
    if outer is not None and outer[0] is clock:
        _here.journey = (clock, sleep)
        try:
            yield
        finally:
            _here.journey = outer
        return
    traveller = _choose(clock)
    _here.journey = (clock, sleep)
    _install()
    try:
        with traveller:
            yield
    finally:
        _uninstall()
        _here.journey = outer


def sleeping() -> Callable[[float], None] | None:
    """What sleep does in this thread, while it travels."""
    journey = getattr(_here, "journey", None)
    return journey[1] if journey is not None else None


def journey() -> tuple[Clock, Callable[[float], None]] | None:
    """Where this thread travels: the clock, and what sleep does."""
    found: tuple[Clock, Callable[[float], None]] | None = getattr(_here, "journey", None)
    return found


def join(way: tuple[Clock, Callable[[float], None]] | None) -> None:
    """Let this thread travel for the rest of its life as the one that started it did."""
    _here.journey = way


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
    journey = getattr(_here, "journey", None)
    now: float = _real["time"]() if journey is None else journey[0].timestamp()
    return now


def virtual_time_ns() -> int:
    """Stands in for ``time.time_ns`` where time-machine is not installed."""
    journey = getattr(_here, "journey", None)
    now: int = _real["time_ns"]() if journey is None else round(journey[0].timestamp() * 1e9)
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
        if _journeys > 1:
            return
        for name in _DURATIONS if "time_machine" in sys.modules or _freezegun() else (*_DATES, *_DURATIONS):
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


# ---------------------------------------------------------------------- the three ways


def _choose(clock: Clock) -> Any:
    if _freezegun():
        return _Freezegun(clock)
    try:
        import time_machine
    except ImportError:
        return _Plain(clock)
    return _TimeMachine(clock, time_machine)


def _freezegun() -> bool:
    api = sys.modules.get("freezegun.api")
    return bool(api is not None and api.freeze_factories)


class _Plain:
    machine_is_virtual = False

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def move(self, timestamp: float, ticking: bool) -> None:
        pass

    def __enter__(self) -> None:
        self.clock.begin_travel(self, _real["time"])

    def __exit__(self, *exc: object) -> None:
        self.clock.end_travel(self)


class _TimeMachine:
    machine_is_virtual = True

    def __init__(self, clock: Clock, time_machine: Any) -> None:
        self.clock = clock
        self.ticks = not _stands_still(time_machine)
        self.travel = time_machine.travel(clock.timestamp(), tick=self.ticks and not clock.frozen)
        self.coordinates: Any = None

    def move(self, timestamp: float, ticking: bool) -> None:
        self.coordinates.move_to(timestamp, tick=self.ticks and ticking)

    def __enter__(self) -> None:
        self.coordinates = self.travel.start()
        self.clock.begin_travel(self, None)

    def __exit__(self, *exc: object) -> None:
        self.clock.end_travel(self)
        self.travel.stop()


def _stands_still(time_machine: Any) -> bool:
    """Has the test stopped the time with time-machine itself? A ticking cloud goes with it."""
    stack: Any = getattr(time_machine, "traveller_stack", None) or getattr(time_machine, "coordinates_stack", None)
    return bool(stack) and not getattr(stack[-1], "_tick", True)


class _Freezegun:
    machine_is_virtual = True

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.factory = sys.modules["freezegun.api"].freeze_factories[-1]
        self.before = self.factory()

    def move(self, timestamp: float, ticking: bool) -> None:
        self.factory.move_to(from_timestamp(timestamp).replace(tzinfo=None))

    def __enter__(self) -> None:
        now = self.clock.timestamp()
        self.clock.begin_travel(self, None)
        self.move(now, True)

    def __exit__(self, *exc: object) -> None:
        self.clock.end_travel(self)
        self.factory.move_to(self.before)
