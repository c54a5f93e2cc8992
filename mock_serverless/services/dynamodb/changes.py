"""A table's journal: every change in order, kept as long as somebody may look back. The only history that there is.

Streams, point-in-time recovery, replication and late reads are windows onto it and keep no records of their own. Each of them
says what it needs, ``table.keep("stream", 24 * 3600)``, and when it needs no more, ``table.keep("stream", None)``. While there is
a need, every write that changes something is noted; changes are kept as long as the longest need says (one that has ended: as
long again after its end). A window begins where its owner says: the journal may reach back further than he may look.

::

    journal.next_number           what the next change will be called; numbers go up by one
    journal.since(number, limit)  changes from a number on
    journal.number_at(time)       the first change at or after a time; number_after(time) the first one behind it

Changes stand in blocks, column by column. A full block is never changed again, so that snapshots share it; old blocks are dropped
as a whole. Images are those of the store (images.py), no copies.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .images import Image, item_of
from .values import Item

STREAM_RETENTION = 24 * 3600.0
"""Seconds that stream records are kept: "DynamoDB Streams" of the developer guide."""

TTL_SERVICE = "dynamodb.amazonaws.com"
"""``by`` of what time to live deletes."""

BLOCK = 256


@dataclass(frozen=True, slots=True)
class Change:
    """One write which changed something. ``number`` counts the table's changes; ``by`` is who did it, if not a caller."""

    number: int
    time: float
    before: Image | None
    after: Image | None
    by: str | None = None

    @property
    def old(self) -> Item | None:
        """The item as it was, a fresh one each time."""
        return None if self.before is None else item_of(self.before)

    @property
    def new(self) -> Item | None:
        """The item as it became, a fresh one each time."""
        return None if self.after is None else item_of(self.after)

    @property
    def kind(self) -> str:
        """INSERT, MODIFY or REMOVE."""
        return "INSERT" if self.before is None else "REMOVE" if self.after is None else "MODIFY"


class _Block:
    """Up to ``BLOCK`` changes; the first has the number ``begin``."""

    __slots__ = ("after", "before", "begin", "by", "times")

    def __init__(self, begin: int) -> None:
        self.begin = begin
        self.times = array("d")
        self.before: list[Image | None] = []
        self.after: list[Image | None] = []
        self.by: dict[int, str] = {}

    def change(self, position: int) -> Change:
        number = self.begin + position
        return Change(number, self.times[position], self.before[position], self.after[position], self.by.get(number))

    def copy(self) -> _Block:
        twin = _Block(self.begin)
        twin.times, twin.by = self.times[:], self.by.copy()
        twin.before, twin.after = self.before.copy(), self.after.copy()
        return twin


@dataclass(frozen=True, slots=True)
class _Need:
    """How many seconds somebody looks back, and when he stopped to need more."""

    seconds: float
    ended: float | None = None


class Journal:
    """Changes in order; the oldest are dropped when nobody needs them any more."""

    __slots__ = ("_blocks", "_needs", "next_number", "noting")

    def __init__(self) -> None:
        self._blocks: list[_Block] = []
        self._needs: dict[str, _Need] = {}
        self.next_number = 1
        self.noting = False
        """Whether somebody needs the changes to come."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Journal:
        copy = memo[id(self)] = Journal()
        copy._blocks = self._blocks.copy()
        if copy._blocks and len(copy._blocks[-1].times) < BLOCK:
            copy._blocks[-1] = copy._blocks[-1].copy()
        copy._needs = self._needs.copy()
        copy.next_number, copy.noting = self.next_number, self.noting
        return copy

    # ------------------------------------------------------------------ what is kept

    def keep(self, need: str, seconds: float | None, now: float) -> None:
        """From now on somebody looks back so many seconds; None: he needs nothing of what comes."""
        if seconds is not None:
            self._needs[need] = _Need(seconds)
        elif need in self._needs and self._needs[need].ended is None:
            self._needs[need] = _Need(self._needs[need].seconds, now)
        self.noting = any(n.ended is None for n in self._needs.values())

    def append(self, time: float, before: Image | None, after: Image | None, by: str | None) -> int:
        """Note a change; gives its number."""
        number = self.next_number
        block = self._blocks[-1] if self._blocks else None
        if block is None or len(block.times) == BLOCK:
            self._trim(time)
            block = _Block(number)
            self._blocks.append(block)
        block.times.append(time)
        block.before.append(before)
        block.after.append(after)
        if by is not None:
            block.by[number] = by
        self.next_number = number + 1
        return number

    def _trim(self, now: float) -> None:
        over = [name for name, n in self._needs.items() if n.ended is not None and n.ended + n.seconds < now]
        for name in over:
            del self._needs[name]
        horizon = now - max((need.seconds for need in self._needs.values()), default=0.0)
        gone = bisect_left(self._blocks, horizon, key=lambda block: block.times[-1])
        del self._blocks[:gone]

    # ------------------------------------------------------------------ looking back

    @property
    def first_number(self) -> int:
        """The number of the oldest change that is there (the next one's when there is none)."""
        return self._blocks[0].begin if self._blocks else self.next_number

    def since(self, number: int, limit: int) -> list[Change]:
        """At most ``limit`` changes from ``number`` on."""
        number = max(number, self.first_number)
        end = min(number + limit, self.next_number)
        return [self.change(n) for n in range(number, end)]

    def back_to(self, number: int) -> Iterator[Change]:
        """The changes from the latest back to ``number``."""
        for n in range(self.next_number - 1, max(number, self.first_number) - 1, -1):
            yield self.change(n)

    def change(self, number: int) -> Change:
        """A change which is there."""
        block, position = divmod(number - self._blocks[0].begin, BLOCK)
        return self._blocks[block].change(position)

    def number_at(self, time: float) -> int:
        """The number of the first change at or after a time (the next one's when there is none)."""
        return self._number(bisect_left, time)

    def number_after(self, time: float) -> int:
        """The number of the first change after a time (the next one's when there is none)."""
        return self._number(bisect_right, time)

    def _number(self, bisect: Callable[..., int], time: float) -> int:
        at = bisect(self._blocks, time, key=lambda block: block.times[-1])
        return (
            self.next_number
            if at == len(self._blocks)
            else self._blocks[at].begin + bisect(self._blocks[at].times, time)
        )
