"""The lock of a cloud: re-entrant, and put down entirely while user code runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class StateLock:
    """One thread at a time, as often as it likes."""

    __slots__ = ("_depth", "_lock", "_owner")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner = 0
        self._depth = 0

    def __enter__(self) -> None:
        me = threading.get_ident()
        if self._owner != me:
            self._lock.acquire()
            self._owner = me
        self._depth += 1

    def __exit__(self, *exc: object) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._owner = 0
            self._lock.release()

    @contextmanager
    def released(self) -> Iterator[None]:
        """Put it down, however often it was taken up; take it up again after."""
        mine = self._owner == threading.get_ident()
        depth = self._depth
        if mine:
            self._depth = self._owner = 0
            self._lock.release()
        try:
            yield
        finally:
            if mine:
                self._lock.acquire()
                self._owner, self._depth = threading.get_ident(), depth
