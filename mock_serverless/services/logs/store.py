"""What CloudWatch Logs stores for one account and region.

An event is a tuple whose first part is its id: its time and the order in which it came, so that events sort as AWS sorts
them. Ids look like AWS's: 56 digits, the time in the bits above 144.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ...core.errors import AwsError
from ...core.logbook import arn_of
from ...core.scope import Scope

TIME_BIT = 144
BATCH_BIT = 40
OVERHEAD = 26
"""Bytes that count for an event beside its message: API_PutLogEvents."""
DAY = 86_400_000


class Event(NamedTuple):
    """One event; times in milliseconds."""

    id: int
    ingested: int
    message: str

    @property
    def timestamp(self) -> int:
        """When it happened."""
        return self.id >> TIME_BIT

    @property
    def size(self) -> int:
        """Bytes, as AWS counts them."""
        return len(self.message.encode()) + OVERHEAD


@dataclass(slots=True)
class Stream:
    """A log stream; ``events`` are sorted."""

    name: str
    created: int
    events: list[Event] = field(default_factory=list)
    ingested: int | None = None

    def add(self, event: Event) -> None:
        """Put an event in its place, mostly the end."""
        if not self.events or event > self.events[-1]:
            self.events.append(event)
        else:
            insort(self.events, event)
        self.ingested = event.ingested

    def __deepcopy__(self, memo: dict[int, Any]) -> Stream:
        return Stream(self.name, self.created, list(self.events), self.ingested)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription filter. Replaced, never changed."""

    name: str
    pattern: str
    destination: str
    role: str | None
    distribution: str
    created: int

    def __deepcopy__(self, memo: dict[int, Any]) -> Subscription:
        return self


@dataclass(slots=True)
class Group:
    """A log group."""

    name: str
    created: int
    kind: str = "STANDARD"
    key: str | None = None
    retention: int | None = None
    protected: bool = False
    tags: dict[str, str] = field(default_factory=dict)
    streams: dict[str, Stream] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)

    def stream(self, name: str) -> Stream:
        """A stream; AwsError (ResourceNotFoundException) when it isn't there."""
        found = self.streams.get(name)
        if found is None:
            raise not_found("The specified log stream does not exist.")
        return found

    def forget(self, now: int) -> None:
        """Drop the events that are older than the retention allows."""
        if self.retention is None:
            return
        first = max(0, now - self.retention * DAY) << TIME_BIT
        for stream in self.streams.values():
            if stream.events and stream.events[0].id < first:
                del stream.events[: bisect_left(stream.events, (first,))]


class State:
    """CloudWatch Logs in one account and region."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.groups: dict[str, Group] = {}
        self.batches = 0
        """Counts what was put, for ids."""

    def now(self) -> int:
        """Virtual time in milliseconds."""
        return int(self.scope.timestamp() * 1000)

    def arn(self, group: str) -> str:
        """A group's ARN, as ``logGroupArn`` has it."""
        scope = self.scope
        return arn_of(scope.partition, scope.region, scope.account, group)

    def group(self, name: str) -> Group:
        """A group; AwsError (ResourceNotFoundException) when it isn't there."""
        found = self.groups.get(name)
        if found is None:
            raise not_found("The specified log group does not exist.")
        found.forget(self.now())
        return found


def not_found(message: str) -> AwsError:
    """What is named isn't there."""
    return AwsError("ResourceNotFoundException", message)


def invalid(message: str) -> AwsError:
    """The request can't be."""
    return AwsError("InvalidParameterException", message)


LONGEST = 512


def check_names(*names: str | None) -> None:
    """Recorded."""
    if any(name is not None and len(name) > LONGEST for name in names):
        raise invalid(f"Invalid LogGroup or LogStream, both must have length less than or equal to {LONGEST}.")
