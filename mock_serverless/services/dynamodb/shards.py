"""The shards of a stream: one after the other, each open for four hours.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html#Streams.Processing: shards are ephemeral, they come
and go by themselves. That each is open for about four hours is what users of the service report. A reader that has come to the
end of a closed shard goes on with its child. When a busy table's shards split isn't documented: here they never do.

A shard is a span of the stream's time, so nothing needs to be done when it ends: which changes are in it is looked up in the
journal.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import md5
from typing import TYPE_CHECKING

from .changes import STREAM_RETENTION

if TYPE_CHECKING:
    from .streams import Stream

SHARD_LIFE = 4 * 3600.0


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard: the changes from ``begin`` up to but not ``end`` (None: it is open)."""

    position: int
    begin: int
    end: int | None


def shards_of(stream: Stream, now: float) -> list[Shard]:
    """The shards which there are, parents first: one is gone when all its records are."""
    last = _last(stream, now)
    return [shard_at(stream, position, now) for position in range(_first(stream, now, last), last + 1)]


def shard_at(stream: Stream, position: int, now: float) -> Shard:
    """A shard by its position among all that have been."""
    begin = stream.begin if position == 0 else _number(stream, position)
    end = stream.end if position == _last(stream, now) else _number(stream, position + 1)
    return Shard(position, begin, end)


def shard_name(stream: Stream, position: int) -> str:
    """The ShardId."""
    began = stream.created + position * SHARD_LIFE
    mark = md5(f"{stream.arn}{position or ''}".encode(), usedforsecurity=False).hexdigest()[:8]
    return f"shardId-{int(began * 1000):020d}-{mark}"


def _last(stream: Stream, now: float) -> int:
    """The position of the shard that is open, or was when the stream was closed."""
    until = now if stream.closed is None else stream.closed
    return max(0, int((until - stream.created) // SHARD_LIFE))


def _first(stream: Stream, now: float, last: int) -> int:
    """The position of the oldest that is there."""
    gone = int((now - STREAM_RETENTION - stream.created) // SHARD_LIFE)
    return min(max(0, gone), last)


def _number(stream: Stream, position: int) -> int:
    """The first change that isn't before a shard begins."""
    number = stream.journal.number_at(stream.created + position * SHARD_LIFE)
    return max(stream.begin, number if stream.end is None else min(number, stream.end))
