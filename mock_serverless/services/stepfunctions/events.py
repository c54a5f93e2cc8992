"""The events of an execution's history, kept in columns.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html

A history may have 25,000 events. As objects with their details each would be several more things for Python's garbage
collector to visit, and what a transition costs would grow with the number of those before it. In columns an event leaves
nothing behind for the collector but the documents that it shows; the object is made when somebody reads it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, overload


@dataclass(frozen=True, slots=True)
class Event:
    """One history event; documents in ``details`` become texts when it is read."""

    type: str
    time: float
    previous: int
    details: dict[str, Any]


_SHAPES: dict[tuple[str, ...], tuple[str, ...]] = {}
"""Names of details, in their order: there are a few dozen, which all events share."""


class History:
    """All events of an execution, by their ids less one. It only grows, so that two executions never share one."""

    __slots__ = ("_ends", "_previous", "_shapes", "_times", "_types", "_values")

    def __init__(self) -> None:
        self._types: list[str] = []
        self._times = array("d")
        self._previous = array("l")
        self._shapes: list[tuple[str, ...]] = []
        self._values: list[
            Any
        ] = []  # the details of all events, one behind the other; those of event i end at _ends[i]
        self._ends = array("l")

    def append(self, type: str, time: float, previous: int, details: dict[str, Any]) -> None:
        """Write an event; the details' values are never changed after this."""
        shape = tuple(details)
        self._types.append(type)
        self._times.append(time)
        self._previous.append(previous)
        self._shapes.append(_SHAPES.get(shape) or _SHAPES.setdefault(shape, shape))
        self._values += details.values()
        self._ends.append(len(self._values))

    def __len__(self) -> int:
        return len(self._types)

    @overload
    def __getitem__(self, index: int) -> Event: ...

    @overload
    def __getitem__(self, index: slice) -> list[Event]: ...

    def __getitem__(self, index: int | slice) -> Event | list[Event]:
        if isinstance(index, slice):
            return [self._event(i) for i in range(*index.indices(len(self)))]
        return self._event(range(len(self))[index])

    def _event(self, i: int) -> Event:
        values = self._values[self._ends[i - 1] if i else 0 : self._ends[i]]
        details = dict(zip(self._shapes[i], values, strict=True))
        return Event(self._types[i], self._times[i], self._previous[i], details)

    def __iter__(self) -> Iterator[Event]:
        return map(self._event, range(len(self)))

    def __deepcopy__(self, memo: dict[int, Any]) -> History:
        """What is in the columns is never changed, so a copy shares it."""
        twin = History()
        for name in History.__slots__:
            setattr(twin, name, getattr(self, name)[:])
        return twin
