"""asyncio in virtual time: ``asyncio.sleep(3600)`` in a guest costs no real time.

An event loop waits in its selector for the next timer or for input, whichever comes first. In the loops that guests make
the clock is the cloud's, and the selector lets virtual time pass instead of waiting, unless there is input already or worker
threads of the loop are at work. Loops made by anybody else are as they were. Loops which are not asyncio's own (uvloop)
keep real time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

RESOLUTION = 1e-6
"""Seconds; timestamps since the epoch are floats that cannot tell much less apart."""

_installed: list[tuple[Any, Any]] = []


class Selector:
    """A selector in virtual time, around a real one."""

    def __init__(self, real: Any, loop: Any, sleep: Callable[[float], None]) -> None:
        self._real = real
        self._loop = loop
        self._sleep = sleep

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def select(self, timeout: float | None = None) -> Any:
        """Events that are there; else virtual time passes."""
        if timeout is None:
            return self._real.select(None)
        events = self._real.select(0)
        if events or timeout <= 0:
            return events
        if _busy(self._loop):
            return self._real.select(timeout)
        self._sleep(timeout)
        return self._real.select(0)


def _busy(loop: Any) -> bool:
    """Are worker threads of the loop at work, or being waited for at its end?"""
    executor = getattr(loop, "_default_executor", None)
    if executor is None:
        return False
    idle = getattr(getattr(executor, "_idle_semaphore", None), "_value", 0)
    working = not executor._work_queue.empty() or idle < len(executor._threads)
    return working or bool(getattr(loop, "_executor_shutdown_called", False))


def make_virtual(loop: Any, clock: Any, sleep: Callable[[float], None]) -> None:
    """Put an event loop into virtual time."""
    loop.time = clock.timestamp
    loop._clock_resolution = RESOLUTION
    loop._selector = Selector(loop._selector, loop, sleep)


def watch(journey: Callable[[], Any]) -> None:
    """From now on event loops made where ``journey()`` gives a clock and a sleep are virtual."""
    if "asyncio" not in sys.modules or _installed:
        return
    from asyncio import proactor_events, selector_events

    for kind in (selector_events.BaseSelectorEventLoop, proactor_events.BaseProactorEventLoop):
        real = kind.__init__
        _installed.append((kind, real))
        kind.__init__ = _making(real, journey)  # type: ignore[method-assign]


def unwatch() -> None:
    """Event loops are as they were."""
    while _installed:
        kind, real = _installed.pop()
        kind.__init__ = real


def _making(real: Any, journey: Callable[[], Any]) -> Any:
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        real(self, *args, **kwargs)
        way = journey()
        if way is not None:
            make_virtual(self, *way)

    return __init__
