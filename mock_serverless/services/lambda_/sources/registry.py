"""What a kind of event source has to say about itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ....core.arns import Arn
from ....core.scope import Scope


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a stream: where it stands, when it arrived, and what the function gets of it."""

    sequence: str
    arrived: float
    event: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """What one read of a shard gives: records, whether there may be more now, and whether the shard has ended."""

    records: list[Record]
    more: bool
    ended: bool


@dataclass(frozen=True, slots=True)
class StreamSource:
    """A kind of stream. Functions take the scope and the stream's ARN first."""

    service: str
    check: Callable[[Scope, str], None]
    """Raises AwsError when the stream isn't there (at create)."""
    shards: Callable[[Scope, str], list[str]]
    read: Callable[[Scope, str, str, str | None], Page]
    """(shard, sequence number after which) -> what there is."""
    body: str
    """The member of a record which filters may look into as JSON."""
    batch_info: str
    positions: tuple[str, ...]
    chained: bool = False
    """Whether each shard is the only child of the one before: it is read when that one has ended."""
    role: str = ""
    """The member of a record, if there is one, which names the role of the function that gets it."""


@dataclass(frozen=True, slots=True)
class QueueSource:
    """A kind of queue."""

    service: str
    check: Callable[[Scope, str], None]
    receive: Callable[[Scope, str, int], list[dict[str, Any]]]
    """(at most so many) -> the records of an event."""
    delete: Callable[[Scope, str, list[dict[str, Any]]], None]
    body: str


STREAMS: dict[str, StreamSource] = {}
QUEUES: dict[str, QueueSource] = {}


def source(new: StreamSource | QueueSource) -> None:
    """Register a kind of source."""
    if isinstance(new, StreamSource):
        STREAMS[new.service] = new
    else:
        QUEUES[new.service] = new


def kind_of(arn: str) -> StreamSource | QueueSource | None:
    """The kind of a source's ARN."""
    parsed = Arn.parse(arn)
    service = "" if parsed is None else parsed.service
    return STREAMS.get(service) or QUEUES.get(service)
