"""Virtual time: the only file that reads the machine's clock.

A clock either ticks with the machine, moved by what was advanced, or is frozen. It only moves forward. Who moves it
through :meth:`Clock.advance` or :meth:`Clock.move_to` also runs what falls due on the way, in order, each thing at its
own time (the cloud hands in how: ``on_move``, and ``check``, which refuses when its mock has ended); :meth:`Clock.jump`
moves the hands and nothing else.

While code under test runs, the clocks of the process show this one (travel.py); :func:`machine_time` is what they would
show otherwise.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta, timezone
from typing import Any

UTC = timezone.utc

looking = threading.local()
"""``looking.through`` is true in a thread that reads the machine's time in the midst of virtual time."""


def machine_time() -> float:
    """Seconds since the epoch as the machine has them, or the test where it has stopped or moved the machine's time itself."""
    before = getattr(looking, "through", False)
    looking.through = True
    try:
        return time.time()
    finally:
        looking.through = before


class Clock:
    """The clock of one cloud. Timestamps are seconds since the epoch; datetimes are aware and in UTC."""

    def __init__(self, start: datetime | float | None = None) -> None:
        self._offset = 0.0
        self._frozen = None if start is None else to_timestamp(start)
        self._moving = threading.RLock()
        self.on_move: Callable[[float], None] = self.jump
        self.check: Callable[[], object] = _nothing
        self.travel: Callable[[], AbstractContextManager[None]] = _no_travel

    # ------------------------------------------------------------------ reading

    def timestamp(self) -> float:
        """Now, in seconds since the epoch."""
        frozen = self._frozen
        return machine_time() + self._offset if frozen is None else frozen

    def now(self) -> datetime:
        """Now, as an aware datetime in UTC."""
        return datetime.fromtimestamp(self.timestamp(), UTC)

    @property
    def frozen(self) -> bool:
        """True when the clock moves only by advance and move_to."""
        return self._frozen is not None

    # ------------------------------------------------------------------ moving

    def advance(
        self,
        delta: timedelta | float | None = None,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
        milliseconds: float = 0,
        weeks: float = 0,
    ) -> datetime:
        """Let time pass: a timedelta, seconds, or named units. Work that falls due on the way is run. Gives the new time.

        Raises ValueError for a negative duration: the clock only moves forward.
        """
        self.check()
        if delta is not None and not isinstance(delta, timedelta):
            delta = timedelta(seconds=delta)
        units = timedelta(
            days=days, hours=hours, minutes=minutes, seconds=seconds, milliseconds=milliseconds, weeks=weeks
        )
        total = (units + delta if delta is not None else units).total_seconds()
        if total < 0:
            raise ValueError(f"the clock only moves forward, not by {total} seconds")
        target = self.timestamp() + total
        _check_reachable(target)
        self.on_move(target)
        return self.now()

    def move_to(self, when: datetime | float) -> datetime:
        """Let time pass until ``when`` (a naive datetime counts as UTC). Gives the new time.

        Raises ValueError when that is in the past: the clock only moves forward.
        """
        self.check()
        target = to_timestamp(when)
        if target < self.timestamp():
            raise ValueError(f"the clock only moves forward: it is {self.now().isoformat()} already")
        _check_reachable(target)
        self.on_move(target)
        return self.now()

    def freeze(self, at: datetime | float | None = None) -> datetime:
        """Stop ticking with the machine, now or (after moving there) at a later time. Gives the time."""
        self.check()
        if at is not None:
            self.move_to(at)
        with self._moving:
            if self._frozen is None:
                self._frozen = self.timestamp() if at is None else to_timestamp(at)
        return self.now()

    def tick(self) -> datetime:
        """Tick with the machine (again). Gives the time."""
        self.check()
        with self._moving:
            if self._frozen is not None:
                self._offset = self._frozen - machine_time()
                self._frozen = None
        return self.now()

    def jump(self, timestamp: float) -> None:
        """Move the hands forward to ``timestamp`` without running anything; earlier times are ignored."""
        with self._moving:
            now = self.timestamp()
            if timestamp <= now:
                return
            if self._frozen is not None:
                self._frozen = timestamp
            else:
                self._offset += timestamp - now

    # ------------------------------------------------------------------ snapshots

    def state(self) -> tuple[float, float | None]:
        """What a snapshot keeps."""
        return self.timestamp(), self._frozen

    def set_state(self, state: tuple[float, float | None]) -> None:
        """Back to a state given by :meth:`state`; a ticking clock goes on from that time."""
        with self._moving:
            was, self._frozen = state
            if self._frozen is None:
                self._offset = was - machine_time()

    def __deepcopy__(self, memo: dict[int, Any]) -> Clock:
        return self


def to_timestamp(when: datetime | float) -> float:
    """Seconds since the epoch; a naive datetime counts as UTC."""
    if isinstance(when, datetime):
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    if isinstance(when, bool) or not isinstance(when, (int, float)):
        raise TypeError(f"a time is a datetime, or seconds since the epoch, not {when!r}")
    return float(when)


def from_timestamp(timestamp: float) -> datetime:
    """An aware datetime in UTC."""
    return datetime.fromtimestamp(timestamp, UTC)


def _check_reachable(timestamp: float) -> None:
    """No datetime is later than the year 9999; a clock that has gone there could not be read."""
    try:
        from_timestamp(timestamp)
    except (ValueError, OverflowError, OSError) as e:
        raise ValueError(f"the clock ends with the year 9999 and can't go to {timestamp!r}: {e}") from e


def _nothing() -> None:
    pass


def _no_travel() -> AbstractContextManager[None]:
    raise RuntimeError("this clock belongs to no cloud")
