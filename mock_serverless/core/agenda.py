"""Work for later, as data: (due time, sequence, kind, scope, data), kept in a heap.

What a kind does is registered once, by the package whose work it is::

    @job("lambda:invoke")
    def invoke_later(scope, function, payload): ...

    scope.later(30.0, "lambda:invoke", function=..., payload=...)

Since an entry is data it can be copied with the rest of a cloud's state, and the order of two runs is the same: things
due at the same time run in the order in which they were put here.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

JOBS: dict[str, Callable[..., None]] = {}

F = TypeVar("F", bound=Callable[..., None])


def job(kind: str) -> Callable[[F], F]:
    """Register what is done for agenda entries of a kind: ``function(scope, **data)``."""

    def register(function: F) -> F:
        if kind in JOBS and JOBS[kind].__module__ != function.__module__:
            raise ValueError(f"two functions want the work {kind!r}")
        JOBS[kind] = function
        return function

    return register


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One piece of work."""

    due: float
    sequence: int
    kind: str = field(compare=False)
    scope: Any = field(compare=False)
    data: dict[str, Any] = field(compare=False)
    background: bool = field(compare=False, default=False)


class Agenda:
    """The heap of what is to be done."""

    def __init__(self) -> None:
        self._heap: list[Entry] = []
        self._pending: dict[int, bool] = {}  # sequence -> is it background work; cancelled ones are missing
        self._sequence = 0
        self._foreground = 0

    def put(self, due: float, kind: str, scope: Any, data: dict[str, Any], background: bool = False) -> int:
        """Have ``kind`` done with ``data`` at ``due``; the number given back is for :meth:`cancel`.

        The data is never changed after this, so that copies can share it. ``background`` is for what recurs for ever or is a
        limit far away: it runs when its time comes, but nobody who waits for an idle cloud waits for it.
        """
        self._sequence += 1
        self._pending[self._sequence] = background
        self._foreground += not background
        heapq.heappush(self._heap, Entry(due, self._sequence, kind, scope, data, background))
        return self._sequence

    def cancel(self, sequence: int) -> None:
        """Forget an entry; nothing happens when it has run already."""
        background = self._pending.pop(sequence, None)
        if background is None:
            return
        self._foreground -= not background
        if len(self._heap) > 64 and len(self._heap) > 2 * len(self._pending):
            self._heap = self.entries()

    def next_due(self) -> float | None:
        """When the next entry is due; None when there is none."""
        heap = self._heap
        while heap and heap[0].sequence not in self._pending:
            heapq.heappop(heap)
        return heap[0].due if heap else None

    def pop_due(self, now: float) -> Entry | None:
        """The next entry that is due by ``now``, taken off."""
        due = self.next_due()
        if due is None or due > now:
            return None
        entry = heapq.heappop(self._heap)
        self._foreground -= not self._pending.pop(entry.sequence)
        return entry

    def idle(self) -> bool:
        """True when all that is left is background work."""
        return self._foreground == 0

    def entries(self) -> list[Entry]:
        """All that is pending, in order."""
        return sorted(e for e in self._heap if e.sequence in self._pending)

    def __len__(self) -> int:
        return len(self._pending)

    # ------------------------------------------------------------------ snapshots

    def state(self) -> tuple[int, list[Entry]]:
        """What a snapshot keeps."""
        return self._sequence, self.entries()

    def set_state(self, state: tuple[int, list[Entry]]) -> None:
        """Back to a state given by :meth:`state`."""
        self._sequence, entries = state
        self._heap = list(entries)  # sorted, so it is a heap
        self._pending = {e.sequence: e.background for e in entries}
        self._foreground = sum(not e.background for e in entries)
