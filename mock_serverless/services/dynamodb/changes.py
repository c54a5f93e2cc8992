"""A table's journal: every change in order, kept as long as somebody may look back (a stream: 24 hours).

Streams are windows onto the journal; they keep no records of their own. An entry shares the images with the store.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

from .values import Item

STREAM_RETENTION = 24 * 3600.0
"""Seconds that stream records are kept: "DynamoDB Streams" of the developer guide."""


@dataclass(frozen=True, slots=True)
class Change:
    """One write which changed something. ``number`` counts the table's changes; ``by`` is who did it, if not a caller."""

    number: int
    time: float
    old: Item | None
    new: Item | None
    by: str | None = None

    @property
    def kind(self) -> str:
        """INSERT, MODIFY or REMOVE."""
        return "INSERT" if self.old is None else "REMOVE" if self.new is None else "MODIFY"


class Journal:
    """Changes in order; the oldest are dropped when their time is over."""

    __slots__ = ("_changes", "_first", "next_number")

    def __init__(self) -> None:
        self._changes: list[Change] = []
        self._first = 0  # position in the list of the first that is kept
        self.next_number = 1

    def append(self, time: float, old: Item | None, new: Item | None, by: str | None) -> None:
        """Note a change."""
        self.trim(time - STREAM_RETENTION)
        self._changes.append(Change(self.next_number, time, old, new, by))
        self.next_number += 1

    def trim(self, horizon: float) -> None:
        """Drop what is older than ``horizon``."""
        changes, first = self._changes, self._first
        while first < len(changes) and changes[first].time < horizon:
            first += 1
        if first > 1000 and first > len(changes) // 2:
            del changes[:first]
            first = 0
        self._first = first

    @property
    def first_number(self) -> int:
        """The number of the oldest change that is kept (the next one's when there is none)."""
        return self.next_number - (len(self._changes) - self._first)

    def since(self, number: int, limit: int) -> list[Change]:
        """At most ``limit`` changes from ``number`` on."""
        start = max(self._first, len(self._changes) - (self.next_number - number))
        return self._changes[start : start + limit]

    def number_at(self, time: float) -> int:
        """The number of the first change at or after a time (the next one's when there is none)."""
        position = bisect_left(self._changes, time, self._first, key=lambda change: change.time)
        return self.next_number - (len(self._changes) - position)

    def __deepcopy__(self, memo: dict[int, Any]) -> Journal:
        copy = memo[id(self)] = Journal()
        copy._changes = self._changes[self._first :]
        copy.next_number = self.next_number
        return copy
