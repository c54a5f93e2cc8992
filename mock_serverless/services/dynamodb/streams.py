"""DynamoDB Streams: list_streams, describe_stream, get_shard_iterator, get_records.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html. A stream is a window onto its table's journal
(changes.py) from when it was enabled to when it was disabled, cut into shards (shards.py). Records are made when they are read.
Iterators carry all they need in their text. Records expire after 24 hours, iterators after 15 minutes, disabled streams after 24
hours.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Container
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from hashlib import md5
from typing import TYPE_CHECKING, Any

from mock_serverless.core.arns import Arn
from mock_serverless.core.clock import from_timestamp, to_timestamp
from mock_serverless.core.constraints import FRONT_ENDS, Violation, names_of, validation_error, violation
from mock_serverless.core.errors import AwsError
from mock_serverless.core.operation import operation

from .changes import STREAM_RETENTION, TTL_SERVICE, Change, Journal
from .schema import INVALID, PrimaryKey
from .shards import SHARD_LIFE, Shard, shard_at, shard_name, shards_of
from .sizes import size_of
from .values import Item, refuse

if TYPE_CHECKING:
    from .database import Database
    from .table import Table

ITERATOR_LIFE = 900.0
MOST_RECORDS = 1000
MOST_BYTES = 1024 * 1024
MOST_LISTED = 100
FIRST_SEQUENCE = 10**20
"""Sequence numbers have at least 21 digits. A shard's first one is smaller than that of its first record (recorded)."""


@dataclass(slots=True, eq=False)
class Stream:
    """One stream of a table; ``end`` is the number of the first change which isn't in it any more, ``closed`` when."""

    arn: str
    label: str
    table_name: str
    view: str
    created: float
    key: PrimaryKey
    journal: Journal
    begin: int
    end: int | None = None
    closed: float | None = None

    def __deepcopy__(self, memo: dict[int, Any]) -> Stream:
        twin = memo[id(self)] = replace(self, journal=deepcopy(self.journal, memo))
        return twin

    def horizon(self, now: float) -> int:
        """The number of the first change that can still be read."""
        return max(self.begin, self.journal.number_at(now - STREAM_RETENTION))

    def record(self, change: Change, region: str) -> dict[str, Any]:
        """A record of get_records."""
        old, new = change.old, change.new
        image = new if new is not None else old
        assert image is not None
        images: dict[str, Item] = {"Keys": self.key.attributes(image)}
        if self.view in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES") and new is not None:
            images["NewImage"] = new
        if self.view in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES") and old is not None:
            images["OldImage"] = old
        sequence = sequence_number(change.number)
        record: dict[str, Any] = {
            "eventID": md5(f"{self.arn}:{sequence}".encode(), usedforsecurity=False).hexdigest(),
            "eventName": change.kind,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": region,
            "dynamodb": {
                "ApproximateCreationDateTime": from_timestamp(float(int(change.time))),
                **images,
                "SequenceNumber": sequence,
                "SizeBytes": sum(map(size_of, images.values())),
                "StreamViewType": self.view,
            },
        }
        if change.by == TTL_SERVICE:
            record["userIdentity"] = {"Type": "Service", "PrincipalId": change.by}
        return record


def sequence_number(number: int) -> str:
    """The sequence number of a table's change."""
    return str(FIRST_SEQUENCE + 2 * number + 1)


def start_of(shard: Shard) -> int:
    """Where the sequence numbers of a shard begin: just before its first change."""
    return FIRST_SEQUENCE + 2 * shard.begin


def open_stream(table: Table, view: str, taken: Container[str]) -> Stream:
    """Begin a stream of a table, with an ARN that isn't taken yet (a frozen clock gives the same label twice)."""
    now = table.scope.timestamp()
    time = now
    while (arn := f"{table.arn}/stream/{(label := _label(time))}") in taken:
        time += 0.001
    journal = table.journal
    table.keep("stream", STREAM_RETENTION + SHARD_LIFE)  # where the oldest shard begins is known as long as it is there
    return Stream(arn, label, table.name, view, now, table.key, journal, journal.next_number)


def enable_stream(db: Database, table: Table, view: str) -> None:
    """Open a stream of a table that has none."""
    stream = open_stream(table, view, db.streams)
    table.stream = table.latest_stream = db.streams[stream.arn] = stream


def _label(time: float) -> str:
    return datetime.fromtimestamp(time, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]


def close_stream(stream: Stream, now: float) -> None:
    """End a stream; what is in it can be read for another day."""
    stream.end, stream.closed = stream.journal.next_number, now
    stream.journal.keep("stream", None, now)


# ---------------------------------------------------------------------- operations


@operation(service="dynamodbstreams")
def list_streams(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_ListStreams.html"""
    limit = _at_most(request, MOST_LISTED, "cannot be greater than the maximum allowed size:")
    after = request.get("ExclusiveStartStreamArn")
    if after is not None:
        _check_arn(after)
    wanted = request.get("TableName")
    streams = sorted(db.live_streams(), key=lambda s: (s.table_name, s.label))
    shown = [s for s in streams if wanted in (None, s.table_name)]
    if after is not None:
        shown = [s for s in shown if (s.table_name, s.label) > _place_in_list(after)]
    page = shown[:limit]
    answer: dict[str, Any] = {
        "Streams": [{"StreamArn": s.arn, "TableName": s.table_name, "StreamLabel": s.label} for s in page]
    }
    if len(shown) > limit:
        answer["LastEvaluatedStreamArn"] = page[-1].arn
    return answer


@operation(service="dynamodbstreams")
def describe_stream(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_DescribeStream.html"""
    limit = _at_most(request, MOST_LISTED, "cannot be greater than the maximum:")
    stream = _stream(db, request["StreamArn"])
    shown = [_shard_described(stream, shard) for shard in shards_of(stream, db.scope.timestamp())]
    if "ShardFilter" in request:  # of the one type there is: CHILD_SHARDS
        parent = request["ShardFilter"].get("ShardId")
        shown = [shard for shard in shown if shard.get("ParentShardId") == parent is not None]
    shown = [shard for shard in shown if shard["ShardId"] > request.get("ExclusiveStartShardId", "")]
    description = {
        "StreamArn": stream.arn,
        "StreamLabel": stream.label,
        "StreamStatus": _status(db, stream),
        "StreamViewType": stream.view,
        "CreationRequestDateTime": from_timestamp(stream.created),
        "TableName": stream.table_name,
        "KeySchema": stream.key.schema.described(),
        "Shards": shown[:limit],
    }
    if len(shown) > limit:
        description["LastEvaluatedShardId"] = shown[limit - 1]["ShardId"]
    return {"StreamDescription": description}


def _status(db: Database, stream: Stream) -> str:
    """On its way while its table is UPDATING for it, or DELETING (measured: ack-api-quirks, DDB-TABLE-386)."""
    arn = Arn.parse(stream.arn)
    assert arn is not None
    table: Table | None = db.scope.state(account=arn.account).tables.get(stream.table_name)
    status = "ENABLED" if stream.end is None else "DISABLED"
    if table is None or table.latest_stream is not stream:
        return status
    if stream.end is None and table.status == "DELETING":
        return "DISABLING"
    return status[:-2] + "ING" if "stream" in table.jobs else status


def _shard_described(stream: Stream, shard: Shard) -> dict[str, Any]:
    span = {"StartingSequenceNumber": str(start_of(shard))}
    if shard.end is not None:  # of a shard without records, the same number (a guess)
        has_records = shard.end > shard.begin
        span["EndingSequenceNumber"] = sequence_number(shard.end - 1) if has_records else str(start_of(shard))
    shown: dict[str, Any] = {"ShardId": shard_name(stream, shard.position), "SequenceNumberRange": span}
    if shard.position:
        shown["ParentShardId"] = shard_name(stream, shard.position - 1)
    return shown


@operation(service="dynamodbstreams")
def get_shard_iterator(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetShardIterator.html"""
    now = db.scope.timestamp()
    kind = request["ShardIteratorType"]
    _check_position(kind, request, now)
    stream = _stream(db, request["StreamArn"])
    shard = next((s for s in shards_of(stream, now) if shard_name(stream, s.position) == request["ShardId"]), None)
    if shard is None:
        raise AwsError(
            "ResourceNotFoundException",
            "Requested resource not found: Shard does not exist",  # what users of the service match: see the case
        )
    journal = stream.journal
    horizon = max(shard.begin, stream.horizon(now))
    if kind in SEQUENCED:
        number = _number_asked(stream, shard, request, now)
    elif kind == "TRIM_HORIZON":
        number = horizon
    elif kind == "AT_TIMESTAMP":
        number = max(horizon, min(_number_at(stream, request), journal.next_number if shard.end is None else shard.end))
    else:
        number = journal.next_number if shard.end is None else shard.end
    return {"ShardIterator": _iterator(stream, shard.position, number, now)}


SEQUENCED = frozenset(("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"))


def _check_position(kind: str, request: dict[str, Any], now: float) -> None:
    """What a type of iterators asks for, before a stream is looked for, as DynamoDB Local has it (Alternator's tests of
    streams, which run on the service, see that a needless number is refused). The words on timestamps are guesses.
    """
    if kind in SEQUENCED:
        if "SequenceNumber" not in request:
            raise refuse(INVALID + "Invalid SequenceNumber")
    elif "SequenceNumber" in request:
        raise refuse(INVALID + "SequenceNumber should not be passed for this iterator type")
    if kind == "AT_TIMESTAMP":
        if "Timestamp" not in request:
            raise refuse(INVALID + "Timestamp is required when ShardIteratorType is AT_TIMESTAMP")
        if to_timestamp(request["Timestamp"]) > now:
            raise refuse(INVALID + "Timestamp must not be in the future")


def _number_at(stream: Stream, request: dict[str, Any]) -> int:
    """The first change whose record tells the time asked for or a later one; records tell whole seconds."""
    return stream.journal.number_at(math.ceil(round(to_timestamp(request["Timestamp"]), 3)))


def _number_asked(stream: Stream, shard: Shard, request: dict[str, Any], now: float) -> int:
    """The wordings are DynamoDB Local's."""
    sequence = request["SequenceNumber"]
    asked = int(sequence) - FIRST_SEQUENCE if sequence.isdecimal() else -1
    number = asked // 2
    if (
        not shard.begin
        <= number
        < (stream.journal.next_number + 1 if shard.end is None else max(shard.end, shard.begin + 1))
    ):
        raise refuse("Invalid SequenceNumber for the shard")
    if number < stream.horizon(now) and number < stream.journal.next_number:
        raise AwsError(
            "TrimmedDataAccessException",
            "The operation attempted to read past the oldest stream record in a shard.",  # of the API reference
        )
    return (asked + 1) // 2 if request["ShardIteratorType"] == "AFTER_SEQUENCE_NUMBER" else number


@operation(service="dynamodbstreams", unfinished=lambda request, answer: not answer["Records"])
def get_records(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html"""
    limit = _at_most(request, MOST_RECORDS, "should be less than or equal to")
    now = db.scope.timestamp()
    stream, position, number = _opened(db, request["ShardIterator"], now)
    shard = shard_at(stream, position, now)
    journal, horizon = stream.journal, stream.horizon(now)
    if number < horizon and number < journal.next_number:
        if number < shard.begin or (shard.end is not None and horizon >= shard.end):
            return {"Records": []}
        raise AwsError(
            "TrimmedDataAccessException", "The operation attempted to read past the oldest stream record in a shard."
        )
    records: list[dict[str, Any]] = []
    size = 0
    for change in journal.since(number, limit):
        if (shard.end is not None and change.number >= shard.end) or size >= MOST_BYTES:
            break
        records.append(stream.record(change, db.scope.region))
        size += records[-1]["dynamodb"]["SizeBytes"]
        number = change.number + 1
    answer: dict[str, Any] = {"Records": records}
    if shard.end is None or number < shard.end:
        answer["NextShardIterator"] = _iterator(stream, position, number, now)
    return answer


# ---------------------------------------------------------------------- what they share


def _at_most(request: dict[str, Any], most: int, words: str) -> int:
    """The Limit; that it has a maximum is told in the documentation and not by the model. The words are DynamoDB Local's."""
    limit = int(request.get("Limit", most))
    if limit > most:
        raise refuse(f"{INVALID}Limit {words} {most}")
    return limit


def _check_arn(arn: str) -> None:
    if not arn.startswith("arn:") or ":table/" not in arn or "/stream/" not in arn:
        raise _no_stream_arn(arn)


def _no_stream_arn(arn: str) -> AwsError:
    """How it begins is what aws-sdk-js's public tests have seen on the service; what follows is a guess."""
    return refuse(f"Invalid StreamArn: Invalid ResourceArn provided as input {arn}")


def _front_end(operation: str, params: dict[str, Any], found: list[Violation]) -> AwsError | None:
    """An ARN's least length is no constraint (the same tests); everything else is told as by other services."""
    told = [one for one in found if names_of(one[1]) != ["streamArn"] or "greater than" not in one[2]]
    return validation_error([violation(*one) for one in told]) if told else _no_stream_arn(params["StreamArn"])


FRONT_ENDS["dynamodbstreams"] = _front_end


def _place_in_list(arn: str) -> tuple[str, str]:
    name, _, label = arn.partition(":table/")[2].partition("/stream/")
    return name, label


def _stream(db: Database, arn: str) -> Stream:
    """A stream that can still be read, of another account too, if the policy of the stream lets the call in.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-iam-actions.html: but for ListStreams, all operations
    on streams may be allowed to other accounts.
    """
    _check_arn(arn)
    owner = db.owner_of_stream(arn)
    stream = owner.streams.get(arn)
    if stream is None or owner.is_gone(stream):
        # recorded
        raise AwsError("ResourceNotFoundException", f"Requested resource not found: Stream: {arn} not found")
    return stream


def _iterator(stream: Stream, position: int, number: int, now: float) -> str:
    content = base64.b64encode(json.dumps([position, number, now]).encode()).decode()
    return f"{stream.arn}|1|{content}"


def _opened(db: Database, iterator: str, now: float) -> tuple[Stream, int, int]:
    arn, _, rest = iterator.partition("|")
    try:
        position, number, made = json.loads(base64.b64decode(rest.partition("|")[2], validate=True))
        position, number, made = int(position), int(number), float(made)
    except (ValueError, TypeError, binascii.Error):
        raise refuse("Invalid ShardIterator") from None  # DynamoDB Local's words
    if now - made > ITERATOR_LIFE:
        raise AwsError(
            "ExpiredIteratorException",
            "The shard iterator has expired and can no longer be used to retrieve stream records.",  # of the API reference
        )
    stream = _stream(db, arn)
    if position > shards_of(stream, now)[-1].position:
        raise refuse("Invalid ShardIterator")
    return stream, position, number
